//! A number and how sure we are of it.

/// A value with the interval that holds the truth with the stated confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The best single figure.
    pub value: f64,
    /// Lower end of the interval; never above `value`.
    pub low: f64,
    /// Upper end of the interval; never below `value`.
    pub high: f64,
    /// Probability that the truth lies in `low..=high` [1].
    pub confidence: f64,
}

/// The confidence used where nothing else is said [1].
const USUAL_CONFIDENCE: f64 = 0.9;
/// Half the width of that interval of a normal distribution in standard deviations, its 95 % quantile.
pub(crate) const NORMAL_REACH: f64 = 1.644_853_626_951_472_2;

impl Estimate {
    /// A value known for certain.
    pub const fn exact(value: f64) -> Self {
        Self { value, low: value, high: value, confidence: 1.0 }
    }
    /// A value with a 90 % interval; the ends are put in order and made to hold the value.
    pub fn between(low: f64, value: f64, high: f64) -> Self {
        Self { value, low: low.min(value).min(high), high: high.max(value).max(low), confidence: USUAL_CONFIDENCE }
    }
    /// A value with its standard error: the 90 % interval of a normal distribution.
    pub fn normal(value: f64, standard_error: f64) -> Self {
        let reach = NORMAL_REACH * standard_error.abs();
        Self { value, low: value - reach, high: value + reach, confidence: USUAL_CONFIDENCE }
    }
    /// Standard deviation of the normal distribution that has this as its 90 % interval.
    pub fn deviation(&self) -> f64 {
        (self.high - self.low) / (2.0 * NORMAL_REACH)
    }
    /// Whether the interval holds `truth`.
    pub fn covers(&self, truth: f64) -> bool {
        (self.low..=self.high).contains(&truth)
    }
    /// The estimate times a constant.
    pub fn scaled(self, by: f64) -> Self {
        let (a, b) = (self.low * by, self.high * by);
        Self { value: self.value * by, low: a.min(b), high: a.max(b), confidence: self.confidence }
    }
}
