//! Which model foretells a day of energy: the plain one until `socium learn` found one that is better on the same later days.
//!
//! ```text
//! days      |------ challenger learns from ------|- 14 newest: both are measured -|
//!            version in use: plain, or learned from the window of the last swap
//! ```
//!
//! Enters: the series, past contests. Leaves: a new [`Contest`], the model in use. Absent: disk; a model is not kept but learned again from its
//! window, which gives the same one because learning is a function of the data.

use super::Lead;
use super::series::{DAY, SLOTS, Series, weekday};
use know::champion::{Champion, ContestError, Learned, Verdict};
use know::forecast::day::{DayAhead, Days};
use know::forecast::plain::Plain;
use know::forecast::{ForecastError, Foretold};
use measure::{Instant, Span};
use plant::{Contest, Window, Zone};
use thiserror::Error;

/// Newest days that models are compared on.
pub const JUDGED: usize = 14;

/// Why nothing was learned.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Unlearned {
    /// Too few days.
    #[error("{found} whole days are known; at least {needed} are needed, of which the newest {JUDGED} are for comparing")]
    Short {
        /// Whole days.
        found: usize,
        /// Days needed.
        needed: usize,
    },
    /// Too few episodes.
    #[error("{found} {what} are known; at least {needed} are needed{}", spared(*.besides))]
    Episodes {
        /// Episodes of which it is known what came.
        found: usize,
        /// Such episodes needed.
        needed: usize,
        /// What they are called.
        what: &'static str,
        /// Other episodes.
        besides: usize,
    },
    /// What a version was learned from is not there as it was.
    #[error(
        "of the {learned} lessons that the version in use was learned from {found} are there; it cannot be learned again. `socium learn` can find another"
    )]
    Gone {
        /// Lessons found.
        found: u32,
        /// Lessons learned from.
        learned: u32,
    },
    /// The model in use has seen of the newest days or episodes.
    #[error(transparent)]
    Contest(#[from] ContestError),
    /// A model cannot be made.
    #[error(transparent)]
    Forecast(#[from] ForecastError),
}

/// Words for parts that did not fail; none where there are none.
fn spared(parts: usize) -> String {
    if parts == 0 { String::new() } else { format!(" ({parts} parts were replaced before they failed, which teaches less)") }
}

/// Which version is in use.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// From 1, the plain model; one more with each swap.
    pub version: u32,
    /// What it was learned from; `None` for the plain model.
    pub learned: Option<Window>,
    /// Lessons that it was learned from, where lessons are what is learned from; else 0.
    pub lessons: u32,
    /// The contest that it was measured in last.
    pub last: Option<Contest>,
}

impl Standing {
    /// After these contests, oldest first.
    pub fn after(contests: &[Contest]) -> Self {
        let swaps = contests.iter().filter(|c| c.swapped);
        let newest = swaps.clone().next_back();
        let (learned, lessons) = (newest.map(|c| c.learned), newest.map_or(0, |c| c.lessons));
        Self { version: 1 + swaps.count() as u32, learned, lessons, last: contests.last().cloned() }
    }
}

/// A model of a day of energy.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// Nothing learned.
    Plain,
    /// Learned.
    Learned(Box<DayAhead>),
}

impl Model {
    /// The model of a standing, from the series that holds its window.
    ///
    /// # Errors
    /// The window is no longer in the series.
    pub fn of(standing: &Standing, series: &Series, zone: &Zone) -> Result<Self, ForecastError> {
        match standing.learned {
            None => Ok(Self::Plain),
            Some(window) => Self::learned(series, window, zone),
        }
    }
    fn learned(series: &Series, window: Window, zone: &Zone) -> Result<Self, ForecastError> {
        let count = ((window.to - window.from).micros() / DAY.micros()).max(0) as usize;
        let held = series.from..=series.at(series.values.len());
        if !held.contains(&window.from) || !held.contains(&window.to) {
            return Err(ForecastError::Short {
                found: series.values.len() / SLOTS,
                needed: count,
                what: "days of the model's window",
            });
        }
        let values = series.part(window.from, count * SLOTS);
        let days = Days { values: &values, slots: SLOTS, weekday: weekday(zone, window.from), known: &[] };
        DayAhead::learn(days).map(Box::new).map(Self::Learned)
    }
    /// The day after the last whole one, or the day after that, with a word for how.
    ///
    /// # Errors
    /// Too few days.
    pub fn foretell(&self, days: Days<'_>, lead: Lead) -> Result<(&'static str, Vec<Foretold>), ForecastError> {
        match (self, lead) {
            (Self::Plain, Lead::Begun) => Plain::of(days).map(|plain| (plain.way.word(), plain.foretell(days))),
            (Self::Plain, Lead::Ahead) => Plain::of(days).and_then(|p| Ok((p.way.word(), p.foretell_ahead(days)?))),
            (Self::Learned(model), Lead::Begun) => Ok((model.model.word(), model.foretell(days)?)),
            (Self::Learned(model), Lead::Ahead) => Ok((model.model.word(), model.foretell_ahead(days)?)),
        }
    }
    fn losses(&self, days: Days<'_>, from: usize) -> Result<Vec<f64>, ForecastError> {
        match self {
            Self::Plain => Plain::losses(days, from),
            Self::Learned(model) => model.losses(days, from),
        }
    }
}

