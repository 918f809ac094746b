//! The written form of a scheduling problem and of its plan. `docs/plan.schema.json` is made from it.
//!
//! Enters: JSON. Leaves: a model; a plan as JSON. Absent: other formats. Times are whole ticks of a length the writer chooses.

use decide::search::Certified;
use decide::search::model::{Job, Machine, Mode, Model, ModelError, Operation, Parts, Published, SetUps, Stability, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A scheduling problem: jobs of operations on machines.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelForm {
    /// Machines; each works on one operation at a time.
    pub machines: Vec<MachineForm>,
    /// Jobs.
    pub jobs: Vec<JobForm>,
    /// Families that set-ups go between. Absent: no set-ups.
    #[serde(default)]
    pub families: Vec<String>,
    /// Penalty for each tick of makespan. Absent: 1 where no job has a penalty, else 0.
    pub makespan: Option<i64>,
    /// Penalties for deviating from what was published.
    pub stability: Option<StabilityForm>,
}

/// What deviating from a published plan costs.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StabilityForm {
    /// For each tick that an operation starts earlier or later.
    #[serde(default)]
    pub tick: i64,
    /// For each operation on another machine.
    #[serde(default)]
    pub machine: i64,
}

/// A machine.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineForm {
    /// Its name.
    pub name: String,
    /// Free from.
    #[serde(default)]
    pub available: Time,
    /// Intervals, from and to, in which no operation runs; ascending and apart.
    #[serde(default)]
    pub closed: Vec<(Time, Time)>,
    /// Its set-ups; absent: none.
    pub set_ups: Option<SetUpsForm>,
}

/// Set-ups of a machine, in the order of `families`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUpsForm {
    /// A row for the family before, a column for the family after.
    pub between: Vec<Vec<Time>>,
    /// From the state at the beginning to each family. Absent: none needed.
    #[serde(default)]
    pub initial: Vec<Time>,
}

/// A job; it completes when the last of its operations does.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobForm {
    /// Its name.
    pub name: String,
    /// Nothing of it starts before.
    #[serde(default)]
    pub release: Time,
    /// When it should be complete.
    pub due: Option<Time>,
    /// Penalty for each tick it is late. Absent: 1 where it has a due date, else 0.
    pub tardiness: Option<i64>,
    /// Penalty for each tick it is early.
    #[serde(default)]
    pub earliness: i64,
    /// Penalty for each tick from its first start to its completion.
    #[serde(default)]
    pub flow: i64,
    /// Its operations.
    pub operations: Vec<OperationForm>,
}

/// An operation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationForm {
    /// Its name; absent: its number in the job, from 1.
    pub name: Option<String>,
    /// Not before.
    #[serde(default)]
    pub earliest: Time,
    /// Numbers, from 0, of operations of the same job that are complete before. Absent: the one before in the list.
    pub after: Option<Vec<u32>>,
    /// Its set-up family; needed where machines have set-ups.
    pub family: Option<String>,
    /// Its alternatives, at least one.
    pub modes: Vec<ModeForm>,
    /// What a plan already published says.
    pub published: Option<PublishedForm>,
}

/// One way to carry out an operation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModeForm {
    /// On which machine.
    pub machine: String,
    /// For how long.
    pub duration: Time,
}

/// What was published of an operation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishedForm {
    /// On which machine.
    pub machine: String,
    /// From when.
    pub start: Time,
}

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
    /// On which machine.
    pub machine: String,
    /// From.
    pub start: f64,
    /// To.
    pub end: f64,
}

impl ModelForm {
    /// The model that is meant.
    ///
    /// # Errors
    /// A name that is not there, or a contradiction; the place is named as it stands in the JSON.
    pub fn model(&self) -> Result<Model, ModelError> {
        let machines = numbers("machines", self.machines.iter().map(|m| m.name.as_str()))?;
        let families = numbers("families", self.families.iter().map(String::as_str))?;
        let mut parts = Parts { families_count: self.families.len(), ..Parts::default() };
        for (number, machine) in self.machines.iter().enumerate() {
            parts.machines.push(self.machine(number, machine)?);
        }
        let uses_families = !self.families.is_empty();
        for (number, job) in self.jobs.iter().enumerate() {
            parts.jobs.push(Job {
                release: job.release,
                due: job.due,
                tardiness: job.tardiness.unwrap_or_else(|| i64::from(job.due.is_some())),
                earliness: job.earliness,
                flow: job.flow,
            });
            let first = parts.operations.len() as u32;
            for (place, operation) in job.operations.iter().enumerate() {
                let at = format!("jobs[{number}].operations[{place}]");
                after(&mut parts, operation, first, place as u32, job.operations.len(), &at)?;
                parts.operations.push(self.operation(operation, number as u32, &machines, &at)?);
                if uses_families {
                    let word = operation.family.as_deref().unwrap_or_default();
                    parts.families.push(found(&families, word, || format!("{at}.family"))?);
                }
            }
        }
        let has_penalty = parts.jobs.iter().any(|j| j.tardiness + j.earliness + j.flow > 0);
        parts.makespan = self.makespan.unwrap_or(i64::from(!has_penalty));
        parts.stability = self.stability.map_or_else(Stability::default, |s| Stability { tick: s.tick, machine: s.machine });
        Model::new(parts)
    }

