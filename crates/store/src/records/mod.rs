//! The records database: SQLite through portable SQL. Versions of records, baselines, audit trail, people, words, list of
//! sealed files.
//!
//! Enters: stored forms from the journal, rows. Leaves: the same. Absent: what records mean.
//!
//! Records reach it after they are safe in the journal; [`Applier`] carries them over and a start repeats what was missed.

mod applier;
mod audit;
mod baselines;
mod contests;
mod customs;
mod kept;
mod people;
mod schema;
mod sealed;

pub(crate) use applier::{Applier, WAITING_MAX};
pub(crate) use kept::{Outlined, outlined_bytes};
pub(crate) use sealed::Sealing;

use crate::StoreError;
use measure::Instant;
use plant::UserRole;
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::{AnyPool, Executor};
use std::path::Path;
use tokio::sync::Mutex;

/// One line of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Number, rising without gaps from 1.
    pub number: u64,
    /// When.
    pub at: Instant,
    /// Who: sign-in name, `policy`, or `unit`.
    pub who: String,
    /// What, a code such as `sign_in` or `verdict`.
    pub what: String,
    /// The record or thing concerned.
    pub about: String,
    /// Details in words or figures.
    pub detail: String,
}

/// A person who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    /// Sign-in name.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
    /// Password hash in PHC form.
    pub password_hash: String,
}

/// The database.
pub(crate) struct Records {
    pool: AnyPool,
    /// SQLite has one writer; waiting here is cheaper than its busy time-out.
    writer: Mutex<()>,
}

const CONNECTIONS_MAX: u32 = 4;

impl Records {
    /// Opens the database, makes it if need be, and brings its schema up to date.
    ///
    /// # Errors
    /// It cannot be opened, or was written by a newer version.
    pub(crate) async fn open(path: &Path) -> Result<Self, StoreError> {
        install_default_drivers();
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    for pragma in schema::PRAGMAS {
                        connection.execute(pragma).await?;
                    }
                    Ok(())
                })
            })
            .connect(&address(path))
            .await
            .map_err(|e| StoreError::Records(format!("cannot open {}: {e}", path.display())))?;
        schema::upgrade(&pool).await?;
        Ok(Self { pool, writer: Mutex::new(()) })
    }
    /// A transaction that writes. Its first statement writes already: SQLite refuses at once, without waiting its turn, to turn a
    /// transaction that has read into one that writes while another connection does.
    async fn begin(&self) -> Result<sqlx::Transaction<'_, sqlx::Any>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        transaction.execute("UPDATE meta SET value = value WHERE key = 'schema_version'").await?;
        Ok(transaction)
    }
    /// A value by its key.
    pub(crate) async fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> =
            sqlx::query_as("SELECT value FROM meta WHERE key = $1").bind(key).fetch_optional(&self.pool).await?;
        Ok(row.map(|(value,)| value))
    }
    /// Sets a value.
    pub(crate) async fn set_meta(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let _one = self.writer.lock().await;
        sqlx::query(SET_META).bind(key).bind(value).execute(&self.pool).await?;
        Ok(())
    }
    /// Ends all connections; the write-ahead log is folded in.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

const SET_META: &str = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";

fn address(path: &Path) -> String {
    let escaped: String = path
        .to_string_lossy()
        .chars()
        .map(|c| match c {
            '%' | '?' | '#' | ' ' => format!("%{:02X}", u32::from(c)),
            other => other.to_string(),
        })
        .collect();
    format!("sqlite://{escaped}?mode=rwc")
}
