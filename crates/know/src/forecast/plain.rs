//! The next day from the days before without anything learned: what a unit says of itself in its first weeks, and what a learned model has to beat.
//!
//! ```text
//! two days or more ── yesterday | a week ago | mean of a week ── the one that was off least lately ──> next day, quantiles from what was off
//! ```
//!
//! Enters: whole days of values ([`Days`]), NaN where nothing is known. Leaves: [`Foretold`] slot by slot. Absent: learning, columns known ahead.

use super::day::Days;
use super::spread::Spread;
use super::{ForecastError, Foretold, floor, mean, squares};

/// Fewest days: one to say something, one to see how far off it was.
pub const DAYS_MIN: usize = 2;
/// Newest days that the way is chosen on and residuals are taken from.
const JUDGED_MAX: usize = 28;
/// Days of a mean.
const WEEK: usize = 7;

/// How the next day is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Mean of the last week, slot by slot.
    Recent,
    /// Yesterday again.
    Yesterday,
    /// The same day of last week again.
    LastWeek,
}

const ALL: [Way; 3] = [Way::Recent, Way::Yesterday, Way::LastWeek];

impl Way {
    /// A code for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Recent => "recent",
            Self::Yesterday => "yesterday",
            Self::LastWeek => "last_week",
        }
    }
    /// What it says of a day from those before it; NaN where these are not known.
    fn say(self, days: &Days<'_>, day: usize) -> Vec<f64> {
        let at = |back: usize, slot: usize| {
            day.checked_sub(back).and_then(|d| days.values.get(d * days.slots + slot)).copied().unwrap_or(f64::NAN)
        };
        let of = |slot: usize| match self {
            Self::Recent => mean((1..=WEEK).map(|back| at(back, slot))),
            Self::Yesterday => at(1, slot),
            Self::LastWeek => at(WEEK, slot),
        };
        (0..days.slots).map(of).collect()
    }
}

/// The way chosen and what it was off.
#[derive(Clone, Debug, PartialEq)]
pub struct Plain {
    /// The way.
    pub way: Way,
    spread: Spread,
    least: f64,
}

impl Plain {
    /// Chooses the way that was off least on the newest days.
    ///
    /// # Errors
    /// There are fewer than [`DAYS_MIN`] days, or none of them can be compared.
    pub fn of(days: Days<'_>) -> Result<Self, ForecastError> {
        let count = days.count();
        let short = |found| ForecastError::Short { what: "whole days", found, needed: DAYS_MIN };
        if count < DAYS_MIN {
            return Err(short(count));
        }
        let judged = count.saturating_sub(JUDGED_MAX).max(1)..count;
        let came = |day: usize| &days.values[day * days.slots..(day + 1) * days.slots];
        // a way must say as much as the first one does, or luck on few days would choose it
        let told = |way: Way| judged.clone().map(move |day| (day, way.say(&days, day)));
        let known = |way: Way| told(way).filter(|(_, said)| said.iter().any(|x| x.is_finite())).count();
        let loss = |way: Way| mean(told(way).map(|(day, said)| squares(came(day), &said)));
        let whole = known(Way::Recent);
        let able = ALL.into_iter().filter(|way| 2 * known(*way) > whole && loss(*way).is_finite());
        let way = able.min_by(|a, b| loss(*a).total_cmp(&loss(*b))).ok_or_else(|| short(0))?;
        let least = floor(days.values);
        let pairs = told(way).flat_map(|(day, said)| {
            let both = said.into_iter().zip(came(day).iter().copied());
            both.enumerate().map(|(slot, (said, came))| (slot, said, came)).collect::<Vec<_>>()
        });
        Ok(Self { way, spread: Spread::learn(pairs, least), least })
    }
    /// The day after the last.
    pub fn foretell(&self, days: Days<'_>) -> Vec<Foretold> {
        let fallback = Way::Recent.say(&days, days.count());
        let said = self.way.say(&days, days.count());
        let one = |(slot, (said, mean)): (usize, (&f64, &f64))| {
            let known = [*said, *mean].into_iter().find(|x| x.is_finite()).unwrap_or(0.0);
            self.spread.around(slot, known.max(self.least))
        };
        said.iter().zip(&fallback).enumerate().map(one).collect()
    }
    /// Mean pinball loss of each day from the `from`th on, each foretold anew from all that came before it; NaN where nothing of it is known.
    ///
    /// # Errors
    /// As [`Self::of`], of the days before the first.
    pub fn losses(days: Days<'_>, from: usize) -> Result<Vec<f64>, ForecastError> {
        let of = |day: usize| {
            let before = Days { values: &days.values[..day * days.slots], ..days };
            let mut score = super::score::Score::default();
            let came = &days.values[day * days.slots..(day + 1) * days.slots];
            Self::of(before)?.foretell(before).iter().zip(came).for_each(|(told, came)| score.add(told, *came));
            Ok(score.pinball())
        };
        (from..days.count()).map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;

    fn days(values: &[f64]) -> Days<'_> {
        Days { values, slots: 4, weekday: 0, known: &[] }
    }

    #[test]
    fn a_table_of_pasts_and_the_way_that_each_chooses() {
        let week = |d: usize| if d % 7 < 5 { 10.0 } else { 1.0 };
        let weekly: Vec<f64> = (0..28 * 4).map(|i| week(i / 4)).collect();
        let rising: Vec<f64> = (0..10 * 4).map(|i| (i / 4) as f64).collect();
        let mut chance = Chance::seeded(5);
        let noisy: Vec<f64> = (0..28 * 4).map(|_| 50.0 + 5.0 * chance.normal()).collect();
        for (values, way) in [(&weekly, Way::LastWeek), (&rising, Way::Yesterday), (&noisy, Way::Recent)] {
            assert_eq!(Plain::of(days(values)).expect("enough days").way, way);
        }
        let told = Plain::of(days(&weekly)).expect("enough").foretell(days(&weekly));
        assert_eq!((told.len(), told[0].mean, told[0].quantiles[0]), (4, 10.0, 10.0), "the 29th day is a Monday");
    }

    #[test]
    fn two_days_are_enough_one_is_not_and_gaps_are_no_zeros() {
        assert_eq!(
            Plain::of(days(&[1.0; 4])).map(|p| p.way),
            Err(ForecastError::Short { what: "whole days", found: 1, needed: 2 })
        );
        let gap = [f64::NAN, 2.0, 3.0, 4.0, 2.0, 2.0, 3.0, 4.0];
        let told = Plain::of(days(&gap)).expect("enough").foretell(days(&gap));
        assert_eq!(told.iter().map(|f| f.mean).collect::<Vec<_>>(), [2.0, 2.0, 3.0, 4.0]);
        assert!(Plain::of(days(&[f64::NAN; 12])).is_err(), "nothing is known at all");
    }

    #[test]
    fn intervals_hold_about_their_share() {
        let mut chance = Chance::seeded(9);
        let values: Vec<f64> = (0..200 * 4).map(|_| 50.0 + 5.0 * chance.normal()).collect();
        let mut score = super::super::score::Score::default();
        for day in 30..200 {
            let before = days(&values[..day * 4]);
            let told = Plain::of(before).expect("enough").foretell(before);
            told.iter().zip(&values[day * 4..]).for_each(|(told, came)| score.add(told, *came));
        }
        assert!((0.84..0.96).contains(&score.coverage()), "{}", score.coverage());
        assert_eq!(Plain::losses(days(&values), 190).expect("enough").len(), 10);
    }
}
