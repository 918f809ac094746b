//! Changes the speed of a machine within its envelope: slower where worn tools or drift make scrap, faster where the line
//! waits for it and it is in good order, back to nominal when the reason has ended.
//!
//! Enters: findings (bottleneck, tool wear, drift), learned scrap shares and cycle times, the speed in force. Leaves: `Speed`
//! with the good pieces it gains. Absent: repair, orders' due dates.
//!
//! Rule: a machine that limits its line for the share b of the time gains b·(v₁/v₀ − 1) of its pieces (theory of
//! constraints; Roser, Nakano and Tanaka, Winter Simulation Conference 2001, for the active-period bottleneck). Scrap beyond
//! the usual is taken to fall with the square of the speed, between not at all and the fourth power (Taylor's tool life
//! equation gives exponents of 2 to 8 for wear by cutting speed).

use super::{figure, instead, nothing, readings};
use crate::clock::Shifts;
use crate::{Proposal, Situation};
use measure::{Estimate, Span};
use plant::{Action, Because, Cause, Code, DecisionKind, Effect, Envelope, Finding, MachineId, MachineState, Metric, Role};

/// The `from` of its decisions.
pub const NAME: &str = "speed";

/// Nominal speed [%].
const NOMINAL: f64 = 100.0;
/// Fastest that is asked for [%], if the envelope allows it.
const FASTEST: f64 = 110.0;
/// Slowing down goes to this share of the speed in force.
const SLOWER: f64 = 0.85;
/// A machine with no more work than this share of the horizon has time to run slower.
const SPARE: f64 = 0.6;
/// Speeds closer than this are the same [%].
const SAME: f64 = 0.5;
/// Scrap beyond the usual from which slowing down is weighed [1].
const EXCESS_MIN: f64 = 0.015;
/// A machine busy for less than this share has time to run slower without making fewer pieces.
const SLACK_BUSY: f64 = 0.8;
/// Probability of failure above which no machine is driven faster [1].
const RISK_MAX: f64 = 0.3;
/// Span over which the effect is told and measured.
const HORIZON: Span = Span::from_hours(2);
/// Least of it that must still be worked.
const WORKED_MIN: Span = Span::from_minutes(20);
/// How long a change that is due may still be made.
const VALID: Span = Span::from_minutes(15);

/// A machine at work and its speed.
struct Run<'a> {
    machine: MachineId,
    envelope: &'a Envelope,
    /// Speed in force [%].
    speed: f64,
    /// Pieces made over the horizon at this speed, if nothing holds it up.
    pieces: f64,
    /// Share of time it is busy [1].
    busy: f64,
    /// Whether no order waits before it and the running one leaves time to spare.
    has_time: bool,
    /// Share scrapped lately, and when in good order.
    scrap: Estimate,
    base: Estimate,
}

/// Speed changes worth making.
pub fn choose(situation: &Situation<'_>) -> Vec<Proposal> {
    let mut proposals = Vec::new();
    for machine in &situation.plant.machines {
        if situation.is_open(machine.id, DecisionKind::Speed) {
            continue;
        }
        let Some(run) = run(situation, machine.id) else { continue };
        proposals.extend(slower(situation, &run).or_else(|| faster(situation, &run)).or_else(|| back(situation, &run)));
    }
    proposals
}

fn run<'a>(situation: &Situation<'a>, machine: MachineId) -> Option<Run<'a>> {
    let image = situation.machine(machine)?;
    if image.state != MachineState::Producing {
        return None;
    }
    let envelope = situation.writable(machine, Role::SetSpeed)?.writable.as_ref()?;
    let speed = situation.number(machine, Role::Speed).or_else(|| situation.number(machine, Role::SetSpeed))?;
    let is_watched =
        [Cause::Bottleneck, Cause::ToolWear, Cause::QualityDrift].iter().any(|c| situation.finding(machine, *c).is_some());
    // A machine driven beyond the envelope by somebody else is theirs to drive.
    let is_within = envelope.range.is_some_and(|(low, high)| (low..=high).contains(&speed));
    if !is_within || speed <= 0.0 || (!is_watched && (speed - NOMINAL).abs() < SAME) {
        return None;
    }
    let profile = situation.profile(machine)?;
    let cycle_s = situation.operation(image.order?, machine)?.cycle.seconds();
    let ends = Shifts::around(&situation.plant.calendar, situation.now).ends?;
    let worked = (ends - situation.now).min(HORIZON);
    if cycle_s <= 0.0 || worked < WORKED_MIN {
        return None;
    }
    let slow = profile.cycle_ratio.map_or(1.0, |r| r.value).clamp(0.5, 2.0);
    let share = |e: Option<Estimate>| e.filter(|e| e.value.is_finite()).unwrap_or(Estimate::between(0.0, 0.0, 0.05));
    let base = share(profile.scrap_base);
    Some(Run {
        machine,
        envelope,
        speed,
        pieces: worked.seconds() / cycle_s / slow * speed / NOMINAL,
        busy: profile.busy_share.unwrap_or(0.5).clamp(0.0, 1.0),
        has_time: image.infeed.is_empty() && left_s(situation, image.order?, cycle_s * slow) <= SPARE * worked.seconds(),
        scrap: profile.scrap_share.map_or(base, |s| share(Some(s))),
        base,
    })
}

