//! The history of one machine worked out again from its readings in the order of their times, after some came too late for the
//! log.
//!
//! ```text
//! log as it is   ──────────[ s ]═══ wrong from here on ═══> now          t: earliest late reading
//! replay             r ────[ s ]───t─────────────────────> now          r: an hour before t, earlier where a meter speaks seldom
//! spliced        ──────────[ s ]──────────────────────────> now          s: before t, where all meters have been heard in both
//! ```
//!
//! Only the log is worked out again, which KPIs, timelines and energy accounts are read from. What was learned meanwhile (draws,
//! trends, wear) took the late readings as they came.
//!
//! Enters: where the log stands, readings in order, then those that came meanwhile in the order they came. Leaves: a log to be
//! spliced in. Absent: where readings are kept, when it is done (`unit`). A value, worked on wherever there is time.

use crate::memory::log::{Log, Tags};
use crate::memory::machine::MachineMemory;
use crate::memory::route::Route;
use crate::memory::{HORIZON, Heard, NOTHING, Said, hours::Hours, planned, said, turned};
use measure::{Instant, Span};
use plant::{ChannelId, Lexicon, MachineId, Plant, Quality, Reading, Window};

/// How far before the earliest late reading a replay begins, where all meters were heard in that time; else the next one.
const LEADS: [Span; 4] = [Span::from_hours(1), Span::from_hours(6), Span::from_hours(36), HORIZON];
/// Readings may be ahead of the clock by a little.
const AHEAD: Span = Span::from_days(1);
/// Time passes in such steps where no reading comes, as it does for the log.
const TICK: Span = Span::from_minutes(1);

/// A replay of one machine.
#[derive(Clone, Debug)]
pub struct Rework {
    /// Source time of the earliest late reading; `None` where the whole horizon is worked out.
    late: Option<Instant>,
    /// Where it may begin, and what held then; the latest first.
    starts: Vec<(Instant, Tags)>,
    to: Instant,
    fresh: MachineMemory,
    memory: MachineMemory,
    routes: Vec<(ChannelId, Route)>,
    /// By place in `routes`: the last word.
    words: Vec<Heard>,
    /// By place in `routes`: first number, and last one before the earliest late reading.
    numbers: Vec<(Option<Instant>, Option<Instant>)>,
    /// Planned run time by product [s].
    cycles: Vec<f64>,
    ticked: Instant,
    readings: u64,
}

impl PartialEq for Rework {
    /// Two are alike when they are about the same and have come as far.
    fn eq(&self, other: &Self) -> bool {
        let about = |r: &Self| (r.machine(), r.late, r.window(), r.readings);
        about(self) == about(other)
    }
}

