//! What an HTTP listener needs to know. Enters: text and numbers of a configuration. Leaves: a [`Config`].

use crate::{AddressError, Credentials};
use plant::{ChannelId, MachineId};
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

/// A listener and the series it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Encrypted, as `https` in the address says.
    pub secure: bool,
    /// The unit's certificate chain in PEM, where it is encrypted.
    pub certificates: Vec<u8>,
    /// Key of its certificate in PEM.
    pub key: Vec<u8>,
    /// Who may write; `None` lets everybody on this computer. The password is the token of InfluxDB 2 clients.
    pub credentials: Option<Credentials>,
    /// Largest body taken, unpacked [bytes]; a larger one is refused.
    pub body_max: usize,
    /// Most connections at once; further ones wait. One address has half of them at most; one more of it is closed.
    pub connections_max: usize,
    /// When a client is told that its readings are taken.
    pub acknowledge: Acknowledge,
    /// Channels and where they are found.
    pub channels: Vec<(Target, Address)>,
}

/// When a client is told that its readings are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Acknowledge {
    /// Once they are in the journal and the disk has confirmed it: they survive a power cut.
    #[default]
    Journal,
    /// As soon as they are in memory; what is on its way when the power fails is lost.
    Memory,
}

/// The channel that a field fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The channel.
    pub channel: ChannelId,
    /// Its machine.
    pub machine: MachineId,
    /// Whether its values are words.
    pub is_word: bool,
}

/// A field of a series: `measurement,tag=value,…/field`. A line belongs to it that has the measurement and these tags; it may
/// have more tags.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// Measurement.
    pub measurement: String,
    /// Tags that a line must have, by key.
    pub tags: Vec<(String, String)>,
    /// Field key.
    pub field: String,
}

const LISTEN: &str = "address:port on this computer, such as 127.0.0.1:8086, or encrypted https://0.0.0.0:8086";
const FIELD: &str = "measurement,tag=value/field such as machines,machine=mill-1/power; the tags may be absent";

impl Config {
    /// A listener by its address; everything else as usual: bodies up to 32 MiB, 256 connections, acknowledged by the journal.
    ///
    /// # Errors
    /// The text is no `address:port`, or not on loopback and not encrypted.
    pub fn at(address: &str) -> Result<Self, AddressError> {
        let error = |trouble: &str| AddressError {
            what: "address to listen on",
            found: address.to_owned(),
            trouble: trouble.to_owned(),
            allowed: LISTEN,
        };
        let (secure, place) = match address.split_once("://") {
            Some(("https", place)) => (true, place),
            Some(("http", place)) => (false, place),
            Some(_) => return Err(error("it begins with neither http:// nor https://")),
            None => (false, address),
        };
        let listen: SocketAddr = place.parse().map_err(|_| error("it is not an IP address with a port"))?;
        if !secure && !listen.ip().is_loopback() {
            return Err(error("it can be reached from other computers, and what is said there is not encrypted"));
        }
        Ok(Self {
            listen,
            secure,
            certificates: Vec::new(),
            key: Vec::new(),
            credentials: None,
            body_max: 32 << 20,
            connections_max: 256,
            acknowledge: Acknowledge::default(),
            channels: Vec::new(),
        })
    }
}

impl FromStr for Address {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let error = |trouble: &str| AddressError {
            what: "field of a series",
            found: text.to_owned(),
            trouble: trouble.to_owned(),
            allowed: FIELD,
        };
        let (series, field) = text.rsplit_once('/').ok_or_else(|| error("it has no `/` before the field"))?;
        let mut parts = series.split(',');
        let measurement = parts.next().unwrap_or_default();
        if measurement.is_empty() || field.is_empty() {
            return Err(error("its measurement or its field is empty"));
        }
        let mut tags = Vec::new();
        for part in parts {
            let (key, value) = part.split_once('=').ok_or_else(|| error("a tag has no `=`"))?;
            if key.is_empty() || value.is_empty() {
                return Err(error("a tag has an empty key or value"));
            }
            tags.push((key.to_owned(), value.to_owned()));
        }
        tags.sort();
        if tags.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(error("a tag is there twice"));
        }
        Ok(Self { measurement: measurement.to_owned(), tags, field: field.to_owned() })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.measurement)?;
        for (key, value) in &self.tags {
            write!(f, ",{key}={value}")?;
        }
        write!(f, "/{}", self.field)
    }
}
