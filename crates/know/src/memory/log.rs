//! What a machine did, slice by slice: one state, one order, one team and at most ten minutes a slice, with the pieces
//! made, the planned run time of them, the stops between them and the energy taken in it.
//!
//! Enters: changes and amounts with their source time. Leaves: slices clipped to a window. Absent: channels, words,
//! calendars. Bounded: seven days and [`Log::SLICES_MAX`] slices, the oldest go first.

use crate::kpi::Stretch;
use measure::{Instant, Span};
use plant::{MachineState, OrderId, ProductId, TeamId, Window};
use std::collections::VecDeque;

/// What holds over a slice.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tags {
    /// State of the machine.
    pub state: MachineState,
    /// Order on it.
    pub order: Option<OrderId>,
    /// Product on it.
    pub product: Option<ProductId>,
    /// Team at it, where a channel names one.
    pub team: Option<TeamId>,
}

/// A slice of time of one machine; it ends where the next one starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slice {
    /// Start.
    pub from: Instant,
    /// Whether the state was entered here, rather than going on from the slice before.
    pub enters: bool,
    /// What holds.
    pub tags: Tags,
    /// Good pieces.
    pub good: f64,
    /// Scrapped pieces.
    pub scrap: f64,
    /// Planned run time of the pieces made [s].
    pub planned_s: f64,
    /// Of the scrapped pieces those made before the machine ran steadily.
    pub start_up: f64,
    /// Minor stops between pieces.
    pub stops: f64,
    /// Their length [s].
    pub stopped_s: f64,
    /// Energy taken [kW.h].
    pub energy_kwh: f64,
}

/// A slice as far as it lies in a window.
#[derive(Clone, Copy, Debug)]
pub struct Clip<'a> {
    /// The slice.
    pub slice: &'a Slice,
    /// Start within the window.
    pub from: Instant,
    /// End within the window.
    pub to: Instant,
    /// Share of the slice that lies in the window [1].
    pub share: f64,
}

/// The slices of one machine.
#[derive(Clone, Debug, Default)]
pub struct Log {
    slices: VecDeque<Slice>,
    /// Latest instant anything was taken for: the newest slice is known up to here.
    known_to: Instant,
}

impl Log {
    /// Most slices kept.
    pub const SLICES_MAX: usize = 16_384;
    /// Longest slice.
    pub const SLICE: Span = Span::from_minutes(10);
    /// How far back slices are kept.
    pub const KEPT: Span = Span::from_days(7);

