//! Records: every version is kept, the latest is looked up. Enters and leaves: the JSON forms of `form`.

use super::{Records, baselines};
use crate::StoreError;
use crate::form::{Outline, baseline_from_json, bookmark_from_json, used_from_json};
use crate::series::Room;
use futures::TryStreamExt;
use measure::Instant;
use plant::{RecordId, RecordKind};
use std::collections::BTreeMap;

/// The outline of a version, for SQL tables: (sequence, id, time [µs], machine, what, state, body).
pub(crate) type Outlined = (i64, i64, i64, String, String, String, String);

/// What an outline takes in memory [bytes].
pub(crate) fn outlined_bytes((_, _, _, machine, what, state, body): &Outlined) -> usize {
    size_of::<Outlined>() + machine.len() + what.len() + state.len() + body.len()
}

const APPLIED: &str = "applied_sequence";
/// What keys of bookmarks begin with in the table of single values, and what is beyond them all.
const BOOKMARK: &str = "bookmark.";
const BOOKMARKS_END: &str = "bookmark/";

impl Records {
    /// The highest sequence carried over from the journal.
    pub(crate) async fn applied(&self) -> Result<u64, StoreError> {
        Ok(self.meta(APPLIED).await?.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// Carries versions over from the journal, in one transaction. A version equal to the latest one is passed over; so is
    /// what was carried over before.
    pub(crate) async fn apply(&self, versions: &[(u64, String)]) -> Result<(), StoreError> {
        let _one = self.writer.lock().await;
        let mut transaction = self.begin().await?;
        let applied: Option<(String,)> =
            sqlx::query_as("SELECT value FROM meta WHERE key = $1").bind(APPLIED).fetch_optional(&mut *transaction).await?;
        let applied = applied.and_then(|(text,)| text.parse().ok()).unwrap_or(0);
        let mut highest = applied;
        for (sequence, body) in versions.iter().filter(|(sequence, _)| *sequence > applied) {
            highest = highest.max(*sequence);
            if let Some((key, value)) = bookmark_from_json(body) {
                put_bookmark(&mut transaction, &key, &value).await?;
                continue;
            }
            if let Some(row) = baseline_from_json(body) {
                baselines::put(&mut transaction, &row).await?;
                continue;
            }
            if let Some(used) = used_from_json(body) {
                baselines::used(&mut transaction, &used).await?;
                continue;
            }
            let outline = Outline::of(body).map_err(|e| StoreError::form(format!("version {sequence} of a record"), &e))?;
            let latest: Option<(String,)> = sqlx::query_as(LATEST_BODY)
                .bind(outline.id.kind.word())
                .bind(outline.id.number as i64)
                .fetch_optional(&mut *transaction)
                .await?;
            if latest.is_some_and(|(latest,)| latest == *body) {
                continue;
            }
            insert(&mut transaction, *sequence, &outline, body).await?;
        }
        sqlx::query(super::SET_META).bind(APPLIED).bind(highest.to_string()).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// How far sources were read, by key.
    pub(crate) async fn bookmarks(&self) -> Result<BTreeMap<String, String>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as("SELECT key, value FROM meta WHERE key >= $1 AND key < $2 ORDER BY key")
            .bind(BOOKMARK)
            .bind(BOOKMARKS_END)
            .fetch_all(&self.pool)
            .await?;
        let own = |(key, value): (String, String)| Some((key.strip_prefix(BOOKMARK)?.to_owned(), value));
        Ok(rows.into_iter().filter_map(own).collect())
    }

    /// The latest form of a record.
    pub(crate) async fn latest(&self, id: RecordId) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> =
            sqlx::query_as(LATEST_BODY).bind(id.kind.word()).bind(id.number as i64).fetch_optional(&self.pool).await?;
        Ok(row.map(|(body,)| body))
    }

    /// All forms of a record, oldest first.
    pub(crate) async fn versions(&self, id: RecordId) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> =
            sqlx::query_as("SELECT body FROM record_versions WHERE kind = $1 AND number = $2 ORDER BY sequence")
                .bind(id.kind.word())
                .bind(id.number as i64)
                .fetch_all(&self.pool)
                .await?;
        Ok(rows.into_iter().map(|(body,)| body).collect())
    }

