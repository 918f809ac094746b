//! Questions: series of a channel and SQL, worked out on a thread of their own.

use super::Store;
use super::thinkers::{GRACE, Task};
use crate::form::Catalogue;
use crate::live::HotSegment;
use crate::records::Outlined;
use crate::series::{Answer, Ask, LAST_TABLE, Manifest, RECORD_TABLES, Room, Sight, Sql, context, next, table};
use crate::{Bucket, LastValue, SqlFormat, SqlShape, SqlTable, StoreError};
use datafusion::execution::SendableRecordBatchStream;
use measure::{Budget, Instant, Span, Taker};
use plant::{ChannelId, ChannelKind, Plant};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{mpsc, oneshot};

/// Threads that work on questions: one, so that a heavy question leaves the other cores to the loop.
pub(crate) const THREADS: usize = 1;
/// Pieces of an answer that may wait for a slow reader.
const PIECES_WAITING: usize = 4;
/// A piece of an answer is sent when it has this size [bytes].
const PIECE_BYTES: usize = 64 << 10;
/// Buckets of one channel in one answer.
const BUCKETS_MAX: i64 = 20_000;
/// Most records of a kind that SQL sees, newest first.
const RECORDS_MAX: i64 = 100_000;
/// Times a question is tried anew when sealing moved what it was looking at.
const TRIES: usize = 3;

impl Store {
    /// Threads that work on questions.
    pub const fn query_threads(&self) -> usize {
        THREADS
    }

    /// A number channel's readings in `from..to`, in at most `points` buckets of equal length; empty ones are left out, bad
    /// readings do not count.
    ///
    /// # Errors
    /// The channel is not in the plant or holds words, history cannot be read, or it takes longer than 30 s.
    pub async fn series(
        &self,
        plant: &Plant,
        channel: ChannelId,
        from: Instant,
        to: Instant,
        points: usize,
    ) -> Result<Vec<Bucket>, StoreError> {
        let span = (to - from).micros().max(0);
        let width = span / points.max(1) as i64 + i64::from(span % points.max(1) as i64 != 0);
        let width = if points == 0 { 0 } else { width };
        let answer = self.buckets(plant, &[channel], (from, to), Span::from_micros(width), false).await?;
        Ok(answer.into_iter().next().unwrap_or_default())
    }

    /// Readings of number channels of one machine in `from..to`, in buckets of a width from `from` on: one list a channel; empty
    /// buckets are left out, bad readings do not count. With `weighted` each bucket has its time-weighted mean.
    ///
    /// # Errors
    /// As [`Self::series`]; besides, more than 20,000 buckets, or more readings to be weighted than there is memory for.
    pub async fn buckets(
        &self,
        plant: &Plant,
        channels: &[ChannelId],
        window: (Instant, Instant),
        width: Span,
        weighted: bool,
    ) -> Result<Vec<Vec<Bucket>>, StoreError> {
        if channels.iter().any(|c| plant.channels.get(c.index()).is_some_and(|c| c.kind.is_word())) {
            return Err(StoreError::Query("this channel holds words, which have no mean; ask for its words".to_owned()));
        }
        let count = if width > Span::ZERO { (window.1 - window.0).micros() / width.micros() } else { 0 };
        if count > BUCKETS_MAX {
            return Err(StoreError::Query(format!("{count} buckets are too many, allowed are {BUCKETS_MAX}; make them wider")));
        }
        self.asked(plant, channels, window, move |ask| ask.buckets(width, weighted)).await
    }

    /// A word channel's words in `from..to` with their source times, oldest first, at most the newest `limit`. Of a state only
    /// changes are given, of an event every one.
    ///
    /// # Errors
    /// As [`Self::series`].
    pub async fn words(
        &self,
        plant: &Plant,
        channel: ChannelId,
        (from, to): (Instant, Instant),
        limit: usize,
    ) -> Result<Vec<(Instant, Arc<str>)>, StoreError> {
        let found = plant.channels.get(channel.index());
        if found.is_some_and(|c| !c.kind.is_word()) {
            return Err(StoreError::Query("this channel holds numbers; ask for its series".to_owned()));
        }
        let changes = found.is_some_and(|c| c.kind == ChannelKind::State);
        self.asked(plant, &[channel], (from, to), move |ask| ask.words(limit, changes)).await
    }

