//! What a unit remembers of its own records: the newest of each kind, the numbers given out, and what decisions brought.

use crate::desk::Gain;
use measure::Estimate;
use plant::{
    Because, Command, Decision, DecisionState, Effect, Finding, Metric, Outcome, Record, RecordId, RecordKind, Refused, Revision,
    RevisionState,
};
use std::collections::{BTreeMap, VecDeque};

/// Records of each kind kept at hand.
const KEPT_MAX: usize = 500;
/// Refusals kept at hand.
const REFUSED_MAX: usize = 200;

/// Gives out record numbers, each kind from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minter {
    next: [u64; RecordKind::COUNT],
}

impl Default for Minter {
    fn default() -> Self {
        Self { next: [1; RecordKind::COUNT] }
    }
}

impl Minter {
    /// A new id of a kind.
    pub fn next(&mut self, kind: RecordKind) -> RecordId {
        let number = &mut self.next[kind as usize];
        *number += 1;
        RecordId { kind, number: *number - 1 }
    }
}

/// The newest records by kind and number, and running sums.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    minter: Minter,
    /// By kind and number.
    kept: [BTreeMap<u64, Record>; RecordKind::COUNT],
    outcomes: Vec<Outcome>,
    refused: VecDeque<Refused>,
    gains: BTreeMap<Metric, Sum>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    outcomes: u64,
    expected: f64,
    measured: f64,
    /// Sum of squared half-widths: the intervals of independent measurements add in squares.
    reach_squared: f64,
}

impl Memory {
    /// A new id of a kind.
    pub fn mint(&mut self, kind: RecordKind) -> RecordId {
        self.minter.next(kind)
    }
    /// The minter beside the newest outcomes, newest last: deciding numbers new records while it looks at old ones.
    pub fn minter_and_outcomes(&mut self) -> (&mut Minter, &[Outcome]) {
        (&mut self.minter, &self.outcomes)
    }
    /// How many records of a kind were made.
    pub const fn count(&self, kind: RecordKind) -> u64 {
        self.minter.next[kind as usize] - 1
    }
    /// Takes back numbers and records of an earlier run.
    pub fn recall(&mut self, next: [u64; RecordKind::COUNT], recent: &[Record]) {
        self.minter.next = next.map(|n| n.max(1));
        let mut recent: Vec<&Record> = recent.iter().collect();
        recent.sort_by_key(|record| record.id());
        recent.into_iter().for_each(|record| self.keep(record));
    }
    /// Remembers a record or its newer version.
    pub fn keep(&mut self, record: &Record) {
        if let Record::Outcome(outcome) = record {
            self.add_gain(outcome);
            self.outcomes.push(outcome.clone());
            if self.outcomes.len() > KEPT_MAX {
                self.outcomes.remove(0);
            }
        }
        let id = record.id();
        let kept = &mut self.kept[id.kind as usize];
        kept.insert(id.number, record.clone());
        if kept.len() > KEPT_MAX {
            let oldest = kept.iter().find(|(_, r)| !is_open(r)).map(|(number, _)| *number);
            oldest.and_then(|number| kept.remove(&number));
        }
    }
    /// Remembers a refusal.
    pub fn refuse(&mut self, refused: &Refused) {
        self.refused.push_front(refused.clone());
        self.refused.truncate(REFUSED_MAX);
    }
    /// The newest refusals, newest first.
    pub fn refused(&self) -> Vec<Refused> {
        self.refused.iter().cloned().collect()
    }
    /// The newest outcomes, newest last.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }
    /// What a record rests on.
    pub fn because(&self, id: RecordId) -> Option<Vec<Because>> {
        self.kept[id.kind as usize].get(&id.number).map(|record| record.because().to_vec())
    }
    /// Findings, open ones first, then newest first.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self
            .newest(RecordKind::Finding)
            .filter_map(|r| if let Record::Finding(f) = r { Some(f.clone()) } else { None })
            .collect();
        findings.sort_by_key(|f| f.ended.is_some());
        findings
    }
    /// A finding at hand.
    pub fn finding(&self, id: RecordId) -> Option<Finding> {
        match self.kept[RecordKind::Finding as usize].get(&id.number) {
            Some(Record::Finding(finding)) if id.kind == RecordKind::Finding => Some(finding.clone()),
            _ => None,
        }
    }
    /// Decisions, pending ones first, then newest first.
    pub fn decisions(&self) -> Vec<Decision> {
        let mut decisions: Vec<Decision> = self
            .newest(RecordKind::Decision)
            .filter_map(|r| if let Record::Decision(d) = r { Some(d.clone()) } else { None })
            .collect();
        decisions.sort_by_key(|d| d.state != DecisionState::Pending);
        decisions
    }
    /// Commands, newest first.
    pub fn commands(&self) -> Vec<Command> {
        self.newest(RecordKind::Command).filter_map(|r| if let Record::Command(c) = r { Some(c.clone()) } else { None }).collect()
    }
    /// Revisions, newest first.
    pub fn revisions(&self) -> Vec<Revision> {
        self.newest(RecordKind::Revision)
            .filter_map(|r| if let Record::Revision(r) = r { Some(r.clone()) } else { None })
            .collect()
    }
    /// What decisions brought so far.
    pub fn gains(&self) -> Vec<Gain> {
        let gain = |(metric, sum): (&Metric, &Sum)| {
            let reach = sum.reach_squared.sqrt();
            let value = Estimate { value: sum.measured, low: sum.measured - reach, high: sum.measured + reach, confidence: 0.9 };
            Gain { metric: *metric, outcomes: sum.outcomes, expected: sum.expected, measured: Effect { metric: *metric, value } }
        };
        self.gains.iter().map(gain).collect()
    }

    fn newest(&self, kind: RecordKind) -> impl Iterator<Item = &Record> {
        self.kept[kind as usize].values().rev()
    }

    fn add_gain(&mut self, outcome: &Outcome) {
        let sum = self.gains.entry(outcome.measured.metric).or_default();
        let measured = outcome.measured.value;
        sum.outcomes += 1;
        sum.expected += outcome.expected.value.value;
        sum.measured += measured.value;
        let reach = 0.5 * (measured.high - measured.low);
        sum.reach_squared += if reach.is_finite() { reach * reach } else { 0.0 };
    }
}

const fn is_open(record: &Record) -> bool {
    match record {
        Record::Finding(finding) => finding.ended.is_none(),
        Record::Decision(d) => matches!(d.state, DecisionState::Pending | DecisionState::Approved | DecisionState::Running),
        Record::Revision(revision) => matches!(revision.state, RevisionState::Pending),
        _ => false,
    }
}
