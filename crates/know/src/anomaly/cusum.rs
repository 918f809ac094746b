//! Slow drifts, summed up: what is too small to see in any stretch shows when it goes on (E. S. Page, Biometrika 41, 1954).
//!
//! ```text
//! deviation     .2 -.4 .1 | 1.2  .9 1.4 1.1 ..       a drift of one deviation, allowance .5
//! sum           0   0  0  |  .7 1.1 2.0 2.6 .. 12    alarm; it began where the sum left 0
//! ```
//!
//! Enters: values in deviations from what is usual, independent of one another. Leaves: whether they have drifted, which way, since when.
//! Absent: learning; [`PageHinkley`] is the same sum against the mean of all values so far, for what has no usual level.

/// Which way values went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drift {
    /// Upwards.
    Up,
    /// Downwards.
    Down,
}

/// A two-sided cumulative sum against a known level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cusum {
    allowance: f64,
    limit: f64,
    reach: f64,
    up: Side,
    down: Side,
}

/// One side: the sum and the values since it last was 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Side {
    sum: f64,
    length: u64,
}

impl Side {
    fn step(&mut self, x: f64) {
        self.sum = (self.sum + x).max(0.0);
        self.length = if self.sum > 0.0 { self.length.saturating_add(1) } else { 0 };
    }
}

/// One value moves a sum by no more than this [deviations]: a wild value is no drift.
const REACH: f64 = 3.0;

impl Cusum {
    /// Drifts smaller than twice the allowance [deviations] are let pass; `limit` [deviations] sets how rarely good order alarms.
    pub const fn new(allowance: f64, limit: f64) -> Self {
        let side = Side { sum: 0.0, length: 0 };
        Self { allowance, limit, reach: REACH, up: side, down: side }
    }
    /// As [`Self::new`]; one value moves a sum by no more than `reach` less the allowance [deviations].
    pub const fn with_reach(self, reach: f64) -> Self {
        Self { reach, ..self }
    }
    /// Mean number of values between false alarms of both sides together (D. Siegmund's approximation, Sequential Analysis, 1985, 2.52).
    pub fn run_length(&self) -> f64 {
        let k = self.allowance.max(1e-6);
        let b = 2.0 * k * (self.limit + 1.166);
        0.5 * (b.exp() - b - 1.0) / (2.0 * k * k)
    }
    /// Takes a value; one that is not finite changes nothing. Returns the drift while there is one.
    pub fn step(&mut self, value: f64) -> Option<Drift> {
        if value.is_finite() {
            let value = value.clamp(-self.reach, self.reach);
            self.up.step(value - self.allowance);
            self.down.step(-value - self.allowance);
            // A drift that ends is forgotten as fast as it came.
            self.up.sum = self.up.sum.min(2.0 * self.limit);
            self.down.sum = self.down.sum.min(2.0 * self.limit);
        }
        self.drift()
    }
    /// The drift there is now.
    pub fn drift(&self) -> Option<Drift> {
        match (self.up.sum > self.limit, self.down.sum > self.limit) {
            (false, false) => None,
            (up, _) => Some(if up { Drift::Up } else { Drift::Down }),
        }
    }
    /// Values since the greater sum last was 0: where the drift began, most likely.
    pub fn length(&self) -> u64 {
        if self.up.sum >= self.down.sum { self.up.length } else { self.down.length }
    }
    /// The greater sum over the limit; above 1 there is a drift.
    pub fn share(&self) -> f64 {
        self.up.sum.max(self.down.sum) / self.limit
    }
}

/// The sum against the mean of all values so far (D. V. Hinkley, Biometrika 58, 1971).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PageHinkley {
    count: f64,
    mean: f64,
    square: f64,
    up: Side,
    down: Side,
}

impl PageHinkley {
    /// Values before the first judgement.
    const BEFORE: f64 = 30.0;
    /// Allowance and limit, in deviations of the values so far.
    const ALLOWANCE: f64 = 0.5;
    const LIMIT: f64 = 12.0;

