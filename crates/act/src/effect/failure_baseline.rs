//! Down time avoided by a planned service: the repair that would have been needed with the forecast probability, less the
//! service that was done.
//!
//! Enters: the failure probability and the repair time of the decision, the observed length of the service. Leaves: the 90 %
//! predictive interval of what one twin would show [min]: either a repair less the service, or the lost service. Absent:
//! failures of other parts, which both twins share.

use super::{Case, Method, is_service};
use measure::statistics::mixture_estimate;
use measure::{Estimate, Span};
use plant::{MachineState, Metric, Role};

/// The method.
pub const METHOD: Method = Method {
    name: "failure_baseline",
    fits: |d| is_service(d, Metric::DownTimeAvoided),
    is_over: |_| false,
    effect,
    roles: &[Role::State, Role::Vibration, Role::Load],
};

fn effect(case: &Case<'_>) -> Estimate {
    let watch = case.watch;
    let served = watch.spell[MachineState::Service.index()].minutes();
    if watch.entered.is_none() && watch.blind == Span::ZERO {
        return Estimate::between(0.0, 0.0, 0.0);
    }
    // What was not seen may have been the service.
    let planned = case.figure("planned_service").map_or(0.0, |e| e.value);
    let served = if watch.blind > Span::ZERO { served.max(planned.min(watch.blind.minutes())) } else { served };
    let probability = case.figure("failure_probability").unwrap_or(Estimate::between(0.0, 0.5, 1.0));
    let repair = repair_min(case);
    let hit = Estimate::between(repair.low - served, repair.value - served, repair.high - served);
    let at = |p: f64| mixture_estimate(p, hit, -served);
    let value = at(probability.value).value;
    // The twin may also have done the same service by itself a little later: then the difference is nil.
    let high = at(probability.high.max(probability.value)).high.max(0.0);
    Estimate::between(at(probability.low.min(probability.value)).low, value, high)
}

/// One repair [min]: what is learned by now, spread by a factor of two, else what the decision assumed; never longer than
/// the window.
fn repair_min(case: &Case<'_>) -> Estimate {
    let learned = case.profile.and_then(|p| p.repair_s).filter(|r| r.value.is_finite() && r.value > 0.0);
    let told = case.figure("repair").unwrap_or(Estimate::between(0.0, 60.0, 480.0));
    let most = case.decision.horizon.minutes();
    let repair = learned.map_or(told, |r| {
        let minutes = r.value / 60.0;
        let (low, high) = (r.low.max(0.0) / 60.0, if r.high.is_finite() { r.high / 60.0 } else { 0.0 });
        Estimate::between(low.min(0.5 * minutes), minutes, high.max(2.0 * minutes))
    });
    Estimate::between(repair.low.min(most), repair.value.min(most), repair.high.min(most))
}
