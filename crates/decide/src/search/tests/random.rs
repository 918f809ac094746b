//! Properties on random models with every feature on.

use crate::check::plan::certify;
use crate::search::model::{
    Criterion, Job, LEVELS_MAX, Lot, Machine, Mode, Model, Operation, Parts, Published, Resource, SetUps, Stability, Use, Wait,
};
use crate::search::{Run, Search};
use measure::Chance;
use proptest::prelude::*;

/// What a random model has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Features {
    pub flexible: bool,
    pub set_ups: bool,
    pub closed: bool,
    pub dates: bool,
    pub early: bool,
    pub graph: bool,
    pub published: bool,
    pub resources: bool,
    pub prices: bool,
    pub waits: bool,
    pub batches: bool,
    pub optional: bool,
    pub windows: bool,
    pub levels: bool,
    pub blocking: bool,
    pub lots: bool,
    pub lags: bool,
    pub resumable: bool,
    pub tools: bool,
    pub choices: bool,
    pub permuted: bool,
    pub no_idle: bool,
}

/// No feature at all.
pub(super) const NONE: Features = Features {
    flexible: false,
    set_ups: false,
    closed: false,
    dates: false,
    early: false,
    graph: false,
    published: false,
    resources: false,
    prices: false,
    waits: false,
    batches: false,
    optional: false,
    windows: false,
    levels: false,
    blocking: false,
    lots: false,
    lags: false,
    resumable: false,
    tools: false,
    choices: false,
    permuted: false,
    no_idle: false,
};

/// A random model of such features.
pub(super) fn model(seed: u64, has: Features) -> Model {
    let mut chance = Chance::seeded(seed);
    let (jobs, machines) = (1 + chance.below(5) as u32, 1 + chance.below(4) as u32);
    let mut parts = Parts { makespan: i64::from(!has.dates && !has.early), ..Parts::default() };
    for job in 0..jobs {
        let first = parts.operations.len() as u32;
        for place in 0..1 + chance.below(4) as u32 {
            let count = if has.flexible { 1 + chance.below(3) } else { 1 };
            let mode = |c: &mut Chance| Mode { machine: c.below(u64::from(machines)) as u32, duration: 1 + c.below(9) as i64 };
            let modes = (0..count).map(|_| mode(&mut chance)).collect();
            let place_published = Published { machine: chance.below(u64::from(machines)) as u32, start: chance.below(40) as i64 };
            parts.operations.push(Operation {
                job,
                earliest: if has.dates { chance.below(4) as i64 } else { 0 },
                modes,
                is_blocking: false,
                is_resumable: false,
                lot: None,
                published: has.published.then_some(place_published),
                latest: (has.windows && chance.below(4) == 0).then(|| 20 + chance.below(60) as i64),
                optional: (has.optional && chance.below(3) == 0).then(|| chance.below(20) as i64),
            });
            if place > 0 {
                let before = if has.graph { first + chance.below(u64::from(place)) as u32 } else { first + place - 1 };
                parts.precedences.push((before, first + place));
            }
        }
        parts.jobs.push(Job {
            release: if has.dates { chance.below(10) as i64 } else { 0 },
            deadline: (has.windows && chance.below(2) == 0).then(|| 30 + chance.below(60) as i64),
            due: has.dates.then(|| chance.below(30) as i64),
            tardiness: i64::from(has.dates) * (1 + chance.below(5) as i64),
            late: i64::from(has.windows && has.dates) * chance.below(9) as i64,
            earliness: i64::from(has.early) * chance.below(5) as i64,
            flow: i64::from(has.early) * chance.below(3) as i64,
        });
    }
    if has.published {
        (parts.tardiest, parts.set_up) = (chance.below(4) as i64, chance.below(4) as i64);
    }
    parts.families_count = if has.set_ups { 3 } else { 0 };
    parts.families = if has.set_ups { parts.operations.iter().map(|_| chance.below(3) as u32).collect() } else { Vec::new() };
    parts.stability = if has.published { Stability { tick: 1, machine: 3 } } else { Stability::default() };
    for _ in 0..machines {
        let set_ups = SetUps {
            between: (0..9).map(|_| chance.below(6) as i64).collect(),
            initial: (0..3).map(|_| chance.below(6) as i64).collect(),
        };
        let from = 3 + chance.below(20) as i64;
        parts.machines.push(Machine {
            available: if has.closed { chance.below(5) as i64 } else { 0 },
            closed: if has.closed { vec![(from, from + 4), (from + 8, from + 20)] } else { Vec::new() },
            set_ups: has.set_ups.then_some(set_ups),
            batch: (has.batches && chance.below(2) == 0).then(|| 3 + chance.below(3) as i64),
            is_without_idle: false,
            idle: None,
        });
    }
    beyond(&mut parts, has, &mut chance);
    if has.blocking {
        block(&mut parts, &mut chance);
    }
    if has.lots {
        for operation in &mut parts.operations {
            let quantity = 1 + chance.below(7) as i64;
            let lot = Lot { quantity, transfer: 1 + chance.below(quantity as u64) as i64 };
            operation.lot = (chance.below(2) == 0).then_some(lot);
        }
    }
    super::bound::bind(&mut parts, has, &mut chance);
    if has.levels {
        parts.levels = levels(&mut chance);
    }
    Model::new(parts).expect("random models are consistent")
}

