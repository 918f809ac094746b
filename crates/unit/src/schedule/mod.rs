//! The production schedule of the unit: open orders as a flexible job shop, the plan that `decide::search` finds for it, and what
//! changed since the plan before.
//!
//! ```text
//! View (orders, progress, states, profiles) ─> Scheduling ─> decide::search, stepped by node ─> Schedule ─> pages
//!                                                  ^                                              |
//!                                                  +──────── published: what was told already <───+
//! ```
//!
//! Enters: a [`View`], the schedule before. Leaves: a [`Scheduling`] to be searched, then a [`Schedule`]. Absent: how long is
//! searched and on which thread (`node`), commands: a schedule is a proposal that dispatching follows one decision at a time.

mod hold;
pub(crate) mod shop;
mod trial;

use crate::desk::View;
use decide::search::Certified;
pub use decide::search::Search;
use decide::search::model::{Mode, Model, Published, Time};
use decide::search::plan::{Assigned, Plan};
pub use hold::Hold;
use measure::{Instant, Span};
use plant::{MachineId, OrderId};
use shop::{Done, Piece};
pub(crate) use shop::{Guest, Visit};
use std::collections::HashMap;
use std::sync::Arc;
pub use trial::{Cost, FROZEN, Hindrance, Move};

/// What is too little to be told as a change of a start.
const MOVED_MIN: Span = Span::from_minutes(5);
/// How long a change is shown.
const CHANGE_SHOWN: Span = Span::from_hours(1);

/// Why a schedule leaves something out of account, to be told beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caveat {
    /// An operation needs longer than any shift; the shifts of its machines are not observed.
    LongerThanShifts {
        /// The order.
        order: OrderId,
        /// Place of the operation in the route.
        operation: usize,
    },
    /// More orders are open than are planned; the earliest due are.
    TooMany {
        /// Orders left out.
        orders: usize,
    },
}

/// Work of one operation of an order on a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The order.
    pub order: OrderId,
    /// Place of the operation in the route.
    pub operation: usize,
    /// Where.
    pub machine: MachineId,
    /// From when its set-up takes the machine; equal to `from` without one.
    pub set_up: Instant,
    /// From when it runs.
    pub from: Instant,
    /// Until when.
    pub to: Instant,
    /// Whether it runs already.
    pub is_running: bool,
}

/// When an order is expected to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The order.
    pub order: OrderId,
    /// Promised for.
    pub due: Instant,
    /// Expected by the schedule.
    pub done: Instant,
}

/// What became of a task since people were told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was not there: its order is new.
    New,
    /// On another machine.
    Machine {
        /// Where it was.
        from: MachineId,
    },
    /// It starts earlier (below zero) or later.
    Start {
        /// By how much.
        by: Span,
    },
}

/// A schedule, proven feasible.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// The instant it starts from.
    pub at: Instant,
    /// Tasks by start.
    pub tasks: Vec<Task>,
    /// Orders by due date.
    pub promises: Vec<Promise>,
    /// What changed within the last hour, by place in `tasks`.
    pub changes: Vec<Option<Change>>,
    /// What each task waits for, by place in `tasks`.
    pub holds: Vec<Option<Hold>>,
    /// What it leaves out of account.
    pub caveats: Vec<Caveat>,
    /// What it costs: 100 a second and order late, 1 a second of flow, of makespan and of a start of the next day moved, 300 for another
    /// machine there. Of what runs already nothing is counted.
    pub objective: i64,
    /// What no schedule costs less than.
    pub bound: i64,
    /// Iterations of the search.
    pub iterations: u64,
    /// Rules that the independent check applied; none where nothing was planned.
    pub rules: Vec<&'static str>,
    /// Changes of people that it keeps.
    pub pins: Vec<Move>,
    /// What people were told of each operation.
    told: HashMap<Step, Told>,
}

/// An operation of an order: its place in the route.
type Step = (OrderId, usize);

