//! The properties of MQTT 5 (2.2.2). Enters: their bytes. Leaves: one after the other, checked. Absent: which packet may
//! carry which; who reads a packet asks for those it knows.

use super::read::Cursor;
use super::{Fault, fault, reason};

/// Identifiers of properties (2.2.2.2).
pub mod id {
    /// Lifetime of a message [s].
    pub const MESSAGE_EXPIRY: u8 = 0x02;
    /// Topic for answers.
    pub const RESPONSE_TOPIC: u8 = 0x08;
    /// Identifier of a subscription.
    pub const SUBSCRIPTION: u8 = 0x0B;
    /// Lifetime of a session [s].
    pub const SESSION_EXPIRY: u8 = 0x11;
    /// Client id that the server chose.
    pub const ASSIGNED_CLIENT: u8 = 0x12;
    /// Keep-alive that the server wants [s].
    pub const SERVER_KEEP_ALIVE: u8 = 0x13;
    /// Method of an enhanced sign-in.
    pub const AUTH_METHOD: u8 = 0x15;
    /// Pause before a will is told [s].
    pub const WILL_DELAY: u8 = 0x18;
    /// A sentence for people.
    pub const REASON: u8 = 0x1F;
    /// Most messages under way.
    pub const RECEIVE_MAX: u8 = 0x21;
    /// Highest topic alias.
    pub const ALIAS_MAX: u8 = 0x22;
    /// A number for a topic.
    pub const ALIAS: u8 = 0x23;
    /// Highest quality of service.
    pub const QOS_MAX: u8 = 0x24;
    /// Whether messages are retained.
    pub const RETAIN_AVAILABLE: u8 = 0x25;
    /// A pair of texts.
    pub const USER: u8 = 0x26;
    /// Largest packet [bytes].
    pub const PACKET_MAX: u8 = 0x27;
    /// Whether shared subscriptions are known.
    pub const SHARED_AVAILABLE: u8 = 0x2A;
}

/// One property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Property<'a> {
    /// A number of 1, 2 or 4 bytes, or of variable length.
    Number(u32),
    /// A text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A pair of texts.
    Pair(&'a str, &'a str),
}

/// The properties of one packet, already checked when it was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Properties<'a>(&'a [u8]);

impl<'a> Properties<'a> {
    /// Takes bytes over after checking every property in them: known, whole, once where it may stand once.
    pub(super) fn checked(bytes: &'a [u8]) -> Result<Self, Fault> {
        let (mut cursor, mut seen) = (Cursor(bytes), 0_u64);
        while !cursor.0.is_empty() {
            let (id, _, _) = next(&mut cursor)?;
            let bit = 1 << id;
            if seen & bit != 0 && id != id::USER && id != id::SUBSCRIPTION {
                return Err(fault(reason::PROTOCOL_ERROR, "a property stands twice"));
            }
            seen |= bit;
        }
        Ok(Self(bytes))
    }
    /// Each with its identifier and its own bytes.
    pub fn iter(self) -> impl Iterator<Item = (u8, Property<'a>, &'a [u8])> {
        let mut cursor = Cursor(self.0);
        // they were checked, so the error can only be the end
        std::iter::from_fn(move || if cursor.0.is_empty() { None } else { next(&mut cursor).ok() })
    }
    /// The number of one property.
    pub fn number(self, wanted: u8) -> Option<u32> {
        self.iter().find_map(|(id, value, _)| match value {
            Property::Number(number) if id == wanted => Some(number),
            _ => None,
        })
    }
    /// The text of one property.
    pub fn text(self, wanted: u8) -> Option<&'a str> {
        self.iter().find_map(|(id, value, _)| match value {
            Property::Text(text) if id == wanted => Some(text),
            _ => None,
        })
    }
    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

fn next<'a>(cursor: &mut Cursor<'a>) -> Result<(u8, Property<'a>, &'a [u8]), Fault> {
    let before = cursor.0;
    let id = cursor.byte()?;
    let value = match id {
        0x01 | 0x17 | 0x19 | 0x24 | 0x25 | 0x28 | 0x29 | 0x2A => flag(cursor.byte()?)?,
        0x13 | 0x22 => Property::Number(cursor.short()?.into()),
        0x21 | 0x23 => not_zero(cursor.short()?.into())?,
        0x02 | 0x11 | 0x18 => Property::Number(cursor.long()?),
        0x27 => not_zero(cursor.long()?)?,
        0x0B => not_zero(cursor.variable()?)?,
        0x03 | 0x08 | 0x12 | 0x15 | 0x1A | 0x1C | 0x1F => Property::Text(cursor.text()?),
        0x09 | 0x16 => Property::Bytes(cursor.bytes()?),
        0x26 => Property::Pair(cursor.text()?, cursor.text()?),
        _ => return Err(fault(reason::MALFORMED, "an unknown property")),
    };
    Ok((id, value, &before[..before.len() - cursor.0.len()]))
}

fn flag<'a>(value: u8) -> Result<Property<'a>, Fault> {
    if value > 1 {
        return Err(fault(reason::PROTOCOL_ERROR, "a property that is 0 or 1 has another value"));
    }
    Ok(Property::Number(value.into()))
}

fn not_zero<'a>(value: u32) -> Result<Property<'a>, Fault> {
    if value == 0 {
        return Err(fault(reason::PROTOCOL_ERROR, "a property that may not be 0 is 0"));
    }
    Ok(Property::Number(value))
}
