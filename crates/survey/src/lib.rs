//! The survey of a source before a channel is configured: what can be read there, and what of it should be, and as what.
//!
//! Enters: [`Found`] values as drivers tell them, and the values watched for a while. Leaves: proposals with a confidence and
//! a reason each. Absent: protocols, sockets, files, configuration; nothing is decided here, a person says yes.

mod found;

pub use found::{Data, Found, Value};
