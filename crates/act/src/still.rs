//! Whether a decision still fits what is true now: machines and orders move on while it waits.
//!
//! Enters: an image and a decision. Leaves: yes, or a code of what changed. Absent: limits, approvals.

use plant::{Action, Decision, Image, MachineState};

/// Codes of why a decision lapsed; each is the name of the evidence that the lapsed decision carries, with its age [s].
pub mod lapse {
    /// Nobody answered in time.
    pub const UNANSWERED: &str = "lapsed_unanswered";
    /// The time in which it made sense is over.
    pub const TOO_LATE: &str = "lapsed_too_late";
    /// The machine is in another state than it was decided for.
    pub const STATE: &str = "lapsed_state";
    /// The order does not wait at the machine any more.
    pub const ORDER: &str = "lapsed_order";
    /// Too many decisions are open.
    pub const LIMIT: &str = "lapsed_limit";
}

/// Whether the situation is still the one that was decided for.
///
/// # Errors
/// The code of what changed.
pub fn fits(image: &Image, decision: &Decision) -> Result<(), &'static str> {
    use MachineState as S;
    let Some(machine) = image.machines.get(decision.machine.index()) else { return Err(lapse::STATE) };
    let is_fit = match &decision.action {
        Action::Standby => machine.state.is_idle(),
        Action::Wake => matches!(machine.state, S::Standby | S::Off),
        // A machine that failed meanwhile is repaired, not serviced.
        Action::Service(_) => !matches!(machine.state, S::Down | S::Service),
        Action::Speed(_) => machine.state != S::Down,
        Action::Run(order) => return if machine.infeed.contains(order) { Ok(()) } else { Err(lapse::ORDER) },
    };
    if is_fit { Ok(()) } else { Err(lapse::STATE) }
}
