//! What every detector must pass, and the scenes to show it with.
//!
//! A [`Scene`] is a small plant with hand-made series. [`hold`] plays it and checks that the detector under test finds its
//! cause where it should and nowhere else, says the same when played twice, still finds it with gaps in the series and
//! with the series in other units, and that what is remembered stays within its bound. Rules in MUST words:
//!
//! - a detector MUST be a function of its sight alone: the same series gives the same records;
//! - it MUST read values in the units of `memory`, never those of a channel;
//! - it MUST say [`Unsure`](crate::detect::Look::Unsure) rather than guess where series are missing;
//! - it MUST NOT keep anything; what it needs remembered is streamed and bounded in `memory`.

use crate::Knowledge;
use crate::memory::machine::MachineMemory;
use measure::{Instant, Span, Unit};
use plant::{
    Batch, Calendar, Cause, Channel, ChannelId, ChannelKind, Finding, Image, Lexicon, Line, LineId, Machine, MachineId,
    MachineImage, Operation, Order, OrderId, OrderProgress, Parts, Plant, PlantError, Prices, Product, ProductId, Quality,
    Reading, Record, RecordId, RecordKind, Role, Shift, SourceId, Team, TeamId, Zone,
};

/// Monday 2026-03-02T00:00:00Z, where scenes start.
pub const START: Instant = Instant::from_seconds(1_772_409_600);

/// A small plant with hand-made series.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The plant.
    pub plant: Plant,
    /// Words of the series.
    pub lexicon: Lexicon,
    /// Readings in order of their source time.
    pub readings: Vec<Reading>,
    /// Where the series end.
    pub until: Instant,
}

/// A machine of a scene: name, kind, places of the machines it feeds, and its channels by role with their unit.
pub type Row<'a> = (&'a str, &'a str, &'a [u32], &'a [(Role, &'a str)]);

/// Other units in which the same series must mean the same.
const OTHER_UNITS: [(Role, &str); 7] = [
    (Role::Power, "kW"),
    (Role::Energy, "MJ"),
    (Role::Vibration, "m/s"),
    (Role::AirFlow, "L/s"),
    (Role::Load, "1"),
    (Role::Deviation, "%"),
    (Role::CycleTime, "min"),
];

const fn kind_of(role: Role) -> ChannelKind {
    match role {
        Role::State | Role::Order | Role::Infeed | Role::Product | Role::Worker => ChannelKind::State,
        Role::Alarm | Role::Serviced | Role::OrderDone => ChannelKind::Event,
        Role::Good | Role::Scrap | Role::Energy => ChannelKind::Counter,
        _ => ChannelKind::Gauge,
    }
}

