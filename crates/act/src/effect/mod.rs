//! How the effect of a decision is measured, one file a method. `docs/effects.md` defines each effect, its horizon and its
//! window.
//!
//! Enters: a decision, what was watched since it was carried out, what was learned of the machine. Leaves: an estimate whose
//! 90 % interval is meant to hold what a twin of the plant without the decision would show. Absent: the twin.

pub mod failure_baseline;
pub mod fifo_baseline;
pub mod idle_baseline;
pub mod leak_baseline;
pub mod scrap_baseline;
pub mod speed_ratio;
pub mod warm_up_baseline;

use crate::watch::Watch;
use measure::{Estimate, Instant, Span};
use plant::{Action, Decision, MachineProfile, MachineState, Metric, Plant, Role};

/// Half the width of a 90 % interval in standard deviations.
const Z: f64 = 1.645;

/// All that a method may look at.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Everything there is.
    pub plant: &'a Plant,
    /// Now.
    pub now: Instant,
    /// What was learned of the machine.
    pub profile: Option<&'a MachineProfile>,
    /// The decision.
    pub decision: &'a Decision,
    /// What was seen since.
    pub watch: &'a Watch,
}

/// One way to measure.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// Its name, the `from` of its outcomes.
    pub name: &'static str,
    /// Whether it measures a decision.
    pub fits: fn(&Decision) -> bool,
    /// Whether all is seen before the horizon ends.
    pub is_over: fn(&Case<'_>) -> bool,
    /// The effect, in the unit of the decision's metric.
    pub effect: fn(&Case<'_>) -> Estimate,
    /// Channels whose readings it rests on.
    pub roles: &'static [Role],
}

/// All methods; the first that fits measures.
pub const ALL: &[Method] = &[
    idle_baseline::METHOD,
    warm_up_baseline::METHOD,
    failure_baseline::METHOD,
    leak_baseline::METHOD,
    scrap_baseline::METHOD,
    speed_ratio::METHOD,
    fifo_baseline::METHOD,
];

/// The method that measures a decision; `None` where its metric does not belong to its action.
pub fn method(decision: &Decision) -> Option<&'static Method> {
    ALL.iter().find(|m| (m.fits)(decision))
}

fn is_service(decision: &Decision, metric: Metric) -> bool {
    matches!(decision.action, Action::Service(_)) && decision.expected.metric == metric
}

impl Case<'_> {
    /// End of the window: the horizon, or now if that comes first.
    pub fn end(&self) -> Instant {
        self.now.min(self.watch.executed + self.decision.horizon)
    }
    /// A figure that the decision was worked out from.
    fn figure(&self, name: &str) -> Option<Estimate> {
        self.decision.evidence.iter().find(|e| e.name == name).map(|e| e.value)
    }
    /// Learned power in a state [W], with the 90 % interval of its mean over `minutes`; an hour's drift of 2 % is added.
    fn power(&self, state: MachineState, minutes: f64) -> Option<Estimate> {
        let before = self.watch.power.as_ref().map(|p| p[state.index()]).filter(|p| p.minutes >= 1.0);
        let learned = before.or_else(|| self.profile.map(|p| p.power[state.index()]).filter(|p| p.minutes >= 1.0))?;
        let seen = minutes.min(learned.minutes).max(1.0);
        let reach = (Z * learned.deviation / seen.sqrt()).hypot(0.02 * learned.mean);
        Some(Estimate::between(learned.mean - reach, learned.mean, learned.mean + reach))
    }
    /// Standard deviation of the one-minute means of power in a state [W]; 0 where nothing was learned.
    fn deviation(&self, state: MachineState) -> f64 {
        let before = self.watch.power.as_ref().map(|p| p[state.index()]);
        before.or_else(|| self.profile.map(|p| p.power[state.index()])).map_or(0.0, |p| p.deviation.max(0.0))
    }
    /// A rise of the energy counter [kW.h]; `None` without a counter or where its unit is no energy.
    fn kwh(&self, sum: f64) -> Option<f64> {
        let channel = self.plant.role(self.decision.machine, Role::Energy)?;
        let kwh = "kW.h".parse().ok()?;
        channel.unit.convert(sum, &kwh).ok()
    }
}

fn hours(span: Span) -> f64 {
    span.max(Span::ZERO).hours()
}
