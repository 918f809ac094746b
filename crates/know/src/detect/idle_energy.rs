//! A machine stands ready with nothing to do and draws power for it.
//!
//! ```text
//! state  producing | starved ------------------------------------- | producing
//! power  9.1 kW    | 2.0 kW   2.0 kW   2.0 kW   2.0 kW             | 9.0 kW      standby would take 0.2 kW
//!                     ^ finding: idle_power 2000 W (normal 200 W), idle_left 45 min, loss 1800 W
//!                                                                    ^ ended
//! ```
//!
//! Needs: state; power or energy. Outside the shifts it speaks at once, within them when the spell has lasted a minute and
//! is likely to last ten more, or has lasted ten. Ends when the machine leaves the idle states.

use super::{Detector, Look, Sight, Sign, evidence};
use measure::{Estimate, Span};
use plant::{Cause, MachineState, Role};

/// The detector.
pub const DETECTOR: Detector =
    Detector { name: "idle_energy", cause: Cause::IdleEnergy, cadence: Span::from_minutes(1), on_change: true, look };

/// Less than this above standby is not worth a word [W].
const WASTE_MIN_W: f64 = 50.0;
/// Within the shifts a spell shorter than this is left alone [s].
const PATIENCE_S: f64 = 60.0;
/// A spell of this length is worth a word, passed or to come [s].
const LONG_S: f64 = 600.0;
/// Standby power of a machine that was never seen in standby or off, as a share of its idle power: machine tools hold
/// 5 to 20 % (ISO 14955-1 design practice); the upper end is taken.
const LOW_SHARE: f64 = 0.2;

fn look(sight: &Sight<'_>) -> Look {
    let machine = sight.memory_of();
    let state = machine.state();
    if !state.is_idle() {
        return if state == MachineState::Unknown { Look::Unsure } else { Look::Normal };
    }
    let since = machine.since();
    let passed = (sight.now - since).seconds().max(0.0);
    let left = crate::learn::idle_left(sight.memory, machine, sight.now);
    let hours = sight.memory.hours;
    let long = passed >= LONG_S || (passed >= PATIENCE_S && left.is_some_and(|l| l.value >= LONG_S));
    if sight.open.is_none() && hours.open && !long {
        return Look::Unsure;
    }
    let Some(idle) = idle_power(sight) else {
        return Look::Unsure;
    };
    let low = machine.draws.low();
    let normal = low.unwrap_or(idle.value * LOW_SHARE);
    let waste = Estimate::between(idle.low - normal, idle.value - normal, idle.high - normal);
    if waste.value < WASTE_MIN_W {
        return Look::Normal;
    }
    let mut proof = vec![
        evidence("idle_power", idle, "W", Some(normal)),
        evidence("idle_so_far", Estimate::exact(passed / 60.0), "min", None),
    ];
    proof.extend(left.map(|l| evidence("idle_left", l.scaled(1.0 / 60.0), "min", None)));
    let probability = match (hours.open, left) {
        (false, _) => 0.99,
        (true, Some(left)) if left.low >= LONG_S => 0.95,
        (true, Some(_)) => 0.8,
        (true, None) => 0.7,
    };
    let roles = [Role::State, Role::Power, Role::Energy];
    Look::Found(Sign {
        since,
        channel: sight.channel(Role::Power).or(sight.channel(Role::Energy)),
        probability,
        evidence: proof,
        loss: Some(evidence("idle_waste", waste, "W", None)),
        because: roles.into_iter().filter_map(|r| sight.readings(r, since)).collect(),
    })
}

