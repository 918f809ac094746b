//! MQTT 3.1.1 and 5 with plain values or JSON: as a client of the user's broker, or as the broker itself.
//!
//! Files: `config` (what is wanted), `path` (into JSON), `packet` (the codec), `wire` (pure: messages to readings and values
//! to messages), `source` (the task of a client), `listen` (the task around our broker), `load` (a
//! delivery being filled), `sink` (writes), `tests`.

mod browse;
mod config;
mod listen;
mod load;
pub mod packet;
mod path;
mod sink;
mod source;
#[cfg(test)]
mod tests;
pub mod wire;

pub use browse::browse;
pub use config::*;
pub use load::Load;
pub use path::{Path, Step};
pub use source::run;

use crate::{AddressError, Looking, Protocol};

/// The entry of this protocol in [`crate::ALL`].
pub const PROTOCOL: Protocol = Protocol {
    word: "mqtt",
    source_example: "mqtt://192.168.0.5:1883",
    channel_example: "plant/mill-1/power",
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
