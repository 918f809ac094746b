//! Each order alone, and what they ask of machines together.
//!
//! Enters: a model, a plan. Leaves: whether sizes, dates, routings and capacities are kept; loads and cost. Absent: materials.

use crate::supply::model::{Kind, Model, Step, Time, Way};
use crate::supply::plan::{Order, Part, Plan};
use std::collections::BTreeMap;

type Held = Result<(), (String, String)>;

fn held(holds: bool, found: impl Fn() -> String, allowed: impl Fn() -> String) -> Held {
    if holds { Ok(()) } else { Err((found(), allowed())) }
}

fn each(model: &Model, plan: &Plan, rule: impl Fn(&Way, &Order) -> Held) -> Held {
    plan.orders.iter().enumerate().try_for_each(|(number, order)| {
        let way = &model.ways[order.way as usize];
        rule(way, order).map_err(|(found, allowed)| (format!("order {number} by `{}`: {found}", way.name), allowed))
    })
}

/// Minimum, maximum, multiple.
pub(super) fn sizes_kept(model: &Model, plan: &Plan) -> Held {
    each(model, plan, |way, order| {
        let sizes = way.sizes;
        let is_kept = order.size >= sizes.minimum && order.size <= sizes.maximum && order.size % sizes.multiple == 0;
        held(is_kept, || format!("size {}", order.size), || format!("{sizes:?}"))
    })
}

/// Ways are used while they are effective.
pub(super) fn dates_kept(model: &Model, plan: &Plan) -> Held {
    each(model, plan, |way, order| {
        let is_kept = way.from.is_none_or(|f| f <= order.start) && way.until.is_none_or(|u| order.start < u);
        held(is_kept, || format!("start {}", order.start), || format!("from {:?} until {:?}", way.from, way.until))
    })
}

/// A constrained plan begins now.
pub(super) fn not_before_now(model: &Model, plan: &Plan) -> Held {
    each(model, plan, |_, order| {
        held(!model.is_constrained || order.start >= 0, || format!("start {}", order.start), || "0 or later".to_owned())
    })
}

/// What is bought or moved comes after its lead time.
pub(super) fn lead_times_kept(model: &Model, plan: &Plan) -> Held {
    each(model, plan, |way, order| match &way.kind {
        Kind::Purchase { lead_time, .. } | Kind::Distribution { lead_time, .. } => {
            let is_kept = order.end - order.start == *lead_time && order.steps.is_empty();
            held(is_kept, || format!("{} to {}", order.start, order.end), || format!("{lead_time} between them"))
        }
        Kind::Production { .. } => Ok(()),
    })
}

/// What is made goes through all steps, one after the other, in whole.
pub(super) fn routings_kept(model: &Model, plan: &Plan) -> Held {
    each(model, plan, |way, order| {
        let Kind::Production { steps, .. } = &way.kind else { return Ok(()) };
        held(order.steps.len() == steps.len(), || format!("{} steps", order.steps.len()), || steps.len().to_string())?;
        let mut ready = order.start;
        for (number, (step, parts)) in steps.iter().zip(&order.steps).enumerate() {
            let start = parts.iter().map(|p| p.start).min().unwrap_or(ready);
            let is_after = if number == 0 { start == ready } else { start >= ready };
            held(is_after, || format!("step {number} starts at {start}"), || format!("not before {ready}"))?;
            ready = parts.iter().map(|p| p.end).max().unwrap_or(ready) + step.delay;
            shared(model, step, parts, order.size).map_err(|(f, a)| (format!("step {number}: {f}"), a))?;
        }
        held(order.end == ready, || format!("end {}", order.end), || ready.to_string())
    })
}

/// How the quantity of a step is shared.
fn shared(model: &Model, step: &Step, parts: &[Part], size: i64) -> Held {
    let (most, least) = step.split.map_or((1, 0), |s| (s.most as usize, s.least));
    let count = parts.len();
    held((1..=most).contains(&count), || format!("{count} parts"), || format!("1 to {most}"))?;
    let sum: i64 = parts.iter().map(|p| p.quantity).sum();
    held(sum == size, || format!("{sum} units in all parts"), || size.to_string())?;
    let smallest = parts.iter().map(|p| p.quantity).min().unwrap_or(0);
    held(count == 1 || smallest >= least, || format!("a part of {smallest}"), || format!("{least} or more"))?;
    let mut on = BTreeMap::new();
    for part in parts {
        let known = (part.alternative as usize) < step.alternatives.len();
        held(known, || format!("alternative {}", part.alternative), || format!("below {}", step.alternatives.len()))?;
        *on.entry(part.alternative).or_insert(0_u32) += 1;
    }
    on.into_iter().try_for_each(|(alternative, count)| {
        let machine = step.alternatives[alternative as usize].machine;
        let machines = machine.map_or(u32::MAX, |m| model.machines[m as usize].count);
        held(count <= machines, || format!("{count} parts on alternative {alternative}"), || format!("{machines} machines"))
    })
}

