//! The written form of a proven plan.
//!
//! Enters: a plan with its certificate, and the form the problem came in, for the names. Leaves: a [`PlanForm`]. Absent: plans that are not proven.

use super::words::Names;
use super::{CriterionForm, ModelForm};
use crate::plan::run::Found;
use decide::search::model::{Criterion, Model, Time};
use schemars::JsonSchema;
use serde::Serialize;

/// A plan with the proof of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlanForm {
    /// What it costs, where the objective has levels at the first; less is better.
    pub objective: f64,
    /// What no plan costs less than, where the objective has levels at the first.
    pub bound: f64,
    /// The levels of the objective in the order in which they count; empty where it is one sum.
    pub levels: Vec<LevelForm>,
    /// When the last operation is complete.
    pub makespan: f64,
    /// By how much the latest of all jobs is late.
    pub tardiest: f64,
    /// All set-ups together.
    pub set_up: f64,
    /// Penalties for late jobs, by the tick and for being late at all.
    pub tardiness: f64,
    /// Penalties for early jobs.
    pub earliness: f64,
    /// Penalties for the time from first start to completion.
    pub flow: f64,
    /// Penalties for deviating from what was published.
    pub deviation: f64,
    /// Penalties for operations left out.
    pub left_out: f64,
    /// What the resources in use cost.
    pub resources: f64,
    /// Deadlines, latest starts, limits of waits, blocking, choices, sequences and idle time that it breaks, and by how much: no plan was found that keeps them all, and this is the
    /// nearest. All else is kept.
    pub broken: Vec<String>,
    /// Limits that cannot all be kept, each needed for the contradiction; empty where none is broken, or no contradiction was proven.
    pub conflict: Vec<String>,
    /// Rules that the independent check found to hold.
    pub rules: Vec<String>,
    /// Operations by start.
    pub operations: Vec<AssignedForm>,
}

/// A level of the objective.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LevelForm {
    /// Its criteria.
    pub criteria: Vec<CriterionForm>,
    /// What the plan costs at it.
    pub cost: f64,
    /// What no plan costs less than at it, whatever it costs at the others.
    pub bound: f64,
}

/// What is done when.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AssignedForm {
    /// Whose.
    pub job: String,
    /// Which.
    pub operation: String,
    /// On which machine; none where it needs none or is left out (it then takes no time).
    pub machine: Option<String>,
    /// From.
    pub start: f64,
    /// To.
    pub end: f64,
}

impl PlanForm {
    /// A proven plan, in the units of the text it came from.
    pub fn new(model: &Model, form: Option<&ModelForm>, found: &Found, units: (i64, f64)) -> Self {
        let (ticks, scale) = units;
        let names = Names::new(model, form, ticks);
        let time = |t: Time| t as f64 / ticks as f64;
        let mut operations = Vec::with_capacity(model.operations.len());
        for (number, (operation, assigned)) in model.operations.iter().zip(&found.best.plan.operations).enumerate() {
            let mode = operation.modes.get(assigned.mode as usize);
            let (job, name) = names.operations[number].clone();
            let end = mode.map_or(assigned.start, |m| model.end(number as u32, m, assigned.start));
            let (start, end) = (time(assigned.start), time(end));
            let machine = mode.and_then(|m| names.machine(m.machine));
            operations.push(AssignedForm { job, operation: name, machine, start, end });
        }
        operations.sort_by(|a, b| a.start.total_cmp(&b.start));
        let certificate = &found.best.certificate;
        Self {
            objective: certificate.objective() as f64 / scale,
            bound: found.bound as f64 / scale,
            levels: levels(model, found, scale),
            makespan: time(certificate.makespan()),
            tardiest: time(certificate.tardiest()),
            set_up: time(certificate.set_up()),
            tardiness: certificate.tardiness() as f64 / scale,
            earliness: certificate.earliness() as f64 / scale,
            flow: certificate.flow() as f64 / scale,
            deviation: certificate.deviation() as f64 / scale,
            left_out: certificate.left_out() as f64 / scale,
            resources: certificate.resources() as f64 / scale,
            broken: found.broken.iter().map(|b| names.broken(b)).collect(),
            conflict: found.conflict.iter().flatten().map(|limit| names.limit(limit)).collect(),
            rules: decide::check::plan::PlanCertificate::rules().map(str::to_owned).collect(),
            operations,
        }
    }
}

/// What a plan costs level by level.
fn levels(model: &Model, found: &Found, scale: f64) -> Vec<LevelForm> {
    if model.levels.is_empty() {
        return Vec::new();
    }
    let costs = found.best.certificate.levels().iter().zip(&found.bounds);
    let of = |(level, (cost, bound)): (usize, (&i64, &i64))| LevelForm {
        criteria: Criterion::ALL.into_iter().filter(|c| model.level(*c) == level).filter_map(CriterionForm::of).collect(),
        cost: *cost as f64 / scale,
        bound: *bound as f64 / scale,
    };
    costs.enumerate().map(of).collect()
}
