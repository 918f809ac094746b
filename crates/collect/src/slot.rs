//! What the door knows of each channel, in one small value: what is allowed, and what was newest. A reading costs one look here.
//!
//! Enters: the plant, judged readings. Leaves: verdicts on numbers and times. Absent: words, batches, the image.

use crate::Limits;
use crate::recent::{self, Recent};
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
    /// Readings taken so far; those before the turn in which the last was taken.
    count: u32,
    before: u32,
    turn: u32,
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
pub(crate) struct Seen {
    pub(crate) at: Instant,
    pub(crate) value: f64,
    pub(crate) quality: Quality,
}

impl Slot {
    pub(crate) fn new(channel: &Channel) -> Self {
        let (low, high) = channel.range.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        let kind = match channel.kind {
            plant::ChannelKind::State => Kind::State,
            plant::ChannelKind::Event => Kind::Event,
            plant::ChannelKind::Counter | plant::ChannelKind::Gauge => Kind::Number,
        };
        let is_heeded = channel.role != Role::Other;
        // no turn has the number 0
        Self { low, high, newest: None, machine: channel.machine, kind, is_heeded, count: 0, before: 0, turn: 0 }
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

    /// Takes a judged value in; whether a newer one was there already. `turn` tells what is stored as one.
    ///
    /// # Errors
    /// It is one of the newest again.
    #[inline]
    pub(crate) fn take(&mut self, seen: Seen, recent: &mut Recent, (place, turn): (usize, u32)) -> Result<bool, RefusalReason> {
        let print = recent::print(seen.at, seen.value, seen.quality);
        let is_late = match self.newest {
            Some(newest) if newest.at > seen.at => {
                if recent.has(place, print) {
                    return Err(RefusalReason::Duplicate);
                }
                true
            }
            Some(newest) if newest.at == seen.at && self.is_again(newest, seen, (recent, place, print)) => {
                return Err(RefusalReason::Duplicate);
            }
            _ => {
                self.newest = Some(seen);
                false
            }
        };
        if self.turn != turn {
            (self.turn, self.before) = (turn, self.count);
        }
        recent.note(place, self.count, print);
        self.count = self.count.wrapping_add(1);
        Ok(is_late)
    }

    /// Whether a reading of the newest instant is there already. A word may come back within one tick of a coarse clock, and an
    /// event happen twice; a number of one instant is one reading.
    fn is_again(&self, newest: Seen, seen: Seen, (recent, place, print): (&Recent, usize, u64)) -> bool {
        match self.kind {
            Kind::Number => newest == seen || recent.has(place, print),
            Kind::State => newest == seen,
            Kind::Event => false,
        }
    }

    /// What was taken in this turn was not stored: it may come again.
    pub(crate) fn undo(&mut self, recent: &mut Recent, (place, turn): (usize, u32)) {
        if self.turn != turn {
            return;
        }
        let taken = self.count.wrapping_sub(self.before);
        (0..taken.min(recent.depth() as u32)).for_each(|back| recent.note(place, self.count.wrapping_sub(1 + back), 0));
        self.count = self.before;
        if let Some(newest) = &mut self.newest {
            // its time stands, so that what is late stays late; no value equals it
            newest.value = f64::NAN;
        }
    }

    /// Source time of the newest reading.
    pub(crate) fn newest_at(&self) -> Option<Instant> {
        self.newest.map(|n| n.at)
    }
}
