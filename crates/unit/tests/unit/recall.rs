//! After a restart: what waited still waits, what ran is still measured, numbers and words go on where they ended.

use crate::stage::{Device, Stage, clock, id, verdict};
use plant::{MachineState, Mode, Record, RecordKind, UserRole};

fn at_night(mode: Mode, time: &str) -> Stage {
    let mut stage = Stage::new(mode);
    stage.put(MachineState::Starved);
    stage.until(time);
    stage
}

#[test]
fn a_pending_approval_still_waits() {
    let mut stage = at_night(Mode::Ask, "22:32");
    let before = stage.unit.view(stage.now);
    stage.restart();
    let after = stage.unit.view(stage.now);
    assert_eq!(after.decisions, before.decisions, "as it was, to the last figure");
    assert_eq!(after.counts, before.counts);
    let found = ["22:33 finding-1 idle_energy ended", "22:33 finding-2 idle_energy"];
    assert_eq!(stage.until("22:40"), found, "a finding of the earlier run ends; what still holds is found anew");
    let now = stage.now;
    let lines = stage.judge(id(RecordKind::Decision, 1), verdict(UserRole::Planner, true, now)).expect("it waits");
    assert_eq!(lines[3], "22:40 write command-1 standby");
    assert_eq!(stage.unit.view(now).decisions.len(), 1);
}

#[test]
fn a_pending_approval_lapses_as_if_nothing_had_happened() {
    let mut whole = at_night(Mode::Ask, "22:32");
    let mut split = whole.clone();
    split.restart();
    let lapse = |lines: Vec<String>| lines.into_iter().filter(|l| l.contains("decision")).collect::<Vec<_>>();
    let expected = lapse(whole.until("23:10"));
    assert_eq!(expected, ["23:03 decision-1 standby lapsed lapsed_unanswered"]);
    assert_eq!(lapse(split.until("23:10")), expected);
}

#[test]
fn a_running_decision_is_measured_over_the_whole_night() {
    let mut whole = at_night(Mode::Automatic, "24:00");
    let mut split = whole.clone();
    split.restart();
    let outcome = |stage: &mut Stage| {
        stage.until("29:30");
        stage.put(MachineState::WarmingUp);
        stage.until("29:35");
        stage.put(MachineState::Starved);
        stage.until("29:40");
        stage.records.values().find_map(|r| if let Record::Outcome(o) = r { Some(o.clone()) } else { None }).expect("measured")
    };
    let (whole, split) = (outcome(&mut whole), outcome(&mut split));
    assert_eq!((whole.decision, whole.window.to), (split.decision, split.window.to));
    assert!(whole.window.from - split.window.from <= crate::stage::TICK, "from the sending, for the answer was not kept");
    let (seen, blind) = (whole.measured.value, split.measured.value);
    // 22:33 to 05:35: ready at 2 kW, against standby at 0.2 kW and 5 min of warm-up at 4 kW
    let saved = 7.033 * 2.0 - 6.95 * 0.2 - 4.0 / 12.0;
    assert!(seen.covers(saved) && blind.covers(saved), "{saved}: {seen:?} {blind:?}");
    assert!(blind.high - blind.low > seen.high - seen.low, "what was not seen widens the interval: {seen:?} {blind:?}");
}

#[test]
fn numbers_and_words_go_on() {
    let mut stage = at_night(Mode::Automatic, "23:00");
    let before = stage.unit.view(stage.now);
    stage.effects.clear();
    stage.restart();
    let recalled = stage.unit.view(stage.now);
    assert_eq!(recalled.image.words.words(), before.image.words.words());
    assert_eq!(recalled.image.latest, before.image.latest);
    assert_eq!(recalled.image.machines, before.image.machines);
    assert_eq!(recalled.accounting.total().accepted, 0, "the accounts are those of this run");
    stage.put(MachineState::Producing);
    stage.until("24:00");
    stage.put(MachineState::Starved);
    stage.until("25:00");
    let after = stage.unit.view(stage.now);
    for kind in RecordKind::ALL {
        let place = kind as usize;
        let fresh = stage.effects.iter().filter_map(|e| match e {
            unit::Effect::Keep(record) if record.id().kind == kind => Some(record.id().number),
            _ => None,
        });
        let fresh: Vec<u64> = fresh.filter(|n| *n > before.counts[place]).collect();
        assert_eq!(fresh.iter().max().copied().unwrap_or(before.counts[place]), after.counts[place], "{kind:?}");
        assert!(fresh.windows(2).all(|p| p[0] <= p[1]), "{kind:?} {fresh:?}");
    }
    assert!(after.counts[2] > before.counts[2], "a new night, a new decision");
    assert_eq!(after.at, clock("25:00"));
}

#[test]
fn a_command_without_an_answer_is_told_timed_out_and_its_decision_is_still_measured() {
    let mut stage = at_night(Mode::Automatic, "22:31");
    stage.device = Device::Silent;
    assert!(stage.until("22:32").contains(&"22:32 write command-1 standby".to_owned()));
    stage.restart();
    let lines = stage.until("22:46");
    assert!(lines.contains(&"22:33 command-1 timed out".to_owned()), "{lines:?}");
    assert!(!lines.iter().any(|l| l.contains("write")), "whether it was obeyed is not known: {lines:?}");
    let measured = stage.until("22:47");
    assert_eq!(measured[0], "22:47 outcome-1 of decision-1 energy_saved 0.0", "not in standby after a quarter of an hour");
}
