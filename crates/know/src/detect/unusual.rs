//! A machine that produces behaves unlike it did when it was in good order, in channels that no other detector knows.
//!
//! ```text
//! temperature [Cel]   61.2 60.9 61.4 .. 61.0 | 61.8 63.0 64.4 65.1 66.0 ..     power as ever
//! score               -.3  -.2  -.3  .. -.2  | -.1   .2   .6   .9  1.1
//!                                                         finding ^  times_usual 4.0, temperature first
//! ```
//!
//! Needs: at least one gauge (power, cycle time, temperature, pressure, or without a role), 12 h of making a product. The score is
//! that of [`crate::anomaly`]; the limit is what good order passes once in ten million minutes. A channel that repeats one value for far
//! longer than it ever did is told as stuck, one whose small deviations add up over hours as drifting. Where the machine has kept to its
//! new ways for as long as a baseline takes, that is said too: who agrees to them has it learned anew. Ends when the score is back.

use super::{Detector, Look, Sight, Sign, evidence};
use measure::{Estimate, Span};
use plant::{Because, Cause, Window};

/// The detector.
pub const DETECTOR: Detector =
    Detector { name: "unusual", cause: Cause::Unusual, cadence: Span::from_minutes(5), on_change: false, look };

/// Minutes that an episode must last before it is told.
const LASTS: u64 = 10;
/// Readings before an episode that the finding rests on.
const RESTS_ON: Span = Span::from_hours(2);

