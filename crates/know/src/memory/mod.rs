//! What this room remembers: streaming, bounded, the same for the same readings. Detectors, predictors and KPIs read it.
//!
//! ```text
//! Batch ── route ──> MachineMemory: log · draws · spells · pieces · trends · wear · events
//!                ├─> Behaviour (rows of a minute)
//!                └─> Errors (over machines of a kind)      tick (each minute) ──> Air, integrals, working hours
//! ```
//!
//! Enters: batches and the passing of time. Leaves: [`Memory`]. Absent: verdicts, records.

pub mod air;
mod baselines;
pub mod behaviour;
pub mod check;
pub mod errors;
pub mod gauges;
pub mod hours;
pub mod log;
pub mod machine;
pub mod meter;
pub mod missed;
pub mod pace;
pub mod pieces;
pub mod route;
pub mod spell;
pub mod standing;
pub mod trend;
pub mod usage;
pub mod wear;

use crate::lessons::Topic;
use crate::lessons::model::{Model, Way};
use crate::rework::Rework;
use air::{Air, AirPoint, KINDS_MAX, Work};
use behaviour::Behaviour;
use errors::Errors;
use hours::Hours;
use log::Tags;
use machine::MachineMemory;
use measure::statistics::Smoothed;
use measure::{Instant, Span};
use missed::Missed;
use plant::{About, Batch, Channel, ChannelId, Lexicon, MachineId, MachineState, Plant, ProductId, Quality, Reading, Window};
use route::{Route, Signal};
use standing::Standings;
use std::collections::BTreeMap;
use std::sync::Arc;
use wear::Levels;

/// How far back the logs are worked out again, and figures of closed periods revised; later readings are stored and counted.
pub const HORIZON: Span = Span::from_days(4);

/// What is remembered of the plant.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Machines, by id.
    pub machines: Vec<MachineMemory>,
    /// Air of each machine that has an air flow, by machine.
    pub air: Vec<Option<Air>>,
    /// How machines behave while they produce, by machine.
    pub behaviour: Vec<Behaviour>,
    /// Loads of fresh tools.
    pub levels: Levels,
    /// Models in use, by kind and topic.
    models: BTreeMap<(usize, Topic), Arc<Model>>,
    /// Alarms before failures.
    pub errors: Errors,
    /// Kind of each machine as a small number.
    pub kinds: Vec<usize>,
    /// Machines that pieces reach from each machine, near or far.
    pub downstream: Vec<Vec<MachineId>>,
    /// Machines from which pieces reach each machine, near or far.
    pub upstream: Vec<Vec<MachineId>>,
    /// Whether the plant works now.
    pub hours: Hours,
    /// Latest instant known of.
    pub clock: Instant,
    routes: Vec<Route>,
    /// Where each channel is watched as part of its machine's behaviour, by channel.
    watched: Vec<Option<u8>>,
    /// Machines of which something changed since the last look, in the order of their changes, each as often as it changed.
    changed: Vec<MachineId>,
    /// Last value of word channels and its source time, by channel; a repeated word changes nothing.
    words: Vec<Heard>,
    /// Machines whose log missed readings since the last look, each as often as it did.
    missed: Vec<MachineId>,
    /// Readings that came later than [`HORIZON`]: the log is not worked out again for them.
    pub beyond: u64,
    /// Planned run time by machine and product [s]; 0 where the product does not come by.
    cycles: Vec<Vec<f64>>,
    work: Work,
    ticked: Option<Instant>,
    aired: Option<Instant>,
    /// How far baselines are, by machine.
    standings: Vec<Standings>,
    /// When baselines that were of use were told last.
    used_told: Option<Instant>,
}

