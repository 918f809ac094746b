//! Where new operations fit into a plan without moving what is there.
//!
//! Enters: a model, a plan of all but some operations, from when on those may start. Leaves: a plan of all. Absent: moving what is there,
//! resources (the search repairs what they do not let go).
//!
//! One operation after another in the order of the precedences, each in the first gap of any of its modes that ends it soonest (earliest
//! completion insertion; Pinedo, Scheduling, 2016, on available-to-promise), or in a batch that has room for it.

use super::model::{Link, Mode, Model, Time};
use super::plan::{Assigned, Plan};
use super::replan::open;

/// Puts the operations behind those of a plan into its gaps, from an instant on [ticks].
pub(crate) fn into_gaps(model: &Model, plan: &Plan, from: Time, closed: &[Vec<(Time, Time)>]) -> Plan {
    let known = plan.operations.len();
    let mut whole = plan.clone();
    whole.operations.resize(model.operations.len(), Assigned { mode: 0, start: from });
    let mut on: Vec<Vec<u32>> = vec![Vec::new(); model.machines.len()];
    let mode = |whole: &Plan, o: u32| model.operations[o as usize].modes.get(whole.operations[o as usize].mode as usize).copied();
    let end = |whole: &Plan, o: u32| {
        let start = whole.operations[o as usize].start;
        mode(whole, o).map_or(start, |m| model.end(o, &m, start))
    };
    for operation in 0..known as u32 {
        if let Some(mode) = mode(&whole, operation) {
            on[mode.machine as usize].push(operation);
        }
    }
    on.iter_mut().for_each(|list| list.sort_by_key(|o| (whole.operations[*o as usize].start, end(&whole, *o))));
    for &operation in model.order().iter().filter(|o| **o as usize >= known) {
        let of = &model.operations[operation as usize];
        let before: Vec<((Time, Time), Link)> = model
            .links()
            .filter(|l| l.1 == operation && !(l.2.is_lag() && mode(&whole, l.0).is_none()))
            .map(|l| ((whole.operations[l.0 as usize].start, end(&whole, l.0)), l.2))
            .collect();
        let released = from.max(of.earliest).max(model.jobs[of.job as usize].release);
        // (end, start, mode, place on the machine)
        let mut best: Option<(Time, Time, u32, usize)> = None;
        for (number, mode) in (0..).zip(&of.modes) {
            let passed = before.iter().map(|(times, link)| link.ready(*times, mode.duration)).max().unwrap_or(0);
            let ready = released.max(passed);
            let list = &on[mode.machine as usize];
            for place in 0..=list.len() {
                let last = place.checked_sub(1).map(|p| list[p]);
                let free = last.map_or(model.machines[mode.machine as usize].available, |l| end(&whole, l));
                let earliest = ready.max(free + model.set_up(mode.machine, last, operation));
                let start = open(&closed[mode.machine as usize], earliest, of.unbroken(mode.duration));
                let complete = model.end(operation, mode, start);
                let next = list.get(place).copied();
                let fits = next.is_none_or(|n| {
                    let set_up = model.set_up(mode.machine, Some(operation), n);
                    complete + set_up <= whole.operations[n as usize].start && whole.operations[n as usize].start >= from
                });
                if fits {
                    let found = (complete, start, number, place);
                    best = Some(best.map_or(found, |b| b.min(found)));
                    break;
                }
            }
            if let Some((start, place)) = batch_with_room(model, &whole, (operation, *mode), &on[mode.machine as usize], ready) {
                let found = (start + mode.duration, start, number, place);
                best = Some(best.map_or(found, |b| b.min(found)));
            }
        }
        if let Some((_, start, mode, place)) = best {
            whole.operations[operation as usize] = Assigned { mode, start };
            on[of.modes[mode as usize].machine as usize].insert(place, operation);
        }
    }
    whole
}

/// The first batch on a machine that an operation can join from an instant on: its start, and the place behind it.
fn batch_with_room(
    model: &Model,
    plan: &Plan,
    (operation, mode): (u32, Mode),
    list: &[u32],
    ready: Time,
) -> Option<(Time, usize)> {
    let capacity = model.machines[mode.machine as usize].batch?;
    let start = |o: &u32| plan.operations[*o as usize].start;
    let duration = |o: u32| model.operations[o as usize].modes.get(plan.operations[o as usize].mode as usize).map(|m| m.duration);
    let family = |o: u32| model.families.get(o as usize);
    let mut place = 0;
    for batch in list.chunk_by(|a, b| start(a) == start(b)) {
        place += batch.len();
        let is_alike = batch.iter().all(|o| family(*o) == family(operation) && duration(*o) == Some(mode.duration));
        let size: i64 = batch.iter().map(|o| model.size(*o)).sum();
        if is_alike && start(&batch[0]) >= ready && size + model.size(operation) <= capacity {
            return Some((start(&batch[0]), place));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::model::{Job, Machine, Operation, Parts};

    /// An oven of two places, with one operation planned at 10 and a full batch at 30; each takes 5.
    fn oven(families: Vec<u32>) -> (Model, Plan) {
        let operation = |job| Operation { job, modes: vec![Mode { machine: 0, duration: 5 }], ..Operation::default() };
        let parts = Parts {
            machines: vec![Machine { batch: Some(2), ..Machine::default() }],
            jobs: vec![Job::default(); 4],
            operations: (0..4).map(operation).collect(),
            families,
            families_count: 2,
            makespan: 1,
            ..Parts::default()
        };
        let starts = [10, 30, 30];
        let plan = Plan { operations: starts.map(|start| Assigned { mode: 0, start }).to_vec() };
        (Model::new(parts).expect("a model"), plan)
    }

    #[test]
    fn a_new_operation_joins_a_batch_that_has_room_where_that_ends_it_sooner() {
        let start = |families: [u32; 4], from: Time| {
            let (model, plan) = oven(families.to_vec());
            let whole = into_gaps(&model, &plan, from, &[Vec::new()]);
            assert_eq!(whole.operations[..3], plan.operations[..], "nothing is moved");
            whole.operations[3].start
        };
        assert_eq!(start([0; 4], 0), 0, "a gap is sooner");
        assert_eq!(start([0; 4], 7), 10, "with the first");
        assert_eq!(start([0, 0, 0, 1], 7), 15, "another family does not lie with it");
        assert_eq!(start([0; 4], 12), 15, "it has begun");
        assert_eq!(start([0; 4], 27), 35, "the second is full");
    }
}
