//! What a model has beyond machines and precedences, laid out for the search: resources, other kinds of precedences, limited waits, batches,
//! what may be left out or is chosen together, permutations, latest starts and deadlines.
//!
//! Enters: a model. Leaves: a [`Rich`]; none for a model that has nothing of it. Absent: starts (`decode` makes them).

use super::choices::Choices;
use super::model::{Idle, Link, Linked, Model, Resource, Time, Wait};
use super::shop::{Lists, Matrix, NONE, narrow};
use std::collections::HashMap;

/// Longer than any plan.
pub(super) const FOR_GOOD: i32 = 1 << 30;
/// No latest start, no deadline.
pub(super) const NEVER: i32 = i32::MAX;

/// One way to carry an operation out, as the search sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variant {
    /// Its mode in plans; the number of modes for "left out".
    pub mode: u32,
    /// Whether it joins the batch of the one before on the machine, where it can.
    pub joins: bool,
    /// Whether the operation is left out.
    pub is_out: bool,
}

/// A renewable resource.
#[derive(Debug)]
pub(super) struct Store {
    /// The largest capacity there ever is.
    pub capacity: i64,
    /// Whether what is used is used up.
    pub is_stock: bool,
    /// From an instant on, how much less there is.
    pub lacking: Vec<(i32, i64)>,
    /// Its set-ups, where it has any, and from when on it may be set up.
    pub set_ups: Option<Matrix>,
    pub available: i32,
    /// From an instant on: price, and what a unit cost from the beginning until then.
    prices: Vec<(i32, i64, i64)>,
}

/// What a model has beyond machines and precedences.
#[derive(Debug)]
pub(super) struct Rich {
    /// Of each mode in [`super::shop::Shop::modes`].
    pub variants: Vec<Variant>,
    /// Resources.
    pub stores: Vec<Store>,
    /// Resource and amount that each mode in [`super::shop::Shop::modes`] uses.
    pub uses: Vec<Vec<(u32, i64)>>,
    /// For each operation: those before it with a limited wait.
    pub waits: Lists,
    /// Beside each entry of `waits` the longest wait, and what it is between.
    pub most: Vec<(i32, Link)>,
    /// Latest start of each operation.
    pub latest: Vec<i32>,
    /// Deadline of each job.
    pub deadline: Vec<i32>,
    /// Whether each operation stays on its machine until those after it have started; empty where none does.
    blocking: Vec<bool>,
    /// What the precedences mean, beside the entries of [`super::shop::Shop::before`] and of [`super::shop::Shop::after`]; empty where all mean "complete".
    links: [Vec<Link>; 2],
    /// Whether some resource has set-ups.
    pub changes_over: bool,
    /// Whether operations are bound to others by waits, distances or machines that shall not stand.
    pub is_bound: bool,
    /// For each operation: those that keep a least distance before it although neither is ordered, and what lies between.
    pub loose_before: Lists,
    pub loose: Vec<Link>,
    /// For each operation: places in `loose_before` of those it keeps a distance before.
    pub loose_after: Lists,
    /// For each operation: places in `waits` of those that may not wait longer after it, where they may start before it.
    pub waited_for: Lists,
    /// Operations chosen together.
    pub choices: Choices,
    /// Machines that jobs pass in one sequence.
    pub permutations: Vec<Vec<u32>>,
    /// Which of them each machine is in.
    permutation_of: Vec<u32>,
    /// Whether each machine never stands between its first operation and its last.
    pub is_without_idle: Vec<bool>,
    /// What each machine uses while it stands; empty where that costs nothing.
    idle: Vec<Option<Idle>>,
    /// Size of each operation in a batch.
    pub size: Vec<i64>,
    /// Largest sum of sizes in a batch of each machine; 0: no batches.
    pub batch: Vec<i64>,
    /// What leaving each operation out costs.
    pub out: Vec<i64>,
    /// Operations of each job.
    pub of_job: Lists,
    /// By when everything one after another would be complete.
    pub horizon: i32,
    /// Whether starting later may cost less.
    pub has_prices: bool,
    /// Levels of the objective.
    pub levels: usize,
}

