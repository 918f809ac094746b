//! The production schedule as the windows show it.

use super::common::{When, Window, machine_name};
use plant::{OrderId, Plant};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use unit::desk::View;
use unit::schedule::{self, Caveat, Change, Hold};
use utoipa::{IntoParams, ToSchema};

/// Work of one operation of an order on a machine.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Task {
    /// The order.
    pub order: String,
    /// The product's name.
    pub product: String,
    /// Place of the operation in the route, from 0.
    pub step: u32,
    /// Name of the operation.
    pub operation: String,
    /// The machine.
    pub machine: String,
    /// From when its set-up takes the machine; equal to `from` without one.
    pub set_up: When,
    /// From when it runs.
    pub from: When,
    /// Until when.
    pub to: When,
    /// Whether it runs already.
    pub running: bool,
    /// Whether a planner's change holds it where and when it is.
    pub pinned: bool,
    /// Machines that can do it.
    pub machines: Vec<String>,
    /// What changed of it within the last hour; null where nothing did.
    pub change: Option<TaskChange>,
}

/// What changed of a task since people were told of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TaskChange {
    /// The machine it was planned on before; null where that is the same, or it is new.
    pub machine_before: Option<String>,
    /// How much later it starts, below zero earlier [s]; null where that did not change, or it is new.
    pub later_s: Option<f64>,
    /// What keeps it from starting earlier; null where that is not known, or it runs.
    pub waits_for: Option<WaitsFor>,
}

/// What a task waits for.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct WaitsFor {
    /// `planner` (a planner holds it there), `before` (the operation before it of its order), `machine` (another order on the machine),
    /// `shift` (the begin of a shift), `repair` (a machine that is down) or `release` (the release of its order).
    pub kind: &'static str,
    /// The other order on the machine; null for all other kinds.
    pub order: Option<String>,
}

/// An order in the schedule.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ScheduledOrder {
    /// Its name.
    pub name: String,
    /// The product's name.
    pub product: String,
    /// Good pieces wanted.
    pub quantity: u32,
    /// Promised for.
    pub due: When,
    /// Expected by the schedule.
    pub done: When,
    /// How late it is expected to be; 0 in time [s].
    pub late_s: f64,
}

/// An operation of an order.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct OrderOperation {
    /// The order.
    pub order: String,
    /// Name of the operation.
    pub operation: String,
}

/// Which part of the schedule is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SchedulePart {
    /// Only what ends after this, RFC 3339.
    pub from: Option<String>,
    /// Only what begins before this, RFC 3339.
    pub to: Option<String>,
}

/// The production schedule.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Schedule {
    /// The instant it starts from.
    pub at: When,
    /// The machines, in their order.
    pub machines: Vec<String>,
    /// Tasks by start.
    pub tasks: Vec<Task>,
    /// Open orders by due date; of a part those with a task in it.
    pub orders: Vec<ScheduledOrder>,
    /// Tasks, orders, and orders late of the whole schedule.
    pub tasks_all: u32,
    /// See `tasks_all`.
    pub orders_all: u32,
    /// See `tasks_all`.
    pub late_all: u32,
    /// Tasks that changed within the last hour, in the whole schedule.
    pub changed_all: u32,
    /// End of the last task of the whole schedule.
    pub end: When,
    /// What starts before this stays as it is.
    pub frozen_until: When,
    /// Price of electrical energy in the site's currency [1/kW.h].
    pub energy_price: f64,
    /// Time outside of shifts until the last task ends.
    pub closed: Vec<Window>,
    /// Operations longer than any shift: shifts are not observed on their machines.
    pub longer_than_shifts: Vec<OrderOperation>,
    /// Open orders beyond the most that are planned.
    pub left_out: u32,
    /// What it costs: 100 a second and order late, 1 a second of flow, of makespan and of a start of the next day moved, 300 for
    /// another machine there.
    pub objective: f64,
    /// What no schedule costs less than.
    pub bound: f64,
    /// Rules that the independent check applied.
    pub rules: Vec<&'static str>,
}

