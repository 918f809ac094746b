//! What models have beyond machines and precedences: each feature on a case whose answer is known, by faults that the check refuses, and
//! against trying everything.

use super::random::{Features, features, model, unbound};
use crate::check::plan::certify;
use crate::search::Search;
use crate::search::limit::Limit;
use crate::search::model::{Criterion, Job, Lot, Machine, Mode, Model, Operation, Parts, Resource, SetUps, Use, Wait};
use crate::search::plan::{Assigned, Plan};
use proptest::prelude::*;

/// Jobs of one operation each: machine and duration.
pub(super) fn singles(machines: usize, works: &[(u32, i64)]) -> Parts {
    let operation = |(job, &(machine, duration)): (usize, &(u32, i64))| Operation {
        job: job as u32,
        modes: vec![Mode { machine, duration }],
        ..Operation::default()
    };
    Parts {
        machines: vec![Machine::default(); machines],
        jobs: vec![Job::default(); works.len()],
        operations: works.iter().enumerate().map(operation).collect(),
        makespan: 1,
        ..Parts::default()
    }
}

pub(super) fn planned(parts: Parts) -> (Model, Plan, i64) {
    let model = Model::new(parts).expect("the parts are consistent");
    let mut search = Search::new(&model, 1);
    search.step(5000);
    let best = search.best().expect("the check accepts every plan");
    (model, best.plan, best.certificate.objective())
}

pub(super) fn refused(model: &Model, plan: &Plan, change: impl FnOnce(&mut Plan)) -> &'static str {
    let mut faulty = plan.clone();
    change(&mut faulty);
    certify(model, &faulty).map_or_else(|v| v.rule, |_| "none")
}

pub(super) fn uses(resource: u32, operations: std::ops::Range<u32>, amount: i64) -> Vec<Use> {
    operations.map(|operation| Use { operation, mode: 0, resource, amount }).collect()
}

#[test]
fn one_worker_serves_one_machine_at_a_time() {
    let crew = |capacity, steps| Resource { capacity, steps, ..Resource::default() };
    let on = |crew| Parts { resources: vec![crew], uses: uses(0, 0..3, 1), ..singles(3, &[(0, 4), (1, 4), (2, 4)]) };
    assert_eq!(planned(on(crew(3, vec![]))).2, 4);
    assert_eq!(planned(on(crew(2, vec![]))).2, 8);
    let (model, plan, makespan) = planned(on(crew(1, vec![])));
    assert_eq!(makespan, 12);
    assert_eq!(refused(&model, &plan, |p| p.operations[0].start = p.operations[1].start), "resource_within");
    // one more comes at 6, nobody is there from 2 to 6
    assert_eq!(planned(on(crew(1, vec![(2, 0), (6, 2)]))).2, 14);
}

#[test]
fn material_is_used_up_and_comes_later() {
    let mut parts = singles(3, &[(0, 4), (1, 4), (2, 4)]);
    parts.resources = vec![Resource { capacity: 2, steps: vec![(9, 3)], is_stock: true, ..Resource::default() }];
    parts.uses = uses(0, 0..3, 1);
    let (model, plan, makespan) = planned(parts);
    assert_eq!(makespan, 13);
    assert_eq!(refused(&model, &plan, |p| p.operations.iter_mut().for_each(|o| o.start = o.start.min(8))), "resource_within");
}

#[test]
fn few_late_jobs_a_small_worst_and_short_set_ups_are_objectives() {
    let mut parts = singles(1, &[(0, 9), (0, 2), (0, 2)]);
    for job in &mut parts.jobs {
        (job.due, job.late) = (Some(9), 1);
    }
    parts.makespan = 0;
    // the long one last: one job is late
    assert_eq!(planned(parts.clone()).2, 1);
    parts.tardiest = 10;
    parts.jobs[0].due = Some(5);
    assert_eq!(planned(parts.clone()).2, 10 * 4 + 3);
    let mut parts = singles(1, &[(0, 1), (0, 1), (0, 1), (0, 1)]);
    (parts.families, parts.families_count, parts.makespan, parts.set_up) = (vec![0, 1, 0, 1], 2, 0, 3);
    parts.machines[0].set_ups = Some(SetUps { between: vec![0, 4, 4, 0], initial: vec![1, 2] });
    let (model, plan, cost) = planned(parts);
    assert_eq!(cost, 3 * (1 + 4));
    assert_eq!(certify(&model, &plan).map(|c| c.set_up()), Ok(5));
}

