//! The doors to machines: one folder per protocol, every one with the same files, each connection a task of its own.
//!
//! Enters: a [`Config`] for each source, and write requests. Leaves: [`Arrival`]s through the [`Door`], answers to writes, and
//! [`Health`]. Absent: the loop, the journal, configuration files, the meaning of a reading.
//!
//! ```text
//!  device -> [source task] -> decode (pure, collect::Source) -> Arrival -> Door -> node -> journal
//!  device <- [source task] <- acknowledge                   <- Arrival::done <-------------+
//!  device <- [source task] <- encode (pure, act::Sink)      <- WriteRequest <- node; the answer goes back in it
//! ```
//!
//! Start at [`start`], then read `modbus/` (the shortest protocol). To add a protocol: a folder with
//! `{config,wire,source,sink,tests}.rs` and one line in [`ALL`].

mod address;
pub mod broker;
pub mod browse;
mod echo;
mod encryption;
pub mod file;
pub mod http;
mod line;
pub mod modbus;
pub mod mqtt;
pub mod mtconnect;
pub mod opcua;
pub mod sparkplug;

pub use address::AddressError;
pub use browse::{Ask, BrowseError, Looking, Page, Pages, Trouble};
pub use line::{Arrival, Clock, Common, Credentials, Door, Health, Line, Running, Settled, WriteRequest};

use plant::SourceId;
use tokio_util::sync::CancellationToken;

/// What one source speaks, to whom, and which channels it brings.
#[derive(Clone, Debug, PartialEq)]
pub enum Config {
    /// HTTP listener for line protocol and JSON.
    Http(http::Config),
    /// MQTT, as a client or as the broker.
    Mqtt(mqtt::Config),
    /// OPC UA client.
    OpcUa(opcua::Config),
    /// Sparkplug B host application over MQTT 5.
    Sparkplug(sparkplug::Config),
    /// Modbus TCP client.
    Modbus(modbus::Config),
    /// A file or a watched folder.
    File(file::Config),
    /// MTConnect client over HTTP.
    MtConnect(mtconnect::Config),
}

/// A protocol that can be spoken.
pub struct Protocol {
    /// Its word in configuration, [`plant::Source::protocol`].
    pub word: &'static str,
    /// A source's address as it is written, for messages and examples.
    pub source_example: &'static str,
    /// A channel's address as it is written, for messages and examples.
    pub channel_example: &'static str,
    /// Checks a source's address.
    pub check_source: fn(&str) -> Result<(), AddressError>,
    /// Checks a channel's address.
    pub check_channel: fn(&str) -> Result<(), AddressError>,
    /// How it is learned what a source has.
    pub looking: Looking,
}

/// All protocols, by word.
pub const ALL: &[Protocol] = &[
    file::PROTOCOL,
    http::PROTOCOL,
    modbus::PROTOCOL,
    mqtt::PROTOCOL,
    mtconnect::PROTOCOL,
    opcua::PROTOCOL,
    sparkplug::PROTOCOL,
];

/// Starts the task of one source; it connects, and after every loss connects again, until `stop`.
pub fn start(source: SourceId, config: Config, common: Common, stop: CancellationToken) -> Running {
    line::spawn(source, common, stop, move |line, writes| async move {
        match config {
            Config::Http(config) => http::run(line, config, writes).await,
            Config::Mqtt(config) => mqtt::run(line, config, writes).await,
            Config::OpcUa(config) => opcua::run(line, config, writes).await,
            Config::Sparkplug(config) => sparkplug::run(line, config, writes).await,
            Config::Modbus(config) => modbus::run(line, config, writes).await,
            Config::File(config) => file::run(line, config, writes).await,
            Config::MtConnect(config) => mtconnect::run(line, config, writes).await,
        }
    })
}

/// Looks around at a source: tells pages of what can be read there until all was seen, a limit is met, or nobody reads the
/// pages any longer. Channels in `config` play no part.
///
/// # Errors
/// The source cannot be asked, or the protocol has no way to ask; see [`Trouble`].
pub async fn browse(config: Config, ask: Ask, pages: Pages) -> Result<(), BrowseError> {
    let protocol = match config {
        Config::Http(_) => http::PROTOCOL,
        Config::Mqtt(config) => return mqtt::browse(config, ask, pages).await,
        Config::MtConnect(config) => return mtconnect::browse(config, ask, pages).await,
        Config::OpcUa(config) => return opcua::browse(config, ask, pages).await,
        Config::Sparkplug(config) => return sparkplug::browse(config, ask, pages).await,
        Config::Modbus(config) => return modbus::browse(config, ask, pages).await,
        Config::File(_) => file::PROTOCOL,
    };
    drop((ask, pages));
    Err(BrowseError::new(Trouble::NotOffered, format!("protocol `{}` cannot tell what a source has", protocol.word)))
}
