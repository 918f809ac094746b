//! Powers idle machines down, and wakes them before work starts.
//!
//! Enters: learned power by state, the expected rest of the idle spell, shifts. Leaves: `Standby` with the energy it saves
//! [kW.h], `Wake` with the warm-up it keeps out of worked time [min]. Absent: failures, orders' due dates.
//!
//! Rule: with a known distribution of the idle time, power down at once if the expected saving exceeds the restart
//! (Mouzon, Yildirim and Twomey, Int. J. Production Research 45, 2007; the modes of ISO 14955-1). Without one, wait until
//! the idle time reaches the break-even time restart energy / (idle − standby power): never more than twice the best in
//! hindsight (Karlin, Manasse, Rudolph and Sleator, Algorithmica 3, 1988).
//!
//! A restart in worked time delays work by the warm-up. With the share of time that the machine is busy as probability, the
//! delay has to be made up by running that much longer; this is charged at producing power, and a machine that is busy
//! nearly all the time is left ready.

use super::{figure, instead, nothing, readings};
use crate::clock::Shifts;
use crate::{Proposal, Situation};
use measure::{Estimate, Instant, Span};
use plant::{Action, Because, Code, DecisionKind, Effect, Evidence, ForecastKind, MachineId, MachineState, Metric, Role};
use std::cell::OnceCell;

/// The `from` of its decisions.
pub const NAME: &str = "standby";

/// Standby power before any was seen, as a share of idle power: low, likely, high. Machine tools draw 5–50 % of their
/// ready power in standby (ISO 14955-1 modes; Dahmus and Gutowski, ASME IMECE 2004, for the constant share).
const STANDBY_SHARE: (f64, f64, f64) = (0.05, 0.25, 0.55);
/// Warm-up power before any was seen, as a share of idle power: low, likely, high.
const WARM_UP_SHARE: (f64, f64, f64) = (1.0, 2.0, 4.0);
/// A machine busy for more than this share of its shifts is not powered down within them.
const BUSY_MAX: f64 = 0.85;
/// A machine idle for less than this is not looked at.
const LASTED_MIN: Span = Span::from_minutes(2);
/// Longest horizon of a standby decision.
const HORIZON_MAX: Span = Span::from_days(4);
/// How long after the start of work the effect of a wake is looked at.
const WAKE_HORIZON: Span = Span::from_minutes(60);
/// Slack between the end of the warm-up and the start of work.
const WAKE_SLACK: Span = Span::from_minutes(2);

/// What powering down and coming back costs a machine.
#[derive(Clone, Copy, Debug)]
struct Restart {
    /// Idle power [W].
    idle: Estimate,
    /// Standby power [W].
    standby: Estimate,
    /// Warm-up power [W].
    warm: Estimate,
    /// Warm-up time [s].
    warm_s: Estimate,
}

/// How long the machine will stay idle.
struct Rest {
    left_s: Option<Estimate>,
    off_shift: bool,
    because: Option<Because>,
}

/// Standby of idle machines and the wake of those in standby.
pub fn choose(situation: &Situation<'_>) -> Vec<Proposal> {
    let shifts = OnceCell::new();
    let mut proposals = Vec::new();
    for machine in &situation.plant.machines {
        let Some(image) = situation.machine(machine.id) else { continue };
        if situation.writable(machine.id, Role::SetState).is_none() {
            continue;
        }
        let around = || *shifts.get_or_init(|| Shifts::around(&situation.plant.calendar, situation.now));
        if image.state.is_idle() && situation.lasted(machine.id) >= LASTED_MIN {
            if !situation.is_open(machine.id, DecisionKind::Standby) {
                proposals.extend(power_down(situation, machine.id, around()));
            }
        } else if matches!(image.state, MachineState::Standby | MachineState::Off) && situation.lasted(machine.id) > Span::ZERO {
            proposals.extend(wake(situation, machine.id, around()));
        }
    }
    proposals
}

