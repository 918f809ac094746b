//! Round trips of every form, and golden files that hold the forms still. A golden file that fails means: stored data of users
//! could not be read any more. Add a new version beside it, never change it.

use super::parts::Num;
use super::{
    Catalogue, Entry, Outline, Print, Reader, Remap, encode_batches, encode_names, encode_record, encode_words, from_json,
    to_json,
};
use measure::{Estimate, Instant, Span, Unit};
use plant::{
    Action, Batch, Because, Calendar, Cause, Certificate, Channel, ChannelId, ChannelKind, Command, CommandState, CommandValue,
    Confirmation, Course, CourseStep, Decision, DecisionKind, DecisionState, Effect, Evidence, Finding, Forecast, ForecastKind,
    Machine, MachineId, Metric, Order, OrderId, Outcome, Parts, Plant, Prices, Product, ProductId, Quality, Rank, Reading,
    Reason, Record, RecordId, RecordKind, Rejected, Revised, Revision, RevisionState, Role, Scope, Source, SourceId, Suspect,
    UserRole, Verdict, Window, WordId, Zone,
};
use proptest::prelude::*;
use std::sync::Arc;

pub(super) fn plant() -> Plant {
    let machine = |id: u32, name: &str| Machine {
        id: MachineId(id),
        name: name.to_owned(),
        kind: "milling".to_owned(),
        line: None,
        feeds: Vec::new(),
        warm_up: Span::ZERO,
        services: Vec::new(),
        load: None,
    };
    let channel = |id: u32, machine: u32, name: &str, kind| Channel {
        id: ChannelId(id),
        machine: MachineId(machine),
        name: name.to_owned(),
        unit: Unit::one(),
        kind,
        role: Role::Other,
        range: None,
        states: Vec::new(),
        writable: None,
    };
    let parts = Parts {
        site: "golden".to_owned(),
        calendar: Calendar { zone: Zone::utc(), shifts: Vec::new() },
        prices: Prices { currency: "EUR".parse().expect("a currency"), energy_per_kwh: 0.2, carbon_per_kwh: 0.3 },
        lines: Vec::new(),
        machines: vec![machine(0, "mill-1"), machine(1, "mill-2")],
        channels: vec![channel(0, 0, "power", ChannelKind::Gauge), channel(1, 1, "set_state", ChannelKind::State)],
        sources: vec![Source { id: SourceId(0), name: "bus".to_owned(), protocol: "opcua".to_owned() }],
        teams: Vec::new(),
        products: vec![Product { id: ProductId(0), name: "P-1".to_owned(), route: Vec::new(), value: None }],
        orders: vec![Order {
            id: OrderId(0),
            name: "O-1".to_owned(),
            product: ProductId(0),
            quantity: 5,
            release: Instant::EPOCH,
            due: Instant::EPOCH,
        }],
        policies: Vec::new(),
    };
    parts.build().expect("a plant")
}

fn micros() -> impl Strategy<Value = Instant> {
    any::<i64>().prop_map(Instant::from_micros)
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>().prop_filter("comparable", |f| !f.is_nan()), Just(f64::INFINITY), Just(f64::NEG_INFINITY), -1e6..1e6]
}

fn estimate() -> impl Strategy<Value = Estimate> {
    (number(), number(), number(), 0.0..=1.0).prop_map(|(value, low, high, confidence)| Estimate { value, low, high, confidence })
}

fn code() -> impl Strategy<Value = plant::Code> {
    "\\PC{0,12}".prop_map(plant::Code::from)
}

fn record_id() -> impl Strategy<Value = RecordId> {
    (0..RecordKind::COUNT, any::<u64>()).prop_map(|(kind, number)| RecordId { kind: RecordKind::ALL[kind], number })
}

fn window() -> impl Strategy<Value = Window> {
    (micros(), micros()).prop_map(|(from, to)| Window { from, to })
}

fn because() -> impl Strategy<Value = Vec<Because>> {
    let one = prop_oneof![
        record_id().prop_map(Because::Record),
        (0..2_u32, window()).prop_map(|(c, window)| Because::Readings { channel: ChannelId(c), window }),
        Just(Because::Order(OrderId(0))),
    ];
    prop::collection::vec(one, 0..4)
}

