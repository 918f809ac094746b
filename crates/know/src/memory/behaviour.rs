//! How a machine's other channels behave while it produces: the stack of `anomaly` over rows of a minute, by product.
//!
//! Enters: gauge values; each minute whether the machine produced all through it, and what. Leaves: whether an episode is open, since
//! when, and which channels make it up. Absent: channels with a detector of their own (vibration, load, deviation, air flow), findings.
//!
//! The first [`Behaviour::ROWS`] minutes of a product are learned from, then the baseline is frozen; what follows never changes it. Where the
//! score has changed and then stayed as it is for as long, that is told: whoever agrees lets it be learned anew ([`Behaviour::relearn`]).

use crate::anomaly::{Adwin, Baseline, Drifts, Episodes, Rows, Stack, Verdict};
use measure::Instant;
use plant::{Channel, ChannelId, ChannelKind, MachineId, Plant, ProductId, Role};
use std::sync::Arc;

/// Most channels watched of a machine.
const CHANNELS_MAX: usize = 8;
/// Most products with a baseline of their own; pieces of others are not watched.
const REGIMES_MAX: usize = 4;
/// How often good order opens an episode by chance, a row [1].
const FALSE_A_ROW: f64 = 1e-7;
/// Score below which nothing is told: twice what is usual.
const SCORE_MIN: f64 = 0.3;
/// How often a fault begins, a row, before anything is known: one in ten weeks of work.
const PRIOR: f64 = 1e-5;
/// Probability that a drift or a stuck channel is no chance [1].
const SURE: f64 = 0.95;
/// Scores between which a change is looked for, rows between two of them, and how often one is told by chance.
const SCORES: (f64, f64) = (-2.0, 2.0);
const SCORE_EVERY: u64 = 5;
const CHANGE_BY_CHANCE: f64 = 1e-4;

/// An episode that is open.
#[derive(Clone, Debug, PartialEq)]
pub struct Unusual {
    /// Since when.
    pub since: Instant,
    /// Minutes judged since.
    pub minutes: u64,
    /// How many times the usual statistic it reaches now [1].
    pub times: f64,
    /// Probability that this is no chance [1].
    pub probability: f64,
    /// The channels with most of it, with their share [1], mean lately and usual mean in their own unit.
    pub channels: Vec<(ChannelId, f64, f64, f64)>,
    /// A channel that repeats one value.
    pub stuck: Option<ChannelId>,
    /// A channel whose small deviations have added up.
    pub drifting: Option<ChannelId>,
    /// Minutes for which the score has stayed on a new level, if it has for as long as is learned from.
    pub settled: Option<u64>,
}

#[derive(Clone, Debug)]
struct Regime {
    product: Option<ProductId>,
    /// Baselines learned so far.
    version: u32,
    /// Rows learned from; empty once the baseline is frozen.
    rows: Vec<f64>,
    watched: Option<Watched>,
}

#[derive(Clone, Debug)]
struct Watched {
    stack: Stack,
    episodes: Episodes,
    since: Option<Instant>,
    verdict: Verdict,
    stuck_since: Option<Instant>,
    drifts: Drifts,
    drift: Option<(usize, Instant)>,
    level: Adwin,
    changed: bool,
}

/// What is remembered of one machine's behaviour.
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    channels: Vec<ChannelId>,
    sums: Vec<f64>,
    counts: Vec<f64>,
    /// Smoothed values of the channels, over about a quarter of an hour.
    lately: Vec<f64>,
    regimes: Vec<Regime>,
    now: Option<usize>,
}

impl Behaviour {
    /// Minutes of a product that are learned from.
    pub const ROWS: usize = 720;

