//! Supply planning: from demands to orders to make, buy and move, backward from the due dates through the bills of material.
//!
//! Enters: a [`model::Model`] (items at locations, ways of replenishment, machines with capacity by the bucket, demands). Leaves: a [`Certified`] plan:
//! orders, deliveries, who takes from what, why something is late, buffer zones, with loads and stocks that the check worked out; and of its
//! manufacture orders a problem for [`crate::search`] ([`bridge`]). Absent: the clock, chance, files.
//!
//! ```text
//! Model ─▶ planner: demands by priority and due date ─▶ what is kept in stock ─▶ check::certify ─▶ Certified ─▶ bridge ─▶ search
//! ```
//!
//! ```
//! use decide::supply::model::{Buffer, Demand, Kind, Model, Parts, Way};
//! let buffers = vec![Buffer { item: "bolt".to_owned(), on_hand: 20, ..Buffer::default() }];
//! let ways = vec![Way { kind: Kind::Purchase { to: 0, lead_time: 48 }, ..Way::default() }];
//! let demands = vec![Demand { buffer: 0, quantity: 50, due: 72, ..Demand::default() }];
//! let parts = Parts { is_constrained: true, bucket: 24, buckets: 10, buffers, ways, demands, ..Parts::default() };
//! let answer = decide::supply::plan(&Model::new(parts).expect("a model")).expect("the check accepts every plan");
//! let order = &answer.plan.orders[0];
//! assert_eq!((order.size, order.start, order.end), (30, 24, 72));
//! ```

pub mod bridge;
mod check;
pub mod model;
pub mod plan;
mod planner;
#[cfg(test)]
mod tests;
mod zones;

pub use check::{Certificate, rules};

use crate::check::Violation;
use model::Model;
use plan::Plan;

/// A plan with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certified {
    /// The plan.
    pub plan: Plan,
    /// What the check found.
    pub certificate: Certificate,
}

/// Plans. The same model gives the same plan.
///
/// # Errors
/// The check refuses the plan, which is a fault of the planner.
pub fn plan(model: &Model) -> Result<Certified, Violation> {
    let plan = planner::planned(model);
    let certificate = check::certify(model, &plan)?;
    Ok(Certified { plan, certificate })
}
