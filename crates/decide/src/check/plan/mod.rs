//! The independent check of plans: feasibility and objective are recomputed from the model and the plan alone. It shares no code
//! with the search; set-ups, calendars, precedences, resources and batches are read anew.
//!
//! Enters: a model and a plan. Leaves: a [`PlanCertificate`] with the objective and the rules that held, or the first rule that did
//! not, with place, what was found and what is allowed. Absent: how the plan was found, whether it is the best.

mod objective;
mod shared;
mod together;

use crate::check::Violation;
use crate::search::model::{Mode, Model, Point, Time};
use crate::search::plan::Plan;
use std::collections::{HashMap, HashSet};

/// What was proven of a plan. It is made here only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanCertificate {
    levels: Vec<i64>,
    makespan: Time,
    tardiness: i64,
    earliness: i64,
    flow: i64,
    deviation: i64,
    left_out: i64,
    resources: i64,
    tardiest: Time,
    set_up: Time,
}

impl PlanCertificate {
    /// The objective of the model, where it has levels the first; less is better.
    pub fn objective(&self) -> i64 {
        self.levels.first().copied().unwrap_or(0)
    }
    /// The objective of the model, level by level.
    pub fn levels(&self) -> &[i64] {
        &self.levels
    }
    /// When the last operation is complete [ticks].
    pub const fn makespan(&self) -> Time {
        self.makespan
    }
    /// Penalties for late jobs, by the tick and for being late at all.
    pub const fn tardiness(&self) -> i64 {
        self.tardiness
    }
    /// Penalties for early jobs.
    pub const fn earliness(&self) -> i64 {
        self.earliness
    }
    /// Penalties for the time from first start to completion.
    pub const fn flow(&self) -> i64 {
        self.flow
    }
    /// Penalties for deviating from what was published.
    pub const fn deviation(&self) -> i64 {
        self.deviation
    }
    /// By how much the latest of all jobs is late [ticks].
    pub const fn tardiest(&self) -> Time {
        self.tardiest
    }
    /// All set-ups together [ticks].
    pub const fn set_up(&self) -> Time {
        self.set_up
    }
    /// Penalties for operations left out.
    pub const fn left_out(&self) -> i64 {
        self.left_out
    }
    /// What the resources in use cost.
    pub const fn resources(&self) -> i64 {
        self.resources
    }
    /// The rules that held.
    pub fn rules() -> impl Iterator<Item = &'static str> {
        RULES.iter().map(|(name, _)| *name)
    }
}

type Rule = fn(&Model, &Plan) -> Result<(), Violation>;

/// All rules in the order they are asked; a rule may rely on the ones before it.
pub const RULES: &[(&str, Rule)] = &[
    ("plan_complete", plan_complete),
    ("mode_exists", mode_exists),
    ("released", released),
    ("precedence_kept", precedence_kept),
    ("lots_passed", shared::lots_passed),
    ("lag_kept", together::lag_kept),
    ("one_at_a_time", one_at_a_time),
    ("machine_open", machine_open),
    ("blocking_kept", blocking_kept),
    ("no_idle", together::no_idle),
    ("sequence_kept", together::sequence_kept),
    ("choice_kept", together::choice_kept),
    ("batch_fits", shared::batch_fits),
    ("resource_within", shared::resource_within),
    ("resource_set_up", together::resource_set_up),
    ("wait_kept", wait_kept),
    ("latest_kept", latest_kept),
    ("deadline_kept", deadline_kept),
];

/// Proves a plan feasible and tells its objective.
///
/// # Errors
/// The first rule that does not hold.
pub fn certify(model: &Model, plan: &Plan) -> Result<PlanCertificate, Violation> {
    for (_, rule) in RULES {
        rule(model, plan)?;
    }
    Ok(objective::valued(model, plan))
}

fn broken(rule: &'static str, found: String, allowed: String) -> Violation {
    Violation { rule, found, allowed }
}

fn plan_complete(model: &Model, plan: &Plan) -> Result<(), Violation> {
    let (found, wanted) = (plan.operations.len(), model.operations.len());
    if found == wanted {
        return Ok(());
    }
    Err(broken("plan_complete", format!("{found} operations"), format!("{wanted}")))
}

fn mode_exists(model: &Model, plan: &Plan) -> Result<(), Violation> {
    for (number, (assigned, operation)) in plan.operations.iter().zip(&model.operations).enumerate() {
        let modes = operation.modes.len() + usize::from(operation.optional.is_some());
        if assigned.mode as usize >= modes {
            let found = format!("operation {number} in mode {}", assigned.mode);
            return Err(broken("mode_exists", found, format!("a mode below {modes}")));
        }
    }
    Ok(())
}

/// The mode of an operation; none where it is left out.
fn mode<'m>(model: &'m Model, plan: &Plan, operation: usize) -> Option<&'m Mode> {
    model.operations[operation].modes.get(plan.operations[operation].mode as usize)
}

