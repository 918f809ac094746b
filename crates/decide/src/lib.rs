//! What shall be done: from a situation to decisions, each proven feasible by an independent check.
//!
//! Enters: a [`Situation`] (plant, image, profiles, findings, forecasts, known decisions, latest outcomes). Leaves:
//! [`plant::Decision`]s with expected effect, what was rejected, reasons and certificate. Absent: detectors, drivers, the
//! clock, chance; who approves and how it is carried out.
//!
//! ```text
//! Situation ─▶ choose::ALL (one file a kind) ─▶ Proposal ─▶ learn (past outcomes) ─▶ check::certify ─▶ Decision
//! ```
//!
//! Beside it stands [`search`], the production scheduler: a [`search::model::Model`] in, proven plans out; and [`configure`], mass
//! customisation: choices in, why some do not go, material, route and price out; and [`promise`], when an order will be ready, with what
//! probability.
//!
//! [`supply`] plans what to make, buy and move, of what and when, before it is scheduled.
//!
//! Start at [`decide`]; a new kind of decision is one file in [`choose`] and one line in [`choose::ALL`].

pub mod check;
pub mod choose;
mod clock;
pub mod configure;
#[cfg(test)]
mod fixture;
pub mod learn;
pub mod promise;
mod proposal;
pub mod search;
mod situation;
pub mod supply;
#[cfg(test)]
mod tests;

pub use check::{Violation, certify};
pub use proposal::Proposal;
pub use situation::{Situation, Turn};

use plant::{Decision, DecisionState, Rank, RecordId, RecordKind};

/// Most decisions that leave one call; what is beyond is chosen again in the next step.
pub const DECISIONS_MAX: usize = 64;

/// Chooses what shall be done now. The same situation gives the same decisions; `mint` names them and is called only for
/// decisions that the check certifies.
pub fn decide(situation: &Situation<'_>, mint: &mut dyn FnMut(RecordKind) -> RecordId) -> Vec<Decision> {
    let certified = weigh(situation).into_iter().filter_map(|(proposal, verdict)| Some((proposal, verdict.ok()?)));
    certified
        .take(DECISIONS_MAX)
        .map(|(proposal, certificate)| Decision {
            id: mint(RecordKind::Decision),
            at: situation.now,
            from: proposal.from,
            because: proposal.because,
            kind: proposal.kind,
            machine: proposal.machine,
            action: proposal.action,
            rank: Rank::Optimise,
            not_before: proposal.not_before,
            valid_until: proposal.valid_until,
            expected: proposal.expected,
            horizon: proposal.horizon,
            evidence: proposal.evidence,
            rejected: proposal.rejected,
            certificate,
            state: DecisionState::Pending,
            verdict: None,
        })
        .collect()
}

/// What every chooser proposes, its effect corrected by past outcomes, with the answer of the check. At most one proposal
/// for a channel of a machine is certified: a later one conflicts with an earlier one.
pub fn weigh(situation: &Situation<'_>) -> Vec<(Proposal, Result<plant::Certificate, Violation>)> {
    let mut weighed: Vec<(Proposal, Result<plant::Certificate, Violation>)> = Vec::new();
    for chooser in choose::ALL {
        for proposal in (chooser.choose)(situation) {
            let Some(proposal) = learn::corrected(situation, proposal) else { continue };
            let taken = weighed
                .iter()
                .any(|(p, v)| v.is_ok() && p.machine == proposal.machine && check::excludes(&p.action, &proposal.action));
            let verdict = if taken { Err(check::taken(&proposal)) } else { certify(situation, &proposal) };
            weighed.push((proposal, verdict));
        }
    }
    weighed
}
