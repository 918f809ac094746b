//! Energy use or local generation of the whole next day, foretold when the day before is over, and of the day after it (day ahead), in equal
//! slots (96 quarters of an hour).
//!
//! ```text
//! days      |-------- learned from --------|- chosen on -|- against the baseline -|  next day
//!            features of each slot: the same slot of days before, whole days, weekday, what is known ahead
//! day ahead  what is foretold of the next day stands for it; the width is from days told in the same way, a day more ahead
//! ```
//!
//! Enters: whole days of values, NaN where nothing is known; columns known ahead (planned production, working hours, weather if it is told).
//! Leaves: [`DayAhead`], its [`Foretold`] slot by slot. Absent: machines, meters, clock. At most [`DAYS_MAX`] newest days count.

use super::score::Score;
use super::spread::Spread;
use super::{ForecastError, Foretold, floor, mean, squares};
use crate::boost::{Features, Forest, Goal, Settings};
use crate::champion::Comparison;

/// Newest days that count.
pub const DAYS_MAX: usize = 400;
/// Most weeks that the mean of a weekday goes back.
const WEEKS_MAX: usize = 57;
/// Most columns known ahead.
const KNOWN_MAX: usize = 16;
/// Most slots of a day.
const SLOTS_MAX: usize = 288;
/// Days before the first that can be learned from.
pub const BEFORE: usize = 14;
/// Fewest days.
pub const DAYS_MIN: usize = BEFORE + 21;
/// Most newest days that models are compared and residuals taken on; of shorter histories a third.
const JUDGED_MAX: usize = 56;
/// Share of them that the model is chosen on; the newer ones tell whether it replaces the baseline [1].
const CHOOSING: f64 = 0.6;
/// Days between two forests while models are compared.
const ANEW: usize = 14;

/// Whole days of a series.
#[derive(Clone, Copy, Debug)]
pub struct Days<'a> {
    /// Values slot by slot from a midnight on, in any unit.
    pub values: &'a [f64],
    /// Slots a day.
    pub slots: usize,
    /// Weekday of the first day, Monday 0.
    pub weekday: usize,
    /// Columns known ahead: a value a slot, for all days and the one foretold; NaN where it is not known.
    pub known: &'a [&'a [f64]],
}

/// What is foretold with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Yesterday again.
    Yesterday,
    /// The same day of last week again.
    LastWeek,
    /// Mean of all days before of the same weekday.
    Weekday,
    /// Boosted trees.
    Forest,
    /// Mean of trees and weekdays.
    Both,
}

impl Model {
    /// A code for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yesterday => "yesterday",
            Self::LastWeek => "last_week",
            Self::Weekday => "weekday",
            Self::Forest => "forest",
            Self::Both => "forest_and_weekday",
        }
    }
}

/// All models, the simple ones first; the first two are baselines.
const ALL: [Model; 5] = [Model::Yesterday, Model::LastWeek, Model::Weekday, Model::Forest, Model::Both];

/// What a model was off on the unit's own past.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tried {
    /// The model.
    pub model: Model,
    /// Root of its mean squared error over the days that the model was chosen on, in the unit of the series.
    pub rmse: f64,
}

/// A model chosen and learned, and how far off it was.
#[derive(Clone, Debug, PartialEq)]
pub struct DayAhead {
    /// The model in use.
    pub model: Model,
    /// The baseline beside it: the better one of the two.
    pub baseline: Model,
    /// All that were tried, best first.
    pub tried: Vec<Tried>,
    /// The best model against the baseline on the newer days, in mean squared errors; `None` where the baseline itself was best.
    pub against_baseline: Option<Comparison>,
    forest: Option<Forest>,
    spread: Spread,
    spread_ahead: Spread,
}

