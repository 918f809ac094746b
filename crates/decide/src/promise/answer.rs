//! What is promised.
//!
//! Enters: samples of completions with and without the order. Leaves: an [`Answer`]. Absent: how they were drawn.

use crate::check::plan::PlanCertificate;
use crate::search::model::{Model, Time};
use crate::search::plan::Plan;

/// What the order does to another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// Which job.
    pub job: u32,
    /// Share of samples in which it is on time without the order.
    pub on_time_before: f64,
    /// Share of samples in which it is on time with the order.
    pub on_time_after: f64,
    /// Mean lateness without the order [ticks]; on time counts 0.
    pub late_before: f64,
    /// Mean lateness with the order [ticks].
    pub late_after: f64,
}

/// The promise.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The plan of all, the order in it.
    pub plan: Plan,
    /// That it is feasible, and what it costs.
    pub certificate: PlanCertificate,
    /// When the order is complete by the plan [ticks].
    pub planned: Time,
    /// The date that is kept with the wanted probability [ticks].
    pub date: Time,
    /// For each share that was asked for [per mille], by when that share of the samples is complete [ticks].
    pub quantiles: Vec<(u32, Time)>,
    /// Where the order has a due date: the share of samples in which it is kept.
    pub on_time: Option<f64>,
    /// The other jobs with a due date whose lateness the order changes, the one that loses most first.
    pub effects: Vec<Effect>,
    /// Samples that it rests on.
    pub samples: u32,
}

/// Sums of one job over the samples.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    in_time: u32,
    late: i64,
}

/// All jobs over the samples, with and without the order.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    due: Vec<Option<Time>>,
    sums: Vec<[Sum; 2]>,
}

impl Tally {
    /// Of the jobs of a model.
    pub fn new(model: &Model) -> Self {
        Self { due: model.jobs.iter().map(|j| j.due).collect(), sums: vec![[Sum::default(); 2]; model.jobs.len()] }
    }

    /// Counts a sample without (0) or with (1) the order.
    pub fn count(&mut self, with: usize, complete: &[Option<Time>]) {
        for ((sums, due), complete) in self.sums.iter_mut().zip(&self.due).zip(complete) {
            if let Some((due, complete)) = due.zip(*complete) {
                sums[with].in_time += u32::from(complete <= due);
                sums[with].late += (complete - due).max(0);
            }
        }
    }

    /// What changed for the jobs.
    pub fn effects(&self, samples: u32) -> Vec<Effect> {
        let n = f64::from(samples.max(1));
        let changed = (0..).zip(&self.sums).filter(|(_, [b, a])| (b.in_time, b.late) != (a.in_time, a.late));
        let mut effects: Vec<Effect> = changed
            .map(|(job, [before, after])| Effect {
                job,
                on_time_before: f64::from(before.in_time) / n,
                on_time_after: f64::from(after.in_time) / n,
                late_before: before.late as f64 / n,
                late_after: after.late as f64 / n,
            })
            .collect();
        let lost = |e: &Effect| e.late_after - e.late_before;
        effects.sort_by(|a, b| lost(b).total_cmp(&lost(a)).then(a.job.cmp(&b.job)));
        effects
    }
}

/// The order statistic that a further draw stays below with a share [per mille] at least; the samples are ascending.
pub(super) fn bound(sorted: &[Time], share: u32) -> Option<Time> {
    rank(sorted.len(), share).and_then(|rank| sorted.get(rank - 1).copied())
}

/// Its rank, from 1; none where there are too few samples.
pub(super) fn rank(samples: usize, share: u32) -> Option<usize> {
    let rank = (share as usize * (samples + 1)).div_ceil(1_000);
    (1..=samples).contains(&rank).then_some(rank)
}
