//! Why the cellar could not do what was asked. Enters: causes from disk, SQL and forms. Leaves: one type with whole sentences.

use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why the store could not do what was asked.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum StoreError {
    /// Another process has the directory.
    #[error("{dir} is in use by another process ({holder}); stop it first, or give this one a directory of its own", dir = dir.display())]
    InUse {
        /// The directory.
        dir: PathBuf,
        /// What the lock file says about the holder.
        holder: String,
    },
    /// The disk refused.
    #[error("{what} {path}: {cause}", path = path.display())]
    Disk {
        /// What was tried, such as `cannot write`.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// The system's words.
        cause: String,
    },
    /// The journal has reached its limit because sealing does not keep up; nothing of this append was stored.
    #[error("the journal holds {found} bytes, allowed are {allowed}; readings are refused until it is sealed")]
    JournalFull {
        /// Bytes in the journal.
        found: u64,
        /// The limit.
        allowed: u64,
    },
    /// One append is larger than the journal takes.
    #[error("one entry of {found} bytes is too large for the journal, allowed are {allowed}")]
    TooLarge {
        /// Bytes of the entry.
        found: usize,
        /// The limit.
        allowed: usize,
    },
    /// Something stored cannot be read: written by a newer version, or about something no longer configured.
    #[error("{place} cannot be read: {cause}")]
    Form {
        /// What was read.
        place: String,
        /// Why not.
        cause: String,
    },
    /// The records database refused.
    #[error("the records database refused: {0}")]
    Records(String),
    /// A query that is not allowed or not understood.
    #[error("{0}")]
    Query(String),
    /// There is no memory left for a question.
    #[error("{0}")]
    NoRoom(&'static str),
    /// The query took too long.
    #[error("the query took longer than {0} s and was stopped; narrow it by machine or time")]
    Slow(u64),
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Whether the same call may succeed later without anything else being changed.
    pub const fn may_retry(&self) -> bool {
        matches!(self, Self::Disk { .. } | Self::JournalFull { .. } | Self::Records(_) | Self::NoRoom(_) | Self::Slow(_))
    }
    /// A refusal of the disk.
    pub(crate) fn disk(what: &'static str, path: &Path, cause: &std::io::Error) -> Self {
        Self::Disk { what, path: path.to_owned(), cause: cause.to_string() }
    }
    /// A stored thing that cannot be read.
    pub(crate) fn form(place: impl Into<String>, cause: &(impl ToString + ?Sized)) -> Self {
        Self::Form { place: place.into(), cause: cause.to_string() }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(cause: sqlx::Error) -> Self {
        Self::Records(cause.to_string())
    }
}
