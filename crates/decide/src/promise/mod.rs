//! Capable-to-promise: when a new order will be ready, with what probability, and what that does to the others.
//!
//! Enters: the running plan with what changed since ([`Running`]), a new order's operations ([`NewOrder`]), how far durations and machines
//! deviate from the plan ([`Deviation`]), a seed and a budget. Leaves: the plan with the order in it, certified, quantiles of its completion, the date that is
//! kept with a wanted probability, and for the other orders how likely and how much later they become ([`Answer`]). Absent: the clock; who
//! accepts; how a configuration becomes operations (`configure`).
//!
//! ```text
//! running plan + order ─▶ Trial (into gaps) ─▶ Run: search ─▶ certified plan ─▶ carried out with sampled durations, with and without it ─▶ Answer
//! ```
//!
//! Available- and capable-to-promise: Chen, Zhao & Ball, Production and Operations Management 11, 2002; Framinan & Leisten, International
//! Journal of Production Research 48, 2010 (trial insertion into the running schedule). The date at a probability p is the order statistic of rank ⌈p (n + 1)⌉
//! of n samples: whatever the distribution, a further draw from it is not above that with probability p at least (Wilks, Annals of
//! Mathematical Statistics 12, 1941). Samples with and without the order share their luck, operation by operation.

mod answer;
mod order;
mod run;
mod spread;
#[cfg(test)]
mod tests;

pub use crate::search::model::ModelError;
pub use answer::{Answer, Effect};
pub use order::{NewOrder, Running, Trial};
pub use run::{Ask, Run};
pub use spread::{Breakdowns, Deviation, Spread};

/// Most samples of one promise.
pub const SAMPLES_MAX: u32 = 100_000;
/// Most spreads of durations.
pub const SPREADS_MAX: usize = 10_000;
/// Most points of a spread by quantiles.
pub const POINTS_MAX: usize = 1_000;
/// Most durations of a history.
pub const HISTORY_MAX: usize = 10_000;
/// Largest ratio of a real to a planned duration, and largest deviation of its logarithm.
pub const RATIO_MAX: f64 = 1_000.0;
/// Most breakdowns that are drawn for one operation.
pub const BREAKDOWNS_MAX: usize = 1_000;
