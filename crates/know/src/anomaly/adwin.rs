//! Whether a stream still is what it was: a window that grows while its halves agree and drops its older part when they do not (A. Bifet and
//! R. Gavaldà, Learning from Time-Changing Data with Adaptive Windowing, SDM 2007).
//!
//! Enters: values within known bounds. Leaves: a [`Change`] when the mean has changed. Absent: what follows from it: a frozen baseline is
//! learned anew only on a decision, this only proposes. Memory grows with the logarithm of the window and ends at [`LEVELS`].

/// Buckets of one size before two become one of twice the size.
const BUCKETS: usize = 5;
/// Sizes of buckets: 1, 2, 4 .. values; the window holds at most some 300 million values.
const LEVELS: usize = 26;
/// Values between two looks.
const EVERY: u64 = 16;
/// Fewest values on either side of a cut.
const SIDE_MIN: f64 = 16.0;

/// The mean of a stream changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Mean of what was dropped, in the unit of the values.
    pub before: f64,
    /// Mean of what is left in the window.
    pub after: f64,
    /// Values left in the window: since the change, or a few more.
    pub length: u64,
}

/// Sums over a stretch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Sum {
    fn plus(self, other: Self) -> Self {
        Self { count: self.count + other.count, sum: self.sum + other.sum, squares: self.squares + other.squares }
    }
    fn mean(self) -> f64 {
        self.sum / self.count
    }
}

/// The window.
#[derive(Clone, Debug, PartialEq)]
pub struct Adwin {
    confidence: f64,
    bounds: (f64, f64),
    /// Buckets by size, newest first within a size.
    levels: Vec<Vec<Sum>>,
    whole: Sum,
    heard: u64,
}

impl Adwin {
    /// For values within bounds (what lies beyond counts as the bound); a change is told by chance at most with the probability
    /// `confidence` at each look.
    pub const fn new(bounds: (f64, f64), confidence: f64) -> Self {
        Self { confidence, bounds, levels: Vec::new(), whole: Sum { count: 0.0, sum: 0.0, squares: 0.0 }, heard: 0 }
    }
    /// Takes a value; one that is not finite changes nothing.
    pub fn step(&mut self, value: f64) -> Option<Change> {
        if !value.is_finite() {
            return None;
        }
        let (low, high) = self.bounds;
        let x = (value.clamp(low, high) - low) / (high - low).max(1e-12);
        let one = Sum { count: 1.0, sum: x, squares: x * x };
        self.whole = self.whole.plus(one);
        self.push(one);
        self.heard += 1;
        if self.heard.is_multiple_of(EVERY) { self.look() } else { None }
    }
    fn push(&mut self, one: Sum) {
        let mut more = Some(one);
        for level in 0..LEVELS {
            let Some(bucket) = more.take() else { return };
            if self.levels.len() == level {
                self.levels.push(Vec::with_capacity(BUCKETS + 1));
            }
            let buckets = &mut self.levels[level];
            buckets.insert(0, bucket);
            if buckets.len() > BUCKETS {
                more = buckets.pop().zip(buckets.pop()).map(|(a, b)| a.plus(b));
            }
        }
        // The oldest values are let go.
        self.whole = more.map_or(self.whole, |m| self.whole.plus(Sum { count: -m.count, sum: -m.sum, squares: -m.squares }));
    }
    /// Drops the oldest buckets while some cut tells the two parts apart.
    fn look(&mut self) -> Option<Change> {
        let mut dropped = Sum::default();
        while self.cut() {
            let Some(oldest) = self.levels.iter_mut().rev().find(|l| !l.is_empty()).and_then(Vec::pop) else { break };
            dropped = dropped.plus(oldest);
            self.whole = self.whole.plus(Sum { count: -oldest.count, sum: -oldest.sum, squares: -oldest.squares });
        }
        let (low, high) = self.bounds;
        let back = |x: f64| low + x * (high - low);
        let told = || Change { before: back(dropped.mean()), after: back(self.whole.mean()), length: self.whole.count as u64 };
        (dropped.count > 0.0 && self.whole.count > 0.0).then(told)
    }
    /// Whether the window falls into two parts of different mean (theorem 3.2, with the logarithm of the number of values for
    /// their number, as is usual).
    fn cut(&self) -> bool {
        let n = self.whole.count;
        if n < 2.0 * SIDE_MIN {
            return false;
        }
        let variance = (self.whole.squares / n - self.whole.mean().powi(2)).max(0.0);
        let log = (2.0 * n.ln() / self.confidence).ln();
        let mut newer = Sum::default();
        for bucket in self.levels.iter().flatten() {
            newer = newer.plus(*bucket);
            let older = Sum { count: n - newer.count, sum: self.whole.sum - newer.sum, squares: 0.0 };
            if older.count < SIDE_MIN {
                return false;
            }
            let harmonic = 1.0 / (1.0 / newer.count + 1.0 / older.count);
            let reach = (2.0 / harmonic * variance * log).sqrt() + 2.0 / (3.0 * harmonic) * log;
            if newer.count >= SIDE_MIN && (newer.mean() - older.mean()).abs() > reach {
                return true;
            }
        }
        false
    }
    /// Values in the window.
    pub const fn length(&self) -> u64 {
        self.whole.count as u64
    }
    /// Bytes held, without a handful.
    pub fn bytes(&self) -> usize {
        self.levels.iter().map(|l| l.capacity() * size_of::<Sum>()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;
    use proptest::prelude::*;

    #[test]
    fn a_change_is_told_soon_and_the_window_comes_to_hold_what_is_new() {
        let (mut chance, mut adwin) = (Chance::seeded(1), Adwin::new((-5.0, 5.0), 0.002));
        let mut told = Vec::new();
        for i in 0..6_000 {
            let level = if i < 4_000 { 0.0 } else { 1.0 };
            told.extend(adwin.step(level + 0.5 * chance.normal()).map(|c| (i, c)));
        }
        let (at, change) = told[0];
        assert!((4_000..4_100).contains(&at), "{told:?}");
        assert!(change.before.abs() < 0.1 && change.after > change.before, "{change:?}");
        assert!((adwin.whole.mean() * 10.0 - 6.0).abs() < 0.1 && adwin.length() < 2_200, "{adwin:?}");
    }

    #[test]
    fn what_does_not_change_is_never_told_and_memory_ends() {
        for seed in 0..8 {
            let (mut chance, mut adwin) = (Chance::seeded(seed), Adwin::new((-5.0, 5.0), 0.002));
            for _ in 0..50_000 {
                assert_eq!(adwin.step(chance.normal()), None);
            }
            assert!(adwin.length() == 50_000 && adwin.bytes() < 8 * 1_024, "{} bytes", adwin.bytes());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn buckets_hold_exactly_the_window(values in prop::collection::vec(-9.0_f64..9.0, 1..2_000)) {
            let mut adwin = Adwin::new((-2.0, 2.0), 0.01);
            for value in values {
                adwin.step(value);
                let held = adwin.levels.iter().flatten().fold(Sum::default(), |s, b| s.plus(*b));
                prop_assert!((held.count - adwin.whole.count).abs() < 0.5 && (held.sum - adwin.whole.sum).abs() < 1e-6);
                prop_assert!(adwin.levels.iter().all(|l| l.len() <= BUCKETS));
            }
        }
    }
}
