//! The next day from the days before without anything learned: what a unit says of itself in its first weeks, and what a learned model has to beat.
//!
//! ```text
//! two days or more ── yesterday | a week ago | mean of a week ── the one that was off least lately ──> next day, quantiles from what was off
//! three days ── what is said of the next day stands for it ──> the day after, quantiles from what was off in the same way
//! ```
//!
//! Enters: whole days of values ([`Days`]), NaN where nothing is known. Leaves: [`Foretold`] slot by slot. Absent: learning, columns known ahead.

use super::day::{Days, followed};
use super::spread::Spread;
use super::{ForecastError, Foretold, floor, mean, squares};

/// Fewest days: one to say something, one to see how far off it was.
pub const DAYS_MIN: usize = 2;
/// Fewest days for the day after the next.
pub const AHEAD_MIN: usize = 3;
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
    spread_ahead: Spread,
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
        let pairs = |(day, said): (usize, Vec<f64>)| {
            let both = said.into_iter().zip(came(day).iter().copied());
            both.enumerate().map(|(slot, (said, came))| (slot, said, came)).collect::<Vec<_>>()
        };
        let ahead = |day: usize| {
            let values = followed(&days.values[..(day - 1) * days.slots], &way.say(&days, day - 1));
            (day, way.say(&Days { values: &values, ..days }, day))
        };
        let ahead = judged.clone().filter(|day| *day >= DAYS_MIN).map(ahead);
        let (spread, spread_ahead) =
            (Spread::learn(told(way).flat_map(pairs), least), Spread::learn(ahead.flat_map(pairs), least));
        Ok(Self { way, spread, spread_ahead, least })
    }
    /// The day after the last.
    pub fn foretell(&self, days: Days<'_>) -> Vec<Foretold> {
        self.told(&days).into_iter().enumerate().map(|(slot, told)| self.spread.around(slot, told)).collect()
    }
    /// The day after the next, while nothing is known of the next one.
    ///
    /// # Errors
    /// There are fewer than [`AHEAD_MIN`] days.
    pub fn foretell_ahead(&self, days: Days<'_>) -> Result<Vec<Foretold>, ForecastError> {
        let found = days.count();
        if found < AHEAD_MIN {
            return Err(ForecastError::Short { what: "whole days", found, needed: AHEAD_MIN });
        }
        let values = followed(days.values, &self.told(&days));
        let told = self.told(&Days { values: &values, ..days });
        Ok(told.into_iter().enumerate().map(|(slot, told)| self.spread_ahead.around(slot, told)).collect())
    }
    /// What the way says of the day after the last; where it knows nothing, the mean of the week.
    fn told(&self, days: &Days<'_>) -> Vec<f64> {
        let fallback = Way::Recent.say(days, days.count());
        let said = self.way.say(days, days.count());
        let one = |(said, mean): (f64, f64)| {
            let known = [said, mean].into_iter().find(|x| x.is_finite()).unwrap_or(0.0);
            known.max(self.least)
        };
        said.into_iter().zip(fallback).map(one).collect()
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
    fn the_day_after_the_next_is_wider_where_days_drift_and_needs_a_day_more() {
        let mut chance = Chance::seeded(4);
        let mut level = 100.0;
        let mut values = Vec::new();
        for _ in 0..60 {
            level += 3.0 * chance.normal();
            values.extend([level; 4]);
        }
        let plain = Plain::of(days(&values)).expect("enough days");
        assert_eq!(plain.way, Way::Yesterday);
        let (next, ahead) = (plain.foretell(days(&values)), plain.foretell_ahead(days(&values)).expect("enough days"));
        let width = |told: &[Foretold]| told[1].quantiles[6] - told[1].quantiles[0];
        assert_eq!((next[1].mean, ahead[1].mean), (values[239], values[239]), "the same again, and again");
        assert!(width(&ahead) > 1.2 * width(&next), "{} {}", width(&ahead), width(&next));
        let two = Plain::of(days(&[1.0; 8])).expect("two days");
        let short = ForecastError::Short { what: "whole days", found: 2, needed: 3 };
        assert_eq!(two.foretell_ahead(days(&[1.0; 8])), Err(short));
        let three = Plain::of(days(&[1.0; 12])).expect("three days").foretell_ahead(days(&[1.0; 12])).expect("three days");
        assert_eq!((three[0].mean, three[0].quantiles[6]), (1.0, 1.0));
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
