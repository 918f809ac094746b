//! Properties on random models with every feature on: the check accepts every plan, and the same model gives the same plan.

use super::*;
use crate::supply::model::{Policy, Profile, Split, Usage};
use crate::supply::plan::{PAST, Purpose, Source};
use measure::Chance;
use proptest::prelude::*;

fn below(chance: &mut Chance, most: i64) -> i64 {
    chance.below(most.max(1) as u64) as i64
}

fn maybe<T>(chance: &mut Chance, share: f64, some: impl FnOnce(&mut Chance) -> T) -> Option<T> {
    chance.happens(share).then(|| some(chance))
}

fn sizes(chance: &mut Chance) -> Sizes {
    let (minimum, multiple) = (1 + below(chance, 6), 1 + below(chance, 5));
    let least = Sizes { minimum, multiple, ..Sizes::default() }.fit(1);
    let maximum = maybe(chance, 0.4, |c| least + below(c, 40)).unwrap_or(1 << 30);
    Sizes { minimum, multiple, maximum }
}

fn policy(chance: &mut Chance) -> Policy {
    match chance.below(8) {
        0 => Policy::SafetyStock(1 + below(chance, 15)),
        1 => {
            let least = below(chance, 10);
            Policy::MinMax { least, most: least + 1 + below(chance, 30) }
        }
        2 => Policy::Ddmrp(Profile {
            usage: match chance.below(3) {
                0 => Usage::Told(Ratio { quantity: below(chance, 5), per: 1 + below(chance, 4) }),
                1 => Usage::Past((0..1 + below(chance, 4)).map(|_| below(chance, 9)).collect()),
                _ => Usage::Planned(1 + chance.below(4) as u32),
            },
            lead_time_factor: below(chance, 101),
            variability_factor: below(chance, 101),
            minimum: below(chance, 10),
            cycle: below(chance, 10),
            lead_time: maybe(chance, 0.3, |c| below(c, 12)),
            spike_horizon: maybe(chance, 0.3, |c| below(c, 30)),
            spike_threshold: below(chance, 101),
        }),
        _ => Policy::ToOrder,
    }
}

fn routing(chance: &mut Chance, machines: u64) -> Vec<Step> {
    let on = |chance: &mut Chance| Alternative {
        machine: maybe(chance, 0.85, |c| c.below(machines) as u32),
        fixed: below(chance, 5),
        unit: Ratio { quantity: below(chance, 3), per: 1 + below(chance, 3) },
    };
    let step = |chance: &mut Chance| Step {
        name: String::new(),
        alternatives: (0..1 + chance.below(2)).map(|_| on(chance)).collect(),
        delay: below(chance, 4),
        split: maybe(chance, 0.4, |c| Split { most: 1 + c.below(3) as u32, least: 1 + below(c, 4) }),
    };
    (0..chance.below(4)).map(|_| step(chance)).collect()
}

fn bill(chance: &mut Chance, buffer: u32, count: u32) -> Vec<Consumed> {
    let mut entries = Vec::new();
    for _ in 0..chance.below(4) {
        let from = maybe(chance, 0.2, |c| below(c, 60) - 10);
        entries.push(Consumed {
            buffer: buffer + 1 + chance.below(u64::from(count - buffer - 1)) as u32,
            ratio: Ratio { quantity: below(chance, 4), per: 1 + below(chance, 3) },
            fixed: below(chance, 3),
            from,
            until: maybe(chance, 0.2, |c| from.unwrap_or(0) + 1 + below(c, 60)),
            alternates: maybe(chance, 0.4, |c| c.below(2) as u32),
            priority: below(chance, 3),
        });
    }
    entries
}

/// What comes of a way at a buffer, none for what is bought.
fn made_or_moved(chance: &mut Chance, buffer: u32, count: u32, machines: u64) -> Kind {
    let after = |chance: &mut Chance| buffer + 1 + chance.below(u64::from(count - buffer - 1)) as u32;
    if buffer + 1 == count || chance.happens(0.4) {
        return Kind::Purchase { to: buffer, lead_time: below(chance, 15) };
    }
    if chance.happens(0.25) {
        return Kind::Distribution { from: after(chance), to: buffer, lead_time: below(chance, 8) };
    }
    let mut produces = vec![Produced { buffer, ratio: Ratio { quantity: 1 + below(chance, 3), per: 1 + below(chance, 3) } }];
    let mut consumes = bill(chance, buffer, count);
    if buffer > 0 && chance.happens(0.3) {
        // a co-product that stands before it, so that there is no circle
        let other = chance.below(u64::from(buffer)) as u32;
        produces.push(Produced { buffer: other, ratio: Ratio { quantity: 1, per: 1 + below(chance, 3) } });
    }
    consumes.truncate(4);
    Kind::Production { produces, consumes, steps: routing(chance, machines) }
}

