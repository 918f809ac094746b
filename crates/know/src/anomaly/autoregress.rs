//! What the rows before did not foretell: residuals of a vector autoregression, whitened and smoothed at two paces.
//!
//! Enters: z rows. Leaves: the T² of the smoothed residuals (C. A. Lowry et al., Technometrics 34(1), 1992), and the share of each
//! channel in it. Absent: limits. The regression is learned by least squares with a ridge over all rows in good order, which is
//! recursive least squares without forgetting, summed up first and solved once.

use crate::dense::{Eigen, solve};

/// Ridge, in rows' worth of evidence that nothing depends on anything.
const RIDGE: f64 = 5.0;
/// Share of the mean variance that is added to every direction of the residuals before whitening.
const FLOOR: f64 = 0.05;
/// Weights of the newest row: quick and slow.
const PACES: [f64; 2] = [0.3, 0.05];
/// Rows a coefficient that are needed for two rows of look-back instead of one.
const ROWS_PER_COEFFICIENT: usize = 20;

/// The regression; frozen.
#[derive(Clone, Debug, PartialEq)]
pub struct Autoregress {
    /// Rows looked back.
    pub order: usize,
    channels: usize,
    /// `order · channels` rows of `channels` coefficients; newest row before first.
    weights: Vec<f64>,
    /// Whitening directions as rows, each over the root of its variance.
    whiten: Vec<f64>,
    /// Deviation of each channel's residual.
    deviation: Vec<f64>,
}

/// Smoothed residuals, by pace: whitened, and by channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Smooth {
    white: [Vec<f64>; 2],
    plain: Vec<f64>,
}

impl Autoregress {
    /// Learned from z rows in good order; `None` where they are too few.
    pub fn learn(z: &[f32], channels: usize) -> Option<Self> {
        let rows = z.len() / channels;
        let order = if rows >= ROWS_PER_COEFFICIENT * 2 * channels { 2 } else { 1 };
        let n = order * channels;
        if rows < order + 8 {
            return None;
        }
        let (mut gram, mut cross) = (vec![0.0; n * n], vec![0.0; n * channels]);
        let mut past = vec![0.0; n];
        for t in order..rows {
            recall(z, channels, t, &mut past);
            let now = &z[t * channels..(t + 1) * channels];
            for i in 0..n {
                (0..n).for_each(|j| gram[i * n + j] += past[i] * past[j]);
                (0..channels).for_each(|j| cross[i * channels + j] += past[i] * f64::from(now[j]));
            }
        }
        (0..n).for_each(|i| gram[i * n + i] += RIDGE);
        let weights = solve(&gram, &cross, n, channels)?;
        let mut model = Self { order, channels, weights, whiten: Vec::new(), deviation: vec![1.0; channels] };
        model.learn_spread(z, rows);
        Some(model)
    }
    fn learn_spread(&mut self, z: &[f32], rows: usize) {
        let c = self.channels;
        let (mut sum, mut squares) = (vec![0.0; c], vec![0.0; c * c]);
        for t in self.order..rows {
            let r = self.residual(&z[(t - self.order) * c..(t + 1) * c]);
            for i in 0..c {
                sum[i] += r[i];
                (0..c).for_each(|j| squares[i * c + j] += r[i] * r[j]);
            }
        }
        let count = (rows - self.order) as f64;
        for i in 0..c {
            (0..c).for_each(|j| squares[i * c + j] = (squares[i * c + j] - sum[i] * sum[j] / count) / (count - 1.0));
        }
        self.deviation = (0..c).map(|i| squares[i * c + i].max(1e-12).sqrt()).collect();
        let eigen = Eigen::of(&squares, c);
        let floor = FLOOR * eigen.values.iter().sum::<f64>().max(1e-9) / c as f64;
        let scaled = |(k, v): (usize, &f64)| {
            let root = (v.max(0.0) + floor).sqrt();
            eigen.vectors[k * c..(k + 1) * c].iter().map(move |x| x / root).collect::<Vec<f64>>()
        };
        self.whiten = eigen.values.iter().enumerate().flat_map(scaled).collect();
    }
    /// The newest row less what the `order` rows before it foretell; `rows` are `order + 1` rows.
    fn residual(&self, rows: &[f32]) -> Vec<f64> {
        let c = self.channels;
        let mut rest: Vec<f64> = rows[self.order * c..].iter().map(|x| f64::from(*x)).collect();
        for k in 0..self.order {
            let past = &rows[(self.order - 1 - k) * c..(self.order - k) * c];
            for (i, x) in past.iter().enumerate() {
                let weights = &self.weights[(k * c + i) * c..(k * c + i + 1) * c];
                rest.iter_mut().zip(weights).for_each(|(r, w)| *r -= f64::from(*x) * w);
            }
        }
        rest
    }
    /// T² of the smoothed residuals after one more row, quick and slow; `rows` are the newest `order + 1` rows.
    pub fn step(&self, smooth: &mut Smooth, rows: &[f32]) -> [f64; 2] {
        let c = self.channels;
        if smooth.plain.len() != c {
            *smooth = Smooth { white: [vec![0.0; c], vec![0.0; c]], plain: vec![0.0; c] };
        }
        let rest = self.residual(rows);
        let slow = PACES[1];
        smooth.plain.iter_mut().zip(&rest).for_each(|(s, r)| *s += slow * (r - *s));
        let mut sums = [0.0; 2];
        for (k, direction) in self.whiten.chunks_exact(c).enumerate() {
            let along: f64 = direction.iter().zip(&rest).map(|(d, r)| d * r).sum();
            for (pace, (white, sum)) in PACES.iter().zip(smooth.white.iter_mut().zip(&mut sums)) {
                white[k] += pace * (along - white[k]);
                *sum += white[k] * white[k];
            }
        }
        // Variance of an EWMA of white noise: λ / (2 − λ).
        let unit = |pace: f64, sum: f64| (sum * (2.0 - pace) / pace).max(1e-9);
        [unit(PACES[0], sums[0]), unit(PACES[1], sums[1])]
    }
    /// Squared smoothed residual of each channel in units of its variance.
    pub fn shares(&self, smooth: &Smooth) -> Vec<f64> {
        let unit = (2.0 - PACES[1]) / PACES[1];
        smooth.plain.iter().zip(&self.deviation).map(|(s, d)| unit * (s / d).powi(2)).collect()
    }
    /// Numbers held.
    pub const fn weight(&self) -> usize {
        self.weights.len() + self.whiten.len() + self.deviation.len()
    }
}

fn recall(z: &[f32], channels: usize, t: usize, past: &mut [f64]) {
    for (i, x) in past.iter_mut().enumerate() {
        *x = f64::from(z[(t - 1 - i / channels) * channels + i % channels]);
    }
}
