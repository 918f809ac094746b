//! Quantiles from what forecasts were off by: the residuals at rolling origins (conformal, V. Vovk, A. Gammerman, G. Shafer, 2005), each step
//! with those of its own and its neighbouring steps, of forecasts near its own, because a model is not equally wrong everywhere.
//!
//! Enters: forecasts with their step and what came. Leaves: rising quantiles of a new forecast. Absent: the model. `boost::conformal` makes
//! the shortest interval of one share instead; both take the nearest pairs.

use super::{Foretold, LEVELS};

/// Residuals that the nearest are looked for in.
const POOL: usize = 300;
/// Nearest forecasts that quantiles are made from.
const NEAREST: usize = 120;

/// What quantiles are made from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    /// Forecast and what came beyond it, by step.
    steps: Vec<Vec<(f64, f64)>>,
    floor: f64,
    /// How often a value counts, because it was foretold from several origins.
    overlap: usize,
}

impl Spread {
    /// From (step, forecast, what came), with the least that can come (it may be without end).
    pub fn learn(told: impl IntoIterator<Item = (usize, f64, f64)>, floor: f64) -> Self {
        let mut steps: Vec<Vec<(f64, f64)>> = Vec::new();
        for (step, told, came) in told.into_iter().filter(|(_, t, c)| t.is_finite() && c.is_finite()) {
            if steps.len() <= step {
                steps.resize(step + 1, Vec::new());
            }
            steps[step].push((told, came - told));
        }
        Self { steps, floor, overlap: 1 }
    }
    /// The same where each value was foretold so many times: as many residuals tell as much as one.
    pub fn overlapping(self, times: usize) -> Self {
        Self { overlap: times.max(1), ..self }
    }
    /// The forecast of a step with its quantiles; without any residual these have no ends.
    pub fn around(&self, step: usize, told: f64) -> Foretold {
        let mut near = self.pool(step);
        if near.len() > NEAREST {
            near.select_nth_unstable_by(NEAREST - 1, |a, b| (a.0 - told).abs().total_cmp(&(b.0 - told).abs()));
            near.truncate(NEAREST);
        }
        let mut off: Vec<f64> = near.iter().map(|p| p.1).collect();
        off.sort_by(f64::total_cmp);
        let quantile = |level: f64| match rank(level, off.len(), self.overlap.max(1)) {
            Some(place) => (told + off[place]).max(self.floor),
            None if level < 0.5 => self.floor,
            None => f64::INFINITY,
        };
        Foretold { mean: told.max(self.floor), quantiles: LEVELS.map(quantile) }
    }
    /// Residuals of a step and of those next to it, until there are enough.
    fn pool(&self, step: usize) -> Vec<(f64, f64)> {
        let mut pool: Vec<(f64, f64)> = Vec::new();
        for reach in 0..=self.steps.len().max(step) {
            let both = [step.checked_sub(reach), Some(step + reach).filter(|_| reach > 0)];
            both.into_iter().flatten().filter_map(|s| self.steps.get(s)).for_each(|s| pool.extend_from_slice(s));
            if pool.len() >= POOL {
                break;
            }
        }
        pool
    }
    /// Bytes held, without a handful.
    pub fn bytes(&self) -> usize {
        self.steps.iter().map(|s| 16 * s.capacity() + 24).sum()
    }
}

/// Place of a level among so many sorted residuals of which `overlap` tell as much as one: one more is as likely in any gap between those seen,
/// and what is between two places is taken outwards, so that intervals hold at least their share while there are enough residuals for it.
fn rank(level: f64, count: usize, overlap: usize) -> Option<usize> {
    let last = count.checked_sub(1)?;
    let wide = (count + overlap) as f64 * level;
    let place = match level {
        below if below < 0.5 => wide.floor() - (overlap - 1) as f64,
        above if above > 0.5 => wide.ceil(),
        _ => ((count + 1) as f64 * level).ceil(),
    };
    Some((place.max(0.0) as usize).saturating_sub(1).min(last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;
    use proptest::prelude::*;

    #[test]
    fn ranks_by_hand() {
        // 19 residuals: the outermost hold nine tenths.
        assert_eq!((rank(0.05, 19, 1), rank(0.5, 19, 1), rank(0.95, 19, 1)), (Some(0), Some(9), Some(18)));
        assert_eq!((rank(0.05, 99, 1), rank(0.95, 99, 1), rank(0.95, 1, 1), rank(0.5, 0, 1)), (Some(4), Some(94), Some(0), None));
        // 190 that tell as much as 19: the outermost again; 990 as 99: the fifth and the ninety-fifth ten.
        assert_eq!((rank(0.05, 190, 10), rank(0.95, 190, 10)), (Some(0), Some(189)));
        assert_eq!((rank(0.05, 990, 10), rank(0.95, 990, 10)), (Some(40), Some(949)));
        let spread = Spread::learn((0..19).map(|i| (0, 10.0, f64::from(i))), 0.0);
        let told = spread.around(0, 5.0);
        assert_eq!((told.mean, told.quantiles[0], told.quantiles[3], told.quantiles[6]), (5.0, 0.0, 4.0, 13.0));
        let unknown = Spread::default().around(3, 1.0);
        assert_eq!((unknown.quantiles[0], unknown.quantiles[6]), (0.0, f64::INFINITY));
    }

    #[test]
    fn coverage_holds_at_every_step_though_steps_and_sizes_spread_differently() {
        let mut chance = Chance::seeded(8);
        let mut draw = |n: usize| -> Vec<(usize, f64, f64)> {
            let mut one = |i: usize| {
                let (step, told) = (i % 12, chance.between(0.0, 100.0));
                (step, told, told + (1.0 + step as f64) * (0.2 + told / 100.0) * chance.normal())
            };
            (0..n).map(&mut one).collect()
        };
        let spread = Spread::learn(draw(6_000), f64::NEG_INFINITY);
        let later = draw(12_000);
        for step in [0, 5, 11] {
            for low in [0.0, 50.0] {
                let part: Vec<_> = later.iter().filter(|l| l.0 == step && (low..low + 50.0).contains(&l.1)).collect();
                let held = part.iter().filter(|l| spread.around(step, l.1).holds(l.2)).count() as f64 / part.len() as f64;
                assert!((0.84..0.97).contains(&held), "{held} at step {step} from {low}");
            }
        }
    }

    proptest! {
        #[test]
        fn quantiles_rise_and_never_pass_the_floor(
            pairs in prop::collection::vec((0_usize..30, -50.0..50.0_f64, -50.0..50.0_f64), 0..400),
            step in 0_usize..40,
            told in -60.0..60.0_f64,
        ) {
            let q = Spread::learn(pairs, 0.0).around(step, told).quantiles;
            prop_assert!(q.windows(2).all(|w| w[0] <= w[1]) && q[0] >= 0.0, "{q:?}");
        }
    }
}
