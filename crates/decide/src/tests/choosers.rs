//! Tables of cycles for each chooser: inputs, a leap in time, outputs; and effects worked out by hand.

use super::{Change, actions, decisions, finding, hold, id, idle_left, threat};
use crate::Turn;
use crate::fixture::{COMPRESSOR, MILL, WASHER, World, ten};
use measure::{Estimate, Span};
use plant::{
    Action, Because, Cause, Code, DecisionKind, DecisionState, Evidence, MachineId, MachineState, Metric, OrderId, RecordKind,
    Role,
};

/// Name, orders that wait, what the case changes, the order named.
type Queue = (&'static str, &'static [u32], Change, Option<u32>);

#[test]
fn standby_by_the_break_even_rule() {
    // idle 3300 W, standby 560 W, warm-up 4600 W over 10 min: break-even 600 s * (1 + 1300/2740) = 14.7 min
    let cases: &[(&str, Change, bool)] = &[
        ("a long idle spell pays", |w| idle_left(w, MILL, 90.0), true),
        ("shorter than break-even", |w| idle_left(w, MILL, 14.0), false),
        ("longer than break-even, less than the delay it costs", |w| idle_left(w, MILL, 20.0), false),
        (
            "an order waits",
            |w| {
                idle_left(w, MILL, 90.0);
                w.image.machines[0].infeed = vec![OrderId(1)];
            },
            false,
        ),
        (
            "the bottleneck stays ready",
            |w| {
                idle_left(w, MILL, 90.0);
                w.profiles[0].busy_share = Some(0.9);
            },
            false,
        ),
        ("nothing is known, and not idle for break-even yet", |w| w.put(MILL, MachineState::Starved, 14), false),
        ("nothing is known, and idle for longer than break-even", |w| w.put(MILL, MachineState::Starved, 40), true),
        (
            "just idle",
            |w| {
                idle_left(w, MILL, 90.0);
                w.put(MILL, MachineState::Starved, 1);
            },
            false,
        ),
        (
            "not learned yet",
            |w| {
                idle_left(w, MILL, 90.0);
                w.profiles[0].power = Default::default();
            },
            false,
        ),
        (
            "not heard of for long",
            |w| {
                idle_left(w, MILL, 90.0);
                w.image.machines[0].heard = ten() - Span::from_hours(1);
            },
            false,
        ),
    ];
    for (name, change, expected) in cases {
        let mut world = World::new();
        world.put(MILL, MachineState::Starved, 10);
        change(&mut world);
        let found = actions(&world).contains(&(MILL, Action::Standby));
        assert_eq!(found, *expected, "{name}");
    }
}

#[test]
fn the_expected_saving_of_a_standby_by_hand() {
    let mut world = World::new();
    world.put(MILL, MachineState::Starved, 10);
    idle_left(&mut world, MILL, 70.0);
    let decision = decisions(&world).remove(0);
    // 2740 W for 60 min less 1300 W for 10 min = 2.74 - 0.2167 kW.h
    assert!((decision.expected.value.value - 2.523_3).abs() < 1e-3, "{:?}", decision.expected);
    assert!(decision.expected.value.low < 1.2 && decision.expected.value.high > 5.0);
    assert!(decision.rejected.iter().any(|r| r.action.is_none() && r.reason == "smaller_effect"));
    assert!(decision.certificate.rules().contains(&Code::Borrowed("state_allows")));
    let powers: Vec<f64> = decision.evidence.iter().filter(|e| e.unit == "W").map(|e| e.value.value).collect();
    assert_eq!(powers, [3_300.0, 560.0, 4_600.0]);
}