fn warm_up_s(situation: &Situation<'_>, machine: MachineId) -> Estimate {
    let stated = situation.plant.machine(machine).warm_up.seconds().max(1.0);
    let learned = situation.profile(machine).and_then(|p| p.warm_up_s).filter(|e| e.value.is_finite() && e.value > 0.0);
    learned.map_or_else(|| Estimate::between(0.7 * stated, stated, 1.5 * stated), |e| bounded(e, 0.5, 2.0))
}

/// The interval with ends no further than these shares of the value: an estimate from one observation has none.
fn bounded(e: Estimate, low: f64, high: f64) -> Estimate {
    let low = if e.low.is_finite() { e.low } else { low * e.value };
    let high = if e.high.is_finite() { e.high } else { high * e.value };
    Estimate::between(low.max(0.0), e.value, high)
}

fn restart(situation: &Situation<'_>, machine: MachineId, state: MachineState) -> Option<Restart> {
    let other = if state == MachineState::Starved { MachineState::Blocked } else { MachineState::Starved };
    let idle = situation.power(machine, state).or_else(|| situation.power(machine, other))?;
    let share =
        |(low, likely, high): (f64, f64, f64)| Estimate::between(low * idle.value, likely * idle.value, high * idle.value);
    let standby = situation.power(machine, MachineState::Standby).unwrap_or_else(|| share(STANDBY_SHARE));
    let warm = situation.power(machine, MachineState::WarmingUp).unwrap_or_else(|| share(WARM_UP_SHARE));
    Some(Restart { idle, standby, warm, warm_s: warm_up_s(situation, machine) })
}

impl Restart {
    /// Energy saved by standing by for all of `left_s` but the warm-up [kW.h].
    fn saving(&self, left_s: Estimate) -> Estimate {
        let kwh = |idle: f64, standby: f64, warm: f64, warm_s: f64, left: f64| {
            ((idle - standby) * (left - warm_s).max(0.0) - (warm - idle) * warm_s.min(left)) / 3.6e6
        };
        let value = kwh(self.idle.value, self.standby.value, self.warm.value, self.warm_s.value, left_s.value);
        // The length of the spell rules; power errors are independent of it, so their spreads add in squares.
        let by_left = |left: f64| kwh(self.idle.value, self.standby.value, self.warm.value, self.warm_s.value, left) - value;
        let hours = (left_s.value - self.warm_s.value).max(0.0) / 3.6e6;
        let by_power = hours * ((self.idle.high - self.idle.value).hypot(self.standby.high - self.standby.value))
            + (self.warm.high - self.warm.value) * self.warm_s.value / 3.6e6;
        let (low, high) = (by_left(left_s.low).min(0.0), by_left(left_s.high).max(0.0));
        Estimate::between(value - low.hypot(by_power), value, value + high.hypot(by_power))
    }
    /// Idle time from which powering down pays [s].
    fn break_even_s(&self) -> Option<f64> {
        let drop = self.idle.value - self.standby.value;
        (drop > 0.0).then(|| self.warm_s.value * (1.0 + (self.warm.value - self.idle.value).max(0.0) / drop))
    }
}

/// How much longer the machine stays idle: until the next shift where none is worked, else as forecast or learned.
fn rest(situation: &Situation<'_>, machine: MachineId, shifts: Shifts) -> Rest {
    let to_next = shifts.next.map(|next| (next - situation.now).seconds());
    let Some(ends) = shifts.ends else {
        let left_s = to_next.map(|s| Estimate::between(0.9 * s, s, s + 900.0));
        return Rest { left_s, off_shift: true, because: None };
    };
    let forecast = situation.forecast(machine, ForecastKind::IdleSpan);
    let learned = situation.profile(machine).and_then(|p| p.idle_left_s);
    let expected = forecast.map(|f| f.value.scaled(60.0)).or(learned).filter(|e| e.value.is_finite() && e.value >= 0.0);
    let because = forecast.map(|f| Because::Record(f.id));
    let to_end = (ends - situation.now).seconds();
    let left_s = expected.map(|e| bounded(e, 0.1, 3.0)).map(|e| match to_next {
        // Idle past the end of work means idle until the next start.
        Some(next) if e.value >= to_end => Estimate::between(e.low, next, next + 900.0),
        _ => e,
    });
    Rest { left_s, off_shift: false, because }
}

