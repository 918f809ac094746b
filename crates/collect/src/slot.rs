//! What the door knows of each channel, in one small value: what is allowed, and what was newest. A reading costs one look here.
//!
//! Enters: the plant, judged readings. Leaves: verdicts on numbers and times. Absent: words, batches, the image.

use crate::Limits;
use measure::Instant;
use plant::{Channel, MachineId, Quality, RefusalReason, Role};

/// One channel at the door.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    /// Lowest and highest number accepted, in the channel's unit; infinite where any is.
    low: f64,
    high: f64,
    /// The newest reading judged good; `None` before the first.
    newest: Option<Seen>,
    /// The machine the channel belongs to.
    pub(crate) machine: MachineId,
    pub(crate) kind: Kind,
    /// Whether the image keeps more of it than its newest value.
    pub(crate) is_heeded: bool,
}

/// What the door must know of a channel's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A counter or gauge.
    Number,
    /// A state: the same word at the same instant again is a duplicate.
    State,
    /// An event: the same word may happen twice at one instant.
    Event,
}

/// The newest value judged, for finding duplicates and late readings before the journal has answered.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Seen {
    at: Instant,
    value: f64,
    quality: Quality,
}

impl Slot {
    pub(crate) fn new(channel: &Channel) -> Self {
        let (low, high) = channel.range.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        let kind = match channel.kind {
            plant::ChannelKind::State => Kind::State,
            plant::ChannelKind::Event => Kind::Event,
            plant::ChannelKind::Counter | plant::ChannelKind::Gauge => Kind::Number,
        };
        Self { low, high, newest: None, machine: channel.machine, kind, is_heeded: channel.role != Role::Other }
    }

    /// Whether a number can be taken.
    ///
    /// # Errors
    /// Not finite, or out of the channel's range.
    pub(crate) fn judge_number(&self, value: f64) -> Result<(), RefusalReason> {
        if !value.is_finite() {
            return Err(RefusalReason::NotFinite);
        }
        if value < self.low || value > self.high {
            return Err(RefusalReason::OutOfRange);
        }
        Ok(())
    }

    /// Whether a reading of this source time can be taken.
    ///
    /// # Errors
    /// Too far ahead of our clock, or too far behind the newest reading.
    pub(crate) fn judge_time(&self, limits: Limits, at: Instant, received: Instant) -> Result<(), RefusalReason> {
        if at - received > limits.ahead_max {
            return Err(RefusalReason::FromFuture);
        }
        match self.newest {
            Some(newest) if newest.at - at > limits.late_max => Err(RefusalReason::TooLate),
            _ => Ok(()),
        }
    }

    /// Takes a judged value in.
    ///
    /// # Errors
    /// It is the newest one again.
    pub(crate) fn take(&mut self, at: Instant, value: f64, quality: Quality) -> Result<(), RefusalReason> {
        let seen = Seen { at, value, quality };
        match self.newest {
            Some(newest) if newest.at > at => Ok(()),
            Some(newest) if newest == seen && self.kind != Kind::Event => Err(RefusalReason::Duplicate),
            _ => {
                self.newest = Some(seen);
                Ok(())
            }
        }
    }

    /// Source time of the newest reading.
    pub(crate) fn newest_at(&self) -> Option<Instant> {
        self.newest.map(|n| n.at)
    }
}
