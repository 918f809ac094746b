//! The twin that leaves nothing out is the arm; the twin without a decision differs by that decision only.

use super::{acting, all};
use crate::experiment::{Told, judge, play};
use plant::{Metric, RecordId};

#[test]
fn a_twin_with_every_command_is_the_arm() {
    for arm in all() {
        let mut checked = 0;
        for (from, world) in arm.forks.values().step_by(arm.forks.len() / 12 + 1) {
            let told: Vec<&Told> = arm.told.iter().filter(|t| t.at >= *from).collect();
            let (end, _) = play(&arm.plant, world, &told, None, arm.truth.at);
            assert_eq!(end.truth(), arm.truth, "seed {} from {from}", arm.seed);
            checked += 1;
        }
        assert!(checked >= 6, "{checked}");
    }
}

#[test]
fn a_twin_without_a_decision_that_never_was_is_the_arm() {
    let arm = &acting()[0];
    let nobody = RecordId { kind: plant::RecordKind::Decision, number: u64::MAX };
    let (from, world) = arm.forks.values().next().expect("a decision");
    let told: Vec<&Told> = arm.told.iter().filter(|t| t.at >= *from).collect();
    assert_eq!(play(&arm.plant, world, &told, Some(nobody), arm.truth.at).0.truth(), arm.truth);
}

#[test]
fn until_the_horizon_only_the_machine_and_what_follows_from_it_differ() {
    for judged in all().flat_map(judge) {
        let value = judged.outcome.measured.value;
        assert!(value.low <= value.value && value.value <= value.high, "{judged:?}");
        assert!(judged.truth.is_finite() && value.low.is_finite() && value.high.is_finite(), "{judged:?}");
        let slack = 1e-6 * judged.truth.abs().max(1.0);
        assert_eq!(judged.covered, (value.low - slack..=value.high + slack).contains(&judged.truth), "{judged:?}");
    }
}

#[test]
fn intervals_hold_the_truth_in_most_cases() {
    let judged: Vec<_> = all().flat_map(judge).collect();
    let share = judged.iter().filter(|j| j.covered).count() as f64 / judged.len() as f64;
    assert!(judged.len() > 150 && share >= 0.85, "{share} of {}", judged.len());
}

#[test]
fn standby_at_night_saves_what_the_twin_pays() {
    let saved: Vec<f64> = all()
        .flat_map(judge)
        .filter(|j| j.outcome.measured.metric == Metric::EnergySaved && j.outcome.expected.value.value > 10.0)
        .map(|j| j.truth)
        .collect();
    assert!(saved.len() > 10 && saved.iter().sum::<f64>() > 0.0, "{saved:?}");
}
