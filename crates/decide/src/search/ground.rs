//! What all runs of a search share and none changes.
//!
//! Enters: a model. Leaves: its flat arrays, its objective, a lower bound. Absent: selections.

use super::bound;
use super::construct::{Dates, Selection};
use super::cost::{Cost, Value};
use super::decode::{Case, Decoder};
use super::graph::Graph;
use super::model::{Model, Time};
use super::plan::{Assigned, Plan};
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
    /// What no plan costs less than, level by level.
    pub bound: Value,
    /// Whether tabu search is right for it: estimates know the makespan, but no calendars.
    pub is_tabu: bool,
}

impl Ground {
    /// The ground of a model.
    pub fn new(model: &Model) -> Self {
        let shop = Shop::new(model);
        let cost = Cost::new(model, &shop);
        let dates = Dates {
            due: cost.jobs.iter().map(|j| j.due).collect(),
            weight: cost.jobs.iter().map(|j| j.tardiness).collect(),
            published: cost.published.clone(),
        };
        let is_open = shop.closed.iter().all(Vec::is_empty);
        let bound = Value { broken: 0, costs: bound::lower(model) };
        Self { is_tabu: cost.is_makespan && cost.makespan > 0 && is_open, bound, shop, cost, dates }
    }

    /// What a selection is worth.
    pub fn valued(&self, selection: &Selection) -> Value {
        self.timed(selection).1
    }

    /// The starts of a selection, and what it is worth.
    pub fn timed(&self, selection: &Selection) -> (Vec<i32>, Value) {
        let (shop, cost) = (&self.shop, &self.cost);
        let graph = Graph::new(shop, &selection.mode, &selection.order);
        if let Some(rich) = &shop.rich {
            let mut decoder = Decoder::default();
            let value = decoder.run(Case { shop, rich, cost, graph: &graph });
            return (decoder.starts, value);
        }
        if cost.is_regular {
            let starts = graph.nodes[..shop.count].iter().map(|n| n.head).collect();
            return (starts, Value::whole(cost.of_heads(shop, &graph)));
        }
        let mut timing = Timing::default();
        let value = timing.run(shop, cost, &graph);
        (timing.starts, Value::whole(value))
    }

    /// The plan that a selection makes.
    pub fn plan(&self, selection: &Selection) -> Plan {
        let starts = self.timed(selection).0;
        let mode = |o: usize| self.shop.plan_mode(o as u32, selection.mode[o]);
        let assigned = |o: usize| Assigned { mode: mode(o), start: Time::from(starts[o]) };
        Plan { operations: (0..self.shop.count).map(assigned).collect() }
    }

    /// The selection that a plan makes; none where it is of another model.
    pub fn selection(&self, plan: &Plan) -> Option<Selection> {
        let shop = &self.shop;
        if plan.operations.len() != shop.count {
            return None;
        }
        let modes = plan.operations.iter().enumerate().map(|(o, a)| shop.mode_of_plan(o as u32, a.mode));
        let mut mode = modes.collect::<Option<Vec<u32>>>()?;
        let order = shop.ordered(|o| plan.operations[o as usize].start);
        let mut last = vec![None; shop.machines];
        for &operation in &order {
            let start = plan.operations[operation as usize].start;
            let machine = shop.modes_of(operation)[mode[operation as usize] as usize].0;
            if last[machine as usize].replace(start) == Some(start) {
                mode[operation as usize] = shop.joining(operation, mode[operation as usize]);
            }
        }
        Some(Selection { mode, order })
    }
}
