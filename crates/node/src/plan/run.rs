//! Searches of several seeds side by side, each with a CPU budget of its thread.
//!
//! Enters: a model, budgets. Leaves: the best objective at each budget and the best plan, proven. Absent: files.

use crate::cli::Failure;
use decide::search::model::Model;
use decide::search::plan::Plan;
use decide::search::{Certified, Search};
use std::time::Instant;

/// How long one call of the search aims to take [s]; the clock is looked at after it.
const LOOK_S: f64 = 0.002;

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// CPU seconds of each thread, ascending.
    pub cpu_s: &'a [f64],
    /// Threads.
    pub threads: usize,
    /// Seed of the first thread; the others follow.
    pub seed: u64,
    /// Where to begin, if there is a plan.
    pub from: Option<&'a Plan>,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Best objective when each budget was spent.
    pub objectives: Vec<i64>,
    /// The best plan, proven.
    pub best: Certified,
    /// What no plan costs less than.
    pub bound: i64,
    /// Until the first plan was there and proven [s].
    pub first_s: f64,
    /// Moves evaluated by all threads.
    pub evaluated: u64,
    /// CPU of all threads [s].
    pub cpu_s: f64,
}

struct One {
    objectives: Vec<i64>,
    best: Certified,
    bound: i64,
    first_s: f64,
    evaluated: u64,
    cpu_s: f64,
}

/// Searches until the budgets are spent or a plan is proven the best.
///
/// # Errors
/// The check refused a plan, or the thread's CPU time cannot be read.
pub fn search(model: &Model, wanted: Wanted<'_>) -> Result<Found, Failure> {
    let seeds = (0..wanted.threads.max(1) as u64).map(|n| wanted.seed.wrapping_add(n));
    let ones: Vec<One> = std::thread::scope(|scope| {
        let handles: Vec<_> = seeds.map(|seed| scope.spawn(move || one(model, wanted, seed))).collect();
        // a panic in a search is a bug; it is passed on
        handles.into_iter().map(|h| h.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect::<Result<_, _>>()
    })?;
    let objectives =
        (0..wanted.cpu_s.len()).map(|stage| ones.iter().map(|o| o.objectives[stage]).min().unwrap_or(i64::MAX)).collect();
    let (evaluated, cpu_s) = (ones.iter().map(|o| o.evaluated).sum(), ones.iter().map(|o| o.cpu_s).sum());
    let first_s = ones.iter().map(|o| o.first_s).fold(f64::INFINITY, f64::min);
    // of equal ones the first seed's, so that it does not depend on who ended first
    let best = ones.into_iter().min_by_key(|o| o.best.certificate.objective());
    let best = best.ok_or_else(|| Failure::new("no search was started"))?;
    Ok(Found { objectives, bound: best.bound, best: best.best, first_s, evaluated, cpu_s })
}

fn one(model: &Model, wanted: Wanted<'_>, seed: u64) -> Result<One, Failure> {
    let (began, cpu) = (Instant::now(), thread_s()?);
    let mut search = wanted.from.map_or_else(|| Search::new(model, seed), |plan| Search::resume(model, seed, plan));
    proven(&search)?;
    let first_s = began.elapsed().as_secs_f64();
    let mut objectives = Vec::with_capacity(wanted.cpu_s.len());
    let mut steps = 1;
    for budget in wanted.cpu_s {
        while thread_s()? - cpu < *budget && !search.is_optimal() {
            let look = Instant::now();
            search.step(steps);
            let spent = look.elapsed().as_secs_f64();
            steps = if spent < LOOK_S { steps * 2 } else { (steps / 2).max(1) };
        }
        objectives.push(search.objective());
    }
    let best = proven(&search)?;
    Ok(One { objectives, best, bound: search.bound(), first_s, evaluated: search.evaluated(), cpu_s: thread_s()? - cpu })
}

fn proven(search: &Search<'_>) -> Result<Certified, Failure> {
    search.best().map_err(|violation| Failure::new(format!("the check refuses the plan: {violation}")))
}

/// CPU time of this thread so far [s].
fn thread_s() -> Result<f64, Failure> {
    const PATH: &str = "/proc/thread-self/schedstat";
    let text = std::fs::read_to_string(PATH).map_err(|e| Failure::new(format!("{PATH}: {e}")))?;
    let nanos = text.split_whitespace().next().and_then(|word| word.parse::<f64>().ok());
    nanos.map(|n| n / 1e9).ok_or_else(|| Failure::new(format!("{PATH}: `{}` begins with no number", text.trim())))
}