    fn machine(&self, number: usize, machine: &MachineForm) -> Result<Machine, ModelError> {
        let families = self.families.len();
        let set_ups = match &machine.set_ups {
            None => None,
            Some(s) => {
                if s.between.len() != families || s.between.iter().any(|row| row.len() != families) {
                    let place = format!("machines[{number}].set_ups.between");
                    let allowed = format!("{families} rows of {families}, one a family");
                    return Err(error(place, format!("{} rows", s.between.len()), allowed));
                }
                let initial = if s.initial.is_empty() { vec![0; families] } else { s.initial.clone() };
                Some(SetUps { between: s.between.concat(), initial })
            }
        };
        Ok(Machine { available: machine.available, closed: machine.closed.clone(), set_ups })
    }

    fn operation(
        &self,
        operation: &OperationForm,
        job: u32,
        machines: &HashMap<&str, u32>,
        at: &str,
    ) -> Result<Operation, ModelError> {
        let mut modes = Vec::with_capacity(operation.modes.len());
        for (place, mode) in operation.modes.iter().enumerate() {
            let machine = found(machines, &mode.machine, || format!("{at}.modes[{place}].machine"))?;
            modes.push(Mode { machine, duration: mode.duration });
        }
        let published = match &operation.published {
            None => None,
            Some(p) => {
                Some(Published { machine: found(machines, &p.machine, || format!("{at}.published.machine"))?, start: p.start })
            }
        };
        Ok(Operation { job, earliest: operation.earliest, modes, published })
    }

    /// The name of an operation of the model, with its job's.
    fn names(&self) -> Vec<(String, String)> {
        let of_job = |job: &JobForm| {
            let name = |(place, o): (usize, &OperationForm)| o.name.clone().unwrap_or_else(|| (place + 1).to_string());
            job.operations.iter().enumerate().map(|o| (job.name.clone(), name(o))).collect::<Vec<_>>()
        };
        self.jobs.iter().flat_map(of_job).collect()
    }
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
            let mode = operation.modes[assigned.mode as usize];
            place_in_job[operation.job as usize] += 1;
            let unnamed = || (operation.job.to_string(), place_in_job[operation.job as usize].to_string());
            let (job, name) = names.as_ref().map_or_else(unnamed, |n| n[number].clone());
            let (start, end) = (time(assigned.start), time(assigned.start + mode.duration));
            operations.push(AssignedForm { job, operation: name, machine: machine(mode.machine), start, end });
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
            rules: decide::check::plan::PlanCertificate::rules().map(str::to_owned).collect(),
            operations,
        }
    }
}

fn error(place: String, found: String, allowed: String) -> ModelError {
    ModelError { place, found, allowed }
}

/// The precedences into one operation of a job.
fn after(parts: &mut Parts, operation: &OperationForm, first: u32, place: u32, count: usize, at: &str) -> Result<(), ModelError> {
    match &operation.after {
        None if place > 0 => parts.precedences.push((first + place - 1, first + place)),
        None => {}
        Some(list) => {
            for before in list {
                if *before as usize >= count {
                    return Err(error(format!("{at}.after"), before.to_string(), format!("below {count}")));
                }
                parts.precedences.push((first + before, first + place));
            }
        }
    }
    Ok(())
}

fn numbers<'a>(list: &str, names: impl Iterator<Item = &'a str>) -> Result<HashMap<&'a str, u32>, ModelError> {
    let mut numbers = HashMap::new();
    for (number, name) in (0..).zip(names) {
        if numbers.insert(name, number).is_some() {
            return Err(error(list.to_owned(), format!("`{name}` twice"), "each name once".to_owned()));
        }
    }
    Ok(numbers)
}

fn found(numbers: &HashMap<&str, u32>, name: &str, place: impl Fn() -> String) -> Result<u32, ModelError> {
    numbers.get(name).copied().ok_or_else(|| {
        let mut known: Vec<&str> = numbers.keys().copied().collect();
        known.sort_unstable();
        known.truncate(12);
        error(place(), format!("`{name}`"), format!("one of {}", known.join(", ")))
    })
}