/// Some operations stay on their machines, where they may.
fn block(parts: &mut Parts, chance: &mut Chance) {
    for operation in 0..parts.operations.len() {
        let batches = parts.operations[operation].modes.iter().any(|m| parts.machines[m.machine as usize].batch.is_some());
        let may_be_out = |p: &&(u32, u32)| p.0 as usize == operation && parts.operations[p.1 as usize].optional.is_some();
        let may = !batches && !parts.precedences.iter().any(|p| may_be_out(&p));
        parts.operations[operation].is_blocking = may && chance.below(2) == 0;
    }
}

/// Some criteria in some order.
fn levels(chance: &mut Chance) -> Vec<Vec<Criterion>> {
    let mut levels = vec![Vec::new(); 2 + chance.below(LEVELS_MAX as u64 - 1) as usize];
    let count = levels.len() as u64;
    for criterion in Criterion::ALL {
        let at = chance.below(count + 1) as usize;
        // what is drawn beyond the levels is not named
        if let Some(level) = levels.get_mut(at) {
            level.push(criterion);
        }
    }
    levels.retain(|level| !level.is_empty());
    levels
}

/// Resources, limits of waits, sizes.
fn beyond(parts: &mut Parts, has: Features, chance: &mut Chance) {
    if has.resources || has.prices {
        for _ in 0..2 {
            let steps = if chance.below(2) == 0 { vec![(5, chance.below(3) as i64), (11, 3)] } else { Vec::new() };
            let prices = if has.prices { vec![(0, 3), (6, 1), (12, 5), (20, 0)] } else { Vec::new() };
            parts.resources.push(Resource { capacity: 3, steps, prices, ..Resource::default() });
        }
        for (operation, of) in (0..).zip(&parts.operations) {
            for mode in 0..of.modes.len() as u32 {
                let uses = (0..2).filter(|_| chance.below(2) == 0).collect::<Vec<u32>>();
                let amount = 1 + chance.below(3) as i64;
                parts.uses.extend(uses.into_iter().map(|resource| Use { operation, mode, resource, amount }));
            }
            if has.resources && chance.below(3) == 0 {
                parts.uses.push(Use { operation, mode: 0, resource: 2, amount: 1 });
            }
        }
        let needed = parts.uses.iter().filter(|u| u.resource == 2).count() as i64;
        let steps = vec![(4, 2), (8, 3.max(needed))];
        parts.resources.push(Resource { capacity: 1, steps, prices: Vec::new(), is_stock: true, ..Resource::default() });
    }
    if has.waits {
        for &(before, then) in &parts.precedences {
            if chance.below(2) == 0 {
                parts.waits.push(Wait { before, then, most: chance.below(4) as i64 });
            }
        }
    }
    if has.batches {
        parts.sizes = parts.operations.iter().map(|_| 1 + chance.below(3) as i64).collect();
        parts.operations.iter_mut().flat_map(|o| &mut o.modes).for_each(|m| m.duration = 4 + m.duration % 2);
    }
}

