//! The written form of a proven plan.
//!
//! Enters: a plan with its certificate, and the form the problem came in, for the names. Leaves: a [`PlanForm`]. Absent: plans that are not proven.

use super::ModelForm;
use decide::search::Certified;
use decide::search::model::{Model, Time};
use schemars::JsonSchema;
use serde::Serialize;

/// A plan with the proof of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlanForm {
    /// What it costs; less is better.
    pub objective: f64,
    /// What no plan costs less than.
    pub bound: f64,
    /// When the last operation is complete.
    pub makespan: f64,
    /// Penalties for late jobs.
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
    /// Rules that the independent check found to hold.
    pub rules: Vec<String>,
    /// Operations by start.
    pub operations: Vec<AssignedForm>,
}

/// What is done when.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AssignedForm {
    /// Whose.
    pub job: String,
    /// Which.
    pub operation: String,
    /// On which machine; none where it is left out.
    pub machine: Option<String>,
    /// From.
    pub start: f64,
    /// To.
    pub end: f64,
}

impl PlanForm {
    /// A proven plan, in the units of the text it came from.
    pub fn new(model: &Model, form: Option<&ModelForm>, certified: &Certified, bound: i64, units: (i64, f64)) -> Self {
        let (ticks, scale) = units;
        let names = form.map(ModelForm::names);
        let machine = |m: u32| form.map_or_else(|| m.to_string(), |f| f.machines[m as usize].name.clone());
        let time = |t: Time| t as f64 / ticks as f64;
        let mut place_in_job = vec![0_usize; model.jobs.len()];
        let mut operations = Vec::with_capacity(model.operations.len());
        for (number, (operation, assigned)) in model.operations.iter().zip(&certified.plan.operations).enumerate() {
            let mode = operation.modes.get(assigned.mode as usize);
            place_in_job[operation.job as usize] += 1;
            let unnamed = || (operation.job.to_string(), place_in_job[operation.job as usize].to_string());
            let (job, name) = names.as_ref().map_or_else(unnamed, |n| n[number].clone());
            let (start, end) = (time(assigned.start), time(assigned.start + mode.map_or(0, |m| m.duration)));
            operations.push(AssignedForm { job, operation: name, machine: mode.map(|m| machine(m.machine)), start, end });
        }
        operations.sort_by(|a, b| a.start.total_cmp(&b.start));
        let certificate = &certified.certificate;
        Self {
            objective: certificate.objective() as f64 / scale,
            bound: bound as f64 / scale,
            makespan: time(certificate.makespan()),
            tardiness: certificate.tardiness() as f64 / scale,
            earliness: certificate.earliness() as f64 / scale,
            flow: certificate.flow() as f64 / scale,
            deviation: certificate.deviation() as f64 / scale,
            left_out: certificate.left_out() as f64 / scale,
            resources: certificate.resources() as f64 / scale,
            rules: decide::check::plan::PlanCertificate::rules().map(str::to_owned).collect(),
            operations,
        }
    }
}
