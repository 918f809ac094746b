//! The port of hand entry: readings that a person takes from a meter and types in, and what a worker reports at a machine. `node`
//! stands behind it; both go through the same door as readings of machines. Absent: HTTP.

use crate::house::HouseError;
use async_trait::async_trait;
use measure::Instant;
use plant::{ChannelId, MachineId, OrderId, RefusalReason};

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

/// What a worker reports at a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Work on an order begins or goes on.
    Start(OrderId),
    /// Work rests; the order stays at the machine.
    Stop,
    /// The operation of an order is finished here.
    Done(OrderId),
    /// So many more good pieces.
    Good(u32),
    /// So many more scrapped pieces.
    Scrap(u32),
    /// Something is wrong: its cause, a word.
    Problem(String),
}

/// The kinds of [`Work`], for what a machine takes by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkKind {
    /// [`Work::Start`].
    Start,
    /// [`Work::Stop`].
    Stop,
    /// [`Work::Done`].
    Done,
    /// [`Work::Good`].
    Good,
    /// [`Work::Scrap`].
    Scrap,
    /// [`Work::Problem`].
    Problem,
}

impl Work {
    /// Its kind.
    pub const fn kind(&self) -> WorkKind {
        match self {
            Self::Start(_) => WorkKind::Start,
            Self::Stop => WorkKind::Stop,
            Self::Done(_) => WorkKind::Done,
            Self::Good(_) => WorkKind::Good,
            Self::Scrap(_) => WorkKind::Scrap,
            Self::Problem(_) => WorkKind::Problem,
        }
    }
}

/// A worker's report. Tablet and number are its key: a tablet numbers its reports upwards and sends them in that order, so that one
/// number a tablet tells what was taken, also after a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The tablet, by an id of its own.
    pub tablet: String,
    /// Rising from 1 within the tablet; gaps are allowed.
    pub number: u64,
    /// Sign-in name of the worker.
    pub who: String,
    /// The machine.
    pub machine: MachineId,
    /// When it was reported at the tablet.
    pub at: Instant,
    /// What.
    pub work: Work,
}

/// Readings by hand.
#[async_trait]
pub trait Hand: Send + Sync + 'static {
    /// What a worker can report at a machine: what it does not report itself.
    fn work_of(&self, machine: MachineId) -> Vec<WorkKind>;
    /// Takes a worker's report in: exactly once, whatever is sent again.
    async fn report(&self, report: Report) -> Result<Said, HouseError>;
    /// Channels that are read by hand.
    fn hand_channels(&self) -> Vec<ChannelId>;
    /// The newest entries, newest first.
    async fn entered(&self) -> Result<Vec<Entered>, HouseError>;
    /// Takes one reading in.
    async fn enter(&self, reading: HandReading) -> Result<Said, HouseError>;
}
