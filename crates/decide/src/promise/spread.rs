//! How long things really last, beside what was planned.
//!
//! Enters: spreads of the ratio real / planned duration, breakdowns of machines, seeded chance. Leaves: a duration for each operation.
//! Absent: when they start.
//!
//! A history is read as draws of one log-normal distribution that is not known better than that: each sample first draws its parameters
//! from their posterior (Jeffreys prior: n − 1 degrees of freedom; Gelman et al., Bayesian Data Analysis, 2013, 3.2), one pair for all
//! operations that share the history, so that few data give wide promises. Of three or four data the posterior has tails in which all work
//! stands still for months; nothing is drawn beyond twice the longest or half of the shortest that was seen.

use super::{BREAKDOWNS_MAX, HISTORY_MAX, ModelError, POINTS_MAX, RATIO_MAX, SPREADS_MAX};
use crate::search::model::{HORIZON_MAX, Model, Time};
use crate::search::plan::Plan;
use measure::Chance;
use measure::statistics::Moments;

/// Degrees of freedom from which a chi-squared draw is approximated (Wilson & Hilferty, PNAS 17, 1931).
const MANY: usize = 30;
/// By how much what is drawn may lie beyond all that was seen.
const BEYOND: f64 = 2.0;
/// Most draws for something that runs already and has to last longer than it has.
const TRIES: usize = 100;

/// How the ratio of real to planned duration is spread.
#[derive(Clone, Debug, PartialEq)]
pub enum Spread {
    /// As planned.
    Certain,
    /// Pairs of probability [per mille] and ratio: ascending, from 0 to 1000; in between it is linear.
    Quantiles(Vec<(u32, f64)>),
    /// Log-normal: the median ratio, and the standard deviation of its logarithm.
    LogNormal {
        /// Median ratio.
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Ratios that were seen, at least three.
    History(Vec<f64>),
}

/// Breakdowns of a machine while it works (operation-dependent failures; Buzacott & Shanthikumar, Stochastic Models of Manufacturing
/// Systems, 1993): the operation goes on after the repair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breakdowns {
    /// Which machine.
    pub machine: u32,
    /// Mean time of work between two (MTBF) [ticks]; exponential.
    pub between: f64,
    /// Median of a repair [ticks]; log-normal.
    pub repair: f64,
    /// Standard deviation of the logarithm of a repair.
    pub sigma: f64,
}

/// How far the workshop deviates from plans.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deviation {
    /// Spreads of durations.
    pub spreads: Vec<Spread>,
    /// For each operation of the running model the spread of each of its modes, by its place in `spreads`.
    pub of: Vec<Vec<u32>>,
    /// Breakdowns, one entry a machine at most.
    pub breakdowns: Vec<Breakdowns>,
}

fn real(place: impl Fn() -> String, found: f64, low: f64, high: f64) -> Result<(), ModelError> {
    if found >= low && found <= high {
        return Ok(());
    }
    Err(ModelError::at(place(), found.to_string(), format!("{low} to {high}")))
}

impl Deviation {
    /// Looks whether it speaks of a model; `of` beside its operations.
    pub(super) fn checked(&self, model: &Model, of: &[&[u32]]) -> Result<(), ModelError> {
        if self.spreads.len() > SPREADS_MAX {
            return Err(ModelError::at("number of spreads", self.spreads.len().to_string(), format!("{SPREADS_MAX} at most")));
        }
        for (number, spread) in self.spreads.iter().enumerate() {
            spread.checked(number)?;
        }
        if of.len() != model.operations.len() {
            let (found, allowed) = (of.len().to_string(), model.operations.len().to_string());
            return Err(ModelError::at("operations with spreads", found, allowed));
        }
        for (number, (own, operation)) in of.iter().zip(&model.operations).enumerate() {
            if own.len() != operation.modes.len() {
                let allowed = format!("{}, one for each mode", operation.modes.len());
                return Err(ModelError::at(format!("spreads of operation {number}"), own.len().to_string(), allowed));
            }
            if let Some(wrong) = own.iter().find(|s| **s as usize >= self.spreads.len()) {
                let allowed = format!("below {}", self.spreads.len());
                return Err(ModelError::at(format!("spread of operation {number}"), wrong.to_string(), allowed));
            }
        }
        let mut is_told = vec![false; model.machines.len()];
        for of in &self.breakdowns {
            let place = |what: &'static str| move || format!("breakdowns of machine {}, {what}", of.machine);
            match is_told.get_mut(of.machine as usize) {
                Some(told) if !*told => *told = true,
                Some(_) => return Err(ModelError::at(place("entries")(), "two", "one")),
                None => {
                    return Err(ModelError::at(
                        "machine of breakdowns",
                        of.machine.to_string(),
                        format!("below {}", model.machines.len()),
                    ));
                }
            }
            real(place("time between"), of.between, 1.0, f64::MAX)?;
            real(place("repair"), of.repair, 0.0, HORIZON_MAX as f64)?;
            real(place("sigma"), of.sigma, 0.0, RATIO_MAX.ln())?;
        }
        Ok(())
    }
}

