//! Questions: series of a channel and SQL, worked out on a thread of their own.

use super::Store;
use crate::live::HotSegment;
use crate::series::{Ask, Manifest, RECORD_TABLES, Sight, Sql, context};
use crate::{Bucket, SqlTable, StoreError};
use measure::Instant;
use plant::{ChannelId, ChannelKind, Plant};
use std::sync::Arc;
use std::time::Duration;

/// Longest time of a question.
const TIME_MAX: Duration = Duration::from_secs(30);
/// Most records of a kind that SQL sees, newest first.
const RECORDS_MAX: i64 = 100_000;
/// Times a question is tried anew when sealing moved what it was looking at.
const TRIES: usize = 3;

impl Store {
    /// A number channel's readings in `from..to`, in at most `points` buckets of equal length; empty ones are left out, bad
    /// readings do not count.
    ///
    /// # Errors
    /// The channel is not in the plant, history cannot be read, or it takes longer than 30 s.
    pub async fn series(
        &self,
        plant: &Plant,
        channel: ChannelId,
        from: Instant,
        to: Instant,
        points: usize,
    ) -> Result<Vec<Bucket>, StoreError> {
        if plant.channels.get(channel.index()).is_some_and(|c| c.kind.is_word()) {
            return Err(StoreError::Query("this channel holds words, which have no mean; ask for its words".to_owned()));
        }
        let mut tries = TRIES;
        loop {
            let ask = self.ask(Ask::new(plant, channel, from, to)?);
            let context = self.inner.context.clone();
            let answer = self.think(async move { ask.buckets(&context, points).await }).await;
            tries -= 1;
            if answer.is_ok() || tries == 0 {
                return answer;
            }
        }
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
        let mut tries = TRIES;
        loop {
            let ask = self.ask(Ask::new(plant, channel, from, to)?);
            let context = self.inner.context.clone();
            let answer = self.think(async move { ask.words(&context, limit, changes).await }).await;
            tries -= 1;
            if answer.is_ok() || tries == 0 {
                return answer;
            }
        }
    }

    /// One SQL statement that only reads. Tables are the machine types, with columns `at`, `received`, `machine` and one a
    /// channel name, and `findings`, `forecasts`, `decisions`, `commands`, `outcomes`. At most `rows_max` rows are given.
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
        let sql = Sql::read(context(self.inner.context.runtime_env()), query)?;
        let mut records = Vec::new();
        for (name, kind) in RECORD_TABLES {
            if sql.wants(name) {
                self.caught_up().await?;
                records.push((name, self.inner.records.outlines(kind, RECORDS_MAX).await?));
            }
        }
        let (manifest, segments, words) = self.snapshot();
        let (journal, history) = (self.journal_dir(), self.history_dir());
        self.think(async move {
            let hot = segments.iter().map(|s| Ok((Arc::clone(&s.catalogue), s.load(&journal)?)));
            let hot = hot.collect::<Result<Vec<_>, StoreError>>()?;
            sql.run(&Sight { history, manifest, hot, words, records }, rows_max).await
        })
        .await
    }

    fn ask(&self, ask: Ask) -> Ask {
        let (manifest, segments, words) = self.snapshot();
        Ask { history: self.history_dir(), journal: self.journal_dir(), manifest, segments, words, ..ask }
    }

    /// History and what is not yet in it, at one moment.
    fn snapshot(&self) -> (Arc<Manifest>, Vec<HotSegment>, Vec<Arc<str>>) {
        let live = self.live();
        (Arc::clone(&live.manifest), live.segments.clone(), live.words.clone())
    }

    /// Starts work on the query thread.
    pub(super) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<tokio::task::JoinHandle<T>, StoreError> {
        Ok(self.inner.thinkers.0.as_ref().ok_or(StoreError::Closed)?.spawn(work))
    }

    /// Works something out on the query thread, within the time allowed.
    async fn think<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut task = self.spawn(work)?;
        match tokio::time::timeout(TIME_MAX, &mut task).await {
            Ok(answer) => answer.map_err(|e| StoreError::Query(format!("the query broke off: {e}")))?,
            Err(_) => {
                task.abort();
                Err(StoreError::Slow(TIME_MAX.as_secs()))
            }
        }
    }
}