impl Rich {
    /// What a model has of it, for the variants of its modes; none where it has nothing.
    pub fn new(model: &Model, variants: Vec<Variant>, operation_of: impl Fn(usize) -> u32, [before, after]: [&Lists; 2]) -> Self {
        let count = model.operations.len();
        let mut by_mode = HashMap::<(u32, u32), Vec<(u32, i64)>>::new();
        for of in &model.uses {
            by_mode.entry((of.operation, of.mode)).or_default().push((of.resource, of.amount));
        }
        let uses = variants.iter().enumerate();
        let uses = uses.map(|(at, v)| by_mode.get(&(operation_of(at), v.mode)).cloned().unwrap_or_default()).collect();
        let mut waits = model.waits.clone();
        waits.sort_by_key(|w| w.then);
        let links = links(model, before, after);
        let apart: HashMap<(u32, u32), Link> = model.loose().map(|l| ((l.0, l.1), l.2)).collect();
        let between = |of: &Wait| {
            let place = before.range(of.then).find(|at| before.at(*at) == of.before);
            let loose = || apart.get(&(of.before, of.then)).copied();
            place.and_then(|at| links[0].get(at).copied()).or_else(loose).unwrap_or_default()
        };
        let mut loose: Vec<Linked> = model.loose().collect();
        loose.sort_by_key(|l| l.1);
        let loose_at = |w: &Wait| apart.contains_key(&(w.before, w.then));
        let early = waits.iter().zip(0..).filter(|(w, _)| !loose.is_empty() && loose_at(w)).map(|(w, at)| (w.before, at));
        let or_never = |time: Option<i64>| time.map_or(NEVER, narrow);
        let mut permutation_of = vec![NONE; model.machines.len() + 1];
        for (number, machines) in (0..).zip(&model.permutations) {
            machines.iter().for_each(|m| permutation_of[*m as usize] = number);
        }
        Self {
            choices: Choices::new(model, &variants, operation_of),
            variants,
            stores: model.resources.iter().map(Store::new).collect(),
            uses,
            most: waits.iter().map(|w| (narrow(w.most), between(w))).collect(),
            waits: Lists::of(count, waits.iter().map(|w| (w.then, w.before))),
            latest: model.operations.iter().map(|o| or_never(o.latest)).collect(),
            deadline: model.jobs.iter().map(|j| or_never(j.deadline)).collect(),
            blocking: if has_blocking(model) { model.operations.iter().map(|o| o.is_blocking).collect() } else { Vec::new() },
            links,
            changes_over: model.resources.iter().any(|r| r.set_ups.is_some()),
            is_bound: !waits.is_empty() || !loose.is_empty() || model.machines.iter().any(|m| m.is_without_idle),
            loose_before: Lists::of(count, loose.iter().map(|l| (l.1, l.0))),
            loose_after: Lists::of(count, loose.iter().zip(0..).map(|(l, at)| (l.0, at))),
            loose: loose.iter().map(|l| l.2).collect(),
            waited_for: Lists::of(count, early),
            permutations: model.permutations.clone(),
            permutation_of,
            idle: if has_idle(model) { model.machines.iter().map(|m| m.idle).chain([None]).collect() } else { Vec::new() },
            is_without_idle: model.machines.iter().map(|m| m.is_without_idle).chain([false]).collect(),
            size: (0..count as u32).map(|o| model.size(o)).collect(),
            batch: model.machines.iter().map(|m| m.batch.unwrap_or(0)).chain([0]).collect(),
            out: model.operations.iter().map(|o| o.optional.unwrap_or(0)).collect(),
            of_job: Lists::of(model.jobs.len(), (0..count as u32).map(|o| (model.operations[o as usize].job, o))),
            horizon: narrow(model.horizon()),
            levels: model.levels_count(),
            has_prices: has_idle(model) || model.resources.iter().any(|r| r.prices.iter().any(|p| p.1 > 0)),
        }
    }

    /// Whether a model has anything of it, or costs that are compared level by level: they too are timed anew.
    pub fn is_needed(model: &Model) -> bool {
        model.levels_count() > 1
            || !model.uses.is_empty()
            || !model.waits.is_empty()
            || has_blocking(model)
            || has_links(model)
            || has_idle(model)
            || model.loose().next().is_some()
            || !model.choices.is_empty()
            || !model.permutations.is_empty()
            || model.machines.iter().any(|m| m.batch.is_some() || m.is_without_idle)
            || model.operations.iter().any(|o| o.latest.is_some() || o.optional.is_some() || o.is_resumable)
            || model.jobs.iter().any(|j| j.deadline.is_some())
    }

    /// Whether an operation stays on its machine until those after it have started.
    pub fn blocks(&self, operation: u32) -> bool {
        self.blocking.get(operation as usize).copied().unwrap_or(false)
    }

    /// Whether some precedences mean something else than "complete".
    pub const fn has_links(&self) -> bool {
        !self.links[0].is_empty()
    }

    /// What the precedence at a place of [`super::shop::Shop::before`] means.
    pub fn link_before(&self, place: usize) -> Link {
        self.links[0].get(place).copied().unwrap_or_default()
    }

