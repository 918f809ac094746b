//! What orders and deliveries take, and from what.
//!
//! Enters: a model, a plan. Leaves: whether bills are kept, nothing is taken twice or before it is there, and every demand is accounted for; the stock of
//! each buffer. Absent: machines.

use crate::supply::model::{Kind, Model, Time};
use crate::supply::plan::{Order, Plan, Source, Taker, Whose};
use std::collections::{BTreeMap, HashMap};

type Held = Result<(), (String, String)>;

/// What an order needs of each buffer, by its bill at its start; or why its choice of alternates is none.
fn needs(model: &Model, order: &Order) -> Result<BTreeMap<u32, i64>, (String, String)> {
    let mut needs = BTreeMap::new();
    match &model.ways[order.way as usize].kind {
        Kind::Purchase { .. } => {}
        Kind::Distribution { from, .. } => {
            needs.insert(*from, order.size);
        }
        Kind::Production { consumes, .. } => {
            let mut groups: BTreeMap<u32, usize> = BTreeMap::new();
            for (number, of) in (0_u32..).zip(consumes) {
                let is_early = of.from.is_some_and(|f| order.start < f);
                let is_over = of.until.is_some_and(|u| order.start >= u);
                let is_chosen = order.alternates.contains(&number);
                if is_early || is_over {
                    if is_chosen {
                        return Err((format!("entry {number} of the bill"), "one that is effective".to_owned()));
                    }
                    continue;
                }
                if let Some(group) = of.alternates {
                    *groups.entry(group).or_insert(0) += usize::from(is_chosen);
                    if !is_chosen {
                        continue;
                    }
                } else if is_chosen {
                    return Err((format!("entry {number} of the bill chosen"), "one of a group of alternates".to_owned()));
                }
                let exact = i128::from(order.size) * i128::from(of.ratio.quantity);
                let per = i128::from(of.ratio.per);
                let whole = exact / per + i128::from(exact % per != 0);
                *needs.entry(of.buffer).or_insert(0) += of.fixed + whole as i64;
            }
            if let Some((group, count)) = groups.into_iter().find(|(_, count)| *count != 1) {
                return Err((format!("{count} of group {group} of alternates"), "one".to_owned()));
            }
        }
    }
    needs.retain(|_, quantity| *quantity > 0);
    Ok(needs)
}

/// Every order takes what its bill says, no more and no less.
pub(super) fn bills_kept(model: &Model, plan: &Plan) -> Held {
    let mut takes = vec![BTreeMap::new(); plan.orders.len()];
    for peg in &plan.pegs {
        if let Taker::Order(order) = peg.taker {
            *takes[order as usize].entry(peg.buffer).or_insert(0_i64) += peg.quantity;
        }
    }
    for (number, (order, takes)) in plan.orders.iter().zip(takes).enumerate() {
        let needs = needs(model, order).map_err(|(found, allowed)| (format!("order {number}: {found}"), allowed))?;
        if needs != takes {
            return Err((format!("order {number} takes {takes:?}"), format!("{needs:?}")));
        }
    }
    Ok(())
}

/// What an order gives to a buffer.
fn gives(model: &Model, order: &Order, buffer: u32) -> i64 {
    match &model.ways[order.way as usize].kind {
        Kind::Purchase { to, .. } | Kind::Distribution { to, .. } => i64::from(*to == buffer) * order.size,
        Kind::Production { produces, .. } => produces
            .iter()
            .filter(|p| p.buffer == buffer)
            .map(|p| (i128::from(order.size) * i128::from(p.ratio.quantity) / i128::from(p.ratio.per)) as i64)
            .sum(),
    }
}

fn time(plan: &Plan, taker: Taker) -> Time {
    match taker {
        Taker::Delivery(number) => plan.deliveries[number as usize].time,
        Taker::Order(number) => plan.orders[number as usize].start,
    }
}

/// Nothing is taken twice, or before it is there.
pub(super) fn taken_once(model: &Model, plan: &Plan) -> Held {
    let mut taken: HashMap<(u32, Source), i64> = HashMap::new();
    for peg in &plan.pegs {
        let buffer = &model.buffers[peg.buffer as usize];
        let (there, all) = match peg.source {
            Source::OnHand => (Time::MIN, buffer.on_hand),
            Source::Receipt(number) => buffer.receipts[number as usize],
            Source::Order(number) => {
                let order = &plan.orders[number as usize];
                (order.end, gives(model, order, peg.buffer))
            }
        };
        let at = time(plan, peg.taker);
        if at < there || peg.quantity < 1 {
            return Err((format!("{peg:?} at {at}"), format!("at least 1, from {there} on")));
        }
        let sum = taken.entry((peg.buffer, peg.source)).or_insert(0);
        *sum += peg.quantity;
        if *sum > all {
            return Err((format!("{sum} taken of {:?} of buffer {}", peg.source, peg.buffer), all.to_string()));
        }
    }
    Ok(())
}

