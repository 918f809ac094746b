//! What a model must keep: indices, ranges, sums within 64 bits, no cycle.
//!
//! Enters: parts. Leaves: the topological order, the horizon, or the first place that is wrong. Absent: what the parts mean.

use super::{
    CLOSED_MAX, HORIZON_MAX, JOBS_MAX, Linked, MACHINES_MAX, MODES_MAX, ModelError, OPERATIONS_MAX, Operation, PENALTY_MAX,
    PRECEDENCES_MAX, Parts, RESOURCES_MAX, SET_UPS_MAX, STEPS_MAX, SetUps, Time, USES_MAX, within,
};
use std::collections::{HashMap, HashSet};

/// All but cycles and the horizon.
pub(super) fn checked(parts: &Parts) -> Result<(), ModelError> {
    super::objective::checked(&parts.levels)?;
    sizes(parts)?;
    operations(parts)?;
    jobs(parts)?;
    machines(parts)?;
    resources(parts)?;
    for &(before, then) in &parts.precedences {
        for end in [before, then] {
            within(|| format!("precedence {before} before {then}"), i64::from(end), 0, parts.operations.len() as i64 - 1)?;
        }
    }
    super::link::checked(parts)?;
    super::beyond::waits(parts)?;
    blocking(parts)?;
    super::beyond::checked(parts)?;
    super::choice::checked(parts)
}

fn count(what: &str, found: usize, low: usize, high: usize) -> Result<(), ModelError> {
    if (low..=high).contains(&found) {
        return Ok(());
    }
    Err(ModelError::at(format!("number of {what}"), found.to_string(), format!("{low} to {high}")))
}

fn sizes(parts: &Parts) -> Result<(), ModelError> {
    count("operations", parts.operations.len(), 1, OPERATIONS_MAX)?;
    count("jobs", parts.jobs.len(), 1, JOBS_MAX)?;
    count("machines", parts.machines.len(), 1, MACHINES_MAX)?;
    count("modes", parts.operations.iter().map(|o| o.modes.len()).sum(), 1, MODES_MAX)?;
    count("precedences", parts.precedences.len(), 0, PRECEDENCES_MAX)?;
    count("closed intervals", parts.machines.iter().map(|m| m.closed.len()).sum(), 0, CLOSED_MAX)?;
    let with_set_ups = set_ups(parts).count();
    if with_set_ups > 0 || !parts.families.is_empty() {
        count("set-up families of operations", parts.families.len(), parts.operations.len(), parts.operations.len())?;
        count("families", parts.families_count, 1, OPERATIONS_MAX)?;
    }
    if !parts.sizes.is_empty() {
        count("sizes of operations", parts.sizes.len(), parts.operations.len(), parts.operations.len())?;
    }
    count("resources", parts.resources.len(), 0, RESOURCES_MAX)?;
    count("uses of resources", parts.uses.len(), 0, USES_MAX)?;
    count("steps of capacity and price", parts.resources.iter().map(|r| r.steps.len() + r.prices.len()).sum(), 0, STEPS_MAX)?;
    count("lags", parts.lags.len(), 0, PRECEDENCES_MAX)?;
    count("limited waits", parts.waits.len(), 0, PRECEDENCES_MAX)?;
    let entries = parts.families_count.saturating_mul(parts.families_count + 1).saturating_mul(with_set_ups);
    count("set-ups", entries, 0, SET_UPS_MAX)
}

/// All set-up matrices, of machines and of resources.
fn set_ups(parts: &Parts) -> impl Iterator<Item = &SetUps> {
    parts.machines.iter().filter_map(|m| m.set_ups.as_ref()).chain(parts.resources.iter().filter_map(|r| r.set_ups.as_ref()))
}

