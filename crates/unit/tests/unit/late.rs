//! A mill whose line to the unit was cut: what it did comes late, and the figures of the shift that had ended are revised.

use crate::stage::{MILL, Stage, clock};
use measure::Span;
use plant::{Because, MachineState, Mode, Record, Revised, Revision, RevisionState, Role, Scope, Window};
use unit::Effect;

/// Producing until 13:00 of the second day, then down for an hour, then producing to the end of the shift at 22:00 and starved
/// until 22:30. Where `cut` is set, nothing of 12:30 to 14:30 comes before 22:10.
fn day(cut: bool) -> Stage {
    let mut stage = Stage::new(Mode::Advise);
    stage.until("36:30");
    stage.held = cut.then(Vec::new);
    stage.until("37:00");
    stage.put(MachineState::Down);
    stage.until("38:00");
    stage.put(MachineState::Producing);
    stage.say(Role::Order, "WO-1");
    stage.until("38:30");
    let held = stage.held.take();
    stage.until("46:00");
    stage.put(MachineState::Starved);
    stage.until("46:10");
    if cut {
        stage.held = held;
        stage.let_go();
    }
    stage
}

fn shift() -> Window {
    Window { from: clock("30:00"), to: clock("46:00") }
}

fn revisions(stage: &Stage) -> Vec<&Revision> {
    stage.records.values().filter_map(|r| if let Record::Revision(r) = r { Some(r) } else { None }).collect()
}

fn of<'a>(revision: &'a Revision, scope: Scope, figure: &str) -> &'a Revised {
    let found = revision.revised.iter().find(|r| r.scope == scope && r.figure == figure && r.window == shift());
    found.unwrap_or_else(|| panic!("{scope:?} {figure}: {:?}", revision.revised))
}

#[test]
fn figures_of_a_shift_that_had_ended_are_revised_to_those_of_the_same_day_in_order() {
    let mut whole = day(false);
    let mut late = day(true);
    let told = late.unit.kpis(Scope::Machine(MILL), shift());
    assert_eq!(told.failures, 0, "nobody knew of the breakdown");
    let lines = late.until("46:13");
    assert_eq!(lines[0], "22:11 revision-1 pending of 242", "in the commit of the late readings: {lines:?}");
    assert_eq!(lines[1], "22:13 revision-1 done of 242", "{lines:?}");
    whole.until("46:30");
    late.until("46:30");
    for scope in [Scope::Unit, Scope::Machine(MILL)] {
        let (a, b) = (whole.unit.kpis(scope, shift()), late.unit.kpis(scope, shift()));
        assert_eq!(
            format!("{:?}", (&a.by_state, a.good, a.failures, a.oee)),
            format!("{:?}", (&b.by_state, b.good, b.failures, b.oee))
        );
        assert!((a.energy_kwh - b.energy_kwh).abs() < 1e-6, "{} {}", a.energy_kwh, b.energy_kwh);
    }
    assert!(revisions(&whole).is_empty(), "in order there is nothing to revise");
    let revision = revisions(&late)[0];
    assert_eq!((revision.state, revision.machine, revision.at), (RevisionState::Done, MILL, clock("46:11")));
    assert_eq!(revision.done, Some(clock("46:13")));
    let failures = of(revision, Scope::Machine(MILL), "failures");
    assert_eq!((failures.before, failures.after), (Some(0.0), Some(1.0)));
    let availability = of(revision, Scope::Unit, "availability");
    assert_eq!((availability.before, availability.after), (Some(1.0), Some(15.0 / 16.0)), "an hour of sixteen");
    assert_eq!(told.availability, Some(1.0));
    assert!(revision.revised.iter().all(|r| r.before != r.after), "only what changed is told: {:?}", revision.revised);
    let span = Window { from: clock("36:31"), to: clock("38:30") };
    let readings =
        revision.because.iter().filter_map(|b| if let Because::Readings { window, .. } = b { Some(*window) } else { None });
    let readings: Vec<Window> = readings.collect();
    assert!(readings.contains(&span) && readings.iter().all(|w| w.from >= span.from && w.to <= span.to), "{readings:?}");
}

#[test]
fn late_readings_of_the_running_shift_mend_its_figures_and_revise_nothing() {
    let mut stage = Stage::new(Mode::Advise);
    stage.until("36:30");
    stage.held = Some(Vec::new());
    stage.put(MachineState::Down);
    stage.until("37:00");
    stage.put(MachineState::Producing);
    stage.until("37:05");
    let held = stage.held.take();
    stage.until("38:00");
    stage.held = held;
    stage.let_go();
    stage.until("38:05");
    let running = Window { from: clock("30:00"), to: clock("38:00") };
    let kpis = stage.unit.kpis(Scope::Machine(MILL), running);
    assert_eq!((kpis.failures, kpis.down), (1, Span::from_minutes(30)));
    assert!(revisions(&stage).is_empty());
    let now = stage.now;
    assert_eq!(stage.unit.view(now).reworking, 0);
}

#[test]
fn a_revision_that_was_pending_at_a_kill_is_told_after_the_start() {
    let mut alive = day(true);
    let mut killed = day(true);
    killed.is_reworking = false;
    alive.until("46:13");
    killed.until("46:12");
    let pending = revisions(&killed)[0].clone();
    assert_eq!(pending.state, RevisionState::Pending);
    killed.is_reworking = true;
    killed.restart();
    let now = killed.now;
    killed.unit.restore(now);
    killed.until("46:20");
    let (one, other) = (revisions(&alive)[0], revisions(&killed)[0]);
    assert_eq!((other.state, &other.because, other.late, other.at), (RevisionState::Done, &one.because, one.late, one.at));
    assert_eq!(other.revised, one.revised, "the same old and new values");
    assert_eq!(revisions(&killed).len(), 1);
}

#[test]
fn after_a_start_what_is_stored_tells_the_figures_of_before_again() {
    let mut stage = day(false);
    let told = stage.unit.kpis(Scope::Machine(MILL), shift());
    stage.restart_with_nothing_at_hand();
    assert_eq!(stage.unit.kpis(Scope::Machine(MILL), shift()).good, 0.0, "only what is not sealed comes back at once");
    let now = stage.now;
    stage.unit.restore(now);
    stage.until("46:15");
    let again = stage.unit.kpis(Scope::Machine(MILL), shift());
    assert_eq!((again.good, again.failures, &again.by_state), (told.good, told.failures, &told.by_state));
    assert!(revisions(&stage).is_empty());
}

#[test]
fn a_replay_that_fails_is_done_again_and_what_comes_meanwhile_is_in_it() {
    let mut stage = day(true);
    stage.fails = 2;
    stage.until("46:20");
    let revision = revisions(&stage)[0];
    assert_eq!(revision.state, RevisionState::Done);
    assert_eq!(of(revision, Scope::Machine(MILL), "failures").after, Some(1.0));
    let asked = stage.effects.iter().filter(|e| matches!(e, Effect::Rework(_))).count();
    assert_eq!(asked, 3, "two that failed, one that did not");
}
