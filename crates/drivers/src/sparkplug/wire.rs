//! The pure half of Sparkplug B 3.0: births, data and deaths to readings, values to commands. Enters: MQTT topics with
//! payloads, command values. Leaves: readings, refusals, [`Notes`] on what else a message says, commands. Absent: MQTT, the
//! clock.
//!
//! ```text
//! NBIRTH/DBIRTH  name every metric, its alias and type; values are readings        seq of the node starts at 0
//! NDATA/DDATA    values by name or alias; a gap in seq or an unknown alias asks for a rebirth; the values count
//! NDEATH/DDEATH  the node or device is gone; a NDEATH whose bdSeq is not that of the last NBIRTH is an old one
//! ```
//!
//! A null is no value. `bdSeq` and the metrics below `Node Control/` and `Device Control/` belong to the protocol and are no
//! readings unless a channel names them. Our own edge nodes answer a refused command with the metric's old value and a text
//! property `refused`; devices that do not are waited for until the echo time is over.

mod command;
mod edge;

pub use command::{Command, Encoder, commands, echoes, rebirth};
pub use edge::Edge;

use super::config::{Address, Config};
use collect::{Delivery, Place, RawReading, RawValue, Source};
use measure::Instant;
use plant::{ChannelId, Quality, RefusalReason, Refused, SourceId};
use srad_types::payload::{DataType, Message as _, Metric, Payload, PropertySet, PropertyValue, metric, property_value};
use std::collections::HashMap;

/// One MQTT message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its topic.
    pub topic: String,
    /// Its payload.
    pub payload: Vec<u8>,
}

/// Group id and edge node id.
pub type NodeName = (String, String);

/// What a message says beside readings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Edge nodes that must be asked for a rebirth.
    pub rebirths: Vec<NodeName>,
    /// What people should know.
    pub troubles: Vec<String>,
    /// Commands that a device refused, with its reason.
    pub refusals: Vec<(ChannelId, String)>,
}

/// What the last births of an edge node said.
#[derive(Clone, Debug, Default)]
struct Node {
    seq: Option<u64>,
    bd_seq: Option<u64>,
    /// By device, `None` for the node itself; absent where it is not online.
    online: HashMap<Option<String>, Born>,
}

#[derive(Clone, Debug, Default)]
struct Born {
    names: HashMap<u64, String>,
    types: HashMap<String, u32>,
}

/// Turns messages into readings. Remembers the births.
#[derive(Clone, Debug)]
pub struct Decoder {
    from: SourceId,
    payload_max: usize,
    channels: HashMap<Address, ChannelId>,
    nodes: HashMap<NodeName, Node>,
    notes: Notes,
}

/// Most edge nodes remembered; the births of further ones are refused.
pub const NODES_MAX: usize = 4_096;
/// Name space of Sparkplug B.
const SPACE: &str = "spBv1.0";
/// Property that tells why a command was refused.
pub const REFUSED: &str = "refused";
/// Metric that asks an edge node for a rebirth.
pub const REBIRTH: &str = "Node Control/Rebirth";

/// A topic taken apart.
struct Topic<'a> {
    node: NodeName,
    verb: &'a str,
    device: Option<String>,
}

/// Why a metric is not taken.
struct Fault {
    found: String,
    allowed: String,
    reason: RefusalReason,
}

impl Decoder {
    /// A decoder that has seen no birth.
    pub fn new(from: SourceId, config: &Config) -> Self {
        let channels = config.channels.iter().map(|(id, address)| (address.clone(), *id)).collect();
        Self { from, payload_max: config.payload_max, channels, nodes: HashMap::new(), notes: Notes::default() }
    }
    /// Takes what the messages since the last call said beside readings.
    pub fn take_notes(&mut self) -> Notes {
        std::mem::take(&mut self.notes)
    }
    /// Forgets all births: a new connection may have missed some.
    pub fn forget(&mut self) {
        self.nodes.clear();
    }
    /// Whether the node or device of an address is online.
    pub fn is_online(&self, address: &Address) -> bool {
        self.born(address).is_some()
    }
    /// Type that a metric was born with.
    pub fn data_type(&self, address: &Address) -> Option<u32> {
        self.born(address)?.types.get(&address.metric).copied()
    }
    fn born(&self, address: &Address) -> Option<&Born> {
        let node = self.nodes.get(&(address.group.clone(), address.node.clone()))?;
        node.online.get(&address.device)
    }

    fn refuse(&self, delivery: &mut Delivery, place: String, fault: Fault) {
        let Fault { found, allowed, reason } = fault;
        delivery.refused.push(Refused { from: self.from, received: delivery.received, place, found, allowed, reason });
    }

