//! Pieces drift away from nominal, or more of them are scrapped than when the machine was in good order.
//!
//! ```text
//! deviation [share of tolerance]   .12 .10 .14 .. .11 | .25 .31 .38 .42 .47 ..      scatter 0.07
//! smoothed mean                    .12            .12 | .14 .19 .26 .33 .39
//!                                                            finding ^  mean_shift 0.26 (normal 0.12)
//! ```
//!
//! Needs: deviation of inspected pieces; or good and scrap counters. The smoothed mean is an EWMA chart (S. W. Roberts,
//! Technometrics 1(3), 1959) with limits at 4.5 standard deviations, so that a false alarm is a matter of years; a shift
//! that is significant but small against the tolerance is left alone. Scrap is compared by the 90 % Wilson intervals of its
//! shares lately and in good order, which must lie a point apart, as they are compared every ten minutes. Ends when both are back, or the tool was changed.

use super::{Detector, Look, Sight, Sign, evidence};
use crate::memory::pieces::Chart;
use measure::{Estimate, Span};
use plant::{Because, Cause, Evidence, Role};

/// The detector.
pub const DETECTOR: Detector =
    Detector { name: "quality_drift", cause: Cause::QualityDrift, cadence: Span::from_minutes(10), on_change: false, look };

/// Limit of the chart in its standard deviations [1].
const LIMIT: f64 = 4.5;
/// Least shift worth a word, as a share of the tolerance [1].
const SHIFT_MIN: f64 = 0.25;
/// Least excess of the scrap share worth a word [1].
const EXCESS_MIN: f64 = 0.02;
/// Pieces without which a scrap share says nothing.
const PIECES_MIN: f64 = 60.0;
/// Readings that the finding rests on.
const RESTS_ON: Span = Span::from_hours(8);

fn look(sight: &Sight<'_>) -> Look {
    let machine = sight.memory_of();
    if let (Some(open), Some(changed)) = (sight.open, machine.wear.changed())
        && changed > open.since
    {
        return Look::Normal;
    }
    let (shift, scrap) = (shift(sight), scrap(sight));
    if shift.is_none() && scrap.is_none() {
        return Look::Unsure;
    }
    let mut proof: Vec<(Evidence, f64)> = [shift, scrap].into_iter().flatten().filter_map(|s| s.holds).collect();
    if proof.is_empty() {
        return Look::Normal;
    }
    proof.sort_by(|a, b| b.1.total_cmp(&a.1));
    let probability = proof[0].1;
    let loss = lost_per_hour(sight);
    let because: Vec<Because> = [Role::Deviation, Role::Good, Role::Scrap]
        .into_iter()
        .filter_map(|r| sight.readings(r, sight.open.map_or(sight.now - RESTS_ON, |f| f.since)))
        .collect();
    Look::Found(Sign {
        since: sight.open.map_or(sight.now, |f| f.since),
        channel: sight.channel(Role::Deviation).or(sight.channel(Role::Scrap)),
        probability,
        evidence: proof.into_iter().map(|(e, _)| e).collect(),
        loss,
        because,
    })
}

/// What one test said: nothing wrong, or the proof with its probability.
struct Test {
    holds: Option<(Evidence, f64)>,
}

fn shift(sight: &Sight<'_>) -> Option<Test> {
    let (base, scatter, lately) = sight.memory_of().pieces.chart.figures()?;
    let sigma = Chart::sigma(scatter);
    let shift = (lately - base).abs();
    let (limit, least) = if sight.open.is_some() { (2.0, 0.6 * SHIFT_MIN) } else { (LIMIT, SHIFT_MIN) };
    let holds = (shift > limit * sigma && shift > least).then(|| {
        let value = Estimate::between(lately - 1.645 * sigma, lately, lately + 1.645 * sigma);
        (evidence("mean_deviation", value, "1", Some(base)), 0.95)
    });
    Some(Test { holds })
}

