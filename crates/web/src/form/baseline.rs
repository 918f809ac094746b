//! Baselines of a machine: what is usual in which respect, since when and learned from when; or how far it is learned.
//!
//! Enters: standings and what is not used. Leaves: their form. Absent: the numbers of a baseline.

use super::common::When;
use super::words::LearnedBy;
use plant::{About, MachineId, Plant, Unused};
use serde::Serialize;
use unit::desk::{Progress, Standing, View};
use utoipa::ToSchema;

/// How far a baseline is learned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Learning {
    /// Seen so far, in what `counted` says.
    pub have: f64,
    /// Needed before it is frozen.
    pub of: f64,
    /// Of what.
    pub counted: LearnedBy,
}

/// What is usual of a machine in one respect. Frozen under a version, it changes no more; learned anew only when somebody agrees.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Baseline {
    /// What it is about: behaviour, energy, check, stuck, deviation or stops; of an unused one
    /// maybe a word of a newer version.
    pub about: String,
    /// The machine state (energy), the check (check) or the role of the channel (stuck) that it is of.
    pub of: Option<String>,
    /// The product that was made.
    pub product: Option<String>,
    /// Which baseline about this it is, from 1.
    pub version: u32,
    /// When it was frozen; null while it is learned.
    pub frozen: Option<When>,
    /// First instant learned from; null while it is learned.
    pub learned_from: Option<When>,
    /// Last instant learned from; null while it is learned.
    pub learned_to: Option<When>,
    /// How far it is learned; null once it is frozen.
    pub learning: Option<Learning>,
    /// Since when it is learned anew; null where it is the first one, or frozen.
    pub anew_since: Option<When>,
    /// Why a baseline of an earlier run is not used; null for all others.
    pub unused: Option<String>,
}

impl Baseline {
    /// All of a machine, those that are not used first.
    pub fn of_machine(view: &View, machine: MachineId) -> Vec<Self> {
        let unused = view.unused.iter().filter(|u| u.machine == machine).map(Self::unused);
        let standings = view.baselines.get(machine.index()).into_iter().flatten();
        unused.chain(standings.map(|standing| Self::of(&view.plant, standing))).collect()
    }
    fn of(plant: &Plant, standing: &Standing) -> Self {
        let (learned, learning) = match standing.progress {
            Progress::Frozen(learned) => (Some(learned), None),
            Progress::Learning { have, of, counted } => (None, Some(Learning { have, of, counted: counted.into() })),
        };
        let at = standing.at.map(When);
        Self {
            about: standing.about.kind().to_owned(),
            of: standing.about.of().map(str::to_owned),
            product: product(plant, standing.about),
            version: standing.version,
            frozen: at.filter(|_| learned.is_some()),
            learned_from: learned.map(|window| When(window.from)),
            learned_to: learned.map(|window| When(window.to)),
            learning,
            anew_since: at.filter(|_| learned.is_none()),
            unused: None,
        }
    }
    fn unused(unused: &Unused) -> Self {
        Self {
            about: unused.kind.clone(),
            of: unused.of.clone(),
            product: unused.product.clone(),
            version: unused.version,
            frozen: None,
            learned_from: None,
            learned_to: None,
            learning: None,
            anew_since: None,
            unused: Some(unused.reason.clone()),
        }
    }
}

fn product(plant: &Plant, about: About) -> Option<String> {
    plant.products.get(about.product()?.index()).map(|p| p.name.clone())
}
