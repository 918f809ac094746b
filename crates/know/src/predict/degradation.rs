//! When tool and bearing of a machine will fail, from how load and vibration grow over the operating time.
//!
//! ```text
//! vibration [mm/s]  3.1 .. 3.8 .. 4.6 .. 5.2      growth 2.1 %/h, threshold 8.2 mm/s ± 13 %
//! forecasts: remaining life of `bearing` 21 h (16 to 27), failure within the next 8 worked hours 0.01
//! ```
//!
//! Enters: trends, the failures seen at machines of the kind. Leaves: remaining life [h of operation] and probability of
//! failure within the next eight worked hours, each naming the service that remedies it. Absent: what to do about it.
//!
//! Bearing: the logarithm of vibration grows by a line over the last operating day (growth near exponential: Gebraeel et
//! al., IIE Transactions 37(6), 2005). Tool: relative load grows by a line over the last operating hours. The thresholds
//! start from ISO 20816-3 (failure becomes likely beyond 7.1 mm/s) and from the growth of cutting force over a tool's life,
//! and move to the levels at which machines of the kind did fail.

use super::threshold::{Approach, learned};
use super::{Foresight, Predictor};
use crate::detect::Sight;
use crate::detect::bearing_wear::{Growth, ZONES, growth};
use crate::memory::machine::{Failure, MachineMemory};
use crate::memory::wear::Wear;
use measure::{Estimate, Instant, Span};
use plant::{Because, Code, ForecastKind, Role};

/// The predictor.
pub const PREDICTOR: Predictor = Predictor { name: "degradation", cadence: Span::from_minutes(20), foresee };

/// Worked time ahead that failure probabilities are told for.
const AHEAD: Span = Span::from_hours(8);
/// A failure less probable than this is not told [1].
const TOLD_MIN: f64 = 0.01;
/// Life beyond this is not told [h of operation].
const LIFE_TOLD_H: f64 = 120.0;
/// Logarithm of vibration at failure: 15 % beyond zone D, within about 13 %.
const BEARING_PRIOR: (f64, f64) = (2.10, 0.13);
/// Relative load at which tools break.
const TOOL_PRIOR: (f64, f64) = (1.50, 0.08);
/// The priors weigh as much as so many failures.
const PRIOR_WEIGHT: f64 = 4.0;
/// Operating time over which the growth of load is fitted [h].
const TOOL_FIT_H: f64 = 8.0;
/// Growth of relative load in the second half of a tool's life before it was seen: a life of some tens of hours [1/h].
const TOOL_RATE_PRIOR: (f64, f64) = (0.015, 0.010);
/// Relative load below which a tool is far from its end [1].
const TOOL_TOLD_MIN: f64 = 1.1;

fn foresee(sight: &Sight<'_>) -> Vec<Foresight> {
    let mut expected = Vec::new();
    if let Some(approach) = bearing(sight) {
        expected.extend(told(sight, &approach, "bearing", Role::Vibration));
    }
    if let Some(approach) = tool(sight) {
        expected.extend(told(sight, &approach, "tool", Role::Load));
    }
    expected
}

fn told(sight: &Sight<'_>, approach: &Approach, service: &'static str, role: Role) -> Vec<Foresight> {
    let machine = sight.memory_of();
    let first = match role {
        Role::Load => machine.wear.first().map(|p| p.from),
        _ => machine.vibration.points().front().map(|p| p.from),
    };
    let because: Vec<Because> = [role, Role::State]
        .into_iter()
        .filter_map(|r| sight.readings(r, first.unwrap_or(sight.now).max(sight.now - Span::from_days(2))))
        .collect();
    let foresight = |kind, value, horizon| Foresight {
        slot: 0,
        kind,
        order: None,
        service: Some(Code::Borrowed(service)),
        value,
        horizon,
        because: because.clone(),
    };
    let mut expected = Vec::new();
    if let Some(left) = approach.left_h(LIFE_TOLD_H) {
        expected.push(foresight(ForecastKind::RemainingLife, left, Span::from_seconds_f64(left.high * 3_600.0)));
    }
    let horizon = until_worked(sight, AHEAD) - sight.now;
    // Of the worked hours the machine will run the share that it ran lately.
    let runs = |share: f64| approach.fails_within(AHEAD.hours() * share);
    let busy = sight.profile.busy_share.unwrap_or(0.8).clamp(0.1, 1.0);
    let value = Estimate::between(runs(0.6 * busy), runs(busy), runs((1.3 * busy).min(1.0)));
    if value.value >= TOLD_MIN {
        expected.push(foresight(ForecastKind::FailureProbability, value, horizon));
    }
    expected
}