    /// Takes a value; one that is not finite changes nothing. Returns the drift as it is found, and then starts anew.
    pub fn step(&mut self, value: f64) -> Option<Drift> {
        if !value.is_finite() {
            return None;
        }
        self.count += 1.0;
        let off = value - self.mean;
        self.mean += off / self.count;
        self.square += off * (value - self.mean);
        let deviation = (self.square / self.count).sqrt();
        if self.count < Self::BEFORE || deviation <= 0.0 {
            return None;
        }
        let z = ((value - self.mean) / deviation).clamp(-REACH, REACH);
        self.up.step(z - Self::ALLOWANCE);
        self.down.step(-z - Self::ALLOWANCE);
        let found = match (self.up.sum > Self::LIMIT, self.down.sum > Self::LIMIT) {
            (false, false) => return None,
            (up, _) => Some(if up { Drift::Up } else { Drift::Down }),
        };
        *self = Self::default();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;
    use proptest::prelude::*;

    #[test]
    fn a_table_of_cycles() {
        let mut cusum = Cusum::new(0.5, 2.0);
        let cycles: [(f64, f64, Option<Drift>); 6] = [
            (0.4, 0.0, None),
            (1.5, 1.0, None),
            (f64::NAN, 1.0, None),
            (1.0, 1.5, None),
            (99.0, 4.0, Some(Drift::Up)), // 3 deviations at most: 1.5 + 2.5
            (-2.0, 1.5, None),
        ];
        for (place, (value, up, drift)) in cycles.into_iter().enumerate() {
            assert_eq!(cusum.step(value), drift, "cycle {place}");
            assert!((cusum.up.sum - up).abs() < 1e-12, "cycle {place}");
        }
        assert_eq!(cusum.step(-1.1), Some(Drift::Down), "down: 1.5 + 0.6");
        assert_eq!(cusum.length(), 2, "two values since it was 0");
    }

    #[test]
    fn good_order_alarms_as_rarely_as_foretold() {
        let (mut chance, cusum) = (Chance::seeded(5), Cusum::new(0.5, 4.0));
        let (mut runs, mut values) = (0, 0_u32);
        let mut walking = cusum;
        while runs < 400 {
            values += 1;
            if walking.step(chance.normal()).is_some() {
                (runs, walking) = (runs + 1, cusum);
            }
        }
        let got = f64::from(values) / 400.0;
        assert!((got / cusum.run_length() - 1.0).abs() < 0.2, "{got} and {}", cusum.run_length());
    }

    #[test]
    fn a_creeping_level_is_found_by_both_with_its_way() {
        for way in [1.0, -1.0] {
            let (mut chance, mut cusum, mut hinkley) = (Chance::seeded(9), Cusum::new(0.5, 12.0), PageHinkley::default());
            let (mut found, mut told) = (None, None);
            for i in 0..2_000_i32 {
                let value = chance.normal() + way * f64::from((i - 1_000).max(0)) / 200.0;
                let (a, b) = (cusum.step(value), hinkley.step(value));
                assert!(i >= 1_000 || (a.is_none() && b.is_none()), "alarm at {i}");
                found = found.or(a.map(|d| (i, d)));
                told = told.or(b.map(|d| (i, d)));
            }
            let wanted = if way > 0.0 { Drift::Up } else { Drift::Down };
            for (at, drift) in [found, told].into_iter().flatten() {
                assert!(drift == wanted && (1_050..1_450).contains(&at), "{drift:?} at {at}");
            }
            assert!(found.is_some() && told.is_some());
        }
    }

    proptest! {
        #[test]
        fn sums_are_bounded_and_never_negative(values in prop::collection::vec(-1e9_f64..1e9, 1..200)) {
            let mut cusum = Cusum::new(0.5, 5.0);
            for value in values {
                cusum.step(value);
                prop_assert!((0.0..=10.0).contains(&cusum.up.sum) && (0.0..=10.0).contains(&cusum.down.sum));
            }
        }
    }
}
