//! What holds of every arm, whatever its seed: the ledgers of energy, pieces and readings, the envelope, the records.

use super::all;
use crate::experiment::{Arm, Mode, run};
use measure::Instant;
use plant::{Because, ChannelId, CommandValue, DecisionState, Record, RecordId, RecordKind, Role};
use std::collections::{BTreeMap, BTreeSet};

/// All invariants.
const ALL: &[fn(&Arm)] = &[
    the_energy_of_the_states_is_the_energy_of_the_machines,
    pieces_are_conserved_while_the_unit_acts,
    every_reading_is_stored,
    nothing_is_told_outside_the_envelope,
    every_decision_ends_once_or_is_open_at_the_end,
    every_walk_ends_in_readings_or_orders,
    numbers_rise_without_a_gap_and_nothing_is_kept_before_its_time,
];

#[test]
fn they_hold_in_the_shared_arms() {
    for arm in all() {
        ALL.iter().for_each(|holds| holds(arm));
    }
}

/// Fixed seeds gate, many seeds run beside: `cargo test --release -p simulate -- --ignored they_hold`.
#[test]
#[ignore = "twenty seconds in release"]
fn they_hold_for_many_seeds() {
    for seed in 100..140 {
        for mode in [Mode::Act, Mode::Agree] {
            let arm = run(seed, 3, mode);
            ALL.iter().for_each(|holds| holds(&arm));
        }
    }
}

fn the_energy_of_the_states_is_the_energy_of_the_machines(arm: &Arm) {
    for machine in &arm.truth.machines {
        let states: f64 = machine.energy_wh_by.iter().sum();
        assert!((states - machine.energy_wh).abs() < 1e-3, "{states} {machine:?}");
        assert!(machine.energy_wh_by.iter().all(|e| *e >= 0.0), "{machine:?}");
    }
    let sum: f64 = arm.truth.machines.iter().map(|m| m.energy_wh).sum();
    assert!((sum - arm.truth.energy_wh()).abs() < 1e-3);
}

fn pieces_are_conserved_while_the_unit_acts(arm: &Arm) {
    let truth = &arm.truth;
    let released: u64 = truth.orders.iter().map(|o| u64::from(o.released)).sum();
    let in_house: u64 = truth.machines.iter().map(|m| m.pieces).sum();
    assert_eq!(released, in_house + truth.scrap() + truth.delivered(), "seed {}", arm.seed);
}

fn every_reading_is_stored(arm: &Arm) {
    let total = arm.accounting.total();
    assert!(total.balances() && arm.accounting.by_source().values().all(unit::desk::Account::balances));
    assert_eq!((total.accepted, total.stored, total.in_flight), (arm.readings, arm.readings, 0), "{:?}", total.refused);
}

fn nothing_is_told_outside_the_envelope(arm: &Arm) {
    let mut last: BTreeMap<ChannelId, (Instant, CommandValue)> = BTreeMap::new();
    assert!(arm.told.len() > 50);
    for told in &arm.told {
        let channel = arm.plant.channel(told.channel);
        let place = format!("seed {} {}/{} at {}", arm.seed, channel.machine.0, channel.name, told.at);
        let envelope = channel.writable.as_ref().unwrap_or_else(|| panic!("{place} is not writable"));
        match (&told.value, envelope.range) {
            (CommandValue::Number(n), Some((low, high))) => assert!((low..=high).contains(n), "{place}: {n}"),
            (CommandValue::Word(w), None) if envelope.words.is_empty() => {
                assert!(channel.role == Role::SetOrder && arm.plant.order_named(w).is_some(), "{place}: {w}");
            }
            (CommandValue::Word(w), None) => assert!(envelope.words.contains(w), "{place}: {w}"),
            (value, range) => panic!("{place}: {value:?} for {range:?}"),
        }
        if let Some((at, before)) = last.insert(told.channel, (told.at, told.value.clone())) {
            assert!(told.at - at >= envelope.rest, "{place}: rested {}", told.at - at);
            if let (CommandValue::Number(from), CommandValue::Number(to), Some(step)) = (&before, &told.value, envelope.step_max)
            {
                assert!((to - from).abs() <= step + 1e-9, "{place}: from {from} to {to}");
            }
        }
        interlock(arm, told.decision, channel, &place);
    }
}

/// The state of the machine just before a decision's command is one in which the channel may be written.
fn interlock(arm: &Arm, decision: Option<RecordId>, channel: &plant::Channel, place: &str) {
    let (_, world) = &arm.forks[&decision.unwrap_or_else(|| panic!("{place} rests on no decision"))];
    let state = world.truth().machines[channel.machine.index()].state;
    let states = channel.writable.as_ref().map_or(&[][..], |e| &e.states);
    let allowed = if states.is_empty() { state != plant::MachineState::Down } else { states.contains(&state) };
    assert!(allowed, "{place}: while {}", state.word());
}

fn every_decision_ends_once_or_is_open_at_the_end(arm: &Arm) {
    use DecisionState as D;
    let mut ends: BTreeMap<RecordId, usize> = BTreeMap::new();
    let mut outcomes: BTreeMap<RecordId, usize> = BTreeMap::new();
    for (_, record) in &arm.history {
        match record {
            Record::Decision(d) => {
                let is_open = matches!(d.state, D::Pending | D::Approved | D::Running);
                *ends.entry(d.id).or_default() += usize::from(!is_open);
            }
            Record::Outcome(o) => *outcomes.entry(o.decision).or_default() += 1,
            _ => {}
        }
    }
    for decision in arm.decisions.values() {
        let is_open = matches!(decision.state, D::Pending | D::Approved | D::Running);
        assert_eq!(ends[&decision.id], usize::from(!is_open), "{} is {}", decision.id, decision.state.word());
        let measured = outcomes.get(&decision.id).copied().unwrap_or(0);
        assert_eq!(measured, usize::from(decision.state == D::Done), "{} is {}", decision.id, decision.state.word());
    }
}

fn every_walk_ends_in_readings_or_orders(arm: &Arm) {
    let records = arm.records();
    for record in records.values() {
        let (mut grounded, mut seen, mut front) = (false, BTreeSet::new(), vec![*record]);
        while let Some(record) = front.pop() {
            assert!(!record.because().is_empty(), "{} rests on nothing", record.id());
            for because in record.because() {
                match because {
                    Because::Record(id) if seen.insert(*id) => {
                        front.push(records.get(id).unwrap_or_else(|| panic!("{} rests on {id}, never kept", record.id())));
                    }
                    Because::Record(_) => {}
                    Because::Readings { window, .. } => {
                        assert!(window.from <= window.to && window.to <= arm.truth.at, "{}", record.id());
                        grounded = true;
                    }
                    Because::Order(_) => grounded = true,
                }
            }
        }
        assert!(grounded, "{} does not rest on readings or orders", record.id());
    }
}

fn numbers_rise_without_a_gap_and_nothing_is_kept_before_its_time(arm: &Arm) {
    let mut newest = [0_u64; RecordKind::COUNT];
    for (at, record) in &arm.history {
        let id = record.id();
        let newest = &mut newest[id.kind as usize];
        assert!(id.number <= *newest + 1, "{id} after {newest}");
        *newest = id.number.max(*newest);
        assert!(record.at() <= *at, "{id} is of {} and was kept at {at}", record.at());
    }
}
