//! The pure half of OPC UA: what a notification means, and how a value is written. Enters: values of monitored items by
//! their client handle, command values. Leaves: readings, refusals, write values and method calls. Absent: sessions, sockets,
//! the clock.
//!
//! A value keeps the data type that it had first in a session; one of another type is refused. A null is no value and no
//! entry, unless its status is bad: then it is refused with the status; but a node that waits for its first value
//! (`BadWaitingForInitialData`) is not in trouble. A node that several channels look into is one monitored item, and every
//! channel gets an entry of each of its values.

mod encode;

pub use encode::{Arguments, Encoder, Outgoing};

use super::address::{Address, Step};
use super::config::Config;
use collect::{Delivery, Place, RawReading, RawValue, Source};
use measure::Instant;
use opcua::types::custom::DynamicStructure;
use opcua::types::{DateTime, MonitoredItemNotification, NodeId, StatusCode, Variant, VariantScalarTypeId as Type};
use plant::{ChannelId, Quality, RefusalReason, Refused, SourceId};
use std::collections::HashMap;

/// Values of one notification. The client handle of the item at place `i` of [`Decoder::items`] is `i + 1`.
pub type Notification = Vec<MonitoredItemNotification>;

/// Words of an enumeration by their numbers.
pub type Names = HashMap<i64, String>;

/// Turns notifications into readings.
#[derive(Clone, Debug)]
pub struct Decoder {
    from: SourceId,
    items: Vec<Item>,
}

/// A node to be monitored, and who looks into it.
#[derive(Clone, Debug)]
pub struct Item {
    /// The node.
    pub node: NodeId,
    /// What its numbers are called, where it is an enumeration and the server tells.
    pub names: Option<Names>,
    points: Vec<Point>,
}

/// A channel that looks into a node's value.
#[derive(Clone, Debug)]
struct Point {
    channel: ChannelId,
    address: Address,
    path: Vec<Step>,
    heard: Option<Type>,
}

/// Why a value is not taken.
struct Fault {
    found: String,
    allowed: String,
    reason: RefusalReason,
}

const SCALARS: &str = "a number, a text or a Boolean";

impl Decoder {
    /// A decoder that has heard nothing yet.
    pub fn new(from: SourceId, config: &Config) -> Self {
        let (mut items, mut places): (Vec<Item>, HashMap<&NodeId, usize>) = (Vec::new(), HashMap::new());
        for (channel, address) in &config.channels {
            let Address::Value { node, path } = address else { continue };
            let place = *places.entry(node).or_insert_with(|| {
                items.push(Item { node: node.clone(), names: None, points: Vec::new() });
                items.len() - 1
            });
            items[place].points.push(Point { channel: *channel, address: address.clone(), path: path.clone(), heard: None });
        }
        Self { from, items }
    }
    /// The nodes to be monitored.
    pub fn items(&self) -> &[Item] {
        &self.items
    }
    /// Whether any channel looks into a structure, so that the server's types must be known.
    pub fn looks_into_structures(&self) -> bool {
        let mut steps = self.items.iter().flat_map(|i| &i.points).flat_map(|p| &p.path);
        steps.any(|step| matches!(step, Step::Member(_)))
    }
    /// Tells the words of an item's numbers.
    pub fn name(&mut self, place: usize, names: Option<Names>) {
        self.items[place].names = names;
    }
    /// The type heard of a channel so far, and the words of its numbers.
    pub fn known(&self, channel: ChannelId) -> (Option<Type>, Option<&Names>) {
        let item = self.items.iter().find_map(|i| Some((i, i.points.iter().find(|p| p.channel == channel)?)));
        item.map_or((None, None), |(item, point)| (point.heard, item.names.as_ref()))
    }
    /// Forgets the types: a new session may find another server.
    pub fn forget(&mut self) {
        self.items.iter_mut().flat_map(|item| &mut item.points).for_each(|point| point.heard = None);
    }
    /// The refusals of a node that the server would not monitor, one a channel.
    pub fn unmonitored(&self, handle: u32, status: StatusCode, received: Instant) -> Vec<Refused> {
        let points = self.item(handle).map_or(&[][..], |item| &item.points);
        let fault = || Fault {
            found: status.to_string(),
            allowed: "a variable that the server lets this user read".to_owned(),
            reason: RefusalReason::UnknownChannel,
        };
        points.iter().map(|point| refusal((self.from, received), point.address.to_string(), fault())).collect()
    }