impl Schedule {
    /// A schedule of the plant that a view shows.
    pub fn of(view: &View, schedule: &schedule::Schedule, part: plant::Window) -> Self {
        let plant = &view.plant;
        let is_in = |task: &schedule::Task| task.to > part.from && task.set_up < part.to;
        let is_whole = part.from == measure::Instant::MIN && part.to == measure::Instant::MAX;
        let shown: HashSet<OrderId> = schedule.tasks.iter().filter(|task| is_in(task)).map(|task| task.order).collect();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let task = |(task, (change, hold)): (&schedule::Task, (&Option<Change>, &Option<Hold>))| Task {
            order: plant.order(task.order).name.clone(),
            product: product(plant, task.order),
            step: u32::try_from(task.operation).unwrap_or(u32::MAX),
            operation: operation(plant, task.order, task.operation),
            machine: machine_name(plant, task.machine),
            set_up: When(task.set_up),
            from: When(task.from),
            to: When(task.to),
            running: task.is_running,
            pinned: schedule.pins.iter().any(|pin| (pin.order, pin.operation) == (task.order, task.operation)),
            machines: can(plant, task.order, task.operation),
            change: change.map(|change| TaskChange::of(plant, change, *hold)),
        };
        let promise = |promise: &schedule::Promise| ScheduledOrder {
            name: plant.order(promise.order).name.clone(),
            product: product(plant, promise.order),
            quantity: plant.order(promise.order).quantity,
            due: When(promise.due),
            done: When(promise.done),
            late_s: (promise.done - promise.due).seconds().max(0.0),
        };
        let left_out = |caveat: &Caveat| if let Caveat::TooMany { orders } = caveat { Some(*orders) } else { None };
        let longer = |caveat: &Caveat| match caveat {
            Caveat::LongerThanShifts { order: of, operation: place } => {
                Some(OrderOperation { order: plant.order(*of).name.clone(), operation: operation(plant, *of, *place) })
            }
            Caveat::TooMany { .. } => None,
        };
        let marks = schedule.changes.iter().zip(&schedule.holds);
        let end = schedule.tasks.iter().map(|task| task.to).max().unwrap_or(schedule.at);
        let closed = plant.calendar.closed(schedule.at.max(part.from), end.min(part.to).max(schedule.at.max(part.from)));
        Self {
            at: When(schedule.at),
            machines: plant.machines.iter().map(|machine| machine.name.clone()).collect(),
            tasks: schedule.tasks.iter().zip(marks).filter(|(task, _)| is_in(task)).map(task).collect(),
            orders: schedule.promises.iter().filter(|p| is_whole || shown.contains(&p.order)).map(promise).collect(),
            tasks_all: count(schedule.tasks.len()),
            orders_all: count(schedule.promises.len()),
            late_all: count(schedule.promises.iter().filter(|p| p.done > p.due).count()),
            changed_all: count(schedule.changes.iter().flatten().count()),
            end: When(end),
            frozen_until: When(schedule.at + schedule::FROZEN),
            energy_price: plant.prices.energy_per_kwh,
            closed: closed.into_iter().map(|w| Window { from: When(w.from), to: When(w.to) }).collect(),
            longer_than_shifts: schedule.caveats.iter().filter_map(longer).collect(),
            left_out: schedule.caveats.iter().find_map(left_out).map_or(0, |orders| u32::try_from(orders).unwrap_or(u32::MAX)),
            objective: schedule.objective as f64,
            bound: schedule.bound as f64,
            rules: schedule.rules.clone(),
        }
    }
}

impl TaskChange {
    fn of(plant: &Plant, change: Change, hold: Option<Hold>) -> Self {
        let other = |hold: &Hold| if let Hold::Machine { order } = hold { Some(plant.order(*order).name.clone()) } else { None };
        let waits_for = hold.map(|hold| WaitsFor { kind: hold.word(), order: other(&hold) });
        let none = Self { machine_before: None, later_s: None, waits_for };
        match change {
            Change::New => none,
            Change::Machine { from } => Self { machine_before: Some(machine_name(plant, from)), ..none },
            Change::Start { by } => Self { later_s: Some(by.seconds()), ..none },
        }
    }
}

fn product(plant: &Plant, id: OrderId) -> String {
    plant.product(plant.order(id).product).name.clone()
}

fn can(plant: &Plant, id: OrderId, place: usize) -> Vec<String> {
    let operation = plant.product(plant.order(id).product).route.get(place);
    operation.map_or_else(Vec::new, |operation| operation.machines.iter().map(|m| machine_name(plant, *m)).collect())
}

fn operation(plant: &Plant, id: OrderId, place: usize) -> String {
    plant.product(plant.order(id).product).route.get(place).map(|operation| operation.name.clone()).unwrap_or_default()
}