fn power_down(situation: &Situation<'_>, machine: MachineId, shifts: Shifts) -> Option<Proposal> {
    let image = situation.machine(machine)?;
    let restart = restart(situation, machine, image.state)?;
    let break_even_s = restart.break_even_s()?;
    let rest = rest(situation, machine, shifts);
    let busy = situation.profile(machine).and_then(|p| p.busy_share).unwrap_or(0.5).clamp(0.0, 1.0);
    let in_work = !rest.off_shift;
    if in_work && (!image.infeed.is_empty() || busy > BUSY_MAX) {
        return None;
    }
    let lasted_s = situation.lasted(machine).seconds();
    // Without any expectation the spell is taken to last once more as long as it did, after break-even has passed.
    let left_s = match rest.left_s {
        Some(left) => left,
        None if lasted_s >= break_even_s => Estimate::between(0.2 * lasted_s, lasted_s, 4.0 * lasted_s),
        None => return None,
    };
    let saving = restart.saving(left_s);
    let producing = situation.power(machine, MachineState::Producing).map_or(2.0 * restart.idle.value, |p| p.value);
    let delay = if in_work { busy * restart.warm_s.value * producing / 3.6e6 } else { 0.0 };
    if left_s.value <= break_even_s || saving.value <= delay {
        return None;
    }
    let horizon_s = if rest.off_shift { left_s.value } else { 1.2 * left_s.value } + 2.0 * restart.warm_s.value + 600.0;
    let metric = Metric::EnergySaved;
    let mut because: Vec<Because> = rest.because.into_iter().collect();
    because.extend(situation.finding(machine, plant::Cause::IdleEnergy).map(|f| Because::Record(f.id)));
    because.extend([Role::State, Role::Power].iter().filter_map(|r| readings(situation, machine, *r, image.since)));
    Some(Proposal {
        from: Code::Borrowed(NAME),
        because,
        kind: DecisionKind::Standby,
        machine,
        action: Action::Standby,
        not_before: situation.now,
        valid_until: situation.now + Span::from_seconds_f64((0.5 * left_s.value).clamp(60.0, 3_600.0)),
        expected: Effect { metric, value: saving },
        horizon: Span::from_seconds_f64(horizon_s).min(HORIZON_MAX),
        evidence: evidence(&restart, left_s, break_even_s, delay),
        rejected: vec![
            nothing(metric),
            instead(Action::Standby, metric, restart.saving(later(left_s, break_even_s)), "smaller_effect_when_later"),
        ],
    })
}

/// The spell as it is left after waiting for break-even once more.
fn later(left_s: Estimate, wait_s: f64) -> Estimate {
    let less = |s: f64| (s - wait_s).max(0.0);
    Estimate::between(less(left_s.low), less(left_s.value), less(left_s.high))
}

fn evidence(restart: &Restart, left_s: Estimate, break_even_s: f64, delay_kwh: f64) -> Vec<Evidence> {
    vec![
        figure("idle_power", restart.idle, "W"),
        figure("standby_power", restart.standby, "W"),
        figure("warm_up_power", restart.warm, "W"),
        figure("warm_up", restart.warm_s, "s"),
        figure("idle_left", left_s, "s"),
        figure("break_even", Estimate::exact(break_even_s), "s"),
        figure("delay_cost", Estimate::exact(delay_kwh), "kW.h"),
    ]
}

/// Probability that a machine with work before it is needed at the start of a shift, and one without.
const WAITS: f64 = 0.95;
const WAITS_NOT: f64 = 0.1;

