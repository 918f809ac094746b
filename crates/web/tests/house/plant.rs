//! A made-up parts maker: ten machines in two lines that share a compressor and an oven.

use measure::{Instant, Money, Span, Unit};
use plant::{
    Calendar, Channel, ChannelId, ChannelKind, DecisionKind, Envelope, Line, LineId, Machine, MachineId, MachineState, Mode,
    Operation, Order, OrderId, Parts, Plant, Policy, Prices, Product, ProductId, Role, Shift, Source, SourceId, Team, TeamId,
    UserRole, Zone,
};

/// Name, type, line, source, nominal power while producing [W].
pub const MACHINES: [(&str, &str, Option<u16>, u16, f64); 10] = [
    ("mill-1", "milling", Some(0), 0, 7_400.0),
    ("mill-2", "milling", Some(0), 0, 7_800.0),
    ("mill-3", "milling", Some(1), 0, 8_100.0),
    ("lathe-1", "turning", Some(0), 0, 5_200.0),
    ("lathe-2", "turning", Some(1), 0, 5_600.0),
    ("oven-1", "hardening", None, 1, 24_000.0),
    ("compressor-1", "compressor", None, 1, 15_000.0),
    ("washer-1", "washing", Some(0), 2, 9_300.0),
    ("inspection-1", "inspection", Some(1), 2, 900.0),
    ("packer-1", "packing", Some(1), 1, 1_600.0),
];

type ChannelRow = (&'static str, Role, ChannelKind, &'static str, Option<(f64, f64)>);

const CHANNELS: [ChannelRow; 12] = [
    ("state", Role::State, ChannelKind::State, "1", None),
    ("order", Role::Order, ChannelKind::State, "1", None),
    ("power", Role::Power, ChannelKind::Gauge, "kW", Some((0.0, 60.0))),
    ("energy", Role::Energy, ChannelKind::Counter, "kW.h", None),
    ("good", Role::Good, ChannelKind::Counter, "1", None),
    ("scrap", Role::Scrap, ChannelKind::Counter, "1", None),
    ("cycle_time", Role::CycleTime, ChannelKind::Gauge, "s", Some((0.0, 3_600.0))),
    ("vibration", Role::Vibration, ChannelKind::Gauge, "mm/s", Some((0.0, 50.0))),
    ("load", Role::Load, ChannelKind::Gauge, "%", Some((0.0, 150.0))),
    ("alarm", Role::Alarm, ChannelKind::Event, "1", None),
    ("set_state", Role::SetState, ChannelKind::State, "1", None),
    ("set_speed", Role::SetSpeed, ChannelKind::Gauge, "%", Some((50.0, 120.0))),
];

const AIR: [ChannelRow; 2] = [
    ("air_flow", Role::AirFlow, ChannelKind::Gauge, "m3/h", Some((0.0, 500.0))),
    ("air_pressure", Role::AirPressure, ChannelKind::Gauge, "bar", Some((0.0, 12.0))),
];

fn unit(code: &str) -> Unit {
    code.parse().expect("a UCUM code")
}

fn channel(id: usize, machine: usize, row: ChannelRow) -> Channel {
    let (name, role, kind, code, range) = row;
    let words = || ["standby", "ready"].map(str::to_owned).to_vec();
    let writable = matches!(role, Role::SetState | Role::SetSpeed).then(|| Envelope {
        range: if role == Role::SetSpeed { range } else { None },
        words: if role == Role::SetState { words() } else { Vec::new() },
        step_max: (role == Role::SetSpeed).then_some(20.0),
        rest: Span::from_minutes(1),
        states: Vec::new(),
    });
    let states = match role {
        Role::State => MachineState::ALL.iter().map(|(state, word)| ((*word).to_owned(), *state)).collect(),
        _ => Vec::new(),
    };
    let (id, machine) = (ChannelId(id as u32), MachineId(machine as u32));
    Channel { id, machine, name: name.to_owned(), unit: unit(code), kind, role, range, states, writable }
}

fn channels() -> Vec<Channel> {
    let mut all = Vec::new();
    for (place, machine) in MACHINES.iter().enumerate() {
        let air = if machine.1 == "compressor" { &AIR[..] } else { &[] };
        for row in CHANNELS.iter().chain(air) {
            all.push(channel(all.len(), place, *row));
        }
    }
    all
}

