//! What was frozen outlives the process: a lasting fault stays a fault, an agreed relearning stays agreed, and what cannot be used is told.

use crate::stage::{MILL, Stage, id};
use measure::{Instant, Span};
use plant::{
    About, Cause, Confirmation, MachineId, MachineState, Mode, ProductId, Record, RecordId, RecordKind, Unused, UserRole,
};
use unit::Effect;
use unit::desk::{Progress, Standing};

const BEHAVIOUR: About = About::Behaviour(Some(ProductId(0)));

/// A mill that produced for 24 h; its power wavers, so that something can be learned from it.
fn learned() -> Stage {
    let mut stage = Stage::new(Mode::Advise);
    stage.wavers = true;
    stage.pass(Span::from_hours(24));
    stage
}

fn standing(stage: &mut Stage, about: About) -> Option<Standing> {
    let now = stage.now;
    stage.unit.view(now).baselines[MILL.index()].iter().find(|s| s.about == about).copied()
}

fn opened(stage: &Stage, cause: Cause, after: Instant) -> Vec<RecordId> {
    let found = stage.records.values().filter_map(|r| if let Record::Finding(f) = r { Some(f) } else { None });
    found.filter(|f| f.cause == cause && f.since >= after).map(|f| f.id).collect()
}

fn is_frozen(standing: &Standing) -> bool {
    matches!(standing.progress, Progress::Frozen(_))
}

#[test]
fn what_was_frozen_is_frozen_after_a_restart_and_handed_out_only_once() {
    let mut stage = learned();
    let before = standing(&mut stage, BEHAVIOUR).expect("it is learned");
    assert!(is_frozen(&before) && before.version == 1, "{before:?}");
    let kept = stage.frozen.clone();
    assert!(
        kept.iter().any(|f| f.about == BEHAVIOUR && f.values.as_ref().is_some_and(|v| v.len() == 720)),
        "one channel is watched"
    );
    for about in [About::Energy(MachineState::Producing, Some(ProductId(0))), About::Check("power_meter"), About::Stops] {
        assert!(kept.iter().any(|f| f.about == about && f.version == 1), "{about:?}");
    }
    stage.effects.clear();
    stage.restart();
    stage.pass(Span::from_hours(2));
    assert_eq!(standing(&mut stage, BEHAVIOUR), Some(before));
    for frozen in &kept {
        let now = standing(&mut stage, frozen.about).expect("it is there");
        assert!(is_frozen(&now) && (now.version, now.at) == (1, Some(frozen.at)), "{now:?}");
    }
    assert!(!stage.effects.iter().any(|e| matches!(e, Effect::Freeze(_))), "nothing is frozen a second time");
}

#[test]
fn a_fault_that_began_before_the_restart_is_found_after_it_and_lasts() {
    let mut stage = learned();
    stage.more_watts = 900.0;
    let wrong = stage.now;
    stage.pass(Span::from_minutes(10));
    assert_eq!(opened(&stage, Cause::Unusual, wrong), [], "not found yet");
    let mut forgetful = stage.clone();
    stage.restart();
    let begun = stage.now;
    stage.pass(Span::from_hours(30));
    let found = opened(&stage, Cause::Unusual, begun);
    assert_eq!(found.len(), 1, "the fault is no baseline");
    let Some(Record::Finding(finding)) = stage.records.get(&found[0]) else { panic!("a finding") };
    assert!(finding.ended.is_none() && finding.since < begun + Span::from_hours(3), "{finding:?}");
    assert!(finding.evidence.iter().any(|e| e.name == "settled_for"), "a change before the start is known by how long it lasts");
    // what happened before baselines were kept
    forgetful.frozen.clear();
    forgetful.restart();
    forgetful.pass(Span::from_hours(30));
    assert_eq!(opened(&forgetful, Cause::Unusual, wrong), [], "learned as usual");
    assert!(standing(&mut forgetful, BEHAVIOUR).is_some_and(|s| is_frozen(&s)));
}

