//! Products with their routes, orders for them, and how far each order is.

use crate::{MachineId, OrderId, ProductId};
use measure::{Instant, Money, Span};

/// One step of a product's route.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Name such as `mill` or `harden`.
    pub name: String,
    /// Machines that can do it.
    pub machines: Vec<MachineId>,
    /// Planned run time per item (ISO 22400 PRI) at nominal speed.
    pub cycle: Span,
    /// Planned set-up time when the machine last ran another set-up family.
    pub set_up: Span,
    /// Set-up family: no set-up between operations of one family.
    pub family: String,
    /// What the worker is told at the machine, line by line.
    pub instructions: Vec<String>,
}

/// A product variant and how it is made.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// Index in the plant's products.
    pub id: ProductId,
    /// Name, unique in the plant.
    pub name: String,
    /// Operations in their order.
    pub route: Vec<Operation>,
    /// What a good piece adds in value.
    pub value: Option<Money>,
}

/// A production order.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// Index in the plant's orders.
    pub id: OrderId,
    /// Name, unique in the plant, without spaces.
    pub name: String,
    /// What is ordered.
    pub product: ProductId,
    /// Good pieces wanted.
    pub quantity: u32,
    /// Not started before.
    pub release: Instant,
    /// Promised for.
    pub due: Instant,
}

/// How far an order is, as known from readings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrderProgress {
    /// Place in the route of the next operation not yet finished; the route's length when all is done.
    pub next: usize,
    /// Machine it is running at now.
    pub running_at: Option<MachineId>,
    /// Machine at which it waits now.
    pub waiting_at: Option<MachineId>,
    /// Good pieces made at the current operation.
    pub good: u32,
    /// Pieces scrapped at any operation.
    pub scrap: u32,
    /// First heard of on a machine.
    pub started: Option<Instant>,
    /// Last operation finished.
    pub finished: Option<Instant>,
}
