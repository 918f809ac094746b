//! What binds operations to each other: kinds of precedences, interruptions, machines without idle time, permutations, choices, set-ups of
//! resources. Cases whose answer is known, faults that the check refuses, and small shops against trying everything.

use super::beyond::{planned, refused, singles, uses};
use super::random::Features;
use crate::check::plan::certify;
use crate::search::Search;
use crate::search::limit::Limit;
use crate::search::model::{Choice, Idle, Job, Lag, Machine, Mode, Model, Operation, Parts, Point, Resource, SetUps, Wait};
use crate::search::plan::{Assigned, Plan};
use measure::Chance;
use proptest::prelude::*;

/// Adds what random models have of it.
pub(super) fn bind(parts: &mut Parts, has: Features, chance: &mut Chance) {
    if has.resumable {
        let is_in_batch = |o: &Operation| o.modes.iter().any(|m| parts.machines[m.machine as usize].batch.is_some());
        let lots: Vec<bool> = parts.operations.iter().map(|o| o.lot.is_some()).collect();
        let comes_in_lots = |o: usize| parts.precedences.iter().any(|p| p.1 as usize == o && lots[p.0 as usize]);
        let may: Vec<bool> =
            (0..lots.len()).map(|o| !lots[o] && !comes_in_lots(o) && !is_in_batch(&parts.operations[o])).collect();
        parts.operations.iter_mut().zip(may).for_each(|(o, may)| o.is_resumable = may && chance.below(2) == 0);
    }
    if has.lags {
        let point = |chance: &mut Chance| if chance.below(2) == 0 { Point::Start } else { Point::End };
        for &(before, then) in &parts.precedences {
            let first = &parts.operations[before as usize];
            if first.lot.is_none() && !first.is_blocking && chance.below(2) == 0 {
                let (from, to, least) = (point(chance), point(chance), chance.below(12) as i64 - 5);
                parts.lags.push(Lag { before, then, from, to, least });
            }
        }
        for wait in &mut parts.waits {
            let lag = parts.lags.iter().find(|l| (l.before, l.then) == (wait.before, wait.then));
            wait.most += lag.map_or(0, |l| l.least);
        }
    }
    if has.tools && parts.families_count > 0 {
        let resource = parts.resources.len() as u32;
        let set_ups = SetUps {
            between: (0..9).map(|_| chance.below(5) as i64).collect(),
            initial: (0..3).map(|_| chance.below(5) as i64).collect(),
        };
        parts.resources.push(Resource { capacity: 1, set_ups: Some(set_ups), ..Resource::default() });
        for operation in 0..parts.operations.len() as u32 {
            parts
                .uses
                .extend((chance.below(3) == 0).then_some(uses(resource, operation..operation + 1, 1)).into_iter().flatten());
        }
    }
    if has.choices {
        choose(parts, chance);
    }
    if has.permuted {
        let mut alone: Vec<u32> = (0..parts.machines.len() as u32).filter(|m| is_passed_once(parts, *m)).collect();
        alone.retain(|m| parts.machines[*m as usize].batch.is_none());
        parts.permutations.extend((alone.len() > 1).then_some(alone));
    }
    if has.no_idle && has.prices {
        let off = |chance: &mut Chance| (chance.below(2) == 0).then(|| (chance.below(6) as i64, chance.below(30) as i64));
        for machine in &mut parts.machines {
            let idle = Idle { resource: 0, amount: chance.below(3) as i64, off: off(chance) };
            machine.idle = (chance.below(2) == 0).then_some(idle);
        }
    }
    if has.no_idle {
        let blocked = |m: u32| parts.operations.iter().any(|o| o.is_blocking && o.modes.iter().any(|w| w.machine == m));
        let blocked: Vec<bool> = (0..parts.machines.len() as u32).map(blocked).collect();
        for (machine, is_blocked) in parts.machines.iter_mut().zip(blocked) {
            machine.is_without_idle = machine.batch.is_none() && !is_blocked && chance.below(2) == 0;
        }
    }
}

