//! Approval, rejection, lapse, advice, answers, time-out and roll-back, restart.

use crate::fixture::{Bench, MILL, commands, decision, lapsed, outcomes, states, ten, verdict, written};
use crate::hand::OPEN_MAX;
use measure::Span;
use plant::{Action, Code, CommandState, CommandValue, DecisionState as D, MachineState, Mode, OrderId, Role, UserRole};

#[test]
fn automatic_goes_from_taken_to_done() {
    let mut bench = Bench::new(Mode::Automatic);
    let deeds = bench.take(decision(1, Action::Standby));
    assert_eq!(states(&deeds), [D::Approved, D::Running]);
    let sent = written(&deeds);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].value, CommandValue::Word("standby".to_owned()));
    assert_eq!(sent[0].channel, bench.plant.role(MILL, Role::SetState).expect("a channel").id);
    assert_eq!(commands(&deeds)[0].state, CommandState::Sent, "its record is kept before it is written");
    let answered = bench.answer(sent[0].id, Ok(()));
    assert_eq!(commands(&answered)[0].state, CommandState::Acknowledged);
    assert_eq!(commands(&answered)[0].answered, Some(ten()));
    bench.put(MachineState::Standby);
    assert_eq!(bench.pass(30, 560.0), []);
    bench.put(MachineState::WarmingUp);
    assert_eq!(bench.pass(10, 4_600.0), []);
    bench.put(MachineState::Producing);
    let last = bench.pass(1, 9_300.0);
    assert_eq!((states(&last), outcomes(&last).len()), (vec![D::Done], 1));
    assert!(bench.hand.open().is_empty());
    assert_eq!(bench.hand.known().len(), 1, "remembered, so that it is not proposed again at once");
}

/// Name, role, verdict, reason, states kept or the sentence of the refusal.
type Said = (&'static str, UserRole, bool, &'static str, Result<&'static [D], &'static str>);

#[test]
fn a_person_says_yes_or_no() {
    let cases: &[Said] = &[
        ("yes", UserRole::Planner, true, "go", Ok(&[D::Approved, D::Running])),
        ("a higher role may too", UserRole::Admin, true, "go", Ok(&[D::Approved, D::Running])),
        ("no", UserRole::Planner, false, "not today", Ok(&[D::Rejected])),
        ("too low", UserRole::Operator, true, "go", Err("role operator may not judge decision-1, allowed is planner or above")),
        (
            "too low to say no",
            UserRole::Viewer,
            false,
            "no",
            Err("role viewer may not judge decision-1, allowed is planner or above"),
        ),
        ("no reason", UserRole::Planner, true, "  ", Err("the reason has 0 characters, allowed are 1 to 500")),
    ];
    for (name, role, approved, reason, expected) in cases {
        let mut bench = Bench::new(Mode::Ask);
        let taken = decision(1, Action::Standby);
        let id = taken.id;
        assert_eq!(states(&bench.take(taken)), [D::Pending], "{name}");
        let answer = bench.judge(id, verdict(*role, *approved, reason));
        match expected {
            Ok(states_expected) => {
                let deeds = answer.expect(name);
                assert_eq!(&states(&deeds), states_expected, "{name}");
                assert_eq!(written(&deeds).len(), usize::from(*approved), "{name}");
            }
            Err(sentence) => {
                assert_eq!(answer, Err((*sentence).to_owned()), "{name}");
                assert_eq!(bench.hand.open()[0].state, D::Pending, "{name}: nothing changed");
            }
        }
    }
    let mut bench = Bench::new(Mode::Ask);
    bench.take(decision(1, Action::Standby));
    let id = decision(1, Action::Standby).id;
    let long = bench.judge(id, verdict(UserRole::Admin, true, &"x".repeat(501)));
    assert_eq!(long, Err("the reason has 501 characters, allowed are 1 to 500".to_owned()));
    assert!(bench.judge(id, verdict(UserRole::Admin, false, &"x".repeat(500))).is_ok());
    let again = bench.judge(id, verdict(UserRole::Admin, true, "go"));
    assert_eq!(again, Err("decision-1 is rejected, only a pending decision can be approved or rejected".to_owned()));
    let unknown = bench.judge(decision(9, Action::Wake).id, verdict(UserRole::Admin, true, "go"));
    assert_eq!(unknown, Err("decision-9 is not open".to_owned()));
}

