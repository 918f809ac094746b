//! A plan: for each operation a mode and a start.
//!
//! Enters: what the search, a reader of plans, or a person chose. Leaves: nothing is computed here. Absent: whether it is feasible
//! (`check::plan` says so).

use super::model::Time;

/// How and when one operation is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// Which of its modes.
    pub mode: u32,
    /// From when [ticks].
    pub start: Time,
}

/// A plan of a model: `operations[o]` is operation `o`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// One for each operation.
    pub operations: Vec<Assigned>,
}
