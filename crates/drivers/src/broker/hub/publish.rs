//! What is said: PUBLISH and its acknowledgements, wills. Leaves: messages for subscribers, retained messages, messages for the
//! unit.
//!
//! A message of a configured channel is acknowledged once it is settled; one for others only, at once. Acknowledgements leave
//! in the order of their messages (4.6): behind one that waits, all wait.

use super::connect::passed_on;
use super::{Hub, Known, Targets, fault};
use crate::broker::filter::Listener;
use crate::broker::intake::Owed;
use crate::broker::limits::{ALIASES_MAX, TOPICS_MAX};
use crate::broker::session::{Message, Parcel, SessionId, Will, identifiers};
use crate::mqtt::packet::{AckKind, Fault, Properties, Publish, Version, id, reason, topic_name};
use crate::mqtt::wire::Way;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What is done with the messages of a topic.
struct Route {
    name: Rc<str>,
    targets: Rc<Targets>,
    way: Way,
}

/// The parts of a message that its route needs.
struct Said<'a> {
    qos: u8,
    retain: bool,
    properties: Properties<'a>,
    payload: &'a [u8],
}

impl Hub {
    pub(super) fn published(&mut self, place: usize, id: SessionId, publish: &Publish<'_>, now: Instant) -> Result<(), Fault> {
        let Some(connection) = self.connections[place].as_mut() else { return Ok(()) };
        let alias = publish.properties.number(id::ALIAS);
        let route = if publish.topic.is_empty() || alias.is_some() {
            let topic = aliased(&mut connection.aliases, alias, publish.topic)?;
            self.route(&topic)?
        } else {
            self.route(publish.topic)?
        };
        if publish.qos > 0 && !self.expects(place, id, publish)? {
            return Ok(());
        }
        let Publish { qos, retain, properties, payload, .. } = *publish;
        let mut reason = self.spread(&route, Some(id), &Said { qos, retain, properties, payload }, now);
        let is_ours = route.way != Way::Elsewhere;
        if let Some(intake) = self.intake.as_mut().filter(|_| is_ours)
            && !intake.take(route.way, &route.name, payload)
        {
            reason = reason::BAD_PAYLOAD;
        }
        if qos > 0 {
            self.owe(place, (id, is_ours), (publish.id, qos, reason));
        }
        Ok(())
    }

    /// Whether a message of QoS 1 or 2 is to be taken: there is room, and it was not taken before.
    fn expects(&mut self, place: usize, id: SessionId, publish: &Publish<'_>) -> Result<bool, Fault> {
        let receive = self.limits.receive;
        let Some(connection) = self.connections[place].as_mut() else { return Ok(false) };
        if connection.version == Version::V5 && connection.unsettled >= u32::from(receive) {
            let sentence = format!("more than {receive} messages under way, as was agreed");
            return Err(Fault { reason: reason::TOO_MANY, sentence: sentence.into() });
        }
        if publish.qos == 2
            && let Some(session) = self.sessions[id.place as usize].as_mut()
            && let Some(is_settled) = session.received.get(&publish.id)
        {
            if *is_settled {
                connection.ack(AckKind::PubRec, (publish.id, reason::SUCCESS));
                self.dirty.push(place);
            }
            return Ok(false);
        }
        Ok(true)
    }

    /// Acknowledges now, or once the message is settled.
    fn owe(&mut self, place: usize, (id, is_ours): (SessionId, bool), (packet, qos, reason): (u16, u8, u8)) {
        let (Some(connection), Some(session)) = (self.connections[place].as_mut(), self.sessions[id.place as usize].as_mut())
        else {
            return;
        };
        let waits = is_ours || connection.unsettled > 0;
        if qos == 2 {
            session.received.insert(packet, !waits);
        }
        if let Some(intake) = self.intake.as_mut().filter(|_| waits) {
            connection.unsettled += 1;
            intake.owe(Owed { session: id, connection: connection.serial, id: packet, qos, reason });
            return;
        }
        let kind = if qos == 1 { AckKind::PubAck } else { AckKind::PubRec };
        if qos == 2 && reason >= 0x80 {
            session.received.remove(&packet);
        }
        connection.ack(kind, (packet, reason));
        self.dirty.push(place);
    }

