//! All that is remembered of one machine.
//!
//! Enters: its signals in the units used inside, one by one. Leaves: its log, draws, spells, trends, events. Absent:
//! verdicts; other machines.

use super::gauges::Gauges;
use super::hours::Hours;
use super::log::{Log, Tags};
use super::meter::{Counter, Draws, Gauge, Held};
use super::missed::{Missed, NUMBER_SLACK, WORD_SLACK};
use super::pace::Pace;
use super::pieces::Pieces;
use super::route::Signal;
use super::spell::IdleSpells;
use super::trend::Trend;
use super::usage::Usage;
use super::wear::{Conditions, Levels, Wear};
use crate::lives::Part;
use measure::statistics::{Moments, Smoothed};
use measure::{Instant, Span};
use plant::{ChannelId, MachineId, MachineState, Window};
use std::collections::VecDeque;
use std::sync::Arc;

/// Something that happened at an instant, by its word.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// Operating time of the machine then [h].
    pub operated_h: f64,
    /// Its word.
    pub word: Arc<str>,
}

/// A failure, and how worn the machine was.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// When.
    pub at: Instant,
    /// Operating time of the machine then [h].
    pub operated_h: f64,
    /// Vibration before it, in the channel's inner unit.
    pub vibration: Option<f64>,
    /// Relative load before it [1].
    pub wear: Option<f64>,
    /// What was serviced after it.
    pub service: Option<Arc<str>>,
}

/// Lengths of spells of a machine [s].
#[derive(Clone, Copy, Debug, Default)]
pub struct Lengths {
    /// Warm-ups.
    pub warm_up: Moments,
    /// Set-ups.
    pub set_up: Moments,
    /// Repairs.
    pub repair: Moments,
    /// Operating time between failures.
    pub between_failures: Moments,
}

/// All that is remembered of one machine.
#[derive(Clone, Debug, Default)]
pub struct MachineMemory {
    /// The machine.
    pub id: MachineId,
    /// Whether a channel tells its state.
    pub has_state: bool,
    /// What it did, slice by slice.
    pub log: Log,
    /// Learned power by state.
    pub draws: Draws,
    /// What energy it usually takes.
    pub usage: Usage,
    /// Whether its instruments agree.
    pub gauges: Gauges,
    /// Lengths of its spells.
    pub lengths: Lengths,
    /// Idle spells within worked time.
    pub idle_spells: IdleSpells,
    /// When the idle spell that runs began.
    pub idle_from: Option<Instant>,
    /// What is learned of its pieces.
    pub pieces: Pieces,
    /// Vibration while producing [mm/s where the unit allows].
    pub vibration: Trend,
    /// Whether the vibration is in mm/s.
    pub vibration_absolute: bool,
    /// Wear of its tool.
    pub wear: Wear,
    /// Air flow lately, smoothed over some minutes [m3/h where the unit allows].
    pub air_flow: Option<Smoothed>,
    /// Alarms, newest last.
    pub alarms: VecDeque<Event>,
    /// Services, newest last.
    pub services: VecDeque<Event>,
    /// Failures, newest last.
    pub failures: VecDeque<Failure>,
    /// Speed factor in force [%].
    pub speed: Option<f64>,
    /// Readings that came too late for the log, until they are asked for.
    pub missed: Option<Box<Missed>>,
    power: Gauge,
    energy: Counter,
    good: Counter,
    scrap: Counter,
    first_heard: Option<Instant>,
    since: Instant,
    before: (MachineState, Instant),
    operated: Span,
    pace: Pace,
    run_in: RunIn,
    last_failure_h: Option<f64>,
}

/// Whether a machine runs steadily, or has only begun to after something was changed at it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum RunIn {
    /// It runs steadily, as far as is known.
    #[default]
    Steady,
    /// It was off, warmed up, set up, serviced or repaired, and has not produced since.
    Ahead,
    /// It produces again since this operating time [s].
    Since(f64),
}

/// Operating time after which a machine runs steadily; the first pieces after a start count as start-up however long they take.
const RUN_IN_S: f64 = 15.0 * 60.0;
/// Events of one sort kept.
const EVENTS_MAX: usize = 64;

