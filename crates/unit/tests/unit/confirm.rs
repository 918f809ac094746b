//! A person looked at a finding: what they may say, what is kept, and that it is still known after a restart.

use crate::stage::{Stage, clock, id};
use plant::{Cause, Confirmation, MachineState, Mode, Record, RecordKind, UserRole};
use unit::Effect;

/// 22:05, and the mill stands ready without work.
fn found() -> Stage {
    let mut stage = Stage::new(Mode::Advise);
    stage.put(MachineState::Starved);
    assert_eq!(stage.until("22:05"), ["22:00 finding-1 idle_energy"]);
    stage
}

fn says(right: bool, cause: Option<Cause>, note: &str) -> Confirmation {
    let (by, note) = ("mei".to_owned(), note.to_owned());
    Confirmation { by, role: UserRole::Operator, at: clock("22:05"), right, cause, note, relearn: false }
}

#[test]
fn a_confirmation_is_kept_with_its_finding_and_known_after_a_restart() {
    let mut stage = found();
    let said = says(false, Some(Cause::AirLeak), "a hose was off");
    let effects = stage.unit.confirm(id(RecordKind::Finding, 1), said.clone()).expect("it is at hand");
    let [Effect::Keep(Record::Finding(kept))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((kept.id, kept.confirmation.as_ref(), kept.ended), (id(RecordKind::Finding, 1), Some(&said), None));
    let record = Record::Finding(kept.clone());
    stage.records.insert(record.id(), record);
    stage.restart();
    stage.until("22:10");
    let findings = stage.unit.view(stage.now).findings;
    let first = findings.iter().find(|f| f.id == id(RecordKind::Finding, 1)).expect("it was recalled");
    assert_eq!(first.confirmation, Some(said));
    assert!(first.ended.is_some(), "what still holds is found anew");
}

#[test]
fn new_ways_are_not_agreed_to_where_no_baseline_is_in_use() {
    let mut stage = found();
    let said = Confirmation { relearn: true, ..says(true, None, "as it shall be") };
    let refused = stage.unit.confirm(id(RecordKind::Finding, 1), said).expect_err("the mill makes nothing");
    assert_eq!(refused, unit::Unconfirmed::NoBaseline);
    assert_eq!(stage.unit.view(stage.now).findings[0].confirmation, None);
}

#[test]
fn a_refused_confirmation_says_why_and_changes_nothing() {
    let mut stage = found();
    let cases = [
        (id(RecordKind::Finding, 9), says(true, None, ""), "finding-9 is not among the findings at hand"),
        (id(RecordKind::Decision, 1), says(true, None, ""), "decision-1 is not among the findings at hand"),
        (id(RecordKind::Finding, 1), says(true, Some(Cause::AirLeak), ""), "`air_leak` is named instead of the cause"),
        (id(RecordKind::Finding, 1), says(false, Some(Cause::IdleEnergy), ""), "`idle_energy` is named instead of the cause"),
        (id(RecordKind::Finding, 1), says(true, None, &"x".repeat(1_001)), "the note has 1001 characters; allowed are 1000"),
    ];
    for (finding, said, sentence) in cases {
        let told = stage.unit.confirm(finding, said).expect_err(sentence).to_string();
        assert!(told.starts_with(sentence), "{told}");
    }
    assert_eq!(stage.unit.view(stage.now).findings[0].confirmation, None);
}
