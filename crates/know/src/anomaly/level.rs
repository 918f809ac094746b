//! Means that left where they used to be, judged by how far each channel wanders in good order.
//!
//! Enters: z rows. Leaves: a norm of the channels' deviations, and each channel's. Absent: limits. A channel that wanders by itself
//! (a warming motor) has means that scatter far more than the noise from row to row foretells; its deviations count for less by
//! that ratio, so that channels are chosen by themselves.

/// Rows of a mean.
pub const ROWS: usize = 20;
/// Ratio of the scatter of means to the noise up to which a channel counts in full.
const WANDER: f64 = 8.0;
/// Power of the norm: near to the greatest deviation, yet several small ones add up.
const POWER: i32 = 4;

/// Usual levels; frozen.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    mean: Vec<f64>,
    scatter: Vec<f64>,
}

impl Level {
    /// Learned from z rows in good order; `None` where they are too few.
    pub fn learn(z: &[f32], channels: usize) -> Option<Self> {
        let rows = z.len() / channels;
        if rows < 3 * ROWS {
            return None;
        }
        let level = |i: usize| learn_one(z, channels, i);
        let (mean, scatter) = (0..channels).map(level).unzip();
        Some(Self { mean, scatter })
    }
    /// Deviation of each channel's mean over the newest [`ROWS`] rows, in units of what is usual.
    pub fn deviations(&self, window: &[f32]) -> Vec<f64> {
        let channels = self.mean.len();
        let mut sums = vec![0.0_f32; channels];
        for row in window.chunks_exact(channels) {
            sums.iter_mut().zip(row).for_each(|(s, x)| *s += x);
        }
        let one = |((s, m), d): ((&f32, &f64), &f64)| (f64::from(*s) / ROWS as f64 - m) / d;
        sums.iter().zip(&self.mean).zip(&self.scatter).map(one).collect()
    }
    /// Norm of the deviations.
    pub fn norm(deviations: &[f64]) -> f64 {
        deviations.iter().map(|d| d.powi(POWER)).sum::<f64>().powf(1.0 / f64::from(POWER)).max(1e-9)
    }
    /// Numbers held.
    pub const fn weight(&self) -> usize {
        2 * self.mean.len()
    }
}

fn learn_one(z: &[f32], channels: usize, i: usize) -> (f64, f64) {
    let x: Vec<f64> = z.iter().skip(i).step_by(channels).map(|x| f64::from(*x)).collect();
    let means: Vec<f64> = x.windows(ROWS).skip(1).map(|w| w.iter().sum::<f64>() / ROWS as f64).collect();
    let count = means.len() as f64;
    let mean = means.iter().sum::<f64>() / count;
    let variance = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / count;
    // Noise of a mean if rows were independent, from row to row.
    let steps: Vec<f64> = x.windows(2).map(|w| w[1] - w[0]).collect();
    let step = steps.iter().sum::<f64>() / steps.len() as f64;
    let noise = steps.iter().map(|s| (s - step).powi(2)).sum::<f64>() / steps.len() as f64 / 2.0 / ROWS as f64;
    // Structure function: mean squared change over a lag, at four lags.
    let change = |lag: usize| {
        let pairs = means.len().saturating_sub(lag).max(1) as f64;
        means.iter().zip(means.iter().skip(lag)).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / pairs
    };
    let n = means.len();
    let widest = [(n / 16).max(ROWS), n / 8, n / 4, n / 2].map(change).into_iter().fold(0.0, f64::max);
    let wander = (variance / (noise + 1e-12) / WANDER).max(1.0);
    let scatter = (widest.max(2.0 * variance) / 2.0 + 1e-12).sqrt() * wander.sqrt();
    // A channel that never moved has no scatter of its own: its deviation of scale is its unit.
    (mean, if variance < 1e-9 { 1.0 } else { scatter })
}
