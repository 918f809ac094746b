//! How worn a tool is, from the drive load while producing: load relative to the load of a fresh tool under the same
//! conditions (product and speed).
//!
//! Enters: loads with product, speed and operating time. Leaves: points of load since the last tool change, and the fresh
//! levels they are compared with, shared by the machines of a kind. Absent: limits, machines.
//!
//! A fresh level is learned in the first hour after a tool change. Until one was seen, the lowest load met on any machine
//! of the kind stands for it; conditions met for the first time with a worn tool get their level by way of the conditions
//! before: when the product changes, the tool does not, so relative load goes on where it was.

use super::trend::{Point, Trend};
use measure::Instant;
use measure::statistics::Moments;
use plant::ProductId;
use std::collections::VecDeque;

/// Under which conditions a load was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Kind of machine.
    pub kind: usize,
    /// Product on it.
    pub product: Option<ProductId>,
    /// Speed factor in steps of 5 %.
    pub band: i16,
}

#[derive(Clone, Copy, Debug)]
struct Level {
    conditions: Conditions,
    load: f64,
    /// Learned from tools that were known to be fresh.
    is_sure: bool,
}

/// Loads of fresh tools by conditions.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    levels: Vec<Level>,
    /// Levels made so far: a place of the ring.
    made: usize,
}

/// A point of load: ten minutes under one set of conditions.
#[derive(Clone, Copy, Debug)]
pub struct LoadPoint {
    /// Time and mean load [%].
    pub point: Point,
    /// Place of the fresh level it is compared with, and its conditions.
    level: (usize, Conditions),
}

/// How relative load grows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    /// Relative load now [1].
    pub level: f64,
    /// Its standard error, but for that of the fresh levels [1].
    pub level_error: f64,
    /// Growth [1/h of operating time].
    pub rate: f64,
    /// Standard error of the growth [1/h].
    pub rate_error: f64,
    /// Whether the level is told from conditions in which fresh tools were seen.
    pub is_sure: bool,
}

/// The tool in use.
#[derive(Clone, Debug, Default)]
pub struct Wear {
    running: Trend,
    conditions: Conditions,
    points: VecDeque<LoadPoint>,
    changed_h: f64,
    changed: Option<Instant>,
    newest: Option<f64>,
}

/// A tool counts as fresh for this operating time [h].
const FRESH_H: f64 = 1.0;
/// A fresh point that is farther from a sure level is left out of it [1].
const FRESH_OFF_MAX: f64 = 0.10;
/// Weight of a new fresh point in its level.
const FRESH_WEIGHT: f64 = 0.15;
/// Stands for all conditions whose fresh level is sure.
const SURE: usize = usize::MAX;
/// Weight of the newest point in the smoothed relative load.
const SMOOTH: f64 = 0.4;

impl Levels {
    /// Most conditions kept; further ones take the place of the oldest.
    pub const LEVELS_MAX: usize = 256;

    fn place(&mut self, conditions: Conditions, load: f64) -> usize {
        if let Some(place) = self.levels.iter().position(|l| l.conditions == conditions) {
            return place;
        }
        let level = Level { conditions, load, is_sure: false };
        let place = self.made % Self::LEVELS_MAX;
        self.made += 1;
        match self.levels.get_mut(place) {
            Some(old) => *old = level,
            None => self.levels.push(level),
        }
        place
    }
    fn of(&self, (place, conditions): (usize, Conditions)) -> Option<&Level> {
        self.levels.get(place).filter(|l| l.conditions == conditions)
    }
}

impl Wear {
    /// Most points kept.
    pub const POINTS_MAX: usize = 512;