#[test]
fn what_is_planned_for_later_can_be_answered_when_it_is_due() {
    let mut bench = Bench::new(Mode::Ask);
    let mut later = decision(1, Action::Standby);
    later.not_before = ten() + Span::from_minutes(25);
    bench.take(later);
    assert_eq!(bench.pass(55, 3_300.0), [], "half an hour from when it is due");
    assert_eq!(lapsed(&bench.pass(1, 3_300.0)).as_deref(), Some("lapsed_unanswered"));
}

#[test]
fn a_hand_may_wait_longer_for_answers() {
    let mut bench = Bench::new(Mode::Automatic);
    bench.hand = crate::Hand::new(&bench.plant).answers_within(Span::from_minutes(5));
    bench.take(decision(1, Action::Speed(105.0)));
    assert_eq!(bench.pass(5, 0.0), []);
    assert_eq!(states(&bench.pass(1, 0.0)), [D::RolledBack]);
}

#[test]
fn nobody_answers() {
    let mut bench = Bench::new(Mode::Ask);
    bench.take(decision(1, Action::Standby));
    assert_eq!(bench.pass(30, 3_300.0), [], "patience of half an hour");
    let deeds = bench.pass(1, 3_300.0);
    assert_eq!((states(&deeds), lapsed(&deeds).as_deref()), (vec![D::Lapsed], Some("lapsed_unanswered")));
}

/// Name, action, what changes, why it lapses.
type Moved = (&'static str, Action, fn(&mut Bench), &'static str);

#[test]
fn the_world_moves_on() {
    let service = || Action::Service(Code::Borrowed("tool"));
    let cases: &[Moved] = &[
        ("work came before standby", Action::Standby, |b| b.put(MachineState::Producing), "lapsed_state"),
        ("it woke by itself", Action::Wake, |b| b.put(MachineState::WarmingUp), "lapsed_state"),
        ("it failed before the service", service(), |b| b.put(MachineState::Down), "lapsed_state"),
        ("the order ran", Action::Run(OrderId(2)), |b| b.image.machines[0].infeed.clear(), "lapsed_order"),
    ];
    for mode in [Mode::Ask, Mode::Automatic] {
        for (name, action, change, code) in cases {
            let mut bench = Bench::new(mode);
            bench.image.machines[0].infeed = vec![OrderId(1), OrderId(2)];
            if *action == Action::Wake {
                bench.put(MachineState::Standby);
            }
            let mut later = decision(1, action.clone());
            // Automatic ones wait for their time, so that the world can move on before.
            later.not_before = ten() + Span::from_minutes(if mode == Mode::Automatic { 5 } else { 0 });
            let taken = bench.take(later);
            assert_eq!(written(&taken), [], "{name}");
            change(&mut bench);
            let deeds = bench.pass(6, 0.0);
            assert_eq!((states(&deeds), lapsed(&deeds).as_deref()), (vec![D::Lapsed], Some(*code)), "{name} {mode:?}");
        }
    }
}

#[test]
fn carried_out_at_its_time_and_not_after() {
    let mut bench = Bench::new(Mode::Automatic);
    let mut later = decision(1, Action::Standby);
    later.not_before = ten() + Span::from_minutes(10);
    bench.take(later.clone());
    assert_eq!(bench.pass(9, 3_300.0), []);
    assert_eq!(written(&bench.pass(1, 3_300.0)).len(), 1);

    let mut bench = Bench::new(Mode::Automatic);
    bench.take(later);
    bench.image.at += Span::from_hours(2);
    bench.image.machines[0].heard = bench.image.at;
    assert_eq!(lapsed(&bench.step()).as_deref(), Some("lapsed_too_late"));
}

#[test]
fn advice_is_only_shown() {
    let mut bench = Bench::new(Mode::Advise);
    let deeds = bench.take(decision(1, Action::Standby));
    assert_eq!((states(&deeds), written(&deeds).len()), (vec![D::Advised], 0));
    let mut bench = Bench::new(Mode::Automatic);
    bench.plant.policies.clear();
    assert_eq!(states(&bench.take(decision(1, Action::Standby))), [D::Advised], "no policy, no deed");
}

#[test]
fn the_interlock_holds_a_command_back_until_the_state_allows_it() {
    let mut bench = Bench::new(Mode::Automatic);
    bench.put(MachineState::Off);
    let deeds = bench.take(decision(1, Action::Wake));
    assert_eq!(states(&deeds), [D::Approved]);
    assert_eq!(bench.pass(5, 0.0), [], "held");
    bench.put(MachineState::Standby);
    assert_eq!(written(&bench.pass(1, 560.0)).len(), 1);
}

