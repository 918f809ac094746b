//! Key performance indicators by ISO 22400-2:2014 with Amd 1:2017, from machine states, counters and energy.
//!
//! Enters: memory, a scope, a window. Leaves: [`Kpis`], [`Losses`], [`Stretch`]es, an [`EnergyAccount`],
//! an [`EnergyUse`]. Absent: targets, verdicts.

mod account;
mod formula;
mod losses;
mod waste;

pub use account::{energy, kpis, kpis_and_losses};
pub use formula::Sums;
pub use losses::{Loss, Losses, Stop};
pub use waste::{Cost, EnergyUse, Excess, Waste, energy_use};

pub use plant::Scope;

use measure::Span;
use plant::{Cause, MachineId, MachineState, Window};

/// KPIs of a scope in a window. A ratio is `None` where its denominator is zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kpis {
    /// The window.
    pub window: Window,
    /// Planned busy time PBT: worked shifts less planned service.
    pub planned_busy: Span,
    /// Actual production time APT: producing.
    pub producing: Span,
    /// Actual unit busy time AUBT: producing and set-up.
    pub busy: Span,
    /// Actual set-up time.
    pub set_up: Span,
    /// Actual down time.
    pub down: Span,
    /// Time by [`MachineState::index`].
    pub by_state: [Span; MachineState::ALL.len()],
    /// Good quantity GQ.
    pub good: f64,
    /// Scrap quantity SQ.
    pub scrap: f64,
    /// Failure events.
    pub failures: u32,
    /// APT / PBT.
    pub availability: Option<f64>,
    /// Planned run time of the pieces made / APT (ISO 22400 effectiveness).
    pub effectiveness: Option<f64>,
    /// GQ / PQ.
    pub quality_ratio: Option<f64>,
    /// Availability × effectiveness × quality ratio.
    pub oee: Option<f64>,
    /// AUBT / PBT (allocation efficiency).
    pub allocation_efficiency: Option<f64>,
    /// Actual personnel work time / attendance time.
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

/// A figure by its code.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// Its code, as forms and the word lists of the UI name it.
    pub name: &'static str,
    /// Its UCUM code.
    pub unit: &'static str,
    /// The figure of KPIs; `None` where it is not defined.
    pub of: fn(&Kpis) -> Option<f64>,
}

const fn told(name: &'static str, unit: &'static str, of: fn(&Kpis) -> Option<f64>) -> Figure {
    Figure { name, unit, of }
}

/// The figures whose revisions are told, the most telling first.
pub const FIGURES: &[Figure] = &[
    told("oee", "1", |k| k.oee),
    told("availability", "1", |k| k.availability),
    told("effectiveness", "1", |k| k.effectiveness),
    told("quality_ratio", "1", |k| k.quality_ratio),
    told("allocation_efficiency", "1", |k| k.allocation_efficiency),
    told("worker_efficiency", "1", |k| k.worker_efficiency),
    told("good", "1", |k| Some(k.good)),
    told("scrap", "1", |k| Some(k.scrap)),
    told("failures", "1", |k| Some(f64::from(k.failures))),
    told("producing", "h", |k| Some(k.producing.hours())),
    told("down", "h", |k| Some(k.down.hours())),
    told("energy_kwh", "kW.h", |k| Some(k.energy_kwh)),
    told("energy_per_good_kwh", "kW.h", |k| k.energy_per_good_kwh),
];

/// A stretch of time in one state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// The state.
    pub state: MachineState,
    /// From, to; the last stretch ends at the instant of asking.
    pub window: Window,
}

/// Where a machine's energy went in a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EnergyAccount {
    /// The machine.
    pub machine: MachineId,
    /// Energy by [`MachineState::index`] [kW.h].
    pub by_state_kwh: [f64; MachineState::ALL.len()],
    /// Sum [kW.h].
    pub kwh: f64,
    /// Good pieces.
    pub good: f64,
    /// Energy wasted, by cause [kW.h].
    pub waste_kwh: Vec<(Cause, f64)>,
}