/// Work left on the running order [s].
fn left_s(situation: &Situation<'_>, order: plant::OrderId, piece_s: f64) -> f64 {
    let done = situation.image.orders.get(order.index()).map_or(0, |p| p.good);
    let wanted = situation.plant.orders.get(order.index()).map_or(0, |o| o.quantity);
    f64::from(wanted.saturating_sub(done)) * piece_s
}

impl Run<'_> {
    /// The speed asked for, brought within range and step of the envelope.
    fn within(&self, wanted: f64) -> f64 {
        let step = self.envelope.step_max.unwrap_or(f64::INFINITY);
        let (low, high) = self.envelope.range.unwrap_or((0.0, NOMINAL));
        wanted.clamp(self.speed - step, self.speed + step).clamp(low, high.max(low))
    }
}

/// The finding that says that the machine makes more scrap than it should.
fn worn<'a>(situation: &Situation<'a>, run: &Run<'_>) -> Option<&'a Finding> {
    let finding = |cause| situation.finding(run.machine, cause);
    finding(Cause::QualityDrift).or_else(|| finding(Cause::ToolWear))
}

fn slower(situation: &Situation<'_>, run: &Run<'_>) -> Option<Proposal> {
    let finding = worn(situation, run)?;
    let excess = run.scrap.value - run.base.value;
    let wanted = run.within(SLOWER * run.speed);
    if excess < EXCESS_MIN || wanted >= run.speed - SAME {
        return None;
    }
    let k = wanted / run.speed;
    let lost = if run.busy < SLACK_BUSY && run.has_time { 0.0 } else { run.pieces * (1.0 - k) * (1.0 - run.scrap.value) };
    let won = |exponent: i32| run.pieces * excess * (1.0 - k.powi(exponent));
    let value = Estimate::between(won(0) - run.pieces * (1.0 - k), won(2) - lost, won(4));
    (value.value >= 1.0).then(|| proposal(situation, run, (wanted, value), Because::Record(finding.id)))
}

fn faster(situation: &Situation<'_>, run: &Run<'_>) -> Option<Proposal> {
    let finding = situation.finding(run.machine, Cause::Bottleneck)?;
    let wanted = run.within(FASTEST.max(run.speed));
    let is_fit = worn(situation, run).is_none()
        && situation.finding(run.machine, Cause::BearingWear).is_none()
        && situation.forecasts.iter().all(|f| {
            f.machine != Some(run.machine) || f.kind != plant::ForecastKind::FailureProbability || f.value.value <= RISK_MAX
        });
    if !is_fit || wanted <= run.speed + SAME {
        return None;
    }
    let k = wanted / run.speed;
    let scrapped = |exponent: i32| run.pieces * run.scrap.value * (k.powi(exponent) - 1.0);
    let full = run.pieces * (k - 1.0);
    let value = Estimate::between(-scrapped(4), run.busy * full - scrapped(2), full);
    (value.value >= 1.0).then(|| proposal(situation, run, (wanted, value), Because::Record(finding.id)))
}

/// Back to nominal when the reason has ended.
fn back(situation: &Situation<'_>, run: &Run<'_>) -> Option<Proposal> {
    let is_fast = run.speed > NOMINAL + SAME;
    let is_slow = run.speed < NOMINAL - SAME;
    // While orders wait for a machine in good order, slowing it down would cost pieces.
    let is_needed = situation.finding(run.machine, Cause::Bottleneck).is_some() || !run.has_time;
    let has_reason = (is_fast && is_needed && worn(situation, run).is_none()) || (is_slow && worn(situation, run).is_some());
    let wanted = run.within(NOMINAL);
    if has_reason || !(is_fast || is_slow) || (wanted - run.speed).abs() < SAME {
        return None;
    }
    let full = run.pieces * (wanted / run.speed - 1.0);
    // Slowing down to nominal when nothing waits for the machine costs no pieces; speeding up gains what it is busy for.
    let value = if is_fast {
        Estimate::between(full, 0.0, run.pieces * run.scrap.value)
    } else {
        Estimate::between(-run.pieces * run.scrap.value, run.busy * full, full)
    };
    let because = readings(situation, run.machine, Role::Speed, situation.now - HORIZON)?;
    Some(proposal(situation, run, (wanted, value), because))
}

fn proposal(situation: &Situation<'_>, run: &Run<'_>, (wanted, value): (f64, Estimate), because: Because) -> Proposal {
    let metric = Metric::PiecesGained;
    let half = run.within(0.5 * (run.speed + wanted));
    let mut reasons = vec![because];
    reasons.extend(readings(situation, run.machine, Role::Scrap, situation.now - HORIZON));
    Proposal {
        from: Code::Borrowed(NAME),
        because: reasons,
        kind: DecisionKind::Speed,
        machine: run.machine,
        action: Action::Speed(wanted),
        not_before: situation.now,
        valid_until: situation.now + VALID,
        expected: Effect { metric, value },
        horizon: HORIZON,
        evidence: vec![
            figure("speed_before", Estimate::exact(run.speed), "%"),
            figure("pieces_before", Estimate::exact(run.pieces), "1"),
            figure("busy_share", Estimate::exact(run.busy), "1"),
            figure("scrap_share", run.scrap, "1"),
            figure("scrap_base", run.base, "1"),
        ],
        rejected: vec![nothing(metric), instead(Action::Speed(half), metric, value.scaled(0.5), "smaller_effect")],
    }
}
