//! Energy waste: what a machine took beyond what its states, product and pieces are expected to take, by state, step and kind.
//!
//! | state | expected | excess | kind |
//! | --- | --- | --- | --- |
//! | producing | pieces · usual time a piece · usual power | (time − pieces · usual time a piece) · usual power | `over_processing` |
//! | | | energy − time · usual power | `draw` |
//! | blocked, starved | time · usual power held low | energy − expected | `idle` |
//! | standby, off | time · usual power | energy − expected | `standby` |
//! | warming up | warm-ups begun · usual energy of one | energy − expected | `start_up` |
//! | set-up, service, down | time · usual power | energy − expected | `draw` |
//! | any | | energy known to be lost in leaks, taken off first | `leak` |
//!
//! What is usual was learned and frozen (`memory::usage`). Each row is a difference, below zero where less was taken than expected, so that
//! expected use and excess sum to the measured use exactly. Where nothing is usual yet the use is expected, and told as not judged. Kinds
//! after ISO 14955-1 (modes of machine tools) and VDMA 34179 (energy by mode).
//!
//! Enters: memory, prices. Leaves: an [`EnergyUse`]. Absent: findings, but for the energy of leaks.

use super::account::cut;
use crate::memory::Memory;
use crate::memory::log::Clip;
use crate::memory::usage::{Usage, Usual};
use plant::{MachineId, MachineState, Plant, Prices, ProductId, Window};

/// How energy is wasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Waste {
    /// Ready with nothing to do, above what the machine takes held low.
    Idle,
    /// Held low or off, above what that usually takes.
    Standby,
    /// Warm-ups that took more than usual.
    StartUp,
    /// Lost in leaks of the air network.
    Leak,
    /// Producing for longer than the pieces usually take.
    OverProcessing,
    /// More power than usual in the same state for the same product.
    Draw,
}

impl Waste {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 6] = [Self::Idle, Self::Standby, Self::StartUp, Self::Leak, Self::OverProcessing, Self::Draw];
    /// The code used in forms and translated by the UI.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Standby => "standby",
            Self::StartUp => "start_up",
            Self::Leak => "leak",
            Self::OverProcessing => "over_processing",
            Self::Draw => "draw",
        }
    }
}

/// Energy beyond what was expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Excess {
    /// How it was wasted.
    pub waste: Waste,
    /// The state of the machine.
    pub state: MachineState,
    /// The product on it while it produced or was set up.
    pub product: Option<ProductId>,
    /// How much; below zero where less was taken than expected [kW.h].
    pub kwh: f64,
}

impl Excess {
    /// The step: the operation of the product's route that the machine does.
    pub fn step<'a>(&self, plant: &'a Plant, machine: MachineId) -> Option<&'a str> {
        let product = plant.products.get(self.product?.index())?;
        product.route.iter().find(|o| o.machines.contains(&machine)).map(|o| o.name.as_str())
    }
}

/// What an amount of energy costs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// In the currency of the prices.
    pub money: f64,
    /// Emissions [kg CO2].
    pub carbon_kg: f64,
}

impl Cost {
    /// Of an amount [kW.h].
    pub const fn of(kwh: f64, prices: &Prices) -> Self {
        Self { money: kwh * prices.energy_per_kwh, carbon_kg: kwh * prices.carbon_per_kwh }
    }
}

/// What a machine took in a window against what was expected.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EnergyUse {
    /// The machine.
    pub machine: MachineId,
    /// The window.
    pub window: Window,
    /// Measured [kW.h].
    pub kwh: f64,
    /// Expected; with the excess it sums to what was measured [kW.h].
    pub expected_kwh: f64,
    /// Of the expected the part for which nothing is usual yet [kW.h].
    pub unjudged_kwh: f64,
    /// The excess by kind, state and product, the greatest first.
    pub excess: Vec<Excess>,
}

impl EnergyUse {
    /// The excess of a kind [kW.h].
    pub fn of_waste(&self, waste: Waste) -> f64 {
        self.excess.iter().filter(|e| e.waste == waste).map(|e| e.kwh).sum()
    }
    fn add(&mut self, waste: Waste, clip: Clip<'_>, kwh: f64) {
        let tags = clip.slice.tags;
        let product = tags.product.filter(|_| matches!(tags.state, MachineState::Producing | MachineState::SetUp));
        let same = |e: &&mut Excess| (e.waste, e.state, e.product) == (waste, tags.state, product);
        match self.excess.iter_mut().find(same) {
            Some(excess) => excess.kwh += kwh,
            None => self.excess.push(Excess { waste, state: tags.state, product, kwh }),
        }
    }
    fn judge(&mut self, usage: &Usage, clip: Clip<'_>, kwh: f64, begins: bool) {
        use MachineState as S;
        let (tags, hours) = (clip.slice.tags, (clip.to - clip.from).hours());
        let usual = usage.usual(tags.state, tags.product);
        let expected = match (tags.state, usual) {
            (S::Blocked | S::Starved, _) => Some((usage.low_kw().unwrap_or(0.0) * hours, Waste::Idle)),
            (S::Unknown, _) | (_, None) => None,
            (S::WarmingUp, Some(usual)) => Some((if begins { usual.kwh / usual.spells } else { 0.0 }, Waste::StartUp)),
            (S::Standby | S::Off, Some(usual)) => Some((usual.kw() * hours, Waste::Standby)),
            (S::Producing | S::SetUp | S::Service | S::Down, Some(usual)) => Some((usual.kw() * hours, Waste::Draw)),
        };
        let Some((expected, waste)) = expected else {
            (self.expected_kwh, self.unjudged_kwh) = (self.expected_kwh + kwh, self.unjudged_kwh + kwh);
            return;
        };
        let pieces = (clip.slice.good + clip.slice.scrap) * clip.share;
        let piece_s = usual.filter(|_| tags.state == S::Producing).and_then(Usual::piece_s);
        let longer = piece_s.map_or(0.0, |s| expected * (1.0 - pieces * s / 3_600.0 / hours));
        if longer != 0.0 {
            self.add(Waste::OverProcessing, clip, longer);
        }
        self.add(waste, clip, kwh - expected);
        self.expected_kwh += expected - longer;
    }
}

/// What a machine took in a window against what was expected; `leaked` tells the energy lost in leaks in a window [kW.h].
pub fn energy_use(memory: &Memory, id: MachineId, window: Window, leaked: &dyn Fn(Window) -> f64) -> EnergyUse {
    let window = cut(memory, window);
    let mut told = EnergyUse { machine: id, window, ..EnergyUse::default() };
    let Some(machine) = memory.machines.get(id.index()) else {
        return told;
    };
    for clip in machine.log.clips(window).filter(|c| c.to > c.from) {
        let kwh = clip.slice.energy_kwh * clip.share;
        told.kwh += kwh;
        let lost = leaked(Window { from: clip.from, to: clip.to }).clamp(0.0, kwh.max(0.0));
        if lost > 0.0 {
            told.add(Waste::Leak, clip, lost);
        }
        told.judge(&machine.usage, clip, kwh - lost, clip.slice.enters && clip.slice.from >= window.from);
    }
    told.excess.sort_by(|a, b| b.kwh.total_cmp(&a.kwh));
    told
}
