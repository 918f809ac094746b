//! OPC UA (1.05): a protected session, values pushed by the server, writes and calls answered with a status.
//!
//! Files: `config` and `address` (what is wanted), `wire` (pure: messages to readings and values to messages), `source` (the
//! task), `sink` (writes), `tests`; `session` (endpoints, signing in), `trust` (certificates), `limits` (of the server), `types`
//! (of the server), `subscribe` (subscriptions), `browse` (what a server has).

mod address;
mod browse;
mod config;
mod limits;
mod session;
mod sink;
mod source;
mod subscribe;
#[cfg(test)]
mod tests;
mod trust;
mod types;
pub mod wire;

pub use address::{Address, Step};
pub use browse::browse;
pub use config::*;
pub use limits::Limits;
pub use source::run;

use crate::{AddressError, Looking, Protocol};

/// The entry of this protocol in [`crate::ALL`].
pub const PROTOCOL: Protocol = Protocol {
    word: "opcua",
    source_example: "opc.tcp://127.0.0.1:4840",
    channel_example: "ns=2;s=mill-1.state",
    check_source,
    check_channel,
    looking: Looking::Directory,
};

fn check_source(address: &str) -> Result<(), AddressError> {
    Config::at(address).map(drop)
}

fn check_channel(address: &str) -> Result<(), AddressError> {
    address.parse::<Address>().map(drop)
}
