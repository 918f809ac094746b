//! The list of sealed files, their columns, and the words: what makes a sealing whole or not at all. A Parquet file is part of
//! history if and only if it stands here; one transaction adds files, takes others out, and says up to which journal segment
//! history reaches.

use super::Records;
use crate::StoreError;
use crate::series::{Column, Manifest, PartFile};
use plant::WordId;
use std::sync::Arc;

const SEALED: &str = "sealed_segment";

/// One change of history.
#[derive(Default)]
pub(crate) struct Sealing {
    /// Files that become part of history.
    pub added: Vec<PartFile>,
    /// Files that are no longer part of it and will be deleted.
    pub removed: Vec<String>,
    /// Columns that are new or changed.
    pub columns: Vec<Column>,
    /// Words from this number on are new to the database.
    pub words: Vec<(usize, Arc<str>)>,
    /// Highest journal segment that is in history now.
    pub segment: Option<u64>,
}

impl Records {
    /// Carries out a change of history.
    pub(crate) async fn seal(&self, sealing: &Sealing) -> Result<(), StoreError> {
        let _one = self.writer.lock().await;
        let mut transaction = self.begin().await?;
        for file in &sealing.added {
            sqlx::query(
                "INSERT INTO files (path, machine_type, first_at, last_at, row_count, readings, bytes)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(file.path.as_str())
            .bind(file.machine_type.as_str())
            .bind(file.first_at)
            .bind(file.last_at)
            .bind(file.rows as i64)
            .bind(file.readings as i64)
            .bind(file.bytes as i64)
            .execute(&mut *transaction)
            .await?;
        }
        for path in &sealing.removed {
            sqlx::query("DELETE FROM files WHERE path = $1").bind(path.as_str()).execute(&mut *transaction).await?;
            sqlx::query("INSERT INTO doomed_files (path) VALUES ($1)").bind(path.as_str()).execute(&mut *transaction).await?;
        }
        for column in &sealing.columns {
            put_column(&mut transaction, column).await?;
        }
        for (number, word) in &sealing.words {
            sqlx::query("INSERT INTO words (number, word) VALUES ($1, $2) ON CONFLICT (number) DO NOTHING")
                .bind(*number as i64)
                .bind(word.as_ref())
                .execute(&mut *transaction)
                .await?;
        }
        if let Some(segment) = sealing.segment {
            sqlx::query(super::SET_META).bind(SEALED).bind(segment.to_string()).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Highest journal segment that is in history.
    pub(crate) async fn sealed_segment(&self) -> Result<u64, StoreError> {
        Ok(self.meta(SEALED).await?.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// All sealed files and columns.
    pub(crate) async fn manifest(&self) -> Result<Manifest, StoreError> {
        let files: Vec<(String, String, i64, i64, i64, i64, i64)> =
            sqlx::query_as("SELECT path, machine_type, first_at, last_at, row_count, readings, bytes FROM files ORDER BY path")
                .fetch_all(&self.pool)
                .await?;
        let columns: Vec<(String, String, i64, String, String, i64)> = sqlx::query_as(
            "SELECT machine_type, channel, word, name, unit, quality FROM file_columns ORDER BY machine_type, name",
        )
        .fetch_all(&self.pool)
        .await?;
        let file = |(path, machine_type, first_at, last_at, rows, readings, bytes): (_, _, _, _, i64, i64, i64)| PartFile {
            path,
            machine_type,
            first_at,
            last_at,
            rows: rows.unsigned_abs(),
            readings: readings.unsigned_abs(),
            bytes: bytes.unsigned_abs(),
        };
        let column = |(machine_type, channel, word, name, unit, quality): (_, _, i64, _, _, i64)| Column {
            machine_type,
            channel,
            word: word != 0,
            name,
            unit,
            quality: quality != 0,
        };
        Ok(Manifest { files: files.into_iter().map(file).collect(), columns: columns.into_iter().map(column).collect() })
    }

    /// All words in the order of their numbers.
    pub(crate) async fn words(&self) -> Result<Vec<(WordId, Arc<str>)>, StoreError> {
        let rows: Vec<(i64, String)> =
            sqlx::query_as("SELECT number, word FROM words ORDER BY number").fetch_all(&self.pool).await?;
        let numbered = |(number, word): (i64, String)| Some((WordId(u32::try_from(number).ok()?), Arc::from(word)));
        Ok(rows.into_iter().filter_map(numbered).collect())
    }

    /// How many words the database has: numbers from this one on are new to it.
    pub(crate) async fn words_known(&self) -> Result<usize, StoreError> {
        let (highest,): (Option<i64>,) = sqlx::query_as("SELECT MAX(number) FROM words").fetch_one(&self.pool).await?;
        Ok(highest.and_then(|n| usize::try_from(n).ok()).map_or(0, |n| n + 1))
    }

    /// Files that are no longer part of history and may still be on the disk.
    pub(crate) async fn doomed(&self) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as("SELECT path FROM doomed_files ORDER BY path").fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(path,)| path).collect())
    }

    /// Forgets doomed files that are deleted.
    pub(crate) async fn buried(&self, paths: &[String]) -> Result<(), StoreError> {
        let _one = self.writer.lock().await;
        for path in paths {
            sqlx::query("DELETE FROM doomed_files WHERE path = $1").bind(path.as_str()).execute(&self.pool).await?;
        }
        Ok(())
    }
}

async fn put_column(transaction: &mut sqlx::Transaction<'_, sqlx::Any>, column: &Column) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO file_columns (machine_type, channel, word, name, unit, quality) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (machine_type, channel, word) DO UPDATE SET quality = excluded.quality, unit = excluded.unit",
    )
    .bind(column.machine_type.as_str())
    .bind(column.channel.as_str())
    .bind(i64::from(column.word))
    .bind(column.name.as_str())
    .bind(column.unit.as_str())
    .bind(i64::from(column.quality))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