/// The instant at which so much more time will have been worked; at most eight days ahead.
fn until_worked(sight: &Sight<'_>, span: Span) -> Instant {
    let hours = sight.memory.hours;
    let left = if hours.open { hours.until - sight.now } else { Span::ZERO };
    if hours.until == Instant::MAX || left >= span {
        return sight.now + span;
    }
    let mut missing = span;
    for (from, to) in crate::memory::hours::worked(&sight.plant.calendar, sight.now, sight.now + Span::from_days(8)) {
        if to - from >= missing {
            return from + missing;
        }
        missing -= to - from;
    }
    sight.now + Span::from_days(8)
}

/// Levels at the failures of machines of the kind that were remedied by a service.
fn seen(sight: &Sight<'_>, service: &str, level: impl Fn(&Failure) -> Option<f64>) -> Vec<f64> {
    let kind = sight.memory.kinds[sight.machine.index()];
    let of_kind = |m: &&MachineMemory| sight.memory.kinds[m.id.index()] == kind;
    let failures = sight.memory.machines.iter().filter(of_kind).flat_map(|m| &m.failures);
    let mine = failures.filter(|f| f.service.as_ref().is_some_and(|s| s.contains(service)));
    mine.filter_map(level).filter(|l| l.is_finite()).collect()
}

fn bearing(sight: &Sight<'_>) -> Option<Approach> {
    let machine = sight.memory_of();
    let Growth { level, rate, rate_error, scatter } = growth(&machine.vibration)?;
    let is_rising = rate > 2.5 * rate_error;
    if !is_rising || (machine.vibration_absolute && level.exp() < 0.8 * ZONES[0]) {
        return None;
    }
    // all machines of the kind are looked at: only for the few that rise
    let seen = seen(sight, "bearing", |f| f.vibration.filter(|v| *v > 0.0).map(f64::ln));
    if !machine.vibration_absolute && seen.len() < 3 {
        return None;
    }
    let prior = if machine.vibration_absolute { BEARING_PRIOR } else { (seen.iter().sum::<f64>() / seen.len() as f64, 0.2) };
    let (threshold, spread) = learned(prior, PRIOR_WEIGHT, &seen);
    // Growth speeds up with wear, so the line's own error is not all.
    let rate_error = rate_error.max(0.15 * rate);
    Some(Approach { level, level_error: 0.5 * scatter, rate, rate_error, threshold, spread })
}

