//! Exact answers on small shops: is there a plan that costs less than so much?
//!
//! Enters: a model, an objective. Leaves: "no", starts and modes that may be such a plan, or neither. Absent: the search; a clock.
//!
//! Lazy clause generation by `pumpkin-core` on the disjunctive model: a literal for each order of two operations that share a machine, one for
//! each mode (Siala, Artigues, Hebrard, CP 2015, on how well this does without global constraints). Calendars, resources, limits and
//! penalties that it does not know are left out, so the model is a relaxation: "no" holds for the whole, "yes" has to be tried.

use super::model::{Link, Model, Time};
use super::plan::{Assigned, Plan};
use pumpkin_conflict_resolvers::resolvers::ResolutionResolver;
use pumpkin_constraints::{clause, less_than_or_equals};
use pumpkin_core::results::{ProblemSolution, SatisfactionResult};
use pumpkin_core::termination::TerminationCondition;
use pumpkin_core::variables::{AffineView, DomainId, Literal, TransformableVariable};
use pumpkin_core::{DefaultBrancher, Solver};

/// Most operations for which a proof is tried.
pub const OPERATIONS_MAX: usize = 60;
/// Largest sum of penalties times ticks; the solver counts in 32 bits.
const SUM_MAX: i64 = 1 << 30;

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

/// A question.
pub struct Proof {
    solver: Solver,
    brancher: DefaultBrancher,
    resolver: ResolutionResolver,
    below: i64,
    starts: Vec<DomainId>,
    modes: Vec<Vec<Literal>>,
}

/// Ends the solver after so many of its steps.
struct Steps(u64);

impl TerminationCondition for Steps {
    fn should_stop(&mut self) -> bool {
        let is_over = self.0 == 0;
        self.0 = self.0.saturating_sub(1);
        is_over
    }
}

impl Proof {
    /// Asks whether a plan costs less than `below`, where the objective has levels at the first; none for models that are too large, that may
    /// leave operations out, pass sub-lots on or are interrupted.
    pub fn new(model: &Model, below: i64) -> Option<Self> {
        let is_small = model.operations.len() <= OPERATIONS_MAX
            && model.operations.iter().all(|o| o.optional.is_none() && o.lot.is_none() && !o.is_resumable);
        let first = (model.levels_count() > 1).then(|| model.of_level(0));
        let Build { solver, starts, modes, .. } = is_small.then(|| Build::new(first.as_ref().unwrap_or(model), below))??;
        let (brancher, resolver) = (solver.default_brancher(), ResolutionResolver::default());
        Some(Self { solver, brancher, resolver, below, starts, modes })
    }

    /// The objective below which a plan is looked for.
    pub const fn below(&self) -> i64 {
        self.below
    }

    /// Asks for so many steps, 0.1 to 0.3 ms each. The solver cannot be taken up again after it was stopped, so a question is asked once.
    pub fn ask(mut self, steps: u64) -> Verdict {
        if self.solver.is_inconsistent() {
            return Verdict::None;
        }
        match self.solver.satisfy(&mut self.brancher, &mut Steps(steps), &mut self.resolver) {
            SatisfactionResult::Satisfiable(found) => {
                let solution = found.solution();
                let mode = |of: &Vec<Literal>| of.iter().position(|m| solution.get_literal_value(*m)).unwrap_or(0) as u32;
                let assigned = |(start, modes): (&DomainId, &Vec<Literal>)| Assigned {
                    mode: mode(modes),
                    start: Time::from(solution.get_integer_value(*start)),
                };
                Verdict::Perhaps(Plan { operations: self.starts.iter().zip(&self.modes).map(assigned).collect() })
            }
            SatisfactionResult::Unsatisfiable(..) => Verdict::None,
            SatisfactionResult::Unknown(..) => Verdict::Open,
        }
    }
}

/// A model on its way into the solver.
struct Build<'m> {
    model: &'m Model,
    solver: Solver,
    horizon: Time,
    /// Whether one comes after another by precedences.
    reaches: Vec<Vec<bool>>,
    starts: Vec<DomainId>,
    ends: Vec<AffineView<DomainId>>,
    modes: Vec<Vec<Literal>>,
    /// Least time between two on each machine: from the end of one to the start of the other, whatever comes between.
    between: Vec<Vec<Vec<Time>>>,
}

/// Within 32 bits: the horizon of a model is.
fn narrow(time: Time) -> i32 {
    i32::try_from(time).unwrap_or(i32::MAX / 4)
}

