//! Made-up records: findings of every cause, forecasts of every kind, decisions of every kind and state, commands in every
//! state, outcomes, a revision.

use measure::{Estimate, Instant, Span};
use plant::{
    Action, Because, Cause, Certificate, Command, CommandState, CommandValue, Decision, DecisionKind, DecisionState, Effect,
    Evidence, Finding, Forecast, ForecastKind, MachineId, Metric, OrderId, Outcome, Plant, Rank, RecordId, RecordKind, Rejected,
    Revised, Revision, RevisionState, Role, Scope, UserRole, Verdict, Window,
};

/// All records of a house.
#[derive(Clone, Default)]
pub struct Records {
    pub findings: Vec<Finding>,
    pub forecasts: Vec<Forecast>,
    pub decisions: Vec<Decision>,
    pub commands: Vec<Command>,
    pub outcomes: Vec<Outcome>,
    pub revisions: Vec<Revision>,
}

pub fn id(kind: RecordKind, number: u64) -> RecordId {
    RecordId { kind, number }
}

fn proof(name: &'static str, value: Estimate, unit: &'static str, normal: Option<f64>) -> Evidence {
    Evidence { name: name.into(), value, unit: unit.into(), normal }
}

fn readings(plant: &Plant, machine: MachineId, role: Role, (from, to): (Instant, Instant)) -> Because {
    let channel = plant.role(machine, role).expect("every machine has it").id;
    Because::Readings { channel, window: Window { from, to } }
}

fn findings(plant: &Plant, now: Instant) -> Vec<Finding> {
    // machine, detector, cause, channel role, probability, proof, loss, hours since, ended
    let between = Estimate::between;
    let idle = proof("idle_power", between(2_050.0, 2_140.0, 2_230.0), "W", Some(320.0));
    let leak = proof("night_flow", between(31.0, 36.0, 41.0), "m3/h", Some(9.0));
    let load = proof("load_rise", between(11.0, 14.0, 17.0), "%", Some(0.0));
    let shake = proof("vibration", between(5.6, 5.9, 6.2), "mm/s", Some(2.1));
    let held = proof("share_blocked", between(0.24, 0.29, 0.34), "1", Some(0.05));
    let drift = proof("mean_deviation", between(0.38, 0.45, 0.52), "1", Some(0.0));
    let errors = proof("matches", between(3.0, 4.0, 5.0), "1", Some(0.5));
    let table = [
        (9, "idle_energy", Cause::IdleEnergy, Role::Power, 0.97, idle, Some(("power_wasted", 1_820.0, "W")), 2, false),
        (6, "air_leak", Cause::AirLeak, Role::AirFlow, 0.88, leak, Some(("power_wasted", 2_900.0, "W")), 31, false),
        (1, "tool_wear", Cause::ToolWear, Role::Load, 0.81, load, Some(("scrap_rise", 0.9, "/h")), 5, false),
        (4, "bearing_wear", Cause::BearingWear, Role::Vibration, 0.74, shake, None, 52, false),
        (5, "bottleneck", Cause::Bottleneck, Role::State, 0.69, held, Some(("pieces_lost", 2.4, "/h")), 7, false),
        (2, "quality_drift", Cause::QualityDrift, Role::Scrap, 0.63, drift, Some(("scrap_rise", 0.5, "/h")), 3, true),
        (3, "error_pattern", Cause::ErrorPattern, Role::Alarm, 0.58, errors, None, 11, true),
    ];
    let mut all = Vec::new();
    for (row, (machine, from, cause, role, probability, evidence, loss, hours, ended)) in table.into_iter().enumerate() {
        let (machine, since) = (MachineId(machine), now - Span::from_hours(hours));
        let at = now - Span::from_minutes(7 * (row as i64 + 1));
        let loss = loss.map(|(name, value, unit)| proof(name, Estimate::normal(value, value * 0.08), unit, None));
        all.push(Finding {
            id: id(RecordKind::Finding, row as u64 + 1),
            at,
            from: from.into(),
            because: vec![readings(plant, machine, role, (since, at))],
            machine,
            channel: plant.role(machine, role).map(|c| c.id),
            cause,
            probability,
            evidence: vec![evidence, proof("hours_seen", Estimate::exact(hours as f64), "h", None)],
            loss,
            since,
            ended: ended.then(|| now - Span::from_minutes(20)),
            causes: Vec::new(),
            confirmation: None,
        });
    }
    all
}

