//! What an OPC UA client needs to know. Enters: text and numbers of a configuration. Leaves: a [`Config`].

use crate::{AddressError, Credentials};
use opcua::types::NodeId;
use plant::ChannelId;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// An OPC UA server and what is read from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Endpoint, `opc.tcp://host:port/path`.
    pub endpoint: String,
    /// Name to sign in with; `None` signs in without a name.
    pub credentials: Option<Credentials>,
    /// How often the server samples a value; zero is as often as it can.
    pub sampling: Duration,
    /// How often the server sends what it sampled.
    pub publishing: Duration,
    /// Samples of one value that the server keeps between two sendings, 1 to 10,000.
    pub queue: u32,
    /// Longest wait for an answer.
    pub timeout: Duration,
    /// Channels and where they are found.
    pub channels: Vec<(ChannelId, Address)>,
}

/// A node of the server's address space.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address(pub NodeId);

const ENDPOINT: &str = "opc.tcp://host:port, such as opc.tcp://127.0.0.1:4840";
const NODE: &str = "a node id such as ns=2;s=mill-1.state or ns=2;i=1042";

impl Config {
    /// A server by its endpoint; everything else as usual: every change, sent each 500 ms, 1,000 samples kept, 5 s to answer.
    ///
    /// # Errors
    /// The text is no `opc.tcp://host:port`.
    pub fn at(endpoint: &str) -> Result<Self, AddressError> {
        let what = "OPC UA endpoint";
        let rest = endpoint.strip_prefix("opc.tcp://").ok_or_else(|| AddressError {
            what,
            found: endpoint.to_owned(),
            trouble: "it does not start with opc.tcp://".to_owned(),
            allowed: ENDPOINT,
        })?;
        let place = rest.split('/').next().unwrap_or(rest);
        crate::address::host_and_port(place, what, ENDPOINT).map_err(|e| AddressError { found: endpoint.to_owned(), ..e })?;
        Ok(Self {
            endpoint: endpoint.to_owned(),
            credentials: None,
            sampling: Duration::ZERO,
            publishing: Duration::from_millis(500),
            queue: 1_000,
            timeout: Duration::from_secs(5),
            channels: Vec::new(),
        })
    }
}

impl FromStr for Address {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let node = NodeId::from_str(text).ok().filter(|node| !node.is_null());
        node.map(Self).ok_or_else(|| AddressError {
            what: "OPC UA node id",
            found: text.to_owned(),
            trouble: "it cannot be read".to_owned(),
            allowed: NODE,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
