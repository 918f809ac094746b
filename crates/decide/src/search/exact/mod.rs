//! Exact answers on small shops: is there a plan that costs less than so much?
//!
//! Enters: a model, an objective. Leaves: "no", starts and modes that may be such a plan, or neither. Absent: the search; a clock.
//!
//! ```text
//! Model ─▶ build ─▶ solver ⇄ choose
//!                     ├─ clause, rule, machine, late: what follows
//!                     └─ learn: what was wrong
//! ```
//!
//! Lazy clause generation on the disjunctive model (Siala, Artigues, Hebrard, CP 2015, on how well this does for shops). What `build` leaves
//! out makes it a relaxation: "no" holds for the whole, "yes" has to be tried.

mod build;
mod choose;
mod clause;
mod late;
mod learn;
mod machine;
mod rule;
mod solver;

use super::model::{Model, Time};
use super::plan::{Assigned, Plan};
use build::Build;
use solver::{Answer, Is, Solver};

/// Most operations for which a proof is tried.
pub const OPERATIONS_MAX: usize = 60;

/// What a proof has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No plan costs less.
    None,
    /// One that may cost less.
    Perhaps(Plan),
    /// Neither within the steps.
    Open,
}

/// A question, which may be asked in portions and made stricter.
#[derive(Debug)]
pub struct Proof {
    solver: Solver,
    below: i64,
    /// The penalty of a tick of makespan.
    makespan: i64,
    starts: Vec<u32>,
    /// Variable, and what is to be added.
    ends: Vec<(u32, i32)>,
    modes: Vec<Vec<Is>>,
    /// Pairs, and the word that the first is before the second.
    orders: Vec<(u32, u32, Is)>,
    /// The rule of the sum of what jobs cost.
    total: Option<u32>,
}

impl Proof {
    /// Asks whether a plan costs less than `below`, where the objective has levels at the first; none for models that are too large, that may
    /// leave operations out, pass sub-lots on or are interrupted.
    pub fn new(model: &Model, below: i64) -> Option<Self> {
        let is_small = model.operations.len() <= OPERATIONS_MAX
            && model.operations.iter().all(|o| o.optional.is_none() && o.lot.is_none() && !o.is_resumable);
        let first = (model.levels_count() > 1).then(|| model.of_level(0));
        let model = first.as_ref().unwrap_or(model);
        let Build { solver, starts, ends, modes, orders, total, .. } = is_small.then(|| Build::new(model, below))??;
        Some(Self { solver, below, makespan: model.makespan, starts, ends, modes, orders, total })
    }

    /// The objective below which a plan is looked for.
    pub const fn below(&self) -> i64 {
        self.below
    }

    /// Asks for less still; what was learned stays.
    pub fn tighten(&mut self, below: i64) {
        if below >= self.below {
            return;
        }
        self.below = below;
        self.solver.back(0);
        if let Some(total) = self.total {
            self.solver.limit(total, below - 1);
        }
        if self.makespan > 0 {
            let most = (below - 1).div_euclid(self.makespan);
            for &(end, after) in &self.ends {
                // beyond 32 bits it says nothing
                if let Ok(most) = i32::try_from(most) {
                    self.solver.always(Is::at_most(end, most - after));
                }
            }
        }
    }

    /// Has it look near a plan of the model first.
    pub fn lean(&mut self, plan: &Plan) {
        let start = |o: u32| plan.operations.get(o as usize).map_or(0, |a| a.start);
        for (assigned, modes) in plan.operations.iter().zip(&self.modes) {
            for (number, mode) in modes.iter().enumerate() {
                self.solver.choice.lean(*mode, number == assigned.mode as usize);
            }
        }
        for &(one, other, is) in &self.orders {
            self.solver.choice.lean(is, start(one) < start(other));
        }
    }

    /// Asks for so many steps more, some microseconds each.
    pub fn ask(&mut self, steps: u64) -> Verdict {
        match self.solver.search(steps) {
            Answer::None => Verdict::None,
            Answer::Open => Verdict::Open,
            Answer::Found => {
                let mode = |of: &Vec<Is>| of.iter().position(|m| self.solver.holds(*m)).unwrap_or(0) as u32;
                let start = |variable: &u32| Time::from(self.solver.values[2 * *variable as usize]);
                let assigned = |(at, modes): (&u32, &Vec<Is>)| Assigned { mode: mode(modes), start: start(at) };
                Verdict::Perhaps(Plan { operations: self.starts.iter().zip(&self.modes).map(assigned).collect() })
            }
        }
    }
}
