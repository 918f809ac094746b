//! Diagnosis: which cause most likely lies behind what was found at a machine, and why.
//!
//! ```text
//! Sight ── symptom::ALL ──> strengths ─┐
//! causes.txt ── CauseModel ────────────┼─ rank ──> Suspects, the likeliest first, each with its reasons
//! confirmations ── Cases ──────────────┘
//! ```
//!
//! Enters: a sight, the cause that the detector stands for, the model, past cases. Leaves: [`Suspect`]s. Absent: how symptoms are found in
//! series, who confirms.
//!
//! The logarithm of the odds of a cause is a sum: a symptom with a weight w adds w · (1.5 · strength − 0.5) where w is above zero, so that
//! its absence speaks against the cause half as much as its presence speaks for it, and w · strength where it is below; a symptom that
//! the cause does not explain takes off half its strength; past cases add what they teach. Probabilities are those of a softmax.
//! A cause for which nothing speaks more than against it is no suspect.

mod cases;
mod model;
mod symptom;

pub use cases::{Case, Cases};
pub use model::{CauseModel, CauseModelError};
pub use symptom::{Symptom, jump};

use crate::detect::Sight;
use plant::{Cause, Code, Reason, Suspect};

/// What the detector's own cause has ahead of the others [1].
const OWN: f64 = 1.5;
/// What a symptom that a cause does not explain takes off [1].
const UNEXPLAINED: f64 = -0.5;
/// Suspects told, and reasons of each.
const SUSPECTS_MAX: usize = 4;
const REASONS_MAX: usize = 4;

/// Strengths of symptoms by [`Symptom::ALL`].
pub type Strengths = [Option<f64>; Symptom::ALL.len()];

/// What shows at a machine.
pub fn strengths(sight: &Sight<'_>) -> Strengths {
    Symptom::ALL.map(|symptom| symptom.strength(sight))
}

/// The causes that may lie behind what shows at a type of equipment, the likeliest first; `own` is the one that the detector stands for, if
/// it stands for one.
pub fn rank(model: &CauseModel, cases: &Cases, kind: &str, own: Option<Cause>, shows: &Strengths) -> Vec<Suspect> {
    let mut causes = model.causes(kind);
    causes.retain(|cause| can_show(model, kind, *cause, shows));
    causes.extend(own.filter(|own| !causes.contains(own)));
    let mut weighed: Vec<(f64, Suspect)> = causes
        .into_iter()
        .map(|cause| {
            let mut reasons = reasons(model, kind, cause, shows);
            let learned = cases.teach(kind, cause, shows);
            if learned != 0.0 {
                reasons.push(Reason { symptom: Code::Borrowed("past_cases"), strength: 1.0, weight: learned });
            }
            let head_start = if Some(cause) == own { OWN } else { 0.0 };
            let odds = head_start + reasons.iter().map(|r| r.weight).sum::<f64>();
            reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
            reasons.truncate(REASONS_MAX);
            (odds, Suspect { cause, probability: 0.0, reasons })
        })
        .collect();
    weighed.sort_by(|a, b| b.0.total_cmp(&a.0));
    let most = weighed.first().map_or(0.0, |w| w.0);
    let sum: f64 = weighed.iter().map(|w| (w.0 - most).exp()).sum();
    weighed.retain(|(odds, suspect)| *odds > 0.0 || Some(suspect.cause) == own);
    weighed.truncate(SUSPECTS_MAX);
    weighed.into_iter().map(|(odds, suspect)| Suspect { probability: (odds - most).exp() / sum, ..suspect }).collect()
}

/// Whether a symptom that speaks for a cause can be seen at the machine at all.
fn can_show(model: &CauseModel, kind: &str, cause: Cause, shows: &Strengths) -> bool {
    let mut seen = Symptom::ALL.into_iter().zip(shows).filter(|(_, strength)| strength.is_some());
    seen.any(|(symptom, _)| model.weight(kind, cause, symptom) > 0.0)
}

fn reasons(model: &CauseModel, kind: &str, cause: Cause, shows: &Strengths) -> Vec<Reason> {
    let of = |(symptom, strength): (Symptom, f64)| {
        let weight = match model.weight(kind, cause, symptom) {
            w if w > 0.0 => w * (1.5 * strength - 0.5),
            w if w < 0.0 => w * strength,
            _ => UNEXPLAINED * strength,
        };
        Reason { symptom: Code::Borrowed(symptom.word()), strength, weight }
    };
    let seen = Symptom::ALL.into_iter().zip(shows).filter_map(|(symptom, strength)| Some((symptom, (*strength)?)));
    seen.map(of).filter(|reason| reason.weight != 0.0).collect()
}

#[cfg(test)]
mod tests;