    /// Takes a load [%] seen while producing.
    pub fn add(&mut self, at: Instant, operated_h: f64, load: f64, conditions: Conditions, levels: &mut Levels) {
        if conditions != self.conditions {
            if let Some(point) = self.running.close() {
                self.take(point, levels);
            }
            self.conditions = conditions;
        }
        if let Some(point) = self.running.add(at, operated_h, load) {
            self.take(point, levels);
        }
    }
    fn take(&mut self, point: Point, levels: &mut Levels) {
        if point.mean <= 0.0 {
            return;
        }
        let place = levels.place(self.conditions, point.mean / self.newest.unwrap_or(1.0));
        let level = &mut levels.levels[place];
        let is_fresh = self.changed.is_some() && point.operated_h - self.changed_h <= FRESH_H;
        match (is_fresh, level.is_sure) {
            // What is far off is not the load of a fresh tool, or not told rightly.
            (true, true) if (point.mean / level.load - 1.0).abs() > FRESH_OFF_MAX => {}
            (true, true) => level.load += FRESH_WEIGHT * (point.mean - level.load),
            (true, false) => (level.load, level.is_sure) = (point.mean, true),
            // No tool is better than a fresh one.
            (false, false) if point.mean < level.load => level.load += 0.5 * (point.mean - level.load),
            _ => {}
        }
        let relative = point.mean / level.load;
        self.newest = Some(self.newest.map_or(relative, |n| n + SMOOTH * (relative - n)));
        if self.points.len() >= Self::POINTS_MAX {
            self.points.pop_front();
        }
        self.points.push_back(LoadPoint { point, level: (place, self.conditions) });
    }
    /// The tool was changed.
    pub fn change(&mut self, at: Instant, operated_h: f64) {
        self.running.clear();
        self.points.clear();
        self.changed_h = operated_h;
        self.changed = Some(at);
        self.newest = None;
    }
    /// Operating time [h] and relative load [1] of the points since an operating time, oldest first.
    pub fn relative(&self, levels: &Levels, since_h: f64) -> Vec<(f64, f64)> {
        let first = self.points.partition_point(|p| p.point.operated_h < since_h);
        let newer = self.points.range(first..);
        newer.filter_map(|p| Some((p.point.operated_h, p.point.mean / levels.of(p.level)?.load))).collect()
    }
    /// How the load went since the tool was changed, with its instants, 1 at its beginning. Where the conditions change the load goes on where
    /// it was, as the tool did not change; fresh levels, which other machines take part in, do not move it [1].
    pub fn course(&self) -> Vec<(Instant, f64)> {
        let mut usual: Vec<(Conditions, f64)> = Vec::new();
        let mut course: Vec<(Instant, f64)> = Vec::new();
        for LoadPoint { point, level: (_, conditions) } in &self.points {
            let known = usual.iter().find(|(known, _)| known == conditions).map(|(_, load)| *load);
            let load = known.unwrap_or_else(|| {
                let newest: Moments = course.iter().rev().take(3).map(|p| p.1).collect();
                let load = point.mean / if newest.count() > 0 { newest.mean() } else { 1.0 };
                usual.push((*conditions, load));
                load
            });
            course.push((point.to, point.mean / load));
        }
        course
    }
    /// Growth of relative load over the newest operating hours; `None` below six points. Conditions whose fresh level is
    /// not sure may each be off by a constant, so the growth is told from the changes within them (least squares with a
    /// constant a group: the within estimator of panel data).
    pub fn slope(&self, levels: &Levels, within_h: f64) -> Option<Slope> {
        let last = self.points.back()?.point.operated_h;
        let first = self.points.partition_point(|p| p.point.operated_h < last - within_h);
        let mut groups: Vec<(usize, Vec<(f64, f64)>)> = Vec::new();
        for p in self.points.range(first..) {
            let Some(level) = levels.of(p.level) else { continue };
            let group = if level.is_sure { SURE } else { p.level.0 };
            let point = (p.point.operated_h - last, p.point.mean / level.load);
            match groups.iter_mut().find(|(g, _)| *g == group) {
                Some((_, points)) => points.push(point),
                None => groups.push((group, vec![point])),
            }
        }
        let (mut count, mut sums) = (0.0, [0.0; 3]);
        for (_, points) in &groups {
            let n = points.len() as f64;
            let mean = points.iter().fold((0.0, 0.0), |m, p| (m.0 + p.0 / n, m.1 + p.1 / n));
            for (x, y) in points.iter().map(|p| (p.0 - mean.0, p.1 - mean.1)) {
                sums = [sums[0] + x * x, sums[1] + x * y, sums[2] + y * y];
            }
            count += n;
        }
        let free = count - groups.len() as f64 - 1.0;
        if count < 6.0 || free < 1.0 || sums[0] <= 0.0 {
            return None;
        }
        let rate = sums[1] / sums[0];
        let variance = ((sums[2] - rate * sums[1]) / free).max(1e-8);
        let best = groups.iter().find(|(g, _)| *g == SURE).or(groups.last())?;
        let level = best.1.iter().map(|p| p.1 - rate * p.0).sum::<f64>() / best.1.len() as f64;
        let level_error = (variance / best.1.len() as f64).sqrt();
        Some(Slope { level, level_error, rate, rate_error: (variance / sums[0]).sqrt(), is_sure: best.0 == SURE })
    }
    /// Whether the level of the newest point was learned from fresh tools.
    pub fn is_sure(&self, levels: &Levels) -> bool {
        self.points.back().and_then(|p| levels.of(p.level)).is_some_and(|l| l.is_sure)
    }
    /// Points kept.
    pub fn weight(&self) -> usize {
        self.points.len()
    }
    /// The newest point.
    pub fn last(&self) -> Option<&Point> {
        self.points.back().map(|p| &p.point)
    }
    /// The first point since the tool was changed.
    pub fn first(&self) -> Option<&Point> {
        self.points.front().map(|p| &p.point)
    }
    /// Smoothed relative load now [1].
    pub const fn newest(&self) -> Option<f64> {
        self.newest
    }
    /// When the tool in use was put in, if that was seen.
    pub const fn changed(&self) -> Option<Instant> {
        self.changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(product: u16) -> Conditions {
        Conditions { kind: 0, product: Some(ProductId(product)), band: 20 }
    }

    /// Load 30 % on product 0 and 50 % on product 1 with a fresh tool, rising 2 % an hour.
    fn cut(wear: &mut Wear, levels: &mut Levels, (from_h, hours): (f64, f64), product: u16, worn_at_start: f64) -> f64 {
        let fresh = if product == 0 { 30.0 } else { 50.0 };
        let mut worn = worn_at_start;
        for i in 0..(hours * 60.0) as i64 {
            let h = from_h + i as f64 / 60.0;
            wear.add(Instant::from_seconds((h * 3_600.0) as i64), h, fresh * worn, on(product), levels);
            worn += 0.02 / 60.0;
        }
        worn
    }

    #[test]
    fn relative_load_goes_on_over_a_change_of_product() {
        let (mut wear, mut levels) = (Wear::default(), Levels::default());
        wear.change(Instant::EPOCH, 0.0);
        let mut worn = cut(&mut wear, &mut levels, (0.0, 5.0), 0, 1.0);
        worn = cut(&mut wear, &mut levels, (5.0, 5.0), 1, worn);
        worn = cut(&mut wear, &mut levels, (10.0, 5.0), 0, worn);
        let newest = wear.newest().expect("seen");
        assert!((newest - worn).abs() < 0.03, "{newest} {worn}");
        assert!(wear.is_sure(&levels), "product 0 was cut fresh");
    }

    #[test]
    fn a_fresh_tool_starts_from_one() {
        let (mut wear, mut levels) = (Wear::default(), Levels::default());
        wear.change(Instant::EPOCH, 0.0);
        cut(&mut wear, &mut levels, (0.0, 10.0), 0, 1.0);
        assert!(wear.newest().is_some_and(|n| n > 1.15));
        wear.change(Instant::from_seconds(36_000), 10.0);
        assert_eq!(wear.newest(), None);
        cut(&mut wear, &mut levels, (10.0, 1.0), 0, 1.0);
        assert!(wear.newest().is_some_and(|n| (n - 1.0).abs() < 0.03), "{:?}", wear.newest());
        assert!(wear.relative(&levels, 0.0).len() < 8);
    }

    #[test]
    fn growth_is_told_within_conditions_that_are_not_sure() {
        let (mut wear, mut levels) = (Wear::default(), Levels::default());
        // Conditions met at 1.2 and at 1.3 both count from their own start, yet growth is 2 % an hour in each.
        let mut worn = cut(&mut wear, &mut levels, (0.0, 3.0), 0, 1.2);
        wear.newest = None;
        worn = cut(&mut wear, &mut levels, (3.0, 3.0), 1, worn);
        let slope = wear.slope(&levels, 8.0).expect("points enough");
        assert!(!slope.is_sure && (slope.rate * 1.2 - 0.02).abs() < 0.003, "{slope:?} at {worn}");
    }

    #[test]
    fn a_worn_tool_is_known_by_its_sister() {
        let (mut worn, mut fresh, mut levels) = (Wear::default(), Wear::default(), Levels::default());
        cut(&mut worn, &mut levels, (0.0, 2.0), 0, 1.3);
        assert!(worn.newest().is_some_and(|n| n < 1.1), "nothing to compare with yet");
        cut(&mut fresh, &mut levels, (0.0, 4.0), 0, 1.0);
        let relative = worn.relative(&levels, 0.0);
        assert!(relative.last().is_some_and(|p| p.1 > 1.25), "{:?}", relative.last());
    }

    #[test]
    fn the_levels_are_bounded() {
        let (mut wear, mut levels) = (Wear::default(), Levels::default());
        for product in 0..2_000 {
            cut(&mut wear, &mut levels, (f64::from(product), 0.1), product, 1.0);
        }
        assert!(levels.levels.len() <= Levels::LEVELS_MAX);
        assert!(wear.relative(&levels, 0.0).len() <= Wear::POINTS_MAX);
    }
}
