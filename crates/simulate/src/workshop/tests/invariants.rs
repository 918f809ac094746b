//! What holds whatever is written to the machines, and whenever.

use super::*;
use proptest::prelude::*;

/// A write that may or may not make sense.
#[derive(Clone, Debug)]
struct Attempt {
    hour: f64,
    channel: usize,
    word: usize,
    number: f64,
}

const WORDS: [&str; 8] = ["standby", "ready", "tool", "bearing", "leak", "", "WO-1004", "nonsense"];

fn attempts() -> impl Strategy<Value = Vec<Attempt>> {
    let attempt = (0.0..34.0, 0_usize..1_000, 0..=WORDS.len(), 40.0..140.0).prop_map(|(hour, channel, word, number)| Attempt {
        hour,
        channel,
        word,
        number,
    });
    proptest::collection::vec(attempt, 0..60).prop_map(|mut all| {
        all.sort_by(|a, b| a.hour.total_cmp(&b.hour));
        all
    })
}

/// Plays all attempts; order names are taken from the infeed now and then, so that some are right.
fn play(seed: u64, attempts: &[Attempt]) -> Stage {
    let mut stage = Stage::new(seed, 2);
    let writable: Vec<_> = stage.plant.channels.iter().filter(|c| c.writable.is_some()).map(|c| c.id).collect();
    for attempt in attempts {
        stage.reach(attempt.hour);
        let channel = writable[attempt.channel % writable.len()];
        let value = match WORDS.get(attempt.word) {
            _ if stage.plant.channel(channel).role == Role::SetSpeed => CommandValue::Number(attempt.number),
            Some(word) => CommandValue::Word((*word).to_owned()),
            None => CommandValue::Number(attempt.number),
        };
        // refused or taken: both are answers; what must hold is looked at afterwards
        let _ = stage.workshop.write(&stage.plant, channel, &value, at_hour(attempt.hour));
    }
    stage.reach(36.0);
    stage
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_is_written(seed in 0_u64..1_000, attempts in attempts()) {
        let stage = play(seed, &attempts);
        let truth = stage.truth();
        pieces_are_conserved(&truth)?;
        time_and_energy_add_up(&stage, &truth)?;
        nothing_is_made_outside_shifts(&truth)?;
        samples_are_in_order_and_in_range(&stage)?;
        counters_only_rise_and_end_at_the_truth(&stage, &truth)?;
    }
}

/// Released = waiting, in process or between machines + scrapped + delivered.
fn pieces_are_conserved(truth: &Truth) -> Result<(), TestCaseError> {
    let released: u64 = truth.orders.iter().map(|o| u64::from(o.released)).sum();
    let in_house: u64 = truth.machines.iter().map(|m| m.pieces).sum();
    prop_assert_eq!(released, in_house + truth.scrap() + truth.delivered());
    let at_machines: u64 = truth.machines.iter().map(|m| m.scrap).sum();
    prop_assert_eq!(at_machines, truth.scrap());
    for order in truth.orders.iter().filter(|o| o.finished.is_some()) {
        prop_assert_eq!(order.released, order.delivered + order.scrap);
    }
    Ok(())
}

fn time_and_energy_add_up(stage: &Stage, truth: &Truth) -> Result<(), TestCaseError> {
    let elapsed = (truth.at - START).seconds();
    for machine in &truth.machines {
        let name = &stage.plant.machine(machine.machine).name;
        prop_assert!((machine.seconds_by.iter().sum::<f64>() - elapsed).abs() < 1e-3, "{} time", name);
        prop_assert!((machine.energy_wh_by.iter().sum::<f64>() - machine.energy_wh).abs() < 1e-3, "{} energy", name);
        prop_assert_eq!(machine.seconds(MachineState::Unknown) + machine.seconds(MachineState::Off), 0.0);
        let from_power = integral(&stage.numbers(name, Role::Power), hour_of(truth.at));
        let share = (from_power - machine.energy_wh).abs() / machine.energy_wh;
        prop_assert!(share < 0.02, "{}: {} W.h from power, {} from the meter", name, from_power, machine.energy_wh);
    }
    Ok(())
}