    /// Acknowledges what was settled. What could not be taken is said to MQTT 5; a client of 3.1.1 is parted from, so that it
    /// sends again.
    pub fn settle(&mut self, taken: bool, owed: &[Owed]) {
        for owed in owed {
            let Some(session) = self.sessions.get_mut(owed.session.place as usize).and_then(Option::as_mut) else { continue };
            if session.id != owed.session {
                continue;
            }
            let code = if taken { owed.reason } else { reason::NOT_STORED };
            if owed.qos == 2 {
                if code < 0x80 {
                    session.received.insert(owed.id, true)
                } else {
                    session.received.remove(&owed.id)
                };
            }
            let Some(place) = session.connection else { continue };
            let Some(connection) = self.connections[place].as_mut() else { continue };
            let is_same = connection.serial == owed.connection;
            if is_same {
                connection.unsettled -= 1;
            } else if owed.qos == 1 {
                // it came over a former connection; the client sends it again
                continue;
            }
            if !taken && connection.version == Version::V4 {
                connection.is_closing = true;
            } else if !connection.is_closing {
                let kind = if owed.qos == 1 { AckKind::PubAck } else { AckKind::PubRec };
                connection.ack(kind, (owed.id, code));
            }
            if self.dirty.last() != Some(&place) {
                self.dirty.push(place);
            }
        }
    }

    /// PUBREL: the second half of QoS 2 from a client.
    pub(super) fn released(&mut self, place: usize, id: SessionId, packet: u16) {
        let known = self.session(id).is_some_and(|s| s.received.remove(&packet).is_some());
        if let Some(connection) = self.connections[place].as_mut() {
            let code = if known { reason::SUCCESS } else { reason::UNKNOWN_ID };
            connection.ack(AckKind::PubComp, (packet, code));
            self.dirty.push(place);
        }
    }

    /// A will is told as if its client had published it.
    pub(super) fn tell(&mut self, will: &Will, now: Instant) {
        // the topic was checked in the CONNECT
        let Ok(route) = self.route(will.message.topic.as_bytes()) else { return };
        if let Some(intake) = self.intake.as_mut().filter(|_| route.way != Way::Elsewhere) {
            intake.take(route.way, &route.name, &will.message.payload);
        }
        self.hand_out(&route, None, (&will.message, will.retain), now);
    }

    /// A message of the unit itself, with QoS 1; how many sessions it goes to.
    pub fn announce(&mut self, topic: &str, payload: &[u8], now: Instant) -> usize {
        let Ok(route) = self.route(topic.as_bytes()) else { return 0 };
        self.spread(&route, None, &Said { qos: 1, retain: false, properties: Properties::default(), payload }, now);
        route.targets.all.len() + route.targets.groups.len()
    }

    /// Where the messages of a topic go; remembered until subscriptions change.
    #[inline]
    fn route(&mut self, topic: &[u8]) -> Result<Route, Fault> {
        if let Some(known) = self.topics.get(topic)
            && known.generation == self.generation
        {
            return Ok(Route { name: Rc::clone(&known.name), targets: Rc::clone(&known.targets), way: known.way });
        }
        self.learn(topic)
    }

    #[cold]
    fn learn(&mut self, topic: &[u8]) -> Result<Route, Fault> {
        let name: Rc<str> = topic_name(topic)?.into();
        let targets = Rc::new(targets(&self.filters.matching(&name)));
        let way = self.intake.as_mut().map_or(Way::Elsewhere, |intake| intake.mapper.way(&name));
        if self.topics.len() >= TOPICS_MAX {
            self.topics.clear();
        }
        let (generation, route) = (self.generation, Route { name: Rc::clone(&name), targets: Rc::clone(&targets), way });
        self.topics.insert(topic.into(), Known { name, generation, targets, way });
        Ok(route)
    }

    /// Hands a message to its subscribers and keeps it where it is to be retained; the reason code for its publisher.
    #[inline]
    fn spread(&mut self, route: &Route, from: Option<SessionId>, said: &Said<'_>, now: Instant) -> u8 {
        if !said.retain && route.targets.all.is_empty() && route.targets.groups.is_empty() {
            return reason::SUCCESS;
        }
        let expiry = said.properties.number(id::MESSAGE_EXPIRY);
        let message = Rc::new(Message {
            topic: Rc::clone(&route.name),
            payload: said.payload.into(),
            properties: passed_on(said.properties),
            qos: said.qos,
            expires: expiry.map(|s| now + Duration::from_secs(s.into())),
        });
        self.hand_out(route, from, (&message, said.retain), now)
    }