/// Whether no job has two operations that may be on a machine.
fn is_passed_once(parts: &Parts, machine: u32) -> bool {
    let mut seen = std::collections::HashSet::new();
    let on = parts.operations.iter().filter(|o| o.modes.iter().any(|m| m.machine == machine));
    on.into_iter().all(|o| seen.insert(o.job))
}

/// Two choices among some operations, which can be made together: an alternative of each names the modes of one assignment.
fn choose(parts: &mut Parts, chance: &mut Chance) {
    let counts: Vec<u64> = parts.operations.iter().map(|o| o.modes.len() as u64 + u64::from(o.optional.is_some())).collect();
    let common: Vec<u32> = counts.iter().map(|count| chance.below(*count) as u32).collect();
    for _ in 0..2 {
        let mut alternatives = Vec::new();
        let kept = chance.below(3);
        for place in 0..3 {
            let mut alternative = Vec::new();
            for (operation, &count) in (0..).zip(&counts) {
                let own = if place == kept { common[operation as usize] } else { chance.below(count) as u32 };
                alternative.extend((chance.below(3) == 0).then(|| (operation, vec![own])));
            }
            alternatives.push(alternative);
        }
        parts.choices.push(Choice { alternatives });
    }
}

/// Two operations on machines of their own, of 4 and 6 ticks, with a precedence.
fn two(from: Point, to: Point, least: i64) -> Parts {
    Parts { precedences: vec![(0, 1)], lags: vec![Lag { before: 0, then: 1, from, to, least }], ..singles(2, &[(0, 4), (1, 6)]) }
}

#[test]
fn precedences_are_between_starts_and_ends_with_lags() {
    use Point::{End, Start};
    for (from, to, least, makespan) in [
        (Start, Start, 3, 9),
        (Start, Start, 0, 6),
        (End, Start, 2, 12),
        (End, Start, -3, 7),
        (End, End, 5, 9),
        (End, End, -9, 6),
        (Start, End, 8, 8),
    ] {
        let (model, plan, found) = planned(two(from, to, least));
        assert_eq!(found, makespan, "{from} to {to}, {least}");
        if makespan > 6 {
            assert_eq!(refused(&model, &plan, |p| p.operations[1].start -= 1), "lag_kept");
        }
    }
}

#[test]
fn two_start_together_where_neither_may_wait() {
    let wait = Wait { before: 0, then: 1, most: 0 };
    // the second is released at 5: the first waits for it
    let mut parts = Parts { waits: vec![wait], ..two(Point::Start, Point::Start, 0) };
    parts.jobs[1].release = 5;
    let (model, plan, makespan) = planned(parts);
    assert_eq!((makespan, plan.operations[0].start, plan.operations[1].start), (11, 5, 5));
    assert_eq!(refused(&model, &plan, |p| p.operations[0].start = 4), "wait_kept");
}

#[test]
fn distances_may_go_round_in_a_circle() {
    let lag = |before, then, least| Lag { before, then, from: Point::Start, to: Point::Start, least };
    // the second starts 2 after the first at least and 3 at most, told as a distance the other way round; its machine is closed until 9
    let shop = |most: i64| {
        let mut parts = singles(2, &[(0, 4), (1, 6)]);
        parts.precedences = vec![(0, 1), (1, 0)];
        parts.lags = vec![lag(0, 1, 2), lag(1, 0, -most)];
        parts.machines[1].closed = vec![(0, 9)];
        parts
    };
    let (model, plan, makespan) = planned(shop(3));
    assert_eq!((makespan, plan.operations[0].start, plan.operations[1].start), (15, 6, 9));
    assert_eq!(refused(&model, &plan, |p| p.operations[0].start = 5), "lag_kept");
    // at least 2 and at most 1 cannot be
    let model = Model::new(shop(1)).expect("the parts are consistent");
    let mut search = Search::new(&model, 1);
    search.step(500);
    let nearest = search.nearest().expect("the nearest is proven");
    assert!(nearest.broken.iter().all(|b| matches!(b.0, Limit::Lag(..))) && !nearest.broken.is_empty(), "{:?}", nearest.broken);
}

