//! What a chooser hands to the check: a decision before it has a name, a certificate and a state.

use measure::{Instant, Span};
use plant::{Action, Because, Code, DecisionKind, Effect, Evidence, MachineId, Rejected};

/// A decision that is not yet proven feasible.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The chooser that made it.
    pub from: Code,
    /// What it rests on.
    pub because: Vec<Because>,
    /// Kind of decision.
    pub kind: DecisionKind,
    /// The machine concerned.
    pub machine: MachineId,
    /// What shall be done.
    pub action: Action,
    /// When it shall be done: not before.
    pub not_before: Instant,
    /// After this it makes no sense any more.
    pub valid_until: Instant,
    /// What it is expected to change.
    pub expected: Effect,
    /// Over which span its effect shows and is measured.
    pub horizon: Span,
    /// Numbers the effect was worked out from.
    pub evidence: Vec<Evidence>,
    /// What was weighed and not taken, doing nothing among it.
    pub rejected: Vec<Rejected>,
}
