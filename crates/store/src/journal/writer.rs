//! The thread that writes: group commit, rotation of segments, recovery from a full disk.
//!
//! ```text
//! jobs ──> all that wait ──> one write ──> one fsync ──> live (hot buffer, words) ──> acknowledgements
//!                                                   └──> records on their way to SQLite
//! ```

use super::segment::{self, FRAME_BYTES, PAYLOAD_BYTES_MAX, Payload, Segment};
use crate::form::{Catalogue, Print, encode_names, encode_record, encode_words};
use crate::live::{Extent, HotSegment, Live};
use crate::{StoreError, StoreLimits};
use plant::WordId;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// Most bytes written in one go.
const GROUP_BYTES_MAX: usize = 4 << 20;
/// Zeros written ahead [bytes].
const AHEAD_BYTES: u64 = 1 << 20;
/// Jobs that may wait; beyond it the caller waits.
const JOBS_MAX: usize = 4_096;
/// Flush times kept for the figures.
const FLUSHES_MAX: usize = 16_384;

/// Something to be stored as one: all of it or nothing.
pub(crate) struct Commit {
    /// Words new to the lexicon.
    pub words: Vec<(WordId, Arc<str>)>,
    /// Batches of readings as entries.
    pub payloads: Vec<Vec<u8>>,
    /// What they bring.
    pub extent: Extent,
    /// JSON forms of records.
    pub records: Vec<String>,
    /// Where the acknowledgement goes.
    pub done: oneshot::Sender<Result<(), StoreError>>,
}

/// A job of the writer.
pub(crate) enum Job {
    /// Store.
    Commit(Commit),
    /// Close the segment being written if it holds anything, so that it can be sealed.
    Rotate(oneshot::Sender<Result<(), StoreError>>),
}

/// What the writer starts from.
pub(crate) struct Start {
    /// Directory of the journal.
    pub dir: PathBuf,
    /// Limits.
    pub limits: StoreLimits,
    /// Names of the present plant.
    pub catalogue: Arc<Catalogue>,
    /// Under which it is kept.
    pub print: Print,
    /// Highest number of a segment so far.
    pub number: u64,
    /// Highest sequence of a record so far.
    pub sequence: u64,
    /// Held until the thread ends.
    pub lock: Arc<std::fs::File>,
    /// Where versions of records go once they are safe.
    pub records: mpsc::Sender<Vec<(u64, String)>>,
}

/// The door of the journal.
#[derive(Clone)]
pub(crate) struct Journal {
    jobs: mpsc::Sender<Job>,
    figures: Arc<Figures>,
}

#[derive(Default)]
struct Figures {
    last_micros: AtomicU64,
    flushes: Mutex<Vec<u32>>,
    count: AtomicU64,
    sequence: AtomicU64,
}

struct Writer {
    start: Start,
    first: Vec<u8>,
    catalogue: Arc<Catalogue>,
    segment: Option<Segment>,
    live: Arc<Mutex<Live>>,
    figures: Arc<Figures>,
    /// Words of failed commits: later readings may use them, so they go first.
    owed: Vec<(WordId, Arc<str>)>,
    sequence: u64,
    number: u64,
    /// Where a group's frames are put together; kept, so that its pages stay.
    frames: Vec<u8>,
}

