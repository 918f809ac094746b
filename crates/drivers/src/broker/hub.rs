//! The broker without its sockets: one thread's pure state. Enters: bytes of connections, losses, the passing of time. Leaves:
//! bytes in the buffers of connections, messages for the intake. Absent: sockets, TLS, threads.
//!
//! Files: `hub/connect` (who comes), `hub/publish` (what is said), `hub/subscribe` (who listens).

mod connect;
mod publish;
mod subscribe;

use super::connection::Connection;
use super::figures::Figures;
use super::filter::{Filters, Listener};
use super::intake::Intake;
use super::limits::Limits;
use super::retained::Retained;
use super::session::{Session, SessionId};
use super::users::Users;
use crate::mqtt::packet::{self, AckKind, Fault, Packet, Version, reason};
use crate::mqtt::wire::Way;
use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

/// What is remembered of a topic, so that a message costs one look-up.
#[derive(Debug)]
struct Known {
    name: Rc<str>,
    /// Of [`Hub::generation`], when `targets` was made.
    generation: u64,
    targets: Rc<Targets>,
    way: Way,
}

/// Who gets the messages of a topic.
#[derive(Debug, Default)]
struct Targets {
    /// Each session once: with the highest quality of service and all identifiers of its matching filters.
    all: Vec<(Listener, Vec<u32>)>,
    /// Groups of which one member gets each message.
    groups: Vec<Vec<Listener>>,
}

/// The broker's state.
#[derive(Debug)]
pub struct Hub {
    /// Connections by place.
    pub connections: Vec<Option<Connection>>,
    /// Connections with something to write or to close.
    pub dirty: Vec<usize>,
    /// The way to the unit, for a listening source.
    pub intake: Option<Intake>,
    limits: Limits,
    users: Option<Users>,
    figures: Arc<Figures>,
    sessions: Vec<Option<Session>>,
    free: Vec<u32>,
    by_client: HashMap<Rc<str>, SessionId>,
    filters: Filters,
    generation: u64,
    topics: HashMap<Rc<[u8]>, Known>,
    retained: Retained,
    serial: u32,
    /// Messages heard and not yet in the figures.
    heard: u64,
    /// Whose turn it is in shared subscriptions.
    turn: usize,
}

impl Hub {
    /// A broker with nobody in it. Without `users`, everybody may come.
    pub fn new(limits: Limits, users: Option<Users>, intake: Option<Intake>, figures: Arc<Figures>) -> Self {
        Self {
            connections: Vec::new(),
            dirty: Vec::new(),
            intake,
            limits,
            users,
            figures,
            sessions: Vec::new(),
            free: Vec::new(),
            by_client: HashMap::new(),
            filters: Filters::default(),
            generation: 0,
            topics: HashMap::new(),
            retained: Retained::default(),
            serial: 0,
            heard: 0,
            turn: 0,
        }
    }

    /// A connection at `place` was opened.
    pub fn open(&mut self, place: usize, peer: String, now: Instant) {
        self.serial = self.serial.wrapping_add(1);
        if self.connections.len() <= place {
            self.connections.resize_with(place + 1, || None);
        }
        self.connections[place] = Some(Connection::new(self.serial, peer, (now, self.limits.handshake)));
    }

    /// Takes bytes of a connection; answers how many of them were whole packets. The rest comes again with more.
    pub fn hear(&mut self, place: usize, bytes: &[u8], now: Instant) -> usize {
        let mut used = 0;
        if let Some(connection) = self.connections[place].as_mut() {
            connection.heard = now;
        }
        while let Some(connection) = self.connections[place].as_ref() {
            if connection.is_closing {
                return bytes.len();
            }
            let version = connection.version;
            let rest = &bytes[used..];
            let said = match packet::frame(rest, self.limits.packet_bytes) {
                Ok(Some((head, whole))) if whole <= rest.len() => {
                    used += whole;
                    packet::read(version, rest[0], &rest[head..whole]).and_then(|packet| self.take(place, packet, now))
                }
                Ok(_) => break,
                Err(fault) => Err(fault),
            };
            if let Err(fault) = said {
                self.throw_out(place, &fault);
            }
        }
        self.figures.receive(std::mem::take(&mut self.heard));
        used
    }

    fn take(&mut self, place: usize, packet: Packet<'_>, now: Instant) -> Result<(), Fault> {
        let Some(connection) = self.connections[place].as_mut() else { return Ok(()) };
        let Some(session) = connection.session else {
            return match packet {
                Packet::Connect(connect) => self.connect(place, &connect, now),
                _ => Err(fault("the first packet of a connection is no CONNECT")),
            };
        };
        match packet {
            Packet::Publish(publish) => {
                self.heard += 1;
                self.published(place, session, &publish, now)
            }
            Packet::Ack(ack) if ack.kind == AckKind::PubRel => {
                self.released(place, session, ack.id);
                Ok(())
            }
            Packet::Ack(ack) => {
                if let Some(session) = self.sessions[session.place as usize].as_mut() {
                    session.acknowledged(ack, connection);
                    self.figures.lose(session.pump(connection, now));
                }
                self.dirty.push(place);
                Ok(())
            }
            Packet::Subscribe { id, subscription, filters } => {
                self.subscribe(place, session, (id, subscription, &filters), now);
                Ok(())
            }
            Packet::Unsubscribe { id, filters } => {
                self.unsubscribe(place, session, (id, &filters));
                Ok(())
            }
            Packet::PingReq => {
                packet::write::ping_resp(&mut connection.out);
                self.dirty.push(place);
                Ok(())
            }
            Packet::Disconnect { reason, expiry_s } => self.goodbye(place, session, (reason, expiry_s)),
            _ => Err(fault("a packet that only a server sends, or a second CONNECT")),
        }
    }

