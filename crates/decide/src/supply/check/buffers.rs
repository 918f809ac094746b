//! The zones and positions of decoupling points, worked out anew.
//!
//! Enters: a model, a plan. Leaves: whether its statuses are right, one for each decoupling point. Absent: whether what they recommend is ordered, which
//! lead times and capacities decide.

use crate::supply::model::{Kind, Model, Policy, Profile, Time, Usage};
use crate::supply::plan::{Plan, Source, Status, Taker};
use std::collections::HashMap;

/// Every decoupling point has one status, with the figures that its profile and the plan give.
pub(super) fn zones_right(model: &Model, plan: &Plan) -> Result<(), (String, String)> {
    let mut told: HashMap<u32, &Status> = HashMap::new();
    if let Some(status) = plan.statuses.iter().find(|s| told.insert(s.buffer, s).is_some()) {
        return Err((format!("two statuses of buffer {}", status.buffer), "one".to_owned()));
    }
    let mut leads = HashMap::new();
    for (number, buffer) in (0_u32..).zip(&model.buffers) {
        let Policy::Ddmrp(profile) = &buffer.policy else { continue };
        let Some(status) = told.remove(&number) else {
            return Err((format!("no status of {} at {}", buffer.item, buffer.location), "one".to_owned()));
        };
        figures(model, plan, profile, status, &mut leads)?;
    }
    told.into_keys()
        .next()
        .map_or(Ok(()), |other| Err((format!("a status of buffer {other}"), "of decoupling points only".to_owned())))
}

fn figures(
    model: &Model,
    plan: &Plan,
    profile: &Profile,
    status: &Status,
    leads: &mut HashMap<u32, Time>,
) -> Result<(), (String, String)> {
    let buffer = &model.buffers[status.buffer as usize];
    let lead_time = match profile.lead_time {
        Some(told) => told,
        None => below(model, status.buffer, profile.minimum, leads),
    };
    let takes = takes(plan, status.buffer);
    let (used, ticks) = match &profile.usage {
        Usage::Told(told) => (told.quantity, told.per),
        Usage::Past(past) => (past.iter().sum(), past.len() as i64 * model.bucket),
        Usage::Planned(buckets) => {
            let end = i64::from(*buckets) * model.bucket;
            (takes.iter().filter(|(time, _, _)| *time < end).map(|t| t.1).sum(), end)
        }
    };
    // usage * time * percent / 100, up to whole units
    let share = |time: Time, percent: i64| {
        let numerator = i128::from(used) * i128::from(time) * i128::from(percent);
        let denominator = i128::from(ticks) * 100;
        let whole = numerator.div_euclid(denominator) + i128::from(numerator.rem_euclid(denominator) != 0);
        whole.min(i128::from(i64::MAX) / 8)
    };
    let base = share(lead_time, profile.lead_time_factor);
    let safety = base * i128::from(profile.variability_factor);
    let red = base + (safety / 100 + i128::from(safety % 100 != 0)).min(i128::from(i64::MAX) / 8);
    let yellow = share(lead_time, 100);
    let green = base.max(share(profile.cycle, 100)).max(i128::from(profile.minimum));
    let qualified = i128::from(qualified(model, profile, &takes, lead_time, red));
    let on_order: i64 = buffer.receipts.iter().map(|(_, quantity)| quantity).sum();
    let position = i128::from(buffer.on_hand) + i128::from(on_order) - qualified;
    let recommended = if position > red + yellow { 0 } else { (red + yellow + green - position).max(0) };
    let found = [status.red, status.yellow, status.green, status.on_hand, status.on_order, status.qualified, status.recommended]
        .map(i128::from);
    let right = [red, yellow, green, i128::from(buffer.on_hand), i128::from(on_order), qualified, recommended];
    let is_same = i128::from(status.usage.quantity) * i128::from(ticks) == i128::from(used) * i128::from(status.usage.per);
    if found == right && is_same && status.lead_time == lead_time {
        return Ok(());
    }
    Err((format!("{status:?}"), format!("{right:?}, usage {used} in {ticks}, lead time {lead_time}")))
}

/// What is taken from a buffer: when, how much, whether from stock or a scheduled receipt.
fn takes(plan: &Plan, buffer: u32) -> Vec<(Time, i64, bool)> {
    let of = plan.pegs.iter().filter(|peg| peg.buffer == buffer);
    let time = |taker| match taker {
        Taker::Order(number) => plan.orders[number as usize].start,
        Taker::Delivery(number) => plan.deliveries[number as usize].time,
    };
    of.map(|peg| (time(peg.taker), peg.quantity, matches!(peg.source, Source::OnHand | Source::Receipt(_)))).collect()
}

/// Demand of the first bucket and before, and spikes.
fn qualified(model: &Model, profile: &Profile, takes: &[(Time, i64, bool)], lead_time: Time, red: i128) -> i64 {
    let horizon = profile.spike_horizon.unwrap_or(lead_time);
    let mut buckets: HashMap<i64, i64> = HashMap::new();
    for (time, quantity, from_stock) in takes {
        if *from_stock {
            *buckets.entry((time / model.bucket).max(0)).or_insert(0) += quantity;
        }
    }
    let counts = |bucket: i64, quantity: i64| {
        let is_large = i128::from(quantity) * 100 > red * i128::from(profile.spike_threshold);
        bucket == 0 || (is_large && bucket * model.bucket <= horizon)
    };
    buckets.into_iter().filter(|(bucket, quantity)| counts(*bucket, *quantity)).map(|(_, quantity)| quantity).sum()
}

/// The longest sum of lead times from a buffer down to the next decoupling points [ticks]; of buffers below the first it is kept in `leads`.
fn below(model: &Model, buffer: u32, size: i64, leads: &mut HashMap<u32, Time>) -> Time {
    let Some(way) = model.ways_of(buffer).first().map(|w| &model.ways[*w as usize]) else { return 0 };
    let own = match &way.kind {
        Kind::Purchase { lead_time, .. } | Kind::Distribution { lead_time, .. } => *lead_time,
        Kind::Production { steps, .. } => {
            let wanted = size.max(way.sizes.minimum);
            let up = (wanted + way.sizes.multiple - 1).div_euclid(way.sizes.multiple) * way.sizes.multiple;
            let units = up.min(way.sizes.maximum - way.sizes.maximum % way.sizes.multiple);
            steps.iter().fold(0, |sum: Time, step| {
                let work = step.alternatives.first().map_or(0, |a| a.fixed.saturating_add(a.unit.up(units)));
                sum.saturating_add(step.delay + work)
            })
        }
    };
    let mut longest = 0;
    for input in way.inputs() {
        if !model.buffers[input as usize].policy.is_decoupled() {
            let known = leads.get(&input).copied();
            let lead = known.unwrap_or_else(|| below(model, input, 1, leads));
            leads.insert(input, lead);
            longest = lead.max(longest);
        }
    }
    own.saturating_add(longest)
}
