//! The hand: carries decisions out within the envelope, and measures what they did.
//!
//! Enters: [`plant::Decision`]s, verdicts of people, answers of devices, the image of each step. Leaves: [`Deed`]s (records to
//! keep, commands to write); every change of a decision or a command is one. Absent: why a decision was chosen, protocols,
//! the clock.
//!
//! ```text
//! take ─▶ policy ─▶ Pending ─▶ judge ─▶ Approved ─▶ still fits? ─▶ ranks ─▶ envelope ─▶ Write
//!                     │           │          │            │                  │           │
//!                  Lapsed     Rejected    Lapsed       Lapsed             Refused     answer ─▶ Running ─▶ Outcome, Done
//!                                                                                        └ no / none in time ─▶ RolledBack
//! ```
//!
//! Start at [`Hand`]; a new way to measure is one file in [`effect`] and one line in [`effect::ALL`]. Drivers implement
//! [`Sink`] and run [`suite`].

mod approve;
mod carry;
pub mod effect;
pub mod envelope;
#[cfg(test)]
mod fixture;
mod hand;
mod ranks;
mod sink;
mod still;
pub mod suite;
#[cfg(test)]
mod tests;
mod watch;

pub use approve::{REASON_CHARS_MAX, Unjudged};
pub use envelope::{Refusal, Rule};
pub use hand::{ANSWERS_WITHIN, Deed, Hand};
pub use ranks::Ranks;
pub use sink::{Sink, Unwritable};
pub use watch::Watch;
