//! The pure half of OPC UA: what a notification means, and how a value is written. Enters: values of monitored items by
//! their client handle, command values. Leaves: readings, refusals, write values. Absent: sessions, sockets, the clock.
//!
//! A node keeps the data type that it sent first in a session; a value of another type is refused. A null is no value and
//! no entry, unless its status is bad: then it is refused with the status; but a node that waits for its first value
//! (`BadWaitingForInitialData`) is not in trouble.

use super::config::{Address, Config};
use act::{Sink, Unwritable};
use collect::{Delivery, Place, RawReading, RawValue, Source};
use measure::Instant;
use opcua::types::{AttributeId, DataValue, DateTime, StatusCode, Variant, VariantScalarTypeId as Type, WriteValue};
use plant::{ChannelId, CommandValue, Quality, RefusalReason, Refused, SourceId};
use std::collections::HashMap;

/// Values of one notification: client handle of the monitored item, and what it sent. The handle of the channel at place
/// `i` of [`Config::channels`] is `i + 1`.
pub type Notification = Vec<(u32, DataValue)>;

/// Data types by channel, as the nodes sent them.
pub type Types = HashMap<ChannelId, Type>;

/// Turns notifications into readings.
#[derive(Clone, Debug)]
pub struct Decoder {
    from: SourceId,
    channels: Vec<(ChannelId, Address)>,
    types: Types,
}

/// Turns values into writes of the type that the node takes.
#[derive(Clone, Debug)]
pub struct Encoder<'a> {
    channels: &'a [(ChannelId, Address)],
    types: &'a Types,
}

/// Why a value is not taken.
struct Fault {
    found: String,
    allowed: String,
    reason: RefusalReason,
}

impl Decoder {
    /// A decoder that has heard nothing yet.
    pub fn new(from: SourceId, config: &Config) -> Self {
        Self { from, channels: config.channels.clone(), types: Types::new() }
    }
    /// The types heard so far.
    pub const fn types(&self) -> &Types {
        &self.types
    }
    /// Forgets the types: a new session may find another server.
    pub fn forget(&mut self) {
        self.types.clear();
    }
    /// The refusal of a node that the server would not monitor.
    pub fn unmonitored(&self, handle: u32, status: StatusCode, received: Instant) -> Refused {
        let fault = Fault {
            found: status.to_string(),
            allowed: "a variable that the server lets this user read".to_owned(),
            reason: RefusalReason::UnknownChannel,
        };
        self.refusal(&self.place(handle), fault, received)
    }

    fn place(&self, handle: u32) -> String {
        let channel = (handle as usize).checked_sub(1).and_then(|place| self.channels.get(place));
        channel.map_or_else(|| format!("monitored item {handle}"), |(_, address)| address.to_string())
    }
    fn refusal(&self, place: &str, fault: Fault, received: Instant) -> Refused {
        let Fault { found, allowed, reason } = fault;
        Refused { from: self.from, received, place: place.to_owned(), found, allowed, reason }
    }
    fn reading(&mut self, handle: u32, sent: &DataValue) -> Result<RawReading, Fault> {
        let channel = (handle as usize).checked_sub(1).and_then(|place| self.channels.get(place)).map(|(id, _)| *id);
        let status = sent.status.unwrap_or(StatusCode::Good);
        let value = sent.value.as_ref().unwrap_or(&Variant::Empty);
        let raw = raw_value(value, status)?;
        if let (Some(channel), Some(heard)) = (channel, value.scalar_type_id()) {
            let first = *self.types.entry(channel).or_insert(heard);
            if first != heard {
                return Err(Fault {
                    found: format!("{heard} {}", shown(value)),
                    allowed: format!("{first}, as the node sent first"),
                    reason: RefusalReason::WrongType,
                });
            }
        }
        Ok(RawReading {
            place: channel.map_or_else(|| Place::Unknown(self.place(handle)), Place::Channel),
            at: sent.source_timestamp.as_ref().and_then(instant),
            value: raw,
            quality: quality(status),
        })
    }
}

impl Source for Decoder {
    type Message = Notification;
    fn decode(&mut self, notification: Notification, received: Instant) -> Delivery {
        let mut delivery = Delivery::new(self.from, received);
        for (handle, sent) in notification {
            if is_null(&sent) {
                continue;
            }
            match self.reading(handle, &sent) {
                Ok(reading) => delivery.readings.push(reading),
                Err(fault) => {
                    let refused = self.refusal(&self.place(handle), fault, received);
                    delivery.refused.push(refused);
                }
            }
        }
        delivery
    }
}

/// Whether a node says that it has no value, and nothing is wrong with that.
fn is_null(sent: &DataValue) -> bool {
    let status = sent.status.unwrap_or(StatusCode::Good);
    let waits = status == StatusCode::BadWaitingForInitialData;
    sent.value.as_ref().is_none_or(Variant::is_empty) && (waits || !status.is_bad())
}

