//! When tool and bearing of a machine will fail, from how load and vibration grow over the operating time.
//!
//! ```text
//! vibration [mm/s]  3.1 .. 3.8 .. 4.6 .. 5.2      growth 2.1 %/h, threshold 8.2 mm/s ± 13 %
//! forecasts: remaining life of `bearing` 21 h (16 to 27), failure within the next 8 worked hours 0.01
//! ```
//!
//! Enters: how near the parts are to their ends, the models in use. Leaves: remaining life [h of operation] and probability of
//! failure within the next eight worked hours, each naming the service that remedies it. Absent: what to do about it; how near is found
//! ([`lives`](crate::lives)), what models learn from ([`lessons`](crate::lessons)).

use super::{Foresight, Predictor};
use crate::detect::Sight;
use crate::lessons::model::Model;
use crate::lessons::{Sample, Topic};
use crate::lives::approach::nearing;
use crate::lives::threshold::Approach;
use crate::lives::{Part, TOLD_H, sample};
use measure::{Estimate, Instant, Span};
use plant::{Because, Code, ForecastKind, Role};

/// The predictor.
pub const PREDICTOR: Predictor = Predictor { name: "degradation", cadence: Span::from_minutes(20), foresee };

/// Worked time ahead that failure probabilities are told for.
const AHEAD: Span = Span::from_hours(8);
/// A failure less probable than this is not told [1].
const TOLD_MIN: f64 = 0.01;
fn foresee(sight: &Sight<'_>) -> Vec<Foresight> {
    Part::ALL.into_iter().flat_map(|part| End::of(sight, part).map(|end| told(sight, &end, part)).unwrap_or_default()).collect()
}

/// What is known of the end of a part.
enum End<'a> {
    /// How it comes near it; what lies farther than is told, or is of a part that nothing was learned of.
    Approach(Approach),
    /// What the model in use makes of what is seen of it.
    Learned(&'a Model, Sample),
}

impl<'a> End<'a> {
    fn of(sight: &Sight<'a>, part: Part) -> Option<Self> {
        let (memory, machine) = (sight.memory, sight.machine);
        let near = nearing(memory, machine, part)?;
        let model = memory.model(machine, Topic::Life(part));
        let seen = model.and_then(|model| Some((model, sample((memory, machine, part), &near, sight.now)?)));
        Some(seen.map_or(Self::Approach(near.seen), |(model, sample)| Self::Learned(model, sample)))
    }
    /// Operating time left [h]; `None` where it is more than is told.
    fn left_h(&self) -> Option<Estimate> {
        match self {
            Self::Approach(near) => near.left_h(TOLD_H),
            Self::Learned(model, sample) => Some(model.told(sample)),
        }
    }
    /// Probability that it comes within so many hours of operation [1].
    fn comes_within(&self, hours: f64) -> f64 {
        match self {
            Self::Approach(near) => near.fails_within(hours),
            Self::Learned(model, sample) => model.comes_within(sample, hours),
        }
    }
}

fn told(sight: &Sight<'_>, end: &End<'_>, part: Part) -> Vec<Foresight> {
    let machine = sight.memory_of();
    let first = match part {
        Part::Tool => machine.wear.first().map(|p| p.from),
        Part::Bearing => machine.vibration.points().front().map(|p| p.from),
    };
    let because: Vec<Because> = [part.role(), Role::State]
        .into_iter()
        .filter_map(|r| sight.readings(r, first.unwrap_or(sight.now).max(sight.now - Span::from_days(2))))
        .collect();
    let foresight = |kind, value, horizon| Foresight {
        slot: 0,
        kind,
        order: None,
        service: Some(Code::Borrowed(part.service())),
        value,
        horizon,
        because: because.clone(),
    };
    let mut expected = Vec::new();
    if let Some(left) = end.left_h() {
        expected.push(foresight(ForecastKind::RemainingLife, left, Span::from_seconds_f64(left.high * 3_600.0)));
    }
    let horizon = until_worked(sight, AHEAD) - sight.now;
    // Of the worked hours the machine will run the share that it ran lately.
    let runs = |share: f64| end.comes_within(AHEAD.hours() * share);
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::lessons::model::Way;
    use crate::lessons::{Episode, Lesson};
    use crate::suite::{START, Scene};
    use measure::Chance;
    use plant::{Forecast, Record};
    use std::sync::Arc;

    const ROLES: &[(Role, &str)] = &[(Role::State, "1"), (Role::Vibration, "mm/s"), (Role::Load, "%"), (Role::Serviced, "1")];

    fn forecasts<'a>(records: &'a [Record], kind: ForecastKind, service: &str) -> Vec<&'a Forecast> {
        let of = |r: &'a Record| match r {
            Record::Forecast(f) if f.kind == kind && f.service.as_deref() == Some(service) => Some(f),
            _ => None,
        };
        records.iter().filter_map(of).collect()
    }

    /// A machine that runs around the clock; vibration and force as they grow with wear, from `bearing` and `tool` on.
    pub(crate) fn wears(seed: u64, hours: i64, bearing: f64, tool: f64) -> Scene {
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
    fn a_model_of_lives_takes_over_and_lets_go() {
        let mut scene = wears(6, 30, 0.0, 0.0);
        let until_h = 24;
        scene.readings.retain(|r| r.at <= START + Span::from_hours(until_h));
        scene.until = START + Span::from_hours(until_h);
        let left = |know: &crate::Knowledge| {
            let (memory, profile) = (know.memory(), &know.profiles()[0]);
            let image = plant::Image { at: scene.until, ..plant::Image::default() };
            let sight = Sight {
                now: scene.until,
                plant: &scene.plant,
                image: &image,
                memory,
                machine: profile.machine,
                profile,
                open: None,
            };
            let of = |kind| foresee(&sight).into_iter().find(|f| f.kind == kind && f.service.as_deref() == Some("tool"));
            (of(ForecastKind::RemainingLife).map(|f| f.value), of(ForecastKind::FailureProbability).map(|f| f.value.value))
        };
        let mut know = scene.play().0;
        let plain = left(&know);
        // tools that lasted two hours from such a sample on, whatever it shows
        let topic = Topic::Life(Part::Tool);
        let sample = topic.sample(know.memory(), know.profiles()[0].machine, scene.until).expect("it is worn");
        let lesson = Lesson { at: scene.until, sample, told: sample.plain, came: 2.0 };
        let life = |_| Episode { ended: scene.until, is_certain: true, lessons: vec![lesson; 30] };
        let lives: Vec<Episode> = (0..20).map(life).collect();
        let model = Model::learn(topic, &lives.iter().collect::<Vec<_>>()).expect("20 failures");
        know.foretell_by(&scene.plant, ("milling", topic), Way::Learned(Arc::new(model)));
        let (told, fails) = left(&know);
        assert!(told.is_some_and(|t| (t.value - 2.0).abs() < 0.1), "{told:?} instead of {plain:?}");
        assert!(fails.is_some_and(|p| p > 0.95), "{fails:?}");
        know.foretell_by(&scene.plant, ("turning", topic), Way::Plain);
        assert_eq!(left(&know).0, told, "it was of another kind");
        know.foretell_by(&scene.plant, ("milling", topic), Way::Plain);
        assert_eq!(left(&know), plain);
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
