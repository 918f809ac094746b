//! What MQTT messages mean to the unit, pure. Enters: topics and payloads. Leaves: readings and refusals. Absent: packets,
//! sockets, sessions.
//!
//! A plain payload is one value: a number, `true` or `false`, or a text; of a channel that holds words, always a text. A JSON
//! payload has as many values as it has leaves: each is a reading, the time of one, or refused as unknown. An empty payload
//! has no value (it deletes a retained message).

use super::config::{Address, Config, Shape};
use super::load::Load;
use super::path::{Path, Step};
use crate::broker::filter::{is_filter, matches};
use act::{Sink, Unwritable};
use collect::{Delivery, RawValue, Source};
use measure::Instant;
use plant::{ChannelId, CommandValue, RefusalReason, Refused, SourceId};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// What a topic is to this source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Not heard here.
    Elsewhere,
    /// Heard, but of no channel.
    Unknown,
    /// Its plan has this number.
    Known(u32),
}

/// A message as it was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Topic name.
    pub topic: String,
    /// Payload.
    pub payload: Vec<u8>,
}

/// What is done with the payloads of a topic.
#[derive(Clone, Debug, Default)]
struct Plan {
    /// Channels whose value is the whole payload.
    plain: Vec<(ChannelId, Shape)>,
    /// Where in a document values and times are; `None` where no channel looks into one.
    fields: Option<Field>,
}

/// What is looked for at a place of a document, and below it.
#[derive(Clone, Debug, Default)]
struct Field {
    /// Channels whose value is here, with the path to its time.
    channels: Vec<(ChannelId, Shape, Option<Path>)>,
    /// A time is here.
    is_time: bool,
    below: HashMap<String, Self>,
    each: Option<Box<Self>>,
}

/// Topics to channels.
#[derive(Clone, Debug)]
pub struct Mapper {
    source: SourceId,
    payload_max: usize,
    /// Filters heard without being a channel's.
    heard: Vec<String>,
    /// The channels' filters, without repetition.
    filters: Vec<(String, Plan)>,
    /// Filters without wildcards, by topic.
    exact: HashMap<String, usize>,
    plans: Vec<Plan>,
    /// Plans made, by the filters that matched.
    made: HashMap<Vec<usize>, u32>,
}

impl Mapper {
    /// The topics of a configuration. What is heard beside the channels' own topics is `heard` by its filters.
    pub fn new(source: SourceId, config: &Config, heard: Vec<String>) -> Self {
        let mut filters: Vec<(String, Plan)> = Vec::new();
        for (channel, address) in &config.channels {
            let place = filters.iter().position(|(topic, _)| *topic == address.topic).unwrap_or_else(|| {
                filters.push((address.topic.clone(), Plan::default()));
                filters.len() - 1
            });
            filters[place].1.add(*channel, address, config.shape(*channel));
        }
        let exact = filters.iter().enumerate().filter(|(_, (t, _))| !t.contains('+')).map(|(i, (t, _))| (t.clone(), i));
        let exact = exact.collect();
        let payload_max = config.payload_max;
        Self { source, payload_max, heard, filters, exact, plans: Vec::new(), made: HashMap::new() }
    }

    /// What a topic is. The answer is to be remembered: it holds for the life of this mapper.
    pub fn way(&mut self, topic: &str) -> Way {
        let wild = self.filters.iter().enumerate().filter(|(_, (filter, _))| filter.contains('+') && matches(filter, topic));
        let found: Vec<usize> = self.exact.get(topic).copied().into_iter().chain(wild.map(|(place, _)| place)).collect();
        if found.is_empty() {
            let is_heard = self.heard.iter().any(|filter| matches(filter, topic));
            return if is_heard { Way::Unknown } else { Way::Elsewhere };
        }
        if let Some(known) = self.made.get(&found) {
            return Way::Known(*known);
        }
        let mut plan = Plan::default();
        for place in &found {
            plan.join(&self.filters[*place].1);
        }
        let number = self.plans.len() as u32;
        self.plans.push(plan);
        self.made.insert(found, number);
        Way::Known(number)
    }

