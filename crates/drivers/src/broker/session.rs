//! What is remembered of a client: its subscriptions, the messages on their way to it and from it, its will. Enters: messages
//! for it, acknowledgements from it. Leaves: packets in the buffer of its connection. Absent: sockets, other clients.
//!
//! A message goes out at once while the connection has room and fewer than `send` messages are under way; else it waits in the
//! queue, which has a limit in messages and in bytes. What a full queue refuses is counted by the hub.

use super::connection::Connection;
use super::filter::Options;
use super::limits::{Limits, OUT_BYTES_MAX};
use crate::mqtt::packet::write::{self, PropertyBytes};
use crate::mqtt::packet::{Ack, AckKind, Version, id, reason};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// A session: its place and a number that is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId {
    /// Place in the hub's list.
    pub place: u32,
    /// Serial number.
    pub serial: u32,
}

/// A message on its way to subscribers.
#[derive(Clone, Debug)]
pub struct Message {
    /// Topic name.
    pub topic: Rc<str>,
    /// Payload.
    pub payload: Box<[u8]>,
    /// Properties that go along unchanged, as bytes.
    pub properties: Box<[u8]>,
    /// Quality of service it was published with.
    pub qos: u8,
    /// When it is of no use any more.
    pub expires: Option<Instant>,
}

/// A message for one client.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// The message.
    pub message: Rc<Message>,
    /// Quality of service to this client.
    pub qos: u8,
    /// Whether it goes as retained.
    pub retain: bool,
    /// Subscription identifiers, as bytes of properties.
    pub identifiers: Box<[u8]>,
}

/// Where a message to the client stands.
#[derive(Debug)]
enum Stage {
    /// Sent; PUBACK or PUBREC is awaited.
    Sent(Parcel),
    /// PUBREL sent; PUBCOMP is awaited.
    Released,
}

/// A will, and how long its telling is put off.
#[derive(Clone, Debug)]
pub struct Will {
    /// What is told.
    pub message: Rc<Message>,
    /// Whether it is retained.
    pub retain: bool,
    /// Pause before it is told.
    pub delay: Duration,
}

/// Why a message did not go to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The queue is full.
    QueueFull,
    /// The client takes no packets of this size.
    TooLarge,
}

/// A client's session.
#[derive(Debug)]
pub struct Session {
    /// Which it is.
    pub id: SessionId,
    /// Client id.
    pub client: Rc<str>,
    /// Place of its connection.
    pub connection: Option<usize>,
    /// How long it outlives its connection.
    pub expiry: Duration,
    /// When it ends, while nobody is connected.
    pub ends: Option<Instant>,
    /// The will, and when it is due once the connection is lost.
    pub will: Option<Will>,
    /// When the will is told.
    pub will_due: Option<Instant>,
    /// Filters as they were written, with what was asked for.
    pub subscriptions: HashMap<Box<str>, Options>,
    /// Messages of QoS 2 from the client: packet ids, and whether they are settled.
    pub received: HashMap<u16, bool>,
    /// Messages that the client takes at once.
    pub window: u16,
    /// Largest packet the client takes [bytes].
    pub packet_bytes: usize,
    under_way: VecDeque<(u16, Stage)>,
    queue: VecDeque<Parcel>,
    queue_bytes: usize,
    next_id: u16,
}

impl Session {
    /// A session of which nothing is known yet.
    pub fn new(id: SessionId, client: Rc<str>) -> Self {
        Self {
            id,
            client,
            connection: None,
            expiry: Duration::ZERO,
            ends: None,
            will: None,
            will_due: None,
            subscriptions: HashMap::new(),
            received: HashMap::new(),
            window: 1,
            packet_bytes: usize::MAX,
            under_way: VecDeque::new(),
            queue: VecDeque::new(),
            queue_bytes: 0,
            next_id: 0,
        }
    }

    /// Sends a message or lays it in the queue. `connection` is this session's, where it has one.
    pub fn offer(
        &mut self,
        parcel: Parcel,
        connection: Option<&mut Connection>,
        limits: &Limits,
        now: Instant,
    ) -> Result<(), Lost> {
        if let Some(connection) = connection {
            if self.queue.is_empty() && self.has_room(&parcel, connection) {
                return self.send(parcel, connection, now);
            }
        } else if parcel.qos == 0 {
            // 3.1.2.11.2: what is kept for a client that is away has QoS 1 or 2
            return Ok(());
        }
        let size = parcel.message.payload.len();
        if self.queue.len() >= limits.queue || self.queue_bytes + size > limits.queue_bytes {
            return Err(Lost::QueueFull);
        }
        self.queue_bytes += size;
        self.queue.push_back(parcel);
        Ok(())
    }

