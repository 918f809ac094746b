//! The survey of a source before a channel is configured: what can be read there, and what of it should be, and as what.
//!
//! Enters: [`Found`] values as drivers tell them, and what each did while it was [`Watched`]. Leaves: a [`Proposal`] with a
//! confidence and a [`Reason`] each, and the shortest [`Layout`] of what a person said yes to. Absent: protocols, sockets,
//! files, configuration; nothing is decided here.
//!
//! ```text
//! Found  -> group (machines) -> unit -> role, kind -> state words -> Proposal -> a person -> compact -> Layout
//! Watched ------------------------------^
//! ```
//!
//! The words are data: `lists/*.txt`, in English, German and Chinese. Start at [`propose`].

mod compact;
mod found;
mod group;
mod guess;
mod lists;
pub mod name;
pub mod pattern;
mod proposal;
mod reason;
mod role;
mod state;
#[cfg(test)]
mod tests;
mod unit;
mod watch;

pub use compact::{Kind, Layout, Placed, Types, compact};
pub use found::{Data, Found, Value};
pub use guess::Guess;
pub use proposal::{Channel, DOUBTFUL, Known, KnownMachine, Machine, Proposal, Seen, propose};
pub use reason::Reason;
pub use state::{States, states_of};
pub use unit::written as unit_written;
pub use watch::{WORDS_MAX, Watched};
