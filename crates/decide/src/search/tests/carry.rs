//! Plans carried out: as planned nothing comes later, and what lasts longer moves the others.

use super::random::{Features, features, model};
use crate::check::plan::certify;
use crate::search::Search;
use crate::search::carry::Carrier;
use crate::search::model::{Job, Machine, Mode, Model, Operation, Parts, Time};
use crate::search::plan::{Assigned, Plan};
use proptest::prelude::*;

fn closed(model: &Model) -> Vec<Vec<(Time, Time)>> {
    model.machines.iter().map(|m| m.closed.clone()).collect()
}

fn planned(model: &Model, plan: &Plan) -> Vec<Time> {
    let modes = model.operations.iter().zip(&plan.operations);
    modes.map(|(o, a)| o.modes.get(a.mode as usize).map_or(0, |m| m.duration)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn as_planned_nothing_starts_later_and_what_is_done_is_feasible(seed in any::<u64>(), has in features()) {
        // where a lag below zero lets one start before what comes before it, resources are not given in the order of planned starts
        let (resources, prices) = (has.resources && !has.lags, has.prices && !has.lags);
        let has = Features { resources, prices, waits: false, windows: false, blocking: false, ..has };
        let model = model(seed, Features { tools: false, no_idle: false, ..has });
        let mut search = Search::new(&model, 1);
        search.step(50);
        let plan = search.best().expect("the check accepts every plan").plan;
        let closed = closed(&model);
        let mut carrier = Carrier::new(&model, &plan, &closed, 0).expect("a plan of the model");
        let lasts = planned(&model, &plan);
        carrier.run(&lasts);
        let mut done = plan.clone();
        for (operation, (assigned, start)) in done.operations.iter_mut().zip(&carrier.starts).enumerate() {
            let is_in = (assigned.mode as usize) < model.operations[operation].modes.len();
            prop_assert!(!is_in || *start <= assigned.start, "operation {operation}: {start} after {}", assigned.start);
            assigned.start = *start;
        }
        certify(&model, &done).expect("what was done is feasible");
        // what lasts longer makes nothing end earlier; resources, closed machines and distances to ends apart
        if model.uses.is_empty() && model.lags.is_empty() && model.machines.iter().all(|m| m.closed.is_empty()) {
            let ends = carrier.ends.clone();
            let longer: Vec<Time> = lasts.iter().zip(0_i64..).map(|(l, o)| l + (o ^ seed as i64) % 3 + 2).collect();
            carrier.run(&longer);
            prop_assert!(ends.iter().zip(&carrier.ends).all(|(a, b)| a <= b));
        }
    }
}

/// Two machines; the first operation of each job on machine 0, the second on machine 1, which is closed from 20 to 30.
fn two_jobs() -> (Model, Plan) {
    let operation = |job, machine, duration| Operation { job, modes: vec![Mode { machine, duration }], ..Operation::default() };
    let parts = Parts {
        machines: vec![Machine::default(), Machine { closed: vec![(20, 30)], ..Machine::default() }],
        jobs: vec![Job::default(); 2],
        operations: vec![operation(0, 0, 5), operation(0, 1, 8), operation(1, 0, 5), operation(1, 1, 7)],
        precedences: vec![(0, 1), (2, 3)],
        makespan: 1,
        ..Parts::default()
    };
    let starts = [0, 5, 5, 13];
    let plan = Plan { operations: starts.map(|start| Assigned { mode: 0, start }).to_vec() };
    (Model::new(parts).expect("a model"), plan)
}

#[test]
fn what_lasts_longer_moves_the_others_and_rests_while_the_machine_is_closed() {
    let (model, plan) = two_jobs();
    let closed = closed(&model);
    // (now, how long each lasts, starts, ends)
    let table = [
        (0, [5, 8, 5, 7], [0, 5, 5, 13], [5, 13, 10, 20]),
        (0, [3, 8, 2, 7], [0, 3, 3, 11], [3, 11, 5, 18]),
        // the last one lasts longer than the machine is open: it goes on afterwards
        (0, [5, 8, 5, 9], [0, 5, 5, 13], [5, 13, 10, 32]),
        // late by one, it would not be complete before the machine closes: it is not begun
        (0, [6, 8, 5, 7], [0, 6, 6, 30], [6, 14, 11, 37]),
        // what started before now did, whatever it lasted before
        (6, [5, 9, 5, 6], [0, 5, 5, 30], [5, 14, 10, 36]),
        // nothing that is free starts before now
        (6, [5, 1, 1, 7], [0, 5, 5, 6], [5, 6, 6, 13]),
    ];
    for (now, lasts, starts, ends) in table {
        let mut carrier = Carrier::new(&model, &plan, &closed, now).expect("a plan of the model");
        carrier.run(&lasts);
        assert_eq!((&carrier.starts[..], &carrier.ends[..]), (&starts[..], &ends[..]), "{now} {lasts:?}");
        assert_eq!(carrier.complete(), [Some(ends[1]), Some(ends[3])]);
    }
}

#[test]
fn a_plan_of_another_model_is_refused() {
    let (model, plan) = two_jobs();
    let other = Plan { operations: plan.operations[1..].to_vec() };
    let error = Carrier::new(&model, &other, &closed(&model), 0).err().map(|e| e.to_string());
    assert_eq!(error.as_deref(), Some("number of operations of the plan: found 3, allowed 4"));
    let error = Carrier::new(&model, &plan, &[], 0).err().map(|e| e.to_string());
    assert_eq!(error.as_deref(), Some("machines with closed intervals: found 0, allowed 2"));
    let closed = closed(&model);
    let mut parts = model.into_parts();
    parts.operations[2].is_blocking = true;
    let blocking = Model::new(parts).expect("a model");
    let error = Carrier::new(&blocking, &plan, &closed, 0).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(error.starts_with("operation 2: found blocking, allowed operations that leave their machine"), "{error}");
}
