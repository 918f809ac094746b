//! An arm is a function of its seed, its days and its mode; watching leaves the world alone; acting uses what it may.

use super::{acting, agreeing};
use crate::experiment::{Arm, Mode, START, run, scale};
use crate::workshop::{Workshop, plant};
use measure::{Instant, Span};
use plant::{DecisionKind, DecisionState, Mode as PolicyMode, Record};
use std::collections::BTreeSet;

fn assert_same(one: &Arm, other: &Arm) {
    assert_eq!(one.history.len(), other.history.len());
    for (a, b) in one.history.iter().zip(&other.history) {
        assert_eq!(a, b);
    }
    assert_eq!((&one.told, &one.truth, &one.accounting), (&other.told, &other.truth, &other.accounting));
    assert_eq!((one.readings, one.seen, &one.outcomes), (other.readings, other.seen, &other.outcomes));
}

#[test]
fn the_same_seed_gives_the_same_arm_to_the_last_record() {
    for mode in [Mode::Act, Mode::Agree] {
        assert_same(&run(7, 1, mode), &run(7, 1, mode));
    }
    assert_ne!(run(7, 1, Mode::Act).truth, run(8, 1, Mode::Act).truth);
}

#[test]
fn a_watching_unit_leaves_the_world_alone() {
    let arm = run(4, 2, Mode::Watch);
    assert!(arm.told.is_empty() && arm.forks.is_empty() && arm.outcomes.is_empty());
    let states: BTreeSet<&str> = arm.decisions.values().map(|d| d.state.word()).collect();
    assert_eq!(states, BTreeSet::from(["advised"]));
    let start: Instant = START.parse().expect("an instant");
    let plant = plant(start, 2, 4);
    let mut alone = Workshop::new(&plant, 4, start);
    alone.advance(&plant, start + Span::from_days(2), &mut Vec::new());
    assert_eq!(arm.truth, alone.truth());
}

#[test]
fn advice_is_not_repeated_at_every_step() {
    let arm = run(4, 2, Mode::Watch);
    assert!((20..400).contains(&arm.decisions.len()), "{} pieces of advice in two days", arm.decisions.len());
}

#[test]
fn an_acting_unit_does_better_than_a_watching_one() {
    for arm in acting() {
        let (with, without) = (scale(arm), scale(&run(arm.seed, 2, Mode::Watch)));
        assert!(with.energy_wh_per_good < 0.95 * without.energy_wh_per_good, "{with:?} {without:?}");
        assert!(with.stops <= without.stops, "{with:?} {without:?}");
    }
}

#[test]
fn every_kind_of_decision_is_carried_out_and_measured() {
    let measured: BTreeSet<DecisionKind> = acting().iter().flat_map(|a| &a.outcomes).map(|o| o.kind).collect();
    assert_eq!(measured, DecisionKind::ALL.iter().copied().collect());
}

#[test]
fn where_the_policy_asks_nothing_is_told_before_the_engineer_agreed() {
    let arm = agreeing();
    let asks = |kind| arm.plant.policy(kind).is_some_and(|p| p.mode == PolicyMode::Ask);
    let mut agreed = 0;
    for told in &arm.told {
        let decision = &arm.decisions[&told.decision.expect("every command rests on a decision")];
        let verdict = decision.verdict.as_ref().expect("someone said yes");
        assert!(verdict.approved && verdict.at <= told.at, "{}", decision.id);
        if asks(decision.kind) {
            agreed += 1;
            assert_eq!(verdict.by, "engineer");
            assert!(told.at - decision.at >= Span::from_minutes(15), "{}", decision.id);
        } else {
            assert_eq!(verdict.by, "policy");
        }
    }
    assert!(agreed > 0, "maintenance is asked for within two days");
    let pending = arm.history.iter().filter(|(_, r)| matches!(r, Record::Decision(d) if d.state == DecisionState::Pending));
    assert!(pending.count() >= agreed);
}
