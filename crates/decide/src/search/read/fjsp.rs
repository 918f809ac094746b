//! The flexible job shop in Brandimarte's text format (1993): a line `jobs machines [mean flexibility]`, then for each job the number
//! of operations and for each operation the number of modes and pairs `machine duration`, machines from 1. With set-ups a square
//! matrix for each machine follows: over jobs (Oddi et al. 2011) or over operations, job by job.
//!
//! Enters: text. Leaves: a model whose objective is the makespan. Absent: bounds and names.

use super::jsp::push;
use super::tokens::Tokens;
use super::{ReadError, Task};
use crate::search::model::{
    HORIZON_MAX, JOBS_MAX, Job, MACHINES_MAX, MODES_MAX, Machine, Mode, Model, OPERATIONS_MAX, Parts, SetUps,
};

/// Reads a flexible job shop; matrices of set-ups that follow are taken by their size.
///
/// # Errors
/// Where the text is not of the format or the model exceeds a limit.
pub fn read(text: &str) -> Result<Task, ReadError> {
    let mut tokens = Tokens::of(text);
    let jobs = tokens.count("number of jobs", 1, JOBS_MAX)?;
    let machines = tokens.count("number of machines", 1, MACHINES_MAX)?;
    let first_line = text.lines().position(|l| !l.split('#').next().unwrap_or_default().trim().is_empty()).map_or(1, |n| n + 1);
    if tokens.line() == first_line {
        tokens.skip();
    }
    let mut parts = Parts { makespan: 1, machines: vec![Machine::default(); machines], ..Parts::default() };
    for job in 0..jobs {
        parts.jobs.push(Job::default());
        for place in 0..tokens.count("number of operations", 1, OPERATIONS_MAX)? {
            let modes = modes(&mut tokens, machines, 1)?;
            push(&mut parts, job, modes, place == 0);
        }
    }
    if tokens.left() > 0 {
        set_ups(&mut tokens, &mut parts)?;
    }
    tokens.end()?;
    Ok(Task { model: Model::new(parts)?, ticks: 1, scale: 1.0 })
}

/// The number of modes and their pairs; machines count from `first`.
pub(super) fn modes(tokens: &mut Tokens<'_>, machines: usize, first: i64) -> Result<Vec<Mode>, ReadError> {
    let count = tokens.count("number of modes", 1, MODES_MAX)?;
    let mut modes = Vec::new();
    for _ in 0..count {
        let machine = (tokens.number("a machine", first, machines as i64 - 1 + first)? - first) as u32;
        let duration = tokens.number("a duration", 0, HORIZON_MAX)?;
        modes.push(Mode { machine, duration });
    }
    Ok(modes)
}

fn set_ups(tokens: &mut Tokens<'_>, parts: &mut Parts) -> Result<(), ReadError> {
    let (jobs, operations, machines) = (parts.jobs.len(), parts.operations.len(), parts.machines.len());
    let left = tokens.left();
    let size = |side: usize| side.checked_mul(side).and_then(|n| n.checked_mul(machines));
    let (by_job, by_operation) = (size(jobs), size(operations));
    if Some(left) == by_job {
        parts.families = parts.operations.iter().map(|o| o.job).collect();
        parts.families_count = jobs;
    } else if Some(left) == by_operation {
        parts.families = (0..operations as u32).collect();
        parts.families_count = operations;
    } else {
        let allowed =
            format!("the end, or a set-up matrix for each of {machines} machines over {jobs} jobs or {operations} operations");
        return Err(tokens.error(format!("{left} numbers"), allowed));
    }
    let families = parts.families_count;
    for machine in &mut parts.machines {
        let mut between = Vec::with_capacity(families * families);
        for _ in 0..families * families {
            between.push(tokens.number("a set-up", 0, HORIZON_MAX)?);
        }
        machine.set_ups = Some(SetUps { between, initial: vec![0; families] });
    }
    reachable(parts);
    Ok(())
}

/// Texts mark pairs that cannot meet with a huge number. Of those that cannot, because one of the two has no mode on the machine,
/// the set-up is never asked for; it becomes 0 so that it does not stretch the horizon.
fn reachable(parts: &mut Parts) {
    let families = parts.families_count;
    for (number, machine) in parts.machines.iter_mut().enumerate() {
        let mut seen = vec![false; families];
        for (operation, family) in parts.operations.iter().zip(&parts.families) {
            seen[*family as usize] |= operation.modes.iter().any(|m| m.machine as usize == number);
        }
        let Some(set_ups) = &mut machine.set_ups else { continue };
        for (place, length) in set_ups.between.iter_mut().enumerate() {
            if !(seen[place / families] && seen[place % families]) {
                *length = 0;
            }
        }
    }
}
