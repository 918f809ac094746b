//! The production scheduler: a flexible job shop with set-ups, calendars, resources and due dates, improved for as long as the caller steps it.
//!
//! Enters: a [`model::Model`], a seed, iterations. Leaves: at any instant the best plan so far, proven by `check::plan`, and a lower bound of
//! what any plan costs. Absent: the clock, threads, files.
//!
//! ```text
//! Model ─▶ ground (flat arrays) ─▶ construct (priority rules) ─▶ pool ─▶ run (tabu search, annealing) ─▶ pool ─▶ …
//! ```
//!
//! A search is a row of runs. Where run `n` begins depends on the results of the runs up to `n - breadth` alone, so that `breadth` of them may
//! be stepped side by side by whoever has threads ([`Search::hand_out`], [`Search::take_back`]), and what comes of a seed and a number of
//! iterations is the same however many hands there were.
//!
//! ```
//! use decide::search::{Search, read};
//! let shop = read::jsp::read("2 2\n0 3 1 2\n1 4 0 1\n").expect("a job shop");
//! let mut search = Search::new(&shop.model, 1);
//! search.step(1000);
//! assert_eq!(search.best().expect("the check accepts every plan").certificate.makespan(), 6);
//! ```
//!
//! A run is tabu search for the makespan (`climb`), annealing by increments for every other objective (`anneal`), and for models with more
//! than machines and precedences, which are timed anew each time (`decode`), dispatching with other parameters (`vary`), then annealing
//! (`roam`). Beside it stand [`conflict`], why there is no plan, [`exact`],
//! proofs for small models, and [`replan`]. Sources stand in the files.

mod anneal;
pub mod bound;
pub mod carry;
mod choices;
mod climb;
pub mod conflict;
mod construct;
mod cooling;
mod cost;
mod decode;
mod estimate;
pub mod exact;
mod follow;
mod graph;
mod ground;
pub(crate) mod insert;
pub mod limit;
pub mod model;
pub mod plan;
mod pool;
mod profile;
pub mod read;
pub mod replan;
mod rich;
mod roam;
mod run;
mod shop;
mod tabu;
#[cfg(test)]
mod tests;
mod timing;
mod vary;

use crate::check::Violation;
use crate::check::plan::{PlanCertificate, certify};
use construct::Selection;
use cost::Value;
use ground::Ground;
use limit::Limit;
use measure::Chance;
use model::{Model, Time};
use plan::Plan;
use pool::Pool;
use run::Begin;
pub use run::Run;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Runs of construction before improvement begins.
const STARTS: u64 = 12;
/// Selections kept.
const POOL: usize = 6;
/// Runs that may be under way at once.
pub const BREADTH: u64 = 4;

/// A plan with the proof of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certified {
    /// What is done when.
    pub plan: Plan,
    /// That it is feasible, and what it costs.
    pub certificate: PlanCertificate,
}

/// The best plan of a model whose limits no plan found keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The plan, proven for the model with those limits so much wider.
    pub certified: Certified,
    /// The limits it breaks, and by how many ticks.
    pub broken: Vec<(Limit, Time)>,
}

/// A search of one seed.
#[derive(Debug)]
pub struct Search<'m> {
    model: &'m Model,
    ground: Arc<Ground>,
    chance: Chance,
    value: Value,
    best: Selection,
    /// A plan of another source that is better than what timing its selection anew gave.
    given: Option<(Value, Plan)>,
    pool: Pool,
    bound: Value,
    /// Runs that may begin, in their order.
    ready: VecDeque<Run>,
    /// Runs made ready so far.
    made: u64,
    /// Runs that came back, out of their turn or before they were over.
    back: BTreeMap<u64, Run>,
    /// Runs counted so far, in their order.
    counted: u64,
    iterations: u64,
    evaluated: u64,
    /// Most iterations.
    budget: u64,
}

impl<'m> Search<'m> {
    /// A search with a first plan.
    pub fn new(model: &'m Model, seed: u64) -> Self {
        let ground = Arc::new(Ground::new(model));
        let mut search = Self {
            model,
            bound: ground.bound,
            ground,
            chance: Chance::seeded(seed),
            value: Value::WORST,
            best: Selection { mode: Vec::new(), order: Vec::new() },
            given: None,
            pool: Pool::new(POOL),
            ready: VecDeque::new(),
            made: 0,
            back: BTreeMap::new(),
            counted: 0,
            iterations: 0,
            evaluated: 0,
            budget: u64::MAX,
        };
        search.make_ready();
        search.step(1);
        search
    }

