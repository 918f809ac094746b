//! Bodies to readings, pure. Enters: the bytes of a request. Leaves: a [`Delivery`]. Absent: HTTP, sockets.
//!
//! ```text
//! body -> lines -> series (measurement and tags: one look into an index) -> fields -> numbers in columns, words one by one
//!                                                                         -> refused, with line and column
//! ```
//! Source: InfluxDB line protocol v2 as documented by InfluxData; the JSON output format of Telegraf.

mod index;
mod json;
mod line;
mod number;

pub use index::Index;
pub use number::number;

use super::config::Config;
use collect::{Delivery, Place, RawReading, RawValue, Source};
use measure::Instant;
use plant::{Batch, MachineId, Quality, Reading, RefusalReason, Refused, SourceId};
use std::borrow::Cow;
use std::sync::Arc;

/// Unit of the times in a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Nanoseconds, the usual one.
    #[default]
    Nanoseconds,
    /// Microseconds.
    Microseconds,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// InfluxDB line protocol, with times of this unit.
    Lines(Precision),
    /// The JSON of Telegraf: one metric, or `{"metrics": […]}`; times are in seconds.
    Json,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// How it is written.
    pub form: Form,
    /// Its bytes, unpacked.
    pub body: Vec<u8>,
}

/// Turns bodies into deliveries. A clone shares the index of channels.
#[derive(Clone, Debug)]
pub struct Decoder {
    from: SourceId,
    index: Arc<Index>,
}

impl Precision {
    /// From the word of a query; both the words of InfluxDB 2 and 1.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "ns" | "n" => Some(Self::Nanoseconds),
            "us" | "u" => Some(Self::Microseconds),
            "ms" => Some(Self::Milliseconds),
            "s" => Some(Self::Seconds),
            _ => None,
        }
    }
    /// An instant of a time in this unit; `None` beyond what an instant can hold.
    const fn instant(self, time: i64) -> Option<Instant> {
        let micros = match self {
            Self::Nanoseconds => Some(time.div_euclid(1_000)),
            Self::Microseconds => Some(time),
            Self::Milliseconds => time.checked_mul(1_000),
            Self::Seconds => time.checked_mul(1_000_000),
        };
        match micros {
            Some(micros) => Some(Instant::from_micros(micros)),
            None => None,
        }
    }
}

impl Decoder {
    /// For the channels of a configuration.
    pub fn new(from: SourceId, config: &Config) -> Self {
        Self { from, index: Arc::new(Index::new(&config.channels)) }
    }

    /// What a body brings; the decoder itself does not change.
    pub fn read(&self, message: &Message, received: Instant) -> Delivery {
        let mut rows = Rows::new(self.from, received);
        match message.form {
            Form::Lines(precision) => line::read(&self.index, precision, &message.body, &mut rows),
            Form::Json => json::read(&self.index, &message.body, &mut rows),
        }
        rows.delivery
    }
}

impl Source for Decoder {
    type Message = Message;
    fn decode(&mut self, message: Message, received: Instant) -> Delivery {
        self.read(&message, received)
    }
}

/// A delivery being filled; numbers of one machine that come one after another go into one batch.
struct Rows {
    delivery: Delivery,
}

/// Most bytes of a place or a value that a refusal repeats.
const SHOWN_MAX: usize = 120;
/// Most refusals told of one body.
const REFUSED_MAX: usize = 10_000;
/// What a field must be.
const KNOWN: &str = "a field that is the address of a channel in unit.toml";

impl Rows {
    fn new(from: SourceId, received: Instant) -> Self {
        Self { delivery: Delivery::new(from, received) }
    }

    /// The batch of a machine; a new one has room for `fields` rows.
    fn batch(&mut self, machine: MachineId, fields: usize) -> &mut Batch {
        let Delivery { from, received, numbers, .. } = &mut self.delivery;
        if numbers.last().is_none_or(|last| last.machine != machine) {
            numbers.push(Batch::with_rows(*from, machine, *received, fields));
        }
        let last = numbers.len() - 1;
        &mut numbers[last]
    }

    fn number(&mut self, field: &index::Field, fields: usize, at: Instant, value: f64) {
        let batch = self.batch(field.target.machine, fields);
        batch.push(Reading { channel: field.target.channel, at, value, quality: Quality::Good });
    }

    fn raw(&mut self, field: &index::Field, at: Instant, value: RawValue) {
        let place = Place::Channel(field.target.channel);
        self.delivery.readings.push(RawReading { place, at: Some(at), value, quality: Quality::Good });
    }

    /// Whether so much of a body was refused that the rest of it, which begins at a place, is refused as a whole.
    fn is_given_up(&mut self, place: impl FnOnce() -> String, rest: &[u8]) -> bool {
        let refused = self.delivery.refused.len();
        if refused == REFUSED_MAX {
            let allowed = format!("at most {REFUSED_MAX} refused readings in one body; the rest was not read");
            self.refuse(RefusalReason::TooLarge, format!("{} to the end", place()), rest, &allowed);
        }
        refused >= REFUSED_MAX
    }

    fn refuse(&mut self, reason: RefusalReason, place: String, found: &[u8], allowed: &str) {
        self.delivery.refused.push(Refused {
            from: self.delivery.from,
            received: self.delivery.received,
            place,
            found: format!("`{}`", shown(found)),
            allowed: allowed.to_owned(),
            reason,
        });
    }
}

/// The beginning of a text that a sender chose, for people.
fn shown(text: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(&text[..text.len().min(SHOWN_MAX)])
}
