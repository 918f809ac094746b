//! A small plant for tests: two mills that feed a washer, and a compressor. Enters: nothing. Leaves: a world whose parts a
//! test changes. Absent: physics.

use crate::{Situation, Turn};
use measure::{Estimate, Instant, Span, Unit};
use plant::{
    Calendar, Channel, ChannelId, ChannelKind, Decision, DecisionKind, Envelope, Finding, Forecast, Image, Latest, Line, LineId,
    Machine, MachineId, MachineImage, MachineProfile, MachineState, Mode, Operation, Order, OrderId, OrderProgress, Outcome,
    Parts, Plant, Policy, Prices, Product, ProductId, Quality, Role, Shift, StatePower, Team, TeamId, UserRole, Zone,
};

pub const MILL: MachineId = MachineId(0);
pub const WASHER: MachineId = MachineId(1);
pub const COMPRESSOR: MachineId = MachineId(2);

/// Everything a situation borrows.
#[derive(Clone, Debug)]
pub struct World {
    pub plant: Plant,
    pub image: Image,
    pub profiles: Vec<MachineProfile>,
    pub findings: Vec<Finding>,
    pub forecasts: Vec<Forecast>,
    pub decisions: Vec<Decision>,
    pub outcomes: Vec<Outcome>,
    pub turns: Vec<Turn>,
}

/// Monday 2026-03-02, 10:00 UTC: in the middle of the early shift.
pub fn ten() -> Instant {
    "2026-03-02T10:00:00Z".parse().expect("an instant")
}

fn channel(id: usize, machine: MachineId, role: Role, writable: Option<Envelope>) -> Channel {
    let kind = match role {
        Role::Good | Role::Scrap | Role::Energy => ChannelKind::Counter,
        Role::State | Role::Order | Role::Infeed | Role::SetState | Role::SetOrder | Role::SetService => ChannelKind::State,
        _ => ChannelKind::Gauge,
    };
    let unit = match role {
        Role::Power => "W",
        Role::Energy => "kW.h",
        Role::Speed | Role::SetSpeed => "%",
        _ => "1",
    };
    let unit: Unit = unit.parse().expect("a unit");
    let id = ChannelId(id as u32);
    Channel { id, machine, name: role.word().to_owned(), unit, kind, role, range: None, states: Vec::new(), writable }
}

fn channels() -> Vec<Channel> {
    let plain = Envelope { range: None, words: Vec::new(), step_max: None, rest: Span::ZERO, states: Vec::new() };
    let words = |w: &[&str]| Envelope { words: w.iter().map(|w| (*w).to_owned()).collect(), ..plain.clone() };
    let mut channels = Vec::new();
    for machine in [MILL, WASHER, COMPRESSOR] {
        for role in [Role::State, Role::Power, Role::Energy, Role::Good, Role::Scrap, Role::Infeed, Role::Order, Role::Speed] {
            channels.push(channel(channels.len(), machine, role, None));
        }
        let writes = [
            (Role::SetState, words(&["standby", "ready"])),
            (Role::SetSpeed, Envelope { range: Some((60.0, 120.0)), step_max: Some(10.0), ..plain.clone() }),
            (Role::SetOrder, plain.clone()),
            (Role::SetService, words(&["tool", "bearing", "leak"])),
        ];
        for (role, envelope) in writes {
            channels.push(channel(channels.len(), machine, role, Some(envelope)));
        }
    }
    channels
}

fn machines() -> Vec<Machine> {
    let machine = |id, name: &str, feeds: Vec<MachineId>, services: &[(&str, i64)]| Machine {
        id,
        name: name.to_owned(),
        kind: name.to_owned(),
        line: Some(LineId(0)),
        feeds,
        warm_up: Span::from_minutes(10),
        services: services.iter().map(|(w, m)| ((*w).to_owned(), Span::from_minutes(*m))).collect(),
        load: None,
    };
    vec![
        machine(MILL, "mill", vec![WASHER], &[("tool", 10), ("bearing", 50)]),
        machine(WASHER, "washer", Vec::new(), &[("bearing", 50)]),
        machine(COMPRESSOR, "compressor", Vec::new(), &[("leak", 40)]),
    ]
}

fn products() -> Vec<Product> {
    let operation = |name: &str, machine, cycle, set_up, family: &str| Operation {
        name: name.to_owned(),
        machines: vec![machine],
        cycle: Span::from_seconds(cycle),
        set_up: Span::from_minutes(set_up),
        family: family.to_owned(),
        instructions: Vec::new(),
    };
    let product = |id: u16, family: &str| Product {
        id: ProductId(id),
        name: format!("product-{id}"),
        route: vec![operation("mill", MILL, 120, 30, family), operation("wash", WASHER, 25, 0, "wash")],
        value: None,
    };
    vec![product(0, "alu"), product(1, "steel")]
}

