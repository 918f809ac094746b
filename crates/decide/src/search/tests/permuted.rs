//! Other names, the same problem: jobs, operations, modes, machines and resources in another order change neither what a plan costs nor how good
//! the plans of a search are.

use super::random::{Features, features, model};
use crate::check::plan::certify;
use crate::search::Search;
use crate::search::model::{Model, Operation, Parts};
use crate::search::plan::{Assigned, Plan};
use measure::Chance;
use proptest::prelude::*;

/// A model under other names; `operations[o]` is the new number of operation `o`, `modes[o][m]` that of its mode `m`.
struct Renamed {
    model: Model,
    operations: Vec<u32>,
    modes: Vec<Vec<u32>>,
}

fn shuffled(count: usize, chance: &mut Chance) -> Vec<u32> {
    let mut numbers: Vec<u32> = (0..count as u32).collect();
    for last in (1..count).rev() {
        numbers.swap(last, chance.below(last as u64 + 1) as usize);
    }
    numbers
}

/// The list in which what stood at `i` stands at `to[i]`.
fn moved<T: Clone>(list: &[T], to: &[u32]) -> Vec<T> {
    let mut placed: Vec<(u32, T)> = to.iter().copied().zip(list.iter().cloned()).collect();
    placed.sort_by_key(|p| p.0);
    placed.into_iter().map(|p| p.1).collect()
}

fn renamed(model: &Model, chance: &mut Chance) -> Renamed {
    let parts = model.clone().into_parts();
    let (operations, jobs) = (shuffled(parts.operations.len(), chance), shuffled(parts.jobs.len(), chance));
    let (machines, resources) = (shuffled(parts.machines.len(), chance), shuffled(parts.resources.len(), chance));
    let modes: Vec<Vec<u32>> = parts.operations.iter().map(|o| shuffled(o.modes.len(), chance)).collect();
    let mut new: Vec<Operation> = parts.operations.clone();
    for (operation, order) in new.iter_mut().zip(&modes) {
        operation.job = jobs[operation.job as usize];
        operation.modes.iter_mut().for_each(|m| m.machine = machines[m.machine as usize]);
        operation.modes = moved(&operation.modes, order);
        operation.published.iter_mut().for_each(|p| p.machine = machines[p.machine as usize]);
    }
    let of = |o: u32| operations[o as usize];
    let mut parts = Parts {
        operations: moved(&new, &operations),
        jobs: moved(&parts.jobs, &jobs),
        machines: moved(&parts.machines, &machines),
        resources: moved(&parts.resources, &resources),
        precedences: parts.precedences.iter().map(|p| (of(p.0), of(p.1))).collect(),
        sizes: if parts.sizes.is_empty() { Vec::new() } else { moved(&parts.sizes, &operations) },
        families: if parts.families.is_empty() { Vec::new() } else { moved(&parts.families, &operations) },
        ..parts
    };
    parts.machines.iter_mut().flat_map(|m| &mut m.idle).for_each(|i| i.resource = resources[i.resource as usize]);
    parts.permutations.iter_mut().flatten().for_each(|m| *m = machines[*m as usize]);
    parts.lags.iter_mut().for_each(|l| (l.before, l.then) = (of(l.before), of(l.then)));
    let mode = |o: u32, mode: u32| modes[o as usize].get(mode as usize).copied().unwrap_or(mode);
    for (operation, named) in parts.choices.iter_mut().flat_map(|c| &mut c.alternatives).flatten() {
        named.iter_mut().for_each(|m| *m = mode(*operation, *m));
        *operation = of(*operation);
    }
    parts.waits.iter_mut().for_each(|w| (w.before, w.then) = (of(w.before), of(w.then)));
    for u in &mut parts.uses {
        u.mode = modes[u.operation as usize][u.mode as usize];
        (u.operation, u.resource) = (of(u.operation), resources[u.resource as usize]);
    }
    Renamed { model: Model::new(parts).expect("other names contradict nothing"), operations, modes }
}

impl Renamed {
    fn plan(&self, plan: &Plan) -> Plan {
        let mode =
            |(o, a): (usize, &Assigned)| Assigned { mode: self.modes[o].get(a.mode as usize).copied().unwrap_or(a.mode), ..*a };
        let new: Vec<Assigned> = plan.operations.iter().enumerate().map(mode).collect();
        Plan { operations: moved(&new, &self.operations) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_plan_costs_the_same_under_other_names(seed in any::<u64>(), has in features()) {
        let model = model(seed, has);
        let other = renamed(&model, &mut Chance::seeded(!seed));
        let mut search = Search::new(&model, 1);
        search.step(60);
        let Ok(best) = search.best() else { return Ok(()) };
        let mapped = other.plan(&best.plan);
        prop_assert_eq!(certify(&other.model, &mapped), Ok(best.certificate));
        // and the search under the other names takes it up as it is
        prop_assert!(Search::resume(&other.model, 1, &mapped).broken() == 0);
    }
}

const EVERYTHING: Features = Features {
    flexible: true,
    set_ups: true,
    closed: true,
    dates: true,
    early: false,
    graph: false,
    published: true,
    resources: true,
    prices: true,
    waits: false,
    batches: false,
    optional: true,
    windows: false,
    levels: false,
    blocking: false,
    lots: true,
    lags: true,
    resumable: true,
    tools: true,
    choices: true,
    permuted: true,
    no_idle: false,
};

/// Fixed models and seeds: the mean difference is within four standard errors of none.
#[test]
fn other_names_give_plans_as_good() {
    let mut differences = Vec::new();
    for number in 0..60 {
        let model = model(number, EVERYTHING);
        let other = renamed(&model, &mut Chance::seeded(1000 + number)).model;
        let mean = |model: &Model| {
            let reached = |seed: u64| {
                let mut search = Search::new(model, seed);
                search.step(80);
                search.objective() as f64
            };
            (0..4).map(reached).sum::<f64>() / 4.0
        };
        let (one, two) = (mean(&model), mean(&other));
        differences.push((one - two) / (one + two + 1.0));
    }
    let count = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / count;
    let error = (differences.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / (count * (count - 1.0))).sqrt();
    assert!(error > 0.0 && mean.abs() <= 4.0 * error, "{mean} with a standard error of {error}");
}