#[test]
fn a_night_in_cycles() {
    let mut world = World::new();
    world.at("2026-03-02T22:05:00Z");
    world.put(MILL, MachineState::Starved, 5);
    world.image.machines[0].infeed = vec![OrderId(1)];
    let night = decisions(&world);
    assert_eq!(night.iter().map(|d| &d.action).collect::<Vec<_>>(), [&Action::Standby]);
    // 7 h 55 min until the shift, so about 2.74 kW * 7.75 h - 0.22 kW.h
    assert!((night[0].expected.value.value - 21.0).abs() < 0.5, "{:?}", night[0].expected);
    hold(&mut world, &DecisionState::Running);
    assert_eq!(actions(&world), [], "one standby at a time");
    for (at, expected) in [
        ("2026-03-03T03:00:00Z", None),
        ("2026-03-03T05:40:00Z", None),
        ("2026-03-03T05:48:30Z", Some(Action::Wake)),
        ("2026-03-03T06:00:00Z", None),
    ] {
        world.at(at);
        world.put(MILL, MachineState::Standby, 300);
        assert_eq!(actions(&world).into_iter().next().map(|(_, a)| a), expected, "{at}");
    }
    world.at("2026-03-03T05:48:30Z");
    let wake = decisions(&world).remove(0);
    assert_eq!(wake.expected.metric, Metric::DownTimeAvoided);
    assert!((wake.expected.value.value - 9.5).abs() < 1e-9, "ten minutes of warm-up, 95 % sure of work: {:?}", wake.expected);
    hold(&mut world, &DecisionState::Running);
    assert_eq!(actions(&world), [], "woken once");
}

#[test]
fn a_machine_with_nothing_before_it_is_left_asleep() {
    let mut world = World::new();
    world.at("2026-03-03T05:48:30Z");
    for machine in [MILL, WASHER] {
        world.put(machine, MachineState::Standby, 300);
        world.image.machines[machine.index()].order = None;
    }
    assert_eq!(actions(&world), []);
    (world.image.orders[0].next, world.image.orders[0].started) = (1, Some(ten()));
    assert_eq!(actions(&world), [(WASHER, Action::Wake)], "an order lies between mill and washer");
    world.put(WASHER, MachineState::Standby, 0);
    assert_eq!(actions(&world), [], "a state that begins this instant has no reading before it that could be the reason");
    world.put(WASHER, MachineState::Standby, 300);
    world.image.orders[0].running_at = Some(MILL);
    assert_eq!(actions(&world), [], "it is still being milled");
}

#[test]
fn service_where_the_risk_outweighs_it() {
    let tool = || (MILL, Action::Service(Code::Borrowed("tool")));
    // a repair of 4 * 10 min is assumed as none was seen: worth it above 1/4
    let cases: &[(&str, Change, bool)] = &[
        ("sure to fail, idle now", |w| w.forecasts.push(threat(MILL, "tool", 0.9)), true),
        ("too unlikely", |w| w.forecasts.push(threat(MILL, "tool", 0.2)), false),
        (
            "a long learned repair makes the unlikely worth it",
            |w| {
                w.forecasts.push(threat(MILL, "tool", 0.2));
                w.profiles[0].repair_s = Some(Estimate::between(3_000.0, 6_000.0, 9_000.0));
            },
            true,
        ),
        ("a service the machine does not have", |w| w.forecasts.push(threat(MILL, "leak", 0.9)), false),
        (
            "failed already",
            |w| {
                w.forecasts.push(threat(MILL, "tool", 0.9));
                w.put(MILL, MachineState::Down, 1);
            },
            false,
        ),
        ("no forecast, no service", |w| w.findings.push(finding(MILL, Cause::ToolWear)), false),
    ];
    for (name, change, expected) in cases {
        let mut world = World::new();
        world.put(MILL, MachineState::Blocked, 1);
        change(&mut world);
        assert_eq!(actions(&world).contains(&tool()), *expected, "{name}");
    }
}