/// All work of a part is booked, and within its time.
pub(super) fn work_booked(model: &Model, plan: &Plan) -> Held {
    each(model, plan, |way, order| {
        let Kind::Production { steps, .. } = &way.kind else { return Ok(()) };
        for (step, parts) in steps.iter().zip(&order.steps) {
            for part in parts {
                booked(model, step, part)?;
            }
        }
        Ok(())
    })
}

fn booked(model: &Model, step: &Step, part: &Part) -> Held {
    let on = &step.alternatives[part.alternative as usize];
    let (ticks, per) = (i128::from(on.unit.quantity), i128::from(on.unit.per));
    let by_quantity =
        (i128::from(part.quantity) * ticks).div_euclid(per) + i128::from((i128::from(part.quantity) * ticks).rem_euclid(per) > 0);
    let work = (i128::from(on.fixed) + by_quantity) as i64;
    let spent = part.end - part.start;
    let is_steady = on.machine.is_none() || !model.is_constrained;
    let is_spent = if is_steady { spent == work } else { spent >= work };
    held(is_spent, || format!("a part from {} to {}", part.start, part.end), || format!("{work} ticks of work"))?;
    let Some(machine) = on.machine else {
        return held(part.portions.is_empty(), || "work on no machine".to_owned(), || "none".to_owned());
    };
    let sum: Time = part.portions.iter().map(|p| p.work).sum();
    held(sum == work, || format!("{sum} ticks booked"), || work.to_string())?;
    let mut after = i32::MIN;
    for portion in &part.portions {
        let within = overlap(model, part, portion.bucket);
        let is_kept = portion.bucket > after && portion.work > 0 && portion.work <= within;
        held(is_kept, || format!("{portion:?}"), || format!("1 to {within} ticks, after bucket {after}"))?;
        after = portion.bucket;
    }
    // no pause but where there is no capacity at all
    let bounds = part.portions.first().zip(part.portions.last());
    let Some((first, last)) = bounds.filter(|_| model.is_constrained) else { return Ok(()) };
    let is_open = |bucket: &i32| usize::try_from(*bucket).is_ok_and(|b| model.capacity(machine).get(b).is_some_and(|c| *c > 0));
    let skipped = (first.bucket..=last.bucket).filter(is_open).find(|b| part.portions.iter().all(|p| p.bucket != *b));
    held(skipped.is_none(), || format!("a pause in bucket {skipped:?}"), || "none in open buckets".to_owned())
}

/// How much of a part's time lies in a bucket; the first begins with all time before, the last ends with all time after.
fn overlap(model: &Model, part: &Part, bucket: i32) -> Time {
    let last = i64::from(model.buckets) - 1;
    let number = i64::from(bucket);
    let low = if number < 0 { Time::MIN } else { number * model.bucket };
    let high = if number == last && !model.is_constrained { Time::MAX } else { (number + 1) * model.bucket };
    if number < -1 || number > last {
        return 0;
    }
    (part.end.min(high) - part.start.max(low)).max(0)
}

/// The work of each group of machines in each bucket.
pub(super) fn loads(model: &Model, plan: &Plan) -> Vec<BTreeMap<i32, Time>> {
    let mut loads = vec![BTreeMap::new(); model.machines.len()];
    for order in &plan.orders {
        let Kind::Production { steps, .. } = &model.ways[order.way as usize].kind else { continue };
        for (step, parts) in steps.iter().zip(&order.steps) {
            for part in parts {
                let Some(machine) = step.alternatives[part.alternative as usize].machine else { continue };
                for portion in &part.portions {
                    *loads[machine as usize].entry(portion.bucket).or_insert(0) += portion.work;
                }
            }
        }
    }
    loads
}

/// A constrained plan overloads nothing.
pub(super) fn capacity_kept(model: &Model, plan: &Plan) -> Held {
    if !model.is_constrained {
        return Ok(());
    }
    for (machine, buckets) in (0_u32..).zip(loads(model, plan)) {
        for (bucket, work) in buckets {
            let room = usize::try_from(bucket).ok().and_then(|b| model.capacity(machine).get(b)).copied().unwrap_or(0);
            let name = &model.machines[machine as usize].name;
            held(work <= room, || format!("{work} ticks on `{name}` in bucket {bucket}"), || room.to_string())?;
        }
    }
    Ok(())
}

/// What all orders cost; none beyond 64 bits.
pub(super) fn cost(model: &Model, plan: &Plan) -> Option<i64> {
    let of = |order: &Order| {
        let way = &model.ways[order.way as usize];
        i128::from(way.order_cost) + i128::from(way.cost) * i128::from(order.size)
    };
    i64::try_from(plan.orders.iter().map(of).sum::<i128>()).ok()
}