    /// What the precedence at a place of [`super::shop::Shop::after`] means.
    pub fn link_after(&self, place: usize) -> Link {
        self.links[1].get(place).copied().unwrap_or_default()
    }

    /// What it costs that a machine stands between two instants.
    pub fn standing(&self, machine: u32, from: i32, to: i32) -> i64 {
        let Some(Some(idle)) = self.idle.get(machine as usize).filter(|_| from < to) else { return 0 };
        let on = idle.amount * self.stores[idle.resource as usize].price(from, to);
        idle.off.filter(|off| Time::from(to - from) >= off.0).map_or(on, |off| on.min(off.1))
    }

    /// From which time on a machine may be switched off.
    pub fn may_be_off(&self, machine: u32) -> Option<i32> {
        self.idle.get(machine as usize).copied().flatten()?.off.map(|off| narrow(off.0))
    }

    /// The machines that cost something while they stand.
    pub fn idle_machines(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.idle.len() as u32).filter(|m| self.idle[*m as usize].is_some())
    }

    /// Which operation the entry at a place of `loose_before` is of.
    pub fn then(&self, place: u32) -> u32 {
        self.loose_before.key(place)
    }

    /// Which operation the entry at a place of `waits` is of.
    pub fn waiting(&self, place: u32) -> u32 {
        self.waits.key(place)
    }

    /// The machines that jobs pass in the same sequence as one; none where it is in no permutation.
    pub fn permuted_with(&self, machine: u32) -> &[u32] {
        self.permutations.get(self.permutation_of[machine as usize] as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether some operations are bound to those after them: by limits of waits, or by blocking.
    pub fn binds(&self) -> bool {
        !self.most.is_empty() || !self.blocking.is_empty()
    }
}

fn has_blocking(model: &Model) -> bool {
    model.operations.iter().any(|o| o.is_blocking)
}

impl Store {
    /// Of a resource of the model.
    pub fn new(resource: &Resource) -> Self {
        let steps = || std::iter::once((0, resource.capacity)).chain(resource.steps.iter().copied());
        let capacity = steps().map(|s| s.1).max().unwrap_or(0);
        let mut prices = Vec::with_capacity(resource.prices.len());
        let (mut since, mut price, mut sum) = (0, 0, 0);
        for &(from, next) in &resource.prices {
            sum += price * (from - since);
            prices.push((narrow(from), next, sum));
            (since, price) = (from, next);
        }
        Self {
            capacity,
            is_stock: resource.is_stock,
            set_ups: resource.set_ups.as_ref().map(Matrix::new),
            available: narrow(resource.available),
            lacking: steps().map(|(from, c)| (narrow(from), capacity - c)).collect(),
            prices,
        }
    }

    /// What a unit costs from the beginning until an instant.
    fn until(&self, instant: i32) -> i64 {
        match self.prices.partition_point(|p| p.0 <= instant) {
            0 => 0,
            after => {
                let (from, price, sum) = self.prices[after - 1];
                sum + price * i64::from(instant - from)
            }
        }
    }

    /// What a unit costs between two instants.
    pub fn price(&self, from: i32, to: i32) -> i64 {
        self.until(to) - self.until(from)
    }

    /// The instants of its price steps after `from` and before `to`.
    pub fn price_steps(&self, from: i32, to: i32) -> impl Iterator<Item = i32> {
        let first = self.prices.partition_point(|p| p.0 <= from);
        self.prices[first..].iter().map(|p| p.0).take_while(move |t| *t < to)
    }
}

fn has_idle(model: &Model) -> bool {
    model.machines.iter().any(|m| m.idle.is_some())
}

fn has_links(model: &Model) -> bool {
    model.links().any(|(.., link)| link != Link::Whole)
}

/// What the precedences mean, in the order of the entries of both lists.
fn links(model: &Model, before: &Lists, after: &Lists) -> [Vec<Link>; 2] {
    if !has_links(model) {
        return [Vec::new(), Vec::new()];
    }
    let of: HashMap<(u32, u32), Link> = model.links().map(|(one, other, link)| ((one, other), link)).collect();
    let mut links = [Vec::new(), Vec::new()];
    for operation in 0..model.operations.len() as u32 {
        links[0].extend(before.list(operation).iter().map(|b| of[&(*b, operation)]));
        links[1].extend(after.list(operation).iter().map(|a| of[&(operation, *a)]));
    }
    links
}

/// When the second of a precedence may start that lasts `next`, in 32 bits.
pub(super) fn ready(link: Link, (start, end): (i32, i32), next: i32) -> i32 {
    if link == Link::Whole {
        return end;
    }
    narrow(link.ready((Time::from(start), Time::from(end)), Time::from(next)))
}
