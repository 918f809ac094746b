//! Sites are made of lines, lines of machines; sources bring their readings, teams work at them.

use crate::{LineId, MachineId, SourceId, TeamId};
use measure::Span;

/// What a machine is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MachineState {
    /// Nothing has been heard of the state yet.
    #[default]
    Unknown,
    /// Switched off.
    Off,
    /// Powered down to a low hold level; needs a warm-up before it produces.
    Standby,
    /// On the way from off or standby to ready.
    WarmingUp,
    /// Being changed over to another product.
    SetUp,
    /// Making pieces.
    Producing,
    /// Ready, but the place downstream is full.
    Blocked,
    /// Ready, but nothing to work on has arrived.
    Starved,
    /// Being serviced as planned.
    Service,
    /// Failed.
    Down,
}

impl MachineState {
    /// All states with their words in configuration and forms.
    pub const ALL: [(Self, &'static str); 10] = [
        (Self::Unknown, "unknown"),
        (Self::Off, "off"),
        (Self::Standby, "standby"),
        (Self::WarmingUp, "warming_up"),
        (Self::SetUp, "set_up"),
        (Self::Producing, "producing"),
        (Self::Blocked, "blocked"),
        (Self::Starved, "starved"),
        (Self::Service, "service"),
        (Self::Down, "down"),
    ];
    /// The word used in configuration and forms.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(s, _)| *s == self).map_or("", |(_, w)| w)
    }
    /// From the word used in configuration and forms.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, w)| *w == word).map(|(s, _)| *s)
    }
    /// Place in [`Self::ALL`], for tables by state.
    pub const fn index(self) -> usize {
        self as usize
    }
    /// Ready but not making pieces: draws power for nothing.
    pub const fn is_idle(self) -> bool {
        matches!(self, Self::Blocked | Self::Starved)
    }
}

/// A production line (ISA-95 work centre).
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Index in the plant's lines.
    pub id: LineId,
    /// Name, unique in the plant.
    pub name: String,
}

/// A machine (ISA-95 work unit).
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// Index in the plant's machines.
    pub id: MachineId,
    /// Name, unique in the plant, `[a-z0-9-]+`.
    pub name: String,
    /// Machine type: machines of one type share a history table and a cause model, `[a-z0-9_]+` such as `milling`.
    pub kind: String,
    /// The line it stands in; shared equipment has none.
    pub line: Option<LineId>,
    /// Machines its pieces go to.
    pub feeds: Vec<MachineId>,
    /// Warm-up from standby to ready as the maker states it.
    pub warm_up: Span,
    /// Planned service times as the maker states them: service word (`tool`, `bearing`, `leak`) and length.
    pub services: Vec<(String, Span)>,
    /// Where it works on several lots together, such as a furnace.
    pub load: Option<Load>,
}

/// Lots that a machine works on together: they begin and end together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Most lots.
    pub lots: u32,
    /// How long it takes, however many pieces are in it.
    pub length: Span,
}

/// A connection that brings readings.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Index in the plant's sources.
    pub id: SourceId,
    /// Name, unique in the plant.
    pub name: String,
    /// Protocol word: `opcua`, `sparkplug`, `modbus`, `file`, `hand`.
    pub protocol: String,
}

/// A team of workers.
#[derive(Clone, Debug, PartialEq)]
pub struct Team {
    /// Index in the plant's teams.
    pub id: TeamId,
    /// Name, unique in the plant.
    pub name: String,
    /// Workers in it.
    pub workers: u32,
}
