//! The objective of a plan, from the model and the plan alone.
//!
//! Enters: a model and a plan whose modes exist. Leaves: the objective with its parts. Absent: whether the plan is feasible.

use super::{PlanCertificate, by_machine, completions, end, mode, set_up, together, worked};
use crate::search::model::{Criterion, Model, Resource, Time};
use crate::search::plan::Plan;

/// The objective and its parts. [`Model`] keeps them within 64 bits for starts within its horizon; beyond it they saturate.
pub(super) fn valued(model: &Model, plan: &Plan) -> PlanCertificate {
    let complete = completions(model, plan);
    let mut first = vec![Time::MAX; model.jobs.len()];
    for (number, operation) in model.operations.iter().enumerate().filter(|(number, _)| mode(model, plan, *number).is_some()) {
        first[operation.job as usize] = first[operation.job as usize].min(plan.operations[number].start);
    }
    let makespan = complete.iter().copied().flatten().max().unwrap_or(0).max(0);
    let (mut tardiness, mut earliness, mut flow, mut tardiest) = (0_i64, 0_i64, 0_i64, 0);
    for (number, job) in model.jobs.iter().enumerate() {
        let Some(complete) = complete[number] else { continue };
        let late = job.due.map_or(0, |due| complete.saturating_sub(due));
        tardiest = late.max(tardiest);
        tardiness = tardiness.saturating_add(job.tardiness.saturating_mul(late.max(0)));
        tardiness = tardiness.saturating_add(if late > 0 { job.late } else { 0 });
        earliness = earliness.saturating_add(job.earliness.saturating_mul((-late).max(0)));
        flow = flow.saturating_add(job.flow.saturating_mul(complete - first[number]));
    }
    let (deviation, left_out) = by_operation(model, plan);
    let resources = resources(model, plan).saturating_add(standing(model, plan));
    let set_up = set_ups(model, plan);
    let levels = levels(
        model,
        [
            (Criterion::Makespan, model.makespan.saturating_mul(makespan)),
            (Criterion::Tardiest, model.tardiest.saturating_mul(tardiest)),
            (Criterion::SetUp, model.set_up.saturating_mul(set_up)),
            (Criterion::Tardiness, tardiness),
            (Criterion::Earliness, earliness),
            (Criterion::Flow, flow),
            (Criterion::Deviation, deviation),
            (Criterion::LeftOut, left_out),
            (Criterion::Resources, resources),
        ],
    );
    PlanCertificate { levels, makespan, tardiness, earliness, flow, deviation, left_out, resources, tardiest, set_up }
}

/// The sum of each level; what the model's levels do not name belongs to the last.
fn levels(model: &Model, parts: [(Criterion, i64); Criterion::ALL.len()]) -> Vec<i64> {
    let mut sums = vec![0_i64; model.levels.len().max(1)];
    for (criterion, cost) in parts {
        let named = model.levels.iter().position(|level| level.contains(&criterion));
        let at = named.unwrap_or(sums.len() - 1);
        sums[at] = sums[at].saturating_add(cost);
    }
    sums
}

/// All set-ups together, of machines and of resources; a batch is set up for once.
fn set_ups(model: &Model, plan: &Plan) -> Time {
    let mut sum: Time = 0;
    for (machine, list) in by_machine(model, plan).iter().enumerate() {
        let starts_with = |a: usize, b: usize| plan.operations[a].start == plan.operations[b].start;
        let mut last = None;
        for &operation in list {
            let is_in_batch = model.machines[machine].batch.is_some() && last.is_some_and(|l| starts_with(l, operation));
            if !is_in_batch {
                sum = sum.saturating_add(set_up(model, machine, last, operation));
            }
            last = Some(operation);
        }
    }
    sum.saturating_add(together::changed_over(model, plan))
}

/// Penalties for deviating from what was published, and for what is left out.
fn by_operation(model: &Model, plan: &Plan) -> (i64, i64) {
    let (mut deviation, mut left_out) = (0_i64, 0_i64);
    for (number, operation) in model.operations.iter().enumerate() {
        let Some(mode) = mode(model, plan, number) else {
            left_out = left_out.saturating_add(operation.optional.unwrap_or(0));
            continue;
        };
        let Some(published) = operation.published else { continue };
        let ticks = (plan.operations[number].start - published.start).abs();
        let elsewhere = i64::from(mode.machine != published.machine);
        deviation = deviation.saturating_add(ticks.saturating_mul(model.stability.tick));
        deviation = deviation.saturating_add(elsewhere * model.stability.machine);
    }
    (deviation, left_out)
}

/// What the resources in use cost.
fn resources(model: &Model, plan: &Plan) -> i64 {
    let mut sum = 0_i64;
    for of in &model.uses {
        let operation = of.operation as usize;
        if plan.operations[operation].mode == of.mode {
            for (from, to) in worked(model, plan, operation) {
                let price = price(&model.resources[of.resource as usize], from, to);
                sum = sum.saturating_add(price.saturating_mul(of.amount));
            }
        }
    }
    sum
}

/// What it costs that machines stand between two operations: switched on, or off where the time is long enough and that is cheaper.
fn standing(model: &Model, plan: &Plan) -> i64 {
    let mut sum = 0_i64;
    for (machine, list) in by_machine(model, plan).iter().enumerate() {
        let Some(idle) = model.machines[machine].idle else { continue };
        for pair in list.windows(2) {
            let (from, to) = (end(model, plan, pair[0]), plan.operations[pair[1]].start);
            if from < to {
                let on = idle.amount.saturating_mul(price(&model.resources[idle.resource as usize], from, to));
                let cost = idle.off.filter(|(least, _)| to - from >= *least).map_or(on, |(_, off)| on.min(off));
                sum = sum.saturating_add(cost);
            }
        }
    }
    sum
}

/// What a unit costs between two instants.
fn price(resource: &Resource, from: Time, to: Time) -> i64 {
    let mut sum = 0_i64;
    for (place, &(begin, price)) in resource.prices.iter().enumerate() {
        let end = resource.prices.get(place + 1).map_or(Time::MAX, |next| next.0);
        sum = sum.saturating_add(price.saturating_mul((to.min(end) - from.max(begin)).max(0)));
    }
    sum
}