#[test]
fn no_wait_holds_the_first_back() {
    let mut parts = singles(2, &[(1, 9), (0, 2)]);
    parts.operations.push(Operation { job: 1, modes: vec![Mode { machine: 1, duration: 3 }], ..Operation::default() });
    parts.operations[0].latest = Some(0);
    parts.precedences = vec![(1, 2)];
    parts.waits = vec![Wait { before: 1, then: 2, most: 0 }];
    let (model, plan, makespan) = planned(parts);
    assert_eq!((makespan, plan.operations[1].start, plan.operations[2].start), (12, 7, 9));
    assert_eq!(refused(&model, &plan, |p| p.operations[1].start = 6), "wait_kept");
    assert_eq!(refused(&model, &plan, |p| p.operations[0].start = 12), "latest_kept");
}

#[test]
fn what_blocks_stays_until_the_next_machine_is_free() {
    // both jobs go over machine 0 to machine 1, which is slow
    let mut parts = singles(2, &[(0, 2), (0, 2), (0, 2)]);
    for job in 0..3 {
        parts.operations.push(Operation { job, modes: vec![Mode { machine: 1, duration: 5 }], ..Operation::default() });
        parts.precedences.push((job, job + 3));
    }
    let free = planned(parts.clone());
    assert_eq!(certify(&free.0, &free.1).map(|c| c.makespan()), Ok(17));
    parts.operations.iter_mut().take(3).for_each(|o| o.is_blocking = true);
    let (model, plan, _) = planned(parts.clone());
    assert_eq!(certify(&model, &plan).map(|c| c.makespan()), Ok(17));
    let mut first: Vec<usize> = vec![0, 1, 2];
    first.sort_by_key(|o| plan.operations[*o].start);
    // the second on machine 0 leaves it when the first has left machine 1
    assert!(plan.operations[first[2]].start >= plan.operations[first[1] + 3].start);
    assert_eq!(refused(&model, &plan, |p| p.operations[first[2]].start = p.operations[first[1]].start + 2), "blocking_kept");
    // two that want each other's place change over at once
    let mut swap = singles(2, &[(0, 3), (1, 3)]);
    for (job, machine) in [(0, 1), (1, 0)] {
        swap.operations[job as usize].is_blocking = true;
        swap.operations.push(Operation { job, modes: vec![Mode { machine, duration: 4 }], ..Operation::default() });
        swap.precedences.push((job, job + 2));
    }
    assert_eq!(planned(swap).2, 7);
}

#[test]
fn what_blocks_without_a_way_out_is_told() {
    // two parts of one assembly want to stay on the same machine until it begins
    let mut parts = singles(2, &[(0, 2), (0, 3), (1, 4)]);
    parts.operations.iter_mut().take(2).for_each(|o| o.is_blocking = true);
    parts.precedences = vec![(0, 2), (1, 2)];
    let model = Model::new(parts).expect("the parts are consistent");
    let mut search = Search::new(&model, 1);
    search.step(500);
    assert_eq!(search.best().expect_err("there is no plan").rule, "blocking_kept");
    let broken = search.nearest().expect("with one less that blocks there is").broken;
    assert!(matches!(broken[..], [(Limit::Blocking(0 | 1), _)]), "{broken:?}");
}