impl Journal {
    /// Opens the first segment and starts the thread.
    ///
    /// # Errors
    /// The segment cannot be made.
    pub(crate) fn start(start: Start, live: &Arc<Mutex<Live>>) -> Result<Self, StoreError> {
        let (jobs, waiting) = mpsc::channel(JOBS_MAX);
        let figures = Arc::new(Figures::default());
        figures.sequence.store(start.sequence, Ordering::Release);
        let mut writer = Writer {
            first: encode_names(start.print),
            catalogue: Arc::clone(&start.catalogue),
            segment: None,
            live: Arc::clone(live),
            figures: Arc::clone(&figures),
            owed: Vec::new(),
            sequence: start.sequence,
            number: start.number,
            frames: Vec::new(),
            start,
        };
        writer.open()?;
        let dir = writer.start.dir.clone();
        std::thread::Builder::new()
            .name("socium-journal".to_owned())
            .spawn(move || writer.run(waiting))
            .map_err(|e| StoreError::disk("cannot start the journal in", &dir, &e))?;
        Ok(Self { jobs, figures })
    }
    /// A journal that takes nothing, for those who only look.
    pub(crate) fn closed() -> Self {
        Self { jobs: mpsc::channel(1).0, figures: Arc::default() }
    }
    /// Whether jobs can be taken.
    pub(crate) fn is_open(&self) -> bool {
        !self.jobs.is_closed()
    }
    /// Puts a job in the queue; the future waits only where the queue is full. Jobs run in the order of the calls.
    pub(crate) fn submit(&self, job: Job) -> impl Future<Output = Result<(), StoreError>> + Send + 'static {
        let refused = self.jobs.try_send(job);
        let jobs = self.jobs.clone();
        async move {
            match refused {
                Ok(()) => Ok(()),
                Err(mpsc::error::TrySendError::Full(job)) => jobs.send(job).await.map_err(|_| StoreError::Closed),
                Err(mpsc::error::TrySendError::Closed(_)) => Err(StoreError::Closed),
            }
        }
    }
    /// Duration of the newest flush [µs].
    pub(crate) fn last_fsync_micros(&self) -> u64 {
        self.figures.last_micros.load(Ordering::Relaxed)
    }
    /// Durations of the newest flushes [µs], in no order.
    pub(crate) fn fsyncs(&self) -> Vec<u32> {
        self.figures.flushes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Highest sequence of a record acknowledged so far.
    pub(crate) fn sequence(&self) -> u64 {
        self.figures.sequence.load(Ordering::Acquire)
    }
}

impl Figures {
    fn note(&self, took: std::time::Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.last_micros.store(micros, Ordering::Relaxed);
        let place = self.count.fetch_add(1, Ordering::Relaxed) as usize % FLUSHES_MAX;
        let mut flushes = self.flushes.lock().unwrap_or_else(PoisonError::into_inner);
        let micros = u32::try_from(micros).unwrap_or(u32::MAX);
        if place < flushes.len() { flushes[place] = micros } else { flushes.push(micros) }
    }
}