impl Rework {
    /// A replay of a machine whose log stands so at `now`.
    pub(crate) fn new(
        fresh: MachineMemory,
        (routes, cycles): (Vec<(ChannelId, Route)>, Vec<f64>),
        (log, now, late): (&Log, Instant, Option<Instant>),
    ) -> Self {
        let oldest = now - HORIZON;
        let mut starts: Vec<Instant> = match late {
            Some(late) => LEADS.iter().map(|lead| (late - *lead).floor(Log::SLICE).max(oldest)).collect(),
            None => vec![oldest],
        };
        starts.dedup();
        let mut rework = Self {
            late,
            starts: starts.into_iter().rev().map(|at| (at, log.tags_at(at))).collect(),
            to: now + AHEAD,
            memory: fresh.clone(),
            fresh,
            words: Vec::new(),
            numbers: Vec::new(),
            routes,
            cycles,
            ticked: Instant::MIN,
            readings: 0,
        };
        rework.begin();
        rework
    }
    /// The machine.
    pub const fn machine(&self) -> MachineId {
        self.memory.id
    }
    /// The channels whose readings it wants.
    pub fn channels(&self) -> Vec<ChannelId> {
        self.routes.iter().map(|(channel, _)| *channel).collect()
    }
    /// The source times of the readings it wants.
    pub fn window(&self) -> Window {
        Window { from: self.start().0, to: self.to }
    }
    /// Readings taken so far.
    pub const fn readings(&self) -> u64 {
        self.readings
    }
    /// Takes a reading: those of [`Self::window`] in the order of their source times, then those that came meanwhile.
    pub fn take(&mut self, plant: &Plant, reading: Reading, lexicon: &Lexicon) {
        let Some(place) = self.routes.iter().position(|(channel, _)| *channel == reading.channel) else { return };
        if reading.quality == Quality::Bad || !reading.value.is_finite() {
            return;
        }
        self.readings += 1;
        self.pass(reading.at);
        let route = self.routes[place].1;
        if route.signal.is_word() {
            let news = said(&mut self.words[place], reading) == Said::New;
            let Some(word) = lexicon.word(reading.value).filter(|_| news) else { return };
            let tags = turned(plant, (route.signal, reading.channel), self.memory.log.tags(), word);
            self.memory.turn(reading.at, tags, Hours::default());
        } else {
            let (first, before) = &mut self.numbers[place];
            first.get_or_insert(reading.at);
            if self.late.is_some_and(|late| reading.at < late) {
                *before = Some(reading.at);
            }
            let (value, cycles) = (reading.value * route.factor + route.offset, &self.cycles);
            self.memory.take_amount(route.signal, reading.at, value, |tags| planned(cycles, tags));
        }
    }
    /// All readings of the window were taken: whether it must begin again, earlier, because a meter was not heard between the
    /// begin and the late reading.
    pub fn widen(&mut self) -> bool {
        let is_open = |(first, before): &(Option<Instant>, Option<Instant>)| first.is_some() && before.is_none();
        let is_vague = self.late.is_some() && (self.numbers.iter().any(is_open) || self.splice_at().is_none());
        if !is_vague || self.starts.len() < 2 {
            return false;
        }
        self.starts.pop();
        self.begin();
        true
    }
    fn start(&self) -> (Instant, Tags) {
        self.starts.last().copied().unwrap_or((self.to, Tags::default()))
    }
    fn begin(&mut self) {
        let (start, tags) = self.start();
        self.memory = self.fresh.clone();
        if tags != Tags::default() {
            self.memory.turn(start, tags, Hours::default());
        }
        self.words = vec![NOTHING; self.routes.len()];
        self.numbers = vec![(None, None); self.routes.len()];
        (self.ticked, self.readings) = (start, 0);
    }
    fn pass(&mut self, at: Instant) {
        if at - self.ticked >= TICK {
            self.ticked = at.floor(TICK);
            self.memory.advance(self.ticked);
        }
    }
    /// Where the replay meets the log: before the late reading, after every meter was heard, at the start of a slice.
    fn splice_at(&self) -> Option<Instant> {
        let late = self.late?;
        let heard = self.numbers.iter().filter(|(_, before)| before.is_some());
        let first = heard.clone().filter_map(|(first, _)| *first).max();
        let last = heard.filter_map(|(_, before)| *before).min().unwrap_or(late);
        let start = self.memory.log.start_before(last).unwrap_or(last);
        let (start, first) = (start.max(self.start().0), first.unwrap_or(Instant::MIN));
        if start >= first { Some(start) } else { (last >= first).then_some(last) }
    }
    /// Where the log is to be spliced, the last words, and the machine's memory.
    pub(crate) fn finish(self) -> (Instant, Vec<(ChannelId, Heard)>, MachineMemory) {
        let from = self.splice_at().unwrap_or_else(|| self.start().0);
        let words = self.routes.iter().zip(&self.words).filter(|(_, heard)| heard.0 > Instant::MIN);
        let words = words.map(|((channel, _), heard)| (*channel, *heard)).collect();
        (from, words, self.memory)
    }
}

#[cfg(test)]
mod tests;
