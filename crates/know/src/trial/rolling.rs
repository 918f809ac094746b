//! Means, deviations and slopes over the newest values of a series, causal, in constant time each.
//!
//! Enters: a series. Leaves: figures at any place over any window. Absent: what comes after the place.

/// Running sums of a series; what is not finite counts as the value before it.
pub struct Rolling {
    sum: Vec<f64>,
    squares: Vec<f64>,
    /// Sums of place · value.
    moment: Vec<f64>,
    values: Vec<f64>,
}

impl Rolling {
    /// Of a series.
    pub fn new(series: impl Iterator<Item = f64>) -> Self {
        let mut new = Self { sum: vec![0.0], squares: vec![0.0], moment: vec![0.0], values: Vec::new() };
        let mut last = 0.0;
        for (place, x) in series.enumerate() {
            last = if x.is_finite() { x } else { last };
            new.values.push(last);
            new.sum.push(new.sum[place] + last);
            new.squares.push(new.squares[place] + last * last);
            new.moment.push(new.moment[place] + place as f64 * last);
        }
        new
    }
    /// The value at a place.
    pub fn at(&self, place: usize) -> f64 {
        self.values[place]
    }
    /// The value so many places before, or the first.
    pub fn before(&self, place: usize, by: usize) -> f64 {
        self.values[place.saturating_sub(by)]
    }
    fn window(place: usize, length: usize) -> (usize, f64) {
        let from = (place + 1).saturating_sub(length);
        (from, (place + 1 - from) as f64)
    }
    /// Mean of the newest `length` values up to a place.
    pub fn mean(&self, place: usize, length: usize) -> f64 {
        let (from, n) = Self::window(place, length);
        (self.sum[place + 1] - self.sum[from]) / n
    }
    /// Their standard deviation.
    pub fn deviation(&self, place: usize, length: usize) -> f64 {
        let (from, n) = Self::window(place, length);
        let mean = (self.sum[place + 1] - self.sum[from]) / n;
        ((self.squares[place + 1] - self.squares[from]) / n - mean * mean).max(0.0).sqrt()
    }
    /// Slope of the line through them, a place.
    pub fn slope(&self, place: usize, length: usize) -> f64 {
        let (from, n) = Self::window(place, length);
        if n < 3.0 {
            return 0.0;
        }
        let middle = (from + place) as f64 / 2.0;
        let sum = self.sum[place + 1] - self.sum[from];
        let cross = self.moment[place + 1] - self.moment[from] - middle * sum;
        cross / (n * (n * n - 1.0) / 12.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Rolling;

    #[test]
    fn a_line_has_its_slope_and_a_gap_is_bridged() {
        let line = Rolling::new((0..50).map(|i| if i == 20 { f64::NAN } else { 3.0 + 0.5 * f64::from(i) }));
        assert!((line.slope(49, 20) - 0.5).abs() < 1e-9 && (line.mean(49, 4) - 26.75).abs() < 1e-9);
        assert_eq!((line.at(20), line.before(3, 9)), (12.5, 3.0));
        assert!((line.deviation(48, 3) - 0.5 * (2.0_f64 / 3.0).sqrt()).abs() < 1e-9);
    }
}
