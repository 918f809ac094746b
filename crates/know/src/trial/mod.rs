//! Public sets of sensor data, each by its published protocol, streaming and causal.
//!
//! Enters: the tables of a set's folder. Leaves: [`Figure`]s with what they must be and the published best. Absent: files; `socium bench
//! know` reads them. Nothing here is tuned to a file: a constant is either the protocol's or the detector's own.
//!
//! A newcomer adds `trial/<set>.rs` and one line in [`ALL`].

mod additive;
mod ahead;
mod azure;
mod classes;
mod clock;
mod cmapss;
mod cwru;
mod demand;
mod femto;
mod hydraulic;
mod likeness;
mod microgrid;
mod nab;
mod nitrogen;
mod points;
mod rolling;
mod skab;
mod steel;
mod table;
mod tep;
mod wear;

pub use points::Counts;
pub use table::{Folder, Table};

/// One figure of a set.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What it is.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What it must be; with [`Figure::less`] at most, else at least.
    pub must: Option<f64>,
    /// What we aim at.
    pub aim: Option<f64>,
    /// Whether less is better.
    pub less: bool,
    /// The published or measured best, and whose it is.
    pub best: Option<(&'static str, f64)>,
    /// What it was measured on.
    pub context: String,
}

impl Figure {
    const fn more(name: &'static str, value: f64, context: String) -> Self {
        Self { name, value, unit: "1", must: None, aim: None, less: false, best: None, context }
    }
    fn less(name: &'static str, value: f64, context: String) -> Self {
        Self { less: true, ..Self::more(name, value, context) }
    }
    const fn wants(mut self, must: f64, aim: f64) -> Self {
        (self.must, self.aim) = (Some(must), Some(aim));
        self
    }
    const fn beside(mut self, whose: &'static str, value: f64) -> Self {
        self.best = Some((whose, value));
        self
    }
    const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }
}

/// One set.
#[derive(Clone, Copy)]
pub struct Trial {
    /// Name of its folder.
    pub set: &'static str,
    /// Runs the protocol.
    pub run: fn(&Folder) -> Result<Vec<Figure>, String>,
}

/// All sets, by name.
pub const ALL: &[Trial] = &[
    azure::TRIAL,
    cmapss::TRIAL,
    cwru::TRIAL,
    demand::TRIAL,
    femto::TRIAL,
    hydraulic::TRIAL,
    microgrid::TRIAL,
    nab::TRIAL,
    nitrogen::TRIAL,
    skab::TRIAL,
    steel::TRIAL,
    tep::TRIAL,
];
