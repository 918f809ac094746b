//! The same inputs give the same effects, and a clone goes on as the original would; and what holds of the effects of any day.

use crate::stage::{Device, Stage};
use measure::Span;
use plant::{Because, DecisionState, MachineState, Mode, Record, RecordId, RecordKind};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use unit::Effect;

/// What the mill does for some minutes, and how it answers meanwhile.
type Scene = (MachineState, i64, Device);

const STATES: [MachineState; 6] = [
    MachineState::Producing,
    MachineState::Starved,
    MachineState::Blocked,
    MachineState::Down,
    MachineState::Standby,
    MachineState::Service,
];
const DEVICES: [Device; 3] = [Device::Obeys, Device::Refuses("no"), Device::Silent];

fn scenes() -> impl Strategy<Value = Vec<Scene>> {
    let scene = (prop::sample::select(STATES.to_vec()), 1_i64..240, prop::sample::select(DEVICES.to_vec()));
    prop::collection::vec(scene, 1..10)
}

fn play(stage: &mut Stage, scenes: &[Scene]) {
    for (state, minutes, device) in scenes {
        stage.device = *device;
        stage.put(*state);
        stage.pass(Span::from_minutes(*minutes));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_day_replays_and_forks(mode in prop::sample::select(vec![Mode::Automatic, Mode::Ask, Mode::Advise]), day in scenes()) {
        let mut first = Stage::new(mode);
        let half = day.len() / 2;
        play(&mut first, &day[..half]);
        let mut fork = first.clone();
        play(&mut first, &day[half..]);
        let mut second = Stage::new(mode);
        play(&mut second, &day);
        play(&mut fork, &day[half..]);
        prop_assert_eq!(&first.effects, &second.effects);
        prop_assert_eq!(&first.effects, &fork.effects);
        let view = |stage: &mut Stage| format!("{:?}", { let now = stage.now; let v = stage.unit.view(now); (v.kpis, v.decisions, v.gains, v.counts, v.energy) });
        prop_assert_eq!(view(&mut first), view(&mut fork));
        numbers_rise_without_a_gap(&first.effects)?;
        decisions_end_once(&first.effects)?;
        every_walk_ends_in_readings_or_orders(&first.records)?;
    }
}

fn kept(effects: &[Effect]) -> impl Iterator<Item = &Record> {
    effects.iter().filter_map(|e| if let Effect::Keep(record) = e { Some(record) } else { None })
}

fn numbers_rise_without_a_gap(effects: &[Effect]) -> Result<(), TestCaseError> {
    let mut newest = [0_u64; RecordKind::COUNT];
    for id in kept(effects).map(Record::id) {
        let newest = &mut newest[id.kind as usize];
        prop_assert!(id.number <= *newest + 1, "{} after {}", id, newest);
        *newest = id.number.max(*newest);
    }
    Ok(())
}

fn decisions_end_once(effects: &[Effect]) -> Result<(), TestCaseError> {
    let mut last: BTreeMap<RecordId, DecisionState> = BTreeMap::new();
    for record in kept(effects) {
        let Record::Decision(decision) = record else { continue };
        let is_open = |s: &DecisionState| matches!(s, DecisionState::Pending | DecisionState::Approved | DecisionState::Running);
        if let Some(before) = last.insert(decision.id, decision.state.clone()) {
            prop_assert!(is_open(&before), "{} was {} and became {}", decision.id, before.word(), decision.state.word());
        }
    }
    Ok(())
}

fn every_walk_ends_in_readings_or_orders(records: &BTreeMap<RecordId, Record>) -> Result<(), TestCaseError> {
    for record in records.values() {
        let (mut grounded, mut seen, mut front) = (false, BTreeSet::new(), vec![record]);
        while let Some(record) = front.pop() {
            prop_assert!(!record.because().is_empty(), "{} rests on nothing", record.id());
            for because in record.because() {
                match because {
                    Because::Record(id) if seen.insert(*id) => {
                        prop_assert!(records.contains_key(id), "{} rests on {}, which was never kept", record.id(), id);
                        front.push(&records[id]);
                    }
                    Because::Record(_) => {}
                    Because::Readings { window, .. } => {
                        prop_assert!(window.from <= window.to, "{}", record.id());
                        grounded = true;
                    }
                    Because::Order(_) => grounded = true,
                }
            }
        }
        prop_assert!(grounded, "{} does not rest on readings or orders", record.id());
    }
    Ok(())
}
