//! What a model insists on: deadlines, latest starts, limits of waits, choices, sequences, closed machines; and models without some of it.
//!
//! Enters: a model, a plan. Leaves: its [`Limit`]s, the ones a plan breaks and by how much, models with fewer or wider limits. Absent: which of
//! them contradict each other (`conflict`).

use super::model::{Choice, HORIZON_MAX, Link, Model, Parts, Point, Time};
use super::plan::Plan;
use super::replan::open;
use std::collections::HashMap;

/// One thing that a model insists on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// A job is complete by an instant.
    Deadline(u32, Time),
    /// An operation starts by an instant.
    Latest(u32, Time),
    /// An operation starts, or what its precedence is to, so long after another one at most (before, then, most).
    Wait(u32, u32, Time),
    /// The instants of a precedence are so long after each other at least (before, then, least).
    Lag(u32, u32, Time),
    /// One of the alternatives of a choice is carried out.
    Choice(u32),
    /// Jobs pass the machines of a permutation in one sequence.
    Sequence(u32),
    /// A machine does not stand between its first operation and its last.
    Idle(u32),
    /// An operation stays on its machine until those after it have started.
    Blocking(u32),
    /// A machine is closed from and to.
    Closed(u32, Time, Time),
}

/// Everything that a model insists on and that a proof of a contradiction knows; blocking, lags, choices, sequences and idle time it does not.
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
            Limit::Blocking(_) | Limit::Lag(..) | Limit::Choice(_) | Limit::Sequence(_) | Limit::Idle(_) => {}
            Limit::Closed(machine, from, to) => parts.machines[machine as usize].closed.push((from, to)),
        }
    }
    parts
}

/// The limits that a plan breaks, each with the ticks by which it does (choices: 1; sequences: operations out of it). Closed machines no plan of a
/// search breaks.
pub(super) fn broken(model: &Model, plan: &Plan) -> Vec<(Limit, Time)> {
    let mode = |o: u32| model.operations[o as usize].modes.get(plan.operations[o as usize].mode as usize);
    let start = |o: u32| plan.operations[o as usize].start;
    let end = |o: u32| mode(o).map(|m| model.end(o, m, start(o)));
    let mut complete = vec![None; model.jobs.len()];
    for (number, operation) in (0..).zip(&model.operations) {
        let own = &mut complete[operation.job as usize];
        *own = (*own).max(end(number));
    }
    let points: HashMap<(u32, u32), (Point, Point)> = if model.waits.is_empty() {
        HashMap::new()
    } else {
        model.links().chain(model.loose()).map(|(b, t, link)| ((b, t), link.points())).collect()
    };
    let wait = |before: u32, then: u32, most: Time| {
        let (Some(first), Some(last), Some((from, to))) = (end(before), end(then), points.get(&(before, then))) else { return 0 };
        to.of(start(then), last) - from.of(start(before), first) - most
    };
    let ticks = |limit: &Limit| match *limit {
        Limit::Deadline(job, by) => complete[job as usize].map_or(0, |c: Time| c - by),
        Limit::Latest(operation, by) => mode(operation).map_or(0, |_| start(operation) - by),
        Limit::Wait(before, then, most) => wait(before, then, most),
        Limit::Blocking(_) | Limit::Lag(..) | Limit::Choice(_) | Limit::Sequence(_) | Limit::Idle(_) | Limit::Closed(..) => 0,
    };
    let told = limits(model).into_iter().map(|limit| (limit, ticks(&limit)));
    let on = by_machine(model, plan);
    let bound = together(model, plan, &on);
    let short = model.loose().filter_map(|(before, then, link)| {
        let Link::Lag(_, _, told) = link else { return None };
        let short = link.ready((start(before), end(before)?), end(then)? - start(then)) - start(then);
        Some((Limit::Lag(before, then, told), short))
    });
    told.chain(short).chain(overlaps(model, plan, &on)).chain(bound).filter(|(_, ticks)| *ticks > 0).collect()
}