fn evidence() -> impl Strategy<Value = Evidence> {
    (code(), estimate(), code(), prop::option::of(number())).prop_map(|(name, value, unit, normal)| Evidence {
        name,
        value,
        unit,
        normal,
    })
}

fn effect() -> impl Strategy<Value = Effect> {
    (prop::sample::select(Metric::ALL), estimate()).prop_map(|(metric, value)| Effect { metric, value })
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        Just(Action::Standby),
        Just(Action::Wake),
        code().prop_map(Action::Service),
        number().prop_map(Action::Speed),
        Just(Action::Run(OrderId(0))),
    ]
}

fn rank() -> impl Strategy<Value = Rank> {
    prop::sample::select(vec![Rank::Optimise, Rank::Worker, Rank::Protect, Rank::Safety])
}

fn machine() -> impl Strategy<Value = MachineId> {
    (0..2_u32).prop_map(MachineId)
}

fn finding() -> impl Strategy<Value = Record> {
    let head = (any::<u64>(), micros(), code(), because(), machine(), prop::option::of(0..2_u32));
    let body =
        (prop::sample::select(Cause::ALL), number(), prop::collection::vec(evidence(), 0..3), prop::option::of(evidence()));
    let diagnosis = (prop::collection::vec(suspect(), 0..3), prop::option::of(confirmation()));
    (head, body, micros(), prop::option::of(micros()), diagnosis).prop_map(|(head, body, since, ended, diagnosis)| {
        let ((number, at, from, because, machine, channel), (cause, probability, evidence, loss)) = (head, body);
        let id = RecordId { kind: RecordKind::Finding, number };
        let channel = channel.map(ChannelId);
        let (causes, confirmation) = diagnosis;
        Record::Finding(Finding {
            id,
            at,
            from,
            because,
            machine,
            channel,
            cause,
            probability,
            evidence,
            loss,
            since,
            ended,
            causes,
            confirmation,
        })
    })
}

fn suspect() -> impl Strategy<Value = Suspect> {
    let reason = (code(), number(), number()).prop_map(|(symptom, strength, weight)| Reason { symptom, strength, weight });
    (prop::sample::select(Cause::ALL), number(), prop::collection::vec(reason, 0..3))
        .prop_map(|(cause, probability, reasons)| Suspect { cause, probability, reasons })
}

fn confirmation() -> impl Strategy<Value = Confirmation> {
    let roles = vec![UserRole::Operator, UserRole::Engineer];
    let text = "\\PC{0,12}";
    (text, prop::sample::select(roles), micros(), any::<bool>(), prop::option::of(prop::sample::select(Cause::ALL)), text)
        .prop_map(|(by, role, at, right, cause, note)| Confirmation { by, role, at, right, cause, note, relearn: right })
}

fn forecast() -> impl Strategy<Value = Record> {
    let head = (any::<u64>(), micros(), code(), because(), machine(), any::<bool>());
    let body = (prop::sample::select(ForecastKind::ALL), prop::option::of(code()), estimate(), any::<i64>());
    (head, body).prop_map(|((number, at, from, because, machine, order), (kind, service, value, horizon))| {
        let (id, order) = (RecordId { kind: RecordKind::Forecast, number }, order.then_some(OrderId(0)));
        Record::Forecast(Forecast {
            id,
            at,
            from,
            because,
            machine: order.is_none().then_some(machine),
            product: order.map(|_| ProductId(0)),
            course: order.map(|_| a_course(value.value)),
            order,
            kind,
            service,
            value,
            horizon: Span::from_micros(horizon),
        })
    })
}

fn rejected() -> impl Strategy<Value = Rejected> {
    (prop::option::of(action()), effect(), code()).prop_map(|(action, expected, reason)| Rejected { action, expected, reason })
}

fn verdict() -> impl Strategy<Value = Verdict> {
    let roles: Vec<UserRole> = UserRole::ALL.iter().map(|(r, _)| *r).collect();
    ("\\PC{0,9}", prop::sample::select(roles), any::<bool>(), "\\PC{0,30}", micros())
        .prop_map(|(by, role, approved, reason, at)| Verdict { by, role, approved, reason, at })
}