    /// Works a question out; anew when sealing moved what it was looking at.
    async fn asked<T: Send + 'static>(
        &self,
        plant: &Plant,
        channels: &[ChannelId],
        window: (Instant, Instant),
        work: impl Fn(&Ask) -> Result<T, StoreError> + Copy + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut tries = TRIES;
        loop {
            let ask = self.ask(Ask::new(plant, channels, window)?);
            let waiting = Waiting(Arc::clone(&ask.given_up));
            let answer = self.think(async move { work(&ask) }).await;
            drop(waiting);
            tries -= 1;
            if tries == 0 || !matches!(answer, Err(StoreError::Disk { .. } | StoreError::Form { .. })) {
                return answer;
            }
        }
    }

    /// One SQL statement that only reads. Tables are the machine types, with columns `at`, `received`, `machine` and one a
    /// channel name, and `findings`, `forecasts`, `decisions`, `commands`, `outcomes`, `revisions`. At most `rows_max` rows are given.
    ///
    /// # Errors
    /// The statement is not understood, would change something, takes more than 30 s or more memory than allowed.
    pub async fn sql(&self, query: &str, rows_max: usize) -> Result<SqlTable, StoreError> {
        let mut tries = TRIES;
        loop {
            let answer = self.try_sql(query, rows_max).await;
            tries -= 1;
            if tries == 0 || !matches!(answer, Err(StoreError::Disk { .. })) {
                return answer;
            }
        }
    }

    async fn try_sql(&self, query: &str, rows_max: usize) -> Result<SqlTable, StoreError> {
        let running = self.running(query, || None).await?;
        self.think(async move { table(running.await?, rows_max).await }).await
    }

    /// The answer to one SQL statement that only reads, as [`Self::sql`], in pieces of one document. What is wrong with the query
    /// is told before the first piece. The table `last` holds what `last` gives, the newest value of each channel;
    /// where it gives none there is no such table. A slow reader slows the query down; after 30 s it is stopped.
    ///
    /// # Errors
    /// As [`Self::sql`]. A piece that is an error is the last one: the query failed on its way, took too long, or has more than
    /// `rows_max` rows, unless the form can say so itself.
    pub async fn sql_pieces(
        &self,
        query: &str,
        (format, rows_max): (SqlFormat, usize),
        last: impl Fn() -> Option<Vec<LastValue>>,
    ) -> Result<SqlPieces, StoreError> {
        let mut tries = TRIES;
        loop {
            let answer = self.try_pieces(self.running(query, &last).await?, (format, rows_max)).await;
            tries -= 1;
            if tries == 0 || !matches!(answer, Err(StoreError::Disk { .. })) {
                return answer;
            }
        }
    }

    /// What one SQL statement that only reads would give, as [`Self::sql`], without carrying it out.
    ///
    /// # Errors
    /// As [`Self::sql`].
    pub async fn sql_shape(&self, query: &str) -> Result<SqlShape, StoreError> {
        let mut tries = TRIES;
        loop {
            let (sql, looking) = (self.read(query).await?, self.looking());
            // the columns of these tables do not depend on their rows
            let records = RECORD_TABLES.into_iter().filter(|(name, _)| sql.wants(name)).map(|(name, _)| (name, Vec::new()));
            let records = records.collect();
            let shape = async move {
                let sight = looking.sight(&sql, (records, Some(Vec::new())))?;
                sql.shape(&sight).await
            };
            let answer = self.think(shape).await;
            tries -= 1;
            if tries == 0 || !matches!(answer, Err(StoreError::Disk { .. })) {
                return answer;
            }
        }
    }

    async fn try_pieces(
        &self,
        running: impl Future<Output = Result<SendableRecordBatchStream, StoreError>> + Send + 'static,
        form: (SqlFormat, usize),
    ) -> Result<SqlPieces, StoreError> {
        let (pieces, taken) = mpsc::channel(PIECES_WAITING);
        let (began, begin) = oneshot::channel();
        let within = self.inner.limits.question_within;
        let task = self.spawn(async move {
            let mut began = Some(began);
            let written = tokio::time::timeout(within, write_pieces(running, form, &pieces, &mut began)).await;
            let Err(cause) = written.unwrap_or(Err(StoreError::Slow(within.as_secs()))) else { return };
            // whoever asked may have gone
            let _ = match began.take() {
                Some(began) => began.send(Err(cause)).is_ok(),
                None => pieces.send(Err(cause)).await.is_ok(),
            };
        })?;
        let thinkers = Arc::clone(&self.inner.thinkers);
        let late = within + GRACE;
        tokio::spawn(async move {
            let mut task = task;
            if tokio::time::timeout(late, &mut task.handle).await.is_err() {
                thinkers.end(task).await;
            }
        });
        let began = tokio::time::timeout(late + 2 * GRACE, begin).await;
        began.map_err(|_| StoreError::Slow(within.as_secs()))?.map_err(|_| StoreError::Closed)??;
        Ok(taken)
    }

    /// A query that has been read, with all that it may look at, ready to run on the query thread.
    async fn running(
        &self,
        query: &str,
        last: impl Fn() -> Option<Vec<LastValue>>,
    ) -> Result<impl Future<Output = Result<SendableRecordBatchStream, StoreError>> + Send + 'static, StoreError> {
        let sql = self.read(query).await?;
        let (mut records, mut room) = (Vec::new(), Room::new(self.memory()));
        for (name, kind) in RECORD_TABLES {
            if sql.wants(name) {
                self.caught_up().await?;
                records.push((name, self.inner.records.outlines(kind, RECORDS_MAX, &mut room).await?));
            }
        }
        let last = if sql.wants(LAST_TABLE) { last() } else { None };
        let looking = self.looking();
        Ok(async move {
            let sight = looking.sight(&sql, (records, last))?;
            let answer = sql.run(&sight).await;
            // by now the tables hold what was looked up
            drop(room);
            answer
        })
    }

    async fn read(&self, query: &str) -> Result<Sql, StoreError> {
        let (context, query) = (context(Arc::clone(&self.inner.surroundings), THREADS), query.to_owned());
        // a deep query needs the stack of the query thread
        self.think(async move { Sql::read(context, &query) }).await
    }

    fn looking(&self) -> Looking {
        let (manifest, segments, words) = self.snapshot();
        let budget = self.memory().clone();
        Looking { journal: self.journal_dir(), history: self.history_dir(), manifest, segments, words, budget }
    }

    pub(super) fn ask(&self, ask: Ask) -> Ask {
        let (manifest, segments, words) = self.snapshot();
        let (footers, budget) = (Arc::clone(&self.inner.footers), self.memory().clone());
        let (segments, words) = (Arc::new(segments), Arc::new(words));
        Ask { history: self.history_dir(), journal: self.journal_dir(), manifest, segments, words, footers, budget, ..ask }
    }

    /// History and what is not yet in it, at one moment.
    fn snapshot(&self) -> (Arc<Manifest>, Vec<HotSegment>, Vec<Arc<str>>) {
        let live = self.live();
        (Arc::clone(&live.manifest), live.segments.clone(), live.words.clone())
    }

    /// Starts work on the query thread.
    pub(super) fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<Task<T>, StoreError> {
        self.inner.thinkers.spawn(work)
    }

    /// Works something out on the query thread, within the time allowed.
    pub(super) async fn think<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let within = self.inner.limits.question_within;
        let mut task = self.spawn(work)?;
        match tokio::time::timeout(within, &mut task.handle).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(cause)) if cause.is_panic() => Err(StoreError::Query(format!("the query broke off: {cause}"))),
            // another question did not let go of the thread
            Ok(Err(_)) => Err(StoreError::Slow(within.as_secs())),
            Err(_) => {
                self.inner.thinkers.end(task).await;
                Err(StoreError::Slow(within.as_secs()))
            }
        }
    }
}

