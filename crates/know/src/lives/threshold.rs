//! When a quantity that grows by a line crosses a threshold that is itself uncertain: the distribution of the operating
//! time left, given that it has not happened yet.
//!
//! Enters: level, growth, their errors, the threshold with its spread. Leaves: probabilities and quantiles. Absent: which
//! quantity it is.
//!
//! Failure comes when the quantity reaches the threshold Θ ~ N(μ, σ). After h more hours the quantity is x + s·h, known to
//! within the error of the fit. So P(failure within h) = [Φ(h) − Φ(0)] / [1 − Φ(0)] with
//! Φ(h) = Φ((x + s·h − μ) / √(σ² + e₀² + (h·e_s)²)) (first passage of a degradation path with a random threshold: Lu and
//! Meeker, Technometrics 35(2), 1993).

use measure::Estimate;
use measure::statistics::normal_probability;

/// A quantity on its way to a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Approach {
    /// Level now.
    pub level: f64,
    /// Standard error of the level.
    pub level_error: f64,
    /// Growth [1/h of operating time].
    pub rate: f64,
    /// Standard error of the growth [1/h].
    pub rate_error: f64,
    /// Mean of the threshold.
    pub threshold: f64,
    /// Spread of the threshold.
    pub spread: f64,
}

/// No part lasts longer than can be told [h].
pub const LONGEST_H: f64 = 500.0;

impl Approach {
    fn reached(&self, hours: f64) -> f64 {
        let sigma = (self.spread.powi(2) + self.level_error.powi(2) + (hours * self.rate_error).powi(2)).sqrt();
        normal_probability((self.level + self.rate * hours - self.threshold) / sigma.max(1e-9))
    }
    /// Probability of failure within so many hours of operation, given that it has not failed yet [1].
    pub fn fails_within(&self, hours: f64) -> f64 {
        let now = self.reached(0.0).min(0.999_9);
        ((self.reached(hours.max(0.0)) - now) / (1.0 - now)).clamp(0.0, 1.0)
    }
    /// Hours of operation left: median with the 5 % and 95 % quantiles [h]; `None` where the median is above `told_h`.
    pub fn left_h(&self, told_h: f64) -> Option<Estimate> {
        let now = self.reached(0.0).min(0.999_9);
        let quantile = |share: f64, (mut low, mut high): (f64, f64)| {
            let wanted = now + share * (1.0 - now);
            for _ in 0..18 {
                let middle = 0.5 * (low + high);
                if self.reached(middle) < wanted { low = middle } else { high = middle }
            }
            0.5 * (low + high)
        };
        if self.reached(told_h) < now + 0.5 * (1.0 - now) {
            return None;
        }
        let median = quantile(0.5, (0.0, told_h));
        Some(Estimate::between(quantile(0.05, (0.0, median)), median, quantile(0.95, (median, LONGEST_H))))
    }
}

/// A threshold learned from failures: a prior that weighs as much as `weight` of them, and what was seen. Returns mean and
/// spread.
pub fn learned(prior: (f64, f64), weight: f64, seen: &[f64]) -> (f64, f64) {
    let n = seen.len() as f64;
    let mean = (weight * prior.0 + seen.iter().sum::<f64>()) / (weight + n);
    let squares: f64 = seen.iter().map(|x| (x - mean).powi(2)).sum();
    let variance = (weight * (prior.1.powi(2) + (prior.0 - mean).powi(2)) + squares) / (weight + n);
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;

    #[test]
    fn the_quantiles_are_those_of_drawn_thresholds() {
        let approach = Approach { level: 1.0, level_error: 0.02, rate: 0.05, rate_error: 0.005, threshold: 1.5, spread: 0.1 };
        let mut chance = Chance::seeded(4);
        let mut lives: Vec<f64> = Vec::new();
        while lives.len() < 20_000 {
            let level = approach.level + approach.level_error * chance.normal();
            let rate = approach.rate + approach.rate_error * chance.normal();
            let life = (approach.threshold + approach.spread * chance.normal() - level) / rate;
            if life > 0.0 && life < 1_000.0 {
                lives.push(life);
            }
        }
        lives.sort_by(f64::total_cmp);
        let left = approach.left_h(120.0).expect("within reach");
        for (got, share) in [(left.low, 0.05), (left.value, 0.5), (left.high, 0.95)] {
            let drawn = lives[(share * lives.len() as f64) as usize];
            assert!((got - drawn).abs() < 0.05 * drawn + 0.1, "{share}: {got}, drawn {drawn}");
        }
        let within = lives.iter().filter(|l| **l < 8.0).count() as f64 / lives.len() as f64;
        assert!((approach.fails_within(8.0) - within).abs() < 0.01);
    }

    #[test]
    fn what_has_survived_its_mean_threshold_is_not_immortal() {
        let late = Approach { level: 1.6, level_error: 0.0, rate: 0.05, rate_error: 0.0, threshold: 1.5, spread: 0.1 };
        assert!(late.fails_within(4.0) > 0.85, "{}", late.fails_within(4.0));
        assert!(late.left_h(120.0).is_some_and(|l| l.value < 2.0));
        assert!(late.left_h(0.1).is_none(), "farther than is told");
    }

    #[test]
    fn failures_move_the_threshold() {
        let (mean, spread) = learned((1.5, 0.1), 3.0, &[]);
        assert_eq!((mean, spread), (1.5, 0.1));
        let (mean, spread) = learned((1.5, 0.1), 3.0, &[1.3; 30]);
        assert!((mean - 1.318).abs() < 0.01 && spread < 0.08, "{mean} {spread}");
    }
}