impl<'m> Build<'m> {
    /// None where a sum would not fit.
    fn new(model: &'m Model, below: i64) -> Option<Self> {
        let by_makespan = if model.makespan > 0 { (below - 1).div_euclid(model.makespan) } else { Time::MAX };
        let horizon = model.horizon().min(by_makespan);
        let mut build = Self {
            model,
            solver: Solver::default(),
            horizon,
            reaches: reaches(model),
            starts: Vec::new(),
            ends: Vec::new(),
            modes: Vec::new(),
            between: (0..model.machines.len() as u32).map(|m| between(model, m)).collect(),
        };
        build.operations();
        for (before, then, _) in model.links().filter(|l| l.2 == Link::Whole) {
            build.gap(before as usize, then as usize, 0, None);
        }
        for a in 0..model.operations.len() {
            for b in a + 1..model.operations.len() {
                build.pair(a, b);
            }
        }
        build.costs(below)?;
        Some(build)
    }

    /// One of the literals holds.
    fn either(&mut self, literals: Vec<Literal>) {
        let tag = self.solver.new_constraint_tag();
        self.solver.add_constraint(clause(literals, tag)).post();
    }

    /// The sum of the terms is no more than a number, always or where a literal holds.
    fn at_most(&mut self, terms: Vec<AffineView<DomainId>>, most: i64, when: Option<Literal>) {
        let tag = self.solver.new_constraint_tag();
        let poster = self.solver.add_constraint(less_than_or_equals(terms, narrow(most), tag));
        match when {
            Some(literal) => poster.implied_by(literal),
            None => poster.post(),
        }
    }

    /// One starts so long after another ends at the least.
    fn gap(&mut self, before: usize, then: usize, least: Time, when: Option<Literal>) {
        self.at_most(vec![self.ends[before].scaled(1), self.starts[then].scaled(-1)], -least, when);
    }

    /// Starts, ends and modes.
    fn operations(&mut self) {
        for of in &self.model.operations {
            let release = of.earliest.max(self.model.jobs[of.job as usize].release);
            let (short, long) = (of.shortest(), of.longest());
            // where nothing fits, the bounds meet and the ways through the precedences show it
            let last = (self.horizon - short).max(release);
            let start = self.solver.new_bounded_integer(narrow(release), narrow(last));
            let modes: Vec<Literal> = match of.modes.len() {
                1 => vec![self.solver.get_true_literal()],
                count => (0..count).map(|_| self.solver.new_literal()).collect(),
            };
            let end = if short == long {
                start.offset(narrow(short))
            } else {
                self.solver.new_bounded_integer(narrow(release + short), narrow(last + long)).scaled(1)
            };
            self.starts.push(start);
            self.ends.push(end);
            self.at_most(vec![end.scaled(1)], self.horizon, None);
            if modes.len() > 1 {
                self.either(modes.clone());
            }
            if short < long {
                self.at_most(vec![start.scaled(1), end.scaled(-1)], -short, None);
                for (mode, literal) in of.modes.iter().zip(&modes) {
                    self.at_most(vec![start.scaled(1), end.scaled(-1)], -mode.duration, Some(*literal));
                }
            }
            self.modes.push(modes);
        }
    }

    /// Two operations that may share a machine: one is before the other there.
    fn pair(&mut self, a: usize, b: usize) {
        let mut shared = Vec::new();
        for (i, mode) in self.model.operations[a].modes.iter().enumerate() {
            for (j, other) in self.model.operations[b].modes.iter().enumerate() {
                if mode.machine == other.machine && self.model.machines[mode.machine as usize].batch.is_none() {
                    shared.push((self.modes[a][i], self.modes[b][j], mode.machine as usize));
                }
            }
        }
        if shared.is_empty() {
            return;
        }
        let order = match (self.reaches[a][b], self.reaches[b][a]) {
            (true, _) => (self.solver.get_true_literal(), self.solver.get_false_literal()),
            (_, true) => (self.solver.get_false_literal(), self.solver.get_true_literal()),
            _ => (self.solver.new_literal(), self.solver.new_literal()),
        };
        // an order known by the precedences holds on different machines too, where no set-up lies between
        let is_known = self.reaches[a][b] || self.reaches[b][a];
        let may_part = shared.len() < self.modes[a].len() * self.modes[b].len();
        for (one, other, literal) in [(a, b, order.0), (b, a, order.1)] {
            let always = shared.iter().map(|s| self.between[s.2][one][other]).min().unwrap_or(0);
            let least = if is_known && may_part { 0 } else { always };
            self.gap(one, other, least, Some(literal));
            for &(mode_a, mode_b, machine) in &shared {
                let gap = self.between[machine][one][other];
                if gap > least {
                    let here = self.solver.new_literal();
                    self.either(vec![!literal, !mode_a, !mode_b, here]);
                    self.gap(one, other, gap, Some(here));
                }
            }
        }
        for (mode_a, mode_b, _) in shared {
            self.either(vec![order.0, order.1, !mode_a, !mode_b]);
        }
    }

