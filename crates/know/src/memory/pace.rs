//! How long pieces take against their plan, and which gaps between them are stops that nobody told: minor stops.
//!
//! ```text
//! piece at [min]      0  2  4  6 8 10       15  17  19          planned 2 min a piece
//! gap over plan           1  1  1 1  1     2.5   1   1
//!                                         minor stop of 3 min
//! ```
//!
//! Enters: pieces with the operating time at which they were counted and their planned run time. Leaves: the length of the stop before
//! them, if one was. Absent: machines, states, slices. Bounded: the gaps of [`Pace::GAPS`] counts.
//!
//! A gap counts as a stop where it is longer than usual by a quarter of a cycle, by three times the usual scatter, and by five seconds
//! (Nakajima, Introduction to TPM, 1988: idling and minor stoppages are those that no record tells). Usual is the median of the
//! latest gaps, so that a machine that runs slowly all the time loses speed, not time in stops.

/// Gaps between the pieces of a machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pace {
    /// Operating time at the last count [s].
    last_s: Option<f64>,
    /// And at the one before, of another time [s].
    before_s: Option<f64>,
    /// Gap over planned run time of the latest counts [1].
    ratios: Vec<f32>,
    next: usize,
}

impl Pace {
    /// Counts that the usual gap is taken from.
    pub const GAPS: usize = 32;
    /// Counts before the first stop is told.
    const GAPS_MIN: usize = 8;
    /// A stop is longer than this share of a cycle [1].
    const CYCLES_MIN: f64 = 0.25;
    /// And longer than so many times the usual scatter [1].
    const SCATTERS_MIN: f64 = 3.0;
    /// And longer than this [s].
    const STOP_MIN_S: f64 = 5.0;

    /// Pieces were counted at an operating time [s]; `planned_s` is the planned run time of all of them, 0 where unknown. Returns
    /// the stop before them, 0 where none was [s]; `None` where that cannot be said.
    pub fn count(&mut self, operated_s: f64, planned_s: f64) -> Option<f64> {
        let gap = operated_s - self.last_s.unwrap_or(operated_s);
        let is_first = self.last_s.is_none();
        // Good and scrapped pieces of one cycle are told one after the other.
        if is_first || gap > 0.0 {
            (self.before_s, self.last_s) = (self.last_s, Some(operated_s));
        }
        if is_first || planned_s <= 0.0 || gap <= 0.0 {
            return None;
        }
        let usual = self.usual();
        self.keep((gap / planned_s) as f32);
        let (median, scatter) = usual?;
        let longer = gap - median * planned_s;
        let least = (Self::CYCLES_MIN * median).max(Self::SCATTERS_MIN * scatter) * planned_s;
        Some(if longer > least.max(Self::STOP_MIN_S) { longer } else { 0.0 })
    }
    /// Operating time at the last count before an operating time [s].
    pub fn before(&self, operated_s: f64) -> Option<f64> {
        self.last_s.filter(|last| *last < operated_s).or(self.before_s)
    }
    /// Median of gaps over plan, and how far from it the farther quartile lies [1]; `None` before enough were seen.
    pub fn usual(&self) -> Option<(f64, f64)> {
        if self.ratios.len() < Self::GAPS_MIN {
            return None;
        }
        let mut sorted = self.ratios.clone();
        sorted.sort_unstable_by(f32::total_cmp);
        let [low, median, high] = [1, 2, 3].map(|quarter| f64::from(sorted[quarter * (sorted.len() - 1) / 4]));
        Some((median, (median - low).max(high - median)))
    }
    /// The usual gap without where the last piece was counted.
    #[must_use]
    pub fn without_place(&self) -> Self {
        Self { last_s: None, before_s: None, ..self.clone() }
    }
    fn keep(&mut self, ratio: f32) {
        if self.ratios.len() < Self::GAPS {
            self.ratios.push(ratio);
        } else {
            self.ratios[self.next] = ratio;
            self.next = (self.next + 1) % Self::GAPS;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stops(at: &[f64], planned_s: f64) -> Vec<(f64, f64)> {
        let mut pace = Pace::default();
        at.iter().filter_map(|s| pace.count(*s, planned_s).filter(|stop| *stop > 0.0).map(|stop| (*s, stop))).collect()
    }

    #[test]
    fn a_gap_of_two_and_a_half_cycles_is_a_stop_of_one_and_a_half() {
        let at: Vec<f64> = (0..20).map(|i| f64::from(i) * 120.0 + if i >= 12 { 180.0 } else { 0.0 }).collect();
        assert_eq!(stops(&at, 120.0), [(1_620.0, 180.0)]);
    }

    #[test]
    fn a_machine_that_is_slow_all_the_time_does_not_stop() {
        let at: Vec<f64> = (0..60).map(|i| f64::from(i) * 240.0).collect();
        assert!(stops(&at, 120.0).is_empty());
    }

    #[test]
    fn where_gaps_scatter_only_what_stands_out_is_a_stop() {
        let mut at = vec![0.0];
        (0..40).for_each(|i| at.push(at[at.len() - 1] + if i % 2 == 0 { 60.0 } else { 180.0 }));
        assert!(stops(&at, 120.0).is_empty(), "a pair of pieces at a time");
        at.push(at[at.len() - 1] + 900.0);
        assert_eq!(stops(&at, 120.0).len(), 1);
    }

    #[test]
    fn good_and_scrap_of_one_cycle_are_one_gap_and_what_has_no_plan_is_not_judged() {
        let mut pace = Pace::default();
        (0..30).for_each(|i| {
            pace.count(f64::from(i) * 60.0, 60.0);
            assert_eq!(pace.count(f64::from(i) * 60.0, 60.0), None);
        });
        assert_eq!(pace.usual(), Some((1.0, 0.0)));
        assert_eq!(pace.count(5_000.0, 0.0), None);
        assert_eq!((pace.before(5_000.0), pace.before(5_001.0)), (Some(1_740.0), Some(5_000.0)));
    }
}
