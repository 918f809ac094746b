//! How worn a tool is, from the drive load while producing: load relative to the load of a fresh tool on the same product.
//!
//! Enters: ten-minute means of load with the product they were taken on. Leaves: a trend of relative load since the last
//! tool change. Absent: limits, machines.
//!
//! A product that was never cut with a fresh tool gets its fresh level by way of the one before it: when products change,
//! the tool does not, so relative load goes on where it was.

use super::trend::{Point, Trend};
use measure::statistics::Smoothed;
use measure::{Instant, Span};
use plant::ProductId;

/// Relative load of the tool in use.
#[derive(Clone, Debug)]
pub struct Wear {
    load: Trend,
    relative: Trend,
    product: Option<ProductId>,
    fresh: Vec<(Option<ProductId>, Smoothed)>,
    /// Operating time when the tool was changed [h].
    changed_h: f64,
    /// When the tool was changed, if that was seen.
    changed: Option<Instant>,
    newest: Option<f64>,
}

impl Default for Wear {
    fn default() -> Self {
        Self {
            load: Trend::default(),
            relative: Trend::default(),
            product: None,
            fresh: Vec::new(),
            changed_h: 0.0,
            changed: None,
            newest: None,
        }
    }
}

/// Products whose fresh level is kept.
const PRODUCTS_MAX: usize = 64;
/// A tool counts as fresh for this operating time [h].
const FRESH_H: f64 = 1.0;
/// Shorter pieces of a bucket say too little.
const COUNT_MIN: u64 = 2;

impl Wear {
    /// Takes a load [%] seen while producing.
    pub fn add(&mut self, at: Instant, operated_h: f64, load: f64, product: Option<ProductId>) {
        if product != self.product {
            if let Some(point) = self.load.close() {
                self.take(point);
            }
            self.product = product;
        }
        if let Some(point) = self.load.add(at, operated_h, load) {
            self.take(point);
        }
    }
    fn take(&mut self, point: Point) {
        if point.mean <= 0.0 || (point.count < COUNT_MIN && point.to - point.from > Span::ZERO) {
            return;
        }
        let since_h = point.operated_h - self.changed_h;
        let known = self.fresh.iter().position(|(p, _)| *p == self.product);
        let worn = self.newest.unwrap_or(1.0);
        let place = match known {
            Some(place) => place,
            None => {
                if self.fresh.len() >= PRODUCTS_MAX {
                    self.fresh.remove(0);
                }
                self.fresh.push((self.product, Smoothed::new(0.1)));
                self.fresh.len() - 1
            }
        };
        let level = &mut self.fresh[place].1;
        if since_h <= FRESH_H {
            level.add(point.mean);
        } else if level.count() == 0 {
            level.add(point.mean / worn);
        }
        let relative = point.mean / level.mean();
        self.newest = Some(self.newest.map_or(relative, |n| n + 0.4 * (relative - n)));
        self.relative.keep(Point { mean: relative, ..point });
    }
    /// The tool was changed.
    pub fn change(&mut self, at: Instant, operated_h: f64) {
        self.load.clear();
        self.relative.clear();
        self.changed_h = operated_h;
        self.changed = Some(at);
        self.newest = None;
    }
    /// Load relative to a fresh tool since the change [1].
    pub const fn relative(&self) -> &Trend {
        &self.relative
    }
    /// Smoothed relative load now [1].
    pub const fn newest(&self) -> Option<f64> {
        self.newest
    }
    /// When the tool in use was put in, if that was seen.
    pub const fn changed(&self) -> Option<Instant> {
        self.changed
    }
    /// Operating time at the change [h].
    pub const fn changed_h(&self) -> f64 {
        self.changed_h
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Load 30 % on product 0 and 50 % on product 1 with a fresh tool, rising 2 % an hour.
    fn cut(wear: &mut Wear, from_h: f64, hours: f64, product: u16, worn_at_start: f64) -> f64 {
        let fresh = if product == 0 { 30.0 } else { 50.0 };
        let steps = (hours * 60.0) as i64;
        let mut worn = worn_at_start;
        for i in 0..steps {
            let h = from_h + i as f64 / 60.0;
            wear.add(Instant::from_seconds((h * 3_600.0) as i64), h, fresh * worn, Some(ProductId(product)));
            worn += 0.02 / 60.0;
        }
        worn
    }

    #[test]
    fn relative_load_goes_on_over_a_change_of_product() {
        let mut wear = Wear::default();
        let mut worn = cut(&mut wear, 0.0, 5.0, 0, 1.0);
        worn = cut(&mut wear, 5.0, 5.0, 1, worn);
        worn = cut(&mut wear, 10.0, 5.0, 0, worn);
        let newest = wear.newest().expect("seen");
        assert!((newest - worn).abs() < 0.03, "{newest} {worn}");
    }

    #[test]
    fn a_fresh_tool_starts_from_one() {
        let mut wear = Wear::default();
        cut(&mut wear, 0.0, 10.0, 0, 1.0);
        assert!(wear.newest().is_some_and(|n| n > 1.15));
        wear.change(Instant::from_seconds(36_000), 10.0);
        assert_eq!(wear.newest(), None);
        cut(&mut wear, 10.0, 1.0, 0, 1.0);
        assert!(wear.newest().is_some_and(|n| (n - 1.0).abs() < 0.03), "{:?}", wear.newest());
        assert!(wear.relative().points().len() < 8);
    }
}
