//! The air network loses air.
//!
//! ```text
//! machines producing   5     5     4     0     0     0     5     4
//! air flow [m3/min]    2.9   2.9   2.4   0.2   0.2   0.6   3.3   2.8
//!                                                    ^ a leak of 0.4 opens
//!                      finding: leak_flow 0.6 (normal 0.3 = 10 % of 2.7), loss (0.6 - 0.2) m3/min x 6 kW/(m3/min)
//! ```
//!
//! Needs: air flow of the compressor; states of the machines that take air; the compressor's power for the loss. What flows
//! to nobody is the flow less what the producing machines take (see `memory::air`). A well-kept network loses less than
//! 10 % of its working flow (US DOE, Improving Compressed Air System Performance, 3rd ed. 2016: 20–30 % are common, under
//! 10 % is good practice); the finding opens surely above 11 % and ends below 8 %, or when the leaks were mended.

use super::{Detector, Look, Sight, Sign, evidence};
use measure::{Estimate, Span};
use plant::{Because, Cause, MachineState, Role, Window};

/// The detector.
pub const DETECTOR: Detector =
    Detector { name: "air_leak", cause: Cause::AirLeak, cadence: Span::from_minutes(10), on_change: false, look };

/// Share of the working flow that a good network loses [1].
const GOOD_SHARE: f64 = 0.10;
/// A finding opens when the leak surely exceeds so many times that share [1].
const OPENS: f64 = 1.1;
/// Points before the first finding: eight hours, as what the machines take is learned from them.
const POINTS_MIN: usize = 96;
/// Below this an open finding ends [1].
const END_SHARE: f64 = 0.08;
/// Share of the working flow that no repair reaches [1].
const LEFT_SHARE: f64 = 0.05;
/// Readings that the figure rests on.
const RESTS_ON: Span = Span::from_hours(2);

fn look(sight: &Sight<'_>) -> Look {
    let Some(air) = sight.memory.air[sight.machine.index()].as_ref() else {
        return Look::Unsure;
    };
    if let (Some(open), Some(mended)) = (sight.open, air.mended())
        && mended > open.since
    {
        return Look::Normal;
    }
    let (Some(leak), Some(working)) = (air.leak(), air.working()) else {
        return Look::Unsure;
    };
    if working <= 0.0 {
        return Look::Unsure;
    }
    let good = GOOD_SHARE * working;
    let holds = match sight.open {
        Some(_) => leak.value > END_SHARE * working,
        None => leak.low > OPENS * good && air.points().len() >= POINTS_MIN,
    };
    if !holds {
        return Look::Normal;
    }
    let unit = sight.channel(Role::AirFlow).map_or("1", |c| sight.plant.channel(c).unit.code());
    // Inside, flow is in m3/h where the unit allows; people see the channel's own unit.
    let scale =
        sight.channel(Role::AirFlow).map_or(1.0, |c| 1.0 / crate::memory::route::Route::of(sight.plant.channel(c)).factor);
    let lost = Estimate::between(leak.low, leak.value, leak.high);
    let excess = |flow: f64| (flow - LEFT_SHARE * working).max(0.0);
    let loss = air.watts_per_flow().map(|watts| {
        let at = |flow| excess(flow) * watts;
        evidence("leak_power", Estimate::between(at(leak.low), at(leak.value), at(leak.high)), "W", None)
    });
    let from = sight.now - RESTS_ON;
    let mut because: Vec<Because> = [Role::AirFlow, Role::Power].into_iter().filter_map(|r| sight.readings(r, from)).collect();
    because.extend(consumers(sight, from));
    Look::Found(Sign {
        since: sight.open.map_or(sight.now - RESTS_ON, |f| f.since),
        channel: sight.channel(Role::AirFlow),
        probability: probability(leak, good),
        evidence: vec![
            evidence("leak_flow", lost.scaled(scale), unit, Some(good * scale)),
            evidence("leak_share", lost.scaled(1.0 / working), "1", Some(GOOD_SHARE)),
        ],
        loss,
        because,
    })
}