/// Severity of a status (Part 4, 7.39) as quality.
fn quality(status: StatusCode) -> Quality {
    match status {
        status if status.is_good() => Quality::Good,
        status if status.is_uncertain() => Quality::Uncertain,
        _ => Quality::Bad,
    }
}

fn raw_value(value: &Variant, status: StatusCode) -> Result<RawValue, Fault> {
    match value {
        Variant::Boolean(flag) => Ok(RawValue::Flag(*flag)),
        Variant::String(text) => Ok(RawValue::Text(text.as_ref().to_owned())),
        Variant::LocalizedText(text) => Ok(RawValue::Text(text.text.as_ref().to_owned())),
        Variant::Empty => Err(Fault {
            found: format!("no value, status {status}"),
            allowed: "a number, a text or a Boolean".to_owned(),
            reason: RefusalReason::Malformed,
        }),
        other => other.as_f64().map(RawValue::Number).ok_or_else(|| Fault {
            found: kind(other),
            allowed: "a number, a text or a Boolean, single".to_owned(),
            reason: RefusalReason::WrongType,
        }),
    }
}

fn kind(value: &Variant) -> String {
    let name = value.scalar_type_id().map_or_else(|| "nothing".to_owned(), |t| t.to_string());
    if value.is_array() { format!("an array of {name}") } else { name }
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

impl<'a> Encoder<'a> {
    /// An encoder for the channels of a source and the types heard from it.
    pub const fn new(config: &'a Config, types: &'a Types) -> Self {
        Self { channels: config.channels.as_slice(), types }
    }
}

impl Sink for Encoder<'_> {
    type Request = WriteValue;
    /// Where nothing was heard of the node yet, a number goes as a Double and a word as a String.
    fn encode(&self, channel: ChannelId, value: &CommandValue) -> Result<WriteValue, Unwritable> {
        let address = self.channels.iter().find(|(id, _)| *id == channel).map(|(_, address)| address);
        let address = address.ok_or(Unwritable::NoAddress(channel.0))?;
        let variant = match value {
            CommandValue::Number(number) => {
                number_variant(address, *number, self.types.get(&channel).copied().unwrap_or(Type::Double))?
            }
            CommandValue::Word(word) => word_variant(address, word, self.types.get(&channel).copied().unwrap_or(Type::String))?,
        };
        // servers may refuse a write that carries a time or a status (Part 4, 5.10.4)
        let value = DataValue { value: Some(variant), ..DataValue::null() };
        Ok(WriteValue { node_id: address.0.clone(), attribute_id: AttributeId::Value as u32, value, ..WriteValue::default() })
    }
}

fn word_variant(address: &Address, word: &str, kind: Type) -> Result<Variant, Unwritable> {
    match kind {
        Type::String => Ok(Variant::from(word)),
        other => Err(Unwritable::WrongType {
            place: address.to_string(),
            found: format!("`{word}`"),
            allowed: format!("values of type {other}"),
        }),
    }
}

/// A number as a type that holds it; whole types round.
fn number_variant(address: &Address, number: f64, kind: Type) -> Result<Variant, Unwritable> {
    let wrong = |allowed: String| Unwritable::WrongType { place: address.to_string(), found: number.to_string(), allowed };
    let (low, high) = match kind {
        Type::Boolean => (0.0, 1.0),
        Type::SByte => (f64::from(i8::MIN), f64::from(i8::MAX)),
        Type::Byte => (0.0, f64::from(u8::MAX)),
        Type::Int16 => (f64::from(i16::MIN), f64::from(i16::MAX)),
        Type::UInt16 => (0.0, f64::from(u16::MAX)),
        Type::Int32 => (f64::from(i32::MIN), f64::from(i32::MAX)),
        Type::UInt32 => (0.0, f64::from(u32::MAX)),
        Type::Int64 => (-2_f64.powi(53), 2_f64.powi(53)),
        Type::UInt64 => (0.0, 2_f64.powi(53)),
        Type::Float => (f64::from(f32::MIN), f64::from(f32::MAX)),
        Type::Double => (f64::MIN, f64::MAX),
        other => return Err(wrong(format!("values of type {other}"))),
    };
    if !(low..=high).contains(&number) {
        let allowed = format!("{low:e} to {high:e} ({kind})");
        return Err(Unwritable::OutOfRange { place: address.to_string(), found: format!("{number:e}"), allowed });
    }
    let whole = number.round();
    Ok(match kind {
        Type::Boolean => Variant::Boolean(whole != 0.0),
        Type::SByte => Variant::SByte(whole as i8),
        Type::Byte => Variant::Byte(whole as u8),
        Type::Int16 => Variant::Int16(whole as i16),
        Type::UInt16 => Variant::UInt16(whole as u16),
        Type::Int32 => Variant::Int32(whole as i32),
        Type::UInt32 => Variant::UInt32(whole as u32),
        Type::Int64 => Variant::Int64(whole as i64),
        Type::UInt64 => Variant::UInt64(whole as u64),
        Type::Float => Variant::Float(number as f32),
        _ => Variant::Double(number),
    })
}