fn machines() -> Vec<Machine> {
    let services = || vec![("tool".to_owned(), Span::from_minutes(15)), ("bearing".to_owned(), Span::from_hours(3))];
    let machine = |(place, row): (usize, &(&str, &str, Option<u16>, u16, f64))| Machine {
        id: MachineId(place as u32),
        name: row.0.to_owned(),
        kind: row.1.to_owned(),
        line: row.2.map(LineId),
        feeds: Vec::new(),
        warm_up: Span::from_minutes(if row.1 == "hardening" { 40 } else { 6 }),
        services: services(),
        load: None,
    };
    MACHINES.iter().enumerate().map(machine).collect()
}

fn products() -> Vec<Product> {
    let operation = |name: &str, machines: &[u32], minutes: i64, family: &str| Operation {
        name: name.to_owned(),
        machines: machines.iter().map(|m| MachineId(*m)).collect(),
        cycle: Span::from_minutes(minutes),
        set_up: Span::from_minutes(20),
        family: family.to_owned(),
        instructions: vec!["Clamp the blank against the left stop".to_owned()],
    };
    let product = |(place, name): (usize, &str)| Product {
        id: ProductId(place as u16),
        name: name.to_owned(),
        route: vec![
            operation("mill", &[0, 1, 2], 4, name),
            operation("turn", &[3, 4], 3, name),
            operation("harden", &[5], 9, "steel"),
            operation("wash", &[7], 2, "all"),
            operation("inspect", &[8], 1, "all"),
            operation("pack", &[9], 1, "all"),
        ],
        value: Some(Money { minor: 4_250, currency: "EUR".parse().expect("a currency") }),
    };
    ["shaft-20", "shaft-35", "flange-80", "flange-120", "gear-m2", "bracket-x"].into_iter().enumerate().map(product).collect()
}

fn orders(now: Instant) -> Vec<Order> {
    let order = |i: i64| Order {
        id: OrderId(i as u32),
        name: format!("A-{}", 1_040 + i),
        product: ProductId((i % 6) as u16),
        quantity: 40 + 20 * (i as u32 % 5),
        release: now - Span::from_hours(30 - i),
        due: now + Span::from_hours(4 * i - 9),
    };
    (0..14).map(order).collect()
}

fn policies() -> Vec<Policy> {
    let policy = |kind, mode, approver| Policy { kind, mode, approver, patience: Span::from_hours(2) };
    vec![
        policy(DecisionKind::Standby, Mode::Automatic, UserRole::Operator),
        policy(DecisionKind::Maintain, Mode::Ask, UserRole::Engineer),
        policy(DecisionKind::Speed, Mode::Ask, UserRole::Operator),
        policy(DecisionKind::Dispatch, Mode::Ask, UserRole::Planner),
    ]
}

fn calendar() -> Calendar {
    let shift = |name: &str, team: u16, hour: i64| Shift {
        name: name.to_owned(),
        team: TeamId(team),
        days: (0..7).collect(),
        start: Span::from_hours(hour),
        length: Span::from_hours(8),
    };
    Calendar { zone: Zone::utc(), shifts: vec![shift("early", 0, 6), shift("late", 1, 14), shift("night", 2, 22)] }
}

/// The plant; its orders lie around `now`.
pub fn plant(now: Instant) -> Plant {
    let line = |(place, name): (usize, &str)| Line { id: LineId(place as u16), name: name.to_owned() };
    let source = |(place, (name, protocol)): (usize, (&str, &str))| Source {
        id: SourceId(place as u16),
        name: name.to_owned(),
        protocol: protocol.to_owned(),
    };
    let team = |(place, name): (usize, &str)| Team { id: TeamId(place as u16), name: name.to_owned(), workers: 4 };
    let sources = [("machining", "opcua"), ("heat-and-air", "sparkplug"), ("meters", "modbus")];
    let parts = Parts {
        site: "Musterteile Werk 1".to_owned(),
        calendar: calendar(),
        prices: Prices { currency: "EUR".parse().expect("a currency"), energy_per_kwh: 0.24, carbon_per_kwh: 0.38 },
        lines: ["line-a", "line-b"].into_iter().enumerate().map(line).collect(),
        machines: machines(),
        channels: channels(),
        sources: sources.into_iter().enumerate().map(source).collect(),
        teams: ["early", "late", "night"].into_iter().enumerate().map(team).collect(),
        products: products(),
        orders: orders(now),
        policies: policies(),
    };
    parts.build().expect("names and roles differ")
}
