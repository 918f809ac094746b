//! The door of the unit: what drivers bring is validated, put in order, accounted for, and frozen into an [`plant::Image`].
//!
//! Enters: [`Delivery`] from a [`Source`]. Leaves: [`plant::Batch`] ready to be stored, [`plant::Refused`] with reasons, the
//! frozen image. Absent: protocols, sockets, the disk, detectors.
//!
//! Start at [`Collector`].

mod account;
mod collector;
mod delivery;
mod progress;
mod recent;
mod slot;
pub mod suite;
mod timing;

pub use account::{Account, Accounting};
pub use collector::{Absorbed, Collector, Limits, state_of};
pub use delivery::{Bookmark, Delivery, Place, RawReading, RawValue, Source};
pub use timing::{ClockOffset, Timing};
