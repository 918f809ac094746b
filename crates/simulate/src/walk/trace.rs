//! Finds the records of a walk in what an arm kept. Enters: an arm. Leaves: the versions of each record that the walk passes,
//! and the readings it began with. Absent: words.

use super::Walk;
use crate::experiment::{Arm, START, STEP, play};
use crate::workshop::{Sample, Workshop};
use measure::Instant;
use plant::{Because, ChannelId, Command, CommandState, Decision, DecisionState, Finding, Outcome, Record, RecordId};
use std::collections::BTreeSet;

/// The records of a walk, in the versions in which it passes them.
pub struct Trace<'a> {
    /// What was found first.
    pub finding: &'a Finding,
    /// What was chosen: as it came, as it was agreed to, as it ended.
    pub decision: Vec<&'a Decision>,
    /// What was told: as it was sent, as it was answered.
    pub command: Vec<&'a Command>,
    /// What was measured.
    pub outcome: &'a Outcome,
    /// The newest readings that the finding rests on, one a channel.
    pub readings: Vec<Sample>,
    /// The step in which the newest of them came in.
    pub heard: Instant,
    /// What the twin without the decision shows, in the unit of the outcome.
    pub truth: Option<f64>,
}

/// The first walk of its kind.
pub fn of<'a>(arm: &'a Arm, walk: &Walk) -> Option<Trace<'a>> {
    arm.outcomes.iter().find_map(|outcome| {
        let decision = arm.decisions.get(&outcome.decision)?;
        ((walk.fits)(decision) && decision.state == DecisionState::Done).then(|| one(arm, decision.id))?
    })
}

fn one(arm: &Arm, id: RecordId) -> Option<Trace<'_>> {
    let history = || arm.history.iter().map(|(_, record)| record);
    let decision: Vec<&Decision> =
        history().filter_map(|r| if let Record::Decision(d) = r { (d.id == id).then_some(d) } else { None }).collect();
    let first = decision.first()?;
    // the newest version that the decision can have seen
    let seen = |r: &&Record| r.at() <= first.at;
    let finding = first.because.iter().find_map(|b| match b {
        Because::Record(named) => history().filter(seen).find_map(|r| match r {
            Record::Finding(f) if f.id == *named => Some(f),
            _ => None,
        }),
        _ => None,
    })?;
    let rests = |c: &&Command| c.because.contains(&Because::Record(id));
    let commands = history().filter_map(|r| if let Record::Command(c) = r { Some(c) } else { None });
    let command: Vec<&Command> = commands.filter(rests).collect();
    command.iter().find(|c| c.state == CommandState::Acknowledged)?;
    let outcome = arm.outcomes.iter().find(|o| o.decision == id)?;
    let (readings, heard) = readings(arm, finding);
    let truth = crate::experiment::judge_one(arm, outcome).map(|j| j.truth);
    Some(Trace { finding, decision, command, outcome, readings, heard, truth })
}

/// The newest sample of each channel that a finding rests on: the same world played again up to the finding, with all that
/// was told to it.
fn readings(arm: &Arm, finding: &Finding) -> (Vec<Sample>, Instant) {
    let channels: BTreeSet<ChannelId> = finding
        .because
        .iter()
        .filter_map(|b| if let Because::Readings { channel, .. } = b { Some(*channel) } else { None })
        .collect();
    let told: Vec<_> = arm.told.iter().filter(|t| t.at < finding.at).collect();
    let start = START.parse().unwrap_or_default();
    let (_, samples) = play(&arm.plant, &Workshop::new(&arm.plant, arm.seed, start), &told, None, finding.at);
    let newest = |channel: &ChannelId| samples.iter().rfind(|s| s.channel == *channel).cloned();
    let mut readings: Vec<Sample> = channels.iter().filter_map(newest).collect();
    readings.sort_by_key(|s| (s.at, s.channel));
    let last = readings.last().map_or(finding.at, |s| s.at);
    let steps = (last - start).micros().div_euclid(STEP.micros()) + i64::from((last - start).micros() % STEP.micros() != 0);
    (readings, start + STEP * steps)
}
