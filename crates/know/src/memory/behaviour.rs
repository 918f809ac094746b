//! How a machine's other channels behave while it produces: the stack of `anomaly` over rows of a minute, by product.
//!
//! Enters: gauge values; each minute whether the machine produced all through it, and what. Leaves: whether an episode is open, since
//! when, and which channels make it up. Absent: channels with a detector of their own (vibration, load, deviation, air flow), findings.
//!
//! The first [`Behaviour::ROWS`] minutes of a product are learned from, then the baseline is frozen; what follows never changes it. Where the
//! score has changed and then stayed as it is for as long, that is told: whoever agrees lets it be learned anew ([`Behaviour::relearn`]).
//! A baseline is a function of the rows it was learned from: these are handed out once, and put back at the next start. Where a further product
//! needs room, the one that was not made for longest leaves.

use super::standing::{Counted, Progress, reach};
use crate::anomaly::{Adwin, Baseline, Drifts, Episodes, Rows, Stack, Verdict};
use measure::{Instant, Span};
use plant::{About, Channel, ChannelId, ChannelKind, Frozen, MachineId, Plant, ProductId, Role, Window};
use std::sync::Arc;

/// Most channels watched of a machine.
const CHANNELS_MAX: usize = 8;
/// Most products with a baseline of their own: those made last.
const REGIMES_MAX: usize = 4;
/// How often good order opens an episode by chance, a row [1].
const FALSE_A_ROW: f64 = 1e-7;
/// Score below which nothing is told: twice what is usual.
const SCORE_MIN: f64 = 0.3;
/// How often a fault begins, a row, before anything is known: one in ten weeks of work.
const PRIOR: f64 = 1e-5;
/// Probability that a drift or a stuck channel is no chance [1].
const SURE: f64 = 0.95;
/// What a row is the mean of.
const MINUTE: Span = Span::from_minutes(1);
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
    /// When it was made last.
    made: Instant,
    /// Minutes that began before it are not learned from: it was agreed then that they are over.
    after: Instant,
    /// Rows learned from; once the baseline is frozen they are kept until they are handed out.
    rows: Vec<f64>,
    /// First and last minute of them.
    learned: Option<Window>,
    watched: Option<Watched>,
}