    fn item(&self, handle: u32) -> Option<&Item> {
        (handle as usize).checked_sub(1).and_then(|place| self.items.get(place))
    }

    fn take(&mut self, sent: &MonitoredItemNotification, delivery: &mut Delivery) {
        let (from, received) = (self.from, delivery.received);
        let at = time_of(sent);
        let status = sent.value.status.unwrap_or(StatusCode::Good);
        let value = sent.value.value.as_ref().unwrap_or(&Variant::Empty);
        let Some(item) = (sent.client_handle as usize).checked_sub(1).and_then(|place| self.items.get_mut(place)) else {
            let place = format!("monitored item {}", sent.client_handle);
            match raw_value(value, status, None) {
                Ok(value) => {
                    delivery.readings.push(RawReading { place: Place::Unknown(place), at, value, quality: quality(status) })
                }
                Err(fault) => delivery.refused.push(refusal((from, received), place, fault)),
            }
            return;
        };
        for point in &mut item.points {
            match point.reading(value, status, item.names.as_ref()) {
                Ok(value) => {
                    let place = Place::Channel(point.channel);
                    delivery.readings.push(RawReading { place, at, value, quality: quality(status) });
                }
                Err(fault) => delivery.refused.push(refusal((from, received), point.address.to_string(), fault)),
            }
        }
    }
}

impl Source for Decoder {
    type Message = Notification;
    fn decode(&mut self, notification: Notification, received: Instant) -> Delivery {
        let mut delivery = Delivery::new(self.from, received);
        delivery.readings.reserve(notification.len());
        for sent in &notification {
            if !is_null(sent) {
                self.take(sent, &mut delivery);
            }
        }
        delivery
    }
}

impl Point {
    fn reading(&mut self, whole: &Variant, status: StatusCode, names: Option<&Names>) -> Result<RawValue, Fault> {
        let value = if self.path.is_empty() || whole.is_empty() { whole } else { part(whole, &self.path)? };
        let raw = raw_value(value, status, names)?;
        let heard = value.scalar_type_id();
        match (self.heard, heard) {
            (None, _) => self.heard = heard,
            (Some(first), Some(heard)) if first != heard => {
                return Err(Fault {
                    found: format!("{heard} {}", shown(value)),
                    allowed: format!("{first}, as the node sent first"),
                    reason: RefusalReason::WrongType,
                });
            }
            _ => {}
        }
        Ok(raw)
    }
}

fn refusal((from, received): (SourceId, Instant), place: String, fault: Fault) -> Refused {
    let Fault { found, allowed, reason } = fault;
    Refused { from, received, place, found, allowed, reason }
}

/// The source's time; the server's where the source gave none.
fn time_of(sent: &MonitoredItemNotification) -> Option<Instant> {
    let source = sent.value.source_timestamp.as_ref().and_then(instant);
    source.or_else(|| sent.value.server_timestamp.as_ref().and_then(instant))
}

/// Whether a node says that it has no value, and nothing is wrong with that.
fn is_null(sent: &MonitoredItemNotification) -> bool {
    let status = sent.value.status.unwrap_or(StatusCode::Good);
    let waits = status == StatusCode::BadWaitingForInitialData;
    sent.value.value.as_ref().is_none_or(Variant::is_empty) && (waits || !status.is_bad())
}

/// Severity of a status (Part 4, 7.39) as quality.
fn quality(status: StatusCode) -> Quality {
    match status {
        status if status.is_good() => Quality::Good,
        status if status.is_uncertain() => Quality::Uncertain,
        _ => Quality::Bad,
    }
}