    /// What holds now.
    pub fn tags(&self) -> Tags {
        self.slices.back().map(|s| s.tags).unwrap_or_default()
    }
    /// What held at an instant; nothing is known before the oldest slice.
    pub fn tags_at(&self, at: Instant) -> Tags {
        let later = self.slices.partition_point(|s| s.from <= at);
        later.checked_sub(1).map(|place| self.slices[place].tags).unwrap_or_default()
    }
    /// Start of the newest slice that begins at an instant or before.
    pub fn start_before(&self, at: Instant) -> Option<Instant> {
        let later = self.slices.partition_point(|s| s.from <= at);
        later.checked_sub(1).map(|place| self.slices[place].from)
    }
    /// Start of the newest slice.
    pub fn newest_from(&self) -> Option<Instant> {
        self.slices.back().map(|s| s.from)
    }
    /// Start of the oldest slice.
    pub fn oldest_from(&self) -> Option<Instant> {
        self.slices.front().map(|s| s.from)
    }
    /// Number of slices kept.
    pub fn len(&self) -> usize {
        self.slices.len()
    }
    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.slices.is_empty()
    }
    /// Something changed at an instant. A change that comes late is taken to happen at the start of the newest slice.
    pub fn turn(&mut self, at: Instant, tags: Tags) {
        self.reach(at);
        let Some(last) = self.slices.back_mut() else {
            return self.push(Slice::new(at, true, tags));
        };
        if last.tags == tags {
            return;
        }
        let enters = last.tags.state != tags.state;
        if at <= last.from {
            last.tags = tags;
            last.enters |= enters;
        } else {
            self.push(Slice::new(at, enters, tags));
        }
    }
    /// Makes sure that a slice holds `at`, cutting long ones at whole multiples of [`Self::SLICE`].
    pub fn reach(&mut self, at: Instant) {
        self.known_to = self.known_to.max(at);
        let Some(last) = self.slices.back() else {
            return self.push(Slice::new(at, true, Tags::default()));
        };
        let cut = at.floor(Self::SLICE);
        if cut > last.from {
            let tags = last.tags;
            // A long silence with nothing in it stays one slice.
            let empty = last.good == 0.0 && last.scrap == 0.0 && last.energy_kwh == 0.0;
            if !empty {
                let next = last.from.floor(Self::SLICE) + Self::SLICE;
                self.push(Slice::new(next.min(cut), false, tags));
                if next < cut {
                    self.push(Slice::new(cut, false, tags));
                }
            } else if at - last.from > Self::SLICE {
                self.push(Slice::new(cut, false, tags));
            }
        }
    }
    /// The slice in force just before `at`: what was finished at `at` was made in it.
    pub fn before(&mut self, at: Instant) -> Option<&mut Slice> {
        self.reach(at);
        let mut place = self.slices.len().checked_sub(1)?;
        while place > 0 && self.slices[place].from >= at {
            place -= 1;
        }
        self.slices.get_mut(place)
    }
    /// Spreads energy over `from..to`, each slice by its time times the weight of its state.
    pub fn spread(&mut self, window: Window, kwh: f64, weight: impl Fn(MachineState) -> f64) {
        self.reach(window.to);
        let Some(last) = self.slices.back_mut() else {
            return;
        };
        if last.from <= window.from || window.to <= window.from {
            last.energy_kwh += kwh;
            return;
        }
        let first = self.first_touching(window.from);
        let parts = |log: &Self| -> Vec<f64> {
            (first..log.slices.len())
                .map(|i| {
                    let end = log.slices.get(i + 1).map_or(window.to, |n| n.from).min(window.to);
                    let span = end - log.slices[i].from.max(window.from);
                    span.seconds().max(0.0) * weight(log.slices[i].tags.state)
                })
                .collect()
        };
        let parts = parts(self);
        let sum: f64 = parts.iter().sum();
        for (i, part) in parts.iter().enumerate() {
            let share = if sum > 0.0 { part / sum } else { 1.0 / parts.len() as f64 };
            self.slices[first + i].energy_kwh += kwh * share;
        }
    }
    /// The slices that touch a window, clipped to it.
    pub fn clips(&self, window: Window) -> impl Iterator<Item = Clip<'_>> {
        let first = self.first_touching(window.from);
        (first..self.slices.len()).map_while(move |i| {
            let slice = &self.slices[i];
            let next = self.slices.get(i + 1).map(|n| n.from);
            let (from, to) = (slice.from.max(window.from), next.unwrap_or(window.to).min(window.to));
            // Amounts are spread evenly over the known part of the slice.
            let known = next.unwrap_or(self.known_to).max(slice.from);
            let share = match (known - slice.from).seconds() {
                whole if whole > 0.0 => (to.min(known) - from).seconds().max(0.0) / whole,
                _ => f64::from(u8::from(slice.from >= window.from)),
            };
            (slice.from < window.to).then_some(Clip { slice, from, to: to.max(from), share })
        })
    }
    /// Stretches of one state in a window.
    pub fn stretches(&self, window: Window) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = Vec::new();
        for clip in self.clips(window).filter(|c| c.to > c.from) {
            match stretches.last_mut() {
                Some(last) if last.state == clip.slice.tags.state => last.window.to = clip.to,
                _ => stretches.push(Stretch { state: clip.slice.tags.state, window: Window { from: clip.from, to: clip.to } }),
            }
        }
        stretches
    }
    /// Since when the state that holds now has held.
    pub fn state_since(&self) -> Option<Instant> {
        self.slices.iter().rev().find(|s| s.enters).or(self.slices.front()).map(|s| s.from)
    }
    /// Takes the slices of another log of the same machine from an instant on. A slice that lies across it is cut in proportion to
    /// time, as windows cut it.
    pub fn splice(&mut self, from: Instant, newer: &Self) {
        let known_to = self.known_to.max(newer.known_to);
        while self.slices.back().is_some_and(|s| s.from >= from) {
            self.known_to = self.slices.pop_back().map_or(self.known_to, |s| s.from);
        }
        if let Some(last) = self.slices.back_mut() {
            let whole = (self.known_to - last.from).seconds();
            let share = if whole > 0.0 { ((from - last.from).seconds() / whole).min(1.0) } else { 1.0 };
            last.scale(share);
        }
        self.known_to = known_to;
        for (place, clip) in newer.clips(Window { from, to: Instant::MAX }).enumerate() {
            let mut slice = *clip.slice;
            if slice.from < from {
                slice.scale(clip.share);
                slice.from = from;
            }
            if place == 0 {
                slice.enters = self.slices.back().is_none_or(|s| s.tags.state != slice.tags.state);
            }
            self.push(slice);
        }
    }
    fn first_touching(&self, at: Instant) -> usize {
        self.slices.partition_point(|s| s.from <= at).saturating_sub(1)
    }
    fn push(&mut self, slice: Slice) {
        let oldest = slice.from - Self::KEPT;
        while self.slices.len() >= Self::SLICES_MAX || self.slices.get(1).is_some_and(|second| second.from < oldest) {
            self.slices.pop_front();
        }
        self.slices.push_back(slice);
    }
}

