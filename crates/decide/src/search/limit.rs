//! What a model insists on: deadlines, latest starts, limits of waits, closed machines; and models without some of it.
//!
//! Enters: a model, a plan. Leaves: its [`Limit`]s, the ones a plan breaks and by how much, models with fewer or wider limits. Absent: which of
//! them contradict each other (`conflict`).

use super::model::{Model, Parts, Time};
use super::plan::Plan;

/// One thing that a model insists on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// A job is complete by an instant.
    Deadline(u32, Time),
    /// An operation starts by an instant.
    Latest(u32, Time),
    /// An operation starts so long after another one at most (before, then, most).
    Wait(u32, u32, Time),
    /// An operation stays on its machine until those after it have started.
    Blocking(u32),
    /// A machine is closed from and to.
    Closed(u32, Time, Time),
}

/// Everything that a model insists on and that a proof of a contradiction knows; blocking it does not.
pub fn limits(model: &Model) -> Vec<Limit> {
    let numbered = |count: usize| 0..count as u32;
    let deadlines = numbered(model.jobs.len()).filter_map(|j| Some(Limit::Deadline(j, model.jobs[j as usize].deadline?)));
    let latest = numbered(model.operations.len()).filter_map(|o| Some(Limit::Latest(o, model.operations[o as usize].latest?)));
    let waits = model.waits.iter().map(|w| Limit::Wait(w.before, w.then, w.most));
    let closed = numbered(model.machines.len())
        .flat_map(|m| model.machines[m as usize].closed.iter().map(move |c| Limit::Closed(m, c.0, c.1)));
    deadlines.chain(latest).chain(waits).chain(closed).collect()
}

/// The parts of a model that insists on nothing but these limits of its own.
pub(super) fn only(model: &Model, kept: &[Limit]) -> Parts {
    let mut parts = Parts { waits: Vec::new(), ..model.clone().into_parts() };
    parts.jobs.iter_mut().for_each(|j| j.deadline = None);
    parts.operations.iter_mut().for_each(|o| o.latest = None);
    parts.machines.iter_mut().for_each(|m| m.closed.clear());
    for limit in kept {
        match *limit {
            Limit::Deadline(job, by) => parts.jobs[job as usize].deadline = Some(by),
            Limit::Latest(operation, by) => parts.operations[operation as usize].latest = Some(by),
            Limit::Wait(before, then, most) => parts.waits.push(super::model::Wait { before, then, most }),
            // stays as it is: no contradiction needs it
            Limit::Blocking(_) => {}
            Limit::Closed(machine, from, to) => parts.machines[machine as usize].closed.push((from, to)),
        }
    }
    parts
}

/// The limits that a plan breaks, each with the ticks by which it does. Closed machines no plan of a search breaks.
pub(super) fn broken(model: &Model, plan: &Plan) -> Vec<(Limit, Time)> {
    let mode = |o: u32| model.operations[o as usize].modes.get(plan.operations[o as usize].mode as usize);
    let start = |o: u32| plan.operations[o as usize].start;
    let end = |o: u32| mode(o).map(|m| start(o) + m.duration);
    let mut complete = vec![None; model.jobs.len()];
    for (number, operation) in (0..).zip(&model.operations) {
        let own = &mut complete[operation.job as usize];
        *own = (*own).max(end(number));
    }
    let ticks = |limit: &Limit| match *limit {
        Limit::Deadline(job, by) => complete[job as usize].map_or(0, |c: Time| c - by),
        Limit::Latest(operation, by) => mode(operation).map_or(0, |_| start(operation) - by),
        Limit::Wait(before, then, most) => end(before).filter(|_| mode(then).is_some()).map_or(0, |e| start(then) - e - most),
        Limit::Blocking(_) | Limit::Closed(..) => 0,
    };
    let told = limits(model).into_iter().map(|limit| (limit, ticks(&limit)));
    told.chain(overlaps(model, plan)).filter(|(_, ticks)| *ticks > 0).collect()
}

/// By how much the next on a machine starts before one that blocks it has left.
fn overlaps(model: &Model, plan: &Plan) -> Vec<(Limit, Time)> {
    let mut on: Vec<Vec<(Time, Time, u32)>> = vec![Vec::new(); model.machines.len()];
    for ((operation, of), assigned) in (0..).zip(&model.operations).zip(&plan.operations) {
        if let Some(mode) = of.modes.get(assigned.mode as usize) {
            on[mode.machine as usize].push((assigned.start, assigned.start + mode.duration, operation));
        }
    }
    let mut after: Vec<Vec<u32>> = vec![Vec::new(); model.operations.len()];
    for &(before, then) in &model.precedences {
        after[before as usize].push(then);
    }
    let mut overlaps = Vec::new();
    for (machine, list) in (0..).zip(&mut on) {
        list.sort_unstable();
        for pair in list.windows(2) {
            let (operation, next, start) = (pair[0].2, pair[1].2, pair[1].0);
            let others = after[operation as usize].iter().filter(|a| **a != next);
            let left = others.map(|a| plan.operations[*a as usize].start).max();
            if let Some(left) = left.filter(|_| model.operations[operation as usize].is_blocking) {
                let free = left + model.set_up(machine, Some(operation), next);
                overlaps.push((Limit::Blocking(operation), free - start));
            }
        }
    }
    overlaps
}

/// The parts of a model with limits so much wider.
pub(super) fn widened(model: &Model, by: &[(Limit, Time)]) -> Parts {
    let mut parts = model.clone().into_parts();
    for &(limit, ticks) in by {
        match limit {
            Limit::Deadline(job, by) => parts.jobs[job as usize].deadline = Some(by + ticks),
            Limit::Latest(operation, by) => parts.operations[operation as usize].latest = Some(by + ticks),
            Limit::Wait(before, then, most) => {
                let same = parts.waits.iter_mut().filter(|w| (w.before, w.then, w.most) == (before, then, most));
                same.for_each(|w| w.most += ticks);
            }
            Limit::Blocking(operation) => parts.operations[operation as usize].is_blocking = false,
            Limit::Closed(..) => {}
        }
    }
    parts
}
