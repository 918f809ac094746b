//! What a supply model must keep: indices, ranges, sizes that exist, no circle.
//!
//! Enters: parts. Leaves: the buffers in topological order, or the first place that is wrong. Absent: what the parts mean.

use super::{
    BUCKETS_MAX, BUFFERS_MAX, Buffer, DEMANDS_MAX, ENTRIES_MAX, Kind, LEVELS_MAX, LISTED_MAX, MACHINES_MAX, Machine, ModelError,
    Parts, Policy, Profile, QUANTITY_MAX, Ratio, Sizes, Step, TIME_MAX, Time, Usage, WAYS_MAX, Way,
};
use crate::search::model::within;

type Checked = Result<(), ModelError>;

fn ratio(place: impl Fn() -> String, ratio: Ratio, least: i64) -> Checked {
    within(|| format!("{}.quantity", place()), ratio.quantity, least, QUANTITY_MAX)?;
    within(|| format!("{}.per", place()), ratio.per, 1, QUANTITY_MAX)
}

fn dates(place: impl Fn() -> String, from: Option<Time>, until: Option<Time>) -> Checked {
    let from = from.unwrap_or(-TIME_MAX);
    within(|| format!("{}.from", place()), from, -TIME_MAX, TIME_MAX - 1)?;
    within(|| format!("{}.until", place()), until.unwrap_or(TIME_MAX), from + 1, TIME_MAX)
}

/// All that can be seen place by place.
pub(super) fn checked(parts: &Parts) -> Checked {
    sizes(parts)?;
    within(|| "bucket".to_owned(), parts.bucket, 1, TIME_MAX)?;
    within(|| "buckets".to_owned(), i64::from(parts.buckets), 1, i64::from(BUCKETS_MAX))?;
    within(|| "bucket times buckets".to_owned(), parts.bucket * i64::from(parts.buckets), 1, TIME_MAX)?;
    for (number, buffer) in parts.buffers.iter().enumerate() {
        self::buffer(&format!("buffers[{number}]"), buffer, parts)?;
    }
    for (number, machine) in parts.machines.iter().enumerate() {
        self::machine(&format!("machines[{number}]"), machine, parts)?;
    }
    for (number, way) in parts.ways.iter().enumerate() {
        self::way(&format!("ways[{number}]"), way, parts)?;
    }
    let horizon = parts.bucket * i64::from(parts.buckets);
    for (number, demand) in parts.demands.iter().enumerate() {
        let place = |what: &str| format!("demands[{number}].{what}");
        within(|| place("buffer"), i64::from(demand.buffer), 0, parts.buffers.len() as i64 - 1)?;
        within(|| place("quantity"), demand.quantity, 1, QUANTITY_MAX)?;
        within(|| place("due"), demand.due, -TIME_MAX, horizon)?;
        within(|| place("priority"), demand.priority, -QUANTITY_MAX, QUANTITY_MAX)?;
    }
    Ok(())
}

fn sizes(parts: &Parts) -> Checked {
    let entries = |way: &Way| match &way.kind {
        Kind::Production { produces, consumes, steps } => {
            produces.len() + consumes.len() + steps.iter().map(|s| s.alternatives.len() + 1).sum::<usize>()
        }
        Kind::Purchase { .. } | Kind::Distribution { .. } => 1,
    };
    let past = |buffer: &Buffer| match &buffer.policy {
        Policy::Ddmrp(Profile { usage: Usage::Past(past), .. }) => past.len(),
        _ => 0,
    };
    for (what, found, most) in [
        ("buffers", parts.buffers.len(), BUFFERS_MAX),
        ("machines", parts.machines.len(), MACHINES_MAX),
        ("ways of replenishment", parts.ways.len(), WAYS_MAX),
        ("demands", parts.demands.len(), DEMANDS_MAX),
        ("entries of bills and routings", parts.ways.iter().map(entries).sum(), ENTRIES_MAX),
        ("scheduled receipts", parts.buffers.iter().map(|b| b.receipts.len()).sum(), LISTED_MAX),
        ("past uses", parts.buffers.iter().map(past).sum(), LISTED_MAX),
        ("closed intervals", parts.machines.iter().map(|m| m.closed.len()).sum(), LISTED_MAX),
        ("changes of capacity", parts.machines.iter().map(|m| m.capacity.len()).sum(), LISTED_MAX),
    ] {
        within(|| format!("number of {what}"), found as i64, 0, most as i64)?;
    }
    Ok(())
}

fn buffer(at: &str, buffer: &Buffer, parts: &Parts) -> Checked {
    within(|| format!("{at}.on_hand"), buffer.on_hand, 0, QUANTITY_MAX)?;
    for (number, (time, quantity)) in buffer.receipts.iter().enumerate() {
        within(|| format!("{at}.receipts[{number}] time"), *time, 0, TIME_MAX)?;
        within(|| format!("{at}.receipts[{number}] quantity"), *quantity, 1, QUANTITY_MAX)?;
    }
    match &buffer.policy {
        Policy::ToOrder => Ok(()),
        Policy::SafetyStock(safety) => within(|| format!("{at}.safety_stock"), *safety, 0, QUANTITY_MAX),
        Policy::MinMax { least, most } => {
            within(|| format!("{at}.min_max.min"), *least, 0, QUANTITY_MAX - 1)?;
            within(|| format!("{at}.min_max.max"), *most, least + 1, QUANTITY_MAX)
        }
        Policy::Ddmrp(profile) => self::profile(&format!("{at}.ddmrp"), profile, parts),
    }
}

