//! One machine holds up its line.
//!
//! ```text
//! mill     producing producing blocked  producing blocked  blocked      blocked 50 %
//! washer   producing ================================================   active all the time: the bottleneck
//! packer   starved   producing starved  starved   producing starved     starved 65 %
//!                                                                   ^ finding: share_bottleneck 0.92 (normal 0.33)
//! ```
//!
//! Needs: states of machines that feed each other. Active period method (C. Roser, M. Nakano,
//! M. Tanaka, Winter Simulation Conference 2002): at each instant the machine with the longest unbroken active period is the
//! momentary bottleneck; a machine that is it for half of the worked time of the last hours, while others wait for it, is
//! told. A machine is active unless it is blocked, starved, in standby or off.

use super::{Detector, Look, Sight, Sign, evidence};
use crate::memory::hours::{merge, worked};
use crate::memory::machine::MachineMemory;
use measure::statistics::share_estimate;
use measure::{Instant, Span};
use plant::{Because, Cause, Evidence, MachineId, MachineState, Role, Window};

/// The detector.
pub const DETECTOR: Detector =
    Detector { name: "bottleneck", cause: Cause::Bottleneck, cadence: Span::from_minutes(20), on_change: false, look };

/// How far back is looked.
const WITHIN: Span = Span::from_hours(4);
/// Instants looked at are this far apart.
const STEP: Span = Span::from_minutes(5);
/// Share of the time as momentary bottleneck that opens and that ends a finding [1].
const OPENS: f64 = 0.5;
const ENDS: f64 = 0.35;
/// Share of the time that others wait that makes it worth a word [1].
const WAITING_MIN: f64 = 0.1;
/// Worked time without which nothing is told.
const WORKED_MIN: Span = Span::from_hours(1);

fn look(sight: &Sight<'_>) -> Look {
    if !sight.memory_of().has_state {
        return Look::Unsure;
    }
    let group = group(sight);
    if group.len() < 2 {
        return Look::Unsure;
    }
    let window = Window { from: sight.now - WITHIN, to: sight.now };
    let open = worked(&sight.plant.calendar, window.from, window.to);
    let worked_time = open.iter().fold(Span::ZERO, |sum, p| sum + (p.1 - p.0));
    let known = sight.memory_of().log.oldest_from().is_some_and(|from| from <= sight.now - WORKED_MIN);
    if worked_time < WORKED_MIN || !known {
        return if sight.open.is_some() && worked_time == Span::ZERO { Look::Normal } else { Look::Unsure };
    }
    let own: f64 = active(sight.memory_of(), window).iter().map(|p| (p.1 - p.0).seconds()).sum();
    if sight.open.is_none() && own < OPENS * worked_time.seconds() {
        return Look::Normal; // not active for long enough, whatever the others did
    }
    let periods: Vec<Vec<(Instant, Instant)>> = group.iter().map(|m| active(sight.memory.machine(*m), window)).collect();
    let Some(place) = group.iter().position(|m| *m == sight.machine) else {
        return Look::Unsure;
    };
    let (mut held, mut seen) = (0.0, 0.0);
    for (from, to) in &open {
        let mut at = *from + STEP;
        while at <= *to {
            seen += 1.0;
            held += f64::from(u8::from(longest(&periods, at) == Some(place)));
            at += STEP;
        }
    }
    let share = held / f64::max(seen, 1.0);
    let downstream = &sight.memory.downstream[sight.machine.index()];
    let waits = |ids: &[MachineId], state| waiting(sight, ids, state, &open);
    let upstream = &sight.memory.upstream[sight.machine.index()];
    let (blocked, starved) = (waits(upstream, MachineState::Blocked), waits(downstream, MachineState::Starved));
    let limit = if sight.open.is_some() { ENDS } else { OPENS };
    if share < limit || blocked.max(starved) < WAITING_MIN {
        return Look::Normal;
    }
    // Instants of one active period are not independent: an hour counts once.
    let trials = (worked_time.hours()).max(1.0);
    let because: Vec<Because> = group.iter().filter_map(|m| state_readings(sight, *m, window)).take(8).collect();
    Look::Found(Sign {
        since: sight.open.map_or(window.from.max(open[0].0), |f| f.since),
        channel: sight.channel(Role::State),
        probability: (0.5 + 0.5 * share).min(0.95),
        evidence: vec![
            evidence("share_bottleneck", share_estimate(share * trials, trials), "1", Some(1.0 / group.len() as f64)),
            evidence("share_blocked_upstream", share_estimate(blocked * trials, trials), "1", Some(0.0)),
            evidence("share_starved_downstream", share_estimate(starved * trials, trials), "1", Some(0.0)),
        ],
        loss: lost_per_hour(sight, share.min(starved)),
        because,
    })
}

