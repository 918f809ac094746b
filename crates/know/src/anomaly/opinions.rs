//! Second opinions on a machine's rows, each by itself: what a row should be, how soon random cuts set it apart, and drifts summed up.
//!
//! Enters: rows. Leaves: an [`Opinion`] a row. Absent: fusion with the stack, limits: who asks for opinions sets one for each on rows in good
//! order. Learned once, then frozen, like [`super::Baseline`].

use super::Rows;
use super::cusum::Cusum;
use super::cuts::Cuts;
use super::kernel::Kernel;
use super::level::{self, Level};
use super::scale::{Feed, Scale};

/// Allowance and limit of the sums of each channel [deviations of its means]: twice the allowance must last for hours.
const ALLOWANCE: f64 = 1.0;
const LIMIT: f64 = 10.0;
/// Seed of the random cuts.
const SEED: u64 = 1;

/// What each thinks of a row; higher is more unusual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Opinion {
    /// Kernel regression: mean square of what is left over, 1 in good order.
    pub kernel: f64,
    /// Random cuts: from 0 to 1.
    pub cuts: f64,
    /// The greatest sum of a channel over its limit; above 1 it drifts.
    pub drift: f64,
    /// The channel of that sum.
    pub drifting: usize,
}

/// Frozen models and the newest rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinions {
    scale: Scale,
    feed: Feed,
    kernel: Kernel,
    cuts: Cuts,
    drifts: Drifts,
    z: Vec<f32>,
    row: Vec<f64>,
}

impl Opinions {
    /// Learned from rows in good order; `None` where they are too few or none.
    pub fn learn(rows: Rows<'_>) -> Option<Self> {
        let scale = Scale::learn(rows);
        let (mut feed, mut z, mut all) = (Feed::default(), Vec::new(), Vec::with_capacity(rows.values.len()));
        for row in rows.iter() {
            scale.apply(&mut feed, row, &mut z);
            all.extend_from_slice(&z);
        }
        let wide: Vec<f64> = all.iter().map(|x| f64::from(*x)).collect();
        let scaled = Rows { values: &wide, channels: rows.channels };
        let (kernel, cuts) = (Kernel::learn(scaled)?, Cuts::learn(scaled, SEED)?);
        let drifts = Drifts::new(Level::learn(&all, rows.channels)?, rows.channels);
        Some(Self { scale, feed: Feed::default(), kernel, cuts, drifts, z, row: Vec::new() })
    }
    /// Takes a row; NaN where a channel was not heard.
    pub fn step(&mut self, row: &[f64]) -> Opinion {
        self.scale.apply(&mut self.feed, row, &mut self.z);
        self.row.clear();
        self.row.extend(self.z.iter().map(|x| f64::from(*x)));
        self.drifts.step(&self.z);
        let (drifting, drift) = self.drifts.greatest();
        Opinion { kernel: self.kernel.q(&self.row), cuts: self.cuts.score(&self.row), drift, drifting }
    }
    /// Numbers held.
    pub fn weight(&self) -> usize {
        self.kernel.weight() + self.cuts.weight() + self.drifts.window.capacity()
    }
}

/// Sums of every channel over means of rows that do not overlap.
#[derive(Clone, Debug, PartialEq)]
pub struct Drifts {
    level: Level,
    sums: Vec<Cusum>,
    window: Vec<f32>,
}

impl Drifts {
    /// No row yet, against known levels.
    pub fn new(level: Level, channels: usize) -> Self {
        Self { level, sums: vec![Cusum::new(ALLOWANCE, LIMIT); channels], window: Vec::with_capacity(channels * level::ROWS) }
    }
    /// Takes a z row.
    pub fn step(&mut self, z: &[f32]) {
        self.window.extend_from_slice(z);
        if self.window.len() >= self.sums.len() * level::ROWS {
            let deviations = self.level.deviations(&self.window);
            for (sum, deviation) in self.sums.iter_mut().zip(deviations) {
                sum.step(deviation);
            }
            self.window.clear();
        }
    }
    /// Lets go of a window that is not full: after a gap.
    pub fn restart(&mut self) {
        self.window.clear();
    }
    /// The channel with the greatest sum, and that sum over its limit.
    pub fn greatest(&self) -> (usize, f64) {
        let shares = self.sums.iter().map(Cusum::share).enumerate();
        shares.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0))
    }
    /// Bytes held, without a handful.
    pub const fn bytes(&self) -> usize {
        4 * self.window.capacity() + 8 * self.level.weight() + self.sums.len() * size_of::<Cusum>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;

    fn plant(seed: u64, rows: usize, drift: f64) -> Vec<f64> {
        let mut chance = Chance::seeded(seed);
        let mut swing = 0.0;
        let mut one = |t: usize| {
            swing = 0.5 * swing + chance.normal();
            let noise = [chance.normal(), chance.normal(), chance.normal()];
            [10.0 + swing + 0.3 * noise[0], 5.0 + 2.0 * swing + 0.3 * noise[1], 80.0 + noise[2] + drift * t as f64]
        };
        (0..rows).flat_map(&mut one).collect()
    }

    #[test]
    fn each_sees_its_kind_of_fault() {
        let learned = plant(1, 1_500, 0.0);
        let mut opinions = Opinions::learn(Rows { values: &learned, channels: 3 }).expect("rows enough");
        let usual: Vec<Opinion> = plant(2, 1_500, 0.0).chunks_exact(3).map(|r| opinions.step(r)).collect();
        let highest = |f: fn(&Opinion) -> f64| usual.iter().map(f).fold(0.0, f64::max);
        assert!(highest(|o| o.drift) < 1.0);
        let mean = usual.iter().map(|o| o.kernel).sum::<f64>() / 1_500.0;
        // Both channels usual by themselves, but not together.
        let torn = opinions.step(&[11.5, 2.0, 80.0]);
        assert!(torn.kernel > 20.0 * mean, "{torn:?} and {mean}");
        let far = opinions.step(&[10.0, 5.0, 95.0]);
        assert!(far.cuts > highest(|o| o.cuts), "{far:?}");
        let mut drifted = opinions.clone();
        let last = plant(3, 3_000, 0.001).chunks_exact(3).map(|r| drifted.step(r)).last();
        assert!(last.is_some_and(|o| o.drift > 1.0 && o.drifting == 2), "{last:?}");
    }

    #[test]
    fn too_few_rows_teach_nothing_and_memory_is_set_by_the_channels() {
        assert!(Opinions::learn(Rows { values: &[1.0; 30], channels: 3 }).is_none());
        let opinions = Opinions::learn(Rows { values: &plant(4, 2_000, 0.0), channels: 3 }).expect("rows enough");
        assert!(opinions.weight() < 32_000, "{}", opinions.weight());
    }
}