/// A table of records: its name, its rows.
type RecordRows = (&'static str, Vec<Outlined>);

/// What a query looks at, before the hot readings are loaded.
struct Looking {
    journal: PathBuf,
    history: PathBuf,
    manifest: Arc<Manifest>,
    segments: Vec<HotSegment>,
    words: Vec<Arc<str>>,
    budget: Budget,
}

impl Looking {
    fn sight(self, sql: &Sql, (records, last): (Vec<RecordRows>, Option<Vec<LastValue>>)) -> Result<Sight, StoreError> {
        let Self { journal, history, manifest, segments, words, budget } = self;
        // most segments have the same catalogue, which may be long
        let mut known: Option<(Arc<Catalogue>, bool)> = None;
        let mut kinds = BTreeSet::new();
        let is_wanted = |segment: &&HotSegment| {
            let of = &segment.catalogue;
            let new = || {
                kinds.extend(of.machines.iter().map(|(_, kind)| kind.clone()));
                (Arc::clone(of), of.machines.iter().any(|(_, kind)| sql.wants(kind)))
            };
            let (_, is_wanted) = known.take_if(|(known, _)| Arc::ptr_eq(known, of)).unwrap_or_else(new);
            known = Some((Arc::clone(of), is_wanted));
            is_wanted
        };
        let hot = segments
            .iter()
            .filter(is_wanted)
            .map(|s| s.load(&journal, &budget, Taker::Queries))
            .collect::<Result<Arc<[_]>, StoreError>>()?;
        Ok(Sight { history, manifest, hot, words: words.into(), kinds, records, last, budget })
    }
}

/// Somebody waits for an answer; when they do no more, the work ends at the next file.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Pieces of an answer, in their order; after an error there are no more.
pub type SqlPieces = mpsc::Receiver<Result<Vec<u8>, StoreError>>;

/// Writes an answer piece by piece; tells `began` when the query was found to be good.
async fn write_pieces(
    running: impl Future<Output = Result<SendableRecordBatchStream, StoreError>>,
    (format, rows_max): (SqlFormat, usize),
    pieces: &mpsc::Sender<Result<Vec<u8>, StoreError>>,
    began: &mut Option<oneshot::Sender<Result<(), StoreError>>>,
) -> Result<(), StoreError> {
    let mut stream = running.await?;
    let (mut answer, first) = Answer::begin(format, &stream.schema(), rows_max)?;
    // the first rows may still show that the query does not work, such as a division by zero
    let mut batch = next(&mut stream).await?;
    if let Some(began) = began.take() {
        // whoever asked may have gone
        let _ = began.send(Ok(()));
    }
    let mut bytes = first;
    let mut cut = false;
    while let Some(rows) = &batch {
        let (more, is_cut) = answer.rows(rows)?;
        bytes.extend(more);
        cut = is_cut;
        if bytes.len() >= PIECE_BYTES && pieces.send(Ok(std::mem::take(&mut bytes))).await.is_err() {
            return Ok(());
        }
        if cut {
            break;
        }
        batch = next(&mut stream).await?;
    }
    bytes.extend(answer.end(cut)?);
    // whoever asked may have gone
    let _ = pieces.send(Ok(bytes)).await;
    Ok(())
}
