//! Who may do what: ranks of commands, roles of people, and the mode of each kind of decision.

use crate::DecisionKind;
use measure::Span;

/// Who speaks; a lower rank may only narrow what a higher one has set (OpenEMS: ranked controllers).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// The unit's own optimisation.
    Optimise,
    /// A worker's request.
    Worker,
    /// Protection of machine and product.
    Protect,
    /// Safety of people.
    Safety,
}

/// How a kind of decision is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// At once.
    Automatic,
    /// After a person with the role agrees.
    Ask,
    /// Never; shown as advice.
    Advise,
}

/// What a signed-in person may do; each role may do all that the one before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserRole {
    /// Look.
    Viewer,
    /// Approve and reject what concerns running machines.
    Operator,
    /// Approve and reject what concerns orders.
    Planner,
    /// Approve and reject maintenance; change policies.
    Engineer,
    /// Manage people.
    Admin,
}

/// The policy of one kind of decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Kind of decision it rules.
    pub kind: DecisionKind,
    /// How it is carried out.
    pub mode: Mode,
    /// Least role that may approve.
    pub approver: UserRole,
    /// How long an approval may be awaited before the decision lapses.
    pub patience: Span,
}

impl Mode {
    /// All modes with their words in configuration and forms.
    pub const ALL: [(Self, &'static str); 3] = [(Self::Automatic, "automatic"), (Self::Ask, "ask"), (Self::Advise, "advise")];
    /// The word used in configuration and forms.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(m, _)| *m == self).map_or("", |(_, w)| w)
    }
    /// From the word used in configuration and forms.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, w)| *w == word).map(|(m, _)| *m)
    }
}

impl UserRole {
    /// All roles with their words in configuration and forms, least first.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Viewer, "viewer"),
        (Self::Operator, "operator"),
        (Self::Planner, "planner"),
        (Self::Engineer, "engineer"),
        (Self::Admin, "admin"),
    ];
    /// The word used in configuration and forms.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(r, _)| *r == self).map_or("", |(_, w)| w)
    }
    /// From the word used in configuration and forms.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, w)| *w == word).map(|(r, _)| *r)
    }
}
