//! The production schedule as the windows show it.

use super::common::{When, Window, machine_name};
use plant::{OrderId, Plant};
use serde::Serialize;
use unit::desk::View;
use unit::schedule::{self, Caveat, Change};
use utoipa::ToSchema;

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

/// The production schedule.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Schedule {
    /// The instant it starts from.
    pub at: When,
    /// The machines, in their order.
    pub machines: Vec<String>,
    /// Tasks by start.
    pub tasks: Vec<Task>,
    /// Open orders by due date.
    pub orders: Vec<ScheduledOrder>,
    /// Time outside of shifts until the last task ends.
    pub closed: Vec<Window>,
    /// Operations longer than any shift: shifts are not observed on their machines.
    pub longer_than_shifts: Vec<OrderOperation>,
    /// Open orders beyond the most that are planned.
    pub left_out: u32,
    /// What it costs: 100 a second and order late, 1 a second of flow, of makespan and of a start moved, 300 for another machine.
    pub objective: f64,
    /// What no schedule costs less than.
    pub bound: f64,
    /// Rules that the independent check applied.
    pub rules: Vec<&'static str>,
}

impl Schedule {
    /// A schedule of the plant that a view shows.
    pub fn of(view: &View, schedule: &schedule::Schedule) -> Self {
        let plant = &view.plant;
        let task = |(task, change): (&schedule::Task, &Option<Change>)| Task {
            order: plant.order(task.order).name.clone(),
            product: product(plant, task.order),
            step: u32::try_from(task.operation).unwrap_or(u32::MAX),
            operation: operation(plant, task.order, task.operation),
            machine: machine_name(plant, task.machine),
            set_up: When(task.set_up),
            from: When(task.from),
            to: When(task.to),
            running: task.is_running,
            change: change.map(|change| TaskChange::of(plant, change)),
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
        let end = schedule.tasks.iter().map(|task| task.to).max().unwrap_or(schedule.at);
        let closed = plant.calendar.closed(schedule.at, end);
        Self {
            at: When(schedule.at),
            machines: plant.machines.iter().map(|machine| machine.name.clone()).collect(),
            tasks: schedule.tasks.iter().zip(&schedule.changes).map(task).collect(),
            orders: schedule.promises.iter().map(promise).collect(),
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
    fn of(plant: &Plant, change: Change) -> Self {
        let none = Self { machine_before: None, later_s: None };
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

fn operation(plant: &Plant, id: OrderId, place: usize) -> String {
    plant.product(plant.order(id).product).route.get(place).map(|operation| operation.name.clone()).unwrap_or_default()
}
