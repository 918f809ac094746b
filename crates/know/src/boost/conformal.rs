//! Intervals that hold their coverage whatever the model (V. Vovk, A. Gammerman, G. Shafer, 2005), each kind of prediction with its own
//! reach (Mondrian groups by the predicted value), because a model is not equally wrong everywhere.
//!
//! Enters: predictions out of fold with their truth. Leaves: an interval for a prediction. Absent: the model.

/// Fewest pairs a group.
const GROUP_MIN: usize = 80;
/// Most groups.
const GROUPS_MAX: usize = 12;

/// What intervals are made from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conformal {
    /// Upper end of each group's predictions, with how far truth lies below and above.
    groups: Vec<(f64, f64, f64)>,
}

impl Conformal {
    /// Learned from pairs of prediction and truth that the model has not seen, for intervals that hold `coverage` of truths.
    pub fn learn(pairs: &[(f64, f64)], coverage: f64) -> Self {
        let mut sorted: Vec<(f64, f64)> = pairs.iter().copied().filter(|(p, t)| p.is_finite() && t.is_finite()).collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let count = (sorted.len() / GROUP_MIN).clamp(1, GROUPS_MAX);
        let size = sorted.len().div_ceil(count).max(1);
        let group = |chunk: &[(f64, f64)]| {
            let mut off: Vec<f64> = chunk.iter().map(|(p, t)| t - p).collect();
            off.sort_by(f64::total_cmp);
            let miss = 0.5 * (1.0 - coverage);
            // The finite-sample rank: one more truth is as likely in any gap between those seen.
            let rank = ((off.len() + 1) as f64 * miss).floor().max(1.0) as usize;
            let top = chunk.last().map_or(f64::INFINITY, |c| c.0);
            (top, off[(rank - 1).min(off.len() - 1)], off[off.len().saturating_sub(rank)])
        };
        Self { groups: sorted.chunks(size).map(group).collect() }
    }
    /// The interval of a prediction; without any pair it has no ends.
    pub fn interval(&self, prediction: f64) -> (f64, f64) {
        let place = self.groups.partition_point(|g| g.0 < prediction).min(self.groups.len().saturating_sub(1));
        match self.groups.get(place) {
            Some((_, below, above)) => (prediction + below, prediction + above),
            None => (f64::NEG_INFINITY, f64::INFINITY),
        }
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
        let conformal = Conformal::learn(&draw(2_000), 0.9);
        let later = draw(4_000);
        for (low, high) in [(0.0, 20.0), (40.0, 60.0), (80.0, 100.0)] {
            let group: Vec<_> = later.iter().filter(|(p, _)| (low..high).contains(p)).collect();
            let held = group.iter().filter(|(p, t)| (conformal.interval(*p).0..=conformal.interval(*p).1).contains(t)).count();
            let share = held as f64 / group.len() as f64;
            assert!((0.84..0.96).contains(&share), "{share} from {low} to {high}");
        }
        let width = |p: f64| conformal.interval(p).1 - conformal.interval(p).0;
        assert!(width(5.0) < 0.4 * width(95.0));
        assert_eq!(Conformal::learn(&[], 0.9).interval(1.0), (f64::NEG_INFINITY, f64::INFINITY));
    }
}