fn profile(at: &str, profile: &Profile, parts: &Parts) -> Checked {
    match &profile.usage {
        Usage::Told(told) => {
            within(|| format!("{at}.usage.quantity"), told.quantity, 0, QUANTITY_MAX)?;
            within(|| format!("{at}.usage.ticks"), told.per, 1, TIME_MAX)?;
        }
        Usage::Past(past) => {
            within(|| format!("number of {at}.past"), past.len() as i64, 1, LISTED_MAX as i64)?;
            for (number, used) in past.iter().enumerate() {
                within(|| format!("{at}.past[{number}]"), *used, 0, QUANTITY_MAX)?;
            }
        }
        Usage::Planned(buckets) => {
            within(|| format!("{at}.planned_buckets"), i64::from(*buckets), 1, i64::from(parts.buckets))?;
        }
    }
    within(|| format!("{at}.lead_time_factor"), profile.lead_time_factor, 0, 10_000)?;
    within(|| format!("{at}.variability_factor"), profile.variability_factor, 0, 10_000)?;
    within(|| format!("{at}.minimum"), profile.minimum, 0, QUANTITY_MAX)?;
    within(|| format!("{at}.cycle"), profile.cycle, 0, TIME_MAX)?;
    within(|| format!("{at}.lead_time"), profile.lead_time.unwrap_or(0), 0, TIME_MAX)?;
    within(|| format!("{at}.spike_horizon"), profile.spike_horizon.unwrap_or(0), 0, TIME_MAX)?;
    within(|| format!("{at}.spike_threshold"), profile.spike_threshold, 0, 10_000)
}

fn machine(at: &str, machine: &Machine, parts: &Parts) -> Checked {
    within(|| format!("{at}.count"), i64::from(machine.count), 1, 1_000)?;
    let mut after = 0;
    for (number, (bucket, ticks)) in machine.capacity.iter().enumerate() {
        within(|| format!("{at}.capacity[{number}] bucket"), i64::from(*bucket), after, i64::from(parts.buckets) - 1)?;
        within(|| format!("{at}.capacity[{number}] ticks"), *ticks, 0, TIME_MAX)?;
        after = i64::from(*bucket) + 1;
    }
    let mut after = 0;
    for (number, (from, to)) in machine.closed.iter().enumerate() {
        within(|| format!("{at}.closed[{number}] from"), *from, after, TIME_MAX - 1)?;
        within(|| format!("{at}.closed[{number}] to"), *to, from + 1, TIME_MAX)?;
        after = *to;
    }
    Ok(())
}

fn way(at: &str, way: &Way, parts: &Parts) -> Checked {
    let buffers = parts.buffers.len() as i64 - 1;
    within(|| format!("{at}.priority"), way.priority, -QUANTITY_MAX, QUANTITY_MAX)?;
    within(|| format!("{at}.cost"), way.cost, 0, QUANTITY_MAX)?;
    within(|| format!("{at}.order_cost"), way.order_cost, 0, QUANTITY_MAX)?;
    dates(|| at.to_owned(), way.from, way.until)?;
    let Sizes { minimum, multiple, maximum } = way.sizes;
    within(|| format!("{at}.minimum"), minimum, 1, QUANTITY_MAX)?;
    within(|| format!("{at}.multiple"), multiple, 1, QUANTITY_MAX)?;
    within(|| format!("{at}.maximum"), maximum, minimum, QUANTITY_MAX)?;
    if maximum / multiple * multiple < minimum {
        let found = format!("minimum {minimum}, multiple {multiple}, maximum {maximum}");
        return Err(ModelError::at(format!("{at}.multiple"), found, "a multiple between minimum and maximum"));
    }
    match &way.kind {
        Kind::Purchase { to, lead_time } => {
            within(|| format!("{at}.to"), i64::from(*to), 0, buffers)?;
            within(|| format!("{at}.lead_time"), *lead_time, 0, TIME_MAX)
        }
        Kind::Distribution { from, to, lead_time } => {
            within(|| format!("{at}.from"), i64::from(*from), 0, buffers)?;
            within(|| format!("{at}.to"), i64::from(*to), 0, buffers)?;
            within(|| format!("{at}.lead_time"), *lead_time, 0, TIME_MAX)
        }
        Kind::Production { produces, steps, .. } => {
            within(|| format!("number of {at}.produces"), produces.len() as i64, 1, 100)?;
            bill(at, way, buffers)?;
            within(|| format!("number of {at}.steps"), steps.len() as i64, 0, 100)?;
            steps.iter().enumerate().try_for_each(|(number, s)| step(&format!("{at}.steps[{number}]"), s, parts))
        }
    }
}

