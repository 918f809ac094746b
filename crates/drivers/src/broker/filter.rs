//! Topic filters (MQTT 4.7) and who listens through them. Enters: filters as clients write them. Leaves: for a topic, the
//! subscriptions that match it. Absent: sessions, messages.

use super::session::SessionId;
use std::collections::HashMap;

/// A filter taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter<'a> {
    /// Name of the group of a shared subscription, `$share/GROUP/FILTER`.
    pub group: Option<&'a str>,
    /// The filter proper.
    pub levels: &'a str,
}

/// What a subscriber asked for with one filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Highest quality of service wanted.
    pub qos: u8,
    /// Not its own messages.
    pub no_local: bool,
    /// Keep the retain flag as it was published.
    pub keeps_retain: bool,
    /// Subscription identifier.
    pub identifier: Option<u32>,
}

/// Who listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The session.
    pub session: SessionId,
    /// What it asked for.
    pub options: Options,
}

/// All filters in use, as a tree of levels.
#[derive(Debug, Default)]
pub struct Filters(Node);

#[derive(Debug, Default)]
struct Node {
    below: HashMap<Box<str>, Self>,
    listeners: Vec<Listener>,
    groups: Vec<Group>,
}

/// The members of one shared subscription.
#[derive(Clone, Debug)]
struct Group {
    name: Box<str>,
    members: Vec<Listener>,
}

/// What matches a topic.
#[derive(Clone, Debug, Default)]
pub struct Matches {
    /// Everyone who gets each message, each session once for every filter of its that matches.
    pub listeners: Vec<Listener>,
    /// Groups of which one member gets each message.
    pub groups: Vec<Vec<Listener>>,
}

impl<'a> Filter<'a> {
    /// Takes a filter apart; `None` where it is none.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (group, levels) = match text.strip_prefix("$share/") {
            None => (None, text),
            Some(rest) => {
                let (group, levels) = rest.split_once('/')?;
                if group.is_empty() || group.contains(['+', '#']) {
                    return None;
                }
                (Some(group), levels)
            }
        };
        is_filter(levels).then_some(Self { group, levels })
    }
}

/// Whether a text is a topic filter: `+` fills a level, `#` the last one, there is no NUL.
pub fn is_filter(text: &str) -> bool {
    let mut levels = text.split('/').peekable();
    let mut fits = !text.is_empty() && !text.contains('\0');
    while let Some(level) = levels.next() {
        fits &= match level {
            "+" => true,
            "#" => levels.peek().is_none(),
            other => !other.contains(['+', '#']),
        };
    }
    fits
}

/// Whether a topic matches a filter.
pub fn matches(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let (mut filter, mut topic) = (filter.split('/'), topic.split('/'));
    loop {
        match (filter.next(), topic.next()) {
            (Some("#"), _) | (None, None) => return true,
            (Some("+"), Some(_)) => {}
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => return false,
        }
    }
}

impl Filters {
    /// Adds or replaces a subscription; `true` when it is new.
    pub fn add(&mut self, filter: &Filter<'_>, listener: Listener) -> bool {
        let mut node = &mut self.0;
        for level in filter.levels.split('/') {
            node = node.below.entry(level.into()).or_default();
        }
        let list = match filter.group {
            None => &mut node.listeners,
            Some(name) => {
                let place = node.groups.iter().position(|g| &*g.name == name).unwrap_or_else(|| {
                    node.groups.push(Group { name: name.into(), members: Vec::new() });
                    node.groups.len() - 1
                });
                &mut node.groups[place].members
            }
        };
        let old = list.iter_mut().find(|l| l.session == listener.session);
        let is_new = old.is_none();
        match old {
            Some(old) => *old = listener,
            None => list.push(listener),
        }
        is_new
    }

    /// Takes a subscription out; `true` when it was there. Branches that become bare are cut.
    pub fn remove(&mut self, filter: &Filter<'_>, session: SessionId) -> bool {
        let levels: Vec<&str> = filter.levels.split('/').collect();
        self.0.remove(&levels, filter.group, session)
    }

    /// What matches a topic.
    pub fn matching(&self, topic: &str) -> Matches {
        let mut found = Matches::default();
        let levels: Vec<&str> = topic.split('/').collect();
        self.0.collect(&levels, topic.starts_with('$'), &mut found);
        found
    }
}

impl Node {
    fn is_bare(&self) -> bool {
        self.below.is_empty() && self.listeners.is_empty() && self.groups.is_empty()
    }
    fn remove(&mut self, levels: &[&str], group: Option<&str>, session: SessionId) -> bool {
        if let Some((level, rest)) = levels.split_first() {
            let Some(node) = self.below.get_mut(*level) else { return false };
            let removed = node.remove(rest, group, session);
            if node.is_bare() {
                self.below.remove(*level);
            }
            return removed;
        }
        let before = self.count();
        match group {
            None => self.listeners.retain(|l| l.session != session),
            Some(name) => {
                self.groups.iter_mut().filter(|g| &*g.name == name).for_each(|g| g.members.retain(|l| l.session != session));
                self.groups.retain(|g| !g.members.is_empty());
            }
        }
        self.count() < before
    }
    fn count(&self) -> usize {
        self.listeners.len() + self.groups.iter().map(|g| g.members.len()).sum::<usize>()
    }
    fn collect(&self, levels: &[&str], hides_wildcards: bool, found: &mut Matches) {
        if !hides_wildcards && let Some(all) = self.below.get("#") {
            all.take(found);
        }
        let Some((level, rest)) = levels.split_first() else { return self.take(found) };
        if let Some(node) = self.below.get(*level) {
            node.collect(rest, false, found);
        }
        if !hides_wildcards && let Some(node) = self.below.get("+") {
            node.collect(rest, false, found);
        }
    }
    fn take(&self, found: &mut Matches) {
        found.listeners.extend_from_slice(&self.listeners);
        found.groups.extend(self.groups.iter().map(|g| g.members.clone()));
    }
}
