//! Re-planning: what is done, running or frozen stays; the rest is planned anew from now.
//!
//! Enters: a model, its running plan, what changed. Leaves: a smaller model of the operations still free, whose plans put back together
//! with what stays are plans of the whole. Absent: the search itself.
//!
//! What stays on a machine comes before what is free there: the machine is available when it ends, set up for its last; what it has of
//! resources is missing until then. Deviating from the running plan is priced by the model's [`Stability`].

mod bound;

use super::model::{Lag, Link, Machine, Mode, Model, ModelError, Operation, Parts, Published, SetUps, Stability, Time, Use};
use super::plan::{Assigned, Plan};
use bound::{apart, behind, bind, choose, last_before_idle, sequenced, wait_for};

/// What changed since the plan was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Now [ticks]: nothing that is free starts before.
    pub now: Time,
    /// Operations that would start before this stay as they are; at least those that started before now do.
    pub frozen_until: Time,
    /// Machines that are closed from and to (breakdowns, added maintenance).
    pub closed: Vec<(u32, Time, Time)>,
    /// What deviating from the running plan costs.
    pub stability: Stability,
}

/// The operations that are still free, as a model of their own.
#[derive(Clone, Debug)]
pub struct Remainder {
    /// The free operations, and fixed the ones that hold their machine until one of these starts; set-ups, jobs and machines are those of the whole.
    pub model: Model,
    /// Which operation of the whole each one of the model is.
    pub free: Vec<u32>,
    /// What the running plan says of the free ones: a start for [`super::Search::resume`].
    pub running: Plan,
    kept: Plan,
    limit: Time,
}

/// Cuts a model down to what is still free.
///
/// # Errors
/// A plan that is not of the model; a breakdown of a machine while a running operation holds it beyond its start is allowed, the
/// operation is taken to have ended.
pub fn remainder(model: &Model, plan: &Plan, change: &Change) -> Result<Remainder, ModelError> {
    of_model(model, plan)?;
    let limit = change.frozen_until.max(change.now);
    let mut holds = last_before_idle(model, plan, limit);
    sequenced(model, plan, limit, &mut holds);
    for &(before, then) in &model.precedences {
        let at = before as usize;
        let is_in = model.operations[at].is_blocking && mode_of(model, plan, at).is_some();
        holds[at] |= is_in && plan.operations[then as usize].start >= limit;
    }
    apart(model, plan, limit, &mut holds);
    behind(model, plan, limit, &mut holds);
    // what holds its machine until something free starts, has to be followed without a gap, tells a sequence or keeps a distance is
    // part of the model, fixed, with all that came after it on its machine or with a resource that is set up
    let stays = |o: usize| plan.operations[o].start < limit && !holds[o];
    let free: Vec<u32> = (0..model.operations.len() as u32).filter(|o| !stays(*o as usize)).collect();
    let mut parts = Parts {
        stability: change.stability,
        precedences: Vec::new(),
        operations: Vec::new(),
        lags: Vec::new(),
        waits: Vec::new(),
        choices: Vec::new(),
        uses: Vec::new(),
        sizes: free.iter().filter_map(|o| model.sizes.get(*o as usize).copied()).collect(),
        families: free.iter().filter_map(|o| model.families.get(*o as usize).copied()).collect(),
        ..model.clone().into_parts()
    };
    let mut number = vec![u32::MAX; model.operations.len()];
    for (place, operation) in free.iter().enumerate() {
        number[*operation as usize] = place as u32;
        parts.operations.push(still_free(model, plan, *operation as usize, (change.now, limit)));
    }
    for (before, then, link) in model.links().chain(model.loose()) {
        let (before, then) = (number[before as usize], number[then as usize]);
        if before != u32::MAX && then != u32::MAX {
            parts.precedences.push((before, then));
            if let Link::Lag(from, to, least) = link {
                parts.lags.push(Lag { before, then, from, to, least });
            }
        }
    }
    wait_for(model, plan, &mut parts, &number);
    bind(model, plan, &mut parts, &number);
    choose(model, plan, &mut parts, (&number, limit));
    take(model, plan, &mut parts, &number, limit);
    occupy(model, plan, &mut parts, &stays);
    close(&mut parts.machines, &change.closed)?;
    let fixed = |a: Assigned| if a.start < limit { Assigned { mode: 0, ..a } } else { a };
    let running = Plan { operations: free.iter().map(|o| fixed(plan.operations[*o as usize])).collect() };
    if !free.iter().any(|o| plan.operations[*o as usize].start >= limit) {
        return Err(ModelError::at("operations that are still free", "none", "at least one"));
    }
    Ok(Remainder { model: Model::new(parts)?, free, running, kept: plan.clone(), limit })
}

