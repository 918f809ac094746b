//! Days foretold one by one, beside the baseline: what the sets of energy share.
//!
//! Enters: whole days of a series, the first to foretell. Leaves: scores of the model chosen and of the baseline. Absent: sets. The model is
//! learned anew every [`ANEW`] days from all days that are over; quantiles of the baseline are made the same way, from what it was off before.

use crate::forecast::ForecastError;
use crate::forecast::day::{DayAhead, Days};
use crate::forecast::score::{Score, naive_error};
use crate::forecast::spread::Spread;
use std::collections::VecDeque;

/// Days between two models.
const ANEW: usize = 28;
/// Days that the quantiles of the baseline rest on.
const BACK: usize = 56;

/// What came of it; errors in units of the mean difference of values a week apart before the first day foretold, so that series add up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    pub model: Score,
    pub baseline: Score,
}

impl Outcome {
    /// Takes in another series.
    pub fn merge(&mut self, other: &Self) {
        self.model.merge(&other.model);
        self.baseline.merge(&other.baseline);
    }
}

/// Foretells the days from `cut` on.
///
/// # Errors
/// There are too few days before, or they never differ.
pub fn judge(days: Days<'_>, cut: usize) -> Result<Outcome, String> {
    let slots = days.slots;
    let told = |e: ForecastError| e.to_string();
    let scale = naive_error(&days.values[..cut * slots], 7 * slots).ok_or("no two weeks of it differ")?;
    let scaled: Vec<f64> = days.values.iter().map(|x| x / scale).collect();
    let up_to = |day: usize| Days { values: &scaled[..day * slots], ..days };
    let mut outcome = Outcome::default();
    let mut model: Option<DayAhead> = None;
    let mut off: VecDeque<Vec<(usize, f64, f64)>> = VecDeque::new();
    for day in cut..days.count() {
        if (day - cut).is_multiple_of(ANEW) {
            let fresh = DayAhead::learn(up_to(day)).map_err(told)?;
            if off.is_empty() {
                for before in day - BACK.min(cut / 3)..day {
                    off.push_back(pairs(&fresh, up_to(before), &scaled[before * slots..]).map_err(told)?);
                }
            }
            model = Some(fresh);
        }
        let Some(model) = &model else { continue };
        let came = &scaled[day * slots..(day + 1) * slots];
        model.foretell(up_to(day)).map_err(told)?.iter().zip(came).for_each(|(told, came)| outcome.model.add(told, *came));
        let spread = Spread::learn(off.iter().flatten().copied(), 0.0);
        let naive = pairs(model, up_to(day), came).map_err(told)?;
        naive.iter().for_each(|(slot, told, came)| outcome.baseline.add(&spread.around(*slot, *told), *came));
        off.push_back(naive);
        off.pop_front();
    }
    Ok(outcome)
}

/// What the baseline said of the day after `days`, slot by slot, and what came.
fn pairs(model: &DayAhead, days: Days<'_>, came: &[f64]) -> Result<Vec<(usize, f64, f64)>, ForecastError> {
    let told = model.baseline(days)?;
    Ok(told.iter().zip(came).enumerate().map(|(slot, (told, came))| (slot, *told, *came)).collect())
}
