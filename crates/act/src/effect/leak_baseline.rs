//! Energy saved by mending leaks: two witnesses, weighed by their certainty. The one is the loss that the diagnosis told,
//! times the time under pressure since the service. The other is what the machine would have drawn over the same times by
//! state at the power learned before, less what it was metered to draw.
//!
//! Enters: the told loss with its probability, learned power before the service, energy and time by state. Leaves: energy
//! saved [kW.h]. Absent: the growth of new leaks, which both twins share.
//!
//! A diagnosis may be wrong, and what it tells is the loss beyond the usual leakage while a repair closes more: the interval
//! of the first witness reaches from nothing to twice what was told.

use super::{Case, Method, Z, hours, is_service};
use measure::{Estimate, Span};
use plant::{MachineState, Metric, Role};

/// The method.
pub const METHOD: Method = Method {
    name: "leak_baseline",
    fits: |d| is_service(d, Metric::EnergySaved),
    is_over: |_| false,
    effect,
    roles: &[Role::State, Role::Energy, Role::AirFlow],
};

/// Power of a compressor follows demand: its mean over a day stands for that of another day to this share.
const DEMAND_SPREAD: f64 = 0.15;

fn effect(case: &Case<'_>) -> Estimate {
    let watch = case.watch;
    if watch.entered.is_none() && watch.blind == Span::ZERO {
        return Estimate::between(0.0, 0.0, 0.0);
    }
    let mended = watch.left.map_or(case.end(), |(at, _)| at);
    let told = case.figure("leak_power").unwrap_or(Estimate::between(0.0, 0.0, 0.0));
    // A network that is shut down loses nothing.
    let shut = [MachineState::Standby, MachineState::Off].iter().map(|s| hours(watch.spans[s.index()])).sum::<f64>();
    let h = (hours(case.end() - mended) - shut).max(0.0);
    let sure = case.figure("leak_probability").map_or(0.5, |e| e.value);
    let kwh = |watts: f64| watts * h / 1_000.0;
    let told = Estimate::between(kwh(told.low.min(0.0)), sure * kwh(told.value), kwh(told.high.max(2.0 * told.value)));
    let Some((metered, sigma)) = by_meter(case) else { return told };
    let told_sigma = ((told.high - told.low) / (2.0 * Z)).max(1e-6);
    let (a, b) = (told_sigma.powi(-2), sigma.max(1e-6).powi(-2));
    let value = (a * told.value + b * metered) / (a + b);
    // Witnesses that disagree widen the interval (Birge ratio, R. T. Birge, Physical Review 40, 1932).
    let birge = ((told.value - metered).abs() / told_sigma.hypot(sigma)).max(1.0);
    Estimate::normal(value, birge / (a + b).sqrt())
}

/// Baseline by state less metered energy [kW.h] and its standard deviation, over the states whose power was learned before;
/// `None` without counter or below an hour of such states.
fn by_meter(case: &Case<'_>) -> Option<(f64, f64)> {
    let before = case.watch.power.as_ref()?;
    case.watch.energy.first?;
    let (mut saved, mut baseline, mut seen) = (0.0, 0.0, 0.0);
    for state in [MachineState::Producing, MachineState::Starved, MachineState::Blocked] {
        let (h, power) = (hours(case.watch.spans[state.index()]), before[state.index()]);
        if power.minutes >= 30.0 && h > 0.0 {
            saved += power.mean * h / 1_000.0 - case.kwh(case.watch.energy_by[state.index()])?;
            baseline += power.mean * h / 1_000.0;
            seen += h;
        }
    }
    (seen >= 1.0).then_some((saved, DEMAND_SPREAD * baseline))
}
