//! A bearing or spindle is worn and will fail.
//!
//! ```text
//! operating hours      0     60    80    90    100   105
//! vibration [mm/s]     1.6   2.3   3.1   3.8   4.6   5.2
//!                                              ^ finding: vibration 4.6 mm/s (normal 1.6), growth 1.9 %/h
//! serviced `bearing`                                  ^ ended
//! ```
//!
//! Needs: vibration while producing. Where it is a velocity [mm/s] the zones of ISO 20816-3 hold (group 1, rigid: A/B 2.3,
//! B/C 4.5, C/D 7.1 mm/s): zone C is not for long-term operation, so the finding opens at 4.5 mm/s, or from zone B on when
//! the trend reaches zone D within 16 operating hours. Where it is anything else the finding opens when the mean of a day
//! lies four standard deviations above the mean of the first points. It ends when the bearing was serviced or the
//! vibration is back by a quarter.

use super::{Detector, Look, Sight, Sign, evidence};
use crate::memory::trend::{Point, Trend};
use measure::statistics::{Moments, line_through};
use measure::{Estimate, Span};
use plant::{Because, Cause, Role};

/// The detector.
pub const DETECTOR: Detector =
    Detector { name: "bearing_wear", cause: Cause::BearingWear, cadence: Span::from_minutes(10), on_change: false, look };

/// Boundaries of the zones A/B, B/C and C/D [mm/s].
pub const ZONES: [f64; 3] = [2.3, 4.5, 7.1];
/// Operating time over which growth is fitted [h].
pub const FIT_H: f64 = 24.0;
/// Operating time to zone D that opens a finding in zone B [h].
const SOON_H: f64 = 16.0;
/// Points from which the normal level is taken, and points that are compared with it.
const NORMAL_POINTS: usize = 24;
const NEWEST_POINTS: usize = 6;

/// Growth of the logarithm of vibration: the level now [ln], its growth [1/h] with standard error, and the scatter of
/// single points about the line; `None` below nine points.
pub struct Growth {
    /// Logarithm of the level at the newest point.
    pub level: f64,
    /// Growth of the logarithm [1/h].
    pub rate: f64,
    /// Standard error of the growth [1/h].
    pub rate_error: f64,
    /// Scatter of points about the line.
    pub scatter: f64,
}

/// Fits growth to the points of the last operating hours.
pub fn growth(trend: &Trend) -> Option<Growth> {
    let last = trend.points().back()?.operated_h;
    let newer = |p: &&Point| p.operated_h >= last - FIT_H && p.mean > 0.0;
    let points: Vec<(f64, f64)> =
        trend.points().iter().rev().take_while(newer).map(|p| (p.operated_h - last, p.mean.ln())).collect();
    if points.len() < 9 {
        return None;
    }
    let (level, rate, rate_error) = line_through(&points)?;
    let n = points.len() as f64;
    let scatter = (points.iter().map(|p| (p.1 - level - rate * p.0).powi(2)).sum::<f64>() / (n - 2.0)).sqrt();
    Some(Growth { level, rate, rate_error, scatter })
}

fn look(sight: &Sight<'_>) -> Look {
    let machine = sight.memory_of();
    let trend = &machine.vibration;
    if let (Some(open), Some(served)) = (sight.open, machine.served("bearing").or(machine.served("spindle")))
        && served.at > open.since
    {
        return Look::Normal;
    }
    let (Some((level, error)), Some(first)) = (trend.lately(NEWEST_POINTS), trend.points().front()) else {
        return Look::Unsure;
    };
    let normal: Moments = trend.points().iter().take(NORMAL_POINTS).map(|p| p.mean).collect();
    let growth = growth(trend).filter(|g| g.rate > 2.0 * g.rate_error);
    let holds = if machine.vibration_absolute {
        let soon = growth.as_ref().is_some_and(|g| (ZONES[2].ln() - g.level) < g.rate * SOON_H && g.level.exp() > ZONES[0]);
        let limit = if sight.open.is_some() { 0.75 * ZONES[1] } else { ZONES[1] };
        level > limit || soon
    } else {
        let enough = trend.points().len() >= 3 * NORMAL_POINTS;
        let four = if sight.open.is_some() { 2.0 } else { 4.0 };
        let day = trend.lately(NORMAL_POINTS).map_or(0.0, |d| d.0);
        enough && day > normal.mean() + four * normal.deviation()
    };
    if !holds {
        return Look::Normal;
    }
    let reach = 1.645 * error;
    let unit = sight.channel(Role::Vibration).map_or("1", |c| sight.plant.channel(c).unit.code());
    let scale =
        sight.channel(Role::Vibration).map_or(1.0, |c| 1.0 / crate::memory::route::Route::of(sight.plant.channel(c)).factor);
    let vibration = Estimate::between(level - reach, level, level + reach).scaled(scale);
    let mut proof = vec![evidence("vibration", vibration, unit, Some(normal.mean() * scale))];
    proof.extend(growth.map(|g| {
        let rate = Estimate::between(g.rate - 1.645 * g.rate_error, g.rate, g.rate + 1.645 * g.rate_error);
        evidence("growth", rate.scaled(100.0), "%/h", Some(0.0))
    }));
    let because: Vec<Because> =
        [Role::Vibration, Role::State].into_iter().filter_map(|r| sight.readings(r, first.from)).collect();
    let zone = ZONES.iter().filter(|z| level > **z).count();
    Look::Found(Sign {
        since: sight.open.map_or(sight.now, |f| f.since),
        channel: sight.channel(Role::Vibration),
        probability: if machine.vibration_absolute { [0.6, 0.75, 0.9, 0.97][zone] } else { 0.6 },
        evidence: proof,
        loss: None,
        because,
    })
}
