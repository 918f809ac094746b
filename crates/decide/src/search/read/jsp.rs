//! The job shop in the standard text format of the OR-Library (Beasley 1990): a line `jobs machines`, then for each job a line of
//! pairs `machine duration` in routing order, machines from 0. A line may end with `-1 -1` (Da Col & Teppan 2022) and need not
//! visit every machine, or visit one twice.
//!
//! Enters: text. Leaves: a model whose objective is the makespan. Absent: bounds and names.

use super::tokens::Tokens;
use super::{ReadError, Task};
use crate::search::model::{HORIZON_MAX, JOBS_MAX, Job, MACHINES_MAX, Machine, Mode, Model, Operation, Parts};

/// Reads a job shop.
///
/// # Errors
/// Where the text is not of the format or the model exceeds a limit.
pub fn read(text: &str) -> Result<Task, ReadError> {
    let mut tokens = Tokens::of(text);
    let jobs = tokens.count("number of jobs", 1, JOBS_MAX)?;
    let machines = tokens.count("number of machines", 1, MACHINES_MAX)?;
    let mut parts = Parts { makespan: 1, machines: vec![Machine::default(); machines], ..Parts::default() };
    for job in 0..jobs {
        parts.jobs.push(Job::default());
        let mut in_line = tokens.left_on_line();
        let mut is_first = true;
        while in_line > 0 {
            if tokens.peek() == Some("-1") {
                (0..in_line).for_each(|_| tokens.skip());
                break;
            }
            let machine = tokens.number("a machine", 0, machines as i64 - 1)? as u32;
            let duration = tokens.number("a duration", 0, HORIZON_MAX)?;
            in_line = in_line.saturating_sub(2);
            push(&mut parts, job, vec![Mode { machine, duration }], is_first);
            is_first = false;
        }
        if is_first {
            return Err(tokens.error("a job of no operations", "pairs of machine and duration"));
        }
    }
    tokens.end()?;
    Ok(Task { model: Model::new(parts)?, ticks: 1, scale: 1.0 })
}

/// Adds the next operation of a job that is a chain.
pub(super) fn push(parts: &mut Parts, job: usize, modes: Vec<Mode>, is_first: bool) {
    let number = parts.operations.len() as u32;
    if !is_first {
        parts.precedences.push((number - 1, number));
    }
    parts.operations.push(Operation { job: job as u32, modes, ..Operation::default() });
}
