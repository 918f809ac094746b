//! Approval: which decisions wait for whom, and what makes a verdict valid.
//!
//! Enters: a decision with its policy, a verdict. Leaves: how the decision goes on. Absent: sign-in and sessions.

use measure::Instant;
use plant::{Decision, DecisionState, Mode, Plant, Rank, RecordId, UserRole, Verdict};
use thiserror::Error;

/// Longest reason of a verdict [characters].
pub const REASON_CHARS_MAX: usize = 500;

/// Why a verdict was not taken.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Unjudged {
    /// No such decision is open.
    #[error("{0} is not open")]
    Unknown(RecordId),
    /// It waits for nobody any more.
    #[error("{id} is {state}, only a pending decision can be approved or rejected")]
    NotPending {
        /// The decision.
        id: RecordId,
        /// Where it stands.
        state: &'static str,
    },
    /// The person may not decide this.
    #[error("role {found} may not judge {id}, allowed is {allowed} or above")]
    RoleTooLow {
        /// The decision.
        id: RecordId,
        /// Role of the person.
        found: &'static str,
        /// Least role allowed.
        allowed: &'static str,
    },
    /// No reason, or a novel.
    #[error("the reason has {found} characters, allowed are 1 to {REASON_CHARS_MAX}")]
    Reason {
        /// Characters found.
        found: usize,
    },
}

/// The mode a decision falls under: advice where no policy is set. What a person of rank asked for is their own approval.
pub fn mode(plant: &Plant, decision: &Decision) -> Mode {
    if decision.rank >= Rank::Worker && decision.verdict.as_ref().is_some_and(|v| v.approved) {
        return Mode::Automatic;
    }
    plant.policy_of(decision).map_or(Mode::Advise, |p| p.mode)
}

/// Until when a pending decision waits: the patience of its policy from when it was made, or from when it is due if that is
/// later, so that what is planned at night can be answered in the morning; never longer than it is valid.
pub fn waits_until(plant: &Plant, decision: &Decision) -> Instant {
    let from = decision.at.max(decision.not_before);
    let patience = plant.policy_of(decision).map_or(Instant::MAX, |p| from + p.patience);
    patience.min(decision.valid_until)
}

/// The verdict that a policy of automatic gives.
pub fn by_policy(now: Instant) -> Verdict {
    Verdict { by: "policy".to_owned(), role: UserRole::Admin, approved: true, reason: "automatic".to_owned(), at: now }
}

/// Whether a verdict counts.
///
/// # Errors
/// Why it does not.
pub fn examine(plant: &Plant, decision: &Decision, verdict: &Verdict) -> Result<(), Unjudged> {
    let id = decision.id;
    if decision.state != DecisionState::Pending {
        return Err(Unjudged::NotPending { id, state: decision.state.word() });
    }
    let least = plant.policy_of(decision).map_or(UserRole::Admin, |p| p.approver);
    if verdict.role < least {
        return Err(Unjudged::RoleTooLow { id, found: verdict.role.word(), allowed: least.word() });
    }
    let found = verdict.reason.trim().chars().count();
    if found == 0 || verdict.reason.chars().count() > REASON_CHARS_MAX {
        return Err(Unjudged::Reason { found: if found == 0 { 0 } else { verdict.reason.chars().count() } });
    }
    Ok(())
}
