//! What the written form of a problem means.
//!
//! Enters: a [`ModelForm`]. Leaves: the model, or the place in the JSON that is wrong. Absent: what a model must keep (`decide::search::model`).

use super::{
    AfterForm, ChosenForm, CriterionForm, IdleForm, JobForm, LagForm, MachineForm, ModelForm, OperationForm, PointForm,
    ResourceForm, SetUpsForm,
};
use decide::search::model::{
    Choice, Idle, Job, Lag, Lot, Machine, Mode, Model, ModelError, Operation, Parts, Point, Published, Resource, SetUps,
    Stability, Use, Wait,
};
use std::collections::HashMap;

impl ModelForm {
    /// The model that is meant.
    ///
    /// # Errors
    /// A name that is not there, or a contradiction; the place is named as it stands in the JSON.
    pub fn model(&self) -> Result<Model, ModelError> {
        let machines = numbers("machines", self.machines.iter().map(|m| m.name.as_str()))?;
        let resources = numbers("resources", self.resources.iter().map(|r| r.name.as_str()))?;
        let families = numbers("families", self.families.iter().map(String::as_str))?;
        let mut parts = Parts { families_count: self.families.len(), ..Parts::default() };
        for (number, machine) in self.machines.iter().enumerate() {
            parts.machines.push(self.machine(number, machine, &resources)?);
        }
        for (number, resource) in self.resources.iter().enumerate() {
            let set_ups = self.set_ups(resource.set_ups.as_ref(), &format!("resources[{number}]"))?;
            parts.resources.push(Resource { set_ups, ..resource.resource() });
        }
        let known = Known { resources, machines };
        let has_sizes = self.jobs.iter().flat_map(|j| &j.operations).any(|o| o.size.is_some());
        let uses_families = !self.families.is_empty();
        for (number, job) in self.jobs.iter().enumerate() {
            parts.jobs.push(Job {
                release: job.release,
                due: job.due,
                deadline: job.deadline,
                tardiness: job.tardiness.unwrap_or_else(|| i64::from(job.due.is_some())),
                late: job.late,
                earliness: job.earliness,
                flow: job.flow,
            });
            let first = parts.operations.len() as u32;
            for (place, operation) in job.operations.iter().enumerate() {
                let at = format!("jobs[{number}].operations[{place}]");
                after(&mut parts, operation, first, place as u32, job.operations.len(), &at)?;
                uses(&mut parts, operation, &known, &at)?;
                let meant = operation.operation(number as u32, &known, &mut parts.machines, &at)?;
                parts.operations.push(meant);
                parts.sizes.extend(has_sizes.then(|| operation.size.unwrap_or(1)));
                if uses_families {
                    let word = operation.family.as_deref().unwrap_or_default();
                    parts.families.push(found(&families, word, || format!("{at}.family"))?);
                }
            }
        }
        parts.choices = self.choices(&parts)?;
        for (number, names) in self.permutations.iter().enumerate() {
            let machine = |name: &String| found(&known.machines, name, || format!("permutations[{number}]"));
            parts.permutations.push(names.iter().map(machine).collect::<Result<_, _>>()?);
        }
        (parts.tardiest, parts.set_up) = (self.tardiest, self.set_up);
        let of_jobs = parts.jobs.iter().any(|j| j.tardiness > 0 || j.late > 0 || j.earliness > 0 || j.flow > 0);
        let has_penalty = of_jobs || self.tardiest > 0 || self.set_up > 0;
        let is_named = self.levels.iter().flatten().any(|form| *form == CriterionForm::Makespan);
        parts.makespan = self.makespan.unwrap_or(i64::from(!has_penalty || is_named));
        parts.stability = self.stability.map_or_else(Stability::default, |s| Stability { tick: s.tick, machine: s.machine });
        parts.levels = self.levels(&parts)?;
        Model::new(parts)
    }

    fn machine(&self, number: usize, machine: &MachineForm, resources: &HashMap<&str, u32>) -> Result<Machine, ModelError> {
        let idle = |form: &IdleForm| -> Result<Idle, ModelError> {
            let resource = found(resources, &form.resource, || format!("machines[{number}].idle.resource"))?;
            Ok(Idle { resource, amount: form.amount, off: form.off.map(|off| (off.least, off.cost)) })
        };
        Ok(Machine {
            idle: machine.idle.as_ref().map(idle).transpose()?,
            available: machine.available,
            closed: machine.closed.clone(),
            set_ups: self.set_ups(machine.set_ups.as_ref(), &format!("machines[{number}]"))?,
            batch: machine.batch,
            is_without_idle: machine.no_idle,
        })
    }

    /// The set-ups of the machine or resource at a place.
    fn set_ups(&self, form: Option<&SetUpsForm>, at: &str) -> Result<Option<SetUps>, ModelError> {
        let families = self.families.len();
        let Some(s) = form else { return Ok(None) };
        if s.between.len() != families || s.between.iter().any(|row| row.len() != families) {
            let allowed = format!("{families} rows of {families}, one a family");
            return Err(error(format!("{at}.set_ups.between"), format!("{} rows", s.between.len()), allowed));
        }
        let initial = if s.initial.is_empty() { vec![0; families] } else { s.initial.clone() };
        Ok(Some(SetUps { between: s.between.concat(), initial }))
    }

