//! What the envelope and the ranks refuse, with the exact sentence.

use crate::envelope::{Wish, admit};
use crate::fixture::{Bench, MILL, commands, decision, states, ten, written};
use crate::ranks::{Ranks, Standing};
use measure::Span;
use plant::{Action, Code, CommandState, CommandValue, DecisionState, MachineState, Mode, OrderId, Rank, Role};

fn number(n: f64) -> CommandValue {
    CommandValue::Number(n)
}
fn word(w: &str) -> CommandValue {
    CommandValue::Word(w.to_owned())
}

/// What stands on the speed channel since some minutes.
fn standing(bench: &Bench, value: CommandValue, rank: Rank, minutes: i64) -> Ranks {
    let mut ranks = Ranks::default();
    let id = bench.plant.role(MILL, Role::SetSpeed).expect("a channel").id;
    ranks.stand(id, Standing { at: ten() - Span::from_minutes(minutes), value, rank, until: ten() + Span::from_hours(1) });
    ranks
}

type Case = (Role, CommandValue, fn(&mut Bench), Option<(f64, Rank, i64)>, &'static str);

fn refuse(cases: Vec<Case>) {
    for (role, value, change, stands, sentence) in cases {
        let mut bench = Bench::new(Mode::Automatic);
        change(&mut bench);
        let ranks = stands.map_or_else(Ranks::default, |(n, rank, minutes)| standing(&bench, number(n), rank, minutes));
        let channel = bench.plant.role(MILL, role).expect("a channel");
        let wish = Wish { channel, value: &value, rank: Rank::Optimise, is_back: false };
        let refusal = admit(&bench.plant, &bench.image, &ranks, wish).expect_err(sentence);
        assert_eq!(refusal.to_string(), sentence);
    }
}

#[test]
fn every_rule_of_numbers_with_its_sentence() {
    let none = |_: &mut Bench| ();
    refuse(vec![
        (
            Role::Speed,
            number(100.0),
            none,
            None,
            "mill/speed refuses by rule `writable`: found a channel to be read only, allowed a writable channel",
        ),
        (Role::SetSpeed, number(130.0), none, None, "mill/set_speed refuses by rule `range`: found 130 %, allowed 60 to 120 %"),
        (Role::SetSpeed, number(59.9), none, None, "mill/set_speed refuses by rule `range`: found 59.9 %, allowed 60 to 120 %"),
        (
            Role::SetSpeed,
            number(f64::NAN),
            none,
            None,
            "mill/set_speed refuses by rule `range`: found NaN %, allowed 60 to 120 %",
        ),
        (Role::SetSpeed, word("fast"), none, None, "mill/set_speed refuses by rule `kind`: found `fast`, allowed a number"),
        (
            Role::SetSpeed,
            number(115.0),
            none,
            None,
            "mill/set_speed refuses by rule `step`: found a step from 100 % to 115 %, allowed at most 10 %",
        ),
        (
            Role::SetSpeed,
            number(105.0),
            none,
            Some((100.0, Rank::Optimise, 2)),
            "mill/set_speed refuses by rule `rest`: found a write 2 min after the last, allowed 5 min or more",
        ),
        (
            Role::SetSpeed,
            number(105.0),
            |b| b.put(MachineState::Down),
            None,
            "mill/set_speed refuses by rule `interlock`: found down, allowed any state but down",
        ),
        (
            Role::SetSpeed,
            number(105.0),
            |b| b.image.machines[0].heard = ten() - Span::from_hours(3),
            None,
            "mill/set_speed refuses by rule `heard`: found silence for 3 h, allowed at most 15 min",
        ),
        (
            Role::SetSpeed,
            number(105.0),
            |b| b.image.machines.clear(),
            None,
            "mill/set_speed refuses by rule `heard`: found a machine never heard of, allowed one heard of",
        ),
        (
            Role::SetSpeed,
            number(105.0),
            none,
            Some((95.0, Rank::Worker, 10)),
            "mill/set_speed refuses by rule `rank`: found optimisation asking for 105 %, allowed at most 95 % as set by a worker until 2026-03-02T11:00:00Z",
        ),
    ]);
}

#[test]
fn every_rule_of_words_with_its_sentence() {
    let none = |_: &mut Bench| ();
    refuse(vec![
        (
            Role::SetState,
            word("standby"),
            |b| b.put(MachineState::Producing),
            None,
            "mill/set_state refuses by rule `interlock`: found producing, allowed starved, blocked, standby",
        ),
        (Role::SetState, word("off"), none, None, "mill/set_state refuses by rule `words`: found `off`, allowed standby, ready"),
        (Role::SetState, number(1.0), none, None, "mill/set_state refuses by rule `kind`: found 1 1, allowed a word"),
        (
            Role::SetService,
            word("oil"),
            none,
            None,
            "mill/set_service refuses by rule `words`: found `oil`, allowed tool, bearing, leak",
        ),
        (
            Role::SetOrder,
            word(""),
            none,
            None,
            "mill/set_order refuses by rule `words`: found 0 characters, allowed 1 to 64 printable characters",
        ),
        (
            Role::SetOrder,
            word("WO-\u{7}"),
            none,
            None,
            "mill/set_order refuses by rule `words`: found 4 characters, allowed 1 to 64 printable characters",
        ),
    ]);
}

#[test]
fn what_may_pass() {
    let bench = Bench::new(Mode::Automatic);
    let channel = bench.plant.role(MILL, Role::SetSpeed).expect("a channel");
    let slow = standing(&bench, number(95.0), Rank::Worker, 10);
    for (name, value, rank, ranks) in [
        ("within range and step", number(110.0), Rank::Optimise, &Ranks::default()),
        ("narrower than a worker set it", number(92.0), Rank::Optimise, &slow),
        ("the worker themselves", number(105.0), Rank::Worker, &slow),
        ("a higher rank", number(105.0), Rank::Safety, &slow),
    ] {
        let wish = Wish { channel, value: &value, rank, is_back: false };
        assert_eq!(admit(&bench.plant, &bench.image, ranks, wish), Ok(()), "{name}");
    }
    let mut later = bench.clone();
    later.image.at = ten() + Span::from_hours(2);
    later.image.machines[0].heard = later.image.at;
    let wish = Wish { channel, value: &number(105.0), rank: Rank::Optimise, is_back: false };
    assert_eq!(admit(&later.plant, &later.image, &slow, wish), Ok(()), "what the worker set has ended");
}

#[test]
fn a_refused_decision_is_kept_with_the_sentence() {
    let cases: &[(Action, &str)] = &[
        (Action::Speed(130.0), "mill/set_speed refuses by rule `range`: found 130 %, allowed 60 to 120 %"),
        (Action::Speed(f64::INFINITY), "mill/set_speed refuses by rule `range`: found inf %, allowed 60 to 120 %"),
        (Action::Speed(85.0), "mill/set_speed refuses by rule `step`: found a step from 100 % to 85 %, allowed at most 10 %"),
        (
            Action::Service(Code::Borrowed("paint")),
            "mill/set_service refuses by rule `words`: found `paint`, allowed tool, bearing, leak",
        ),
    ];
    for (action, sentence) in cases {
        let mut bench = Bench::new(Mode::Automatic);
        let deeds = bench.take(decision(1, action.clone()));
        assert_eq!(states(&deeds), [DecisionState::Approved, DecisionState::Refused]);
        assert_eq!(written(&deeds), []);
        assert_eq!(commands(&deeds)[0].state, CommandState::Refused((*sentence).to_owned()));
    }
    let mut bench = Bench::new(Mode::Automatic);
    bench.image.machines[0].infeed = vec![OrderId(9)];
    assert_eq!(states(&bench.take(decision(1, Action::Run(OrderId(9))))), [DecisionState::Approved, DecisionState::Refused]);
}

#[test]
fn a_workers_speed_stands_against_the_optimisation_until_its_horizon_ends() {
    let mut bench = Bench::new(Mode::Automatic);
    let mut slow = decision(1, Action::Speed(92.0));
    slow.rank = Rank::Worker;
    let sent = written(&bench.take(slow));
    bench.answer(sent[0].id, Ok(()));
    bench.set(Role::Speed, 92.0);
    bench.pass(10, 0.0);
    let refused = bench.take(decision(2, Action::Speed(100.0)));
    assert_eq!(states(&refused), [DecisionState::Approved, DecisionState::Refused]);
    bench.pass(115, 0.0);
    let mut later = decision(3, Action::Speed(100.0));
    later.valid_until = ten() + Span::from_hours(4);
    assert_eq!(written(&bench.take(later)).len(), 1);
}
