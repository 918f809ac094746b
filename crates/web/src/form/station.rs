//! The forms of a worker's place at a machine: what is next, how it is done, and what is reported.

use super::common::{When, machine_name, order_name};
use super::words::MachineState;
use crate::hand::WorkKind;
use measure::Instant;
use plant::{MachineId, OrderId};
use serde::{Deserialize, Serialize};
use unit::desk::View;
use unit::schedule;
use utoipa::ToSchema;

/// Tasks shown at a machine.
const TASKS_MAX: usize = 6;

/// A machine at which a worker may stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StationBrief {
    /// The machine.
    pub machine: String,
    /// What can be reported there: `start`, `stop`, `done`, `good`, `scrap`, `problem`; nothing where it reports all itself.
    pub takes: Vec<&'static str>,
}

/// A worker's place at a machine.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Station {
    /// The unit's time now.
    pub now: When,
    /// The machine.
    pub machine: String,
    /// What it is doing.
    pub state: MachineState,
    /// Since when.
    pub since: When,
    /// The order it works on; null where none is known.
    pub order: Option<String>,
    /// What can be reported here: `start`, `stop`, `done`, `good`, `scrap`, `problem`.
    pub takes: Vec<&'static str>,
    /// What runs and what is next here, by start.
    pub tasks: Vec<StationTask>,
}

/// An operation at a worker's place.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StationTask {
    /// The order.
    pub order: String,
    /// The product's name.
    pub product: String,
    /// Name of the operation.
    pub operation: String,
    /// What the worker is told, line by line.
    pub instructions: Vec<String>,
    /// Good pieces wanted.
    pub quantity: u32,
    /// Good pieces made at this operation, where it runs; 0 before.
    pub good: u32,
    /// Pieces of the order scrapped at any operation.
    pub scrap: u32,
    /// From when its set-up takes the machine by the schedule; equal to `from` without one.
    pub set_up: When,
    /// From when it runs by the schedule.
    pub from: When,
    /// Until when by the schedule.
    pub to: When,
    /// When the order is promised for.
    pub due: When,
    /// Whether it runs.
    pub running: bool,
    /// Whether the operation before it is finished, so that it can begin.
    pub ready: bool,
}

/// What a worker reports.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReport {
    /// The tablet, 8 to 64 letters, digits or `-`, chosen by it once.
    pub tablet: String,
    /// Rising from 1 within the tablet: with it the key of the report, so that whatever is sent again is one report.
    pub number: u64,
    /// When it was reported at the tablet, RFC 3339.
    pub at: String,
    /// `start`, `stop`, `done`, `good`, `scrap` or `problem`.
    pub what: String,
    /// The order, for `start` and `done`.
    pub order: Option<String>,
    /// How many more pieces, 1 to 100000, for `good` and `scrap`.
    pub quantity: Option<u32>,
    /// What is wrong, a word of 1 to 64 characters, for `problem`.
    pub cause: Option<String>,
}

impl WorkKind {
    /// All kinds with their words.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Start, "start"),
        (Self::Stop, "stop"),
        (Self::Done, "done"),
        (Self::Good, "good"),
        (Self::Scrap, "scrap"),
        (Self::Problem, "problem"),
    ];
    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }
}

impl StationBrief {
    /// A machine with what it takes.
    pub fn of(view: &View, machine: MachineId, takes: &[WorkKind]) -> Self {
        Self { machine: machine_name(&view.plant, machine), takes: takes.iter().map(|kind| kind.word()).collect() }
    }
}

impl Station {
    /// A machine's place, by the newest schedule.
    pub fn of(view: &View, now: Instant, machine: MachineId, takes: &[WorkKind], plan: Option<&schedule::Schedule>) -> Self {
        let image = view.image.machines.get(machine.index()).cloned().unwrap_or_default();
        let here = |task: &&schedule::Task| task.machine == machine && is_open(view, task.order, task.operation);
        let mut tasks: Vec<StationTask> = plan.map_or_else(Vec::new, |plan| {
            plan.tasks.iter().filter(here).take(TASKS_MAX).map(|task| StationTask::of(view, task)).collect()
        });
        tasks.sort_by_key(|task| !task.running);
        Self {
            now: When(now),
            machine: machine_name(&view.plant, machine),
            state: image.state.into(),
            since: When(image.since),
            order: image.order.map(|order| order_name(&view.plant, order)),
            takes: takes.iter().map(|kind| kind.word()).collect(),
            tasks,
        }
    }
}

/// Whether an operation is not finished: the schedule may be a few seconds older than the image.
fn is_open(view: &View, order: OrderId, operation: usize) -> bool {
    view.image.orders.get(order.index()).is_none_or(|progress| progress.finished.is_none() && operation >= progress.next)
}

impl StationTask {
    fn of(view: &View, task: &schedule::Task) -> Self {
        let order = view.plant.order(task.order);
        let product = view.plant.product(order.product);
        let operation = product.route.get(task.operation);
        let progress = view.image.orders.get(task.order.index()).cloned().unwrap_or_default();
        let running = progress.next == task.operation && progress.running_at == Some(task.machine);
        Self {
            order: order.name.clone(),
            product: product.name.clone(),
            operation: operation.map_or_else(String::new, |o| o.name.clone()),
            instructions: operation.map_or_else(Vec::new, |o| o.instructions.clone()),
            quantity: order.quantity,
            good: if running { progress.good } else { 0 },
            scrap: progress.scrap,
            set_up: When(task.set_up),
            from: When(task.from),
            to: When(task.to),
            due: When(order.due),
            running,
            ready: progress.next == task.operation,
        }
    }
}
