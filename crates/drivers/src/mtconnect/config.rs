//! What an MTConnect client needs to know. Enters: text and numbers of a configuration. Leaves: a [`Config`].

use crate::AddressError;
use plant::ChannelId;
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// An MTConnect agent and what is read of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Host name or address of the agent.
    pub host: String,
    /// Port of the agent.
    pub port: u16,
    /// Encrypted, as `https` in the address says.
    pub secure: bool,
    /// Certificates in PEM that sign the agent's own; empty = the system's.
    pub certificates: Vec<u8>,
    /// The one device asked for; `None` = all of the agent.
    pub device: Option<String>,
    /// How often the agent is asked for what happened since.
    pub poll: Duration,
    /// Most observations asked for at once.
    pub count: u32,
    /// Largest document taken [bytes]; a larger one is refused.
    pub document_max: usize,
    /// Longest wait for an answer.
    pub timeout: Duration,
    /// Channels that hold numbers: the text of an EVENT, such as a part count, is read as one.
    pub numbers: HashSet<ChannelId>,
    /// Channels whose readings are events: what happened once is never told again.
    pub events: HashSet<ChannelId>,
    /// Channels and where they are found.
    pub channels: Vec<(ChannelId, Address)>,
}

/// A data item.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// Name, uuid or id of its device; `None` = it is the only one of its name at the agent.
    pub device: Option<String>,
    /// Id or name of the data item.
    pub item: String,
}

const AGENT: &str =
    "http://host:port or https://host:port, such as http://192.168.0.9:5000, with /device at the end for one device of the agent";
const ITEM: &str = "the id of a data item such as x2f, or device/name such as mill-1/Xload";

impl Config {
    /// An agent by its address, `http://`, `https://` or `mtconnect://`; everything else as usual: asked every second for at most 1,000 observations, documents up to 8
    /// MiB, 5 s to answer.
    ///
    /// # Errors
    /// The text is no `http://host:port` or `https://host:port`.
    pub fn at(address: &str) -> Result<Self, AddressError> {
        let error = |trouble: &str| AddressError {
            what: "MTConnect agent",
            found: address.to_owned(),
            trouble: trouble.to_owned(),
            allowed: AGENT,
        };
        let (secure, rest) = match address.split_once("://") {
            Some(("http" | "mtconnect", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            _ => return Err(error("it does not begin with http:// or https://")),
        };
        let (place, device) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = crate::address::host_and_port(place, "MTConnect agent", AGENT)
            .map_err(|fault| AddressError { found: address.to_owned(), ..fault })?;
        if !device.chars().all(is_plain) {
            return Err(error("its device is not a name of letters, digits and -_.~"));
        }
        Ok(Self {
            host,
            port,
            secure,
            certificates: Vec::new(),
            device: (!device.is_empty()).then(|| device.to_owned()),
            poll: Duration::from_secs(1),
            count: 1_000,
            document_max: 8 << 20,
            timeout: Duration::from_secs(5),
            numbers: HashSet::new(),
            events: HashSet::new(),
            channels: Vec::new(),
        })
    }
}

impl Config {
    /// Host and port as a URL has them: an IPv6 address in brackets.
    pub(super) fn place(&self) -> String {
        let host = &self.host;
        if host.contains(':') { format!("[{host}]:{}", self.port) } else { format!("{host}:{}", self.port) }
    }
}

/// Characters that need no escape in a URL.
const fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~')
}

impl FromStr for Address {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let error = |trouble: &str| AddressError {
            what: "MTConnect data item",
            found: text.to_owned(),
            trouble: trouble.to_owned(),
            allowed: ITEM,
        };
        let (device, item) = match text.split_once('/') {
            Some((device, item)) => (Some(device), item),
            None => (None, text),
        };
        if item.is_empty() || device.is_some_and(str::is_empty) {
            return Err(error("it has an empty part"));
        }
        if item.contains('/') || text.contains(char::is_control) || text.trim() != text {
            return Err(error("it has more than two parts, or blanks at its ends"));
        }
        Ok(Self { device: device.map(str::to_owned), item: item.to_owned() })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.device {
            Some(device) => write!(f, "{device}/{}", self.item),
            None => f.write_str(&self.item),
        }
    }
}
