//! What goes together and what does not: interruptions, machines without idle time, permutations, set-ups of resources.
//!
//! Enters: parts whose indices hold. Leaves: nothing, or the first that does not go together. Absent: what stands alone (`check`).

use super::{HORIZON_MAX, ModelError, Operation, Parts, SetUps};
use std::collections::HashSet;

/// All of it.
pub(super) fn checked(parts: &Parts) -> Result<(), ModelError> {
    resumable(parts)?;
    without_idle(parts)?;
    idle(parts)?;
    permutations(parts)?;
    resources(parts)
}

/// What machines use while they stand is renewable, and its price is known.
fn idle(parts: &Parts) -> Result<(), ModelError> {
    for (number, idle) in parts.machines.iter().enumerate().filter_map(|(number, m)| Some((number, m.idle?))) {
        let fault = |found: String, allowed: String| Err(ModelError::at(format!("idle machine {number}"), found, allowed));
        match parts.resources.get(idle.resource as usize) {
            None => return fault(format!("resource {}", idle.resource), format!("below {}", parts.resources.len())),
            Some(resource) if resource.is_stock => return fault("a stock".to_owned(), "a renewable resource".to_owned()),
            Some(_) => {}
        }
        let (least, cost) = idle.off.unwrap_or_default();
        for (word, found) in [("an amount", idle.amount), ("a least time", least), ("a cost", cost)] {
            if !(0..=HORIZON_MAX).contains(&found) {
                return fault(format!("{word} of {found}"), format!("0 to {HORIZON_MAX}"));
            }
        }
    }
    Ok(())
}

/// What is interrupted lies in no batch and passes nothing on at a steady rate.
fn resumable(parts: &Parts) -> Result<(), ModelError> {
    let fault = |operation: usize, found: &str, allowed: &str| {
        Err(ModelError::at(format!("resumable operation {operation}"), found, allowed))
    };
    for (number, operation) in parts.operations.iter().enumerate().filter(|(_, o)| o.is_resumable) {
        if operation.modes.iter().any(|m| parts.machines[m.machine as usize].batch.is_some()) {
            return fault(number, "a mode on a machine of batches", "machines that work on one operation at a time");
        }
        if operation.lot.is_some() {
            return fault(number, "transfer batches", "pieces passed on at its end");
        }
    }
    let is_faulty = |p: &&(u32, u32)| parts.operations[p.0 as usize].lot.is_some() && parts.operations[p.1 as usize].is_resumable;
    match parts.precedences.iter().find(is_faulty) {
        Some(pair) => fault(pair.1 as usize, "transfer batches that come to it", "pieces that come at once"),
        None => Ok(()),
    }
}

/// A machine that never stands has neither batches nor what blocks it.
fn without_idle(parts: &Parts) -> Result<(), ModelError> {
    for (number, machine) in parts.machines.iter().enumerate().filter(|(_, m)| m.is_without_idle) {
        let fault =
            |found: String, allowed: &str| Err(ModelError::at(format!("machine {number} without idle time"), found, allowed));
        if machine.batch.is_some() {
            return fault("batches".to_owned(), "one operation at a time");
        }
        let blocks = |o: &Operation| o.is_blocking && o.modes.iter().any(|m| m.machine as usize == number);
        if let Some(operation) = parts.operations.iter().position(blocks) {
            return fault(format!("operation {operation}, which blocks it"), "operations that leave it at their end");
        }
    }
    Ok(())
}