/// The part of a value that a path leads to.
fn part<'v>(whole: &'v Variant, path: &[Step]) -> Result<&'v Variant, Fault> {
    path.iter().try_fold(whole, |value, step| match (step, value) {
        (Step::Element(element), Variant::Array(array)) => {
            let count = array.values.len();
            let beyond = || missing(format!("an array of {count} elements"), format!("element {element}"));
            array.values.get(*element as usize).ok_or_else(beyond)
        }
        (Step::Member(name), Variant::ExtensionObject(object)) => match object.inner_as::<DynamicStructure>() {
            Some(structure) => {
                let without = || missing("a structure without it".to_owned(), format!("member `{name}`"));
                structure.get_field_by_name(name).ok_or_else(without)
            }
            None => {
                let layout = "a structure whose layout the server tells (DataTypeDefinition)".to_owned();
                Err(missing(format!("a structure of type {}", object.binary_type_id().node_id), layout))
            }
        },
        (Step::Element(element), other) => Err(missing(kind(other), format!("an array with element {element}"))),
        (Step::Member(name), other) => Err(missing(kind(other), format!("a structure with member `{name}`"))),
    })
}

fn missing(found: String, allowed: String) -> Fault {
    Fault { found, allowed, reason: RefusalReason::WrongType }
}

fn raw_value(value: &Variant, status: StatusCode, names: Option<&Names>) -> Result<RawValue, Fault> {
    match value {
        Variant::Double(number) => Ok(RawValue::Number(*number)),
        Variant::Boolean(flag) => Ok(RawValue::Flag(*flag)),
        Variant::String(text) => Ok(RawValue::Text(text.as_ref().to_owned())),
        Variant::LocalizedText(text) => Ok(RawValue::Text(text.text.as_ref().to_owned())),
        Variant::Empty => Err(Fault {
            found: format!("no value, status {status}"),
            allowed: SCALARS.to_owned(),
            reason: RefusalReason::Malformed,
        }),
        other => match (other.as_f64(), names) {
            (Some(number), None) => Ok(RawValue::Number(number)),
            (Some(number), Some(names)) => named(number, names),
            (None, _) => {
                Err(Fault { found: kind(other), allowed: format!("{SCALARS}, single"), reason: RefusalReason::WrongType })
            }
        },
    }
}

/// The word of an enumeration's number.
fn named(number: f64, names: &Names) -> Result<RawValue, Fault> {
    let word = names.get(&(number as i64)).filter(|_| number.fract() == 0.0);
    word.map(|word| RawValue::Text(word.clone())).ok_or_else(|| {
        let mut all: Vec<_> = names.iter().collect();
        all.sort();
        let allowed = all.into_iter().take(20).map(|(code, word)| format!("{code}={word}")).collect::<Vec<_>>().join(", ");
        Fault { found: format!("code {number}"), allowed, reason: RefusalReason::UnknownState }
    })
}

fn kind(value: &Variant) -> String {
    let name = value.scalar_type_id().map_or_else(|| "nothing".to_owned(), |t| t.to_string());
    match value {
        Variant::Array(array) => format!("an array of {}", array.value_type),
        _ => name,
    }
}

/// A value for a message, at most 64 characters of it.
fn shown(value: &Variant) -> String {
    match value {
        Variant::String(text) => format!("`{}`", text.as_ref().chars().take(64).collect::<String>()),
        other => other.as_f64().map_or_else(String::new, |number| number.to_string()),
    }
}

/// 100 ns ticks since 1601 (Part 6, 5.2.2.5) at the epoch of [`Instant`].
const TICKS_AT_EPOCH: i64 = 116_444_736_000_000_000;

/// An OPC UA time as an instant; the null time is none.
pub fn instant(time: &DateTime) -> Option<Instant> {
    let ticks = time.checked_ticks();
    (ticks > 0 && ticks < i64::MAX).then(|| Instant::from_micros((ticks - TICKS_AT_EPOCH).div_euclid(10)))
}