    /// Nothing remembered yet of a machine.
    pub fn new(plant: &Plant, machine: MachineId) -> Self {
        let watched = plant.channels_of(machine).filter(|c| is_watched(c));
        let channels: Vec<ChannelId> = watched.take(CHANNELS_MAX).map(|c| c.id).collect();
        let zeros = vec![0.0; channels.len()];
        Self { sums: zeros.clone(), counts: zeros, lately: vec![f64::NAN; channels.len()], channels, ..Self::default() }
    }
    /// Where each channel of a plant is watched, by channel.
    pub fn slots(all: &[Self], plant: &Plant) -> Vec<Option<u8>> {
        let slot = |c: &Channel| all.get(c.machine.index())?.channels.iter().position(|w| *w == c.id).map(|p| p as u8);
        plant.channels.iter().map(slot).collect()
    }
    /// A value of a channel.
    pub fn add(&mut self, slot: u8, value: f64) {
        if let Some(sum) = self.sums.get_mut(usize::from(slot)) {
            *sum += value;
            self.counts[usize::from(slot)] += 1.0;
        }
    }
    /// A minute is over; `product` is what was made all through it, `None` where the machine did not produce all the time.
    pub fn minute(&mut self, now: Instant, product: Option<Option<ProductId>>) {
        let mean = |(s, n): (&f64, &f64)| if *n > 0.0 { s / n } else { f64::NAN };
        let row: Vec<f64> = self.sums.iter().zip(&self.counts).map(mean).collect();
        self.sums.fill(0.0);
        self.counts.fill(0.0);
        let before = self.now;
        self.now = product.and_then(|p| self.regime(p));
        let Some(place) = self.now.filter(|_| row.iter().any(|x| x.is_finite())) else { return };
        for (lately, x) in self.lately.iter_mut().zip(&row).filter(|(_, x)| x.is_finite()) {
            *lately = if lately.is_finite() && before == self.now { *lately + (x - *lately) / 15.0 } else { *x };
        }
        let regime = &mut self.regimes[place];
        match &mut regime.watched {
            Some(watched) => watched.step(now, &row, before == self.now),
            None => regime.learn(&row),
        }
    }
    fn regime(&mut self, product: Option<ProductId>) -> Option<usize> {
        let place = self.regimes.iter().position(|r| r.product == product);
        if place.is_none() && self.regimes.len() < REGIMES_MAX && !self.channels.is_empty() {
            self.regimes.push(Regime { product, version: 0, rows: Vec::new(), watched: None });
            return Some(self.regimes.len() - 1);
        }
        place
    }
    /// Whether a baseline is there for what is made now.
    pub fn is_watched(&self) -> bool {
        self.watched().is_some()
    }
    fn watched(&self) -> Option<&Watched> {
        self.regimes.get(self.now?)?.watched.as_ref()
    }
    /// The episode that is open for what is made now.
    pub fn unusual(&self) -> Option<Unusual> {
        let watched = self.watched()?;
        let baseline = watched.stack.baseline();
        let stuck = watched.verdict.stuck.map(|i| self.channels[i]);
        let drifting = watched.drift.map(|(i, _)| self.channels[i]);
        let since = watched.since.or(watched.stuck_since).or(watched.drift.map(|d| d.1))?;
        let shares = watched.stack.shares();
        let mut order: Vec<usize> = (0..shares.len()).collect();
        order.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]));
        let told = |i: &usize| (self.channels[*i], shares[*i], self.lately[*i], baseline.mean(*i));
        // The three with most of it, and the one that drifts.
        let own = watched.drift.map(|d| d.0).filter(|i| !order[..order.len().min(3)].contains(i));
        let chance = baseline.tail.probability(watched.episodes.level());
        Some(Unusual {
            since,
            minutes: watched.episodes.open().map_or(0, |e| watched.episodes.row() - e.from),
            times: 10_f64.powf(watched.episodes.level()),
            probability: if stuck.or(drifting).is_some() { SURE } else { PRIOR / (PRIOR + chance) },
            channels: order.iter().take(3).chain(own.iter()).map(told).collect(),
            stuck,
            drifting,
            settled: watched.settled(),
        })
    }
    /// Learns what is made now anew, under the next version: on a decision, never by itself. Returns whether there was a baseline.
    pub fn relearn(&mut self) -> bool {
        let regime = self.now.and_then(|place| self.regimes.get_mut(place));
        regime.is_some_and(|r| r.watched.take().is_some())
    }
    /// Version of the baseline for what is made now.
    pub fn version(&self) -> Option<u32> {
        Some(self.watched()?.stack.baseline().version)
    }
    /// Bytes held, without a handful.
    pub fn bytes(&self) -> usize {
        let watched = |w: &Watched| w.stack.bytes() + w.stack.baseline().bytes() + w.drifts.bytes() + w.level.bytes();
        let of = |r: &Regime| 8 * r.rows.capacity() + r.watched.as_ref().map_or(0, watched);
        self.regimes.iter().map(of).sum()
    }
}

impl Regime {
    fn learn(&mut self, row: &[f64]) {
        self.rows.extend_from_slice(row);
        if self.rows.len() < Behaviour::ROWS * row.len() {
            return;
        }
        let rows = std::mem::take(&mut self.rows);
        // Rows from which nothing can be learned are let go; the next ones may be better.
        let Ok(baseline) = Baseline::learn(Rows { values: &rows, channels: row.len() }, self.version + 1) else { return };
        self.version += 1;
        let limit = baseline.tail.score_at(FALSE_A_ROW).max(SCORE_MIN);
        let episodes = Episodes::lasting(limit, baseline.tail.median());
        let verdict = Verdict { score: f64::NAN, members: [f64::NAN; 3], stuck: None };
        let stack = Stack::new(Arc::new(baseline));
        let (drifts, level) = (stack.drifts(), Adwin::new(SCORES, CHANGE_BY_CHANCE));
        let (since, stuck_since, drift) = (None, None, None);
        self.watched = Some(Watched { stack, episodes, since, verdict, stuck_since, drifts, drift, level, changed: false });
    }
}

impl Watched {
    fn step(&mut self, now: Instant, row: &[f64], goes_on: bool) {
        if !goes_on {
            self.stack.restart();
            self.drifts.restart();
        }
        self.verdict = self.stack.step(row);
        self.episodes.step(self.verdict.score);
        self.since = self.episodes.open().map(|_| self.since.unwrap_or(now));
        self.stuck_since = self.verdict.stuck.map(|_| self.stuck_since.unwrap_or(now));
        self.drifts.step(self.stack.newest_row());
        let (channel, share) = self.drifts.greatest();
        let before = self.drift.filter(|d| d.0 == channel);
        self.drift = (share > 1.0).then(|| before.unwrap_or((channel, now)));
        if self.episodes.row().is_multiple_of(SCORE_EVERY) {
            self.changed |= self.level.step(self.verdict.score).is_some();
        }
    }
    /// Minutes since the score changed for the last time, once they are as many as are learned from.
    fn settled(&self) -> Option<u64> {
        let minutes = self.level.length() * SCORE_EVERY;
        (self.changed && minutes >= Behaviour::ROWS as u64).then_some(minutes)
    }
}

/// Gauges that no other detector looks at and nobody sets by hand.
fn is_watched(channel: &Channel) -> bool {
    let roles = [Role::Power, Role::CycleTime, Role::Temperature, Role::AirPressure, Role::Other];
    channel.kind == ChannelKind::Gauge && roles.contains(&channel.role) && channel.writable.is_none()
}
