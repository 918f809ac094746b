//! What outcomes teach.

use super::{actions, decisions, finding, idle_left, outcome};
use crate::fixture::{MILL, WASHER, World, ten};
use measure::Span;
use plant::{Action, Cause, DecisionKind, MachineState, Metric, Role};

#[test]
fn outcomes_correct_the_next_expectation() {
    let mut world = World::new();
    world.put(MILL, MachineState::Starved, 10);
    idle_left(&mut world, MILL, 70.0);
    let before = decisions(&world)[0].expected.value.value;
    let (told, came) = (2.0 * before, before);
    world.outcomes = vec![outcome(MILL, told, came); 4];
    // in units of `before`: everywhere (4 + 4*2) / (8 + 8) = 0.75; here, towards that, (4 + 0.75*8) / (8 + 8) = 0.625
    let after = decisions(&world)[0].expected.value.value;
    assert!((after / before - 0.625).abs() < 1e-9, "{after} {before}");
    world.outcomes = vec![outcome(WASHER, told, came); 4];
    let elsewhere = decisions(&world)[0].expected.value.value;
    assert!((elsewhere / before - 0.75).abs() < 1e-9, "what other machines taught");
    world.outcomes = vec![outcome(WASHER, 0.01 * before, 0.05 * before); 4];
    // (0.2 + 4) / (0.04 + 4) = 1.0396: five times as much as expected, but of next to nothing
    let hardly = decisions(&world)[0].expected.value.value;
    assert!((hardly / before - 1.0396).abs() < 1e-3, "{hardly} {before}");
}

#[test]
fn a_kind_that_does_not_help_is_stopped_and_tried_again_later() {
    let mut world = World::new();
    world.put(MILL, MachineState::Starved, 10);
    idle_left(&mut world, MILL, 70.0);
    world.outcomes = (0..5).map(|i| outcome(MILL, 2.0, -1.0 - 0.1 * f64::from(i))).collect();
    assert_eq!(actions(&world), []);
    world.outcomes[0].measured.value.value = 30.0;
    assert_eq!(actions(&world).len(), 1, "not reliably useless");
    world.outcomes[0].measured.value.value = -1.0;
    world.outcomes.iter_mut().for_each(|o| o.at = ten() - Span::from_days(15));
    assert_eq!(actions(&world).len(), 1, "too long ago");
}

#[test]
fn going_back_to_nominal_is_neither_corrected_nor_stopped() {
    let mut world = World::new();
    world.set(MILL, Role::Speed, 110.0);
    let ended = |expected: f64, measured: f64| {
        let mut outcome = outcome(MILL, expected, measured);
        outcome.kind = DecisionKind::Speed;
        (outcome.expected.metric, outcome.measured.metric) = (Metric::PiecesGained, Metric::PiecesGained);
        outcome
    };
    world.outcomes = vec![ended(3.0, -3.0); 6];
    assert_eq!(actions(&world), [(MILL, Action::Speed(100.0))], "raising does not help here, going back is still right");
    world.set(MILL, Role::Speed, 100.0);
    world.findings = vec![finding(MILL, Cause::Bottleneck)];
    assert_eq!(actions(&world), []);
    world.outcomes = vec![ended(0.0, -3.0); 6];
    assert_eq!(actions(&world), [(MILL, Action::Speed(110.0))], "what ends a decision says nothing of those that gain");
}
