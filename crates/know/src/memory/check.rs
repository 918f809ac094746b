//! Small tests of one stream each: has its level moved, does one channel still follow another, does a channel repeat itself.
//!
//! Enters: means of blocks, pairs of means, single values. Leaves: how far each is from what it was when it was learned. Absent: channels,
//! machines. Each learns from its first values, then is frozen: a lasting fault never becomes usual.

use super::standing::reach;
use crate::anomaly::Cusum;
use measure::Instant;
use measure::statistics::{Moments, line_through};
use plant::Window;

/// A level that should not move: a two-sided CUSUM (E. S. Page, Biometrika 41, 1954) in standard deviations of good order.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    learned: Moments,
    /// First and last block learned from.
    window: Option<Window>,
    blocks: u64,
    floor: f64,
    sums: Cusum,
    since: Option<Instant>,
    lately: f64,
}

impl Check {
    /// Slack: shifts below so many deviations are not added up [1].
    const SLACK: f64 = 1.0;
    /// A single block adds at most so much [1].
    const STEP_MAX: f64 = 3.0;
    /// Sum at which the level has moved [1].
    const LIMIT: f64 = 12.0;

    /// A check that learns from so many blocks; a scatter below `floor` times the level counts as that [1].
    pub fn new(blocks: u64, floor: f64) -> Self {
        let sums = Cusum::new(Self::SLACK, Self::LIMIT).with_reach(Self::SLACK + Self::STEP_MAX);
        Self { learned: Moments::default(), window: None, blocks, floor, sums, since: None, lately: f64::NAN }
    }
    /// Takes the mean of a block.
    pub fn add(&mut self, at: Instant, value: f64) {
        if !value.is_finite() {
            return;
        }
        if !self.is_learned() {
            self.learned.add(value);
            reach(&mut self.window, at);
            return;
        }
        self.lately = if self.lately.is_finite() { self.lately + 0.3 * (value - self.lately) } else { value };
        let scatter = self.learned.deviation().max(self.floor * self.learned.mean().abs()).max(f64::MIN_POSITIVE);
        // where nothing ever scattered, any other value is as far away as can be
        self.sums.step(((value - self.learned.mean()) / scatter).clamp(f64::MIN, f64::MAX));
        self.since = if self.sums.share() > 0.0 { self.since.or(Some(at)) } else { None };
    }
    /// Whether it is frozen.
    pub const fn is_learned(&self) -> bool {
        self.learned.count() >= self.blocks
    }
    /// How far it has moved: 1 where that is certain [1]; `None` before it is learned.
    pub fn moved(&self) -> Option<f64> {
        self.is_learned().then(|| self.sums.share())
    }
    /// Level lately and when learned, and since when it may have moved.
    pub fn levels(&self) -> Option<(f64, f64, Instant)> {
        Some((self.lately, self.learned.mean(), self.since?))
    }
    /// Blocks learned from so far, and those it needs.
    pub const fn blocks(&self) -> (u64, u64) {
        (self.learned.count(), self.blocks)
    }
    /// What was learned: blocks, mean, sum of squared deviations, and when; `None` before it is frozen.
    pub fn frozen(&self) -> Option<([f64; 3], Window)> {
        Some((self.learned.parts(), self.window.filter(|_| self.is_learned())?))
    }
    /// Puts back what [`Self::frozen`] told; `None` where that is none of this check.
    pub fn recall(&mut self, parts: [f64; 3], window: Window) -> Option<()> {
        let learned = Moments::from_parts(parts).filter(|m| m.count() >= self.blocks)?;
        *self = Self { learned, window: Some(window), ..Self::new(self.blocks, self.floor) };
        Some(())
    }
}

/// A channel that follows another: the straight line through the first pairs, then a check of what is left.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    pairs: Vec<(f64, f64)>,
    window: Option<Window>,
    blocks: usize,
    line: Option<(f64, f64)>,
    left: Check,
}

impl Relation {
    /// A relation that learns from so many pairs; see [`Check::new`] for the floor.
    pub fn new(blocks: usize, floor: f64) -> Self {
        Self { pairs: Vec::new(), window: None, blocks, line: None, left: Check::new(blocks as u64, floor) }
    }
    /// Takes the means of a block: of the channel that leads and of the one that follows.
    pub fn add(&mut self, at: Instant, leads: f64, follows: f64) {
        if !leads.is_finite() || !follows.is_finite() {
            return;
        }
        let Some((intercept, slope)) = self.line else {
            self.pairs.push((leads, follows));
            reach(&mut self.window, at);
            if self.pairs.len() >= self.blocks {
                self.freeze(at);
            }
            return;
        };
        let expected = intercept + slope * leads;
        if expected.abs() > f64::MIN_POSITIVE {
            self.left.add(at, follows / expected);
        }
    }
    fn freeze(&mut self, at: Instant) {
        let pairs = std::mem::take(&mut self.pairs);
        let mean = pairs.iter().map(|p| p.1).sum::<f64>() / pairs.len() as f64;
        let (intercept, slope) = line_through(&pairs).map_or((mean, 0.0), |l| (l.0, l.1));
        self.line = Some((intercept, slope));
        for (leads, follows) in pairs {
            self.add(at, leads, follows);
        }
    }
    /// Blocks learned from so far, and those it needs.
    pub const fn blocks(&self) -> (u64, u64) {
        let (left, needed) = self.left.blocks();
        (if self.line.is_some() { left } else { self.pairs.len() as u64 }, needed)
    }
    /// What was learned: intercept and slope, then as [`Check::frozen`] of what is left; `None` before it is frozen.
    pub fn frozen(&self) -> Option<([f64; 5], Window)> {
        let ((intercept, slope), ([blocks, mean, squares], _)) = self.line.zip(self.left.frozen())?;
        Some(([intercept, slope, blocks, mean, squares], self.window?))
    }
    /// Puts back what [`Self::frozen`] told; `None` where that is none of this relation.
    pub fn recall(&mut self, [intercept, slope, blocks, mean, squares]: [f64; 5], window: Window) -> Option<()> {
        let mut left = Check::new(self.left.blocks, self.left.floor);
        left.recall([blocks, mean, squares], window).filter(|()| intercept.is_finite() && slope.is_finite())?;
        *self = Self { pairs: Vec::new(), window: Some(window), blocks: self.blocks, line: Some((intercept, slope)), left };
        Some(())
    }
    /// The check of what is left: the channel over what it should be [1].
    pub const fn left(&self) -> &Check {
        &self.left
    }
}

