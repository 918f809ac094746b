//! The port of hand entry: readings that a person takes from a meter and types in. `node` stands behind it; they go through the
//! same door as those of machines. Absent: HTTP.

use crate::house::HouseError;
use async_trait::async_trait;
use measure::Instant;
use plant::{ChannelId, RefusalReason};

/// A value as a person typed it.
#[derive(Clone, Debug, PartialEq)]
pub enum Typed {
    /// A number.
    Number(f64),
    /// A word.
    Word(String),
}

/// A reading taken by a person.
#[derive(Clone, Debug, PartialEq)]
pub struct HandReading {
    /// Chosen by the sender, so that a repeated sending is the same reading.
    pub client_id: String,
    /// Sign-in name of the person.
    pub who: String,
    /// The channel.
    pub channel: ChannelId,
    /// When it was read.
    pub at: Instant,
    /// What was read.
    pub value: Typed,
}

/// What the door said.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// It is in the journal.
    Stored,
    /// It was in the journal already: a repeated sending.
    StoredBefore,
    /// It was refused.
    Refused {
        /// Why.
        reason: RefusalReason,
        /// What was found.
        found: String,
        /// What is allowed.
        allowed: String,
    },
}

/// Who typed which reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// The channel, `machine/channel`.
    pub channel: String,
    /// When it was read.
    pub at: String,
    /// The value.
    pub value: String,
    /// Who.
    pub who: String,
    /// When it was typed in.
    pub entered: Instant,
}

/// Readings by hand.
#[async_trait]
pub trait Hand: Send + Sync + 'static {
    /// Channels that are read by hand.
    fn hand_channels(&self) -> Vec<ChannelId>;
    /// The newest entries, newest first.
    async fn entered(&self) -> Result<Vec<Entered>, HouseError>;
    /// Takes one reading in.
    async fn enter(&self, reading: HandReading) -> Result<Said, HouseError>;
}
