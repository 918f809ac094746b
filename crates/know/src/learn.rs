//! What was learned of each machine, in the form that deciding and measuring use.
//!
//! Enters: memory. Leaves: [`MachineProfile`]s. Absent: forecasts (the id of the one in force is put in by `knowledge`).

use crate::memory::Memory;
use crate::memory::hours::worked;
use crate::memory::machine::MachineMemory;
use crate::memory::spell::mean_estimate;
use measure::statistics::Smoothed;
use measure::{Estimate, Instant, Span};
use plant::{MachineProfile, MachineState, Plant, Window};

/// Pieces below which a scrap share is not told.
const PIECES_MIN: f64 = 20.0;
/// Busy share looks back this far.
const LATELY: Span = Span::from_days(3);

/// Brings what changes by the minute up to date: how much longer the machine stays idle.
pub fn refresh_idle(profile: &mut MachineProfile, memory: &Memory, now: Instant) {
    profile.idle_left_s = idle_left(memory, memory.machine(profile.machine), now);
}

/// Brings everything else up to date.
pub fn refresh(profile: &mut MachineProfile, memory: &Memory, plant: &Plant, now: Instant) {
    let machine = memory.machine(profile.machine);
    profile.power = *machine.draws.by_state();
    let lengths = &machine.lengths;
    let stated = plant.machine(profile.machine).warm_up.seconds();
    // Until a warm-up was seen, the maker's word counts, within a third.
    profile.warm_up_s =
        mean_estimate(&lengths.warm_up).or_else(|| (stated > 0.0).then(|| Estimate::between(stated / 1.5, stated, stated * 1.5)));
    profile.repair_s = mean_estimate(&lengths.repair);
    profile.between_failures_s = mean_estimate(&lengths.between_failures);
    profile.set_up_s = mean_estimate(&lengths.set_up);
    profile.cycle_ratio = cycle_ratio(&machine.pieces.cycle_ratio);
    profile.scrap_share = machine.pieces.lately.share(PIECES_MIN);
    profile.scrap_base = machine.pieces.base.share(PIECES_MIN);
    profile.busy_share = busy_share(machine, plant, now);
}

fn cycle_ratio(smoothed: &Smoothed) -> Option<Estimate> {
    let count = smoothed.count() as f64;
    (count >= 3.0).then(|| {
        let reach = 1.645 * smoothed.deviation() / count.min(20.0).sqrt();
        Estimate::between(smoothed.mean() - reach, smoothed.mean(), smoothed.mean() + reach)
    })
}

/// How much longer the idle spell that runs will last, given how long it has lasted and the calendar [s].
///
/// Outside the shifts: until the next one. Within: as spells did that lasted as long; one that would outlast the shift
/// lasts until the next. Where too few spells were seen nothing is told within the shifts.
pub fn idle_left(memory: &Memory, machine: &MachineMemory, now: Instant) -> Option<Estimate> {
    let from = machine.idle_from?;
    let hours = memory.hours;
    if !hours.open {
        let left = (hours.until - now).seconds().max(0.0);
        // Work may be waited for after the shift has begun; people may come a little early.
        let late = machine.idle_spells.longest().max(3_600.0);
        return (hours.until < Instant::MAX).then(|| Estimate::between((left - 120.0).max(0.0), left, left + late));
    }
    let spell = machine.idle_spells.left((now - from.max(hours.from)).seconds())?;
    if hours.until == Instant::MAX || hours.reopens == Instant::MAX {
        return Some(spell);
    }
    let (closes, reopens) = ((hours.until - now).seconds(), (hours.reopens - now).seconds());
    let beyond = |left: f64| if left > closes { left.max(reopens) } else { left };
    Some(Estimate::between(beyond(spell.low), beyond(spell.value), beyond(spell.high)))
}

/// Share of the worked time of the last days in which the machine produced [1].
fn busy_share(machine: &MachineMemory, plant: &Plant, now: Instant) -> Option<f64> {
    if !machine.has_state {
        return None;
    }
    let from = machine.log.oldest_from()?.max(now - LATELY);
    let (mut open, mut producing) = (Span::ZERO, Span::ZERO);
    for (start, end) in worked(&plant.calendar, from, now) {
        open += end - start;
        for clip in machine.log.clips(Window { from: start, to: end }) {
            if clip.slice.tags.state == MachineState::Producing {
                producing += clip.to - clip.from;
            }
        }
    }
    (open > Span::from_minutes(10)).then(|| producing.seconds() / open.seconds())
}

#[cfg(test)]
mod tests {
    use crate::suite::{START, Scene};
    use measure::{Instant, Span};
    use plant::{MachineProfile, MachineState, Role};

