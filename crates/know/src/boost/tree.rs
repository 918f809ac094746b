//! One tree, grown leaf by leaf: always the leaf that gains most.
//!
//! Enters: codes, derivatives of the loss. Leaves: a [`Tree`]. Absent: the loss.

use super::Settings;
use super::bins::Bins;

/// A node: a split, or a leaf with its value.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Node {
    Split { feature: u32, code: u8, edge: f32, low: u32, high: u32 },
    Leaf(f64),
}

/// A tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// Its value for a row; no number goes the low way.
    pub fn value(&self, row: &[f32]) -> f64 {
        let low = |feature: u32, edge: f32| row.get(feature as usize).is_none_or(|x| x.is_nan() || *x <= edge);
        self.walk(|feature, _, edge| low(feature, edge))
    }
    /// Its value for a row of codes.
    pub fn value_of(&self, code_of: impl Fn(usize) -> u8) -> f64 {
        self.walk(|feature, code, _| code_of(feature as usize) <= code)
    }
    fn walk(&self, is_low: impl Fn(u32, u8, f32) -> bool) -> f64 {
        let mut place = 0;
        loop {
            match self.nodes[place] {
                Node::Leaf(value) => return value,
                Node::Split { feature, code, edge, low, high } => {
                    place = if is_low(feature, code, edge) { low } else { high } as usize;
                }
            }
        }
    }
}

/// What a tree is grown from.
pub struct Grower<'a> {
    pub bins: &'a Bins,
    /// Codes feature by feature.
    pub codes: &'a [u8],
    /// Rows in all.
    pub n: usize,
    /// First and second derivative a row.
    pub slopes: &'a [(f32, f32)],
    /// Features it may split.
    pub features: &'a [usize],
    pub settings: &'a Settings,
}

/// Sums of a bin: first and second derivatives, rows.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    g: f64,
    h: f64,
    n: f64,
}

impl Sum {
    const fn plus(self, other: Self) -> Self {
        Self { g: self.g + other.g, h: self.h + other.h, n: self.n + other.n }
    }
    const fn minus(self, other: Self) -> Self {
        Self { g: self.g - other.g, h: self.h - other.h, n: self.n - other.n }
    }
}

/// Codes a feature.
const CODES: usize = 128;

struct Growing {
    node: usize,
    rows: Vec<u32>,
    sums: Vec<Sum>,
    whole: Sum,
    best: Option<Split>,
}

#[derive(Clone, Copy)]
struct Split {
    gain: f64,
    feature: usize,
    code: u8,
}

impl Grower<'_> {
    /// Grows a tree from these rows.
    pub fn grow(&self, rows: &[u32]) -> Tree {
        let first = self.leaf(0, rows.to_vec(), self.sums(rows));
        let mut nodes = vec![Node::Leaf(self.value(first.whole))];
        let mut leaves = vec![first];
        while leaves.len() < self.settings.leaves {
            let gain = |l: &Growing| l.best.map_or(0.0, |b| b.gain);
            let most = (0..leaves.len()).max_by(|a, b| gain(&leaves[*a]).total_cmp(&gain(&leaves[*b])));
            let Some((place, split)) = most.and_then(|p| Some((p, leaves[p].best?))) else { break };
            let leaf = leaves.swap_remove(place);
            let (parent, next) = (leaf.node, nodes.len());
            let (low, high) = self.part(&leaf, split, next);
            nodes.push(Node::Leaf(self.value(low.whole)));
            nodes.push(Node::Leaf(self.value(high.whole)));
            let edge = match split.code {
                0 => f32::NEG_INFINITY,
                code => self.bins.edges[split.feature][usize::from(code) - 1],
            };
            nodes[parent] =
                Node::Split { feature: split.feature as u32, code: split.code, edge, low: next as u32, high: next as u32 + 1 };
            leaves.extend([low, high]);
        }
        Tree { nodes }
    }
    /// Both sides of a split: the smaller is summed, the larger is what is left.
    fn part(&self, leaf: &Growing, split: Split, next: usize) -> (Growing, Growing) {
        let codes = &self.codes[split.feature * self.n..(split.feature + 1) * self.n];
        let (low, high): (Vec<u32>, Vec<u32>) = leaf.rows.iter().partition(|r| codes[**r as usize] <= split.code);
        let smaller = self.sums(if low.len() < high.len() { &low } else { &high });
        let larger: Vec<Sum> = leaf.sums.iter().zip(&smaller).map(|(all, part)| all.minus(*part)).collect();
        let (of_low, of_high) = if low.len() < high.len() { (smaller, larger) } else { (larger, smaller) };
        (self.leaf(next, low, of_low), self.leaf(next + 1, high, of_high))
    }
    fn sums(&self, rows: &[u32]) -> Vec<Sum> {
        let mut sums = vec![Sum::default(); self.features.len() * CODES];
        for (slot, feature) in self.features.iter().enumerate() {
            let codes = &self.codes[feature * self.n..(feature + 1) * self.n];
            let sums = &mut sums[slot * CODES..(slot + 1) * CODES];
            for row in rows {
                let (g, h) = self.slopes[*row as usize];
                let sum = &mut sums[usize::from(codes[*row as usize])];
                sum.g += f64::from(g);
                sum.h += f64::from(h);
                sum.n += 1.0;
            }
        }
        sums
    }
    fn leaf(&self, node: usize, rows: Vec<u32>, sums: Vec<Sum>) -> Growing {
        let own = |r: &u32| {
            let (g, h) = self.slopes[*r as usize];
            Sum { g: f64::from(g), h: f64::from(h), n: 1.0 }
        };
        let whole = rows.iter().map(own).fold(Sum::default(), Sum::plus);
        let best = self.best(&sums, whole);
        Growing { node, rows, sums, whole, best }
    }
    fn best(&self, sums: &[Sum], whole: Sum) -> Option<Split> {
        let worth = |s: Sum| s.g * s.g / (s.h + self.settings.ridge);
        let rows_min = self.settings.rows_min.max(1) as f64;
        let mut best: Option<Split> = None;
        for (slot, feature) in self.features.iter().enumerate() {
            let mut low = Sum::default();
            for code in 0..=self.bins.edges[*feature].len() {
                low = low.plus(sums[slot * CODES + code]);
                let high = whole.minus(low);
                if low.n < rows_min {
                    continue;
                }
                if high.n < rows_min {
                    break;
                }
                let gain = worth(low) + worth(high) - worth(whole);
                if gain > best.map_or(1e-9, |b| b.gain) {
                    best = Some(Split { gain, feature: *feature, code: code as u8 });
                }
            }
        }
        best
    }
    fn value(&self, whole: Sum) -> f64 {
        -self.settings.rate * whole.g / (whole.h + self.settings.ridge)
    }
}
