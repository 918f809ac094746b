//! Messages to readings. Enters: messages of edge nodes in order, with the time they came. Leaves: readings, refusals, [`Notes`].
//! Absent: the order of messages, MQTT, the clock.
//!
//! What has no value now is told as the channel's last value again: null with quality bad at the metric's time, the death of an
//! edge node with quality uncertain at our time, of a device at the time its DDEATH says (decision 0060). An event happened once
//! and is never told again; a channel that never had a value stays without.

use super::births::{Born, Instance, Leaf, Leaves, Node, Odd, templates};
use super::read::{Incoming, Read, Verb, read};
use super::value::{raw_value, text_property};
use super::{Fault, Message, NodeName, REFUSED, instant};
use crate::sparkplug::config::{Address, Config};
use collect::{Delivery, Place, RawReading, RawValue, Source};
use measure::{Instant, Span};
use plant::{ChannelId, Quality, RefusalReason, Refused, SourceId};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Most edge nodes remembered; the births of further ones are refused.
pub const NODES_MAX: usize = 4_096;
/// Most devices remembered of all edge nodes; the births of further ones are refused.
pub const DEVICES_MAX: usize = 16_384;

/// What a message says beside readings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Edge nodes that must be asked for a rebirth.
    pub rebirths: Vec<NodeName>,
    /// Edge nodes that were born.
    pub born: Vec<NodeName>,
    /// What people should know.
    pub troubles: Vec<String>,
    /// Commands that a device refused, with its reason.
    pub refusals: Vec<(ChannelId, String)>,
    /// Which readings of the delivery tell of the past: history, and last values told again.
    pub past: Vec<usize>,
}

/// Channels of one edge node: by device, then by metric.
type Channels = BTreeMap<Option<String>, HashMap<String, ChannelId>>;

/// Turns messages into readings. Remembers the births and the last value of every channel.
#[derive(Clone, Debug)]
pub struct Decoder {
    from: SourceId,
    payload_max: usize,
    channels: HashMap<NodeName, Channels>,
    events: HashSet<ChannelId>,
    nodes: HashMap<NodeName, Node>,
    last: HashMap<ChannelId, RawValue>,
    /// Since when a channel's last value is doubtful.
    doubtful: HashMap<ChannelId, Instant>,
    notes: Notes,
}

impl Decoder {
    /// A decoder that has seen no birth.
    pub fn new(from: SourceId, config: &Config) -> Self {
        let mut channels: HashMap<NodeName, Channels> = HashMap::new();
        for (id, address) in &config.channels {
            let node = channels.entry((address.group.clone(), address.node.clone())).or_default();
            node.entry(address.device.clone()).or_default().insert(address.metric.clone(), *id);
        }
        Self {
            from,
            payload_max: config.payload_max,
            channels,
            events: config.events.clone(),
            nodes: HashMap::new(),
            last: HashMap::new(),
            doubtful: HashMap::new(),
            notes: Notes::default(),
        }
    }
    /// Takes what the messages since the last call said beside readings.
    pub fn take_notes(&mut self) -> Notes {
        std::mem::take(&mut self.notes)
    }
    /// The connection is lost: all that is known is stale, and no birth is known any more (5.3).
    pub fn lose(&mut self, now: Instant) -> Delivery {
        let mut delivery = Delivery::new(self.from, now);
        let mut nodes: Vec<(NodeName, Node)> = self.nodes.drain().collect();
        nodes.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (name, node) in nodes {
            self.stale(&name, node.online.into_keys(), now, &mut delivery);
        }
        delivery
    }
    /// Whether the node or device of an address is online.
    pub fn is_online(&self, address: &Address) -> bool {
        self.born(address).is_some()
    }
    /// Type that a metric was born with.
    pub fn data_type(&self, address: &Address) -> Option<u32> {
        self.born(address)?.metrics.get(&address.metric)?.datatype
    }
    /// Unit that a metric was born with, as the edge node writes it (property `engUnit`).
    pub fn unit(&self, address: &Address) -> Option<&str> {
        self.born(address)?.metrics.get(&address.metric)?.unit.as_deref()
    }
    /// Alias that a metric was born with, and the template instances around it.
    pub(super) fn path(&self, address: &Address) -> (Option<u64>, &[Instance]) {
        let metric = self.born(address).and_then(|born| born.metrics.get(&address.metric));
        metric.map_or((None, &[]), |m| (m.alias, m.within.as_slice()))
    }
    /// Metrics of all births in force, with type and unit.
    pub fn metrics(&self) -> impl Iterator<Item = (Address, Option<u32>, Option<&str>)> {
        self.nodes.iter().flat_map(|((group, node), known)| {
            known.online.iter().flat_map(move |(device, born)| {
                born.metrics.iter().map(move |(metric, about)| {
                    let (group, node, device) = (group.clone(), node.clone(), device.clone());
                    (Address { group, node, device, metric: metric.clone() }, about.datatype, about.unit.as_deref())
                })
            })
        })
    }
    fn born(&self, address: &Address) -> Option<&Born> {
        let node = self.nodes.get(&(address.group.clone(), address.node.clone()))?;
        node.online.get(&address.device)
    }

