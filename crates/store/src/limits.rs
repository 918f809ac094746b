//! What goes into and comes out of the store by value: its limits, what it found at the start, its figures, its answers.

use crate::Backlog;
use datafusion::arrow::datatypes::SchemaRef;
use measure::Instant;
use plant::{Decision, Finding, Frozen, Given, Quality, Record, Unused};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Limits of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// A journal segment is closed when it reaches this size [bytes].
    pub journal_segment_bytes: u64,
    /// At this size of the whole journal readings are refused until it is sealed [bytes].
    pub journal_bytes_max: u64,
    /// Memory for bodies of requests, unsealed readings, sealing and questions together [bytes].
    pub memory_bytes: u64,
    /// Days of history kept; 0 keeps all.
    pub history_days: u32,
    /// Bytes of history kept, the newest; 0 keeps all.
    pub history_bytes_max: u64,
    /// Days after which only one row per machine and minute is kept, in a table of its own; 0 keeps all.
    pub minutes_after_days: u32,
    /// Longest time of a question.
    pub question_within: Duration,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            journal_segment_bytes: 16 << 20,
            journal_bytes_max: 4 << 30,
            memory_bytes: 512 << 20,
            history_days: 0,
            history_bytes_max: 0,
            minutes_after_days: 0,
            question_within: Duration::from_secs(30),
        }
    }
}

/// What an opened store holds of an earlier run.
#[derive(Clone, Debug, Default)]
pub struct Recovered {
    /// The lexicon in the order of its numbers.
    pub words: Vec<Arc<str>>,
    /// Readings not yet sealed.
    pub backlog: Backlog,
    /// Decisions that are pending, approved or running, oldest first.
    pub open_decisions: Vec<Decision>,
    /// The newest records of each kind in their latest version, and every revision that is pending, in the order they were kept.
    pub recent: Vec<Record>,
    /// The newest findings that people looked into, at most [`CONFIRMED_MAX`](crate::CONFIRMED_MAX), oldest first.
    pub confirmed: Vec<Finding>,
    /// The newest version of each frozen baseline.
    pub baselines: Vec<Frozen>,
    /// Baselines that cannot be read, or name a channel that is not in the configuration any more.
    pub unused: Vec<Unused>,
    /// Versions that were given to baselines which are not kept any more.
    pub given: Vec<Given>,
    /// How far sources were read, by the keys of their bookmarks.
    pub bookmarks: BTreeMap<String, String>,
    /// The next free record number, by [`plant::RecordKind::ALL`].
    pub next: [u64; plant::RecordKind::COUNT],
    /// Bytes at the end of the journal that were cut because they were never acknowledged.
    pub torn_bytes: u64,
}

/// What one sealing did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SealReport {
    /// Journal segments sealed and deleted.
    pub segments: u64,
    /// Readings written to history.
    pub readings: u64,
    /// Parquet files written.
    pub files: u64,
    /// Files joined into larger ones.
    pub joined: u64,
    /// Files replaced by their minutes.
    pub down_sampled: u64,
    /// Files beyond [`StoreLimits::history_days`] or [`StoreLimits::history_bytes_max`] that were given up.
    pub expired: u64,
}

/// Sizes of the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreFigures {
    /// Bytes in the journal.
    pub journal_bytes: u64,
    /// Bytes in sealed Parquet files.
    pub history_bytes: u64,
    /// Sealed files.
    pub history_files: u64,
    /// Readings in sealed files.
    pub history_readings: u64,
}

/// Readings of one channel in one part of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// Start of the bucket.
    pub at: Instant,
    /// Mean, in the channel's unit.
    pub mean: f64,
    /// Lowest.
    pub low: f64,
    /// Highest.
    pub high: f64,
    /// Readings.
    pub count: u64,
    /// The earliest reading: source time and number.
    pub first: (Instant, f64),
    /// The latest reading.
    pub last: (Instant, f64),
    /// Mean weighted by the time for which each number held, where it was asked for.
    pub weighted: Option<f64>,
}

impl Bucket {
    /// A bucket without readings.
    pub(crate) const fn empty(at: Instant) -> Self {
        let (first, last) = ((Instant::MAX, f64::NAN), (Instant::MIN, f64::NAN));
        Self { at, mean: 0.0, low: f64::INFINITY, high: f64::NEG_INFINITY, count: 0, first, last, weighted: None }
    }
    /// Takes in a reading; of two at one time the later call is the later one.
    pub(crate) fn add(&mut self, at: Instant, value: f64) {
        self.count += 1;
        self.mean += (value - self.mean) / self.count as f64;
        self.low = self.low.min(value);
        self.high = self.high.max(value);
        if at < self.first.0 {
            self.first = (at, value);
        }
        if at >= self.last.0 {
            self.last = (at, value);
        }
    }
}

/// The answer to a query.
#[derive(Clone, Debug, PartialEq)]
pub struct SqlTable {
    /// Column names.
    pub columns: Vec<String>,
    /// Rows of JSON values; instants are RFC 3339.
    pub rows: Vec<Vec<serde_json::Value>>,
    /// Whether rows beyond the limit were left out.
    pub cut: bool,
}

/// What a query would give.
#[derive(Clone, Debug, PartialEq)]
pub struct SqlShape {
    /// The columns of its answer.
    pub columns: SchemaRef,
    /// The tables it names with their columns, by name; all there are where it asks about the tables themselves.
    pub tables: Vec<(String, SchemaRef)>,
}

/// How the answer to a query is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlFormat {
    /// `{"columns": […], "rows": [[…], …], "cut": false}`.
    Json,
    /// Comma-separated values with a head, times as RFC 3339.
    Csv,
    /// An Arrow IPC stream.
    Arrow,
    /// A Parquet file.
    Parquet,
}

/// The newest value of a channel, for the SQL table `last`.
#[derive(Clone, Debug, PartialEq)]
pub struct LastValue {
    /// Name of the machine.
    pub machine: Arc<str>,
    /// Name of the channel.
    pub channel: Arc<str>,
    /// Source time.
    pub at: Instant,
    /// The number of a number channel.
    pub value: Option<f64>,
    /// The word of a word channel.
    pub word: Option<Arc<str>>,
    /// How far it can be trusted.
    pub quality: Quality,
}