fn forecasts(plant: &Plant, now: Instant) -> Vec<Forecast> {
    let between = Estimate::between;
    let table = [
        (4, "bearing_trend", ForecastKind::RemainingLife, None, Some("bearing"), between(38.0, 71.0, 120.0), 168),
        (4, "bearing_trend", ForecastKind::FailureProbability, None, Some("bearing"), between(0.12, 0.21, 0.33), 24),
        (1, "tool_trend", ForecastKind::RemainingLife, None, Some("tool"), between(2.5, 5.5, 9.0), 24),
        (9, "idle_spell", ForecastKind::IdleSpan, None, None, between(18.0, 41.0, 90.0), 4),
        (0, "order_done", ForecastKind::OrderDone, Some(3), None, between(1.9, 2.6, 3.8), 24),
        (2, "order_done", ForecastKind::OrderDone, Some(5), None, between(6.0, 8.2, 11.5), 48),
    ];
    let mut all = Vec::new();
    for (row, (machine, from, kind, order, service, value, hours)) in table.into_iter().enumerate() {
        let (machine, at) = (MachineId(machine), now - Span::from_minutes(4 + row as i64));
        let mut because = vec![readings(plant, machine, Role::Vibration, (at - Span::from_hours(24), at))];
        because.extend(order.map(|o| Because::Order(OrderId(o))));
        all.push(Forecast {
            id: id(RecordKind::Forecast, row as u64 + 1),
            at,
            from: from.into(),
            because,
            machine: Some(machine),
            order: order.map(OrderId),
            product: None,
            kind,
            service: service.map(Into::into),
            value,
            horizon: Span::from_hours(hours),
            course: None,
        });
    }
    all
}

type Row = (DecisionKind, u32, Action, DecisionState, Metric, (f64, f64, f64), RecordId);

fn rows() -> Vec<Row> {
    use DecisionKind::{Dispatch, Maintain, Speed, Standby};
    use Metric::{DownTimeAvoided, EnergySaved, PiecesGained, SetUpSaved};
    let finding = |n| id(RecordKind::Finding, n);
    let forecast = |n| id(RecordKind::Forecast, n);
    let state = |word: &str| DecisionState::from_word(word).expect("a state");
    let service = |word: &'static str| Action::Service(word.into());
    let run = |order| Action::Run(OrderId(order));
    vec![
        (Standby, 9, Action::Standby, state("done"), EnergySaved, (2.4, 3.1, 3.8), forecast(4)),
        (Standby, 0, Action::Wake, state("running"), EnergySaved, (0.0, 0.1, 0.2), forecast(4)),
        (Maintain, 4, service("bearing"), state("pending"), DownTimeAvoided, (31.0, 58.0, 96.0), forecast(1)),
        (Speed, 2, Action::Speed(92.0), state("pending"), PiecesGained, (0.5, 2.0, 4.1), finding(6)),
        (Dispatch, 3, run(6), state("pending"), SetUpSaved, (14.0, 19.0, 22.0), finding(5)),
        (Standby, 7, Action::Standby, state("pending"), EnergySaved, (1.1, 1.9, 2.6), finding(1)),
        (Maintain, 6, service("leak"), state("approved"), EnergySaved, (28.0, 41.0, 55.0), finding(2)),
        (Maintain, 1, service("tool"), state("done"), DownTimeAvoided, (6.0, 14.0, 25.0), forecast(3)),
        (Speed, 8, Action::Speed(105.0), state("rejected"), PiecesGained, (1.0, 3.0, 5.0), finding(5)),
        (Dispatch, 0, run(7), state("advised"), SetUpSaved, (8.0, 11.0, 15.0), finding(5)),
        (Dispatch, 1, run(8), state("lapsed"), SetUpSaved, (10.0, 18.0, 21.0), finding(5)),
        (Standby, 5, Action::Standby, state("rolled_back"), EnergySaved, (4.0, 9.0, 13.0), finding(1)),
        (Speed, 4, Action::Speed(110.0), state("refused"), PiecesGained, (2.0, 4.0, 6.0), finding(5)),
        (Speed, 0, Action::Speed(104.0), state("done"), PiecesGained, (1.0, 3.5, 6.0), finding(5)),
        (Dispatch, 4, run(2), state("done"), SetUpSaved, (12.0, 18.0, 22.0), finding(5)),
    ]
}

