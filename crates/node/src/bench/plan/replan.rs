//! `socium bench replan`: how good the repair of a plan is in the blink after a breakdown, beside what a full minute finds.
//!
//! Enters: a folder of instances, their size, budgets. Leaves: a row for each instance, and their mean. Absent: the search.
//!
//! Of each shop a plan is made. After a quarter of it the machine with the most work left breaks down for a tenth of the plan's length; what has
//! begun stays, the rest is planned anew from the running plan. One search is read after both budgets. Quality is the time that the rest takes
//! from the breakdown on: the longer budget's over the shorter one's.

use super::data;
use crate::bench::Row;
use crate::cli::Failure;
use crate::plan::run::{Wanted, search};
use decide::search::model::{Model, Time};
use decide::search::plan::Plan;
use decide::search::replan::{Change, remainder};
use std::path::Path;

/// CPU for the plan before the breakdown [s].
const FIRST_S: f64 = 2.0;

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// Folder of instances with a `bounds.json`.
    pub data: &'a Path,
    /// Least and most operations of an instance.
    pub operations: (usize, usize),
    /// Most instances, spread over all by name.
    pub most: usize,
    /// CPU seconds of the short and of the long budget.
    pub budgets: [f64; 2],
}

/// Measures.
///
/// # Errors
/// The folder cannot be read, no instance has that size, or a plan was refused by the check.
pub fn rows(settings: Settings<'_>) -> Result<Vec<Row>, Failure> {
    let (least, most) = settings.operations;
    let mut shops = Vec::new();
    for instance in data::rows(settings.data, None)?.into_iter().filter(|i| i.problem == "jsp" || i.problem == "fjsp") {
        // a file that is not of its format is a row of `bench plan`
        let Ok(task) = instance.task(settings.data) else { continue };
        if (least..=most).contains(&task.model.operations.len()) {
            shops.push((instance, task));
        }
    }
    if shops.is_empty() {
        return Err(Failure::new(format!("found no job shop of {least} to {most} operations in {}", settings.data.display())));
    }
    shops.sort_by(|a, b| a.0.name.cmp(&b.0.name));
    let step = shops.len().div_ceil(settings.most.max(1));
    let mut rows = Vec::new();
    let mut qualities = Vec::new();
    for (instance, task) in shops.iter().step_by(step) {
        let (quality, context) = repaired(&task.model, settings.budgets)?;
        qualities.push(quality);
        rows.push(Row::new(format!("repair of {}", instance.name), quality, "1").under(context));
    }
    let [short, long] = settings.budgets;
    let count = qualities.len() as f64;
    let context = format!("{count} shops of {least} to {most} operations; quality at {short} s over that at {long} s");
    let mean = qualities.iter().sum::<f64>() / count;
    rows.push(Row::new("re-plan after a breakdown, mean quality", mean, "1").at_least(0.95).aim(1.0).under(&context));
    let good = qualities.iter().filter(|quality| **quality >= 0.95).count() as f64 / count;
    rows.push(Row::new("re-plan after a breakdown, share at 0.95 or better", good, "1").under(context));
    Ok(rows)
}

/// The quality of the short budget's repair, and what it was measured on.
fn repaired(model: &Model, budgets: [f64; 2]) -> Result<(f64, String), Failure> {
    let first = Wanted { cpu_s: &[FIRST_S], iterations: None, threads: 1, seed: 1, from: None };
    let running = search(model, first)?.best;
    let makespan = running.certificate.makespan();
    let now = makespan / 4;
    let broken = busiest(model, &running.plan, now);
    let change = Change { now, frozen_until: now, closed: vec![(broken, now, now + makespan / 10)], ..Change::default() };
    let rest = remainder(model, &running.plan, &change).map_err(|e| Failure::new(e.to_string()))?;
    let wanted = Wanted { cpu_s: &budgets, iterations: None, threads: 1, seed: 1, from: Some(&rest.running) };
    let found = search(&rest.model, wanted)?;
    let took = |stage: usize| (found.objectives[stage] - now).max(1) as f64;
    let context =
        format!("machine {broken} down at {now} of {makespan}; done at {} and {}", found.objectives[0], found.objectives[1]);
    Ok((took(1) / took(0), context))
}

/// The machine with the most work that has not begun at an instant.
fn busiest(model: &Model, plan: &Plan, now: Time) -> u32 {
    let mut left: Vec<Time> = vec![0; model.machines.len()];
    for (assigned, operation) in plan.operations.iter().zip(&model.operations).filter(|(assigned, _)| assigned.start >= now) {
        if let Some(mode) = operation.modes.get(assigned.mode as usize) {
            left[mode.machine as usize] += mode.duration;
        }
    }
    (0..).zip(&left).max_by_key(|(_, work)| **work).map_or(0, |(machine, _)| machine)
}

#[cfg(test)]
mod tests {
    use super::*;
    use decide::search::read::jsp;

    #[test]
    fn a_repair_is_no_worse_than_what_goes_on_and_no_better_than_the_long_search() {
        // five jobs over three machines, each in another order
        let text = "5 3\n0 3 1 4 2 2\n1 5 0 2 2 6\n2 4 1 1 0 5\n0 2 2 3 1 4\n1 3 2 5 0 1\n";
        let shop = jsp::read(text).expect("a job shop");
        let (quality, context) = repaired(&shop.model, [0.01, 0.05]).expect("it is repaired");
        assert!(quality > 0.5 && quality <= 1.0, "{quality}: {context}");
    }
}