#[test]
fn an_agreed_relearning_outlives_restarts() {
    let mut stage = learned();
    stage.more_watts = 900.0;
    let wrong = stage.now;
    stage.pass(Span::from_hours(2));
    let found = opened(&stage, Cause::Unusual, wrong);
    let (by, note, at) = ("eve".to_owned(), "a new spindle".to_owned(), stage.now);
    let said = Confirmation { by, role: UserRole::Engineer, at, right: true, cause: None, note, relearn: true };
    let effects = stage.unit.confirm(found[0], said).expect("a baseline is in use");
    let anew = effects.iter().filter_map(|e| if let Effect::Freeze(f) = e { Some(f) } else { None });
    let anew: Vec<_> = anew.filter(|f| f.about == BEHAVIOUR).collect();
    assert!(anew.len() == 1 && anew[0].version == 2 && anew[0].values.is_none(), "{effects:?}");
    stage.carry(effects);
    for _ in 0..2 {
        // before anything new is frozen
        stage.restart();
        stage.pass(Span::from_hours(1));
        let now = standing(&mut stage, BEHAVIOUR).expect("it is known");
        assert!(!is_frozen(&now) && now.version == 2 && now.at.is_some(), "version 1 is not back: {now:?}");
    }
    stage.pass(Span::from_hours(24));
    let frozen = standing(&mut stage, BEHAVIOUR).expect("it is learned");
    assert!(is_frozen(&frozen) && frozen.version == 2, "{frozen:?}");
    let begun = stage.now;
    stage.restart();
    stage.pass(Span::from_hours(6));
    assert_eq!(standing(&mut stage, BEHAVIOUR), Some(frozen));
    assert_eq!(opened(&stage, Cause::Unusual, begun), [], "the new ways are usual now");
    let energy = standing(&mut stage, About::Energy(MachineState::Producing, Some(ProductId(0)))).expect("it is known");
    assert!(is_frozen(&energy) && energy.version == 2, "{energy:?}");
}

#[test]
fn what_cannot_be_used_is_told_and_learned_anew_under_the_next_version() {
    let mut stage = learned();
    for frozen in stage.frozen.iter_mut().filter(|f| f.about == BEHAVIOUR) {
        frozen.channels.push(frozen.channels[0]);
    }
    let (kind, reason) = ("check".to_owned(), "its body is damaged".to_owned());
    let lost = Unused { machine: MILL, kind, of: Some("power_meter".to_owned()), product: None, version: 3, reason };
    stage.frozen.retain(|f| f.about != About::Check("power_meter"));
    let elsewhere = Unused { kind: "weather".to_owned(), of: None, ..lost.clone() };
    stage.unreadable = vec![lost.clone(), elsewhere.clone()];
    stage.restart();
    let now = stage.now;
    let told = stage.unit.view(now).unused;
    assert_eq!(told[..2], [lost, elsewhere.clone()]);
    assert_eq!((told[2].machine, told[2].kind.as_str(), told[2].version), (MachineId(0), "behaviour", 1));
    assert_eq!(told[2].reason, "it was learned from the channels power, power; it would be from power now");
    stage.pass(Span::from_hours(24));
    for (about, version) in [(BEHAVIOUR, 2), (About::Check("power_meter"), 4)] {
        let now = standing(&mut stage, about).expect("it is learned");
        assert!(is_frozen(&now) && now.version == version, "{now:?}");
        assert!(stage.frozen.iter().any(|f| f.about == about && f.version == version), "{about:?}");
    }
    let now = stage.now;
    assert_eq!(stage.unit.view(now).unused[..], [elsewhere], "what took their place is there");
}

/// Absence 2: what was kept is an argument like any other. The same baselines and the same readings give the same effects.
#[test]
fn a_replay_from_the_same_baselines_does_the_same() {
    let mut stage = learned();
    stage.more_watts = 900.0;
    stage.pass(Span::from_minutes(10));
    let mut again = stage.clone();
    for run in [&mut stage, &mut again] {
        run.effects.clear();
        run.restart();
        run.pass(Span::from_hours(8));
    }
    assert_eq!(stage.effects, again.effects);
    assert!(stage.records.contains_key(&id(RecordKind::Finding, 1)) && !stage.effects.is_empty());
}
