//! The production scheduler: a flexible job shop with set-ups, calendars and due dates, improved for as long as the caller steps it.
//!
//! Enters: a [`model::Model`], a seed, iterations. Leaves: at any instant the best plan so far, proven by `check::plan`, and a lower bound of
//! what any plan costs. Absent: the clock, threads, files; a search of one seed is one value, and what it does depends on the seed and
//! the number of iterations alone, so that a caller may run several side by side and take [`Search::better`].
//!
//! ```text
//! Model ─▶ shop (flat arrays) ─▶ construct (priority rules) ─▶ pool ─▶ climb (tabu, makespan) or anneal (all else) ─▶ pool ─▶ …
//! ```
//!
//! Sources stand in the files: `graph` heads, tails, order; `estimate` moves; `climb` tabu search; `pool` path relinking; `bound`.

mod anneal;
pub mod bound;
mod climb;
mod construct;
mod cost;
mod estimate;
mod graph;
pub mod model;
pub mod plan;
mod pool;
pub mod read;
pub mod replan;
mod shop;
mod tabu;
#[cfg(test)]
mod tests;
mod timing;

use crate::check::Violation;
use crate::check::plan::{PlanCertificate, certify};
use anneal::Anneal;
use climb::Climb;
use construct::{Dates, Selection};
use cost::Cost;
use graph::Graph;
use measure::Chance;
use model::{Model, Time};
use plan::{Assigned, Plan};
use pool::Pool;
use shop::Shop;
use timing::Timing;

/// Runs of construction before improvement begins; each is one iteration.
const STARTS: usize = 12;
/// Selections kept.
const POOL: usize = 6;
/// Iterations without a better makespan after which tabu search begins elsewhere.
const PATIENCE: u32 = 6000;

/// A plan with the proof of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certified {
    /// What is done when.
    pub plan: Plan,
    /// That it is feasible, and what it costs.
    pub certificate: PlanCertificate,
}

/// A search of one seed.
#[derive(Debug)]
pub struct Search<'m> {
    model: &'m Model,
    shop: Shop,
    cost: Cost,
    dates: Dates,
    chance: Chance,
    value: i64,
    best: Selection,
    bound: i64,
    pool: Pool,
    engine: Engine,
    iterations: u64,
}

#[derive(Debug)]
enum Engine {
    /// So many selections are constructed.
    Starting(usize),
    Tabu(Box<Climb>),
    Annealing(Box<Anneal>),
}

impl<'m> Search<'m> {
    /// A search with a first plan.
    pub fn new(model: &'m Model, seed: u64) -> Self {
        let shop = Shop::new(model);
        let cost = Cost::new(model, &shop);
        let dates =
            Dates { due: cost.jobs.iter().map(|j| j.due).collect(), weight: cost.jobs.iter().map(|j| j.tardiness).collect() };
        let mut search = Self {
            model,
            bound: bound::lower(model),
            shop,
            cost,
            dates,
            chance: Chance::seeded(seed),
            value: i64::MAX,
            best: Selection { mode: Vec::new(), order: Vec::new() },
            pool: Pool::new(POOL),
            engine: Engine::Starting(0),
            iterations: 0,
        };
        search.step(1);
        search
    }

    /// A search that begins with a plan: its modes, and its starts as the order. What is infeasible about it is repaired; a plan of
    /// another model (other operations or modes) says nothing and the search begins without it.
    pub fn resume(model: &'m Model, seed: u64, plan: &Plan) -> Self {
        let mut search = Self::new(model, seed);
        if let Some(selection) = selected(model, &search.shop, plan) {
            search.consider(&selection);
        }
        search
    }

    /// So many iterations more. An iteration is one move or one construction: microseconds, milliseconds for 10,000 operations.
    /// Ends early where the plan is proven the best.
    pub fn step(&mut self, iterations: u64) {
        for _ in 0..iterations {
            if self.is_optimal() {
                return;
            }
            self.iterations += 1;
            match &self.engine {
                Engine::Starting(done) if *done < STARTS => self.construct(*done),
                Engine::Starting(_) => self.begin(),
                Engine::Tabu(_) => self.climb(),
                Engine::Annealing(_) => self.anneal(),
            }
        }
    }

    fn construct(&mut self, done: usize) {
        let rules = if self.cost.is_makespan { construct::PLAIN } else { construct::DUE };
        let noise = if done < rules.len() { 0.0 } else { 0.3 };
        let selection = construct::dispatch(&self.shop, rules[done % rules.len()], noise, &self.dates, &mut self.chance);
        self.consider(&selection);
        self.engine = Engine::Starting(done + 1);
    }

    fn consider(&mut self, selection: &Selection) {
        let graph = Graph::new(&self.shop, &selection.mode, &selection.order);
        let value =
            if self.cost.is_regular { self.cost.of_heads(&graph) } else { Timing::default().run(&self.shop, &self.cost, &graph) };
        self.pool.offer(value, selection);
        if value < self.value {
            self.value = value;
            self.best = selection.clone();
        }
    }