/// Start, end and number of the operations of each machine, by start.
fn by_machine(model: &Model, plan: &Plan) -> Vec<Vec<(Time, Time, u32)>> {
    let mut on: Vec<Vec<(Time, Time, u32)>> = vec![Vec::new(); model.machines.len()];
    for ((operation, of), assigned) in (0..).zip(&model.operations).zip(&plan.operations) {
        if let Some(mode) = of.modes.get(assigned.mode as usize) {
            on[mode.machine as usize].push((assigned.start, model.end(operation, mode, assigned.start), operation));
        }
    }
    on.iter_mut().for_each(|list| list.sort_unstable());
    on
}

/// Choices that are not carried out, jobs out of sequence, machines that stand.
fn together(model: &Model, plan: &Plan, on: &[Vec<(Time, Time, u32)>]) -> Vec<(Limit, Time)> {
    let is_in = |(operation, modes): &(u32, Vec<u32>)| modes.contains(&plan.operations[*operation as usize].mode);
    let is_kept = |c: &Choice| c.alternatives.iter().any(|a| a.iter().all(is_in));
    let mut found: Vec<(Limit, Time)> =
        (0..).zip(&model.choices).filter(|(_, c)| !is_kept(c)).map(|(number, _)| (Limit::Choice(number), 1)).collect();
    for (number, machines) in (0..).zip(&model.permutations) {
        let mut out = 0;
        let pairs = machines.iter().enumerate().flat_map(|(at, one)| machines[at + 1..].iter().map(move |other| [*one, *other]));
        for pair in pairs {
            let jobs = |m: u32| on[m as usize].iter().map(|o| model.operations[o.2 as usize].job);
            let place: HashMap<u32, usize> = jobs(pair[0]).zip(0..).collect();
            let places: Vec<usize> = jobs(pair[1]).filter_map(|job| place.get(&job).copied()).collect();
            out += places.windows(2).filter(|p| p[0] > p[1]).count() as Time;
        }
        found.push((Limit::Sequence(number), out));
    }
    for (number, machine) in (0..).zip(&model.machines).filter(|(_, m)| m.is_without_idle) {
        let stands = |pair: &[(Time, Time, u32)]| {
            let of = &model.operations[pair[1].2 as usize];
            let length = of.modes.get(plan.operations[pair[1].2 as usize].mode as usize).map_or(0, |m| m.duration);
            let free = pair[0].1 + model.set_up(number, Some(pair[0].2), pair[1].2);
            (pair[1].0 - open(&machine.closed, free, of.unbroken(length))).max(0)
        };
        found.push((Limit::Idle(number), on[number as usize].windows(2).map(stands).sum()));
    }
    found
}

/// By how much the next on a machine starts before one that blocks it has left.
fn overlaps(model: &Model, plan: &Plan, on: &[Vec<(Time, Time, u32)>]) -> Vec<(Limit, Time)> {
    let mut after: Vec<Vec<u32>> = vec![Vec::new(); model.operations.len()];
    for &(before, then) in &model.precedences {
        after[before as usize].push(then);
    }
    let mut overlaps = Vec::new();
    for (machine, list) in (0..).zip(on) {
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
    let mut freed: Vec<usize> = Vec::new();
    for &(limit, ticks) in by {
        match limit {
            Limit::Deadline(job, by) => parts.jobs[job as usize].deadline = Some(by + ticks),
            Limit::Latest(operation, by) => parts.operations[operation as usize].latest = Some(by + ticks),
            Limit::Wait(before, then, most) => {
                let same = parts.waits.iter_mut().filter(|w| (w.before, w.then, w.most) == (before, then, most));
                same.for_each(|w| w.most = (w.most + ticks).min(HORIZON_MAX));
            }
            Limit::Blocking(operation) => parts.operations[operation as usize].is_blocking = false,
            Limit::Lag(before, then, _) => {
                let same = parts.lags.iter_mut().filter(|l| (l.before, l.then) == (before, then));
                same.for_each(|l| l.least = (l.least - ticks).max(-HORIZON_MAX));
            }
            // an alternative that names nothing is carried out
            Limit::Choice(number) => parts.choices[number as usize].alternatives.push(Vec::new()),
            Limit::Sequence(number) => freed.push(number as usize),
            Limit::Idle(machine) => parts.machines[machine as usize].is_without_idle = false,
            Limit::Closed(..) => {}
        }
    }
    freed.sort_unstable();
    freed.into_iter().rev().for_each(|number| drop(parts.permutations.remove(number)));
    parts
}