fn end(model: &Model, plan: &Plan, operation: usize) -> Time {
    worked(model, plan, operation).last().map_or(plan.operations[operation].start, |piece| piece.1)
}

/// When an operation starts or is complete.
fn instant(model: &Model, plan: &Plan, operation: usize, point: Point) -> Time {
    match point {
        Point::Start => plan.operations[operation].start,
        Point::End => end(model, plan, operation),
    }
}

/// From when to when an operation works: at once, or with rests while its machine is closed where it may be resumed.
fn worked(model: &Model, plan: &Plan, operation: usize) -> Vec<(Time, Time)> {
    let start = plan.operations[operation].start;
    let Some(mode) = mode(model, plan, operation).filter(|m| m.duration > 0) else { return Vec::new() };
    if !model.operations[operation].is_resumable {
        return vec![(start, start.saturating_add(mode.duration))];
    }
    let (mut pieces, mut now, mut left) = (Vec::new(), start, mode.duration);
    let closed = &model.machines[mode.machine as usize].closed;
    for &(from, to) in &closed[closed.partition_point(|c| c.1 <= start)..] {
        let piece = (from - now).clamp(0, left);
        if piece > 0 {
            pieces.push((now, now + piece));
            left -= piece;
        }
        now = now.max(to);
        if left == 0 {
            return pieces;
        }
    }
    pieces.push((now, now.saturating_add(left)));
    pieces
}

/// When each job is complete; none where all of it is left out.
fn completions(model: &Model, plan: &Plan) -> Vec<Option<Time>> {
    let mut complete = vec![None; model.jobs.len()];
    for (number, operation) in model.operations.iter().enumerate() {
        if mode(model, plan, number).is_some() {
            let own = &mut complete[operation.job as usize];
            *own = (*own).max(Some(end(model, plan, number)));
        }
    }
    complete
}

fn released(model: &Model, plan: &Plan) -> Result<(), Violation> {
    for (number, assigned) in plan.operations.iter().enumerate() {
        let operation = &model.operations[number];
        let release = operation.earliest.max(model.jobs[operation.job as usize].release);
        if assigned.start < release && mode(model, plan, number).is_some() {
            let found = format!("operation {number} starts at {}", assigned.start);
            return Err(broken("released", found, format!("{release} or later")));
        }
    }
    Ok(())
}

/// What comes after an operation left out waits for what comes before it.
fn precedence_kept(model: &Model, plan: &Plan) -> Result<(), Violation> {
    let mut before: Vec<Vec<u32>> = vec![Vec::new(); model.operations.len()];
    // other kinds: `lag_kept`
    let lagging: HashSet<(u32, u32)> = model.lags.iter().map(|l| (l.before, l.then)).collect();
    for &(first, then) in model.precedences.iter().filter(|pair| !lagging.contains(pair)) {
        before[then as usize].push(first);
    }
    // when each is complete, and which operation that is
    let mut complete: Vec<(Time, u32)> = vec![(Time::MIN, 0); model.operations.len()];
    for &operation in model.order() {
        let at = operation as usize;
        // what is passed on in sub-lots: `lots_passed`
        let is_whole = |b: &&u32| !shared::passes_on(model, plan, **b as usize, at);
        let last = before[at].iter().filter(is_whole).map(|b| complete[*b as usize]).max().unwrap_or((Time::MIN, operation));
        if mode(model, plan, at).is_none() {
            complete[at] = last;
            continue;
        }
        let start = plan.operations[at].start;
        if start < last.0 {
            let found = format!("operation {operation} starts at {start}");
            return Err(broken("precedence_kept", found, format!("{} or later, when operation {} is complete", last.0, last.1)));
        }
        complete[at] = (end(model, plan, at), operation);
    }
    Ok(())
}

/// The operations of each machine by start; those of no length come before what starts at the same instant.
fn by_machine(model: &Model, plan: &Plan) -> Vec<Vec<usize>> {
    let mut machines = vec![Vec::new(); model.machines.len()];
    for operation in 0..plan.operations.len() {
        if let Some(mode) = mode(model, plan, operation) {
            machines[mode.machine as usize].push(operation);
        }
    }
    for list in &mut machines {
        list.sort_by_cached_key(|o| (plan.operations[*o].start, end(model, plan, *o)));
    }
    machines
}

/// The set-up on a machine from one operation, or from the beginning, to another.
fn set_up(model: &Model, machine: usize, from: Option<usize>, to: usize) -> Time {
    let family = |o: usize| model.families[o] as usize;
    match (&model.machines[machine].set_ups, from) {
        (None, _) => 0,
        (Some(s), None) => s.initial[family(to)],
        (Some(s), Some(from)) => s.between[family(from) * model.families_count + family(to)],
    }
}