#[test]
fn the_second_of_a_distance_may_come_first_on_their_machine() {
    // it ends a tick before the other starts at the earliest, and at that instant at the latest
    let mut parts = singles(1, &[(0, 1), (0, 3)]);
    parts.precedences = vec![(0, 1)];
    parts.lags = vec![Lag { before: 0, then: 1, from: Point::Start, to: Point::End, least: -1 }];
    parts.waits = vec![Wait { before: 0, then: 1, most: 2 }];
    let (_, plan, makespan) = planned(parts);
    assert_eq!((makespan, plan.operations[1].start, plan.operations[0].start), (4, 0, 3));
}

#[test]
fn what_may_be_resumed_goes_on_after_the_break() {
    let shop = |is_resumable| {
        let mut parts = singles(1, &[(0, 6)]);
        parts.machines[0].closed = vec![(4, 10)];
        parts.operations[0].is_resumable = is_resumable;
        // energy costs 1 by day and is dear in the break, when nothing works; its one unit is away then
        let steps = vec![(4, 0), (10, 1)];
        parts.resources = vec![Resource { capacity: 1, steps, prices: vec![(0, 1), (4, 1000), (10, 1)], ..Resource::default() }];
        parts.uses = uses(0, 0..1, 1);
        parts
    };
    let (model, plan, cost) = planned(shop(true));
    assert_eq!(cost, 12 + 6, "complete at 12, six ticks of energy");
    assert_eq!(certify(&model, &plan).expect("feasible").makespan(), 12);
    assert_eq!(refused(&model, &plan, |p| p.operations[0].start = 5), "machine_open", "begins in the break");
    assert_eq!(planned(shop(false)).2, 16 + 6);
}

#[test]
fn a_machine_is_switched_off_where_that_is_cheaper() {
    // one at 0 and one from 20 on; standing costs 2 a tick by day and 1 at night, from 10 on
    let shop = |off| {
        let mut parts = singles(1, &[(0, 4), (0, 4)]);
        parts.operations[0].latest = Some(0);
        parts.jobs[1].release = 20;
        parts.resources = vec![Resource { capacity: 9, prices: vec![(0, 2), (10, 1)], ..Resource::default() }];
        parts.machines[0].idle = Some(Idle { resource: 0, amount: 3, off });
        parts
    };
    let on = 3 * (6 * 2 + 10);
    assert_eq!(planned(shop(None)).2, 24 + on);
    assert_eq!(planned(shop(Some((16, 50)))).2, 24 + 50);
    assert_eq!(planned(shop(Some((17, 50)))).2, 25 + 50, "a tick later the time is long enough");
    assert_eq!(planned(shop(Some((60, 50)))).2, 24 + on, "it would be for too long");
    let (model, plan, _) = planned(shop(None));
    assert_eq!(certify(&model, &plan).expect("feasible").resources(), on);
    // where it may, the first comes as late as it can
    let mut late = shop(None);
    late.operations[0].latest = None;
    let (_, plan, cost) = planned(late);
    assert_eq!((plan.operations[0].start, cost), (16, 24));
}