#[test]
fn a_service_waits_for_the_next_idle_window_or_people() {
    let mut world = World::new();
    world.forecasts.push(threat(MILL, "tool", 0.4));
    world.put(MILL, MachineState::Producing, 30);
    assert_eq!(actions(&world), [], "little risk: wait until it has nothing to do");
    world.put(MILL, MachineState::Starved, 1);
    assert_eq!(actions(&world), [(MILL, Action::Service(Code::Borrowed("tool")))]);
    hold(&mut world, &DecisionState::Pending);
    assert_eq!(actions(&world), [], "asked once");

    let mut world = World::new();
    world.forecasts.push(threat(MILL, "bearing", 0.999));
    let now = decisions(&world);
    assert_eq!(now.len(), 1, "an hour of waiting risks more than the idle window saves");
    assert_eq!(now[0].not_before, ten());
    let reasons: Vec<&str> = now[0].rejected.iter().map(|r| r.reason.as_ref()).collect();
    assert!(reasons.contains(&"greater_loss_next_idle") && reasons.contains(&"greater_loss_next_shift"), "{reasons:?}");

    world.at("2026-03-02T23:00:00Z");
    world.put(MILL, MachineState::Starved, 60);
    let night = decisions(&world);
    let service = night.iter().find(|d| d.kind == DecisionKind::Maintain).expect("a service");
    assert_eq!(service.not_before.to_string(), "2026-03-03T06:00:00Z", "nobody is there at night");
}

#[test]
fn a_leak_is_mended_for_the_energy_it_wastes() {
    let mut world = World::new();
    let mut leak = finding(COMPRESSOR, Cause::AirLeak);
    let loss = Estimate::between(3_000.0, 5_000.0, 7_000.0);
    leak.loss = Some(Evidence { name: Code::Borrowed("leak"), value: loss, unit: Code::Borrowed("W"), normal: None });
    world.findings.push(leak);
    let decision = decisions(&world).remove(0);
    assert_eq!(decision.action, Action::Service(Code::Borrowed("leak")));
    assert_eq!(decision.expected.metric, Metric::EnergySaved);
    // 5 kW for two shifts of eight hours less the 40 min of the service, 90 % sure: it can sleep outside of them
    assert!((decision.expected.value.value - 0.9 * 5.0 * (16.0 - 2.0 / 3.0)).abs() < 1e-9, "{:?}", decision.expected);
    world.plant.calendar.shifts.clear();
    let around_the_clock = decisions(&world).remove(0).expected.value.value;
    assert!((around_the_clock - 0.9 * 5.0 * (24.0 - 2.0 / 3.0)).abs() < 1e-9, "{around_the_clock}");
    assert_eq!(decision.because.first(), Some(&Because::Record(id(RecordKind::Finding, 7))));
}

#[test]
fn speed_in_cycles() {
    let mut world = World::new();
    assert_eq!(actions(&world), []);
    world.findings = vec![finding(MILL, Cause::Bottleneck)];
    assert_eq!(actions(&world), [(MILL, Action::Speed(110.0))], "the line waits for it");
    hold(&mut world, &DecisionState::Running);
    assert_eq!(actions(&world), [], "one at a time");
    world.decisions[0].state = DecisionState::Done;
    world.set(MILL, Role::Speed, 110.0);
    assert_eq!(actions(&world), [], "already there");
    world.findings.clear();
    world.at("2026-03-02T10:20:00Z");
    assert_eq!(actions(&world), [], "no flip-flop: it rests for half an hour");
    world.at("2026-03-02T10:31:00Z");
    assert_eq!(actions(&world), [(MILL, Action::Speed(100.0))], "the reason has ended");
    world.decisions.clear();
    world.set(MILL, Role::Speed, 100.0);
    world.findings = vec![finding(MILL, Cause::ToolWear), finding(MILL, Cause::Bottleneck)];
    world.profiles[0].scrap_share = Some(Estimate::between(0.06, 0.10, 0.15));
    world.plant.orders[0].quantity = 50;
    assert_eq!(actions(&world), [], "scrap, but 100 min of work on it: slower would cost more pieces than it saves");
    world.image.orders[0].good = 20;
    assert_eq!(actions(&world), [(MILL, Action::Speed(90.0))], "scrap: slower, by the step the envelope allows, never faster");
    world.profiles[0].scrap_share = Some(Estimate::between(0.01, 0.02, 0.03));
    assert_eq!(actions(&world), [], "too little scrap to slow down for");
}

