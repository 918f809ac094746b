//! How a command becomes a write or a method call. Enters: a channel and its value. Leaves: [`Outgoing`], or why the value
//! does not fit. Absent: the answer; that is `sink`'s.

use super::super::address::{Address, Step};
use super::super::config::Config;
use super::{Decoder, Names};
use act::{Sink, Unwritable};
use opcua::types::{
    AttributeId, CallMethodRequest, DataValue, NodeId, NumericRange, Variant, VariantScalarTypeId as Type, WriteValue,
};
use plant::{ChannelId, CommandValue};
use std::collections::HashMap;

/// Types of the arguments that a method takes, as far as they were asked for.
pub type Arguments = HashMap<NodeId, Vec<Type>>;

/// What goes to the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Outgoing {
    /// A value for a node.
    Write(Box<WriteValue>),
    /// A call of a method.
    Call(Box<CallMethodRequest>),
}

/// Turns values into writes of the type that the node takes.
#[derive(Clone, Copy, Debug)]
pub struct Encoder<'a> {
    channels: &'a [(ChannelId, Address)],
    decoder: &'a Decoder,
    arguments: &'a Arguments,
}

impl<'a> Encoder<'a> {
    /// An encoder for the channels of a source, the types heard from it, and the arguments of its methods.
    pub const fn new(config: &'a Config, decoder: &'a Decoder, arguments: &'a Arguments) -> Self {
        Self { channels: config.channels.as_slice(), decoder, arguments }
    }
    /// The method that a channel calls.
    pub fn method(&self, channel: ChannelId) -> Option<&'a NodeId> {
        self.channels.iter().find(|(id, _)| *id == channel).and_then(|(_, address)| match address {
            Address::Call { method, .. } => Some(method),
            Address::Value { .. } => None,
        })
    }
}

impl Sink for Encoder<'_> {
    type Request = Outgoing;
    /// Where nothing was heard of the node yet, a number goes as a Double and a word as a String.
    fn encode(&self, channel: ChannelId, value: &CommandValue) -> Result<Outgoing, Unwritable> {
        let address = self.channels.iter().find(|(id, _)| *id == channel).map(|(_, address)| address);
        let address = address.ok_or(Unwritable::NoAddress(channel.0))?;
        match address {
            Address::Call { object, method } => {
                let takes = self.arguments.get(method).map_or(&[][..], Vec::as_slice);
                let arguments = arguments(address, value, takes)?;
                Ok(Outgoing::Call(Box::new(CallMethodRequest {
                    object_id: object.clone(),
                    method_id: method.clone(),
                    input_arguments: (!arguments.is_empty()).then_some(arguments),
                })))
            }
            Address::Value { node, path } => {
                let (heard, names) = self.decoder.known(channel);
                let variant = variant(address, value, heard, names)?;
                let (variant, index_range) = match path.as_slice() {
                    [] => (variant, NumericRange::None),
                    [Step::Element(element)] => (alone(variant), NumericRange::Index(*element)),
                    _ => return Err(wrong(address, value, "no writes (it is a part of a structure)")),
                };
                // servers may refuse a write that carries a time or a status (Part 4, 5.10.4)
                let value = DataValue { value: Some(variant), ..DataValue::null() };
                let attribute_id = AttributeId::Value as u32;
                Ok(Outgoing::Write(Box::new(WriteValue { node_id: node.clone(), attribute_id, index_range, value })))
            }
        }
    }
}

/// What a method is given: nothing, or the value.
fn arguments(address: &Address, value: &CommandValue, takes: &[Type]) -> Result<Vec<Variant>, Unwritable> {
    match takes {
        [] if matches!(value, CommandValue::Number(number) if *number == 1.0) => Ok(Vec::new()),
        [] => Err(wrong(address, value, "1 (the method takes no argument)")),
        [one] => Ok(vec![variant(address, value, Some(*one), None)?]),
        more => {
            Err(wrong(address, value, &format!("no calls (the method takes {} arguments, a command brings one)", more.len())))
        }
    }
}

/// An array of one, as a write of an element carries it (Part 4, 7.27).
fn alone(variant: Variant) -> Variant {
    match variant.scalar_type_id() {
        Some(kind) => {
            opcua::types::Array::new(kind, vec![variant.clone()]).map_or(variant, |array| Variant::Array(Box::new(array)))
        }
        None => variant,
    }
}

fn variant(address: &Address, value: &CommandValue, heard: Option<Type>, names: Option<&Names>) -> Result<Variant, Unwritable> {
    match (value, names) {
        (CommandValue::Word(word), Some(names)) => {
            let code = names.iter().find(|(_, name)| *name == word).map(|(code, _)| *code as f64);
            let allowed = || {
                let mut words: Vec<&str> = names.values().map(String::as_str).collect();
                words.sort_unstable();
                words.join(", ")
            };
            number(address, code.ok_or_else(|| wrong(address, value, &allowed()))?, heard.unwrap_or(Type::Int32))
        }
        (CommandValue::Number(value), _) => number(address, *value, heard.unwrap_or(Type::Double)),
        (CommandValue::Word(text), None) => match heard.unwrap_or(Type::String) {
            Type::String => Ok(Variant::from(text.as_str())),
            other => Err(wrong(address, value, &format!("values of type {other}"))),
        },
    }
}

fn wrong(address: &Address, value: &CommandValue, allowed: &str) -> Unwritable {
    let found = match value {
        CommandValue::Number(number) => number.to_string(),
        CommandValue::Word(word) => format!("`{word}`"),
    };
    Unwritable::WrongType { place: address.to_string(), found, allowed: allowed.to_owned() }
}

/// A number as a type that holds it; whole types round.
fn number(address: &Address, number: f64, kind: Type) -> Result<Variant, Unwritable> {
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
        other => return Err(wrong(address, &CommandValue::Number(number), &format!("values of type {other}"))),
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