impl Memory {
    /// Nothing remembered yet.
    pub fn new(plant: &Plant) -> Self {
        let mut kinds: Vec<&str> = plant.machines.iter().map(|m| m.kind.as_str()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let routes = Route::table(plant);
        let machines = plant.machines.iter().map(|m| remember(plant, m.id)).collect();
        let mut air = vec![None; plant.machines.len()];
        routes.iter().filter(|r| r.signal == Signal::AirFlow).for_each(|r| air[r.machine.index()] = Some(Air::default()));
        let downstream: Vec<Vec<MachineId>> = plant.machines.iter().map(|m| reachable(plant, m.id)).collect();
        let behaviour: Vec<Behaviour> = plant.machines.iter().map(|m| Behaviour::new(plant, m.id)).collect();
        Self {
            machines,
            air,
            watched: Behaviour::slots(&behaviour, plant),
            behaviour,
            levels: Levels::default(),
            models: BTreeMap::new(),
            errors: Errors::default(),
            kinds: plant.machines.iter().map(|m| kinds.partition_point(|k| *k < m.kind.as_str())).collect(),
            upstream: reversed(&downstream),
            downstream,
            hours: Hours::default(),
            clock: Instant::MIN,
            changed: Vec::new(),
            words: vec![NOTHING; routes.len()],
            missed: Vec::new(),
            beyond: 0,
            routes,
            cycles: plant.machines.iter().map(|m| cycles_at(plant, m.id)).collect(),
            work: Work::default(),
            ticked: None,
            aired: None,
            standings: vec![Standings::default(); plant.machines.len()],
            used_told: None,
        }
    }
    /// A machine.
    pub fn machine(&self, id: MachineId) -> &MachineMemory {
        &self.machines[id.index()]
    }
    /// Planned run time of a piece of what the tags name at a machine [s]; 0 where unknown.
    pub fn planned_s(&self, machine: MachineId, tags: Tags) -> f64 {
        planned(&self.cycles[machine.index()], tags)
    }
    /// Takes a batch.
    pub fn absorb(&mut self, plant: &Plant, batch: &Batch, lexicon: &Lexicon) {
        self.clock = self.clock.max(batch.received);
        self.hours.renew(&plant.calendar, self.clock);
        batch.iter().for_each(|reading| self.take(plant, reading, lexicon));
    }
    /// Takes one reading; one that is bad says nothing.
    pub(crate) fn take(&mut self, plant: &Plant, reading: Reading, lexicon: &Lexicon) {
        if reading.quality == Quality::Bad || !reading.value.is_finite() {
            return;
        }
        let Some(route) = self.routes.get(reading.channel.index()).copied() else {
            return;
        };
        if let Some(slot) = self.watched[reading.channel.index()] {
            self.behaviour[route.machine.index()].add(slot, reading.value);
        }
        if let Some(place) = route.gauge {
            let machine = &mut self.machines[route.machine.index()];
            let under_load = machine.under_load();
            machine.gauges.hear(place, reading.at, reading.value * route.factor + route.offset, under_load);
        }
        match route.signal {
            Signal::None => {}
            Signal::State | Signal::Order | Signal::Product | Signal::Worker => {
                self.turn(plant, route, reading, lexicon);
            }
            Signal::Alarm | Signal::Serviced => self.happen(route, reading, lexicon),
            _ => self.number(route, reading),
        }
    }
    /// The model in use of a topic at a machine; `None` where nothing was learned.
    pub fn model(&self, machine: MachineId, topic: Topic) -> Option<&Model> {
        self.models.get(&(self.kinds[machine.index()], topic)).map(|model| &**model)
    }
    /// From now on a topic is foretold in this way at the machines of a kind.
    pub fn foretell_by(&mut self, plant: &Plant, (kind, topic): (&str, Topic), way: Way) {
        let Some(place) = plant.machines.iter().position(|m| m.kind == kind) else { return };
        let of = (self.kinds[place], topic);
        match way {
            Way::Learned(model) => drop(self.models.insert(of, model)),
            Way::Plain => drop(self.models.remove(&of)),
        }
    }
    fn number(&mut self, route: Route, reading: Reading) {
        let (at, value) = (reading.at, reading.value * route.factor + route.offset);
        let machine = &mut self.machines[route.machine.index()];
        let cycles = &self.cycles[route.machine.index()];
        machine.hear(at);
        match route.signal {
            Signal::Power | Signal::Energy | Signal::Good | Signal::Scrap => {
                let placed = machine.take_amount(route.signal, at, value, |tags| planned(cycles, tags));
                if !placed {
                    self.miss(route.machine, reading);
                }
            }
            Signal::CycleTime => {
                let plan = planned(cycles, machine.log.tags());
                if plan > 0.0 && value > 0.0 {
                    machine.pieces.cycle_ratio.add(value / plan);
                }
            }
            Signal::Vibration => machine.take_vibration(at, value),
            Signal::Load => machine.take_load(at, value, self.kinds[route.machine.index()], &mut self.levels),
            Signal::Speed => machine.speed = Some(value),
            Signal::Deviation => machine.pieces.chart.add(at, value),
            Signal::AirFlow => machine.air_flow.get_or_insert(Smoothed::new(0.05)).add(value),
            _ => {}
        }
    }
    fn turn(&mut self, plant: &Plant, route: Route, reading: Reading, lexicon: &Lexicon) {
        let said = said(&mut self.words[reading.channel.index()], reading);
        let Some(word) = lexicon.word(reading.value).filter(|_| said != Said::Again) else {
            return;
        };
        if said == Said::Late {
            // what holds now was told later; what held then may have been another thing
            let held = self.machine(route.machine).log.tags_at(reading.at);
            if turned(plant, (route.signal, reading.channel), held, word) != held {
                self.miss(route.machine, reading);
            }
            return;
        }
        if !self.machines[route.machine.index()].is_in_time(reading.at) {
            self.miss(route.machine, reading);
        }
        let machine = &mut self.machines[route.machine.index()];
        machine.hear(reading.at);
        let tags = turned(plant, (route.signal, reading.channel), machine.log.tags(), word);
        let (was, failures) = (machine.state(), machine.failures.len());
        let newest = machine.failures.back().map(|f| f.at);
        if machine.turn(reading.at, tags, self.hours) {
            self.changed.push(route.machine);
        }
        let failed = machine.failures.len() != failures || machine.failures.back().map(|f| f.at) != newest;
        self.work.turn(reading.at, self.kinds[route.machine.index()], was, tags.state);
        if failed {
            self.errors.failure(route.machine, self.kinds[route.machine.index()], reading.at);
        }
    }
    fn happen(&mut self, route: Route, reading: Reading, lexicon: &Lexicon) {
        let Some(word) = lexicon.word(reading.value).filter(|w| !w.is_empty()) else {
            return;
        };
        let machine = &mut self.machines[route.machine.index()];
        let kind = self.kinds[route.machine.index()];
        machine.hear(reading.at);
        self.changed.push(route.machine);
        if route.signal == Signal::Alarm {
            machine.take_alarm(reading.at, word.clone());
            self.errors.alarm(route.machine, kind, word, reading.at);
            return;
        }
        // A machine that tells no state shows its failures by what had to be mended.
        if !machine.has_state {
            self.errors.failure(route.machine, kind, reading.at);
        }
        machine.take_service(reading.at, word.clone());
        if word.contains("leak") {
            self.air.iter_mut().flatten().for_each(|air| air.mend(reading.at));
        }
    }
    /// The log had passed the time of a reading.
    #[cold]
    fn miss(&mut self, machine: MachineId, reading: Reading) {
        if reading.at < self.clock - HORIZON {
            self.beyond += 1;
            return;
        }
        self.missed.push(machine);
        self.machines[machine.index()].miss(reading.channel, reading.at);
    }
    /// Whether any log missed readings since the last call of [`Self::take_missed`].
    pub fn has_missed(&self) -> bool {
        !self.missed.is_empty()
    }
    /// What the logs of machines missed since the last call, by id.
    pub fn take_missed(&mut self) -> Vec<(MachineId, Missed)> {
        let mut machines = std::mem::take(&mut self.missed);
        machines.sort_unstable();
        machines.dedup();
        let taken = machines.into_iter().filter_map(|id| Some((id, *self.machines[id.index()].missed.take()?)));
        taken.collect()
    }
    /// A replay of a machine that begins before an instant, to work its log out again from there on; from [`HORIZON`] on where
    /// `late` is `None`.
    pub fn rework(&self, id: MachineId, late: Option<Instant>, now: Instant) -> Rework {
        let mine = self.routes.iter().enumerate().filter(|(_, r)| r.machine == id && r.signal.is_logged());
        let routes = mine.map(|(channel, route)| (ChannelId(channel as u32), *route)).collect();
        let vibration_absolute = self.machine(id).vibration_absolute;
        let mut fresh = MachineMemory::new(id, self.machine(id).has_state, vibration_absolute);
        fresh.learn_from(self.machine(id));
        Rework::new(fresh, (routes, self.cycles[id.index()].clone()), (&self.machine(id).log, now, late))
    }
    /// Puts a log that was worked out again in the place of the live one.
    pub fn adopt(&mut self, rework: Rework) {
        let (from, words, machine) = rework.finish();
        words.into_iter().for_each(|(channel, heard)| self.words[channel.index()] = heard);
        self.machines[machine.id.index()].adopt(&machine, from);
    }
    /// Machines of which something changed since the last call, by id.
    pub fn take_changed(&mut self) -> Vec<MachineId> {
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort_unstable();
        changed.dedup();
        changed
    }
    /// Learns what energy is usual at each machine; `leaked` tells the energy lost in leaks at a machine in a window [kW.h].
    pub fn learn_usage(&mut self, now: Instant, leaked: &dyn Fn(MachineId, Window) -> f64) {
        for machine in &mut self.machines {
            let id = machine.id;
            machine.usage.learn(&machine.log, now, &|window| leaked(id, window));
        }
    }
    /// Time passed: once a minute integrals are brought up to it. Returns whether a minute was over.
    pub fn tick(&mut self, plant: &Plant, now: Instant) -> bool {
        self.clock = self.clock.max(now);
        self.hours.renew(&plant.calendar, self.clock);
        let minute = Span::from_minutes(1);
        let Some(last) = self.ticked else {
            self.ticked = Some(now.floor(minute));
            self.behaviour.iter_mut().for_each(Behaviour::begin);
            return false;
        };
        if now - last < minute {
            return false;
        }
        self.ticked = Some(now.floor(minute));
        for (machine, kind) in self.machines.iter_mut().zip(&self.kinds) {
            machine.advance(now);
            machine.minute(now, last);
            self.errors.pass(*kind, now - last);
        }
        for ((behaviour, machine), standings) in self.behaviour.iter_mut().zip(&self.machines).zip(&self.standings) {
            let all_through = machine.under_load() && machine.since() <= last;
            let product = all_through.then(|| machine.log.tags().product);
            behaviour.minute(now, product.map(|product| (product, standings.learned_under(About::Behaviour(product)))));
        }
        self.errors.expire(now);
        self.tick_air(now);
        true
    }
    fn tick_air(&mut self, now: Instant) {
        let last = *self.aired.get_or_insert(now);
        if now - last < Air::STEP {
            return;
        }
        let producing = self.work.take(now, now - last);
        self.aired = Some(now);
        for (air, machine) in self.air.iter_mut().zip(&mut self.machines) {
            let (Some(air), Some(flow)) = (air.as_mut(), machine.air_flow.take()) else { continue };
            let own = self.kinds[machine.id.index()].min(KINDS_MAX - 1);
            let mut producing = producing;
            producing[own] = 0.0;
            // A compressor that stands still delivers nothing, which says nothing of the network.
            let stands = [MachineState::Off, MachineState::Standby, MachineState::WarmingUp, MachineState::Down];
            if !stands.contains(&machine.state()) && machine.since() < last {
                air.add(AirPoint { at: now, flow: flow.mean(), producing, watts: machine.watts() });
            }
        }
    }
}

fn remember(plant: &Plant, id: MachineId) -> MachineMemory {
    let role = |role| plant.role(id, role);
    let vibration_absolute = role(plant::Role::Vibration).is_some_and(|c| Route::of(c).absolute);
    MachineMemory::new(id, role(plant::Role::State).is_some(), vibration_absolute)
}

/// The last word of a channel by its number, and when it was said.
pub(crate) type Heard = (Instant, f64);

/// Nothing was said yet.
pub(crate) const NOTHING: Heard = (Instant::MIN, f64::NAN);

/// What a word is to the one its channel said last.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// The same.
    Again,
    /// Another one, of an earlier time.
    Late,
    /// Another one.
    New,
}

