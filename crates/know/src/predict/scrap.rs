//! What of the next hundred pieces of a machine will be scrapped, from those made lately, or from what shows in process as a model has learned it.
//!
//! ```text
//! relative load 1.05 .. 1.31 .. 1.44      deviation 0.14 .. 0.42 .. 0.61 of the tolerance
//! forecast: 7 % of the next 100 pieces scrapped (2 to 12 %), while of the newest it were 3 %
//! ```
//!
//! Enters: a sight, the model in use. Leaves: the share that is expected [1]. Absent: what to do about it; samples ([`scrap`](crate::scrap)).

use super::{Foresight, Predictor};
use crate::detect::Sight;
use crate::lessons::Topic;
use crate::scrap::AHEAD;
use measure::Span;
use plant::{Because, ForecastKind, Role};

/// The predictor.
pub const PREDICTOR: Predictor = Predictor { name: "scrap", cadence: Span::from_minutes(20), foresee };

/// What it rests on looks back this far.
const LOOKS_BACK: Span = Span::from_hours(4);
/// Time of a piece of which no plan is known [s].
const PIECE_S: f64 = 60.0;

fn foresee(sight: &Sight<'_>) -> Vec<Foresight> {
    let Some(sample) = Topic::Scrap.sample(sight.memory, sight.machine, sight.now) else { return Vec::new() };
    let model = sight.memory.model(sight.machine, Topic::Scrap);
    let value = model.map_or(sample.plain, |model| model.told(&sample));
    let roles = [Role::Scrap, Role::Good, Role::Deviation, Role::Load];
    let because: Vec<Because> = roles.into_iter().filter_map(|r| sight.readings(r, sight.now - LOOKS_BACK)).collect();
    let planned_s = sight.memory.planned_s(sight.machine, sight.memory_of().log.tags());
    let piece_s = if planned_s > 0.0 { planned_s } else { PIECE_S };
    vec![Foresight {
        slot: 0,
        kind: ForecastKind::ScrapShare,
        order: None,
        service: None,
        value,
        horizon: Span::from_seconds_f64(AHEAD * piece_s),
        because,
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Scene;
    use plant::Record;

    #[test]
    fn the_share_is_told_once_pieces_are_known_and_again_when_it_has_moved() {
        let roles: &[(Role, &str)] = &[(Role::State, "1"), (Role::Good, "1"), (Role::Scrap, "1")];
        let mut scene = Scene::new(&[("mill", "milling", &[], roles)]).expect("a plant");
        scene.word(0, Role::State, 0, "producing");
        let (mut good, mut scrap) = (0.0, 0.0);
        for minute in 0..900 {
            let is_bad = minute >= 600 && minute % 5 == 0;
            (good, scrap) = if is_bad { (good, scrap + 1.0) } else { (good + 1.0, scrap) };
            scene.number(0, Role::Good, 60 * minute, good);
            scene.number(0, Role::Scrap, 60 * minute, scrap);
        }
        let of = |r: &Record| match r {
            Record::Forecast(f) if f.kind == ForecastKind::ScrapShare => Some(f.clone()),
            _ => None,
        };
        let told: Vec<_> = scene.play().1.iter().filter_map(of).collect();
        let (first, last) = (&told[0], &told[told.len() - 1]);
        assert_eq!((first.value.value, first.horizon), (0.0, Span::from_seconds(6_000)));
        assert!((0.12..0.21).contains(&last.value.value) && last.value.covers(0.2), "{:?}", last.value);
        assert!((3..16).contains(&told.len()), "{} times in fifteen hours", told.len());
    }
}