impl Days<'_> {
    /// Number of whole days.
    pub const fn count(&self) -> usize {
        self.values.len() / self.slots
    }
    fn check(&self) -> Result<(), ForecastError> {
        let outside = |what, found, (least, most): (usize, usize)| {
            (found < least || found > most).then_some(ForecastError::Outside { what, found, least, most })
        };
        let slots = outside("slots a day", self.slots, (1, SLOTS_MAX));
        let whole = |columns: usize| outside("columns known ahead", columns, (0, KNOWN_MAX));
        if let Some(error) = slots.or_else(|| outside("weekday", self.weekday, (0, 6))).or_else(|| whole(self.known.len())) {
            return Err(error);
        }
        let needed = (self.count() + 1) * self.slots;
        match self.known.iter().find(|k| k.len() < needed) {
            Some(short) => Err(ForecastError::Short { what: "values of a column known ahead", found: short.len(), needed }),
            None if self.count() < DAYS_MIN => {
                Err(ForecastError::Short { what: "whole days", found: self.count(), needed: DAYS_MIN })
            }
            None => Ok(()),
        }
    }
    fn day(&self, day: usize) -> &[f64] {
        &self.values[day * self.slots..(day + 1) * self.slots]
    }
    /// Mean over about an hour either way, of days that are over before `day`.
    fn around(&self, back: (usize, usize), slot: usize, reach: usize) -> f64 {
        let (day, back) = back;
        let middle = (day - back) * self.slots + slot;
        mean(self.values[middle.saturating_sub(reach)..(middle + reach + 1).min(day * self.slots)].iter().copied())
    }
    /// Slots of an hour, at least one.
    const fn hour(&self) -> usize {
        if self.slots < 24 { 1 } else { self.slots / 24 }
    }
    /// Features of each slot of a day, from the days before it and from what is known ahead of it; `day` may be the one after the last.
    /// There must be [`BEFORE`] days before it.
    pub fn features(&self, day: usize) -> Features {
        let whole = |d: usize| mean(self.day(d).iter().copied());
        let before = |back: usize| whole(day - back);
        let last = day * self.slots;
        let evening = mean(self.values[last.saturating_sub(4 * self.hour())..last].iter().copied());
        let days = [before(1), before(2), before(7), before(14), mean((1..=7).map(before)), evening, self.values[last - 1]];
        let alike: Vec<usize> = self.known.iter().map(|k| self.alike(k, day)).collect();
        let mut features = Features::new(21 + 4 * self.known.len());
        for slot in 0..self.slots {
            let at = |back: usize| self.values[last - back * self.slots + slot];
            let around = |back: usize| self.around((day, back), slot, self.hour());
            let same = (1..=8).map(|w| 7 * w).take_while(|b| *b <= day).map(around);
            let mut row: Vec<f64> = vec![slot as f64, at(1), around(1), around(2), around(3), at(7), around(7), around(14)];
            row.extend([mean((1..=7).map(at)), (1..=7).map(at).fold(0.0, f64::max), mean(same)]);
            row.extend(days);
            row.extend([around(1) - around(8), before(1) - before(8), ((self.weekday + day) % 7) as f64]);
            for (known, back) in self.known.iter().zip(&alike) {
                let today = &known[last..last + self.slots];
                row.extend([today[slot], mean(today.iter().copied()), around(*back), before(*back)]);
            }
            features.push(&row.iter().map(|x| *x as f32).collect::<Vec<_>>());
        }
        features
    }
    /// How many days before was the newest one whose mean of a column lies nearest.
    fn alike(&self, known: &[f64], day: usize) -> usize {
        let of = |d: usize| mean(known[d * self.slots..(d + 1) * self.slots].iter().copied());
        let off = |back: &usize| (of(day - back) - of(day)).abs();
        (1..=BEFORE).filter(|b| off(b).is_finite()).min_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(7)
    }
    /// Mean of all days before of the same weekday, slot by slot, over about half an hour either way.
    pub fn same_weekday(&self, day: usize) -> Vec<f64> {
        let backs: Vec<usize> = (1..).map(|w| 7 * w).take_while(|back| *back <= day).take(WEEKS_MAX).collect();
        let reach = self.hour() / 2;
        (0..self.slots).map(|slot| mean(backs.iter().map(|b| self.around((day, *b), slot, reach)))).collect()
    }
    /// Trees learned from days that are over; slots without a value are left out.
    pub fn forest(rows: &[(Features, Vec<f64>)]) -> Forest {
        let mut all = Features::new(rows.first().map_or(0, |d| d.0.width));
        let mut target = Vec::new();
        for (features, truth) in rows {
            for (slot, value) in truth.iter().enumerate().filter(|(_, v)| v.is_finite()) {
                all.push(features.row(slot));
                target.push(*value);
            }
        }
        let usual = Settings::usual(Goal::Number);
        let settings = Settings { rounds: 120, leaves: 8, rows_min: 150, rate: 0.05, features: 0.4, rows: 0.4, ..usual };
        Forest::learn(&all, &target, &settings)
    }
    /// Features and values of a day that is over.
    pub fn row(&self, day: usize) -> (Features, Vec<f64>) {
        (self.features(day), self.day(day).to_vec())
    }
    /// What a model says of a day, slot by slot; never below the least that can come.
    fn told(&self, model: Model, day: usize, forest: Option<(&Forest, &Features)>, least: f64) -> Vec<f64> {
        let newest = |step: usize| {
            let known = |slot: usize| {
                let mut values =
                    (1..).map(|k| k * step).take_while(|b| *b <= day).map(|b| self.values[(day - b) * self.slots + slot]);
                values.find(|x| x.is_finite()).unwrap_or(0.0)
            };
            (0..self.slots).map(known).collect::<Vec<f64>>()
        };
        let trees = || forest.map_or_else(|| newest(7), |(f, rows)| (0..self.slots).map(|s| f.number(rows.row(s))).collect());
        let mut told = match model {
            Model::Yesterday => newest(1),
            Model::LastWeek => newest(7),
            Model::Weekday => self.same_weekday(day),
            Model::Forest => trees(),
            Model::Both => trees().iter().zip(self.same_weekday(day)).map(|(a, b)| 0.5 * (a + b)).collect(),
        };
        told.iter_mut().for_each(|x| *x = if x.is_finite() { x.max(least) } else { 0.0 });
        told
    }
}

