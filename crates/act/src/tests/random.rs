//! Random lives: no command outside of the envelope, one final state for each decision, the same deeds twice.

use crate::Deed;
use crate::fixture::{Bench, MILL, decision, ten, verdict};
use measure::Span;
use plant::{
    Action, Code, CommandValue, Decision, DecisionState as D, MachineState, Mode, OrderId, Record, RecordId, Role, UserRole,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Event {
    Take(Action, i64, i64),
    Judge(u64, bool, usize),
    Answer(usize, bool),
    State(usize),
    Infeed(Vec<u32>),
    Pass(i64),
    Silence(i64),
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        Just(Action::Standby),
        Just(Action::Wake),
        prop::sample::select(vec!["tool", "bearing", "oil", ""]).prop_map(|w| Action::Service(Code::Borrowed(w))),
        prop_oneof![50.0_f64..130.0, Just(f64::NAN), Just(f64::INFINITY), any::<f64>()].prop_map(Action::Speed),
        (0_u32..6).prop_map(|o| Action::Run(OrderId(o))),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (action(), -60_i64..120, -60_i64..240).prop_map(|(a, from, to)| Event::Take(a, from, to)),
        (1_u64..20, any::<bool>(), 0_usize..5).prop_map(|(id, yes, role)| Event::Judge(id, yes, role)),
        (0_usize..4, any::<bool>()).prop_map(|(n, yes)| Event::Answer(n, yes)),
        (0_usize..10).prop_map(Event::State),
        prop::collection::vec(0_u32..4, 0..4).prop_map(Event::Infeed),
        (1_i64..40).prop_map(Event::Pass),
        (1_i64..60).prop_map(Event::Silence),
    ]
}

/// A machine that obeys: what is written to the speed is in force.
fn happen(bench: &mut Bench, event: &Event, taken: &mut u64) -> Vec<Deed> {
    match event {
        Event::Take(action, from, to) => {
            *taken += 1;
            let mut taking = decision(*taken, action.clone());
            taking.at = bench.image.at;
            taking.not_before = bench.image.at + Span::from_minutes(*from);
            taking.valid_until = bench.image.at + Span::from_minutes(*to);
            bench.take(taking)
        }
        Event::Judge(number, yes, role) => {
            let id = RecordId { number: *number, ..decision(1, Action::Wake).id };
            bench.judge(id, verdict(UserRole::ALL[*role].0, *yes, "because")).unwrap_or_default()
        }
        Event::Answer(place, yes) => {
            let Some(command) = bench.hand.in_flight().nth(*place).cloned() else { return Vec::new() };
            if let (true, CommandValue::Number(number)) = (*yes, &command.value) {
                bench.set(Role::Speed, *number);
            }
            bench.answer(command.id, if *yes { Ok(()) } else { Err("no".to_owned()) })
        }
        Event::State(place) => {
            bench.put(MachineState::ALL[*place].0);
            bench.step()
        }
        Event::Infeed(orders) => {
            bench.image.machines[0].infeed = orders.iter().map(|o| OrderId(*o)).collect();
            bench.step()
        }
        Event::Pass(minutes) => bench.pass(*minutes, 1_000.0),
        Event::Silence(minutes) => {
            bench.image.at += Span::from_minutes(*minutes);
            bench.step()
        }
    }
}

/// The envelope by its own words, told apart from the code under test.
fn is_allowed(bench: &Bench, in_force: f64, deed: &Deed) -> bool {
    let Deed::Write(command) = deed else { return true };
    let channel = bench.plant.channel(command.channel);
    let state = bench.image.machines[0].state;
    match (channel.role, &command.value) {
        (Role::SetSpeed, CommandValue::Number(n)) => (60.0..=120.0).contains(n) && (n - in_force).abs() <= 10.0 + 1e-6,
        (Role::SetState, CommandValue::Word(w)) => {
            ["standby", "ready"].contains(&w.as_str())
                && [MachineState::Starved, MachineState::Blocked, MachineState::Standby].contains(&state)
        }
        (Role::SetService, CommandValue::Word(w)) => {
            ["tool", "bearing", "leak"].contains(&w.as_str()) && state != MachineState::Down
        }
        (Role::SetOrder, CommandValue::Word(w)) => w.starts_with("WO-") && state != MachineState::Down,
        _ => false,
    }
}

fn is_final(state: &D) -> bool {
    !matches!(state, D::Pending | D::Approved | D::Running)
}

proptest! {
    #[test]
    fn no_command_leaves_outside_of_the_envelope_and_every_decision_ends_once(
        mode in prop::sample::select(vec![Mode::Automatic, Mode::Ask]),
        events in prop::collection::vec(event(), 1..40),
    ) {
        let mut bench = Bench::new(mode);
        let mut twin = bench.clone();
        let (mut taken, mut again) = (0, 0);
        let mut ends: BTreeMap<u64, Vec<D>> = BTreeMap::new();
        let mut told = |deeds: &[Deed]| for deed in deeds {
            if let Deed::Keep(Record::Decision(Decision { id, state, .. })) = deed {
                ends.entry(id.number).or_default().push(state.clone());
            }
        };
        for event in &events {
            let speed = bench.plant.role(MILL, Role::Speed).and_then(|c| bench.image.number(c.id)).expect("a speed");
            let deeds = happen(&mut bench, event, &mut taken);
            // As text, since a speed that is no number is not equal to itself.
            let twice = happen(&mut twin, event, &mut again);
            prop_assert_eq!(format!("{deeds:?}"), format!("{twice:?}"), "the same deeds twice");
            for deed in &deeds {
                prop_assert!(is_allowed(&bench, speed, deed), "{deed:?} at {:?}", bench.image.machines[0]);
            }
            told(&deeds);
        }
        // A restart in the middle: what is open stays open.
        let open = bench.hand.open();
        let mut hand = crate::Hand::new(&bench.plant);
        open.iter().for_each(|d| hand.recall(d.clone()));
        prop_assert_eq!(format!("{:?}", hand.open()), format!("{open:?}"));
        bench.hand = hand;
        bench.image.at = ten() + Span::from_days(30);
        bench.image.machines[0].heard = bench.image.at;
        told(&bench.step());
        told(&bench.step());
        prop_assert!(bench.hand.open().is_empty(), "{:?}", bench.hand.open());
        prop_assert_eq!(ends.len() as u64, taken);
        for (number, states) in ends {
            let finals = states.iter().filter(|s| is_final(s)).count();
            prop_assert!(finals == 1 && states.last().is_some_and(is_final), "decision-{number}: {states:?}");
        }
    }
}