    /// A search that begins with a plan: its modes, and its starts as the order. What is infeasible about it is repaired; a plan of
    /// another model (other operations or modes) says nothing and the search begins without it.
    pub fn resume(model: &'m Model, seed: u64, plan: &Plan) -> Self {
        let mut search = Self::new(model, seed);
        search.offer(plan);
        search
    }

    /// Takes a plan of another source into account: its modes, and its starts as the order. True where it is the best now.
    pub fn offer(&mut self, plan: &Plan) -> bool {
        let Some(selection) = self.ground.selection(plan) else { return false };
        let (before, value) = (self.value(), self.ground.valued(&selection));
        self.consider(value, &selection);
        self.take(plan);
        self.value() < before
    }

    /// Keeps a plan as it is, where it is better than all others.
    fn take(&mut self, plan: &Plan) {
        let Ok(certificate) = certify(self.model, plan) else { return };
        let mut value = Value::whole(0);
        value.costs.iter_mut().zip(certificate.levels()).for_each(|(own, cost)| *own = *cost);
        if value < self.value() {
            self.given = Some((value, plan.clone()));
        }
    }

    /// Takes a proof into account that no plan costs less at the first level.
    pub fn raise(&mut self, bound: i64) {
        self.bound.costs[0] = self.bound.costs[0].max(bound);
    }

    /// Ends it after so many iterations of all runs in their order. What more was done side by side does not count then.
    pub fn limit(&mut self, iterations: u64) {
        self.budget = iterations;
        self.count();
    }

    /// So many iterations more, one run after another. Ends early where the plan is proven the best, the limit is reached, or all runs
    /// that may be under way are in other hands.
    pub fn step(&mut self, iterations: u64) {
        let mut done = 0;
        while done < iterations {
            let Some(mut run) = self.hand_out() else { return };
            let before = run.iterations();
            run.step(iterations - done);
            done += run.iterations() - before;
            self.take_back(run);
        }
    }

    /// A run to be stepped anywhere and brought back; none where the search is over or waits for runs that are in other hands.
    pub fn hand_out(&mut self) -> Option<Run> {
        if self.is_over() {
            return None;
        }
        let unfinished = self.back.iter().find(|(_, run)| !run.is_over()).map(|(number, _)| *number);
        let mut run = match unfinished {
            Some(number) => self.back.remove(&number)?,
            None => self.ready.pop_front()?,
        };
        run.limit(self.budget - self.iterations);
        Some(run)
    }

    /// Takes a run back, over or not.
    pub fn take_back(&mut self, run: Run) {
        self.back.insert(run.number, run);
        self.count();
    }

    /// Counts the runs that are over, in their order.
    fn count(&mut self) {
        while !self.is_settled()
            && let Some(run) = self.back.get(&self.counted).filter(|run| run.is_over())
        {
            let left = self.budget.saturating_sub(self.iterations);
            let shorter = (run.iterations() > left).then(|| {
                let mut again = run.again(left);
                again.step(left);
                again
            });
            let Some(run) = self.back.remove(&self.counted).map(|run| shorter.unwrap_or(run)) else { return };
            self.iterations += run.iterations();
            self.evaluated += run.evaluated();
            if let Some(selection) = run.best() {
                self.consider(run.value(), selection);
            }
            self.counted += 1;
            self.make_ready();
        }
        // what was done beyond the end, in other hands or ahead of its turn, does not count
        if self.is_settled() {
            self.ready.clear();
            self.back.clear();
        }
    }

    /// Whether the runs counted so far end the search.
    fn is_settled(&self) -> bool {
        self.given.as_ref().map_or(self.value, |given| given.0.min(self.value)) <= self.bound || self.iterations >= self.budget
    }

    fn consider(&mut self, value: Value, selection: &Selection) {
        self.pool.offer(value, selection);
        if value < self.value {
            self.value = value;
            self.best.clone_from(selection);
        }
    }