/// What each model said of the days judged, by model and day.
type Said = Vec<Vec<Vec<f64>>>;

impl DayAhead {
    /// Learns from days that are over; the columns known ahead must reach a day further.
    ///
    /// # Errors
    /// There are fewer than 35 days, or more slots or columns than allowed.
    pub fn learn(days: Days<'_>) -> Result<Self, ForecastError> {
        days.check()?;
        let count = days.count();
        let least = floor(days.values);
        let judged = count - (count / 3).min(JUDGED_MAX)..count;
        let first = BEFORE.max(count.saturating_sub(DAYS_MAX));
        let rows: Vec<(Features, Vec<f64>)> = (first..count).map(|d| days.row(d)).collect();
        let (said, forests) = said(&days, (first, &rows), judged.clone(), least);
        let losses: Vec<Vec<f64>> =
            said.iter().map(|told| judged.clone().zip(told).map(|(d, t)| squares(days.day(d), t)).collect()).collect();
        let choosing = ((judged.len() as f64 * CHOOSING).round() as usize).clamp(1, judged.len() - 1);
        let rmse = |place: usize| mean(losses[place][..choosing].iter().copied()).sqrt();
        let mut order: Vec<usize> = (0..ALL.len()).collect();
        order.sort_by(|a, b| rmse(*a).total_cmp(&rmse(*b)));
        let baseline = if rmse(0) < rmse(1) { 0 } else { 1 };
        let against_baseline =
            (order[0] > 1).then(|| Comparison::of(&losses[baseline][choosing..], &losses[order[0]][choosing..]).ok()).flatten();
        let chosen = if against_baseline.is_some_and(|c| c.is_lower()) { order[0] } else { baseline };
        let off = |(d, told): (usize, Vec<f64>)| {
            let pairs = told.into_iter().zip(days.day(d)).enumerate();
            pairs.map(|(slot, (told, came))| (slot, told, *came)).collect::<Vec<_>>()
        };
        let model = ALL[chosen];
        let said = &said[chosen];
        let ahead = said_ahead(&days, (judged.clone(), said), (model, &forests), least);
        Ok(Self {
            model,
            baseline: ALL[baseline],
            tried: order.iter().map(|p| Tried { model: ALL[*p], rmse: rmse(*p) }).collect(),
            against_baseline,
            forest: matches!(model, Model::Forest | Model::Both).then(|| Days::forest(&rows)),
            spread: Spread::learn(judged.zip(said.iter().cloned()).flat_map(off), least),
            spread_ahead: Spread::learn(ahead.into_iter().flat_map(off), least),
        })
    }
    /// The day after the last, slot by slot: of the days learned from, or of the same with what came since.
    ///
    /// # Errors
    /// As in learning.
    pub fn foretell(&self, days: Days<'_>) -> Result<Vec<Foretold>, ForecastError> {
        let told = self.say(self.model, days)?;
        Ok(told.iter().enumerate().map(|(slot, told)| self.spread.around(slot, *told)).collect())
    }
    /// The day after the next, slot by slot, while nothing is known of the next one; columns known ahead must reach two days further.
    ///
    /// # Errors
    /// As in learning.
    pub fn foretell_ahead(&self, days: Days<'_>) -> Result<Vec<Foretold>, ForecastError> {
        let values = followed(days.values, &self.say(self.model, days)?);
        let told = self.say(self.model, Days { values: &values, ..days })?;
        Ok(told.iter().enumerate().map(|(slot, told)| self.spread_ahead.around(slot, *told)).collect())
    }
    /// What the baseline says of that day.
    ///
    /// # Errors
    /// As in learning.
    pub fn baseline(&self, days: Days<'_>) -> Result<Vec<f64>, ForecastError> {
        self.say(self.baseline, days)
    }
    /// Mean pinball loss of each day from the `from`th on, foretold from all that came before it; NaN where nothing of it is known. What a
    /// [`crate::champion::Champion`] compares on later days.
    ///
    /// # Errors
    /// As in learning, of the days before the first.
    pub fn losses(&self, days: Days<'_>, from: usize) -> Result<Vec<f64>, ForecastError> {
        let of = |day: usize| {
            let before = Days { values: &days.values[..day * days.slots], ..days };
            let mut score = Score::default();
            self.foretell(before)?.iter().zip(days.day(day)).for_each(|(told, came)| score.add(told, *came));
            Ok(score.pinball())
        };
        (from..days.count()).map(of).collect()
    }
    fn say(&self, model: Model, days: Days<'_>) -> Result<Vec<f64>, ForecastError> {
        days.check()?;
        let features = self.forest.as_ref().map(|f| (f, days.features(days.count())));
        let forest = features.as_ref().map(|(forest, rows)| (*forest, rows));
        Ok(days.told(model, days.count(), forest, floor(days.values)))
    }
}

