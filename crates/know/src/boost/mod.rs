//! Gradient boosting of regression trees on histograms (J. H. Friedman, Annals of Statistics 29(5), 2001; histograms and growth by
//! leaves as in G. Ke et al., NIPS 2017), and intervals that hold their coverage.
//!
//! ```text
//! Table of features ── bins ──> codes ── tree by tree on what is left over ──> Forest ── predict ──> value, or one a class
//!                                                         residuals out of fold ──> conformal ──> interval
//! ```
//!
//! Enters: features as rows, NaN where there is none; a target. Leaves: a [`Forest`], a value. Absent: what features mean. The same
//! table, settings and seed give the same forest.

mod bins;
pub mod conformal;
mod tree;

use bins::Bins;
use measure::Chance;
use tree::{Grower, Tree};

/// Features as rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    /// Numbers a row.
    pub width: usize,
    /// Rows one after the other.
    pub values: Vec<f32>,
}

impl Features {
    /// No row yet.
    pub const fn new(width: usize) -> Self {
        Self { width, values: Vec::new() }
    }
    /// One more row; its length must be the width.
    pub fn push(&mut self, row: &[f32]) {
        debug_assert_eq!(row.len(), self.width);
        self.values.extend_from_slice(row);
    }
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }
    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// A row.
    pub fn row(&self, place: usize) -> &[f32] {
        &self.values[place * self.width..(place + 1) * self.width]
    }
    /// The rows at these places.
    pub fn chosen(&self, places: &[usize]) -> Self {
        Self { width: self.width, values: places.iter().flat_map(|p| self.row(*p).iter().copied()).collect() }
    }
}

/// What is learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// A number, by least squares.
    Number,
    /// One of so many classes, numbered from 0, by cross-entropy.
    Classes(usize),
}

/// How it is learned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// What is learned.
    pub goal: Goal,
    /// Rounds; each grows one tree, or one a class.
    pub rounds: usize,
    /// Leaves of a tree.
    pub leaves: usize,
    /// Share of each tree's step that is taken.
    pub rate: f64,
    /// Fewest rows of a leaf.
    pub rows_min: usize,
    /// Ridge on the values of leaves.
    pub ridge: f64,
    /// Share of the features that each tree sees.
    pub features: f64,
    /// Share of the rows that each tree sees.
    pub rows: f64,
    /// Seed of what is drawn.
    pub seed: u64,
}

impl Settings {
    /// Settings that do well on a few thousand rows of sensor features.
    pub const fn usual(goal: Goal) -> Self {
        Self { goal, rounds: 300, leaves: 15, rate: 0.05, rows_min: 20, ridge: 1.0, features: 0.4, rows: 0.7, seed: 1 }
    }
}

/// What was learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Forest {
    start: Vec<f64>,
    /// Trees in turn of the outputs.
    trees: Vec<Tree>,
}

impl Forest {
    /// Learned from features and their targets; classes are numbers from 0. Rows beyond the shorter of the two are left out.
    pub fn learn(features: &Features, target: &[f64], settings: &Settings) -> Self {
        let n = features.len().min(target.len());
        let outputs = if let Goal::Classes(k) = settings.goal { k.max(2) } else { 1 };
        let start = starts(&target[..n], settings.goal, outputs);
        let mut forest = Self { start, trees: Vec::new() };
        if n == 0 {
            return forest;
        }
        let bins = Bins::learn(features);
        let codes = bins.codes(features);
        let mut chance = Chance::seeded(settings.seed);
        let mut scores: Vec<f64> = (0..n).flat_map(|_| forest.start.iter().copied()).collect();
        let mut slopes = vec![(0.0_f32, 0.0_f32); n];
        for _ in 0..settings.rounds {
            let rows: Vec<u32> = (0..n as u32).filter(|_| settings.rows >= 1.0 || chance.happens(settings.rows)).collect();
            let shares: Vec<Vec<f64>> = probabilities(&scores, settings.goal, outputs);
            for output in 0..outputs {
                slope(&mut slopes, target, (&scores, &shares), (settings.goal, output));
                let seen: Vec<usize> =
                    (0..features.width).filter(|_| settings.features >= 1.0 || chance.happens(settings.features)).collect();
                let grower = Grower { bins: &bins, codes: &codes, n, slopes: &slopes, features: &seen, settings };
                let tree = grower.grow(&rows);
                for row in 0..n {
                    scores[row * outputs + output] += tree.value_of(|feature| codes[feature * n + row]);
                }
                forest.trees.push(tree);
            }
        }
        forest
    }
    /// Raw scores: the number, or one a class.
    pub fn scores(&self, row: &[f32]) -> Vec<f64> {
        let mut scores = self.start.clone();
        let outputs = scores.len();
        for (i, tree) in self.trees.iter().enumerate() {
            scores[i % outputs] += tree.value(row);
        }
        scores
    }
    /// The number.
    pub fn number(&self, row: &[f32]) -> f64 {
        self.scores(row).first().copied().unwrap_or(0.0)
    }
    /// Probability of each class [1].
    pub fn classes(&self, row: &[f32]) -> Vec<f64> {
        softmax(&self.scores(row))
    }
}

