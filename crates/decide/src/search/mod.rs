//! The production scheduler.

mod climb;
mod construct;
mod estimate;
mod graph;
pub mod model;
pub mod plan;
mod pool;
pub mod read;
mod shop;
mod tabu;

use climb::Climb;
use construct::{Dates, Selection};
use graph::Graph;
use measure::Chance;
use model::{Model, Time};
use plan::{Assigned, Plan};
use pool::Pool;
use shop::Shop;

/// Runs of construction before improvement begins.
const STARTS: usize = 12;
/// Selections kept.
const POOL: usize = 10;

/// A search.
#[derive(Debug)]
pub struct Search {
    shop: Shop,
    dates: Dates,
    chance: Chance,
    best: Option<(i64, Selection)>,
    pool: Pool,
    climb: Option<Climb>,
    iterations: u64,
    starts: usize,
    first: bool,
    /// knobs
    pub knobs: [f64; 8],
}

impl Search {
    /// new
    pub fn new(model: &Model, seed: u64) -> Self {
        let shop = Shop::new(model);
        let dates = Dates {
            due: model.jobs.iter().map(|j| j.due.unwrap_or(1 << 40)).collect(),
            weight: model.jobs.iter().map(|j| j.tardiness).collect(),
        };
        Self {
            shop,
            dates,
            chance: Chance::seeded(seed),
            best: None,
            pool: Pool::new(POOL),
            climb: None,
            iterations: 0,
            starts: 0,
            first: true,
            knobs: [0.0; 8],
        }
    }

    /// steps
    pub fn step(&mut self, iterations: u64) {
        for _ in 0..iterations {
            self.iterations += 1;
            if self.starts < STARTS {
                self.construct();
            } else {
                self.improve();
            }
        }
    }

    fn construct(&mut self) {
        let rules = construct::PLAIN;
        let noise = if self.starts < rules.len() { 0.0 } else { 0.3 };
        let selection = construct::dispatch(&self.shop, rules[self.starts % rules.len()], noise, &self.dates, &mut self.chance);
        let value = i64::from(Graph::new(&self.shop, &selection.mode, &selection.order).makespan(&self.shop));
        self.offer(value, &selection);
        self.pool.offer(value, &selection);
        self.starts += 1;
    }

    fn offer(&mut self, value: i64, selection: &Selection) {
        if self.best.as_ref().is_none_or(|(best, _)| value < *best) {
            self.best = Some((value, selection.clone()));
        }
    }

    fn improve(&mut self) {
        let patience = if self.knobs[0] > 0.0 { self.knobs[0] as u32 } else { 6000 };
        let Some(climb) = &mut self.climb else {
            let from = self.pool.elites[0].selection.clone();
            self.climb = Some(Climb::new(&self.shop, &from));
            return;
        };
        climb.step(&self.shop, &mut self.chance);
        if climb.stale == 0 {
            let (value, best) = (i64::from(climb.best_value), &climb.best);
            if self.best.as_ref().is_none_or(|(v, _)| value < *v) {
                self.best = Some((value, best.clone()));
            }
        }
        if climb.stale > patience {
            let value = i64::from(climb.best_value);
            self.pool.offer(value, &climb.best);
            if let Some(next) = self.pool.between(&self.shop, &mut self.chance) {
                climb.restart(&self.shop, &next);
            }
        }
    }

    /// value
    pub fn objective(&self) -> Option<i64> {
        self.best.as_ref().map(|b| b.0)
    }

    /// moves
    pub fn evaluated(&self) -> u64 {
        self.climb.as_ref().map_or(0, |c| c.evaluated)
    }
    /// iterations
    pub fn iterations(&self) -> u64 {
        self.iterations
    }

    /// plan
    pub fn best(&self) -> Option<Plan> {
        let (_, selection) = self.best.as_ref()?;
        let graph = Graph::new(&self.shop, &selection.mode, &selection.order);
        let operations =
            (0..self.shop.count).map(|o| Assigned { mode: selection.mode[o], start: Time::from(graph.nodes[o].head) }).collect();
        Some(Plan { operations })
    }
}
