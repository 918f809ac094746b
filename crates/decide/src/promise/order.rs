//! A new order beside the running plan.
//!
//! Enters: what runs, what is asked for. Leaves: a [`Trial`]: the model with the order in it, cut down to what is still free, and a first
//! place for it. Absent: improvement, chance.

use super::spread::Deviation;
use super::{Answer, ModelError};
use crate::configure::Route;
use crate::search::insert::into_gaps;
use crate::search::model::{Job, Model, Operation, Time, Use, Wait};
use crate::search::plan::{Assigned, Plan};
use crate::search::replan::{Change, Remainder, of_model, remainder};

/// What runs.
#[derive(Clone, Debug)]
pub struct Running {
    /// The model of all known orders.
    pub model: Model,
    /// The plan that is carried out; what started before now started so.
    pub plan: Plan,
    /// Now, the frozen horizon, breakdowns that are known, and what moving the others costs.
    pub change: Change,
    /// How far the workshop deviates from plans.
    pub deviation: Deviation,
}

/// An order that is asked for; its numbers are places in it.
#[derive(Clone, Debug, Default)]
pub struct NewOrder {
    /// Its release, due date and penalties. Without a due date it shall be complete as soon as the others let it: it is due when it may begin,
    /// with a penalty of at least 1 for each tick.
    pub job: Job,
    /// Its operations; their job is set here.
    pub operations: Vec<Operation>,
    /// Pairs of them: the first is complete before the second starts.
    pub precedences: Vec<(u32, u32)>,
    /// Limits of waits between them.
    pub waits: Vec<Wait>,
    /// Resources that they use.
    pub uses: Vec<Use>,
    /// The set-up family of each; where the running model has families.
    pub families: Vec<u32>,
    /// The size of each in a batch; empty: 1 each.
    pub sizes: Vec<i64>,
    /// For each operation the spread of each of its modes, by its place in [`Deviation::spreads`].
    pub spreads: Vec<Vec<u32>>,
}

/// An order on trial.
#[derive(Clone, Debug)]
pub struct Trial {
    pub(super) running: Running,
    /// The running model with the order.
    pub(super) whole: Model,
    /// What of it is still free.
    pub(super) rest: Remainder,
    /// A place in the gaps of the running plan, and one behind everything, as plans of `rest`.
    pub(super) starts: [Plan; 2],
    /// Spreads of all modes of `whole`.
    pub(super) spreads: Vec<Vec<u32>>,
    pub(super) job: u32,
    /// The due date that was asked for.
    pub(super) asked_due: Option<Time>,
}

impl NewOrder {
    /// Of the route of a configuration; `spread` tells the place of a spread by step and way of the recipe.
    pub fn of_route(route: &Route, job: Job, spread: impl Fn(u32, u32) -> u32) -> Self {
        let of_step = |(step, ways): (&u32, &Vec<u32>)| ways.iter().map(|way| spread(*step, *way)).collect();
        Self {
            job,
            operations: route.operations.clone(),
            precedences: route.precedences.clone(),
            uses: route.uses.clone(),
            families: route.families.clone(),
            spreads: route.steps.iter().zip(&route.ways).map(of_step).collect(),
            ..Self::default()
        }
    }
}

