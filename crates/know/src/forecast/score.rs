//! What forecasts were worth: errors, bias, pinball loss, coverage, and the error against a naive forecast.
//!
//! Enters: what was foretold and what came. Leaves: figures, in the unit of the series or [1]. Absent: who foretold it.

use super::{Foretold, LEVELS};

/// Loss of a quantile at a level [0..1] (R. Koenker and G. Bassett, Econometrica 46, 1978), in the unit of the series.
pub fn pinball(level: f64, told: f64, came: f64) -> f64 {
    let off = came - told;
    if off >= 0.0 { level * off } else { (level - 1.0) * off }
}

/// Mean absolute difference of values a season apart: the unit of MASE (R. J. Hyndman and A. B. Koehler, International Journal of Forecasting
/// 22, 2006). `None` where no two such values are known or they never differ.
pub fn naive_error(history: &[f64], season: usize) -> Option<f64> {
    let pairs = history.iter().zip(history.iter().skip(season.max(1)));
    let error = super::mean(pairs.map(|(a, b)| (b - a).abs()));
    (error > 0.0).then_some(error)
}

/// Sums over forecasts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    count: f64,
    off: f64,
    absolute: f64,
    squares: f64,
    pinball: f64,
    held: f64,
    width: f64,
}

impl Score {
    /// One more; without a number that came nothing is counted.
    pub fn add(&mut self, told: &Foretold, came: f64) {
        if !came.is_finite() {
            return;
        }
        let off = told.mean - came;
        self.count += 1.0;
        self.off += off;
        self.absolute += (told.quantiles[LEVELS.len() / 2] - came).abs();
        self.squares += off * off;
        let losses = LEVELS.iter().zip(told.quantiles).map(|(level, q)| pinball(*level, q, came));
        self.pinball += losses.sum::<f64>() / LEVELS.len() as f64;
        self.held += f64::from(u8::from(told.holds(came)));
        self.width += told.quantiles[LEVELS.len() - 1] - told.quantiles[0];
    }
    /// Takes in the sums of another.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.off += other.off;
        self.absolute += other.absolute;
        self.squares += other.squares;
        self.pinball += other.pinball;
        self.held += other.held;
        self.width += other.width;
    }
    /// Forecasts counted.
    pub const fn count(&self) -> f64 {
        self.count
    }
    /// Mean absolute error of the median, which is what makes it least; NaN without a forecast, as all that follow.
    pub fn mae(&self) -> f64 {
        self.absolute / self.count
    }
    /// Root of the mean squared error of the mean.
    pub fn rmse(&self) -> f64 {
        (self.squares / self.count).sqrt()
    }
    /// Mean of what was foretold too much.
    pub fn bias(&self) -> f64 {
        self.off / self.count
    }
    /// Mean pinball loss over [`LEVELS`].
    pub fn pinball(&self) -> f64 {
        self.pinball / self.count
    }
    /// Share that the 90 % interval held [1].
    pub fn coverage(&self) -> f64 {
        self.held / self.count
    }
    /// Mean width of the 90 % interval.
    pub fn width(&self) -> f64 {
        self.width / self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_by_hand() {
        assert_eq!((pinball(0.9, 10.0, 12.0), pinball(0.9, 10.0, 8.0)), (1.8, 2.0 * (1.0 - 0.9)));
        // Differences two apart: 2, 2, 4.
        assert_eq!(naive_error(&[1.0, 2.0, 3.0, 4.0, 7.0], 2), Some(8.0 / 3.0));
        assert_eq!(naive_error(&[1.0, f64::NAN, 3.0, 4.0], 1), Some(1.0));
        assert_eq!((naive_error(&[5.0; 9], 1), naive_error(&[], 1)), (None, None));
        let told = Foretold { mean: 4.0, quantiles: [1.0, 1.0, 2.0, 4.0, 6.0, 7.0, 7.0] };
        let mut score = Score::default();
        [5.0, 9.0, f64::NAN].iter().for_each(|came| score.add(&told, *came));
        assert_eq!((score.count(), score.mae(), score.bias(), score.coverage(), score.width()), (2.0, 3.0, -3.0, 0.5, 6.0));
        assert_eq!(score.rmse(), 13.0_f64.sqrt());
        // Of 5: 0.2 + 0.4 + 0.75 + 0.5 + 0.25 + 0.2 + 0.1 = 2.4; of 9: 0.4 + 0.8 + 1.75 + 2.5 + 2.25 + 1.8 + 1.9 = 11.4.
        assert!((score.pinball() - (2.4 + 11.4) / 14.0).abs() < 1e-12);
        let mut both = score;
        both.merge(&score);
        assert_eq!((both.count(), both.mae()), (4.0, 3.0));
    }
}
