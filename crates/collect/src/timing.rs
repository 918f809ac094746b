//! How the readings of a source lie in time: how late and out of order they come, and how far its clock is off.
//!
//! Enters: source and receive times. Leaves: [`Timing`]. Absent: verdicts; a clock that is off is told, not refused.
//!
//! Clock: each delivery gives one difference, receive time − newest source time. Networks only add to it, so the least difference
//! of five minutes is nearest to what the clocks differ by (as in NTP's clock filter, RFC 5905, 10, where the sample of least
//! delay counts). The estimate is the median of the last twelve such minima; their range is its uncertainty. What cannot be told
//! from one side: a delay that is never absent counts as a clock that is behind.
//!
//! Lateness: how far a reading lies behind the newest of its machine when it comes. The largest of the last hour is the
//! lateness that must be reckoned with: machine `m` is thought complete up to
//!
//! ```text
//! watermark(m) = newest source time of m − largest lateness of its source in the last hour
//! ```
//!
//! What is read from files, at its own time, tells of neither.

use measure::{Instant, Span};

/// How long least and largest values are gathered.
const BLOCK: Span = Span::from_minutes(5);
/// Such stretches looked back on.
const BLOCKS: usize = 12;

/// How the readings of a source lie in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Readings that came when a newer one of their channel was there.
    pub out_of_order: u64,
    /// Readings that came when a newer one of their machine was there.
    pub late: u64,
    /// Largest lateness of the last hour.
    pub lateness: Span,
    /// How far the source's clock is off, where it tells times.
    pub clock: Option<ClockOffset>,
}

/// How far a source's clock is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockOffset {
    /// How far it is behind ours; negative where it is ahead.
    pub behind: Span,
    /// Bounds of that.
    pub between: (Span, Span),
    /// Whether it is off by more than allowed, beyond the doubt of the measurement.
    pub is_beyond: bool,
}

/// What is gathered of one source.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    pub(crate) out_of_order: u64,
    pub(crate) late: u64,
    blocks: [Option<Block>; BLOCKS],
    place: usize,
}

/// What was seen in one stretch of time.
#[derive(Clone, Copy, Debug)]
struct Block {
    until: Instant,
    least: Option<Span>,
    lateness: Span,
}

impl Watch {
    /// A delivery came whose newest source time is this.
    pub(crate) fn delivered(&mut self, received: Instant, newest: Instant) {
        let difference = received - newest;
        let block = self.block(received);
        block.least = Some(block.least.map_or(difference, |least| least.min(difference)));
    }

    /// Readings came late, by so much at most.
    pub(crate) fn came_late(&mut self, received: Instant, count: u64, lateness: Span) {
        self.late += count;
        let block = self.block(received);
        block.lateness = block.lateness.max(lateness);
    }

    fn block(&mut self, now: Instant) -> &mut Block {
        if self.blocks[self.place].is_none_or(|b| now >= b.until) {
            self.place = (self.place + 1) % BLOCKS;
            self.blocks[self.place] = None;
        }
        self.blocks[self.place].get_or_insert(Block { until: now.floor(BLOCK) + BLOCK, least: None, lateness: Span::ZERO })
    }

    /// What can be told at `now`; an offset beyond `skew_max` is marked.
    pub(crate) fn timing(&self, now: Instant, skew_max: Span) -> Timing {
        let span = BLOCK.micros() * BLOCKS as i64;
        let recent = || self.blocks.iter().flatten().filter(|b| (now - b.until).micros() < span);
        let mut least: Vec<Span> = recent().filter_map(|b| b.least).collect();
        least.sort_unstable();
        let clock = least.get(least.len() / 2).copied().map(|behind| {
            let between = (least[0], least[least.len() - 1]);
            let is_beyond = between.0 > skew_max || between.1 < Span::ZERO - skew_max;
            ClockOffset { behind, between, is_beyond }
        });
        let lateness = recent().map(|b| b.lateness).max().unwrap_or(Span::ZERO);
        Timing { out_of_order: self.out_of_order, late: self.late, lateness, clock }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;

    fn at(seconds: f64) -> Instant {
        Instant::EPOCH + Span::from_seconds_f64(seconds)
    }

    #[test]
    fn a_clock_that_is_off_is_seen_through_delays() {
        for offset in [-37.0, -0.2, 0.0, 12.5] {
            let mut watch = Watch::default();
            let mut chance = Chance::seeded(7);
            for second in 0..3_600 {
                let delay = 0.005 + chance.between(0.0, 0.4) + if second % 50 < 3 { 20.0 } else { 0.0 };
                let now = f64::from(second) + delay;
                watch.delivered(at(now), at(f64::from(second) - offset));
            }
            let clock = watch.timing(at(3_600.0), Span::from_seconds(10)).clock.expect("an estimate");
            assert!((clock.behind.seconds() - offset).abs() < 0.05, "{offset}: {clock:?}");
            assert!(clock.between.0 <= clock.behind && clock.behind <= clock.between.1);
            assert_eq!(clock.is_beyond, offset.abs() > 10.0, "{offset}: {clock:?}");
        }
    }

    #[test]
    fn what_was_long_ago_is_forgotten() {
        let mut watch = Watch::default();
        watch.came_late(at(0.0), 3, Span::from_seconds(90));
        watch.delivered(at(0.0), at(-500.0));
        let soon = watch.timing(at(60.0), Span::from_seconds(10));
        assert_eq!((soon.late, soon.lateness, soon.clock.map(|c| c.is_beyond)), (3, Span::from_seconds(90), Some(true)));
        let later = watch.timing(at(7_200.0), Span::from_seconds(10));
        assert_eq!((later.late, later.lateness, later.clock), (3, Span::ZERO, None));
        for minute in 0..200 {
            watch.delivered(at(f64::from(minute) * 60.0), at(f64::from(minute) * 60.0 - 1.0));
        }
        let clock = watch.timing(at(12_000.0), Span::from_seconds(10)).clock.expect("an estimate");
        assert_eq!(clock.between, (Span::from_seconds(1), Span::from_seconds(1)), "a clock that was set right is right");
    }
}
