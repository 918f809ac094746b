//! Which model is in use: one that is learned anew takes its place only where it is better on the same later data.
//!
//! ```text
//! learned to T1 ──> in use, version 1 ─┐
//!                                      ├─ losses, block by block, on data after T1 and T2 ── better? ──> version 2, or version 1 stays
//! learned to T2 ──> challenger ────────┘
//! ```
//!
//! Enters: models with the window they were learned from, and one way to measure a loss. Leaves: the model in use with version, window and
//! measured loss; a [`Verdict`] for each challenge. Absent: what a model is, data, clock, disk. A model never changes while in use, as a
//! frozen baseline does not; how it fares is tracked live ([`track`]), and that only proposes to learn anew.

pub mod track;

use measure::statistics::paired_test;
use plant::Window;
use std::collections::VecDeque;

/// Fewest blocks that a comparison rests on.
const BLOCKS_MIN: usize = 3;
/// How likely a challenger must be the better one [1].
const SURE: f64 = 0.8;
/// Verdicts kept.
const VERDICTS_MAX: usize = 16;

/// Two losses on the same blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// Mean loss of what is in use, in the unit of the loss.
    pub in_use: f64,
    /// Mean loss of the challenger, in the same unit.
    pub challenger: f64,
    /// Blocks compared.
    pub blocks: usize,
    /// Probability that the challenger is the better one: one-sided paired t-test [1].
    pub probability: f64,
}

impl Comparison {
    /// Compares losses block by block; a block in which either is not finite speaks against the challenger alone if it is its own, and counts
    /// for neither otherwise.
    ///
    /// # Errors
    /// The losses are not of the same blocks, or of too few.
    pub fn of(in_use: &[f64], challenger: &[f64]) -> Result<Self, ContestError> {
        if in_use.len() != challenger.len() {
            return Err(ContestError::NotPaired { in_use: in_use.len(), challenger: challenger.len() });
        }
        let pairs: Vec<(f64, f64)> =
            in_use.iter().copied().zip(challenger.iter().copied()).filter(|(a, _)| a.is_finite()).collect();
        if pairs.len() < BLOCKS_MIN {
            return Err(ContestError::Blocks(pairs.len()));
        }
        let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / pairs.len() as f64;
        let gains: Vec<f64> = pairs.iter().map(|(a, b)| a - b).collect();
        let probability = if gains.iter().all(|g| g.is_finite()) { 1.0 - paired_test(&gains).1 } else { 0.0 };
        Ok(Self { in_use: mean(|p| p.0), challenger: mean(|p| p.1), blocks: pairs.len(), probability })
    }
    /// Whether the challenger has lower losses: enough where nothing is in use yet and a first choice is made.
    pub fn is_lower(&self) -> bool {
        self.challenger < self.in_use
    }
    /// Whether it has lower losses, and not by chance: what a swap needs, which costs a new version.
    pub fn is_better(&self) -> bool {
        self.is_lower() && self.probability >= SURE
    }
}

/// A model and what it was learned from.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned<M> {
    /// The model.
    pub model: M,
    /// The data that it has seen.
    pub window: Window,
}

/// A measured loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Mean over the blocks, in the unit of the loss.
    pub loss: f64,
    /// Blocks.
    pub blocks: usize,
    /// The data measured on; later than all that was learned from.
    pub on: Window,
}

/// How a challenge ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Version that was in use.
    pub version: u32,
    /// The losses.
    pub comparison: Comparison,
    /// The data that both were measured on.
    pub on: Window,
    /// Whether the challenger is in use now, under the next version.
    pub swapped: bool,
}

/// Why a challenge cannot be decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ContestError {
    /// So many blocks can be compared; at least 3 are needed.
    Blocks(usize),
    /// The data to compare on are not later than those learned from.
    NotLater {
        /// The data to compare on.
        on: Window,
        /// The data that one of the two has seen.
        seen: Window,
    },
    /// Losses of different blocks.
    NotPaired {
        /// Blocks of the model in use.
        in_use: usize,
        /// Blocks of the challenger.
        challenger: usize,
    },
}

impl std::fmt::Display for ContestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Blocks(n) => write!(f, "{n} blocks with a loss of the model in use; at least {BLOCKS_MIN} are needed"),
            Self::NotLater { on, seen } => write!(
                f,
                "models are compared on data from {} on, but one has seen data to {}; only later data are allowed",
                on.from, seen.to
            ),
            Self::NotPaired { in_use, challenger } => {
                write!(f, "{in_use} losses of the model in use, {challenger} of the challenger; both must be of the same blocks")
            }
        }
    }
}

impl std::error::Error for ContestError {}

/// The model in use.
#[derive(Clone, Debug, PartialEq)]
pub struct Champion<M> {
    learned: Learned<M>,
    version: u32,
    measured: Option<Measured>,
    verdicts: VecDeque<Verdict>,
}

