//! Services a machine before it fails, at the time that loses least; mends air leaks.
//!
//! Enters: forecasts of failure with the service that remedies it, findings of leaks, learned repair times, shifts. Leaves:
//! `Service` with the down time it avoids [min], for leaks the energy it saves [kW.h], for tools that make scrap the pieces it
//! gains. Absent: how failure was predicted.
//!
//! Rule: servicing costs its planned length S; not servicing costs the repair R with probability p within the horizon. It
//! is worth it where p·R > S (the cost comparison of age replacement, Barlow and Hunter, Operations Research 8, 1960). The
//! time is the one of least loss among now, the next idle window, before the end of the shift and the start of the next:
//! S × (share of the time the machine would have made pieces) + (probability of failing before) × R. Services need
//! people, so only worked time counts.

use super::{figure, instead, nothing, readings};
use crate::clock::Shifts;
use crate::{Proposal, Situation};
use measure::statistics::{mixture_estimate, normal_probability};
use measure::{Estimate, Instant, Span};
use plant::{
    Action, Because, Cause, Code, DecisionKind, Effect, Evidence, Forecast, ForecastKind, MachineId, MachineState, Metric,
    Rejected, Role,
};

/// The `from` of its decisions.
pub const NAME: &str = "maintain";

/// Repair time before any was seen, as a multiple of the planned service: low, likely, high. A planned job takes a third to
/// a ninth of an emergency one (Palmer, Maintenance Planning and Scheduling Handbook, on waiting for parts and people).
const REPAIR_MULTIPLE: (f64, f64, f64) = (1.0, 4.0, 9.0);
/// Share of a planned service that is lost to production while a machine has nothing to do.
const IDLE_LOSS: f64 = 0.15;
/// Mean length of a stretch of work, for the wait for the next idle window.
const WORK_STRETCH_H: f64 = 1.0;
/// How far ahead is looked where only the remaining life is told.
const LIFE_AHEAD: Span = Span::from_hours(8);
/// Span over which the pieces that a new tool saves are told.
const SCRAP_HORIZON: Span = Span::from_hours(8);
/// Span over which the saving of a mended leak is told.
const LEAK_HORIZON: Span = Span::from_hours(24);
/// How long a service that is due now may still be started.
const VALID: Span = Span::from_hours(4);
/// Slack between a service before the end of the shift and that end.
const END_SLACK: Span = Span::from_minutes(5);

/// A threat of failure at a machine.
struct Threat<'a> {
    forecast: &'a Forecast,
    machine: MachineId,
    service: Code,
    /// Probability of failure before the horizon.
    probability: f64,
    /// How far ahead is looked.
    horizon: Span,
    /// Planned service [min].
    planned_min: f64,
    /// Repair [min].
    repair_min: Estimate,
}

/// A time at which the service could be done.
struct Slot {
    name: &'static str,
    at: Instant,
    /// Loss of it [min of production].
    loss: f64,
}

/// Services worth doing, one a machine at most.
pub fn choose(situation: &Situation<'_>) -> Vec<Proposal> {
    let mut proposals: Vec<Proposal> = Vec::new();
    for forecast in situation.forecasts {
        if let Some(threat) = threat(situation, forecast) {
            proposals.extend(service(situation, &threat));
        }
    }
    for finding in situation.findings.iter().filter(|f| f.cause == Cause::AirLeak && f.ended.is_none()) {
        proposals.extend(mend(situation, finding));
    }
    for finding in situation.findings.iter().filter(|f| f.cause == Cause::QualityDrift && f.ended.is_none()) {
        let is_threatened = proposals.iter().any(|p| p.machine == finding.machine);
        proposals.extend(renew(situation, finding).filter(|_| !is_threatened));
    }
    // The greatest effect first: the check lets one service a machine through.
    proposals.sort_by(|a, b| b.expected.value.value.total_cmp(&a.expected.value.value));
    proposals
}

/// Planned length of a service [min].
fn planned_min(situation: &Situation<'_>, machine: MachineId, word: &str) -> Option<f64> {
    let services = &situation.plant.machines.get(machine.index())?.services;
    services.iter().find(|(w, _)| w == word).map(|(_, span)| span.minutes())
}

