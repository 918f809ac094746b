//! Where the energy went: by machine, by state, by piece; waste by its cause.

use super::common::{When, machine_name};
use super::kpi::by_state;
use super::words::{Cause, MachineState, WasteKind};
use measure::Span;
use plant::{MachineId, Plant, Prices};
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

/// Energy beyond what was expected of a machine's states, product and pieces, in one of its states.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Excess {
    /// How it was taken.
    pub waste: WasteKind,
    /// The state of the machine.
    pub state: MachineState,
    /// The product on the machine while it produced or was set up.
    pub product: Option<String>,
    /// The operation of that product's route which the machine does.
    pub step: Option<String>,
    /// How much; below zero where less was taken than expected [kW.h].
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
    /// What was expected of its states, product and pieces; with the excess it sums to what was measured [kW.h].
    pub expected_kwh: f64,
    /// Of the expected the part for which nothing is usual yet [kW.h].
    pub unjudged_kwh: f64,
    /// What was taken beyond the expected, the greatest first.
    pub excess: Vec<Excess>,
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

impl Excess {
    fn of(plant: &Plant, machine: MachineId, excess: &desk::Excess) -> Self {
        let cost = desk::Cost::of(excess.kwh, &plant.prices);
        Self {
            waste: excess.waste.into(),
            state: excess.state.into(),
            product: excess.product.map(|id| plant.product(id).name.clone()),
            step: excess.step(plant, machine).map(str::to_owned),
            kwh: excess.kwh,
            cost: cost.money,
            co2_kg: cost.carbon_kg,
        }
    }
}

impl EnergyAccount {
    /// The account of a machine with its names and prices, and what was expected.
    pub fn in_view(view: &View, machine: MachineId) -> Option<Self> {
        let account = view.energy.get(machine.index())?;
        let (plant, against) = (&view.plant, view.energy_use.get(machine.index()));
        Some(Self {
            machine: machine_name(plant, machine),
            kwh: account.kwh,
            good: account.good,
            kwh_per_good: (account.good > 0.0).then(|| account.kwh / account.good),
            by_state: by_state(|i| account.by_state_kwh[i]),
            waste: account.waste_kwh.iter().map(|(cause, kwh)| Waste::of(&plant.prices, *cause, *kwh)).collect(),
            expected_kwh: against.map_or(account.kwh, |of| of.expected_kwh),
            unjudged_kwh: against.map_or(account.kwh, |of| of.unjudged_kwh),
            excess: against.into_iter().flat_map(|of| &of.excess).map(|e| Excess::of(plant, machine, e)).collect(),
        })
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
            machines: view.energy.iter().filter_map(|a| EnergyAccount::in_view(view, a.machine)).collect(),
        }
    }
}