    /// What a message brings.
    pub fn take(&mut self, incoming: &Incoming, received: Instant) -> Delivery {
        let mut delivery = Delivery::new(self.from, received);
        self.check_seq(incoming);
        match incoming.topic.verb {
            Verb::Birth => self.birth(incoming, &mut delivery),
            Verb::Data => self.data(incoming, &mut delivery),
            Verb::Death => self.death(incoming, &mut delivery),
        }
        delivery
    }

    fn check_seq(&mut self, incoming: &Incoming) {
        let told = match incoming.payload.seq {
            None if incoming.counts() => "no sequence number".to_owned(),
            Some(seq) if incoming.counts() && seq > 255 => format!("sequence number {seq}, allowed is 0 to 255"),
            _ => return,
        };
        let (topic, (group, node)) = (incoming.topic.word(), &incoming.topic.node);
        self.notes.troubles.push(format!("edge node {group}/{node}: {topic} with {told}"));
    }

    /// Keeps what a birth says of names, aliases, types and templates; its values are readings.
    fn birth(&mut self, incoming: &Incoming, delivery: &mut Delivery) {
        let topic = &incoming.topic;
        if let Err(fault) = self.has_room(incoming) {
            return self.refuse(delivery, topic.place(topic.word()), fault);
        }
        if topic.device.is_none() {
            self.notes.born.push(topic.node.clone());
            self.new_session(incoming, delivery);
        } else if !self.nodes.get(&topic.node).is_some_and(|node| node.online.contains_key(&None)) {
            self.ask_rebirth(incoming, "DBIRTH before the birth of the edge node");
        }
        let leaves = Leaves::of(&incoming.payload.metrics, None);
        let node = self.nodes.entry(topic.node.clone()).or_default();
        if topic.device.is_none() {
            node.templates = templates(&leaves.definitions);
        }
        let (born, twice) = Born::of(&leaves, &node.templates);
        let mut told: Vec<String> = twice.iter().map(|alias| format!("alias {alias} is given to two metrics")).collect();
        let unknown = leaves.references.iter().filter(|name| !node.templates.contains_key(*name));
        told.extend(unknown.map(|name| format!("template `{name}` is not defined in the NBIRTH")));
        let wanted = self.channels.get(&topic.node).and_then(|devices| devices.get(&topic.device));
        let missing = wanted.into_iter().flat_map(HashMap::keys).filter(|name| !born.metrics.contains_key(*name));
        told.extend(missing.map(|name| format!("{} is not in the birth", topic.place(name))));
        node.online.insert(topic.device.clone(), born);
        told.sort();
        let (group, name) = &topic.node;
        self.notes.troubles.extend(told.into_iter().map(|told| format!("edge node {group}/{name}: {told}")));
        self.readings(incoming, &leaves, delivery);
    }

    fn has_room(&self, incoming: &Incoming) -> Result<(), Fault> {
        let too_many = |found: String, allowed: String| Err(Fault { found, allowed, reason: RefusalReason::TooLarge });
        let known = self.nodes.get(&incoming.topic.node);
        if known.is_none() && self.nodes.len() >= NODES_MAX {
            return too_many(format!("edge node number {}", NODES_MAX + 1), format!("at most {NODES_MAX} edge nodes"));
        }
        let is_new = known.is_none_or(|node| !node.online.contains_key(&incoming.topic.device));
        if is_new && self.nodes.values().map(|node| node.online.len()).sum::<usize>() >= DEVICES_MAX {
            return too_many(format!("device number {}", DEVICES_MAX + 1), format!("at most {DEVICES_MAX} devices"));
        }
        Ok(())
    }

    /// A birth of an edge node: its devices are unknown until they are born again. What they last said is stale when the session
    /// is a new one; a rebirth in the same session leaves it standing (4.2.1.1).
    fn new_session(&mut self, birth: &Incoming, delivery: &mut Delivery) {
        let (bd_seq, name) = (birth.bd_seq(), &birth.topic.node);
        if bd_seq.is_none() {
            self.notes.troubles.push(format!("edge node {}/{}: NBIRTH without bdSeq", name.0, name.1));
        }
        let node = self.nodes.entry(name.clone()).or_default();
        let is_new = node.bd_seq != bd_seq;
        let devices: Vec<Option<String>> = node.online.drain().map(|(device, _)| device).filter(Option::is_some).collect();
        node.bd_seq = bd_seq;
        if is_new {
            self.stale(name, devices, delivery.received, delivery);
        }
    }

