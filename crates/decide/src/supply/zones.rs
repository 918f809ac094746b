//! Buffer zones and the net flow equation of demand driven MRP (Carol Ptak and Chad Smith, *Demand Driven Material Requirements Planning*).
//!
//! Enters: a profile, what is taken from the buffer. Leaves: a [`Status`] with zones, position and recommendation. Absent: making the order.
//!
//! ```text
//! yellow = usage * lead time            red = base + base * variability factor, base = usage * lead time * lead time factor
//! green = max(minimum, usage * cycle, usage * lead time * lead time factor)
//! position = on hand + on order - qualified demand; at or below red + yellow: order up to red + yellow + green
//! ```
//!
//! Every zone is rounded up to whole units. Qualified demand is that of the first bucket and before, and all demand of each later bucket within
//! the spike horizon that exceeds the threshold. Demand that orders of the plan serve directly is no longer the buffer's.

use super::model::{Kind, Model, Profile, Ratio, Sizes, Step, Time, Usage, Way};
use super::plan::Status;
use std::collections::BTreeMap;

/// Zones are no larger, so that their sum stays within 64 bits; an order of that size is refused.
const LARGEST: i128 = i64::MAX as i128 / 8;

/// Zones and position of a buffer. `takes` is all that is taken from it, `from_stock` what of it is taken from stock and receipts.
pub fn status(model: &Model, number: u32, profile: &Profile, takes: &[(Time, i64)], from_stock: &[(Time, i64)]) -> Status {
    let buffer = &model.buffers[number as usize];
    let usage = usage(model, profile, takes);
    let lead_time = profile.lead_time.unwrap_or_else(|| decoupled(model, number, profile.minimum));
    let over = |ticks: Time, percent: i128| {
        let parts = i128::from(usage.quantity) * i128::from(ticks) * percent;
        let whole = i128::from(usage.per) * 100;
        ((parts + whole - 1) / whole).min(LARGEST) as i64
    };
    let base = over(lead_time, i128::from(profile.lead_time_factor));
    let yellow = over(lead_time, 100);
    let red = base + percent(base, profile.variability_factor);
    let green = profile.minimum.max(over(profile.cycle, 100)).max(base);
    let horizon = profile.spike_horizon.unwrap_or(lead_time);
    let qualified = qualified(model.bucket, from_stock, horizon, red, profile.spike_threshold);
    let on_order = buffer.receipts.iter().map(|r| r.1).sum();
    let mut status = Status {
        buffer: number,
        usage,
        lead_time,
        red,
        yellow,
        green,
        on_hand: buffer.on_hand,
        on_order,
        qualified,
        recommended: 0,
    };
    if status.position() <= red + yellow {
        status.recommended = (status.top() - status.position()).max(0);
    }
    status
}

/// A share of a quantity, rounded up.
fn percent(of: i64, percent: i64) -> i64 {
    ((i128::from(of) * i128::from(percent) + 99) / 100).min(LARGEST) as i64
}

fn usage(model: &Model, profile: &Profile, takes: &[(Time, i64)]) -> Ratio {
    match &profile.usage {
        Usage::Told(told) => *told,
        Usage::Past(past) => Ratio { quantity: past.iter().sum(), per: model.bucket * past.len() as i64 },
        Usage::Planned(buckets) => {
            let until = model.bucket * Time::from(*buckets);
            let quantity = takes.iter().filter(|t| t.0 < until).map(|t| t.1).sum();
            Ratio { quantity, per: until }
        }
    }
}

fn qualified(bucket: Time, takes: &[(Time, i64)], horizon: Time, red: i64, threshold: i64) -> i64 {
    let mut by_bucket = BTreeMap::new();
    for (time, quantity) in takes {
        *by_bucket.entry(time.div_euclid(bucket).max(0)).or_insert(0_i64) += quantity;
    }
    let is_spike = |number: Time, quantity: i64| {
        number * bucket <= horizon && i128::from(quantity) * 100 > i128::from(red) * i128::from(threshold)
    };
    by_bucket
        .iter()
        .filter(|(number, quantity)| **number == 0 || is_spike(**number, **quantity))
        .map(|(_, quantity)| quantity)
        .sum()
}

/// The decoupled lead time: the longest sum of lead times from a buffer down to the next decoupling points, each by the way that is tried first,
/// for the smallest order that is allowed and not below `minimum`; without splitting, on the first machine of each step [ticks].
fn decoupled(model: &Model, buffer: u32, minimum: i64) -> Time {
    // buffers below come later in the order, so the longest path is found in one walk
    let mut reached: BTreeMap<u32, Time> = BTreeMap::from([(model.place(buffer), 0)]);
    let mut longest = 0;
    while let Some((at, before)) = reached.pop_first() {
        let number = model.order()[at as usize];
        let is_first = number == buffer;
        if !is_first && model.buffers[number as usize].policy.is_decoupled() {
            continue;
        }
        let Some(way) = model.ways_of(number).first().map(|w| &model.ways[*w as usize]) else { continue };
        let after = before.saturating_add(lead_time(way, if is_first { minimum } else { 1 }));
        longest = longest.max(after);
        for input in way.inputs() {
            let known = reached.entry(model.place(input)).or_insert(0);
            *known = after.max(*known);
        }
    }
    longest
}

fn lead_time(way: &Way, minimum: i64) -> Time {
    match &way.kind {
        Kind::Purchase { lead_time, .. } | Kind::Distribution { lead_time, .. } => *lead_time,
        Kind::Production { steps, .. } => {
            let size = Sizes::fit(way.sizes, minimum);
            let of = |s: &Step| s.delay + s.alternatives.first().map_or(0, |a| a.work(size));
            steps.iter().map(of).fold(0, Time::saturating_add)
        }
    }
}
