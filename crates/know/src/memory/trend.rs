//! How a gauge went over the operating time: means of ten minutes each, bounded.
//!
//! Enters: values with source time and operating time. Leaves: points. Absent: channels, limits, verdicts.

use measure::statistics::Moments;
use measure::{Instant, Span};
use std::collections::VecDeque;

/// The mean of a gauge over one bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// First reading in it.
    pub from: Instant,
    /// Last reading in it.
    pub to: Instant,
    /// Operating time of the machine at its last reading [h].
    pub operated_h: f64,
    /// Mean of the readings.
    pub mean: f64,
    /// Readings in it.
    pub count: u64,
}

/// The buckets of one gauge, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Trend {
    points: VecDeque<Point>,
    sums: Moments,
    from: Instant,
    to: Instant,
    operated_h: f64,
}

impl Trend {
    /// Most points kept.
    pub const POINTS_MAX: usize = 512;
    /// Length of a bucket.
    pub const BUCKET: Span = Span::from_minutes(10);

    /// Takes one value; returns the point that it closed, if any.
    pub fn add(&mut self, at: Instant, operated_h: f64, value: f64) -> Option<Point> {
        let closed = if self.sums.count() > 0 && at - self.from >= Self::BUCKET { self.close() } else { None };
        if self.sums.count() == 0 {
            self.from = at;
        }
        self.sums.add(value);
        self.to = self.to.max(at);
        self.operated_h = operated_h;
        closed
    }
    /// Closes the running bucket, say because the conditions changed.
    pub fn close(&mut self) -> Option<Point> {
        if self.sums.count() == 0 {
            return None;
        }
        let (from, to) = (self.from, self.to);
        let point = Point { from, to, operated_h: self.operated_h, mean: self.sums.mean(), count: self.sums.count() };
        self.sums = Moments::default();
        self.keep(point);
        Some(point)
    }
    /// Keeps a point made elsewhere.
    pub fn keep(&mut self, point: Point) {
        if self.points.len() >= Self::POINTS_MAX {
            self.points.pop_front();
        }
        self.points.push_back(point);
    }
    /// Forgets everything: the part was replaced.
    pub fn clear(&mut self) {
        self.points.clear();
        self.sums = Moments::default();
    }
    /// The closed points, oldest first.
    pub const fn points(&self) -> &VecDeque<Point> {
        &self.points
    }
    /// Mean and standard error of the newest `count` points; `None` below two points.
    pub fn lately(&self, count: usize) -> Option<(f64, f64)> {
        let moments: Moments = self.points.iter().rev().take(count).map(|p| p.mean).collect();
        (moments.count() >= 2).then(|| (moments.mean(), moments.deviation() / (moments.count() as f64).sqrt()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_minutes_become_one_point() {
        let mut trend = Trend::default();
        for i in 0..=1_200 {
            trend.add(Instant::from_seconds(i), i as f64 / 3_600.0, if i < 600 { 1.0 } else { 3.0 });
        }
        let means: Vec<f64> = trend.points().iter().map(|p| p.mean).collect();
        assert_eq!(means, [1.0, 3.0]);
        assert_eq!(trend.points()[0].count, 600);
    }

    #[test]
    fn hourly_readings_are_one_point_each_and_the_number_of_points_is_bounded() {
        let mut trend = Trend::default();
        for hour in 0..2_000 {
            trend.add(Instant::from_seconds(hour * 3_600), hour as f64, hour as f64);
        }
        assert_eq!(trend.points().len(), Trend::POINTS_MAX);
        assert_eq!(trend.points().back().map(|p| p.mean), Some(1_998.0));
    }
}
