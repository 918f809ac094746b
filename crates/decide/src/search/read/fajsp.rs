//! The flexible job shop with any precedence graph in the text format of Birgin et al. (2014): a line `operations arcs machines`, then
//! arcs `before then` one a line, then for each operation the number of modes and pairs `machine duration`, machines from 0.
//!
//! Enters: text. Leaves: a model whose objective is the makespan; operations that hang together are a job. Absent: bounds and names.

use super::fjsp::modes;
use super::tokens::Tokens;
use super::{ReadError, Task};
use crate::search::model::{Job, MACHINES_MAX, Machine, Model, OPERATIONS_MAX, Operation, PRECEDENCES_MAX, Parts};

/// Reads a flexible job shop with any precedence graph.
///
/// # Errors
/// Where the text is not of the format or the model exceeds a limit.
pub fn read(text: &str) -> Result<Task, ReadError> {
    let mut tokens = Tokens::of(text);
    let operations = tokens.count("number of operations", 1, OPERATIONS_MAX)?;
    let arcs = tokens.count("number of arcs", 0, PRECEDENCES_MAX)?;
    let machines = tokens.count("number of machines", 1, MACHINES_MAX)?;
    let mut parts = Parts { makespan: 1, machines: vec![Machine::default(); machines], ..Parts::default() };
    for _ in 0..arcs {
        // a third number names the job of the arc
        let surplus = tokens.left_on_line() > 2;
        let before = tokens.number("an operation", 0, operations as i64 - 1)? as u32;
        let then = tokens.number("an operation", 0, operations as i64 - 1)? as u32;
        if surplus {
            tokens.skip();
        }
        parts.precedences.push((before, then));
    }
    let jobs = components(operations, &parts.precedences);
    parts.jobs = vec![Job::default(); jobs.iter().max().map_or(0, |j| *j as usize + 1)];
    for job in jobs {
        let modes = modes(&mut tokens, machines, 0)?;
        parts.operations.push(Operation { job, modes, ..Operation::default() });
    }
    tokens.end()?;
    Ok(Task { model: Model::new(parts)?, ticks: 1, scale: 1.0 })
}

/// The component of each operation, counted from 0 in order of appearance.
fn components(count: usize, arcs: &[(u32, u32)]) -> Vec<u32> {
    fn root(of: &mut [u32], mut at: u32) -> u32 {
        while of[at as usize] != at {
            of[at as usize] = of[of[at as usize] as usize];
            at = of[at as usize];
        }
        at
    }
    let mut of: Vec<u32> = (0..count as u32).collect();
    for &(before, then) in arcs {
        let (a, b) = (root(&mut of, before), root(&mut of, then));
        of[a.max(b) as usize] = a.min(b);
    }
    let mut names = vec![u32::MAX; count];
    let mut next = 0;
    let mut jobs = Vec::with_capacity(count);
    for operation in 0..count as u32 {
        let name = &mut names[root(&mut of, operation) as usize];
        if *name == u32::MAX {
            *name = next;
            next += 1;
        }
        jobs.push(*name);
    }
    jobs
}