/// States of machines that were at work, which the figure rests on too.
fn consumers(sight: &Sight<'_>, from: measure::Instant) -> Vec<Because> {
    let producing = sight.memory.machines.iter().filter(|m| m.id != sight.machine && m.state() == MachineState::Producing);
    let state = |id| sight.plant.role(id, Role::State).map(|c| c.id);
    let window = Window { from, to: sight.now };
    producing.filter_map(|m| state(m.id)).take(4).map(|channel| Because::Readings { channel, window }).collect()
}

/// How sure it is that more than a good network's share is lost: from the interval, never certain.
fn probability(leak: Estimate, good: f64) -> f64 {
    let sigma = ((leak.high - leak.low) / 3.29).max(0.02 * leak.value);
    measure::statistics::normal_probability((leak.value - good) / sigma).clamp(0.05, 0.97)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{START, Scene, findings, hold};
    use measure::Chance;
    use plant::MachineId;

    const STATE: &[(Role, &str)] = &[(Role::State, "1")];
    const AIR: &[(Role, &str)] = &[(Role::AirFlow, "m3/min"), (Role::Power, "W"), (Role::State, "1"), (Role::Serviced, "1")];

    /// Two days of two mills that take 1.2 m3/min each while producing, beside a leak that is 0.1 and then `leak` from
    /// noon of the first day on.
    fn two_days(leak: f64) -> Scene {
        let mut scene =
            Scene::new(&[("mill-1", "milling", &[], STATE), ("mill-2", "milling", &[], STATE), ("air", "compressor", &[], AIR)])
                .expect("a plant");
        let mut chance = Chance::seeded(1);
        let mut runs = [false; 2];
        scene.word(2, Role::State, 0, "producing");
        for minute in 0..2 * 1_440 {
            let open = (360..1_320).contains(&(minute % 1_440));
            for machine in 0..2_u32 {
                let runs_now = open && (minute / (40 + 15 * i64::from(machine))) % 4 != 0;
                if runs_now != runs[machine as usize] {
                    scene.word(machine, Role::State, minute * 60, if runs_now { "producing" } else { "starved" });
                    runs[machine as usize] = runs_now;
                }
            }
            let taken = 1.2 * runs.iter().filter(|r| **r).count() as f64;
            let flow = taken + if minute < 720 { 0.1 } else { leak } + 0.03 * chance.normal();
            scene.number(2, Role::AirFlow, minute * 60 + 30, flow);
            scene.number(2, Role::Power, minute * 60 + 30, 2_000.0 + 6_000.0 * flow);
        }
        scene
    }

    #[test]
    fn a_leak_that_opens_by_day_is_found_within_hours_and_ends_when_mended() {
        let scene = two_days(0.5);
        hold(&scene, Cause::AirLeak, MachineId(2)).expect("the suite");
        let found = scene.play().1;
        let leak = findings(&found, Cause::AirLeak)[0].clone();
        let after = (leak.at - START).hours() - 12.0;
        assert!((0.5..8.0).contains(&after), "found {after} h after it opened");
        let (flow, loss) = (&leak.evidence[0], leak.loss.as_ref().expect("a loss"));
        assert!((flow.value.value - 0.5).abs() < 0.15 && flow.unit == "m3/min", "{flow:?}");
        assert!((loss.value.value - 2_300.0).abs() < 900.0, "{loss:?}");
        let mut mended = scene;
        mended.word(2, Role::Serviced, 40 * 3_600, "leak");
        let records = mended.play().1;
        let ended =
            records.iter().any(|r| matches!(r, plant::Record::Finding(f) if f.cause == Cause::AirLeak && f.ended.is_some()));
        assert!(ended);
    }

    #[test]
    fn a_tight_network_raises_no_alarm() {
        assert!(findings(&two_days(0.12).play().1, Cause::AirLeak).is_empty());
    }
}