    /// The latest forms of records of a kind made before an instant, newest first.
    pub(crate) async fn of_kind(&self, kind: RecordKind, before: Instant, limit: usize) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT v.body FROM record_latest l JOIN record_versions v ON v.sequence = l.sequence
             WHERE l.kind = $1 AND l.at < $2 ORDER BY l.at DESC, l.number DESC LIMIT $3",
        )
        .bind(kind.word())
        .bind(before.micros())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|(body,)| body).collect())
    }

    /// The latest forms of records of a kind about one thing, newest first.
    pub(crate) async fn about(&self, kind: RecordKind, what: &str, limit: usize) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT v.body FROM record_latest l JOIN record_versions v ON v.sequence = l.sequence
             WHERE l.kind = $1 AND v.what = $2 ORDER BY l.number DESC LIMIT $3",
        )
        .bind(kind.word())
        .bind(what)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|(body,)| body).collect())
    }

    /// The newest records of all kinds by the order in which they were kept: (sequence, form), at most `limit` a kind; and all
    /// revisions that are pending.
    pub(crate) async fn recent(&self, limit: i64) -> Result<Vec<String>, StoreError> {
        let mut all = Vec::new();
        for kind in RecordKind::ALL {
            let rows: Vec<(i64, String)> = sqlx::query_as(
                "SELECT v.sequence, v.body FROM record_latest l JOIN record_versions v ON v.sequence = l.sequence
                 WHERE l.kind = $1 ORDER BY l.number DESC LIMIT $2",
            )
            .bind(kind.word())
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
            all.extend(rows);
        }
        let pending: Vec<(i64, String)> = sqlx::query_as(
            "SELECT v.sequence, v.body FROM record_latest l JOIN record_versions v ON v.sequence = l.sequence
             WHERE l.kind = 'revision' AND l.state = 'pending'",
        )
        .fetch_all(&self.pool)
        .await?;
        all.extend(pending);
        all.sort_by_key(|(sequence, _)| *sequence);
        all.dedup_by_key(|(sequence, _)| *sequence);
        Ok(all.into_iter().map(|(_, body)| body).collect())
    }

    /// The latest forms of the newest findings that people looked into, oldest first. The text of every finding is looked at once.
    pub(crate) async fn confirmed(&self, limit: i64) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT v.body FROM record_latest l JOIN record_versions v ON v.sequence = l.sequence
             WHERE l.kind = 'finding' AND v.body LIKE $1 ORDER BY l.number DESC LIMIT $2",
        )
        .bind(CONFIRMED)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().rev().map(|(body,)| body).collect())
    }

    /// The latest forms of decisions that are pending, approved or running, oldest first.
    pub(crate) async fn open_decisions(&self) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT v.body FROM record_latest l JOIN record_versions v ON v.sequence = l.sequence
             WHERE l.kind = 'decision' AND l.state IN ('pending', 'approved', 'running') ORDER BY l.number",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|(body,)| body).collect())
    }

    /// The next free number of each kind.
    pub(crate) async fn next(&self) -> Result<[u64; RecordKind::COUNT], StoreError> {
        let mut next = [1; RecordKind::COUNT];
        for (place, kind) in next.iter_mut().zip(RecordKind::ALL) {
            let (highest,): (Option<i64>,) = sqlx::query_as("SELECT MAX(number) FROM record_latest WHERE kind = $1")
                .bind(kind.word())
                .fetch_one(&self.pool)
                .await?;
            *place = highest.map_or(1, |n| n.unsigned_abs() + 1);
        }
        Ok(next)
    }

    /// Outlines of the newest records of a kind, for SQL.
    pub(crate) async fn outlines(&self, kind: RecordKind, limit: i64, room: &mut Room) -> Result<Vec<Outlined>, StoreError> {
        let query = sqlx::query_as(
            "SELECT v.sequence, v.number, v.at, v.machine, v.what, v.state, v.body
             FROM record_latest l JOIN record_versions v ON v.sequence = l.sequence
             WHERE l.kind = $1 ORDER BY l.number DESC LIMIT $2",
        );
        let mut found = Vec::new();
        let mut rows = query.bind(kind.word()).bind(limit).fetch(&self.pool);
        while let Some(row) = rows.try_next().await? {
            room.take(outlined_bytes(&row))?;
            found.push(row);
        }
        Ok(found)
    }
}

/// Keeps a bookmark; an empty one is forgotten.
async fn put_bookmark(transaction: &mut sqlx::Transaction<'_, sqlx::Any>, key: &str, value: &str) -> Result<(), StoreError> {
    let key = format!("{BOOKMARK}{key}");
    let query = if value.is_empty() {
        sqlx::query("DELETE FROM meta WHERE key = $1").bind(key)
    } else {
        sqlx::query(super::SET_META).bind(key).bind(value.to_owned())
    };
    query.execute(&mut **transaction).await?;
    Ok(())
}

/// What only the text of a finding with a confirmation holds; a quotation mark within somebody's words has a backslash before it.
const CONFIRMED: &str = r#"%,"confirmation":{%"#;

const LATEST_BODY: &str = "SELECT v.body FROM record_latest l JOIN record_versions v ON v.sequence = l.sequence
     WHERE l.kind = $1 AND l.number = $2";

async fn insert(
    transaction: &mut sqlx::Transaction<'_, sqlx::Any>,
    sequence: u64,
    outline: &Outline,
    body: &str,
) -> Result<(), StoreError> {
    let (kind, number) = (outline.id.kind.word(), outline.id.number as i64);
    sqlx::query(
        "INSERT INTO record_versions (sequence, kind, number, at, machine, what, state, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(sequence as i64)
    .bind(kind)
    .bind(number)
    .bind(outline.at.micros())
    .bind(outline.machine.as_str())
    .bind(outline.what.as_str())
    .bind(outline.state.as_str())
    .bind(body)
    .execute(&mut **transaction)
    .await?;
    sqlx::query(
        "INSERT INTO record_latest (kind, number, sequence, at, state) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (kind, number) DO UPDATE SET sequence = excluded.sequence, at = excluded.at, state = excluded.state",
    )
    .bind(kind)
    .bind(number)
    .bind(sequence as i64)
    .bind(outline.at.micros())
    .bind(outline.state.as_str())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
