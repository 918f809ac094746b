//! Orders that customers put together themselves: what was chosen, what was promised, how each step is done.
//!
//! Enters: an accepted configuration. Leaves: the product and the order that the plant makes of it. Absent: how it was chosen.

use crate::{Operation, OrderId};
use measure::{Instant, Money};

/// Something that was chosen, as the customer read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The group or the parameter.
    pub what: String,
    /// The options, or the value with its unit.
    pub value: String,
}

/// How much of a material an order needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Material {
    /// Which.
    pub name: String,
    /// Unit of the amount (UCUM).
    pub unit: String,
    /// For all pieces [`unit`].
    pub amount: i64,
}

/// An order that a customer put together and that was accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomOrder {
    /// Its number, from 1 in the order of acceptance.
    pub number: u32,
    /// Chosen by the sender: the same key is the same order.
    pub key: String,
    /// Who ordered.
    pub by: String,
    /// When.
    pub at: Instant,
    /// Of which product family.
    pub family: String,
    /// What was chosen.
    pub chosen: Vec<Chosen>,
    /// Good pieces wanted.
    pub quantity: u32,
    /// For all pieces.
    pub price: Money,
    /// Promised for.
    pub due: Instant,
    /// With what probability it was promised [per mille].
    pub sure: u32,
    /// Material list.
    pub materials: Vec<Material>,
    /// The route, with work instructions in which the chosen values are filled in.
    pub steps: Vec<Operation>,
}

/// An accepted order and its place among the orders of the plant.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// Its place.
    pub order: OrderId,
    /// What was accepted.
    pub custom: CustomOrder,
}

impl CustomOrder {
    /// The name of the order of a number.
    pub fn name_of(number: u32) -> String {
        format!("C-{number:04}")
    }
    /// Its name.
    pub fn name(&self) -> String {
        Self::name_of(self.number)
    }
    /// The name of its product, which no other order has.
    pub fn product(&self) -> String {
        format!("{} {}", self.family, self.name())
    }
}
