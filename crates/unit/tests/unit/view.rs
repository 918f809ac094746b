//! What can be seen at the desk after a night and a morning.

use crate::stage::{MILL, Stage, clock};
use measure::Span;
use plant::{LineId, MachineState, Metric, Mode, OrderId, Record, RecordKind, Role, TeamId};
use unit::desk::Scope;

/// Ready at 22:00, standby over night, work from 06:00 on; 10:00 now.
fn morning() -> Stage {
    let mut stage = Stage::new(Mode::Automatic);
    stage.say(Role::Infeed, "WO-1");
    stage.until("22:00");
    stage.put(MachineState::Starved);
    stage.until("30:00");
    stage.put(MachineState::Producing);
    stage.say(Role::Order, "WO-1");
    stage.until("34:00");
    stage
}

#[test]
fn kpis_are_those_of_the_running_shift_for_every_scope() {
    let mut stage = morning();
    let view = stage.unit.view(stage.now);
    assert_eq!(view.at, clock("34:00"));
    for scope in [Scope::Unit, Scope::Line(LineId(0)), Scope::Machine(MILL)] {
        let kpis = view.kpis_of(scope).expect("a scope of the plant");
        assert_eq!((kpis.window.from, kpis.window.to), (clock("30:00"), clock("34:00")), "{scope:?}");
        assert!((kpis.producing.hours() - 4.0).abs() < 0.02, "{scope:?} {:?}", kpis.producing);
        assert!((kpis.good - 120.0).abs() <= 1.0, "one piece in two minutes: {}", kpis.good);
        let availability = kpis.availability.expect("a shift is worked");
        assert!((availability - 1.0).abs() < 0.01, "{availability}");
        assert!((kpis.energy_kwh - 36.0).abs() < 0.5, "9 kW for four hours: {}", kpis.energy_kwh);
    }
    assert!(view.kpis_of(Scope::Team(TeamId(0))).is_some());
    assert!(view.kpis_of(Scope::Order(OrderId(1))).is_some_and(|k| k.good > 100.0));
    assert!(view.kpis_of(Scope::Order(OrderId(2))).is_none(), "not heard of yet");
    assert_eq!(view.shifts[0].0.from, clock("30:00"), "newest first");
    assert!(view.shifts.windows(2).all(|p| p[0].0.from > p[1].0.from) && view.shifts.len() <= 6);
}

#[test]
fn the_day_is_told_without_a_gap_and_its_energy_adds_up() {
    let mut stage = morning();
    let view = stage.unit.view(stage.now);
    let stretches = &view.timelines[0];
    assert!(stretches.windows(2).all(|p| p[0].window.to == p[1].window.from && p[0].state != p[1].state), "{stretches:?}");
    assert_eq!(stretches.last().map(|s| (s.state, s.window.to)), Some((MachineState::Producing, stage.now)));
    let standby: Span = stretches.iter().filter(|s| s.state == MachineState::Standby).map(|s| s.window.to - s.window.from).sum();
    assert!((standby.hours() - 7.32).abs() < 0.1, "{standby}");
    let account = &view.energy[0];
    assert!((account.by_state_kwh.iter().sum::<f64>() - account.kwh).abs() < 1e-6, "{account:?}");
    let by = |state: MachineState| account.by_state_kwh[state.index()];
    assert!((by(MachineState::Standby) - 0.2 * standby.hours()).abs() < 0.1, "{account:?}");
    assert!((by(MachineState::Producing) - 54.0).abs() < 1.0, "six hours at 9 kW: {account:?}");
}

#[test]
fn records_stand_newest_first_and_agree_with_what_was_kept() {
    let mut stage = morning();
    let view = stage.unit.view(stage.now);
    let kept = |kind: RecordKind| stage.records.keys().filter(|id| id.kind == kind).count() as u64;
    assert_eq!(view.counts, RecordKind::ALL.map(kept));
    assert_eq!(view.decisions.iter().map(|d| d.id.number).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(view.commands.iter().map(|c| c.id.number).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(view.outcomes.iter().map(|o| o.id.number).collect::<Vec<_>>(), [2, 1]);
    assert!(view.findings.iter().all(|f| f.ended.is_some()));
    for decision in &view.decisions {
        assert_eq!(stage.records.get(&decision.id), Some(&Record::Decision(decision.clone())), "the newest version");
    }
    assert_eq!(
        view.gains.iter().map(|g| (g.metric, g.outcomes)).collect::<Vec<_>>(),
        [(Metric::EnergySaved, 1), (Metric::DownTimeAvoided, 1)]
    );
    let total = view.accounting.total();
    assert!(total.balances() && total.in_flight == 0 && total.refused_sum() == 0 && total.stored > 2_500);
    assert_eq!(view.profiles.len(), 1);
    assert_eq!(view.image.machines[0].order, Some(OrderId(1)));
}

#[test]
fn what_waits_for_a_person_stands_first() {
    let mut stage = Stage::new(Mode::Ask);
    stage.put(MachineState::Starved);
    stage.until("23:45");
    let states: Vec<&str> = stage.unit.view(stage.now).decisions.iter().map(|d| d.state.word()).collect();
    assert_eq!(states, ["pending", "lapsed"], "the older one lapsed and rested");
}
