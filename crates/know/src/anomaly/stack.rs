//! The three members together: a baseline that is learned and frozen, and the walk of rows against it.
//!
//! Enters: rows. Leaves: verdicts, shares of channels. Absent: episodes, machines.

use super::Rows;
use super::autoregress::{Autoregress, Smooth};
use super::level::{self, Level};
use super::opinions::Drifts;
use super::scale::{Feed, Scale};
use super::subspace::Subspace;
use super::tail::Tail;
use measure::statistics::quantile;
use std::sync::Arc;

/// Fewest rows to learn from.
const ROWS_MIN: usize = 120;
/// Most channels.
const CHANNELS_MAX: usize = 128;
/// Most rows learned from: more are left out at the front.
const ROWS_MAX: usize = 8_192;

/// Least that a channel adds to a member, in units of good order.
const LEAST_SHARE: f64 = 1e-6;

/// Why a baseline cannot be learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LearnError {
    /// So many rows were given; at least 120 are needed.
    Rows(usize),
    /// So many channels were given; allowed are 1 to 128.
    Channels(usize),
    /// The rows do not vary enough for any model.
    Constant,
}

impl std::fmt::Display for LearnError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rows(n) => write!(f, "{n} rows in good order; at least {ROWS_MIN} are needed"),
            Self::Channels(n) => write!(f, "{n} channels; allowed are 1 to {CHANNELS_MAX}"),
            Self::Constant => write!(f, "the rows do not vary, so that nothing can be learned from them"),
        }
    }
}

impl std::error::Error for LearnError {}

/// What good order looks like; never changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// Which baseline of its machine it is.
    pub version: u32,
    /// Rows learned from.
    pub rows: usize,
    /// Scores in good order.
    pub tail: Tail,
    scale: Scale,
    subspace: Subspace,
    autoregress: Autoregress,
    level: Level,
    /// 99 % quantiles in good order: of Q, and of T² quick and slow.
    usual: [f64; 3],
}

/// A row judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Common logarithm of how far out the row is; NaN until enough rows have come.
    pub score: f64,
    /// Members in the order of the house: subspace, autoregress, level.
    pub members: [f64; 3],
    /// A channel that repeats one value for longer than it ever does in good order.
    pub stuck: Option<usize>,
}

/// A baseline and the newest rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    baseline: Arc<Baseline>,
    feed: Feed,
    smooth: Smooth,
    /// Newest z rows, oldest first.
    history: Vec<f32>,
    heard: usize,
    z: Vec<f32>,
    scratch: Vec<f32>,
}

impl Baseline {
    /// Learned from rows in good order.
    ///
    /// # Errors
    /// Too few rows, too many channels, or rows that do not vary.
    pub fn learn(rows: Rows<'_>, version: u32) -> Result<Self, LearnError> {
        let channels = rows.channels;
        if !(1..=CHANNELS_MAX).contains(&channels) {
            return Err(LearnError::Channels(channels));
        }
        if rows.len() < ROWS_MIN {
            return Err(LearnError::Rows(rows.len()));
        }
        let newest = rows.len().saturating_sub(ROWS_MAX);
        let rows = Rows { values: &rows.values[newest * channels..], channels };
        let scale = Scale::learn(rows);
        let (mut feed, mut one, mut z) = (Feed::default(), Vec::new(), Vec::with_capacity(rows.values.len()));
        for row in rows.iter() {
            scale.apply(&mut feed, row, &mut one);
            z.extend_from_slice(&one);
        }
        let learned = || Some((Subspace::learn(&z, channels)?, Autoregress::learn(&z, channels)?, Level::learn(&z, channels)?));
        let (subspace, autoregress, level) = learned().ok_or(LearnError::Constant)?;
        let tail = Tail::default();
        let mut fresh = Self { version, rows: rows.len(), tail, scale, subspace, autoregress, level, usual: [1.0; 3] };
        fresh.learn_usual(rows);
        Ok(fresh)
    }
    /// Walks the rows learned from once more, for the statistics and scores of good order.
    fn learn_usual(&mut self, rows: Rows<'_>) {
        let mut stack = Stack::new(Arc::new(self.clone()));
        let mut seen: [Vec<f64>; 4] = Default::default();
        for row in rows.iter() {
            stack.push(row);
            if stack.is_ready() {
                let (q, quick_slow, level) = stack.statistics();
                for (list, value) in seen.iter_mut().zip([q, quick_slow[0], quick_slow[1], level]) {
                    list.push(value);
                }
            } else {
                stack.follow();
            }
        }
        let usual = |list: &Vec<f64>| quantile(list, 0.99).unwrap_or(1.0).max(1e-9);
        self.usual = [usual(&seen[0]), usual(&seen[1]), usual(&seen[2])];
        let score = |i: usize| fuse(self.members(seen[0][i], [seen[1][i], seen[2][i]], seen[3][i]));
        self.tail = Tail::learn((0..seen[0].len()).map(score));
    }
    fn members(&self, q: f64, quick_slow: [f64; 2], level: f64) -> [f64; 3] {
        let quick = (quick_slow[0] / self.usual[1]).log10();
        let slow = (quick_slow[1] / self.usual[2]).log10();
        [(q / self.usual[0]).log10(), 0.5 * (quick + slow), level.log10()]
    }
    /// Rows before the first score.
    fn reach(&self) -> usize {
        self.subspace.rows.max(level::ROWS).max(self.autoregress.order + 1)
    }
    /// Number of channels.
    pub const fn channels(&self) -> usize {
        self.scale.channels()
    }
    /// Usual value of a channel, in its own unit.
    pub fn mean(&self, channel: usize) -> f64 {
        self.scale.mean(channel)
    }
    /// Bytes held, without a handful.
    pub const fn bytes(&self) -> usize {
        4 * self.subspace.weight() + 8 * (self.autoregress.weight() + self.level.weight() + 4 * self.channels())
    }
}

