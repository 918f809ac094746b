//! The drive of a machine works harder all at once, and goes on to: it works against more than the piece.
//!
//! ```text
//! relative load   1.04 1.04 1.05 1.05 | 1.33 1.34 1.33 1.35 ..          a jam, a wrong setting, a clogged feed
//!                                          finding ^  strain 1.33 (normal 1.05)
//! ```
//!
//! Needs: drive load, or else power, while producing. Points are means of ten minutes relative to a fresh tool under the same conditions
//! (load), or to the usual power for the product. A step is told from the medians of three points on each side, so that wear, which
//! grows slowly, is none. Ends when the level is back by most of the step, or the tool was changed.

use super::{Detector, Look, Sight, Sign, evidence};
use crate::diagnose::jump;
use measure::{Estimate, Span};
use plant::{Because, Cause, Role};

/// The detector.
pub const DETECTOR: Detector =
    Detector { name: "overload", cause: Cause::Overload, cadence: Span::from_minutes(10), on_change: false, look };

/// Step that opens a finding, and below which an open one ends, as a share of the level before it [1].
const OPENS: f64 = 0.10;
const ENDS: f64 = 0.06;
/// Readings before the step that the finding rests on.
const RESTS_ON: Span = Span::from_hours(1);

fn look(sight: &Sight<'_>) -> Look {
    let machine = sight.memory_of();
    if machine.wear.last().is_none() && machine.gauges.strain().len() < 6 {
        return Look::Unsure;
    }
    let limit = if sight.open.is_some() { ENDS } else { OPENS };
    let Some((since, before, after)) = jump(sight).filter(|(_, before, after)| after / before - 1.0 > limit) else {
        return Look::Normal;
    };
    let step = after / before - 1.0;
    let role = if machine.wear.last().is_some() { Role::Load } else { Role::Power };
    let because: Vec<Because> =
        [role, Role::Power, Role::State].into_iter().filter_map(|r| sight.readings(r, since - RESTS_ON)).collect();
    Look::Found(Sign {
        since: sight.open.map_or(since, |f| f.since),
        channel: sight.channel(role),
        probability: (0.6 + 2.0 * (step - OPENS)).clamp(0.5, 0.95),
        evidence: vec![evidence("strain", Estimate::exact(after), "1", Some(before))],
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

    const ROLES: &[(Role, &str)] = &[(Role::State, "1"), (Role::Order, "1"), (Role::Load, "%"), (Role::Power, "W")];

    /// Sixteen hours of cutting, the force growing by a tenth; from the tenth hour on it is `step` times that.
    fn a_day(step: f64) -> Scene {
        let mut scene = Scene::new(&[("mill", "milling", &[], ROLES)]).expect("a plant");
        let mut chance = Chance::seeded(4);
        scene.word(0, Role::Order, 0, "o1");
        scene.word(0, Role::State, 6 * 3_600, "producing");
        for minute in 360..1_320 {
            let worn = 1.0 + 0.1 * (minute - 360) as f64 / 960.0;
            let force = worn * if minute >= 960 { step } else { 1.0 } * (1.0 + 0.012 * chance.normal());
            scene.number(0, Role::Load, minute * 60, 50.0 * force);
            scene.number(0, Role::Power, minute * 60, 3_000.0 + 6_000.0 * force);
        }
        scene
    }

    #[test]
    fn a_step_of_the_force_is_found_and_growth_is_not() {
        let scene = a_day(1.3);
        hold(&scene, Cause::Overload, MachineId(0)).expect("the suite");
        let records = scene.play().1;
        let found = findings(&records, Cause::Overload);
        assert_eq!(found[0].causes[0].cause, Cause::Overload);
        assert!(found[0].causes[0].reasons.iter().any(|r| r.symptom == "load_jump" && r.strength > 0.9), "{:?}", found[0].causes);
        let minutes = (found[0].at - crate::suite::START).minutes() - 960.0;
        assert!((20.0..60.0).contains(&minutes), "{minutes} min after the step");
        assert!(findings(&a_day(1.0).play().1, Cause::Overload).is_empty());
    }
}
