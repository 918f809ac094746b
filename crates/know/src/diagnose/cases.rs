//! Past cases: what people found when they looked, so that the same symptoms are ranked otherwise next time, and so that whoever stands before
//! the next one sees what it was then.
//!
//! Enters: confirmed and refused causes with what showed. Leaves: what they add to the logarithm of the odds of a cause; the cases most alike
//! a finding. Absent: decisions and what they brought. Bounded: the newest [`Cases::CASES_MAX`].

use super::{Strengths, Symptom};
use measure::Instant;
use plant::{Cause, Finding, MachineId, RecordId};
use std::collections::VecDeque;

/// One case.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Type of the equipment.
    pub kind: String,
    /// The cause spoken of.
    pub cause: Cause,
    /// Whether it was that.
    pub right: bool,
    /// What showed, by [`Symptom::ALL`]; 0 where it could not be seen.
    pub shows: [f64; Symptom::ALL.len()],
    /// The finding that was looked into.
    pub finding: RecordId,
    /// The cause that it named.
    pub named: Cause,
    /// The machine.
    pub machine: MachineId,
    /// Since when the condition held.
    pub since: Instant,
    /// Who looked.
    pub by: String,
    /// Their words, at most 1,000 characters.
    pub note: String,
}

/// The newest cases.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cases {
    cases: VecDeque<Case>,
}

/// What a case that is exactly alike adds: ten to one [1].
const LIKE: f64 = 2.3;
/// Most that cases add or take off [1].
const TAUGHT_MAX: f64 = 4.6;
/// Cases less alike than this say nothing [1].
const LIKENESS_MIN: f64 = 0.5;

impl Cases {
    /// Most cases kept.
    pub const CASES_MAX: usize = 512;

    /// Takes what a person found: the finding's cause was it or was not, and which one it was instead. What showed is read from the
    /// reasons that the finding told. What was said of the same finding before no longer counts.
    pub fn take(&mut self, kind: &str, finding: &Finding) {
        let Some(confirmation) = &finding.confirmation else { return };
        let shows = shown(finding);
        self.cases.retain(|case| case.finding != finding.id);
        let mut keep = |cause: Cause, right: bool| {
            if self.cases.len() >= Self::CASES_MAX {
                self.cases.pop_front();
            }
            self.cases.push_back(Case {
                kind: kind.to_owned(),
                cause,
                right,
                shows,
                finding: finding.id,
                named: finding.cause,
                machine: finding.machine,
                since: finding.since,
                by: confirmation.by.clone(),
                note: confirmation.note.clone(),
            });
        };
        keep(finding.cause, confirmation.right);
        confirmation.cause.filter(|other| !confirmation.right && *other != finding.cause).into_iter().for_each(|c| keep(c, true));
    }
    /// What the cases add to the logarithm of the odds of a cause, given what shows [1].
    pub fn teach(&self, kind: &str, cause: Cause, shows: &Strengths) -> f64 {
        let now = shows.map(|s| s.unwrap_or(0.0));
        let of = |case: &Case| if case.right { LIKE } else { -LIKE } * likeness(&case.shows, &now);
        let about = self.cases.iter().filter(|case| case.kind == kind && case.cause == cause);
        about.map(of).sum::<f64>().clamp(-TAUGHT_MAX, TAUGHT_MAX)
    }
    /// The confirmed cases at a type of equipment that are most alike a finding, with their likeness [1], the newer first among equals; never
    /// its own. Where no symptom was weighed, those for which the same cause was named are alike.
    pub fn similar(&self, kind: &str, finding: &Finding, count: usize) -> Vec<(f64, &Case)> {
        let now = shown(finding);
        let silent = now.iter().all(|strength| *strength == 0.0);
        let likeness = |case: &Case| if silent && case.named != finding.cause { 0.0 } else { likeness(&case.shows, &now) };
        let others = self.cases.iter().rev().filter(|c| c.right && c.kind == kind && c.finding != finding.id);
        let mut alike: Vec<(f64, &Case)> = others.map(|c| (likeness(c), c)).filter(|(l, _)| *l > 0.0).collect();
        alike.sort_by(|a, b| b.0.total_cmp(&a.0));
        alike.truncate(count);
        alike
    }
    /// Cases kept.
    pub fn len(&self) -> usize {
        self.cases.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }
}

/// Strengths that a finding told among the reasons of its causes.
fn shown(finding: &Finding) -> [f64; Symptom::ALL.len()] {
    let reasons = || finding.causes.iter().flat_map(|c| &c.reasons);
    Symptom::ALL.map(|symptom| reasons().find(|r| r.symptom == symptom.word()).map_or(0.0, |r| r.strength))
}

/// How alike two cases are: the cosine of the angle between what shows; nothing below a half, and 1 where neither shows anything.
fn likeness(a: &[f64], b: &[f64]) -> f64 {
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let (aa, bb) = (dot(a, a), dot(b, b));
    if aa == 0.0 || bb == 0.0 {
        return f64::from(u8::from(aa == bb));
    }
    let cosine = dot(a, b) / (aa * bb).sqrt();
    if cosine < LIKENESS_MIN { 0.0 } else { cosine }
}