    fn data(&mut self, incoming: &Incoming, delivery: &mut Delivery) {
        let topic = &incoming.topic;
        // a message that is understood by the birth of its device borrows it; the memory of births is put back after
        let node = self.nodes.get_mut(&topic.node).map(std::mem::take);
        let born = node.as_ref().and_then(|node| node.online.get(&topic.device));
        let leaves = Leaves::of(&incoming.payload.metrics, born);
        if born.is_none() {
            self.ask_rebirth(incoming, &format!("{} before its birth", topic.word()));
        }
        if let Some(odd) = leaves.odd.iter().find_map(|odd| if let Odd::Nameless(alias) = odd { Some(*alias) } else { None }) {
            self.ask_rebirth(incoming, &format!("unknown {}", alias_word(odd)));
        }
        let types: Vec<Option<u32>> = leaves.leaves.iter().map(|leaf| born?.metrics.get(&*leaf.name)?.datatype).collect();
        self.typed_readings(incoming, (&leaves, &types), delivery);
        drop(leaves);
        if let Some(node) = node {
            self.nodes.insert(topic.node.clone(), node);
        }
    }

    fn readings(&mut self, incoming: &Incoming, leaves: &Leaves<'_>, delivery: &mut Delivery) {
        let born = self.nodes.get(&incoming.topic.node).and_then(|node| node.online.get(&incoming.topic.device));
        let types: Vec<Option<u32>> = leaves.leaves.iter().map(|leaf| born?.metrics.get(&*leaf.name)?.datatype).collect();
        self.typed_readings(incoming, (leaves, &types), delivery);
    }