fn decision() -> impl Strategy<Value = Record> {
    let head = (any::<u64>(), micros(), code(), because(), machine(), action(), rank());
    let times = (micros(), micros(), any::<i64>());
    let body = (prop::sample::select(DecisionKind::ALL), effect(), prop::collection::vec(evidence(), 0..3));
    let tail = (
        prop::collection::vec(rejected(), 0..3),
        prop::collection::vec(code(), 0..4),
        prop::sample::select(DecisionState::ALL),
        prop::option::of(verdict()),
    );
    (head, times, body, tail).prop_map(|(head, (not_before, valid_until, horizon), (kind, expected, evidence), tail)| {
        let ((number, at, from, because, machine, action, rank), (rejected, rules, state, verdict)) = (head, tail);
        Record::Decision(Decision {
            id: RecordId { kind: RecordKind::Decision, number },
            at,
            from,
            because,
            kind,
            machine,
            action,
            rank,
            not_before,
            valid_until,
            expected,
            horizon: Span::from_micros(horizon),
            evidence,
            rejected,
            certificate: Certificate::issue(rules),
            state,
            verdict,
        })
    })
}

fn command() -> impl Strategy<Value = Record> {
    let value = prop_oneof![number().prop_map(CommandValue::Number), "\\PC{0,9}".prop_map(CommandValue::Word)];
    let state = prop_oneof![
        Just(CommandState::Sent),
        Just(CommandState::Acknowledged),
        "\\PC{0,9}".prop_map(CommandState::Failed),
        Just(CommandState::TimedOut),
        "\\PC{0,9}".prop_map(CommandState::Refused),
    ];
    let head = (any::<u64>(), micros(), code(), because(), 0..2_u32, value);
    (head, rank(), micros(), state, prop::option::of(micros())).prop_map(|(head, rank, deadline, state, answered)| {
        let (number, at, from, because, channel, value) = head;
        let (id, channel) = (RecordId { kind: RecordKind::Command, number }, ChannelId(channel));
        Record::Command(Command { id, at, from, because, channel, value, rank, deadline, state, answered })
    })
}

fn outcome() -> impl Strategy<Value = Record> {
    let head = (any::<u64>(), micros(), code(), because(), record_id(), prop::sample::select(DecisionKind::ALL));
    (head, machine(), effect(), effect(), window()).prop_map(|(head, machine, expected, measured, window)| {
        let (number, at, from, because, decision, kind) = head;
        let id = RecordId { kind: RecordKind::Outcome, number };
        Record::Outcome(Outcome { id, at, from, because, decision, kind, machine, expected, measured, window })
    })
}

fn revision() -> impl Strategy<Value = Record> {
    let scope = prop_oneof![Just(Scope::Unit), machine().prop_map(Scope::Machine), Just(Scope::Order(OrderId(0)))];
    let figure = || prop::option::of(number());
    let revised = (scope, window(), code(), code(), figure(), figure())
        .prop_map(|(scope, window, figure, unit, before, after)| Revised { scope, window, figure, unit, before, after });
    let head = (any::<u64>(), micros(), code(), because(), machine(), any::<u64>());
    let state = prop::sample::select(RevisionState::ALL);
    (head, prop::collection::vec(revised, 0..4), state, prop::option::of(micros())).prop_map(|(head, revised, state, done)| {
        let (number, at, from, because, machine, late) = head;
        let id = RecordId { kind: RecordKind::Revision, number };
        Record::Revision(Revision { id, at, from, because, machine, late, revised, state, done })
    })
}

fn batch() -> impl Strategy<Value = Batch> {
    let row = (any::<u32>(), any::<i64>(), any::<u64>(), 0..3_u8);
    (any::<u16>(), any::<u32>(), any::<i64>(), prop::collection::vec(row, 0..40)).prop_map(|(from, machine, received, rows)| {
        let mut batch = Batch::new(SourceId(from), MachineId(machine), Instant::from_micros(received));
        for (channel, at, bits, quality) in rows {
            let (value, quality) = (f64::from_bits(bits), Quality::from_code(quality));
            batch.push(Reading { channel: ChannelId(channel), at: Instant::from_micros(at), value, quality });
        }
        batch
    })
}

