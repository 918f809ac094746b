//! What binds the free to what stays: precedences, waits, choices, sequences, idle time.
//!
//! Enters: a model, its running plan, what of it is free. Leaves: earliest and latest starts of the free, and what has to stay in the model, fixed.
//! Absent: machines and resources.

use super::super::model::{Alternative, Choice, HORIZON_MAX, Link, Model, Operation, Parts, Point, Time, Wait};
use super::super::plan::Plan;
use super::{end, mode_of};
use std::collections::{HashMap, HashSet};

/// On machines that jobs pass in one sequence, what started before an instant of jobs that do not all have there: it tells the sequence.
pub(super) fn sequenced(model: &Model, plan: &Plan, limit: Time, holds: &mut [bool]) {
    for machines in &model.permutations {
        let may_be = |o: usize| model.operations[o].modes.iter().any(|m| machines.contains(&m.machine));
        let there: Vec<usize> = (0..model.operations.len()).filter(|o| may_be(*o)).collect();
        let is_begun = |o: usize| plan.operations[o].start < limit;
        let open: HashSet<u32> = there.iter().filter(|o| !is_begun(**o)).map(|o| model.operations[*o].job).collect();
        for &operation in there.iter().filter(|o| is_begun(**o)) {
            let is_in = mode_of(model, plan, operation).is_some_and(|m| machines.contains(&m.machine));
            holds[operation] |= is_in && open.contains(&model.operations[operation].job);
        }
    }
}

/// What started before an instant and keeps a distance to something free: what that leaves depends on the mode of the free and on its rests.
pub(super) fn apart(model: &Model, plan: &Plan, limit: Time, holds: &mut [bool]) {
    let is_begun = |o: u32| plan.operations[o as usize].start < limit;
    for (one, other) in model.lags.iter().flat_map(|l| [(l.before, l.then), (l.then, l.before)]) {
        holds[one as usize] |= is_begun(one) && !is_begun(other) && mode_of(model, plan, one as usize).is_some();
    }
}

/// What started after what is held, on its machine or with a resource that is set up for one after another, is held too.
pub(super) fn behind(model: &Model, plan: &Plan, limit: Time, holds: &mut [bool]) {
    let start = |o: usize| plan.operations[o].start;
    let mut places: Vec<Vec<usize>> = vec![Vec::new(); model.machines.len() + model.resources.len()];
    for operation in (0..model.operations.len()).filter(|o| start(*o) < limit) {
        if let Some(mode) = mode_of(model, plan, operation) {
            places[mode.machine as usize].push(operation);
        }
    }
    for of in model.uses.iter().filter(|u| model.resources[u.resource as usize].set_ups.is_some()) {
        let assigned = plan.operations[of.operation as usize];
        if assigned.mode == of.mode && assigned.start < limit {
            places[model.machines.len() + of.resource as usize].push(of.operation as usize);
        }
    }
    loop {
        let mut is_more = false;
        for place in &places {
            let first = place.iter().filter(|o| holds[**o]).map(|o| start(*o)).min();
            for &operation in place.iter().filter(|o| first.is_some_and(|first| start(**o) >= first)) {
                is_more |= !std::mem::replace(&mut holds[operation], true);
            }
        }
        if !is_more {
            return;
        }
    }
}

/// On machines whose idle time counts the last operation that started before an instant.
pub(super) fn last_before_idle(model: &Model, plan: &Plan, limit: Time) -> Vec<bool> {
    let mut last: Vec<Option<usize>> = vec![None; model.machines.len()];
    for operation in (0..model.operations.len()).filter(|o| plan.operations[*o].start < limit) {
        let machine = mode_of(model, plan, operation).map(|m| m.machine as usize);
        let counts = |m: &usize| model.machines[*m].is_without_idle || model.machines[*m].idle.is_some();
        if let Some(machine) = machine.filter(counts) {
            let start = |o: usize| (plan.operations[o].start, end(model, plan, o));
            let is_later = last[machine].is_none_or(|l| start(l) <= start(operation));
            last[machine] = if is_later { Some(operation) } else { last[machine] };
        }
    }
    let mut holds = vec![false; model.operations.len()];
    last.into_iter().flatten().for_each(|o| holds[o] = true);
    holds
}

