//! Air flow beside the number of machines at work, in five-minute points, for finding what flows when nobody works.
//!
//! Enters: flow, the number of producing machines, power. Leaves: points, and the flow that is left at none producing.
//! Absent: limits.

use measure::statistics::{line_through, quantile};
use measure::{Estimate, Instant, Span};
use std::collections::VecDeque;

/// Means over five minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AirPoint {
    /// End of the five minutes.
    pub at: Instant,
    /// Air flow.
    pub flow: f64,
    /// Machines producing.
    pub producing: f64,
    /// Power of the compressor [W].
    pub watts: Option<f64>,
}

/// The air points of one compressor.
#[derive(Clone, Debug, Default)]
pub struct Air {
    points: VecDeque<AirPoint>,
}

impl Air {
    /// Most points kept: two days.
    pub const POINTS_MAX: usize = 576;
    /// Length of a point.
    pub const STEP: Span = Span::from_minutes(5);

    /// Takes a point.
    pub fn add(&mut self, point: AirPoint) {
        if self.points.len() >= Self::POINTS_MAX {
            self.points.pop_front();
        }
        self.points.push_back(point);
    }
    /// The points, oldest first.
    pub const fn points(&self) -> &VecDeque<AirPoint> {
        &self.points
    }
    /// The leaks were mended.
    pub fn clear(&mut self) {
        self.points.clear();
    }
    /// Flow with nobody working, from the points since an instant: the median of the points where nobody worked if there
    /// are four, else the intercept of flow over machines producing. `None` where neither can be told.
    pub fn base(&self, since: Instant) -> Option<Estimate> {
        let quiet: Vec<f64> =
            self.points.iter().rev().take_while(|p| p.at >= since).filter(|p| p.producing < 0.02).map(|p| p.flow).collect();
        if quiet.len() >= 4 {
            let part = |share| quantile(&quiet, share).unwrap_or(0.0);
            return Some(Estimate::between(part(0.1), part(0.5), part(0.9)));
        }
        let points: Vec<(f64, f64)> =
            self.points.iter().rev().take_while(|p| p.at >= since).map(|p| (p.producing, p.flow)).collect();
        if points.len() < 24 {
            return None;
        }
        let (intercept, slope, error) = line_through(&points)?;
        let n = points.len() as f64;
        let mean = points.iter().map(|p| p.0).sum::<f64>() / n;
        let residual = points.iter().map(|p| (p.1 - intercept - slope * p.0).powi(2)).sum::<f64>() / (n - 2.0);
        let intercept_error = (residual / n + (error * mean).powi(2)).sqrt();
        Some(Estimate::between(intercept - 1.645 * intercept_error, intercept, intercept + 1.645 * intercept_error))
    }
    /// Mean flow while somebody worked; `None` if nobody did.
    pub fn working(&self) -> Option<f64> {
        let flows: Vec<f64> = self.points.iter().filter(|p| p.producing >= 0.5).map(|p| p.flow).collect();
        (!flows.is_empty()).then(|| flows.iter().sum::<f64>() / flows.len() as f64)
    }
    /// Power a unit of flow takes [W per unit of flow].
    pub fn watts_per_flow(&self) -> Option<f64> {
        let (watts, flow) =
            self.points.iter().filter_map(|p| p.watts.map(|w| (w, p.flow))).fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
        (flow > 0.0).then(|| watts / flow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(i: i64, flow: f64, producing: f64) -> AirPoint {
        AirPoint { at: Instant::from_seconds(i * 300), flow, producing, watts: Some(100.0 * flow) }
    }

    #[test]
    fn the_night_shows_the_leak() {
        let mut air = Air::default();
        (0..100).for_each(|i| air.add(point(i, if i < 60 { 50.0 } else { 8.0 }, if i < 60 { 5.0 } else { 0.0 })));
        assert_eq!(air.base(Instant::EPOCH).map(|e| e.value), Some(8.0));
        assert_eq!(air.working(), Some(50.0));
        assert_eq!(air.watts_per_flow(), Some(100.0));
    }

    #[test]
    fn without_a_night_the_intercept_does() {
        let mut air = Air::default();
        (0..100).for_each(|i| air.add(point(i, 6.0 + 9.0 * (1 + i % 5) as f64 + (i % 3) as f64 * 0.1, (1 + i % 5) as f64)));
        let base = air.base(Instant::EPOCH).expect("an intercept");
        assert!(base.low < 6.2 && base.high > 6.0 && (base.value - 6.1).abs() < 0.2, "{base:?}");
        assert!(air.base(Instant::from_seconds(99 * 300)).is_none(), "too few points");
    }
}