/// Mean of the two lowest: one member alone raises nothing.
fn fuse(members: [f64; 3]) -> f64 {
    let highest = members.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    0.5 * (members.iter().sum::<f64>() - highest)
}

impl Stack {
    /// No row yet.
    pub fn new(baseline: Arc<Baseline>) -> Self {
        let history = vec![0.0; baseline.reach() * baseline.channels()];
        Self { baseline, feed: Feed::default(), smooth: Smooth::default(), history, heard: 0, z: Vec::new(), scratch: Vec::new() }
    }
    /// The baseline.
    pub const fn baseline(&self) -> &Arc<Baseline> {
        &self.baseline
    }
    /// Forgets the newest rows: after a long gap, or when the machine changed what it does.
    pub fn restart(&mut self) {
        (self.feed, self.smooth, self.heard) = (Feed::default(), Smooth::default(), 0);
        self.history.fill(0.0);
    }
    /// Takes a row; NaN where a channel was not heard.
    pub fn step(&mut self, row: &[f64]) -> Verdict {
        self.push(row);
        let stuck = self.baseline.scale.stuck(&self.feed);
        if !self.is_ready() {
            self.follow();
            return Verdict { score: f64::NAN, members: [f64::NAN; 3], stuck };
        }
        let (q, quick_slow, level) = self.statistics();
        let members = self.baseline.members(q, quick_slow, level);
        Verdict { score: fuse(members), members, stuck }
    }
    fn push(&mut self, row: &[f64]) {
        self.baseline.scale.apply(&mut self.feed, row, &mut self.z);
        let (channels, end) = (self.z.len(), self.history.len());
        self.history.copy_within(channels.., 0);
        self.history[end - channels..].copy_from_slice(&self.z);
        self.heard = (self.heard + 1).min(end);
    }
    fn is_ready(&self) -> bool {
        self.heard >= self.baseline.reach()
    }
    fn newest(&self, rows: usize) -> &[f32] {
        &self.history[self.history.len() - rows * self.baseline.channels()..]
    }
    /// Lets the smoothed residuals follow while the windows fill.
    fn follow(&mut self) {
        let rows = self.baseline.autoregress.order + 1;
        if self.heard >= rows {
            let start = self.history.len() - rows * self.baseline.channels();
            self.baseline.autoregress.step(&mut self.smooth, &self.history[start..]);
        }
    }
    fn statistics(&mut self) -> (f64, [f64; 2], f64) {
        let baseline = Arc::clone(&self.baseline);
        let start = |rows: usize| self.history.len() - rows * baseline.channels();
        let q = baseline.subspace.q(&self.history[start(baseline.subspace.rows)..], &mut self.scratch);
        let quick_slow = baseline.autoregress.step(&mut self.smooth, &self.history[start(baseline.autoregress.order + 1)..]);
        let level = Level::norm(&baseline.level.deviations(self.newest(level::ROWS)));
        (q, quick_slow, level)
    }
    /// Share of each channel in what is unusual now; they add up to 1. By the geometric mean of what the channel adds to each member, so that
    /// a channel which only one member blames counts for little, as in the score.
    pub fn shares(&self) -> Vec<f64> {
        let deviations = self.baseline.level.deviations(self.newest(level::ROWS));
        let level: Vec<f64> = deviations.iter().map(|d| d * d).collect();
        let subspace = self.baseline.subspace.shares(self.newest(self.baseline.subspace.rows));
        let mut foretold = self.baseline.autoregress.shares(&self.smooth);
        foretold.resize(level.len(), 0.0);
        let product = |i: usize| [level[i], subspace[i], foretold[i]].map(|x| x.max(LEAST_SHARE)).iter().product::<f64>().cbrt();
        let mut shares: Vec<f64> = (0..level.len()).map(product).collect();
        let whole: f64 = shares.iter().sum::<f64>().max(1e-300);
        shares.iter_mut().for_each(|s| *s /= whole);
        shares
    }
    /// The newest row, in deviations.
    pub fn newest_row(&self) -> &[f32] {
        &self.z
    }
    /// Sums of drifts against this baseline, still empty.
    pub fn drifts(&self) -> Drifts {
        Drifts::new(self.baseline.level.clone(), self.baseline.channels())
    }
    /// Bytes held by the walk, without the baseline.
    pub fn bytes(&self) -> usize {
        let channels = self.baseline.channels();
        4 * (self.history.len() + self.scratch.capacity() + self.z.capacity()) + 8 * 3 * channels + 16 * channels
    }
}