/// Whether a plan is of a model: as many operations, modes that exist.
pub(crate) fn of_model(model: &Model, plan: &Plan) -> Result<(), ModelError> {
    if plan.operations.len() != model.operations.len() {
        let (found, allowed) = (plan.operations.len().to_string(), model.operations.len().to_string());
        return Err(ModelError::at("number of operations of the plan", found, allowed));
    }
    let modes = |o: &Operation| o.modes.len() + usize::from(o.optional.is_some());
    let wrong = plan.operations.iter().zip(&model.operations).position(|(a, o)| a.mode as usize >= modes(o));
    if let Some(operation) = wrong {
        let allowed = format!("below {}", modes(&model.operations[operation]));
        return Err(ModelError::at(
            format!("mode of operation {operation}"),
            plan.operations[operation].mode.to_string(),
            allowed,
        ));
    }
    Ok(())
}

impl Remainder {
    /// A plan of the whole from a plan of the remainder.
    pub fn whole(&self, plan: &Plan) -> Plan {
        let mut whole = self.kept.clone();
        for (operation, assigned) in self.free.iter().zip(&plan.operations) {
            let own = &mut whole.operations[*operation as usize];
            *own = if own.start < self.limit { *own } else { *assigned };
        }
        whole
    }
}

/// The mode of an operation; none where it is left out.
fn mode_of(model: &Model, plan: &Plan, operation: usize) -> Option<Mode> {
    let Assigned { mode, .. } = plan.operations[operation];
    model.operations[operation].modes.get(mode as usize).copied()
}

fn end(model: &Model, plan: &Plan, operation: usize) -> Time {
    let start = plan.operations[operation].start;
    mode_of(model, plan, operation).map_or(start, |m| model.end(operation as u32, &m, start))
}

fn still_free(model: &Model, plan: &Plan, operation: usize, (now, limit): (Time, Time)) -> Operation {
    let own = &model.operations[operation];
    let start = plan.operations[operation].start;
    if start < limit {
        let modes = mode_of(model, plan, operation).into_iter().collect();
        return Operation { earliest: start, latest: Some(start), modes, optional: None, published: None, ..own.clone() };
    }
    let running = mode_of(model, plan, operation).map(|mode| Published { machine: mode.machine, start });
    Operation { earliest: own.earliest.max(now), published: own.published.or(running), ..own.clone() }
}

/// What stays has its resources until it ends: there is less of them for the others.
fn take(model: &Model, plan: &Plan, parts: &mut Parts, number: &[u32], limit: Time) {
    let mut taken: Vec<Vec<(Time, i64)>> = vec![Vec::new(); model.resources.len()];
    for of in &model.uses {
        let (operation, free) = (of.operation as usize, number[of.operation as usize]);
        if free != u32::MAX && plan.operations[operation].start < limit {
            // fixed in its one mode
            let fixed = Use { operation: free, mode: 0, ..*of };
            parts.uses.extend((plan.operations[operation].mode == of.mode).then_some(fixed));
        } else if free != u32::MAX {
            parts.uses.push(Use { operation: free, ..*of });
        } else if plan.operations[operation].mode == of.mode {
            let start = plan.operations[operation].start;
            if model.resources[of.resource as usize].is_stock {
                taken[of.resource as usize].push((start, -of.amount));
                continue;
            }
            let mode = model.operations[operation].modes[of.mode as usize];
            let pieces = model.pieces(of.operation, &mode, start);
            taken[of.resource as usize].extend(pieces.flat_map(|(from, to)| [(from, -of.amount), (to, of.amount)]));
        }
    }
    set_up(model, plan, parts, number);
    for (resource, changes) in parts.resources.iter_mut().zip(taken).filter(|(_, changes)| !changes.is_empty()) {
        let mut instants: Vec<Time> = resource.steps.iter().chain(&changes).map(|s| s.0).collect();
        instants.sort_unstable();
        instants.dedup();
        let there = |at: Time| resource.steps.iter().rev().find(|s| s.0 <= at).map_or(resource.capacity, |s| s.1);
        let change = |at: Time| changes.iter().filter(|c| c.0 <= at).map(|c| c.1).sum::<i64>();
        resource.steps = instants.into_iter().map(|at| (at, (there(at) + change(at)).max(0))).collect();
    }
}