impl<M> Champion<M> {
    /// The first one, version 1, not measured yet. A baseline that needs no learning (say what was a week ago) makes a good first: then
    /// nothing is ever in use that is not better than it was.
    pub const fn first(learned: Learned<M>) -> Self {
        Self { learned, version: 1, measured: None, verdicts: VecDeque::new() }
    }
    /// What is in use.
    pub const fn model(&self) -> &M {
        &self.learned.model
    }
    /// What it was learned from.
    pub const fn window(&self) -> Window {
        self.learned.window
    }
    /// Rises with every swap, from 1.
    pub const fn version(&self) -> u32 {
        self.version
    }
    /// Its loss on the newest data that it was compared on.
    pub const fn measured(&self) -> Option<Measured> {
        self.measured
    }
    /// The newest challenges, oldest first.
    pub fn verdicts(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts.iter()
    }
    /// Measures both on the same later data, and puts the challenger in use where it is better; where it is not it is let go. `losses` tells
    /// the losses of a model on `on`, block by block: a day each, say.
    ///
    /// # Errors
    /// One of the two has seen of the data, or there is too little to compare; then nothing has changed.
    pub fn challenge(
        &mut self,
        challenger: Learned<M>,
        on: Window,
        losses: impl Fn(&M) -> Vec<f64>,
    ) -> Result<Verdict, ContestError> {
        if let Some(seen) = [self.learned.window, challenger.window].into_iter().find(|w| w.to > on.from) {
            return Err(ContestError::NotLater { on, seen });
        }
        let comparison = Comparison::of(&losses(&self.learned.model), &losses(&challenger.model))?;
        let swapped = comparison.is_better();
        let verdict = Verdict { version: self.version, comparison, on, swapped };
        let loss = if swapped { comparison.challenger } else { comparison.in_use };
        self.measured = Some(Measured { loss, blocks: comparison.blocks, on });
        if swapped {
            self.learned = challenger;
            self.version += 1;
        }
        self.verdicts.push_back(verdict);
        if self.verdicts.len() > VERDICTS_MAX {
            self.verdicts.pop_front();
        }
        Ok(verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::{Chance, Instant, Span};
    use proptest::prelude::*;

    fn days(from: i64, to: i64) -> Window {
        let day = |d: i64| Instant::EPOCH + Span::from_days(d);
        Window { from: day(from), to: day(to) }
    }
    fn of(model: f64, to: i64) -> Learned<f64> {
        Learned { model, window: days(0, to) }
    }
    /// A model is a number, its loss the distance to 10, with a common disturbance a day.
    fn losses(model: &f64) -> Vec<f64> {
        let mut chance = Chance::seeded(3);
        (0..14).map(|_| (model - 10.0 - 0.1 * chance.normal()).abs()).collect()
    }

    #[test]
    fn a_table_of_challenges() {
        let mut champion = Champion::first(of(7.0, 10));
        let table = [(6.0, 20, 21, 1, 7.0), (9.0, 20, 30, 2, 9.0), (9.0, 40, 44, 2, 9.0), (10.2, 60, 74, 3, 10.2)];
        for (model, seen, from, version, left) in table {
            let verdict = champion.challenge(of(model, seen), days(from, from + 14), losses).expect("comparable");
            assert_eq!((champion.version(), *champion.model()), (version, left), "{verdict:?}");
        }
        assert_eq!(champion.window(), days(0, 60));
        let measured = champion.measured().expect("measured");
        assert!(measured.loss < 0.4 && measured.blocks == 14 && measured.on == days(74, 88));
        let swaps: Vec<bool> = champion.verdicts().map(|v| v.swapped).collect();
        assert_eq!(swaps, [false, true, false, true]);
    }

    #[test]
    fn data_that_one_has_seen_too_few_blocks_and_losses_that_are_no_numbers_change_nothing() {
        let mut champion = Champion::first(of(7.0, 10));
        let refused = champion.challenge(of(10.0, 30), days(29, 40), losses).expect_err("it has seen a day of it").to_string();
        assert!(refused.contains("1970-01-30") && refused.contains("1970-01-31"), "{refused}");
        assert!(champion.challenge(of(10.0, 10), days(9, 40), losses).is_err());
        assert_eq!(champion.challenge(of(10.0, 10), days(10, 12), |m| vec![*m; 2]), Err(ContestError::Blocks(2)));
        let wild = champion.challenge(of(f64::NAN, 10), days(10, 24), losses).expect("comparable");
        assert!(!wild.swapped && champion.version() == 1 && *champion.model() == 7.0);
        assert_eq!(Comparison::of(&[1.0; 4], &[1.0; 3]), Err(ContestError::NotPaired { in_use: 4, challenger: 3 }));
    }

    proptest! {
        #[test]
        fn what_is_in_use_is_never_worse_than_what_was_on_the_data_compared(models in prop::collection::vec(0.0..20.0_f64, 1..40)) {
            let mut champion = Champion::first(of(0.0, 1));
            for (i, model) in models.iter().enumerate() {
                let before = losses(champion.model());
                let from = 2 + 20 * i as i64;
                champion.challenge(of(*model, from), days(from, from + 14), losses).expect("comparable");
                prop_assert!(losses(champion.model()).iter().sum::<f64>() <= before.iter().sum::<f64>());
            }
            prop_assert!(champion.verdicts().count() <= VERDICTS_MAX);
        }
    }
}
