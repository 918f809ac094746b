//! A mill on a stage: what it does is told by the test, minute by minute; what the unit does is written down line by line.
//!
//! Enters: states, verdicts, how the device answers. Leaves: lines such as `22:31 decision-1 standby running`. Absent:
//! forecasts in the lines (they come and go with the clock and are tested in `know`).

use measure::{Chance, Instant, Span, Unit as Ucum};
use plant::{
    Action, Calendar, Channel, ChannelId, ChannelKind, Command, CommandState, CommandValue, Decision, DecisionKind, Envelope,
    Frozen, Line, LineId, Machine, MachineId, MachineState, Mode, Operation, Order, OrderId, Parts, Plant, Policy, Prices,
    Product, ProductId, Quality, Record, RecordId, RecordKind, Role, Shift, Source, SourceId, Team, TeamId, Unused, UserRole,
    Verdict, Zone,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use unit::{Delivery, Effect, Input, Limits, Place, RawReading, RawValue, Unit};

pub const MILL: MachineId = MachineId(0);
/// Between two readings, and between two steps.
pub const TICK: Span = Span::from_seconds(60);

/// Monday 2026-03-02 at a time of day, UTC; hours beyond 24 are the next day.
pub fn clock(text: &str) -> Instant {
    let (hours, minutes) = text.split_once(':').expect("HH:MM");
    let midnight: Instant = "2026-03-02T00:00:00Z".parse().expect("an instant");
    midnight + Span::from_minutes(hours.parse::<i64>().expect("HH") * 60 + minutes.parse::<i64>().expect("MM"))
}

pub fn id(kind: RecordKind, number: u64) -> RecordId {
    RecordId { kind, number }
}

pub fn verdict(role: UserRole, approved: bool, at: Instant) -> Verdict {
    Verdict { by: "eve".to_owned(), role, approved, reason: "as agreed".to_owned(), at }
}

fn channels() -> Vec<Channel> {
    use ChannelKind::{Counter, Event, Gauge, State};
    let plain = Envelope { range: None, words: Vec::new(), step_max: None, rest: Span::from_minutes(2), states: Vec::new() };
    let words = ["standby", "ready"].map(str::to_owned).to_vec();
    let rows = [
        (Role::State, State, "1", None),
        (Role::Power, Gauge, "W", None),
        (Role::Energy, Counter, "kW.h", None),
        (Role::Order, State, "1", None),
        (Role::Infeed, State, "1", None),
        (Role::OrderDone, Event, "1", None),
        (Role::Good, Counter, "1", None),
        (Role::Scrap, Counter, "1", None),
        (Role::SetState, State, "1", Some(Envelope { words, ..plain })),
    ];
    let channel = |((role, kind, unit, writable), place): ((Role, ChannelKind, &str, Option<Envelope>), u32)| Channel {
        id: ChannelId(place),
        machine: MILL,
        name: role.word().to_owned(),
        unit: unit.parse::<Ucum>().expect("a unit"),
        kind,
        role,
        range: (role == Role::Power).then_some((0.0, 50_000.0)),
        states: if role == Role::State {
            MachineState::ALL.iter().skip(1).map(|(s, w)| ((*w).to_owned(), *s)).collect()
        } else {
            Vec::new()
        },
        writable,
    };
    rows.into_iter().zip(0..).map(channel).collect()
}

/// One mill worked from 06:00 to 22:00 by one team, with three orders, every kind of decision in one mode.
pub fn plant(mode: Mode) -> Plant {
    let operation = Operation {
        name: "mill".to_owned(),
        machines: vec![MILL],
        cycle: Span::from_minutes(2),
        set_up: Span::from_minutes(10),
        family: "alu".to_owned(),
        instructions: Vec::new(),
    };
    let order = |number: u32| Order {
        id: OrderId(number),
        name: format!("WO-{number}"),
        product: ProductId(0),
        quantity: 40,
        release: clock("06:00"),
        due: clock("96:00"),
    };
    let shift = Shift {
        name: "day".to_owned(),
        team: TeamId(0),
        days: (0..7).collect(),
        start: Span::from_hours(6),
        length: Span::from_hours(16),
    };
    let policy = |kind| Policy { kind, mode, approver: UserRole::Planner, patience: Span::from_minutes(30) };
    Parts {
        site: "test".to_owned(),
        calendar: Calendar { zone: Zone::utc(), shifts: vec![shift] },
        prices: Prices { currency: "EUR".parse().expect("a currency"), energy_per_kwh: 0.2, carbon_per_kwh: 0.4 },
        lines: vec![Line { id: LineId(0), name: "line".to_owned() }],
        machines: vec![Machine {
            id: MILL,
            name: "mill".to_owned(),
            kind: "milling".to_owned(),
            line: Some(LineId(0)),
            feeds: Vec::new(),
            warm_up: Span::from_minutes(5),
            services: Vec::new(),
            load: None,
        }],
        channels: channels(),
        sources: vec![Source { id: SourceId(0), name: "cell".to_owned(), protocol: "opcua".to_owned() }],
        teams: vec![Team { id: TeamId(0), name: "day".to_owned(), workers: 2 }],
        products: vec![Product { id: ProductId(0), name: "bracket".to_owned(), route: vec![operation], value: None }],
        orders: (0..3).map(order).collect(),
        policies: DecisionKind::ALL.iter().map(|kind| policy(*kind)).collect(),
    }
    .build()
    .expect("a plant")
}

/// How the device answers a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// Takes it and does it.
    Obeys,
    /// Says no in these words.
    Refuses(&'static str),
    /// Says nothing and does nothing.
    Silent,
}

/// The mill, the unit, and what was kept for a restart.
#[derive(Clone)]
pub struct Stage {
    pub unit: Unit,
    pub now: Instant,
    pub device: Device,
    /// Newest version of every record kept.
    pub records: BTreeMap<RecordId, Record>,
    /// Newest version of every baseline kept.
    pub frozen: Vec<Frozen>,
    /// Baselines that the store could not read at the next start.
    pub unreadable: Vec<Unused>,
    /// Batches and words as a store would hold them.
    pub batches: Vec<plant::Batch>,
    pub words: Vec<Arc<str>>,
    /// Whether histories are worked out again; if not, the replay is lost with the process.
    pub is_reworking: bool,
    /// So many times the store cannot be read.
    pub fails: usize,
    /// Readings that are held back on their way, and come when this is let go.
    pub held: Option<Vec<(Role, Instant, RawValue)>>,
    /// Everything the unit did, forecasts too.
    pub effects: Vec<Effect>,
    inbox: Vec<Input>,
    /// Whether its power wavers a little, as that of real machines does.
    pub wavers: bool,
    /// How much more power it takes while producing [W].
    pub more_watts: f64,
    chance: Chance,
    state: MachineState,
    told: Option<MachineState>,
    warm_at: Option<Instant>,
    kwh: f64,
    pieces: f64,
    extra: Vec<(Role, RawValue)>,
    lines: Vec<String>,
}

impl Stage {
    /// A mill that has been producing order WO-0 since 20:00, seen at 21:59.
    pub fn new(mode: Mode) -> Self {
        let mut stage = Self {
            unit: Unit::new(Arc::new(plant(mode)), Limits::default()),
            now: clock("20:00"),
            device: Device::Obeys,
            records: BTreeMap::new(),
            frozen: Vec::new(),
            unreadable: Vec::new(),
            batches: Vec::new(),
            words: Vec::new(),
            is_reworking: true,
            fails: 0,
            held: None,
            effects: Vec::new(),
            inbox: Vec::new(),
            wavers: false,
            more_watts: 0.0,
            chance: Chance::seeded(5),
            state: MachineState::Producing,
            told: None,
            warm_at: None,
            kwh: 100.0,
            pieces: 0.0,
            extra: Vec::new(),
            lines: Vec::new(),
        };
        stage.say(Role::Order, "WO-0");
        stage.say(Role::Infeed, "");
        assert_eq!(stage.until("21:59"), Vec::<String>::new(), "a mill at work gives no reason to do anything");
        stage
    }
    /// The mill turns to a state now.
    pub fn put(&mut self, state: MachineState) {
        (self.state, self.warm_at) = (state, None);
    }
    /// A word of the mill, told with the next readings.
    pub fn say(&mut self, role: Role, word: &str) {
        self.extra.push((role, RawValue::Text(word.to_owned())));
    }
    /// Lets time pass up to a time of day; what the unit did, line by line.
    pub fn until(&mut self, time: &str) -> Vec<String> {
        self.pass(clock(time) - self.now)
    }
    /// Lets time pass.
    pub fn pass(&mut self, span: Span) -> Vec<String> {
        let end = self.now + span;
        while self.now < end {
            self.tick();
        }
        std::mem::take(&mut self.lines)
    }
    /// A person's verdict; what the unit did, or its sentence.
    pub fn judge(&mut self, decision: RecordId, verdict: Verdict) -> Result<Vec<String>, String> {
        let effects = self.unit.judge(self.now, decision, verdict).map_err(|e| e.to_string())?;
        self.carry(effects);
        Ok(std::mem::take(&mut self.lines))
    }
    /// The process ends and starts anew from what was kept; the mill goes on.
    pub fn restart(&mut self) {
        self.start_with(self.batches.len());
    }
    /// As [`Self::restart`], when all readings were sealed: none comes back at once.
    pub fn restart_with_nothing_at_hand(&mut self) {
        self.start_with(0);
    }

    fn start_with(&mut self, batches: usize) {
        let mut next = [1; RecordKind::COUNT];
        for id in self.records.keys() {
            next[id.kind as usize] = id.number + 1;
        }
        let is_open = |d: &Decision| ["pending", "approved", "running"].contains(&d.state.word());
        let open = self.records.values().filter_map(|r| match r {
            Record::Decision(d) if is_open(d) => Some(d.clone()),
            _ => None,
        });
        let recent: Vec<Record> = self.records.values().rev().cloned().collect();
        let mut unit = Unit::new(self.unit.plant().clone(), Limits::default());
        unit.recall_words(&self.words);
        unit.recall_baselines(&self.frozen, self.unreadable.clone());
        self.batches[self.batches.len() - batches..].iter().for_each(|batch| unit.recall_readings(batch));
        unit.recall_records(next, open.collect(), &recent);
        let confirmed = self.records.values().filter_map(|r| match r {
            Record::Finding(f) if f.confirmation.is_some() => Some(f.clone()),
            _ => None,
        });
        unit.recall_cases(&confirmed.collect::<Vec<_>>());
        self.unit = unit;
        self.inbox.clear();
    }

    fn watts(&self) -> f64 {
        match self.state {
            MachineState::Producing => 9_000.0 + self.more_watts,
            MachineState::Starved | MachineState::Blocked => 2_000.0,
            MachineState::WarmingUp => 4_000.0,
            MachineState::Standby => 200.0,
            _ => 0.0,
        }
    }

    fn tick(&mut self) {
        let waver = if self.wavers { 50.0 * self.chance.normal() } else { 0.0 };
        let watts = (self.watts() + waver).max(0.0);
        self.kwh += watts * TICK.hours() / 1_000.0;
        self.pieces += if self.state == MachineState::Producing { TICK.minutes() / 2.0 } else { 0.0 };
        self.now += TICK;
        if self.warm_at.is_some_and(|at| at <= self.now) {
            self.put(MachineState::Starved);
        }
        let mut told = std::mem::take(&mut self.extra);
        if self.told.replace(self.state) != Some(self.state) {
            told.push((Role::State, RawValue::Text(self.state.word().to_owned())));
        }
        told.push((Role::Power, RawValue::Number(watts)));
        told.push((Role::Energy, RawValue::Number(self.kwh)));
        told.push((Role::Good, RawValue::Number(self.pieces.floor())));
        let now = self.now;
        let told = told.into_iter().map(|(role, value)| (role, now, value));
        match &mut self.held {
            Some(held) => held.extend(told),
            None => self.deliver(told.collect()),
        }
        let inbox = std::mem::take(&mut self.inbox);
        let effects = self.unit.step(self.now, inbox);
        self.carry(effects);
    }

    /// What was held back comes now.
    pub fn let_go(&mut self) {
        let held = self.held.take().unwrap_or_default();
        self.deliver(held);
    }

    fn deliver(&mut self, told: Vec<(Role, Instant, RawValue)>) {
        let plant = Arc::clone(self.unit.plant());
        let place = |role| Place::Channel(plant.role(MILL, role).expect("a channel").id);
        let reading = |(role, at, value)| RawReading { place: place(role), at: Some(at), value, quality: Quality::Good };
        let readings = told.into_iter().map(reading).collect();
        let absorbed = self.unit.absorb(Delivery { readings, ..Delivery::new(SourceId(0), self.now) });
        assert_eq!(absorbed.refused, []);
        self.words.extend(absorbed.words.into_iter().map(|(_, word)| word));
        for batch in absorbed.batches {
            self.unit.settle(batch.from, batch.len() as u64, true);
            self.batches.push(batch);
        }
    }

    pub fn carry(&mut self, effects: Vec<Effect>) {
        self.effects.extend(effects.iter().cloned());
        for effect in effects {
            match effect {
                Effect::Keep(record) => {
                    self.lines.extend(line(&record).map(|l| format!("{} {l}", time(self.now))));
                    self.records.insert(record.id(), record);
                }
                Effect::Freeze(frozen) => {
                    self.frozen.retain(|known| (known.machine, known.about) != (frozen.machine, frozen.about));
                    self.frozen.push(*frozen);
                }
                Effect::Write(command) => self.write(&command),
                Effect::Rework(_) if self.fails > 0 => {
                    self.fails -= 1;
                    self.inbox.push(Input::Reworked(Err("the disk is busy".to_owned())));
                }
                Effect::Rework(replay) if self.is_reworking => {
                    self.inbox.push(Input::Reworked(Ok(Box::new(replay.played(|| self.batches.iter())))));
                }
                Effect::Rework(_) => {}
            }
        }
    }

    fn write(&mut self, command: &Command) {
        assert!(self.records.contains_key(&command.id), "a command is kept before it is written");
        self.lines.push(format!("{} write {} {}", time(self.now), command.id, word(&command.value)));
        let result = match self.device {
            Device::Silent => return,
            Device::Refuses(words) => Err(words.to_owned()),
            Device::Obeys => Ok(()),
        };
        if result.is_ok() {
            let wakes = command.value == CommandValue::Word("ready".to_owned());
            self.put(if wakes { MachineState::WarmingUp } else { MachineState::Standby });
            self.warm_at = wakes.then(|| self.now + Span::from_minutes(5));
        }
        self.inbox.push(Input::Answered { command: command.id, result });
    }
}

fn time(at: Instant) -> String {
    let (_, _, _, hour, minute, ..) = at.civil();
    format!("{hour:02}:{minute:02}")
}

fn word(value: &CommandValue) -> String {
    match value {
        CommandValue::Number(number) => number.to_string(),
        CommandValue::Word(word) => word.clone(),
    }
}

fn line(record: &Record) -> Option<String> {
    Some(match record {
        Record::Forecast(_) => return None,
        Record::Finding(f) => {
            format!("{} {}{}", f.id, f.cause.word(), if f.ended.is_some() { " ended" } else { "" })
        }
        Record::Decision(d) => {
            let action = if d.action == Action::Wake { "wake" } else { d.kind.word() };
            let why = d.evidence.iter().find(|e| e.name.starts_with("lapsed")).map_or(String::new(), |e| format!(" {}", e.name));
            format!("{} {action} {}{why}", d.id, d.state.word())
        }
        Record::Command(c) => match &c.state {
            CommandState::Sent => format!("{} sent", c.id),
            CommandState::Acknowledged => format!("{} acknowledged", c.id),
            CommandState::Failed(words) => format!("{} failed: {words}", c.id),
            CommandState::TimedOut => format!("{} timed out", c.id),
            CommandState::Refused(words) => format!("{} refused: {words}", c.id),
        },
        Record::Revision(r) => format!("{} {} of {}", r.id, r.state.word(), r.late),
        Record::Outcome(o) => format!("{} of {} {} {:.1}", o.id, o.decision, o.measured.metric.word(), o.measured.value.value),
    })
}
