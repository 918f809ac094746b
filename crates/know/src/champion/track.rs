//! How a model in use fares: each forecast waits for what comes, then counts towards error, bias and coverage of lately.
//!
//! ```text
//! tell(due, foretold, baseline) ──> waiting ──came(due, value)──> error, bias, coverage, error of the baseline ──> Live
//!                                                                     └─ ADWIN on errors ──> Proposal to learn anew
//! ```
//!
//! Enters: forecasts with the instant that they are of, then what came. Leaves: [`Live`], a [`Proposal`]. Absent: models, clock; a proposal
//! changes nothing. Every forecast told is waiting, counted, or missed: its value never came.

use crate::anomaly::Adwin;
use crate::forecast::Foretold;
use measure::Instant;
use measure::statistics::{Smoothed, share_estimate};
use std::collections::BTreeMap;

/// Forecasts that wait at once; a week of quarters of an hour and a day.
pub const WAITING_MAX: usize = 768;
/// Weight of a new one in figures of lately: about the last 200 forecasts [1].
const LATELY: f64 = 0.01;
/// Forecasts that figures of lately rest on.
const ENOUGH: u64 = 200;
/// Share that a 90 % interval must still hold lately, as far as it can be told [1].
const HELD_MIN: f64 = 0.85;
/// Forecasts of lately that are as good as independent: neighbours are off together.
const INDEPENDENT: f64 = 50.0;
/// Error above that of the baseline from which on the baseline is the better one [1].
const WORSE: f64 = 1.1;
/// Errors beyond so many usual ones count as that.
const ERRORS_MAX: f64 = 10.0;
/// Change of the error told by chance, at each look [1].
const CHANGE_BY_CHANCE: f64 = 1e-4;
/// Share by which the error must have risen to be told [1].
const RISE: f64 = 1.25;

/// Forecasts refused because so many wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl std::fmt::Display for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{WAITING_MAX} forecasts wait for what comes; no more are taken")
    }
}

impl std::error::Error for Full {}

/// What speaks for learning anew.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Proposal {
    /// The error rose from the first to the second, in the unit of the series.
    Risen(f64, f64),
    /// The 90 % interval holds only this share lately [1].
    Missing(f64),
    /// The error is so many times that of the baseline lately [1].
    Worse(f64),
}

/// How a model fares, lately where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Live {
    /// Forecasts that came true or not, in all.
    pub count: u64,
    /// Forecasts whose value never came, in all.
    pub missed: u64,
    /// Forecasts refused, in all.
    pub refused: u64,
    /// Mean absolute error, in the unit of the series.
    pub error: f64,
    /// Mean of what was foretold too much, in the same unit.
    pub bias: f64,
    /// Share that the 90 % interval held [1].
    pub coverage: f64,
    /// Error over that of the baseline [1]; below 1 the model is the better one.
    pub against_baseline: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Waiting {
    told: Foretold,
    baseline: f64,
}

/// Sums of one model in use.
#[derive(Clone, Debug, PartialEq)]
pub struct Tracker {
    /// Usual error, in the unit of the series, from when the model was measured.
    usual: f64,
    waiting: BTreeMap<Instant, Waiting>,
    error: Smoothed,
    off: Smoothed,
    held: Smoothed,
    baseline: Smoothed,
    adwin: Adwin,
    risen: Option<(f64, f64)>,
    missed: u64,
    refused: u64,
}