    /// Keeps what a birth says of names, aliases and types.
    fn birth(&mut self, topic: &Topic, payload: &Payload) -> Result<(), Fault> {
        if self.nodes.len() >= NODES_MAX && !self.nodes.contains_key(&topic.node) {
            return Err(Fault {
                found: format!("edge node number {}", NODES_MAX + 1),
                allowed: format!("at most {NODES_MAX} edge nodes"),
                reason: RefusalReason::TooLarge,
            });
        }
        let mut born = Born::default();
        for metric in &payload.metrics {
            let Some(name) = &metric.name else { continue };
            born.names.extend(metric.alias.map(|alias| (alias, name.clone())));
            born.types.extend(metric.datatype.map(|datatype| (name.clone(), datatype)));
        }
        let node = self.nodes.entry(topic.node.clone()).or_default();
        if topic.device.is_none() {
            node.online.clear();
            node.bd_seq = bd_seq(payload);
            node.seq = payload.seq;
        }
        node.online.insert(topic.device.clone(), born);
        Ok(())
    }

    fn death(&mut self, topic: &Topic, payload: &Payload) {
        let Some(node) = self.nodes.get_mut(&topic.node) else { return };
        let (group, name) = &topic.node;
        match &topic.device {
            // the will of an earlier session
            None if bd_seq(payload).is_some_and(|dead| node.bd_seq.is_some_and(|born| born != dead)) => {}
            None => {
                self.nodes.remove(&topic.node);
                self.notes.troubles.push(format!("edge node {group}/{name} is offline"));
            }
            Some(device) => {
                node.online.remove(&topic.device);
                self.notes.troubles.push(format!("device {group}/{name}/{device} is offline"));
            }
        }
    }

    /// Checks that no message of the node is missing (6.4.24: one more each time, 255 is followed by 0).
    fn check_seq(&mut self, topic: &Topic, seq: Option<u64>) {
        let node = self.nodes.get_mut(&topic.node);
        let wanted = node.as_ref().and_then(|n| n.seq).map(|last| (last + 1) % 256);
        let Some(node) = node.filter(|n| n.online.contains_key(&topic.device) || topic.verb == "DBIRTH") else {
            return self.ask_rebirth(topic, &format!("{} before its birth", topic.verb));
        };
        let last = std::mem::replace(&mut node.seq, seq);
        // the same number again is the same message again
        if seq.is_some() && wanted.is_some() && seq != wanted && seq != last {
            let (found, wanted) = (seq.unwrap_or_default(), wanted.unwrap_or_default());
            self.ask_rebirth(topic, &format!("sequence number {found} where {wanted} was due"));
        }
    }

    fn ask_rebirth(&mut self, topic: &Topic, why: &str) {
        self.notes.troubles.push(format!("edge node {}/{}: {why}; a rebirth is requested", topic.node.0, topic.node.1));
        if !self.notes.rebirths.contains(&topic.node) {
            self.notes.rebirths.push(topic.node.clone());
        }
    }

    fn metrics(&mut self, topic: &Topic, payload: Payload, delivery: &mut Delivery) {
        for metric in payload.metrics {
            let born = self.nodes.get(&topic.node).and_then(|n| n.online.get(&topic.device));
            let named = metric.name.clone().or_else(|| born?.names.get(&metric.alias?).cloned());
            let Some(name) = named else {
                let alias = metric.alias.map_or_else(|| "neither name nor alias".to_owned(), |alias| format!("alias {alias}"));
                let place = place(topic, &alias);
                self.ask_rebirth(topic, &format!("unknown {alias}"));
                let allowed = "a name or an alias of the last birth; a rebirth is requested".to_owned();
                self.refuse(delivery, place, Fault { found: alias, allowed, reason: RefusalReason::UnknownChannel });
                continue;
            };
            let datatype = metric.datatype.or_else(|| born?.types.get(&name).copied());
            let address =
                Address { group: topic.node.0.clone(), node: topic.node.1.clone(), device: topic.device.clone(), metric: name };
            let channel = self.channels.get(&address).copied();
            if channel.is_none() && is_protocol(&address.metric) || metric.value.is_none() {
                continue;
            }
            if let (Some(channel), Some(reason)) = (channel, text_property(&metric, REFUSED)) {
                self.notes.refusals.push((channel, reason));
            }
            match raw_value(&metric, datatype) {
                Err(fault) => self.refuse(delivery, address.to_string(), fault),
                Ok(value) => delivery.readings.push(RawReading {
                    place: channel.map_or_else(|| Place::Unknown(address.to_string()), Place::Channel),
                    at: metric.timestamp.or(payload.timestamp).and_then(instant),
                    value,
                    quality: quality(&metric),
                }),
            }
        }
    }
}

