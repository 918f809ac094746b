//! The pure half of MTConnect: documents of an agent to readings. Enters: answers to probe, current and sample. Leaves: readings,
//! refusals, and what to ask next ([`Notes`]). Absent: HTTP, the clock.
//!
//! ```text
//! probe    data items: which channel is which; DATA_SET, TABLE and TIME_SERIES hold no single value: refused once
//! current  the newest observation of every data item; nextSequence is where sample goes on
//! sample   observations from a sequence number on
//!
//! instanceId is another           the agent began anew: probe and current again
//! firstSequence beyond ours,
//! or OUT_OF_RANGE                 observations were overwritten before they were read: told how many, current again, then
//!                                 sample from the oldest that is there
//! ```
//!
//! SAMPLE is a number, EVENT a word (or a number where the channel holds numbers), CONDITION the word `normal`, `warning:CODE` or
//! `fault:CODE` with the machine's own code. `UNAVAILABLE` is the last value with quality bad (decision 0060). Data items that no
//! channel names are not asked for and not counted: an agent answers with all it has.

mod document;

pub use document::{Category, DataItem, Document, Header, Observation, instant, parse};

use super::config::{Address, Config};
use collect::{Delivery, Place, RawReading, RawValue, Source};
use measure::Instant;
use plant::{ChannelId, Quality, RefusalReason, Refused, SourceId};
use std::collections::{HashMap, HashSet};

/// What was asked of the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Its data items.
    Probe,
    /// The newest observations.
    Current,
    /// Observations from a sequence number on.
    Sample,
}

/// An answer of the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was asked.
    pub asked: Asked,
    /// The document.
    pub body: Vec<u8>,
}

/// What to do after an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// Go on where it ended.
    #[default]
    GoOn,
    /// Go on at once: there was more than was asked for.
    More,
    /// Observations are gone: read current, then go on.
    Current,
    /// The agent is another one now: read probe and current.
    Anew,
}

/// What an answer says beside readings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// What to do next.
    pub turn: Turn,
    /// What people should know.
    pub troubles: Vec<String>,
    /// Why the answer is none: the agent must be asked from the beginning.
    pub failed: Option<String>,
}

/// Turns answers into readings. Remembers the data items, where it stands, and the last value of every channel.
#[derive(Clone, Debug)]
pub struct Decoder {
    from: SourceId,
    document_max: usize,
    channels: Vec<(ChannelId, Address)>,
    numbers: HashSet<ChannelId>,
    events: HashSet<ChannelId>,
    /// Channels by data item id.
    items: HashMap<String, Vec<ChannelId>>,
    instance: Option<u64>,
    next: Option<u64>,
    /// Samples in a row that found their beginning gone.
    overruns: u32,
    last: HashMap<ChannelId, RawValue>,
    notes: Notes,
}

/// Why something is not taken.
struct Fault {
    found: String,
    allowed: String,
    reason: RefusalReason,
}

/// Longest text of an observation shown in a refusal [characters].
const SHOWN_MAX: usize = 80;

impl Decoder {
    /// A decoder that has asked nothing.
    pub fn new(from: SourceId, config: &Config) -> Self {
        Self {
            from,
            document_max: config.document_max,
            channels: config.channels.clone(),
            numbers: config.numbers.clone(),
            events: config.events.clone(),
            items: HashMap::new(),
            instance: None,
            next: None,
            overruns: 0,
            last: HashMap::new(),
            notes: Notes::default(),
        }
    }
    /// Takes what the last answer said beside readings.
    pub fn take_notes(&mut self) -> Notes {
        std::mem::take(&mut self.notes)
    }
    /// The sequence number from which to ask; `None` before current.
    pub const fn next(&self) -> Option<u64> {
        self.next
    }
    /// Goes back to a sequence number: what came after it could not be taken.
    pub const fn go_back(&mut self, next: Option<u64>) {
        self.next = next;
    }

    fn refuse(&self, delivery: &mut Delivery, place: String, fault: Fault) {
        let Fault { found, allowed, reason } = fault;
        delivery.refused.push(Refused { from: self.from, received: delivery.received, place, found, allowed, reason });
    }

