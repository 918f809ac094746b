//! What the unit foretells of itself: energy use and local generation of the day that begins and of the day after it in quarters of an hour,
//! demand of each product for a week of days; and how its forecasts fared.
//!
//! ```text
//! counters, orders ── series ──> whole days ── model in use (learn) ──> Draft ── Unit::foretell ──> a Forecast record
//! forecasts kept ── against the series ── know::champion::track ──> Live: coverage, error, against the baseline; a proposal to learn anew
//! ```
//!
//! Enters: the plant, series, forecasts and contests kept. Leaves: drafts of forecasts, an [`Outlook`]. Absent: disk, clock, the loop: it is worked
//! out beside it, like the schedule, and can be worked out again from what is stored.

pub mod learn;
pub mod lessons;
pub mod series;

use self::learn::{Model, Standing};
use self::lessons::Report;
use self::series::{DAY, SLOTS, Series, weekday};
use know::champion::track::Tracker;
use know::forecast::Foretold;
use know::forecast::day::Days;
use know::forecast::demand::Demand;
use measure::{Estimate, Instant, Span};
use plant::{Because, Code, Contest, Course, CourseStep, Forecast, ForecastKind, Plant, ProductId, Role, Window, Zone};
use std::collections::BTreeSet;

pub use know::champion::track::{Live, Proposal};
pub use know::forecast::ForecastError;

/// Products foretold at most; those ordered last.
pub const PRODUCTS_MAX: usize = 200;
/// Days that demand is foretold for, and its season.
const WEEK: usize = 7;
/// Records that a forecast says it rests on.
const BECAUSE_MAX: usize = 64;

/// What is foretold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Energy that all machines take together.
    EnergyUse,
    /// Energy generated at the site.
    Generation,
    /// Pieces of a product that are ordered.
    Demand(ProductId),
}

impl Subject {
    /// What can be foretold of a plant at `now`: energy where a counter counts it, products that were ordered. A product that a customer put together
    /// is ordered once, so there is nothing to foretell of it.
    pub fn all(plant: &Plant, now: Instant) -> Vec<Self> {
        let counts = |role: Role| plant.channels.iter().any(|c| c.role == role);
        let mut all = Vec::new();
        all.extend(counts(Role::Energy).then_some(Self::EnergyUse));
        all.extend(counts(Role::Generated).then_some(Self::Generation));
        let newest = |p: ProductId| plant.orders.iter().filter(|o| o.product == p && o.release < now).map(|o| o.release).max();
        let accepted = plant.accepted.iter().filter_map(|a| plant.orders.get(a.order.index()));
        let own: BTreeSet<ProductId> = accepted.map(|o| o.product).collect();
        let offered = plant.products.iter().filter(|p| !own.contains(&p.id));
        let mut products: Vec<(Instant, ProductId)> = offered.filter_map(|p| Some((newest(p.id)?, p.id))).collect();
        products.sort_by_key(|(at, id)| (std::cmp::Reverse(*at), *id));
        products.truncate(PRODUCTS_MAX);
        products.sort_by_key(|(_, id)| *id);
        all.extend(products.into_iter().map(|(_, id)| Self::Demand(id)));
        all
    }
    /// Its name, unique in the plant: `energy_use`, `generation`, `demand/` and the product.
    pub fn key(self, plant: &Plant) -> String {
        match self.product() {
            None => self.kind().word().to_owned(),
            Some(product) => {
                let name = plant.products.get(product.index()).map_or("", |p| p.name.as_str());
                format!("{}/{name}", self.kind().word())
            }
        }
    }
    /// The kind of its forecasts.
    pub const fn kind(self) -> ForecastKind {
        match self {
            Self::EnergyUse => ForecastKind::EnergyUse,
            Self::Generation => ForecastKind::Generation,
            Self::Demand(_) => ForecastKind::Demand,
        }
    }
    /// The product, of demand.
    pub const fn product(self) -> Option<ProductId> {
        match self {
            Self::Demand(product) => Some(product),
            Self::EnergyUse | Self::Generation => None,
        }
    }
    /// The role of the counters that it is worked out from; `None` for demand.
    pub const fn role(self) -> Option<Role> {
        match self {
            Self::EnergyUse => Some(Role::Energy),
            Self::Generation => Some(Role::Generated),
            Self::Demand(_) => None,
        }
    }
    /// Whether a forecast is of it.
    pub fn is_of(self, forecast: &Forecast) -> bool {
        forecast.kind == self.kind() && forecast.product == self.product()
    }
    /// Which days or weeks are foretold of it.
    pub const fn leads(self) -> &'static [Lead] {
        match self {
            Self::EnergyUse | Self::Generation => &[Lead::Begun, Lead::Ahead],
            Self::Demand(_) => &[Lead::Begun],
        }
    }
    /// Steps of its season: what is so many steps before is the baseline.
    const fn season(self) -> usize {
        match self {
            Self::EnergyUse | Self::Generation => SLOTS,
            Self::Demand(_) => WEEK,
        }
    }
}