fn starts(target: &[f64], goal: Goal, outputs: usize) -> Vec<f64> {
    let n = target.len().max(1) as f64;
    match goal {
        Goal::Number => vec![target.iter().sum::<f64>() / n],
        Goal::Classes(_) => {
            let count = |k: usize| target.iter().filter(|t| **t as usize == k).count() as f64;
            (0..outputs).map(|k| ((count(k) + 0.5) / (n + 0.5 * outputs as f64)).ln()).collect()
        }
    }
}

fn softmax(scores: &[f64]) -> Vec<f64> {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = scores.iter().map(|s| (s - most).exp()).collect();
    let whole: f64 = powers.iter().sum();
    powers.iter().map(|p| p / whole).collect()
}

fn probabilities(scores: &[f64], goal: Goal, outputs: usize) -> Vec<Vec<f64>> {
    match goal {
        Goal::Number => Vec::new(),
        Goal::Classes(_) => scores.chunks_exact(outputs).map(softmax).collect(),
    }
}

/// First and second derivative of the loss at each row.
fn slope(slopes: &mut [(f32, f32)], target: &[f64], (scores, shares): (&[f64], &[Vec<f64>]), (goal, output): (Goal, usize)) {
    for (row, slope) in slopes.iter_mut().enumerate() {
        *slope = match goal {
            Goal::Number => ((scores[row] - target[row]) as f32, 1.0),
            Goal::Classes(_) => {
                let p = shares[row][output];
                let is = f64::from(u8::from(target[row] as usize == output));
                ((p - is) as f32, (p * (1.0 - p)).max(1e-6) as f32)
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drawn(seed: u64, rows: usize) -> (Features, Vec<f64>) {
        let mut chance = Chance::seeded(seed);
        let (mut features, mut target) = (Features::new(4), Vec::new());
        for _ in 0..rows {
            let row: Vec<f32> = (0..4).map(|_| chance.between(-2.0, 2.0) as f32).collect();
            let y = f64::from(row[0]).sin() * 3.0 + f64::from(row[1] * row[2]);
            features.push(&row);
            target.push(y + 0.1 * chance.normal());
        }
        (features, target)
    }

    #[test]
    fn a_number_is_learned_far_better_than_its_mean() {
        let (features, target) = drawn(1, 2_000);
        let (later, truth) = drawn(2, 500);
        let forest = Forest::learn(&features, &target, &Settings { rows_min: 5, features: 1.0, ..Settings::usual(Goal::Number) });
        let error = (0..500).map(|i| (forest.number(later.row(i)) - truth[i]).powi(2)).sum::<f64>() / 500.0;
        let mean = truth.iter().sum::<f64>() / 500.0;
        let spread = truth.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / 500.0;
        assert!(error < 0.05 * spread, "{error} of {spread}");
    }

    #[test]
    fn classes_are_learned_and_their_probabilities_add_up() {
        let (mut features, target) = drawn(3, 1_500);
        let class: Vec<f64> = target.iter().map(|t| f64::from(u8::from(*t > -1.0)) + f64::from(u8::from(*t > 1.0))).collect();
        features.values.iter_mut().step_by(97).for_each(|x| *x = f32::NAN);
        let settings = Settings { rounds: 80, rows_min: 5, features: 1.0, ..Settings::usual(Goal::Classes(3)) };
        let forest = Forest::learn(&features.chosen(&(0..1_000).collect::<Vec<_>>()), &class[..1_000], &settings);
        let right = (1_000..1_500).filter(|i| {
            let p = forest.classes(features.row(*i));
            assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            (0..3).all(|k| p[k] <= p[class[*i] as usize])
        });
        assert!(right.count() > 420);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn the_same_table_gives_the_same_forest_and_no_number_is_wild(seed in 0_u64..99, hole in 0_usize..400) {
            let (mut features, target) = drawn(seed, 100);
            features.values[hole] = f32::NAN;
            let settings = Settings { rounds: 20, ..Settings::usual(Goal::Number) };
            let forest = Forest::learn(&features, &target, &settings);
            prop_assert_eq!(&forest, &Forest::learn(&features, &target, &settings));
            let (low, high) = target.iter().fold((f64::MAX, f64::MIN), |(l, h), t| (l.min(*t), h.max(*t)));
            let told = forest.number(&[f32::NAN, 1e30, -1e30, 0.0]);
            prop_assert!(told > low - (high - low) && told < high + (high - low));
        }
    }

    #[test]
    fn nothing_to_learn_from_gives_a_forest_that_says_nothing() {
        let forest = Forest::learn(&Features::new(2), &[], &Settings::usual(Goal::Number));
        assert_eq!(forest.number(&[1.0, 2.0]), 0.0);
    }
}