fn one_at_a_time(model: &Model, plan: &Plan) -> Result<(), Violation> {
    for (number, list) in by_machine(model, plan).iter().enumerate() {
        let machine = &model.machines[number];
        let mut last: Option<usize> = None;
        for &operation in list {
            let is_same_start = |o: usize| plan.operations[o].start == plan.operations[operation].start;
            if machine.batch.is_some() && last.is_some_and(is_same_start) {
                // of one batch: `batch_fits`
                continue;
            }
            let set_up = set_up(model, number, last, operation);
            let free = last.map_or(machine.available, |o| end(model, plan, o));
            let start = plan.operations[operation].start;
            if start < free + set_up {
                let found = format!("operation {operation} starts at {start} on machine {number}");
                let allowed = format!("{} or later: the machine is free at {free} and set up for {set_up}", free + set_up);
                return Err(broken("one_at_a_time", found, allowed));
            }
            last = Some(operation);
        }
    }
    Ok(())
}

/// What blocks has left its machine before the next is set up for there.
fn blocking_kept(model: &Model, plan: &Plan) -> Result<(), Violation> {
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); model.operations.len()];
    for &(before, then) in model.precedences.iter().filter(|p| model.operations[p.0 as usize].is_blocking) {
        after[before as usize].push(then as usize);
    }
    for (number, list) in by_machine(model, plan).iter().enumerate() {
        for pair in list.windows(2).filter(|pair| model.operations[pair[0]].is_blocking) {
            let (blocking, next) = (pair[0], pair[1]);
            let start = |o: usize| plan.operations[o].start;
            // the next may be what it waits for: the work stays where it is
            let last = after[blocking].iter().copied().filter(|a| *a != next).max_by_key(|a| start(*a));
            let Some(last) = last else { continue };
            let free = start(last).saturating_add(set_up(model, number, Some(blocking), next));
            if start(next) < free {
                let found = format!("operation {next} starts at {} on machine {number}", start(next));
                let allowed = format!("{free} or later: operation {blocking} stays there until operation {last} starts");
                return Err(broken("blocking_kept", found, allowed));
            }
        }
    }
    Ok(())
}

fn machine_open(model: &Model, plan: &Plan) -> Result<(), Violation> {
    for (number, assigned) in plan.operations.iter().enumerate() {
        let Some(place) = mode(model, plan, number).map(|m| m.machine as usize) else { continue };
        let (start, complete) = (assigned.start, end(model, plan, number));
        let until = if model.operations[number].is_resumable { complete.min(start + 1) } else { complete };
        let hit = model.machines[place].closed.iter().find(|(from, to)| start < *to && *from < until);
        if let Some((from, to)) = hit {
            let found = format!("operation {number} from {start} to {complete} on machine {place}");
            return Err(broken("machine_open", found, format!("nothing between {from} and {to}, when the machine is closed")));
        }
    }
    Ok(())
}

fn wait_kept(model: &Model, plan: &Plan) -> Result<(), Violation> {
    let lags: HashMap<(u32, u32), (Point, Point)> = model.lags.iter().map(|l| ((l.before, l.then), (l.from, l.to))).collect();
    for wait in &model.waits {
        let (before, then) = (wait.before as usize, wait.then as usize);
        let are_in = mode(model, plan, before).is_some() && mode(model, plan, then).is_some();
        let lag = lags.get(&(wait.before, wait.then));
        let (from, to) = lag.copied().unwrap_or((Point::End, Point::Start));
        let (first, second) = (instant(model, plan, before, from), instant(model, plan, then, to));
        if are_in && second.saturating_sub(first) > wait.most {
            let found = format!("the {to} of operation {then} at {second}, the {from} of operation {before} at {first}");
            return Err(broken("wait_kept", found, format!("a wait of {} at most", wait.most)));
        }
    }
    Ok(())
}

fn latest_kept(model: &Model, plan: &Plan) -> Result<(), Violation> {
    for (number, operation) in model.operations.iter().enumerate() {
        let start = plan.operations[number].start;
        if let Some(latest) = operation.latest.filter(|latest| start > *latest && mode(model, plan, number).is_some()) {
            return Err(broken("latest_kept", format!("operation {number} starts at {start}"), format!("{latest} or earlier")));
        }
    }
    Ok(())
}

fn deadline_kept(model: &Model, plan: &Plan) -> Result<(), Violation> {
    for (number, complete) in completions(model, plan).into_iter().enumerate() {
        let late = model.jobs[number].deadline.zip(complete).filter(|(deadline, complete)| complete > deadline);
        if let Some((deadline, complete)) = late {
            return Err(broken(
                "deadline_kept",
                format!("job {number} is complete at {complete}"),
                format!("{deadline} or earlier"),
            ));
        }
    }
    Ok(())
}