/// How far ahead a day is when it is foretold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lead {
    /// The day (of demand: the week) that begins.
    Begun,
    /// The day after it: day ahead.
    Ahead,
}

impl Lead {
    /// Days between the last whole day and the first step.
    const fn days(self) -> i64 {
        match self {
            Self::Begun => 0,
            Self::Ahead => 1,
        }
    }
    /// Which it is of a forecast; `None` of one without steps.
    pub fn of(forecast: &Forecast) -> Option<Self> {
        let from = forecast.course.as_ref()?.from;
        Some(if from > forecast.at { Self::Ahead } else { Self::Begun })
    }
    /// Whether the newest forecast of this lead among them is of an earlier day than it should be.
    pub fn is_due(self, forecasts: &[Forecast], today: Instant) -> bool {
        let newest =
            forecasts.iter().filter(|f| Self::of(f) == Some(self)).filter_map(|f| f.course.as_ref()).map(|c| c.from).max();
        // half a day, because days on which the clock is changed are an hour shorter or longer
        let half = Span::from_micros(DAY.micros() / 2);
        newest.is_none_or(|from| from < today + Span::from_days(self.days()) - half)
    }
}

/// A forecast that has no number yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// What is foretold.
    pub subject: Subject,
    /// A word for how.
    pub from: Code,
    /// What it rests on.
    pub because: Vec<Because>,
    /// Step by step.
    pub course: Course,
}

impl Draft {
    /// Sum of the steps; its ends are those of steps that are all off together, which is the widest.
    pub fn value(&self) -> Estimate {
        let sum = |of: fn(&CourseStep) -> f64| self.course.steps.iter().map(of).sum::<f64>();
        Estimate::between(sum(|s| s.quantiles[0]), sum(|s| s.mean), sum(|s| s.quantiles[plant::LEVELS.len() - 1]))
    }
}

/// Foretells the day that follows the last whole one of a series or the day after it (energy), or the week (demand).
///
/// # Errors
/// Too few days.
pub fn foretell(
    subject: Subject,
    plant: &Plant,
    whole: &Series,
    (model, standing): (&Model, &Standing),
    lead: Lead,
) -> Result<Draft, ForecastError> {
    let zone = &plant.calendar.zone;
    let (from, told) = match subject {
        Subject::Demand(_) => {
            let demand = Demand::learn(&whole.values, WEEK, WEEK)?;
            let how = if demand.beats_baseline { "weighed" } else { "last_week" };
            (how, demand.foretell(&whole.values))
        }
        Subject::EnergyUse | Subject::Generation => model.foretell(known_days(whole, zone), lead)?,
    };
    let steps = told.iter().map(|f| CourseStep { mean: f.mean, quantiles: f.quantiles }).collect();
    let known = whole.at(whole.values.len());
    let version = match subject {
        Subject::Demand(_) => None,
        Subject::EnergyUse | Subject::Generation => Some(standing.version),
    };
    let because = because(subject, plant, Window { from: known - Span::from_days(WEEK as i64), to: known });
    Ok(Draft {
        subject,
        from: Code::Borrowed(from),
        because,
        course: Course { from: known + Span::from_days(lead.days()), step: whole.step, version, steps },
    })
}

/// The days from the first on which anything is known.
fn known_days<'a>(whole: &'a Series, zone: &Zone) -> Days<'a> {
    let silent = whole.values.iter().take_while(|x| !x.is_finite()).count() / SLOTS;
    let from = whole.from + Span::from_days(silent as i64);
    Days { values: &whole.values[silent * SLOTS..], slots: SLOTS, weekday: weekday(zone, from), known: &[] }
}

fn because(subject: Subject, plant: &Plant, window: Window) -> Vec<Because> {
    match subject.role() {
        Some(role) => {
            let channels = plant.channels.iter().filter(|c| c.role == role);
            channels.take(BECAUSE_MAX).map(|c| Because::Readings { channel: c.id, window }).collect()
        }
        None => {
            let ours = plant.orders.iter().filter(|o| Some(o.product) == subject.product() && o.release < window.to);
            let mut ours: Vec<_> = ours.collect();
            ours.sort_by_key(|o| std::cmp::Reverse(o.release));
            ours.into_iter().take(BECAUSE_MAX).map(|o| Because::Order(o.id)).collect()
        }
    }
}