/// Days with one more that is only foretold.
pub(super) fn followed(values: &[f64], told: &[f64]) -> Vec<f64> {
    [values, told].concat()
}

/// What a model says of the days judged but the first, each while the day before it is only foretold.
fn said_ahead(
    days: &Days<'_>,
    (judged, said): (std::ops::Range<usize>, &[Vec<f64>]),
    (model, forests): (Model, &[Forest]),
    least: f64,
) -> Vec<(usize, Vec<f64>)> {
    let of = |(place, day): (usize, usize)| {
        let values = followed(&days.values[..(day - 1) * days.slots], &said[place - 1]);
        let over = Days { values: &values, ..*days };
        // the trees of the day before: they have not seen it
        let forest = forests.get((place - 1) / ANEW).filter(|_| matches!(model, Model::Forest | Model::Both));
        let features = forest.map(|f| (f, over.features(day)));
        (day, over.told(model, day, features.as_ref().map(|(forest, rows)| (*forest, rows)), least))
    };
    judged.enumerate().skip(1).map(of).collect()
}

/// What every model says of the days judged, and the trees, which are learned anew every two weeks from the days before.
fn said(
    days: &Days<'_>,
    (first, rows): (usize, &[(Features, Vec<f64>)]),
    judged: std::ops::Range<usize>,
    least: f64,
) -> (Said, Vec<Forest>) {
    let mut said = vec![Vec::new(); ALL.len()];
    let mut forests = Vec::new();
    for (place, day) in judged.enumerate() {
        if place % ANEW == 0 {
            forests.push(Days::forest(&rows[..day - first]));
        }
        let trees = forests.last().map(|f| (f, &rows[day - first].0));
        for (told, model) in said.iter_mut().zip(ALL) {
            told.push(days.told(model, day, trees, least));
        }
    }
    (said, forests)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::champion::{Champion, Learned};
    use measure::{Chance, Instant, Span};
    use plant::Window;
    use proptest::prelude::*;

    const SLOTS: usize = 24;

    /// A two-shift plant that stands still at week-ends, with days of slack that only the plan tells: load, plan.
    fn plant(days: usize, seed: u64) -> (Vec<f64>, Vec<f64>) {
        let mut chance = Chance::seeded(seed);
        let (mut load, mut plan) = (Vec::new(), Vec::new());
        for day in 0..days {
            let works = day % 7 < 5 && !chance.happens(0.2);
            for slot in 0..SLOTS {
                let busy = works && (6..22).contains(&slot);
                load.push(if busy { 100.0 + 10.0 * chance.normal() } else { 10.0 + chance.normal() });
                plan.push(f64::from(u8::from(works)));
            }
        }
        (load, plan)
    }
    /// Sun: a bell over the day, with cloudy and clear days.
    fn sun(days: usize, seed: u64) -> Vec<f64> {
        let mut chance = Chance::seeded(seed);
        let bell = |slot: usize| (std::f64::consts::PI * (slot as f64 - 6.0) / 12.0).sin().max(0.0);
        let of_day = |clear: f64| (0..SLOTS).map(move |slot| if (6..18).contains(&slot) { clear * bell(slot) } else { 0.0 });
        (0..days).flat_map(|_| of_day(chance.between(0.2, 1.0))).collect()
    }
    /// Learns from the first days, foretells each of the rest with all that came before it; nights count for nothing.
    fn judge(values: &[f64], known: &[&[f64]], (from, to): (usize, usize)) -> (DayAhead, Score) {
        let up_to = |day: usize| Days { values: &values[..day * SLOTS], slots: SLOTS, weekday: 0, known };
        let model = DayAhead::learn(up_to(from)).expect("days enough");
        let mut score = Score::default();
        for day in from..to {
            let told = model.foretell(up_to(day)).expect("days enough");
            told.iter()
                .zip(&values[day * SLOTS..])
                .filter(|(_, came)| **came > 0.0)
                .for_each(|(told, came)| score.add(told, *came));
        }
        (model, score)
    }

    #[test]
    fn a_plan_known_ahead_is_used_and_intervals_hold() {
        let (load, plan) = plant(180, 1);
        let (without, blind) = judge(&load, &[], (150, 180));
        let (with, told) = judge(&load, &[&plan], (150, 180));
        assert_eq!(with.model, Model::Forest, "{:?}", with.tried);
        assert!(told.mae() < 0.5 * blind.mae(), "{} {}", told.mae(), blind.mae());
        assert!((0.84..0.97).contains(&told.coverage()), "{}", told.coverage());
        assert!((0.80..0.99).contains(&blind.coverage()), "{}", blind.coverage());
        assert!(with.against_baseline.is_some_and(|c| c.is_better()) && without.tried.len() == ALL.len());
    }

    #[test]
    fn of_the_sun_nights_are_known_and_days_have_width() {
        let values = sun(150, 2);
        let (model, score) = judge(&values, &[], (120, 150));
        let told = model.foretell(Days { values: &values, slots: SLOTS, weekday: 0, known: &[] }).expect("days enough");
        assert!(
            told[2].quantiles[6] < 0.05 && told[12].quantiles[6] - told[12].quantiles[0] > 0.4,
            "{:?} {:?}",
            told[2],
            told[12]
        );
        assert!((0.84..0.97).contains(&score.coverage()), "{}", score.coverage());
    }

    #[test]
    fn what_repeats_exactly_is_left_to_the_baseline() {
        let values: Vec<f64> = (0..60 * SLOTS).map(|i| ((i / SLOTS) % 7 * 10 + i % SLOTS) as f64).collect();
        let days = Days { values: &values, slots: SLOTS, weekday: 3, known: &[] };
        let model = DayAhead::learn(days).expect("days enough");
        assert_eq!((model.model, model.baseline, model.against_baseline), (Model::LastWeek, Model::LastWeek, None));
        let told = model.foretell(days).expect("days enough");
        assert_eq!((told[5].mean, told[5].quantiles[0], told[5].quantiles[6]), (45.0, 45.0, 45.0));
        assert_eq!(model.baseline(days).expect("days enough")[5], 45.0);
    }

    #[test]
    fn the_day_after_the_next_is_told_from_what_is_told_of_the_next_and_its_intervals_hold_too() {
        // each day moves away from the one before, so that two days ahead is harder than one
        let mut chance = Chance::seeded(7);
        let mut level = 100.0;
        let mut values = Vec::new();
        for _ in 0..200 {
            level += 4.0 * chance.normal();
            values.extend((0..SLOTS).map(|_| level + chance.normal()));
        }
        let days = |count: usize| Days { values: &values[..count * SLOTS], slots: SLOTS, weekday: 0, known: &[] };
        let model = DayAhead::learn(days(150)).expect("days enough");
        let (mut next, mut ahead) = (Score::default(), Score::default());
        for day in 151..200 {
            let came = &values[day * SLOTS..(day + 1) * SLOTS];
            let of_next = model.foretell(days(day)).expect("days enough");
            let of_ahead = model.foretell_ahead(days(day - 1)).expect("days enough");
            of_next.iter().zip(came).for_each(|(told, came)| next.add(told, *came));
            of_ahead.iter().zip(came).for_each(|(told, came)| ahead.add(told, *came));
        }
        assert!(ahead.mae() > 1.2 * next.mae(), "{} {}", ahead.mae(), next.mae());
        assert!((0.78..0.98).contains(&ahead.coverage()), "{}", ahead.coverage());
    }

    /// A model learned from the first days, as a challenger.
    fn learned(values: &[f64], days: usize) -> Learned<DayAhead> {
        let window = Window { from: Instant::EPOCH, to: Instant::EPOCH + Span::from_days(days as i64) };
        let model = DayAhead::learn(Days { values: &values[..days * SLOTS], slots: SLOTS, weekday: 0, known: &[] });
        Learned { model: model.expect("days enough"), window }
    }
    /// How a model of 100 days fares against one of 170 on the two weeks after.
    fn contest(values: &[f64]) -> Champion<DayAhead> {
        let mut champion = Champion::first(learned(values, 100));
        let day = |d: i64| Instant::EPOCH + Span::from_days(d);
        let later = Days { values: &values[..184 * SLOTS], slots: SLOTS, weekday: 0, known: &[] };
        let losses = |model: &DayAhead| model.losses(later, 170).expect("days enough");
        champion.challenge(learned(values, 170), Window { from: day(170), to: day(184) }, losses).expect("comparable");
        champion
    }

    #[test]
    fn a_plant_that_has_changed_gets_a_new_model_and_one_that_has_not_keeps_its_own_unless_more_days_help() {
        let (same, _) = plant(184, 5);
        let mut changed = same.clone();
        changed[110 * SLOTS..].iter_mut().for_each(|x| *x *= 2.5);
        let swapped = contest(&changed);
        assert_eq!((swapped.version(), swapped.measured().map(|m| m.blocks)), (2, Some(14)));
        let kept = contest(&same);
        let verdict = *kept.verdicts().next().expect("one challenge");
        assert_eq!(verdict.swapped, verdict.comparison.is_better());
        let gain =
            |c: &Champion<DayAhead>| c.verdicts().next().map_or(0.0, |v| 1.0 - v.comparison.challenger / v.comparison.in_use);
        assert!(gain(&swapped) > 0.3 && gain(&kept).abs() < 0.15, "{} {}", gain(&swapped), gain(&kept));
    }

    #[test]
    fn gaps_are_borne_and_what_cannot_be_foretold_is_refused_with_what_is_allowed() {
        let (mut load, _) = plant(60, 3);
        load[30 * SLOTS..37 * SLOTS].fill(f64::NAN);
        load[59 * SLOTS + 3] = f64::NAN;
        let days = |values, known| Days { values, slots: SLOTS, weekday: 0, known };
        let told = DayAhead::learn(days(&load, &[])).and_then(|m| m.foretell(days(&load, &[]))).expect("days enough");
        assert!(told.iter().all(|f| f.mean.is_finite() && f.quantiles.iter().all(|q| q.is_finite())));
        let refused = |days| DayAhead::learn(days).expect_err("refused").to_string();
        assert_eq!(refused(days(&load[..34 * SLOTS], &[])), "34 whole days; at least 35 are needed");
        let short = [&load[..]];
        assert_eq!(refused(days(&load, &short)), "1440 values of a column known ahead; at least 1464 are needed");
        assert_eq!(refused(Days { slots: 0, ..days(&load, &[]) }), "slots a day is 0; allowed are 1 to 288");
        assert_eq!(refused(Days { weekday: 7, ..days(&load, &[]) }), "weekday is 7; allowed are 0 to 6");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(6))]
        #[test]
        fn never_uses_the_future_and_quantiles_rise(seed in 0_u64..99, other in 100_u64..199) {
            let (one, plan) = plant(70, seed);
            let mut two = plant(70, other).0;
            two[..60 * SLOTS].copy_from_slice(&one[..60 * SLOTS]);
            // The plan of the day foretold is known, and nothing after it.
            let mut until = plan.clone();
            until[61 * SLOTS..].fill(f64::NAN);
            let told = |values: &[f64], plan: &[f64]| {
                let known = [plan];
                // Features and models of a day within, of a series that goes on.
                let days = Days { values, slots: SLOTS, weekday: 0, known: &known };
                let over = Days { values: &values[..60 * SLOTS], ..days };
                let model = DayAhead::learn(over).expect("days enough");
                (days.features(60).values.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), days.same_weekday(60), model.foretell(over).expect("days enough"))
            };
            let (a, b) = (told(&one, &plan), told(&two, &until));
            prop_assert_eq!(&a, &b);
            for f in &a.2 {
                prop_assert!(f.quantiles.windows(2).all(|w| w[0] <= w[1]) && f.quantiles[0] >= 0.0);
            }
        }
    }
}