proptest! {
    #[test]
    fn records_come_back_as_they_went(record in prop_oneof![finding(), forecast(), decision(), command(), outcome(), revision()]) {
        let plant = plant();
        let text = to_json(&plant, &record).expect("a form");
        let outline = Outline::of(&text).expect("an outline");
        prop_assert_eq!((outline.id, outline.at), (record.id(), record.at()));
        prop_assert_eq!(from_json(&plant, &text).expect("the record"), record);
    }

    #[test]
    fn batches_come_back_bit_by_bit(batches in prop::collection::vec(batch(), 1..6)) {
        let entries = encode_batches(batches.clone());
        let mut back = Vec::new();
        for entry in &entries {
            let Ok(Entry::Batches(read)) = Entry::decode(entry) else { panic!("no batches") };
            back.extend(read);
        }
        prop_assert_eq!(encode_batches(back.clone()), entries);
        for (back, batch) in back.into_iter().zip(batches) {
            prop_assert_eq!((back.from, back.machine, back.received), (batch.from, batch.machine, batch.received));
            prop_assert_eq!((back.channels, back.at, back.qualities), (batch.channels, batch.at, batch.qualities));
        }
    }

    #[test]
    fn words_and_record_versions_come_back(words in prop::collection::vec((any::<u32>(), "\\PC{0,20}"), 0..9), sequence: u64, json: String) {
        let words: Vec<(WordId, Arc<str>)> = words.into_iter().map(|(n, w)| (WordId(n), Arc::from(w))).collect();
        prop_assert_eq!(Entry::decode(&encode_words(&words)), Ok(Entry::Words(words)));
        prop_assert_eq!(Entry::decode(&encode_record(sequence, &json)), Ok(Entry::Record(sequence, json)));
    }

    #[test]
    fn batches_of_other_machines_are_passed_over(batches in prop::collection::vec(batch(), 1..6)) {
        let wanted = batches[0].machine;
        for entry in encode_batches(batches) {
            let Ok(Entry::Batches(all)) = Entry::decode(&entry) else { panic!("no batches") };
            let (mut reader, mut read) = (Reader::new(&entry).expect("batches"), Batch::default());
            for one in all {
                prop_assert_eq!(reader.read_of(|machine| machine == wanted, &mut read), Ok(true));
                prop_assert_eq!((read.from, read.machine, read.received), (one.from, one.machine, one.received));
                let values = |batch: &Batch| batch.values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                let expected = if one.machine == wanted { values(&one) } else { Vec::new() };
                prop_assert_eq!(values(&read), expected);
            }
            prop_assert_eq!(reader.read(&mut read), Ok(false));
        }
    }

    #[test]
    fn any_bytes_are_an_entry_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(Entry::Batches(batches)) = Entry::decode(&bytes) {
            let again: Vec<_> = encode_batches(batches).iter().map(|entry| Entry::decode(entry)).collect();
            prop_assert!(again.iter().all(Result::is_ok));
        }
    }

    #[test]
    fn numbers_survive_json_exactly(bits: u64) {
        let value = f64::from_bits(bits);
        let text = serde_json::to_string(&Num(value)).expect("JSON");
        let Num(back) = serde_json::from_str(&text).expect("a number");
        prop_assert!(back == value || back.is_nan() && value.is_nan(), "{} {}", text, back);
    }
}

fn at(seconds: i64) -> Instant {
    "2026-03-02T06:00:00Z".parse::<Instant>().expect("an instant") + Span::from_seconds(seconds)
}

/// What the examples share.
struct Common {
    estimate: Estimate,
    effect: Effect,
    evidence: Evidence,
    because: Vec<Because>,
}

fn common() -> Common {
    let estimate = Estimate { value: 1.5, low: 0.1, high: f64::INFINITY, confidence: 0.9 };
    let because = vec![
        Because::Record(seventeen(RecordKind::Finding)),
        Because::Readings { channel: ChannelId(0), window: Window { from: at(0), to: at(60) } },
        Because::Order(OrderId(0)),
    ];
    Common {
        estimate,
        effect: Effect { metric: Metric::EnergySaved, value: estimate },
        evidence: Evidence { name: "idle_power".into(), value: estimate, unit: "W".into(), normal: Some(0.3) },
        because,
    }
}

fn seventeen(kind: RecordKind) -> RecordId {
    RecordId { kind, number: 17 }
}