impl Tracker {
    /// For a model whose mean absolute error was `usual` when it was measured, in the unit of the series.
    pub const fn new(usual: f64) -> Self {
        let fresh = Smoothed::new(LATELY);
        let adwin = Adwin::new((0.0, ERRORS_MAX), CHANGE_BY_CHANCE);
        let waiting = BTreeMap::new();
        Self { usual, waiting, error: fresh, off: fresh, held: fresh, baseline: fresh, adwin, risen: None, missed: 0, refused: 0 }
    }
    /// A forecast of an instant, with what the baseline says of it; a newer one of the same instant takes its place.
    ///
    /// # Errors
    /// Too many wait; it is counted as refused.
    pub fn tell(&mut self, due: Instant, told: Foretold, baseline: f64) -> Result<(), Full> {
        if self.waiting.len() >= WAITING_MAX && !self.waiting.contains_key(&due) {
            self.refused += 1;
            return Err(Full);
        }
        self.waiting.insert(due, Waiting { told, baseline });
        Ok(())
    }
    /// What came at an instant. Forecasts of earlier instants are missed: values come in turn. One that is no number is missed too.
    pub fn came(&mut self, at: Instant, value: f64) {
        let later = self.waiting.split_off(&at);
        self.missed += std::mem::replace(&mut self.waiting, later).len() as u64;
        let Some(Waiting { told, baseline }) = self.waiting.remove(&at) else { return };
        if !value.is_finite() {
            self.missed += 1;
            return;
        }
        let off = told.mean - value;
        self.error.add(off.abs());
        self.off.add(off);
        self.held.add(f64::from(u8::from(told.holds(value))));
        self.baseline.add((baseline - value).abs());
        let scale = if self.usual > 0.0 { self.usual } else { 1.0 };
        if let Some(change) = self.adwin.step(off.abs() / scale) {
            self.risen = (change.after > RISE * change.before).then_some((change.before * scale, change.after * scale));
        }
    }
    /// How the model fares; `None` before a first value came.
    pub fn live(&self) -> Option<Live> {
        let (error, baseline) = (self.error.mean(), self.baseline.mean());
        (self.error.count() > 0).then(|| Live {
            count: self.error.count(),
            missed: self.missed,
            refused: self.refused,
            error,
            bias: self.off.mean(),
            coverage: self.held.mean(),
            against_baseline: if error == 0.0 { 0.0 } else { error / baseline },
        })
    }
    /// Forecasts that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
    /// Whether something speaks for learning anew, the plainest first.
    pub fn proposal(&self) -> Option<Proposal> {
        let live = self.live().filter(|l| l.count >= ENOUGH)?;
        let held = share_estimate(live.coverage * INDEPENDENT, INDEPENDENT);
        let missing = (held.high < HELD_MIN).then_some(Proposal::Missing(live.coverage));
        let risen = self.risen.map(|(before, after)| Proposal::Risen(before, after));
        risen.or(missing).or_else(|| (live.against_baseline > WORSE).then_some(Proposal::Worse(live.against_baseline)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::LEVELS;
    use measure::statistics::normal_quantile;
    use measure::{Chance, Span};
    use proptest::prelude::*;

    fn at(step: u64) -> Instant {
        Instant::EPOCH + Span::from_minutes(15 * step as i64)
    }
    /// A forecast with the quantiles of a normal distribution.
    fn normal(mean: f64, deviation: f64) -> Foretold {
        Foretold { mean, quantiles: LEVELS.map(|level| mean + deviation * normal_quantile(level)) }
    }
    /// So many steps told right about noise of this deviation, on a tracker.
    fn walk(tracker: &mut Tracker, steps: std::ops::Range<u64>, (deviation, shift, baseline): (f64, f64, f64)) {
        let mut chance = Chance::seeded(steps.start + 7);
        for step in steps {
            tracker.tell(at(step), normal(50.0, 2.0), 50.0 + baseline).expect("room");
            tracker.came(at(step), 50.0 + shift + deviation * chance.normal());
        }
    }

    #[test]
    fn figures_of_a_table_by_hand() {
        let mut tracker = Tracker::new(1.0);
        assert_eq!((tracker.live(), tracker.proposal()), (None, None));
        let told = Foretold { mean: 10.0, quantiles: [8.0, 8.0, 9.0, 10.0, 11.0, 12.0, 12.0] };
        tracker.tell(at(1), told, 14.0).expect("room");
        tracker.came(at(1), 8.0);
        let live = tracker.live().expect("one came");
        assert_eq!((live.count, live.error, live.bias, live.coverage, live.against_baseline), (1, 2.0, 2.0, 1.0, 2.0 / 6.0));
    }

    #[test]
    fn a_model_that_holds_proposes_nothing_and_each_way_to_fail_is_told() {
        let mut well = Tracker::new(1.6);
        walk(&mut well, 0..2_000, (2.0, 0.0, 4.0));
        let live = well.live().expect("they came");
        assert!((0.86..0.95).contains(&live.coverage) && live.against_baseline < 0.5 && live.bias.abs() < 0.8, "{live:?}");
        assert_eq!(well.proposal(), None);
        // The error rises.
        let mut risen = well.clone();
        walk(&mut risen, 2_000..2_300, (6.0, 0.0, 40.0));
        assert!(
            matches!(risen.proposal(), Some(Proposal::Risen(before, after)) if after > 2.0 * before),
            "{:?}",
            risen.proposal()
        );
        // Intervals too narrow from the start.
        let mut narrow = Tracker::new(4.0);
        walk(&mut narrow, 0..600, (5.0, 0.0, 40.0));
        assert!(matches!(narrow.proposal(), Some(Proposal::Missing(share)) if share < 0.7), "{:?}", narrow.proposal());
        // Good intervals, but the baseline is the better one.
        let mut worse = Tracker::new(2.0);
        walk(&mut worse, 0..600, (0.5, 2.0, 2.0));
        assert!(matches!(worse.proposal(), Some(Proposal::Worse(times)) if times > 3.0), "{:?}", worse.proposal());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn every_forecast_is_waiting_counted_missed_or_refused(steps in prop::collection::vec((0_u64..2_000, any::<bool>()), 1..2_500)) {
            let mut tracker = Tracker::new(1.0);
            let mut replaced = 0;
            let (mut told, mut now) = (0, 0);
            for (step, tells) in steps {
                if tells {
                    told += 1;
                    let before = tracker.waiting();
                    let taken = tracker.tell(at(now + step), normal(1.0, 1.0), 1.0).is_ok();
                    replaced += u64::from(taken && tracker.waiting() == before);
                } else {
                    now += step / 100;
                    tracker.came(at(now), if step % 7 == 0 { f64::NAN } else { 1.0 });
                }
            }
            let counts = tracker.error.count() + tracker.missed + tracker.refused + replaced + tracker.waiting() as u64;
            prop_assert_eq!(counts, told);
            prop_assert!(tracker.waiting() <= WAITING_MAX);
        }
    }
}
