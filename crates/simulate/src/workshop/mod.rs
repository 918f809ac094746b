//! The virtual workshop: a pure discrete-event model of a small parts maker.
//!
//! Enters: a plant, a seed, instants, values written. Leaves: samples as devices tell them, refusals in the device's words,
//! and the truth. Absent: the clock, sockets, protocols (the servers of `node` put samples on them).
//!
//! ```text
//!                 +------------------- run: the earliest of activity ends, instruments, shifts, releases, hours
//!                 v
//!   flow (lots move) -> work (what a machine does next) -> ends (an activity is over) -> tell (what changed)
//!                 ^                                             |
//!   write --------+            network (air) <------------------+            truth: what no device tells
//! ```
//!
//! A machine works its infeed first in, first out, or as a published schedule has it ([`Workshop::follow`]). Nothing starts outside of shifts that would not end within them, but a
//! set-up or service begun is finished in overtime, and a repair goes on around the clock. A machine told `standby` comes
//! back by itself when it could work, after its warm-up.

mod ends;
mod fault;
mod flow;
mod follow;
mod gauge;
mod layout;
mod luck;
mod machine;
mod network;
mod physics;
pub mod registers;
mod run;
mod sample;
mod shift;
mod site;
mod tell;
mod truth;
mod work;
mod write;

pub use fault::{Fault, FaultKind};
pub use run::Workshop;
pub use sample::{Sample, SampleValue};
pub use site::{SOURCES, plant, wiring};
pub use truth::{MachineTruth, OrderTruth, Truth};
pub use write::WriteRefused;

#[cfg(test)]
mod tests;
