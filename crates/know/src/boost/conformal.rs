//! Intervals that hold their coverage whatever the model (V. Vovk, A. Gammerman, G. Shafer, 2005), each prediction with the reach of those
//! nearest to it, because a model is not equally wrong everywhere.
//!
//! Enters: predictions out of fold with their truth; the cap of a truth that is not told beyond it. Leaves: an interval for a prediction: the
//! shortest that holds its share of the nearest truths. Absent: the model. A truth at the cap stays there, wherever the prediction lies.

/// Nearest pairs that an interval is made from.
const NEAREST: usize = 300;

/// What intervals are made from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conformal {
    /// Prediction and truth, by prediction.
    pairs: Vec<(f64, f64)>,
    coverage: f64,
    cap: f64,
}

impl Conformal {
    /// Learned from pairs of prediction and truth that the model has not seen, for intervals that hold `coverage` of truths. What is told as
    /// the cap means the cap or more; it may be infinite.
    pub fn learn(pairs: &[(f64, f64)], coverage: f64, cap: f64) -> Self {
        let mut pairs: Vec<(f64, f64)> = pairs.iter().copied().filter(|(p, t)| p.is_finite() && t.is_finite()).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { pairs, coverage, cap }
    }
    /// The truths of the nearest pairs, moved to a prediction.
    fn near(&self, prediction: f64) -> impl Iterator<Item = f64> {
        let size = NEAREST.min(self.pairs.len());
        let place = self.pairs.partition_point(|p| p.0 < prediction);
        let from = place.saturating_sub(size / 2).min(self.pairs.len() - size);
        let moved = move |(p, t): &(f64, f64)| if *t >= self.cap { self.cap } else { (prediction + t - p).min(self.cap) };
        self.pairs[from..from + size].iter().map(moved)
    }
    /// The share of truths at most so large where that is predicted [1]; half without any pair.
    pub fn share_within(&self, prediction: f64, most: f64) -> f64 {
        let (within, all) = self.near(prediction).fold((0.0, 0.0), |(n, all), t| (n + f64::from(u8::from(t <= most)), all + 1.0));
        // one more truth is as likely in any gap between those seen
        (within + 0.5) / (all + 1.0)
    }
    /// The interval of a prediction; without any pair it has no ends.
    pub fn interval(&self, prediction: f64) -> (f64, f64) {
        let mut truths: Vec<f64> = self.near(prediction).collect();
        let size = truths.len();
        truths.sort_by(f64::total_cmp);
        // The finite-sample rank: one more truth is as likely in any gap between those seen.
        let held = (((size + 1) as f64 * self.coverage).ceil() as usize).clamp(1, size.max(1));
        let shortest = truths.windows(held).min_by(|a, b| (a[held - 1] - a[0]).total_cmp(&(b[held - 1] - b[0])));
        shortest.map_or((f64::NEG_INFINITY, f64::INFINITY), |w| (w[0], w[held - 1]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;

    #[test]
    fn coverage_holds_in_every_group_and_certain_predictions_get_short_intervals() {
        let mut chance = Chance::seeded(4);
        let mut draw = |n: usize| -> Vec<(f64, f64)> {
            let mut one = || {
                let p = chance.between(0.0, 100.0);
                (p, p + (0.5 + p / 10.0) * chance.normal())
            };
            (0..n).map(|_| one()).collect()
        };
        let conformal = Conformal::learn(&draw(2_000), 0.9, f64::INFINITY);
        let later = draw(4_000);
        for (low, high) in [(0.0, 20.0), (40.0, 60.0), (80.0, 100.0)] {
            let group: Vec<_> = later.iter().filter(|(p, _)| (low..high).contains(p)).collect();
            let held = group.iter().filter(|(p, t)| (conformal.interval(*p).0..=conformal.interval(*p).1).contains(t)).count();
            let share = held as f64 / group.len() as f64;
            assert!((0.84..0.96).contains(&share), "{share} from {low} to {high}");
        }
        let width = |p: f64| conformal.interval(p).1 - conformal.interval(p).0;
        assert!(width(5.0) < 0.4 * width(95.0));
        assert_eq!(Conformal::learn(&[], 0.9, 1.0).interval(1.0), (f64::NEG_INFINITY, f64::INFINITY));
    }

    #[test]
    fn what_is_told_as_the_cap_is_held_though_no_prediction_reaches_it() {
        let mut chance = Chance::seeded(6);
        let pairs: Vec<(f64, f64)> = (0..1_000).map(|_| (chance.between(90.0, 99.0), 100.0)).collect();
        let conformal = Conformal::learn(&pairs, 0.9, 100.0);
        assert_eq!(conformal.interval(91.0), (100.0, 100.0));
        let few = Conformal::learn(&pairs[..3], 0.9, f64::INFINITY);
        assert!(few.interval(95.0).0 <= few.interval(95.0).1);
    }
}