impl Slice {
    const fn new(from: Instant, enters: bool, tags: Tags) -> Self {
        Self {
            from,
            enters,
            tags,
            good: 0.0,
            scrap: 0.0,
            planned_s: 0.0,
            start_up: 0.0,
            stops: 0.0,
            stopped_s: 0.0,
            energy_kwh: 0.0,
        }
    }
    /// Keeps a share of the amounts.
    fn scale(&mut self, share: f64) {
        let Self { good, scrap, planned_s, start_up, stops, stopped_s, energy_kwh, .. } = self;
        for amount in [good, scrap, planned_s, start_up, stops, stopped_s, energy_kwh] {
            *amount *= share;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn s(seconds: i64) -> Instant {
        Instant::from_seconds(seconds)
    }
    fn tags(state: MachineState) -> Tags {
        Tags { state, ..Tags::default() }
    }

    #[test]
    fn energy_goes_to_the_states_it_was_taken_in() {
        let mut log = Log::default();
        log.turn(s(0), tags(MachineState::Producing));
        log.turn(s(30), tags(MachineState::Starved));
        log.spread(Window { from: s(0), to: s(60) }, 4.0, |state| if state.is_idle() { 1.0 } else { 3.0 });
        let energy: Vec<f64> = log.clips(Window { from: s(0), to: s(60) }).map(|c| c.slice.energy_kwh).collect();
        assert_eq!(energy, [3.0, 1.0]);
    }

    #[test]
    fn a_piece_counts_where_it_was_made() {
        let mut log = Log::default();
        log.turn(s(0), tags(MachineState::Producing));
        log.turn(s(30), tags(MachineState::Starved));
        log.before(s(30)).expect("a slice").good += 1.0;
        assert_eq!(log.clips(Window { from: s(0), to: s(30) }).map(|c| c.slice.good).sum::<f64>(), 1.0);
    }

    #[test]
    fn a_late_change_joins_the_newest_slice() {
        let mut log = Log::default();
        log.turn(s(100), tags(MachineState::Producing));
        log.turn(s(90), tags(MachineState::Down));
        assert_eq!(log.stretches(Window { from: s(0), to: s(200) }).len(), 1);
        assert_eq!(log.tags().state, MachineState::Down);
    }

    proptest! {
        #[test]
        fn slices_fill_the_window_and_windows_add(
            turns in proptest::collection::vec((1_i64..4_000, 0_usize..10, 0.0..2.0_f64), 1..60),
            cut in 0.0..1.0_f64,
        ) {
            let mut log = Log::default();
            let mut at = 0;
            let mut given = 0.0;
            log.turn(s(0), tags(MachineState::Starved));
            for (step, state, kwh) in turns {
                log.spread(Window { from: s(at), to: s(at + step) }, kwh, |_| 1.0);
                at += step;
                given += kwh;
                log.turn(s(at), tags(MachineState::ALL[state].0));
            }
            let sums = |from: Instant, to: Instant| {
                log.clips(Window { from, to }).fold((Span::ZERO, 0.0), |(t, e), c| (t + (c.to - c.from), e + c.slice.energy_kwh * c.share))
            };
            let middle = s((at as f64 * cut) as i64);
            let (whole, left, right) = (sums(s(0), s(at)), sums(s(0), middle), sums(middle, s(at)));
            prop_assert_eq!(whole.0, s(at) - s(0));
            prop_assert_eq!(left.0 + right.0, whole.0);
            prop_assert!((whole.1 - given).abs() < 1e-9 * (1.0 + given), "{} of {}", whole.1, given);
            prop_assert!((left.1 + right.1 - whole.1).abs() < 1e-9 * (1.0 + given));
        }

        #[test]
        fn the_log_stays_within_its_bound(step in 1_i64..900, count in 1_usize..40_000) {
            let mut log = Log::default();
            for i in 0..count {
                log.turn(s(i as i64 * step), tags(MachineState::ALL[1 + i % 9].0));
            }
            prop_assert!(log.len() <= Log::SLICES_MAX);
        }
    }
}