    fn hand_out(&mut self, route: &Route, from: Option<SessionId>, (message, retain): (&Rc<Message>, bool), now: Instant) -> u8 {
        let mut code = reason::SUCCESS;
        if retain && !self.retained.put(message, &self.limits, now) {
            self.figures.not_retain(&message.topic);
            code = reason::QUOTA;
        }
        for (listener, numbers) in &route.targets.all {
            if !(listener.options.no_local && from == Some(listener.session)) {
                self.send(*listener, numbers, (message, retain && listener.options.keeps_retain), now);
            }
        }
        for group in &route.targets.groups {
            self.turn = self.turn.wrapping_add(1);
            let is_here = |l: &&Listener| {
                let session = self.sessions[l.session.place as usize].as_ref();
                session.is_some_and(|s| s.id == l.session && s.connection.is_some())
            };
            let here: Vec<&Listener> = group.iter().filter(is_here).collect();
            let chosen = if here.is_empty() { &group[self.turn % group.len()] } else { here[self.turn % here.len()] };
            let numbers: Vec<u32> = chosen.options.identifier.into_iter().collect();
            self.send(*chosen, &numbers, (message, retain && chosen.options.keeps_retain), now);
        }
        code
    }

    /// A message for one session.
    pub(super) fn send(&mut self, to: Listener, numbers: &[u32], (message, retain): (&Rc<Message>, bool), now: Instant) {
        let Some(session) = self.sessions[to.session.place as usize].as_mut().filter(|s| s.id == to.session) else { return };
        let place = session.connection;
        let connection = place.and_then(|place| self.connections[place].as_mut()).filter(|c| !c.is_closing);
        let version = connection.as_ref().map_or(Version::V5, |c| c.version);
        let identifiers = if numbers.is_empty() { Box::default() } else { identifiers(version, numbers.iter().copied()) };
        let parcel = Parcel { message: Rc::clone(message), qos: message.qos.min(to.options.qos), retain, identifiers };
        if session.offer(parcel, connection, &self.limits, now).is_err() {
            self.figures.lose(1);
        }
        if let Some(place) = place
            && self.dirty.last() != Some(&place)
        {
            self.dirty.push(place);
        }
    }
}

/// The topic that a publish with an alias means; an alias with a topic is remembered (3.3.2.3.4).
fn aliased(aliases: &mut Vec<Option<Rc<[u8]>>>, alias: Option<u32>, topic: &[u8]) -> Result<Rc<[u8]>, Fault> {
    let Some(alias) = alias else { return Err(fault("a PUBLISH without topic and without alias")) };
    let place = usize::try_from(alias).unwrap_or(usize::MAX);
    if place == 0 || place > usize::from(ALIASES_MAX) {
        let sentence = format!("topic alias {alias}; allowed is 1 to {ALIASES_MAX}");
        return Err(Fault { reason: reason::BAD_ALIAS, sentence: sentence.into() });
    }
    if aliases.len() < place {
        aliases.resize(place, None);
    }
    if !topic.is_empty() {
        aliases[place - 1] = Some(topic.into());
    }
    aliases[place - 1].clone().ok_or_else(|| fault("a topic alias that was never set"))
}

/// Each session once, with the highest quality of service and all identifiers of its filters (3.3.4).
fn targets(matches: &crate::broker::filter::Matches) -> Targets {
    let mut all: Vec<(Listener, Vec<u32>)> = Vec::new();
    for listener in &matches.listeners {
        match all.iter_mut().find(|(known, _)| known.session == listener.session) {
            Some((known, numbers)) => {
                known.options.qos = known.options.qos.max(listener.options.qos);
                known.options.no_local &= listener.options.no_local;
                known.options.keeps_retain |= listener.options.keeps_retain;
                numbers.extend(listener.options.identifier);
            }
            None => all.push((*listener, listener.options.identifier.into_iter().collect())),
        }
    }
    Targets { all, groups: matches.groups.clone() }
}