fn look(sight: &Sight<'_>) -> Look {
    let behaviour = &sight.memory.behaviour[sight.machine.index()];
    if !behaviour.is_watched() {
        return Look::Unsure;
    }
    let Some(unusual) = behaviour.unusual() else { return Look::Normal };
    let by_channel = unusual.stuck.or(unusual.drifting);
    if by_channel.is_none() && unusual.minutes < LASTS && sight.open.is_none() {
        return Look::Normal;
    }
    let since = sight.open.map_or(unusual.since, |f| f.since);
    let by_score = unusual.channels.first().map(|c| c.0).filter(|_| unusual.minutes >= LASTS);
    let first = unusual.stuck.or(by_score).or(unusual.drifting).or_else(|| unusual.channels.first().map(|c| c.0));
    let mut proof = vec![evidence("times_usual", Estimate::exact(unusual.times), "1", Some(1.0))];
    if let Some(stuck) = unusual.stuck {
        let minutes = (sight.now - unusual.since).minutes().max(0.0);
        proof.insert(0, evidence("stuck_for", Estimate::exact(minutes), "min", None));
        proof.truncate(if unusual.minutes < LASTS { 1 } else { 2 });
        debug_assert!(sight.plant.channels.len() > stuck.index());
    }
    for (channel, share, lately, usual) in unusual.channels.iter().filter(|c| Some(c.0) == first) {
        let unit = sight.plant.channel(*channel).unit.to_string();
        proof.push(evidence("channel_level", Estimate::exact(*lately), &unit, Some(*usual)));
        proof.push(evidence("channel_share", Estimate::exact(*share), "1", None));
    }
    if unusual.drifting.is_some() {
        let minutes = (sight.now - unusual.since).minutes().max(0.0);
        proof.push(evidence("drifts_for", Estimate::exact(minutes), "min", None));
    }
    proof.extend(unusual.settled.map(|m| evidence("settled_for", Estimate::exact(m as f64), "min", None)));
    let window = Window { from: since - RESTS_ON, to: sight.now };
    let because = unusual.channels.iter().map(|(channel, ..)| Because::Readings { channel: *channel, window }).collect();
    Look::Found(Sign { since, channel: first, probability: unusual.probability, evidence: proof, loss: None, because })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::behaviour::Behaviour;
    use crate::suite::{START, Scene, findings, hold};
    use measure::Chance;
    use plant::{MachineId, Role};

    const ROLES: &[(Role, &str)] =
        &[(Role::State, "1"), (Role::Power, "W"), (Role::Temperature, "Cel"), (Role::AirPressure, "bar")];

    /// An oven that works for so many hours, its heat rising from `from_h` on by `rise` K an hour, up to 20 K.
    fn oven(seed: u64, hours: i64, from_h: f64, rise: f64) -> Scene {
        let mut scene = Scene::new(&[("oven", "oven", &[], ROLES)]).expect("a plant");
        let mut chance = Chance::seeded(seed);
        let mut swing = 0.0;
        scene.word(0, Role::State, 0, "producing");
        for minute in 0..hours * 60 {
            swing = 0.95 * swing + chance.normal();
            let wrong = ((minute as f64 / 60.0 - from_h) * rise).clamp(0.0, 20.0);
            scene.number(0, Role::Power, minute * 60, 20_000.0 + 150.0 * swing + 100.0 * chance.normal());
            scene.number(0, Role::Temperature, minute * 60 + 20, 180.0 + 0.3 * swing + wrong + 0.3 * chance.normal());
            scene.number(0, Role::AirPressure, minute * 60 + 40, 6.0 + 0.05 * chance.normal());
        }
        scene
    }

    #[test]
    fn heat_that_creeps_up_is_found_once_with_its_channel() {
        let scene = oven(1, 40, 24.0, 2.0);
        hold(&scene, Cause::Unusual, MachineId(0)).expect("the suite");
        let (know, records) = scene.play();
        let found = findings(&records, Cause::Unusual);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].channel, scene.plant.role(MachineId(0), Role::Temperature).map(|c| c.id));
        let hours = (found[0].at - START).hours() - 24.0;
        assert!((0.0..5.0).contains(&hours), "{hours} h after it began");
        assert!(found[0].probability > 0.9 && found[0].because.len() == 3);
        let bytes = know.memory().behaviour[0].bytes();
        assert!(bytes < 64 * 1_024, "{bytes} bytes");
    }

    #[test]
    fn good_order_raises_no_alarm_for_weeks() {
        for seed in 2..5 {
            assert!(findings(&oven(seed, 20 * 24, 0.0, 0.0).play().1, Cause::Unusual).is_empty(), "seed {seed}");
        }
    }

    #[test]
    fn a_sensor_that_sticks_is_told_as_such() {
        let mut scene = oven(6, 30, 0.0, 0.0);
        let stuck = scene.plant.role(MachineId(0), Role::AirPressure).map(|c| c.id).expect("a channel");
        let from = START + Span::from_hours(20);
        scene.readings.iter_mut().filter(|r| r.channel == stuck && r.at > from).for_each(|r| r.value = 6.01);
        let records = scene.play().1;
        let found = findings(&records, Cause::Unusual);
        assert!(found.len() == 1 && found[0].channel == Some(stuck), "{found:?}");
        assert_eq!(found[0].evidence[0].name, "stuck_for");
    }

    #[test]
    fn before_the_baseline_is_learned_nothing_is_said() {
        let hours = Behaviour::ROWS as i64 / 60 - 1;
        assert!(findings(&oven(7, hours, 4.0, 5.0).play().1, Cause::Unusual).is_empty());
    }

    #[test]
    fn a_small_shift_that_lasts_adds_up_and_is_told_with_its_channel() {
        let mut scene = oven(8, 44, 0.0, 0.0);
        let air = scene.plant.role(MachineId(0), Role::AirPressure).map(|c| c.id).expect("a channel");
        let from = START + Span::from_hours(20);
        // 0.4 deviations of a minute's value, 1.8 of the mean of 20.
        scene.readings.iter_mut().filter(|r| r.channel == air && r.at > from).for_each(|r| r.value += 0.02);
        let records = scene.play().1;
        let found = findings(&records, Cause::Unusual);
        assert!(!found.is_empty() && found[0].channel == Some(air), "{found:?}");
        let hours = (found[0].at - START).hours() - 20.0;
        assert!((0.0..12.0).contains(&hours), "{hours} h after it began");
        assert!(found[0].evidence.iter().any(|e| e.name == "drifts_for"), "{found:?}");
    }

    #[test]
    fn new_ways_that_last_are_told_as_such_and_learned_anew_only_when_asked() {
        let scene = oven(9, 1, 0.0, 0.0);
        let mut behaviour = Behaviour::new(&scene.plant, MachineId(0));
        let (mut chance, mut minute) = (Chance::seeded(3), 0);
        let mut live = |behaviour: &mut Behaviour, (minutes, version): (i64, u32), level: f64| {
            for _ in 0..minutes {
                (0..3).for_each(|slot| behaviour.add(slot, level + chance.normal()));
                minute += 1;
                behaviour.minute(START + Span::from_minutes(minute), Some((None, version)));
            }
        };
        let whole = 2 * Behaviour::ROWS as i64;
        live(&mut behaviour, (whole, 1), 100.0);
        assert_eq!((behaviour.version(), behaviour.unusual()), (Some(1), None));
        live(&mut behaviour, (60, 1), 112.0);
        assert_eq!(behaviour.unusual().map(|u| u.settled), Some(None));
        live(&mut behaviour, (whole, 1), 112.0);
        let settled = behaviour.unusual().and_then(|u| u.settled).unwrap_or(0);
        assert!(settled >= Behaviour::ROWS as u64 && behaviour.version() == Some(1), "{settled} min");
        let now = START + Span::from_minutes(2 * whole + 60);
        assert!(behaviour.relearn(now) && !behaviour.relearn(now));
        live(&mut behaviour, (whole, 2), 112.0);
        assert_eq!((behaviour.version(), behaviour.unusual()), (Some(2), None));
    }
}