/// Orders 0 to 3 of the families alu, steel, alu, steel; 30 pieces each, due in two days.
fn orders() -> Vec<Order> {
    let order = |id: u32| Order {
        id: OrderId(id),
        name: format!("WO-{id}"),
        product: ProductId((id % 2) as u16),
        quantity: 30,
        release: ten() - Span::from_hours(10),
        due: ten() + Span::from_days(2),
    };
    (0..4).map(order).collect()
}

fn plant() -> Plant {
    let shift = |name: &str, start| Shift {
        name: name.to_owned(),
        team: TeamId(0),
        days: vec![0, 1, 2, 3, 4],
        start: Span::from_hours(start),
        length: Span::from_hours(8),
    };
    let policy = |kind| Policy { kind, mode: Mode::Automatic, approver: UserRole::Operator, patience: Span::from_minutes(30) };
    Parts {
        site: "test".to_owned(),
        calendar: Calendar { zone: Zone::utc(), shifts: vec![shift("early", 6), shift("late", 14)] },
        prices: Prices { currency: "EUR".parse().expect("a currency"), energy_per_kwh: 0.2, carbon_per_kwh: 0.4 },
        lines: vec![Line { id: LineId(0), name: "line".to_owned() }],
        machines: machines(),
        channels: channels(),
        sources: Vec::new(),
        teams: vec![Team { id: TeamId(0), name: "team".to_owned(), workers: 3 }],
        products: products(),
        orders: orders(),
        policies: DecisionKind::ALL.iter().map(|k| policy(*k)).collect(),
    }
    .build()
    .expect("a plant")
}

/// Learned power [W]: starved and blocked 3300, producing 9200, standby 560, warming up 4600, each over 100 min.
pub fn profile(machine: MachineId) -> MachineProfile {
    let mut profile = MachineProfile { machine, busy_share: Some(0.6), ..MachineProfile::default() };
    let watts = [
        (MachineState::Starved, 3_300.0),
        (MachineState::Blocked, 3_300.0),
        (MachineState::Producing, 9_200.0),
        (MachineState::Standby, 560.0),
        (MachineState::WarmingUp, 4_600.0),
    ];
    for (state, mean) in watts {
        profile.power[state.index()] = StatePower { mean, deviation: 0.01 * mean, minutes: 100.0 };
    }
    profile.warm_up_s = Some(Estimate::between(540.0, 600.0, 660.0));
    profile.scrap_share = Some(Estimate::between(0.005, 0.01, 0.02));
    profile.scrap_base = Some(Estimate::between(0.005, 0.01, 0.02));
    profile
}

impl World {
    /// All machines producing their first order since an hour.
    pub fn new() -> Self {
        let plant = plant();
        let machine = MachineImage {
            state: MachineState::Producing,
            since: ten() - Span::from_hours(1),
            order: Some(OrderId(0)),
            infeed: Vec::new(),
            heard: ten(),
        };
        let image = Image {
            at: ten(),
            latest: vec![None; plant.channels.len()],
            machines: vec![machine; plant.machines.len()],
            orders: vec![OrderProgress::default(); plant.orders.len()],
            ..Image::default()
        };
        let mut world = Self {
            profiles: [MILL, WASHER, COMPRESSOR].map(profile).to_vec(),
            plant,
            image,
            findings: Vec::new(),
            forecasts: Vec::new(),
            decisions: Vec::new(),
            outcomes: Vec::new(),
            turns: Vec::new(),
        };
        [MILL, WASHER, COMPRESSOR].into_iter().for_each(|m| world.set(m, Role::Speed, 100.0));
        world
    }

    /// What choosers see.
    pub fn situation(&self) -> Situation<'_> {
        Situation {
            now: self.image.at,
            plant: &self.plant,
            image: &self.image,
            profiles: &self.profiles,
            findings: &self.findings,
            forecasts: &self.forecasts,
            decisions: &self.decisions,
            outcomes: &self.outcomes,
            turns: &self.turns,
        }
    }

    /// Sets the newest value of a channel.
    pub fn set(&mut self, machine: MachineId, role: Role, value: f64) {
        let channel = self.plant.role(machine, role).expect("a channel").id;
        self.image.latest[channel.index()] = Some(Latest { at: self.image.at, value, quality: Quality::Good });
    }

    /// Puts a machine into a state that it has been in for some minutes.
    pub fn put(&mut self, machine: MachineId, state: MachineState, minutes: i64) {
        let image = &mut self.image.machines[machine.index()];
        (image.state, image.since) = (state, self.image.at - Span::from_minutes(minutes));
    }

    /// Moves to another instant; all machines are heard there.
    pub fn at(&mut self, instant: &str) {
        let now: Instant = instant.parse().expect("an instant");
        let leap = now - self.image.at;
        self.image.at = now;
        for machine in &mut self.image.machines {
            machine.heard = now;
            machine.since += leap;
        }
    }
}
