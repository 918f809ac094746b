//! Files: one file or a watched folder of CSV, CSV.gz, Excel and Parquet files, read once, row by row, and followed as they grow.
//!
//! Files: `config` (what is wanted), `table` (files as rows of text, shared with replay), `time` (times as files write them),
//! `folder` (which files there are), `position` (how far a file was read), `reader` (the next rows of one file), `wire` (pure:
//! rows to readings), `source` (the task), `sink` (writes are refused), `tests`.
//!
//! Each row is taken once: a chunk of rows and the place after it are handed in as one [`collect::Delivery`] and become durable
//! in one commit of the journal; the next chunk follows only then, and a restart goes on from the place kept.

mod config;
mod folder;
mod position;
mod reader;
mod sink;
mod source;
pub mod table;
#[cfg(test)]
mod tests;
pub mod time;
pub mod wire;

pub use config::*;
pub use source::run;

use crate::{AddressError, Protocol};

/// The entry of this protocol in [`crate::ALL`].
pub const PROTOCOL: Protocol = Protocol {
    word: "file",
    source_example: "/srv/exports",
    channel_example: "temperature",
    check_source,
    check_channel,
    looking: crate::browse::Looking::Nothing,
};

fn check_source(address: &str) -> Result<(), AddressError> {
    Config::at(address).map(drop)
}

fn check_channel(address: &str) -> Result<(), AddressError> {
    address.parse::<Address>().map(drop)
}
