//! KPIs by ISO 22400-2.

use super::common::When;
use super::revision::Mark;
use plant::MachineState;
use serde::Serialize;
use std::collections::BTreeMap;
use unit::desk;
use utoipa::ToSchema;

/// KPIs of a scope in a window; a ratio is null where its denominator is zero.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Kpis {
    /// Start of the window.
    pub from: When,
    /// End of the window.
    pub to: When,
    /// Planned busy time PBT [s].
    pub planned_busy_s: f64,
    /// Actual production time APT [s].
    pub producing_s: f64,
    /// Actual unit busy time AUBT [s].
    pub busy_s: f64,
    /// Actual set-up time [s].
    pub set_up_s: f64,
    /// Actual down time [s].
    pub down_s: f64,
    /// Time by machine state [s].
    pub by_state: BTreeMap<String, f64>,
    /// Good quantity GQ.
    pub good: f64,
    /// Scrap quantity SQ.
    pub scrap: f64,
    /// Failure events.
    pub failures: u32,
    /// APT / PBT [1].
    pub availability: Option<f64>,
    /// Planned run time of the pieces made / APT [1].
    pub effectiveness: Option<f64>,
    /// GQ / PQ [1].
    pub quality_ratio: Option<f64>,
    /// Availability × effectiveness × quality ratio [1].
    pub oee: Option<f64>,
    /// AUBT / planned order execution time [1].
    pub allocation_efficiency: Option<f64>,
    /// Actual personnel work time / attendance time [1].
    pub worker_efficiency: Option<f64>,
    /// Mean operating time between failures [h].
    pub mtbf_h: Option<f64>,
    /// Mean time to repair [h].
    pub mttr_h: Option<f64>,
    /// Electrical energy [kW.h].
    pub energy_kwh: f64,
    /// Energy per good piece [kW.h].
    pub energy_per_good_kwh: Option<f64>,
}

/// KPIs of one thing.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ScopedKpis {
    /// `unit`, `line`, `machine`, `order`, `team` or `shift`.
    pub scope: &'static str,
    /// Name of the thing.
    pub name: String,
    /// Its KPIs.
    pub kpis: Kpis,
    /// Those that late readings changed after the period had ended.
    pub revised: Vec<Mark>,
}

impl From<&desk::Kpis> for Kpis {
    fn from(k: &desk::Kpis) -> Self {
        Self {
            from: When(k.window.from),
            to: When(k.window.to),
            planned_busy_s: k.planned_busy.seconds(),
            producing_s: k.producing.seconds(),
            busy_s: k.busy.seconds(),
            set_up_s: k.set_up.seconds(),
            down_s: k.down.seconds(),
            by_state: by_state(|i| k.by_state[i].seconds()),
            good: k.good,
            scrap: k.scrap,
            failures: k.failures,
            availability: k.availability,
            effectiveness: k.effectiveness,
            quality_ratio: k.quality_ratio,
            oee: k.oee,
            allocation_efficiency: k.allocation_efficiency,
            worker_efficiency: k.worker_efficiency,
            mtbf_h: k.mtbf_h,
            mttr_h: k.mttr_h,
            energy_kwh: k.energy_kwh,
            energy_per_good_kwh: k.energy_per_good_kwh,
        }
    }
}

/// A table by machine state; states with nothing in them are left out.
pub fn by_state(figure: impl Fn(usize) -> f64) -> BTreeMap<String, f64> {
    let states = MachineState::ALL.iter().map(|(state, word)| ((*word).to_owned(), figure(state.index())));
    states.filter(|(_, value)| *value != 0.0).collect()
}
