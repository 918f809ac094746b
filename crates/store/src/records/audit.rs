//! The audit trail: lines are added, never changed or deleted; numbers rise without gaps.

use super::{AuditRow, Records};
use crate::StoreError;
use measure::Instant;

impl Records {
    /// Adds a line and gives its number.
    pub(crate) async fn audit_add(&self, row: &AuditRow) -> Result<u64, StoreError> {
        let _one = self.writer.lock().await;
        let mut transaction = self.begin().await?;
        let (highest,): (Option<i64>,) = sqlx::query_as("SELECT MAX(number) FROM audit").fetch_one(&mut *transaction).await?;
        let number = highest.unwrap_or(0) + 1;
        sqlx::query("INSERT INTO audit (number, at, who, what, about, detail) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(number)
            .bind(row.at.micros())
            .bind(row.who.as_str())
            .bind(row.what.as_str())
            .bind(row.about.as_str())
            .bind(row.detail.as_str())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(number.unsigned_abs())
    }

    /// Lines before a number, newest first.
    pub(crate) async fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        let before = before.and_then(|n| i64::try_from(n).ok()).unwrap_or(i64::MAX);
        let rows: Vec<(i64, i64, String, String, String, String)> = sqlx::query_as(
            "SELECT number, at, who, what, about, detail FROM audit WHERE number < $1 ORDER BY number DESC LIMIT $2",
        )
        .bind(before)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        let row = |(number, at, who, what, about, detail): (i64, i64, _, _, _, _)| AuditRow {
            number: number.unsigned_abs(),
            at: Instant::from_micros(at),
            who,
            what,
            about,
            detail,
        };
        Ok(rows.into_iter().map(row).collect())
    }
}
