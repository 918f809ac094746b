//! An instrument drifts: it parts from another one that it used to follow, while the other one follows its own.
//!
//! ```text
//! power by gauge / energy by counter   1.00 1.00 0.99 1.00 | 1.01 1.03 1.04 1.06 1.08 ..
//!                                                                  finding ^  gauge_ratio 1.06 (normal 1.00)
//! ```
//!
//! Needs: two instruments that follow each other (see `memory::gauges`), or vibration while the machine stands. Opens when the CUSUM of what is
//! left reaches its limit, ends when it has come down to a third of it.

use super::{Detector, Look, Sight, Sign, evidence};
use measure::{Estimate, Span};
use plant::{Because, Cause, Role};

/// The detector.
pub const DETECTOR: Detector =
    Detector { name: "sensor_drift", cause: Cause::SensorDrift, cadence: Span::from_minutes(10), on_change: false, look };

/// Share of the limit at which an open finding ends [1].
const ENDS: f64 = 0.33;

fn look(sight: &Sight<'_>) -> Look {
    let gauges = &sight.memory_of().gauges;
    let furthest = gauges.checks().filter_map(|told| Some((told, told.2.moved()?))).max_by(|a, b| a.1.total_cmp(&b.1));
    let Some(((_, role, check), moved)) = furthest else { return Look::Unsure };
    let limit = if sight.open.is_some() { ENDS } else { 1.0 };
    let Some((lately, usual, since)) = check.levels().filter(|_| moved >= limit) else { return Look::Normal };
    let since = sight.open.map_or(since, |f| f.since);
    let because: Vec<Because> = [role, Role::Power, Role::AirFlow].into_iter().filter_map(|r| sight.readings(r, since)).collect();
    Look::Found(Sign {
        since,
        channel: sight.channel(role),
        probability: (0.6 + 0.15 * moved).clamp(0.5, 0.95),
        evidence: vec![evidence("gauge_level", Estimate::exact(lately), "1", Some(usual))],
        loss: None,
        because,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{Scene, findings, hold};
    use measure::Chance;
    use plant::MachineId;

    const ROLES: &[(Role, &str)] = &[(Role::State, "1"), (Role::Power, "W"), (Role::Energy, "kW.h")];

    /// Three days of work by day; from the second noon on the power gauge tells `drift` more each hour.
    fn three_days(drift: f64) -> Scene {
        let mut scene = Scene::new(&[("oven", "oven", &[], ROLES)]).expect("a plant");
        let (mut chance, mut kwh) = (Chance::seeded(8), 0.0);
        for minute in 0..3 * 1_440_i64 {
            let runs = (360..1_320).contains(&(minute % 1_440));
            if minute % 1_440 == 360 || minute % 1_440 == 1_320 {
                scene.word(0, Role::State, minute * 60, if runs { "producing" } else { "starved" });
            }
            let watts = if runs { 9_000.0 + 500.0 * chance.normal() } else { 2_000.0 };
            let off = 1.0 + drift * ((minute - 2_160) as f64 / 60.0).max(0.0);
            scene.number(0, Role::Energy, minute * 60, kwh);
            scene.number(0, Role::Power, minute * 60, watts * off);
            kwh += watts / 60_000.0;
        }
        scene
    }

    #[test]
    fn a_gauge_that_parts_from_its_counter_is_found() {
        let scene = three_days(0.01);
        hold(&scene, Cause::SensorDrift, MachineId(0)).expect("the suite");
        let records = scene.play().1;
        let found = findings(&records, Cause::SensorDrift)[0];
        let hours = (found.at - crate::suite::START).hours() - 36.0;
        assert!((1.0..14.0).contains(&hours), "{hours} h after it began");
        assert_eq!(found.channel, scene.plant.role(MachineId(0), Role::Power).map(|c| c.id));
        assert!(findings(&three_days(0.0).play().1, Cause::SensorDrift).is_empty());
    }
}
