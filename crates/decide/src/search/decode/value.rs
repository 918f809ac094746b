//! What starts and ends are worth.
//!
//! Enters: starts and ends of all. Leaves: a value, level by level, with what is broken. Absent: changes of them.

use super::super::cost::Value;
use super::super::model::Criterion;
use super::{Case, Decoder};

impl Decoder {
    /// What it costs that machines stand.
    pub(super) fn standing(&self, on: Case<'_>) -> i64 {
        let gap = |machine: u32, v: u32| match on.graph.nodes[v as usize].ms {
            next if next == on.graph.none() => 0,
            next => on.rich.standing(machine, self.ends[v as usize], self.starts[next as usize]),
        };
        on.rich.idle_machines().flat_map(|m| on.graph.on(m).map(move |v| gap(m, v))).sum()
    }

    /// What a job costs, and when it is complete; none where all of it is left out.
    pub(super) fn of_job(&self, on: Case<'_>, job: u32) -> (Value, Option<i32>) {
        let mut span: Option<(i32, i32)> = None;
        for &o in on.rich.of_job.list(job) {
            if !on.is_out(o) {
                let (start, end) = (self.starts[o as usize], self.ends[o as usize]);
                span = Some(span.map_or((start, end), |(s, e)| (s.min(start), e.max(end))));
            }
        }
        let Some((start, end)) = span else { return (Value::default(), None) };
        let broken = i64::from(end.saturating_sub(on.rich.deadline[job as usize]).max(0));
        let mut value = on.cost.job_value(job as usize, i64::from(start), i64::from(end));
        value.broken = broken;
        (value, Some(end))
    }

    /// By how much a job is late; below zero where it is early.
    pub(super) fn late(&self, on: Case<'_>, job: u32) -> Option<i64> {
        let ends = on.rich.of_job.list(job).iter().filter(|o| !on.is_out(**o)).map(|o| self.ends[*o as usize]);
        ends.max().map(|end| i64::from(end) - on.cost.jobs[job as usize].due)
    }

    /// What an operation costs by itself.
    pub(super) fn of_operation(&self, on: Case<'_>, v: u32) -> Value {
        let at = v as usize;
        let start = self.starts[at];
        if on.is_out(v) {
            return on.cost.value_of(Criterion::LeftOut, on.rich.out[at]);
        }
        let mut value = Value::broken(i64::from(start.saturating_sub(on.rich.latest[at]).max(0)));
        for &(resource, amount) in on.uses(v) {
            let store = &on.rich.stores[resource as usize];
            let price = amount * on.pieces(v, start).map(|(from, to)| store.price(from, to)).sum::<i64>();
            value += on.cost.value_of(Criterion::Resources, price);
        }
        if on.cost.has_published() {
            let deviation = on.cost.of_published(v, on.graph.machine[at], i64::from(start));
            value += on.cost.value_of(Criterion::Deviation, deviation);
        }
        value
    }

    pub(super) fn value(&mut self, on: Case<'_>) -> Value {
        let mut value = Value::default();
        let (mut longest, mut tardiest) = (0, 0);
        for job in 0..on.cost.jobs.len() as u32 {
            let (own, end) = self.of_job(on, job);
            value += own;
            let end = end.unwrap_or(0);
            longest = longest.max(end);
            tardiest = tardiest.max(i64::from(end) - on.cost.jobs[job as usize].due);
        }
        for v in 0..on.shop.count as u32 {
            value += self.of_operation(on, v);
            value.broken += self.overlap(on, v);
            if on.rich.is_bound && !on.is_out(v) {
                value.broken += self.unbound(on, v);
            }
        }
        value.broken += on.rich.choices.broken(&on.graph.mode) + self.out_of_sequence(on);
        value += on.cost.whole_value(i64::from(longest), tardiest);
        value += on.cost.value_of(Criterion::Resources, self.standing(on));
        if on.cost.set_up > 0 {
            let ticks = on.graph.set_ups(on.shop, |v| self.first[v as usize] == v) + self.changed;
            value += on.cost.value_of(Criterion::SetUp, on.cost.set_up * ticks);
        }
        value
    }
}