/// Integral of a held value over hours [W.h].
fn integral(points: &[(f64, f64)], end: f64) -> f64 {
    let nexts = points.iter().skip(1).map(|p| p.0).chain([end]);
    points.iter().zip(nexts).map(|((from, value), to)| value * (to - from)).sum()
}

fn nothing_is_made_outside_shifts(truth: &Truth) -> Result<(), TestCaseError> {
    for machine in truth.machines.iter().filter(|m| m.good > 0) {
        let outside = machine.seconds(MachineState::Producing) - machine.worked(MachineState::Producing);
        prop_assert!(outside.abs() < 1e-3, "machine {} made pieces for {} s outside shifts", machine.machine.0, outside);
    }
    Ok(())
}

fn samples_are_in_order_and_in_range(stage: &Stage) -> Result<(), TestCaseError> {
    let mut last = vec![Instant::MIN; stage.plant.channels.len()];
    for sample in &stage.told {
        let channel = stage.plant.channel(sample.channel);
        prop_assert!(sample.at >= last[sample.channel.index()], "{}", channel.name);
        last[sample.channel.index()] = sample.at;
        match &sample.value {
            SampleValue::Number(number) => {
                prop_assert!(!channel.kind.is_word() && number.is_finite(), "{}", channel.name);
                let (low, high) = channel.range.unwrap_or((f64::MIN, f64::MAX));
                prop_assert!((low..=high).contains(number), "{} {}", channel.name, number);
            }
            SampleValue::Word(word) => {
                prop_assert!(channel.kind.is_word() && word.len() <= 256, "{} {}", channel.name, word);
                let known = channel.states.is_empty() || channel.states.iter().any(|(w, _)| **w == **word);
                prop_assert!(known, "{} {}", channel.name, word);
            }
        }
    }
    Ok(())
}

fn counters_only_rise_and_end_at_the_truth(stage: &Stage, truth: &Truth) -> Result<(), TestCaseError> {
    for machine in &truth.machines {
        let name = &stage.plant.machine(machine.machine).name;
        for role in [Role::Good, Role::Scrap, Role::Energy, Role::Coolant, Role::Material] {
            if stage.plant.role(machine.machine, role).is_none() {
                continue;
            }
            let told = stage.numbers(name, role);
            prop_assert!(told.windows(2).all(|p| p[0].1 <= p[1].1), "{} {:?}", name, role);
            let last = told.last().map_or(0.0, |p| p.1);
            match role {
                Role::Good => prop_assert_eq!(last, machine.good as f64),
                Role::Scrap => prop_assert_eq!(last, machine.scrap as f64),
                Role::Energy => prop_assert!((machine.energy_wh / 1_000.0 - last) < 1.0, "{}: {}", name, last),
                _ => {}
            }
        }
    }
    Ok(())
}

#[test]
fn no_two_states_of_a_machine_are_told_for_one_instant() {
    let mut stage = Stage::new(2, 3);
    stage.reach(72.0);
    for machine in stage.plant.machines.clone() {
        let words = stage.words(&machine.name, Role::State);
        assert!(words.windows(2).all(|p| p[0].0 < p[1].0 && p[0].1 != p[1].1), "{}", machine.name);
    }
}

#[test]
fn every_order_that_starts_is_told_by_name_and_done_at_each_machine_of_its_route() {
    let mut stage = Stage::new(6, 2);
    stage.reach(48.0);
    let truth = stage.truth();
    let finished: Vec<_> = stage.plant.orders.iter().filter(|o| truth.orders[o.id.index()].finished.is_some()).collect();
    assert!(finished.len() > 40, "{}", finished.len());
    let mut done = std::collections::BTreeMap::new();
    for machine in &stage.plant.machines {
        if stage.plant.role(machine.id, Role::OrderDone).is_some() {
            for (_, name) in stage.words(&machine.name, Role::OrderDone) {
                *done.entry(name).or_insert(0) += 1;
            }
        }
    }
    for order in finished {
        let route = stage.plant.product(order.product).route.len();
        assert_eq!(done.get(&order.name), Some(&route), "{}", order.name);
    }
}
