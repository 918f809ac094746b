//! The port through which the windows look into the house and pass notes in; `node` stands behind it.

use crate::connecting::Connecting;
use crate::hand::Hand;
use crate::sales::Sales;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use measure::{Instant, Span};
use plant::{ChannelId, Confirmation, Record, RecordId, RecordKind, UserRole, Verdict, Window};
use std::sync::Arc;
use tokio::sync::{broadcast, watch};
use unit::desk::View;
use unit::outlook::Outlook;
use unit::schedule::{Cost, Hindrance, Move, Schedule};

/// One bucket of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Start of the bucket.
    pub at: Instant,
    /// Mean, lowest and highest number; for word channels all three are the number of the last word.
    pub mean: f64,
    /// Lowest number.
    pub low: f64,
    /// Highest number.
    pub high: f64,
    /// Readings in the bucket.
    pub count: u64,
    /// Earliest number.
    pub first: f64,
    /// Latest number.
    pub last: f64,
    /// Mean weighted by the time for which each number held, where it was asked for.
    pub weighted: Option<f64>,
}

/// How the answer to a query is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlFormat {
    /// The form `SqlTable`.
    Json,
    /// Comma-separated values.
    Csv,
    /// An Arrow IPC stream.
    Arrow,
    /// A Parquet file.
    Parquet,
}

/// What a query would give.
#[derive(Clone, Debug, PartialEq)]
pub struct SqlShape {
    /// The columns of its answer.
    pub columns: SchemaRef,
    /// The tables it names with their columns, by name; all there are where it asks about the tables themselves.
    pub tables: Vec<(String, SchemaRef)>,
}

/// The answer to a query, piece by piece; an error ends it.
pub type SqlBody = BoxStream<'static, Result<Bytes, HouseError>>;

/// A person who may sign in.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// Sign-in name.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
    /// Argon2id hash in PHC form.
    pub password_hash: String,
}

/// One line of the audit trail.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Number, rising without gaps.
    pub number: u64,
    /// When.
    pub at: Instant,
    /// Who: sign-in name, `policy`, or `unit`.
    pub who: String,
    /// What, a code such as `sign_in`, `verdict`, `command`, `user_added`.
    pub what: String,
    /// The record or thing concerned.
    pub about: String,
    /// Details in words or figures; never a secret.
    pub detail: String,
}

/// State of a connection, as its driver reports it.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceHealth {
    /// Name of the source.
    pub name: String,
    /// Whether it is connected.
    pub connected: bool,
    /// The newest error in words, if any, and when.
    pub last_error: Option<(Instant, String)>,
    /// When something was last heard.
    pub heard: Option<Instant>,
    /// Address without secrets.
    pub address: String,
}

/// Sizes and limits of the cellar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreFigures {
    /// Bytes in the journal.
    pub journal_bytes: u64,
    /// Bytes in sealed Parquet files.
    pub history_bytes: u64,
    /// Sealed files.
    pub history_files: u64,
    /// Readings in sealed files.
    pub history_readings: u64,
}

/// A change of the schedule that was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// What the published schedule costs.
    pub before: Cost,
    /// What it costs with the change, or why it cannot be.
    pub after: Result<Cost, Hindrance>,
    /// Other operations that move.
    pub moved: usize,
    /// Rules that the check applied.
    pub rules: Vec<&'static str>,
    /// Whether it is kept.
    pub is_kept: bool,
}

/// Why the house cannot do what was asked; each has its HTTP status in `web::reply`.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum HouseError {
    /// There is no such thing.
    #[error("{what} `{name}` is not known here")]
    Unknown {
        /// Kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// It is not in a state that allows it.
    #[error("{0}")]
    Conflict(String),
    /// What was sent cannot be used.
    #[error("{0}")]
    Invalid(String),
    /// The house is busy or stopping; try again.
    #[error("the unit did not answer in time; try again")]
    Busy,
    /// There is no memory for it now; try again.
    #[error("{0}")]
    Full(String),
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(String),
}

/// What the windows may see and ask.
#[async_trait]
pub trait House: Connecting + Hand + Sales + Send + Sync + 'static {
    /// The view, published anew after every step.
    fn view(&self) -> watch::Receiver<Arc<View>>;
    /// Records as they are made or change; slow readers lose the oldest and read on.
    fn records_live(&self) -> broadcast::Receiver<Arc<Record>>;
    /// How many times faster than real time the unit's clock runs (1 but for virtual workshops).
    fn clock_speed(&self) -> f64;
    /// Health of the sources.
    fn sources(&self) -> Vec<SourceHealth>;
    /// The newest schedule of the open orders; `None` until there is one.
    fn schedule(&self) -> Option<Arc<Schedule>>;
    /// Tries a change of the schedule on a copy; with the name of whoever proposes it, it is kept and published where a plan keeps it.
    async fn try_move(&self, wanted: Move, keep: Option<String>) -> Result<Tried, HouseError>;
    /// What the unit foretells of itself, and how that fared.
    fn outlook(&self) -> Arc<Outlook>;
    /// Sizes of the cellar.
    fn store_figures(&self) -> StoreFigures;
    /// Prometheus text.
    fn metrics(&self) -> String;
    /// A channel's readings in at most `points` equal buckets; empty buckets are left out.
    async fn series(&self, channel: ChannelId, from: Instant, to: Instant, points: usize) -> Result<Vec<Point>, HouseError>;
    /// A record of any age.
    async fn record(&self, id: RecordId) -> Result<Record, HouseError>;
    /// Records of a kind made before an instant, newest first.
    async fn records(&self, kind: RecordKind, before: Instant, limit: usize) -> Result<Vec<Record>, HouseError>;
    /// A person's yes or no to a pending decision; returns the decision as it stands then.
    async fn verdict(&self, decision: RecordId, verdict: Verdict) -> Result<Record, HouseError>;
    /// What a person found when they looked at a finding; returns the finding as it stands then.
    async fn confirm(&self, finding: RecordId, confirmation: Confirmation) -> Result<Record, HouseError>;
    /// Readings of number channels of one machine in buckets of a width, one list a channel; empty buckets are left out.
    async fn buckets(
        &self,
        channels: Vec<ChannelId>,
        window: Window,
        width: Span,
        weighted: bool,
    ) -> Result<Vec<Vec<Point>>, HouseError>;
    /// One read-only SQL query over the history; what is wrong with it is told before the first piece.
    async fn sql(&self, query: String, format: SqlFormat, rows_max: usize) -> Result<SqlBody, HouseError>;
    /// What one read-only SQL query would give, without carrying it out.
    async fn sql_shape(&self, query: String) -> Result<SqlShape, HouseError>;
    /// A person by name.
    async fn user(&self, name: &str) -> Result<Option<User>, HouseError>;
    /// All people.
    async fn users(&self) -> Result<Vec<User>, HouseError>;
    /// Adds or changes a person.
    async fn put_user(&self, user: User) -> Result<(), HouseError>;
    /// The audit trail before a number, newest first.
    async fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>, HouseError>;
    /// Adds a line to the audit trail.
    async fn audit_add(&self, who: &str, what: &str, about: &str, detail: &str) -> Result<(), HouseError>;
    /// The unit's clock.
    fn now(&self) -> Instant;
}
