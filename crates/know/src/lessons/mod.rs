//! Lessons: what was seen of a machine, what was said without having learned, and what came; and models learned from them.
//!
//! ```text
//! memory ── lives, scrap ──> Sample: figures, and what the plain way says
//! samples ── follow ──> Episode: samples with what was told and what came, up to its end
//! episodes of stored readings ── gather ── model ──> Model;  of what is told live ── fared ──> how it fared
//! Model or plain way ── predict ──> remaining life, failures, scrap
//! ```
//!
//! Enters: memory, stored readings. Leaves: episodes, models. Absent: which model is in use (`champion`), disk, what is told to whom (`predict`).
//! A newcomer adds a [`Topic`] with its samples, and what came of them in [`follow`].

pub mod fared;
pub mod follow;
pub mod gather;
pub mod model;

use crate::lives::{self, Part};
use crate::memory::Memory;
use crate::scrap;
use measure::{Estimate, Instant};
use plant::{ForecastKind, MachineId, Plant, Role};

/// What is learned, for all machines of a kind together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Operating time until a part fails [h].
    Life(Part),
    /// Share of the next pieces that will be scrapped [1].
    Scrap,
}

impl Topic {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Life(Part::Bearing), Self::Life(Part::Tool), Self::Scrap];
    /// What is foretold.
    pub const fn forecast(self) -> ForecastKind {
        match self {
            Self::Life(_) => ForecastKind::RemainingLife,
            Self::Scrap => ForecastKind::ScrapShare,
        }
    }
    /// The part whose life it is.
    pub const fn part(self) -> Option<Part> {
        match self {
            Self::Life(part) => Some(part),
            Self::Scrap => None,
        }
    }
    /// What its episodes are called.
    pub const fn episodes(self) -> &'static str {
        match self {
            Self::Life(_) => "failures",
            Self::Scrap => "days",
        }
    }
    /// Whether a machine tells what is needed: samples, and what came of them.
    pub fn is_told_by(self, plant: &Plant, machine: MachineId) -> bool {
        let tells = |role: Role| plant.role(machine, role).is_some();
        match self {
            Self::Life(part) => [Role::State, part.role(), Role::Serviced].into_iter().all(tells),
            Self::Scrap => [Role::Good, Role::Scrap].into_iter().all(tells),
        }
    }
    /// The most that can come, in the unit of the topic.
    pub const fn most(self) -> f64 {
        match self {
            Self::Life(_) => f64::INFINITY,
            Self::Scrap => 1.0,
        }
    }
    /// What is seen of a machine now; `None` where there is nothing to foretell.
    pub fn sample(self, memory: &Memory, machine: MachineId, at: Instant) -> Option<Sample> {
        match self {
            Self::Life(part) => lives::sample((memory, machine, part), &lives::approach::nearing(memory, machine, part)?, at),
            Self::Scrap => scrap::sample(memory, machine, at),
        }
    }
}

/// Figures of a sample.
pub const FIGURES: usize = 9;

/// What is seen of a machine at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// What is said without having learned, in the unit of the topic.
    pub plain: Estimate,
    /// What a model may look at, NaN where it is not known. Nothing of it rests on failures seen before, which a start forgets.
    pub(crate) figures: [f32; FIGURES],
}

/// A sample and what came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lesson {
    /// When it was seen.
    pub at: Instant,
    /// What was seen.
    pub sample: Sample,
    /// What was told of it, in the unit of the topic.
    pub told: Estimate,
    /// What came, in the unit of the topic.
    pub came: f64,
}

/// Lessons that ended together, and are alike for it: those of one life, or of one day.
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// When all that came of it was known.
    pub ended: Instant,
    /// Whether what came is known; else it is the least that would have come.
    pub is_certain: bool,
    /// The lessons, oldest first; at least one.
    pub lessons: Vec<Lesson>,
}