#[test]
fn sub_lots_let_the_next_begin_sooner() {
    // so many pieces, in sub-lots of so many: first so long, then so long
    let passed = |(quantity, transfer), first, then| {
        let mut parts = singles(2, &[(0, first)]);
        parts.operations[0].lot = Some(Lot { quantity, transfer });
        parts.operations.push(Operation { modes: vec![Mode { machine: 1, duration: then }], ..Operation::default() });
        parts.precedences = vec![(0, 1)];
        planned(parts)
    };
    let of = |first, then, transfer| passed((10, transfer), first, then);
    // all at once; after one piece; the last piece bounds what is faster
    assert_eq!((of(20, 30, 10).2, of(20, 30, 1).2, of(30, 20, 1).2), (50, 32, 32));
    // of 4, 4 and 1 pieces the second bounds it: eight thirds of 10 less 80/9
    assert_eq!(passed((9, 4), 30, 20).2, 18 + 20);
    // a third of a tick is a tick
    assert_eq!(of(7, 7, 3).2, 3 + 7);
    let (model, plan, _) = of(30, 20, 1);
    assert_eq!(plan.operations[1].start, 12);
    assert_eq!(refused(&model, &plan, |p| p.operations[1].start = 11), "lots_passed");
    let (model, plan, _) = of(20, 30, 1);
    assert_eq!(refused(&model, &plan, |p| p.operations[1].start = 1), "lots_passed");
    let error = |quantity, transfer| {
        let mut parts = singles(1, &[(0, 3)]);
        parts.operations[0].lot = Some(Lot { quantity, transfer });
        Model::new(parts).expect_err("a fault").to_string()
    };
    assert_eq!(error(5, 6), "transfer batch of operation 0: found 6, allowed 1 to 5: at most 1000 sub-lots");
    assert_eq!(error(5000, 1), "transfer batch of operation 0: found 1, allowed 5 to 5000: at most 1000 sub-lots");
    assert_eq!(error(0, 1), "quantity of operation 0: found 0, allowed 1 to 1073741824");
}

#[test]
fn an_oven_takes_what_fits() {
    let oven = |sizes: Vec<i64>, families: Vec<u32>| {
        let mut parts = singles(1, &[(0, 5), (0, 5), (0, 5), (0, 5)]);
        parts.machines[0].batch = Some(4);
        Parts { sizes, families_count: 2, families, ..parts }
    };
    assert_eq!(planned(oven(vec![2, 2, 2, 2], vec![0; 4])).2, 10);
    assert_eq!(planned(oven(vec![3, 3, 1, 1], vec![0; 4])).2, 10);
    assert_eq!(planned(oven(vec![1, 1, 1, 1], vec![0, 0, 0, 1])).2, 10);
    let (model, plan, makespan) = planned(oven(vec![3, 2, 2, 1], vec![0, 0, 0, 1]));
    assert_eq!(makespan, 15);
    assert_eq!(refused(&model, &plan, |p| p.operations[0].start = p.operations[1].start), "batch_fits");
    assert_eq!(refused(&model, &plan, |p| p.operations[3].start = p.operations[0].start), "batch_fits");
    assert_eq!(refused(&model, &plan, |p| p.operations[3].start = p.operations[0].start + 1), "one_at_a_time");
}

#[test]
fn a_first_plan_fills_the_batches() {
    // two families in turn, all there at once: 20 operations of each in batches of 4, with nothing improved yet
    let mut parts = singles(1, &[(0, 5); 40]);
    parts.machines[0].batch = Some(4);
    (parts.families, parts.families_count) = ((0..40).map(|o| o % 2).collect(), 2);
    let model = Model::new(parts).expect("a model");
    let search = Search::new(&model, 1);
    assert_eq!(search.best().expect("the check accepts it").certificate.makespan(), 50);
    // what is there before the oven opens lies in it together
    let mut parts = singles(1, &[(0, 5); 4]);
    (parts.machines[0].batch, parts.machines[0].closed) = (Some(4), vec![(0, 10)]);
    parts.jobs.iter_mut().zip(0..).for_each(|(job, place)| job.release = place);
    let model = Model::new(parts).expect("a model");
    assert_eq!(Search::new(&model, 1).best().expect("the check accepts it").certificate.makespan(), 15);
}

#[test]
fn the_first_of_a_batch_waits_for_one_that_comes_soon() {
    let mut parts = singles(1, &[(0, 10), (0, 10)]);
    parts.machines[0].batch = Some(2);
    parts.jobs[1].release = 3;
    assert_eq!(planned(parts).2, 13);
}