/// How often a channel says the same value again.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Run {
    last: f64,
    length: u32,
    since: Option<Instant>,
    now: Option<Instant>,
    heard: u32,
    longest: u32,
    window: Option<Window>,
}

impl Run {
    /// Values that the longest run in good order is learned from.
    pub const LEARNED: u32 = 400;
    /// A shorter run says nothing, however varied the channel was.
    const LENGTH_MIN: u32 = 8;
    /// A run is unheard of at so many times the longest.
    const TIMES: u32 = 3;
    /// And must have lasted so long [min].
    const MINUTES_MIN: f64 = 20.0;

    /// Takes a value.
    pub fn add(&mut self, at: Instant, value: f64) {
        if value == self.last && self.since.is_some() {
            self.length += 1;
        } else {
            (self.last, self.length, self.since) = (value, 1, Some(at));
        }
        self.now = Some(at);
        if self.heard < Self::LEARNED {
            self.heard += 1;
            reach(&mut self.window, at);
            self.longest = self.longest.max(self.length);
        }
    }
    /// Values heard so far, at most [`Self::LEARNED`].
    pub const fn heard(&self) -> u32 {
        self.heard
    }
    /// The longest run in good order, and when; `None` before it is frozen.
    pub fn frozen(&self) -> Option<(u32, Window)> {
        Some((self.longest, self.window.filter(|_| self.heard >= Self::LEARNED)?))
    }
    /// Puts back what [`Self::frozen`] told.
    pub fn recall(&mut self, longest: u32, window: Window) {
        *self = Self { heard: Self::LEARNED, longest, window: Some(window), ..Self::default() };
    }
    /// Since when it repeats one value far longer than it ever did; `None` while it does not.
    pub fn stuck(&self) -> Option<Instant> {
        let (since, now) = (self.since?, self.now?);
        let long = self.length >= Self::LENGTH_MIN.max(Self::TIMES * self.longest);
        (self.heard >= Self::LEARNED && long && (now - since).minutes() >= Self::MINUTES_MIN).then_some(since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;

    fn m(minutes: i64) -> Instant {
        Instant::from_seconds(minutes * 60)
    }

    #[test]
    fn a_drift_of_two_percent_an_hour_is_told_within_hours_and_good_order_never() {
        for seed in 0..20 {
            let mut chance = Chance::seeded(seed);
            let mut check = Check::new(36, 0.01);
            (0..2_000).for_each(|i| check.add(m(10 * i), 50.0 * (1.0 + 0.01 * chance.normal())));
            assert!(check.moved().is_some_and(|moved| moved < 0.6), "seed {seed}: {:?}", check.moved());
            let told = (0..60).position(|i| {
                check.add(m(10 * i), 50.0 * (1.0 + 0.02 * i as f64 / 6.0 + 0.01 * chance.normal()));
                check.moved().is_some_and(|moved| moved >= 1.0)
            });
            assert!(told.is_some_and(|blocks| (6..40).contains(&blocks)), "seed {seed}: {told:?}");
        }
    }

    #[test]
    fn a_channel_that_leaves_its_leader_is_told_and_one_that_follows_it_far_is_not() {
        let mut relation = Relation::new(48, 0.02);
        let mut chance = Chance::seeded(1);
        let mut power = |load: f64| 3_000.0 + 100.0 * load * (1.0 + 0.005 * chance.normal());
        (0..100).for_each(|i| relation.add(m(10 * i), 50.0 + f64::from(i as i32 % 7), power(50.0 + f64::from(i as i32 % 7))));
        (0..30).for_each(|i| relation.add(m(10 * i), 80.0, power(80.0)));
        assert!(relation.left().moved().is_some_and(|moved| moved < 0.5), "{:?}", relation.left());
        (0..10).for_each(|i| relation.add(m(10 * i), 80.0, power(55.0)));
        assert!(relation.left().moved().is_some_and(|moved| moved >= 1.0), "{:?}", relation.left());
    }

    #[test]
    fn a_run_is_measured_against_the_longest_ever() {
        let mut run = Run::default();
        (0..1_000).for_each(|i| run.add(m(i), f64::from((i / 4) as i32 % 10)));
        assert_eq!(run.stuck(), None);
        (1_000..1_020).for_each(|i| run.add(m(i), 42.0));
        assert_eq!(run.stuck(), None, "twenty minutes have not passed");
        (1_020..1_023).for_each(|i| run.add(m(i), 42.0));
        assert_eq!(run.stuck(), Some(m(1_000)));
    }
}
