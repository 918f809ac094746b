//! Exponential smoothing with a damped trend and a season, both additive (C. C. Holt, 1957; P. R. Winters, 1960; E. S. Gardner and E. McKenzie,
//! Management Science 31, 1985; the error-correction form of R. J. Hyndman et al., Forecasting with Exponential Smoothing, 2008).
//!
//! ```text
//! off      = x - (level + phi · trend + season[t])
//! level   += phi · trend + alpha · off        trend = phi · trend + beta · off        season[t] += gamma · off
//! ```
//!
//! Enters: a history, NaN where a step is not known. Leaves: the mean of any step ahead. Absent: demand now and then.

/// What is smoothed beside the level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Whether there is a trend.
    pub trend: bool,
    /// Whether there is a season.
    pub season: bool,
}

/// Weights [1].
#[derive(Clone, Copy, Debug, PartialEq)]
struct Weights {
    level: f64,
    trend: f64,
    season: f64,
    damping: f64,
}

/// What is tried for each weight: level, trend, season, damping.
const TRIED: [&[f64]; 4] = [
    &[0.01, 0.03, 0.06, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9],
    &[0.0, 0.003, 0.01, 0.03, 0.1],
    &[0.0, 0.03, 0.06, 0.1, 0.2, 0.4],
    &[0.8, 0.9, 0.95, 0.98],
];
/// Rounds over the weights.
const ROUNDS: usize = 3;

/// Level, trend and season so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Smoothing {
    weights: Weights,
    level: f64,
    trend: f64,
    season: Vec<f64>,
    /// Steps taken.
    step: usize,
}

impl Smoothing {
    /// One that has seen a history, with the weights that would have foretold it best, step by step; `None` without a number in the first
    /// season.
    pub fn fit(history: &[f64], length: usize, shape: Shape) -> Option<Self> {
        let start = Self::start(history, length.max(1), shape)?;
        let with = |weights: Weights| {
            let mut fresh = Self { weights, ..start.clone() };
            let error: f64 = history.iter().map(|x| fresh.step(*x)).filter(|e| e.is_finite()).map(|e| e * e).sum();
            (error, fresh)
        };
        let mut best = with(start.weights);
        for _ in 0..ROUNDS {
            let before = best.0;
            for (which, tried) in TRIED.iter().enumerate() {
                if (which % 2 == 1 && !shape.trend) || (which == 2 && !shape.season) {
                    continue;
                }
                for value in *tried {
                    let mut weights = best.1.weights;
                    *[&mut weights.level, &mut weights.trend, &mut weights.season, &mut weights.damping][which] = *value;
                    let told = with(weights);
                    if told.0 < best.0 {
                        best = told;
                    }
                }
            }
            if best.0 >= before {
                break;
            }
        }
        Some(best.1)
    }
    /// Where it starts: level and season from the first seasons, no trend.
    fn start(history: &[f64], length: usize, shape: Shape) -> Option<Self> {
        let first = &history[..history.len().min(2 * length)];
        let level = super::mean(first.iter().copied());
        let own = |place: usize| {
            let off = super::mean(first.iter().skip(place).step_by(length).copied()) - level;
            if off.is_finite() { off } else { 0.0 }
        };
        let season = if shape.season { (0..length).map(own).collect() } else { vec![0.0] };
        let trend = if shape.trend { 0.03 } else { 0.0 };
        let weights = Weights { level: 0.2, trend, season: if shape.season { 0.1 } else { 0.0 }, damping: 0.9 };
        level.is_finite().then_some(Self { weights, level, trend: 0.0, season, step: 0 })
    }
    /// Takes a step; returns what was off, NaN where nothing is known.
    fn step(&mut self, x: f64) -> f64 {
        let w = self.weights;
        let place = self.step % self.season.len();
        let drift = w.damping * self.trend;
        let off = x - (self.level + drift + self.season[place]);
        let taken = if off.is_finite() { off } else { 0.0 };
        self.level += drift + w.level * taken;
        self.trend = drift + w.trend * taken;
        self.season[place] += w.season * taken;
        self.step += 1;
        off
    }
    /// Mean of the step `ahead`, from 0.
    pub fn at(&self, ahead: usize) -> f64 {
        let phi = self.weights.damping;
        // phi + phi² + .. of so many terms.
        let reach = phi * (1.0 - phi.powi(ahead as i32 + 1)) / (1.0 - phi);
        self.level + reach * self.trend + self.season[(self.step + ahead) % self.season.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;

    const ALL: Shape = Shape { trend: true, season: true };

    #[test]
    fn steps_by_hand() {
        let weights = Weights { level: 0.5, trend: 0.1, season: 0.2, damping: 0.8 };
        let mut model = Smoothing { weights, level: 10.0, trend: 1.0, season: vec![2.0, -2.0], step: 0 };
        // Told 10 + 0.8 + 2 = 12.8; 14.8 is 2 more: level 11.8, trend 1.0, season 2.4.
        assert!((model.step(14.8) - 2.0).abs() < 1e-12);
        assert!((model.level - 11.8).abs() < 1e-12 && (model.trend - 1.0).abs() < 1e-12 && (model.season[0] - 2.4).abs() < 1e-12);
        // The next two: 11.8 + 0.8 - 2 and 11.8 + 0.8 + 0.64 + 2.4.
        assert!((model.at(0) - 10.6).abs() < 1e-12 && (model.at(1) - 15.64).abs() < 1e-12);
        // Nothing known: the trend goes on alone.
        assert!(model.step(f64::NAN).is_nan());
        assert!((model.level - 12.6).abs() < 1e-12 && (model.trend - 0.8).abs() < 1e-12);
    }

    #[test]
    fn a_season_on_a_trend_is_foretold_far_better_than_a_level() {
        let mut chance = Chance::seeded(5);
        let of = |i: usize| 50.0 + 0.2 * i as f64 + 10.0 * (std::f64::consts::TAU * i as f64 / 12.0).sin();
        let history: Vec<f64> = (0..96).map(|i| of(i) + chance.normal()).collect();
        let error = |shape| {
            let model = Smoothing::fit(&history, 12, shape).expect("numbers");
            (0..12).map(|h| (model.at(h) - of(96 + h)).abs()).sum::<f64>() / 12.0
        };
        let (both, level) = (error(ALL), error(Shape { trend: false, season: false }));
        assert!(both < 2.0 && level > 5.0, "{both} {level}");
    }

    #[test]
    fn nothing_known_gives_no_model_and_a_constant_stays() {
        assert!(Smoothing::fit(&[f64::NAN; 30], 7, ALL).is_none() && Smoothing::fit(&[], 7, ALL).is_none());
        let constant = Smoothing::fit(&[3.0; 40], 7, ALL).expect("numbers");
        assert!((0..30).all(|h| (constant.at(h) - 3.0).abs() < 1e-9));
    }
}
