//! How long spells last: warm-ups, set-ups, repairs, and how much longer an idle spell will last.
//!
//! Enters: lengths of finished spells. Leaves: estimates. Absent: machines, calendars.

use measure::Estimate;
use measure::statistics::Moments;

/// Mean of the observations with its 90 % interval; `None` without observations. The quantile of Student's t comes from
/// its expansion around the normal one (Abramowitz and Stegun 26.7.5), which is exact enough here and a thousand times
/// cheaper than inverting the distribution.
pub fn mean_estimate(moments: &Moments) -> Option<Estimate> {
    let n = moments.count() as f64;
    match moments.count() {
        0 => None,
        1 => Some(Estimate::between(moments.mean() / 3.0, moments.mean(), moments.mean() * 3.0)),
        count => {
            let reach = student_95(count - 1) * moments.deviation() / n.sqrt();
            Some(Estimate::between((moments.mean() - reach).max(0.0), moments.mean(), moments.mean() + reach))
        }
    }
}

/// 95 % quantile of Student's t.
pub fn student_95(freedom: u64) -> f64 {
    match freedom {
        0 => f64::INFINITY,
        1 => 6.314,
        2 => 2.920,
        f => {
            let (z, f) = (1.644_854_f64, f as f64);
            let z3 = z.powi(3);
            let (z5, z7) = (z.powi(5), z.powi(7));
            let third = (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * f.powi(3));
            z + (z3 + z) / (4.0 * f) + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * f * f) + third
        }
    }
}

/// The latest idle spells of a machine that started and ended within worked time, and the one that runs.
#[derive(Clone, Debug, Default)]
pub struct IdleSpells {
    /// Lengths in order of ending [s]; the newest last.
    recent: std::collections::VecDeque<f32>,
    /// The same, sorted.
    sorted: Vec<f32>,
}

impl IdleSpells {
    /// Most spells kept.
    pub const SPELLS_MAX: usize = 128;
    /// A shorter pause between two pieces is no spell [s].
    pub const SHORTEST_S: f64 = 20.0;

    /// Takes the length of a finished spell [s].
    pub fn add(&mut self, length_s: f64) {
        if length_s < Self::SHORTEST_S || !length_s.is_finite() {
            return;
        }
        let length = length_s as f32;
        if self.recent.len() >= Self::SPELLS_MAX
            && let Some(oldest) = self.recent.pop_front()
        {
            let place = self.sorted.partition_point(|s| *s < oldest).min(self.sorted.len() - 1);
            self.sorted.remove(place);
        }
        self.recent.push_back(length);
        let place = self.sorted.partition_point(|s| *s < length);
        self.sorted.insert(place, length);
    }
    /// The longest spell kept [s]; 0 without spells.
    pub fn longest(&self) -> f64 {
        self.sorted.last().copied().map_or(0.0, f64::from)
    }
    /// Spells kept.
    pub fn count(&self) -> usize {
        self.recent.len()
    }
    /// How much longer a spell lasts that has lasted `elapsed_s`, from those that lasted at least as long: their median,
    /// and an interval from 0.7 times the shortest twentieth to 1.4 times the longest, since the few spells kept show less
    /// of the tails than there is (on the virtual workshop this holds nine in ten) [s]. Where fewer than four did, what is left is taken to be about what has passed
    /// (Lindy: a constant tail index of one), widely. `None` before four spells were seen at all.
    pub fn left(&self, elapsed_s: f64) -> Option<Estimate> {
        if self.sorted.len() < 4 {
            return None;
        }
        let elapsed = elapsed_s.max(0.0);
        let first = self.sorted.partition_point(|s| f64::from(*s) <= elapsed);
        let longer = &self.sorted[first..];
        if longer.len() < 4 {
            return Some(Estimate::between(0.05 * elapsed, elapsed, 10.0 * elapsed));
        }
        let quantile = |share: f64| {
            let place = share * (longer.len() - 1) as f64;
            let (below, part) = (place.floor() as usize, place.fract());
            let upper = f64::from(longer[(below + 1).min(longer.len() - 1)]);
            f64::from(longer[below]) * (1.0 - part) + upper * part - elapsed
        };
        Some(Estimate::between(0.7 * quantile(0.04), quantile(0.5), 1.4 * quantile(0.97)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::statistics::student_quantile;

    #[test]
    fn the_expansion_of_students_t_is_close() {
        for freedom in [1_u64, 2, 3, 5, 10, 30, 200] {
            let exact = student_quantile(0.95, freedom as f64);
            assert!((student_95(freedom) - exact).abs() < 0.01 * exact, "{freedom}: {} {exact}", student_95(freedom));
        }
    }

    #[test]
    fn a_spell_that_has_outlasted_the_short_ones_is_a_long_one() {
        let mut spells = IdleSpells::default();
        (0..20).for_each(|_| spells.add(60.0));
        (0..10).for_each(|_| spells.add(3_600.0));
        let fresh = spells.left(0.0).expect("enough spells");
        let old = spells.left(120.0).expect("enough spells");
        assert_eq!(fresh.value, 60.0);
        assert_eq!(old.value, 3_480.0);
        assert!(spells.left(5_000.0).is_some_and(|e| e.value == 5_000.0 && e.high > 10_000.0));
    }

    #[test]
    fn old_spells_are_forgotten() {
        let mut spells = IdleSpells::default();
        (0..500).for_each(|i| spells.add(100.0 + f64::from(i)));
        assert_eq!(spells.count(), IdleSpells::SPELLS_MAX);
        assert_eq!(spells.sorted.len(), IdleSpells::SPELLS_MAX);
        assert!(spells.sorted.windows(2).all(|w| w[0] <= w[1]));
        assert_eq!(spells.sorted[0], 100.0 + 500.0 - 128.0);
    }

    #[test]
    fn one_observation_is_a_wide_estimate() {
        let moments: Moments = [90.0].into_iter().collect();
        assert_eq!(mean_estimate(&moments).map(|e| (e.low, e.value, e.high)), Some((30.0, 90.0, 270.0)));
        assert_eq!(mean_estimate(&Moments::default()), None);
    }
}
