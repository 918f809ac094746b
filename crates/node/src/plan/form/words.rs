//! Limits of a problem in plain words, with the names that the problem gave.
//!
//! Enters: limits, names. Leaves: sentences. Absent: which limits are meant (`decide::search::conflict`).

use super::ModelForm;
use decide::search::limit::Limit;
use decide::search::model::{Model, Time};
use std::collections::HashSet;

/// The names in a problem; numbers where the text gave none.
pub(super) struct Names<'f> {
    form: Option<&'f ModelForm>,
    ticks: i64,
    /// Pairs whose precedence is not between an end and a start.
    lagging: HashSet<(u32, u32)>,
    /// Job and operation, for each operation.
    pub operations: Vec<(String, String)>,
}

impl<'f> Names<'f> {
    /// The names of a model's parts; `ticks` are one unit of time of the text.
    pub fn new(model: &Model, form: Option<&'f ModelForm>, ticks: i64) -> Self {
        let mut in_job = vec![0_usize; model.jobs.len()];
        let mut numbered = |job: u32| {
            in_job[job as usize] += 1;
            (job.to_string(), in_job[job as usize].to_string())
        };
        let operations = form.map_or_else(|| model.operations.iter().map(|o| numbered(o.job)).collect(), ModelForm::names);
        let lagging = model.lags.iter().map(|l| (l.before, l.then)).collect();
        Self { form, ticks, lagging, operations }
    }

    /// The name of a machine; none of one that stands for "no machine".
    pub fn machine(&self, machine: u32) -> Option<String> {
        self.form.map_or_else(|| Some(machine.to_string()), |f| f.machines.get(machine as usize).map(|m| m.name.clone()))
    }

    /// A limit as a sentence.
    pub fn limit(&self, limit: &Limit) -> String {
        match *limit {
            Limit::Deadline(job, by) => {
                let name = self.form.map_or_else(|| job.to_string(), |f| f.jobs[job as usize].name.clone());
                format!("job `{name}` is complete by {}", self.time(by))
            }
            Limit::Latest(operation, by) => format!("{} starts by {}", self.operation(operation), self.time(by)),
            Limit::Wait(before, then, most) => {
                let is_lagging = self.lagging.contains(&(before, then));
                let (before, then) = (self.operation(before), self.operation(then));
                match is_lagging {
                    true => format!("the `wait` of {then} for {before} is {} at most", self.time(most)),
                    false => format!("{then} starts {} at most after {before} is complete", self.time(most)),
                }
            }
            Limit::Blocking(operation) => {
                format!("{} stays on its machine until what comes after it has started", self.operation(operation))
            }
            Limit::Lag(before, then, least) => {
                let (before, then) = (self.operation(before), self.operation(then));
                format!("{then} keeps its distance of {} to {before}", self.time(least))
            }
            Limit::Choice(number) => format!("an alternative of choices[{number}] is carried out"),
            Limit::Sequence(number) => format!("jobs pass the machines of permutations[{number}] in one sequence"),
            Limit::Idle(machine) => {
                format!(
                    "machine `{}` does not stand between its first operation and its last",
                    self.machine(machine).unwrap_or_default()
                )
            }
            Limit::Closed(machine, from, to) => {
                let name = self.machine(machine).unwrap_or_default();
                format!("machine `{name}` is closed from {} to {}", self.time(from), self.time(to))
            }
        }
    }

    /// A limit that a plan breaks, as a sentence.
    pub fn broken(&self, (limit, ticks): &(Limit, Time)) -> String {
        let how = match limit {
            Limit::Choice(_) => "none is".to_owned(),
            Limit::Sequence(_) => format!("{ticks} do not"),
            Limit::Idle(_) => format!("it stands for {}", self.time(*ticks)),
            Limit::Lag(..) => format!("{} too little", self.time(*ticks)),
            Limit::Blocking(_) => format!("{} too early", self.time(*ticks)),
            Limit::Deadline(..) | Limit::Latest(..) | Limit::Wait(..) | Limit::Closed(..) => {
                format!("{} too late", self.time(*ticks))
            }
        };
        format!("{}: {how}", self.limit(limit))
    }

    fn operation(&self, operation: u32) -> String {
        let (job, name) = &self.operations[operation as usize];
        format!("operation `{name}` of job `{job}`")
    }

    fn time(&self, ticks: Time) -> f64 {
        ticks as f64 / self.ticks as f64
    }
}