fn operations(parts: &Parts) -> Result<(), ModelError> {
    for (number, operation) in parts.operations.iter().enumerate() {
        let job = i64::from(operation.job);
        within(|| format!("job of operation {number}"), job, 0, parts.jobs.len() as i64 - 1)?;
        within(|| format!("earliest start of operation {number}"), operation.earliest, 0, HORIZON_MAX)?;
        within(|| format!("latest start of operation {number}"), operation.latest.unwrap_or(0), 0, HORIZON_MAX)?;
        if let Some(published) = operation.published {
            let machine = i64::from(published.machine);
            within(|| format!("published machine of operation {number}"), machine, 0, parts.machines.len() as i64 - 1)?;
            within(|| format!("published start of operation {number}"), published.start, 0, HORIZON_MAX)?;
        }
        super::lot::checked(number, operation)?;
        if operation.modes.is_empty() {
            return Err(ModelError::at(format!("modes of operation {number}"), "none", "at least one"));
        }
        for mode in &operation.modes {
            let machine = i64::from(mode.machine);
            within(|| format!("machine of operation {number}"), machine, 0, parts.machines.len() as i64 - 1)?;
            // Two operations of no length at one instant would leave their order, and so their set-up or batch, open.
            let on = &parts.machines[mode.machine as usize];
            let least = i64::from(on.set_ups.is_some() || on.batch.is_some() || operation.is_blocking);
            within(|| format!("duration of operation {number}"), mode.duration, least, HORIZON_MAX)?;
        }
    }
    for (number, size) in parts.sizes.iter().enumerate() {
        let batches = parts.operations[number].modes.iter().filter_map(|m| parts.machines[m.machine as usize].batch);
        within(|| format!("size of operation {number}"), *size, 1, batches.min().unwrap_or(HORIZON_MAX))?;
    }
    for (number, family) in parts.families.iter().enumerate() {
        within(|| format!("family of operation {number}"), i64::from(*family), 0, parts.families_count as i64 - 1)?;
    }
    Ok(())
}

fn jobs(parts: &Parts) -> Result<(), ModelError> {
    let mut penalties = 0_i64;
    for (word, penalty) in
        [("the makespan", parts.makespan), ("the largest tardiness", parts.tardiest), ("set-ups", parts.set_up)]
    {
        within(|| format!("penalty of {word}"), penalty, 0, PENALTY_MAX)?;
        penalties += penalty;
    }
    // all set-ups may go on at once
    let places = parts.machines.len() + parts.resources.iter().filter(|r| r.set_ups.is_some()).count();
    penalties = penalties.saturating_add(parts.set_up.saturating_mul(places as i64));
    for (number, job) in parts.jobs.iter().enumerate() {
        within(|| format!("release of job {number}"), job.release, 0, HORIZON_MAX)?;
        within(|| format!("due date of job {number}"), job.due.unwrap_or(0), -HORIZON_MAX, HORIZON_MAX)?;
        within(|| format!("deadline of job {number}"), job.deadline.unwrap_or(0), 0, HORIZON_MAX)?;
        for (word, penalty) in
            [("tardiness", job.tardiness), ("lateness", job.late), ("earliness", job.earliness), ("flow", job.flow)]
        {
            within(|| format!("{word} penalty of job {number}"), penalty, 0, PENALTY_MAX)?;
            penalties += penalty;
        }
    }
    let published = parts.operations.iter().filter(|o| o.published.is_some()).count() as i64;
    for (word, penalty) in [("tick", parts.stability.tick), ("machine", parts.stability.machine)] {
        within(|| format!("stability penalty for a {word}"), penalty, 0, PENALTY_MAX)?;
        penalties = penalties.saturating_add(penalty.saturating_mul(published));
    }
    for (number, operation) in parts.operations.iter().enumerate() {
        let penalty = operation.optional.unwrap_or(0);
        within(|| format!("penalty for leaving operation {number} out"), penalty, 0, PENALTY_MAX)?;
        penalties = penalties.saturating_add(penalty);
    }
    for of in &parts.uses {
        let dearest = parts.resources.get(of.resource as usize).and_then(|r| r.prices.iter().map(|p| p.1).max());
        penalties = penalties.saturating_add(of.amount.saturating_mul(dearest.unwrap_or(0)).max(0));
    }
    for idle in parts.machines.iter().filter_map(|m| m.idle) {
        let dearest = parts.resources.get(idle.resource as usize).and_then(|r| r.prices.iter().map(|p| p.1).max());
        penalties = penalties.saturating_add(idle.amount.saturating_mul(dearest.unwrap_or(0)).max(0));
    }
    within(|| "sum of all penalties a tick".to_owned(), penalties, 0, PENALTY_MAX)
}

