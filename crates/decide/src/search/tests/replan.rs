//! Re-planning: what stays stays, the rest obeys the breakdown, and stability has its price.

use super::random::{Features, NONE, features, model};
use crate::check::plan::certify;
use crate::search::model::{Model, Stability};
use crate::search::replan::{Change, remainder};
use crate::search::{Search, plan::Plan};
use proptest::prelude::*;

const ALL: Features = Features { flexible: true, set_ups: true, graph: true, ..NONE };

fn running(seed: u64) -> (Model, Plan) {
    running_with(seed, ALL)
}

fn running_with(seed: u64, has: Features) -> (Model, Plan) {
    let model = model(seed, has);
    let mut search = Search::new(&model, 1);
    search.step(200);
    let plan = search.best().expect("the check accepts every plan").plan;
    (model, plan)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_is_put_back_together_keeps_resources_waits_and_batches(seed in any::<u64>(), share in 2_i64..5) {
        let beyond = Features { set_ups: false, resources: true, prices: true, waits: true, optional: true, ..ALL };
        let (model, plan) = running_with(seed, Features { batches: seed % 2 == 0, blocking: seed % 3 == 0, lots: seed % 5 < 2, graph: false, ..beyond });
        let now = certify(&model, &plan).expect("the plan is good").makespan() / share;
        prop_assume!(plan.operations.iter().any(|a| a.start >= now));
        let rest = remainder(&model, &plan, &Change { now, frozen_until: now, ..Change::default() }).expect("something is free");
        let search = Search::resume(&rest.model, 1, &rest.running);
        let best = search.best().expect("the running plan goes on");
        certify(&model, &rest.whole(&best.plan)).expect("what is put back together is a plan of the whole");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_is_put_back_together_keeps_what_binds(seed in any::<u64>(), has in features(), share in 2_i64..6) {
        let model = model(seed, Features { windows: false, lots: false, blocking: false, ..has });
        let mut search = Search::new(&model, 1);
        search.step(100);
        let Ok(best) = search.best() else { return Ok(()) };
        let now = best.certificate.makespan() / share;
        prop_assume!(best.plan.operations.iter().any(|a| a.start >= now));
        let rest = remainder(&model, &best.plan, &Change { now, frozen_until: now, ..Change::default() }).expect("something is free");
        certify(&rest.model, &rest.running).expect("the running plan goes on");
        let mut search = Search::resume(&rest.model, 1, &rest.running);
        search.step(50);
        let found = search.best().expect("the running plan is known");
        certify(&model, &rest.whole(&found.plan)).expect("what is put back together is a plan of the whole");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_breakdown_is_obeyed_and_the_frozen_part_kept(seed in any::<u64>(), machine in 0_u32..4, price in 0_i64..20) {
        let (model, plan) = running(seed);
        let makespan = certify(&model, &plan).expect("the plan is good").makespan();
        let (now, until) = (makespan / 3, makespan / 2 + 1);
        let machine = machine % model.machines.len() as u32;
        let stability = Stability { tick: price, machine: price };
        let change = Change { now, frozen_until: now, closed: vec![(machine, until, until + 10)], stability };
        prop_assume!(plan.operations.iter().any(|a| a.start >= now));
        let rest = remainder(&model, &plan, &change).expect("something is free");
        let mut search = Search::resume(&rest.model, 1, &rest.running);
        let first = search.objective();
        search.step(300);
        prop_assert!(search.objective() <= first);
        let whole = rest.whole(&search.best().expect("the check accepts every plan").plan);
        certify(&model, &whole).expect("what is put back together is a plan of the whole");
        for (old, new) in plan.operations.iter().zip(&whole.operations) {
            prop_assert!(old == new || (old.start >= now && new.start >= now));
        }
        for (number, assigned) in whole.operations.iter().enumerate().filter(|(_, a)| a.start >= now) {
            let mode = model.operations[number].modes[assigned.mode as usize];
            let hit = mode.machine == machine && assigned.start < until + 10 && until < assigned.start + mode.duration;
            prop_assert!(!hit, "operation {} runs while its machine is broken", number);
        }
    }
}

#[test]
fn a_high_price_keeps_the_plan() {
    let (model, plan) = running(7);
    let stability = Stability { tick: 1000, machine: 1000 };
    let rest = remainder(&model, &plan, &Change { stability, ..Change::default() }).expect("all is free");
    let mut search = Search::resume(&rest.model, 1, &rest.running);
    search.step(2_000);
    assert_eq!(search.best().expect("the check accepts every plan").plan, plan);
}

#[test]
fn what_is_not_of_the_model_is_refused() {
    let (model, mut plan) = running(7);
    let breakdown = Change { closed: vec![(99, 1, 2)], ..Change::default() };
    let error = remainder(&model, &plan, &breakdown).expect_err("no such machine").to_string();
    assert!(error.starts_with("closed machine: found 99"), "{error}");
    plan.operations[0].mode = 99;
    let error = remainder(&model, &plan, &Change::default()).expect_err("no such mode").to_string();
    assert!(error.starts_with("mode of operation 0: found 99"), "{error}");
}
