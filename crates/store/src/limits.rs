//! What goes into and comes out of the store by value: its limits, what it found at the start, its figures, its answers.

use measure::Instant;
use plant::{Batch, Decision, Record};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Limits of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// A journal segment is closed when it reaches this size [bytes].
    pub journal_segment_bytes: u64,
    /// At this size of the whole journal readings are refused until it is sealed [bytes].
    pub journal_bytes_max: u64,
    /// Unsealed readings kept in memory; older ones are read from the journal when asked for.
    pub hot_readings_max: u64,
    /// Memory for one SQL query [bytes].
    pub memory_bytes: usize,
    /// Days of history kept; 0 keeps all.
    pub history_days: u32,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            journal_segment_bytes: 16 << 20,
            journal_bytes_max: 4 << 30,
            hot_readings_max: 2_000_000,
            memory_bytes: 256 << 20,
            history_days: 0,
        }
    }
}

/// What an opened store holds of an earlier run.
#[derive(Clone, Debug, Default)]
pub struct Recovered {
    /// The lexicon in the order of its numbers.
    pub words: Vec<Arc<str>>,
    /// Readings not yet sealed, in the order of their commits, by the ids of the present plant. What the present plant does not
    /// know stays stored and is left out here; so is what goes beyond [`StoreLimits::hot_readings_max`], oldest first.
    pub batches: Vec<Batch>,
    /// Decisions that are pending, approved or running, oldest first.
    pub open_decisions: Vec<Decision>,
    /// The newest records of each kind in their latest version, in the order they were kept.
    pub recent: Vec<Record>,
    /// How far sources were read, by the keys of their bookmarks.
    pub bookmarks: BTreeMap<String, String>,
    /// The next free record number, by [`plant::RecordKind::ALL`].
    pub next: [u64; 5],
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
    /// Files beyond [`StoreLimits::history_days`] that were given up.
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