    /// Sends what the queue holds, as far as there is room; answers how many were larger than the client takes.
    pub fn pump(&mut self, connection: &mut Connection, now: Instant) -> u64 {
        let mut lost = 0;
        while let Some(parcel) = self.queue.front()
            && self.has_room(parcel, connection)
            && let Some(parcel) = self.queue.pop_front()
        {
            self.queue_bytes -= parcel.message.payload.len();
            lost += u64::from(self.send(parcel, connection, now).is_err());
        }
        lost
    }

    fn has_room(&self, parcel: &Parcel, connection: &Connection) -> bool {
        connection.out.len() < OUT_BYTES_MAX && (parcel.qos == 0 || self.under_way.len() < usize::from(self.window))
    }

    fn send(&mut self, parcel: Parcel, connection: &mut Connection, now: Instant) -> Result<(), Lost> {
        if parcel.message.expires.is_some_and(|end| end <= now) {
            return Ok(());
        }
        let id = if parcel.qos == 0 { 0 } else { self.fresh_id() };
        if !put(connection, &parcel, (id, false), (self.packet_bytes, now)) {
            return Err(Lost::TooLarge);
        }
        if parcel.qos > 0 {
            self.under_way.push_back((id, Stage::Sent(parcel)));
        }
        Ok(())
    }

    /// A packet id that is not under way; there is one, as fewer are under way than there are ids.
    fn fresh_id(&mut self) -> u16 {
        loop {
            self.next_id = self.next_id.checked_add(1).unwrap_or(1);
            if self.under_way.iter().all(|(id, _)| *id != self.next_id) {
                return self.next_id;
            }
        }
    }

    /// An acknowledgement from the client of something sent to it.
    pub fn acknowledged(&mut self, ack: Ack, connection: &mut Connection) {
        let place = self.under_way.iter().position(|(id, _)| *id == ack.id);
        match (ack.kind, place.map(|p| (p, &mut self.under_way[p].1))) {
            (AckKind::PubAck, Some((place, Stage::Sent(parcel)))) if parcel.qos == 1 => {
                self.under_way.remove(place);
            }
            (AckKind::PubRec, Some((place, Stage::Sent(parcel)))) if parcel.qos == 2 => {
                if ack.reason >= 0x80 {
                    self.under_way.remove(place);
                } else {
                    self.under_way[place].1 = Stage::Released;
                    connection.ack(AckKind::PubRel, (ack.id, reason::SUCCESS));
                }
            }
            (AckKind::PubRec, Some((_, Stage::Released))) => connection.ack(AckKind::PubRel, (ack.id, reason::SUCCESS)),
            (AckKind::PubRec, None) => connection.ack(AckKind::PubRel, (ack.id, reason::UNKNOWN_ID)),
            (AckKind::PubComp, Some((place, Stage::Released))) => {
                self.under_way.remove(place);
            }
            // an answer to something that is no longer under way, such as the second one after a reconnection
            _ => {}
        }
    }

    /// The client is back: what was under way goes again, in order (4.4).
    pub fn resume(&mut self, connection: &mut Connection, now: Instant) {
        for (id, stage) in &self.under_way {
            match stage {
                Stage::Sent(parcel) => {
                    put(connection, parcel, (*id, true), (usize::MAX, now));
                }
                Stage::Released => connection.ack(AckKind::PubRel, (*id, reason::SUCCESS)),
            }
        }
    }

    /// The connection is gone: messages of QoS 0 are not kept.
    pub fn parted(&mut self) {
        self.connection = None;
        self.queue.retain(|parcel| parcel.qos > 0);
        self.queue_bytes = self.queue.iter().map(|parcel| parcel.message.payload.len()).sum();
    }
}

/// Writes a message to a connection; `false` where it is larger than the client takes.
fn put(connection: &mut Connection, parcel: &Parcel, (packet, dup): (u16, bool), (bytes_max, now): (usize, Instant)) -> bool {
    let Message { topic, payload, properties, expires, .. } = &*parcel.message;
    let left = expires.map(|end| end.saturating_duration_since(now).as_secs());
    let left = left.map(|s| PropertyBytes::default().long(id::MESSAGE_EXPIRY, u32::try_from(s).unwrap_or(u32::MAX)));
    let mut own = left.unwrap_or_default().0;
    own.extend_from_slice(&parcel.identifiers);
    let message = write::Message {
        dup,
        qos: parcel.qos,
        retain: parcel.retain,
        topic,
        id: packet,
        properties: (&own, properties),
        payload,
    };
    if write::publish_len(connection.version, &message) > bytes_max {
        return false;
    }
    write::publish(&mut connection.out, connection.version, &message);
    true
}

/// Subscription identifiers as bytes of properties.
pub fn identifiers(version: Version, numbers: impl Iterator<Item = u32>) -> Box<[u8]> {
    if version == Version::V4 {
        return Box::default();
    }
    numbers.fold(PropertyBytes::default(), |bytes, number| bytes.variable(id::SUBSCRIPTION, number)).0.into()
}
