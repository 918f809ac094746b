//! Pieces are fed wrongly: the machine stops between them far more often than it did, though it says that it produces.
//!
//! ```text
//! gap between pieces [s]   62 61 62 60 63 | 62 118 61 150 60 62 97 ..      planned 60
//! share with a stop        .01            | .01 .03 .04 .07 .09 .11 .12
//!                                                     finding ^  stop_share 0.09 (normal 0.01)
//! ```
//!
//! Needs: piece counters and planned run times. Shares are compared by their 90 % Wilson intervals: of the latest sixty gaps or so against the
//! first two hundred. Ends when the share is back by half.

use super::{Detector, Look, Sight, Sign, evidence};
use measure::Span;
use plant::{Because, Cause, Role};

/// The detector.
pub const DETECTOR: Detector =
    Detector { name: "misfeed", cause: Cause::Misfeed, cadence: Span::from_minutes(10), on_change: false, look };

/// Least excess of the share worth a word [1].
const EXCESS_MIN: f64 = 0.05;
/// Readings that the finding rests on.
const RESTS_ON: Span = Span::from_hours(4);

fn look(sight: &Sight<'_>) -> Look {
    let Some((lately, base)) = sight.memory_of().pieces.stops() else { return Look::Unsure };
    let excess = lately.value - base.value;
    let holds = match sight.open {
        Some(_) => excess > 0.5 * EXCESS_MIN,
        None => excess > EXCESS_MIN && lately.low > base.high,
    };
    if !holds {
        return Look::Normal;
    }
    let from = sight.open.map_or(sight.now - RESTS_ON, |f| f.since);
    let because: Vec<Because> =
        [Role::Good, Role::Scrap, Role::State].into_iter().filter_map(|r| sight.readings(r, from)).collect();
    Look::Found(Sign {
        since: sight.open.map_or(sight.now, |f| f.since),
        channel: sight.channel(Role::Good),
        probability: (0.6 + 2.0 * (lately.low - base.high)).clamp(0.5, 0.95),
        evidence: vec![evidence("stop_share", lately, "1", Some(base.value))],
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

    const ROLES: &[(Role, &str)] = &[(Role::State, "1"), (Role::Order, "1"), (Role::Good, "1")];

    /// Pieces a minute apart for 16 h; from the eighth hour on a share of them waits for another half to two minutes.
    fn a_day(share: f64) -> Scene {
        let mut scene = Scene::new(&[("lathe", "turning", &[], ROLES)]).expect("a plant");
        let mut chance = Chance::seeded(3);
        scene.word(0, Role::Order, 0, "o1");
        scene.number(0, Role::Good, 6 * 3_600, 0.0);
        scene.word(0, Role::State, 6 * 3_600, "producing");
        let (mut at, mut made) = (6.0 * 3_600.0, 0.0);
        while at < 22.0 * 3_600.0 {
            let is_misfed = at > 14.0 * 3_600.0 && chance.happens(share);
            at += 61.0 + 2.0 * chance.normal() + if is_misfed { chance.between(30.0, 120.0) } else { 0.0 };
            made += 1.0;
            scene.number(0, Role::Good, at as i64, made);
        }
        scene
    }

    #[test]
    fn stops_between_pieces_are_found_and_scatter_is_not() {
        let scene = a_day(0.2);
        hold(&scene, Cause::Misfeed, MachineId(0)).expect("the suite");
        let records = scene.play().1;
        let found = findings(&records, Cause::Misfeed)[0];
        let hours = (found.at - crate::suite::START).hours() - 14.0;
        assert!((0.2..3.0).contains(&hours), "{hours} h after it began");
        assert!(findings(&a_day(0.0).play().1, Cause::Misfeed).is_empty());
    }
}
