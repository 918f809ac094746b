//! Orders and how far each is.

use super::common::{Estimate, When, machine_name};
use super::words::OrderState;
use plant::{ForecastKind, OrderId, OrderProgress};
use serde::Serialize;
use unit::desk::View;
use unit::schedule::Schedule;
use utoipa::ToSchema;

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is being made of it now.
    Waiting,
    /// A machine works on it.
    Running,
    /// All operations are finished.
    Done,
    /// Past its due date and not finished.
    Late,
}

/// An order and how far it is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Order {
    /// Its name.
    pub name: String,
    /// The product's name.
    pub product: String,
    /// Good pieces wanted.
    pub quantity: u32,
    /// Good pieces made at the current operation.
    pub good: u32,
    /// Pieces scrapped at any operation.
    pub scrap: u32,
    /// Name of the operation it is at; null when all are finished.
    pub operation: Option<String>,
    /// Operations finished.
    pub operations_done: u32,
    /// Operations of the route.
    pub operations: u32,
    /// Machine it runs at.
    pub machine: Option<String>,
    /// Machine it waits at.
    pub waiting_at: Option<String>,
    /// Not started before.
    pub release: When,
    /// Promised for.
    pub due: When,
    /// First heard of on a machine.
    pub started: Option<When>,
    /// Last operation finished.
    pub finished: Option<When>,
    /// When it will be done, counted from now [h]; null where no forecast is in force.
    pub expected_done: Option<Estimate>,
    /// When it will be done by the newest schedule; null where it is done or not in it.
    pub planned_done: Option<When>,
    /// With what probability the due date was promised [%]; null for orders that no customer put together here.
    pub promised_sure: Option<f64>,
    /// Where it stands.
    pub state: OrderState,
}

fn standing(progress: &OrderProgress, due: measure::Instant, now: measure::Instant) -> Standing {
    match progress {
        p if p.finished.is_some() => Standing::Done,
        _ if due < now => Standing::Late,
        p if p.running_at.is_some() => Standing::Running,
        _ => Standing::Waiting,
    }
}

fn expected_done(view: &View, order: OrderId) -> Option<Estimate> {
    let done = |f: &&plant::Forecast| f.kind == ForecastKind::OrderDone && f.order == Some(order);
    let forecast = view.forecasts.iter().filter(done).max_by_key(|f| f.at)?;
    let passed = (view.at - forecast.at).hours();
    let v = forecast.value;
    Some(Estimate { value: v.value - passed, low: v.low - passed, high: v.high - passed, confidence: v.confidence })
}

impl Order {
    /// An order as the view and the newest schedule show it.
    pub fn of(view: &View, schedule: Option<&Schedule>, order: &plant::Order) -> Self {
        let plant = &view.plant;
        let product = plant.product(order.product);
        let progress = view.image.orders.get(order.id.index()).cloned().unwrap_or_default();
        let planned = schedule.and_then(|s| s.promises.iter().find(|p| p.order == order.id)).map(|p| When(p.done));
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            name: order.name.clone(),
            product: product.name.clone(),
            quantity: order.quantity,
            good: progress.good,
            scrap: progress.scrap,
            operation: product.route.get(progress.next).map(|o| o.name.clone()),
            operations_done: count(progress.next.min(product.route.len())),
            operations: count(product.route.len()),
            machine: progress.running_at.map(|m| machine_name(plant, m)),
            waiting_at: progress.waiting_at.map(|m| machine_name(plant, m)),
            release: When(order.release),
            due: When(order.due),
            started: progress.started.map(When),
            finished: progress.finished.map(When),
            expected_done: if progress.finished.is_some() { None } else { expected_done(view, order.id) },
            planned_done: planned.filter(|_| progress.finished.is_none()),
            promised_sure: plant.custom(order.id).map(|custom| f64::from(custom.sure) / 10.0),
            state: standing(&progress, order.due, view.at).into(),
        }
    }
}
