//! What a precedence means: whole, in sub-lots, or between other instants than end and start.
//!
//! Enters: precedences with lags and sub-lots beside them. Leaves: a [`Link`] of each. Absent: longest waits.

use super::{HORIZON_MAX, Lot, ModelError, Operation, Parts, Time};
use std::collections::{HashMap, HashSet};

/// An instant of an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Point {
    /// When it starts.
    Start,
    /// When it is complete.
    #[default]
    End,
}

/// A generalised precedence (start-start, start-end, end-start, end-end with a lag; Bartusch, Möhring & Radermacher, Annals of OR 16, 1988): where
/// both are carried out, the instant of the second is at least so long after the instant of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// The first.
    pub before: u32,
    /// The second.
    pub then: u32,
    /// Which instant of the first.
    pub from: Point,
    /// Which instant of the second.
    pub to: Point,
    /// Least time between the two [ticks]; below zero the second may be so much earlier.
    pub least: Time,
}

/// What lies between two operations of a precedence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// The first is complete before the second starts.
    #[default]
    Whole,
    /// The first passes its pieces on in sub-lots.
    Lots(Lot),
    /// Between other instants, or with a lag: from which, to which, how long at least.
    Lag(Point, Point, Time),
}

impl Link {
    /// Whether it counts only where both are carried out: who comes after one that is left out does not wait for who comes before it.
    pub const fn is_lag(self) -> bool {
        matches!(self, Self::Lag(..))
    }

    /// When the second may start that lasts `next`, by the first that starts and ends so [ticks].
    pub fn ready(self, (start, end): (Time, Time), next: Time) -> Time {
        match self {
            Self::Whole => end,
            Self::Lots(lot) => start + lot.lag(end - start, next),
            Self::Lag(from, to, least) => {
                let instant = if from == Point::Start { start } else { end };
                instant + least - if to == Point::End { next } else { 0 }
            }
        }
    }

    /// Whether the second never starts before the first, in whatever modes they are.
    fn orders(self, first: &Operation, second: &Operation) -> bool {
        match self {
            Self::Whole | Self::Lots(_) => true,
            // what is interrupted may last any time
            Self::Lag(_, Point::End, _) if second.is_resumable => false,
            Self::Lag(..) => self.ready((0, first.shortest()), second.longest()) >= 0,
        }
    }

    /// From which instant of the first to which of the second a longest wait counts.
    pub const fn points(self) -> (Point, Point) {
        match self {
            Self::Lag(from, to, _) => (from, to),
            Self::Whole | Self::Lots(_) => (Point::End, Point::Start),
        }
    }
}

impl Point {
    /// The instant of an operation that starts and ends so.
    pub const fn of<T: Copy>(self, start: T, end: T) -> T {
        match self {
            Self::Start => start,
            Self::End => end,
        }
    }
}

impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if *self == Self::Start { "start" } else { "end" })
    }
}

/// Two operations, and what lies between them.
pub type Linked = (u32, u32, Link);

/// What each precedence of consistent parts means: those by which the second never starts before the first, then the others, which order
/// nothing.
pub(super) fn links(parts: &Parts) -> (Vec<Linked>, Vec<Linked>) {
    let lags: HashMap<(u32, u32), Link> =
        parts.lags.iter().map(|l| ((l.before, l.then), Link::Lag(l.from, l.to, l.least))).collect();
    let of = |pair: &(u32, u32)| {
        let lot = parts.operations[pair.0 as usize].lot;
        lags.get(pair).copied().or(lot.map(Link::Lots)).unwrap_or_default()
    };
    let linked = parts.precedences.iter().map(|pair| (pair.0, pair.1, of(pair)));
    linked.partition(|l| l.2.orders(&parts.operations[l.0 as usize], &parts.operations[l.1 as usize]))
}

/// Lags stand beside precedences, once each, not where sub-lots are passed on or a machine is blocked.
pub(super) fn checked(parts: &Parts) -> Result<(), ModelError> {
    let mut known: HashMap<(u32, u32), usize> = HashMap::new();
    for pair in parts.precedences.iter().filter(|_| !parts.lags.is_empty()) {
        *known.entry(*pair).or_default() += 1;
    }
    let mut told = HashSet::new();
    for lag in &parts.lags {
        let fault = |found: &str, allowed: &str| {
            Err(ModelError::at(format!("lag between operations {} and {}", lag.before, lag.then), found, allowed))
        };
        if lag.before == lag.then {
            return fault("an operation and itself", "two operations");
        }
        match known.get(&(lag.before, lag.then)) {
            None => return fault("no precedence", "a precedence between them"),
            Some(1) => {}
            Some(several) => return fault(&format!("{several} precedences between them"), "one"),
        }
        if !told.insert((lag.before, lag.then)) {
            return fault("two lags", "one");
        }
        let first = &parts.operations[lag.before as usize];
        if first.lot.is_some() || first.is_blocking {
            return fault("sub-lots or blocking", "an operation that passes nothing on early and blocks nothing");
        }
        if !(-HORIZON_MAX..=HORIZON_MAX).contains(&lag.least) {
            return fault(&lag.least.to_string(), &format!("{} to {HORIZON_MAX}", -HORIZON_MAX));
        }
    }
    Ok(())
}
