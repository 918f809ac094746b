//! The independent check of plans: feasibility and objective are recomputed from the model and the plan alone. It shares no code
//! with the search; set-ups, calendars and precedences are read anew.
//!
//! Enters: a model and a plan. Leaves: a [`PlanCertificate`] with the objective and the rules that held, or the first rule that did
//! not, with place, what was found and what is allowed. Absent: how the plan was found, whether it is the best.

use crate::check::Violation;
use crate::search::model::{Model, Time};
use crate::search::plan::Plan;

/// What was proven of a plan. It is made here only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanCertificate {
    objective: i64,
    makespan: Time,
    tardiness: i64,
    earliness: i64,
    flow: i64,
    deviation: i64,
}

impl PlanCertificate {
    /// The objective of the model; less is better.
    pub const fn objective(&self) -> i64 {
        self.objective
    }
    /// When the last operation is complete [ticks].
    pub const fn makespan(&self) -> Time {
        self.makespan
    }
    /// Penalties for late jobs.
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
    ("one_at_a_time", one_at_a_time),
    ("machine_open", machine_open),
];

/// Proves a plan feasible and tells its objective.
///
/// # Errors
/// The first rule that does not hold.
pub fn certify(model: &Model, plan: &Plan) -> Result<PlanCertificate, Violation> {
    for (_, rule) in RULES {
        rule(model, plan)?;
    }
    Ok(valued(model, plan))
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
        if assigned.mode as usize >= operation.modes.len() {
            let found = format!("operation {number} in mode {}", assigned.mode);
            return Err(broken("mode_exists", found, format!("a mode below {}", operation.modes.len())));
        }
    }
    Ok(())
}

fn machine(model: &Model, plan: &Plan, operation: usize) -> usize {
    model.operations[operation].modes[plan.operations[operation].mode as usize].machine as usize
}

fn end(model: &Model, plan: &Plan, operation: usize) -> Time {
    let assigned = plan.operations[operation];
    assigned.start.saturating_add(model.operations[operation].modes[assigned.mode as usize].duration)
}

fn released(model: &Model, plan: &Plan) -> Result<(), Violation> {
    for (number, assigned) in plan.operations.iter().enumerate() {
        let operation = &model.operations[number];
        let release = operation.earliest.max(model.jobs[operation.job as usize].release);
        if assigned.start < release {
            let found = format!("operation {number} starts at {}", assigned.start);
            return Err(broken("released", found, format!("{release} or later")));
        }
    }
    Ok(())
}

fn precedence_kept(model: &Model, plan: &Plan) -> Result<(), Violation> {
    for &(before, then) in &model.precedences {
        let (complete, start) = (end(model, plan, before as usize), plan.operations[then as usize].start);
        if start < complete {
            let found = format!("operation {then} starts at {start}");
            return Err(broken("precedence_kept", found, format!("{complete} or later, when operation {before} is complete")));
        }
    }
    Ok(())
}

/// The operations of each machine by start; those of no length come before what starts at the same instant.
fn by_machine(model: &Model, plan: &Plan) -> Vec<Vec<usize>> {
    let mut machines = vec![Vec::new(); model.machines.len()];
    for operation in 0..plan.operations.len() {
        machines[machine(model, plan, operation)].push(operation);
    }
    for list in &mut machines {
        list.sort_by_key(|o| (plan.operations[*o].start, end(model, plan, *o)));
    }
    machines
}

fn one_at_a_time(model: &Model, plan: &Plan) -> Result<(), Violation> {
    for (number, list) in by_machine(model, plan).iter().enumerate() {
        let machine = &model.machines[number];
        let family = |o: usize| model.families[o] as usize;
        let mut last: Option<usize> = None;
        for &operation in list {
            let set_up = match (&machine.set_ups, last) {
                (None, _) => 0,
                (Some(s), None) => s.initial[family(operation)],
                (Some(s), Some(from)) => s.between[family(from) * model.families_count + family(operation)],
            };
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

fn machine_open(model: &Model, plan: &Plan) -> Result<(), Violation> {
    for (number, assigned) in plan.operations.iter().enumerate() {
        let place = machine(model, plan, number);
        let (start, complete) = (assigned.start, end(model, plan, number));
        let hit = model.machines[place].closed.iter().find(|(from, to)| start < *to && *from < complete);
        if let Some((from, to)) = hit {
            let found = format!("operation {number} from {start} to {complete} on machine {place}");
            return Err(broken("machine_open", found, format!("nothing between {from} and {to}, when the machine is closed")));
        }
    }
    Ok(())
}

/// The objective and its parts. [`Model`] keeps them within 64 bits for starts within its horizon; beyond it they saturate.
fn valued(model: &Model, plan: &Plan) -> PlanCertificate {
    let mut first = vec![Time::MAX; model.jobs.len()];
    let mut complete = vec![Time::MIN; model.jobs.len()];
    for (number, operation) in model.operations.iter().enumerate() {
        let job = operation.job as usize;
        first[job] = first[job].min(plan.operations[number].start);
        complete[job] = complete[job].max(end(model, plan, number));
    }
    let makespan = complete.iter().copied().max().unwrap_or(0).max(0);
    let (mut tardiness, mut earliness, mut flow) = (0_i64, 0_i64, 0_i64);
    for (number, job) in model.jobs.iter().enumerate().filter(|(number, _)| complete[*number] > Time::MIN) {
        let late = job.due.map_or(0, |due| complete[number].saturating_sub(due));
        tardiness = tardiness.saturating_add(job.tardiness.saturating_mul(late.max(0)));
        earliness = earliness.saturating_add(job.earliness.saturating_mul((-late).max(0)));
        flow = flow.saturating_add(job.flow.saturating_mul(complete[number] - first[number]));
    }
    let mut deviation = 0_i64;
    for (number, operation) in model.operations.iter().enumerate() {
        let Some(published) = operation.published else { continue };
        let ticks = (plan.operations[number].start - published.start).abs();
        let elsewhere = i64::from(machine(model, plan, number) != published.machine as usize);
        deviation = deviation.saturating_add(ticks.saturating_mul(model.stability.tick));
        deviation = deviation.saturating_add(elsewhere * model.stability.machine);
    }
    let spans = model.makespan.saturating_mul(makespan);
    let objective = spans.saturating_add(tardiness).saturating_add(earliness).saturating_add(flow).saturating_add(deviation);
    PlanCertificate { objective, makespan, tardiness, earliness, flow, deviation }
}