    /// What jobs cost together with the makespan is less than `below`; none where the sum may not fit.
    fn costs(&mut self, below: i64) -> Option<()> {
        let mut terms = Vec::new();
        let mut sum = below.abs();
        for (job, (first, last)) in self.model.jobs.iter().zip(bounds(self.model, &self.reaches)) {
            let due = job.due.unwrap_or(0);
            let late = (self.horizon - due).max(0);
            let is_due = job.due.is_some();
            if is_due && job.tardiness > 0 {
                let ticks = self.solver.new_bounded_integer(0, narrow(late));
                for &o in &last {
                    self.at_most(vec![self.ends[o].scaled(1), ticks.scaled(-1)], due, None);
                }
                terms.push(ticks.scaled(i32::try_from(job.tardiness).ok()?));
                sum = sum.saturating_add(job.tardiness.saturating_mul(late));
            }
            if let ([last], true) = (&last[..], is_due && job.earliness > 0) {
                let ticks = self.solver.new_bounded_integer(0, narrow(due.max(0)));
                self.at_most(vec![self.ends[*last].scaled(-1), ticks.scaled(-1)], -due, None);
                terms.push(ticks.scaled(i32::try_from(job.earliness).ok()?));
                sum = sum.saturating_add(job.earliness.saturating_mul(due.max(0)));
            }
            if let ([last], [first], true) = (&last[..], &first[..], job.flow > 0) {
                let ticks = self.solver.new_bounded_integer(0, narrow(self.horizon.max(0)));
                self.at_most(vec![self.ends[*last].scaled(1), self.starts[*first].scaled(-1), ticks.scaled(-1)], 0, None);
                terms.push(ticks.scaled(i32::try_from(job.flow).ok()?));
                sum = sum.saturating_add(job.flow.saturating_mul(self.horizon));
            }
        }
        if sum > SUM_MAX {
            return None;
        }
        if terms.is_empty() {
            // without a cost that it knows, every plan may cost less
            return (self.model.makespan > 0).then_some(());
        }
        self.at_most(terms, below - 1, None);
        Some(())
    }
}

/// The operations of each job before which none of it comes, and those after which none does.
fn bounds(model: &Model, reaches: &[Vec<bool>]) -> Vec<(Vec<usize>, Vec<usize>)> {
    let mut bounds = vec![(Vec::new(), Vec::new()); model.jobs.len()];
    for (number, of) in model.operations.iter().enumerate() {
        let own = || (0..model.operations.len()).filter(|o| model.operations[*o].job == of.job);
        let (first, last) = &mut bounds[of.job as usize];
        if !own().any(|o| reaches[o][number]) {
            first.push(number);
        }
        if !own().any(|o| reaches[number][o]) {
            last.push(number);
        }
    }
    bounds
}

/// Whether one operation comes after another by the precedences.
fn reaches(model: &Model) -> Vec<Vec<bool>> {
    let count = model.operations.len();
    let mut reaches = vec![vec![false; count]; count];
    for &before in model.order().iter().rev() {
        let before = before as usize;
        for (_, then, _) in model.links().filter(|l| l.0 as usize == before && l.2 == Link::Whole) {
            let further = reaches[then as usize].clone();
            reaches[before][then as usize] = true;
            reaches[before].iter_mut().zip(further).for_each(|(own, other)| *own |= other);
        }
    }
    reaches
}

/// The least time between each two operations on a machine: the set-up, or shorter ways by way of others (Floyd 1962).
fn between(model: &Model, machine: u32) -> Vec<Vec<Time>> {
    let count = model.operations.len();
    if model.machines[machine as usize].set_ups.is_none() {
        return vec![vec![0; count]; count];
    }
    let on: Vec<(usize, Time)> = (0..count)
        .filter_map(|o| {
            let here = model.operations[o].modes.iter().filter(|m| m.machine == machine);
            here.map(|m| m.duration).min().map(|duration| (o, duration))
        })
        .collect();
    let mut least = vec![vec![0; count]; count];
    for &(a, _) in &on {
        for &(b, _) in &on {
            least[a][b] = model.set_up(machine, Some(a as u32), b as u32);
        }
    }
    for &(by, duration) in &on {
        for &(a, _) in &on {
            for &(b, _) in &on {
                least[a][b] = least[a][b].min(least[a][by] + duration + least[by][b]);
            }
        }
    }
    least
}
