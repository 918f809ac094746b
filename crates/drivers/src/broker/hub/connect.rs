//! Who comes and goes: CONNECT, DISCONNECT, the take-over of a session. Leaves: CONNACK, a session bound to its connection.

use super::{Hub, fault};
use crate::broker::connection::Connection;
use crate::broker::session::{Message, Session, SessionId, Will};
use crate::mqtt::packet::write::{self, PropertyBytes};
use crate::mqtt::packet::{Connect, Fault, Properties, Version, id, reason};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Longest client id [bytes].
const CLIENT_BYTES_MAX: usize = 1_024;

impl Hub {
    pub(super) fn connect(&mut self, place: usize, connect: &Connect<'_>, now: Instant) -> Result<(), Fault> {
        let Some(connection) = self.connections[place].as_mut() else { return Ok(()) };
        connection.version = connect.version;
        self.dirty.push(place);
        if let Err((code, why)) = self.admit(connect) {
            let Some(connection) = self.connections[place].as_mut() else { return Ok(()) };
            tracing::warn!(peer = connection.peer, client = connect.client, why, "MQTT client refused");
            self.figures.send_away();
            refuse(connection, code);
            return Ok(());
        }
        let assigned = connect.client.is_empty().then(|| self.free_client());
        let client = assigned.as_deref().unwrap_or(connect.client);
        let present = self.by_client.get(client).copied();
        let kept = self.take_over(present, connect.clean, now);
        let id = kept.unwrap_or_else(|| self.fresh_session(client));
        let limits = self.limits;
        let (Some(session), Some(connection)) = (self.sessions[id.place as usize].as_mut(), self.connections[place].as_mut())
        else {
            return Ok(());
        };
        bind(session, connection, connect, (place, &limits));
        let properties = answer(connect, (&limits, session.expiry), assigned.as_deref());
        write::conn_ack(&mut connection.out, connect.version, (kept.is_some(), reason::SUCCESS), &properties);
        session.resume(connection, now);
        self.figures.lose(session.pump(connection, now));
        self.figures.met();
        Ok(())
    }

    /// Whether a client may come.
    fn admit(&self, connect: &Connect<'_>) -> Result<(), (u8, &'static str)> {
        if connect.properties.text(id::AUTH_METHOD).is_some() {
            return Err((0x8C, "an enhanced sign-in, which is not known here"));
        }
        if let Some(users) = &self.users {
            let name = connect.user.ok_or((reason::NOT_AUTHORISED, "no name"))?;
            if !users.allow(name, connect.password.unwrap_or_default()) {
                return Err((reason::BAD_CREDENTIALS, "a wrong name or password"));
            }
        }
        if connect.client.is_empty() && connect.version == Version::V4 && !connect.clean {
            return Err((reason::BAD_CLIENT_ID, "a session to be kept without a client id"));
        }
        if connect.client.len() > CLIENT_BYTES_MAX {
            return Err((reason::BAD_CLIENT_ID, "a client id of more than 1024 bytes"));
        }
        if self.by_client.len() >= self.limits.sessions && !self.by_client.contains_key(connect.client) {
            return Err((reason::QUOTA, "the limit of sessions is reached"));
        }
        Ok(())
    }

    fn free_client(&self) -> String {
        let mut number = self.serial;
        loop {
            let name = format!("socium-{number}");
            if !self.by_client.contains_key(name.as_str()) {
                return name;
            }
            number = number.wrapping_add(1);
        }
    }

    /// Ends the former connection of a client; its session, where it goes on.
    fn take_over(&mut self, present: Option<SessionId>, clean: bool, now: Instant) -> Option<SessionId> {
        let session = self.session(present?)?;
        let id = session.id;
        let goes_on = !clean && (session.connection.is_none() || !session.expiry.is_zero());
        // a will put off is not told when its session goes on (MQTT 5, 3.1.2.5)
        let will = session.will.take().filter(|will| !goes_on || (session.connection.is_some() && will.delay.is_zero()));
        (session.will_due, session.ends) = (None, None);
        let former = session.connection.take();
        if goes_on {
            session.parted();
        }
        if let Some(place) = former
            && let Some(connection) = self.connections[place].as_mut()
        {
            connection.close(reason::TAKEN_OVER);
            self.dirty.push(place);
            self.figures.parted();
        }
        if let Some(will) = will {
            self.tell(&will, now);
        }
        if !goes_on {
            self.forget(id);
        }
        goes_on.then_some(id)
    }

