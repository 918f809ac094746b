//! OPC UA (1.05): a session with one subscription, values pushed by the server, writes answered with a status.
//!
//! Files: `config` (what is wanted), `wire` (pure: messages to readings and values to messages), `source` (the task),
//! `sink` (writes), `tests`.

mod config;
mod sink;
mod source;
#[cfg(test)]
mod tests;
pub mod wire;

pub use config::*;
pub use source::run;

use crate::{AddressError, Looking, Protocol};

/// The entry of this protocol in [`crate::ALL`].
pub const PROTOCOL: Protocol = Protocol {
    word: "opcua",
    source_example: "opc.tcp://127.0.0.1:4840",
    channel_example: "ns=2;s=mill-1.state",
    check_source,
    check_channel,
    looking: Looking::Nothing,
};

fn check_source(address: &str) -> Result<(), AddressError> {
    Config::at(address).map(drop)
}

fn check_channel(address: &str) -> Result<(), AddressError> {
    address.parse::<Address>().map(drop)
}
