//! Pieces of one machine: how many are scrapped lately and when all is well, how long they take against plan, and how far
//! they are off nominal.
//!
//! Enters: pieces, cycle times, deviations. Leaves: shares and charts. Absent: limits, machines.

use super::standing::{Counted, Progress, reach};
use measure::statistics::{Moments, Smoothed};
use measure::{Estimate, Instant};
use plant::{About, Window};

/// Scrapped and all pieces, old ones fading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fading {
    memory: f64,
    hits: f64,
    trials: f64,
}

impl Fading {
    /// Counts that fade with a memory of so many pieces.
    pub const fn new(memory: f64) -> Self {
        Self { memory, hits: 0.0, trials: 0.0 }
    }
    /// Takes pieces.
    pub fn add(&mut self, hits: f64, trials: f64) {
        let keep = (-trials / self.memory).exp();
        self.hits = self.hits * keep + hits;
        self.trials = self.trials * keep + trials;
    }
    /// Forgets all pieces: the machine was serviced.
    pub const fn restart(&mut self) {
        (self.hits, self.trials) = (0.0, 0.0);
    }
    /// The share with its 90 % interval (E. B. Wilson, JASA 22, 1927); `None` below `least` pieces.
    pub fn share(&self, least: f64) -> Option<Estimate> {
        const Z: f64 = 1.644_854;
        if self.trials < least {
            return None;
        }
        let (n, share) = (self.trials, (self.hits / self.trials).clamp(0.0, 1.0));
        let scale = 1.0 + Z * Z / n;
        let middle = (share + Z * Z / (2.0 * n)) / scale;
        let reach = Z / scale * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        Some(Estimate::between((middle - reach).max(0.0), share, (middle + reach).min(1.0)))
    }
}

/// A chart of the deviation of pieces (EWMA: S. W. Roberts, Technometrics 1(3), 1959) over means of ten pieces: their
/// mean when all was well, and the smoothed mean now. Means of ten, because pieces of one lot are alike, so that single
/// pieces would promise more certainty than there is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chart {
    block: Moments,
    base: Moments,
    /// When the base was learned.
    window: Option<Window>,
    lately: Smoothed,
}

impl Chart {
    /// Weight of the newest mean of ten in the smoothed mean.
    pub const WEIGHT: f64 = 0.3;
    /// Pieces a mean.
    const BLOCK_PIECES: u64 = 10;
    /// Means from which the base is learned.
    pub const BASE_BLOCKS: u64 = 14;

    fn new() -> Self {
        Self { block: Moments::default(), base: Moments::default(), window: None, lately: Smoothed::new(Self::WEIGHT) }
    }
    /// Takes the deviation of one piece as a share of its tolerance [1].
    pub fn add(&mut self, at: Instant, deviation: f64) {
        self.block.add(deviation);
        if !self.is_learned() {
            reach(&mut self.window, at);
        }
        if self.block.count() < Self::BLOCK_PIECES {
            return;
        }
        let mean = std::mem::take(&mut self.block).mean();
        if !self.is_learned() {
            self.base.add(mean);
        }
        self.lately.add(mean);
    }
    /// Standard deviation of the smoothed mean, given that of the means of ten: that of an EWMA chart, σ √(λ / (2 − λ)).
    pub fn sigma(deviation: f64) -> f64 {
        deviation.max(1e-6) * (Self::WEIGHT / (2.0 - Self::WEIGHT)).sqrt()
    }
    const fn is_learned(&self) -> bool {
        self.base.count() >= Self::BASE_BLOCKS
    }
    /// The machine was serviced at an instant: it is in good order now, so the base is learned anew. A base that was learned later than that
    /// stays: the service is told a second time, after a start.
    pub fn restart(&mut self, at: Instant) {
        if self.window.is_none_or(|window| window.from < at) {
            *self = Self::new();
        }
    }
    /// Base mean, deviation of means of ten, and the smoothed mean now; `None` before the base is learned.
    pub fn figures(&self) -> Option<(f64, f64, f64)> {
        let ready = self.is_learned() && self.lately.count() > Self::BASE_BLOCKS;
        ready.then(|| (self.base.mean(), self.base.deviation(), self.lately.mean()))
    }
}

/// Gaps from which the usual share of stops is learned.
const STOPS_LEARNED: f64 = 200.0;

/// What is learned of a machine's pieces.
#[derive(Clone, Debug)]
pub struct Pieces {
    /// Scrap lately.
    pub lately: Fading,
    /// Scrap when the machine was in good order.
    pub base: Fading,
    /// Cycle time over planned cycle time [1].
    pub cycle_ratio: Smoothed,
    /// Deviation from nominal.
    pub chart: Chart,
    /// Stops before pieces lately, and when first seen.
    stops_lately: Fading,
    stops_base: Fading,
    /// When those first ones were seen.
    stops_window: Option<Window>,
    /// All pieces, and those scrapped.
    counted: (f64, f64),
}

impl Default for Pieces {
    fn default() -> Self {
        Self {
            lately: Fading::new(150.0),
            base: Fading::new(3_000.0),
            cycle_ratio: Smoothed::new(0.05),
            chart: Chart::new(),
            stops_lately: Fading::new(60.0),
            stops_base: Fading::new(1e6),
            stops_window: None,
            counted: (0.0, 0.0),
        }
    }
}

