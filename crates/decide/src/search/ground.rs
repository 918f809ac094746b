//! What all runs of a search share and none changes.
//!
//! Enters: a model. Leaves: its flat arrays, its objective, a lower bound. Absent: selections.

use super::bound;
use super::construct::{Dates, Selection};
use super::cost::Cost;
use super::graph::Graph;
use super::model::Model;
use super::shop::Shop;
use super::timing::Timing;

/// The model as runs see it.
#[derive(Debug)]
pub(super) struct Ground {
    /// Operations, modes, machines.
    pub shop: Shop,
    /// The objective.
    pub cost: Cost,
    /// What due-date rules look at.
    pub dates: Dates,
    /// What no plan costs less than.
    pub bound: i64,
    /// Whether tabu search is right for it: estimates know the makespan, but no calendars.
    pub is_tabu: bool,
}

impl Ground {
    /// The ground of a model.
    pub fn new(model: &Model) -> Self {
        let shop = Shop::new(model);
        let cost = Cost::new(model, &shop);
        let dates =
            Dates { due: cost.jobs.iter().map(|j| j.due).collect(), weight: cost.jobs.iter().map(|j| j.tardiness).collect() };
        let is_open = shop.closed.iter().all(Vec::is_empty);
        Self { is_tabu: cost.is_makespan && cost.makespan > 0 && is_open, bound: bound::lower(model), shop, cost, dates }
    }

    /// The objective of a selection.
    pub fn valued(&self, selection: &Selection) -> i64 {
        let graph = Graph::new(&self.shop, &selection.mode, &selection.order);
        if self.cost.is_regular { self.cost.of_heads(&graph) } else { Timing::default().run(&self.shop, &self.cost, &graph) }
    }
}
