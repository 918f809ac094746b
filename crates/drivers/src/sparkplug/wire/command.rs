//! The commanding half of the wire: values to NCMD and DCMD, and what answers them. Enters: command values, births. Leaves:
//! commands, or why there is none. Absent: MQTT.

use super::births::Instance;
use super::value::{TEXTS, is_type, raw_value};
use super::{Decoder, NodeName, REBIRTH, millis, payload, topic};
use crate::sparkplug::config::{Address, Config};
use act::{Sink, Unwritable};
use collect::RawValue;
use measure::Instant;
use plant::{ChannelId, CommandValue};
use srad_types::payload::{DataType, Message as _, Metric, Payload, Template, metric};
use std::collections::HashMap;

/// A command as it goes to the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Topic, NCMD or DCMD.
    pub topic: String,
    /// Payload.
    pub payload: Vec<u8>,
}

/// Turns values into commands of the type that the metric was born with.
pub struct Encoder<'a> {
    config: &'a Config,
    births: &'a Decoder,
    now: Instant,
}

impl<'a> Encoder<'a> {
    /// An encoder for the channels of a source, the births it has seen, and the time of the command.
    pub const fn new(config: &'a Config, births: &'a Decoder, now: Instant) -> Self {
        Self { config, births, now }
    }
    /// A metric of a command. Its type is told although 6.4.6 would rather not have it: many edge nodes read a command by it
    /// (decision 0061).
    fn metric(&self, (name, alias): (&str, Option<u64>), datatype: DataType, value: metric::Value) -> Metric {
        Metric {
            name: alias.is_none().then(|| name.to_owned()),
            alias,
            timestamp: Some(millis(self.now)),
            datatype: Some(datatype as u32),
            value: Some(value),
            ..Metric::new()
        }
    }
    /// A template instance with one member.
    fn instance(&self, instance: &Instance, member: Metric) -> Metric {
        let template = Template {
            version: None,
            metrics: vec![member],
            parameters: Vec::new(),
            template_ref: instance.template.clone(),
            is_definition: Some(false),
        };
        self.metric((&instance.name, instance.alias), DataType::Template, metric::Value::TemplateValue(template))
    }
    /// The address of a channel.
    ///
    /// # Errors
    /// The source does not have the channel.
    pub fn address(&self, channel: ChannelId) -> Result<&'a Address, Unwritable> {
        let found = self.config.channels.iter().find(|(id, _)| *id == channel);
        found.map(|(_, address)| address).ok_or(Unwritable::NoAddress(channel.0))
    }
}

impl Sink for Encoder<'_> {
    type Request = Command;
    /// By alias alone where the metric was born with one (6.4.6), else by name. A member of a template goes within its
    /// instance. Where the metric is not yet born, a number goes as a Double and a word as a String.
    fn encode(&self, channel: ChannelId, value: &CommandValue) -> Result<Command, Unwritable> {
        let address = self.address(channel)?;
        let (datatype, value) = typed(address, value, self.births.data_type(address))?;
        let (alias, within) = self.births.path(address);
        let outer: usize = within.iter().map(|instance| instance.name.len() + 1).sum();
        let name = address.metric.get(outer..).unwrap_or(&address.metric);
        let inner = self.metric((name, alias), datatype, value);
        let metric = within.iter().rev().fold(inner, |member, instance| self.instance(instance, member));
        let device = address.device.as_deref();
        let verb = if device.is_some() { "DCMD" } else { "NCMD" };
        let node = (address.group.clone(), address.node.clone());
        Ok(Command { topic: topic(&node, verb, device), payload: payload(None, self.now, vec![metric]) })
    }
}

