//! The true effect of a decision: the same world with and without its commands, all other commands as they were given.
//!
//! Enters: an acting arm. Leaves: for each outcome whose horizon ended within the run, the true effect over that horizon.
//! Absent: the unit (its other commands are replayed).

use super::arm::{Arm, Told};
use crate::workshop::{MachineTruth, Sample, Workshop};
use measure::Instant;
use plant::{Action, MachineState, Metric, Outcome, Plant, RecordId};

/// An outcome beside the truth.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The outcome.
    pub outcome: Outcome,
    /// What was done.
    pub action: Action,
    /// What the twin without the decision shows, in the unit of the outcome's metric.
    pub truth: f64,
    /// Whether the measured interval holds it.
    pub covered: bool,
}

/// Judges every outcome of an arm by its twin.
pub fn judge(arm: &Arm) -> Vec<Judged> {
    arm.outcomes.iter().filter_map(|outcome| judge_one(arm, outcome)).collect()
}

/// Judges one outcome; `None` where its horizon did not end within the run.
pub(crate) fn judge_one(arm: &Arm, outcome: &Outcome) -> Option<Judged> {
    let (from, world) = arm.forks.get(&outcome.decision)?;
    let decision = arm.decisions.get(&outcome.decision)?;
    let action = decision.action.clone();
    let to = *from + decision.horizon;
    if to > arm.truth.at {
        return None;
    }
    let told: Vec<&Told> = arm.told.iter().filter(|t| t.at >= *from && t.at < to).collect();
    let (with, _) = play(&arm.plant, world, &told, None, to);
    let (without, _) = play(&arm.plant, world, &told, Some(outcome.decision), to);
    let place = outcome.machine.index();
    let (with, without) = (with.truth(), without.truth());
    let truth = difference(outcome.measured.metric, &action, &without.machines[place], &with.machines[place]);
    // a measurement cannot see below rounding
    let slack = 1e-6 * truth.abs().max(1.0);
    let value = outcome.measured.value;
    let covered = truth >= value.low - slack && truth <= value.high + slack;
    Some(Judged { outcome: outcome.clone(), action, truth, covered })
}

/// The world at `to` and what its devices told on the way, with everything told to it but what one decision told.
pub(crate) fn play(
    plant: &Plant,
    world: &Workshop,
    told: &[&Told],
    leave_out: Option<RecordId>,
    to: Instant,
) -> (Workshop, Vec<Sample>) {
    let mut world = world.clone();
    for told in told.iter().filter(|t| leave_out.is_none() || t.decision != leave_out) {
        // a machine may refuse in the twin what it took in the arm; then nothing happens, as it would for real
        let _ = world.write(plant, told.channel, &told.value, told.at);
    }
    let mut heard = Vec::new();
    world.advance(plant, to, &mut heard);
    (world, heard)
}

/// Better with than without is above zero.
fn difference(metric: Metric, action: &Action, without: &MachineTruth, with: &MachineTruth) -> f64 {
    let minutes =
        |machine: &MachineTruth, states: &[MachineState]| states.iter().map(|s| machine.seconds(*s)).sum::<f64>() / 60.0;
    match (metric, action) {
        (Metric::EnergySaved, _) => (without.energy_wh - with.energy_wh) / 1_000.0,
        (Metric::PiecesGained, _) => with.good as f64 - without.good as f64,
        (Metric::SetUpSaved, _) => minutes(without, &[MachineState::SetUp]) - minutes(with, &[MachineState::SetUp]),
        (Metric::DownTimeAvoided, Action::Wake) => {
            (without.worked(MachineState::WarmingUp) - with.worked(MachineState::WarmingUp)) / 60.0
        }
        (Metric::DownTimeAvoided, _) => {
            let lost = [MachineState::Down, MachineState::Service];
            minutes(without, &lost) - minutes(with, &lost)
        }
    }
}
