//! Detectors: each looks at what is remembered of one machine and says whether its condition holds.
//!
//! Enters: a [`Sight`]. Leaves: a [`Look`]. Absent: ids, what was said before (but for the open finding, so that a
//! detector can ask for less to keep a finding open than to open it), time of its own.
//!
//! A newcomer adds `detect/<name>.rs`, whose head comment shows a sample series and the finding, and one line in [`ALL`];
//! it must pass [`crate::suite`].

mod air_leak;
pub mod bearing_wear;
mod bottleneck;
pub mod error_pattern;
mod idle_energy;
mod misfeed;
mod overload;
mod quality_drift;
mod sensor_drift;
mod sensor_stuck;
mod tool_wear;
mod unusual;

use crate::memory::Memory;
use crate::memory::machine::MachineMemory;
use measure::{Estimate, Instant, Span};
use plant::{Because, Cause, ChannelId, Code, Evidence, Finding, Image, MachineId, MachineProfile, Plant, Role, Window};

/// What a detector may look at.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    /// The instant.
    pub now: Instant,
    /// Everything there is.
    pub plant: &'a Plant,
    /// Everything known now.
    pub image: &'a Image,
    /// Everything remembered.
    pub memory: &'a Memory,
    /// The machine to look at.
    pub machine: MachineId,
    /// What was learned of it.
    pub profile: &'a MachineProfile,
    /// The finding of this cause that is open for this machine.
    pub open: Option<&'a Finding>,
}

/// What a detector saw.
#[derive(Clone, Debug, PartialEq)]
pub enum Look {
    /// Too little is known; what was said stands.
    Unsure,
    /// The condition does not hold.
    Normal,
    /// The condition holds.
    Found(Sign),
}

/// A condition that holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Sign {
    /// Since when.
    pub since: Instant,
    /// The channel that shows it best.
    pub channel: Option<ChannelId>,
    /// Probability that the cause is right [1].
    pub probability: f64,
    /// The proof; the first figure decides whether a finding is told anew.
    pub evidence: Vec<Evidence>,
    /// What it costs per hour [W or pieces/h].
    pub loss: Option<Evidence>,
    /// What it rests on.
    pub because: Vec<Because>,
}

/// A detector.
#[derive(Clone, Copy)]
pub struct Detector {
    /// Its code in records.
    pub name: &'static str,
    /// The cause it names.
    pub cause: Cause,
    /// How often it looks.
    pub cadence: Span,
    /// Whether it also looks at once when the machine's state changes or an event comes.
    pub on_change: bool,
    /// Looks.
    pub look: fn(&Sight<'_>) -> Look,
}

/// What the cause of a detector is to its findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// The only one there can be.
    Only,
    /// One of several: causes are weighed, and the finding names the likeliest.
    Likely,
    /// What shows, whatever lies behind it: causes are weighed and told beside it.
    Effect,
}

impl Detector {
    /// What its cause is to its findings.
    pub const fn names(&self) -> Names {
        match self.cause {
            Cause::IdleEnergy | Cause::Bottleneck | Cause::ErrorPattern => Names::Only,
            Cause::QualityDrift | Cause::Unusual => Names::Effect,
            _ => Names::Likely,
        }
    }
}

/// All detectors, by name.
pub const ALL: &[Detector] = &[
    air_leak::DETECTOR,
    bearing_wear::DETECTOR,
    bottleneck::DETECTOR,
    error_pattern::DETECTOR,
    idle_energy::DETECTOR,
    misfeed::DETECTOR,
    overload::DETECTOR,
    quality_drift::DETECTOR,
    sensor_drift::DETECTOR,
    sensor_stuck::DETECTOR,
    tool_wear::DETECTOR,
    unusual::DETECTOR,
];

impl<'a> Sight<'a> {
    /// What is remembered of the machine.
    pub fn memory_of(&self) -> &'a MachineMemory {
        self.memory.machine(self.machine)
    }
    /// The readings of the machine's channel of a role since an instant, as something to rest on.
    pub fn readings(&self, role: Role, from: Instant) -> Option<Because> {
        let channel = self.plant.role(self.machine, role)?.id;
        Some(Because::Readings { channel, window: Window { from: from.min(self.now), to: self.now } })
    }
    /// The machine's channel of a role.
    pub fn channel(&self, role: Role) -> Option<ChannelId> {
        self.plant.role(self.machine, role).map(|c| c.id)
    }
}

/// One number that proves a finding.
pub fn evidence(name: &'static str, value: Estimate, unit: &str, normal: Option<f64>) -> Evidence {
    Evidence { name: Code::Borrowed(name), value, unit: Code::Owned(unit.to_owned()), normal }
}
