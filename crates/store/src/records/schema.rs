//! Tables and their versions. A version is a list of statements; a database is brought from its version to the newest.
//!
//! Statements are portable but for the pragmas and the triggers, which PostgreSQL writes differently.

use crate::StoreError;
use sqlx::{AnyPool, Executor};

/// Set on every connection: a commit is on the disk when it returns.
pub(super) const PRAGMAS: [&str; 3] = ["PRAGMA busy_timeout = 10000", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"];

/// Version by version, what leads to it.
const VERSIONS: [&[&str]; 6] = [
    &[
        "CREATE TABLE record_versions (sequence BIGINT PRIMARY KEY, kind TEXT NOT NULL, number BIGINT NOT NULL, at BIGINT NOT NULL,
            machine TEXT NOT NULL, what TEXT NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL)",
        "CREATE INDEX record_versions_by_record ON record_versions (kind, number, sequence)",
        "CREATE TABLE record_latest (kind TEXT NOT NULL, number BIGINT NOT NULL, sequence BIGINT NOT NULL, at BIGINT NOT NULL,
            state TEXT NOT NULL, PRIMARY KEY (kind, number))",
        "CREATE INDEX record_latest_by_time ON record_latest (kind, at, number)",
        "CREATE INDEX record_latest_by_state ON record_latest (kind, state)",
        "CREATE TABLE audit (number BIGINT PRIMARY KEY, at BIGINT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,
            about TEXT NOT NULL, detail TEXT NOT NULL)",
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit trail is never changed'); END",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
            BEGIN SELECT RAISE(ABORT, 'nothing is deleted from the audit trail'); END",
        "CREATE TABLE people (name TEXT PRIMARY KEY, role TEXT NOT NULL, password_hash TEXT NOT NULL)",
        "CREATE TABLE words (number BIGINT PRIMARY KEY, word TEXT NOT NULL)",
        "CREATE TABLE files (path TEXT PRIMARY KEY, machine_type TEXT NOT NULL, first_at BIGINT NOT NULL, last_at BIGINT NOT NULL,
            row_count BIGINT NOT NULL, readings BIGINT NOT NULL, bytes BIGINT NOT NULL)",
        "CREATE TABLE file_columns (machine_type TEXT NOT NULL, channel TEXT NOT NULL, word BIGINT NOT NULL, name TEXT NOT NULL,
            unit TEXT NOT NULL, quality BIGINT NOT NULL, PRIMARY KEY (machine_type, channel, word))",
        "CREATE TABLE doomed_files (path TEXT PRIMARY KEY)",
    ],
    &["CREATE TABLE custom_orders (number BIGINT PRIMARY KEY, order_key TEXT NOT NULL UNIQUE, body TEXT NOT NULL)"],
    &[
        "CREATE TABLE contests (number BIGINT PRIMARY KEY, subject TEXT NOT NULL, at BIGINT NOT NULL, version BIGINT NOT NULL,
            learned_from BIGINT NOT NULL, learned_to BIGINT NOT NULL, on_from BIGINT NOT NULL, on_to BIGINT NOT NULL,
            in_use DOUBLE PRECISION NOT NULL, challenger DOUBLE PRECISION NOT NULL, blocks BIGINT NOT NULL,
            probability DOUBLE PRECISION NOT NULL, swapped BIGINT NOT NULL)",
        "CREATE INDEX contests_by_subject ON contests (subject, number)",
    ],
    &["CREATE TABLE baselines (machine TEXT NOT NULL, about TEXT NOT NULL, version BIGINT NOT NULL, at BIGINT NOT NULL,
        learned_from BIGINT NOT NULL, learned_to BIGINT NOT NULL, channels TEXT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (machine, about, version))"],
    &[
        "ALTER TABLE baselines ADD COLUMN used_at BIGINT NOT NULL DEFAULT 0",
        "UPDATE baselines SET used_at = at",
    ],
    &["ALTER TABLE contests ADD COLUMN lessons BIGINT NOT NULL DEFAULT 0"],
];

/// Brings the database to the newest version.
///
/// # Errors
/// A statement fails, or the database is of a newer version than this program.
pub(super) async fn upgrade(pool: &AnyPool) -> Result<(), StoreError> {
    pool.execute("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)").await?;
    let found: Option<(String,)> =
        sqlx::query_as("SELECT value FROM meta WHERE key = 'schema_version'").fetch_optional(pool).await?;
    let found = found.map_or(Ok(0), |(text,)| text.parse::<usize>());
    let found = found.map_err(|e| StoreError::form("the schema version of the records database", &e))?;
    if found > VERSIONS.len() {
        let cause = format!("it has schema version {found}, this program knows up to {}; use a newer socium", VERSIONS.len());
        return Err(StoreError::form("the records database", &cause));
    }
    for (version, statements) in (found + 1..).zip(&VERSIONS[found..]) {
        let mut transaction = pool.begin().await?;
        for statement in *statements {
            transaction.execute(*statement).await?;
        }
        let done = version.to_string();
        sqlx::query(super::SET_META).bind("schema_version").bind(done).execute(&mut *transaction).await?;
        transaction.commit().await?;
    }
    Ok(())
}