/// One record of each kind, with everything filled in; of forecasts one more, of the whole unit.
fn examples() -> [(&'static str, Record); RecordKind::COUNT + 1] {
    [
        ("finding", Record::Finding(a_finding())),
        ("forecast", Record::Forecast(a_forecast())),
        ("forecast_course", Record::Forecast(a_demand_forecast())),
        ("decision", Record::Decision(a_decision())),
        ("command", Record::Command(a_command())),
        ("outcome", Record::Outcome(an_outcome())),
        ("revision", Record::Revision(a_revision())),
    ]
}

fn a_finding() -> Finding {
    let Common { evidence, because, .. } = common();
    Finding {
        id: seventeen(RecordKind::Finding),
        at: at(1),
        from: "idle".into(),
        because,
        machine: MachineId(0),
        channel: Some(ChannelId(0)),
        cause: Cause::IdleEnergy,
        probability: 0.95,
        evidence: vec![evidence.clone()],
        loss: Some(evidence),
        since: at(-60),
        ended: Some(at(60)),
        causes: Vec::new(),
        confirmation: None,
    }
}

fn a_forecast() -> Forecast {
    let Common { estimate, because, .. } = common();
    Forecast {
        id: seventeen(RecordKind::Forecast),
        at: at(2),
        from: "idle".into(),
        because,
        machine: Some(MachineId(0)),
        order: Some(OrderId(0)),
        product: None,
        kind: ForecastKind::RemainingLife,
        service: Some("bearing".into()),
        value: estimate,
        horizon: Span::from_hours(8),
        course: None,
    }
}

fn a_course(mean: f64) -> Course {
    let step = CourseStep { mean, quantiles: [mean; 7] };
    Course { from: at(2), step: Span::from_minutes(15), version: Some(3), steps: vec![step; 2] }
}

/// Of the whole unit, step by step.
fn a_demand_forecast() -> Forecast {
    Forecast {
        machine: None,
        order: None,
        product: Some(ProductId(0)),
        kind: ForecastKind::Demand,
        service: None,
        course: Some(a_course(1.5)),
        ..a_forecast()
    }
}

fn a_decision() -> Decision {
    let Common { effect, evidence, because, .. } = common();
    Decision {
        id: seventeen(RecordKind::Decision),
        at: at(3),
        from: "idle".into(),
        because,
        kind: DecisionKind::Speed,
        machine: MachineId(0),
        action: Action::Speed(92.5),
        rank: Rank::Optimise,
        not_before: at(3),
        valid_until: at(600),
        expected: effect,
        horizon: Span::from_minutes(30),
        evidence: vec![evidence],
        rejected: vec![Rejected { action: Some(Action::Run(OrderId(0))), expected: effect, reason: "smaller_effect".into() }],
        certificate: Certificate::issue(vec!["state".into(), "range".into()]),
        state: DecisionState::Approved,
        verdict: Some(Verdict {
            by: "ann".to_owned(),
            role: UserRole::Operator,
            approved: true,
            reason: "yes".to_owned(),
            at: at(9),
        }),
    }
}

fn a_command() -> Command {
    let Common { because, .. } = common();
    Command {
        id: seventeen(RecordKind::Command),
        at: at(4),
        from: "idle".into(),
        because,
        channel: ChannelId(1),
        value: CommandValue::Word("standby".to_owned()),
        rank: Rank::Worker,
        deadline: at(14),
        state: CommandState::Failed("BadNotWritable".to_owned()),
        answered: Some(at(5)),
    }
}

fn an_outcome() -> Outcome {
    let Common { effect, because, .. } = common();
    Outcome {
        id: seventeen(RecordKind::Outcome),
        at: at(5),
        from: "idle_baseline".into(),
        because,
        decision: seventeen(RecordKind::Decision),
        kind: DecisionKind::Standby,
        machine: MachineId(0),
        expected: effect,
        measured: effect,
        window: Window { from: at(0), to: at(1_800) },
    }
}

fn a_revision() -> Revision {
    let Common { because, .. } = common();
    let revised = |scope, figure: &'static str, before, after| Revised {
        scope,
        window: Window { from: at(0), to: at(28_800) },
        figure: figure.into(),
        unit: "1".into(),
        before,
        after,
    };
    Revision {
        id: seventeen(RecordKind::Revision),
        at: at(6),
        from: "late_readings".into(),
        because,
        machine: MachineId(0),
        late: 120,
        revised: vec![
            revised(Scope::Unit, "oee", Some(0.5), Some(0.625)),
            revised(Scope::Machine(MachineId(0)), "good", Some(0.0), Some(12.0)),
            revised(Scope::Order(OrderId(0)), "quality_ratio", None, Some(1.0)),
        ],
        state: RevisionState::Done,
        done: Some(at(12)),
    }
}

