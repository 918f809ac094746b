//! OR-Tools CP-SAT as a peer: a Python child that solves one model after another with the same CPU budget and threads.
//!
//! Enters: a model, a budget. Leaves: its objective, or none where it found no plan. Absent: how the figures are shown; what only our JSON can
//! say (resources, waits, batches), which no instance of the literature here has.

use crate::bench::python::Python;
use crate::cli::Failure;
use decide::search::model::{Machine, Model};
use serde_json::{Value, json};

const SCRIPT: &str = include_str!("cp_sat.py");

/// A CP-SAT that waits for models.
pub struct CpSat(Python);

impl CpSat {
    /// Starts it with a number of threads.
    ///
    /// # Errors
    /// There is no Python with `ortools`.
    pub fn start(threads: usize) -> Result<Self, Failure> {
        Python::start("CP-SAT", "ortools", SCRIPT, threads).map(Self)
    }

    /// Solves a model with a CPU budget of each thread [s]: the objective, none where no plan was found.
    ///
    /// # Errors
    /// It ended, or said what is no answer.
    pub fn solve(&mut self, model: &Model, cpu_s: f64) -> Result<Option<i64>, Failure> {
        let answer = self.0.ask(&asked(model, cpu_s), "")?;
        match &answer["objective"] {
            Value::Null => Ok(None),
            number => number.as_i64().map(Some).ok_or_else(|| self.0.failed(&format!("`{answer}` has no objective"))),
        }
    }
}

fn asked(model: &Model, cpu_s: f64) -> Value {
    let operations: Vec<Value> = model
        .operations
        .iter()
        .map(|o| {
            let modes: Vec<_> = o.modes.iter().map(|m| (m.machine, m.duration)).collect();
            json!({ "job": o.job, "earliest": o.earliest.max(model.jobs[o.job as usize].release), "modes": modes })
        })
        .collect();
    let jobs: Vec<Value> = model
        .jobs
        .iter()
        .map(|j| json!({ "due": j.due, "tardiness": j.tardiness, "earliness": j.earliness, "flow": j.flow }))
        .collect();
    let machine = |m: &Machine| {
        let set_ups = m.set_ups.as_ref().map(|s| json!({ "between": s.between, "initial": s.initial }));
        json!({ "available": m.available, "closed": m.closed, "set_ups": set_ups })
    };
    json!({
        "cpu_s": cpu_s,
        "horizon": model.horizon(),
        "makespan": model.makespan,
        "machines": model.machines.iter().map(machine).collect::<Vec<_>>(),
        "jobs": jobs,
        "operations": operations,
        "precedences": model.precedences,
        "families": model.families,
        "families_count": model.families_count,
    })
}