    fn begin(&mut self) {
        let from = &self.pool.elites[0].selection;
        // tails know no calendars, so estimates mislead under them
        let is_open = self.shop.closed.iter().all(Vec::is_empty);
        self.engine = if self.cost.is_makespan && self.cost.makespan > 0 && is_open {
            Engine::Tabu(Box::new(Climb::new(&self.shop, from)))
        } else {
            Engine::Annealing(Box::new(Anneal::new(&self.shop, &self.cost, from)))
        };
    }

    fn climb(&mut self) {
        let Engine::Tabu(climb) = &mut self.engine else { return };
        climb.step(&self.shop, &mut self.chance);
        let value = i64::from(climb.best_value) * self.cost.makespan;
        if value < self.value {
            self.value = value;
            self.best.clone_from(&climb.best);
        }
        if climb.stale > PATIENCE.min(100 * self.shop.count as u32) {
            self.pool.offer(value, &climb.best);
            let between = self.pool.between(&self.shop, &mut self.chance);
            let next = between.unwrap_or_else(|| self.pool.elites[0].selection.clone());
            climb.restart(&self.shop, &next, &mut self.chance);
        }
    }

    fn anneal(&mut self) {
        let Engine::Annealing(anneal) = &mut self.engine else { return };
        anneal.step(&self.shop, &self.cost, &mut self.chance);
        if anneal.best_value < self.value {
            self.value = anneal.best_value;
            self.best.clone_from(&anneal.best);
        }
        if anneal.is_over() {
            self.pool.offer(anneal.best_value, &anneal.best);
            let mixed = if self.chance.below(2) == 0 { self.pool.between(&self.shop, &mut self.chance) } else { None };
            let next = mixed.unwrap_or_else(|| self.pool.elites[0].selection.clone());
            anneal.restart(&self.shop, &self.cost, &next, &mut self.chance);
        }
    }

    /// The objective of the best plan so far; less is better.
    pub const fn objective(&self) -> i64 {
        self.value
    }

    /// What no plan costs less than.
    pub const fn bound(&self) -> i64 {
        self.bound
    }

    /// Whether no plan is better than the best so far.
    pub const fn is_optimal(&self) -> bool {
        self.value <= self.bound
    }

    /// Iterations done.
    pub const fn iterations(&self) -> u64 {
        self.iterations
    }

    /// Moves evaluated.
    pub const fn evaluated(&self) -> u64 {
        match &self.engine {
            Engine::Starting(_) => 0,
            Engine::Tabu(climb) => climb.evaluated,
            Engine::Annealing(anneal) => anneal.evaluated,
        }
    }

    /// The best plan so far, proven.
    ///
    /// # Errors
    /// The rule that the check finds broken; that would be a fault of this search, and no plan leaves then.
    pub fn best(&self) -> Result<Certified, Violation> {
        let graph = Graph::new(&self.shop, &self.best.mode, &self.best.order);
        let mut timing = Timing::default();
        if !self.cost.is_regular {
            timing.run(&self.shop, &self.cost, &graph);
        }
        let start = |o: usize| if self.cost.is_regular { graph.nodes[o].head } else { timing.starts[o] };
        let assigned = |o: usize| Assigned { mode: self.best.mode[o], start: Time::from(start(o)) };
        let plan = Plan { operations: (0..self.shop.count).map(assigned).collect() };
        let certificate = certify(self.model, &plan)?;
        Ok(Certified { plan, certificate })
    }

    /// The better of two searches of the same model; the first where they are equal. So the best of many does not depend on which
    /// ended first.
    pub fn better(self, other: Self) -> Self {
        if other.value < self.value { other } else { self }
    }
}

/// The selection that a plan makes; none where it is of another model.
fn selected(model: &Model, shop: &Shop, plan: &Plan) -> Option<Selection> {
    let is_of_model = plan.operations.len() == shop.count
        && plan.operations.iter().zip(&model.operations).all(|(a, o)| (a.mode as usize) < o.modes.len());
    if !is_of_model {
        return None;
    }
    // the least start first, but none before its predecessors
    let mut waits: Vec<usize> = (0..shop.count as u32).map(|o| shop.before.list(o).len()).collect();
    let key = |o: u32| std::cmp::Reverse((plan.operations[o as usize].start, o));
    let mut ready: std::collections::BinaryHeap<_> =
        (0..shop.count as u32).filter(|o| waits[*o as usize] == 0).map(key).collect();
    let mut order = Vec::with_capacity(shop.count);
    while let Some(std::cmp::Reverse((_, operation))) = ready.pop() {
        order.push(operation);
        for &after in shop.after.list(operation) {
            waits[after as usize] -= 1;
            if waits[after as usize] == 0 {
                ready.push(key(after));
            }
        }
    }
    Some(Selection { mode: plan.operations.iter().map(|a| a.mode).collect(), order })
}