/// The stock of each buffer: from an instant on so much, ascending.
pub(super) fn stocks(model: &Model, plan: &Plan) -> Vec<Vec<(Time, i64)>> {
    let mut changes: Vec<BTreeMap<Time, i64>> = vec![BTreeMap::new(); model.buffers.len()];
    for (buffer, changes) in model.buffers.iter().zip(&mut changes) {
        buffer.receipts.iter().for_each(|(time, quantity)| *changes.entry(*time).or_insert(0) += quantity);
    }
    for order in &plan.orders {
        for output in model.ways[order.way as usize].outputs() {
            *changes[output.buffer as usize].entry(order.end).or_insert(0) += gives(model, order, output.buffer);
        }
    }
    for peg in &plan.pegs {
        *changes[peg.buffer as usize].entry(time(plan, peg.taker)).or_insert(0) -= peg.quantity;
    }
    let level = |(buffer, changes): (usize, BTreeMap<Time, i64>)| {
        let mut level = model.buffers[buffer].on_hand;
        let of = |(time, change)| {
            level += change;
            (time, level)
        };
        changes.into_iter().map(of).collect()
    };
    changes.into_iter().enumerate().map(level).collect()
}

/// No buffer has less than nothing.
pub(super) fn stock_not_negative(model: &Model, plan: &Plan) -> Held {
    for (buffer, levels) in stocks(model, plan).into_iter().enumerate() {
        if let Some((time, level)) = levels.into_iter().find(|l| l.1 < 0) {
            let Some(of) = model.buffers.get(buffer) else { continue };
            return Err((format!("{level} of {} at {} at {time}", of.item, of.location), "0 or more".to_owned()));
        }
    }
    Ok(())
}

/// Every demand is delivered, not before it is due, or missing and told.
pub(super) fn demands_met(model: &Model, plan: &Plan) -> Held {
    let mut taken: Vec<BTreeMap<u32, i64>> = vec![BTreeMap::new(); plan.deliveries.len()];
    for peg in &plan.pegs {
        if let Taker::Delivery(number) = peg.taker {
            *taken[number as usize].entry(peg.buffer).or_insert(0) += peg.quantity;
        }
    }
    let (mut delivered, mut times) = (vec![0_i64; model.demands.len()], vec![0_u32; model.demands.len()]);
    for (delivery, taken) in plan.deliveries.iter().zip(&taken) {
        let demand = &model.demands[delivery.demand as usize];
        let needed = BTreeMap::from([(demand.buffer, delivery.quantity)]);
        if *taken != needed || delivery.quantity < 1 {
            return Err((format!("a delivery to `{}` of {taken:?}", demand.name), format!("{needed:?}")));
        }
        let earliest = if model.is_constrained { demand.due.max(0) } else { demand.due };
        if delivery.time < earliest {
            return Err((format!("a delivery to `{}` at {}", demand.name, delivery.time), format!("from {earliest} on")));
        }
        delivered[delivery.demand as usize] += delivery.quantity;
        times[delivery.demand as usize] += 1;
    }
    let mut missing: HashMap<u32, i64> = HashMap::new();
    for trouble in &plan.troubles {
        if let Whose::Demand(number) = trouble.whose {
            *missing.entry(number).or_insert(0) += trouble.missing;
        }
    }
    for (number, demand) in (0_u32..).zip(&model.demands) {
        let (sum, missing) = (delivered[number as usize], missing.get(&number).copied().unwrap_or(0));
        if missing < 0
            || sum + missing != demand.quantity
            || (demand.is_whole && (times[number as usize] > 1 || (sum > 0 && missing > 0)))
        {
            let found = format!("{sum} in {} deliveries and {missing} missing for `{}`", times[number as usize], demand.name);
            return Err((found, format!("{}{}", demand.quantity, if demand.is_whole { " at once" } else { "" })));
        }
    }
    Ok(())
}