/// What is free starts after what stays before it, also by way of what may be left out.
pub(super) fn wait_for(model: &Model, plan: &Plan, parts: &mut Parts, number: &[u32]) {
    let stays = |o: u32| number[o as usize] == u32::MAX;
    let mut before: Vec<Vec<(u32, Link)>> = vec![Vec::new(); model.operations.len()];
    // what keeps a distance to something free is not gone: `apart`
    for (first, then, link) in model.links().filter(|l| !l.2.is_lag()) {
        before[then as usize].push((first, link));
    }
    // until when each keeps those after it waiting that come by way of it: what is free and done in any case does so by itself
    let mut until: Vec<Time> = vec![0; model.operations.len()];
    for &operation in model.order() {
        let at = operation as usize;
        let of = &model.operations[at];
        let passed = |(b, link): &(u32, Link)| match mode_of(model, plan, *b as usize) {
            // in whichever of its modes it is done then
            Some(_) if stays(*b) && *link != Link::Whole => {
                let times = (plan.operations[*b as usize].start, end(model, plan, *b as usize));
                of.modes.iter().map(|m| link.ready(times, m.duration)).max().unwrap_or(times.1)
            }
            _ => until[*b as usize],
        };
        let earliest = before[at].iter().map(passed).max().unwrap_or(0);
        let ends = before[at].iter().map(|b| until[b.0 as usize]).max().unwrap_or(0);
        until[at] = match mode_of(model, plan, at) {
            Some(_) if stays(operation) => end(model, plan, at),
            None if stays(operation) => ends,
            _ if of.optional.is_some() => ends,
            _ => 0,
        };
        if !stays(operation) {
            let own = &mut parts.operations[number[at] as usize].earliest;
            *own = (*own).max(earliest);
        }
    }
}

/// Not later than an instant, where that is not beyond all plans.
fn until(of: &mut Operation, latest: Time) {
    if latest <= HORIZON_MAX {
        of.latest = Some(of.latest.map_or(latest, |own| own.min(latest)).max(0));
    }
}

/// Limits of waits: between two that are free they remain, beside one that stays they become a latest or an earliest start.
pub(super) fn bind(model: &Model, plan: &Plan, parts: &mut Parts, number: &[u32]) {
    let points: HashMap<(u32, u32), (Point, Point)> =
        model.links().chain(model.loose()).map(|(b, t, link)| ((b, t), link.points())).collect();
    for wait in &model.waits {
        let (before, then) = (number[wait.before as usize], number[wait.then as usize]);
        let Some((from, to)) = points.get(&(wait.before, wait.then)) else { continue };
        let instant = |o: u32, point: Point| {
            let stays = mode_of(model, plan, o as usize)
                .map(|_| point.of(plan.operations[o as usize].start, end(model, plan, o as usize)));
            stays.filter(|_| number[o as usize] == u32::MAX)
        };
        match (instant(wait.before, *from), instant(wait.then, *to)) {
            (Some(instant), None) if then != u32::MAX => {
                let own = &mut parts.operations[then as usize];
                let latest = instant + wait.most - if *to == Point::End { own.longest() } else { 0 };
                until(own, latest);
            }
            (None, Some(instant)) if before != u32::MAX => {
                let own = &mut parts.operations[before as usize];
                own.earliest = own.earliest.max(instant - wait.most - if *from == Point::End { own.shortest() } else { 0 });
            }
            _ if before != u32::MAX && then != u32::MAX => parts.waits.push(Wait { before, then, most: wait.most }),
            _ => {}
        }
    }
}

/// Choices among what is free; what stays, or is fixed, has chosen.
pub(super) fn choose(model: &Model, plan: &Plan, parts: &mut Parts, (number, limit): (&[u32], Time)) {
    for choice in &model.choices {
        let goes = |a: &&Alternative| {
            let is_settled = |o: u32| number[o as usize] == u32::MAX || plan.operations[o as usize].start < limit;
            a.iter().all(|(o, modes)| !is_settled(*o) || modes.contains(&plan.operations[*o as usize].mode))
        };
        let free = |a: &Alternative| -> Alternative {
            let is_free = |o: u32| number[o as usize] != u32::MAX && plan.operations[o as usize].start >= limit;
            a.iter().filter(|e| is_free(e.0)).map(|(o, modes)| (number[*o as usize], modes.clone())).collect()
        };
        let alternatives: Vec<Alternative> = choice.alternatives.iter().filter(goes).map(free).collect();
        if !alternatives.is_empty() && alternatives.iter().all(|a| !a.is_empty()) {
            parts.choices.push(Choice { alternatives });
        }
    }
}