    fn take(&mut self, asked: Asked, document: Document, delivery: &mut Delivery) -> Result<(), Fault> {
        match (asked, document) {
            (Asked::Probe, Document::Devices(header, items)) => {
                self.instance = header.instance;
                (self.next, self.overruns) = (None, 0);
                self.resolve(&items, delivery);
                Ok(())
            }
            (Asked::Current | Asked::Sample, Document::Streams(header, observations)) => {
                self.streams(asked, &header, observations, delivery);
                Ok(())
            }
            (_, Document::Errors(errors)) => {
                if asked == Asked::Sample && errors.iter().any(|(code, _)| code == "OUT_OF_RANGE") {
                    self.overran();
                    return Ok(());
                }
                let told: Vec<String> = errors.iter().map(|(code, text)| format!("{code}: {}", shown(text))).collect();
                Err(malformed(format!("the agent's error {}", told.join("; "))))
            }
            (_, other) => Err(malformed(other.word().to_owned())),
        }
    }

    /// Finds the data item of every channel.
    fn resolve(&mut self, items: &[DataItem], delivery: &mut Delivery) {
        self.items.clear();
        for (channel, address) in self.channels.clone() {
            match find(items, &address) {
                Ok(item) => self.items.entry(item.id.clone()).or_default().push(channel),
                Err(fault) => self.refuse(delivery, address.to_string(), fault),
            }
        }
    }

    fn streams(&mut self, asked: Asked, header: &Header, mut observations: Vec<Observation>, delivery: &mut Delivery) {
        if header.instance != self.instance || header.next.zip(self.next).is_some_and(|(theirs, ours)| theirs < ours) {
            self.notes.turn = Turn::Anew;
            self.notes.troubles.push("the agent began anew; it is asked for all it has".to_owned());
            return;
        }
        observations.sort_by_key(|observation| observation.sequence);
        let oldest = header.first.unwrap_or(0);
        match (asked, self.next) {
            (_, None) => self.all(header, &observations, delivery),
            (Asked::Sample, Some(ours)) if oldest > ours => self.overran(),
            (Asked::Sample, Some(ours)) => self.sample(header, &observations, (ours, delivery)),
            (_, Some(ours)) => self.after_gap(header, &observations, (ours, delivery)),
        }
    }

    /// The first current: everything.
    fn all(&mut self, header: &Header, observations: &[Observation], delivery: &mut Delivery) {
        observations.iter().for_each(|observation| self.observation(observation, delivery));
        self.next = header.next.or_else(|| after_last(observations)).or(Some(0));
    }

    /// What happened since.
    fn sample(&mut self, header: &Header, observations: &[Observation], (ours, delivery): (u64, &mut Delivery)) {
        let news = observations.iter().filter(|observation| observation.sequence >= ours);
        news.for_each(|observation| self.observation(observation, delivery));
        self.overruns = 0;
        self.next = header.next.or_else(|| after_last(observations)).or(self.next);
        if header.last.zip(self.next).is_some_and(|(last, next)| next <= last) {
            self.notes.turn = Turn::More;
        }
    }

    /// What was to be read is not in the agent's buffer any more.
    fn overran(&mut self) {
        self.overruns += 1;
        self.notes.turn = Turn::Current;
    }

    /// Current after a gap: of what is gone, what has not changed since; sample then goes on with the oldest that is there. Where
    /// the agent is faster than we, its newest is taken and we go on there.
    fn after_gap(&mut self, header: &Header, observations: &[Observation], (ours, delivery): (u64, &mut Delivery)) {
        let (oldest, newest) = (header.first.unwrap_or(ours).max(ours), header.next.unwrap_or(ours).max(ours));
        let upto = if self.overruns > 1 { newest } else { oldest };
        let kept: Vec<&Observation> = observations.iter().filter(|o| (ours..upto).contains(&o.sequence)).collect();
        let lost = (upto - ours).saturating_sub(kept.len() as u64);
        kept.into_iter().for_each(|observation| self.observation(observation, delivery));
        if lost > 0 {
            self.notes.troubles.push(format!("{lost} observations left the agent's buffer before they were read"));
        }
        (self.next, self.notes.turn) = (Some(upto), Turn::More);
    }

