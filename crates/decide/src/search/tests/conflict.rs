//! Why there is no plan: known contradictions, and that nothing is called one where there is a plan.

use super::random::{Features, features, model};
use crate::search::Search;
use crate::search::conflict::conflict;
use crate::search::limit::Limit;
use crate::search::model::{Job, Machine, Mode, Model, Operation, Parts, Wait};
use proptest::prelude::*;

/// Two jobs of two operations: saw, then mill.
fn parts() -> Parts {
    let operation = |job, machine, duration| Operation { job, modes: vec![Mode { machine, duration }], ..Operation::default() };
    Parts {
        machines: vec![Machine::default(); 2],
        jobs: vec![Job::default(); 2],
        operations: vec![operation(0, 0, 4), operation(0, 1, 6), operation(1, 0, 4), operation(1, 1, 6)],
        precedences: vec![(0, 1), (2, 3)],
        makespan: 1,
        ..Parts::default()
    }
}

fn of(parts: Parts) -> Option<Vec<Limit>> {
    conflict(&Model::new(parts).expect("the parts are consistent"))
}

#[test]
fn two_deadlines_on_one_machine() {
    let mut parts = parts();
    parts.jobs[0].deadline = Some(14);
    parts.jobs[1].deadline = Some(15);
    parts.machines[0].closed = vec![(40, 50)];
    parts.operations[2].latest = Some(30);
    assert_eq!(of(parts.clone()), Some(vec![Limit::Deadline(0, 14), Limit::Deadline(1, 15)]));
    parts.jobs[1].deadline = Some(16);
    assert_eq!(of(parts), None);
}

#[test]
fn a_wait_over_a_night() {
    let mut parts = parts();
    parts.machines[1].closed = vec![(3, 20)];
    parts.waits = vec![Wait { before: 0, then: 1, most: 2 }, Wait { before: 2, then: 3, most: 90 }];
    parts.operations[0].latest = Some(5);
    assert_eq!(of(parts.clone()), Some(vec![Limit::Latest(0, 5), Limit::Wait(0, 1, 2), Limit::Closed(1, 3, 20)]));
    let model = Model::new(parts).expect("the parts are consistent");
    let mut search = Search::new(&model, 1);
    search.step(3000);
    let nearest = search.nearest().expect("the wider model is kept");
    assert_eq!(nearest.broken.iter().map(|b| b.1).sum::<i64>(), search.broken());
    assert!(search.best().is_err() && search.broken() > 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_has_a_plan_is_no_contradiction(seed in any::<u64>(), has in features()) {
        let model = model(seed, Features { windows: true, ..has });
        let mut search = Search::new(&model, seed);
        search.step(200);
        let nearest = search.nearest().expect("the wider model is kept");
        prop_assert_eq!(nearest.broken.iter().map(|b| b.1).sum::<i64>(), search.broken());
        if search.broken() == 0 {
            prop_assert_eq!(conflict(&model), None);
        }
    }

    #[test]
    fn none_of_a_conflict_can_be_spared(seed in any::<u64>(), has in features()) {
        let whole = model(seed, Features { windows: true, waits: true, closed: true, dates: true, ..has });
        let Some(limits) = conflict(&whole) else { return Ok(()) };
        prop_assert_eq!(conflict(&Model::new(crate::search::limit::only(&whole, &limits)).expect("a model")), Some(limits.clone()));
        for spared in 0..limits.len() {
            let mut fewer = limits.clone();
            fewer.remove(spared);
            prop_assert_eq!(conflict(&Model::new(crate::search::limit::only(&whole, &fewer)).expect("a model")), None);
        }
    }
}