/// Learns a challenger from all whole days but the newest 14 and compares it with the model in use on these.
///
/// # Errors
/// Too few days, or the model in use has seen of them.
pub fn contest(
    subject: String,
    series: &Series,
    zone: &Zone,
    contests: &[Contest],
    at: Instant,
) -> Result<(Contest, Model), Unlearned> {
    let whole = series.values.len() / SLOTS;
    // days before the first reading are not known at all
    let silent = series.values.iter().take_while(|x| !x.is_finite()).count().div_ceil(SLOTS);
    let needed = know::forecast::day::DAYS_MIN + JUDGED;
    if whole.saturating_sub(silent) < needed {
        return Err(Unlearned::Short { found: whole.saturating_sub(silent), needed });
    }
    let day = |n: usize| series.from + Span::from_days(n as i64);
    let learned = Window { from: day(silent), to: day(whole - JUDGED) };
    let on = Window { from: learned.to, to: day(whole) };
    let standing = Standing::after(contests);
    let values = series.part(learned.from, (whole - silent) * SLOTS);
    let days = Days { values: &values, slots: SLOTS, weekday: weekday(zone, learned.from), known: &[] };
    let first = whole - silent - JUDGED;
    let untaught = Window { from: learned.from, to: learned.from };
    let used = Learned { model: Model::of(&standing, series, zone)?, window: standing.learned.unwrap_or(untaught) };
    let challenger = Learned { model: Model::learned(series, learned, zone)?, window: learned };
    let mut champion = Champion::first(used);
    let verdict = champion.challenge(challenger, on, |model| {
        // a model that cannot tell a day has no finite loss there
        model.losses(days, first).unwrap_or_else(|_| vec![f64::NAN; JUDGED])
    })?;
    let contest = recorded((subject, at), (standing.version, learned), &verdict);
    Ok((contest, champion.model().clone()))
}

/// A verdict as it is kept: of which subject and when, which version was in use, what the challenger was learned from.
pub(super) fn recorded((subject, at): (String, Instant), (version, learned): (u32, Window), verdict: &Verdict) -> Contest {
    let Verdict { comparison, on, swapped, .. } = *verdict;
    Contest {
        at,
        subject,
        version,
        learned,
        on,
        in_use: comparison.in_use,
        challenger: comparison.challenger,
        blocks: comparison.blocks as u32,
        probability: comparison.probability,
        swapped,
        lessons: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;

    /// Days of a shop that works on weekdays and draws more in the shifts, with noise.
    fn shop(days: usize) -> Series {
        let mut chance = Chance::seeded(3);
        let of = |i: usize, noise: f64| {
            let (day, slot) = (i / SLOTS, i % SLOTS);
            let works = (day + 3) % 7 < 5 && (24..88).contains(&slot);
            (if works { 20.0 + 4.0 * ((slot as f64) / 10.0).sin() } else { 2.0 }) + noise
        };
        let values = (0..days * SLOTS).map(|i| of(i, 0.3 * chance.normal())).collect();
        Series { from: Instant::EPOCH, step: super::super::series::SLOT, values }
    }

    #[test]
    fn too_few_days_are_told_and_a_second_contest_on_days_already_seen_is_refused() {
        let zone = Zone::utc();
        let short = contest("energy_use".to_owned(), &shop(48), &zone, &[], Instant::EPOCH).expect_err("48 days");
        assert_eq!(short, Unlearned::Short { found: 48, needed: 49 });
        let seen = Contest {
            at: Instant::EPOCH,
            subject: "energy_use".to_owned(),
            version: 1,
            learned: Window { from: Instant::EPOCH, to: Instant::EPOCH + Span::from_days(40) },
            on: Window { from: Instant::EPOCH + Span::from_days(40), to: Instant::EPOCH + Span::from_days(54) },
            in_use: 1.0,
            challenger: 0.5,
            blocks: 14,
            probability: 0.9,
            swapped: true,
            lessons: 0,
        };
        let refused = contest("energy_use".to_owned(), &shop(50), &zone, std::slice::from_ref(&seen), Instant::EPOCH);
        assert!(matches!(refused, Err(Unlearned::Contest(ContestError::NotLater { .. }))), "{refused:?}");
        assert_eq!((Standing::after(&[seen]).version, Standing::after(&[]).version), (2, 1));
    }

    #[test]
    fn a_contest_is_a_function_of_the_data_and_its_winner_is_learned_again_from_the_window() {
        let (zone, series) = (Zone::utc(), shop(70));
        let of = || contest("energy_use".to_owned(), &series, &zone, &[], Instant::EPOCH).expect("enough days");
        let (first, model) = of();
        assert_eq!(first, of().0);
        assert_eq!(first.swapped, first.challenger < first.in_use && first.probability >= 0.8);
        assert_eq!((first.learned.to, first.on.from, first.blocks), (first.on.from, first.learned.to, 14));
        let standing = Standing::after(std::slice::from_ref(&first));
        assert_eq!(Model::of(&standing, &series, &zone).expect("in the series"), model);
    }
}
