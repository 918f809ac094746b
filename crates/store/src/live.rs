//! What is in memory: words, the hot buffer of unsealed readings by journal segment, and the list of sealed files. Taken under
//! one lock, so a query sees every reading exactly once while sealing moves it from one to the other.

use crate::form::{Catalogue, Entry};
use crate::journal::segment;
use crate::series::Manifest;
use crate::{StoreError, StoreLimits};
use measure::Instant;
use plant::{Batch, WordId};
use std::path::Path;
use std::sync::Arc;

/// Readings of one journal segment.
#[derive(Clone)]
pub(crate) struct HotSegment {
    /// Number of the segment.
    pub number: u64,
    /// What its numbers mean.
    pub catalogue: Arc<Catalogue>,
    /// Bytes on the disk.
    pub bytes: u64,
    /// Readings in it.
    pub readings: u64,
    /// Receive time of the first and last batch; `None` while there is none.
    pub received: Option<(Instant, Instant)>,
    /// Highest sequence of the records in it.
    pub sequence: u64,
    /// The batches; `None` once they were given up to save memory and must be read from the disk.
    pub batches: Option<Vec<Arc<Batch>>>,
}

/// Everything in memory.
pub(crate) struct Live {
    /// The lexicon as far as it is on the disk.
    pub words: Vec<Arc<str>>,
    /// Segments, oldest first; the last one is being written.
    pub segments: Vec<HotSegment>,
    /// Sealed files and their columns.
    pub manifest: Arc<Manifest>,
    /// Readings held in memory.
    readings: u64,
    readings_max: u64,
}

impl HotSegment {
    /// A segment without readings.
    pub(crate) const fn new(number: u64, catalogue: Arc<Catalogue>) -> Self {
        Self { number, catalogue, bytes: 0, readings: 0, received: None, sequence: 0, batches: Some(Vec::new()) }
    }
    fn note(&mut self, batch: &Batch) {
        self.readings += batch.len() as u64;
        let (first, last) = self.received.unwrap_or((batch.received, batch.received));
        self.received = Some((first.min(batch.received), last.max(batch.received)));
    }
    /// The batches, from memory or from the disk.
    ///
    /// # Errors
    /// The segment cannot be read.
    pub(crate) fn load(&self, journal: &Path) -> Result<Vec<Arc<Batch>>, StoreError> {
        if let Some(batches) = &self.batches {
            return Ok(batches.clone());
        }
        let path = segment::path(journal, self.number);
        let mut batches = Vec::new();
        for payload in segment::scan(&path, self.number)?.payloads() {
            match Entry::decode(payload).map_err(|e| StoreError::form(path.display().to_string(), &e))? {
                Entry::Batches(read) => batches.extend(read.into_iter().map(Arc::new)),
                Entry::Catalogue(_) | Entry::Words(_) | Entry::Record(..) => {}
            }
        }
        Ok(batches)
    }
}

impl Live {
    pub(crate) fn new(limits: &StoreLimits, manifest: Manifest) -> Self {
        Self {
            words: Vec::new(),
            segments: Vec::new(),
            manifest: Arc::new(manifest),
            readings: 0,
            readings_max: limits.hot_readings_max,
        }
    }
    /// Learns words. A number beyond the next one leaves gaps that are filled with empty words.
    pub(crate) fn learn(&mut self, words: &[(WordId, Arc<str>)]) {
        for (id, word) in words {
            if id.index() >= self.words.len() {
                self.words.resize(id.index() + 1, Arc::from(""));
            }
            self.words[id.index()] = Arc::clone(word);
        }
    }
    /// Takes in batches that are on the disk, into the segment being written.
    pub(crate) fn absorb(&mut self, batches: Vec<Batch>) {
        let Some(open) = self.segments.last_mut() else { return };
        for batch in batches {
            open.note(&batch);
            self.readings += batch.len() as u64;
            if let Some(hot) = &mut open.batches {
                hot.push(Arc::new(batch));
            }
        }
        self.relieve();
    }
    /// Gives up the oldest batches while there are too many in memory.
    fn relieve(&mut self) {
        let last = self.segments.len().saturating_sub(1);
        for segment in &mut self.segments[..last] {
            if self.readings <= self.readings_max {
                return;
            }
            if segment.batches.take().is_some() {
                self.readings -= segment.readings;
            }
        }
    }
    /// Forgets segments that are sealed.
    pub(crate) fn forget(&mut self, numbers: &[u64]) {
        self.segments.retain(|s| {
            let gone = numbers.contains(&s.number);
            if gone && s.batches.is_some() {
                self.readings -= s.readings;
            }
            !gone
        });
    }
    /// Bytes in the journal.
    pub(crate) fn journal_bytes(&self) -> u64 {
        self.segments.iter().map(|s| s.bytes).sum()
    }
}
