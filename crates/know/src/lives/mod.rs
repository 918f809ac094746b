//! Lives of parts that wear: how near a tool or a bearing is to its failure.
//!
//! ```text
//! memory ── approach ──> Approach to a threshold ── sample: its figures, and what it says is left [h of operation]
//! ```
//!
//! Enters: memory of machines. Leaves: samples. Absent: when and to whom it is told (`predict::degradation`), what is learned from lives that ended
//! ([`lessons`](crate::lessons)).

pub mod approach;
pub mod threshold;

use crate::lessons::Sample;
use crate::memory::Memory;
use approach::Nearing;
use measure::Instant;
use plant::{MachineId, Role};
use threshold::{Approach, LONGEST_H};

/// A part that wears and is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A bearing or spindle; vibration shows it.
    Bearing,
    /// A tool; drive load shows it.
    Tool,
}

impl Part {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 2] = [Self::Bearing, Self::Tool];
    /// Service word that replaces it.
    pub const fn service(self) -> &'static str {
        match self {
            Self::Bearing => "bearing",
            Self::Tool => "tool",
        }
    }
    /// Role of the channel that shows its wear.
    pub const fn role(self) -> Role {
        match self {
            Self::Bearing => Role::Vibration,
            Self::Tool => Role::Load,
        }
    }
    /// Whether a service of this word puts in a new one.
    pub fn is_replaced_by(self, word: &str) -> bool {
        word.contains(self.service()) || (self == Self::Bearing && word.contains("spindle"))
    }
}

/// Life beyond this is not told [h of operation].
pub const TOLD_H: f64 = 120.0;

/// What is seen of a part that comes nearer to its end; `None` where it is far from it.
pub fn sample((memory, machine, part): (&Memory, MachineId, Part), near: &Nearing, at: Instant) -> Option<Sample> {
    let plain = near.seen.left_h(TOLD_H)?;
    let mine = memory.machine(machine);
    let operated_h = mine.operated_h(at);
    let put_in = mine.services.iter().rev().find(|s| part.is_replaced_by(&s.word));
    let age_h = put_in.map_or(f64::NAN, |s| operated_h - s.operated_h);
    let (first_h, first) = beginning(memory, machine, part).unwrap_or((f64::NAN, f64::NAN));
    let Approach { level, rate, rate_error, .. } = near.usual;
    let usual = Some(near.usual).filter(|usual| usual.threshold.is_finite()).and_then(|usual| usual.left_h(LONGEST_H));
    let usual = usual.map_or([f64::NAN; 3], |left| [left.low, left.value, left.high]);
    let grown = level - first;
    let figures = [usual[0], usual[1], usual[2], level, rate, rate_error, age_h, grown, grown / (operated_h - first_h).max(1.0)];
    Some(Sample { plain, figures: figures.map(|x| x as f32) })
}

/// Operating time [h] and level of the part's first points that are remembered, in the unit of its approach.
fn beginning(memory: &Memory, machine: MachineId, part: Part) -> Option<(f64, f64)> {
    const POINTS: usize = 6;
    let mine = memory.machine(machine);
    let points: Vec<(f64, f64)> = match part {
        Part::Bearing => mine.vibration.points().iter().take(POINTS).map(|p| (p.operated_h, p.mean.ln())).collect(),
        Part::Tool => mine.wear.relative(&memory.levels, f64::NEG_INFINITY).into_iter().take(POINTS).collect(),
    };
    let n = points.len() as f64;
    (n > 0.0).then(|| points.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0 / n, sum.1 + p.1 / n)))
}
