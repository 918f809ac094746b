//! Who listens: SUBSCRIBE and UNSUBSCRIBE. Leaves: entries in the tree of filters, the retained messages that match.

use super::Hub;
use crate::broker::filter::{Filter, Listener, Options};
use crate::broker::session::SessionId;
use crate::mqtt::packet::{Version, reason, write};
use std::time::Instant;

impl Hub {
    pub(super) fn subscribe(
        &mut self,
        place: usize,
        id: SessionId,
        (packet, identifier, filters): (u16, Option<u32>, &[(&str, u8)]),
        now: Instant,
    ) {
        let mut codes = Vec::with_capacity(filters.len());
        let mut retained = Vec::new();
        for (text, options) in filters {
            match self.listen(id, (text, *options), identifier) {
                Ok((listener, wants_retained)) => {
                    codes.push(listener.options.qos);
                    if wants_retained {
                        retained.push((listener, *text));
                    }
                }
                Err(code) => codes.push(code),
            }
        }
        self.generation += 1;
        let Some(connection) = self.connections[place].as_mut() else { return };
        if connection.version == Version::V4 {
            codes.iter_mut().filter(|code| **code > 2).for_each(|code| *code = 0x80);
        }
        write::sub_ack(&mut connection.out, connection.version, packet, &codes);
        self.dirty.push(place);
        for (listener, filter) in retained {
            let numbers: Vec<u32> = listener.options.identifier.into_iter().collect();
            for message in self.retained.matching(filter, now) {
                self.send(listener, &numbers, (&message, true), now);
            }
        }
    }

    /// Enters one filter; the listener, and whether it gets retained messages now (3.3.1.3).
    fn listen(&mut self, id: SessionId, (text, bits): (&str, u8), identifier: Option<u32>) -> Result<(Listener, bool), u8> {
        let filter = Filter::parse(text).ok_or(reason::BAD_FILTER)?;
        let most = self.limits.subscriptions;
        let session = self.session(id).ok_or(reason::NOT_STORED)?;
        if session.subscriptions.len() >= most && !session.subscriptions.contains_key(text) {
            return Err(reason::QUOTA);
        }
        let options = Options { qos: bits & 3, no_local: bits & 4 != 0, keeps_retain: bits & 8 != 0, identifier };
        if options.no_local && filter.group.is_some() {
            return Err(reason::PROTOCOL_ERROR);
        }
        session.subscriptions.insert(text.into(), options);
        let listener = Listener { session: id, options };
        let is_new = self.filters.add(&filter, listener);
        let wants_retained = filter.group.is_none() && (bits >> 4 == 0 || (bits >> 4 == 1 && is_new));
        Ok((listener, wants_retained))
    }

    pub(super) fn unsubscribe(&mut self, place: usize, id: SessionId, (packet, filters): (u16, &[&str])) {
        let mut codes = Vec::with_capacity(filters.len());
        for text in filters {
            if let Some(session) = self.session(id) {
                session.subscriptions.remove(*text);
            }
            let removed = Filter::parse(text).is_some_and(|filter| self.filters.remove(&filter, id));
            codes.push(if removed { reason::SUCCESS } else { reason::NO_SUBSCRIPTION });
        }
        self.generation += 1;
        let Some(connection) = self.connections[place].as_mut() else { return };
        write::unsub_ack(&mut connection.out, connection.version, packet, &codes);
        self.dirty.push(place);
    }
}
