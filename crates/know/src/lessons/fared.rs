//! How what was told compares with what came.
//!
//! Enters: what was told, what the plain way said, what came. Leaves: a [`Score`]. Absent: who told it.

use measure::Estimate;

/// Sums over lessons, old ones fading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fared {
    /// Part of the sums that the next lesson leaves.
    keep: f64,
    count: u64,
    weight: f64,
    off: f64,
    plain_off: f64,
    width: f64,
    held: f64,
    plain_held: f64,
}

/// Means over lessons; errors and widths in the unit of the topic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Lessons, in all.
    pub count: u64,
    /// Mean absolute error of what was told.
    pub off: f64,
    /// That of the plain way.
    pub plain_off: f64,
    /// Mean width of the 90 % interval.
    pub width: f64,
    /// Share of what came that it held [1].
    pub held: f64,
    /// Share that the interval of the plain way held [1].
    pub plain_held: f64,
}

impl Fared {
    /// Nothing came yet; sums fade with a memory of so many lessons, which may be infinite.
    pub fn lately(memory: f64) -> Self {
        let keep = (-1.0 / memory).exp();
        Self { keep, count: 0, weight: 0.0, off: 0.0, plain_off: 0.0, width: 0.0, held: 0.0, plain_held: 0.0 }
    }
    /// One lesson.
    pub fn add(&mut self, told: &Estimate, plain: &Estimate, came: f64) {
        let held = |of: &Estimate| f64::from(u8::from(of.covers(came)));
        let sum = |sum: &mut f64, new: f64| *sum = *sum * self.keep + new;
        sum(&mut self.weight, 1.0);
        sum(&mut self.off, (told.value - came).abs());
        sum(&mut self.plain_off, (plain.value - came).abs());
        sum(&mut self.width, told.high - told.low);
        sum(&mut self.held, held(told));
        sum(&mut self.plain_held, held(plain));
        self.count += 1;
    }
    /// The means; `None` before the first lesson.
    pub fn score(&self) -> Option<Score> {
        let mean = |sum: f64| sum / self.weight;
        (self.count > 0).then(|| Score {
            count: self.count,
            off: mean(self.off),
            plain_off: mean(self.plain_off),
            width: mean(self.width),
            held: mean(self.held),
            plain_held: mean(self.plain_held),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_those_of_the_newest_lessons() {
        let (told, plain) = (Estimate::between(1.0, 2.0, 4.0), Estimate::exact(5.0));
        let mut all = Fared::lately(f64::INFINITY);
        assert_eq!(all.score(), None);
        [1.0, 3.0, 5.0].into_iter().for_each(|came| all.add(&told, &plain, came));
        let score = all.score().expect("three came");
        assert_eq!((score.count, score.width), (3, 3.0));
        for (mean, thirds) in [(score.off, 5.0), (score.plain_off, 6.0), (score.held, 2.0), (score.plain_held, 1.0)] {
            assert!((mean - thirds / 3.0).abs() < 1e-12, "{score:?}");
        }
        let mut lately = Fared::lately(10.0);
        (0..100).for_each(|i| lately.add(&told, &plain, if i < 50 { 100.0 } else { 2.0 }));
        assert!(lately.score().is_some_and(|s| s.off < 1.0 && s.held > 0.99 && s.count == 100));
    }
}
