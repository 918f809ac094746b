//! Lower bounds: what no plan costs less than.
//!
//! Enters: a model. Leaves: a bound of its objective. Absent: plans.
//!
//! Each machine alone, with heads and tails from the precedences, preemption allowed: Jackson's preemptive schedule (Carlier, EJOR 11,
//! 1982). For operations with a choice: the shortest ways, and the work of all shared by all machines that could do it. Each job's
//! tardiness at its shortest way. Set-ups, calendars, resources and limits of waits only lengthen plans, so leaving
//! them out keeps the bound a bound; operations that may be left out take no time, and machines of batches no part.

use super::model::{HORIZON_MAX, LEVELS_MAX, Link, Model, Operation, Time, lot};
use std::collections::BinaryHeap;

/// What no plan costs less than at each level of the objective, whatever it costs at the others.
pub fn lower(model: &Model) -> [i64; LEVELS_MAX] {
    let mut bounds = [0; LEVELS_MAX];
    match model.levels_count() {
        1 => bounds[0] = of_sum(model),
        count => bounds[..count].iter_mut().enumerate().for_each(|(level, bound)| *bound = of_sum(&model.of_level(level))),
    }
    bounds
}

/// Of a model whose objective is one sum.
fn of_sum(model: &Model) -> i64 {
    let shortest: Vec<Time> = model.operations.iter().map(shortest).collect();
    let (heads, tails) = ways(model, &shortest);
    let mut complete = vec![0; model.jobs.len()];
    for (number, operation) in model.operations.iter().enumerate().filter(|(_, o)| o.optional.is_none()) {
        let job = operation.job as usize;
        complete[job] = complete[job].max(heads[number] + shortest[number]);
    }
    let mut sum = 0;
    let mut tardiest = 0;
    for (number, job) in model.jobs.iter().enumerate() {
        let late = job.due.map_or(0, |due| (complete[number] - due).max(0));
        sum += job.tardiness * late + if late > 0 { job.late } else { 0 };
        tardiest = tardiest.max(late);
    }
    sum += model.tardiest * tardiest;
    if model.makespan == 0 {
        return sum;
    }
    let ways = (0..shortest.len()).map(|o| heads[o] + shortest[o] + tails[o]).max().unwrap_or(0);
    sum + model.makespan * ways.max(machines(model, &shortest, &heads, &tails)).max(loads(model, &heads, &tails))
}

/// The shortest mode; what may be left out takes no time.
fn shortest(operation: &Operation) -> Time {
    if operation.optional.is_some() { 0 } else { operation.shortest() }
}

/// The least time from the start of an operation to the start of one after it.
fn from_start(model: &Model, (operation, then, link): (u32, u32, Link), shortest: &[Time]) -> Time {
    let of = |one: &Operation, other: &Operation| lot::least(one, other, |own, next| link.ready((0, own), next));
    least(model, (operation, then, link), of).unwrap_or(shortest[operation as usize])
}

/// The least time from the end of an operation to the end of one after it.
fn from_end(model: &Model, (operation, then, link): (u32, u32, Link), shortest: &[Time]) -> Time {
    let of = |one: &Operation, other: &Operation| lot::least(one, other, |own, next| link.ready((0, own), next) - own + next);
    least(model, (operation, then, link), of).unwrap_or(shortest[then as usize])
}

/// The least time between two that do not just follow each other; what is interrupted may end as late as it likes, and what may be left out
/// keeps nobody waiting.
fn least(model: &Model, (operation, then, link): (u32, u32, Link), of: impl Fn(&Operation, &Operation) -> Time) -> Option<Time> {
    let (one, other) = (&model.operations[operation as usize], &model.operations[then as usize]);
    let stretches = one.is_resumable || other.is_resumable;
    match link {
        Link::Whole => None,
        // below everything
        Link::Lag(..) if stretches || one.optional.is_some() || other.optional.is_some() => Some(-HORIZON_MAX),
        Link::Lots(_) if one.optional.is_some() || other.optional.is_some() => None,
        _ => Some(of(one, other)),
    }
}

/// Heads and tails by the precedences alone.
fn ways(model: &Model, shortest: &[Time]) -> (Vec<Time>, Vec<Time>) {
    let release = |o: &Operation| o.earliest.max(model.jobs[o.job as usize].release);
    let mut heads: Vec<Time> = model.operations.iter().map(|o| if o.optional.is_some() { 0 } else { release(o) }).collect();
    let mut tails = vec![0; heads.len()];
    let mut after: Vec<Vec<(u32, Link)>> = vec![Vec::new(); heads.len()];
    for (before, then, link) in model.links() {
        after[before as usize].push((then, link));
    }
    for &operation in model.order() {
        for &(then, link) in &after[operation as usize] {
            let least = from_start(model, (operation, then, link), shortest);
            heads[then as usize] = heads[then as usize].max(heads[operation as usize] + least);
        }
    }
    for &operation in model.order().iter().rev() {
        for &(then, link) in &after[operation as usize] {
            let least = from_end(model, (operation, then, link), shortest);
            tails[operation as usize] = tails[operation as usize].max(least + tails[then as usize]);
        }
    }
    (heads, tails)
}

/// The largest bound of a machine over the operations that have no choice of machine.
fn machines(model: &Model, shortest: &[Time], heads: &[Time], tails: &[Time]) -> Time {
    let mut on: Vec<Vec<(Time, Time, Time)>> = vec![Vec::new(); model.machines.len()];
    for (number, operation) in model.operations.iter().enumerate() {
        let machine = operation.modes[0].machine;
        let is_alone = model.machines[machine as usize].batch.is_none() && operation.optional.is_none();
        if is_alone && operation.modes.iter().all(|m| m.machine == machine) {
            let head = heads[number].max(model.machines[machine as usize].available);
            on[machine as usize].push((head, shortest[number], tails[number]));
        }
    }
    on.into_iter().map(jackson).max().unwrap_or(0)
}

/// Jackson's preemptive schedule of (head, duration, tail): at every instant the one of longest tail runs.
fn jackson(mut operations: Vec<(Time, Time, Time)>) -> Time {
    operations.sort_unstable();
    let mut waiting: BinaryHeap<(Time, Time)> = BinaryHeap::new();
    let (mut now, mut next, mut bound) = (0, 0, 0);
    while next < operations.len() || !waiting.is_empty() {
        if waiting.is_empty() {
            now = now.max(operations[next].0);
        }
        while next < operations.len() && operations[next].0 <= now {
            waiting.push((operations[next].2, operations[next].1));
            next += 1;
        }
        let Some((tail, left)) = waiting.pop() else { continue };
        let until = operations.get(next).map_or(now + left, |o| o.0.min(now + left));
        if until < now + left {
            waiting.push((tail, left - (until - now)));
        } else {
            bound = bound.max(until + tail);
        }
        now = until;
    }
    bound
}

/// All work, each operation in the mode of least time, shared by all machines between the least head and the least tail.
fn loads(model: &Model, heads: &[Time], tails: &[Time]) -> Time {
    if model.machines.iter().any(|m| m.batch.is_some()) {
        return 0;
    }
    let work: Time = model.operations.iter().map(shortest).sum();
    let machines = model.machines.len() as Time;
    let (head, tail) = (heads.iter().min().copied().unwrap_or(0), tails.iter().min().copied().unwrap_or(0));
    head + tail + (work + machines - 1) / machines
}
