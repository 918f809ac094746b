//! The answer: orders, what they are for, deliveries, and why some are late.
//!
//! Enters: nothing. Leaves: the nouns of a supply plan. Absent: how it is found (`planner`) and proven (`check`); loads and stocks, which the
//! check works out.

use super::model::{Ratio, Time};

/// Work booked in one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portion {
    /// Which bucket; [`PAST`] for all before now.
    pub bucket: i32,
    /// How much [ticks].
    pub work: Time,
}

/// The bucket of all that lies before now; only unconstrained plans have anything in it.
pub const PAST: i32 = -1;

/// What one machine does of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which of the step's alternatives.
    pub alternative: u32,
    /// Units.
    pub quantity: i64,
    /// From [ticks].
    pub start: Time,
    /// To [ticks].
    pub end: Time,
    /// Its work by the bucket, ascending; empty where it needs no machine. It goes on from bucket to bucket, but for those without capacity.
    pub portions: Vec<Portion>,
}

/// What an order was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Somebody takes it.
    Taker(Taker),
    /// To fill this buffer up.
    Stock(u32),
}

/// An order to make, buy or move something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Which way.
    pub way: u32,
    /// Its size: units begun, bought or moved.
    pub size: i64,
    /// What it takes is taken [ticks].
    pub start: Time,
    /// What it gives is there [ticks].
    pub end: Time,
    /// For each step of the routing its parts.
    pub steps: Vec<Vec<Part>>,
    /// Of each group of alternates the entry of the bill that was taken, ascending.
    pub alternates: Vec<u32>,
    /// What it was made for first.
    pub purpose: Purpose,
}

/// From where something is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// What is on hand now.
    OnHand,
    /// A scheduled receipt of the buffer, by number.
    Receipt(u32),
    /// An order, by number.
    Order(u32),
}

/// Who takes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Taker {
    /// A delivery, by number.
    Delivery(u32),
    /// An order, by number.
    Order(u32),
}

/// Something taken from a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peg {
    /// From which buffer.
    pub buffer: u32,
    /// From what that came into it.
    pub source: Source,
    /// For whom.
    pub taker: Taker,
    /// How much.
    pub quantity: i64,
}

/// A delivery to a demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// To which.
    pub demand: u32,
    /// How much.
    pub quantity: i64,
    /// When [ticks].
    pub time: Time,
}

/// Why something cannot be there in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// An order of the way would have to start so much earlier than it can [ticks].
    LeadTime(u32, Time),
    /// The machines have too little room in a bucket and before.
    Capacity(u32, u32),
    /// Nothing replenishes the buffer.
    Material(u32),
    /// The way is not effective when an order of it would start.
    NotEffective(u32),
    /// An order of the way, or what it takes, exceeds the largest quantity or duration.
    TooLarge(u32),
    /// The planner has no effort or orders left.
    Effort,
}

/// What stands between a demand, or a buffer, and all of it in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Whose.
    pub whose: Whose,
    /// What is missing at the horizon.
    pub missing: i64,
    /// Why, what binds the last first.
    pub causes: Vec<Cause>,
}

/// Whose trouble it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A demand that is delivered late, in part, or from safety stock.
    Demand(u32),
    /// A buffer that is not filled up within the horizon.
    Buffer(u32),
}

/// Zones and position of a decoupling point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Which buffer.
    pub buffer: u32,
    /// Its average use: quantity for each so many ticks.
    pub usage: Ratio,
    /// Its decoupled lead time [ticks].
    pub lead_time: Time,
    /// Red zone.
    pub red: i64,
    /// Yellow zone.
    pub yellow: i64,
    /// Green zone.
    pub green: i64,
    /// On hand.
    pub on_hand: i64,
    /// On order.
    pub on_order: i64,
    /// Demand of today and before, and spikes.
    pub qualified: i64,
    /// What should be ordered now.
    pub recommended: i64,
}

impl Status {
    /// The net flow position.
    pub const fn position(&self) -> i64 {
        self.on_hand + self.on_order - self.qualified
    }

    /// Top of green.
    pub const fn top(&self) -> i64 {
        self.red + self.yellow + self.green
    }
}

/// A supply plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Orders; those that give to others may stand after them.
    pub orders: Vec<Order>,
    /// Deliveries.
    pub deliveries: Vec<Delivery>,
    /// Who takes from what.
    pub pegs: Vec<Peg>,
    /// What is late or missing, and why.
    pub troubles: Vec<Trouble>,
    /// Decoupling points of demand driven MRP.
    pub statuses: Vec<Status>,
}