/// Resources and who uses how much of them.
fn resources(parts: &Parts) -> Result<(), ModelError> {
    for (number, resource) in parts.resources.iter().enumerate() {
        within(|| format!("capacity of resource {number}"), resource.capacity, 0, HORIZON_MAX)?;
        within(|| format!("resource {number} available from"), resource.available, 0, HORIZON_MAX)?;
        for (word, steps) in [("capacity", &resource.steps), ("price", &resource.prices)] {
            let mut after = 0;
            for &(from, to) in steps {
                within(|| format!("{word} step of resource {number} from"), from, after, HORIZON_MAX)?;
                within(|| format!("{word} of resource {number} from {from}"), to, 0, HORIZON_MAX)?;
                after = from + 1;
            }
        }
    }
    let mut known = HashSet::new();
    if let Some(of) = parts.uses.iter().find(|u| !known.insert((u.operation, u.mode, u.resource))) {
        let place = format!("uses of operation {} in mode {}", of.operation, of.mode);
        return Err(ModelError::at(place, format!("resource {} twice", of.resource), "each once"));
    }
    stocks(parts)?;
    for (number, of) in parts.uses.iter().enumerate() {
        within(|| format!("operation of use {number}"), i64::from(of.operation), 0, parts.operations.len() as i64 - 1)?;
        let modes = parts.operations[of.operation as usize].modes.len();
        within(|| format!("mode of use {number}"), i64::from(of.mode), 0, modes as i64 - 1)?;
        within(|| format!("resource of use {number}"), i64::from(of.resource), 0, parts.resources.len() as i64 - 1)?;
        let resource = &parts.resources[of.resource as usize];
        // so that every operation can run some day
        let last = resource.steps.last().map_or(resource.capacity, |s| s.1);
        within(|| format!("amount of resource {} for operation {}", of.resource, of.operation), of.amount, 1, last)?;
    }
    Ok(())
}

/// All that could be used of a stock is there some day.
fn stocks(parts: &Parts) -> Result<(), ModelError> {
    for (number, stock) in parts.resources.iter().enumerate().filter(|(_, r)| r.is_stock) {
        let mut most = HashMap::new();
        for of in parts.uses.iter().filter(|u| u.resource as usize == number) {
            let by_mode = most.entry((of.operation, of.mode)).or_insert(0_i64);
            *by_mode = by_mode.saturating_add(of.amount);
        }
        let mut of_operation = HashMap::new();
        for ((operation, _), amount) in most {
            let own = of_operation.entry(operation).or_insert(0_i64);
            *own = amount.max(*own);
        }
        let all = of_operation.into_values().fold(0, i64::saturating_add);
        let last = stock.steps.last().map_or(stock.capacity, |s| s.1);
        within(|| format!("all that may be used of stock {number}"), all, 0, last)?;
    }
    Ok(())
}

/// What blocks stands alone on its machine, and what it waits for is done in any case.
fn blocking(parts: &Parts) -> Result<(), ModelError> {
    let place = |operation: usize| format!("blocking of operation {operation}");
    for (number, operation) in parts.operations.iter().enumerate().filter(|(_, o)| o.is_blocking) {
        if let Some(mode) = operation.modes.iter().find(|m| parts.machines[m.machine as usize].batch.is_some()) {
            let found = format!("machine {}, which works on batches", mode.machine);
            return Err(ModelError::at(place(number), found, "machines that work on one operation at a time"));
        }
    }
    let is_faulty = |(before, then): &&(u32, u32)| {
        parts.operations[*before as usize].is_blocking && parts.operations[*then as usize].optional.is_some()
    };
    match parts.precedences.iter().find(is_faulty) {
        Some((before, then)) => {
            let found = format!("operation {then} after it, which may be left out");
            Err(ModelError::at(place(*before as usize), found, "only what is done in any case"))
        }
        None => Ok(()),
    }
}

