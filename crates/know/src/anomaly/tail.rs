//! From a score to a probability: how often good order scores as high.
//!
//! Enters: scores in good order. Leaves: the probability of a score or a higher one. Absent: what a score is. Below the 90 % quantile
//! the share counted; above it the excesses are exponential, the limit law for scores that are logarithms (J. Pickands,
//! Annals of Statistics 3(1), 1975, with shape 0), with a pace from their mean.

/// Points of the counted part.
const POINTS: usize = 64;
/// Where the tail begins.
const BEGINS: f64 = 0.9;

/// Distribution of scores in good order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tail {
    /// Quantiles at equal steps up to [`BEGINS`].
    points: Vec<f64>,
    /// Mean excess over the last point.
    excess: f64,
}

impl Tail {
    /// Learned from scores; what is not finite is left out.
    pub fn learn(scores: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = scores.filter(|s| s.is_finite()).collect();
        if sorted.is_empty() {
            return Self::default();
        }
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len() - 1;
        let at = |share: f64| sorted[(share * last as f64).round() as usize];
        let points: Vec<f64> = (0..=POINTS).map(|i| at(BEGINS * i as f64 / POINTS as f64)).collect();
        let begin = points[POINTS];
        let over: Vec<f64> = sorted.iter().map(|s| s - begin).filter(|e| *e > 0.0).collect();
        let excess = if over.is_empty() { 1e-3 } else { over.iter().sum::<f64>() / over.len() as f64 };
        Self { points, excess: excess.max(1e-3) }
    }
    /// Probability that good order scores as high or higher [1].
    pub fn probability(&self, score: f64) -> f64 {
        let (Some(begin), true) = (self.points.last(), score.is_finite()) else { return 1.0 };
        if score > *begin {
            return (1.0 - BEGINS) * (-(score - begin) / self.excess).exp();
        }
        1.0 - BEGINS * self.points.partition_point(|p| *p < score) as f64 / (POINTS + 1) as f64
    }
    /// The score that good order reaches with a probability below 10 %.
    pub fn score_at(&self, probability: f64) -> f64 {
        let begin = self.points.last().copied().unwrap_or(f64::INFINITY);
        begin + self.excess * ((1.0 - BEGINS) / probability.clamp(1e-300, 1.0 - BEGINS)).ln()
    }
    /// Half of good order scores below.
    pub fn median(&self) -> f64 {
        let place = (0.5 / BEGINS * POINTS as f64).round() as usize;
        self.points.get(place).copied().unwrap_or(0.0)
    }
}
