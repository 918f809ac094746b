//! Frozen baselines: by machine and what they are about, the newest versions.
//!
//! Enters and leaves: the rows of `form`. Absent: what they are good for.

use super::Records;
use crate::StoreError;
use crate::form::BaselineV1;

/// Versions kept of each baseline; the oldest go.
const VERSIONS_MAX: i64 = 4;
/// Baselines kept of a machine; those that were frozen longest ago go. More than `know` holds at a time.
const ABOUTS_MAX: i64 = 128;

type Row = (String, String, i64, i64, i64, i64, String, String);

impl Records {
    /// The newest version of each baseline.
    pub(crate) async fn baselines(&self) -> Result<Vec<BaselineV1>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT b.machine, b.about, b.version, b.at, b.learned_from, b.learned_to, b.channels, b.body
             FROM baselines b JOIN (SELECT machine, about, MAX(version) AS newest FROM baselines GROUP BY machine, about) n
                ON n.machine = b.machine AND n.about = b.about AND n.newest = b.version
             ORDER BY b.machine, b.at, b.about",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(read).collect())
    }
}

fn read((machine, about, version, at, learned_from, learned_to, channels, body): Row) -> BaselineV1 {
    let version = u32::try_from(version).unwrap_or(u32::MAX);
    BaselineV1 { machine, about, version, at, learned_from, learned_to, channels, body }
}

/// Keeps a version of a baseline, in the place of the same version; older ones beyond the bound go.
pub(super) async fn put(transaction: &mut sqlx::Transaction<'_, sqlx::Any>, row: &BaselineV1) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO baselines (machine, about, version, at, learned_from, learned_to, channels, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (machine, about, version) DO UPDATE SET at = excluded.at,
            learned_from = excluded.learned_from, learned_to = excluded.learned_to, channels = excluded.channels,
            body = excluded.body",
    )
    .bind(row.machine.as_str())
    .bind(row.about.as_str())
    .bind(i64::from(row.version))
    .bind(row.at)
    .bind(row.learned_from)
    .bind(row.learned_to)
    .bind(row.channels.as_str())
    .bind(row.body.as_str())
    .execute(&mut **transaction)
    .await?;
    sqlx::query("DELETE FROM baselines WHERE machine = $1 AND about = $2 AND version <= $3")
        .bind(row.machine.as_str())
        .bind(row.about.as_str())
        .bind(i64::from(row.version) - VERSIONS_MAX)
        .execute(&mut **transaction)
        .await?;
    sqlx::query(
        "DELETE FROM baselines WHERE machine = $1 AND about NOT IN
            (SELECT about FROM baselines WHERE machine = $1 GROUP BY about ORDER BY MAX(at) DESC, about LIMIT $2)",
    )
    .bind(row.machine.as_str())
    .bind(ABOUTS_MAX)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
