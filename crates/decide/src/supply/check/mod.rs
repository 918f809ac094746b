//! The independent check of supply plans: sizes, dates, routings, bills, stocks and capacities are recomputed from the model and the plan alone. It shares
//! no code with the planner.
//!
//! Enters: a model and a plan. Leaves: a [`Certificate`] with loads, stocks and cost, or the first rule that does not hold, with what was found and what
//! is allowed. Absent: how the plan was found, whether it is the best.

mod buffers;
mod materials;
mod orders;

use super::model::{Model, Time};
use super::plan::{Plan, Source, Taker, Whose};
use crate::check::Violation;
use std::collections::BTreeMap;

/// What was proven of a plan. It is made here only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    stocks: Vec<Vec<(Time, i64)>>,
    loads: Vec<BTreeMap<i32, Time>>,
    cost: Option<i64>,
}

impl Certificate {
    /// The stock of each buffer: from an instant on so much, ascending; before the first what is on hand.
    pub fn stocks(&self) -> &[Vec<(Time, i64)>] {
        &self.stocks
    }

    /// The work of each group of machines in each bucket that has any [ticks].
    pub fn loads(&self) -> &[BTreeMap<i32, Time>] {
        &self.loads
    }

    /// What all orders cost; none beyond 64 bits.
    pub const fn cost(&self) -> Option<i64> {
        self.cost
    }
}

type Rule = fn(&Model, &Plan) -> Result<(), (String, String)>;

/// All rules in the order they are asked; a rule may rely on the ones before it.
const RULES: &[(&str, Rule)] = &[
    ("all_known", all_known),
    ("sizes_kept", orders::sizes_kept),
    ("dates_kept", orders::dates_kept),
    ("not_before_now", orders::not_before_now),
    ("lead_times_kept", orders::lead_times_kept),
    ("routings_kept", orders::routings_kept),
    ("work_booked", orders::work_booked),
    ("capacity_kept", orders::capacity_kept),
    ("bills_kept", materials::bills_kept),
    ("taken_once", materials::taken_once),
    ("stock_not_negative", materials::stock_not_negative),
    ("demands_met", materials::demands_met),
    ("zones_right", buffers::zones_right),
];

/// The rules that hold of every plan.
pub fn rules() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(name, _)| *name)
}

/// Proves a plan.
///
/// # Errors
/// The first rule that does not hold.
pub fn certify(model: &Model, plan: &Plan) -> Result<Certificate, Violation> {
    for &(rule, holds) in RULES {
        holds(model, plan).map_err(|(found, allowed)| Violation { rule, found, allowed })?;
    }
    Ok(Certificate { stocks: materials::stocks(model, plan), loads: orders::loads(model, plan), cost: orders::cost(model, plan) })
}

/// Every number in the plan is that of something.
fn all_known(model: &Model, plan: &Plan) -> Result<(), (String, String)> {
    let known = |what: &str, number: u32, count: usize| {
        if (number as usize) < count { Ok(()) } else { Err((format!("{what} {number}"), format!("below {count}"))) }
    };
    for order in &plan.orders {
        known("way", order.way, model.ways.len())?;
    }
    for delivery in &plan.deliveries {
        known("demand", delivery.demand, model.demands.len())?;
    }
    for peg in &plan.pegs {
        known("buffer", peg.buffer, model.buffers.len())?;
        match peg.source {
            Source::OnHand => {}
            Source::Receipt(number) => {
                known("receipt", number, model.buffers[peg.buffer as usize].receipts.len())?;
            }
            Source::Order(number) => known("order", number, plan.orders.len())?,
        }
        match peg.taker {
            Taker::Delivery(number) => known("delivery", number, plan.deliveries.len())?,
            Taker::Order(number) => known("order", number, plan.orders.len())?,
        }
    }
    for trouble in &plan.troubles {
        match trouble.whose {
            Whose::Demand(number) => known("demand", number, model.demands.len())?,
            Whose::Buffer(number) => known("buffer", number, model.buffers.len())?,
        }
    }
    plan.statuses.iter().try_for_each(|s| known("buffer", s.buffer, model.buffers.len()))
}
