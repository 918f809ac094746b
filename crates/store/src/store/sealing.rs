//! Sealing, joining and giving up: how readings move from the journal to history and how history is kept in order.
//!
//! ```text
//! files written, flushed, renamed ──> one database transaction lists them ──> memory ──> journal segments deleted
//! ```
//! The transaction decides. Before it the readings are in the journal, after it in history; a start deletes what the other has.

use super::Store;
use crate::journal::segment;
use crate::live::HotSegment;
use crate::records::Sealing;
use crate::series::{Chunk, Manifest, PartFile, due, expired, join_candidates, write_chunk, write_joined, write_minutes};
use crate::{SealReport, StoreError};
use measure::{Instant, Taker};
use plant::Plant;
use std::sync::Arc;

/// Joins in one sealing.
const JOINS_MAX: u64 = 8;

impl Store {
    /// Moves readings of a site received up to an instant from the journal to history, joins small files, keeps minutes only of
    /// old days, and gives up what is beyond the limits of history. The segment being written is closed if its first reading is due; a
    /// segment moves as a whole once its last one is.
    ///
    /// # Errors
    /// The disk or the database refuses; everything acknowledged is still there, and the next sealing goes on.
    pub async fn seal(&self, plant: &Plant, upto: Instant) -> Result<SealReport, StoreError> {
        let _one = self.inner.sealing.lock().await;
        if !self.inner.journal.is_open() {
            return Err(StoreError::Closed);
        }
        self.bury_doomed().await?;
        let mut report = SealReport::default();
        if self.open_segment_due(upto) {
            self.rotate().await?;
        }
        loop {
            let chunk = self.due(upto);
            if chunk.is_empty() {
                break;
            }
            self.seal_chunk(&plant.site, &chunk, &mut report).await?;
        }
        self.join_small(&mut report).await?;
        self.down_sample(upto, &mut report).await?;
        self.expire(upto, &mut report).await?;
        Ok(report)
    }

    /// Whether sealing should not wait for its time: memory for unsealed readings or a quarter of the journal is nearly used up.
    pub fn pressed(&self) -> bool {
        let live = self.live();
        live.is_nearly_full() || live.journal_bytes() >= self.inner.limits.journal_bytes_max / 4
    }

    fn open_segment_due(&self, upto: Instant) -> bool {
        self.live().segments.last().and_then(|s| s.received).is_some_and(|(first, _)| first <= upto)
    }

    /// The oldest closed segments that are due, as many as fit one chunk.
    fn due(&self, upto: Instant) -> Vec<HotSegment> {
        // what gathering notes of them is about as large as they are
        let most = self.memory().most(Taker::Sealing);
        let live = self.live();
        let closed = live.segments.split_last().map_or(&[][..], |(_, closed)| closed);
        let mut bytes = 0;
        let due = closed.iter().take_while(|s| {
            let first = bytes == 0;
            bytes += s.bytes.max(1) + s.load_bytes();
            s.received.is_none_or(|(_, last)| last <= upto) && (first || bytes <= most)
        });
        due.cloned().collect()
    }

    async fn seal_chunk(&self, site: &str, segments: &[HotSegment], report: &mut SealReport) -> Result<(), StoreError> {
        let Some(last) = segments.last() else { return Ok(()) };
        let (journal, history) = (self.journal_dir(), self.history_dir());
        let (words, manifest) = {
            let live = self.live();
            (live.words.clone(), Arc::clone(&live.manifest))
        };
        let known = self.inner.records.words_known().await?;
        let owned = segments.to_vec();
        let (number, site) = (last.number, site.to_owned());
        let (chunk_words, chunk_history) = (words.as_slice().into(), history.clone());
        let budget = self.memory().clone();
        let written = tokio::task::spawn_blocking(move || {
            let _notes = budget.must(Taker::Sealing, owned.iter().map(|s| s.bytes).sum());
            let hot =
                owned.iter().map(|s| s.load(&journal, &budget, Taker::Sealing)).collect::<Result<Arc<[_]>, StoreError>>()?;
            write_chunk(&chunk_history, &Chunk { hot, segment: number, words: chunk_words, manifest, site })
        });
        let (files, columns) = written.await.map_err(|e| StoreError::form("a sealing", &e))??;
        self.inner.applier.reach(segments.iter().map(|s| s.sequence).max().unwrap_or(0)).await?;
        report.segments += segments.len() as u64;
        report.files += files.len() as u64;
        report.readings += files.iter().map(|f| f.readings).sum::<u64>();
        let words = words.into_iter().enumerate().skip(known).collect();
        let sealing = Sealing { added: files, columns, words, segment: Some(number), ..Sealing::default() };
        let numbers: Vec<u64> = segments.iter().map(|s| s.number).collect();
        self.change(sealing, &numbers).await?;
        self.delete_segments(&numbers)
    }

