//! An instrument repeats one value, far longer than it ever did.
//!
//! ```text
//! vibration [mm/s]   1.71 1.74 1.69 1.72 | 1.73 1.73 1.73 1.73 1.73 ..
//!                                                      finding ^  stuck_for 24 min
//! ```
//!
//! Needs: a gauge (see `memory::gauges`), 400 values of it under load. Ends when it tells another value.

use super::{Detector, Look, Sight, Sign, evidence};
use measure::{Estimate, Span};
use plant::Cause;

/// The detector.
pub const DETECTOR: Detector =
    Detector { name: "sensor_stuck", cause: Cause::SensorStuck, cadence: Span::from_minutes(10), on_change: false, look };

fn look(sight: &Sight<'_>) -> Look {
    let Some((role, since)) = sight.memory_of().gauges.stuck().min_by_key(|(_, since)| *since) else { return Look::Normal };
    let minutes = (sight.now - since).minutes().max(0.0);
    Look::Found(Sign {
        since: sight.open.map_or(since, |f| f.since),
        channel: sight.channel(role),
        probability: 0.95,
        evidence: vec![evidence("stuck_for", Estimate::exact(minutes), "min", None)],
        loss: None,
        because: sight.readings(role, since).into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{START, Scene, findings, hold};
    use measure::Chance;
    use plant::{MachineId, Role};

    const ROLES: &[(Role, &str)] = &[(Role::State, "1"), (Role::Vibration, "mm/s")];

    #[test]
    fn a_gauge_that_repeats_itself_is_found_and_one_of_few_steps_is_not() {
        let scene = |stuck: bool| {
            let mut scene = Scene::new(&[("fan", "fan", &[], ROLES)]).expect("a plant");
            let mut chance = Chance::seeded(1);
            scene.word(0, Role::State, 0, "producing");
            for minute in 0..1_440 {
                let value = (20.0 * (1.7 + 0.05 * chance.normal())).round() / 20.0;
                scene.number(0, Role::Vibration, minute * 60, if stuck && minute > 1_200 { 1.7 } else { value });
            }
            scene
        };
        // In other units the same value repeats itself just as long.
        hold(&scene(true), Cause::SensorStuck, MachineId(0)).expect("the suite");
        let records = scene(true).play().1;
        let found = findings(&records, Cause::SensorStuck)[0];
        let minutes = (found.at - START).minutes() - 1_200.0;
        assert!((20.0..60.0).contains(&minutes), "{minutes} min after it stuck");
        assert!(findings(&scene(false).play().1, Cause::SensorStuck).is_empty());
    }
}