fn scrap(sight: &Sight<'_>) -> Option<Test> {
    let pieces = &sight.memory_of().pieces;
    let (lately, base) = (pieces.lately.share(PIECES_MIN)?, pieces.base.share(PIECES_MIN)?);
    let excess = lately.value - base.value;
    let holds = match sight.open {
        Some(_) => excess > 0.5 * EXCESS_MIN && lately.value > base.high,
        None => excess > EXCESS_MIN && lately.low > base.high + 0.5 * EXCESS_MIN,
    };
    Some(Test { holds: holds.then(|| (evidence("scrap_share", lately, "1", Some(base.value)), 0.9)) })
}

/// Pieces lost per hour above those lost in good order, at the pace of the last hours [/h].
fn lost_per_hour(sight: &Sight<'_>) -> Option<Evidence> {
    let machine = sight.memory_of();
    let (lately, base) = (machine.pieces.lately.share(PIECES_MIN)?, machine.pieces.base.share(PIECES_MIN)?);
    let from = sight.now - RESTS_ON;
    let window = plant::Window { from, to: sight.now };
    let made: f64 = machine.log.clips(window).map(|c| (c.slice.good + c.slice.scrap) * c.share).sum();
    let pace = made / RESTS_ON.hours();
    let lost = |share: f64| ((share - base.value) * pace).max(0.0);
    (lost(lately.value) > 0.0).then(|| {
        let value = Estimate::between(lost(lately.low), lost(lately.value), lost(lately.high));
        evidence("pieces_lost", value, "/h", None)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{Scene, findings, hold};
    use measure::Chance;
    use plant::MachineId;

    const ROLES: &[(Role, &str)] =
        &[(Role::State, "1"), (Role::Deviation, "1"), (Role::Good, "1"), (Role::Scrap, "1"), (Role::CycleTime, "s")];

    /// A piece a minute for 16 h; from 8 h on the mean moves by `shift` and the scrap share becomes `scrap`.
    fn a_day(shift: f64, scrap: f64) -> Scene {
        let mut scene = Scene::new(&[("mill", "milling", &[], ROLES)]).expect("a plant");
        let mut chance = Chance::seeded(5);
        let mut counts = [0.0; 2];
        scene.word(0, Role::State, 6 * 3_600, "producing");
        for piece in 0..960 {
            let s = 6 * 3_600 + 60 * piece;
            let late = f64::from(u8::from(piece > 480));
            scene.number(0, Role::Deviation, s, 0.12 + late * shift + 0.07 * chance.normal());
            scene.number(0, Role::CycleTime, s, 60.0);
            let spoilt = chance.happens(0.01 + late * (scrap - 0.01));
            counts[usize::from(spoilt)] += 1.0;
            scene.number(0, Role::Good, s, counts[0]);
            scene.number(0, Role::Scrap, s, counts[1]);
        }
        scene
    }

    #[test]
    fn a_shift_of_the_mean_is_found() {
        let scene = a_day(0.3, 0.01);
        hold(&scene, Cause::QualityDrift, MachineId(0)).expect("the suite");
        let records = scene.play().1;
        let found = findings(&records, Cause::QualityDrift);
        assert_eq!((found.len(), found[0].evidence[0].name.as_ref()), (1, "mean_deviation"));
        let minutes = (found[0].at - crate::suite::START).minutes() - 14.0 * 60.0;
        assert!((5.0..60.0).contains(&minutes), "{minutes} min after the shift");
    }

    #[test]
    fn more_scrap_is_found_with_the_pieces_lost() {
        let scene = a_day(0.0, 0.15);
        hold(&scene, Cause::QualityDrift, MachineId(0)).expect("the suite");
        let records = scene.play().1;
        let found = findings(&records, Cause::QualityDrift)[0];
        assert_eq!(found.evidence[0].name, "scrap_share");
        assert!(found.loss.as_ref().is_some_and(|l| (2.0..12.0).contains(&l.value.value)), "{:?}", found.loss);
    }

    #[test]
    fn good_pieces_raise_no_alarm() {
        assert!(findings(&a_day(0.0, 0.01).play().1, Cause::QualityDrift).is_empty());
        assert!(findings(&a_day(0.08, 0.01).play().1, Cause::QualityDrift).is_empty(), "significant, but small");
    }
}