impl Writer {
    fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let _held = Arc::clone(&self.start.lock);
        while let Some(job) = jobs.blocking_recv() {
            let mut group = Vec::new();
            let mut rotate = self.sort(job, &mut group);
            let mut bytes = weight(&group);
            while rotate.is_none()
                && bytes < GROUP_BYTES_MAX
                && let Ok(job) = jobs.try_recv()
            {
                rotate = self.sort(job, &mut group);
                bytes = bytes.saturating_add(group.last().map_or(0, commit_bytes));
            }
            if !group.is_empty() {
                self.commit(group);
            }
            if let Some(done) = rotate {
                let _ = done.send(self.rotate());
            }
        }
        if let Some(segment) = self.segment.take() {
            segment.abandon();
        }
    }

    /// Adds a commit to the group, or gives back who waits for a rotation.
    fn sort(&mut self, job: Job, group: &mut Vec<Commit>) -> Option<oneshot::Sender<Result<(), StoreError>>> {
        match job {
            Job::Commit(commit) => {
                if let Some(refusal) = self.refusal(&commit) {
                    self.owed.extend(commit.words);
                    let _ = commit.done.send(Err(refusal));
                } else {
                    group.push(commit);
                }
                None
            }
            Job::Rotate(done) => Some(done),
        }
    }

    /// Why a commit cannot be taken, if it cannot. Records are always taken: they are small, and approvals must not wait.
    fn refusal(&self, commit: &Commit) -> Option<StoreError> {
        let largest = commit.payloads.iter().map(Vec::len).chain(commit.records.iter().map(String::len)).max().unwrap_or(0);
        if largest > PAYLOAD_BYTES_MAX {
            return Some(StoreError::TooLarge { found: largest, allowed: PAYLOAD_BYTES_MAX });
        }
        let found = if commit.payloads.is_empty() { 0 } else { self.live().journal_bytes() };
        let allowed = self.start.limits.journal_bytes_max;
        (found > allowed).then_some(StoreError::JournalFull { found, allowed })
    }

    fn commit(&mut self, group: Vec<Commit>) {
        let first = self.sequence + 1;
        let result = self.write(&group);
        if let Err(cause) = &result {
            tracing::warn!(%cause, commits = group.len(), "the journal could not store");
            self.sequence = first - 1;
            if let Some(segment) = self.segment.take() {
                segment.abandon();
            }
            for commit in group {
                self.owed.extend(commit.words);
                let _ = commit.done.send(Err(cause.clone()));
            }
            return;
        }
        let mut versions = Vec::new();
        let mut waiting = Vec::with_capacity(group.len());
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.learn(&std::mem::take(&mut self.owed));
        for commit in group {
            live.learn(&commit.words);
            live.absorb(commit.payloads.into_iter().map(Payload::from), commit.extent);
            versions.extend(commit.records);
            waiting.push(commit.done);
        }
        if let (Some(open), Some(segment)) = (live.segments.last_mut(), &self.segment) {
            open.bytes = segment.end;
            open.sequence = self.sequence;
        }
        drop(live);
        self.hand_over(first, versions);
        for done in waiting {
            let _ = done.send(Ok(()));
        }
        self.rotate_if_full();
    }

    fn hand_over(&self, first: u64, versions: Vec<String>) {
        if !versions.is_empty() {
            self.figures.sequence.store(self.sequence, Ordering::Release);
            let versions = (first..).zip(versions).collect();
            if self.start.records.blocking_send(versions).is_err() {
                tracing::info!("records stay in the journal until the next start");
            }
        }
    }

    fn write(&mut self, group: &[Commit]) -> Result<(), StoreError> {
        if self.segment.is_none() {
            self.open()?;
        }
        let Some(segment) = &mut self.segment else { return Err(StoreError::Closed) };
        let bytes = &mut self.frames;
        bytes.clear();
        let words: Vec<_> = self.owed.iter().chain(group.iter().flat_map(|c| &c.words)).cloned().collect();
        if !words.is_empty() {
            segment::frame(bytes, segment.number, segment.end, &encode_words(&words));
        }
        for commit in group {
            for payload in &commit.payloads {
                segment::frame(bytes, segment.number, segment.end, payload);
            }
            for json in &commit.records {
                self.sequence += 1;
                let payload = encode_record(self.sequence, json);
                segment::frame(bytes, segment.number, segment.end, &payload);
            }
        }
        let began = std::time::Instant::now();
        segment.write(bytes).map_err(|e| StoreError::disk("cannot write", &segment.path, &e))?;
        self.figures.note(began.elapsed());
        Ok(())
    }

    fn open(&mut self) -> Result<(), StoreError> {
        self.number += 1;
        let ahead = AHEAD_BYTES.min(self.start.limits.journal_segment_bytes);
        let segment = Segment::create(&self.start.dir, self.number, &self.first, ahead)?;
        let mut hot = HotSegment::new(segment.number, Arc::clone(&self.catalogue));
        hot.bytes = segment.end;
        self.live().segments.push(hot);
        self.segment = Some(segment);
        Ok(())
    }

    fn rotate_if_full(&mut self) {
        let full = self.segment.as_ref().is_some_and(|s| s.end >= self.start.limits.journal_segment_bytes);
        if full && let Err(cause) = self.rotate() {
            tracing::warn!(%cause, "the journal could not start a new segment; the next append tries again");
        }
    }

    fn rotate(&mut self) -> Result<(), StoreError> {
        let empty = self.live().segments.last().is_none_or(|s| s.readings == 0 && s.sequence == 0);
        if self.segment.is_some() && empty {
            return Ok(());
        }
        if let Some(segment) = self.segment.take() {
            segment.finish()?;
        }
        self.open()
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn commit_bytes(commit: &Commit) -> usize {
    let payloads: usize = commit.payloads.iter().map(|p| p.len() + FRAME_BYTES).sum();
    let words: usize = commit.words.iter().map(|(_, w)| w.len() + 8).sum();
    payloads + words + commit.records.iter().map(|r| r.len() + FRAME_BYTES + 10).sum::<usize>()
}

fn weight(group: &[Commit]) -> usize {
    group.iter().map(commit_bytes).sum()
}
