//! What is in memory: words, the hot buffer of unsealed readings by journal segment, and the list of sealed files. Taken under
//! one lock, so a query sees every reading exactly once while sealing moves it from one to the other.

use crate::StoreError;
use crate::form::{Catalogue, Reader, Spot};
use crate::journal::segment::{self, Payload};
use crate::series::Manifest;
use measure::{Budget, Instant, Share, Taker};
use plant::{Batch, MachineId, WordId};
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
    /// The batches as entries of the journal, a quarter of their size as values; `None` once they were given up to save memory and
    /// must be read from the disk.
    hot: Option<Vec<Arc<Held>>>,
}

/// An entry in memory, with its share of the budget.
pub(crate) struct Held {
    payload: Payload,
    _share: Share,
}

/// Batches of a segment as entries of the journal, with what their numbers mean.
pub(crate) struct Hot {
    /// What their numbers mean.
    pub catalogue: Arc<Catalogue>,
    /// Entries whose CRC has been checked.
    pub entries: Vec<Arc<Held>>,
}

impl Hot {
    /// Reads each batch into the same memory: the number of its entry, where it stands there, and the batch.
    ///
    /// # Errors
    /// An entry breaks off, or what `each` says.
    pub(crate) fn each(&self, each: impl FnMut(u32, Spot, &Batch) -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.each_of(|_| true, each)
    }
    /// As [`Self::each`]; batches of machines that are not wanted come empty, for little.
    ///
    /// # Errors
    /// As [`Self::each`].
    pub(crate) fn each_of(
        &self,
        wanted: impl Fn(MachineId) -> bool,
        mut each: impl FnMut(u32, Spot, &Batch) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        for (number, entry) in (0..).zip(&self.entries) {
            let Some(mut reader) = Reader::new(&entry.payload) else { continue };
            loop {
                let spot = reader.spot();
                if !reader.read_of(&wanted, &mut batch).map_err(|e| StoreError::form("the journal", &e))? {
                    break;
                }
                each(number, spot, &batch)?;
            }
        }
        Ok(())
    }
    /// Reads the batch at a place that [`Self::each`] gave.
    ///
    /// # Errors
    /// No batch stands there.
    pub(crate) fn read(&self, entry: u32, spot: Spot, batch: &mut Batch) -> Result<(), StoreError> {
        let mut reader = self.entries.get(entry as usize).and_then(|entry| Reader::at(&entry.payload, spot));
        let read = reader.as_mut().map_or_else(|| Err("an entry is gone".to_owned()), |reader| reader.read(batch));
        read.map(|_| ()).map_err(|e| StoreError::form("the journal", &e))
    }
}

/// Everything in memory.
pub(crate) struct Live {
    /// The lexicon as far as it is on the disk.
    pub words: Vec<Arc<str>>,
    /// Segments, oldest first; the last one is being written.
    pub segments: Vec<HotSegment>,
    /// Sealed files and their columns.
    pub manifest: Arc<Manifest>,
    budget: Budget,
    /// Bytes of entries held in memory.
    held: u64,
}

impl HotSegment {
    /// A segment without readings.
    pub(crate) const fn new(number: u64, catalogue: Arc<Catalogue>) -> Self {
        Self { number, catalogue, bytes: 0, readings: 0, received: None, sequence: 0, hot: Some(Vec::new()) }
    }
    /// Its entries of batches, from memory or, in a share of the taker, from the disk.
    ///
    /// # Errors
    /// The segment cannot be read, or there is no room for it.
    pub(crate) fn load(&self, journal: &Path, budget: &Budget, taker: Taker) -> Result<Hot, StoreError> {
        let catalogue = Arc::clone(&self.catalogue);
        if let Some(entries) = &self.hot {
            return Ok(Hot { catalogue, entries: entries.clone() });
        }
        let path = segment::path(journal, self.number);
        let room = |bytes: u64| budget.take(taker, bytes).ok_or_else(StoreError::no_room);
        let file = room(self.bytes)?;
        let scan = segment::scan(&path, self.number)?;
        // what the file took, its entries go on taking
        drop(file);
        let mut entries = Vec::new();
        for payload in scan.payloads().filter(|payload| Reader::new(payload).is_some()) {
            let share = room(payload.len() as u64)?;
            entries.push(Arc::new(Held { payload, _share: share }));
        }
        Ok(Hot { catalogue, entries })
    }
    /// Lets its batches go from memory; gives the bytes that they had.
    fn give_up(&mut self) -> u64 {
        self.hot.take().map_or(0, |hot| hot.iter().map(|entry| entry.payload.len() as u64).sum())
    }
    /// What loading it takes beside what is in memory already [bytes].
    pub(crate) fn load_bytes(&self) -> u64 {
        if self.hot.is_some() { 0 } else { self.bytes }
    }
    /// The batches in memory; `None` once they were given up.
    pub(crate) fn in_memory(&self) -> Option<Hot> {
        let entries = self.hot.as_ref()?.clone();
        Some(Hot { catalogue: Arc::clone(&self.catalogue), entries })
    }
}