/// Compares a word with the last one of its channel, and remembers it if it is newer.
pub(crate) fn said(last: &mut Heard, reading: Reading) -> Said {
    if reading.at < last.0 {
        return Said::Late;
    }
    if last.1 == reading.value {
        last.0 = reading.at;
        return Said::Again;
    }
    *last = (reading.at, reading.value);
    Said::New
}

/// What holds after a word.
pub(crate) fn turned(plant: &Plant, (signal, channel): (Signal, ChannelId), mut tags: Tags, word: &str) -> Tags {
    match signal {
        Signal::State => tags.state = state_named(plant.channel(channel), word),
        Signal::Order => {
            let order = plant.order_named(word);
            tags.order = order.map(|o| o.id);
            if let Some(order) = order {
                tags.product = Some(order.product);
            }
        }
        Signal::Product => tags.product = plant.products.iter().find(|p| p.name == *word).map(|p| p.id),
        _ => tags.team = plant.teams.iter().find(|t| t.name == *word).map(|t| t.id),
    }
    tags
}

fn state_named(channel: &Channel, word: &str) -> MachineState {
    let mapped = channel.states.iter().find(|(w, _)| w.eq_ignore_ascii_case(word)).map(|(_, s)| *s);
    let plain = || MachineState::ALL.iter().find(|(_, w)| w.eq_ignore_ascii_case(word)).map(|(s, _)| *s);
    mapped.or_else(plain).unwrap_or_default()
}

