//! What a unit has learned about a machine: the numbers that deciding and measuring rest on.

use crate::{MachineId, MachineState, RecordId};
use measure::{Estimate, Instant};

/// Learned power draw in one state.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StatePower {
    /// Mean [W].
    pub mean: f64,
    /// Standard deviation of one-minute means [W].
    pub deviation: f64,
    /// Minutes observed.
    pub minutes: f64,
}

/// Part of time, from inclusive, to exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Window {
    /// Start.
    pub from: Instant,
    /// End.
    pub to: Instant,
}

/// What is learned of one machine from its readings. `None` where too little was seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MachineProfile {
    /// The machine.
    pub machine: MachineId,
    /// Power by [`MachineState::index`].
    pub power: [StatePower; MachineState::ALL.len()],
    /// Length of the current kind of idle spell [s], given how long it has lasted already.
    pub idle_left_s: Option<Estimate>,
    /// Restart from standby: warm-up time [s].
    pub warm_up_s: Option<Estimate>,
    /// Repair after a failure (MTTR) [s].
    pub repair_s: Option<Estimate>,
    /// Mean operating time between failures [s].
    pub between_failures_s: Option<Estimate>,
    /// Set-up time [s].
    pub set_up_s: Option<Estimate>,
    /// Time per piece relative to plan, 1 = as planned [1].
    pub cycle_ratio: Option<Estimate>,
    /// Share of pieces scrapped lately [1].
    pub scrap_share: Option<Estimate>,
    /// Share of pieces scrapped when the machine was in good order [1].
    pub scrap_base: Option<Estimate>,
    /// Share of time producing within its shifts lately [1].
    pub busy_share: Option<f64>,
    /// The forecast of failure in force, if any.
    pub failure: Option<RecordId>,
}