/// Resources are set up for the last of what stays.
fn set_up(model: &Model, plan: &Plan, parts: &mut Parts, number: &[u32]) {
    let mut last: Vec<Option<usize>> = vec![None; model.resources.len()];
    for of in model.uses.iter().filter(|u| number[u.operation as usize] == u32::MAX) {
        let (operation, own) = (of.operation as usize, &mut last[of.resource as usize]);
        let is_later = own.is_none_or(|l| plan.operations[l].start <= plan.operations[operation].start);
        if plan.operations[operation].mode == of.mode && is_later {
            *own = Some(operation);
        }
    }
    for (resource, last) in parts.resources.iter_mut().zip(last) {
        if let Some((set_ups, last)) = resource.set_ups.as_mut().zip(last) {
            set_ups.initial = row(model, set_ups, last).collect();
            resource.available = resource.available.max(end(model, plan, last));
        }
    }
}

/// The set-ups after an operation.
fn row<'a>(model: &Model, set_ups: &'a SetUps, last: usize) -> impl Iterator<Item = Time> + use<'a> {
    let family = model.families[last] as usize;
    let families = model.families_count;
    set_ups.between[family * families..(family + 1) * families].iter().copied()
}

/// Machines are available after what stays on them, set up for its last.
fn occupy(model: &Model, plan: &Plan, parts: &mut Parts, stays: &dyn Fn(usize) -> bool) {
    let mut last: Vec<Option<usize>> = vec![None; model.machines.len()];
    for operation in (0..model.operations.len()).filter(|o| stays(*o)) {
        let Some(mode) = mode_of(model, plan, operation) else { continue };
        let on = &mut last[mode.machine as usize];
        let is_later = |o: usize| {
            (plan.operations[o].start, end(model, plan, o)) <= (plan.operations[operation].start, end(model, plan, operation))
        };
        if on.is_none_or(is_later) {
            *on = Some(operation);
        }
    }
    for (machine, last) in parts.machines.iter_mut().zip(last) {
        let Some(last) = last else { continue };
        machine.available = machine.available.max(end(model, plan, last));
        if let Some(set_ups) = &mut machine.set_ups {
            set_ups.initial = row(model, set_ups, last).collect();
        }
    }
}

/// The first instant from `from` on at which so long a piece of work fits between closed intervals.
pub(super) fn open(closed: &[(Time, Time)], from: Time, duration: Time) -> Time {
    let mut start = from;
    for &(closed, until) in closed {
        if start < until && closed < start + duration {
            start = until;
        }
    }
    start
}

/// Adds the closed intervals; those that touch or overlap become one.
pub(crate) fn close(on: &mut [Machine], closed: &[(u32, Time, Time)]) -> Result<(), ModelError> {
    let machines = on.len();
    for &(machine, from, to) in closed {
        let Some(at) = on.get_mut(machine as usize) else {
            return Err(ModelError::at("closed machine", machine.to_string(), format!("below {machines}")));
        };
        if from >= to || from < 0 {
            return Err(ModelError::at(
                format!("closed interval of machine {machine}"),
                format!("{from} to {to}"),
                "an end after the start",
            ));
        }
        at.closed.push((from, to));
        at.closed.sort_unstable();
        let mut apart: Vec<(Time, Time)> = Vec::new();
        for &(from, to) in &at.closed {
            match apart.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => apart.push((from, to)),
            }
        }
        at.closed = apart;
    }
    Ok(())
}