#[derive(Clone, Debug)]
struct Watched {
    stack: Stack,
    episodes: Episodes,
    /// The newest minute judged.
    at: Instant,
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
    /// Forgets the values since the last minute: those that come before the first one are of no minute.
    pub fn begin(&mut self) {
        self.sums.fill(0.0);
        self.counts.fill(0.0);
    }
    /// A minute is over; `made` is the product made all through it, with the version under which its baseline would be learned; `None` where
    /// the machine did not produce all the time.
    pub fn minute(&mut self, now: Instant, made: Option<(Option<ProductId>, u32)>) {
        let mean = |(s, n): (&f64, &f64)| if *n > 0.0 { s / n } else { f64::NAN };
        let row: Vec<f64> = self.sums.iter().zip(&self.counts).map(mean).collect();
        self.begin();
        let before = self.now;
        self.now = made.and_then(|(product, _)| self.place_of(now, product));
        let Some((place, (_, version))) = self.now.zip(made) else { return };
        if !row.iter().any(|x| x.is_finite()) {
            return;
        }
        for (lately, x) in self.lately.iter_mut().zip(&row).filter(|(_, x)| x.is_finite()) {
            *lately = if lately.is_finite() && before == self.now { *lately + (x - *lately) / 15.0 } else { *x };
        }
        let regime = &mut self.regimes[place];
        match &mut regime.watched {
            Some(watched) => watched.step(now, &row, before == self.now),
            None => regime.learn(now, &row, version),
        }
    }
    /// The place of a product that is made now.
    fn place_of(&mut self, now: Instant, product: Option<ProductId>) -> Option<usize> {
        let place = self.place_for(now, product)?;
        if self.regimes.get(place).is_none_or(|r| r.product != product) {
            self.put(place, Regime::new(product, now));
        }
        self.regimes[place].made = now;
        Some(place)
    }
    /// Where a product is or would come, which is made at an instant: in the place of the one that was not made for longest, if need be.
    fn place_for(&self, made: Instant, product: Option<ProductId>) -> Option<usize> {
        if self.channels.is_empty() {
            return None;
        }
        let known = self.regimes.iter().position(|r| r.product == product);
        if known.is_some() || self.regimes.len() < REGIMES_MAX {
            return known.or(Some(self.regimes.len()));
        }
        let older = (0..self.regimes.len()).filter(|place| Some(*place) != self.now && self.regimes[*place].made < made);
        older.min_by_key(|place| self.regimes[*place].made)
    }
    fn put(&mut self, place: usize, regime: Regime) {
        match self.regimes.get_mut(place) {
            Some(other) => *other = regime,
            None => self.regimes.push(regime),
        }
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
        let since = watched.told_since()?;
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
    pub fn relearn(&mut self, now: Instant) -> bool {
        let Some(regime) = self.now.and_then(|place| self.regimes.get_mut(place)) else { return false };
        let had = regime.watched.is_some();
        if had {
            *regime = Regime { after: now, ..Regime::new(regime.product, regime.made) };
        }
        had
    }
    /// The channels of a row.
    pub fn channels(&self) -> &[ChannelId] {
        &self.channels
    }
    /// How far each product's baseline is.
    pub fn standings(&self) -> impl Iterator<Item = (About, Progress)> {
        let have = |r: &Regime| (r.rows.len() / self.channels.len().max(1)) as f64;
        self.regimes.iter().map(move |r| match (&r.watched, r.learned) {
            (Some(_), Some(learned)) => (About::Behaviour(r.product), Progress::Frozen(learned)),
            _ => (About::Behaviour(r.product), Progress::learning(have(r), Self::ROWS as f64, Counted::Minutes)),
        })
    }
    /// Hands out the rows that the frozen baseline of a product was learned from; there once.
    pub fn take_rows(&mut self, product: Option<ProductId>) -> Option<Vec<f64>> {
        let regime = self.regimes.iter_mut().find(|r| r.product == product && r.watched.is_some())?;
        Some(std::mem::take(&mut regime.rows)).filter(|rows| !rows.is_empty())
    }
    /// Puts the baseline of a product back; without rows it is learned anew from its instant on. `false` where there is no room: others were
    /// made later.
    ///
    /// # Errors
    /// Nothing can be learned from the rows; nothing is put back then.
    pub fn recall(&mut self, product: Option<ProductId>, baseline: &Frozen) -> Result<bool, String> {
        let Some(place) = self.place_for(baseline.used, product) else { return Ok(false) };
        let (channels, mut regime) = (self.channels.len(), Regime::new(product, baseline.used));
        if let Some(values) = baseline.values.as_deref() {
            if !values.len().is_multiple_of(channels) || values.len() > Self::ROWS * channels {
                return Err(format!("it has {} values, which are no rows of {channels} channels", values.len()));
            }
            let learned = Baseline::learn(Rows { values, channels }, baseline.version).map_err(|e| e.to_string())?;
            (regime.learned, regime.watched) = (Some(baseline.learned), Some(Watched::new(learned)));
        } else {
            regime.after = baseline.at;
        }
        self.put(place, regime);
        Ok(true)
    }
    /// When each product was made last.
    pub fn used(&self) -> impl Iterator<Item = (About, Instant)> {
        self.regimes.iter().map(|regime| (About::Behaviour(regime.product), regime.made))
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
    const fn new(product: Option<ProductId>, made: Instant) -> Self {
        Self { product, made, after: Instant::MIN, rows: Vec::new(), learned: None, watched: None }
    }
    fn learn(&mut self, now: Instant, row: &[f64], version: u32) {
        if now < self.after || now - self.after < MINUTE {
            return;
        }
        if self.rows.is_empty() {
            self.learned = None;
        }
        reach(&mut self.learned, now);
        self.rows.extend_from_slice(row);
        if self.rows.len() < Behaviour::ROWS * row.len() {
            return;
        }
        let Ok(baseline) = Baseline::learn(Rows { values: &self.rows, channels: row.len() }, version) else {
            // Rows from which nothing can be learned are let go; the next ones may be better.
            self.rows = Vec::new();
            return;
        };
        self.watched = Some(Watched::new(baseline));
    }
}

impl Watched {
    fn new(baseline: Baseline) -> Self {
        let limit = baseline.tail.score_at(FALSE_A_ROW).max(SCORE_MIN);
        let episodes = Episodes::lasting(limit, baseline.tail.median());
        let verdict = Verdict { score: f64::NAN, members: [f64::NAN; 3], stuck: None };
        let stack = Stack::new(Arc::new(baseline));
        let (drifts, level) = (stack.drifts(), Adwin::new(SCORES, CHANGE_BY_CHANCE));
        let (since, stuck_since, drift) = (None, None, None);
        Self { stack, episodes, at: Instant::MIN, since, verdict, stuck_since, drifts, drift, level, changed: false }
    }
    fn step(&mut self, now: Instant, row: &[f64], goes_on: bool) {
        if !goes_on {
            self.stack.restart();
            self.drifts.restart();
        }
        self.at = now;
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
    /// Since when something is unusual.
    fn told_since(&self) -> Option<Instant> {
        self.since.or(self.stuck_since).or(self.drift.map(|d| d.1))
    }
    /// Minutes since the score changed for the last time, once they are as many as are learned from. Where the change was before the start
    /// of the process, it shows by having been unusual for as long.
    fn settled(&self) -> Option<u64> {
        let minutes = self.level.length() * SCORE_EVERY;
        let lasts = || self.told_since().is_some_and(|since| (self.at - since).minutes() >= Behaviour::ROWS as f64);
        (minutes >= Behaviour::ROWS as u64 && (self.changed || lasts())).then_some(minutes)
    }
}

/// Gauges that no other detector looks at and nobody sets by hand.
fn is_watched(channel: &Channel) -> bool {
    let roles = [Role::Power, Role::CycleTime, Role::Temperature, Role::AirPressure, Role::Other];
    channel.kind == ChannelKind::Gauge && roles.contains(&channel.role) && channel.writable.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{START, Scene};
    use measure::{Chance, Span};
    use proptest::prelude::*;

    const ROLES: &[(Role, &str)] =
        &[(Role::State, "1"), (Role::Power, "W"), (Role::Temperature, "Cel"), (Role::AirPressure, "bar")];

    /// Rows of three channels: some wander, some have gaps or repeat themselves.
    fn rows(seed: u64, count: usize, gap: f64) -> Vec<[f64; 3]> {
        let (mut chance, mut swing) = (Chance::seeded(seed), 0.0);
        let mut row = || {
            swing = 0.9 * swing + chance.normal();
            let air = if chance.unit() < gap { f64::NAN } else { (6.0 + 0.05 * chance.normal()).min(6.0) };
            [9e3 + 150.0 * swing + 40.0 * chance.normal(), 180.0 + 0.3 * swing + 0.3 * chance.normal(), air]
        };
        (0..count).map(|_| row()).collect()
    }

    fn live(behaviour: &mut Behaviour, rows: &[[f64; 3]], from: i64) {
        for (minute, row) in (from + 1..).zip(rows) {
            let heard = (0..).zip(row).filter(|(_, x)| x.is_finite());
            heard.for_each(|(slot, x)| behaviour.add(slot, *x));
            behaviour.minute(START + Span::from_minutes(minute), Some((None, 1)));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn a_baseline_put_back_judges_the_same_to_the_last_bit(seed: u64, gap in 0.0..0.4, shift in 0.0..2_000.0) {
            let scene = Scene::new(&[("oven", "oven", &[], ROLES)]).expect("a plant");
            let mut first = Behaviour::new(&scene.plant, MachineId(0));
            live(&mut first, &rows(seed, Behaviour::ROWS, gap), 0);
            let taken = first.take_rows(None).expect("it is frozen");
            prop_assert!(taken.len() == 3 * Behaviour::ROWS && first.take_rows(None).is_none());
            let Some((_, Progress::Frozen(learned))) = first.standings().next() else { panic!("it is frozen") };
            prop_assert_eq!((learned.to - learned.from).minutes(), (Behaviour::ROWS - 1) as f64);
            let mut second = Behaviour::new(&scene.plant, MachineId(0));
            let kept = frozen(None, learned, Some(&taken));
            prop_assert_eq!(second.recall(None, &kept), Ok(true));
            prop_assert_eq!(first.standings().next(), second.standings().next());
            let mut next = rows(seed ^ 1, 240, gap);
            next.iter_mut().skip(60).for_each(|row| row[0] += shift);
            for (minute, row) in (0..).zip(next.chunks(1)) {
                live(&mut first, row, Behaviour::ROWS as i64 + minute);
                live(&mut second, row, Behaviour::ROWS as i64 + minute);
                let seen = |b: &Behaviour| b.regimes.iter().filter_map(|r| r.watched.as_ref()).map(|w| {
                    (w.verdict.score.to_bits(), w.verdict.members.map(f64::to_bits), w.episodes.level().to_bits())
                }).collect::<Vec<_>>();
                let (one, two) = (seen(&first), seen(&second));
                prop_assert!(one.len() == 1 && one == two, "minute {}", minute);
            }
            prop_assert_eq!(first.version(), Some(1));
            // but for the smoothed values that are shown, which begin anew
            let without_lately = |b: &Behaviour| b.unusual().map(|mut u| {
                u.channels.iter_mut().for_each(|channel| channel.2 = 0.0);
                u
            });
            prop_assert_eq!(without_lately(&first), without_lately(&second));
        }
    }

    fn m(minutes: i64) -> Instant {
        START + Span::from_minutes(minutes)
    }

    fn frozen(product: Option<ProductId>, learned: Window, values: Option<&[f64]>) -> Frozen {
        let (about, at, values) = (About::Behaviour(product), learned.to, values.map(Arc::from));
        Frozen { machine: MachineId(0), about, version: 1, at, used: at, learned, channels: Vec::new(), values }
    }

    fn products(behaviour: &Behaviour) -> Vec<u16> {
        let mut all: Vec<u16> = behaviour.regimes.iter().filter_map(|r| Some(r.product?.0)).collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn what_is_no_baseline_is_told_and_takes_no_room() {
        let scene = Scene::new(&[("oven", "oven", &[], ROLES)]).expect("a plant");
        let mut behaviour = Behaviour::new(&scene.plant, MachineId(0));
        let window = Window { from: START, to: START };
        let mut refused = |values: &[f64]| behaviour.recall(None, &frozen(None, window, Some(values))).expect_err("no baseline");
        assert_eq!(refused(&[1.0; 7]), "it has 7 values, which are no rows of 3 channels");
        assert_eq!(refused(&[1.0; 30]), "10 rows in good order; at least 120 are needed");
        assert!(behaviour.regimes.is_empty());
    }

    /// Every order that a customer put together is of a product of its own.
    #[test]
    fn the_product_that_was_not_made_for_longest_makes_room() {
        let scene = Scene::new(&[("oven", "oven", &[], ROLES)]).expect("a plant");
        let mut behaviour = Behaviour::new(&scene.plant, MachineId(0));
        let rows = rows(5, Behaviour::ROWS, 0.0);
        let mut now = 0;
        let mut make = |behaviour: &mut Behaviour, product: u16, minutes: usize| {
            for row in &rows[..minutes] {
                (0..).zip(row).for_each(|(slot, x)| behaviour.add(slot, *x));
                now += 1;
                behaviour.minute(m(now), Some((Some(ProductId(product)), 1)));
            }
        };
        make(&mut behaviour, 0, Behaviour::ROWS);
        for custom in 1..=9 {
            make(&mut behaviour, custom, 100);
            make(&mut behaviour, 0, 10);
            assert!(behaviour.is_watched(), "the series product is watched after custom order {custom}");
        }
        assert_eq!(products(&behaviour), [0, 7, 8, 9]);
        make(&mut behaviour, 20, Behaviour::ROWS);
        assert!(behaviour.is_watched(), "a further product is learned");
        assert_eq!(products(&behaviour), [0, 8, 9, 20]);
    }

    #[test]
    fn the_newest_products_are_recalled_in_whatever_order_they_come() {
        let scene = Scene::new(&[("oven", "oven", &[], ROLES)]).expect("a plant");
        let values = rows(5, Behaviour::ROWS, 0.0).concat();
        for order in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 0, 5, 1, 4, 2]] {
            let mut behaviour = Behaviour::new(&scene.plant, MachineId(0));
            let mut taken = 0;
            for product in order {
                // product 1 was learned before 5, and made after it
                let used = m(if product == 1 { 9_000 } else { 1_000 * i64::from(product) });
                let learned = Window { from: START, to: START };
                let baseline = Frozen { used, ..frozen(Some(ProductId(product)), learned, Some(&values)) };
                taken += usize::from(behaviour.recall(baseline.about.product(), &baseline).expect("sound"));
            }
            assert_eq!(products(&behaviour), [1, 3, 4, 5], "{order:?}");
            assert!((REGIMES_MAX..=6).contains(&taken));
        }
    }

    #[test]
    fn after_a_restart_what_was_before_an_agreed_relearning_is_not_learned_from() {
        let scene = Scene::new(&[("oven", "oven", &[], ROLES)]).expect("a plant");
        let mut behaviour = Behaviour::new(&scene.plant, MachineId(0));
        let (agreed, rows) = (Window { from: m(60), to: m(60) }, rows(6, Behaviour::ROWS, 0.0));
        assert_eq!(behaviour.recall(None, &Frozen { version: 2, ..frozen(None, agreed, None) }), Ok(true));
        live(&mut behaviour, &rows[..60], 0);
        let have = |b: &Behaviour| b.standings().next().map(|told| told.1);
        assert_eq!(have(&behaviour), Some(Progress::learning(0.0, 720.0, Counted::Minutes)));
        live(&mut behaviour, &rows, 60);
        let Some(Progress::Frozen(learned)) = have(&behaviour) else { panic!("it is learned") };
        assert_eq!((learned.from, learned.to), (m(61), m(780)));
    }
}
