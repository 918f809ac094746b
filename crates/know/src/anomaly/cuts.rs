//! A second opinion: how soon random cuts set a row apart from rows in good order (random cut forest: S. Guha, N. Mishra, G. Roy, O. Schrijvers,
//! ICML 2016).
//!
//! Enters: z rows. Leaves: a score from 0 to 1, the share of the remembered rows that the row is set apart from at one stroke, expected over
//! the cut that its insertion would draw. Absent: shapes, time; trees are frozen, so that a lasting fault is never learned. The same rows and
//! seed give the same trees.

use super::Rows;
use measure::Chance;

/// Trees, and rows of a tree.
const TREES: usize = 24;
const ROWS: usize = 48;

/// A box around some rows, cut in two.
#[derive(Clone, Debug, PartialEq)]
struct Node {
    low: Vec<f64>,
    high: Vec<f64>,
    rows: usize,
    /// Channel, value, places of both sides; none in a leaf.
    cut: Option<(usize, f64, usize, usize)>,
}

/// Trees of random cuts; frozen.
#[derive(Clone, Debug, PartialEq)]
pub struct Cuts {
    trees: Vec<Vec<Node>>,
}

impl Cuts {
    /// Learned from rows in good order; `None` where there are fewer than 8.
    pub fn learn(rows: Rows<'_>, seed: u64) -> Option<Self> {
        if rows.len() < 8 {
            return None;
        }
        let mut chance = Chance::seeded(seed);
        let mut tree = || {
            let mut drawn: Vec<usize> = (0..ROWS.min(rows.len())).map(|_| chance.below(rows.len() as u64) as usize).collect();
            drawn.sort_unstable();
            drawn.dedup();
            let mut nodes = Vec::new();
            grow(rows, &drawn, &mut nodes, &mut chance);
            nodes
        };
        Some(Self { trees: (0..TREES).map(|_| tree()).collect() })
    }
    /// How far apart a row is [1], over all trees.
    pub fn score(&self, row: &[f64]) -> f64 {
        self.trees.iter().map(|t| displaced(t, row)).sum::<f64>() / self.trees.len().max(1) as f64
    }
    /// Numbers held.
    pub fn weight(&self) -> usize {
        self.trees.iter().flatten().map(|n| 2 * n.low.len() + 4).sum()
    }
}

/// Grows the tree of some rows; returns the place of its root.
fn grow(rows: Rows<'_>, places: &[usize], nodes: &mut Vec<Node>, chance: &mut Chance) -> usize {
    let side = |pick: fn(f64, f64) -> f64, from: f64| -> Vec<f64> {
        (0..rows.channels).map(|c| places.iter().map(|p| rows.row(*p)[c]).fold(from, pick)).collect()
    };
    let (low, high) = (side(f64::min, f64::INFINITY), side(f64::max, f64::NEG_INFINITY));
    let place = nodes.len();
    let spans: f64 = low.iter().zip(&high).map(|(l, h)| h - l).sum();
    nodes.push(Node { low: low.clone(), high: high.clone(), rows: places.len(), cut: None });
    if places.len() < 2 || spans <= 0.0 || !spans.is_finite() {
        return place;
    }
    // A channel is drawn by its span, the value evenly within it.
    let mut at = chance.unit() * spans;
    let wide = (0..rows.channels).find(|c| {
        at -= high[*c] - low[*c];
        at < 0.0
    });
    let channel = wide.unwrap_or(0);
    let value = chance.between(low[channel], high[channel]);
    let (less, more): (Vec<usize>, Vec<usize>) = places.iter().partition(|p| rows.row(**p)[channel] <= value);
    if less.is_empty() || more.is_empty() {
        return place;
    }
    let (left, right) = (grow(rows, &less, nodes, chance), grow(rows, &more, nodes, chance));
    nodes[place].cut = Some((channel, value, left, right));
    place
}

/// Expected share of a tree's rows that a row is set apart from by the first cut between it and them: down the way of the row, each box is
/// cut beside it with the probability of what the row adds to the box over the box with it.
fn displaced(nodes: &[Node], row: &[f64]) -> f64 {
    let (mut place, mut still, mut sum) = (0, 1.0, 0.0);
    let Some(root) = nodes.first() else { return 0.0 };
    let whole = root.rows as f64;
    loop {
        let node = &nodes[place];
        let (mut beyond, mut spans) = (0.0, 0.0);
        for ((x, low), high) in row.iter().zip(&node.low).zip(&node.high) {
            beyond += (low - x).max(0.0) + (x - high).max(0.0);
            spans += high - low;
        }
        let apart = if beyond > 0.0 { beyond / (beyond + spans) } else { 0.0 };
        sum += still * apart * node.rows as f64 / whole;
        still *= 1.0 - apart;
        match node.cut {
            Some((channel, value, less, more)) if still > 1e-6 => place = if row[channel] <= value { less } else { more },
            _ => return sum,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two clouds of two channels.
    fn clouds(seed: u64, rows: usize) -> Vec<f64> {
        let mut chance = Chance::seeded(seed);
        let mut one = || {
            let middle = if chance.happens(0.5) { 3.0 } else { -3.0 };
            [middle + 0.3 * chance.normal(), middle + 0.3 * chance.normal()]
        };
        (0..rows).flat_map(|_| one()).collect()
    }

    #[test]
    fn rows_between_and_beyond_the_clouds_are_set_apart() {
        let values = clouds(1, 600);
        let cuts = Cuts::learn(Rows { values: &values, channels: 2 }, 7).expect("rows enough");
        let later = clouds(2, 200);
        let usual = later.chunks_exact(2).map(|r| cuts.score(r)).sum::<f64>() / 200.0;
        for row in [[0.0, 0.0], [3.0, -3.0], [9.0, 9.0]] {
            assert!(cuts.score(&row) > 4.0 * usual, "{row:?}: {} and {usual}", cuts.score(&row));
        }
    }

    #[test]
    fn too_few_rows_teach_nothing_and_equal_rows_are_one_leaf() {
        assert!(Cuts::learn(Rows { values: &[0.0; 14], channels: 2 }, 1).is_none());
        let cuts = Cuts::learn(Rows { values: &[2.0; 40], channels: 2 }, 1).expect("rows enough");
        assert_eq!((cuts.score(&[2.0, 2.0]), cuts.score(&[2.0, 3.0])), (0.0, 1.0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_score_is_a_share_and_the_same_every_time(seed in 0_u64..500, row in prop::array::uniform2(-50.0_f64..50.0)) {
            let values = clouds(seed, 100);
            let rows = Rows { values: &values, channels: 2 };
            let (one, two) = (Cuts::learn(rows, seed), Cuts::learn(rows, seed));
            prop_assert_eq!(&one, &two);
            let score = one.map_or(-1.0, |c| c.score(&row));
            prop_assert!((0.0..=1.0).contains(&score));
        }
        #[test]
        fn the_farther_out_the_higher(seed in 0_u64..100, near in 4.5_f64..10.0, more in 1.0_f64..50.0) {
            let values = clouds(seed, 300);
            let cuts = Cuts::learn(Rows { values: &values, channels: 2 }, 3).expect("rows enough");
            prop_assert!(cuts.score(&[near + more, near + more]) >= cuts.score(&[near, near]) - 1e-9);
        }
    }
}
