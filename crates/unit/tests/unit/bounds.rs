//! Memory is bounded: of each kind of record and of refusals only the newest are at hand, and what is open always is.

use crate::stage::{MILL, clock, id, plant};
use measure::{Estimate, Span};
use plant::{
    Because, Cause, ChannelId, Code, Command, CommandState, CommandValue, Confirmation, DecisionKind, Effect, Finding, Metric,
    Mode, Outcome, Quality, Rank, Record, RecordKind, SourceId, UserRole, Window,
};
use std::sync::Arc;
use unit::{Delivery, Limits, Place, RawReading, RawValue, Unit};

/// Records of each kind at hand, as documented.
const KEPT_MAX: usize = 500;
const REFUSED_MAX: usize = 200;

fn fresh() -> Unit {
    Unit::new(Arc::new(plant(Mode::Automatic)), Limits::default())
}

fn finding(number: u64, open: bool) -> Record {
    let at = clock("10:00") + Span::from_seconds(number as i64);
    Record::Finding(Finding {
        id: id(RecordKind::Finding, number),
        at,
        from: Code::Borrowed("test"),
        because: Vec::new(),
        machine: MILL,
        channel: None,
        cause: Cause::ToolWear,
        probability: 0.5,
        evidence: Vec::new(),
        loss: None,
        since: at,
        ended: (!open).then_some(at),
        causes: Vec::new(),
        confirmation: None,
    })
}

fn outcome(number: u64, value: f64) -> Record {
    let effect = |value| Effect { metric: Metric::EnergySaved, value };
    Record::Outcome(Outcome {
        id: id(RecordKind::Outcome, number),
        at: clock("10:00"),
        from: Code::Borrowed("test"),
        because: vec![Because::Record(id(RecordKind::Decision, number))],
        decision: id(RecordKind::Decision, number),
        kind: DecisionKind::Standby,
        machine: MILL,
        expected: effect(Estimate::exact(1.0)),
        measured: effect(Estimate::between(value - 3.0, value, value + 3.0)),
        window: Window::default(),
    })
}

fn command(number: u64) -> Record {
    Record::Command(Command {
        id: id(RecordKind::Command, number),
        at: clock("10:00"),
        from: Code::Borrowed("act"),
        because: Vec::new(),
        channel: ChannelId(8),
        value: CommandValue::Word("standby".to_owned()),
        rank: Rank::Optimise,
        deadline: clock("10:01"),
        state: CommandState::Acknowledged,
        answered: None,
    })
}

#[test]
fn records_at_hand_are_the_newest_and_the_open_ones_in_whatever_order_they_come_back() {
    let numbers = 1..=2_000_u64;
    let mut recent: Vec<Record> = numbers.clone().map(|n| finding(n, n % 10 == 0 && n <= 1_000)).collect();
    recent.extend(numbers.clone().map(command));
    recent.extend(numbers.map(|n| outcome(n, 2.0)));
    let mut reversed = recent.clone();
    reversed.reverse();
    for recent in [recent, reversed] {
        let mut unit = fresh();
        unit.recall_records([2_001; RecordKind::COUNT], Vec::new(), &recent);
        let view = unit.view(clock("12:00"));
        let numbers = |ids: Vec<u64>| (ids.len(), ids[0], ids[ids.len() - 1]);
        assert_eq!(numbers(view.commands.iter().map(|c| c.id.number).collect()), (KEPT_MAX, 2_000, 1_501));
        assert_eq!(numbers(view.outcomes.iter().map(|o| o.id.number).collect()), (KEPT_MAX, 2_000, 1_501));
        assert_eq!(view.findings.len(), KEPT_MAX);
        let open = view.findings.iter().take_while(|f| f.ended.is_none()).count();
        assert_eq!(open, 100, "no open one was dropped for a closed one, and they come first");
        assert_eq!(view.findings[open].id.number, 2_000);
        assert_eq!(view.counts, [2_000; RecordKind::COUNT]);
        assert!(unit.because(id(RecordKind::Outcome, 1_501)).is_some() && unit.because(id(RecordKind::Outcome, 1)).is_none());
    }
}

#[test]
fn cases_come_back_that_are_older_than_all_findings_at_hand() {
    let confirmed = |number: u64, minute: &str| {
        let by = Confirmation {
            by: "mei".to_owned(),
            role: UserRole::Operator,
            at: clock(minute),
            right: true,
            cause: None,
            note: String::new(),
            relearn: false,
        };
        let Record::Finding(finding) = finding(number, false) else { unreachable!("it makes a finding") };
        Finding { confirmation: Some(by), ..finding }
    };
    let mut unit = fresh();
    let recent: Vec<Record> = (1_001..=2_000).map(|n| finding(n, false)).collect();
    unit.recall_records([2_001; RecordKind::COUNT], Vec::new(), &recent);
    unit.recall_cases(&[confirmed(1, "11:00"), confirmed(2, "10:00"), confirmed(2_000, "10:30")]);
    let view = unit.view(clock("12:00"));
    assert!(view.findings.iter().all(|f| f.id.number > 2));
    let Record::Finding(now) = finding(3_000, true) else { unreachable!("it makes a finding") };
    let similar: Vec<u64> = view.similar(&now).iter().map(|s| s.case.finding.number).collect();
    assert_eq!(similar, [1, 2_000, 2], "the one said last comes first");
}

#[test]
fn gains_add_up_and_their_intervals_add_in_squares() {
    let mut unit = fresh();
    let recent: Vec<Record> = (1..=16).map(|n| outcome(n, 2.0)).collect();
    unit.recall_records([17; RecordKind::COUNT], Vec::new(), &recent);
    let gains = unit.view(clock("12:00")).gains;
    assert_eq!(gains.len(), 1);
    assert_eq!((gains[0].metric, gains[0].outcomes, gains[0].expected), (Metric::EnergySaved, 16, 16.0));
    let measured = gains[0].measured.value;
    assert_eq!((measured.low, measured.value, measured.high), (32.0 - 12.0, 32.0, 32.0 + 12.0));
}

#[test]
fn refusals_at_hand_are_the_newest_and_all_are_counted() {
    let mut unit = fresh();
    for number in 0..1_000 {
        let now = clock("10:00") + Span::from_seconds(number);
        let place = Place::Unknown(format!("cell/nothing-{number}"));
        let readings = vec![RawReading { place, at: Some(now), value: RawValue::Number(1.0), quality: Quality::Good }];
        unit.absorb(Delivery { readings, ..Delivery::new(SourceId(0), now) });
    }
    let view = unit.view(clock("11:00"));
    assert_eq!(view.refused.len(), REFUSED_MAX);
    assert_eq!((view.refused[0].place.as_str(), view.refused[199].place.as_str()), ("cell/nothing-999", "cell/nothing-800"));
    assert_eq!(view.accounting.total().refused_sum(), 1_000);
}
