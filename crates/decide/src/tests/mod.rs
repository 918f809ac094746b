//! Tables of cycles for each chooser, the rules of the check, learning, and random situations. Here: what they share.

mod check;
mod choosers;
mod learn;
mod random;

use crate::decide;
use crate::fixture::{World, ten};
use measure::{Estimate, Span};
use plant::{
    Action, Cause, Code, Decision, DecisionKind, DecisionState, Effect, Finding, Forecast, ForecastKind, MachineId, Metric,
    Outcome, RecordId, RecordKind, Window,
};

/// What a case changes.
type Change = fn(&mut World);

fn id(kind: RecordKind, number: u64) -> RecordId {
    RecordId { kind, number }
}

fn decisions(world: &World) -> Vec<Decision> {
    let mut number = 0;
    decide(&world.situation(), &mut |kind| {
        number += 1;
        id(kind, number)
    })
}

fn actions(world: &World) -> Vec<(MachineId, Action)> {
    decisions(world).into_iter().map(|d| (d.machine, d.action)).collect()
}

fn finding(machine: MachineId, cause: Cause) -> Finding {
    Finding {
        id: id(RecordKind::Finding, 7),
        at: ten(),
        from: Code::Borrowed("test"),
        because: Vec::new(),
        machine,
        channel: None,
        cause,
        probability: 0.9,
        evidence: Vec::new(),
        loss: None,
        since: ten() - Span::from_hours(2),
        ended: None,
        causes: Vec::new(),
        confirmation: None,
    }
}

fn threat(machine: MachineId, service: &'static str, probability: f64) -> Forecast {
    Forecast {
        id: id(RecordKind::Forecast, 3),
        at: ten(),
        from: Code::Borrowed("test"),
        because: Vec::new(),
        machine: Some(machine),
        order: None,
        product: None,
        kind: ForecastKind::FailureProbability,
        service: Some(Code::Borrowed(service)),
        value: Estimate::between(0.8 * probability, probability, (1.2 * probability).min(1.0)),
        horizon: Span::from_hours(24),
        course: None,
    }
}

fn idle_left(world: &mut World, machine: MachineId, minutes: f64) {
    let s = 60.0 * minutes;
    world.profiles[machine.index()].idle_left_s = Some(Estimate::between(0.5 * s, s, 2.0 * s));
}

/// Opens the decision that was just made, so that the next cycle sees it.
fn hold(world: &mut World, state: &DecisionState) {
    let made = decisions(world);
    world.decisions.extend(made.into_iter().map(|d| Decision { state: state.clone(), ..d }));
}

fn outcome(machine: MachineId, expected: f64, measured: f64) -> Outcome {
    let effect = |value| Effect { metric: Metric::EnergySaved, value: Estimate::between(value - 0.1, value, value + 0.1) };
    Outcome {
        id: id(RecordKind::Outcome, 1),
        at: ten() - Span::from_hours(1),
        from: Code::Borrowed("idle_baseline"),
        because: Vec::new(),
        decision: id(RecordKind::Decision, 1),
        kind: DecisionKind::Standby,
        machine,
        expected: effect(expected),
        measured: effect(measured),
        window: Window { from: ten() - Span::from_hours(2), to: ten() - Span::from_hours(1) },
    }
}
