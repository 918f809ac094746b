//! The cellar: what the unit must not lose. A journal (acknowledged after fsync), sealed Parquet history, records in SQLite.
//!
//! Enters: batches of readings, words, records, people, audit lines. Leaves: the same after a restart, series for charts, SQL
//! answers. Absent: what records mean beyond their stored form, machines, HTTP, the clock (every instant is an argument).
//!
//! ```text
//! commit ──> journal (group commit, fsync) ──ack──> caller
//!                │ after the ack's fsync
//!                ├──> hot buffer ──seal──> history/<type>/date=…/part-N.parquet ──> series, sql
//!                └──> records.sqlite (versions, latest, audit, people, list of sealed files)
//! ```
//!
//! Start at [`Store`]. `form/` holds the treaties: every stored form is versioned there.

mod backlog;
mod error;
mod form;
mod journal;
mod limits;
mod live;
mod records;
mod series;
mod store;

pub use backlog::Backlog;
pub use error::StoreError;
pub use limits::{Bucket, LastValue, Recovered, SealReport, SqlFormat, SqlShape, SqlTable, StoreFigures, StoreLimits};
pub use records::{AuditRow, UserRow};
pub use store::{Beside, CONFIRMED_MAX, Past, SqlPieces, Store};
