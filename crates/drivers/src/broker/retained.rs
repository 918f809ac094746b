//! Retained messages, in memory: the last one of each topic that was published so. Enters: messages. Leaves: those that match
//! a filter. Absent: the disk; they do not survive the process.

use super::filter::matches;
use super::limits::Limits;
use super::session::Message;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;
use std::time::Instant;

/// The retained messages by topic.
#[derive(Debug, Default)]
pub struct Retained {
    by_topic: BTreeMap<Rc<str>, Rc<Message>>,
    bytes: usize,
}

impl Retained {
    /// Keeps a message in place of the former one of its topic; an empty payload only takes that out. `false` where a limit
    /// is reached.
    pub fn put(&mut self, message: &Rc<Message>, limits: &Limits, now: Instant) -> bool {
        let former = self.by_topic.get(&message.topic).map(|m| m.payload.len());
        if message.payload.is_empty() {
            self.bytes -= former.unwrap_or(0);
            self.by_topic.remove(&message.topic);
            return true;
        }
        if !self.has_room((former, message.payload.len()), limits) {
            self.expire(now);
            if !self.has_room((former, message.payload.len()), limits) {
                return false;
            }
        }
        // what expired may have been the former one
        let former = self.by_topic.insert(Rc::clone(&message.topic), Rc::clone(message));
        self.bytes = self.bytes + message.payload.len() - former.map_or(0, |m| m.payload.len());
        true
    }

    fn has_room(&self, (former, size): (Option<usize>, usize), limits: &Limits) -> bool {
        let count = self.by_topic.len() + usize::from(former.is_none());
        count <= limits.retained && self.bytes + size <= limits.retained_bytes + former.unwrap_or(0)
    }

    /// Takes out what has expired.
    pub fn expire(&mut self, now: Instant) {
        let bytes = &mut self.bytes;
        self.by_topic.retain(|_, message| {
            let stays = message.expires.is_none_or(|end| end > now);
            if !stays {
                *bytes -= message.payload.len();
            }
            stays
        });
    }

    /// Those whose topic matches a filter.
    pub fn matching(&self, filter: &str, now: Instant) -> Vec<Rc<Message>> {
        let fixed = filter.find(['+', '#']).unwrap_or(filter.len());
        // `a/#` matches `a` too, so the range begins without the slash before a wildcard
        let prefix = filter[..fixed].trim_end_matches('/');
        let from: (Bound<&str>, Bound<&str>) = (Bound::Included(prefix), Bound::Unbounded);
        let near = self.by_topic.range::<str, _>(from).take_while(|(topic, _)| topic.starts_with(prefix));
        let fresh = |message: &Message| message.expires.is_none_or(|end| end > now);
        near.filter(|(topic, message)| matches(filter, topic) && fresh(message)).map(|(_, m)| Rc::clone(m)).collect()
    }
}
