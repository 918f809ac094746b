//! What will be wanted and used: demand of each product step by step, energy use and local generation of the next day, with quantiles.
//!
//! ```text
//! demand:  history ── every method at rolling origins ── errors ──> the method ─┐
//! day:     history, what is known ahead ── forest, weekdays ── errors ──> model ─┴─ better than the baseline on later data? ──> Foretold
//!                                            what was off, by step ── spread ──> quantiles
//! ```
//!
//! Enters: series at equal steps, NaN where nothing is known; columns known ahead. Leaves: [`Foretold`], and what each was worth on the unit's
//! own past. Absent: machines, clock, disk. A forecast uses only what lies before it; the baseline (what was a season ago) always runs beside.

pub mod day;
pub mod demand;
pub mod intermittent;
pub mod plain;
pub mod score;
pub mod smooth;
pub mod spread;

use measure::Estimate;

pub use plant::LEVELS;

/// One step foretold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Foretold {
    /// What is expected in the mean, in the unit of the series.
    pub mean: f64,
    /// Quantiles at [`LEVELS`], rising, in the same unit.
    pub quantiles: [f64; LEVELS.len()],
}

impl Foretold {
    /// As an estimate with a 90 % interval.
    pub fn estimate(&self) -> Estimate {
        Estimate::between(self.quantiles[0], self.mean, self.quantiles[LEVELS.len() - 1])
    }
    /// Whether the 90 % interval holds what came.
    pub fn holds(&self, came: f64) -> bool {
        (self.quantiles[0]..=self.quantiles[LEVELS.len() - 1]).contains(&came)
    }
}

/// Why nothing is foretold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForecastError {
    /// A history too short.
    Short {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// A figure outside of what is allowed.
    Outside {
        /// Which.
        what: &'static str,
        /// What was given.
        found: usize,
        /// Least allowed.
        least: usize,
        /// Most allowed.
        most: usize,
    },
}

impl std::fmt::Display for ForecastError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Short { what, found, needed } => write!(f, "{found} {what}; at least {needed} are needed"),
            Self::Outside { what, found, least, most } => write!(f, "{what} is {found}; allowed are {least} to {most}"),
        }
    }
}

impl std::error::Error for ForecastError {}

/// Mean of what is a number; NaN without any.
fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, n) = values.into_iter().filter(|x| x.is_finite()).fold((0.0, 0.0), |(s, n), x| (s + x, n + 1.0));
    sum / n
}

/// Mean squared error of what was foretold; NaN where nothing of it is known.
fn squares(came: &[f64], told: &[f64]) -> f64 {
    mean(came.iter().zip(told).map(|(came, told)| (came - told).powi(2)))
}

/// Least that can come: zero where nothing below it ever came.
fn floor(history: &[f64]) -> f64 {
    if history.iter().any(|x| *x < 0.0) { f64::NEG_INFINITY } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_holds_its_mean_even_outside_of_the_quantiles() {
        let skewed = Foretold { mean: 0.4, quantiles: [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2] };
        assert_eq!(skewed.estimate(), Estimate::between(0.0, 0.4, 0.4));
        assert!(skewed.holds(0.2) && !skewed.holds(0.3) && !skewed.holds(f64::NAN));
    }
}