impl MachineMemory {
    /// Nothing remembered yet of a machine; says whether a channel tells its state, and whether its vibration is in mm/s.
    pub fn new(id: MachineId, has_state: bool, vibration_absolute: bool) -> Self {
        Self { id, has_state, vibration_absolute, ..Self::default() }
    }
    /// Operating time up to an instant: producing, or all time where no channel tells the state [h].
    pub fn operated_h(&self, at: Instant) -> f64 {
        if !self.has_state {
            return self.first_heard.map_or(0.0, |first| (at - first).hours().max(0.0));
        }
        let running = if self.state() == MachineState::Producing { (at - self.since).max(Span::ZERO) } else { Span::ZERO };
        (self.operated + running).hours()
    }
    /// What it is doing.
    pub fn state(&self) -> MachineState {
        self.log.tags().state
    }
    /// Since when it has been doing that.
    pub const fn since(&self) -> Instant {
        self.since
    }
    /// Whether values that only mean something under load may be taken now.
    pub fn under_load(&self) -> bool {
        !self.has_state || self.state() == MachineState::Producing
    }
    /// The power drawn now [W].
    pub fn watts(&self) -> Option<f64> {
        self.power.watts()
    }
    /// Something was heard.
    pub fn hear(&mut self, at: Instant) {
        self.first_heard.get_or_insert(at);
    }
    /// The tags change; says whether the state does.
    pub fn turn(&mut self, at: Instant, tags: Tags, hours: Hours) -> bool {
        let old = self.log.tags();
        let fresh = self.log.is_empty();
        self.log.turn(at, tags);
        if old.state == tags.state && !fresh {
            return false;
        }
        let at = at.max(self.since);
        if !fresh && old.state != MachineState::Unknown {
            self.leave(old.state, at);
        }
        self.enter(tags.state, at, hours);
        self.before = (old.state, self.since);
        self.since = at;
        true
    }
    fn leave(&mut self, state: MachineState, at: Instant) {
        let length = at - self.since;
        match state {
            MachineState::Producing => self.operated += length,
            MachineState::WarmingUp => self.lengths.warm_up.add(length.seconds()),
            MachineState::SetUp => self.lengths.set_up.add(length.seconds()),
            MachineState::Down => self.lengths.repair.add(length.seconds()),
            _ => {}
        }
    }
    fn enter(&mut self, state: MachineState, at: Instant, hours: Hours) {
        use MachineState as S;
        match state {
            S::Off | S::Standby | S::Blocked | S::Starved => {
                self.idle_from.get_or_insert(at);
            }
            S::WarmingUp | S::SetUp | S::Producing => {
                if let Some(from) = self.idle_from.take()
                    && hours.open
                    && from >= hours.from
                {
                    self.idle_spells.add((at - from).seconds());
                }
            }
            S::Unknown | S::Service | S::Down => self.idle_from = None,
        }
        match state {
            S::Off | S::Standby | S::WarmingUp | S::SetUp | S::Service | S::Down => self.run_in = RunIn::Ahead,
            S::Producing if self.run_in == RunIn::Ahead => self.run_in = RunIn::Since(self.operated.seconds()),
            _ => {}
        }
        if state == S::Down {
            self.fail(at);
        }
    }
    fn fail(&mut self, at: Instant) {
        let operated_h = (self.operated).hours();
        self.lengths.between_failures.add((operated_h - self.last_failure_h.unwrap_or(0.0)) * 3_600.0);
        self.last_failure_h = Some(operated_h);
        let vibration = self.vibration.points().back().map(|p| p.mean);
        let wear = self.wear.newest();
        keep(&mut self.failures, Failure { at, operated_h, vibration, wear, service: None });
    }
    /// A reading of what the log is made of, in the units used inside; `planned_s` is the planned run time of a piece of a
    /// slice's product [s]. Says whether the log could place it: what comes too late for it is missing from it.
    pub fn take_amount(&mut self, signal: Signal, at: Instant, value: f64, planned_s: impl Fn(Tags) -> f64) -> bool {
        match signal {
            Signal::Power => self.take_power(at, value),
            Signal::Energy => self.take_energy(at, value),
            _ => self.take_pieces(at, value, signal == Signal::Good, planned_s),
        }
    }
    /// Whether a word that comes in the order of its channel finds its place in the log, within some seconds.
    pub fn is_in_time(&self, at: Instant) -> bool {
        self.log.newest_from().is_none_or(|newest| newest - at <= WORD_SLACK)
    }
    /// A reading that came too late for the log.
    pub fn miss(&mut self, channel: ChannelId, at: Instant) {
        self.missed.get_or_insert_default().add(channel, at);
    }
    /// Takes over what was worked out again of the same machine: its log from an instant on, and where its meters stand.
    pub fn adopt(&mut self, newer: &Self, from: Instant) {
        if self.state() != newer.state() {
            (self.since, self.before, self.idle_from) = (newer.since, newer.before, newer.idle_from);
        }
        self.log.splice(from, &newer.log);
        (self.power, self.energy, self.good, self.scrap) = (newer.power, newer.energy, newer.good, newer.scrap);
    }
    /// A power reading [W]; says whether it could be placed.
    pub fn take_power(&mut self, at: Instant, watts: f64) -> bool {
        let behind = self.power.behind(at);
        if let Some(held) = self.power.add(at, watts) {
            self.credit(held);
        }
        // where a counter tells the energy, power only teaches what states draw
        behind <= NUMBER_SLACK || self.energy.heard()
    }
    /// Time passed without readings.
    pub fn advance(&mut self, to: Instant) {
        if let Some(held) = self.power.advance(to) {
            self.credit(held);
        }
    }
    /// A minute that began at `last` is over.
    pub fn minute(&mut self, now: Instant, last: Instant) {
        let steady = self.under_load() && self.since <= last;
        let usual = self.usage.usual(MachineState::Producing, self.log.tags().product);
        self.gauges.minute(now, steady, usual.map(|u| 1_000.0 * u.kw()));
    }
    fn credit(&mut self, held: Held) {
        let window = Window { from: held.from, to: held.to };
        let seconds = (held.to - held.from).seconds();
        self.gauges.integrate(held.watts * seconds / 3.6e6);
        if !self.energy.heard() {
            self.log.spread(window, held.watts * seconds / 3.6e6, |_| 1.0);
        }
        // Learn from the time before the state changed: afterwards the value held is an old one.
        if self.since <= held.from {
            self.draws.add(self.state(), seconds, held.watts);
        } else if self.before.1 <= held.from {
            let until = self.since.min(held.to);
            self.draws.add(self.before.0, (until - held.from).seconds(), held.watts);
        }
    }
    /// An energy counter reading [kW.h]; says whether it could be placed.
    pub fn take_energy(&mut self, at: Instant, kwh: f64) -> bool {
        let Some((before, taken)) = self.energy.add(at, kwh) else {
            return self.energy.behind(at) <= NUMBER_SLACK;
        };
        let seconds = (at - before).seconds();
        if self.power.watts().is_some() {
            self.gauges.count(at, taken);
        }
        let draws = &self.draws;
        self.log.spread(Window { from: before, to: at }, taken, |state| draws.of(state).map_or(1.0, |d| d.mean.max(1.0)));
        if self.power.watts().is_none() && self.since <= before && seconds >= 30.0 {
            self.draws.add(self.log.tags().state, seconds, taken * 3.6e6 / seconds);
        }
        true
    }
    /// A reading of a piece counter; `planned_s` is the planned run time of a piece of a slice's product [s]. Says whether it
    /// could be placed.
    pub fn take_pieces(&mut self, at: Instant, value: f64, is_good: bool, planned_s: impl Fn(Tags) -> f64) -> bool {
        let counter = if is_good { &mut self.good } else { &mut self.scrap };
        let Some((_, count)) = counter.add(at, value) else {
            return counter.behind(at) <= NUMBER_SLACK;
        };
        if count <= 0.0 {
            return true;
        }
        let operated_s = self.operated_h(at) * 3_600.0;
        if let Some(slice) = self.log.before(at) {
            let (good, scrap) = if is_good { (count, 0.0) } else { (0.0, count) };
            let planned_s = count * planned_s(slice.tags);
            // What is counted just as the machine stops was made before.
            let begins = match self.run_in {
                RunIn::Steady => false,
                RunIn::Ahead => slice.tags.state != MachineState::Producing,
                RunIn::Since(from) => {
                    operated_s - from <= RUN_IN_S || self.pace.before(operated_s).is_none_or(|last| last < from)
                }
            };
            slice.good += good;
            slice.scrap += scrap;
            slice.planned_s += planned_s;
            slice.start_up += if begins { scrap } else { 0.0 };
            if let Some(stop) = self.pace.count(operated_s, planned_s) {
                slice.stops += f64::from(u8::from(stop > 0.0));
                slice.stopped_s += stop;
                self.pieces.stop(at, stop > 0.0);
            }
            let sound = self.wear.newest().is_none_or(|w| w < 1.1);
            self.pieces.add(good, scrap, sound);
        }
        true
    }
    /// Takes over what was learned of the machine before, for working its log out again.
    pub fn learn_from(&mut self, known: &Self) {
        self.draws.clone_from(&known.draws);
        self.pace = known.pace.without_place();
    }
    /// A vibration reading.
    pub fn take_vibration(&mut self, at: Instant, value: f64) {
        if self.under_load() {
            self.vibration.add(at, self.operated_h(at), value);
        }
    }
    /// A load reading [%]; `kind` is the kind of machine.
    pub fn take_load(&mut self, at: Instant, value: f64, kind: usize, levels: &mut Levels) {
        if self.under_load() {
            let band = (self.speed.unwrap_or(100.0) / 5.0).round() as i16;
            let conditions = Conditions { kind, product: self.log.tags().product, band };
            self.wear.add(at, self.operated_h(at), value, conditions, levels);
        }
    }
    /// An alarm.
    pub fn take_alarm(&mut self, at: Instant, word: Arc<str>) {
        let operated_h = self.operated_h(at);
        keep(&mut self.alarms, Event { at, operated_h, word });
    }
    /// A service was done.
    pub fn take_service(&mut self, at: Instant, word: Arc<str>) {
        let operated_h = self.operated_h(at);
        if let Some(failure) = self.failures.back_mut()
            && failure.service.is_none()
            && at - failure.at < Span::from_hours(48)
        {
            failure.service = Some(Arc::clone(&word));
        }
        if Part::Tool.is_replaced_by(&word) {
            self.wear.change(at, operated_h);
            self.pieces.chart.restart(at);
            self.pieces.lately.restart();
        }
        if Part::Bearing.is_replaced_by(&word) {
            self.vibration.clear();
        }
        keep(&mut self.services, Event { at, operated_h, word });
    }
    /// Items kept, for holding the bound.
    pub fn weight(&self) -> usize {
        let events = self.alarms.len() + self.services.len() + self.failures.len();
        self.log.len() + self.vibration.points().len() + self.wear.weight() + self.idle_spells.count() + events
    }
    /// Most items kept.
    pub const WEIGHT_MAX: usize =
        Log::SLICES_MAX + Trend::POINTS_MAX + Wear::POINTS_MAX + IdleSpells::SPELLS_MAX + 3 * EVENTS_MAX;
    /// The newest service whose word holds `part`.
    pub fn served(&self, part: &str) -> Option<&Event> {
        self.services.iter().rev().find(|e| e.word.contains(part))
    }
}