fn is_asked(situation: &Situation<'_>, machine: MachineId, word: &str) -> bool {
    situation.open(machine).any(|d| matches!(&d.action, Action::Service(w) if w == word))
}

fn threat<'a>(situation: &Situation<'a>, forecast: &'a Forecast) -> Option<Threat<'a>> {
    let service = forecast.service.clone()?;
    let machine = forecast.machine?;
    situation.writable(machine, Role::SetService)?;
    let planned_min = planned_min(situation, machine, &service)?;
    if is_asked(situation, machine, &service) {
        return None;
    }
    let v = forecast.value;
    let probability = match forecast.kind {
        ForecastKind::FailureProbability => v.value,
        // Where both are told the probability is the better word.
        ForecastKind::RemainingLife if !has_probability(situation, forecast) => {
            let sigma = v.deviation().max(1e-6);
            normal_probability((LIFE_AHEAD.hours() - v.value) / sigma)
        }
        _ => return None,
    };
    let horizon = if forecast.kind == ForecastKind::RemainingLife { LIFE_AHEAD } else { forecast.horizon };
    let learned = situation.profile(machine).and_then(|p| p.repair_s).filter(|r| r.value.is_finite() && r.value > 0.0);
    let (low, likely, high) = REPAIR_MULTIPLE;
    let assumed = Estimate::between(low * planned_min, likely * planned_min, high * planned_min);
    let repair_min = learned.map_or(assumed, |r| {
        let minutes = r.value / 60.0;
        // One repair scatters more than their mean: at least a factor of two either way.
        let (low, high) = (r.low.max(0.0) / 60.0, if r.high.is_finite() { r.high / 60.0 } else { 0.0 });
        Estimate::between(low.min(0.5 * minutes), minutes, high.max(2.0 * minutes))
    });
    probability.is_finite().then_some(Threat { forecast, machine, service, probability, horizon, planned_min, repair_min })
}

fn has_probability(situation: &Situation<'_>, forecast: &Forecast) -> bool {
    let told = |f: &Forecast| {
        f.machine == forecast.machine && f.kind == ForecastKind::FailureProbability && f.service == forecast.service
    };
    situation.forecasts.iter().any(told)
}

/// The times at which the service could be done, by rising loss.
fn slots(situation: &Situation<'_>, threat: &Threat<'_>, shifts: Shifts) -> Vec<Slot> {
    let machine = threat.machine;
    let now = situation.now;
    let state = situation.machine(machine).map_or(MachineState::Unknown, |m| m.state);
    let busy = situation.profile(machine).and_then(|p| p.busy_share).unwrap_or(0.5).clamp(0.0, 0.98);
    let hours = threat.horizon.hours().max(0.1);
    let hazard = -(1.0 - threat.probability.clamp(0.0, 0.999)).ln() / hours;
    let length = Span::from_seconds_f64(60.0 * threat.planned_min);
    let loss =
        |share: f64, worked_h: f64| threat.planned_min * share + (1.0 - (-hazard * worked_h).exp()) * threat.repair_min.value;
    let mut slots = Vec::new();
    if let Some(ends) = shifts.ends {
        let left_h = (ends - now).hours();
        let working = matches!(state, MachineState::Producing | MachineState::SetUp);
        let share = if working { 1.0 } else { IDLE_LOSS };
        if now + length <= ends {
            slots.push(Slot { name: "now", at: now, loss: loss(share, 0.0) });
        }
        let wait_h = WORK_STRETCH_H * busy / (1.0 - busy);
        if working && wait_h + length.hours() < left_h {
            let at = now + Span::from_seconds_f64(3_600.0 * wait_h);
            slots.push(Slot { name: "next_idle", at, loss: loss(IDLE_LOSS, wait_h) });
        }
        let last = ends - length - END_SLACK;
        if last > now {
            slots.push(Slot { name: "before_shift_end", at: last, loss: loss(busy, (last - now).hours()) });
        }
    }
    if let Some(next) = shifts.next {
        let worked_h = shifts.ends.map_or(0.0, |ends| (ends - now).hours());
        slots.push(Slot { name: "next_shift", at: next, loss: loss(busy, worked_h) });
    }
    slots.sort_by(|a, b| a.loss.total_cmp(&b.loss));
    slots
}

