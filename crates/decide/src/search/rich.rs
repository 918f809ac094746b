//! What a model has beyond machines and precedences, laid out for the search: resources, limited waits, batches, what may be left out,
//! latest starts and deadlines.
//!
//! Enters: a model. Leaves: a [`Rich`]; none for a model that has nothing of it. Absent: starts (`decode` makes them).

use super::model::{Lot, Model, Resource};
use super::shop::{Lists, narrow};

/// Longer than any plan.
const FOR_GOOD: i32 = 1 << 30;
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
    /// Beside each entry of `waits` the longest wait.
    pub most: Vec<i32>,
    /// Latest start of each operation.
    pub latest: Vec<i32>,
    /// Deadline of each job.
    pub deadline: Vec<i32>,
    /// Whether each operation stays on its machine until those after it have started; empty where none does.
    blocking: Vec<bool>,
    /// In what portions each operation passes its pieces on; empty where all do at their end.
    lots: Vec<Option<Lot>>,
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
    pub fn new(model: &Model, variants: Vec<Variant>, operation_of: impl Fn(usize) -> u32) -> Self {
        let count = model.operations.len();
        let mut by_mode = std::collections::HashMap::<(u32, u32), Vec<(u32, i64)>>::new();
        for of in &model.uses {
            by_mode.entry((of.operation, of.mode)).or_default().push((of.resource, of.amount));
        }
        let uses = variants.iter().enumerate();
        let uses = uses.map(|(at, v)| by_mode.get(&(operation_of(at), v.mode)).cloned().unwrap_or_default()).collect();
        let mut waits = model.waits.clone();
        waits.sort_by_key(|w| w.then);
        let or_never = |time: Option<i64>| time.map_or(NEVER, narrow);
        Self {
            variants,
            stores: model.resources.iter().map(Store::new).collect(),
            uses,
            most: waits.iter().map(|w| narrow(w.most)).collect(),
            waits: Lists::of(count, waits.iter().map(|w| (w.then, w.before))),
            latest: model.operations.iter().map(|o| or_never(o.latest)).collect(),
            deadline: model.jobs.iter().map(|j| or_never(j.deadline)).collect(),
            blocking: if has_blocking(model) { model.operations.iter().map(|o| o.is_blocking).collect() } else { Vec::new() },
            lots: if has_lots(model) { model.operations.iter().map(|o| o.lot).collect() } else { Vec::new() },
            size: (0..count as u32).map(|o| model.size(o)).collect(),
            batch: model.machines.iter().map(|m| m.batch.unwrap_or(0)).chain([0]).collect(),
            out: model.operations.iter().map(|o| o.optional.unwrap_or(0)).collect(),
            of_job: Lists::of(model.jobs.len(), (0..count as u32).map(|o| (model.operations[o as usize].job, o))),
            horizon: narrow(model.horizon()),
            levels: model.levels_count(),
            has_prices: model.resources.iter().any(|r| r.prices.iter().any(|p| p.1 > 0)),
        }
    }

    /// Whether a model has anything of it, or costs that are compared level by level: they too are timed anew.
    pub fn is_needed(model: &Model) -> bool {
        model.levels_count() > 1
            || !model.uses.is_empty()
            || !model.waits.is_empty()
            || has_blocking(model)
            || has_lots(model)
            || model.machines.iter().any(|m| m.batch.is_some())
            || model.operations.iter().any(|o| o.latest.is_some() || o.optional.is_some())
            || model.jobs.iter().any(|j| j.deadline.is_some())
    }

    /// Whether an operation stays on its machine until those after it have started.
    pub fn blocks(&self, operation: u32) -> bool {
        self.blocking.get(operation as usize).copied().unwrap_or(false)
    }

    /// How long after the start of an operation that lasts `own` one after it that lasts `next` may start.
    pub fn lag(&self, operation: u32, own: i32, next: i32) -> i32 {
        let lot = self.lots.get(operation as usize).copied().flatten();
        lot.map_or(own, |lot| narrow(lot.lag(i64::from(own), i64::from(next))))
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
            lacking: steps().map(|(from, c)| (narrow(from), capacity - c)).collect(),
            prices,
        }
    }

    /// For how long something that lasts so long has what it uses.
    pub const fn held(&self, duration: i32) -> i32 {
        if self.is_stock { FOR_GOOD } else { duration }
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

fn has_lots(model: &Model) -> bool {
    model.operations.iter().any(|o| o.lot.is_some())
}
