//! HTTP ingestion: InfluxDB line protocol (`/api/v2/write`, `/write`), so that Telegraf and its plugins write to a unit
//! unchanged, and the JSON that Telegraf writes (`/telegraf`). Here the unit is the server and the devices come to it.
//!
//! Files: `config` (what is wanted), `wire` (pure: bodies to readings), `source` (the listener), `body` (a body in
//! memory), `sink` (no writes), `tests`.

mod body;
mod config;
mod places;
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
    word: "http",
    source_example: "127.0.0.1:8086",
    channel_example: "machines,machine=mill-1/power",
    looking: Looking::Nothing,
    check_source,
    check_channel,
};

fn check_source(address: &str) -> Result<(), AddressError> {
    Config::at(address).map(drop)
}

fn check_channel(address: &str) -> Result<(), AddressError> {
    address.parse::<Address>().map(drop)
}