    fn typed_readings(&mut self, incoming: &Incoming, (leaves, types): (&Leaves<'_>, &[Option<u32>]), delivery: &mut Delivery) {
        for odd in &leaves.odd {
            let (place, fault) = match odd {
                Odd::Nameless(alias) => (incoming.topic.place(&alias_word(*alias)), nameless(*alias)),
                Odd::TooDeep(name) => (incoming.topic.place(name), too_deep()),
            };
            self.refuse(delivery, place, fault);
        }
        for (leaf, born_type) in leaves.leaves.iter().zip(types) {
            self.reading(incoming, leaf, leaf.metric.datatype.or(*born_type), delivery);
        }
    }

    fn reading(&mut self, incoming: &Incoming, leaf: &Leaf<'_>, datatype: Option<u32>, delivery: &mut Delivery) {
        let topic = &incoming.topic;
        let mine = self.channels.get(&topic.node).and_then(|devices| devices.get(&topic.device));
        let channel = mine.and_then(|metrics| metrics.get(&*leaf.name)).copied();
        if channel.is_none() && is_protocol(&leaf.name) {
            return;
        }
        if let (Some(channel), Some(reason)) = (channel, text_property(leaf.metric, REFUSED)) {
            self.notes.refusals.push((channel, reason));
        }
        let sent = if leaf.historical { None } else { incoming.payload.timestamp };
        let own = leaf.timestamp.or(sent).and_then(instant);
        let at = match channel {
            Some(channel) if topic.verb == Verb::Birth && !leaf.historical && leaf.metric.value.is_some() => {
                self.undoubted(channel, own, (sent, delivery.received))
            }
            _ => own,
        };
        let value = match raw_value(leaf.metric, datatype) {
            Err(fault) => return self.refuse(delivery, topic.place(&leaf.name), fault),
            Ok(_) if leaf.historical && at.is_none() => return self.refuse(delivery, topic.place(&leaf.name), timeless()),
            Ok(value) => value,
        };
        let place = channel.map_or_else(|| Place::Unknown(topic.place(&leaf.name)), Place::Channel);
        match (value, channel) {
            (Some(value), channel) => {
                if leaf.historical {
                    self.notes.past.push(delivery.readings.len());
                } else if let Some(channel) = channel.filter(|id| !self.events.contains(id) && is_sound(&value)) {
                    self.last.insert(channel, value.clone());
                }
                delivery.readings.push(RawReading { place, at, value, quality: leaf.quality });
            }
            (None, Some(channel)) => {
                if let Some(value) = self.last.get(&channel).cloned() {
                    self.notes.past.push(delivery.readings.len());
                    delivery.readings.push(RawReading { place, at, value, quality: Quality::Bad });
                }
            }
            (None, None) => {}
        }
    }

    fn death(&mut self, incoming: &Incoming, delivery: &mut Delivery) {
        let topic = &incoming.topic;
        let (group, name) = &topic.node;
        let Some(node) = self.nodes.get_mut(&topic.node) else { return };
        match &topic.device {
            // the will of an earlier session
            None if incoming.bd_seq().is_some_and(|dead| node.bd_seq.is_some_and(|born| born != dead)) => {}
            None => {
                let devices = std::mem::take(&mut node.online);
                self.nodes.remove(&topic.node);
                self.notes.troubles.push(format!("edge node {group}/{name} is offline"));
                self.stale(&topic.node, devices.into_keys(), delivery.received, delivery);
            }
            Some(device) => {
                let was_online = node.online.remove(&topic.device).is_some();
                self.notes.troubles.push(format!("device {group}/{name}/{device} is offline"));
                let at = incoming.payload.timestamp.and_then(instant).unwrap_or(delivery.received);
                self.stale(&topic.node, was_online.then(|| topic.device.clone()), at, delivery);
            }
        }
    }

    /// Tells the last values of devices that are gone (`None` = the edge node itself) again as doubtful.
    fn stale(&mut self, node: &NodeName, gone: impl IntoIterator<Item = Option<String>>, at: Instant, delivery: &mut Delivery) {
        let Some(devices) = self.channels.get(node) else { return };
        let metrics = gone.into_iter().filter_map(|device| devices.get(&device));
        let mut channels: Vec<ChannelId> = metrics.flat_map(|metrics| metrics.values().copied()).collect();
        channels.sort_unstable();
        for channel in channels {
            if let Some(value) = self.last.get(&channel).cloned() {
                self.notes.past.push(delivery.readings.len());
                self.doubtful.insert(channel, at);
                let (place, at) = (Place::Channel(channel), Some(at));
                delivery.readings.push(RawReading { place, at, value, quality: Quality::Uncertain });
            }
        }
    }

    /// A birth ends the doubt of a value: one that has not changed since is true again from the birth on, not from when it was
    /// measured, or the mark of doubt would stand as the newer reading.
    fn undoubted(
        &mut self,
        channel: ChannelId,
        own: Option<Instant>,
        (sent, received): (Option<u64>, Instant),
    ) -> Option<Instant> {
        let Some(since) = self.doubtful.remove(&channel) else { return own };
        if own.is_some_and(|own| own > since) {
            return own;
        }
        let born = sent.and_then(instant).filter(|sent| *sent > since).unwrap_or(received);
        Some(born.max(since + Span::from_millis(1)))
    }

    fn ask_rebirth(&mut self, incoming: &Incoming, why: &str) {
        let (group, node) = &incoming.topic.node;
        self.notes.troubles.push(format!("edge node {group}/{node}: {why}; a rebirth is requested"));
        if !self.notes.rebirths.contains(&incoming.topic.node) {
            self.notes.rebirths.push(incoming.topic.node.clone());
        }
    }

    fn refuse(&self, delivery: &mut Delivery, place: String, fault: Fault) {
        let Fault { found, allowed, reason } = fault;
        delivery.refused.push(Refused { from: self.from, received: delivery.received, place, found, allowed, reason });
    }
}

impl Source for Decoder {
    type Message = Message;
    /// A message on its own, taken to be in order. A death brings one reading a channel that had a value.
    fn decode(&mut self, message: Message, received: Instant) -> Delivery {
        match read(&message, self.payload_max, (self.from, received)) {
            Read::Message(incoming) => self.take(&incoming, received),
            Read::Refused(refused) => Delivery { refused: vec![*refused], ..Delivery::new(self.from, received) },
            Read::Foreign => Delivery::new(self.from, received),
        }
    }
}

fn alias_word(alias: Option<u64>) -> String {
    alias.map_or_else(|| "neither name nor alias".to_owned(), |alias| format!("alias {alias}"))
}

fn nameless(alias: Option<u64>) -> Fault {
    let allowed = "a name or an alias of the last birth; a rebirth is requested".to_owned();
    Fault { found: alias_word(alias), allowed, reason: RefusalReason::UnknownChannel }
}

fn too_deep() -> Fault {
    let allowed = format!("templates nested at most {} deep", super::births::DEPTH_MAX);
    Fault { found: "a template nested deeper".to_owned(), allowed, reason: RefusalReason::TooLarge }
}

fn timeless() -> Fault {
    let allowed = "a historical metric with its own time".to_owned();
    Fault { found: "a historical metric without time".to_owned(), allowed, reason: RefusalReason::Malformed }
}

/// Whether a value is one that can be told again.
const fn is_sound(value: &RawValue) -> bool {
    match value {
        RawValue::Number(number) => number.is_finite(),
        RawValue::Flag(_) | RawValue::Text(_) => true,
    }
}

/// Whether a metric belongs to the protocol: `bdSeq`, `Node Control/` and `Device Control/`.
pub fn is_protocol(metric: &str) -> bool {
    metric == "bdSeq" || metric.starts_with("Node Control/") || metric.starts_with("Device Control/")
}