    /// The choices among operations that are there.
    fn choices(&self, parts: &Parts) -> Result<Vec<Choice>, ModelError> {
        let jobs = numbers("jobs", self.jobs.iter().map(|j| j.name.as_str()))?;
        let counts = self.jobs.iter().map(|j| j.operations.len() as u32);
        let firsts: Vec<u32> = counts.scan(0, |first, count| Some(std::mem::replace(first, *first + count))).collect();
        let chosen = |form: &ChosenForm, at: String| {
            let job = found(&jobs, &form.job, || format!("{at}.job"))? as usize;
            let count = self.jobs[job].operations.len();
            if form.operation as usize >= count {
                return Err(error(format!("{at}.operation"), form.operation.to_string(), format!("below {count}")));
            }
            let operation = firsts[job] + form.operation;
            let of = &parts.operations[operation as usize];
            let all = of.modes.len() as u32;
            let modes = match (&form.modes, form.out) {
                (None, false) => (0..all).collect(),
                (Some(modes), false) => modes.clone(),
                (None, true) if of.optional.is_some() => vec![all],
                (None, true) => {
                    return Err(error(format!("{at}.out"), "true".to_owned(), "false: it is not optional".to_owned()));
                }
                (Some(_), true) => return Err(error(at, "`modes` and `out`".to_owned(), "one of them".to_owned())),
            };
            Ok((operation, modes))
        };
        let mut choices = Vec::with_capacity(self.choices.len());
        for (number, alternatives) in self.choices.iter().enumerate() {
            let mut choice = Choice::default();
            for (place, alternative) in alternatives.iter().enumerate() {
                let at = |entry: usize| format!("choices[{number}][{place}][{entry}]");
                let entries = alternative.iter().enumerate().map(|(entry, form)| chosen(form, at(entry)));
                choice.alternatives.push(entries.collect::<Result<_, _>>()?);
            }
            choices.push(choice);
        }
        Ok(choices)
    }

    /// The name of an operation of the model, with its job's.
    pub(super) fn names(&self) -> Vec<(String, String)> {
        let of_job = |job: &JobForm| {
            let name = |(place, o): (usize, &OperationForm)| o.name.clone().unwrap_or_else(|| (place + 1).to_string());
            job.operations.iter().enumerate().map(|o| (job.name.clone(), name(o))).collect::<Vec<_>>()
        };
        self.jobs.iter().flat_map(of_job).collect()
    }
}

fn error(place: String, found: String, allowed: String) -> ModelError {
    ModelError { place, found, allowed }
}

/// The names of machines and resources.
struct Known<'f> {
    machines: HashMap<&'f str, u32>,
    resources: HashMap<&'f str, u32>,
}

impl OperationForm {
    /// The operation that is meant. What needs no machine gets one of its own, behind those that have names.
    fn operation(&self, job: u32, known: &Known<'_>, machines: &mut Vec<Machine>, at: &str) -> Result<Operation, ModelError> {
        let mut modes = Vec::with_capacity(self.modes.len());
        let own = machines.len() as u32;
        for (place, mode) in self.modes.iter().enumerate() {
            let machine = match &mode.machine {
                Some(name) => found(&known.machines, name, || format!("{at}.modes[{place}].machine"))?,
                None => own,
            };
            modes.push(Mode { machine, duration: mode.duration });
        }
        if modes.iter().any(|mode| mode.machine == own) {
            machines.push(Machine::default());
        }
        let published = match &self.published {
            None => None,
            Some(p) => {
                let machine = found(&known.machines, &p.machine, || format!("{at}.published.machine"))?;
                Some(Published { machine, start: p.start })
            }
        };
        Ok(Operation {
            job,
            earliest: self.earliest,
            latest: self.latest,
            optional: self.optional,
            is_blocking: self.blocking,
            is_resumable: self.resumable,
            lot: self.lot.map(|lot| Lot { quantity: lot.quantity, transfer: lot.transfer }),
            modes,
            published,
        })
    }
}

impl LagForm {
    fn lag(&self, before: u32, then: u32) -> Lag {
        let point = |form: Option<PointForm>, absent: Point| match form {
            Some(PointForm::Start) => Point::Start,
            Some(PointForm::End) => Point::End,
            None => absent,
        };
        Lag { before, then, from: point(self.from, Point::End), to: point(self.to, Point::Start), least: self.least }
    }
}

impl ResourceForm {
    fn resource(&self) -> Resource {
        let (steps, prices) = (self.steps.clone(), self.prices.clone());
        Resource { capacity: self.capacity, is_stock: self.stock, steps, prices, ..Resource::default() }
    }
}

/// What the modes of the next operation need of resources.
fn uses(parts: &mut Parts, of: &OperationForm, known: &Known<'_>, at: &str) -> Result<(), ModelError> {
    let operation = parts.operations.len() as u32;
    for (mode, form) in (0..).zip(&of.modes) {
        for (name, &amount) in &form.uses {
            let resource = found(&known.resources, name, || format!("{at}.modes[{mode}].uses"))?;
            parts.uses.push(Use { operation, mode, resource, amount });
        }
    }
    Ok(())
}

/// The precedences into one operation of a job, and how long it may wait after them.
fn after(parts: &mut Parts, operation: &OperationForm, first: u32, place: u32, count: usize, at: &str) -> Result<(), ModelError> {
    let in_list: Vec<AfterForm> = place.checked_sub(1).map(AfterForm::Operation).into_iter().collect();
    for after in operation.after.as_ref().unwrap_or(&in_list) {
        let (before, lag) = match after {
            AfterForm::Operation(before) => (*before, None),
            AfterForm::Lag(lag) => (lag.operation, Some(lag)),
        };
        if before as usize >= count {
            return Err(error(format!("{at}.after"), before.to_string(), format!("below {count}")));
        }
        let (before, then) = (first + before, first + place);
        parts.precedences.push((before, then));
        parts.lags.extend(lag.map(|lag| lag.lag(before, then)));
        parts.waits.extend(operation.wait.map(|most| Wait { before, then, most }));
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