impl Spread {
    fn checked(&self, number: usize) -> Result<(), ModelError> {
        let place = |what: &'static str| move || format!("spread {number}, {what}");
        let positive = |what: &'static str, found: f64| real(place(what), found, 1.0 / RATIO_MAX, RATIO_MAX);
        match self {
            Self::Certain => Ok(()),
            Self::Quantiles(points) => {
                let is_whole = points.len() <= POINTS_MAX
                    && points.first().is_some_and(|p| p.0 == 0)
                    && points.last().is_some_and(|p| p.0 == 1_000);
                let is_rising = points.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 <= w[1].1);
                if !is_whole || !is_rising {
                    let allowed = format!("2 to {POINTS_MAX}, ascending, the first at 0 and the last at 1000 per mille");
                    return Err(ModelError::at(place("points")(), format!("{points:?}"), allowed));
                }
                points.iter().try_for_each(|p| positive("ratio", p.1))
            }
            Self::LogNormal { median, sigma } => {
                positive("median", *median)?;
                real(place("sigma"), *sigma, 0.0, RATIO_MAX.ln())
            }
            Self::History(ratios) => {
                if !(3..=HISTORY_MAX).contains(&ratios.len()) {
                    return Err(ModelError::at(place("ratios")(), ratios.len().to_string(), format!("3 to {HISTORY_MAX}")));
                }
                ratios.iter().try_for_each(|r| positive("ratio", *r))
            }
        }
    }
}

/// A spread as it is drawn from.
#[derive(Clone, Debug)]
enum Source {
    Certain,
    Quantiles(Vec<(f64, f64)>),
    LogNormal(f64, f64),
    /// Count, mean and deviation of the logarithms; what is drawn at least and at most.
    History(usize, f64, f64, (f64, f64)),
}

/// Draws durations for the operations of a plan.
#[derive(Clone, Debug)]
pub(super) struct Sampler {
    sources: Vec<Source>,
    /// Mean and deviation of the logarithm of each history, in the sample at hand.
    drawn: Vec<(f64, f64)>,
    operations: Vec<Drawn>,
    now: Time,
}

/// An operation of which a duration is drawn.
#[derive(Clone, Copy, Debug)]
struct Drawn {
    /// The one whose luck it shares: itself, or the first of its batch.
    luck: u32,
    planned: Time,
    start: Time,
    spread: Option<u32>,
    breakdowns: Option<Breakdowns>,
}

impl Sampler {
    /// For the operations of a plan; `of` are their spreads. What is complete before `now` lasted as planned.
    pub fn new(model: &Model, plan: &Plan, deviation: &Deviation, of: &[&[u32]], now: Time) -> Self {
        let mut breakdowns = vec![None; model.machines.len()];
        for of in &deviation.breakdowns {
            breakdowns[of.machine as usize] = Some(*of);
        }
        let mut batches = std::collections::HashMap::new();
        let operation = |(number, (assigned, own)): (u32, (&crate::search::plan::Assigned, &crate::search::model::Operation))| {
            let start = assigned.start;
            let Some(mode) = own.modes.get(assigned.mode as usize) else {
                return Drawn { luck: number, planned: 0, start, spread: None, breakdowns: None };
            };
            let is_done = start + mode.duration <= now && start < now;
            let is_batch = model.machines[mode.machine as usize].batch.is_some();
            let luck = if is_batch { *batches.entry((mode.machine, start)).or_insert(number) } else { number };
            Drawn {
                luck,
                planned: mode.duration,
                start,
                spread: (!is_done).then(|| of[number as usize][assigned.mode as usize]),
                breakdowns: breakdowns[mode.machine as usize].filter(|_| !is_done),
            }
        };
        Self {
            sources: deviation.spreads.iter().map(Source::new).collect(),
            drawn: vec![(0.0, 0.0); deviation.spreads.len()],
            operations: (0..).zip(plan.operations.iter().zip(&model.operations)).map(operation).collect(),
            now,
        }
    }