pub(super) fn features() -> impl Strategy<Value = Features> {
    any::<([bool; 7], [bool; 9], [bool; 6])>().prop_map(|(plain, beyond, bound)| {
        let [flexible, set_ups, closed, dates, early, graph, published] = plain;
        let [resources, prices, waits, batches, optional, windows, levels, blocking, lots] = beyond;
        let [lags, resumable, tools, choices, permuted, no_idle] = bound;
        Features {
            flexible,
            set_ups,
            closed,
            dates,
            early,
            graph,
            published,
            resources,
            prices,
            waits,
            batches,
            optional,
            windows,
            levels,
            blocking,
            lots,
            lags,
            resumable,
            tools,
            choices,
            permuted,
            no_idle,
        }
    })
}

/// Without what binds operations to each other.
pub(super) fn unbound(has: Features) -> Features {
    Features { lags: false, resumable: false, tools: false, choices: false, permuted: false, no_idle: false, ..has }
}

/// Without what lies beyond machines and precedences.
pub(super) fn plain(has: Features) -> Features {
    let beyond = Features { resources: false, prices: false, waits: false, batches: false, ..unbound(has) };
    Features { optional: false, windows: false, levels: false, blocking: false, lots: false, ..beyond }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_plan_is_certified_and_costs_what_the_search_says(seed in any::<u64>(), has in features()) {
        let model = model(seed, has);
        let mut search = Search::new(&model, seed);
        for steps in [0, 3, 40, 400] {
            search.step(steps);
            match search.best() {
                Ok(best) => {
                    prop_assert_eq!(search.broken(), 0);
                    prop_assert_eq!(best.certificate.levels(), search.objectives());
                }
                Err(violation) => {
                    prop_assert!(search.broken() > 0, "{}", violation);
                    let may_break = [
                        ("wait_kept", has.waits),
                        ("lag_kept", has.lags),
                        ("latest_kept", has.windows),
                        ("deadline_kept", has.windows),
                        ("blocking_kept", has.blocking),
                        ("sequence_kept", has.permuted),
                        ("no_idle", has.no_idle),
                    ];
                    prop_assert!(may_break.contains(&(violation.rule, true)), "{}", violation);
                }
            }
            let (bounds, objectives) = (search.bounds(), search.objectives());
            prop_assert!(bounds.iter().zip(&objectives).all(|(b, o)| b <= o), "{bounds:?} above {objectives:?}");
        }
    }

    #[test]
    fn more_budget_is_never_worse_and_the_same_seed_is_the_same_plan(seed in any::<u64>(), has in features()) {
        let model = model(seed, has);
        let (mut at_once, mut in_parts) = (Search::new(&model, seed), Search::new(&model, seed));
        at_once.step(300);
        let mut last = (in_parts.broken(), in_parts.objectives());
        for _ in 0..30 {
            in_parts.step(10);
            let now = (in_parts.broken(), in_parts.objectives());
            prop_assert!(now <= last);
            last = now;
        }
        prop_assert_eq!(at_once.best(), in_parts.best());
    }

    #[test]
    fn the_same_seed_and_iterations_are_the_same_plan_in_any_hands(seed in any::<u64>(), has in features(), iterations in 1_u64..4000) {
        let model = model(seed, has);
        let mut alone = Search::new(&model, seed);
        alone.limit(iterations);
        alone.step(u64::MAX);
        for hands in [2, 3, 7] {
            let together = in_hands(&model, seed, iterations, hands);
            prop_assert_eq!(alone.best(), together.best(), "{} hands", hands);
            prop_assert_eq!(alone.iterations(), together.iterations());
        }
    }

    #[test]
    fn the_optimum_of_a_tiny_shop_is_found(seed in any::<u64>(), has in features()) {
        let tiny = Features { graph: false, published: false, early: false, ..plain(has) };
        let model = model(seed, tiny);
        prop_assume!(model.operations.len() <= 5);
        let mut search = Search::new(&model, 1);
        search.step(20_000);
        prop_assert_eq!(search.objective(), enumerated(&model));
    }
}

