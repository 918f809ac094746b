//! What an MQTT source needs to know. Enters: text and numbers of a configuration. Leaves: a [`Config`].

use super::packet::Version;
use super::path::Path;
use crate::broker::filter::is_filter;
use crate::{AddressError, Credentials};
use plant::{ChannelId, MachineId};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

/// A broker, ours or another's, and the topics heard through it.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where the broker is.
    pub place: Place,
    /// Encrypted, as `mqtts` or `listens` in the address says.
    pub secure: bool,
    /// The version spoken to another's broker; ours speaks both.
    pub version: Version,
    /// Name to sign in with.
    pub credentials: Option<Credentials>,
    /// Names and passwords that may connect to our broker; empty = everybody, on loopback only.
    pub users: Vec<Credentials>,
    /// Certificates in PEM: to another's broker those that sign its own (empty = the system's); for ours, its own chain.
    pub certificates: Vec<u8>,
    /// Key of our broker's certificate in PEM.
    pub key: Vec<u8>,
    /// Client id at another's broker, unique there.
    pub client_id: String,
    /// Group of a shared subscription: the units of one group share the messages between them.
    pub group: Option<String>,
    /// Topic filters to listen to. Empty: exactly those of the channels (another's broker), or all that begin with the first
    /// level of a channel's topic (ours).
    pub filters: Vec<String>,
    /// Largest payload taken [bytes]; a larger one is refused.
    pub payload_max: usize,
    /// Longest wait for a device to report the value it was told to take.
    pub echo: Duration,
    /// Longest wait for another's broker.
    pub timeout: Duration,
    /// Channels and where they are found.
    pub channels: Vec<(ChannelId, Address)>,
    /// What is known of the channels beyond their addresses.
    pub shapes: BTreeMap<ChannelId, Shape>,
}

/// What is known of a channel. Without it, everything works, but slower, and a text that looks like a number is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Its machine: its numbers then travel in columns.
    pub machine: Option<MachineId>,
    /// It holds words: a plain payload is a text, whatever it looks like.
    pub is_word: bool,
    /// It takes commands: its values are looked at for their echo.
    pub is_commanded: bool,
}

/// Where the broker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Another's: host and port.
    Broker(String, u16),
    /// Ours, listening here.
    Listen(SocketAddr),
}

/// Where a channel's value is: `TOPIC`, or `TOPIC#PATH` into a JSON document, with `@PATH` to its time, and `>TOPIC` where a
/// command to it goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// Topic filter; `+` stands for any one level.
    pub topic: String,
    /// Path to the value; `None` = the whole payload is the value.
    pub path: Option<Path>,
    /// Path to the time of the value; `None` = when it came.
    pub time: Option<Path>,
    /// Topic of its commands.
    pub command: Option<String>,
}

const BROKER: &str = "mqtt://host:1883 or mqtts://host:8883 for a broker of yours, listen://127.0.0.1:1883 or \
                      listens://0.0.0.0:8883 to be the broker";
const PLACE: &str = "a topic such as plant/mill-1/power, with #/data/power or #$.data.power into JSON, @/ts for its time, \
                     >plant/mill-1/power/set for its commands";

impl Config {
    /// A broker by its address; everything else as usual: MQTT 5, payloads up to 256 KiB, 5 s to echo and to answer.
    ///
    /// # Errors
    /// The text is no such address.
    pub fn at(address: &str) -> Result<Self, AddressError> {
        let what = "MQTT broker";
        let error =
            |trouble: &str| AddressError { what, found: address.to_owned(), trouble: trouble.to_owned(), allowed: BROKER };
        let (scheme, rest) = address.split_once("://").ok_or_else(|| error("it has no scheme"))?;
        let (host, port) = crate::address::host_and_port(rest, what, BROKER).map_err(|e| error(&e.trouble))?;
        let place = match scheme {
            "mqtt" | "mqtts" => Place::Broker(host, port),
            "listen" | "listens" => {
                let ip = host.parse().map_err(|_| error("what is listened on is a number such as 127.0.0.1, 0.0.0.0 or [::]"))?;
                Place::Listen(SocketAddr::new(ip, port))
            }
            _ => return Err(error("an unknown scheme")),
        };
        Ok(Self {
            place,
            secure: scheme.ends_with('s'),
            version: Version::V5,
            credentials: None,
            users: Vec::new(),
            certificates: Vec::new(),
            key: Vec::new(),
            client_id: "socium".to_owned(),
            group: None,
            filters: Vec::new(),
            payload_max: 256 * 1024,
            echo: Duration::from_secs(5),
            timeout: Duration::from_secs(5),
            channels: Vec::new(),
            shapes: BTreeMap::new(),
        })
    }
}

impl Config {
    /// What is known of a channel.
    pub fn shape(&self, channel: ChannelId) -> Shape {
        let shape = self.shapes.get(&channel).copied().unwrap_or_default();
        let takes = |(id, address): &(ChannelId, Address)| *id == channel && address.command.is_some();
        Shape { is_commanded: self.channels.iter().any(takes), ..shape }
    }
}

impl FromStr for Address {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let error = |trouble: &str| AddressError {
            what: "MQTT address",
            found: text.to_owned(),
            trouble: trouble.to_owned(),
            allowed: PLACE,
        };
        let (place, command) =
            text.split_once('>').map_or((text, None), |(place, topic)| (place.trim_end(), Some(topic.trim_start())));
        if command.is_some_and(|topic| !is_filter(topic) || topic.contains(['+', '#'])) {
            return Err(error("what follows > is a topic without + and #"));
        }
        let (topic, paths) = place.split_once('#').map_or((place, None), |(topic, paths)| (topic, Some(paths)));
        if !is_filter(topic) {
            return Err(error("its topic is empty, or a + does not fill a level"));
        }
        let (path, time) = match paths.map(|paths| paths.split_once('@').map_or((paths, None), |(path, time)| (path, Some(time))))
        {
            None => (None, None),
            Some((path, time)) => {
                let read = |path: &str| Path::parse(path).map_err(error);
                (Some(read(path)?), time.map(read).transpose()?)
            }
        };
        if let (Some(path), Some(time)) = (&path, &time)
            && time.stars() > path.stars()
        {
            return Err(error("the path to the time has more * than the path to the value"));
        }
        Ok(Self { topic: topic.to_owned(), path, time, command: command.map(str::to_owned) })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.topic)?;
        if let Some(path) = &self.path {
            write!(f, "#{path}")?;
        }
        if let Some(time) = &self.time {
            write!(f, "@{time}")?;
        }
        self.command.as_ref().map_or(Ok(()), |topic| write!(f, ">{topic}"))
    }
}
