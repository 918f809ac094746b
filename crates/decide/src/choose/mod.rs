//! The choosers, one file a kind of decision. Each is a pure function of the situation: the same situation gives the same
//! proposals, each with its expected effect, what it rests on, and what was weighed and not taken. Absent: the check.

pub mod dispatch;
pub mod maintain;
pub mod speed;
pub mod standby;

use crate::{Proposal, Situation};
use measure::Estimate;
use plant::{Action, Because, Code, Effect, Evidence, MachineId, Metric, Rejected, Role, Window};

/// One way to choose.
#[derive(Clone, Copy, Debug)]
pub struct Chooser {
    /// Its name, the `from` of its decisions.
    pub name: &'static str,
    /// What it proposes in a situation.
    pub choose: fn(&Situation<'_>) -> Vec<Proposal>,
}

/// All choosers; where two want the same channel of a machine in one step, the earlier one has it.
pub const ALL: &[Chooser] = &[
    Chooser { name: maintain::NAME, choose: maintain::choose },
    Chooser { name: dispatch::NAME, choose: dispatch::choose },
    Chooser { name: speed::NAME, choose: speed::choose },
    Chooser { name: standby::NAME, choose: standby::choose },
];

/// Evidence without a figure to compare with.
fn figure(name: &'static str, value: Estimate, unit: &'static str) -> Evidence {
    Evidence { name: Code::Borrowed(name), value, unit: Code::Borrowed(unit), normal: None }
}

/// Doing nothing, weighed and not taken because it yields less.
fn nothing(metric: Metric) -> Rejected {
    let expected = Effect { metric, value: Estimate::exact(0.0) };
    Rejected { action: None, expected, reason: Code::Borrowed("smaller_effect") }
}

/// An action weighed and not taken.
fn instead(action: Action, metric: Metric, value: Estimate, reason: &'static str) -> Rejected {
    Rejected { action: Some(action), expected: Effect { metric, value }, reason: Code::Borrowed(reason) }
}

/// The readings of a machine's channel since an instant, as a reason.
fn readings(situation: &Situation<'_>, machine: MachineId, role: Role, from: measure::Instant) -> Option<Because> {
    let channel = situation.plant.role(machine, role)?.id;
    (from < situation.now).then_some(Because::Readings { channel, window: Window { from, to: situation.now } })
}
