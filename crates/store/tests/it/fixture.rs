//! A small plant, readings and records to store.

use measure::{Estimate, Instant, Span, Unit};
use plant::{
    Action, Batch, Because, Calendar, Cause, Certificate, Channel, ChannelId, ChannelKind, Decision, DecisionKind, DecisionState,
    Effect, Evidence, Finding, Machine, MachineId, Metric, Parts, Plant, Prices, Quality, Rank, Reading, Record, RecordId,
    RecordKind, Revision, RevisionState, Role, Source, SourceId, Window, WordId, Zone,
};
use std::path::Path;
use std::sync::Arc;
use store::{Recovered, Store, StoreLimits};

/// Channels of each machine: name, kind, role.
const CHANNELS: [(&str, ChannelKind, Role); 4] = [
    ("power", ChannelKind::Gauge, Role::Power),
    ("state", ChannelKind::State, Role::State),
    ("good", ChannelKind::Counter, Role::Good),
    ("alarm", ChannelKind::Event, Role::Alarm),
];

/// Places in [`CHANNELS`].
pub const POWER: u32 = 0;
pub const STATE: u32 = 1;
pub const GOOD: u32 = 2;
pub const ALARM: u32 = 3;

/// Machines `mill-1`, `mill-2` of type `milling` and `oven-1` of type `oven`.
pub fn plant() -> Plant {
    of_machines(&[("mill-1", "milling"), ("mill-2", "milling"), ("oven-1", "oven")])
}

/// A plant of machines by name and type.
pub fn of_machines(machines: &[(&str, &str)]) -> Plant {
    with_channels(machines, &CHANNELS)
}

/// A plant of machines with the channels given.
pub fn with_channels(machines: &[(&str, &str)], channels: &[(&str, ChannelKind, Role)]) -> Plant {
    let mut parts = Parts {
        site: "test".to_owned(),
        calendar: Calendar { zone: Zone::utc(), shifts: Vec::new() },
        prices: Prices { currency: "EUR".parse().expect("a currency"), energy_per_kwh: 0.2, carbon_per_kwh: 0.3 },
        lines: Vec::new(),
        machines: Vec::new(),
        channels: Vec::new(),
        sources: vec![Source { id: SourceId(0), name: "bus".to_owned(), protocol: "hand".to_owned() }],
        teams: Vec::new(),
        products: Vec::new(),
        orders: Vec::new(),
        policies: Vec::new(),
    };
    for (place, (name, kind)) in machines.iter().enumerate() {
        let id = MachineId(place as u32);
        parts.machines.push(Machine {
            id,
            name: (*name).to_owned(),
            kind: (*kind).to_owned(),
            line: None,
            feeds: Vec::new(),
            warm_up: Span::ZERO,
            services: Vec::new(),
            load: None,
        });
        for (channel, kind, role) in channels {
            parts.channels.push(Channel {
                id: ChannelId(parts.channels.len() as u32),
                machine: id,
                name: (*channel).to_owned(),
                unit: if *role == Role::Power { "W".parse().expect("a unit") } else { Unit::one() },
                kind: *kind,
                role: *role,
                range: None,
                states: Vec::new(),
                writable: None,
            });
        }
    }
    parts.build().expect("a plant")
}

/// The channel of a machine by its place in [`CHANNELS`].
pub fn channel(machine: u32, place: u32) -> ChannelId {
    ChannelId(machine * CHANNELS.len() as u32 + place)
}

pub fn at(seconds: i64) -> Instant {
    "2026-03-02T06:00:00Z".parse::<Instant>().expect("an instant") + Span::from_seconds(seconds)
}

/// One batch of a machine, received at its last source time: (place of channel, seconds, value).
pub fn batch(machine: u32, rows: &[(u32, i64, f64)]) -> Batch {
    let received = at(rows.iter().map(|r| r.1).max().unwrap_or(0));
    let mut batch = Batch::new(SourceId(0), MachineId(machine), received);
    for (place, seconds, value) in rows {
        let (channel, at) = (channel(machine, *place), at(*seconds));
        batch.push(Reading { channel, at, value: *value, quality: Quality::Good });
    }
    batch
}

/// Words as the door hands them over, from number `from` on.
pub fn words(from: u32, words: &[&str]) -> Vec<(WordId, Arc<str>)> {
    (from..).map(WordId).zip(words.iter().map(|w| Arc::from(*w))).collect()
}

/// Small segments and no mercy.
pub fn tight() -> StoreLimits {
    StoreLimits { journal_segment_bytes: 4 << 10, ..StoreLimits::default() }
}

pub async fn open(dir: &Path) -> (Store, Recovered) {
    Store::open(dir, &plant(), tight()).await.expect("the store opens")
}

fn effect(value: f64) -> Effect {
    Effect { metric: Metric::EnergySaved, value: Estimate::between(value - 1.0, value, value + 1.0) }
}

pub fn id(kind: RecordKind, number: u64) -> RecordId {
    RecordId { kind, number }
}

pub fn decision(number: u64, state: DecisionState) -> Record {
    Record::Decision(Decision {
        id: id(RecordKind::Decision, number),
        at: at(number as i64),
        from: "standby".into(),
        because: vec![
            Because::Record(id(RecordKind::Finding, number)),
            Because::Readings { channel: channel(0, POWER), window: Window { from: at(0), to: at(60) } },
        ],
        kind: DecisionKind::Standby,
        machine: MachineId(0),
        action: Action::Standby,
        rank: Rank::Optimise,
        not_before: at(0),
        valid_until: at(600),
        expected: effect(2.5),
        horizon: Span::from_minutes(30),
        evidence: vec![Evidence { name: "idle_power".into(), value: Estimate::exact(900.0), unit: "W".into(), normal: None }],
        rejected: Vec::new(),
        certificate: Certificate::issue(vec!["state".into()]),
        state,
        verdict: None,
    })
}

pub fn finding(number: u64, machine: u32) -> Record {
    Record::Finding(Finding {
        id: id(RecordKind::Finding, number),
        at: at(number as i64),
        from: "idle".into(),
        because: Vec::new(),
        machine: MachineId(machine),
        channel: Some(channel(machine, POWER)),
        cause: Cause::IdleEnergy,
        probability: 0.9,
        evidence: Vec::new(),
        loss: None,
        since: at(0),
        ended: None,
        causes: Vec::new(),
        confirmation: None,
    })
}

/// A revision that rests on a minute of pieces.
pub fn revision(number: u64, state: RevisionState) -> Record {
    Record::Revision(Revision {
        id: id(RecordKind::Revision, number),
        at: at(number as i64),
        from: "late_readings".into(),
        because: vec![Because::Readings { channel: channel(0, GOOD), window: Window { from: at(0), to: at(60) } }],
        machine: MachineId(0),
        late: number,
        revised: Vec::new(),
        state,
        done: None,
    })
}

/// The unsealed readings that were found.
pub fn batches(found: &Recovered) -> Vec<Batch> {
    found.backlog.batches().expect("whole entries")
}

/// Rows of a query as JSON text, one a line.
pub async fn rows(store: &Store, query: &str) -> String {
    let answer = store.sql(query, 1_000).await.unwrap_or_else(|e| panic!("{query}: {e}"));
    let lines = answer.rows.iter().map(|row| serde_json::to_string(row).expect("JSON"));
    lines.collect::<Vec<_>>().join("\n")
}
