//! What is known of one connection, beside its socket: the version spoken, what waits to be written, what is open. Enters:
//! packets for it. Leaves: bytes in `out`. Absent: the socket.

use super::session::SessionId;
use crate::mqtt::packet::write;
use crate::mqtt::packet::{AckKind, Version};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// One connection.
#[derive(Debug)]
pub struct Connection {
    /// Serial number, never used again.
    pub serial: u32,
    /// Who it comes from, for messages.
    pub peer: String,
    /// The version spoken; 3.1.1 until the CONNECT says otherwise.
    pub version: Version,
    /// The session, once the CONNECT was accepted.
    pub session: Option<SessionId>,
    /// Bytes to be written.
    pub out: Vec<u8>,
    /// To be closed once `out` is written.
    pub is_closing: bool,
    /// Messages of QoS 1 and 2 taken and not yet acknowledged.
    pub unsettled: u32,
    /// Topics by alias.
    pub aliases: Vec<Option<Rc<[u8]>>>,
    /// When a packet last came.
    pub heard: Instant,
    /// Longest silence allowed; `None` = any.
    pub silence_max: Option<Duration>,
}

impl Connection {
    /// A connection that has said nothing yet.
    pub const fn new(serial: u32, peer: String, (now, handshake): (Instant, Duration)) -> Self {
        Self {
            serial,
            peer,
            version: Version::V4,
            session: None,
            out: Vec::new(),
            is_closing: false,
            unsettled: 0,
            aliases: Vec::new(),
            heard: now,
            silence_max: Some(handshake),
        }
    }
    /// An acknowledgement.
    #[inline]
    pub fn ack(&mut self, kind: AckKind, ack: (u16, u8)) {
        write::ack(&mut self.out, self.version, kind, ack);
    }
    /// Says why (MQTT 5 only) and closes.
    pub fn close(&mut self, reason: u8) {
        if self.is_closing {
            return;
        }
        if self.version == Version::V5 && self.session.is_some() {
            write::disconnect(&mut self.out, self.version, reason);
        }
        self.is_closing = true;
    }
}
