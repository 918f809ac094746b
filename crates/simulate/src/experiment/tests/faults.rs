//! Faults in the well-kept workshop: a small sample of what `examples/faults` measures over many seeds.

use crate::experiment::faults::{Score, Sort, Trial, good_order, trial};
use crate::workshop::{Fault, FaultKind, Workshop, plant};
use measure::{Instant, Span};
use plant::Role;

/// A seed that nothing was tuned on.
const SEED: u64 = 301;

#[test]
fn faults_are_found_and_their_cause_comes_first() {
    let trials: Vec<Trial> = Sort::ALL.into_iter().map(|sort| trial(SEED, sort)).collect();
    let score = Score::of(&trials);
    let missed: Vec<_> = trials.iter().filter(|t| t.named() != Some(t.cause)).map(|t| (t.fault, t.named())).collect();
    assert!(score.found == score.trials && score.right + 1 >= score.trials, "{score:?}: {missed:?}");
}

#[test]
fn the_same_seed_has_the_same_fault_and_finds_the_same() {
    assert_eq!(trial(SEED, Sort::Leak), trial(SEED, Sort::Leak));
}

#[test]
fn good_order_is_left_alone() {
    let (findings, months) = good_order(SEED);
    assert!(months > 4.0 && findings.len() as f64 / months < 1.0, "{findings:?}");
}

/// A fault does what its table says, and what is not faulty goes on as it would have.
#[test]
fn a_drift_a_stuck_gauge_and_a_leak_change_what_is_told_and_nothing_else() {
    let start = Instant::from_seconds(1_772_380_800);
    let plant = plant(start, 2, 3);
    let (compressor, until) = (plant.machine_named("compressor-1").expect("it stands there").id, start + Span::from_hours(30));
    let told = |fault: Option<FaultKind>, size: f64| {
        let mut world = Workshop::new(&plant, 3, start);
        let from = start + Span::from_hours(20);
        fault.into_iter().for_each(|kind| world.inject(Fault { kind, machine: compressor, from, until: Instant::MAX, size }));
        let mut samples = Vec::new();
        world.advance(&plant, until, &mut samples);
        let flow = plant.role(compressor, Role::AirFlow).expect("it has one").id;
        let flows: Vec<f64> = samples
            .iter()
            .filter(|s| s.channel == flow && s.at >= start + Span::from_hours(29))
            .map(|s| if let crate::workshop::SampleValue::Number(n) = s.value { n } else { f64::NAN })
            .collect();
        let energy = world.truth().energy_wh();
        (flows.iter().sum::<f64>() / flows.len() as f64, flows.windows(2).all(|w| w[0] == w[1]), energy)
    };
    let (plain, drift) = (told(None, 0.0), told(Some(FaultKind::SensorDrift(Role::AirFlow)), 0.02));
    assert!((drift.0 / plain.0 - 1.19).abs() < 0.02 && drift.2 == plain.2, "{plain:?} {drift:?}: 2 % an hour after 9.5 h");
    let stuck = told(Some(FaultKind::SensorStuck(Role::AirFlow)), 1.0);
    assert!(stuck.1 && !plain.1 && stuck.2 == plain.2, "{stuck:?}");
    let leak = told(Some(FaultKind::Leak), 0.6);
    assert!((leak.0 - plain.0 - 0.6).abs() < 0.1 && leak.2 > plain.2, "{plain:?} {leak:?}");
}