    /// Adds what a message brings to a delivery; `at` is when it came. `false` where the payload could not be read at all.
    #[inline]
    pub fn decode(&self, way: Way, (topic, payload): (&str, &[u8]), at: Instant, into: &mut Load) -> bool {
        let plan = match way {
            Way::Elsewhere => return true,
            Way::Known(number) => &self.plans[number as usize],
            Way::Unknown => {
                let found = shown(payload);
                into.refuse(self.refused((topic, at), found, (RefusalReason::UnknownChannel, "a topic of a configured channel")));
                return true;
            }
        };
        if payload.is_empty() {
            return true;
        }
        if payload.len() > self.payload_max {
            let allowed = format!("{} bytes", self.payload_max);
            let found = format!("{} bytes", payload.len());
            into.refuse(self.refused((topic, at), found, (RefusalReason::TooLarge, &allowed)));
            return false;
        }
        let mut read = true;
        for (channel, shape) in &plan.plain {
            match plain(payload, shape.is_word) {
                Some(value) => into.read((*channel, *shape), at, value),
                None => {
                    into.refuse(self.refused(
                        (topic, at),
                        shown(payload),
                        (RefusalReason::Malformed, "a number or a text in UTF-8"),
                    ));
                    read = false;
                }
            }
        }
        if let Some(fields) = &plan.fields {
            read &= self.document(fields, (topic, payload), at, into);
        }
        read
    }

    fn document(&self, fields: &Field, (topic, payload): (&str, &[u8]), at: Instant, into: &mut Load) -> bool {
        match serde_json::from_slice::<Value>(payload) {
            Ok(document) => {
                let mut walk = Walk { mapper: self, topic, document: &document, at, places: Vec::new(), into };
                walk.go(&document, Some(fields), &mut String::new());
                true
            }
            Err(error) => {
                let found = format!("{error}: {}", shown(payload));
                into.refuse(self.refused((topic, at), found, (RefusalReason::Malformed, "a JSON document")));
                false
            }
        }
    }

    fn refused(&self, (place, at): (&str, Instant), found: String, (reason, allowed): (RefusalReason, &str)) -> Refused {
        let place = place.chars().take(PLACE_MAX).collect();
        Refused { from: self.source, received: at, place, found, allowed: allowed.to_owned(), reason }
    }
}

/// Most letters of a place and of a payload that are shown.
const PLACE_MAX: usize = 200;
const SHOWN_MAX: usize = 80;

impl Plan {
    fn add(&mut self, channel: ChannelId, address: &Address, shape: Shape) {
        let Some(path) = &address.path else { return self.plain.push((channel, shape)) };
        let fields = self.fields.get_or_insert_default();
        fields.at(path).channels.push((channel, shape, address.time.clone()));
        if let Some(time) = &address.time {
            fields.at(time).is_time = true;
        }
    }
    fn join(&mut self, other: &Self) {
        self.plain.extend(&other.plain);
        if let Some(fields) = &other.fields {
            self.fields.get_or_insert_default().join(fields);
        }
    }
}

impl Field {
    fn at(&mut self, path: &Path) -> &mut Self {
        path.0.iter().fold(self, |field, step| match step {
            Step::Each => field.each.get_or_insert_default(),
            Step::Name(name) => field.below.entry(name.clone()).or_default(),
        })
    }
    fn join(&mut self, other: &Self) {
        self.channels.extend(other.channels.iter().cloned());
        self.is_time |= other.is_time;
        for (name, field) in &other.below {
            self.below.entry(name.clone()).or_default().join(field);
        }
        if let Some(each) = &other.each {
            self.each.get_or_insert_default().join(each);
        }
    }
}