/// What people were told of an operation, until it changes by so much that they are told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    machine: MachineId,
    from: Instant,
    changed: Option<(Instant, Change)>,
}

/// A schedule to be searched for.
#[derive(Clone, Debug)]
pub struct Scheduling {
    /// The shop; without operations left to plan there is none.
    model: Option<Model>,
    at: Instant,
    pieces: Vec<Piece>,
    /// Machine and start that people were told of each operation.
    was: Vec<Option<Published>>,
    running: Vec<Task>,
    dues: Vec<(OrderId, Instant)>,
    before: Option<Arc<Schedule>>,
    caveats: Vec<Caveat>,
    /// All modes of operations that are planned where their lot stands.
    ways: HashMap<usize, Vec<Mode>>,
    pins: Vec<Move>,
}

impl Scheduling {
    /// The shop of a view, as it stands; of the schedule before, what was published is kept where it costs little.
    ///
    /// # Errors
    /// The orders exceed a limit of the scheduling model; the sentence tells which.
    pub fn of(view: &View, before: Option<Arc<Schedule>>) -> Result<Self, String> {
        Self::visited(view, before, None).map(|(scheduling, _)| scheduling)
    }

    /// The shop of a view without some orders, as if they were not known.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn of_known(view: &View, before: Option<Arc<Schedule>>, hidden: &dyn Fn(&plant::Order) -> bool) -> Result<Self, String> {
        let visit = Visit { route: &[], quantity: 1, hidden };
        Self::visited(view, before, Some(&visit)).map(|(scheduling, _)| scheduling)
    }

    /// The shop of a view with room for an order that is asked for; the order itself is not in it.
    pub(crate) fn visited(
        view: &View,
        before: Option<Arc<Schedule>>,
        visit: Option<&Visit<'_>>,
    ) -> Result<(Self, Option<Guest>), String> {
        let Done { model, pieces, told: was, running, dues, caveats, ways, guest } = shop::of(view, before.as_deref(), visit)?;
        let pins = Vec::new();
        Ok((Self { model, at: view.at, pieces, was, running, dues, before, caveats, ways, pins }, guest))
    }

    /// The model; none where nothing is left to plan and nobody visits.
    pub(crate) const fn model(&self) -> Option<&Model> {
        self.model.as_ref()
    }

    /// A search for it that begins at what was published; `None` where nothing is left to plan.
    pub fn search(&self, seed: u64) -> Option<Search<'_>> {
        let model = self.model.as_ref()?;
        if self.was.iter().all(Option::is_none) {
            return Some(Search::new(model, seed));
        }
        let latest = latest_starts(model);
        let assigned = |place: usize| match self.was[place] {
            Some(was) => {
                let mode = model.operations[place].modes.iter().position(|mode| mode.machine == was.machine).unwrap_or(0);
                Assigned { mode: mode as u32, start: was.start }
            }
            // what is new stands where it is due
            None => Assigned { mode: 0, start: latest[place] },
        };
        let plan = Plan { operations: (0..self.was.len()).map(assigned).collect() };
        Some(Search::resume(model, seed, &plan))
    }

    /// The schedule of a plan of the model that was searched, or of what runs already where there was nothing to search.
    pub fn read(&self, plan: Option<(&Certified, &Search<'_>)>) -> Schedule {
        let mut tasks = self.running.clone();
        if let (Some(model), Some((certified, _))) = (&self.model, plan) {
            tasks.extend(self.tasks(model, certified));
        }
        tasks.sort_by_key(|task| (task.from, task.machine, task.order));
        let mut done: HashMap<OrderId, Instant> = HashMap::new();
        for task in &tasks {
            let end = done.entry(task.order).or_insert(task.to);
            *end = task.to.max(*end);
        }
        let promise = |(order, due): &(OrderId, Instant)| Some(Promise { order: *order, due: *due, done: *done.get(order)? });
        let mut promises: Vec<Promise> = self.dues.iter().filter_map(promise).collect();
        promises.sort_by_key(|p| (p.due, p.order));
        let told: HashMap<Step, Told> = tasks.iter().map(|task| ((task.order, task.operation), self.told(task))).collect();
        let is_fresh = |(since, _): &(Instant, Change)| self.at - *since <= CHANGE_SHOWN;
        let change = |task: &Task| told.get(&(task.order, task.operation))?.changed.filter(is_fresh).map(|(_, change)| change);
        let changes = tasks.iter().map(change).collect();
        Schedule {
            at: self.at,
            promises,
            changes,
            holds: self.holds(&tasks),
            tasks,
            caveats: self.caveats.clone(),
            objective: plan.map_or(0, |(certified, _)| certified.certificate.objective()),
            bound: plan.map_or(0, |(_, search)| search.bound()),
            iterations: plan.map_or(0, |(_, search)| search.iterations()),
            rules: plan.map(|_| decide::check::plan::PlanCertificate::rules().collect()).unwrap_or_default(),
            pins: self.pins.clone(),
            told,
        }
    }

    fn tasks(&self, model: &Model, certified: &Certified) -> Vec<Task> {
        let mode = |o: usize| model.operations[o].modes[certified.plan.operations[o].mode as usize];
        // in the order of starts, so that the one before on a machine tells the set-up
        let mut by_start: Vec<usize> = (0..self.pieces.len()).collect();
        by_start.sort_by_key(|o| (certified.plan.operations[*o].start, *o));
        let mut last: Vec<Option<u32>> = vec![None; model.machines.len()];
        let task = |o: usize| {
            let (piece, mode, start) = (&self.pieces[o], mode(o), certified.plan.operations[o].start);
            let before = last[mode.machine as usize].replace(o as u32);
            let set_up = model.set_up(mode.machine, before, o as u32);
            Task {
                order: piece.order,
                operation: piece.operation,
                machine: MachineId(mode.machine),
                set_up: self.instant(start - set_up),
                from: self.instant(start),
                to: self.instant(start + mode.duration),
                is_running: false,
            }
        };
        by_start.into_iter().map(task).collect()
    }

    /// What people are told of a task: what they were told before, unless it is new, elsewhere, or has moved enough. What is further ahead
    /// than a day moves without a word.
    fn told(&self, task: &Task) -> Told {
        let (machine, from) = (task.machine, task.from);
        let now = |change| Told { machine, from, changed: Some((self.at, change)) };
        let Some(before) = &self.before else { return Told { machine, from, changed: None } };
        let Some(was) = before.told.get(&(task.order, task.operation)) else { return now(Change::New) };
        if was.from.min(from) > self.at + shop::STABLE {
            return Told { machine, from, changed: was.changed };
        }
        if was.machine != machine {
            return now(Change::Machine { from: was.machine });
        }
        let by = from - was.from;
        let is_moved = by >= MOVED_MIN || by <= Span::ZERO - MOVED_MIN;
        // of what runs already everybody sees when it began
        if is_moved && !task.is_running { now(Change::Start { by }) } else { *was }
    }

    fn instant(&self, ticks: Time) -> Instant {
        self.at + Span::from_seconds(ticks)
    }
}

/// When each operation has to start so that what follows it in its job is done by the due date, were it alone in the shop [ticks].
fn latest_starts(model: &Model) -> Vec<Time> {
    let mut latest: Vec<Time> = vec![0; model.operations.len()];
    // the operations of a job follow each other in its order
    for place in (0..latest.len()).rev() {
        let operation = &model.operations[place];
        let shortest = operation.modes.iter().map(|mode| mode.duration).min().unwrap_or(0);
        let next = model.operations.get(place + 1).filter(|next| next.job == operation.job).map(|_| latest[place + 1]);
        let until = next.or(model.jobs[operation.job as usize].due).unwrap_or(model.horizon());
        latest[place] = (until - shortest).max(0);
    }
    latest
}
