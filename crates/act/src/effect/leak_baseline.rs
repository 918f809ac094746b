//! Energy saved by mending leaks: two witnesses, weighed by their certainty. The one is the loss that the diagnosis told,
//! times the span since the service. The other is what the machine would have drawn over the same times by state at the
//! power learned before, less what it was metered to draw.
//!
//! Enters: the told loss, learned power before the service, the energy counter, time by state. Leaves: energy saved [kW.h].
//! Absent: the growth of new leaks, which both twins share.

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
    // During the service the machine draws less than it would; it counts as the loss does.
    let (low, high) = (told.low.clamp(0.0, 0.5 * told.value.abs()), told.high.max(1.5 * told.value));
    let told = Estimate::between(low * h / 1_000.0, told.value * h / 1_000.0, high * h / 1_000.0);
    let Some((metered, sigma)) = by_meter(case) else { return told };
    let told_sigma = ((told.high - told.low) / (2.0 * Z)).max(1e-6);
    let (a, b) = (told_sigma.powi(-2), sigma.max(1e-6).powi(-2));
    let value = (a * told.value + b * metered) / (a + b);
    // Witnesses that disagree widen the interval (Birge ratio, R. T. Birge, Physical Review 40, 1932).
    let birge = ((told.value - metered).abs() / told_sigma.hypot(sigma)).max(1.0);
    Estimate::normal(value, birge / (a + b).sqrt())
}

/// Baseline by state less metered energy [kW.h] and its standard deviation; `None` without counter or learned power.
fn by_meter(case: &Case<'_>) -> Option<(f64, f64)> {
    let before = case.watch.power.as_ref()?;
    case.watch.energy.first?;
    let metered = case.kwh(case.watch.energy.sum)?;
    let (mut baseline, mut seen) = (0.0, 0.0);
    for (state, _) in MachineState::ALL {
        let h = hours(case.watch.spans[state.index()]);
        let power = before[state.index()];
        if power.minutes >= 10.0 {
            baseline += power.mean * h / 1_000.0;
            seen += h;
        } else if h > 0.0 && state != MachineState::Service {
            return None;
        }
    }
    (seen >= 1.0).then_some((baseline - metered, DEMAND_SPREAD * baseline))
}