    /// The durations of all operations in a sample [ticks]. The same luck gives an operation the same ratio in any plan.
    pub fn draw(&mut self, luck: &Chance, lasts: &mut Vec<Time>) {
        for (number, (source, drawn)) in (0..).zip(self.sources.iter().zip(&mut self.drawn)) {
            if let Source::History(count, mean, deviation, _) = *source {
                let mut chance = luck.branch(&[0, number]);
                let freedom = count - 1;
                let sigma = deviation * (freedom as f64 / chi_squared(freedom, &mut chance)).sqrt();
                *drawn = (mean + sigma * chance.normal() / (count as f64).sqrt(), sigma);
            }
        }
        lasts.clear();
        lasts.extend(self.operations.iter().map(|of| self.last(of, luck.branch(&[1, u64::from(of.luck)]))));
    }

    fn last(&self, of: &Drawn, mut chance: Chance) -> Time {
        let Some(spread) = of.spread else { return of.planned };
        let so_far = self.now - of.start;
        // what runs already for longer than anything before may take as long again
        let past = BEYOND * so_far.max(0) as f64 / of.planned.max(1) as f64;
        for _ in 0..TRIES {
            let work = of.planned as f64 * self.ratio(spread, past, &mut chance);
            let repairs = of.breakdowns.map_or(0.0, |b| repairs(&b, work, &mut chance));
            let lasts = (work + repairs).round().clamp(0.0, HORIZON_MAX as f64) as Time;
            // what runs already has not ended yet
            if lasts > so_far || so_far <= 0 {
                return lasts;
            }
        }
        (so_far + 1).max(of.planned)
    }

    fn ratio(&self, spread: u32, past: f64, chance: &mut Chance) -> f64 {
        match &self.sources[spread as usize] {
            Source::Certain => 1.0,
            Source::LogNormal(median, sigma) => chance.log_normal(*median, *sigma),
            Source::History(.., (least, most)) => {
                let (mean, sigma) = self.drawn[spread as usize];
                (mean + sigma * chance.normal()).exp().clamp(*least, most.max(past))
            }
            Source::Quantiles(points) => {
                let at = chance.unit();
                let after = points.partition_point(|p| p.0 <= at).clamp(1, points.len() - 1);
                let ((a, x), (b, y)) = (points[after - 1], points[after]);
                x + (y - x) * (at - a) / (b - a)
            }
        }
    }
}

impl Source {
    fn new(spread: &Spread) -> Self {
        match spread {
            Spread::Certain => Self::Certain,
            Spread::Quantiles(points) => Self::Quantiles(points.iter().map(|p| (f64::from(p.0) / 1_000.0, p.1)).collect()),
            Spread::LogNormal { median, sigma } => Self::LogNormal(*median, *sigma),
            Spread::History(ratios) => {
                let moments: Moments = ratios.iter().map(|r| r.ln()).collect();
                let (least, most) = ratios.iter().fold((f64::MAX, 0.0_f64), |(least, most), r| (least.min(*r), most.max(*r)));
                Self::History(ratios.len(), moments.mean(), moments.deviation(), (least / BEYOND, most * BEYOND))
            }
        }
    }
}

/// The repairs while so much work is done [ticks].
fn repairs(of: &Breakdowns, work: f64, chance: &mut Chance) -> f64 {
    let (mut done, mut repairs) = (chance.exponential(of.between), 0.0);
    for _ in 0..BREAKDOWNS_MAX {
        if done >= work {
            break;
        }
        repairs += chance.log_normal(of.repair, of.sigma);
        done += chance.exponential(of.between);
    }
    repairs
}

fn chi_squared(freedom: usize, chance: &mut Chance) -> f64 {
    if freedom <= MANY {
        return (0..freedom).map(|_| chance.normal().powi(2)).sum::<f64>().max(f64::MIN_POSITIVE);
    }
    let part = 2.0 / (9.0 * freedom as f64);
    freedom as f64 * (1.0 - part + chance.normal() * part.sqrt()).max(0.01).powi(3)
}