pub(crate) fn planned(cycles: &[f64], tags: Tags) -> f64 {
    tags.product.and_then(|p: ProductId| cycles.get(p.index())).copied().unwrap_or(0.0)
}

/// Planned run time of each product at a machine: of its first operation there [s].
fn cycles_at(plant: &Plant, machine: MachineId) -> Vec<f64> {
    let at = |p: &plant::Product| p.route.iter().find(|o| o.machines.contains(&machine)).map_or(0.0, |o| o.cycle.seconds());
    plant.products.iter().map(at).collect()
}

/// Of a table of machines by machine the one that goes the other way.
fn reversed(table: &[Vec<MachineId>]) -> Vec<Vec<MachineId>> {
    let mut reversed = vec![Vec::new(); table.len()];
    for (from, reached) in (0..).map(MachineId).zip(table) {
        let known = reached.iter().filter(|id| id.index() < table.len());
        known.for_each(|id| reversed[id.index()].push(from));
    }
    reversed
}

fn reachable(plant: &Plant, from: MachineId) -> Vec<MachineId> {
    let mut seen: Vec<MachineId> = Vec::new();
    let mut next: Vec<MachineId> = plant.machine(from).feeds.clone();
    while let Some(id) = next.pop() {
        if !seen.contains(&id) && id != from {
            seen.push(id);
            next.extend(plant.machines.get(id.index()).into_iter().flat_map(|m| m.feeds.iter().copied()));
        }
    }
    seen
}
