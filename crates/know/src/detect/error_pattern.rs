//! Errors that came before failures in the past come again.
//!
//! ```text
//! alarms     e1 .. e3 .. e1 .. e3 e5 .. e2 .. e3 ..        of 12 e3 so far 9 were followed by a failure within 48 h,
//! failures               x        x            ?           in any 48 h one has 0.08
//!                                          ^ finding: failures_after_alarm 0.75 (normal 0.08), alarm e3 6 h ago
//! ```
//!
//! Needs: alarm events, and failures (the state `down`; service events where no channel tells the state). The counts are
//! shared by all machines of a kind (`memory::errors`), for single alarms and for pairs within a day. Opens when the 5 % bound of the learned share lies above twice the
//! base rate; ends when the lead has passed, or the failure or a service came.

use super::{Detector, Look, Sight, Sign, evidence};
use crate::memory::errors::{Errors, pair};
use crate::memory::machine::Event;
use measure::statistics::share_estimate;
use measure::{Estimate, Span};
use plant::{Because, Cause, Role};

/// The detector.
pub const DETECTOR: Detector =
    Detector { name: "error_pattern", cause: Cause::ErrorPattern, cadence: Span::from_minutes(30), on_change: true, look };

/// Alarms without which a share says nothing.
const ALARMS_MIN: f64 = 5.0;
/// The learned share is at least so many times the base rate [1].
const TIMES: f64 = 2.0;
/// A share below this is not worth a word [1].
const SHARE_MIN: f64 = 0.4;

/// The newest alarm within the lead that failures followed in the past, with the share that they did and the base rate.
pub fn warning<'a>(sight: &Sight<'a>) -> Option<(&'a Event, Estimate, f64)> {
    let machine = sight.memory_of();
    if machine.alarms.is_empty() {
        return None;
    }
    let kind = sight.memory.kinds[sight.machine.index()];
    let base = sight.memory.errors.base_rate(kind)?;
    let settled = machine.failures.back().map(|f| f.at).max(machine.services.back().map(|s| s.at));
    let recent = machine.alarms.iter().rev().take(16);
    let open = recent.filter(|a| sight.now - a.at <= Errors::LEAD && settled.is_none_or(|s| s <= a.at));
    let open: Vec<&Event> = open.collect();
    let told = |alarm: &'a Event, word: &str| {
        let tally = sight.memory.errors.tally(kind, word).filter(|t| t.alarms >= ALARMS_MIN)?;
        let share = share_estimate(tally.hits, tally.alarms);
        (share.low > TIMES * base && share.value >= SHARE_MIN).then_some((alarm, share, base))
    };
    let alone = open.iter().filter_map(|alarm| told(alarm, &alarm.word));
    let pairs = open.iter().enumerate().flat_map(|(i, later)| open[i + 1..].iter().map(move |earlier| (*later, *earlier)));
    let close = pairs.filter(|(later, earlier)| later.word != earlier.word && later.at - earlier.at <= Errors::PAIR);
    let paired = close.filter_map(|(later, earlier)| told(later, &pair(&later.word, &earlier.word)));
    alone.chain(paired).max_by(|a, b| a.1.value.total_cmp(&b.1.value).then(a.0.at.cmp(&b.0.at)))
}

fn look(sight: &Sight<'_>) -> Look {
    if sight.channel(Role::Alarm).is_none() {
        return Look::Unsure;
    }
    let Some((alarm, share, base)) = warning(sight) else {
        return Look::Normal;
    };
    let because: Vec<Because> = [sight.readings(Role::Alarm, alarm.at)].into_iter().flatten().collect();
    Look::Found(Sign {
        since: sight.open.map_or(alarm.at, |f| f.since),
        channel: sight.channel(Role::Alarm),
        probability: share.value.clamp(0.05, 0.95),
        evidence: vec![
            evidence("failures_after_alarm", share, "1", Some(base)),
            evidence("alarm_age", Estimate::exact((sight.now - alarm.at).hours()), "h", None),
        ],
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

    const ROLES: &[(Role, &str)] = &[(Role::Vibration, "1"), (Role::Alarm, "1"), (Role::Serviced, "1")];

    /// Two machines without states over 60 days: e1 and e2 at random; e3 comes a day before a component is replaced, if
    /// `telling`, else at random too.
    fn sixty_days(telling: bool) -> Scene {
        let mut scene = Scene::new(&[("m1", "press", &[], ROLES), ("m2", "press", &[], ROLES)]).expect("a plant");
        let mut chance = Chance::seeded(6);
        for day in 0..60_i64 {
            for machine in 0..2_u32 {
                let s = day * 86_400 + 3_600 * (chance.below(20) as i64);
                (0..24).for_each(|h| scene.number(machine, Role::Vibration, day * 86_400 + h * 3_600, 40.0));
                if chance.happens(0.3) {
                    scene.word(machine, Role::Alarm, s, if chance.happens(0.5) { "e1" } else { "e2" });
                }
                let fails = day % 8 == i64::from(machine) * 3 && machine == 0;
                if if telling { fails } else { chance.happens(0.1) } {
                    scene.word(machine, Role::Alarm, s - 20 * 3_600, "e3");
                }
                if fails {
                    scene.word(machine, Role::Serviced, s, "comp2");
                }
            }
        }
        scene.readings.retain(|r| r.at >= crate::suite::START);
        scene
    }

    #[test]
    fn an_error_that_came_before_failures_is_found_when_it_comes_again() {
        let scene = sixty_days(true);
        hold(&scene, Cause::ErrorPattern, MachineId(0)).expect("the suite");
        let (_, records) = scene.play();
        let found = findings(&records, Cause::ErrorPattern);
        assert!((1..=3).contains(&found.len()), "{}", found.len());
        assert!(found[0].probability > 0.6 && found[0].evidence[0].normal.is_some_and(|n| n < 0.3));
        let remedied = records.iter().any(|r| matches!(r, plant::Record::Forecast(f) if f.service.as_deref() == Some("comp2")));
        assert!(remedied, "the forecast names the component");
    }

    #[test]
    fn errors_that_tell_nothing_raise_no_alarm() {
        assert!(findings(&sixty_days(false).play().1, Cause::ErrorPattern).is_empty());
    }
}
