//! Rows counted by whether they were and were said to be unusual.
//!
//! Enters: pairs of truth and claim. Leaves: F1, false and missed alarm rates, pooled. Absent: series.

/// Counts of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Unusual, and said so.
    pub hits: u64,
    /// Not unusual, but said so.
    pub false_alarms: u64,
    /// Unusual, and not said so.
    pub misses: u64,
    /// Neither.
    pub rest: u64,
}

impl Counts {
    /// Takes a row.
    pub const fn add(&mut self, truth: bool, claim: bool) {
        match (truth, claim) {
            (true, true) => self.hits += 1,
            (false, true) => self.false_alarms += 1,
            (true, false) => self.misses += 1,
            (false, false) => self.rest += 1,
        }
    }
    /// 2·TP / (2·TP + FP + FN) [1].
    pub fn f1(&self) -> f64 {
        share(2 * self.hits, 2 * self.hits + self.false_alarms + self.misses)
    }
    /// FP / (FP + TN) [1].
    pub fn false_alarm_rate(&self) -> f64 {
        share(self.false_alarms, self.false_alarms + self.rest)
    }
    /// FN / (FN + TP) [1].
    pub fn missed_alarm_rate(&self) -> f64 {
        share(self.misses, self.misses + self.hits)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_worked_by_hand() {
        let mut counts = Counts::default();
        let rows = [(true, 6), (false, 2)];
        for (truth, said) in rows {
            (0..10).for_each(|i| counts.add(truth, i < said));
        }
        assert!((counts.f1() - 12.0 / 18.0).abs() < 1e-12);
        assert!((counts.false_alarm_rate() - 0.2).abs() < 1e-12 && (counts.missed_alarm_rate() - 0.4).abs() < 1e-12);
    }
}