fn verdict(state: &DecisionState, kind: DecisionKind, at: Instant) -> Option<Verdict> {
    let of = |by: &str, role, approved, reason: &str| {
        Some(Verdict { by: by.to_owned(), role, approved, reason: reason.to_owned(), at })
    };
    match (state, kind) {
        (DecisionState::Pending | DecisionState::Advised | DecisionState::Lapsed, _) => None,
        (DecisionState::Rejected, _) => of("mei", UserRole::Operator, false, "the gauge is being calibrated this morning"),
        (_, DecisionKind::Standby) => of("policy", UserRole::Viewer, true, ""),
        _ => of("jonas", UserRole::Engineer, true, "fits the break"),
    }
}

fn decisions(now: Instant) -> Vec<Decision> {
    let mut all = Vec::new();
    for (row, (kind, machine, action, state, metric, (low, value, high), because)) in rows().into_iter().enumerate() {
        // what is done was made long enough ago for its effect to be measured
        let age = if state == DecisionState::Done { 150 } else { 3 };
        let at = now - Span::from_minutes(age + 17 * row as i64);
        let effect = |value: f64| Effect { metric, value: Estimate::between(value * 0.6, value, value * 1.5) };
        let nothing = Rejected { action: None, expected: effect(0.0), reason: "smaller_effect".into() };
        let other = match kind {
            DecisionKind::Speed => Some((Action::Speed(96.0), "smaller_effect")),
            DecisionKind::Dispatch => Some((Action::Run(OrderId(9)), "later_due_date")),
            DecisionKind::Maintain => Some((Action::Service("tool".into()), "not_feasible")),
            DecisionKind::Standby => None,
        };
        let other = other.map(|(a, why)| Rejected { action: Some(a), expected: effect(value * 0.4), reason: why.into() });
        all.push(Decision {
            id: id(RecordKind::Decision, row as u64 + 1),
            at,
            from: kind.word().into(),
            because: vec![Because::Record(because)],
            kind,
            machine: MachineId(machine),
            action,
            rank: Rank::Optimise,
            not_before: at,
            valid_until: at + Span::from_hours(4),
            expected: Effect { metric, value: Estimate::between(low, value, high) },
            horizon: Span::from_hours(2),
            evidence: vec![proof("idle_power", Estimate::normal(2_140.0, 40.0), "W", Some(320.0))],
            rejected: std::iter::once(nothing).chain(other).collect(),
            certificate: Certificate::issue(vec!["known_machine".into(), "within_envelope".into(), "no_conflict".into()]),
            verdict: verdict(&state, kind, at + Span::from_minutes(1)),
            state,
        });
    }
    all
}

fn commands(plant: &Plant, decisions: &[Decision]) -> Vec<Command> {
    let number = CommandValue::Number;
    let word = |w: &str| CommandValue::Word(w.to_owned());
    let failed = CommandState::Failed("BadNotWritable".to_owned());
    let refused = CommandState::Refused("step_max".to_owned());
    // decision, role written, value, state, made by
    let table = [
        (1, Role::SetState, word("standby"), CommandState::Acknowledged, "act"),
        (2, Role::SetState, word("ready"), CommandState::Sent, "act"),
        (8, Role::SetState, word("ready"), CommandState::Acknowledged, "act"),
        (12, Role::SetState, word("standby"), failed, "act"),
        (12, Role::SetState, word("ready"), CommandState::TimedOut, "rollback"),
        (13, Role::SetSpeed, number(110.0), refused, "act"),
        (14, Role::SetSpeed, number(104.0), CommandState::Acknowledged, "act"),
        (15, Role::SetState, word("ready"), CommandState::Acknowledged, "act"),
    ];
    let mut all = Vec::new();
    for (row, (decision, role, value, state, from)) in table.into_iter().enumerate() {
        let decision = &decisions[decision - 1];
        let at = decision.at + Span::from_seconds(70 + row as i64);
        all.push(Command {
            id: id(RecordKind::Command, row as u64 + 1),
            at,
            from: from.into(),
            because: vec![Because::Record(decision.id)],
            channel: plant.role(decision.machine, role).expect("a writable channel").id,
            value,
            rank: Rank::Optimise,
            deadline: at + Span::from_seconds(10),
            answered: (state == CommandState::Acknowledged).then(|| at + Span::from_millis(42)),
            state,
        });
    }
    all
}