fn tool(sight: &Sight<'_>) -> Option<Approach> {
    let wear: &Wear = &sight.memory_of().wear;
    let slope = wear.slope(&sight.memory.levels, TOOL_FIT_H)?;
    if slope.level < TOOL_TOLD_MIN {
        return None;
    }
    let seen = seen(sight, "tool", |f| f.wear);
    let (threshold, spread) = learned(TOOL_PRIOR, PRIOR_WEIGHT, &seen);
    // What was seen and what is usual, each weighed by its certainty.
    let (usual, usual_error) = TOOL_RATE_PRIOR;
    let (a, b) = (usual_error.powi(-2), slope.rate_error.max(1e-4).powi(-2));
    let rate = ((a * usual + b * slope.rate) / (a + b)).max(0.1 * usual);
    // The level of a fresh tool that was never seen is off by some percent.
    let off: f64 = if slope.is_sure { 0.01 } else { 0.05 };
    let level_error = slope.level_error.hypot(off);
    let rate_error = (a + b).powf(-0.5).max(0.2 * rate);
    Some(Approach { level: slope.level, level_error, rate, rate_error, threshold, spread })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{START, Scene};
    use measure::Chance;
    use plant::{Forecast, MachineId, Record};

    const ROLES: &[(Role, &str)] = &[(Role::State, "1"), (Role::Vibration, "mm/s"), (Role::Load, "%"), (Role::Serviced, "1")];

    fn forecasts<'a>(records: &'a [Record], kind: ForecastKind, service: &str) -> Vec<&'a Forecast> {
        let of = |r: &'a Record| match r {
            Record::Forecast(f) if f.kind == kind && f.service.as_deref() == Some(service) => Some(f),
            _ => None,
        };
        records.iter().filter_map(of).collect()
    }

    /// A machine that runs around the clock; vibration and force as they grow with wear, from `bearing` and `tool` on.
    fn wears(seed: u64, hours: i64, bearing: f64, tool: f64) -> Scene {
        let mut scene = Scene::new(&[("mill", "milling", &[], ROLES)]).expect("a plant");
        let mut chance = Chance::seeded(seed);
        scene.word(0, Role::Serviced, 0, "tool");
        scene.word(0, Role::State, 0, "producing");
        for minute in 0..hours * 60 {
            let h = minute as f64 / 60.0;
            let wear = bearing + h / 125.0;
            scene.number(
                0,
                Role::Vibration,
                minute * 60,
                1.5 * (7.1_f64 / 1.5).powf(wear * wear) * (1.0 + 0.05 * chance.normal()),
            );
            let force = 1.0 + 0.42 * (tool + h / 28.0).powf(1.5);
            scene.number(0, Role::Load, minute * 60, 54.0 * force * (1.0 + 0.02 * chance.normal()));
        }
        scene
    }

    #[test]
    fn the_interval_of_remaining_life_holds_the_life_that_was_left() {
        // Zone D at wear 1, failure about 15 % above: at wear 1.045 on the growth curve.
        let (mut held, mut told) = (0, 0);
        for seed in 0..6 {
            let records = wears(seed, 80, 0.35, 0.0).play().1;
            for f in forecasts(&records, ForecastKind::RemainingLife, "bearing").iter().filter(|f| f.value.value < 30.0) {
                let left = (1.045 - 0.35) * 125.0 - (f.at - START).hours();
                told += 1;
                held += u32::from(f.value.covers(left));
            }
        }
        assert!(told >= 12 && f64::from(held) >= 0.85 * f64::from(told), "{held} of {told}");
    }

    #[test]
    fn a_tool_near_its_end_is_told_hours_ahead_and_a_fresh_one_is_not() {
        let records = wears(1, 32, 0.0, 0.0).play().1;
        let told = forecasts(&records, ForecastKind::FailureProbability, "tool");
        // It reaches the mean threshold of 1.5 after 28 · (0.5 / 0.42)^(2/3) = 31.5 h.
        let first = told.iter().find(|f| f.value.value > 0.3).expect("told before it breaks");
        let ahead = 31.5 - (first.at - START).hours();
        assert!((2.0..12.0).contains(&ahead), "{ahead} h ahead");
        assert!(told.iter().all(|f| (f.at - START).hours() > 12.0), "nothing is told of a fresh tool");
        assert!(told.windows(2).all(|w| w[0].id != w[1].id), "a changed forecast has a new id");
        assert!(told.len() < 20, "{} forecasts of one tool", told.len());
    }

    #[test]
    fn a_service_withdraws_the_forecast_and_the_profile_names_the_one_in_force() {
        let mut scene = wears(2, 30, 0.0, 0.0);
        let named = scene.play().0.profiles()[0].failure;
        assert!(named.is_some());
        scene.word(0, Role::Serviced, 30 * 3_600, "tool");
        (0..120).for_each(|m| scene.number(0, Role::Load, 30 * 3_600 + m * 60, 54.0));
        let (know, _) = scene.play();
        assert!(know.forecasts().iter().all(|f| f.service.as_deref() != Some("tool")), "{:?}", know.forecasts());
        assert_eq!(know.profiles()[0].failure, None);
    }

    #[test]
    fn failures_seen_at_a_kind_move_its_threshold() {
        let mut scene = wears(3, 24, 0.0, 0.0);
        scene.word(0, Role::State, 24 * 3_600, "down");
        scene.word(0, Role::Serviced, 24 * 3_600 + 1_800, "tool");
        scene.word(0, Role::State, 24 * 3_600 + 1_860, "producing");
        let (know, _) = scene.play();
        let profile = &know.profiles()[0];
        let image = plant::Image { at: scene.until, ..plant::Image::default() };
        let (plant, memory) = (&scene.plant, know.memory());
        let sight = Sight { now: scene.until, plant, image: &image, memory, machine: MachineId(0), profile, open: None };
        // 24 h of 28: 1 + 0.42 · (24 / 28)^1.5 = 1.333.
        let at_failure = seen(&sight, "tool", |f| f.wear);
        assert!(at_failure.len() == 1 && (at_failure[0] - 1.33).abs() < 0.03, "{at_failure:?}");
        assert!(seen(&sight, "bearing", |f| f.vibration).is_empty(), "it was the tool");
        let (threshold, _) = learned(TOOL_PRIOR, PRIOR_WEIGHT, &at_failure);
        assert!(threshold < TOOL_PRIOR.0 - 0.02, "{threshold}");
    }

    #[test]
    fn the_horizon_is_eight_worked_hours() {
        let scene = wears(4, 29, 0.0, 0.0);
        let records = scene.play().1;
        for f in forecasts(&records, ForecastKind::FailureProbability, "tool") {
            let worked = scene.plant.calendar.worked(f.at, f.at + f.horizon);
            assert!((worked - AHEAD).abs() < Span::from_seconds(1), "{worked} until {}", f.at + f.horizon);
        }
    }
}