#[test]
fn speed_is_worked_out_by_hand() {
    let mut world = World::new();
    world.findings = vec![finding(MILL, Cause::Bottleneck)];
    let decision = decisions(&world).remove(0);
    // two hours of 120 s a piece are 60 pieces; busy for 60 %: 3.6 more, less 1 % scrap * (1.21 - 1) * 60
    assert!((decision.expected.value.value - (3.6 - 0.126)).abs() < 1e-9, "{:?}", decision.expected);
    assert_eq!(decision.horizon, Span::from_hours(2));
}

#[test]
fn dispatch_draws_the_order_of_the_same_family_forward() {
    let cases: &[Queue] = &[
        ("steel first would need two set-ups", &[1, 2], |_| (), Some(2)),
        ("the head is of the family", &[2, 1], |_| (), None),
        ("one order is no choice", &[1], |_| (), None),
        ("the running order has an hour left", &[1, 2], |w| w.image.orders[0].good = 0, None),
        ("the head is late", &[1, 2], |w| w.plant.orders[1].due = ten() - Span::from_hours(1), None),
        ("failed", &[1, 2], |w| w.put(MILL, MachineState::Down, 3), None),
    ];
    for (name, infeed, change, expected) in cases {
        let mut world = World::new();
        world.image.machines[0].infeed = infeed.iter().map(|o| OrderId(*o)).collect();
        world.image.orders[0].good = 25;
        change(&mut world);
        let found: Vec<(MachineId, Action)> = actions(&world).into_iter().filter(|(m, _)| *m == MILL).collect();
        assert_eq!(found, expected.iter().map(|o| (MILL, Action::Run(OrderId(*o)))).collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn dispatch_names_what_the_published_schedule_has_next_and_its_own_choice_where_there_is_none() {
    let turn = |order: u32| Turn { machine: MILL, order: OrderId(order) };
    let mut world = World::new();
    world.image.machines[0].infeed = [1, 2].map(OrderId).to_vec();
    world.image.orders[0].good = 25;
    let named = |world: &World| actions(world).into_iter().find(|(m, _)| *m == MILL).map(|(_, action)| action);
    assert_eq!(named(&world), Some(Action::Run(OrderId(2))));
    world.turns = vec![turn(1), turn(2)];
    assert_eq!(named(&world), None, "the schedule has the head of the queue next");
    world.turns = vec![turn(0), turn(2), turn(1)];
    assert_eq!(named(&world), Some(Action::Run(OrderId(2))), "the first of those that wait");
    let reasons = |world: &World| -> Vec<String> {
        let decision = decisions(world).into_iter().find(|d| d.machine == MILL).expect("a decision");
        decision.rejected.iter().map(|r| r.reason.to_string()).collect()
    };
    world.image.machines[0].infeed.push(OrderId(0));
    world.turns = vec![turn(2), turn(0)];
    assert_eq!(reasons(&world).last().map(String::as_str), Some("later_in_schedule"));
    world.turns = vec![turn(2)];
    assert_eq!(reasons(&world).last().map(String::as_str), Some("not_in_schedule"));
    world.turns = vec![];
    assert_eq!(reasons(&world).last().map(String::as_str), Some("lower_atcs_index"));
    world.image.machines[0].infeed.pop();
    world.turns = vec![turn(0)];
    assert_eq!(named(&world), Some(Action::Run(OrderId(2))), "none of them is in the schedule");
}

#[test]
fn dispatch_by_hand_and_once() {
    let mut world = World::new();
    world.image.machines[0].infeed = vec![OrderId(1), OrderId(2)];
    world.image.orders[0].good = 25;
    let decision = decisions(&world).remove(0);
    // first in, first out: steel 30 min, back to alu 30 min; with the choice: alu 0, steel 30
    assert_eq!(decision.expected.value.value, 30.0);
    hold(&mut world, &DecisionState::Running);
    assert_eq!(actions(&world), [], "named already");
    world.image.machines[0].infeed = vec![OrderId(1), OrderId(0)];
    assert_eq!(actions(&world).len(), 1, "the named order runs, the next is open");
}
