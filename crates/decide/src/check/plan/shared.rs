//! Rules of what several operations have at once: sub-lots, batches and resources.
//!
//! Enters: a model and a plan whose modes exist. Leaves: nothing, or the rule that is broken. Absent: machines that work on one at a time.

use super::{broken, by_machine, mode, worked};
use crate::check::Violation;
use crate::search::model::{Model, Resource, Time};
use crate::search::plan::Plan;

/// Those that start together on a machine of batches are of one family and duration, and fit in.
pub(super) fn batch_fits(model: &Model, plan: &Plan) -> Result<(), Violation> {
    for (number, list) in by_machine(model, plan).iter().enumerate() {
        let Some(capacity) = model.machines[number].batch else { continue };
        let start = |o: &usize| plan.operations[*o].start;
        for batch in list.chunk_by(|a, b| start(a) == start(b)) {
            let kind = |o: usize| (model.families.get(o), mode(model, plan, o).map(|m| m.duration));
            let at = start(&batch[0]);
            if let Some(other) = batch.iter().find(|o| kind(**o) != kind(batch[0])) {
                let found = format!("operations {} and {other} in one batch on machine {number} at {at}", batch[0]);
                return Err(broken("batch_fits", found, "one family and one duration".to_owned()));
            }
            let size: i64 = batch.iter().map(|o| model.size(*o as u32)).sum();
            if size > capacity {
                let found = format!("a batch of size {size} on machine {number} at {at}");
                return Err(broken("batch_fits", found, format!("{capacity} at most")));
            }
        }
    }
    Ok(())
}

/// Whether an operation passes sub-lots on to one after it.
pub(super) fn passes_on(model: &Model, plan: &Plan, before: usize, then: usize) -> bool {
    model.operations[before].lot.is_some() && mode(model, plan, before).is_some() && mode(model, plan, then).is_some()
}

/// No sub-lot is begun before it is complete where it comes from; both work at a steady rate.
pub(super) fn lots_passed(model: &Model, plan: &Plan) -> Result<(), Violation> {
    for &(before, then) in &model.precedences {
        let (before, then) = (before as usize, then as usize);
        let Some(lot) = model.operations[before].lot.filter(|_| passes_on(model, plan, before, then)) else { continue };
        let length = |o: usize| mode(model, plan, o).map_or(0, |m| i128::from(m.duration));
        let start = |o: usize| i128::from(plan.operations[o].start);
        let (quantity, mut passed, mut number) = (i128::from(lot.quantity), 0, 0);
        while passed < quantity {
            let upto = (passed + i128::from(lot.transfer)).min(quantity);
            number += 1;
            // both sides times the quantity, so that nothing is rounded
            let complete = start(before) * quantity + length(before) * upto;
            let begun = start(then) * quantity + length(then) * passed;
            if begun < complete {
                let found = format!("operation {then} starts at {}", plan.operations[then].start);
                let later = start(then) + (complete - begun + quantity - 1) / quantity;
                let allowed = format!("{later} or later: sub-lot {number} of operation {before} is not there before");
                return Err(broken("lots_passed", found, allowed));
            }
            passed = upto;
        }
    }
    Ok(())
}

/// At no instant is more of a resource in use than there is.
pub(super) fn resource_within(model: &Model, plan: &Plan) -> Result<(), Violation> {
    let mut changes: Vec<Vec<(Time, i64)>> = vec![Vec::new(); model.resources.len()];
    for of in &model.uses {
        let operation = of.operation as usize;
        let own = &mut changes[of.resource as usize];
        if plan.operations[operation].mode != of.mode {
            continue;
        }
        if model.resources[of.resource as usize].is_stock {
            own.push((plan.operations[operation].start, of.amount));
            continue;
        }
        for (from, to) in worked(model, plan, operation) {
            own.extend([(from, of.amount), (to, -of.amount)]);
        }
    }
    for (number, list) in changes.iter_mut().enumerate() {
        list.sort_unstable();
        let mut used = 0;
        let mut instants = list.chunk_by(|a, b| a.0 == b.0).peekable();
        while let Some(instant) = instants.next() {
            used += instant.iter().map(|c| c.1).sum::<i64>();
            // what is taken from a stock is gone for good
            let until = instants.peek().map_or(Time::MAX, |next| next[0].0);
            let least = least(&model.resources[number], instant[0].0, until);
            if used > least {
                let found = format!("{used} of resource {number} in use from {}", instant[0].0);
                return Err(broken("resource_within", found, format!("{least} at most before {until}")));
            }
        }
    }
    Ok(())
}

/// The least capacity between two instants.
fn least(resource: &Resource, from: Time, until: Time) -> i64 {
    let before = resource.steps.iter().rev().find(|s| s.0 <= from).map_or(resource.capacity, |s| s.1);
    resource.steps.iter().filter(|s| from < s.0 && s.0 < until).map(|s| s.1).fold(before, i64::min)
}
