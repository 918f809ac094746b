//! A mill and a bench around the hand for tests. Enters: what a test sets. Leaves: deeds. Absent: physics.

use crate::{Deed, Hand};
use measure::{Estimate, Instant, Span, Unit};
use plant::{
    Action, Because, Calendar, Certificate, Channel, ChannelId, ChannelKind, Code, Command, Decision, DecisionKind,
    DecisionState, Effect, Envelope, Evidence, Image, Latest, Machine, MachineId, MachineImage, MachineProfile, MachineState,
    Metric, Mode, Operation, Order, OrderId, OrderProgress, Outcome, Parts, Plant, Policy, Prices, Product, ProductId, Quality,
    Rank, Record, RecordId, RecordKind, Role, Shift, StatePower, TeamId, UserRole, Verdict, Zone,
};

pub const MILL: MachineId = MachineId(0);

/// Monday 2026-03-02, 10:00 UTC: in the middle of a shift from 06:00 to 22:00.
pub fn ten() -> Instant {
    "2026-03-02T10:00:00Z".parse().expect("an instant")
}

fn channels() -> Vec<Channel> {
    let plain = Envelope { range: None, words: Vec::new(), step_max: None, rest: Span::ZERO, states: Vec::new() };
    let words = |w: &[&str]| Envelope { words: w.iter().map(|w| (*w).to_owned()).collect(), ..plain.clone() };
    let idle = vec![MachineState::Starved, MachineState::Blocked, MachineState::Standby];
    let speed = Envelope { range: Some((60.0, 120.0)), step_max: Some(10.0), rest: Span::from_minutes(5), ..plain.clone() };
    let rows = [
        (Role::State, "1", None),
        (Role::Power, "W", None),
        (Role::Energy, "W.h", None),
        (Role::Good, "1", None),
        (Role::Scrap, "1", None),
        (Role::Infeed, "1", None),
        (Role::Speed, "%", None),
        (Role::SetState, "1", Some(Envelope { states: idle, ..words(&["standby", "ready"]) })),
        (Role::SetSpeed, "%", Some(speed)),
        (Role::SetOrder, "1", Some(plain.clone())),
        (Role::SetService, "1", Some(words(&["tool", "bearing", "leak"]))),
    ];
    let channel = |((role, unit, writable), place): ((Role, &str, Option<Envelope>), u32)| Channel {
        id: ChannelId(place),
        machine: MILL,
        name: role.word().to_owned(),
        unit: unit.parse::<Unit>().expect("a unit"),
        kind: if unit == "W.h" { ChannelKind::Counter } else { ChannelKind::Gauge },
        role,
        range: None,
        states: Vec::new(),
        writable,
    };
    rows.into_iter().zip(0..).map(channel).collect()
}

fn plant(mode: Mode) -> Plant {
    let policy = |kind| Policy { kind, mode, approver: UserRole::Planner, patience: Span::from_minutes(30) };
    let operation = Operation {
        name: "mill".to_owned(),
        machines: vec![MILL],
        cycle: Span::from_seconds(120),
        set_up: Span::from_minutes(30),
        family: "alu".to_owned(),
        instructions: Vec::new(),
    };
    let order = |id: u32| Order {
        id: OrderId(id),
        name: format!("WO-{id}"),
        product: ProductId(0),
        quantity: 30,
        release: ten(),
        due: ten() + Span::from_days(2),
    };
    let shift = Shift {
        name: "day".to_owned(),
        team: TeamId(0),
        days: (0..7).collect(),
        start: Span::from_hours(6),
        length: Span::from_hours(16),
    };
    Parts {
        site: "test".to_owned(),
        calendar: Calendar { zone: Zone::utc(), shifts: vec![shift] },
        prices: Prices { currency: "EUR".parse().expect("a currency"), energy_per_kwh: 0.2, carbon_per_kwh: 0.4 },
        lines: Vec::new(),
        machines: vec![Machine {
            id: MILL,
            name: "mill".to_owned(),
            kind: "milling".to_owned(),
            line: None,
            feeds: Vec::new(),
            warm_up: Span::from_minutes(10),
            services: vec![("tool".to_owned(), Span::from_minutes(10))],
            load: None,
        }],
        channels: channels(),
        sources: Vec::new(),
        teams: Vec::new(),
        products: vec![Product { id: ProductId(0), name: "part".to_owned(), route: vec![operation], value: None }],
        orders: (0..4).map(order).collect(),
        policies: DecisionKind::ALL.iter().map(|k| policy(*k)).collect(),
    }
    .build()
    .expect("a plant")
}