/// A command value as a metric value of the type the metric was born with.
fn typed(address: &Address, value: &CommandValue, born: Option<u32>) -> Result<(DataType, metric::Value), Unwritable> {
    let wrong =
        |found: String, allowed: &str| Unwritable::WrongType { place: address.to_string(), found, allowed: allowed.to_owned() };
    let number = match value {
        CommandValue::Word(word) => {
            let fits = born.is_none() || is_type(born, &TEXTS);
            let kind = born.and_then(|t| DataType::try_from(t).ok()).unwrap_or(DataType::String);
            let value = metric::Value::StringValue(word.clone());
            return if fits { Ok((kind, value)) } else { Err(wrong(format!("`{word}`"), "numbers")) };
        }
        CommandValue::Number(number) => *number,
    };
    let kind = born.and_then(|t| DataType::try_from(t).ok()).unwrap_or(DataType::Double);
    let (low, high) = match kind {
        DataType::Boolean => (0.0, 1.0),
        DataType::Int8 => (f64::from(i8::MIN), f64::from(i8::MAX)),
        DataType::UInt8 => (0.0, f64::from(u8::MAX)),
        DataType::Int16 => (f64::from(i16::MIN), f64::from(i16::MAX)),
        DataType::UInt16 => (0.0, f64::from(u16::MAX)),
        DataType::Int32 => (f64::from(i32::MIN), f64::from(i32::MAX)),
        DataType::UInt32 => (0.0, f64::from(u32::MAX)),
        DataType::Int64 => (-2_f64.powi(53), 2_f64.powi(53)),
        DataType::UInt64 => (0.0, 2_f64.powi(53)),
        DataType::Float => (f64::from(f32::MIN), f64::from(f32::MAX)),
        DataType::Double => (f64::MIN, f64::MAX),
        DataType::String | DataType::Text | DataType::Uuid => return Err(wrong(number.to_string(), "words")),
        other => return Err(wrong(number.to_string(), other.as_str_name())),
    };
    if !(low..=high).contains(&number) {
        let allowed = format!("{low:e} to {high:e} ({})", kind.as_str_name());
        return Err(Unwritable::OutOfRange { place: address.to_string(), found: format!("{number:e}"), allowed });
    }
    Ok((kind, number_value(kind, number)))
}

fn number_value(kind: DataType, number: f64) -> metric::Value {
    let whole = number.round();
    match kind {
        DataType::Boolean => metric::Value::BooleanValue(whole != 0.0),
        DataType::Float => metric::Value::FloatValue(number as f32),
        DataType::Double => metric::Value::DoubleValue(number),
        DataType::Int64 | DataType::UInt64 => metric::Value::LongValue(whole as i64 as u64),
        _ => metric::Value::IntValue(whole as i64 as u32),
    }
}

/// Whether a reading reports the value of a command; whole-number and single-precision devices round.
pub fn echoes(reported: &RawValue, commanded: &CommandValue) -> bool {
    match (reported, commanded) {
        (RawValue::Text(text), CommandValue::Word(word)) => text == word,
        (RawValue::Number(found), CommandValue::Number(wanted)) => (found - wanted).abs() <= 1e-6 * wanted.abs().max(1.0),
        (RawValue::Flag(found), CommandValue::Number(wanted)) => *found == (*wanted != 0.0),
        _ => false,
    }
}

/// The command that asks an edge node for a rebirth.
pub fn rebirth(node: &NodeName, now: Instant) -> Command {
    let value = Some(metric::Value::BooleanValue(true));
    let datatype = Some(DataType::Boolean as u32);
    let ask = Metric { name: Some(REBIRTH.to_owned()), timestamp: Some(millis(now)), datatype, value, ..Metric::new() };
    Command { topic: topic(node, "NCMD", None), payload: payload(None, now, vec![ask]) }
}

/// The metrics of a command as an edge node reads them: names and values; `names` are the aliases it gave in its births.
///
/// # Errors
/// The payload cannot be decoded.
pub fn commands(payload: &[u8], names: &HashMap<u64, String>) -> Result<Vec<(String, CommandValue)>, String> {
    let payload = Payload::decode(payload).map_err(|e| e.to_string())?;
    let named = payload.metrics.into_iter().filter_map(|metric| {
        let value = match raw_value(&metric, metric.datatype).ok()?? {
            RawValue::Number(number) => CommandValue::Number(number),
            RawValue::Flag(flag) => CommandValue::Number(f64::from(u8::from(flag))),
            RawValue::Text(text) => CommandValue::Word(text),
        };
        let name = metric.name.or_else(|| names.get(&metric.alias?).cloned())?;
        Some((name, value))
    });
    Ok(named.collect())
}
