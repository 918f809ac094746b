//! The port of sales: what customers may put together, when it would be ready, and ordering it. `node` stands behind it. Absent: HTTP.

use crate::house::HouseError;
use async_trait::async_trait;
use measure::Instant;
use std::sync::Arc;
use unit::sales::{Choice, Offering, Promised};

/// What a customer wants.
#[derive(Clone, Debug)]
pub struct Want {
    /// Of which family.
    pub offering: Arc<Offering>,
    /// What was chosen; for all else what is usual is taken.
    pub choices: Vec<Choice>,
    /// Pieces.
    pub quantity: u32,
    /// With what probability the date shall be kept [per mille].
    pub sure: u32,
}

/// An order that is to be accepted.
#[derive(Clone, Debug)]
pub struct Acceptance {
    /// What is wanted.
    pub want: Want,
    /// Chosen by the sender: the same key is the same order.
    pub key: String,
    /// Sign-in name of the person.
    pub by: String,
    /// The date that was shown; the order is taken only if it can still be promised.
    pub due: Instant,
}

/// An order that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// Its name.
    pub name: String,
    /// Promised for.
    pub due: Instant,
    /// Whether it was there already: a repeated sending.
    pub is_repeated: bool,
}

/// Selling.
#[async_trait]
pub trait Sales: Send + Sync + 'static {
    /// The families that are offered.
    fn offerings(&self) -> Vec<Arc<Offering>>;
    /// When it would be ready.
    async fn promise(&self, want: Want) -> Result<Promised, HouseError>;
    /// Takes an order in: it is kept, in the plan and in the audit trail then.
    async fn accept(&self, acceptance: Acceptance) -> Result<Ordered, HouseError>;
}