    fn fresh_session(&mut self, client: &str) -> SessionId {
        self.serial = self.serial.wrapping_add(1);
        let place = self.free.pop().unwrap_or_else(|| {
            self.sessions.push(None);
            self.sessions.len() as u32 - 1
        });
        let id = SessionId { place, serial: self.serial };
        let client: Rc<str> = client.into();
        self.by_client.insert(Rc::clone(&client), id);
        self.sessions[place as usize] = Some(Session::new(id, client));
        id
    }

    pub(super) fn goodbye(&mut self, place: usize, id: SessionId, (code, expiry_s): (u8, Option<u32>)) -> Result<(), Fault> {
        let longest = self.limits.session_expiry;
        if let Some(session) = self.session(id) {
            if code != reason::DISCONNECT_WITH_WILL {
                session.will = None;
            }
            if let Some(seconds) = expiry_s {
                if session.expiry.is_zero() && seconds > 0 {
                    return Err(fault("a DISCONNECT gives life to a session that was to end"));
                }
                session.expiry = expiry(seconds, longest);
            }
        }
        if let Some(connection) = self.connections[place].as_mut() {
            connection.is_closing = true;
            self.dirty.push(place);
        }
        Ok(())
    }
}

/// Binds a session to the connection its client came over.
fn bind(
    session: &mut Session,
    connection: &mut Connection,
    connect: &Connect<'_>,
    (place, limits): (usize, &crate::broker::Limits),
) {
    session.connection = Some(place);
    session.expiry = match (connect.version, connect.clean) {
        (Version::V4, true) => Duration::ZERO,
        (Version::V4, false) => limits.session_expiry,
        (Version::V5, _) => expiry(connect.properties.number(id::SESSION_EXPIRY).unwrap_or(0), limits.session_expiry),
    };
    let window = connect.properties.number(id::RECEIVE_MAX).and_then(|n| u16::try_from(n).ok()).unwrap_or(u16::MAX);
    session.window = window.min(limits.send);
    session.packet_bytes = connect.properties.number(id::PACKET_MAX).map_or(usize::MAX, |bytes| bytes as usize);
    session.will = connect.will.as_ref().map(|will| Will {
        message: Rc::new(Message {
            topic: will.topic.into(),
            payload: will.payload.into(),
            properties: passed_on(will.properties),
            qos: will.qos,
            expires: None,
        }),
        retain: will.retain,
        delay: Duration::from_secs(will.properties.number(id::WILL_DELAY).unwrap_or(0).into()),
    });
    connection.session = Some(session.id);
    connection.silence_max = (connect.keep_alive_s > 0).then(|| Duration::from_millis(u64::from(connect.keep_alive_s) * 1_500));
    connection.aliases = Vec::new();
}

/// Properties of the CONNACK.
fn answer(connect: &Connect<'_>, (limits, life): (&crate::broker::Limits, Duration), assigned: Option<&str>) -> Vec<u8> {
    let mut bytes = PropertyBytes::default()
        .short(id::RECEIVE_MAX, limits.receive)
        .long(id::PACKET_MAX, u32::try_from(limits.packet_bytes).unwrap_or(u32::MAX))
        .short(id::ALIAS_MAX, crate::broker::limits::ALIASES_MAX);
    let wanted = connect.properties.number(id::SESSION_EXPIRY).unwrap_or(0);
    if life.as_secs() != u64::from(wanted) {
        bytes = bytes.long(id::SESSION_EXPIRY, u32::try_from(life.as_secs()).unwrap_or(u32::MAX));
    }
    if let Some(client) = assigned {
        bytes = bytes.text(id::ASSIGNED_CLIENT, client);
    }
    bytes.0
}

fn expiry(seconds: u32, longest: Duration) -> Duration {
    Duration::from_secs(seconds.into()).min(longest)
}

/// Says no in the words of the version, and closes.
fn refuse(connection: &mut Connection, code: u8) {
    let code = match (connection.version, code) {
        (Version::V5, code) => code,
        (Version::V4, reason::BAD_CLIENT_ID) => 2,
        (Version::V4, reason::BAD_CREDENTIALS) => 4,
        (Version::V4, reason::NOT_AUTHORISED) => 5,
        (Version::V4, _) => 3,
    };
    write::conn_ack(&mut connection.out, connection.version, (false, code), &[]);
    connection.is_closing = true;
}

/// The properties of a message that go along unchanged (3.3.2.3): all but lifetime, alias, subscription and delay.
pub(super) fn passed_on(properties: Properties<'_>) -> Box<[u8]> {
    if properties.is_empty() {
        return Box::default();
    }
    let own = [id::MESSAGE_EXPIRY, id::ALIAS, id::SUBSCRIPTION, id::WILL_DELAY];
    let kept: Vec<u8> = properties.iter().filter(|(id, ..)| !own.contains(id)).flat_map(|(.., bytes)| bytes.to_vec()).collect();
    kept.into()
}