    /// Closes a connection that broke the rules.
    fn throw_out(&mut self, place: usize, fault: &Fault) {
        let Some(connection) = self.connections[place].as_mut() else { return };
        let client = connection.session.and_then(|s| self.sessions[s.place as usize].as_ref()).map(|s| Rc::clone(&s.client));
        tracing::warn!(peer = connection.peer, client = client.as_deref().unwrap_or("-"), error = %fault, "MQTT client sent away");
        self.figures.send_away();
        if connection.session.is_none() && fault.reason == reason::UNSUPPORTED_VERSION {
            packet::write::conn_ack(&mut connection.out, Version::V4, (false, 1), &[]);
        }
        connection.close(fault.reason);
        self.dirty.push(place);
    }

    /// The socket of a connection is gone.
    pub fn lost(&mut self, place: usize, now: Instant) {
        let Some(connection) = self.connections[place].take() else { return };
        let Some(id) = connection.session else { return };
        let Some(session) = self.session(id).filter(|s| s.connection == Some(place)) else { return };
        session.parted();
        session.ends = Some(now + session.expiry);
        session.will_due = session.will.as_ref().map(|will| now + will.delay.min(session.expiry));
        self.figures.parted();
        self.wind_up(id, now);
    }

    /// Tells a will that is due, ends a session that is over.
    fn wind_up(&mut self, id: SessionId, now: Instant) {
        let Some(session) = self.session(id) else { return };
        let is_over = session.ends.is_some_and(|end| end <= now);
        let due = session.will_due.is_some_and(|due| due <= now);
        if due || is_over {
            session.will_due = None;
            if let Some(will) = session.will.take() {
                self.tell(&will, now);
            }
        }
        if is_over {
            self.forget(id);
        }
    }

    fn forget(&mut self, id: SessionId) {
        if self.session(id).is_none() {
            return;
        }
        let Some(session) = self.sessions[id.place as usize].take() else { return };
        for filter in session.subscriptions.keys() {
            if let Some(filter) = super::filter::Filter::parse(filter) {
                self.filters.remove(&filter, id);
            }
        }
        self.generation += 1;
        self.by_client.remove(&session.client);
        self.free.push(id.place);
    }

    /// Time passes: silent clients go, wills are told, sessions and retained messages end.
    pub fn tick(&mut self, now: Instant) {
        for place in 0..self.connections.len() {
            let Some(connection) = self.connections[place].as_mut() else { continue };
            let silence = now.saturating_duration_since(connection.heard);
            if connection.is_closing {
                self.dirty.push(place);
            } else if connection.silence_max.is_some_and(|max| silence > max) {
                tracing::info!(peer = connection.peer, "an MQTT client was silent too long");
                connection.close(reason::KEEP_ALIVE);
                self.dirty.push(place);
            }
        }
        let waiting: Vec<SessionId> = self.sessions.iter().flatten().filter(|s| s.connection.is_none()).map(|s| s.id).collect();
        for id in waiting {
            self.wind_up(id, now);
        }
        self.retained.expire(now);
    }

    /// What the socket of a connection has taken leaves room for what waits.
    pub fn pump(&mut self, place: usize, now: Instant) {
        let Some(connection) = self.connections[place].as_mut() else { return };
        let Some(id) = connection.session else { return };
        if let Some(session) = self.sessions[id.place as usize].as_mut().filter(|s| s.id == id) {
            self.figures.lose(session.pump(connection, now));
        }
    }

    /// The broker stops: everybody is told.
    pub fn stop(&mut self) {
        for (place, connection) in self.connections.iter_mut().enumerate() {
            if let Some(connection) = connection {
                connection.close(reason::SHUTTING_DOWN);
                self.dirty.push(place);
            }
        }
    }

    /// Whether a connection may be read: it takes what we send, and has room for more messages.
    pub fn may_read(&self, place: usize) -> bool {
        let full = self.intake.as_ref().is_some_and(Intake::is_full);
        let Some(connection) = self.connections.get(place).and_then(Option::as_ref) else { return false };
        let is_behind = connection.out.len() >= super::limits::OUT_BYTES_MAX;
        !full && !is_behind && !connection.is_closing && connection.unsettled < u32::from(self.limits.receive)
    }

    fn session(&mut self, id: SessionId) -> Option<&mut Session> {
        self.sessions.get_mut(id.place as usize)?.as_mut().filter(|s| s.id == id)
    }
}

const fn fault(sentence: &'static str) -> Fault {
    Fault { reason: reason::PROTOCOL_ERROR, sentence: Cow::Borrowed(sentence) }
}
