//! Sub-PCA: windows of rows against the shapes that windows usually have.
//!
//! Enters: z rows. Leaves: Q, the squared length of a window outside its usual shapes (J. E. Jackson and G. S. Mudholkar,
//! Technometrics 21(3), 1979; on lagged rows: W. Ku, R. H. Storer, C. Georgakis, 1995), and the share of each channel in it.
//! Absent: limits.

use crate::dense::{Eigen, dot};

/// Share of the variance that the usual shapes hold.
const SHARE: f64 = 0.9;
/// Most numbers a window, so that memory and time a row stay small.
const NUMBERS_MAX: usize = 256;
/// Most and fewest rows of a window.
const ROWS: (usize, usize) = (2, 20);

/// Usual shapes of windows; frozen.
#[derive(Clone, Debug, PartialEq)]
pub struct Subspace {
    /// Rows of a window.
    pub rows: usize,
    mean: Vec<f32>,
    /// Shapes of length one, one after the other.
    shapes: Vec<f32>,
    /// Mean square of each channel outside the shapes, in good order.
    usual: Vec<f64>,
}

impl Subspace {
    /// Rows of the window for so many channels: as long as memory allows.
    pub fn rows_for(channels: usize) -> usize {
        (NUMBERS_MAX / channels.max(1)).clamp(ROWS.0, ROWS.1)
    }
    /// Learned from z rows in good order; `None` where there are fewer windows than two.
    pub fn learn(z: &[f32], channels: usize) -> Option<Self> {
        let rows = Self::rows_for(channels);
        let width = rows * channels;
        let windows: Vec<&[f32]> = z.windows(width).step_by(channels).collect();
        if windows.len() < 2 {
            return None;
        }
        let count = windows.len() as f64;
        let mean: Vec<f64> = (0..width).map(|i| windows.iter().map(|w| f64::from(w[i])).sum::<f64>() / count).collect();
        let mut spread = vec![0.0; width * width];
        let mut row = vec![0.0; width];
        for window in &windows {
            row.iter_mut().zip(*window).zip(&mean).for_each(|((r, x), m)| *r = f64::from(*x) - m);
            for i in 0..width {
                let f = row[i];
                spread[i * width..i * width + i + 1].iter_mut().zip(&row).for_each(|(s, x)| *s += f * x);
            }
        }
        for i in 0..width {
            for j in 0..i {
                spread[j * width + i] = spread[i * width + j];
            }
        }
        let eigen = Eigen::of(&spread, width);
        let whole: f64 = eigen.values.iter().map(|v| v.max(0.0)).sum();
        let mut held = 0.0;
        let missing = |v: &&f64| {
            let more = held < SHARE * whole;
            held += v.max(0.0);
            more
        };
        let kept = eigen.values.iter().take_while(missing).count();
        let shapes = eigen.vectors[..kept * width].iter().map(|x| *x as f32).collect();
        let mut subspace = Self { rows, mean: mean.iter().map(|m| *m as f32).collect(), shapes, usual: vec![1.0; channels] };
        let mut sums = vec![0.0; channels];
        for window in &windows {
            subspace.outside(window).iter().enumerate().for_each(|(i, r)| sums[i % channels] += f64::from(r * r) / count);
        }
        subspace.usual = sums.iter().map(|s| s.max(1e-6)).collect();
        Some(subspace)
    }
    /// Q of a window; `scratch` is overwritten.
    pub fn q(&self, window: &[f32], scratch: &mut Vec<f32>) -> f64 {
        scratch.clear();
        scratch.extend(window.iter().zip(&self.mean).map(|(x, m)| x - m));
        let whole = f64::from(dot(scratch, scratch));
        let inside: f64 = self.shapes.chunks_exact(self.mean.len()).map(|s| f64::from(dot(s, scratch)).powi(2)).sum();
        (whole - inside).max(1e-6)
    }
    fn outside(&self, window: &[f32]) -> Vec<f32> {
        let mut rest: Vec<f32> = window.iter().zip(&self.mean).map(|(x, m)| x - m).collect();
        let weights: Vec<f32> = self.shapes.chunks_exact(rest.len()).map(|s| dot(s, &rest)).collect();
        for (shape, weight) in self.shapes.chunks_exact(self.mean.len()).zip(weights) {
            rest.iter_mut().zip(shape).for_each(|(r, s)| *r -= weight * s);
        }
        rest
    }
    /// What each channel has outside the shapes, against what it has in good order.
    pub fn shares(&self, window: &[f32]) -> Vec<f64> {
        let channels = self.usual.len();
        let mut sums = vec![0.0; channels];
        self.outside(window).iter().enumerate().for_each(|(i, r)| sums[i % channels] += f64::from(r * r));
        sums.iter().zip(&self.usual).map(|(s, u)| s / u).collect()
    }
    /// Numbers held.
    pub const fn weight(&self) -> usize {
        self.mean.len() + self.shapes.len()
    }
}
