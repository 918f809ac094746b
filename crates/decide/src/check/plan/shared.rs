//! Rules of what several operations have at once: batches and renewable resources.
//!
//! Enters: a model and a plan whose modes exist. Leaves: nothing, or the rule that is broken. Absent: machines that work on one at a time.

use super::{broken, by_machine, end, mode};
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

/// At no instant is more of a resource in use than there is.
pub(super) fn resource_within(model: &Model, plan: &Plan) -> Result<(), Violation> {
    let mut changes: Vec<Vec<(Time, i64)>> = vec![Vec::new(); model.resources.len()];
    for of in &model.uses {
        let operation = of.operation as usize;
        let (start, complete) = (plan.operations[operation].start, end(model, plan, operation));
        let is_stock = model.resources[of.resource as usize].is_stock;
        if plan.operations[operation].mode == of.mode && (start < complete || is_stock) {
            let back = (complete, -of.amount);
            changes[of.resource as usize]
                .extend([Some((start, of.amount)), Some(back).filter(|_| !is_stock)].into_iter().flatten());
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
