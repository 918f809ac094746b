//! Where the energy went: by machine, by state, by piece; waste by its cause.

use super::common::{When, machine_name};
use super::kpi::by_state;
use super::words::Cause;
use measure::Span;
use plant::{Plant, Prices};
use serde::Serialize;
use std::collections::BTreeMap;
use unit::desk::{self, View};
use utoipa::ToSchema;

/// Energy wasted for one cause.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Waste {
    /// The cause.
    pub cause: Cause,
    /// How much [kW.h].
    pub kwh: f64,
    /// What it cost, in the unit's currency.
    pub cost: f64,
    /// What it emitted [kg CO2].
    pub co2_kg: f64,
}

/// Where a machine's energy went.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EnergyAccount {
    /// The machine.
    pub machine: String,
    /// Sum [kW.h].
    pub kwh: f64,
    /// Good pieces.
    pub good: f64,
    /// Energy per good piece [kW.h].
    pub kwh_per_good: Option<f64>,
    /// Energy by machine state [kW.h].
    pub by_state: BTreeMap<String, f64>,
    /// Energy wasted, by cause.
    pub waste: Vec<Waste>,
}

/// Where the unit's energy went in the last 24 h.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Energy {
    /// Start of the window.
    pub from: When,
    /// End of the window.
    pub to: When,
    /// Sum [kW.h].
    pub kwh: f64,
    /// What it cost, in the unit's currency.
    pub cost: f64,
    /// What it emitted [kg CO2].
    pub co2_kg: f64,
    /// Wasted [kW.h].
    pub waste_kwh: f64,
    /// By machine.
    pub machines: Vec<EnergyAccount>,
}

impl Waste {
    fn of(prices: &Prices, cause: plant::Cause, kwh: f64) -> Self {
        Self { cause: cause.into(), kwh, cost: kwh * prices.energy_per_kwh, co2_kg: kwh * prices.carbon_per_kwh }
    }
}

impl EnergyAccount {
    /// An account with its names and prices.
    pub fn of(plant: &Plant, account: &desk::EnergyAccount) -> Self {
        Self {
            machine: machine_name(plant, account.machine),
            kwh: account.kwh,
            good: account.good,
            kwh_per_good: (account.good > 0.0).then(|| account.kwh / account.good),
            by_state: by_state(|i| account.by_state_kwh[i]),
            waste: account.waste_kwh.iter().map(|(cause, kwh)| Waste::of(&plant.prices, *cause, *kwh)).collect(),
        }
    }
}

impl Energy {
    /// The accounts of a view and their sum.
    pub fn of(view: &View) -> Self {
        let kwh: f64 = view.energy.iter().map(|a| a.kwh).sum();
        let prices = &view.plant.prices;
        Self {
            from: When(view.at - Span::from_hours(24)),
            to: When(view.at),
            kwh,
            cost: kwh * prices.energy_per_kwh,
            co2_kg: kwh * prices.carbon_per_kwh,
            waste_kwh: view.energy.iter().flat_map(|a| &a.waste_kwh).map(|(_, kwh)| kwh).sum(),
            machines: view.energy.iter().map(|a| EnergyAccount::of(&view.plant, a)).collect(),
        }
    }
}
