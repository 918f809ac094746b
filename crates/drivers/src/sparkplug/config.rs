//! What a Sparkplug B host application needs to know. Enters: text and numbers of a configuration. Leaves: a [`Config`].

use crate::{AddressError, Credentials};
use plant::ChannelId;
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// An MQTT broker and the Sparkplug metrics heard through it.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Host name or address of the broker.
    pub host: String,
    /// Port of the broker.
    pub port: u16,
    /// Name to sign in with; `None` signs in without a name.
    pub credentials: Option<Credentials>,
    /// Id of this host application: names its STATE topic and its MQTT client, unique at the broker; edge nodes that wait for a
    /// primary host are told this id. One part of a topic: see [`check_host_id`].
    pub host_id: String,
    /// Largest payload taken [bytes]; a larger one is refused.
    pub payload_max: usize,
    /// Longest wait for a device to report the value it was told to take.
    pub echo: Duration,
    /// How long a message that overtook others waits for them before a rebirth is asked for (5.9).
    pub reorder: Duration,
    /// Longest wait for the broker.
    pub timeout: Duration,
    /// Channels whose readings are events: what happened once is never told again.
    pub events: HashSet<ChannelId>,
    /// Channels and where they are found.
    pub channels: Vec<(ChannelId, Address)>,
}

/// What a host id may be.
pub const HOST_ID: &str = "text without / + # and control characters, 1 to 64 bytes";

/// Whether a text can be the id of a host application: one level of a topic (1.4.2).
pub fn check_host_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && !text.contains(['/', '+', '#']) && !text.contains(char::is_control)
}

/// A metric of an edge node or of a device behind one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// Group id.
    pub group: String,
    /// Edge node id.
    pub node: String,
    /// Device id; `None` for a metric of the edge node itself.
    pub device: Option<String>,
    /// Metric name; may contain `/`.
    pub metric: String,
}

const BROKER: &str = "host:port, such as 127.0.0.1:1883";
const METRIC: &str = "group/node/device/metric such as plant/line-1/oven/state, with - as device for a metric of the node itself";

impl Config {
    /// A broker by its address; everything else as usual: host id `socium`, payloads up to 256 KiB, 5 s to echo and to
    /// answer, 2 s to come in order.
    ///
    /// # Errors
    /// The text is no `host:port`.
    pub fn at(address: &str) -> Result<Self, AddressError> {
        let (host, port) = crate::address::host_and_port(address, "MQTT broker", BROKER)?;
        Ok(Self {
            host,
            port,
            credentials: None,
            host_id: "socium".to_owned(),
            payload_max: 256 * 1024,
            echo: Duration::from_secs(5),
            reorder: Duration::from_secs(2),
            timeout: Duration::from_secs(5),
            events: HashSet::new(),
            channels: Vec::new(),
        })
    }
}

impl FromStr for Address {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let error = |trouble: &str| AddressError {
            what: "Sparkplug metric",
            found: text.to_owned(),
            trouble: trouble.to_owned(),
            allowed: METRIC,
        };
        let mut parts = text.splitn(4, '/');
        let mut next = || parts.next().filter(|p| !p.is_empty()).ok_or_else(|| error("it has fewer than four parts"));
        let (group, node, device, metric) = (next()?, next()?, next()?, next()?);
        if [group, node, device].iter().any(|part| part.contains(['+', '#'])) {
            return Err(error("+ and # are not allowed in ids"));
        }
        let device = (device != "-").then(|| device.to_owned());
        Ok(Self { group: group.to_owned(), node: node.to_owned(), device, metric: metric.to_owned() })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.group, self.node, self.device.as_deref().unwrap_or("-"), self.metric)
    }
}
