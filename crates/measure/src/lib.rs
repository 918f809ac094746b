//! Quantities with units, instants and spans, money, uncertainty, chance as a value, and a budget of memory.
//!
//! Enters: numbers and text. Leaves: typed numbers that cannot be mixed up. Absent: machines, people, formats, the clock.
//!
//! Start at [`Instant`] (when), [`Unit`] (how much of what), [`Estimate`] (how sure), [`Chance`] (seeded randomness), [`Budget`]
//! (how much memory).

mod budget;
mod chance;
mod estimate;
mod instant;
mod money;
pub mod statistics;
mod unit;

pub use budget::{Budget, Share, Taker};
pub use chance::Chance;
pub use estimate::Estimate;
pub use instant::{Instant, InstantError, Span};
pub use money::{Currency, Money, MoneyError};
pub use unit::{Dimension, Quantity, Unit, UnitError};