fn service(situation: &Situation<'_>, threat: &Threat<'_>) -> Option<Proposal> {
    if threat.probability * threat.repair_min.value <= threat.planned_min {
        return None;
    }
    let machine = threat.machine;
    let slots = slots(situation, threat, Shifts::around(&situation.plant.calendar, situation.now));
    let best = slots.first()?;
    // A window that cannot be named yet is waited for: the next step looks again.
    if best.name == "next_idle" {
        return None;
    }
    let repair = threat.repair_min;
    let less = |minutes: f64| minutes - threat.planned_min;
    let hit = Estimate::between(less(repair.low), less(repair.value), less(repair.high));
    let metric = Metric::DownTimeAvoided;
    let expected = mixture_estimate(threat.probability, hit, -threat.planned_min);
    let action = Action::Service(threat.service.clone());
    let mut rejected = vec![nothing(metric)];
    rejected.extend(slots.iter().skip(1).map(|slot| Rejected {
        reason: Code::Borrowed(match slot.name {
            "now" => "greater_loss_now",
            "next_idle" => "greater_loss_next_idle",
            "before_shift_end" => "greater_loss_before_shift_end",
            _ => "greater_loss_next_shift",
        }),
        ..instead(action.clone(), metric, Estimate::exact(expected.value - (slot.loss - best.loss)), "")
    }));
    let mut because = vec![Because::Record(threat.forecast.id)];
    because.extend(cause(&threat.service).and_then(|c| situation.finding(machine, c)).map(|f| Because::Record(f.id)));
    Some(Proposal {
        from: Code::Borrowed(NAME),
        because,
        kind: DecisionKind::Maintain,
        machine,
        action,
        not_before: best.at,
        valid_until: best.at + VALID,
        expected: Effect { metric, value: expected },
        horizon: threat.horizon,
        evidence: vec![
            figure("failure_probability", probability(threat), "1"),
            figure("repair", threat.repair_min, "min"),
            figure("planned_service", Estimate::exact(threat.planned_min), "min"),
            figure("loss_at_chosen_time", Estimate::exact(best.loss), "min"),
        ],
        rejected,
    })
}

/// The probability with the interval it was told with, where it was told as one.
fn probability(threat: &Threat<'_>) -> Estimate {
    match threat.forecast.kind {
        ForecastKind::FailureProbability => threat.forecast.value,
        _ => Estimate::exact(threat.probability),
    }
}

fn cause(service: &str) -> Option<Cause> {
    match service {
        "tool" => Some(Cause::ToolWear),
        "bearing" => Some(Cause::BearingWear),
        "leak" => Some(Cause::AirLeak),
        _ => None,
    }
}

/// Time under pressure within the horizon: a network that can be powered down, or was seen to be, loses nothing outside the
/// shifts.
fn under_pressure(situation: &Situation<'_>, machine: MachineId) -> Span {
    let calendar = &situation.plant.calendar;
    let can = situation.writable(machine, Role::SetState).is_some();
    let sleeps = can || situation.power(machine, MachineState::Standby).is_some();
    if !sleeps || calendar.shifts.is_empty() {
        return LEAK_HORIZON;
    }
    calendar.worked(situation.now, situation.now + LEAK_HORIZON)
}