fn keep<T>(events: &mut VecDeque<T>, event: T) {
    if events.len() >= EVENTS_MAX {
        events.pop_front();
    }
    events.push_back(event);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: i64) -> Instant {
        Instant::from_seconds(seconds)
    }
    fn open() -> Hours {
        Hours { open: true, from: Instant::MIN, until: Instant::MAX, reopens: Instant::MAX }
    }
    fn at_state(memory: &mut MachineMemory, at: i64, state: MachineState) {
        let tags = Tags { state, ..memory.log.tags() };
        memory.turn(s(at), tags, open());
    }

    #[test]
    fn spells_are_learned_from_changes_of_state() {
        let mut m = MachineMemory { has_state: true, ..MachineMemory::default() };
        let day = [
            (0, MachineState::WarmingUp),
            (120, MachineState::SetUp),
            (720, MachineState::Producing),
            (4_320, MachineState::Starved),
            (4_920, MachineState::Producing),
            (8_520, MachineState::Down),
            (10_320, MachineState::Producing),
        ];
        day.into_iter().for_each(|(at, state)| at_state(&mut m, at, state));
        assert_eq!((m.lengths.warm_up.mean(), m.lengths.set_up.mean(), m.lengths.repair.mean()), (120.0, 600.0, 1_800.0));
        assert_eq!(m.lengths.between_failures.mean(), 7_200.0);
        assert_eq!(m.idle_spells.count(), 1);
        assert!((m.operated_h(s(13_920)) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn power_is_integrated_by_state_and_the_counter_takes_over() {
        let mut m = MachineMemory { has_state: true, ..MachineMemory::default() };
        at_state(&mut m, 0, MachineState::Producing);
        m.take_power(s(0), 3_600.0);
        m.take_power(s(500), 3_600.0);
        at_state(&mut m, 500, MachineState::Starved);
        m.take_power(s(500), 360.0);
        m.take_power(s(1_000), 360.0);
        let window = Window { from: s(0), to: s(1_000) };
        let kwh = |m: &MachineMemory| m.log.clips(window).map(|c| c.slice.energy_kwh).sum::<f64>();
        assert!((kwh(&m) - 0.55).abs() < 1e-9, "{}", kwh(&m));
        assert_eq!(m.draws.of(MachineState::Starved).map(|d| d.mean), Some(360.0));
        m.take_energy(s(1_000), 10.0);
        m.take_power(s(1_100), 360.0);
        m.take_energy(s(1_100), 10.2);
        let window = Window { from: s(0), to: s(1_100) };
        assert!((m.log.clips(window).map(|c| c.slice.energy_kwh).sum::<f64>() - 0.75).abs() < 1e-9);
    }

    #[test]
    fn a_machine_without_states_operates_all_the_time() {
        let mut m = MachineMemory::default();
        m.hear(s(0));
        (0..48).for_each(|h| m.take_vibration(s(h * 3_600), 40.0));
        assert_eq!(m.vibration.points().len(), 47);
        assert!((m.operated_h(s(7_200)) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_service_after_a_failure_names_what_had_failed() {
        let mut m = MachineMemory { has_state: true, ..MachineMemory::default() };
        at_state(&mut m, 0, MachineState::Producing);
        at_state(&mut m, 3_600, MachineState::Down);
        m.take_service(s(7_200), Arc::from("bearing"));
        assert_eq!(m.failures.back().and_then(|f| f.service.as_deref()), Some("bearing"));
        assert!(m.served("bearing").is_some() && m.served("tool").is_none());
    }
}
