//! Common random numbers: a decision at one machine leaves the luck of the others as it was.

use super::*;
use std::collections::BTreeMap;

/// Cycle times told by a machine, by order and place within it: luck that does not depend on when it was worked.
fn cycles(stage: &Stage, machine: &str) -> BTreeMap<(String, usize), i64> {
    let order = stage.channel(machine, Role::Order).id;
    let cycle = stage.channel(machine, Role::CycleTime).id;
    let (mut now, mut place, mut all) = (String::new(), 0, BTreeMap::new());
    for sample in &stage.told {
        match &sample.value {
            SampleValue::Word(word) if sample.channel == order => (now, place) = (word.to_string(), 0),
            SampleValue::Number(seconds) if sample.channel == cycle => {
                all.insert((now.clone(), place), (seconds * 10.0).round() as i64);
                place += 1;
            }
            _ => {}
        }
    }
    all
}

#[test]
fn another_speed_at_a_mill_leaves_the_lathes_as_they_were() {
    let mut plain = Stage::new(12, 2);
    plain.reach(8.0);
    let mut faster = plain.clone();
    faster.number("mill-1", Role::SetSpeed, 110.0).expect("in range");
    plain.reach(46.0);
    faster.reach(46.0);
    for lathe in ["lathe-1", "lathe-2"] {
        let (a, b) = (cycles(&plain, lathe), cycles(&faster, lathe));
        let shared = a.iter().filter(|(k, _)| b.contains_key(*k)).count();
        let same = a.iter().filter(|(k, v)| b.get(*k) == Some(v)).count();
        assert!(shared > 400, "{shared}");
        // a piece that was running at a failure is told for neither; all others are equal
        assert!(same as f64 >= 0.97 * shared as f64, "{lathe}: {same} of {shared}");
    }
    let mean = |stage: &Stage| {
        let after: Vec<f64> = cycles(stage, "mill-1").into_values().map(|c| c as f64).collect();
        after.iter().sum::<f64>() / after.len() as f64
    };
    assert!(mean(&faster) < 0.95 * mean(&plain), "{} {}", mean(&faster), mean(&plain));
}

/// What failed at a machine, and how long each repair took [ms].
fn repairs(stage: &Stage, machine: &str) -> Vec<(String, i64)> {
    let alarms = stage.words(machine, Role::Alarm).into_iter().map(|a| a.1);
    let states = stage.words(machine, Role::State);
    let downs = states.windows(2).filter(|p| p[0].1 == "down").map(|p| ((p[1].0 - p[0].0) * 3.6e6).round() as i64);
    alarms.zip(downs).collect()
}

#[test]
fn a_service_at_one_machine_does_not_change_the_failures_of_another() {
    let mut compared = 0;
    for seed in 1..=4 {
        let mut plain = Stage::new(seed, 4);
        plain.reach(7.0);
        let mut serviced = plain.clone();
        serviced.word("packer-1", Role::SetService, "bearing").expect("a service of it");
        plain.reach(96.0);
        serviced.reach(96.0);
        for machine in ["mill-1", "mill-2", "mill-3", "lathe-1", "lathe-2"] {
            let (a, b) = (repairs(&plain, machine), repairs(&serviced, machine));
            // blocking may move the last one over the end, no more
            assert!(a.len().abs_diff(b.len()) <= 1, "{machine}: {a:?} {b:?}");
            assert!(a.iter().zip(&b).all(|(x, y)| x == y), "{machine}: {a:?} {b:?}");
            compared += a.len().min(b.len());
        }
        assert_eq!(plain.truth().leak_flow.to_bits(), serviced.truth().leak_flow.to_bits());
    }
    assert!(compared >= 10, "{compared} repairs compared");
}