/// Machines of a permutation are in one of them only, and each job passes each of them once at most.
fn permutations(parts: &Parts) -> Result<(), ModelError> {
    let mut seen = HashSet::new();
    for (number, machines) in parts.permutations.iter().enumerate() {
        let fault = |found: String, allowed: &str| Err(ModelError::at(format!("permutation {number}"), found, allowed));
        if machines.len() < 2 {
            return fault(format!("{} machines", machines.len()), "at least two");
        }
        for &machine in machines {
            let Some(of) = parts.machines.get(machine as usize) else {
                return fault(format!("machine {machine}"), &format!("below {}", parts.machines.len()));
            };
            if !seen.insert(machine) {
                return fault(format!("machine {machine} again"), "each machine in one permutation, once");
            }
            if of.batch.is_some() {
                return fault(format!("machine {machine}, which works on batches"), "one operation at a time");
            }
        }
    }
    let mut passes = HashSet::new();
    for (number, operation) in parts.operations.iter().enumerate() {
        let on: HashSet<u32> = operation.modes.iter().map(|m| m.machine).filter(|m| seen.contains(m)).collect();
        let fault = |found: &str, allowed: &str| {
            Err(ModelError::at(format!("operation {number} on a machine of a permutation"), found, allowed))
        };
        if operation.modes.iter().any(|m| m.duration == 0 && on.contains(&m.machine)) {
            return fault("no duration", "1 tick or more");
        }
        if !on.into_iter().all(|machine| passes.insert((operation.job, machine))) {
            return fault("the job's second there", "one operation of a job on a machine");
        }
    }
    Ok(())
}

/// What has set-ups is one of its kind, and renewable.
fn resources(parts: &Parts) -> Result<(), ModelError> {
    for (number, resource) in parts.resources.iter().enumerate() {
        let Some(set_ups) = &resource.set_ups else { continue };
        let place = format!("resource {number} with set-ups");
        let most = resource.steps.iter().map(|s| s.1).chain([resource.capacity]).max().unwrap_or(0);
        if resource.is_stock || most > 1 {
            let found = if resource.is_stock { "a stock".to_owned() } else { format!("a capacity of {most}") };
            return Err(ModelError::at(place, found, "a renewable resource of capacity 1"));
        }
        matrix(&format!("resource {number}"), set_ups, parts.families_count)?;
        let of = |u: &&super::Use| u.resource as usize == number;
        let lasts = |u: &super::Use| parts.operations[u.operation as usize].modes[u.mode as usize].duration;
        if let Some(of) = parts.uses.iter().filter(of).find(|u| lasts(u) == 0) {
            return Err(ModelError::at(place, format!("operation {} of no duration", of.operation), "1 tick or more"));
        }
    }
    Ok(())
}

/// A set-up matrix by families.
pub(super) fn matrix(of: &str, set_ups: &SetUps, families: usize) -> Result<(), ModelError> {
    for (word, list, wanted) in [("", &set_ups.between, families * families), ("initial ", &set_ups.initial, families)] {
        if list.len() != wanted {
            let place = format!("number of {word}set-ups of {of}");
            return Err(ModelError::at(place, list.len().to_string(), wanted.to_string()));
        }
        if let Some(length) = list.iter().find(|l| !(0..=HORIZON_MAX).contains(*l)) {
            return Err(ModelError::at(format!("{word}set-up of {of}"), length.to_string(), format!("0 to {HORIZON_MAX}")));
        }
    }
    Ok(())
}

/// Longest waits stand beside precedences, and are no shorter than the least time there.
pub(super) fn waits(parts: &Parts) -> Result<(), ModelError> {
    let known: HashSet<(u32, u32)> =
        if parts.waits.is_empty() { HashSet::new() } else { parts.precedences.iter().copied().collect() };
    let lags: std::collections::HashMap<(u32, u32), &super::Lag> = parts.lags.iter().map(|l| ((l.before, l.then), l)).collect();
    for wait in &parts.waits {
        let place = || format!("wait between operations {} and {}", wait.before, wait.then);
        if !known.contains(&(wait.before, wait.then)) {
            return Err(ModelError::at(place(), "no precedence", "a precedence between them"));
        }
        let least = lags.get(&(wait.before, wait.then)).map_or(0, |l| l.least);
        if !(least..=HORIZON_MAX).contains(&wait.most) {
            return Err(ModelError::at(place(), wait.most.to_string(), format!("{least} to {HORIZON_MAX}")));
        }
    }
    Ok(())
}
