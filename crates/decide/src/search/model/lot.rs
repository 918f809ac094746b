//! Transfer batches: an operation passes its pieces on in sub-lots, so that the next begins before it is complete.
//!
//! Enters: a quantity, the size of a sub-lot, two durations. Leaves: how long after the start of one the other may start. Absent: machines.

use super::{ModelError, Operation, Time};

/// Most sub-lots of an operation.
pub const LOTS_MAX: i64 = 1000;

/// In what portions an operation passes its pieces on. Both it and the one after work at a steady rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    /// Pieces of the operation.
    pub quantity: i64,
    /// Pieces of a sub-lot; the last may have fewer.
    pub transfer: i64,
}

impl Lot {
    /// How long after the start of an operation that lasts `own` one that lasts `next` may start at the earliest [ticks]: no sub-lot is begun
    /// before it is there. The wait for a sub-lot grows or shrinks steadily from the first to the last but one, so these and the last, which may
    /// be smaller, tell it (lot streaming: Potts & Baker, Operations Research Letters 8, 1989).
    pub fn lag(self, own: Time, next: Time) -> Time {
        let lots = (self.quantity + self.transfer - 1) / self.transfer;
        let wait = |lot: i64| own * (lot * self.transfer).min(self.quantity) - next * (lot - 1) * self.transfer;
        let longest = wait(1).max(wait((lots - 1).max(1))).max(wait(lots));
        (longest + self.quantity - 1).div_euclid(self.quantity)
    }
}

/// A few sub-lots of some pieces.
pub(super) fn checked(number: usize, operation: &Operation) -> Result<(), ModelError> {
    let Some(lot) = operation.lot else { return Ok(()) };
    let at = |word: &str, found: i64, allowed: String| {
        Err(ModelError::at(format!("{word} of operation {number}"), found.to_string(), allowed))
    };
    if !(1..=super::HORIZON_MAX).contains(&lot.quantity) {
        return at("quantity", lot.quantity, format!("1 to {}", super::HORIZON_MAX));
    }
    let least = (lot.quantity + LOTS_MAX - 1) / LOTS_MAX;
    if !(least..=lot.quantity).contains(&lot.transfer) {
        let allowed = format!("{least} to {}: at most {LOTS_MAX} sub-lots", lot.quantity);
        return at("transfer batch", lot.transfer, allowed);
    }
    Ok(())
}

/// The least of something over the modes of two operations.
pub(in crate::search) fn least(one: &Operation, other: &Operation, of: impl Fn(Time, Time) -> Time) -> Time {
    let pairs = one.modes.iter().flat_map(|a| other.modes.iter().map(move |b| (a.duration, b.duration)));
    pairs.map(|(own, next)| of(own, next)).min().unwrap_or(0)
}
