//! Numbers become small codes: bins of about equal counts.
//!
//! Enters: features. Leaves: edges, codes. Absent: targets. Code 0 is no number.

use super::Features;

/// Most bins of a feature, without the one for no number.
const BINS_MAX: usize = 127;
/// Rows that edges are taken from.
const SAMPLE: usize = 20_000;

/// Edges of the bins of each feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Bins {
    /// Upper edges by feature; code `i + 1` is at most edge `i`.
    pub edges: Vec<Vec<f32>>,
}

impl Bins {
    /// Edges at equal counts.
    pub fn learn(features: &Features) -> Self {
        let stride = features.len().div_ceil(SAMPLE).max(1);
        let of = |feature: usize| {
            let mut sorted: Vec<f32> =
                (0..features.len()).step_by(stride).map(|row| features.row(row)[feature]).filter(|x| x.is_finite()).collect();
            sorted.sort_by(f32::total_cmp);
            let mut edges: Vec<f32> = Vec::new();
            let mut distinct = sorted.clone();
            distinct.dedup();
            if distinct.len() <= BINS_MAX {
                edges.extend(distinct.windows(2).map(|w| w[0] + 0.5 * (w[1] - w[0])));
            } else {
                edges.extend((1..BINS_MAX).map(|i| sorted[i * sorted.len() / BINS_MAX]));
            }
            edges.dedup();
            edges
        };
        Self { edges: (0..features.width).map(of).collect() }
    }
    /// Codes feature by feature.
    pub fn codes(&self, features: &Features) -> Vec<u8> {
        let n = features.len();
        let mut codes = vec![0; n * features.width];
        for row in 0..n {
            for (feature, x) in features.row(row).iter().enumerate() {
                codes[feature * n + row] = self.code(feature, *x);
            }
        }
        codes
    }
    fn code(&self, feature: usize, x: f32) -> u8 {
        if x.is_nan() { 0 } else { 1 + self.edges[feature].partition_point(|e| *e < x) as u8 }
    }
}