/// What a production takes and makes.
fn bill(at: &str, way: &Way, buffers: i64) -> Checked {
    let Kind::Production { produces, consumes, .. } = &way.kind else { return Ok(()) };
    for (number, produced) in produces.iter().enumerate() {
        let place = || format!("{at}.produces[{number}]");
        within(|| format!("{}.buffer", place()), i64::from(produced.buffer), 0, buffers)?;
        ratio(place, produced.ratio, 1)?;
        if produces[..number].iter().any(|other| other.buffer == produced.buffer) {
            return Err(ModelError::at(place(), "an item twice", "each item once"));
        }
        if produced.ratio.down(way.sizes.fit(QUANTITY_MAX)) < 1 {
            return Err(ModelError::at(place(), "nothing of an order of the largest size", "at least one unit of it"));
        }
    }
    for (number, consumed) in consumes.iter().enumerate() {
        let place = || format!("{at}.consumes[{number}]");
        within(|| format!("{}.buffer", place()), i64::from(consumed.buffer), 0, buffers)?;
        ratio(place, consumed.ratio, 0)?;
        within(|| format!("{}.fixed", place()), consumed.fixed, 0, QUANTITY_MAX)?;
        dates(place, consumed.from, consumed.until)?;
        within(|| format!("{}.priority", place()), consumed.priority, -QUANTITY_MAX, QUANTITY_MAX)?;
    }
    Ok(())
}

fn step(at: &str, step: &Step, parts: &Parts) -> Checked {
    within(|| format!("number of {at}.machines"), step.alternatives.len() as i64, 1, 1_000)?;
    within(|| format!("{at}.delay"), step.delay, 0, TIME_MAX)?;
    for (number, alternative) in step.alternatives.iter().enumerate() {
        let place = || format!("{at}.machines[{number}]");
        if let Some(machine) = alternative.machine {
            within(|| format!("{}.machine", place()), i64::from(machine), 0, parts.machines.len() as i64 - 1)?;
        }
        within(|| format!("{}.fixed", place()), alternative.fixed, 0, TIME_MAX)?;
        within(|| format!("{}.unit", place()), alternative.unit.quantity, 0, TIME_MAX)?;
        within(|| format!("{}.per", place()), alternative.unit.per, 1, QUANTITY_MAX)?;
    }
    if let Some(split) = step.split {
        within(|| format!("{at}.split.most"), i64::from(split.most), 1, 1_000)?;
        within(|| format!("{at}.split.least"), split.least, 1, QUANTITY_MAX)?;
    }
    Ok(())
}

/// The buffers, each before all that its orders may take from.
pub(super) fn topological(parts: &Parts) -> Result<Vec<u32>, ModelError> {
    let count = parts.buffers.len();
    let (mut below, mut above) = (vec![Vec::new(); count], vec![0_usize; count]);
    for way in &parts.ways {
        let inputs = way.inputs();
        for output in way.outputs() {
            below[output.buffer as usize].extend_from_slice(&inputs);
        }
    }
    for buffers in &mut below {
        buffers.sort_unstable();
        buffers.dedup();
        buffers.iter().for_each(|b| above[*b as usize] += 1);
    }
    let mut level = vec![0_u32; count];
    let mut order: Vec<u32> = (0..count as u32).filter(|b| above[*b as usize] == 0).collect();
    let mut next = 0;
    while next < order.len() {
        let buffer = order[next] as usize;
        next += 1;
        for &taken in &below[buffer] {
            level[taken as usize] = level[taken as usize].max(level[buffer] + 1);
            above[taken as usize] -= 1;
            if above[taken as usize] == 0 {
                order.push(taken);
            }
        }
    }
    if order.len() < count {
        return Err(circle(parts, &below, &above));
    }
    let deepest = level.into_iter().max().unwrap_or(0) + 1;
    within(|| "levels of the bill of material".to_owned(), i64::from(deepest), 0, i64::from(LEVELS_MAX))?;
    Ok(order)
}

/// A circle, by name: from any buffer that is left, always to one below that is left.
fn circle(parts: &Parts, below: &[Vec<u32>], above: &[usize]) -> ModelError {
    // above[b] > 0: what is left comes after or is in a circle, so walk upwards to be in one
    let mut over = vec![None; above.len()];
    for (buffer, taken) in below.iter().enumerate().filter(|(b, _)| above[*b] > 0) {
        taken.iter().for_each(|t| over[*t as usize] = Some(buffer));
    }
    let mut seen = vec![false; above.len()];
    let mut at = above.iter().position(|a| *a > 0).unwrap_or(0);
    while let Some(up) = over[at].filter(|_| !seen[at]) {
        seen[at] = true;
        at = up;
    }
    let (first, mut names) = (at, Vec::new());
    while names.len() < 12 {
        let buffer = &parts.buffers[at];
        names.push(format!("{} at {}", buffer.item, buffer.location));
        match over[at] {
            Some(up) if up != first => at = up,
            _ => break,
        }
    }
    names.reverse();
    let found = format!("each is made or moved from the next: {}, and again", names.join(", "));
    ModelError::at("ways of replenishment go in a circle", found, "no circle")
}