#[test]
fn what_may_be_left_out_is_where_that_is_cheaper() {
    let of = |penalty| {
        let mut parts = singles(1, &[(0, 4), (0, 7)]);
        parts.operations[1].optional = Some(penalty);
        planned(parts)
    };
    assert_eq!(of(9).2, 11);
    let (model, plan, objective) = of(2);
    assert_eq!((objective, plan.operations[1].mode), (6, 1));
    assert_eq!(refused(&model, &plan, |p| p.operations[0].mode = 1), "mode_exists");
}

#[test]
fn work_moves_to_where_power_is_cheap() {
    let mut parts = singles(1, &[(0, 4)]);
    parts.resources = vec![Resource { capacity: 10, prices: vec![(0, 5), (6, 1), (9, 3), (20, 2)], ..Resource::default() }];
    parts.uses = uses(0, 0..1, 2);
    parts.makespan = 0;
    let (_, plan, cost) = planned(parts.clone());
    // from 6 to 9 at 1, one tick at 3
    assert_eq!((plan.operations[0].start, cost), (6, 2 * (3 + 3)));
    parts.makespan = 100;
    assert_eq!(planned(parts).2, 2 * 4 * 5 + 400);
}

#[test]
fn an_earlier_level_comes_before_all_later_ones() {
    // the long job is late by 1 wherever it goes first, the short ones by more if they wait
    let mut parts = singles(1, &[(0, 9), (0, 2), (0, 3)]);
    for (job, due) in parts.jobs.iter_mut().zip([9, 9, 9]) {
        (job.due, job.tardiness, job.flow) = (Some(due), 1, 0);
    }
    parts.families = vec![0, 1, 1];
    parts.families_count = 2;
    parts.machines[0].set_ups = Some(SetUps { between: vec![0, 1, 7, 0], initial: vec![0, 0] });
    (parts.makespan, parts.set_up) = (1, 1);
    let of = |levels: &[&[Criterion]]| {
        let levels = levels.iter().map(|level| level.to_vec()).collect();
        let (model, plan, first) = planned(Parts { levels, ..parts.clone() });
        let costs = certify(&model, &plan).expect("it is proven").levels().to_vec();
        assert_eq!(costs[0], first);
        costs
    };
    // long, short, short: late 3 + 6, set up 1; short, short, long: late 12, set up 7
    assert_eq!(of(&[&[Criterion::SetUp], &[Criterion::Tardiness], &[Criterion::Makespan]]), [1, 9, 15]);
    assert_eq!(of(&[&[Criterion::Tardiness], &[Criterion::SetUp]]), [9, 1 + 15]);
    // only one is late at all, whatever that costs
    for job in &mut parts.jobs {
        (job.late, job.tardiness) = (100, 0);
    }
    let of = |levels: &[Criterion]| {
        let (model, plan, _) = planned(Parts { levels: levels.iter().map(|c| vec![*c]).collect(), ..parts.clone() });
        certify(&model, &plan).expect("it is proven").levels().to_vec()
    };
    assert_eq!(of(&[Criterion::Tardiness, Criterion::SetUp, Criterion::Makespan]), [100, 7, 21]);
    assert_eq!(of(&[Criterion::SetUp, Criterion::Tardiness, Criterion::Makespan]), [1, 200, 15]);
}

#[test]
fn deadlines_come_before_costs() {
    let mut parts = singles(1, &[(0, 3), (0, 9)]);
    for job in &mut parts.jobs {
        (job.due, job.tardiness) = (Some(0), 1);
    }
    parts.makespan = 0;
    assert_eq!(planned(parts.clone()).2, 3 + 12);
    parts.jobs[1].deadline = Some(10);
    let (model, plan, cost) = planned(parts);
    assert_eq!(cost, 9 + 12);
    assert_eq!(refused(&model, &plan, |p| (p.operations[0].start, p.operations[1].start) = (0, 3)), "deadline_kept");
}

