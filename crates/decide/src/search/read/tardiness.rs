//! The job shop with due dates in the text format of Mathlouthi's and de Athayde Prata's collection: a line `machines jobs`, `Processing
//! times:` with a row for each job whose column `i` is the time on machine `i`, `Routes of jobs:` with the machines of each job in
//! order, from 1, and `Due dates:` with one for each job.
//!
//! Enters: text. Leaves: a model whose objective is the sum of tardiness. Absent: bounds and names.

use super::jsp::push;
use super::tokens::Tokens;
use super::{ReadError, Task};
use crate::search::model::{HORIZON_MAX, JOBS_MAX, Job, MACHINES_MAX, Machine, Mode, Model, Parts};

/// Reads a job shop with due dates.
///
/// # Errors
/// Where the text is not of the format or the model exceeds a limit.
pub fn read(text: &str) -> Result<Task, ReadError> {
    let mut tokens = Tokens::of(text);
    let machines = tokens.count("number of machines", 1, MACHINES_MAX)?;
    let jobs = tokens.count("number of jobs", 1, JOBS_MAX)?;
    heading(&mut tokens, &["Processing", "times:"])?;
    let lengths = table(&mut tokens, "a duration", [jobs, machines], [0, HORIZON_MAX])?;
    heading(&mut tokens, &["Routes", "of", "jobs:"])?;
    let routes = table(&mut tokens, "a machine", [jobs, machines], [1, machines as i64])?;
    heading(&mut tokens, &["Due", "dates:"])?;
    let due = table(&mut tokens, "a due date", [jobs, 1], [0, HORIZON_MAX])?;
    tokens.end()?;
    let mut parts = Parts { machines: vec![Machine::default(); machines], ..Parts::default() };
    for job in 0..jobs {
        parts.jobs.push(Job { due: Some(due[job]), tardiness: 1, ..Job::default() });
        for place in 0..machines {
            let machine = (routes[job * machines + place] - 1) as usize;
            let mode = Mode { machine: machine as u32, duration: lengths[job * machines + machine] };
            push(&mut parts, job, vec![mode], place == 0);
        }
    }
    Ok(Task { model: Model::new(parts)?, ticks: 1, scale: 1.0 })
}

fn heading(tokens: &mut Tokens<'_>, words: &[&str]) -> Result<(), ReadError> {
    for word in words {
        match tokens.peek() {
            Some(found) if found.eq_ignore_ascii_case(word) => tokens.skip(),
            found => {
                let found =
                    found.map_or_else(|| "the end".to_owned(), |f| format!("`{}`", f.chars().take(40).collect::<String>()));
                return Err(tokens.error(found, format!("the heading `{}`", words.join(" "))));
            }
        }
    }
    Ok(())
}

fn table(tokens: &mut Tokens<'_>, what: &str, sides: [usize; 2], bounds: [i64; 2]) -> Result<Vec<i64>, ReadError> {
    let mut numbers = Vec::new();
    for _ in 0..sides[0].saturating_mul(sides[1]) {
        numbers.push(tokens.number(what, bounds[0], bounds[1])?);
    }
    Ok(numbers)
}