/// Compares with the golden file; a file that is not there yet is written, and the test fails once.
fn hold(name: &str, found: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let Ok(golden) = std::fs::read_to_string(&path) else {
        std::fs::write(&path, found).expect("the folder of golden files");
        panic!("{} was not there; it is now, look at it and run again", path.display());
    };
    assert_eq!(found, golden, "{name}: a stored form has changed; add a new version instead");
}

#[test]
fn the_forms_of_records_hold_still() {
    let plant = plant();
    for (name, record) in examples() {
        let text = to_json(&plant, &record).expect("a form");
        assert_eq!(from_json(&plant, &text).expect("the record"), record);
        hold(&format!("{name}.v1.json"), &text);
    }
}

#[test]
fn the_forms_of_journal_entries_hold_still() {
    let mut readings = Batch::new(SourceId(0), MachineId(1), at(60));
    readings.push(Reading { channel: ChannelId(1), at: at(59), value: 21.5, quality: Quality::Good });
    readings.push(Reading { channel: ChannelId(300), at: at(60), value: -0.0, quality: Quality::Bad });
    let words = vec![(WordId(0), Arc::from("running")), (WordId(200), Arc::from("停机"))];
    let batches = vec![readings.clone(), Batch { received: at(61), ..readings.clone() }];
    let written = [
        ("names.v1", encode_names(Print(0x0123_4567_89ab_cdef)), Entry::Names(Print(0x0123_4567_89ab_cdef))),
        ("words.v1", encode_words(&words), Entry::Words(words)),
        ("batches.v1", encode_batches(batches.clone()).concat(), Entry::Batches(batches)),
        ("version.v1", encode_record(1_000, "{}"), Entry::Record(1_000, "{}".to_owned())),
    ];
    for (name, bytes, entry) in written {
        assert_eq!(Entry::decode(&bytes), Ok(entry));
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        hold(&format!("{name}.hex"), &hex);
    }
    let catalogue = Catalogue::of(&plant());
    hold("catalogue.v1.json", &String::from_utf8(catalogue.encode()).expect("JSON"));
    let earlier = bytes_of(include_str!("../../tests/golden/catalogue.v1.hex"));
    assert_eq!(Entry::decode(&earlier), Ok(Entry::Catalogue(catalogue)), "a catalogue as earlier versions wrote it");
    let earlier = bytes_of(include_str!("../../tests/golden/batch.v1.hex"));
    assert_eq!(Entry::decode(&earlier), Ok(Entry::Batches(vec![readings])), "a batch as earlier versions wrote it");
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.trim().bytes().map(|b| char::from(b).to_digit(16).expect("a digit") as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn what_a_newer_version_wrote_is_refused_with_a_sentence() {
    assert_eq!(Entry::decode(&[9, 1]), Err("entries of kind 9 are not known to this version of socium".to_owned()));
    let said = from_json(&plant(), r#"{"v":"2"}"#).expect_err("a newer form");
    assert!(said.contains("unknown variant `2`"), "{said}");
    let (_, finding) = &examples()[0];
    let text = to_json(&plant(), finding).expect("a form").replace("idle_energy", "magic");
    assert_eq!(from_json(&plant(), &text), Err("`magic` is no cause known to this version".to_owned()));
}

#[test]
fn a_catalogue_leads_to_the_present_numbers() {
    let then = plant();
    let mut batch = Batch::new(SourceId(0), MachineId(1), at(0));
    batch.push(Reading { channel: ChannelId(1), at: at(0), value: 1.0, quality: Quality::Good });
    let same = Remap::new(&Catalogue::of(&then), &then);
    assert_eq!(same.apply(&batch).as_deref(), Some(&batch));
    let mut other = Catalogue::of(&then);
    other.machines.reverse();
    other.channels.reverse();
    other.channels.iter_mut().for_each(|c| c.machine = 1 - c.machine);
    let remap = Remap::new(&other, &then);
    batch.machine = MachineId(0);
    batch.channels[0] = ChannelId(0);
    let now = remap.apply(&batch).expect("still configured");
    assert_eq!((now.machine, now.channels[0]), (MachineId(1), ChannelId(1)));
}
