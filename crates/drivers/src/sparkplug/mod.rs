//! Sparkplug B 3.0 over MQTT 5: a host application; births name metrics, data carry them, commands are echoed.
//!
//! Files: `config` (what is wanted), `wire` (pure: messages to readings and values to messages), `source` (the task: connects
//! and connects again), `session` (what is said and heard at one broker), `rebirth` (who is asked for a birth), `sink` (writes),
//! `browse` (what speaks at a broker), `tests`, `conformance` (one test per assertion of the specification; `docs/conformance/sparkplug.md` lists them all).

mod browse;
mod config;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod fixture;
mod rebirth;
mod session;
mod sink;
mod source;
#[cfg(test)]
mod tests;
pub mod wire;

pub use browse::browse;
pub use config::*;
pub use source::{at_once, run};

use crate::{AddressError, Looking, Protocol};

/// The entry of this protocol in [`crate::ALL`].
pub const PROTOCOL: Protocol = Protocol {
    word: "sparkplug",
    source_example: "127.0.0.1:1883",
    channel_example: "plant/line-1/oven/state",
    check_source,
    check_channel,
    looking: Looking::Listening,
};

fn check_source(address: &str) -> Result<(), AddressError> {
    Config::at(address).map(drop)
}

fn check_channel(address: &str) -> Result<(), AddressError> {
    address.parse::<Address>().map(drop)
}
