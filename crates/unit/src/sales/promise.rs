//! The promise of a date from the live schedule.
//!
//! Enters: a view, the newest schedule, a route and pieces, what is known of the past. Leaves: a [`Promised`]. Absent: how long may be searched
//! (`node` steps it), the clock.

use super::past::{Past, after, open};
use crate::desk::View;
use crate::schedule::{Guest, Move, Schedule, Scheduling, Visit};
use decide::promise::{Ask, Deviation, NewOrder, Run, Running, Trial};
use decide::search::model::{Job, Model};
use decide::search::plan::Plan;
use decide::search::replan::Change;
use measure::{Instant, Span};
use plant::{Calendar, Operation, Order};
use std::sync::Arc;

/// Penalty for a second that the order is complete later, as for those that are late: it is put where it is done soonest without making
/// others late.
const TARDINESS: i64 = 1;
/// Dates are promised at whole steps of this.
const STEP: Span = Span::from_minutes(5);
/// Samples of one promise.
const SAMPLES: u32 = 199;
/// The same question gives the same answer.
const SEED: u64 = 1;
/// The share at which promises are judged later [per mille].
pub(super) const JUDGED_AT: u32 = 900;

/// What is asked for.
pub struct Asked<'a> {
    /// The route.
    pub route: &'a [Operation],
    /// Good pieces wanted.
    pub quantity: u32,
    /// Orders that are left out, as if they were not known.
    pub hidden: &'a dyn Fn(&Order) -> bool,
    /// Changes of people that the plan keeps.
    pub moves: &'a [Move],
}

/// What a promise rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Basis {
    /// Past operations of the machines that may do the steps; without three of a machine a log-normal is taken.
    pub operations: usize,
    /// Past promises by which the date was corrected; 0: it was not.
    pub promises: usize,
}

/// A promise.
#[derive(Clone, Debug, PartialEq)]
pub struct Promised {
    /// The instant from which it counts.
    pub at: Instant,
    /// Done by the plan.
    pub planned: Instant,
    /// Kept with the probability that was asked for.
    pub due: Instant,
    /// That probability [per mille].
    pub sure: u32,
    /// By when half of all samples are done, corrected alike.
    pub likely: Instant,
    /// The date of the samples at nine in ten, before any correction: by it the promise is judged later.
    pub raw: Instant,
    /// Other orders that become late more often by it: the place of the order in the schedule's model is not told, only how many.
    pub delayed: usize,
    /// What it rests on.
    pub basis: Basis,
}

/// A promise to be worked out.
#[derive(Debug)]
pub struct Promising {
    trial: Trial,
    at: Instant,
    calendar: Calendar,
    factors: (f64, f64),
    basis: Basis,
    sure: u32,
}

impl Promising {
    /// Puts an order on trial beside the orders that are known; `improve` iterations go into the running plan first.
    ///
    /// # Errors
    /// An order without steps, a limit of the scheduling model, a plan that the check refuses.
    pub fn of(
        view: &View,
        before: Option<Arc<Schedule>>,
        (asked, sure): (&Asked<'_>, u32),
        past: &Past,
        improve: u64,
    ) -> Result<Self, String> {
        let visit = Visit { route: asked.route, quantity: asked.quantity, hidden: asked.hidden };
        let (scheduling, guest) = Scheduling::visited(view, before, Some(&visit))?;
        let guest = guest.ok_or("there is nothing to be planned")?;
        // moves that together can no longer be are left out, as in the schedule itself
        let held = planned(&scheduling.clone().holding(asked.moves), improve)?;
        let (model, plan) = match held {
            Some(held) => held,
            None => planned(&scheduling, improve)?.ok_or("the check refused a schedule")?,
        };
        let deviation = deviation(&model, past);
        let running = Running { model, plan, change: Change::default(), deviation };
        let trial = Trial::new(running, &order(guest)).map_err(|e| e.to_string())?;
        let calendar = view.plant.calendar.clone();
        let (factor, promises) = past.factor(&calendar, view.at, sure);
        let (middle, _) = past.factor(&calendar, view.at, 500);
        let basis = Basis { operations: past.operations(asked), promises };
        Ok(Self { trial, at: view.at, calendar, factors: (factor, middle), basis, sure })
    }

    /// The work, to be stepped by [`Run::step`]; `iterations` of the search look for a better place than the gaps.
    ///
    /// # Errors
    /// A probability that cannot be told by the samples.
    pub fn run(&self, iterations: u64) -> Result<Run<'_>, String> {
        let ask = Ask { wanted: JUDGED_AT, shares: vec![500, self.sure], iterations, samples: SAMPLES, seed: SEED };
        Run::new(&self.trial, ask).map_err(|e| e.to_string())
    }

