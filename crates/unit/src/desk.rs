//! The desk: all that may be seen of a unit from outside, as one value published after every step.

pub use collect::{Account, Accounting, ClockOffset, Timing};
pub use know::diagnose::{Case, Cases};
pub use know::kpi::{Cost, EnergyAccount, EnergyUse, Excess, Kpis, Loss, Losses, Scope, Stop, Stretch, Waste};
pub use know::lessons::fared::Score;
pub use know::memory::standing::{Counted, Progress, Standing};

use crate::outlook::lessons::Pupil;
use measure::Instant;
use plant::{
    Because, Command, Decision, DecisionState, Effect, Finding, Forecast, Image, MachineProfile, Metric, Outcome, Plant,
    RecordId, RecordKind, Refused, Revision, ShiftSpan, SourceId, Unused,
};
use std::sync::Arc;

/// What can be seen of a unit at one instant. Lists of records are the newest first and bounded; older ones are in the store.
#[derive(Clone, Debug)]
pub struct View {
    /// The instant.
    pub at: Instant,
    /// Everything there is.
    pub plant: Arc<Plant>,
    /// Everything known.
    pub image: Arc<Image>,
    /// The accounts of readings.
    pub accounting: Accounting,
    /// How the readings of each source heard lie in time: late, out of order, by a clock that is off.
    pub timings: Vec<(SourceId, Timing)>,
    /// Up to when the readings of each machine are thought complete, by machine.
    pub watermarks: Vec<Option<Instant>>,
    /// The newest refusals, newest first.
    pub refused: Vec<Refused>,
    /// KPIs since the start of the current or last worked shift: of the unit, of each line, of each machine, of each order
    /// heard of, of each team.
    pub kpis: Vec<(Scope, Kpis)>,
    /// The six big losses of the unit, each line and each machine in the same window, where time was planned in it.
    pub losses: Vec<(Scope, Losses)>,
    /// KPIs of the unit in each of the last worked shifts, newest first; the running shift up to now.
    pub shifts: Vec<(ShiftSpan, Kpis)>,
    /// States of each machine over the last 24 h, by machine.
    pub timelines: Vec<Vec<Stretch>>,
    /// Where the energy of each machine went over the last 24 h, by machine.
    pub energy: Vec<EnergyAccount>,
    /// What each machine took over the last 24 h against what was expected of it, by machine.
    pub energy_use: Vec<EnergyUse>,
    /// What was learned of each machine.
    pub profiles: Vec<MachineProfile>,
    /// How far the baselines of each machine are, by machine, as of the last full minute.
    pub baselines: Arc<Vec<Vec<Standing>>>,
    /// Baselines of an earlier run that are not used, until they are learned anew.
    pub unused: Arc<Vec<Unused>>,
    /// Findings, open ones first.
    pub findings: Vec<Finding>,
    /// Forecasts in force.
    pub forecasts: Vec<Forecast>,
    /// How what was foretold of parts and pieces fared lately, by kind of machine.
    pub fared: Vec<(Pupil, Score)>,
    /// Decisions, pending ones first.
    pub decisions: Vec<Decision>,
    /// Commands.
    pub commands: Vec<Command>,
    /// Outcomes.
    pub outcomes: Vec<Outcome>,
    /// What late readings changed in figures of closed periods, newest first.
    pub revisions: Vec<Revision>,
    /// Machines whose history is being worked out again, or waits for it.
    pub reworking: usize,
    /// Late readings beyond the horizon of revision: stored and counted, no figure is revised for them.
    pub beyond: u64,
    /// What the decisions brought so far.
    pub gains: Vec<Gain>,
    /// What people found when they looked into findings, for [`Self::similar`].
    pub cases: Arc<Cases>,
    /// How many records of each kind were made since the unit was set up, by [`plant::RecordKind::ALL`].
    pub counts: [u64; RecordKind::COUNT],
}

/// Similar past cases told.
const SIMILAR_MAX: usize = 3;

/// A past case like a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Similar<'a> {
    /// How alike, from above a half to 1 [1].
    pub likeness: f64,
    /// The case.
    pub case: &'a Case,
    /// The newest decision that rests on its finding and was carried out, if it is in view.
    pub done: Option<&'a Decision>,
    /// What that brought, if it is measured and in view.
    pub outcome: Option<&'a Outcome>,
}

/// What decisions of one metric brought so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gain {
    /// What changed.
    pub metric: Metric,
    /// Outcomes measured.
    pub outcomes: u64,
    /// Sum of the expected effects.
    pub expected: f64,
    /// Sum of the measured effects, with its interval.
    pub measured: Effect,
}

impl View {
    /// KPIs of a scope.
    pub fn kpis_of(&self, scope: Scope) -> Option<&Kpis> {
        self.kpis.iter().find(|(s, _)| *s == scope).map(|(_, k)| k)
    }
    /// Up to three confirmed past cases that are most alike a finding, with what was done then and what it brought.
    pub fn similar(&self, finding: &Finding) -> Vec<Similar<'_>> {
        let Some(machine) = self.plant.machines.get(finding.machine.index()) else { return Vec::new() };
        self.cases.similar(&machine.kind, finding, SIMILAR_MAX).into_iter().map(|alike| self.with_deed(alike)).collect()
    }
    fn with_deed<'a>(&'a self, (likeness, case): (f64, &'a Case)) -> Similar<'a> {
        let done = self.done_about(case);
        let outcome = done.and_then(|d| self.outcomes.iter().find(|o| o.decision == d.id));
        Similar { likeness, case, done, outcome }
    }
    /// The newest decision carried out that rests on the finding of a case.
    fn done_about(&self, case: &Case) -> Option<&Decision> {
        let carried = |d: &&Decision| matches!(d.state, DecisionState::Running | DecisionState::Done);
        let rests = |d: &&Decision| d.because.contains(&Because::Record(case.finding));
        self.decisions.iter().filter(carried).filter(rests).max_by_key(|d| d.at)
    }
    /// A decision among those in view.
    pub fn decision(&self, id: RecordId) -> Option<&Decision> {
        self.decisions.iter().find(|d| d.id == id)
    }
}