#[test]
fn a_machine_without_idle_time_waits_to_begin() {
    // machine 1 has a job at once and one that comes from machine 0 at 8
    let shop = |is_without_idle| {
        let mut parts = singles(2, &[(0, 8), (1, 3)]);
        parts.operations.push(Operation { job: 0, modes: vec![Mode { machine: 1, duration: 2 }], ..Operation::default() });
        parts.precedences = vec![(0, 2)];
        parts.machines[1].is_without_idle = is_without_idle;
        parts.jobs[1].flow = 1;
        parts.jobs[1].due = Some(0);
        parts.jobs[1].tardiness = 1;
        parts
    };
    let (_, plan, cost) = planned(shop(false));
    assert_eq!((plan.operations[1].start, cost), (0, 10 + 3 + 3));
    let (model, plan, cost) = planned(shop(true));
    assert_eq!((plan.operations[1].start, cost), (5, 10 + 8 + 3), "it ends when the other comes");
    assert_eq!(refused(&model, &plan, |p| p.operations[1].start = 4), "no_idle");
}

/// Jobs of operations one after another, each on the machine that is told for its place in the job.
pub(super) fn job_shop(machines: usize, durations: &[Vec<i64>], mut machine: impl FnMut(u32) -> u32) -> Parts {
    let mut parts = Parts { machines: vec![Machine::default(); machines], ..Parts::default() };
    for (job, durations) in (0..).zip(durations) {
        parts.jobs.push(Job::default());
        for (place, &duration) in (0..).zip(durations) {
            let number = parts.operations.len() as u32;
            parts.precedences.extend((place > 0).then(|| (number - 1, number)));
            parts.operations.push(Operation {
                job,
                modes: vec![Mode { machine: machine(place), duration }],
                ..Operation::default()
            });
        }
    }
    parts
}

/// A flow shop of random durations: jobs over machines, all in one sequence.
fn flow_shop(durations: &[Vec<i64>]) -> Parts {
    let machines = durations[0].len();
    let permutations = vec![(0..machines as u32).collect()];
    Parts { makespan: 1, permutations, ..job_shop(machines, durations, |place| place) }
}

/// The makespan of a sequence of jobs; without idle time each machine begins so late that it never stands.
fn makespan(durations: &[Vec<i64>], sequence: &[usize], is_without_idle: bool) -> i64 {
    let mut ready: Vec<i64> = vec![0; sequence.len()];
    let on = |machine: usize| -> Vec<i64> { sequence.iter().map(|job| durations[*job][machine]).collect() };
    for works in (0..durations[0].len()).map(on) {
        let mut free = 0;
        for (ready, work) in ready.iter_mut().zip(&works) {
            free = free.max(*ready) + work;
            *ready = free;
        }
        // the ends so far, then those that leave no gap
        if is_without_idle {
            for (ready, work) in ready.iter_mut().zip(&works).rev() {
                *ready = free;
                free -= work;
            }
        }
    }
    ready.last().copied().unwrap_or(0)
}

/// All sequences of so many jobs.
fn sequences(jobs: &[usize]) -> Vec<Vec<usize>> {
    if jobs.len() < 2 {
        return vec![jobs.to_vec()];
    }
    let mut all = Vec::new();
    for (place, &first) in jobs.iter().enumerate() {
        let rest = [&jobs[..place], &jobs[place + 1..]].concat();
        all.extend(sequences(&rest).into_iter().map(|mut rest| {
            rest.insert(0, first);
            rest
        }));
    }
    all
}

