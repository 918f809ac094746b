//! MQTT packets, 3.1.1 and 5.0 (OASIS): bytes to packets and back. Enters: bytes of a connection. Leaves: packets that borrow
//! from them, or a [`Fault`] with the reason code a peer is told. Absent: sockets, sessions, what a topic means.
//!
//! Nothing is copied on the way in: a topic and a payload are slices of the bytes read. Whoever reads calls [`frame`] for the
//! extent of the next packet and [`read`] for what it says; whoever writes appends to a buffer with [`write`].

mod property;
mod read;
#[cfg(test)]
mod tests;
pub mod write;

pub use property::{Properties, Property, id};
pub use read::{frame, read};

use std::borrow::Cow;

/// Which of the two protocols a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// MQTT 3.1.1 (protocol level 4).
    V4,
    /// MQTT 5.0 (protocol level 5).
    V5,
}

/// What is wrong with bytes, and how MQTT 5 names it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence} (reason code 0x{reason:02X})")]
pub struct Fault {
    /// Reason code of MQTT 5.0, section 2.4.
    pub reason: u8,
    /// What was found and what is allowed.
    pub sentence: Cow<'static, str>,
}

/// Reason codes used here (MQTT 5.0, 2.4).
pub mod reason {
    /// Done.
    pub const SUCCESS: u8 = 0x00;
    /// A client goes and wants its will told.
    pub const DISCONNECT_WITH_WILL: u8 = 0x04;
    /// Nobody listens to this topic.
    pub const NO_SUBSCRIBERS: u8 = 0x10;
    /// There was no such subscription.
    pub const NO_SUBSCRIPTION: u8 = 0x11;
    /// Bytes that are no packet.
    pub const MALFORMED: u8 = 0x81;
    /// A packet that may not come now.
    pub const PROTOCOL_ERROR: u8 = 0x82;
    /// It could not be done here.
    pub const NOT_STORED: u8 = 0x83;
    /// Neither 3.1.1 nor 5.
    pub const UNSUPPORTED_VERSION: u8 = 0x84;
    /// No client id that can be used.
    pub const BAD_CLIENT_ID: u8 = 0x85;
    /// Wrong name or password.
    pub const BAD_CREDENTIALS: u8 = 0x86;
    /// May not do this.
    pub const NOT_AUTHORISED: u8 = 0x87;
    /// The server stops.
    pub const SHUTTING_DOWN: u8 = 0x8B;
    /// Nothing was heard for one and a half keep-alives.
    pub const KEEP_ALIVE: u8 = 0x8D;
    /// Another connection took this client id.
    pub const TAKEN_OVER: u8 = 0x8E;
    /// No topic filter.
    pub const BAD_FILTER: u8 = 0x8F;
    /// No topic name.
    pub const BAD_TOPIC: u8 = 0x90;
    /// No exchange of this packet id is under way.
    pub const UNKNOWN_ID: u8 = 0x92;
    /// More under way than was agreed.
    pub const TOO_MANY: u8 = 0x93;
    /// A topic alias beyond what was agreed.
    pub const BAD_ALIAS: u8 = 0x94;
    /// Larger than was agreed.
    pub const TOO_LARGE: u8 = 0x95;
    /// A limit is reached.
    pub const QUOTA: u8 = 0x97;
    /// The payload is not what it should be.
    pub const BAD_PAYLOAD: u8 = 0x99;
}

