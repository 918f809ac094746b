//! What a driver hands in, and the port that every driver's decoding implements.

use measure::Instant;
use plant::{Batch, ChannelId, Quality, Refused, SourceId};

/// A value as it came off the wire.
#[derive(Clone, Debug, PartialEq)]
pub enum RawValue {
    /// A number.
    Number(f64),
    /// A yes or no; taken as 1 or 0 by number channels and `true` or `false` by word channels.
    Flag(bool),
    /// A word.
    Text(String),
}

/// Where a reading is addressed.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// A configured channel.
    Channel(ChannelId),
    /// Something that no configuration names: topic, node or column as the protocol writes it.
    Unknown(String),
}

/// A reading as it came off the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct RawReading {
    /// Where it is addressed.
    pub place: Place,
    /// Source time, where the protocol carries one; the receive time is taken elsewhere.
    pub at: Option<Instant>,
    /// Its value.
    pub value: RawValue,
    /// How far the source trusts it.
    pub quality: Quality,
}

/// All that one message of a source brought.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The source.
    pub from: SourceId,
    /// When it came.
    pub received: Instant,
    /// Readings to be judged at the door.
    pub readings: Vec<RawReading>,
    /// Numbers of known channels in columns, to be judged like `readings`: the way in for high rates. Source and receive time of
    /// each batch are set at the door.
    pub numbers: Vec<Batch>,
    /// What the driver itself could not decode, one entry a reading or message; counted as accepted and refused.
    pub refused: Vec<Refused>,
    /// Where the source goes on after this, for sources that can be read again from a place of their own.
    pub bookmark: Option<Bookmark>,
}

/// How far a source was read: kept in the same commit as the readings before it, and given back to its driver at the next start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookmark {
    /// What of the source it is about, such as a file; of at most 512 bytes.
    pub key: String,
    /// The place, in the driver's own words; empty forgets it.
    pub value: String,
}

impl Delivery {
    /// A delivery with nothing in it yet.
    pub const fn new(from: SourceId, received: Instant) -> Self {
        Self { from, received, readings: Vec::new(), numbers: Vec::new(), refused: Vec::new(), bookmark: None }
    }
    /// Entries in it: each becomes a stored or a refused reading.
    pub fn len(&self) -> usize {
        self.readings.len() + self.numbers.iter().map(Batch::len).sum::<usize>() + self.refused.len()
    }
    /// What it takes in memory [bytes], texts of refusals and words left out.
    pub fn bytes(&self) -> usize {
        let row = size_of::<ChannelId>() + size_of::<Instant>() + size_of::<f64>() + size_of::<Quality>();
        let rows = self.numbers.iter().map(|batch| batch.len() * row + size_of::<Batch>()).sum::<usize>();
        rows + size_of_val(self.readings.as_slice()) + size_of_val(self.refused.as_slice())
    }
    /// Whether it brings nothing, not even a bookmark.
    pub fn is_empty(&self) -> bool {
        let has_readings = !self.readings.is_empty() || !self.refused.is_empty() || self.numbers.iter().any(|b| !b.is_empty());
        !has_readings && self.bookmark.is_none()
    }
}

/// The pure half of a protocol driver: what a message means. Implementations MUST NOT panic on any message, MUST give every
/// value of a message exactly one entry in `readings`, `numbers` or `refused`, and MUST give the same result for the same messages.
pub trait Source {
    /// One message as the protocol's library hands it over.
    type Message;
    /// What the message brings.
    fn decode(&mut self, message: Self::Message, received: Instant) -> Delivery;
}
