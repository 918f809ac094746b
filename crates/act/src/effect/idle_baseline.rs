//! Energy saved by standby: the energy of staying idle, less the metered energy of the standby spell with its restart.
//!
//! Enters: the spell (standby and warm-up), the energy counter, learned idle power. Leaves: energy saved [kW.h]. Absent: what
//! the machine did after the spell, but for the delay.
//!
//! A restart caused by work delays that work by the warm-up w: at the end of the spell, where the window ends, the twin that
//! stayed ready has worked for w already. So the baseline of that span is the power of the work that follows, with an
//! interval from idle power to a tenth above. A machine woken by command is delayed only by the warm-up that falls into
//! worked time. Idle power is what was learned and what the meter showed when the command was sent, half each where idle power
//! is steady. Where it is not (a compressor that feeds leaks), what the meter showed tells more: the two are weighed by the
//! inverse of their variances, that of what was learned from minute to minute and that of a steady draw.

use super::{Case, Method, hours};
use measure::{Estimate, Span};
use plant::{Action, MachineState, Role};

/// The method.
pub const METHOD: Method = Method {
    name: "idle_baseline",
    fits: |d| d.action == Action::Standby,
    is_over: |case| case.watch.left.is_some() || has_not_obeyed(case),
    effect,
    roles: &[Role::State, Role::Energy, Role::Power],
};

/// A machine that acknowledged and is not in standby after this does not go there.
const OBEY_WITHIN: Span = Span::from_minutes(15);

fn has_not_obeyed(case: &Case<'_>) -> bool {
    case.watch.entered.is_none() && case.now - case.watch.executed >= OBEY_WITHIN
}

fn effect(case: &Case<'_>) -> Estimate {
    let watch = case.watch;
    let end = watch.left.map_or(case.end(), |(at, _)| at.min(case.end()));
    let length_h = hours(end - watch.executed);
    let Some(idle) = idle_power(case, length_h) else {
        return Estimate::between(0.0, 0.0, 0.0);
    };
    if watch.entered.is_none() && watch.blind == Span::ZERO {
        // It never went to standby: nothing differs but what the power says of an hour's drift.
        let reach = length_h * (idle.high - idle.value) / 1_000.0;
        return Estimate::between(-reach, 0.0, reach);
    }
    let (metered, metered_reach) = metered(case, length_h, end);
    let baseline = idle.value * length_h / 1_000.0;
    let reach =
        ((idle.high - idle.value) * length_h / 1_000.0).hypot(metered_reach) + hours(watch.blind) * 0.5 * idle.value / 1_000.0;
    let (late_low, late, late_high) = delay(case, idle);
    let value = baseline - metered + late;
    Estimate::between(value - late + late_low - reach, value, value - late + late_high + reach)
}

/// Energy of the spell [kW.h] and half the width of its interval: the counter, brought to the ends of the window with the
/// power at either end; without a counter, learned power by state.
fn metered(case: &Case<'_>, length_h: f64, end: measure::Instant) -> (f64, f64) {
    let tally = case.watch.spell_energy;
    let counted = tally.first.zip(tally.last).and_then(|ends| Some((ends, case.kwh(tally.sum)?)));
    let (Some(((first, _), (last, _))), kwh) = (counted.map(|c| c.0), counted.map_or(0.0, |c| c.1)) else {
        return by_state(case);
    };
    let watts = |name: &str| case.figure(name).map_or(0.0, |e| e.value);
    // Signed: a first reading before the execution brought too much, one after it too little.
    let head = (first - case.watch.executed).hours() * watts("idle_power") / 1_000.0;
    let closing = if case.watch.left.is_some() { "warm_up_power" } else { "standby_power" };
    let mean = if length_h > 0.0 { kwh / length_h } else { 0.0 };
    let tail = (end - last).hours() * (watts(closing) / 1_000.0).max(mean);
    ((kwh + head + tail).max(0.0), 0.5 * head.abs().hypot(tail.abs()))
}

fn by_state(case: &Case<'_>) -> (f64, f64) {
    let (mut kwh, mut reach) = (0.0, 0.0);
    for (state, _) in MachineState::ALL {
        let h = hours(case.watch.spell[state.index()]);
        let told = match state {
            MachineState::Standby => case.figure("standby_power"),
            MachineState::WarmingUp => case.figure("warm_up_power"),
            _ => case.figure("idle_power"),
        };
        let learned = case.profile.filter(|p| p.power[state.index()].minutes >= 1.0).and_then(|_| case.power(state, 60.0 * h));
        if let Some(power) = learned.or(told) {
            kwh += power.value * h / 1_000.0;
            reach += (power.high - power.low) / 2.0 * h / 1_000.0;
        }
    }
    (kwh, reach)
}

/// What the delay adds to the energy of the undelayed machine, beyond idle power [kW.h]: low, likely, high.
fn delay(case: &Case<'_>, idle: Estimate) -> (f64, f64, f64) {
    let watch = case.watch;
    let Some((_, after)) = watch.left.filter(|(_, s)| matches!(s, MachineState::Producing | MachineState::SetUp)) else {
        return (0.0, 0.0, 0.0);
    };
    let w = if watch.is_woken { hours(watch.warm_worked) } else { hours(watch.spell[MachineState::WarmingUp.index()]) };
    let assumed = if after == MachineState::SetUp { 1.1 * idle.value } else { 2.7 * idle.value };
    let working = case.power(after, 60.0).map_or(assumed, |p| p.value);
    let more = w * (working - idle.value) / 1_000.0;
    (more.min(0.0), more, more.max(0.0) + 0.1 * w * working / 1_000.0)
}

/// From minute to minute a steady idle draw varies by this share.
const STEADY: f64 = 0.02;

/// Idle power [W]: what was learned before and what the meter showed when the command was sent, by the inverse of their
/// variances; where they differ the interval is wider.
fn idle_power(case: &Case<'_>, length_h: f64) -> Option<Estimate> {
    let watch = case.watch;
    // After a restart the state before is not known any more.
    let state = if watch.first.is_idle() { watch.first } else { MachineState::Starved };
    let learned = case.power(state, 60.0 * length_h).or_else(|| case.figure("idle_power"));
    let shown = watch.draw.filter(|w| watch.first.is_idle() && w.is_finite() && *w >= 0.0);
    match (learned, shown) {
        (Some(learned), Some(shown)) => {
            let reach = (learned.high - learned.value).max(0.6 * (shown - learned.value).abs()).max(0.015 * shown);
            let (a, b) = (case.deviation(state).max(STEADY * learned.value), STEADY * shown);
            let value = learned.value + a * a / (a * a + b * b) * (shown - learned.value);
            Some(Estimate::between(value - reach, value, value + reach))
        }
        (learned, shown) => learned.or_else(|| shown.map(|w| Estimate::between(0.95 * w, w, 1.05 * w))),
    }
}
