//! Modbus (MODBUS Application Protocol V1.1b3) over TCP, framed as Modbus TCP or as on a serial line: registers read in blocks at
//! their periods, writes read back.
//!
//! Files: `config` and `address` (what is wanted), `wire` (pure: messages to readings and values to messages), `source` (the
//! task), `units` (which units behind a gateway speak), `sink` (writes), `browse` and `sunspec` (what a device has), `tests`.

mod address;
mod browse;
mod config;
mod sink;
mod source;
mod sunspec;
#[cfg(test)]
mod tests;
mod units;
pub mod wire;

pub use address::*;
pub use browse::browse;
pub use config::*;
pub use source::run;

use crate::{AddressError, Looking, Protocol};

/// The entry of this protocol in [`crate::ALL`].
pub const PROTOCOL: Protocol = Protocol {
    word: "modbus",
    source_example: "127.0.0.1:502",
    channel_example: "1/holding/100/u32/0.1",
    check_source,
    check_channel,
    looking: Looking::Scanning,
};

fn check_source(address: &str) -> Result<(), AddressError> {
    Config::at(address).map(drop)
}

fn check_channel(address: &str) -> Result<(), AddressError> {
    address.parse::<Address>().map(drop)
}