#[test]
fn what_contradicts_itself_is_refused_with_its_place() {
    let error = |change: &dyn Fn(&mut Parts)| {
        let mut parts = singles(1, &[(0, 3), (0, 9)]);
        parts.resources = vec![Resource { capacity: 5, steps: vec![(4, 2)], ..Resource::default() }];
        change(&mut parts);
        Model::new(parts).expect_err("a fault").to_string()
    };
    let wait = Wait { before: 0, then: 1, most: 3 };
    type Fault<'a> = (&'a dyn Fn(&mut Parts), &'a str);
    let stock = |capacity| vec![Resource { capacity, is_stock: true, ..Resource::default() }];
    let twice = [uses(0, 0..1, 1), uses(0, 0..1, 1)].concat();
    let five = Criterion::ALL[..5].iter().map(|c| vec![*c]).collect::<Vec<_>>();
    let cases: [Fault<'_>; 12] = [
        (
            &|p| (p.operations[0].is_blocking, p.machines[0].batch) = (true, Some(2)),
            "blocking of operation 0: found machine 0, which works on batches, allowed machines that work on one operation at a time",
        ),
        (
            &|p| (p.operations[0].is_blocking, p.operations[1].optional, p.precedences) = (true, Some(1), vec![(0, 1)]),
            "blocking of operation 0: found operation 1 after it, which may be left out, allowed only what is done in any case",
        ),
        (&|p| p.levels.clone_from(&five), "number of levels of the objective: found 5, allowed 0 to 4"),
        (&|p| p.levels = vec![Vec::new()], "level 0 of the objective: found no criterion, allowed at least one"),
        (
            &|p| p.levels = vec![vec![Criterion::Flow], vec![Criterion::Flow]],
            "levels of the objective: found `flow` twice, allowed each criterion once",
        ),
        (&|p| p.uses.clone_from(&twice), "uses of operation 0 in mode 0: found resource 0 twice, allowed each once"),
        (&|p| (p.resources, p.uses) = (stock(5), uses(0, 0..2, 3)), "all that may be used of stock 0: found 6, allowed 0 to 5"),
        (&|p| p.waits.push(wait), "wait between operations 0 and 1: found no precedence, allowed a precedence between them"),
        (&|p| p.uses = uses(0, 0..1, 3), "amount of resource 0 for operation 0: found 3, allowed 1 to 2"),
        (&|p| p.resources[0].steps.push((4, 1)), "capacity step of resource 0 from: found 4, allowed 5 to 1073741824"),
        (&|p| (p.machines[0].batch, p.sizes) = (Some(2), vec![1, 3]), "size of operation 1: found 3, allowed 1 to 2"),
        (&|p| p.sizes = vec![1], "number of sizes of operations: found 1, allowed 2 to 2"),
    ];
    for (change, wanted) in cases {
        assert_eq!(error(change), wanted);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn limits_of_waits_in_chains_are_kept_from_the_first_plan_on(seed in any::<u64>(), has in features()) {
        // a set-up between two of one job may be longer than their wait
        let model = model(seed, Features { waits: true, windows: false, graph: false, set_ups: false, ..unbound(has) });
        let search = Search::new(&model, seed);
        prop_assert_eq!(search.broken(), 0);
        prop_assert!(search.best().is_ok());
    }

    #[test]
    fn trying_everything_finds_nothing_better(seed in any::<u64>(), has in features()) {
        let regular = Features { early: false, prices: false, published: false, graph: false, ..unbound(has) };
        let model = model(seed, Features { resources: true, ..regular });
        prop_assume!(model.operations.len() <= 3);
        let mut search = Search::new(&model, 1);
        search.step(4000);
        let found = search.best().ok().map(|b| b.certificate.levels().to_vec());
        prop_assert_eq!(found, tried(&model));
    }
}

/// The least objective over all modes and starts.
fn tried(model: &Model) -> Option<Vec<i64>> {
    fn extend(model: &Model, plan: &mut Plan, until: i64, least: &mut Option<Vec<i64>>) {
        let number = plan.operations.len();
        if number == model.operations.len() {
            let objectives = certify(model, plan).ok().map(|c| c.levels().to_vec());
            *least = [least.take(), objectives].into_iter().flatten().min();
            return;
        }
        let operation = &model.operations[number];
        for mode in 0..operation.modes.len() as u32 + u32::from(operation.optional.is_some()) {
            for start in 0..until {
                plan.operations.push(Assigned { mode, start });
                extend(model, plan, until, least);
                plan.operations.pop();
            }
        }
    }
    let mut least = None;
    extend(model, &mut Plan::default(), model.horizon().min(55), &mut least);
    least
}