/// A walk through one document, leaf by leaf.
struct Walk<'w> {
    mapper: &'w Mapper,
    topic: &'w str,
    document: &'w Value,
    at: Instant,
    /// Numbers of the elements on the way, where a path says `*`.
    places: Vec<usize>,
    into: &'w mut Load,
}

impl Walk<'_> {
    fn go(&mut self, value: &Value, field: Option<&Field>, path: &mut String) {
        if let Some(field) = field.filter(|f| !f.channels.is_empty()) {
            for (channel, shape, time) in &field.channels {
                self.read((*channel, *shape), value, (time.as_ref(), path));
            }
            return;
        }
        let length = path.len();
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    path.push('/');
                    path.push_str(name);
                    self.go(member, field.and_then(|f| f.below.get(name)), path);
                    path.truncate(length);
                }
            }
            Value::Array(list) => {
                for (number, element) in list.iter().enumerate() {
                    let name = number.to_string();
                    path.push('/');
                    path.push_str(&name);
                    if let Some(one) = field.and_then(|f| f.below.get(&name)) {
                        self.go(element, Some(one), path);
                    } else {
                        self.places.push(number);
                        self.go(element, field.and_then(|f| f.each.as_deref()), path);
                        self.places.pop();
                    }
                    path.truncate(length);
                }
            }
            _ if field.is_some_and(|f| f.is_time) => {}
            leaf => self.refuse(path, &leaf.to_string(), (RefusalReason::UnknownChannel, "a field of a configured channel")),
        }
    }

    fn read(&mut self, channel: (ChannelId, Shape), value: &Value, (time, path): (Option<&Path>, &str)) {
        let value = match value {
            Value::Number(number) => number.as_f64().map(RawValue::Number),
            Value::Bool(flag) => Some(RawValue::Flag(*flag)),
            Value::String(text) => Some(RawValue::Text(text.clone())),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
        .ok_or_else(|| value.to_string());
        let at = time.map(|time| self.time(time)).transpose();
        match (value, at) {
            (Ok(value), Ok(at)) => self.into.read(channel, at.unwrap_or(self.at), value),
            (Err(found), _) => self.refuse(path, &found, (RefusalReason::WrongType, "a number, true, false or a text")),
            (_, Err(found)) => {
                let allowed = "a time in seconds, ms or µs since 1970, or as in RFC 3339";
                self.refuse(path, &found, (RefusalReason::Malformed, allowed));
            }
        }
    }

    fn time(&self, path: &Path) -> Result<Instant, String> {
        let found = path.find(self.document, &self.places).ok_or_else(|| format!("no time at {path}"))?;
        let time = match found {
            Value::Number(number) => number.as_f64().and_then(since_1970),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        time.ok_or_else(|| format!("the time {found} at {path}"))
    }

    fn refuse(&mut self, path: &str, found: &str, why: (RefusalReason, &str)) {
        let place = format!("{}#{path}", self.topic);
        let found = found.chars().take(SHOWN_MAX).collect();
        self.into.refuse(self.mapper.refused((&place, self.at), found, why));
    }
}

/// An instant from a number: below 1e11 seconds, below 1e14 milliseconds, below 1e17 microseconds, else nanoseconds. So a time
/// from 1973 to 5138 is read right whatever its unit.
fn since_1970(number: f64) -> Option<Instant> {
    let micros = match number {
        n if !(0.0..1e20).contains(&n) => return None,
        n if n < 1e11 => n * 1e6,
        n if n < 1e14 => n * 1e3,
        n if n < 1e17 => n,
        n => n / 1e3,
    };
    Some(Instant::from_micros(micros.round() as i64))
}

/// The value of a plain payload; `None` where it is no text.
#[inline]
fn plain(payload: &[u8], is_word: bool) -> Option<RawValue> {
    let text = std::str::from_utf8(payload).ok()?.trim();
    if is_word {
        return Some(RawValue::Text(text.to_owned()));
    }
    Some(match text.parse::<f64>() {
        Ok(number) => RawValue::Number(number),
        Err(_) => match text {
            "true" | "True" | "TRUE" => RawValue::Flag(true),
            "false" | "False" | "FALSE" => RawValue::Flag(false),
            _ => RawValue::Text(text.to_owned()),
        },
    })
}

/// The beginning of a payload, for people.
fn shown(payload: &[u8]) -> String {
    let text = String::from_utf8_lossy(&payload[..payload.len().min(4 * SHOWN_MAX)]);
    format!("`{}`", text.chars().take(SHOWN_MAX).collect::<String>())
}

/// The filters under which our broker listens beside the channels' own: those configured, else the first level of each topic.
pub fn heard(config: &Config) -> Vec<String> {
    if !config.filters.is_empty() {
        return config.filters.clone();
    }
    let firsts: BTreeSet<&str> = config.channels.iter().filter_map(|(_, a)| a.topic.split('/').next()).collect();
    firsts.into_iter().filter(|first| *first != "+").map(|first| format!("{first}/#")).filter(|f| is_filter(f)).collect()
}

/// The decoder of a client: a [`Mapper`] that remembers what topics are.
#[derive(Clone, Debug)]
pub struct Decoder {
    /// Topics to channels.
    pub mapper: Mapper,
    ways: HashMap<Box<str>, Way>,
}

/// Most topics remembered.
const TOPICS_MAX: usize = 65_536;

impl Decoder {
    /// A decoder for a configuration.
    pub fn new(source: SourceId, config: &Config) -> Self {
        let all = vec!["#".to_owned()];
        Self { mapper: Mapper::new(source, config, all), ways: HashMap::new() }
    }
    /// Adds what a message brings.
    pub fn add(&mut self, (topic, payload): (&str, &[u8]), at: Instant, into: &mut Load) -> bool {
        let way = match self.ways.get(topic) {
            Some(way) => *way,
            None => {
                if self.ways.len() >= TOPICS_MAX {
                    self.ways.clear();
                }
                let way = self.mapper.way(topic);
                self.ways.insert(topic.into(), way);
                way
            }
        };
        self.mapper.decode(way, (topic, payload), at, into)
    }
}

impl Source for Decoder {
    type Message = Message;
    fn decode(&mut self, message: Message, received: Instant) -> Delivery {
        let mut load = Load::new(self.mapper.source);
        load.begin(received);
        self.add((&message.topic, &message.payload), received, &mut load);
        load.take()
    }
}

/// A command as it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Topic name.
    pub topic: String,
    /// Payload: the number or the word as text.
    pub payload: Vec<u8>,
}

/// Values to commands.
#[derive(Clone, Copy, Debug)]
pub struct Encoder<'c>(pub &'c Config);

impl Sink for Encoder<'_> {
    type Request = Command;
    fn encode(&self, channel: ChannelId, value: &CommandValue) -> Result<Command, Unwritable> {
        let found = self.0.channels.iter().find(|(id, _)| *id == channel);
        let (_, address) = found.ok_or(Unwritable::NoAddress(channel.0))?;
        let topic = address.command.clone().ok_or(Unwritable::NoAddress(channel.0))?;
        let holds_words = self.0.shape(channel).is_word;
        let wrong = |found: String, allowed: &str| {
            Err(Unwritable::WrongType { place: address.to_string(), found, allowed: allowed.to_owned() })
        };
        let payload = match value {
            CommandValue::Number(number) if holds_words => return wrong(number.to_string(), "a word"),
            CommandValue::Number(number) if !number.is_finite() => return wrong(number.to_string(), "a finite number"),
            CommandValue::Number(number) => number.to_string(),
            CommandValue::Word(word) if !holds_words => return wrong(format!("`{word}`"), "a number"),
            CommandValue::Word(word) => word.clone(),
        };
        Ok(Command { topic, payload: payload.into_bytes() })
    }
}