/// The hand with a mill before it.
#[derive(Clone, Debug)]
pub struct Bench {
    pub plant: Plant,
    pub image: Image,
    pub profiles: Vec<MachineProfile>,
    pub hand: Hand,
    pub minted: u64,
    /// Energy counter [W.h].
    pub energy: f64,
}

impl Bench {
    /// A starved mill at ten; every kind of decision has the mode.
    pub fn new(mode: Mode) -> Self {
        let plant = plant(mode);
        let machine = MachineImage {
            state: MachineState::Starved,
            since: ten() - Span::from_minutes(20),
            order: Some(OrderId(0)),
            infeed: Vec::new(),
            heard: ten(),
        };
        let image = Image {
            at: ten(),
            latest: vec![None; plant.channels.len()],
            machines: vec![machine],
            orders: vec![OrderProgress::default(); plant.orders.len()],
            ..Image::default()
        };
        let mut profile = MachineProfile { machine: MILL, busy_share: Some(0.5), ..MachineProfile::default() };
        for (state, mean) in [(MachineState::Starved, 3_300.0), (MachineState::Producing, 9_300.0)] {
            profile.power[state.index()] = StatePower { mean, deviation: 0.0, minutes: 600.0 };
        }
        let hand = Hand::new(&plant);
        let mut bench = Self { plant, image, profiles: vec![profile], hand, minted: 100, energy: 1_000.0 };
        for (role, value) in [(Role::Energy, 1_000.0), (Role::Good, 0.0), (Role::Scrap, 0.0), (Role::Speed, 100.0)] {
            bench.set(role, value);
        }
        bench
    }

    /// Sets the newest value of a channel.
    pub fn set(&mut self, role: Role, value: f64) {
        let id = self.plant.role(MILL, role).expect("a channel").id;
        self.image.latest[id.index()] = Some(Latest { at: self.image.at, value, quality: Quality::Good });
    }

    /// The machine turns to a state now.
    pub fn put(&mut self, state: MachineState) {
        (self.image.machines[0].state, self.image.machines[0].since) = (state, self.image.at);
    }

    pub fn take(&mut self, decision: Decision) -> Vec<Deed> {
        let Self { plant, image, hand, minted, .. } = self;
        hand.take(plant, image, decision, &mut minter(minted))
    }

    pub fn judge(&mut self, id: RecordId, verdict: Verdict) -> Result<Vec<Deed>, String> {
        let Self { plant, image, hand, minted, .. } = self;
        hand.judge(plant, image, id, verdict, &mut minter(minted)).map_err(|e| e.to_string())
    }

    pub fn answer(&mut self, command: RecordId, answer: Result<(), String>) -> Vec<Deed> {
        let Self { image, hand, minted, .. } = self;
        hand.answer(image.at, command, answer, &mut minter(minted))
    }

    pub fn step(&mut self) -> Vec<Deed> {
        let Self { plant, image, profiles, hand, minted, .. } = self;
        hand.step(plant, image, profiles, &mut minter(minted))
    }

