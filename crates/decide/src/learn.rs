//! What past outcomes teach the next decision (A6). Enters: a proposal and the latest outcomes. Leaves: the proposal with its
//! expected effect corrected, or nothing where its like has reliably not helped. Absent: how effects are measured.
//!
//! The correction is the ratio of measured to expected effect, shrunk towards 1 as if [`PRIOR_OUTCOMES`] more outcomes had
//! come out as expected (a ratio estimator with a conjugate prior): first over all machines, then over the machine itself.
//! Each of those counts as much as the proposal or the mean outcome expects, whichever is more, so that what came of many
//! small effects says little of a large one.

use crate::{Proposal, Situation};
use measure::statistics::Moments;
use measure::{Estimate, Span};
use plant::{Code, Evidence, Outcome};

/// Outcomes as expected that stand against the measured ones.
pub const PRIOR_OUTCOMES: f64 = 4.0;
/// Outcomes older than this teach no more; so a kind that was stopped gets another trial.
pub const MEMORY: Span = Span::from_days(14);
/// Outcomes needed before a kind is stopped at a machine.
pub const STOP_MIN: u64 = 5;
/// How far a correction goes.
const RATIO_RANGE: (f64, f64) = (0.1, 2.0);

/// The proposal with what was learned applied; `None` where the same has reliably not helped at this machine.
pub fn corrected(situation: &Situation<'_>, mut proposal: Proposal) -> Option<Proposal> {
    let metric = proposal.expected.metric;
    // What only ends an earlier decision is not expected to gain, so there is nothing to correct or to stop.
    if proposal.expected.value.value <= 0.0 {
        return Some(proposal);
    }
    let alike = |o: &&Outcome| {
        o.kind == proposal.kind
            && o.measured.metric == metric
            && situation.now - o.at <= MEMORY
            && o.measured.value.value.is_finite()
            && o.expected.value.value > 0.0
    };
    let all: Vec<&Outcome> = situation.outcomes.iter().filter(alike).collect();
    if all.is_empty() {
        return Some(proposal);
    }
    let here: Vec<&Outcome> = all.iter().copied().filter(|o| o.machine == proposal.machine).collect();
    if is_useless(&here) {
        return None;
    }
    let value = proposal.expected.value;
    let everywhere = ratio(&all, 1.0, value.value);
    let ratio = ratio(&here, everywhere, value.value);
    let shift = value.value * ratio - value.value;
    // The interval moves with its middle; its ends stay as far apart, an error of the ratio is part of them already.
    proposal.expected.value = Estimate { value: value.value + shift, low: value.low + shift, high: value.high + shift, ..value };
    proposal.evidence.push(Evidence {
        name: Code::Borrowed("learned_ratio"),
        value: Estimate::exact(ratio),
        unit: Code::Borrowed("1"),
        normal: Some(1.0),
    });
    Some(proposal)
}

/// Measured to expected effect, shrunk towards `prior`, for a proposal that expects `size`.
fn ratio(outcomes: &[&Outcome], prior: f64, size: f64) -> f64 {
    let (mut expected, mut measured) = (0.0, 0.0);
    for outcome in outcomes {
        expected += outcome.expected.value.value.max(0.0);
        measured += outcome.measured.value.value;
    }
    if outcomes.is_empty() || expected <= 0.0 {
        return prior;
    }
    let weight = PRIOR_OUTCOMES * (expected / outcomes.len() as f64).max(size);
    ((measured + prior * weight) / (expected + weight)).clamp(RATIO_RANGE.0, RATIO_RANGE.1)
}

/// Whether the mean measured effect is not above zero with 95 % certainty (one-sided, Student's t).
fn is_useless(outcomes: &[&Outcome]) -> bool {
    let moments: Moments = outcomes.iter().map(|o| o.measured.value.value).collect();
    moments.count() >= STOP_MIN && moments.mean_estimate().high <= 0.0
}