fn durations(jobs: std::ops::Range<usize>, machines: usize) -> impl Strategy<Value = Vec<Vec<i64>>> {
    prop::collection::vec(prop::collection::vec(1_i64..10, machines), jobs)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn permutation_flow_shops_are_solved(durations in durations(2..6, 3), is_without_idle in any::<bool>()) {
        let mut parts = flow_shop(&durations);
        parts.machines.iter_mut().for_each(|m| m.is_without_idle = is_without_idle);
        let all = sequences(&(0..durations.len()).collect::<Vec<_>>());
        let least = all.iter().map(|s| makespan(&durations, s, is_without_idle)).min();
        let (model, plan, found) = planned(parts);
        prop_assert_eq!(Some(found), least);
        let on = |job: usize| 3 * job + 2;
        let (a, b) = (on(0), on(1));
        let swapped = refused(&model, &plan, |p| {
            let late = found + 100;
            let (first, second) = if p.operations[a].start < p.operations[b].start { (a, b) } else { (b, a) };
            p.operations[second].start = late;
            p.operations[first].start = late + 50;
        });
        prop_assert!(["sequence_kept", "no_idle"].contains(&swapped), "{}", swapped);
    }

    #[test]
    fn distributed_flow_shops_are_solved(durations in durations(2..6, 2)) {
        let parts = distributed(&durations);
        let jobs = durations.len();
        let mut least = i64::MAX;
        for factories in 0..1_usize << jobs {
            let of = |factory: usize| (0..jobs).filter(|j| (factories >> j) & 1 == factory).collect::<Vec<_>>();
            // the second factory is slower by one tick an operation
            let slower: Vec<Vec<i64>> = durations.iter().map(|d| d.iter().map(|d| d + 1).collect()).collect();
            let best = |factory: usize, durations: &[Vec<i64>]| {
                sequences(&of(factory)).iter().filter(|s| !s.is_empty()).map(|s| makespan(durations, s, false)).min().unwrap_or(0)
            };
            least = least.min(best(0, &durations).max(best(1, &slower)));
        }
        let model = Model::new(parts).expect("the parts are consistent");
        let mut search = Search::new(&model, 1);
        search.step(30_000);
        let best = search.best().expect("the check accepts every plan");
        let (plan, found) = (best.plan, best.certificate.objective());
        prop_assert_eq!(found, least);
        let moved = refused(&model, &plan, |p| {
            let last = p.operations.len() - 1;
            p.operations[last] = Assigned { mode: 1 - p.operations[last].mode, start: found + 100 };
        });
        prop_assert!(["choice_kept", "sequence_kept"].contains(&moved), "{}", moved);
    }
}

/// A flow shop in two factories of two machines; a job stays in one.
fn distributed(durations: &[Vec<i64>]) -> Parts {
    let mut parts = flow_shop(durations);
    parts.machines = vec![Machine::default(); 4];
    parts.permutations = vec![vec![0, 1], vec![2, 3]];
    for operation in &mut parts.operations {
        let Mode { machine, duration } = operation.modes[0];
        operation.modes.push(Mode { machine: machine + 2, duration: duration + 1 });
    }
    for job in 0..durations.len() as u32 {
        let all = |mode: u32| vec![(2 * job, vec![mode]), (2 * job + 1, vec![mode])];
        parts.choices.push(Choice { alternatives: vec![all(0), all(1)] });
    }
    parts
}

#[test]
fn one_of_two_routings_is_taken_whole() {
    // by turning and milling, or by the machining centre, which is busy with another job until 9
    let mut parts = singles(3, &[(0, 4), (2, 9)]);
    let optional = |machine, duration| Operation {
        job: 0,
        optional: Some(0),
        modes: vec![Mode { machine, duration }],
        ..Operation::default()
    };
    parts.operations[0] = optional(0, 4);
    parts.operations.push(optional(1, 4));
    parts.operations.push(optional(2, 5));
    parts.precedences = vec![(0, 2)];
    let route = |turned: u32, milled: u32| vec![(0, vec![turned]), (2, vec![turned]), (3, vec![milled])];
    parts.choices = vec![Choice { alternatives: vec![route(0, 1), route(1, 0)] }];
    let (model, plan, makespan) = planned(parts.clone());
    assert_eq!(makespan, 9);
    assert_eq!(plan.operations.iter().map(|o| o.mode).collect::<Vec<_>>(), [0, 0, 0, 1]);
    assert_eq!(refused(&model, &plan, |p| p.operations[2].mode = 1), "choice_kept", "half of a routing");
    assert_eq!(refused(&model, &plan, |p| (0..4).filter(|o| *o != 1).for_each(|o| p.operations[o].mode = 1)), "choice_kept");
    // turning takes long now
    parts.operations[0].modes[0].duration = 30;
    let (_, plan, makespan) = planned(parts);
    assert_eq!((makespan, plan.operations[0].mode, plan.operations[3].mode), (14, 1, 0));
}