impl Trial {
    /// Puts an order beside what runs.
    ///
    /// # Errors
    /// A plan of another model; parts of the order that the model does not allow (the place names the operation as numbered behind the running
    /// ones); spreads that do not fit; an order without operations.
    pub fn new(running: Running, order: &NewOrder) -> Result<Self, ModelError> {
        if order.operations.is_empty() {
            return Err(ModelError::at("operations of the order", "none", "at least one"));
        }
        let known = running.model.operations.len();
        let from = running.change.now.max(running.change.frozen_until);
        let job = running.model.jobs.len() as u32;
        of_model(&running.model, &running.plan)?;
        // the closed intervals that are known now
        let closed = closed(&running)?;
        let whole = with(&running.model, order, job, from)?;
        let spreads: Vec<Vec<u32>> = running.deviation.of.iter().chain(&order.spreads).cloned().collect();
        let slices: Vec<&[u32]> = spreads.iter().map(Vec::as_slice).collect();
        running.deviation.checked(&whole, &slices)?;
        let behind = running.plan.operations.iter().map(|a| a.start).max().unwrap_or(0).max(from) + 1;
        let [gaps, last] = [from, behind].map(|from| into_gaps(&whole, &running.plan, from, &closed));
        let mut rest = remainder(&whole, &gaps, &running.change)?;
        let is_new = |o: u32| o as usize >= known;
        let mut parts = rest.model.into_parts();
        for (operation, _) in parts.operations.iter_mut().zip(&rest.free).filter(|(_, o)| is_new(**o)) {
            // nothing was published of it, and it does not begin in what is frozen
            operation.published = None;
            operation.earliest = operation.earliest.max(from);
        }
        rest.model = Model::new(parts)?;
        let fixed = |a: Assigned| if a.start < from { Assigned { mode: 0, ..a } } else { a };
        let cut = |plan: &Plan| Plan { operations: rest.free.iter().map(|o| fixed(plan.operations[*o as usize])).collect() };
        Ok(Self { starts: [cut(&gaps), cut(&last)], running, whole, rest, spreads, job, asked_due: order.job.due })
    }

    /// The model with the order in it: its job is the last.
    pub const fn model(&self) -> &Model {
        &self.whole
    }

    /// What runs once the order is accepted at the date that was promised: it is due then, with a penalty for each tick.
    ///
    /// # Errors
    /// A penalty that the model does not allow.
    pub fn accepted(&self, answer: &Answer, tardiness: i64) -> Result<Running, ModelError> {
        let mut parts = self.whole.clone().into_parts();
        if let Some(job) = parts.jobs.get_mut(self.job as usize) {
            (job.due, job.tardiness) = (Some(answer.date), tardiness);
        }
        let deviation = Deviation { of: self.spreads.clone(), ..self.running.deviation.clone() };
        Ok(Running { model: Model::new(parts)?, plan: answer.plan.clone(), change: self.running.change.clone(), deviation })
    }
}

/// The closed intervals of each machine, with those that came since the plan was made.
fn closed(running: &Running) -> Result<Vec<Vec<(Time, Time)>>, ModelError> {
    let mut machines = running.model.machines.clone();
    crate::search::replan::close(&mut machines, &running.change.closed)?;
    Ok(machines.into_iter().map(|m| m.closed).collect())
}

/// The model with the order as its last job.
fn with(model: &Model, order: &NewOrder, job: u32, from: Time) -> Result<Model, ModelError> {
    let known = model.operations.len();
    let count = order.operations.len();
    let at = |operation: u32| known as u32 + operation;
    let own = |what: &str, operation: u32| {
        let allowed = || format!("below {count}");
        let error = || ModelError::at(format!("{what} of the order"), operation.to_string(), allowed());
        if (operation as usize) < count { Ok(at(operation)) } else { Err(error()) }
    };
    let beside = |what: &str, found: usize| {
        let error = || ModelError::at(format!("{what} of the order"), found.to_string(), count.to_string());
        if found == count { Ok(()) } else { Err(error()) }
    };
    beside("spreads", order.spreads.len())?;
    let mut parts = model.clone().into_parts();
    let mut of = order.job.clone();
    if of.due.is_none() {
        (of.due, of.tardiness) = (Some(of.release.max(from)), of.tardiness.max(1));
    }
    parts.jobs.push(of);
    parts.operations.extend(order.operations.iter().map(|o| Operation { job, ..o.clone() }));
    for &(before, then) in &order.precedences {
        parts.precedences.push((own("precedence", before)?, own("precedence", then)?));
    }
    for wait in &order.waits {
        parts.waits.push(Wait { before: own("wait", wait.before)?, then: own("wait", wait.then)?, most: wait.most });
    }
    for of in &order.uses {
        parts.uses.push(Use { operation: own("use", of.operation)?, ..*of });
    }
    if !parts.families.is_empty() {
        beside("set-up families", order.families.len())?;
        parts.families.extend(&order.families);
    }
    if !order.sizes.is_empty() {
        beside("sizes", order.sizes.len())?;
    }
    if !parts.sizes.is_empty() || !order.sizes.is_empty() {
        parts.sizes.resize(known, 1);
        parts.sizes.extend(&order.sizes);
        parts.sizes.resize(known + count, 1);
    }
    Model::new(parts)
}
