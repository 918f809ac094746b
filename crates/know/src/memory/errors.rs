//! Which alarms came before failures, counted over all machines of a kind.
//!
//! Enters: alarms and failures with their machine. Leaves: for each alarm word, and each pair of different words within a
//! day, how often a failure followed within the lead, against how often one does in any such span. Absent: why.

use measure::{Instant, Span};
use plant::MachineId;
use std::collections::VecDeque;
use std::sync::Arc;

/// How often a failure followed an alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// Kind of machine.
    pub kind: usize,
    /// Alarm word.
    pub word: Arc<str>,
    /// Alarms whose time is over.
    pub alarms: f64,
    /// Of these, followed by a failure.
    pub hits: f64,
}

#[derive(Clone, Debug)]
struct Waiting {
    machine: MachineId,
    kind: usize,
    word: Arc<str>,
    at: Instant,
}

/// The counts.
#[derive(Clone, Debug, Default)]
pub struct Errors {
    tallies: Vec<Tally>,
    waiting: VecDeque<Waiting>,
    /// Failures and machine time observed, by kind of machine.
    failures: Vec<(f64, Span)>,
}

impl Errors {
    /// A failure counts as following an alarm within this span.
    pub const LEAD: Span = Span::from_hours(48);
    /// Two different alarms within this span are also counted as a pair.
    pub const PAIR: Span = Span::from_hours(24);
    /// The same word again within this span is the same alarm.
    const SAME: Span = Span::from_hours(1);
    /// Most words counted.
    const TALLIES_MAX: usize = 512;
    /// Most alarms waiting for their time to pass.
    const WAITING_MAX: usize = 2_048;

    /// An alarm.
    pub fn alarm(&mut self, machine: MachineId, kind: usize, word: &Arc<str>, at: Instant) {
        let same = |w: &Waiting| w.machine == machine && w.word == *word && at - w.at < Self::SAME;
        if self.waiting.iter().rev().take(64).any(same) {
            return;
        }
        let beside = |w: &&Waiting| w.machine == machine && w.word != *word && at - w.at <= Self::PAIR && !w.word.contains('+');
        let pairs: Vec<Arc<str>> = self.waiting.iter().rev().take(256).filter(beside).map(|w| pair(&w.word, word)).collect();
        self.wait(Waiting { machine, kind, word: Arc::clone(word), at });
        for word in pairs {
            if !self.waiting.iter().rev().take(64).any(|w| w.machine == machine && w.word == word && at - w.at < Self::SAME) {
                self.wait(Waiting { machine, kind, word, at });
            }
        }
    }
    fn wait(&mut self, waiting: Waiting) {
        if self.waiting.len() >= Self::WAITING_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back(waiting);
    }
    /// A failure.
    pub fn failure(&mut self, machine: MachineId, kind: usize, at: Instant) {
        self.expire(at);
        let mut followed: Vec<Waiting> = Vec::new();
        self.waiting.retain(|w| {
            let hit = w.machine == machine && w.at < at;
            if hit {
                followed.push(w.clone());
            }
            !hit
        });
        followed.iter().for_each(|w| self.count(w, 1.0));
        self.of_kind(kind).0 += 1.0;
    }
    /// Machine time passed.
    pub fn pass(&mut self, kind: usize, span: Span) {
        self.of_kind(kind).1 += span;
    }
    /// Alarms whose time has passed without a failure count as such.
    pub fn expire(&mut self, now: Instant) {
        while let Some(first) = self.waiting.front()
            && now - first.at > Self::LEAD
        {
            if let Some(first) = self.waiting.pop_front() {
                self.count(&first, 0.0);
            }
        }
    }
    fn count(&mut self, waiting: &Waiting, hit: f64) {
        let place = self.tallies.iter().position(|t| t.kind == waiting.kind && t.word == waiting.word);
        match place {
            Some(place) => {
                self.tallies[place].alarms += 1.0;
                self.tallies[place].hits += hit;
            }
            None if self.tallies.len() < Self::TALLIES_MAX => {
                let (kind, word) = (waiting.kind, Arc::clone(&waiting.word));
                self.tallies.push(Tally { kind, word, alarms: 1.0, hits: hit });
            }
            None => {}
        }
    }
    fn of_kind(&mut self, kind: usize) -> &mut (f64, Span) {
        if self.failures.len() <= kind {
            self.failures.resize(kind + 1, (0.0, Span::ZERO));
        }
        &mut self.failures[kind]
    }
    /// The tally of a word.
    pub fn tally(&self, kind: usize, word: &str) -> Option<&Tally> {
        self.tallies.iter().find(|t| t.kind == kind && *t.word == *word)
    }
    /// Probability of at least one failure in any span of the lead's length (Poisson) [1]; `None` before a machine-week.
    pub fn base_rate(&self, kind: usize) -> Option<f64> {
        let (failures, time) = self.failures.get(kind)?;
        (*time >= Span::from_days(7)).then(|| 1.0 - (-failures * Self::LEAD.hours() / time.hours()).exp())
    }
}

/// The word for two alarms that came together.
pub fn pair(a: &str, b: &str) -> Arc<str> {
    Arc::from(if a < b { format!("{a}+{b}") } else { format!("{b}+{a}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn h(hours: i64) -> Instant {
        Instant::from_seconds(hours * 3_600)
    }

    #[test]
    fn alarms_before_failures_are_told_from_others() {
        let mut errors = Errors::default();
        let (bad, idle): (Arc<str>, Arc<str>) = (Arc::from("e3"), Arc::from("e1"));
        for i in 0..10 {
            let start = i * 1_000;
            errors.alarm(MachineId(0), 0, &bad, h(start));
            errors.alarm(MachineId(0), 0, &bad, h(start));
            errors.failure(MachineId(0), 0, h(start + 20));
            errors.alarm(MachineId(0), 0, &idle, h(start + 500));
            errors.expire(h(start + 600));
        }
        errors.pass(0, Span::from_hours(10_000));
        let of = |word: &str| errors.tally(0, word).map(|t| (t.alarms, t.hits));
        assert_eq!(of("e3"), Some((10.0, 10.0)));
        assert_eq!(of("e1"), Some((10.0, 0.0)));
        let base = errors.base_rate(0).expect("long enough");
        assert!((base - 0.0469).abs() < 0.001, "{base}");
    }

    #[test]
    fn a_pair_may_tell_more_than_its_parts() {
        let mut errors = Errors::default();
        let (a, b): (Arc<str>, Arc<str>) = (Arc::from("a"), Arc::from("b"));
        for i in 0..10 {
            errors.alarm(MachineId(0), 0, &b, h(i * 1_000));
            errors.alarm(MachineId(0), 0, &a, h(i * 1_000 + 5));
            errors.failure(MachineId(0), 0, h(i * 1_000 + 20));
            errors.alarm(MachineId(0), 0, &a, h(i * 1_000 + 400));
            errors.expire(h(i * 1_000 + 600));
        }
        let of = |word: &str| errors.tally(0, word).map(|t| (t.alarms, t.hits));
        assert_eq!((of("a"), of("b"), of("a+b")), (Some((20.0, 10.0)), Some((10.0, 10.0)), Some((10.0, 10.0))));
    }

    #[test]
    fn the_counts_are_bounded() {
        let mut errors = Errors::default();
        for i in 0..20_000 {
            errors.alarm(MachineId(0), 0, &Arc::from(format!("e{i}")), h(i));
            errors.expire(h(i));
        }
        assert!(errors.tallies.len() <= Errors::TALLIES_MAX && errors.waiting.len() <= Errors::WAITING_MAX);
    }
}
