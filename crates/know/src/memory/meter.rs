//! Power, energy and piece counters of one machine turned into amounts, and the power each state draws.
//!
//! Enters: readings of meters with their source time. Leaves: differences, energies, learned draws. Absent: states'
//! meaning, prices.

use measure::{Instant, Span};
use plant::{MachineState, StatePower};

/// A counter that may start again from nought.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counter {
    last: Option<(Instant, f64)>,
}

impl Counter {
    /// What was counted since the reading before, and when that one was. A value below the last one is a reset: what it
    /// shows was counted since. The first reading and readings out of order count nothing.
    pub fn add(&mut self, at: Instant, value: f64) -> Option<(Instant, f64)> {
        let Some((before, last)) = self.last else {
            self.last = Some((at, value));
            return None;
        };
        if at < before {
            return None;
        }
        self.last = Some((at, value));
        let counted = if value >= last { value - last } else { value.max(0.0) };
        Some((before, counted))
    }
    /// Whether a reading came yet.
    pub const fn heard(&self) -> bool {
        self.last.is_some()
    }
    /// How far a reading of an instant lies behind the newest one; nothing where it does not.
    pub fn behind(&self, at: Instant) -> Span {
        self.last.map_or(Span::ZERO, |(newest, _)| (newest - at).max(Span::ZERO))
    }
}

/// A power gauge, held between readings (sources often report on change only).
#[derive(Clone, Copy, Debug, Default)]
pub struct Gauge {
    /// Integrated up to here.
    upto: Instant,
    /// Source time of the newest reading.
    heard: Option<Instant>,
    watts: f64,
}

/// A piece of time with one power.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// Start.
    pub from: Instant,
    /// End.
    pub to: Instant,
    /// Power [W].
    pub watts: f64,
}

impl Gauge {
    /// A value is not held longer than this without a new reading.
    pub const HELD_MAX: Span = Span::from_hours(12);

    /// Takes a reading [W]; returns the time up to it at the power before.
    pub fn add(&mut self, at: Instant, watts: f64) -> Option<Held> {
        if self.heard.is_some_and(|heard| at < heard) {
            return None;
        }
        let held = self.advance(at);
        if self.heard.is_none() {
            self.upto = at;
        }
        self.heard = Some(at);
        self.watts = watts;
        held
    }
    /// Integrates up to an instant at the power held.
    pub fn advance(&mut self, to: Instant) -> Option<Held> {
        let heard = self.heard?;
        let (from, to) = (self.upto, to.min(heard + Self::HELD_MAX));
        if to <= from {
            return None;
        }
        self.upto = to;
        Some(Held { from, to, watts: self.watts })
    }
    /// How far a reading of an instant lies behind the time integrated already; nothing where it does not.
    pub fn behind(&self, at: Instant) -> Span {
        self.heard.map_or(Span::ZERO, |_| (self.upto - at).max(Span::ZERO))
    }
    /// The power held [W].
    pub fn watts(&self) -> Option<f64> {
        self.heard.map(|_| self.watts)
    }
}

/// Learned power by state, from means of about a minute.
#[derive(Clone, Debug, Default)]
pub struct Draws {
    by_state: [StatePower; MachineState::ALL.len()],
    state: MachineState,
    seconds: f64,
    joules: f64,
}

impl Draws {
    /// The memory of the learned means [min]: about two weeks of one state.
    const MEMORY_MINUTES: f64 = 20_000.0;
    /// A shorter stay in a state says nothing of its draw [s].
    const SHORTEST_S: f64 = 5.0;

    /// Takes a piece of time of one state with its power.
    pub fn add(&mut self, state: MachineState, seconds: f64, watts: f64) {
        if state != self.state {
            self.flush();
            self.state = state;
        }
        self.seconds += seconds;
        self.joules += watts * seconds;
        if self.seconds >= 60.0 {
            self.flush();
        }
    }
    fn flush(&mut self) {
        let (seconds, joules) = (self.seconds, self.joules);
        (self.seconds, self.joules) = (0.0, 0.0);
        if seconds < Self::SHORTEST_S {
            return;
        }
        let draw = &mut self.by_state[self.state.index()];
        let minutes = seconds / 60.0;
        draw.minutes += minutes;
        let weight = minutes / draw.minutes.min(Self::MEMORY_MINUTES.max(minutes));
        let step = joules / seconds - draw.mean;
        draw.mean += weight * step;
        draw.deviation = ((1.0 - weight) * (draw.deviation.powi(2) + weight * step * step)).sqrt();
    }
    /// The draws learned so far, by state.
    pub const fn by_state(&self) -> &[StatePower; MachineState::ALL.len()] {
        &self.by_state
    }
    /// The draw of a state if it was seen for at least two minutes.
    pub fn of(&self, state: MachineState) -> Option<StatePower> {
        let draw = self.by_state[state.index()];
        (draw.minutes >= 2.0).then_some(draw)
    }
    /// The mean draw of a machine held low: in standby if it was seen so, else off, else `None` [W].
    pub fn low(&self) -> Option<f64> {
        self.of(MachineState::Standby).or_else(|| self.of(MachineState::Off)).map(|d| d.mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: i64) -> Instant {
        Instant::from_seconds(seconds)
    }

    #[test]
    fn a_counter_survives_its_reset() {
        let mut counter = Counter::default();
        let table = [(0, 100.0, None), (1, 103.0, Some(3.0)), (2, 2.0, Some(2.0)), (1, 50.0, None), (3, 5.0, Some(3.0))];
        for (at, value, wanted) in table {
            assert_eq!(counter.add(s(at), value).map(|c| c.1), wanted, "at {at}");
        }
    }

    #[test]
    fn a_gauge_is_held_but_not_for_ever() {
        let mut gauge = Gauge::default();
        assert_eq!(gauge.add(s(0), 100.0), None);
        assert_eq!(gauge.add(s(10), 200.0), Some(Held { from: s(0), to: s(10), watts: 100.0 }));
        assert_eq!(gauge.advance(s(60)), Some(Held { from: s(10), to: s(60), watts: 200.0 }));
        assert_eq!(gauge.add(s(50), 300.0), None, "its time is integrated already, its value holds from now");
        assert_eq!(gauge.add(s(70), 0.0), Some(Held { from: s(60), to: s(70), watts: 300.0 }));
        let long = gauge.add(s(1_000_000), 1.0).expect("held");
        assert_eq!(long.to - s(70), Gauge::HELD_MAX);
    }

    #[test]
    fn draws_are_learned_by_state() {
        let mut draws = Draws::default();
        for i in 0..600 {
            draws.add(MachineState::Producing, 1.0, 5_000.0 + f64::from(i % 2) * 100.0);
        }
        draws.add(MachineState::Standby, 3_600.0, 80.0);
        let producing = draws.of(MachineState::Producing).expect("seen");
        assert!((producing.mean - 5_050.0).abs() < 1.0 && producing.minutes == 10.0 && producing.deviation < 20.0);
        assert_eq!(draws.low(), Some(80.0));
        assert_eq!(draws.of(MachineState::Down), None);
    }
}