fn mend(situation: &Situation<'_>, finding: &plant::Finding) -> Option<Proposal> {
    const WORD: &str = "leak";
    let machine = finding.machine;
    situation.writable(machine, Role::SetService)?;
    let planned_min = planned_min(situation, machine, WORD)?;
    let loss = finding.loss.as_ref().filter(|l| l.unit == "W" && l.value.value > 0.0)?;
    let shifts = Shifts::around(&situation.plant.calendar, situation.now);
    let ends = shifts.ends?;
    if is_asked(situation, machine, WORD) || situation.now + Span::from_seconds_f64(60.0 * planned_min) > ends {
        return None;
    }
    let metric = Metric::EnergySaved;
    let hours = (under_pressure(situation, machine).hours() - planned_min / 60.0).max(0.0);
    let kwh = |watts: f64| watts * hours / 1_000.0;
    let sure = finding.probability.clamp(0.0, 1.0);
    let low = if sure > 0.95 { kwh(loss.value.low.max(0.0)) } else { 0.0 };
    let value = Estimate::between(low, sure * kwh(loss.value.value), kwh(loss.value.high.min(3.0 * loss.value.value)));
    let mut because = vec![Because::Record(finding.id)];
    because.extend(readings(situation, machine, Role::AirFlow, finding.since));
    Some(Proposal {
        from: Code::Borrowed(NAME),
        because,
        kind: DecisionKind::Maintain,
        machine,
        action: Action::Service(Code::Borrowed(WORD)),
        not_before: situation.now,
        valid_until: ends.min(situation.now + LEAK_HORIZON),
        expected: Effect { metric, value },
        horizon: LEAK_HORIZON,
        evidence: vec![
            Evidence { name: Code::Borrowed("leak_power"), ..loss.clone() },
            figure("planned_service", Estimate::exact(planned_min), "min"),
            figure("leak_probability", Estimate::exact(sure), "1"),
        ],
        rejected: vec![nothing(metric)],
    })
}

/// A new tool where pieces drift: the scrap it ends over the next worked hours against the pieces not made meanwhile.
fn renew(situation: &Situation<'_>, finding: &plant::Finding) -> Option<Proposal> {
    const WORD: &str = "tool";
    let machine = finding.machine;
    situation.writable(machine, Role::SetService)?;
    let planned_min = planned_min(situation, machine, WORD)?;
    let loss = finding.loss.as_ref().filter(|l| l.unit != "W" && l.value.value > 0.0 && l.value.value.is_finite())?;
    let profile = situation.profile(machine)?;
    let share = profile.scrap_share.filter(|s| s.value > 0.0)?;
    let ends = Shifts::around(&situation.plant.calendar, situation.now).ends?;
    let length = Span::from_seconds_f64(60.0 * planned_min);
    if is_asked(situation, machine, WORD) || situation.now + length > ends {
        return None;
    }
    let state = situation.machine(machine)?.state;
    let busy = profile.busy_share.unwrap_or(0.5).clamp(0.0, 1.0);
    let order = situation.machine(machine)?.order?;
    let per_min = 60.0 / situation.operation(order, machine)?.cycle.seconds().max(1.0);
    let idle = !matches!(state, MachineState::Producing | MachineState::SetUp);
    let missed = planned_min * per_min * if idle { IDLE_LOSS } else { 1.0 };
    let hours = SCRAP_HORIZON.hours() * busy;
    let metric = Metric::PiecesGained;
    let high = (loss.value.high.min(3.0 * loss.value.value)) * SCRAP_HORIZON.hours();
    let sure = finding.probability.clamp(0.0, 1.0);
    let value = Estimate::between(-planned_min * per_min, sure * loss.value.value * hours - missed, high);
    let mut because = vec![Because::Record(finding.id)];
    because.extend(situation.finding(machine, Cause::ToolWear).map(|f| Because::Record(f.id)));
    because.extend(readings(situation, machine, Role::Scrap, finding.since));
    (value.value > 0.0).then(|| Proposal {
        from: Code::Borrowed(NAME),
        because,
        kind: DecisionKind::Maintain,
        machine,
        action: Action::Service(Code::Borrowed(WORD)),
        not_before: situation.now,
        valid_until: (situation.now + VALID).min(ends),
        expected: Effect { metric, value },
        horizon: SCRAP_HORIZON,
        evidence: vec![
            figure("scrap_share", share, "1"),
            figure("busy_share", Estimate::exact(busy), "1"),
            figure("planned_service", Estimate::exact(planned_min), "min"),
            figure("pieces_missed", Estimate::exact(missed), "1"),
        ],
        rejected: vec![nothing(metric), instead(Action::Speed(90.0), metric, value.scaled(0.2), "smaller_effect")],
    })
}