/// A search whose runs are stepped by so many hands, in an order and in pieces that chance decides.
fn in_hands(model: &Model, seed: u64, iterations: u64, hands: usize) -> Search<'_> {
    let mut chance = Chance::seeded(seed ^ hands as u64);
    let mut search = Search::new(model, seed);
    search.limit(iterations);
    let mut held: Vec<Run> = Vec::new();
    while !search.is_over() {
        if held.len() < hands {
            held.extend(search.hand_out());
        }
        let at = chance.below(held.len() as u64) as usize;
        held[at].step(1 + chance.below(300));
        if held[at].is_over() || chance.below(10) == 0 {
            search.take_back(held.swap_remove(at));
        }
    }
    search
}

/// The least objective over every order in which operations are put behind what stands, in every mode.
pub(super) fn enumerated(model: &Model) -> i64 {
    fn extend(model: &Model, plan: &mut crate::search::plan::Plan, placed: &mut Vec<usize>, least: &mut i64) {
        if placed.len() == model.operations.len() {
            *least = (*least).min(certify(model, plan).map_or(i64::MAX, |c| c.objective()));
            return;
        }
        for operation in 0..model.operations.len() {
            let waits = model.precedences.iter().any(|p| p.1 as usize == operation && !placed.contains(&(p.0 as usize)));
            if placed.contains(&operation) || waits {
                continue;
            }
            for mode in 0..model.operations[operation].modes.len() as u32 {
                plan.operations[operation].mode = mode;
                plan.operations[operation].start = earliest(model, plan, placed, operation);
                placed.push(operation);
                extend(model, plan, placed, least);
                placed.pop();
            }
        }
    }
    let none = crate::search::plan::Assigned { mode: 0, start: 0 };
    let mut plan = crate::search::plan::Plan { operations: vec![none; model.operations.len()] };
    let mut least = i64::MAX;
    extend(model, &mut plan, &mut Vec::new(), &mut least);
    least
}

/// Tick by tick, the first start behind everything placed on the machine.
fn earliest(model: &Model, plan: &crate::search::plan::Plan, placed: &[usize], operation: usize) -> i64 {
    let mode_of = |o: usize| model.operations[o].modes[plan.operations[o].mode as usize];
    let mode = mode_of(operation);
    let end = |o: usize| plan.operations[o].start + mode_of(o).duration;
    let on_machine = placed.iter().rev().find(|o| mode_of(**o).machine == mode.machine);
    let set_up = model.set_up(mode.machine, on_machine.map(|o| *o as u32), operation as u32);
    let machine = &model.machines[mode.machine as usize];
    let free = on_machine.map_or(machine.available, |o| end(*o)) + set_up;
    let own = &model.operations[operation];
    let ready = model.precedences.iter().filter(|p| p.1 as usize == operation).map(|p| end(p.0 as usize)).max().unwrap_or(0);
    let mut start = free.max(ready).max(own.earliest).max(model.jobs[own.job as usize].release);
    while machine.closed.iter().any(|c| start < c.1 && c.0 < start + mode.duration) {
        start += 1;
    }
    start
}