impl Pieces {
    /// How far the chart and the share of stops are.
    pub fn standings(&self) -> [(About, Progress); 2] {
        let chart = &self.chart;
        let pieces = |blocks: u64| (Chart::BLOCK_PIECES * blocks) as f64;
        let seen = pieces(chart.base.count()) + if chart.is_learned() { 0.0 } else { chart.block.count() as f64 };
        let learning = Progress::learning(seen, pieces(Chart::BASE_BLOCKS), Counted::Pieces);
        let deviation = chart.window.filter(|_| chart.is_learned()).map_or(learning, Progress::Frozen);
        let learning = Progress::learning(self.stops_base.trials.round(), STOPS_LEARNED, Counted::Pieces);
        let stops = self.stops_window.filter(|_| self.stops_base.trials >= STOPS_LEARNED).map_or(learning, Progress::Frozen);
        [(About::Deviation, deviation), (About::Stops, stops)]
    }
    /// What is frozen: of the chart blocks, mean and sum of squared deviations; of stops how many there were, and gaps.
    pub fn values(&self, about: About) -> Option<Vec<f64>> {
        match about {
            About::Deviation if self.chart.is_learned() => Some(self.chart.base.parts().to_vec()),
            About::Stops if self.stops_base.trials >= STOPS_LEARNED => Some(vec![self.stops_base.hits, self.stops_base.trials]),
            _ => None,
        }
    }
    /// Puts back what [`Self::values`] told.
    ///
    /// # Errors
    /// The values are none of it.
    pub fn recall(&mut self, about: About, values: &[f64], window: Window) -> Result<(), String> {
        let wrong = || format!("its {} values are none of such a baseline", values.len());
        match (about, values) {
            (About::Deviation, [blocks, mean, squares]) => {
                let base = Moments::from_parts([*blocks, *mean, *squares]).filter(|m| m.count() >= Chart::BASE_BLOCKS);
                self.chart = Chart { base: base.ok_or_else(wrong)?, window: Some(window), ..Chart::new() };
            }
            (About::Stops, [hits, trials]) if (0.0..=*trials).contains(hits) && (STOPS_LEARNED..1e9).contains(trials) => {
                (self.stops_base.hits, self.stops_base.trials, self.stops_window) = (*hits, *trials, Some(window));
            }
            _ => return Err(wrong()),
        }
        Ok(())
    }
    /// Takes a gap between pieces: whether a stop was in it.
    pub fn stop(&mut self, at: Instant, stopped: bool) {
        let hit = f64::from(u8::from(stopped));
        self.stops_lately.add(hit, 1.0);
        if self.stops_base.trials < STOPS_LEARNED {
            self.stops_base.add(hit, 1.0);
            reach(&mut self.stops_window, at);
        }
    }
    /// Share of gaps with a stop lately, and of the first ones; `None` before enough were seen [1].
    pub fn stops(&self) -> Option<(Estimate, Estimate)> {
        let base = self.stops_base.share(0.99 * STOPS_LEARNED)?;
        Some((self.stops_lately.share(30.0)?, base))
    }
    /// All pieces since something is remembered, and those of them that were scrapped.
    pub const fn counted(&self) -> (f64, f64) {
        self.counted
    }
    /// Takes pieces; `sound` says that nothing speaks against the machine being in good order.
    pub fn add(&mut self, good: f64, scrap: f64, sound: bool) {
        self.lately.add(scrap, good + scrap);
        self.counted = (self.counted.0 + good + scrap, self.counted.1 + scrap);
        if sound {
            self.base.add(scrap, good + scrap);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::statistics::share_estimate;

    #[test]
    fn the_interval_is_wilsons() {
        let mut counts = Fading::new(1e9);
        counts.add(3.0, 100.0);
        let (ours, exact) = (counts.share(10.0).expect("enough"), share_estimate(3.0, 100.0));
        assert!((ours.low - exact.low).abs() < 1e-6 && (ours.high - exact.high).abs() < 1e-6);
        assert_eq!(Fading::new(10.0).share(1.0), None);
    }

    #[test]
    fn old_pieces_fade() {
        let mut pieces = Pieces::default();
        (0..1_000).for_each(|_| pieces.add(1.0, 0.0, true));
        (0..300).for_each(|i| pieces.add(f64::from(u8::from(i % 5 != 0)), f64::from(u8::from(i % 5 == 0)), false));
        let lately = pieces.lately.share(30.0).expect("enough").value;
        assert!((0.14..0.21).contains(&lately), "{lately}");
        assert_eq!(pieces.base.share(30.0).expect("enough").value, 0.0);
    }

    #[test]
    fn the_chart_follows_a_shift_of_the_mean() {
        let m = |minutes: i64| Instant::from_seconds(60 * minutes);
        let mut chart = Chart::new();
        (0..300).for_each(|i| chart.add(m(i), if i / 10 % 2 == 0 { 0.1 } else { -0.1 }));
        let (base, deviation, lately) = chart.figures().expect("learned");
        assert!(base.abs() < 0.01 && (deviation - 0.1).abs() < 0.01 && lately.abs() < 0.03, "{base} {deviation} {lately}");
        (0..100).for_each(|i| chart.add(m(300 + i), 0.3 + if i % 2 == 0 { 0.1 } else { -0.1 }));
        assert!(chart.figures().is_some_and(|f| f.2 > 0.28 && f.0.abs() < 0.01));
        chart.restart(m(0));
        assert!(chart.figures().is_some(), "a service that was told before");
        chart.restart(m(400));
        assert!(chart.figures().is_none());
    }
}