fn outcomes(plant: &Plant, decisions: &[Decision], now: Instant) -> Vec<Outcome> {
    // decision, command, method, measured
    let table = [
        (1, 1, "idle_baseline", (2.5, 2.9, 3.3)),
        (8, 3, "failure_odds", (3.0, 12.0, 21.0)),
        (14, 7, "before_after", (-2.1, -0.4, 1.3)),
        (15, 8, "set_up_plan", (15.0, 17.5, 20.0)),
    ];
    let mut all = Vec::new();
    for (row, (decision, command, from, (low, value, high))) in table.into_iter().enumerate() {
        let decision = &decisions[decision - 1];
        let window = Window { from: decision.at, to: decision.at + decision.horizon };
        all.push(Outcome {
            id: id(RecordKind::Outcome, row as u64 + 1),
            at: now - Span::from_minutes(1 + 9 * row as i64),
            from: from.into(),
            because: vec![
                Because::Record(decision.id),
                Because::Record(id(RecordKind::Command, command)),
                readings(plant, decision.machine, Role::Power, (window.from, window.to)),
            ],
            decision: decision.id,
            kind: decision.kind,
            machine: decision.machine,
            expected: decision.expected,
            measured: Effect { metric: decision.expected.metric, value: Estimate::between(low, value, high) },
            window,
        });
    }
    all
}

/// Twenty minutes of mill-1 that came after the shift before this one had ended.
fn revision(plant: &Plant, now: Instant) -> Revision {
    let ended =
        plant.calendar.spans(now - Span::from_days(1), now).into_iter().rfind(|s| s.to <= now).expect("a shift that has ended");
    let revised = |scope, figure: &'static str, unit: &'static str, before, after| Revised {
        scope,
        window: Window { from: ended.from, to: ended.to },
        figure: figure.into(),
        unit: unit.into(),
        before: Some(before),
        after: Some(after),
    };
    let (from, to) = (ended.from + Span::from_hours(2), ended.from + Span::from_minutes(140));
    Revision {
        id: id(RecordKind::Revision, 1),
        at: now - Span::from_minutes(50),
        from: "late_readings".into(),
        because: vec![
            readings(plant, MachineId(0), Role::Good, (from, to)),
            readings(plant, MachineId(0), Role::State, (from, to)),
        ],
        machine: MachineId(0),
        late: 1_240,
        revised: vec![
            revised(Scope::Unit, "oee", "1", 0.612, 0.634),
            revised(Scope::Unit, "good", "1", 418.0, 431.0),
            revised(Scope::Machine(MachineId(0)), "good", "1", 71.0, 84.0),
        ],
        state: RevisionState::Done,
        done: Some(now - Span::from_minutes(49)),
    }
}

impl Records {
    /// Records so old that only the store has them: a decision with command and outcome, a long chain of findings, and a finding
    /// that rests on very many.
    pub fn archive(plant: &Plant, now: Instant) -> Self {
        let Self { mut findings, mut decisions, mut commands, mut outcomes, .. } = Self::around(plant, now - Span::from_days(3));
        let old = |kind| id(kind, 901);
        decisions.truncate(1);
        commands.truncate(1);
        outcomes.truncate(1);
        decisions[0].id = old(RecordKind::Decision);
        decisions[0].because = vec![Because::Record(id(RecordKind::Finding, 9_999))];
        commands[0].id = old(RecordKind::Command);
        commands[0].because = vec![Because::Record(decisions[0].id)];
        outcomes[0].id = old(RecordKind::Outcome);
        outcomes[0].decision = decisions[0].id;
        outcomes[0].because = vec![Because::Record(decisions[0].id), Because::Record(commands[0].id)];
        let first = findings.remove(6);
        let chained = |number: u64| Finding {
            id: id(RecordKind::Finding, number),
            because: vec![Because::Record(id(RecordKind::Finding, number - 1))],
            ..first.clone()
        };
        let mut chain: Vec<Finding> = (911..=922).map(chained).collect();
        chain[0].because = Vec::new();
        let many = (0..300).map(|_| Because::Record(chain[0].id)).collect();
        chain.push(Finding { id: id(RecordKind::Finding, 930), because: many, ..first });
        Self { findings: chain, forecasts: Vec::new(), decisions, commands, outcomes, revisions: Vec::new() }
    }
    /// Records made around `now`.
    pub fn around(plant: &Plant, now: Instant) -> Self {
        let decisions = decisions(now);
        Self {
            findings: findings(plant, now),
            forecasts: forecasts(plant, now),
            commands: commands(plant, &decisions),
            outcomes: outcomes(plant, &decisions, now),
            revisions: vec![revision(plant, now)],
            decisions,
        }
    }
}
