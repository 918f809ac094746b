//! How far the newest stretch of one channel is from every stretch before it (the left matrix profile: Y. Lu et al., DAMP, KDD 2022).
//!
//! Enters: values one by one. Leaves: the distance to the nearest stretch of the past. Absent: limits. Products of stretches are carried on
//! along diagonals, so that a value costs one pass over what is remembered; the oldest values are forgotten.

/// Values remembered; a half more is gathered before the oldest are let go.
const VALUES_MAX: usize = 6_000;

/// What is remembered of one channel.
#[derive(Clone, Debug)]
pub struct Discord {
    length: usize,
    /// Whether stretches are compared without their means.
    centred: bool,
    values: Vec<f64>,
    /// Product of the newest stretch with the one that ends here.
    products: Vec<f64>,
    /// Sum and sum of squares of the stretch that ends here.
    sums: Vec<(f64, f64)>,
    first: Option<f64>,
}

impl Discord {
    /// For stretches of so many values, at least 2.
    pub const fn new(length: usize, centred: bool) -> Self {
        let length = if length < 2 { 2 } else { length };
        Self { length, centred, values: Vec::new(), products: Vec::new(), sums: Vec::new(), first: None }
    }
    /// Takes a value; what is not finite counts as the one before. `None` until there is a stretch to compare with.
    pub fn step(&mut self, value: f64) -> Option<f64> {
        let m = self.length;
        // Against the first value, so that squares stay small.
        let last = self.values.last().copied().unwrap_or(0.0);
        let origin = *self.first.get_or_insert(if value.is_finite() { value } else { 0.0 });
        let x = if value.is_finite() { value - origin } else { last };
        if self.values.len() >= VALUES_MAX + VALUES_MAX / 2 {
            self.values.drain(..VALUES_MAX / 2);
            self.products.drain(..VALUES_MAX / 2);
            self.sums.drain(..VALUES_MAX / 2);
        }
        self.values.push(x);
        self.products.push(0.0);
        let i = self.values.len() - 1;
        let newest = &self.values[(i + 1).saturating_sub(m)..];
        self.sums.push(newest.iter().fold((0.0, 0.0), |(s, q), x| (s + x, q + x * x)));
        if i + 1 < m {
            return None;
        }
        let leaves = if i >= m { self.values[i - m] } else { 0.0 };
        for j in (m..=i).rev() {
            self.products[j] = self.products[j - 1] + x * self.values[j] - leaves * self.values[j - m];
        }
        self.products[m - 1] = newest.iter().zip(&self.values[..m]).map(|(a, b)| a * b).sum();
        self.nearest(i)
    }
    fn nearest(&self, i: usize) -> Option<f64> {
        let m = self.length;
        let (sum, squares) = self.sums[i];
        let n = m as f64;
        let distance = |j: usize| {
            let (s, q) = self.sums[j];
            let plain = squares + q - 2.0 * self.products[j];
            if self.centred { plain - (sum - s).powi(2) / n } else { plain }
        };
        let least = (m - 1..(i + 1).saturating_sub(m)).map(distance).fold(f64::INFINITY, f64::min);
        least.is_finite().then(|| least.max(0.0).sqrt())
    }
}

/// A statistic of one channel as deviations of its logarithm from all it was before.
#[derive(Clone, Debug, Default)]
pub struct Surprise {
    mean: f64,
    variance: f64,
    count: f64,
    range: Option<(f64, f64)>,
}

impl Surprise {
    /// Share of the channel's range that counts as nothing.
    const FLOOR: f64 = 0.003;
    /// Rows' worth of evidence that there is before the first.
    const BEFORE: f64 = 20.0;

    /// Takes the channel's value and its statistic; returns how surprising the statistic is [deviations].
    pub fn step(&mut self, value: f64, statistic: Option<f64>) -> Option<f64> {
        if value.is_finite() {
            let (low, high) = self.range.unwrap_or((value, value));
            self.range = Some((low.min(value), high.max(value)));
        }
        self.count += 1.0;
        let (low, high) = self.range?;
        let log = (statistic? + Self::FLOOR * (high - low) + 1e-12).ln();
        if self.variance == 0.0 {
            (self.mean, self.variance) = (log, 0.01);
        }
        let root = self.variance.sqrt();
        let told = (log - self.mean) / root;
        // One wild value does not move what is usual by more than three deviations would.
        let (step, weight) = ((log - self.mean).min(3.0 * root), 1.0 / (self.count + Self::BEFORE));
        self.mean += weight * step;
        self.variance = (self.variance + weight * (step * step - self.variance)).max(0.01);
        Some(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;

    #[test]
    fn the_distance_is_that_of_all_stretches_one_by_one_also_after_forgetting() {
        for centred in [true, false] {
            let (mut chance, m) = (Chance::seeded(8), 12);
            let values: Vec<f64> = (0..9_600).map(|i| 50.0 + (f64::from(i) / 9.0).sin() * 4.0 + chance.normal()).collect();
            let mut discord = Discord::new(m, centred);
            let told: Vec<Option<f64>> = values.iter().map(|v| discord.step(*v)).collect();
            assert_eq!(told[..2 * m - 1].iter().flatten().count(), 0);
            for i in [2 * m - 1, 500, 8_000, 9_599] {
                let stretch = |end: usize| {
                    let s = &values[end + 1 - m..=end];
                    let mean = if centred { s.iter().sum::<f64>() / m as f64 } else { 0.0 };
                    s.iter().map(|x| x - mean).collect::<Vec<_>>()
                };
                let newest = stretch(i);
                let kept = i.saturating_sub(VALUES_MAX + VALUES_MAX / 2 - 1);
                let oldest = if i < 9_000 { 0 } else { kept.max(3_000) };
                let to = |j: usize| stretch(j).iter().zip(&newest).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                let least = (oldest + m - 1..=i - m).map(to).fold(f64::INFINITY, f64::min);
                assert!(told[i].is_some_and(|t| (t - least).abs() < 1e-6), "{:?} and {least} at {i}", told[i]);
            }
        }
    }

    #[test]
    fn what_never_was_surprises() {
        let (mut chance, mut discord, mut surprise) = (Chance::seeded(2), Discord::new(8, true), Surprise::default());
        let mut last = 0.0;
        for i in 0..2_000 {
            let wrong = if i >= 1_990 { f64::from(i - 1_990) * 2.0 } else { 0.0 };
            let value = (f64::from(i) / 20.0).sin() * 5.0 + 0.3 * chance.normal() + wrong;
            let told = surprise.step(value, discord.step(value)).unwrap_or(0.0);
            assert!(!(200..1_990).contains(&i) || told < 7.0, "{told} at {i}");
            last = told;
        }
        assert!(last > 7.0, "{last}");
    }
}