fn machines(parts: &Parts) -> Result<(), ModelError> {
    for (number, machine) in parts.machines.iter().enumerate() {
        within(|| format!("machine {number} available from"), machine.available, 0, HORIZON_MAX)?;
        let mut open = 0;
        for &(from, to) in &machine.closed {
            within(|| format!("closed interval of machine {number} from"), from, open, HORIZON_MAX)?;
            within(|| format!("closed interval of machine {number} to"), to, from + 1, HORIZON_MAX)?;
            open = to + 1;
        }
        if let Some(capacity) = machine.batch {
            within(|| format!("batch of machine {number}"), capacity, 1, HORIZON_MAX)?;
        }
        let Some(set_ups) = &machine.set_ups else { continue };
        super::beyond::matrix(&format!("machine {number}"), set_ups, parts.families_count)?;
    }
    Ok(())
}

/// Kahn's ordering; ties by operation number.
pub(in crate::search) fn topological(count: usize, links: &[Linked]) -> Result<Vec<u32>, ModelError> {
    let mut waits = vec![0_u32; count];
    let mut after: Vec<Vec<u32>> = vec![Vec::new(); count];
    for &(before, then, _) in links {
        after[before as usize].push(then);
        waits[then as usize] += 1;
    }
    let mut order: Vec<u32> = (0..count as u32).filter(|o| waits[*o as usize] == 0).collect();
    let mut next = 0;
    while next < order.len() {
        for then in std::mem::take(&mut after[order[next] as usize]) {
            waits[then as usize] -= 1;
            if waits[then as usize] == 0 {
                order.push(then);
            }
        }
        next += 1;
    }
    match waits.iter().position(|w| *w > 0) {
        Some(operation) => Err(ModelError::at(format!("precedences of operation {operation}"), "a cycle", "no cycle")),
        None => Ok(order),
    }
}

/// Everything one after another, after the last release and everything else that it might have to wait for.
pub(super) fn horizon(parts: &Parts) -> Result<Time, ModelError> {
    let releases = parts.jobs.iter().map(|j| j.release).chain(parts.operations.iter().map(|o| o.earliest));
    let closed = parts.machines.iter().map(|m| m.closed.last().map_or(m.available, |c| c.1.max(m.available)));
    let available = parts.resources.iter().map(|r| r.available);
    let steps = parts.resources.iter().flat_map(|r| r.steps.last().into_iter().chain(r.prices.last())).map(|s| s.0);
    // starting later than needed may be cheaper
    let dues = parts.jobs.iter().filter(|j| j.earliness > 0).filter_map(|j| j.due);
    let published = parts.operations.iter().filter_map(|o| o.published.map(|p| p.start));
    let begin = releases.chain(closed).chain(available).chain(steps).chain(dues).chain(published).max().unwrap_or(0);
    let works: Time = parts.operations.iter().map(Operation::longest).fold(0, Time::saturating_add);
    let longest_set_up = set_ups(parts).flat_map(|s| s.between.iter().chain(&s.initial)).copied().max().unwrap_or(0);
    let lags: Time = parts.lags.iter().map(|l| l.least.max(0)).fold(0, Time::saturating_add);
    let horizon = longest_set_up
        .saturating_mul(parts.operations.len() as Time)
        .saturating_add(works)
        .saturating_add(lags)
        .saturating_add(begin);
    within(|| "everything one after another (releases, durations, set-ups)".to_owned(), horizon, 0, HORIZON_MAX)?;
    Ok(horizon)
}
