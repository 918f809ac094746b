//! The revision: figures of closed periods that late readings changed, with the old value, the new one, and why.
//!
//! It is kept pending in the same commit as the late readings, and kept anew when the machine's history has been worked out again,
//! so that no late reading is ever durable without it.

use crate::{Because, Code, LineId, MachineId, OrderId, Plant, RecordId, TeamId, Window};
use measure::Instant;

/// What KPIs are asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The whole unit.
    Unit,
    /// One line.
    Line(LineId),
    /// One machine.
    Machine(MachineId),
    /// One order.
    Order(OrderId),
    /// One team.
    Team(TeamId),
}

impl Scope {
    /// The code used in forms.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Line(_) => "line",
            Self::Machine(_) => "machine",
            Self::Order(_) => "order",
            Self::Team(_) => "team",
        }
    }
    /// Name of the thing in a plant; empty where it is not in it.
    pub fn name(self, plant: &Plant) -> &str {
        let name = match self {
            Self::Unit => Some(&plant.site),
            Self::Line(id) => plant.lines.get(id.index()).map(|l| &l.name),
            Self::Machine(id) => plant.machines.get(id.index()).map(|m| &m.name),
            Self::Order(id) => plant.orders.get(id.index()).map(|o| &o.name),
            Self::Team(id) => plant.teams.get(id.index()).map(|t| &t.name),
        };
        name.map_or("", String::as_str)
    }
}

/// Where a revision stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevisionState {
    /// The late readings are there, the history is not worked out again yet; `after` is empty.
    Pending,
    /// `revised` names every figure that changed.
    Done,
}

impl RevisionState {
    /// All values, in order.
    pub const ALL: &'static [Self] = &[Self::Pending, Self::Done];
    /// The code used in forms and translated by the UI.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
        }
    }
    /// From the code.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|s| s.word() == word).copied()
    }
}

/// One figure of one closed period, before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Revised {
    /// Of what.
    pub scope: Scope,
    /// The closed period: a shift, or an order from start to end.
    pub window: Window,
    /// Which figure, a code such as `oee` or `energy_kwh`.
    pub figure: Code,
    /// UCUM code of the figure.
    pub unit: Code,
    /// As it was told before; `None` where it was not defined, or not at hand because the unit had just started.
    pub before: Option<f64>,
    /// As it is with the late readings; `None` while pending, and where it is not defined.
    pub after: Option<f64>,
}

/// What late readings of one machine changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Its id.
    pub id: RecordId,
    /// When the first of the late readings came.
    pub at: Instant,
    /// Why figures changed, the code `late_readings`.
    pub from: Code,
    /// The late readings: a window of source times a channel.
    pub because: Vec<Because>,
    /// The machine they belong to.
    pub machine: MachineId,
    /// How many they are.
    pub late: u64,
    /// Figures of closed periods: while pending those that may change, then those that did.
    pub revised: Vec<Revised>,
    /// Where it stands.
    pub state: RevisionState,
    /// When the figures were worked out again.
    pub done: Option<Instant>,
}