impl Source for Decoder {
    type Message = Message;
    fn decode(&mut self, message: Message, received: Instant) -> Delivery {
        let mut delivery = Delivery::new(self.from, received);
        let Some(topic) = take_apart(&message.topic) else { return delivery };
        let fault = |found: String, allowed: String, reason| Fault { found, allowed, reason };
        if message.payload.len() > self.payload_max {
            let found = format!("{} bytes", message.payload.len());
            let fault = fault(found, format!("at most {} bytes", self.payload_max), RefusalReason::TooLarge);
            self.refuse(&mut delivery, message.topic, fault);
            return delivery;
        }
        let payload = match Payload::decode(message.payload.as_slice()) {
            Ok(payload) => payload,
            Err(error) => {
                let fault = fault(error.to_string(), "a Sparkplug B payload".to_owned(), RefusalReason::Malformed);
                self.refuse(&mut delivery, message.topic, fault);
                return delivery;
            }
        };
        match topic.verb {
            "NBIRTH" | "DBIRTH" => {
                if topic.verb == "DBIRTH" {
                    self.check_seq(&topic, payload.seq);
                }
                if let Err(fault) = self.birth(&topic, &payload) {
                    self.refuse(&mut delivery, message.topic, fault);
                    return delivery;
                }
                self.metrics(&topic, payload, &mut delivery);
            }
            "NDATA" | "DDATA" => {
                self.check_seq(&topic, payload.seq);
                self.metrics(&topic, payload, &mut delivery);
            }
            "NDEATH" | "DDEATH" => {
                if topic.verb == "DDEATH" {
                    self.check_seq(&topic, payload.seq);
                }
                self.death(&topic, &payload);
            }
            _ => {}
        }
        delivery
    }
}

fn take_apart(topic: &str) -> Option<Topic<'_>> {
    let mut parts = topic.splitn(5, '/');
    let (space, group, verb, node) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let device = parts.next().map(str::to_owned);
    let fits = space == SPACE && device.is_some() == verb.starts_with('D');
    fits.then(|| Topic { node: (group.to_owned(), node.to_owned()), verb, device })
}

fn place(topic: &Topic, metric: &str) -> String {
    format!("{}/{}/{}/{metric}", topic.node.0, topic.node.1, topic.device.as_deref().unwrap_or("-"))
}

fn is_protocol(metric: &str) -> bool {
    metric == "bdSeq" || metric.starts_with("Node Control/") || metric.starts_with("Device Control/")
}

fn bd_seq(payload: &Payload) -> Option<u64> {
    let metric = payload.metrics.iter().find(|m| m.name.as_deref() == Some("bdSeq"))?;
    match metric.value {
        Some(metric::Value::LongValue(number)) => Some(number),
        Some(metric::Value::IntValue(number)) => Some(u64::from(number)),
        _ => None,
    }
}

fn bd_seq_metric(number: u64) -> Metric {
    Metric {
        name: Some("bdSeq".to_owned()),
        datatype: Some(DataType::Int64 as u32),
        value: Some(metric::Value::LongValue(number)),
        ..Metric::new()
    }
}

/// Milliseconds since 1970 as an instant; beyond what can be held there is none.
fn instant(millis: u64) -> Option<Instant> {
    i64::try_from(millis).ok()?.checked_mul(1_000).map(Instant::from_micros)
}

/// Milliseconds since 1970 of an instant; 0 for earlier ones.
pub fn millis(at: Instant) -> u64 {
    u64::try_from(at.millis()).unwrap_or(0)
}

/// The standard property `Quality` (6.4.20): 192 good, 0 bad, 500 stale.
fn quality(metric: &Metric) -> Quality {
    match property(metric, "Quality") {
        None | Some(property_value::Value::IntValue(192)) => Quality::Good,
        Some(property_value::Value::IntValue(0)) => Quality::Bad,
        Some(_) => Quality::Uncertain,
    }
}

fn property<'a>(metric: &'a Metric, key: &str) -> Option<&'a property_value::Value> {
    let set = metric.properties.as_ref()?;
    let place = set.keys.iter().position(|k| k == key)?;
    set.values.get(place)?.value.as_ref()
}

fn text_property(metric: &Metric, key: &str) -> Option<String> {
    match property(metric, key) {
        Some(property_value::Value::StringValue(text)) => Some(text.clone()),
        _ => None,
    }
}

fn is_type(datatype: Option<u32>, types: &[DataType]) -> bool {
    datatype.is_some_and(|found| types.iter().any(|t| *t as u32 == found))
}

const TEXTS: [DataType; 3] = [DataType::String, DataType::Text, DataType::Uuid];
const NUMBERS: [DataType; 11] = [
    DataType::Int8,
    DataType::Int16,
    DataType::Int32,
    DataType::Int64,
    DataType::UInt8,
    DataType::UInt16,
    DataType::UInt32,
    DataType::UInt64,
    DataType::Float,
    DataType::Double,
    DataType::DateTime,
];