/// How one subject looks and fared.
#[derive(Clone, Debug, PartialEq)]
pub struct Prospect {
    /// What is foretold.
    pub subject: Subject,
    /// The forecast in force of the day or week that has begun.
    pub forecast: Option<Forecast>,
    /// The forecast of the day after.
    pub ahead: Option<Forecast>,
    /// What came so far in its steps; NaN where nothing has yet.
    pub came: Vec<f64>,
    /// How forecasts of days that had begun fared lately.
    pub live: Option<Live>,
    /// How forecasts told a day ahead fared lately.
    pub live_ahead: Option<Live>,
    /// Mean of what came in the same steps, to which the error is related.
    pub usual: f64,
    /// What speaks for learning anew.
    pub proposal: Option<Proposal>,
    /// The version in use.
    pub standing: Standing,
    /// Contests, oldest first.
    pub contests: Vec<Contest>,
    /// Why there is no forecast: days known, days needed.
    pub lacks: Option<(usize, usize)>,
}

/// All that the unit foretells of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outlook {
    /// Of energy, generation, then products.
    pub prospects: Vec<Prospect>,
    /// Which models foretell how long parts last and what will be scrapped, by kind of machine.
    pub reports: Vec<Report>,
}

impl Prospect {
    /// From forecasts of the subject, oldest first, and what came.
    pub fn of(
        subject: Subject,
        forecasts: &[Forecast],
        came: &Series,
        contests: Vec<Contest>,
        lacks: Option<(usize, usize)>,
    ) -> Self {
        let told = |lead: Lead| forecasts.iter().filter(|f| Lead::of(f) == Some(lead)).collect::<Vec<_>>();
        let (begun, ahead) = (told(Lead::Begun), told(Lead::Ahead));
        let forecast = begun.last().map(|f| Forecast::clone(f));
        let from = |f: &Forecast| f.course.as_ref().map(|c| c.from);
        let later = ahead.last().filter(|f| forecast.as_ref().is_none_or(|begun| from(f) > from(begun)));
        let steps = forecast.as_ref().and_then(|f| f.course.as_ref()).map(|c| came.part(c.from, c.steps.len()));
        let (tracker, usual) = tracked(subject, &begun, came);
        Self {
            subject,
            came: steps.unwrap_or_default(),
            live: tracker.live(),
            live_ahead: tracked(subject, &ahead, came).0.live(),
            ahead: later.map(|f| Forecast::clone(f)),
            usual,
            proposal: tracker.proposal(),
            standing: Standing::after(&contests),
            forecast,
            contests,
            lacks,
        }
    }
}

/// Every step against what came, told by the newest forecast that was made before it began; the mean of what came beside it.
fn tracked(subject: Subject, forecasts: &[&Forecast], came: &Series) -> (Tracker, f64) {
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let (sum, n) = values.filter(|x| x.is_finite()).fold((0.0, 0.0), |(s, n), x| (s + x, n + 1.0));
        if n > 0.0 { sum / n } else { 0.0 }
    };
    let season = subject.season();
    let naive = came.values.iter().zip(came.values.iter().skip(season)).map(|(a, b)| (a - b).abs());
    let mut tracker = Tracker::new(mean(&mut naive.into_iter()));
    let mut counted = Vec::new();
    for (place, forecast) in forecasts.iter().enumerate() {
        let Some(course) = &forecast.course else { continue };
        let next = forecasts.get(place + 1).and_then(|f| f.course.as_ref()).map_or(Instant::MAX, |c| c.from);
        let values = came.part(course.from, course.steps.len());
        let before = came.part(course.from - Span::from_micros(course.step.micros() * season as i64), course.steps.len());
        for (k, step) in course.steps.iter().enumerate() {
            let due = course.from + Span::from_micros(course.step.micros() * k as i64);
            if due >= next || !values[k].is_finite() {
                continue;
            }
            let baseline = if before[k].is_finite() { before[k] } else { step.mean };
            // one waits at a time, so that there is always room
            if tracker.tell(due, Foretold { mean: step.mean, quantiles: step.quantiles }, baseline).is_ok() {
                tracker.came(due, values[k]);
                counted.push(values[k]);
            }
        }
    }
    (tracker, mean(&mut counted.into_iter()))
}

/// Length of the time that a forecast of a subject looks ahead.
pub fn ahead(course: &Course) -> Span {
    Span::from_micros(course.step.micros() * course.steps.len() as i64)
}

/// Midnight of the site at or before an instant.
pub fn today(plant: &Plant, now: Instant) -> Instant {
    series::midnight(&plant.calendar.zone, now)
}

/// Whole days of a series until a midnight.
#[must_use]
pub fn until(series: &Series, midnight: Instant) -> Series {
    let steps = ((midnight - series.from).micros().max(0) / series.step.micros()) as usize;
    let values = series.values[..steps.min(series.values.len())].to_vec();
    Series { from: series.from, step: series.step, values }
}

/// Newest days of history that are looked at.
pub const HISTORY: Span = Span::from_micros(DAY.micros() * 200);

#[cfg(test)]
mod tests;
