//! Readings: one value of one channel at one instant, and the columns in which they travel.

use crate::{ChannelId, MachineId, SourceId};
use measure::Instant;

/// How far a reading can be trusted (OPC UA Part 8 severities).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quality {
    /// As measured.
    #[default]
    Good,
    /// Doubtful: stale, estimated, or marked so by the source.
    Uncertain,
    /// Not to be used; kept for the record.
    Bad,
}

impl Quality {
    /// 0 good, 1 uncertain, 2 bad.
    pub const fn code(self) -> u8 {
        self as u8
    }
    /// From the code; anything above 1 is bad.
    pub const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Good,
            1 => Self::Uncertain,
            _ => Self::Bad,
        }
    }
}

/// One value of one channel at one instant. Words travel as the number of their [`WordId`](crate::WordId).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The channel read.
    pub channel: ChannelId,
    /// Source time: when the value was true at the machine.
    pub at: Instant,
    /// The number, or the number of the interned word.
    pub value: f64,
    /// How far it can be trusted.
    pub quality: Quality,
}

/// Readings of one machine in columns; all columns have one length, rows are in order of acceptance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The source that brought them.
    pub from: SourceId,
    /// The machine they belong to.
    pub machine: MachineId,
    /// Receive time: when they came through the door.
    pub received: Instant,
    /// Channel of each row.
    pub channels: Vec<ChannelId>,
    /// Source time of each row.
    pub at: Vec<Instant>,
    /// Value of each row.
    pub values: Vec<f64>,
    /// Quality of each row.
    pub qualities: Vec<Quality>,
}

impl Batch {
    /// An empty batch.
    pub fn new(from: SourceId, machine: MachineId, received: Instant) -> Self {
        Self { from, machine, received, ..Self::default() }
    }
    /// An empty batch with room for rows.
    pub fn with_rows(from: SourceId, machine: MachineId, received: Instant, rows: usize) -> Self {
        Self {
            from,
            machine,
            received,
            channels: Vec::with_capacity(rows),
            at: Vec::with_capacity(rows),
            values: Vec::with_capacity(rows),
            qualities: Vec::with_capacity(rows),
        }
    }
    /// Adds one row.
    pub fn push(&mut self, reading: Reading) {
        self.channels.push(reading.channel);
        self.at.push(reading.at);
        self.values.push(reading.value);
        self.qualities.push(reading.quality);
    }
    /// Adds the rows of another batch of the same machine.
    pub fn append(&mut self, other: Self) {
        self.channels.extend(other.channels);
        self.at.extend(other.at);
        self.values.extend(other.values);
        self.qualities.extend(other.qualities);
    }
    /// Copies a row over another one.
    pub fn copy_row(&mut self, from: usize, to: usize) {
        self.channels[to] = self.channels[from];
        self.at[to] = self.at[from];
        self.values[to] = self.values[from];
        self.qualities[to] = self.qualities[from];
    }
    /// Keeps the first rows.
    pub fn truncate(&mut self, rows: usize) {
        self.channels.truncate(rows);
        self.at.truncate(rows);
        self.values.truncate(rows);
        self.qualities.truncate(rows);
    }
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.channels.len()
    }
    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.channels.is_empty()
    }
    /// The rows one by one.
    pub fn iter(&self) -> impl Iterator<Item = Reading> + '_ {
        (0..self.len()).map(|i| Reading {
            channel: self.channels[i],
            at: self.at[i],
            value: self.values[i],
            quality: self.qualities[i],
        })
    }
}

/// Why a reading was refused at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefusalReason {
    /// No channel of that name is configured.
    UnknownChannel,
    /// Text where a number is wanted, or the other way round.
    WrongType,
    /// Not a number, or infinite.
    NotFinite,
    /// Outside the channel's range.
    OutOfRange,
    /// Source time further ahead than the clocks may differ.
    FromFuture,
    /// Source time before the history that may still change.
    TooLate,
    /// The same channel, instant and value again.
    Duplicate,
    /// A word longer than allowed, or the lexicon is full.
    WordTooLong,
    /// A state word that the channel does not map.
    UnknownState,
    /// A message beyond the size limit.
    TooLarge,
    /// A message that cannot be decoded.
    Malformed,
    /// The journal could not take it.
    NotStored,
}

impl RefusalReason {
    /// All reasons with their words in metrics and forms.
    pub const ALL: [(Self, &'static str); 12] = [
        (Self::UnknownChannel, "unknown_channel"),
        (Self::WrongType, "wrong_type"),
        (Self::NotFinite, "not_finite"),
        (Self::OutOfRange, "out_of_range"),
        (Self::FromFuture, "from_future"),
        (Self::TooLate, "too_late"),
        (Self::Duplicate, "duplicate"),
        (Self::WordTooLong, "word_too_long"),
        (Self::UnknownState, "unknown_state"),
        (Self::TooLarge, "too_large"),
        (Self::Malformed, "malformed"),
        (Self::NotStored, "not_stored"),
    ];
    /// The word used in metrics and forms.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(r, _)| *r == self).map_or("", |(_, w)| w)
    }
}

/// A reading that was refused, as shown to people.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// Source that brought it.
    pub from: SourceId,
    /// When it came.
    pub received: Instant,
    /// Where it was addressed: `machine/channel`, topic, node or file and row.
    pub place: String,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
    /// Why.
    pub reason: RefusalReason,
}