/// Machines that pieces can pass between, directly or not: those up and down stream, and those beside this one.
fn group(sight: &Sight<'_>) -> Vec<MachineId> {
    let (downstream, upstream) = (&sight.memory.downstream, &sight.memory.upstream);
    let mine = &downstream[sight.machine.index()];
    let beside = mine.iter().flat_map(|id| &upstream[id.index()]);
    let linked = mine.iter().chain(&upstream[sight.machine.index()]).chain(beside).chain([&sight.machine]);
    let mut group: Vec<MachineId> = linked.copied().filter(|id| sight.memory.machine(*id).has_state).collect();
    group.sort_unstable();
    group.dedup();
    group
}

const fn is_active(state: MachineState) -> bool {
    use MachineState as S;
    matches!(state, S::WarmingUp | S::SetUp | S::Producing | S::Service | S::Down)
}

/// Unbroken active periods of a machine that touch the window.
fn active(machine: &MachineMemory, window: Window) -> Vec<(Instant, Instant)> {
    let clips = machine.log.clips(window).filter(|c| is_active(c.slice.tags.state));
    merge(clips.map(|c| (c.from, c.to)))
}

/// The machine whose active period around an instant is the longest.
fn longest(periods: &[Vec<(Instant, Instant)>], at: Instant) -> Option<usize> {
    let around = |of: &Vec<(Instant, Instant)>| {
        let place = of.partition_point(|p| p.1 < at);
        of.get(place).filter(|p| p.0 <= at).map(|p| p.1 - p.0)
    };
    let lengths = periods.iter().enumerate().filter_map(|(i, of)| around(of).map(|length| (length, i)));
    lengths.max_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1))).map(|(_, i)| i)
}

/// Greatest share of the worked time that one of the machines spent in a waiting state [1].
fn waiting(sight: &Sight<'_>, ids: &[MachineId], state: MachineState, open: &[(Instant, Instant)]) -> f64 {
    let total: f64 = open.iter().map(|p| (p.1 - p.0).seconds()).sum();
    let of = |id: &MachineId| -> f64 {
        let log = &sight.memory.machine(*id).log;
        let clips = open.iter().flat_map(|p| log.clips(Window { from: p.0, to: p.1 }));
        clips.filter(|c| c.slice.tags.state == state).map(|c| (c.to - c.from).seconds()).sum()
    };
    ids.iter().map(of).fold(0.0, f64::max) / total.max(1.0)
}

fn state_readings(sight: &Sight<'_>, machine: MachineId, window: Window) -> Option<Because> {
    sight.plant.role(machine, Role::State).map(|c| Because::Readings { channel: c.id, window })
}

/// Pieces the line could make more per hour: the time it waits for the machine at the machine's planned pace [/h].
fn lost_per_hour(sight: &Sight<'_>, share: f64) -> Option<Evidence> {
    let planned = sight.memory.planned_s(sight.machine, sight.memory_of().log.tags());
    (planned > 0.0 && share > 0.0).then(|| {
        let pieces = share * 3_600.0 / planned;
        evidence("pieces_lost", measure::Estimate::between(0.3 * pieces, pieces, 1.5 * pieces), "/h", None)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{Scene, findings, hold};
    use measure::Chance;

    const STATE: &[(Role, &str)] = &[(Role::State, "1")];

    /// Three machines in a row over a day, with a little luck in the length of their spells; machine 1 works all the time if `is_slow`, and the others wait for
    /// it; else all of them wait a little, in turn.
    fn a_day(is_slow: bool) -> Scene {
        let mut scene =
            Scene::new(&[("mill", "milling", &[1], STATE), ("wash", "washing", &[2], STATE), ("pack", "packing", &[], STATE)])
                .expect("a plant");
        let mut chance = Chance::seeded(8);
        scene.word(1, Role::State, 6 * 3_600, "producing");
        for machine in [0_u32, 1, 2] {
            let mut s = 6 * 3_600 + 60 * i64::from(machine);
            while s < 22 * 3_600 {
                let works = (if is_slow { 300.0 } else { 900.0 }) * chance.between(0.8, 1.2);
                let waits = (if is_slow { 300.0 } else { 60.0 }) * chance.between(0.8, 1.2);
                if machine != 1 || !is_slow {
                    scene.word(machine, Role::State, s, "producing");
                    scene.word(machine, Role::State, s + works as i64, if machine == 0 { "blocked" } else { "starved" });
                }
                s += (works + waits) as i64;
            }
            scene.word(machine, Role::State, 22 * 3_600, "starved");
        }
        scene
    }

    #[test]
    fn the_machine_that_others_wait_for_is_named() {
        let scene = a_day(true);
        hold(&scene, Cause::Bottleneck, MachineId(1)).expect("the suite");
        let records = scene.play().1;
        let found = findings(&records, Cause::Bottleneck);
        assert_eq!(found.len(), 1);
        let figures: Vec<f64> = found[0].evidence.iter().map(|e| e.value.value).collect();
        assert!(figures[0] > 0.9 && (0.4..0.6).contains(&figures[1]) && (0.4..0.6).contains(&figures[2]), "{figures:?}");
    }

    #[test]
    fn a_balanced_line_has_none() {
        assert!(findings(&a_day(false).play().1, Cause::Bottleneck).is_empty());
    }
}
