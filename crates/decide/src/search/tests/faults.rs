//! Faults planted in good plans: the check refuses every one, by the rule that it breaks.

use super::random::{Features, features, model, plain};
use crate::check::plan::certify;
use crate::search::Search;
use crate::search::model::Model;
use crate::search::plan::Plan;
use proptest::prelude::*;

fn good(seed: u64, has: Features) -> (Model, Plan) {
    let model = model(seed, plain(has));
    let mut search = Search::new(&model, seed);
    search.step(50);
    let plan = search.best().expect("the check accepts every plan").plan;
    (model, plan)
}

fn rule(model: &Model, plan: &Plan) -> &'static str {
    certify(model, plan).map_or_else(|v| v.rule, |_| "none")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn planted_faults_are_refused(seed in any::<u64>(), has in features(), at in any::<prop::sample::Index>()) {
        let (model, plan) = good(seed, has);
        prop_assert_eq!(rule(&model, &plan), "none");
        let at = at.index(plan.operations.len());

        let mut lost = plan.clone();
        lost.operations.pop();
        prop_assert_eq!(rule(&model, &lost), "plan_complete");

        let mut unknown = plan.clone();
        unknown.operations[at].mode = model.operations[at].modes.len() as u32;
        prop_assert_eq!(rule(&model, &unknown), "mode_exists");

        let mut early = plan.clone();
        early.operations[at].start = model.jobs[model.operations[at].job as usize].release.max(model.operations[at].earliest) - 1;
        prop_assert_eq!(rule(&model, &early), "released");

        for &(before, then) in &model.precedences {
            let mut overtaking = plan.clone();
            let released = model.jobs[model.operations[then as usize].job as usize].release.max(model.operations[then as usize].earliest);
            overtaking.operations[then as usize].start = overtaking.operations[before as usize].start.max(released);
            let end = plan.operations[before as usize].start + length(&model, &plan, before as usize);
            if overtaking.operations[then as usize].start < end {
                prop_assert_eq!(rule(&model, &overtaking), "precedence_kept");
            }
        }
    }

    #[test]
    fn two_at_once_and_closed_machines_are_refused(seed in any::<u64>(), has in features()) {
        let (model, plan) = good(seed, Features { dates: false, ..has });
        let free = |o: usize| !model.precedences.iter().any(|p| p.0 as usize == o || p.1 as usize == o);
        for one in 0..plan.operations.len() {
            for other in 0..plan.operations.len() {
                if one != other && free(other) && machine(&model, &plan, one) == machine(&model, &plan, other) {
                    let mut double = plan.clone();
                    double.operations[other].start = double.operations[one].start;
                    prop_assert_eq!(rule(&model, &double), "one_at_a_time");
                }
            }
            let closed = &model.machines[machine(&model, &plan, one)].closed;
            if let Some((from, _)) = closed.last() {
                let mut night = plan.clone();
                night.operations.iter_mut().for_each(|a| a.start += 1000);
                let shifted = night.operations[one].start - from;
                night.operations.iter_mut().for_each(|a| a.start -= shifted);
                prop_assert_ne!(rule(&model, &night), "none");
            }
        }
    }
}

fn machine(model: &Model, plan: &Plan, operation: usize) -> usize {
    model.operations[operation].modes[plan.operations[operation].mode as usize].machine as usize
}

fn length(model: &Model, plan: &Plan, operation: usize) -> i64 {
    model.operations[operation].modes[plan.operations[operation].mode as usize].duration
}
