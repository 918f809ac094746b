//! Dispatching with other parameters: which lookahead, weight of set-ups and estimate of waiting suit a shop is found by trying.
//!
//! Enters: a shop, an objective with due dates, chance. Leaves: the best selection so far after one more construction. Absent: moves of operations
//! (`roam`): in a shop of thousands a few hundred constructions bring more than as many moves.
//!
//! Apparent tardiness cost with set-ups has parameters that depend on load, due dates and set-ups of the shop (Lee, Bhaskaran, Pinedo 1997
//! fit them by formulas for one machine); here one trial in two draws them anew, the other near the best so far.

use super::construct::{Looks, Rule, Selection, dispatch};
use super::cost::Value;
use super::ground::Ground;
use measure::Chance;

/// Constructions without a better plan after which it is over.
const PATIENCE: u32 = 100;
/// From where to where the parameters are drawn, on a logarithmic scale: slack, set-up, waiting.
const SLACK: (f64, f64) = (0.3, 12.0);
const SET_UP: (f64, f64) = (0.02, 1.0);
const WAITING: (f64, f64) = (1.0, 6.0);
/// How far from the best is near, as a factor.
const NEAR: f64 = 1.3;

/// One run.
#[derive(Clone, Debug)]
pub(super) struct Vary {
    /// The best value of the run.
    pub best_value: Value,
    /// Its selection.
    pub best: Selection,
    /// Constructions evaluated so far.
    pub evaluated: u64,
    looks: Looks,
    stale: u32,
}

impl Vary {
    /// A run that shall find something better than a selection of this value.
    pub fn new(value: Value, from: &Selection) -> Self {
        Self { best_value: value, best: from.clone(), evaluated: 0, looks: Looks::plain(0.0), stale: 0 }
    }

    /// Whether too many constructions brought nothing.
    pub const fn is_over(&self) -> bool {
        self.stale > PATIENCE
    }

    /// One construction.
    pub fn step(&mut self, ground: &Ground, chance: &mut Chance) {
        self.stale += 1;
        self.evaluated += 1;
        let looks = if chance.below(2) == 0 { drawn(chance) } else { self.near(chance) };
        let selection = dispatch(&ground.shop, Rule::Apparent, looks, &ground.dates, chance);
        let value = ground.valued(&selection);
        if value < self.best_value {
            (self.best_value, self.best, self.looks, self.stale) = (value, selection, looks, 0);
        }
    }

    fn near(&self, chance: &mut Chance) -> Looks {
        let mut bent = |own: f64| own * NEAR.powf(chance.between(-1.0, 1.0));
        let Looks { slack, set_up, waiting, .. } = self.looks;
        let (slack, set_up, waiting) = (bent(slack), bent(set_up), bent(waiting).max(WAITING.0));
        Looks { noise: noise(chance), slack, set_up, waiting, keeps: chance.below(2) == 0, joins: chance.below(4) == 0 }
    }
}

fn drawn(chance: &mut Chance) -> Looks {
    let mut between = |(least, most): (f64, f64)| least * (most / least).powf(chance.unit());
    let (slack, set_up, waiting) = (between(SLACK), between(SET_UP), between(WAITING));
    Looks { noise: noise(chance), slack, set_up, waiting, keeps: chance.below(2) == 0, joins: chance.below(4) == 0 }
}

/// None, or a little.
fn noise(chance: &mut Chance) -> f64 {
    if chance.below(2) == 0 { 0.0 } else { 0.3 * chance.unit() }
}