/// Whether an order is on the machine, waits before it, or lies between machines with its next operation here.
fn work_waits(situation: &Situation<'_>, machine: MachineId) -> bool {
    let here = |m: &plant::MachineImage| !m.infeed.is_empty() || m.order.is_some_and(|o| is_next(situation, o, machine));
    let between = |(progress, order): (&plant::OrderProgress, &plant::Order)| {
        progress.started.is_some() && progress.running_at.is_none() && is_next(situation, order.id, machine)
    };
    situation.machine(machine).is_some_and(here) || situation.image.orders.iter().zip(&situation.plant.orders).any(between)
}

/// Whether the next operation of an order can be done at a machine.
fn is_next(situation: &Situation<'_>, order: plant::OrderId, machine: MachineId) -> bool {
    let (Some(progress), Some(order)) = (situation.image.orders.get(order.index()), situation.plant.orders.get(order.index()))
    else {
        return false;
    };
    let route = situation.plant.products.get(order.product.index()).map_or(&[][..], |p| &p.route);
    progress.finished.is_none() && route.get(progress.next).is_some_and(|o| o.machines.contains(&machine))
}

fn is_on_a_route(situation: &Situation<'_>, machine: MachineId) -> bool {
    situation.plant.products.iter().flat_map(|p| &p.route).any(|o| o.machines.contains(&machine))
}

/// When work is expected at a machine in standby, how surely, and why.
fn work_expected(situation: &Situation<'_>, machine: MachineId, shifts: Shifts) -> Option<(Instant, f64, Option<Because>)> {
    let busy = situation.profile(machine).and_then(|p| p.busy_share).unwrap_or(0.5).clamp(0.0, 1.0);
    if shifts.ends.is_none() {
        let probability = if work_waits(situation, machine) {
            WAITS
        } else if is_on_a_route(situation, machine) {
            WAITS_NOT
        } else {
            busy
        };
        return shifts.next.map(|next| (next, probability, None));
    }
    let forecast = situation.forecast(machine, ForecastKind::IdleSpan)?;
    let at = forecast.at + Span::from_seconds_f64(60.0 * forecast.value.value);
    (at > situation.now).then_some((at, busy.max(0.5), Some(Because::Record(forecast.id))))
}

/// Least probability of work for which a machine is woken: below, the idle power of waiting costs more than it brings.
const WORK_MIN: f64 = 0.3;

fn wake(situation: &Situation<'_>, machine: MachineId, shifts: Shifts) -> Option<Proposal> {
    let open = |action: &Action| situation.open(machine).any(|d| d.action == *action);
    if open(&Action::Wake) {
        return None;
    }
    let (work, probability, because) = work_expected(situation, machine, shifts)?;
    let warm_s = warm_up_s(situation, machine);
    // After a long standby a furnace takes as long as the maker states, whatever shorter ones took.
    let stated_s = situation.plant.machine(machine).warm_up.seconds();
    let not_before =
        work - Span::from_seconds_f64(stated_s.max(warm_s.value).max(warm_s.high.min(1.2 * warm_s.value))) - WAKE_SLACK;
    if probability < WORK_MIN || situation.now < not_before || situation.now >= work {
        return None;
    }
    let metric = Metric::DownTimeAvoided;
    let minutes = warm_s.value / 60.0;
    let low = if probability > 0.95 { 0.7 * minutes } else { -0.1 };
    let value = Estimate::between(low, probability * minutes, 1.2 * warm_s.high / 60.0);
    let since = situation.machine(machine).map_or(situation.now, |m| m.since);
    let mut reasons: Vec<Because> = because.into_iter().collect();
    reasons.extend(readings(situation, machine, Role::State, since));
    Some(Proposal {
        from: Code::Borrowed(NAME),
        because: reasons,
        kind: DecisionKind::Standby,
        machine,
        action: Action::Wake,
        not_before: situation.now,
        valid_until: work,
        expected: Effect { metric, value },
        horizon: (work - situation.now) + WAKE_HORIZON,
        evidence: vec![
            figure("warm_up", warm_s, "s"),
            figure("work_probability", Estimate::exact(probability), "1"),
            figure("work_in", Estimate::exact((work - situation.now).seconds()), "s"),
        ],
        rejected: vec![nothing(metric)],
    })
}