/// How many readings a commit or an entry brings, and when they came.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extent {
    /// Readings.
    pub readings: u64,
    /// Receive time of the first and last batch.
    pub received: Option<(Instant, Instant)>,
}

impl Extent {
    /// Of batches.
    pub(crate) fn of(batches: &[Batch]) -> Self {
        let mut extent = Self::default();
        batches.iter().for_each(|batch| extent.add(batch.received, batch.len()));
        extent
    }
    /// One more batch.
    pub(crate) fn add(&mut self, received: Instant, readings: usize) {
        *self = self.with(Self { readings: readings as u64, received: Some((received, received)) });
    }
    fn with(self, other: Self) -> Self {
        let received = match (self.received, other.received) {
            (Some((first, last)), Some((from, to))) => Some((first.min(from), last.max(to))),
            (one, other) => one.or(other),
        };
        Self { readings: self.readings + other.readings, received }
    }
}

impl Live {
    pub(crate) fn new(budget: &Budget, manifest: Manifest) -> Self {
        Self { words: Vec::new(), segments: Vec::new(), manifest: Arc::new(manifest), budget: budget.clone(), held: 0 }
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
    /// Takes in entries of batches that are on the disk, into the segment being written.
    pub(crate) fn absorb(&mut self, entries: impl IntoIterator<Item = Payload>, extent: Extent) {
        let Some(open) = self.segments.last_mut() else { return };
        let sum = Extent { readings: open.readings, received: open.received }.with(extent);
        (open.readings, open.received) = (sum.readings, sum.received);
        if let Some(hot) = &mut open.hot {
            for payload in entries {
                self.held += payload.len() as u64;
                let share = self.budget.must(Taker::Unsealed, payload.len() as u64);
                hot.push(Arc::new(Held { payload, _share: share }));
            }
        }
        self.keep_at_most(self.budget.most(Taker::Unsealed));
    }
    /// Gives up the oldest batches until so many bytes fewer are in memory, or all but those of the segment being written.
    pub(crate) fn relieve(&mut self, bytes: u64) {
        self.keep_at_most(self.held.saturating_sub(bytes));
    }
    fn keep_at_most(&mut self, bytes: u64) {
        let last = self.segments.len().saturating_sub(1);
        for segment in &mut self.segments[..last] {
            if self.held <= bytes {
                return;
            }
            self.held -= segment.give_up();
        }
    }
    /// Forgets segments that are sealed.
    pub(crate) fn forget(&mut self, numbers: &[u64]) {
        for segment in self.segments.iter_mut().filter(|s| numbers.contains(&s.number)) {
            self.held -= segment.give_up();
        }
        self.segments.retain(|s| !numbers.contains(&s.number));
    }
    /// Whether so many readings are in memory that the oldest will soon be given up.
    pub(crate) fn is_nearly_full(&self) -> bool {
        self.held >= self.budget.most(Taker::Unsealed) / 4 * 3
    }
    /// Bytes in the journal.
    pub(crate) fn journal_bytes(&self) -> u64 {
        self.segments.iter().map(|s| s.bytes).sum()
    }
}