#[test]
fn choices_that_cannot_all_be_made_are_told() {
    let mut parts = singles(2, &[(0, 4)]);
    parts.operations[0].modes.push(Mode { machine: 1, duration: 4 });
    let only = |mode| Choice { alternatives: vec![vec![(0, vec![mode])]] };
    parts.choices = vec![only(0), only(1)];
    let model = Model::new(parts).expect("the parts are consistent");
    let mut search = Search::new(&model, 1);
    search.step(2000);
    assert_eq!(search.best().expect_err("no plan keeps both").rule, "choice_kept");
    let nearest = search.nearest().expect("the nearest is proven");
    assert!(matches!(nearest.broken[..], [(Limit::Choice(_), 1)]), "{:?}", nearest.broken);
}

#[test]
fn a_tool_is_fitted_for_the_next_family() {
    // two machines share a tool; changing it from one family to the other takes 5, within a family nothing
    let mut parts = singles(2, &[(0, 4), (1, 4), (0, 4), (1, 4)]);
    parts.families = vec![0, 1, 0, 1];
    parts.families_count = 2;
    let set_ups = SetUps { between: vec![0, 5, 5, 0], initial: vec![2, 0] };
    parts.resources = vec![Resource { capacity: 1, set_ups: Some(set_ups), ..Resource::default() }];
    parts.uses = uses(0, 0..4, 1);
    parts.set_up = 1;
    let (model, plan, cost) = planned(parts);
    assert_eq!(cost, 16 + 5 + 5, "family 1 first, one change of 5 in the makespan and as a penalty");
    let certificate = certify(&model, &plan).expect("feasible");
    assert_eq!((certificate.makespan(), certificate.set_up()), (21, 5));
    let first = if plan.operations[0].start < plan.operations[2].start { 0 } else { 2 };
    assert_eq!(refused(&model, &plan, |p| p.operations[first].start -= 1), "resource_set_up");
}

#[test]
fn parts_that_do_not_go_together_are_refused() {
    let refused = |change: &dyn Fn(&mut Parts)| {
        let mut parts = flow_shop(&[vec![2, 3], vec![4, 1]]);
        change(&mut parts);
        Model::new(parts).expect_err("it does not go together").to_string()
    };
    let lag = |before, then| Lag { before, then, from: Point::Start, to: Point::Start, least: 0 };
    for (change, words) in [
        (&|p: &mut Parts| p.lags = vec![lag(0, 2)] as Vec<Lag>, "lag between operations 0 and 2: found no precedence"),
        (&|p: &mut Parts| p.lags = vec![lag(0, 1), lag(0, 1)], "lag between operations 0 and 1: found two lags"),
        (&|p: &mut Parts| p.permutations.push(vec![0]), "permutation 1: found 1 machines"),
        (&|p: &mut Parts| p.permutations.push(vec![0, 1]), "permutation 1: found machine 0 again"),
        (
            &|p: &mut Parts| p.operations[1].modes[0].machine = 0,
            "operation 1 on a machine of a permutation: found the job's second there",
        ),
        (&|p: &mut Parts| p.choices.push(Choice::default()), "alternatives of choice 0: found none"),
        (
            &|p: &mut Parts| p.choices.push(Choice { alternatives: vec![vec![(0, vec![1])]] }),
            "alternative 0 of choice 0, operation 0: found mode 1",
        ),
        (
            &|p: &mut Parts| p.choices.push(Choice { alternatives: vec![vec![(9, vec![0])]] }),
            "alternative 0 of choice 0: found operation 9",
        ),
        (
            &|p: &mut Parts| {
                p.machines[0].is_without_idle = true;
                p.operations[0].is_blocking = true;
            },
            "machine 0 without idle time: found operation 0, which blocks it",
        ),
        (
            &|p: &mut Parts| {
                let set_ups = Some(SetUps { between: Vec::new(), initial: Vec::new() });
                p.resources.push(Resource { capacity: 2, set_ups, ..Resource::default() });
                (p.families, p.families_count) = (vec![0; 4], 1);
            },
            "resource 0 with set-ups: found a capacity of 2",
        ),
    ] as [(&dyn Fn(&mut Parts), &str); 10]
    {
        let told = refused(change);
        assert!(told.starts_with(words), "{told}");
    }
}