    /// Carries out a change of history in the database, then in memory.
    async fn change(&self, sealing: Sealing, segments: &[u64]) -> Result<(), StoreError> {
        self.inner.records.seal(&sealing).await?;
        let mut live = self.live();
        let mut manifest = Manifest::clone(&live.manifest);
        manifest.files.retain(|f| !sealing.removed.contains(&f.path));
        manifest.files.extend(sealing.added);
        for column in sealing.columns {
            let same = |c: &&mut crate::series::Column| {
                (&c.machine_type, &c.channel, c.word) == (&column.machine_type, &column.channel, column.word)
            };
            match manifest.columns.iter_mut().find(same) {
                Some(known) => *known = column,
                None => manifest.columns.push(column),
            }
        }
        live.manifest = Arc::new(manifest);
        live.forget(segments);
        Ok(())
    }

    fn delete_segments(&self, numbers: &[u64]) -> Result<(), StoreError> {
        let dir = self.journal_dir();
        for number in numbers {
            let path = segment::path(&dir, *number);
            std::fs::remove_file(&path).map_err(|e| StoreError::disk("cannot delete", &path, &e))?;
        }
        segment::sync_dir(&dir)
    }

    async fn join_small(&self, report: &mut SealReport) -> Result<(), StoreError> {
        for _ in 0..JOINS_MAX {
            let manifest = Arc::clone(&self.live().manifest);
            let Some(parts) = join_candidates(&manifest) else { break };
            let (history, site) = (self.history_dir(), self.plant().site.clone());
            let owned = parts.clone();
            let join = tokio::task::spawn_blocking(move || write_joined(&history, &manifest, (&site, &owned)));
            match join.await.map_err(|e| StoreError::form("a join", &e))? {
                Ok(joined) => {
                    report.joined += parts.len() as u64;
                    self.change(Sealing { added: vec![joined], removed: paths(&parts), ..Sealing::default() }, &[]).await?;
                }
                Err(cause) => {
                    tracing::warn!(%cause, "small files of history stay apart");
                    break;
                }
            }
        }
        Ok(())
    }

    /// Replaces days by their minutes. What the disk refuses is tried again at the next sealing.
    async fn down_sample(&self, now: Instant, report: &mut SealReport) -> Result<(), StoreError> {
        for _ in 0..JOINS_MAX {
            let manifest = Arc::clone(&self.live().manifest);
            let Some(parts) = due(&manifest, now, self.inner.limits.minutes_after_days) else { break };
            let (history, site) = (self.history_dir(), self.plant().site.clone());
            let owned = parts.clone();
            let minutes = tokio::task::spawn_blocking(move || write_minutes(&history, &manifest, (&site, &owned)));
            match minutes.await.map_err(|e| StoreError::form("a down-sampling", &e))? {
                Ok((file, columns)) => {
                    report.down_sampled += parts.len() as u64;
                    // a day of bad readings only has no minutes
                    let added = if file.rows > 0 { vec![file] } else { Vec::new() };
                    self.change(Sealing { added, columns, removed: paths(&parts), ..Sealing::default() }, &[]).await?;
                }
                Err(cause) => {
                    tracing::warn!(%cause, "a day of history is not down-sampled yet");
                    break;
                }
            }
        }
        Ok(())
    }

    async fn expire(&self, now: Instant, report: &mut SealReport) -> Result<(), StoreError> {
        let manifest = Arc::clone(&self.live().manifest);
        let limits = &self.inner.limits;
        let old = expired(&manifest, now, (limits.history_days, limits.history_bytes_max));
        report.expired += old.len() as u64;
        if old.is_empty() {
            return Ok(());
        }
        self.change(Sealing { removed: paths(&old), ..Sealing::default() }, &[]).await
    }

    /// Deletes what an earlier sealing replaced; questions that were looking at it have had until now.
    async fn bury_doomed(&self) -> Result<(), StoreError> {
        let doomed = self.inner.records.doomed().await?;
        for path in &doomed {
            let path = self.history_dir().join(path);
            if let Err(cause) = std::fs::remove_file(&path)
                && cause.kind() != std::io::ErrorKind::NotFound
            {
                return Err(StoreError::disk("cannot delete", &path, &cause));
            }
        }
        self.inner.records.buried(&doomed).await
    }
}

fn paths(files: &[PartFile]) -> Vec<String> {
    files.iter().map(|f| f.path.clone()).collect()
}
