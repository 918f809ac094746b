//! MTConnect (Part 1 and 2, versions 1.2 to 2.x) over HTTP: an agent is asked what it has, what is now, and then for what happened
//! since, by sequence number.
//!
//! Files: `config` (what is wanted), `wire` (pure: documents to readings), `http` (one request after the other), `source` (the task),
//! `sink` (writes, of which there are none), `browse` (what an agent has), `tests`.

mod browse;
mod config;
mod http;
mod sink;
mod source;
#[cfg(test)]
mod tests;
pub mod wire;

pub use browse::browse;
pub use config::*;
pub use source::run;

use crate::{AddressError, Looking, Protocol};

/// The entry of this protocol in [`crate::ALL`].
pub const PROTOCOL: Protocol = Protocol {
    word: "mtconnect",
    source_example: "http://127.0.0.1:5000",
    channel_example: "mill-1/Xload",
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