    fn observation(&mut self, observation: &Observation, delivery: &mut Delivery) {
        let Some(channels) = self.items.get(&observation.item).cloned() else { return };
        for channel in channels {
            let place = || {
                let address = self.channels.iter().find(|(id, _)| *id == channel).map(|(_, address)| address.to_string());
                address.unwrap_or_else(|| observation.item.clone())
            };
            let Some(at) = observation.at else {
                let found = format!("the time `{}`", shown(&observation.timestamp));
                let allowed = "a time such as 2026-03-02T06:00:00.000Z".to_owned();
                self.refuse(delivery, place(), Fault { found, allowed, reason: RefusalReason::Malformed });
                continue;
            };
            let reading = |value, quality| RawReading { place: Place::Channel(channel), at: Some(at), value, quality };
            match value(observation, self.numbers.contains(&channel)) {
                Err(fault) => self.refuse(delivery, place(), fault),
                Ok(Some(value)) => {
                    if !self.events.contains(&channel) {
                        self.last.insert(channel, value.clone());
                    }
                    let quality = if observation.invalid { Quality::Bad } else { Quality::Good };
                    delivery.readings.push(reading(value, quality));
                }
                Ok(None) => {
                    let last = self.last.get(&channel).cloned();
                    delivery.readings.extend(last.map(|value| reading(value, Quality::Bad)));
                }
            }
        }
    }
}

impl Source for Decoder {
    type Message = Answer;
    fn decode(&mut self, message: Answer, received: Instant) -> Delivery {
        let mut delivery = Delivery::new(self.from, received);
        self.notes = Notes::default();
        let taken = if message.body.len() > self.document_max {
            Err(too_large(message.body.len(), self.document_max))
        } else {
            match parse(&message.body) {
                Ok(document) => self.take(message.asked, document, &mut delivery),
                Err(error) => Err(malformed(error)),
            }
        };
        if let Err(fault) = taken {
            self.notes.failed = Some(format!("{}: {}", message.asked.word(), fault.found));
            self.refuse(&mut delivery, message.asked.word().to_owned(), fault);
        }
        delivery
    }
}

impl Asked {
    /// The word in the agent's address.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Probe => "probe",
            Self::Current => "current",
            Self::Sample => "sample",
        }
    }
}

fn malformed(found: String) -> Fault {
    Fault { found, allowed: "an MTConnect document that answers the request".to_owned(), reason: RefusalReason::Malformed }
}

fn too_large(bytes: usize, most: usize) -> Fault {
    let (found, allowed) = (format!("{bytes} bytes"), format!("at most {most} bytes"));
    Fault { found, allowed, reason: RefusalReason::TooLarge }
}

/// The data item an address means.
fn find<'a>(items: &'a [DataItem], address: &Address) -> Result<&'a DataItem, Fault> {
    let fault =
        |found: String, allowed: &str| Fault { found, allowed: allowed.to_owned(), reason: RefusalReason::UnknownChannel };
    let meant = |item: &&DataItem| {
        let named = item.id == address.item || item.name.as_deref() == Some(address.item.as_str());
        named && address.device.as_deref().is_none_or(|device| item.of_device(device))
    };
    let mut found = items.iter().filter(meant);
    let Some(item) = found.next() else {
        return Err(fault("no such data item".to_owned(), "the id of a data item of the agent's probe, or device/name"));
    };
    let others = found.count();
    if others > 0 {
        return Err(fault(format!("{} data items of that name", others + 1), "an id, or device/name that only one has"));
    }
    match item.representation.as_deref() {
        None | Some("VALUE" | "DISCRETE") => Ok(item),
        Some(other) => Err(Fault {
            found: format!("a data item of representation {other}"),
            allowed: "one of representation VALUE or DISCRETE, which hold a single value".to_owned(),
            reason: RefusalReason::WrongType,
        }),
    }
}

/// The value of an observation; `None` where it is unavailable.
fn value(observation: &Observation, as_number: bool) -> Result<Option<RawValue>, Fault> {
    let text = observation.text.trim();
    if text == "UNAVAILABLE" || observation.element == "Unavailable" {
        return Ok(None);
    }
    let number = |allowed: &str| match text.parse::<f64>() {
        Ok(number) => Ok(Some(RawValue::Number(number))),
        Err(_) => {
            let found = format!("`{}`", shown(text));
            Err(Fault { found, allowed: allowed.to_owned(), reason: RefusalReason::WrongType })
        }
    };
    match observation.category {
        Category::Sample => number("one number, as a SAMPLE has"),
        Category::Event if as_number => number("a number, as the channel holds"),
        Category::Event => Ok(Some(RawValue::Text(text.to_owned()))),
        Category::Condition => {
            let level = observation.element.to_ascii_lowercase();
            let code = observation.native_code.as_deref().filter(|code| level != "normal" && !code.is_empty());
            Ok(Some(RawValue::Text(code.map_or_else(|| level.clone(), |code| format!("{level}:{code}")))))
        }
    }
}

fn after_last(observations: &[Observation]) -> Option<u64> {
    observations.last().map(|observation| observation.sequence.saturating_add(1))
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_MAX).collect()
}
