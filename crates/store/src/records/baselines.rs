//! Frozen baselines: by machine and what they are about, the newest versions.
//!
//! ```text
//! put  v5 of A ──> v5 v4 v3 v2 of A     beyond 128 of a machine: of the product not used for longest only its newest version stays,
//! used A at t  ──> used_at of A         without a body: what is learned of it again gets the next one
//! ```
//!
//! Enters and leaves: the rows of `form`. Absent: what they are good for.

use super::Records;
use crate::StoreError;
use crate::form::{BaselineRow, BaselineV1, UsedV1};
use plant::Frozen;

/// Versions kept of each baseline; the oldest go.
const VERSIONS_MAX: i64 = 4;
/// Baselines kept of a machine; those of products that were not used for longest go. More than `know` holds at a time.
const ABOUTS_MAX: i64 = 128;
/// Baselines of a machine of which only the version is kept; those that were not used for longest go.
const GONE_MAX: i64 = 4_096;

type Row = (String, String, i64, i64, i64, i64, String, String, i64, Option<i64>);

impl Records {
    /// The newest version of each baseline, those used last first within a machine.
    pub(crate) async fn baselines(&self) -> Result<Vec<BaselineRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT b.machine, b.about, b.version, b.at, b.learned_from, b.learned_to, b.channels, b.body, b.used_at,
                (SELECT MAX(s.version) FROM baselines s
                    WHERE s.machine = b.machine AND s.about = b.about AND s.version >= 1 AND s.version <= $1)
             FROM baselines b JOIN (SELECT machine, about, MAX(version) AS newest FROM baselines GROUP BY machine, about) n
                ON n.machine = b.machine AND n.about = b.about AND n.newest = b.version
             ORDER BY b.machine, b.used_at DESC, b.about",
        )
        .bind(i64::from(Frozen::VERSION_MAX))
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(read).collect())
    }
}

/// A version that no baseline can have is taken for the one after the newest that one can have.
fn read((machine, about, found, at, learned_from, learned_to, channels, body, used_at, sound): Row) -> BaselineRow {
    let version = u32::try_from(found).ok().filter(|version| (1..=Frozen::VERSION_MAX).contains(version));
    let damaged = version.is_none().then_some(found);
    let next = || u32::try_from(sound.unwrap_or(0)).unwrap_or(0).saturating_add(1);
    let version = version.unwrap_or_else(next);
    let row = BaselineV1 { machine, about, version, at, learned_from, learned_to, channels, body };
    BaselineRow { row, used_at, damaged }
}

/// Baselines of a machine were of use.
pub(super) async fn used(transaction: &mut sqlx::Transaction<'_, sqlx::Any>, used: &UsedV1) -> Result<(), StoreError> {
    for about in &used.abouts {
        sqlx::query("UPDATE baselines SET used_at = $1 WHERE machine = $2 AND about = $3 AND used_at < $1")
            .bind(used.at)
            .bind(used.machine.as_str())
            .bind(about.as_str())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

/// Keeps a version of a baseline, in the place of the same version; older ones and other products beyond the bounds go.
pub(super) async fn put(transaction: &mut sqlx::Transaction<'_, sqlx::Any>, row: &BaselineV1) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO baselines (machine, about, version, at, learned_from, learned_to, channels, body, used_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $4) ON CONFLICT (machine, about, version) DO UPDATE SET at = excluded.at,
            learned_from = excluded.learned_from, learned_to = excluded.learned_to, channels = excluded.channels,
            body = excluded.body, used_at = excluded.used_at",
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
    // a version that no baseline can have is damage, which this one takes the place of
    sqlx::query("DELETE FROM baselines WHERE machine = $1 AND about = $2 AND (version <= $3 OR version > $4)")
        .bind(row.machine.as_str())
        .bind(row.about.as_str())
        .bind(i64::from(row.version) - VERSIONS_MAX)
        .bind(i64::from(Frozen::VERSION_MAX))
        .execute(&mut **transaction)
        .await?;
    for (statement, limit) in ROOM {
        let query = sqlx::query(statement).bind(row.machine.as_str());
        limit.into_iter().fold(query, |query, limit| query.bind(limit)).execute(&mut **transaction).await?;
    }
    Ok(())
}

/// What makes room at a machine. `about` ends with the product, or null: what is of no product stays, for there are few of these.
const ROOM: [(&str, Option<i64>); 3] = [
    (
        "UPDATE baselines SET body = '', channels = '[]' WHERE machine = $1 AND body <> '' AND about NOT LIKE '%,null]' AND about NOT IN
            (SELECT about FROM baselines WHERE machine = $1 AND body <> '' GROUP BY about
                ORDER BY CASE WHEN about LIKE '%,null]' THEN 0 ELSE 1 END, MAX(used_at) DESC, about LIMIT $2)",
        Some(ABOUTS_MAX),
    ),
    (
        "DELETE FROM baselines WHERE machine = $1 AND body = '' AND EXISTS
            (SELECT 1 FROM baselines n WHERE n.machine = $1 AND n.about = baselines.about AND n.version > baselines.version)",
        None,
    ),
    (
        "DELETE FROM baselines WHERE machine = $1 AND body = '' AND about NOT IN
            (SELECT about FROM baselines WHERE machine = $1 AND body = '' ORDER BY used_at DESC, about LIMIT $2)",
        Some(GONE_MAX),
    ),
];