    /// The promise of work that is over.
    pub fn promised(&self, run: &Run<'_>) -> Option<Promised> {
        let answer = run.answer()?;
        let instant = |ticks: i64| self.at + Span::from_seconds(ticks);
        let share = |wanted: u32| answer.quantiles.iter().find(|q| q.0 == wanted).map(|q| instant(q.1));
        let raw = instant(answer.date);
        let corrected = |date: Instant, factor: f64| {
            let work = Span::from_seconds_f64(open(&self.calendar, self.at, date).seconds() * factor);
            // uncorrected it may lie outside of shifts, where machines do not keep to them
            if self.basis.promises == 0 { date } else { after(&self.calendar, self.at, work) }
        };
        let at_sure = share(self.sure)?;
        // ratios are of the date at nine in ten: other shares keep their distance to it by the ratios' own spread
        let due = if self.basis.promises == 0 { at_sure } else { corrected(raw, self.factors.0) };
        let likely = if self.basis.promises == 0 { share(500)? } else { corrected(raw, self.factors.1) };
        let due = (due + STEP - Span::from_micros(1)).floor(STEP);
        Some(Promised {
            at: self.at,
            planned: instant(answer.planned),
            due,
            sure: self.sure,
            likely: likely.min(due),
            raw,
            delayed: answer.effects.iter().filter(|e| e.on_time_after < e.on_time_before).count(),
            basis: self.basis,
        })
    }

    /// The promise, worked out to its end.
    ///
    /// # Errors
    /// No place was found that keeps the rules of the plan.
    pub fn worked_out(&self, iterations: u64) -> Result<Promised, String> {
        let mut run = self.run(iterations)?;
        while !run.step(u64::MAX).map_err(|e| e.to_string())? {}
        self.promised(&run).ok_or_else(|| "there are too few samples for this probability".to_owned())
    }
}

/// The model of a scheduling and a plan of it; none where no plan was found that keeps every limit.
fn planned(scheduling: &Scheduling, improve: u64) -> Result<Option<(Model, Plan)>, String> {
    let (Some(model), Some(mut search)) = (scheduling.model(), scheduling.search(SEED)) else {
        return Err("there is nothing to be planned".to_owned());
    };
    search.step(improve);
    if search.broken() > 0 {
        return Ok(None);
    }
    let best = search.best().map_err(|violation| format!("the check refused a schedule: {violation}"))?;
    Ok(Some((model.clone(), best.plan)))
}

/// One spread a machine.
fn deviation(model: &Model, past: &Past) -> Deviation {
    let of = |operation: &decide::search::model::Operation| operation.modes.iter().map(|mode| mode.machine).collect();
    Deviation {
        spreads: past.spreads(model.machines.len()),
        of: model.operations.iter().map(of).collect(),
        breakdowns: Vec::new(),
    }
}

/// The guest as an order: its steps one after the other.
fn order(guest: Guest) -> NewOrder {
    NewOrder {
        job: Job { tardiness: TARDINESS, ..Job::default() },
        spreads: guest.operations.iter().map(|o| o.modes.iter().map(|mode| mode.machine).collect()).collect(),
        precedences: (1..guest.operations.len() as u32).map(|o| (o - 1, o)).collect(),
        families: guest.families,
        operations: guest.operations,
        ..NewOrder::default()
    }
}
