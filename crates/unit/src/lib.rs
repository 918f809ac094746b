//! One production unit: the order in which the rooms do their work, and the desk at which it can be seen.
//!
//! Enters: deliveries, what the journal and the devices answer, people's verdicts, `now`. Leaves: effects (records to keep,
//! commands to write) and the [`desk::View`]. Absent: tokio, disk, wire, HTML; the rooms are reached only through here.
//!
//! Start at [`Unit::step`].

pub mod desk;
mod memory;
pub mod outlook;
mod replay;
mod revise;
pub mod sales;
pub mod schedule;
mod unit;
mod view;

pub use act::Unjudged;
pub use collect::{Absorbed, Delivery, Limits, Place, RawReading, RawValue};
// the trials of `know`, which `socium bench know` runs
pub use know::{anomaly, trial};
// what `socium learn` gathers and learns
pub use know::{lessons, lives};
// what people add to the causes that are weighed
pub use know::diagnose::{CauseModel, CauseModelError};
pub use replay::Replay;
pub use unit::{Effect, Input, Unconfirmed, Unit};