    /// Lets time pass in steps of a minute while the machine draws a power [W]; the deeds of all steps.
    pub fn pass(&mut self, minutes: i64, watts: f64) -> Vec<Deed> {
        let mut deeds = Vec::new();
        for _ in 0..minutes {
            self.image.at += Span::from_minutes(1);
            self.image.machines[0].heard = self.image.at;
            self.energy += watts / 60.0;
            self.set(Role::Energy, self.energy);
            deeds.extend(self.step());
        }
        deeds
    }
}

fn minter(minted: &mut u64) -> impl FnMut(RecordKind) -> RecordId + '_ {
    |kind| {
        *minted += 1;
        RecordId { kind, number: *minted }
    }
}

/// A pending decision made now, valid for an hour, with a horizon of two.
pub fn decision(number: u64, action: Action) -> Decision {
    let (kind, metric) = match action {
        Action::Standby => (DecisionKind::Standby, Metric::EnergySaved),
        Action::Wake => (DecisionKind::Standby, Metric::DownTimeAvoided),
        Action::Service(_) => (DecisionKind::Maintain, Metric::DownTimeAvoided),
        Action::Speed(_) => (DecisionKind::Speed, Metric::PiecesGained),
        Action::Run(_) => (DecisionKind::Dispatch, Metric::SetUpSaved),
    };
    Decision {
        id: RecordId { kind: RecordKind::Decision, number },
        at: ten(),
        from: Code::Borrowed("test"),
        because: vec![Because::Record(RecordId { kind: RecordKind::Finding, number: 1 })],
        kind,
        machine: MILL,
        action,
        rank: Rank::Optimise,
        not_before: ten(),
        valid_until: ten() + Span::from_hours(1),
        expected: Effect { metric, value: Estimate::between(0.5, 1.0, 2.0) },
        horizon: Span::from_hours(2),
        evidence: Vec::new(),
        rejected: Vec::new(),
        certificate: Certificate::issue(vec![Code::Borrowed("test")]),
        state: DecisionState::Pending,
        verdict: None,
    }
}

pub fn figure(name: &'static str, value: f64) -> Evidence {
    Evidence { name: Code::Borrowed(name), value: Estimate::exact(value), unit: Code::Borrowed("1"), normal: None }
}

pub fn verdict(role: UserRole, approved: bool, reason: &str) -> Verdict {
    Verdict { by: "eve".to_owned(), role, approved, reason: reason.to_owned(), at: ten() }
}

/// States of the decisions kept, in order.
pub fn states(deeds: &[Deed]) -> Vec<DecisionState> {
    let state = |d: &Deed| match d {
        Deed::Keep(Record::Decision(d)) => Some(d.state.clone()),
        _ => None,
    };
    deeds.iter().filter_map(state).collect()
}

/// Commands kept, in order.
pub fn commands(deeds: &[Deed]) -> Vec<Command> {
    let command = |d: &Deed| match d {
        Deed::Keep(Record::Command(c)) => Some(c.clone()),
        _ => None,
    };
    deeds.iter().filter_map(command).collect()
}

/// Commands written, in order.
pub fn written(deeds: &[Deed]) -> Vec<Command> {
    let command = |d: &Deed| match d {
        Deed::Write(c) => Some(c.clone()),
        Deed::Keep(_) => None,
    };
    deeds.iter().filter_map(command).collect()
}

/// Outcomes kept, in order.
pub fn outcomes(deeds: &[Deed]) -> Vec<Outcome> {
    let outcome = |d: &Deed| match d {
        Deed::Keep(Record::Outcome(o)) => Some(o.clone()),
        _ => None,
    };
    deeds.iter().filter_map(outcome).collect()
}

/// The value of a lapsed decision's reason, if it carries one.
pub fn lapsed(deeds: &[Deed]) -> Option<String> {
    deeds.iter().find_map(|d| match d {
        Deed::Keep(Record::Decision(d)) if d.state == DecisionState::Lapsed => {
            d.evidence.iter().find(|e| e.name.starts_with("lapsed")).map(|e| e.name.to_string())
        }
        _ => None,
    })
}