#[test]
fn what_a_precedence_means_is_told_once() {
    let told = |precedences: Vec<(u32, u32)>, lags: Vec<Lag>| {
        Model::new(Parts { precedences, lags, ..singles(2, &[(0, 4), (1, 6)]) }).expect_err("told twice").to_string()
    };
    let lag = |before, then| Lag { before, then, from: Point::Start, to: Point::Start, least: 0 };
    let twice = told(vec![(0, 1), (0, 1)], vec![lag(0, 1)]);
    assert_eq!(twice, "lag between operations 0 and 1: found 2 precedences between them, allowed one");
    let own = told(vec![(0, 0)], vec![lag(0, 0)]);
    assert_eq!(own, "lag between operations 0 and 0: found an operation and itself, allowed two operations");
}

#[test]
fn what_rests_ends_after_another_one_however_long_it_rests() {
    // it may end 50 after the other's end or later; begun at once it ends at 101
    let shop = || {
        let mut parts = two(Point::End, Point::End, 50);
        parts.operations[0].modes[0].duration = 10;
        parts.operations[1].modes[0].duration = 2;
        parts.operations[1].is_resumable = true;
        parts.machines[1].closed = vec![(1, 100)];
        parts
    };
    assert_eq!(planned(shop()).2, 101);
    let mut early = shop();
    early.operations[1].latest = Some(0);
    assert_eq!(planned(early).2, 101);
}

#[test]
fn jobs_that_pass_over_a_machine_keep_their_sequence_too() {
    let mut parts = flow_shop(&[vec![5, 1, 5], vec![5, 1, 5]]);
    // neither passes the machine in the middle
    parts.operations[1].modes[0].machine = 3;
    parts.operations[4].modes[0].machine = 3;
    parts.machines.push(Machine::default());
    let (model, plan, _) = planned(parts);
    let (a, b) = if plan.operations[0].start < plan.operations[3].start { (0, 3) } else { (3, 0) };
    let told = refused(&model, &plan, |p| {
        p.operations[a + 2].start = 100;
        p.operations[b + 2].start = 50;
    });
    assert_eq!(told, "sequence_kept");
}

#[test]
fn a_plan_of_these_is_mended_after_a_breakdown() {
    use crate::search::replan::{Change, remainder};
    let mut parts = distributed(&[vec![3, 4], vec![5, 2], vec![4, 4], vec![2, 6], vec![6, 1]]);
    parts.machines[0].is_without_idle = true;
    let (model, plan, _) = planned(parts);
    for now in 1..14 {
        let change = Change { now, frozen_until: now, closed: vec![(1, now, now + 5)], ..Change::default() };
        let Ok(rest) = remainder(&model, &plan, &change) else { continue };
        let mut search = Search::resume(&rest.model, 1, &rest.running);
        search.step(2000);
        let best = search.best().map(|b| b.plan);
        let whole: Plan = rest.whole(&best.unwrap_or_else(|v| panic!("at {now}: {v}")));
        let mut broken = model.clone().into_parts();
        crate::search::replan::close(&mut broken.machines, &change.closed).expect("closed");
        match certify(&Model::new(broken).expect("a model"), &whole) {
            // what was under way when the machine broke down stays as it is
            Ok(_) => {}
            Err(violation) => assert_eq!(violation.rule, "machine_open", "at {now}: {violation}"),
        }
    }
}
