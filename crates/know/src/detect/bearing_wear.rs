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
    // A machine that was worn when it was first seen shows no normal level of its own.
    let usual = if machine.vibration_absolute { normal.mean().min(ZONES[0]) } else { normal.mean() };
    let mut proof = vec![evidence("vibration", vibration, unit, Some(usual * scale))];
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{START, Scene, findings, hold};
    use measure::Chance;
    use plant::MachineId;

    const ROLES: &[(Role, &str)] = &[(Role::State, "1"), (Role::Vibration, "mm/s"), (Role::Serviced, "1")];

    /// Nine days of running all the time, wear from `start` on; zone D at wear 1 after 125 h.
    fn nine_days(start: f64, runs_h: i64) -> Scene {
        let mut scene = Scene::new(&[("fan", "fan", &[], ROLES)]).expect("a plant");
        let mut chance = Chance::seeded(3);
        scene.word(0, Role::State, 0, "producing");
        for minute in 0..runs_h * 60 {
            let wear = start + minute as f64 / 60.0 / 125.0;
            let level = 1.5 * (7.1_f64 / 1.5).powf(wear * wear);
            scene.number(0, Role::Vibration, minute * 60, level * (1.0 + 0.06 * chance.normal()));
        }
        scene
    }

    #[test]
    fn a_worn_bearing_is_found_many_hours_before_zone_d() {
        let mut scene = nine_days(0.3, 80);
        scene.word(0, Role::Serviced, 80 * 3_600, "bearing");
        (0..120).for_each(|m| scene.number(0, Role::Vibration, 80 * 3_600 + m * 60, 1.5));
        hold(&scene, Cause::BearingWear, MachineId(0)).expect("the suite");
        let records = scene.play().1;
        let found = findings(&records, Cause::BearingWear);
        assert_eq!(found.len(), 1);
        let ahead = 87.5 - (found[0].at - START).hours();
        assert!((8.0..24.0).contains(&ahead), "{ahead} h before zone D");
        assert!(found[0].evidence[0].normal.is_some_and(|n| (n - 1.75).abs() < 0.2), "{:?}", found[0].evidence[0]);
        assert!(records.iter().any(|r| matches!(r, plant::Record::Finding(f) if f.ended.is_some())));
    }

    #[test]
    fn a_sound_bearing_raises_no_alarm() {
        assert!(findings(&nine_days(0.0, 60).play().1, Cause::BearingWear).is_empty());
    }

    #[test]
    fn without_a_velocity_a_rise_against_the_first_days_is_found() {
        let scene = |rise: f64| {
            let roles: &[(Role, &str)] = &[(Role::Vibration, "1")];
            let mut scene = Scene::new(&[("press", "press", &[], roles)]).expect("a plant");
            let mut chance = Chance::seeded(9);
            for hour in 0..400 {
                let level = 40.0 + if hour > 300 { rise } else { 0.0 } + 5.0 * chance.normal();
                scene.number(0, Role::Vibration, hour * 3_600, level);
            }
            findings(&scene.play().1, Cause::BearingWear).len()
        };
        assert_eq!((scene(0.0), scene(30.0)), (0, 1));
    }
}
