//! A change of the schedule that a person tries: what it would cost, or why it cannot be.

use super::common::{When, machine_name};
use measure::Instant;
use plant::Plant;
use serde::{Deserialize, Serialize};
use unit::desk::View;
use unit::schedule::{Cost, Hindrance};
use utoipa::ToSchema;

/// A change of the schedule: one operation on a machine from an instant on.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChange {
    /// The order.
    pub order: String,
    /// Place of the operation in the route, from 0.
    pub step: u32,
    /// The machine.
    pub machine: String,
    /// From when, RFC 3339.
    pub from: String,
    /// Whether it is proposed: kept where a plan keeps it. Left out or false: only tried.
    #[serde(default)]
    pub keep: bool,
}

/// What a schedule costs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PlanCost {
    /// Orders late.
    pub late: u32,
    /// Lateness of all orders together [s].
    pub tardiness_s: f64,
    /// Set-ups together [s].
    pub set_up_s: f64,
    /// From now to the end of the last task [s].
    pub makespan_s: f64,
    /// Energy of the work at the power learned of each machine [kW.h].
    pub energy_kwh: f64,
    /// What that costs, in the site's currency.
    pub energy_cost: f64,
}

/// Why a change cannot be.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ChangeHindrance {
    /// `not_planned`, `frozen`, `machine_cannot`, `too_early`, `closed` or `no_plan`.
    pub reason: &'static str,
    /// The same in an English sentence.
    pub sentence: String,
    /// The earliest or nearest start, or the end of what is in the way; null where there is none.
    pub at: Option<When>,
    /// Machines that can do it; empty where that is not the reason.
    pub machines: Vec<String>,
}

/// A change that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Trial {
    /// Why it cannot be; null where it can.
    pub hindrance: Option<ChangeHindrance>,
    /// What the published schedule costs.
    pub before: PlanCost,
    /// What it costs with the change, all else planned around it; null where it cannot be.
    pub after: Option<PlanCost>,
    /// Other operations that move by five minutes or more, or to another machine.
    pub moved: u32,
    /// Rules that the independent check applied to the changed schedule.
    pub rules: Vec<&'static str>,
    /// Whether it is kept and published.
    pub kept: bool,
}

impl PlanCost {
    /// A cost with the site's price of energy.
    pub fn of(cost: &Cost, plant: &Plant) -> Self {
        Self {
            late: u32::try_from(cost.late).unwrap_or(u32::MAX),
            tardiness_s: cost.tardiness.seconds(),
            set_up_s: cost.set_up.seconds(),
            makespan_s: cost.makespan.seconds(),
            energy_kwh: cost.energy_kwh,
            energy_cost: cost.energy_kwh * plant.prices.energy_per_kwh,
        }
    }
}

impl ChangeHindrance {
    /// A hindrance.
    pub fn of(view: &View, hindrance: &Hindrance) -> Self {
        let at: Option<Instant> = match hindrance {
            Hindrance::NotPlanned | Hindrance::MachineCannot { .. } => None,
            Hindrance::Frozen { until } => Some(*until),
            Hindrance::TooEarly { earliest } => Some(*earliest),
            Hindrance::Closed { to, .. } => Some(*to),
            Hindrance::NoPlan { nearest } => Some(*nearest),
        };
        let machines = match hindrance {
            Hindrance::MachineCannot { machines } => machines.iter().map(|m| machine_name(&view.plant, *m)).collect(),
            _ => Vec::new(),
        };
        Self { reason: hindrance.word(), sentence: hindrance.to_string(), at: at.map(When), machines }
    }
}