#[test]
fn the_device_refuses() {
    let mut bench = Bench::new(Mode::Automatic);
    let sent = written(&bench.take(decision(1, Action::Speed(105.0))));
    let deeds = bench.answer(sent[0].id, Err("BadUserAccessDenied".to_owned()));
    assert_eq!(commands(&deeds)[0].state, CommandState::Failed("BadUserAccessDenied".to_owned()));
    assert_eq!((states(&deeds), written(&deeds).len()), (vec![D::RolledBack], 0), "nothing was changed");
}

#[test]
fn no_answer_in_time_sets_the_value_back() {
    for (action, back) in [
        (Action::Speed(105.0), Some(CommandValue::Number(100.0))),
        (Action::Standby, Some(CommandValue::Word("ready".to_owned()))),
        (Action::Service(Code::Borrowed("tool")), None),
    ] {
        let mut bench = Bench::new(Mode::Automatic);
        let sent = written(&bench.take(decision(1, action.clone())));
        bench.image.at += Span::from_seconds(30);
        assert_eq!(bench.step(), [], "{action:?}: not yet");
        bench.image.at += Span::from_seconds(1);
        let deeds = bench.step();
        let kept = commands(&deeds);
        assert_eq!((kept[0].id, &kept[0].state), (sent[0].id, &CommandState::TimedOut), "{action:?}");
        assert_eq!(states(&deeds), [D::RolledBack], "{action:?}");
        assert_eq!(written(&deeds).into_iter().next().map(|c| c.value), back, "{action:?}");
        assert_eq!(bench.answer(sent[0].id, Ok(())), [], "a late answer changes nothing");
        if let Some(command) = written(&deeds).first() {
            assert_eq!(command.from, "rollback");
            let answered = bench.answer(command.id, Ok(()));
            assert_eq!((commands(&answered).len(), states(&answered).len()), (1, 0), "{action:?}");
        }
        assert_eq!(bench.hand.in_flight().count(), 0, "{action:?}");
    }
}

#[test]
fn a_restart_forgets_nothing_that_waits() {
    let mut bench = Bench::new(Mode::Ask);
    bench.take(decision(1, Action::Standby));
    let mut again = Bench::new(Mode::Ask);
    bench.hand.open().into_iter().for_each(|d| again.hand.recall(d));
    assert_eq!(again.hand.open(), bench.hand.open());
    let deeds = again.judge(decision(1, Action::Standby).id, verdict(UserRole::Planner, true, "go")).expect("pending");
    assert_eq!(written(&deeds).len(), 1);
    again.hand.recall(plant::Decision { state: D::Rejected, ..decision(2, Action::Wake) });
    assert_eq!(again.hand.known().len(), 2);
    assert_eq!(again.hand.open().len(), 1);
}

#[test]
fn a_measurement_goes_on_after_a_restart() {
    let mut bench = Bench::new(Mode::Automatic);
    let sent = written(&bench.take(decision(1, Action::Standby)));
    bench.answer(sent[0].id, Ok(()));
    bench.put(MachineState::Standby);
    bench.pass(20, 560.0);
    let running = bench.hand.open();
    bench.hand = crate::Hand::new(&bench.plant);
    running.into_iter().for_each(|d| bench.hand.recall(d));
    bench.pass(20, 560.0);
    bench.put(MachineState::WarmingUp);
    bench.pass(10, 4_600.0);
    bench.put(MachineState::Starved);
    let deeds = bench.pass(1, 3_300.0);
    let outcome = outcomes(&deeds).remove(0);
    // 50 min at 3300 W, less 40 min at 560 W and 10 min at 4600 W: 2.75 - 0.3733 - 0.7667
    assert!((outcome.measured.value.value - 1.61).abs() < 0.02, "{:?}", outcome.measured);
    assert!(outcome.measured.value.high - outcome.measured.value.low > 1.0, "what was not seen widens it");
}

#[test]
fn too_many_open_decisions_are_turned_away_by_name() {
    let mut bench = Bench::new(Mode::Ask);
    for number in 0..OPEN_MAX as u64 {
        assert_eq!(states(&bench.take(decision(number + 1, Action::Standby))), [D::Pending]);
    }
    let deeds = bench.take(decision(9_999, Action::Standby));
    assert_eq!((states(&deeds), lapsed(&deeds).as_deref()), (vec![D::Lapsed], Some("lapsed_limit")));
    assert_eq!(bench.take(decision(1, Action::Wake)), [], "an id that is open already");
}
