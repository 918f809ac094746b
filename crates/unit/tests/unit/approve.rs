//! The policy asks: what a person may say, to whom it is refused and in which words, and what follows.

use crate::stage::{Stage, id, verdict};
use plant::{MachineState, Mode, RecordKind, UserRole, Verdict};

/// 22:32, and the standby of the mill waits for a planner.
fn pending() -> Stage {
    let mut stage = Stage::new(Mode::Ask);
    stage.put(MachineState::Starved);
    let lines = stage.until("22:32");
    assert_eq!(lines, ["22:00 finding-1 idle_energy", "22:32 decision-1 standby pending"].map(str::to_owned));
    stage
}

#[test]
fn a_refused_verdict_says_why_and_changes_nothing() {
    let long = Verdict { reason: "x".repeat(501), ..verdict(UserRole::Planner, true, crate::stage::clock("22:32")) };
    let of = |role| verdict(role, true, crate::stage::clock("22:32"));
    let mute = Verdict { reason: " \n".to_owned(), ..of(UserRole::Planner) };
    let too_low = "role operator may not judge decision-1, allowed is planner or above";
    let cases = [
        (id(RecordKind::Decision, 1), of(UserRole::Operator), too_low),
        (id(RecordKind::Decision, 9), of(UserRole::Admin), "decision-9 is not open"),
        (id(RecordKind::Finding, 1), of(UserRole::Admin), "finding-1 is not open"),
        (id(RecordKind::Decision, 1), mute, "the reason has 0 characters, allowed are 1 to 500"),
        (id(RecordKind::Decision, 1), long, "the reason has 501 characters, allowed are 1 to 500"),
    ];
    let mut stage = pending();
    for (decision, verdict, sentence) in cases {
        assert_eq!(stage.judge(decision, verdict), Err(sentence.to_owned()));
        let seen = stage.unit.view(stage.now).decisions;
        assert_eq!((seen.len(), seen[0].state.word()), (1, "pending"), "{sentence}");
    }
    assert_eq!(stage.until("22:40"), Vec::<String>::new());
}

#[test]
fn a_yes_is_carried_out_at_once_and_cannot_be_said_twice() {
    let mut stage = pending();
    let now = stage.now;
    let decision = id(RecordKind::Decision, 1);
    let lines = stage.judge(decision, verdict(UserRole::Planner, true, now)).expect("a planner may");
    let expected = [
        "22:32 decision-1 standby approved",
        "22:32 decision-1 standby running",
        "22:32 command-1 sent",
        "22:32 write command-1 standby",
    ];
    assert_eq!(lines, expected);
    let sentence = "decision-1 is running, only a pending decision can be approved or rejected";
    assert_eq!(stage.judge(decision, verdict(UserRole::Admin, false, now)), Err(sentence.to_owned()));
    let kept = stage.unit.view(now).decision(decision).and_then(|d| d.verdict.clone()).expect("a verdict");
    assert_eq!((kept.by.as_str(), kept.role, kept.approved, kept.at), ("eve", UserRole::Planner, true, now));
}

#[test]
fn a_no_holds_for_eight_hours() {
    let mut stage = pending();
    let now = stage.now;
    let lines = stage.judge(id(RecordKind::Decision, 1), verdict(UserRole::Engineer, false, now));
    assert_eq!(lines, Ok(vec!["22:32 decision-1 standby rejected".to_owned()]));
    assert_eq!(stage.until("29:55"), Vec::<String>::new(), "nobody is asked again that night");
}

#[test]
fn a_question_without_an_answer_lapses_after_the_patience_and_rests_an_hour() {
    let mut stage = pending();
    assert_eq!(stage.until("23:30"), ["23:03 decision-1 standby lapsed lapsed_unanswered"]);
    let now = stage.now;
    let sentence = "decision-1 is lapsed, only a pending decision can be approved or rejected";
    let late = stage.judge(id(RecordKind::Decision, 1), verdict(UserRole::Planner, true, now));
    assert_eq!(late, Err(sentence.to_owned()));
    assert_eq!(stage.until("23:33"), ["23:32 decision-2 standby pending"]);
}
