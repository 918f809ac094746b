//! Rules of what binds operations to each other beside machines and resources: lags, idle time, sequences, choices, set-ups of resources.
//!
//! Enters: a model and a plan whose modes exist. Leaves: nothing, or the rule that is broken. Absent: longest waits.

use super::{broken, by_machine, end, instant, mode, set_up};
use crate::check::Violation;
use crate::search::model::{Model, SetUps, Time};
use crate::search::plan::Plan;
use std::collections::HashMap;

/// Precedences between other instants than the end of one and the start of the other, or with a least time between them.
pub(super) fn lag_kept(model: &Model, plan: &Plan) -> Result<(), Violation> {
    for lag in &model.lags {
        let (before, then) = (lag.before as usize, lag.then as usize);
        if mode(model, plan, before).is_none() || mode(model, plan, then).is_none() {
            continue;
        }
        let (first, second) = (instant(model, plan, before, lag.from), instant(model, plan, then, lag.to));
        if second < first.saturating_add(lag.least) {
            let found = format!("the {} of operation {then} at {second}", lag.to);
            let allowed = format!("{} or later: {} after the {} of operation {before}", first + lag.least, lag.least, lag.from);
            return Err(broken("lag_kept", found, allowed));
        }
    }
    Ok(())
}

/// Machines that shall not stand between their first and last operation do not: what waits there waits for a set-up or an opening.
pub(super) fn no_idle(model: &Model, plan: &Plan) -> Result<(), Violation> {
    for (number, list) in by_machine(model, plan).iter().enumerate().filter(|(m, _)| model.machines[*m].is_without_idle) {
        for pair in list.windows(2) {
            let (before, then) = (pair[0], pair[1]);
            let free = end(model, plan, before) + set_up(model, number, Some(before), then);
            let start = plan.operations[then].start;
            let length = match mode(model, plan, then) {
                Some(mode) if model.operations[then].is_resumable => mode.duration.min(1),
                Some(mode) => mode.duration,
                None => 0,
            };
            // it could have started earlier if at any instant since then the machine was open for as long as it needs
            let closed = &model.machines[number].closed;
            let gaps = closed.iter().map(|c| c.1).filter(|at| (free..start).contains(at)).chain([free]);
            let earlier = gaps.filter(|at| *at < start).find(|at| closed.iter().all(|c| c.1 <= *at || c.0 >= at + length));
            if let Some(earlier) = earlier {
                let found = format!("operation {then} starts at {start} on machine {number}");
                return Err(broken("no_idle", found, format!("{earlier}: the machine is not to stand after operation {before}")));
            }
        }
    }
    Ok(())
}

/// Of two jobs that pass two machines of a permutation the same one comes first on both.
pub(super) fn sequence_kept(model: &Model, plan: &Plan) -> Result<(), Violation> {
    if model.permutations.is_empty() {
        return Ok(());
    }
    let on = by_machine(model, plan);
    let start = |o: &usize| plan.operations[*o].start;
    for machines in &model.permutations {
        let pairs =
            machines.iter().enumerate().flat_map(|(place, one)| machines[place + 1..].iter().map(move |other| [*one, *other]));
        for pair in pairs {
            let first = &on[pair[0] as usize];
            let there: HashMap<u32, usize> = first.iter().map(|f| (model.operations[*f].job, *f)).collect();
            let of_job = |o: &usize| there.get(&model.operations[*o].job);
            // the start on the first machine of each job, in the sequence of the second
            let both: Vec<(Time, usize)> =
                on[pair[1] as usize].iter().filter_map(|o| of_job(o).map(|f| (start(f), *o))).collect();
            if let Some(wrong) = both.windows(2).find(|w| w[0].0 > w[1].0) {
                let found = format!("operation {} before operation {} on machine {}", wrong[0].1, wrong[1].1, pair[1]);
                return Err(broken("sequence_kept", found, format!("the sequence of their jobs on machine {}", pair[0])));
            }
        }
    }
    Ok(())
}

/// Of every choice at least one alternative is carried out whole.
pub(super) fn choice_kept(model: &Model, plan: &Plan) -> Result<(), Violation> {
    let is_in = |(operation, modes): &(u32, Vec<u32>)| modes.contains(&plan.operations[*operation as usize].mode);
    match model.choices.iter().position(|c| !c.alternatives.iter().any(|a| a.iter().all(is_in))) {
        Some(number) => {
            let count = model.choices[number].alternatives.len();
            let found = format!("no alternative of choice {number} carried out");
            Err(broken("choice_kept", found, format!("at least one of {count}")))
        }
        None => Ok(()),
    }
}

/// Who uses each resource that has set-ups, by start.
fn users(model: &Model, plan: &Plan) -> Vec<Vec<usize>> {
    let mut users = vec![Vec::new(); model.resources.len()];
    let has_set_ups = |u: &&crate::search::model::Use| model.resources[u.resource as usize].set_ups.is_some();
    for of in model.uses.iter().filter(has_set_ups) {
        if plan.operations[of.operation as usize].mode == of.mode {
            users[of.resource as usize].push(of.operation as usize);
        }
    }
    users.iter_mut().for_each(|list| list.sort_by_key(|o| plan.operations[*o].start));
    users
}

/// The set-up of a resource from who used it last to who comes next.
fn change(model: &Model, set_ups: &SetUps, last: Option<usize>, next: usize) -> Time {
    let to = model.families[next] as usize;
    last.map_or(set_ups.initial[to], |l| set_ups.between[model.families[l] as usize * model.families_count + to])
}

/// What has set-ups is set up before the next one uses it.
pub(super) fn resource_set_up(model: &Model, plan: &Plan) -> Result<(), Violation> {
    for (number, list) in users(model, plan).iter().enumerate() {
        let Some(set_ups) = &model.resources[number].set_ups else { continue };
        let mut last: Option<usize> = None;
        for &next in list {
            let length = change(model, set_ups, last, next);
            let free = last.map_or(model.resources[number].available, |l| end(model, plan, l));
            let start = plan.operations[next].start;
            if start < free.saturating_add(length) {
                let found = format!("operation {next} starts at {start} with resource {number}");
                let allowed = format!("{} or later: it is free at {free} and set up for {length}", free + length);
                return Err(broken("resource_set_up", found, allowed));
            }
            last = Some(next);
        }
    }
    Ok(())
}

/// All set-ups of resources together.
pub(super) fn changed_over(model: &Model, plan: &Plan) -> Time {
    let mut sum: Time = 0;
    for (number, list) in users(model, plan).iter().enumerate() {
        let Some(set_ups) = &model.resources[number].set_ups else { continue };
        let before = std::iter::once(None).chain(list.iter().copied().map(Some));
        sum = before.zip(list).map(|(last, next)| change(model, set_ups, last, *next)).fold(sum, Time::saturating_add);
    }
    sum
}