/// A packet as it was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Packet<'a> {
    /// A client comes.
    Connect(Connect<'a>),
    /// The server's answer to it.
    ConnAck {
        /// Whether the server kept the session.
        present: bool,
        /// Reason code (5) or return code (3.1.1); 0 is yes.
        code: u8,
        /// Properties, of MQTT 5.
        properties: Properties<'a>,
    },
    /// A message.
    Publish(Publish<'a>),
    /// An acknowledgement of a message.
    Ack(Ack),
    /// A client wants messages.
    Subscribe {
        /// Packet id.
        id: u16,
        /// Subscription identifier, of MQTT 5.
        subscription: Option<u32>,
        /// Each topic filter with its options byte.
        filters: Vec<(&'a str, u8)>,
    },
    /// The server's answer to it.
    SubAck {
        /// Packet id.
        id: u16,
        /// A code for each filter; from 0x80 refused.
        codes: &'a [u8],
    },
    /// A client wants them no longer.
    Unsubscribe {
        /// Packet id.
        id: u16,
        /// Topic filters.
        filters: Vec<&'a str>,
    },
    /// The server's answer to it.
    UnsubAck {
        /// Packet id.
        id: u16,
    },
    /// Is somebody there?
    PingReq,
    /// Yes.
    PingResp,
    /// The peer goes.
    Disconnect {
        /// Reason code; 0 in 3.1.1.
        reason: u8,
        /// A new session expiry [s], of MQTT 5.
        expiry_s: Option<u32>,
    },
}

/// CONNECT.
#[derive(Clone, Debug, PartialEq)]
pub struct Connect<'a> {
    /// Protocol.
    pub version: Version,
    /// Clean session (3.1.1), clean start (5).
    pub clean: bool,
    /// Longest silence of the client [s]; 0 = any.
    pub keep_alive_s: u16,
    /// Client id; may be empty.
    pub client: &'a str,
    /// Properties, of MQTT 5.
    pub properties: Properties<'a>,
    /// What is told when the connection is lost.
    pub will: Option<Will<'a>>,
    /// Name.
    pub user: Option<&'a str>,
    /// Password.
    pub password: Option<&'a [u8]>,
}

/// The will in a CONNECT.
#[derive(Clone, Debug, PartialEq)]
pub struct Will<'a> {
    /// Quality of service, 0 to 2.
    pub qos: u8,
    /// Whether it is retained.
    pub retain: bool,
    /// Properties, of MQTT 5.
    pub properties: Properties<'a>,
    /// Topic.
    pub topic: &'a str,
    /// Payload.
    pub payload: &'a [u8],
}

/// PUBLISH.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Publish<'a> {
    /// Sent before.
    pub dup: bool,
    /// Quality of service, 0 to 2.
    pub qos: u8,
    /// To be retained, or: was retained.
    pub retain: bool,
    /// Topic as it came; not yet checked to be a topic name, see [`topic_name`].
    pub topic: &'a [u8],
    /// Packet id; 0 with quality of service 0.
    pub id: u16,
    /// Properties, of MQTT 5.
    pub properties: Properties<'a>,
    /// Payload.
    pub payload: &'a [u8],
}

/// Which acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckKind {
    /// Of QoS 1.
    PubAck = 4,
    /// First of QoS 2.
    PubRec = 5,
    /// Second of QoS 2.
    PubRel = 6,
    /// Third of QoS 2.
    PubComp = 7,
}

/// PUBACK, PUBREC, PUBREL, PUBCOMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// Which.
    pub kind: AckKind,
    /// Packet id.
    pub id: u16,
    /// Reason code; 0 in 3.1.1.
    pub reason: u8,
}

/// A topic as text, if it is a topic name: UTF-8 without NUL and wildcards, not empty (4.7).
///
/// # Errors
/// It is none.
pub fn topic_name(topic: &[u8]) -> Result<&str, Fault> {
    let text = std::str::from_utf8(topic).map_err(|_| fault(reason::MALFORMED, "a topic is UTF-8"))?;
    if text.is_empty() || text.contains(['+', '#', '\0']) {
        return Err(fault(reason::BAD_TOPIC, "a topic name is not empty and has no +, # or NUL"));
    }
    Ok(text)
}

const fn fault(reason: u8, sentence: &'static str) -> Fault {
    Fault { reason, sentence: Cow::Borrowed(sentence) }
}