    const ROLES: &[(Role, &str)] = &[
        (Role::State, "1"),
        (Role::Power, "W"),
        (Role::Good, "1"),
        (Role::Scrap, "1"),
        (Role::Product, "1"),
        (Role::CycleTime, "s"),
    ];

    fn s(hours: f64) -> i64 {
        (hours * 3_600.0) as i64
    }

    /// A day from 6 h on: 50 min of work and 10 min without, over and over; in standby from 22 h on; the next morning a
    /// warm-up of 5 min; then starved from 10 h on.
    fn two_days() -> Scene {
        let mut scene = Scene::new(&[("mill", "milling", &[], ROLES)]).expect("a plant");
        scene.word(0, Role::Product, 0, "p0");
        let mut made = 0.0;
        let mut work = |scene: &mut Scene, from: f64, to: f64| {
            let mut at = from;
            while at < to {
                scene.word(0, Role::State, s(at), "producing");
                scene.number(0, Role::Power, s(at), 9_000.0);
                for piece in 1..=25 {
                    made += 1.0;
                    scene.number(0, Role::CycleTime, s(at) + 120 * piece, 120.0);
                    scene.number(
                        0,
                        if made % 20.0 == 0.0 { Role::Scrap } else { Role::Good },
                        s(at) + 120 * piece,
                        if made % 20.0 == 0.0 { made / 20.0 } else { made },
                    );
                }
                scene.word(0, Role::State, s(at + 5.0 / 6.0), "starved");
                scene.number(0, Role::Power, s(at + 5.0 / 6.0), 2_000.0);
                at += 1.0;
            }
        };
        work(&mut scene, 6.0, 22.0);
        scene.word(0, Role::State, s(22.0), "standby");
        scene.number(0, Role::Power, s(22.0), 300.0);
        scene.word(0, Role::State, s(30.0), "warming_up");
        work(&mut scene, 30.0 + 1.0 / 12.0, 34.0);
        scene.until = START + Span::from_hours(36);
        scene
    }

    fn profile_at(hours: f64) -> MachineProfile {
        let mut seen = None;
        let wanted = START + Span::from_seconds_f64(hours * 3_600.0);
        two_days().play_to(&mut |at: Instant, know| {
            if at == wanted {
                seen = know.profiles().first().cloned();
            }
        });
        seen.expect("the instant was passed")
    }

    #[test]
    fn idle_left_knows_the_spells_and_the_calendar() {
        assert_eq!(profile_at(9.0 + 0.5).idle_left_s, None, "it works");
        assert_eq!(profile_at(7.9).idle_left_s, None, "too few spells were seen");
        // Ten-minute spells, four minutes in: six are left.
        let short = profile_at(16.9).idle_left_s.expect("spells enough");
        assert!((short.value - 360.0).abs() < 2.0, "{short:?}");
        // The night is known from the calendar.
        let night = profile_at(24.0).idle_left_s.expect("the calendar");
        assert!((night.value - 6.0 * 3_600.0).abs() < 2.0 && night.covers(6.0 * 3_600.0 + 300.0), "{night:?}");
        // Longer than any spell before: about as much again.
        let long = profile_at(35.9).idle_left_s.expect("spells enough");
        let passed = (35.9 - 33.0 - 1.0 / 12.0 - 5.0 / 6.0) * 3_600.0;
        assert!((long.value - passed).abs() < 61.0 && long.high > 5.0 * passed, "{long:?} after {passed}");
    }

    #[test]
    fn warm_up_starts_from_the_makers_word_and_moves_to_what_was_seen() {
        let stated = profile_at(10.0).warm_up_s.expect("stated");
        assert!(stated.value == 300.0 && stated.low < 250.0);
        let seen = profile_at(35.0).warm_up_s.expect("seen");
        assert!((seen.value - 300.0).abs() < 1.0);
    }

    #[test]
    fn power_pace_scrap_and_share_are_learned() {
        let profile = profile_at(35.0);
        let power = |state: MachineState| profile.power[state.index()].mean.round();
        assert_eq!(
            (power(MachineState::Producing), power(MachineState::Starved), power(MachineState::Standby)),
            (9_000.0, 2_000.0, 300.0)
        );
        assert!(profile.cycle_ratio.is_some_and(|r| r.value == 2.0), "{:?}", profile.cycle_ratio);
        // 16 h and 4 h in rounds of an hour with 50 min of work, of 16 + 5 h worked until 35 h.
        let busy = profile.busy_share.expect("states");
        assert!((busy - 20.0 * 5.0 / 6.0 / 21.0).abs() < 0.03, "{busy}");
        assert!(profile.scrap_share.is_some_and(|share| share.value < 0.06 && share.value > 0.0));
    }
}
