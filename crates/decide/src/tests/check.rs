//! Each rule of the check with the sentence it answers, and how long what was turned down rests.

use super::{Change, decisions, hold, threat};
use crate::fixture::{MILL, WASHER, World, ten};
use crate::{Proposal, check};
use measure::{Estimate, Span};
use plant::{
    Action, Because, Code, DecisionKind, DecisionState, Effect, MachineId, MachineState, Metric, OrderId, UserRole, Verdict,
};

fn proposal(action: Action, kind: DecisionKind, metric: Metric, value: f64) -> Proposal {
    Proposal {
        from: Code::Borrowed("test"),
        because: vec![Because::Order(OrderId(0))],
        kind,
        machine: MILL,
        action,
        not_before: ten(),
        valid_until: ten() + Span::from_hours(1),
        expected: Effect { metric, value: Estimate::between(value, value, value) },
        horizon: Span::from_hours(2),
        evidence: Vec::new(),
        rejected: Vec::new(),
    }
}

fn faster(speed: f64) -> Proposal {
    proposal(Action::Speed(speed), DecisionKind::Speed, Metric::PiecesGained, 1.0)
}

type Case = (Proposal, Change, &'static str);

fn refuse(cases: &[Case]) {
    for (proposal, change, sentence) in cases {
        let mut world = World::new();
        change(&mut world);
        let violation = check::certify(&world.situation(), proposal).expect_err(sentence);
        assert_eq!(violation.to_string(), *sentence);
    }
}

#[test]
fn each_rule_of_machine_channel_and_order_and_its_sentence() {
    let service = |word: &'static str| {
        proposal(Action::Service(Code::Borrowed(word)), DecisionKind::Maintain, Metric::DownTimeAvoided, 1.0)
    };
    let run = |order| proposal(Action::Run(OrderId(order)), DecisionKind::Dispatch, Metric::SetUpSaved, 1.0);
    let standby = || proposal(Action::Standby, DecisionKind::Standby, Metric::EnergySaved, 1.0);
    refuse(&[
        (
            Proposal { machine: MachineId(9), ..faster(105.0) },
            |_| (),
            "rule `machine_exists` does not hold: found machine number 9, allowed one of 3",
        ),
        (
            faster(105.0),
            |w| w.image.machines[0].heard = ten() - Span::from_hours(2),
            "rule `machine_heard` does not hold: found silent for 2 h, allowed at most 15 min",
        ),
        (standby(), |_| (), "rule `state_allows` does not hold: found producing, allowed starved, blocked"),
        (
            Proposal { kind: DecisionKind::Dispatch, ..faster(105.0) },
            |_| (),
            "rule `state_allows` does not hold: found Speed(105.0), allowed an action of dispatch",
        ),
        (
            Proposal { machine: WASHER, ..faster(105.0) },
            |w| w.plant.channels.iter_mut().for_each(|c| c.writable = None),
            "rule `channel_writable` does not hold: found no writable channel of role set_speed, allowed one",
        ),
        (faster(130.0), |_| (), "rule `value_in_envelope` does not hold: found 130 %, allowed 60 to 120 %"),
        (faster(f64::NAN), |_| (), "rule `value_in_envelope` does not hold: found NaN %, allowed 60 to 120 %"),
        (faster(115.0), |_| (), "rule `value_in_envelope` does not hold: found 100 to 115 %, allowed steps of at most 10 %"),
        (service("oil"), |_| (), "rule `value_in_envelope` does not hold: found oil, allowed tool, bearing, leak"),
        (service("leak"), |_| (), "rule `service_known` does not hold: found leak, allowed tool, bearing"),
        (run(77), |_| (), "rule `value_in_envelope` does not hold: found order number 77, allowed an order of the plant"),
        (run(1), |_| (), "rule `order_waits` does not hold: found WO-1, allowed one of 0 waiting here"),
        (
            run(1),
            |w| {
                w.image.machines[0].infeed = vec![OrderId(1)];
                w.plant.products[1].route.remove(0);
            },
            "rule `order_waits` does not hold: found WO-1, allowed an order with this machine on its route",
        ),
    ]);
}

#[test]
fn each_rule_of_reason_time_and_effect_and_its_sentence() {
    refuse(&[
        (
            Proposal { because: Vec::new(), ..faster(105.0) },
            |_| (),
            "rule `reason_told` does not hold: found no reason, allowed a finding, a forecast, readings or an order",
        ),
        (
            Proposal { valid_until: ten(), ..faster(105.0) },
            |_| (),
            "rule `time_window` does not hold: found 2026-03-02T10:00:00Z to 2026-03-02T10:00:00Z, allowed an end after 2026-03-02T10:00:00Z",
        ),
        (
            Proposal { horizon: Span::ZERO, ..faster(105.0) },
            |_| (),
            "rule `time_window` does not hold: found a horizon of 0 ms, allowed above zero, at most 7 d",
        ),
        (
            proposal(Action::Speed(105.0), DecisionKind::Speed, Metric::PiecesGained, f64::INFINITY),
            |_| (),
            "rule `effect_finite` does not hold: found inf in inf to inf, allowed finite figures in order",
        ),
        (
            proposal(Action::Speed(105.0), DecisionKind::Speed, Metric::PiecesGained, -1.0),
            |_| (),
            "rule `not_worse_than_nothing` does not hold: found -1 1 of pieces_gained, allowed 0 or more",
        ),
        (
            proposal(Action::Speed(105.0), DecisionKind::Speed, Metric::EnergySaved, 1.0),
            |_| (),
            "rule `not_worse_than_nothing` does not hold: found 1 kW.h of energy_saved, allowed 0 or more",
        ),
    ]);
    let certificate = check::certify(&World::new().situation(), &faster(105.0)).expect("all rules hold");
    assert_eq!(certificate.rules().len(), check::RULES.len());
}

#[test]
fn what_was_turned_down_does_not_come_back_at_once() {
    let verdict = Verdict { by: "eve".to_owned(), role: UserRole::Engineer, approved: false, reason: "no".to_owned(), at: ten() };
    for (state, verdict, rests_h) in [
        (DecisionState::Rejected, Some(verdict), 8),
        (DecisionState::Advised, None, 4),
        (DecisionState::Refused, None, 1),
        (DecisionState::RolledBack, None, 1),
        (DecisionState::Lapsed, None, 1),
    ] {
        let mut world = World::new();
        world.forecasts.push(threat(MILL, "tool", 0.9));
        world.put(MILL, MachineState::Starved, 1);
        hold(&mut world, &state);
        world.decisions[0].verdict = verdict;
        world.image.at += Span::from_hours(rests_h) - Span::from_minutes(1);
        world.image.machines[0].heard = world.image.at;
        let services = |world: &World| decisions(world).iter().filter(|d| d.kind == DecisionKind::Maintain).count();
        assert_eq!(services(&world), 0, "{state:?}");
        world.image.at += Span::from_minutes(2);
        assert_eq!(services(&world), 1, "{state:?}");
    }
}