/// What the machine draws idle [W]: as learned for the state it is in, else for the other idle state, else what it draws
/// now.
fn idle_power(sight: &Sight<'_>) -> Option<Estimate> {
    let machine = sight.memory_of();
    let states = [machine.state(), MachineState::Starved, MachineState::Blocked];
    match states.into_iter().find_map(|s| machine.draws.of(s)) {
        Some(draw) => Some(Estimate::between(draw.mean - draw.deviation, draw.mean, draw.mean + draw.deviation)),
        None => machine.watts().map(|w| Estimate::between(0.5 * w, w, 1.2 * w)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{START, Scene, findings, hold};
    use plant::{MachineId, Record};

    const ROLES: &[(Role, &str)] = &[(Role::State, "1"), (Role::Power, "W"), (Role::Energy, "kW.h")];

    fn power(scene: &mut Scene, from_s: i64, to_s: i64, watts: f64) {
        (from_s..to_s).step_by(30).for_each(|s| scene.number(0, Role::Power, s, watts + (s % 7) as f64));
    }
    /// Two days: 6 to 22 h producing but for one starved hour at 10; at night `night` at `watts`.
    fn two_days(night: &str, watts: f64) -> Scene {
        let mut scene = Scene::new(&[("mill", "milling", &[], ROLES)]).expect("a plant");
        scene.word(0, Role::State, 0, night);
        for day in 0..2 {
            let h = |hour: i64| (day * 24 + hour) * 3_600;
            power(&mut scene, h(0), h(6), watts);
            scene.word(0, Role::State, h(6), "producing");
            power(&mut scene, h(6), h(10), 9_000.0);
            scene.word(0, Role::State, h(10), "starved");
            power(&mut scene, h(10), h(11), 2_000.0);
            scene.word(0, Role::State, h(11), "producing");
            power(&mut scene, h(11), h(22), 9_000.0);
            scene.word(0, Role::State, h(22), night);
            power(&mut scene, h(22), h(24), watts);
        }
        scene
    }

    #[test]
    fn a_machine_left_ready_at_night_is_found_and_ended_when_it_works() {
        let scene = two_days("starved", 2_000.0);
        hold(&scene, Cause::IdleEnergy, MachineId(0)).expect("the suite");
        let records = scene.play().1;
        let found = findings(&records, Cause::IdleEnergy);
        assert!((4..=6).contains(&found.len()), "two nights and two hours: {}", found.len());
        let ended = records.iter().filter(|r| matches!(r, Record::Finding(f) if f.ended.is_some())).count();
        assert_eq!(ended, found.len() - 1, "the last night goes on");
        let night = found.iter().find(|f| f.since == START + Span::from_hours(22)).expect("the night");
        assert_eq!(night.at, night.since, "outside the shifts it speaks at once");
        let loss = night.loss.as_ref().expect("a loss");
        assert!((loss.value.value - 1_600.0).abs() < 20.0 && loss.unit == "W", "{loss:?}");
        assert_eq!(night.because.len(), 3);
    }

    #[test]
    fn standby_at_night_is_no_waste_and_is_learned_as_the_low_level() {
        let records = two_days("standby", 200.0).play().1;
        let found = findings(&records, Cause::IdleEnergy);
        assert_eq!(found.len(), 2, "the two hours at ten");
        let evidence = &found[1].evidence[0];
        assert!(evidence.normal.is_some_and(|n| (n - 203.0).abs() < 5.0), "{evidence:?}");
        assert!((found[0].at - found[0].since).minutes() >= 1.0);
    }

    #[test]
    fn short_pauses_are_left_alone() {
        let mut scene = Scene::new(&[("mill", "milling", &[], ROLES)]).expect("a plant");
        for i in 0..100 {
            let s = 6 * 3_600 + i * 600;
            scene.word(0, Role::State, s, "producing");
            power(&mut scene, s, s + 480, 9_000.0);
            scene.word(0, Role::State, s + 480, "starved");
            power(&mut scene, s + 480, s + 600, 2_000.0);
        }
        scene.readings.retain(|r| r.at < START + Span::from_hours(22));
        scene.until = START + Span::from_minutes(21 * 60 + 50);
        assert!(findings(&scene.play().1, Cause::IdleEnergy).is_empty());
    }
}