/// A metric's value by its type (6.4.16): whole numbers travel as their two's complement.
fn raw_value(metric: &Metric, datatype: Option<u32>) -> Result<RawValue, Fault> {
    let is = |t: DataType| is_type(datatype, &[t]);
    let value = metric.value.as_ref();
    let (found, raw) = match value {
        Some(metric::Value::IntValue(bits)) if is(DataType::Int8) => ("a number", number(f64::from(*bits as u8 as i8))),
        Some(metric::Value::IntValue(bits)) if is(DataType::Int16) => ("a number", number(f64::from(*bits as u16 as i16))),
        Some(metric::Value::IntValue(bits)) if is(DataType::Int32) => ("a number", number(f64::from(*bits as i32))),
        Some(metric::Value::IntValue(bits)) => ("a number", number(f64::from(*bits))),
        Some(metric::Value::LongValue(bits)) if is(DataType::UInt64) || is(DataType::UInt32) || is(DataType::DateTime) => {
            ("a number", number(*bits as f64))
        }
        Some(metric::Value::LongValue(bits)) => ("a number", number(*bits as i64 as f64)),
        Some(metric::Value::FloatValue(value)) => ("a number", number(f64::from(*value))),
        Some(metric::Value::DoubleValue(value)) => ("a number", number(*value)),
        Some(metric::Value::BooleanValue(flag)) => ("a Boolean", Some(RawValue::Flag(*flag))),
        Some(metric::Value::StringValue(text)) => ("a text", Some(RawValue::Text(text.clone()))),
        Some(metric::Value::BytesValue(_)) => ("bytes", None),
        Some(metric::Value::DatasetValue(_)) => ("a data set", None),
        Some(metric::Value::TemplateValue(_)) => ("a template", None),
        Some(metric::Value::ExtensionValue(_)) | None => ("an extension", None),
    };
    let declared = match datatype {
        _ if is_type(datatype, &TEXTS) => Some("a text"),
        _ if is_type(datatype, &NUMBERS) => Some("a number"),
        _ if is(DataType::Boolean) => Some("a Boolean"),
        _ => None,
    };
    let wrong = |allowed: String| Fault { found: found.to_owned(), allowed, reason: RefusalReason::WrongType };
    match (raw, declared) {
        (Some(_), Some(declared)) if declared != found => Err(wrong(format!("{declared}, as the metric was born"))),
        (Some(raw), _) => Ok(raw),
        (None, _) => Err(wrong("a number, a text or a Boolean".to_owned())),
    }
}

const fn number(value: f64) -> Option<RawValue> {
    Some(RawValue::Number(value))
}

/// The topic of a message.
pub fn topic((group, node): &NodeName, verb: &str, device: Option<&str>) -> String {
    match device {
        Some(device) => format!("{SPACE}/{group}/{verb}/{node}/{device}"),
        None => format!("{SPACE}/{group}/{verb}/{node}"),
    }
}

/// The STATE topic of a host application.
pub fn state_topic(host: &str) -> String {
    format!("{SPACE}/STATE/{host}")
}

/// The filters that bring the births, data and deaths of a group.
pub fn filters(group: &str) -> [String; 6] {
    ["NBIRTH/+", "NDATA/+", "NDEATH/+", "DBIRTH/+/+", "DDATA/+/+", "DDEATH/+/+"].map(|rest| format!("{SPACE}/{group}/{rest}"))
}

/// A payload as bytes.
pub fn payload(seq: Option<u64>, at: Instant, metrics: Vec<Metric>) -> Vec<u8> {
    Payload { timestamp: Some(millis(at)), metrics, seq, uuid: None, body: None }.encode_to_vec()
}

/// A metric that reports a value; numbers go as Doubles.
pub fn report(name: Option<&str>, alias: Option<u64>, value: &RawValue, at: Instant) -> Metric {
    let (datatype, value) = match value {
        RawValue::Number(number) => (DataType::Double, metric::Value::DoubleValue(*number)),
        RawValue::Flag(flag) => (DataType::Boolean, metric::Value::BooleanValue(*flag)),
        RawValue::Text(text) => (DataType::String, metric::Value::StringValue(text.clone())),
    };
    Metric {
        name: name.map(str::to_owned),
        alias,
        timestamp: Some(millis(at)),
        datatype: Some(datatype as u32),
        value: Some(value),
        ..Metric::new()
    }
}

/// Adds to a report why a command was refused.
pub fn refusal(report: Metric, reason: &str) -> Metric {
    let value = PropertyValue {
        r#type: Some(DataType::String as u32),
        is_null: None,
        value: Some(property_value::Value::StringValue(reason.to_owned())),
    };
    Metric { properties: Some(PropertySet { keys: vec![REFUSED.to_owned()], values: vec![value] }), ..report }
}
