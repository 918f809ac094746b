//! Topics and payloads taken apart. Enters: an MQTT message. Leaves: what it is, of which edge node, with which sequence number, or
//! why it cannot be taken. Absent: what the metrics mean, the order of messages.

use super::{Fault, Message, NodeName, SPACE};
use measure::Instant;
use plant::{RefusalReason, Refused, SourceId};
use srad_types::payload::{Message as _, Payload, metric};

/// What kind of message it is (4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Birth of an edge node or of a device.
    Birth,
    /// Values that changed.
    Data,
    /// Death of an edge node or of a device.
    Death,
}

/// A topic taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Group and edge node.
    pub node: NodeName,
    /// What it says.
    pub verb: Verb,
    /// The device; `None` = the edge node itself.
    pub device: Option<String>,
}

/// A message taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    /// Its topic.
    pub topic: Topic,
    pub(super) payload: Payload,
}

/// What a message turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Read {
    /// A message of an edge node.
    Message(Box<Incoming>),
    /// A message of an edge node that cannot be taken.
    Refused(Box<Refused>),
    /// Nothing that a host application listens to.
    Foreign,
}

/// Takes a message apart.
pub fn read(message: &Message, payload_max: usize, (from, received): (SourceId, Instant)) -> Read {
    let Some(topic) = Topic::read(&message.topic) else { return Read::Foreign };
    let refused = |Fault { found, allowed, reason }| {
        Read::Refused(Box::new(Refused { from, received, place: message.topic.clone(), found, allowed, reason }))
    };
    if message.payload.len() > payload_max {
        let (found, allowed) = (format!("{} bytes", message.payload.len()), format!("at most {payload_max} bytes"));
        return refused(Fault { found, allowed, reason: RefusalReason::TooLarge });
    }
    match Payload::decode(message.payload.as_slice()) {
        Ok(payload) => Read::Message(Box::new(Incoming { topic, payload })),
        Err(error) => refused(Fault {
            found: error.to_string(),
            allowed: "a Sparkplug B payload".to_owned(),
            reason: RefusalReason::Malformed,
        }),
    }
}

impl Topic {
    fn read(topic: &str) -> Option<Self> {
        let mut parts = topic.split('/');
        let (space, group, verb, node) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (device, rest) = (parts.next(), parts.next());
        let of_device = match verb {
            "NBIRTH" | "NDATA" | "NDEATH" => false,
            "DBIRTH" | "DDATA" | "DDEATH" => true,
            _ => return None,
        };
        let verb = match &verb[1..] {
            "BIRTH" => Verb::Birth,
            "DATA" => Verb::Data,
            _ => Verb::Death,
        };
        let named = [Some(group), Some(node), device].into_iter().flatten().all(|part| !part.is_empty());
        let fits = space == SPACE && named && rest.is_none() && device.is_some() == of_device;
        fits.then(|| Self { node: (group.to_owned(), node.to_owned()), verb, device: device.map(str::to_owned) })
    }
    /// The word of the message, such as `DDATA`.
    pub fn word(&self) -> &'static str {
        match (self.verb, self.device.is_some()) {
            (Verb::Birth, false) => "NBIRTH",
            (Verb::Data, false) => "NDATA",
            (Verb::Death, false) => "NDEATH",
            (Verb::Birth, true) => "DBIRTH",
            (Verb::Data, true) => "DDATA",
            (Verb::Death, true) => "DDEATH",
        }
    }
    /// Where a metric is, as addresses are written.
    pub fn place(&self, metric: &str) -> String {
        format!("{}/{}/{}/{metric}", self.node.0, self.node.1, self.device.as_deref().unwrap_or("-"))
    }
}

impl Incoming {
    /// Its sequence number, from 0 to 255; `None` where it has none that counts.
    pub fn seq(&self) -> Option<u8> {
        self.payload.seq.and_then(|seq| u8::try_from(seq).ok())
    }
    /// Whether it begins a new sequence: the birth of an edge node.
    pub fn begins(&self) -> bool {
        self.topic.device.is_none() && self.topic.verb == Verb::Birth
    }
    /// Whether it has a place in the sequence at all: all but the death of an edge node, which the broker sends.
    pub fn counts(&self) -> bool {
        self.topic.device.is_some() || self.topic.verb != Verb::Death
    }
    /// The number that ties a death of an edge node to its birth.
    pub(super) fn bd_seq(&self) -> Option<u64> {
        let metric = self.payload.metrics.iter().find(|m| m.name.as_deref() == Some("bdSeq"))?;
        match metric.value {
            Some(metric::Value::LongValue(number)) => Some(number),
            Some(metric::Value::IntValue(number)) => Some(u64::from(number)),
            _ => None,
        }
    }
}