    /// Makes the runs ready that depend on nothing more than what is counted.
    fn make_ready(&mut self) {
        let until = if self.counted < STARTS { STARTS } else { self.counted + BREADTH };
        while self.made < until {
            let mut luck = self.chance.branch(&[self.made]);
            let begin = match self.made.checked_sub(STARTS) {
                None => Begin::Nothing(self.made as usize),
                Some(before) => self.begin(before, &mut luck),
            };
            self.ready.push_back(Run::new(self.made, Arc::clone(&self.ground), begin, luck));
            self.made += 1;
        }
    }

    fn begin(&self, before: u64, luck: &mut Chance) -> Begin {
        let elite = |number: usize| self.pool.elites[number].selection.clone();
        let selection = if before < BREADTH {
            elite(before as usize % self.pool.elites.len())
        } else {
            // annealing forgets where it began, so the best is worth as much as a mean
            let is_mean = self.ground.is_tabu || luck.below(2) == 0;
            let between = if is_mean { self.pool.between(&self.ground.shop, luck) } else { None };
            between.unwrap_or_else(|| elite(0))
        };
        Begin::Selection(selection, u32::try_from(before).unwrap_or(u32::MAX))
    }

    /// The best run that is here and not counted yet, where it is better than those counted. Under a limit the next to be counted only.
    fn ahead(&self) -> Option<&Run> {
        let may_count = |run: &&Run| self.budget == u64::MAX || run.number == self.counted;
        self.back.values().filter(may_count).filter(|run| run.value() < self.value).min_by_key(|run| run.value())
    }

    fn value(&self) -> Value {
        let value = self.ahead().map_or(self.value, Run::value);
        self.given.as_ref().map_or(value, |given| given.0.min(value))
    }

    /// The objective of the best plan so far, where it has levels the first; less is better.
    pub fn objective(&self) -> i64 {
        self.value().costs[0]
    }

    /// The objective of the best plan so far, level by level.
    pub fn objectives(&self) -> Vec<i64> {
        self.value().costs[..self.model.levels_count()].to_vec()
    }

    /// By how many ticks the best plan so far breaks deadlines, latest starts and limits of waits in all; a plan is proven where it is 0.
    pub fn broken(&self) -> i64 {
        self.value().broken
    }

    /// What no plan costs less than, where the objective has levels at the first.
    pub const fn bound(&self) -> i64 {
        self.bound.costs[0]
    }

    /// What no plan costs less than at each level, whatever it costs at the others.
    pub fn bounds(&self) -> &[i64] {
        &self.bound.costs[..self.model.levels_count()]
    }

    /// Whether no plan is better than the best so far.
    pub fn is_optimal(&self) -> bool {
        self.value() <= self.bound
    }

    /// Whether there is nothing left to do: the best plan is proven, or the limit of iterations is reached.
    pub fn is_over(&self) -> bool {
        self.is_optimal() || self.iterations >= self.budget
    }

    /// Iterations done.
    pub fn iterations(&self) -> u64 {
        self.iterations + self.back.values().map(Run::iterations).sum::<u64>()
    }

    /// Moves evaluated.
    pub fn evaluated(&self) -> u64 {
        self.evaluated + self.back.values().map(Run::evaluated).sum::<u64>()
    }

    /// The best plan so far, proven.
    ///
    /// # Errors
    /// The rule that the check finds broken; that would be a fault of this search, and no plan leaves then.
    pub fn best(&self) -> Result<Certified, Violation> {
        let plan = self.plan();
        let certificate = certify(self.model, &plan)?;
        Ok(Certified { plan, certificate })
    }

    /// The best plan so far with the limits it breaks; none are broken where [`Search::broken`] is 0.
    ///
    /// # Errors
    /// The rule that the check finds broken although the limits were made wider; that would be a fault of this search.
    pub fn nearest(&self) -> Result<Nearest, Violation> {
        let plan = self.plan();
        let broken = limit::broken(self.model, &plan);
        let wider = Model::new(limit::widened(self.model, &broken));
        let wider = wider.map_err(|e| Violation { rule: "limits_widened", found: e.found, allowed: e.allowed })?;
        let certificate = certify(&wider, &plan)?;
        Ok(Nearest { certified: Certified { plan, certificate }, broken })
    }

    fn plan(&self) -> Plan {
        if let Some((_, plan)) = self.given.as_ref().filter(|given| given.0 <= self.value()) {
            return plan.clone();
        }
        self.ground.plan(self.ahead().and_then(Run::best).unwrap_or(&self.best))
    }
}