/// A random model.
pub(super) fn model(seed: u64) -> Model {
    let chance = &mut Chance::seeded(seed);
    let (bucket, buckets) = (1 + below(chance, 12), 4 + chance.below(12) as u32);
    let mut parts = empty(chance.happens(0.7), bucket, buckets);
    let count = 2 + chance.below(7) as u32;
    let horizon = bucket * i64::from(buckets);
    for number in 0..count {
        let receipts = (0..chance.below(3)).map(|_| (below(chance, horizon), 1 + below(chance, 20))).collect();
        let policy = policy(chance);
        parts.buffers.push(Buffer { receipts, policy, ..buffer(&number.to_string(), below(chance, 30)) });
    }
    for number in 0..1 + chance.below(3) {
        let capacity = (0..chance.below(3)).map(|n| (n as u32, below(chance, 3 * bucket))).collect();
        let closed = maybe(chance, 0.5, |c| {
            let from = below(c, horizon);
            vec![(from, from + 1 + below(c, 20))]
        });
        let count = 1 + chance.below(3) as u32;
        parts.machines.push(Machine { name: number.to_string(), count, capacity, closed: closed.unwrap_or_default() });
    }
    let machines = parts.machines.len() as u64;
    for number in 0..count {
        for _ in 0..chance.below(3) + u64::from(chance.happens(0.8)) {
            let mut way = Way { kind: made_or_moved(chance, number, count, machines), sizes: sizes(chance), ..Way::default() };
            if way.outputs().iter().any(|o| o.ratio.down(way.sizes.fit(1 << 30)) < 1) {
                way.sizes.maximum = 1 << 30;
            }
            (way.priority, way.cost, way.order_cost) = (below(chance, 3), below(chance, 5), below(chance, 9));
            way.from = maybe(chance, 0.2, |c| below(c, horizon) - 5);
            way.until = maybe(chance, 0.2, |c| way.from.unwrap_or(0) + 1 + below(c, horizon));
            parts.ways.push(way);
        }
    }
    for _ in 0..1 + chance.below(8) {
        let buffer = chance.below(u64::from(count.min(3))) as u32;
        let due = below(chance, horizon + 6) - 5;
        let whole = demand(buffer, 1 + below(chance, 40), due);
        parts.demands.push(Demand { priority: below(chance, 2), is_whole: chance.happens(0.2), ..whole });
    }
    Model::new(parts).expect("random models are consistent")
}

proptest! {
    #[test]
    fn the_check_accepts_every_plan(seed in any::<u64>()) {
        let model = model(seed);
        let first = plan(&model);
        prop_assert!(first.is_ok(), "{}", first.map(|_| ()).expect_err("refused"));
        prop_assert_eq!(first, plan(&model));
    }

    /// Without limits nobody waits for machines or for now: what comes late waits for the date of a way or a choice.
    #[test]
    fn without_limits_only_dates_and_what_nothing_gives_make_late(seed in any::<u64>()) {
        let model = model(seed);
        let answer = plan(&model).expect("the check accepts every plan").plan;
        let troubles = answer.troubles.iter().filter(|t| !model.is_constrained && matches!(t.whose, Whose::Demand(_)));
        for trouble in troubles {
            let is_of_time = |c: &Cause| matches!(c, Cause::Capacity(..) | Cause::LeadTime(..));
            prop_assert!(!trouble.causes.iter().any(is_of_time), "{trouble:?}");
        }
    }
}

/// So that the properties above are about something.
#[test]
fn random_plans_have_every_feature() {
    let mut seen = [0_u32; 12];
    for seed in 0..2_000 {
        let model = model(seed);
        let answer = plan(&model).expect("the check accepts every plan").plan;
        let parts = || answer.orders.iter().flat_map(|o| o.steps.iter().flatten());
        let on = |o: &Order| model.ways[o.way as usize].outputs().len();
        let sizes = |o: &Order| model.ways[o.way as usize].sizes;
        let caused = |of: fn(&Cause) -> bool| answer.troubles.iter().flat_map(|t| &t.causes).any(of);
        for (count, is_there) in seen.iter_mut().zip([
            answer.orders.iter().any(|o| o.steps.iter().any(|s| s.len() > 1)),
            answer.orders.iter().any(|o| !o.alternates.is_empty()),
            answer.orders.iter().any(|o| on(o) > 1),
            answer.orders.iter().any(|o| matches!(o.purpose, Purpose::Stock(_))),
            answer.orders.iter().any(|o| sizes(o).maximum < o.size + sizes(o).multiple),
            parts().any(|p| p.portions.len() > 2),
            parts().any(|p| p.portions.iter().any(|q| q.bucket == PAST)),
            answer.pegs.iter().any(|p| matches!(p.source, Source::Receipt(_))),
            answer.deliveries.iter().any(|d| d.time > model.demands[d.demand as usize].due.max(0)),
            caused(|c| matches!(c, Cause::Capacity(..))),
            caused(|c| matches!(c, Cause::NotEffective(_))),
            answer.statuses.iter().any(|s| s.recommended > 0),
        ]) {
            *count += u32::from(is_there);
        }
    }
    assert!(seen.iter().all(|count| *count >= 20), "{seen:?}");
}