impl Scene {
    /// A plant of these machines in one line, worked from 06:00 to 22:00 UTC on weekdays by two teams of three, that makes
    /// product 0 in cycles of 60 s on each machine; ten orders of 100 pieces.
    ///
    /// # Errors
    /// Names or roles that are there twice.
    pub fn new(rows: &[Row<'_>]) -> Result<Self, PlantError> {
        let machines: Vec<Machine> = rows.iter().zip(0..).map(|(row, id)| machine(row, id)).collect();
        let mut channels: Vec<Channel> = Vec::new();
        for (row, machine) in rows.iter().zip(&machines) {
            for (role, unit) in row.3 {
                channels.push(channel(ChannelId(channels.len() as u32), machine.id, *role, unit));
            }
        }
        let plant = parts(machines, channels).build()?;
        Ok(Self { plant, lexicon: Lexicon::default(), readings: Vec::new(), until: START })
    }
    /// A number of a machine's channel at seconds after [`START`]; nothing where there is no such channel.
    pub fn number(&mut self, machine: u32, role: Role, second: i64, value: f64) {
        let Some(channel) = self.plant.role(MachineId(machine), role).map(|c| c.id) else { return };
        let at = START + Span::from_seconds(second);
        self.until = self.until.max(at);
        self.readings.push(Reading { channel, at, value, quality: Quality::Good });
    }
    /// A word of a machine's channel at seconds after [`START`].
    pub fn word(&mut self, machine: u32, role: Role, second: i64, word: &str) {
        if let Some((id, _)) = self.lexicon.intern(word) {
            self.number(machine, role, second, f64::from(id.0));
        }
    }
    /// The series with all numbers in other units.
    pub fn in_other_units(&self) -> Self {
        let mut other = self.clone();
        for (role, code) in OTHER_UNITS {
            let Ok(unit) = code.parse::<Unit>() else { continue };
            for place in 0..other.plant.channels.len() {
                let old = other.plant.channels[place].unit.clone();
                if other.plant.channels[place].role != role || old.convert(1.0, &unit).is_err() {
                    continue;
                }
                for reading in other.readings.iter_mut().filter(|r| r.channel.index() == place) {
                    reading.value = old.convert(reading.value, &unit).unwrap_or(reading.value);
                }
                other.plant.channels[place].unit = unit.clone();
            }
        }
        other
    }
    /// The series without every seventh number, and with half an hour of numbers missing after each tenth of it.
    pub fn with_gaps(&self) -> Self {
        let mut other = self.clone();
        let tenth = Span::from_micros(((self.until - START).micros() / 10).max(1));
        let is_word = |c: ChannelId| self.plant.channel(c).kind.is_word();
        let mut count = 0;
        other.readings.retain(|r| {
            count += 1;
            let into = (r.at - START).micros() % tenth.micros();
            is_word(r.channel) || (count % 7 != 0 && (into > Span::from_minutes(30).micros() || r.at - START < tenth))
        });
        other
    }
    /// Plays the series, judging once a minute; returns what is known at the end, and all records.
    pub fn play(&self) -> (Knowledge, Vec<Record>) {
        self.play_to(&mut |_, _| {})
    }
    /// Plays the series and shows what is known after each minute.
    pub fn play_to(&self, seen: &mut dyn FnMut(Instant, &Knowledge)) -> (Knowledge, Vec<Record>) {
        let mut readings = self.readings.clone();
        readings.sort_by_key(|r| r.at);
        let mut know = Knowledge::new(&self.plant);
        let (mut records, mut next, mut numbers) = (Vec::new(), 0, [0_u64; RecordKind::COUNT]);
        let mut image = self.image();
        let mut at = START;
        while at <= self.until {
            let end = readings.partition_point(|r| r.at <= at);
            for reading in &readings[next..end] {
                let mut batch = Batch::new(SourceId(0), self.plant.channel(reading.channel).machine, at);
                batch.push(*reading);
                know.absorb(&self.plant, &batch, &self.lexicon);
            }
            next = end;
            image.at = at;
            records.extend(know.judge(&self.plant, &image, &mut |kind| {
                numbers[kind as usize] += 1;
                RecordId { kind, number: numbers[kind as usize] }
            }));
            seen(at, &know);
            at += Span::from_minutes(1);
        }
        (know, records)
    }
    fn image(&self) -> Image {
        Image {
            machines: vec![MachineImage::default(); self.plant.machines.len()],
            orders: vec![OrderProgress::default(); self.plant.orders.len()],
            latest: vec![None; self.plant.channels.len()],
            ..Image::default()
        }
    }
}

fn machine((name, kind, feeds, _): &Row<'_>, id: u32) -> Machine {
    Machine {
        id: MachineId(id),
        name: (*name).to_owned(),
        kind: (*kind).to_owned(),
        line: Some(LineId(0)),
        feeds: feeds.iter().copied().map(MachineId).collect(),
        warm_up: Span::from_minutes(5),
        services: vec![("tool".to_owned(), Span::from_minutes(10)), ("bearing".to_owned(), Span::from_minutes(50))],
        load: None,
    }
}

fn channel(id: ChannelId, machine: MachineId, role: Role, unit: &str) -> Channel {
    Channel {
        id,
        machine,
        name: role.word().to_owned(),
        unit: unit.parse().unwrap_or_else(|_| Unit::one()),
        kind: kind_of(role),
        role,
        range: None,
        states: Vec::new(),
        writable: None,
    }
}

fn parts(machines: Vec<Machine>, channels: Vec<Channel>) -> Parts {
    let shift = |name: &str, team, start| Shift {
        name: name.to_owned(),
        team: TeamId(team),
        days: (0..5).collect(),
        start: Span::from_hours(start),
        length: Span::from_hours(8),
    };
    let team = |id, name: &str| Team { id: TeamId(id), name: name.to_owned(), workers: 3 };
    let operation = |m: &Machine| Operation {
        name: m.name.clone(),
        machines: vec![m.id],
        cycle: Span::from_minutes(1),
        set_up: Span::ZERO,
        family: m.kind.clone(),
        instructions: Vec::new(),
    };
    let route = machines.iter().map(operation).collect();
    let order = |id: u32| Order {
        id: OrderId(id),
        name: format!("o{id}"),
        product: ProductId(0),
        quantity: 100,
        release: START,
        due: START + Span::from_days(5),
    };
    let currency = "EUR".parse().unwrap_or_else(|_| unreachable!("EUR is three capital letters"));
    Parts {
        site: "scene".to_owned(),
        calendar: Calendar { zone: Zone::utc(), shifts: vec![shift("early", 0, 6), shift("late", 1, 14)] },
        prices: Prices { currency, energy_per_kwh: 0.2, carbon_per_kwh: 0.4 },
        lines: vec![Line { id: LineId(0), name: "line".to_owned() }],
        machines,
        channels,
        sources: Vec::new(),
        teams: vec![team(0, "early"), team(1, "late")],
        products: vec![Product { id: ProductId(0), name: "p0".to_owned(), route, value: None }],
        orders: (0..10).map(order).collect(),
        policies: Vec::new(),
    }
}

/// The findings of a cause among records, each as it was first made.
pub fn findings(records: &[Record], cause: Cause) -> Vec<&Finding> {
    let mut found: Vec<&Finding> = Vec::new();
    for record in records {
        if let Record::Finding(finding) = record
            && finding.cause == cause
            && !found.iter().any(|f| f.id == finding.id)
        {
            found.push(finding);
        }
    }
    found
}

/// Plays a scene that shows a cause at one machine and checks what every detector must hold.
///
/// # Errors
/// The rule that was broken, in words.
pub fn hold(scene: &Scene, cause: Cause, machine: MachineId) -> Result<(), String> {
    let (know, records) = scene.play();
    let plain = summary(&records, cause);
    if plain.is_empty() || plain.iter().any(|m| *m != machine) {
        return Err(format!("{cause:?} should be found at machine {} only, and is at {plain:?}", machine.0));
    }
    if records != scene.play().1 {
        return Err("played twice it says something else".to_owned());
    }
    let others = summary(&scene.in_other_units().play().1, cause);
    if others != plain {
        return Err(format!("in other units it is found at {others:?}, not {plain:?}"));
    }
    let gaps = summary(&scene.with_gaps().play().1, cause);
    if gaps.is_empty() || gaps.iter().any(|m| *m != machine) {
        return Err(format!("with gaps it is found at {gaps:?}, not {plain:?}"));
    }
    let heavy = know.memory().machines.iter().map(MachineMemory::weight).max().unwrap_or(0);
    if heavy > MachineMemory::WEIGHT_MAX {
        return Err(format!("{heavy} items are remembered of one machine; allowed are {}", MachineMemory::WEIGHT_MAX));
    }
    let told = records.iter().filter(|r| matches!(r, Record::Finding(_))).count() as f64;
    let days = ((scene.until - START).hours() / 24.0).max(1.0);
    let machines = scene.plant.machines.len() as f64;
    if told / days / machines > 60.0 {
        return Err(format!("{told} findings in {days} days of {machines} machines; allowed are 60 a day and machine"));
    }
    Ok(())
}

fn summary(records: &[Record], cause: Cause) -> Vec<MachineId> {
    let mut machines: Vec<MachineId> = findings(records, cause).iter().map(|f| f.machine).collect();
    machines.sort_unstable();
    machines.dedup();
    machines
}
