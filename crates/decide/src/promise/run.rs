//! The work on a promise, step by step.
//!
//! Enters: a trial, what is asked, steps. Leaves: an [`Answer`]; the same for a seed however it is stepped. Absent: the clock.

use super::answer::{Tally, bound, rank};
use super::order::Trial;
use super::spread::Sampler;
use super::{Answer, ModelError, SAMPLES_MAX};
use crate::check::plan::certify;
use crate::search::Search;
use crate::search::carry::Carrier;
use crate::search::model::Time;
use crate::search::plan::Plan;
use measure::Chance;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The probability with which the date shall be kept [per mille], say 900.
    pub wanted: u32,
    /// Shares [per mille] of which the completion is told.
    pub shares: Vec<u32>,
    /// Iterations of the search for a better place, where the gaps are one; 0: the gaps.
    pub iterations: u64,
    /// Samples, so many that the shares can be told: 9 for 900 per mille, 999 for 999.
    pub samples: u32,
    /// Of all chance.
    pub seed: u64,
}

/// The work on a promise. A step is an iteration of the search or one sample.
#[derive(Debug)]
pub struct Run<'t> {
    trial: &'t Trial,
    ask: Ask,
    search: Option<Search<'t>>,
    placed: Option<Placed>,
    complete: Vec<Time>,
    tally: Tally,
    sampled: u32,
}

/// The plan with the order, and what draws durations for it and for the running one.
#[derive(Debug)]
struct Placed {
    plan: Plan,
    certificate: crate::check::plan::PlanCertificate,
    closed: Vec<Vec<(Time, Time)>>,
    with: Sampler,
    without: Sampler,
}

impl<'t> Run<'t> {
    /// Begins.
    ///
    /// # Errors
    /// A probability out of range, or too few or too many samples for the shares.
    pub fn new(trial: &'t Trial, ask: Ask) -> Result<Self, ModelError> {
        for &share in ask.shares.iter().chain([&ask.wanted]) {
            if !(1..1_000).contains(&share) {
                return Err(ModelError::at("share", share.to_string(), "1 to 999 per mille"));
            }
            let least = (u64::from(share)).div_ceil(1_000 - u64::from(share)).max(1);
            let fits = ask.samples <= SAMPLES_MAX && rank(ask.samples as usize, share).is_some();
            if !fits {
                let allowed = format!("{least} to {SAMPLES_MAX} for {share} per mille");
                return Err(ModelError::at("samples", ask.samples.to_string(), allowed));
            }
        }
        let tally = Tally::new(&trial.running.model);
        Ok(Self { trial, ask, search: None, placed: None, complete: Vec::new(), tally, sampled: 0 })
    }

    /// Whether all is done.
    pub const fn is_over(&self) -> bool {
        self.sampled >= self.ask.samples
    }

    /// So many steps more. True where all is done.
    ///
    /// # Errors
    /// No plan with the order keeps the deadlines and limits of waits; the error names the rule.
    pub fn step(&mut self, steps: u64) -> Result<bool, ModelError> {
        let mut left = steps;
        while left > 0 && self.placed.is_none() {
            left -= self.place(left)?;
        }
        let samples = left.min(u64::from(self.ask.samples - self.sampled)) as u32;
        if samples > 0 {
            self.sample(samples)?;
        }
        Ok(self.is_over())
    }

    /// Looks for a place; tells the steps it took.
    fn place(&mut self, steps: u64) -> Result<u64, ModelError> {
        let trial = self.trial;
        if self.ask.iterations == 0 {
            let gaps = trial.rest.whole(&trial.starts[0]);
            // the cut-down model knows the closed intervals of now
            if certify(&trial.rest.model, &trial.starts[0]).is_ok() && certify(&trial.whole, &gaps).is_ok() {
                self.settle(gaps)?;
                return Ok(1);
            }
        }
        let search = self.search.get_or_insert_with(|| {
            let mut search = Search::resume(&trial.rest.model, self.ask.seed, &trial.starts[0]);
            search.offer(&trial.starts[1]);
            search.limit(self.ask.iterations.max(1));
            search
        });
        let before = search.iterations();
        search.step(steps);
        let done = (search.iterations() - before).clamp(1, steps);
        if search.is_over() {
            let best =
                search.best().map_err(|v| ModelError::at(format!("plan with the order, rule {}", v.rule), v.found, v.allowed))?;
            self.settle(trial.rest.whole(&best.plan))?;
        }
        Ok(done)
    }

    fn settle(&mut self, plan: Plan) -> Result<(), ModelError> {
        let trial = self.trial;
        let (running, of) = (&trial.running, trial.spreads.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let certificate = certify(&trial.whole, &plan);
        let certificate =
            certificate.map_err(|v| ModelError::at(format!("plan with the order, rule {}", v.rule), v.found, v.allowed))?;
        let sampler = |model, plan, of: &[&[u32]]| Sampler::new(model, plan, &running.deviation, of, running.change.now);
        self.placed = Some(Placed {
            with: sampler(&trial.whole, &plan, &of),
            without: sampler(&running.model, &running.plan, &of),
            closed: trial.rest.model.machines.iter().map(|m| m.closed.clone()).collect(),
            certificate,
            plan,
        });
        self.search = None;
        Ok(())
    }

    fn sample(&mut self, samples: u32) -> Result<(), ModelError> {
        let Some(placed) = &mut self.placed else { return Ok(()) };
        let running = &self.trial.running;
        let now = running.change.now;
        let mut with = Carrier::new(&self.trial.whole, &placed.plan, &placed.closed, now)?;
        let mut without = Carrier::new(&running.model, &running.plan, &placed.closed, now)?;
        let chance = Chance::seeded(self.ask.seed);
        let mut lasts = Vec::new();
        for _ in 0..samples {
            let luck = chance.branch(&[u64::from(self.sampled)]);
            placed.without.draw(&luck, &mut lasts);
            without.run(&lasts);
            self.tally.count(0, &without.complete());
            placed.with.draw(&luck, &mut lasts);
            with.run(&lasts);
            let complete = with.complete();
            self.tally.count(1, &complete);
            self.complete.push(complete.get(self.trial.job as usize).copied().flatten().unwrap_or(now));
            self.sampled += 1;
        }
        Ok(())
    }

    /// The promise by the samples so far; none before there are enough for all shares.
    pub fn answer(&self) -> Option<Answer> {
        let placed = self.placed.as_ref()?;
        let mut sorted = self.complete.clone();
        sorted.sort_unstable();
        let quantiles = self.ask.shares.iter().map(|share| Some((*share, bound(&sorted, *share)?)));
        let of_job = |o: &crate::search::model::Operation| o.job == self.trial.job;
        let ends = self.trial.whole.operations.iter().zip(&placed.plan.operations).filter(|(o, _)| of_job(o));
        let planned = ends.filter_map(|(o, a)| Some(a.start + o.modes.get(a.mode as usize)?.duration)).max();
        let due = self.trial.asked_due;
        let kept = |due: Time| sorted.partition_point(|c| *c <= due) as f64 / sorted.len().max(1) as f64;
        Some(Answer {
            date: bound(&sorted, self.ask.wanted)?,
            quantiles: quantiles.collect::<Option<Vec<_>>>()?,
            plan: placed.plan.clone(),
            certificate: placed.certificate.clone(),
            planned: planned.unwrap_or(self.trial.running.change.now),
            on_time: due.map(kept),
            effects: self.tally.effects(self.sampled),
            samples: self.sampled,
        })
    }
}
