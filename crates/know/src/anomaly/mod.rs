//! Anomalies of one machine in a stream: some channels in, one score out, with the channels that make it up.
//!
//! ```text
//! row ── scale ──> z ──> history ──┬─ subspace      Q of a window outside its usual shapes  ─┐
//!  gaps, stuck channels            ├─ autoregress   what the rows before did not foretell   ─┼─ two lowest agree ──> score
//!                                  └─ level         means that left where they used to be   ─┘      │
//!                                                                             tail (probability) ───┴─ episode: one event
//! ```
//!
//! A [`Baseline`] is learned from rows in good order, then frozen under a version: a detector that goes on learning swallows a
//! lasting fault. A [`Stack`] walks rows against it. Each member gives the common logarithm of its statistic against the 99 %
//! quantile of good order; the two lowest of the three are averaged, so that no member raises an alarm alone.
//!
//! [`Discord`] looks at one channel alone: stretches unlike any before; [`discords`] reviews a period that is over. Second opinions are
//! [`Kernel`] (what a row should be) and [`Cuts`] (how soon random cuts set it apart); [`Cusum`] and [`PageHinkley`] sum up slow drifts.
//! [`Opinions`] are three of these, side by side. [`Adwin`] tells when a baseline no longer is what its machine does.
//!
//! Enters: rows of numbers, NaN where nothing was heard. Leaves: [`Verdict`]s, shares of channels, [`Episode`]s. Absent:
//! machines, roles, time: a row is a row. Everything is a value; the same rows give the same verdicts; memory is set by the
//! number of channels when the baseline is learned.

mod adwin;
mod autoregress;
mod cusum;
mod cuts;
mod discord;
mod episode;
mod kernel;
mod level;
mod opinions;
mod review;
mod scale;
mod stack;
mod subspace;
mod tail;

#[cfg(test)]
mod tests;

pub use adwin::{Adwin, Change};
pub use cusum::{Cusum, Drift, PageHinkley};
pub use cuts::Cuts;
pub use discord::{Discord, Surprise};
pub use episode::{Episode, Episodes};
pub use kernel::Kernel;
pub use opinions::{Drifts, Opinion, Opinions};
pub use review::{Unlike, discords, profile};
pub use stack::{Baseline, LearnError, Stack, Verdict};
pub use tail::Tail;

/// Rows as one slice: `channels` numbers a row, oldest row first.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The numbers.
    pub values: &'a [f64],
    /// Numbers a row, at least 1.
    pub channels: usize,
}

impl<'a> Rows<'a> {
    /// Number of whole rows.
    pub const fn len(&self) -> usize {
        self.values.len() / self.channels
    }
    /// Whether there is no whole row.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// A row.
    pub fn row(&self, place: usize) -> &'a [f64] {
        &self.values[place * self.channels..(place + 1) * self.channels]
    }
    /// The rows one by one.
    pub fn iter(&self) -> impl Iterator<Item = &'a [f64]> + use<'a> {
        self.values.chunks_exact(self.channels)
    }
    /// The first rows.
    pub fn first(&self, rows: usize) -> Self {
        Self { values: &self.values[..(rows * self.channels).min(self.values.len())], channels: self.channels }
    }
}
