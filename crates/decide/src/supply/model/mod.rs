//! A supply problem: items at locations, ways to replenish them, machines with capacity by the bucket, demands.
//!
//! Enters: parts. Leaves: a [`Model`] that is consistent and within its limits, or the first place that is wrong. Absent: how it is planned.
//! Times are whole ticks from now on, 0 is now; quantities are whole units that the writer chooses.

mod consistent;

pub use crate::search::model::{ModelError, Time};

/// Most buffers (items at locations).
pub const BUFFERS_MAX: usize = 100_000;
/// Most ways of replenishment.
pub const WAYS_MAX: usize = 200_000;
/// Most entries of all bills, steps and alternatives together.
pub const ENTRIES_MAX: usize = 1_000_000;
/// Most demands.
pub const DEMANDS_MAX: usize = 100_000;
/// Most groups of machines.
pub const MACHINES_MAX: usize = 2_000;
/// Most buckets.
pub const BUCKETS_MAX: u32 = 4_000;
/// Most scheduled receipts, past uses, closed intervals and changes of capacity, each of all together.
pub const LISTED_MAX: usize = 500_000;
/// Most levels of a bill of material, distribution included.
pub const LEVELS_MAX: u32 = 200;
/// Largest instant and duration [ticks].
pub const TIME_MAX: Time = 1 << 30;
/// Largest quantity, cost of a unit, and share of a ratio.
pub const QUANTITY_MAX: i64 = 1 << 30;

/// So much for each `per` units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// How much.
    pub quantity: i64,
    /// For how many units.
    pub per: i64,
}

impl Default for Ratio {
    fn default() -> Self {
        Self { quantity: 1, per: 1 }
    }
}

impl Ratio {
    /// What comes of so many units for sure: rounded down.
    pub const fn down(self, units: i64) -> i64 {
        (units as i128 * self.quantity as i128 / self.per as i128) as i64
    }

    /// What so many units need: rounded up.
    pub const fn up(self, units: i64) -> i64 {
        ((units as i128 * self.quantity as i128 + self.per as i128 - 1) / self.per as i128) as i64
    }

    /// The fewest units of which so much comes.
    pub const fn least(self, wanted: i64) -> i64 {
        Self { quantity: self.per, per: self.quantity }.up(wanted)
    }
}

/// An item at a location.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buffer {
    /// Which item.
    pub item: String,
    /// Where.
    pub location: String,
    /// How much is there now.
    pub on_hand: i64,
    /// Scheduled receipts: when, how much; what is already on order.
    pub receipts: Vec<(Time, i64)>,
    /// What is kept in stock beside what is needed.
    pub policy: Policy,
}

/// What a buffer keeps in stock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Nothing: made and bought to order.
    #[default]
    ToOrder,
    /// So much, touched only where a demand would be late otherwise, and filled up again.
    SafetyStock(i64),
    /// Where the position falls to `least` or below, an order up to `most` (reorder point, order-up-to level).
    MinMax {
        /// The reorder point.
        least: i64,
        /// The order-up-to level.
        most: i64,
    },
    /// A decoupling point of demand driven MRP.
    Ddmrp(Profile),
}

impl Policy {
    /// Whether lead times are not added up beyond this buffer.
    pub const fn is_decoupled(&self) -> bool {
        matches!(self, Self::MinMax { .. } | Self::Ddmrp(_))
    }
}

/// The buffer profile of a decoupling point (Carol Ptak and Chad Smith, *Demand Driven Material Requirements Planning*).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Average daily usage.
    pub usage: Usage,
    /// Lead time factor [%].
    pub lead_time_factor: i64,
    /// Variability factor [%].
    pub variability_factor: i64,
    /// Minimum order quantity.
    pub minimum: i64,
    /// Desired or imposed order cycle [ticks].
    pub cycle: Time,
    /// Decoupled lead time [ticks]; none: the longest sum of lead times down to the next decoupling points.
    pub lead_time: Option<Time>,
    /// How far ahead spikes are looked for [ticks]; none: the decoupled lead time.
    pub spike_horizon: Option<Time>,
    /// Demand of one bucket above this share of the red zone is a spike [%].
    pub spike_threshold: i64,
}

/// How the average use is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Usage {
    /// So much for each so many ticks.
    Told(Ratio),
    /// What was used in each of the last buckets.
    Past(Vec<i64>),
    /// What demands and orders of the plan take in the first so many buckets.
    Planned(u32),
}

/// Machines that can stand in for each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Their name.
    pub name: String,
    /// How many.
    pub count: u32,
    /// From a bucket on so many ticks of all together in each bucket; ascending. Empty: their number times what is not closed.
    pub capacity: Vec<(u32, Time)>,
    /// Intervals `[from, to)` in which none of them runs; ascending and apart.
    pub closed: Vec<(Time, Time)>,
}

/// Sizes that an order may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// At least.
    pub minimum: i64,
    /// A whole number of these.
    pub multiple: i64,
    /// At most.
    pub maximum: i64,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { minimum: 1, multiple: 1, maximum: QUANTITY_MAX }
    }
}

impl Sizes {
    /// The smallest size that is allowed and not below what is wanted; where none is, the largest.
    pub const fn fit(self, wanted: i64) -> i64 {
        let least = if wanted > self.minimum { wanted } else { self.minimum };
        let up = (least + self.multiple - 1) / self.multiple * self.multiple;
        let largest = self.maximum / self.multiple * self.multiple;
        if up < largest { up } else { largest }
    }
}

/// A way of replenishment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// Its name: supplier, route or routing.
    pub name: String,
    /// What it does.
    pub kind: Kind,
    /// Smaller ones are tried first.
    pub priority: i64,
    /// Cost of each unit; among ways of one priority the cheaper is tried first.
    pub cost: i64,
    /// Cost of each order.
    pub order_cost: i64,
    /// Orders start from here on [ticks]; none: at any time before `until`.
    pub from: Option<Time>,
    /// Orders start before [ticks].
    pub until: Option<Time>,
    /// Sizes of its orders.
    pub sizes: Sizes,
}

/// What a way does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bought.
    Purchase {
        /// What is replenished.
        to: u32,
        /// From order to receipt [ticks].
        lead_time: Time,
    },
    /// Moved from another location.
    Distribution {
        /// From where.
        from: u32,
        /// To where.
        to: u32,
        /// On the way [ticks].
        lead_time: Time,
    },
    /// Made.
    Production {
        /// Product and co-products of each unit of the order's size; together they are ready at the end.
        produces: Vec<Produced>,
        /// Bill of material; all of it is there at the start.
        consumes: Vec<Consumed>,
        /// The routing, one step after the other; may be empty.
        steps: Vec<Step>,
    },
}

impl Default for Kind {
    fn default() -> Self {
        Self::Purchase { to: 0, lead_time: 0 }
    }
}

impl Way {
    /// What an order of the way adds to: buffer and ratio.
    pub fn outputs(&self) -> Vec<Produced> {
        match &self.kind {
            Kind::Purchase { to, .. } | Kind::Distribution { to, .. } => {
                vec![Produced { buffer: *to, ratio: Ratio::default() }]
            }
            Kind::Production { produces, .. } => produces.clone(),
        }
    }

    /// What an order of the way may take from, at any time.
    pub fn inputs(&self) -> Vec<u32> {
        match &self.kind {
            Kind::Purchase { .. } => Vec::new(),
            Kind::Distribution { from, .. } => vec![*from],
            Kind::Production { consumes, .. } => consumes.iter().map(|c| c.buffer).collect(),
        }
    }
}

/// What comes of a production order; yield below 1 is scrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Produced {
    /// Where it goes.
    pub buffer: u32,
    /// How much comes of each unit begun.
    pub ratio: Ratio,
}

/// What a production order takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consumed {
    /// From where.
    pub buffer: u32,
    /// For each unit of the order.
    pub ratio: Ratio,
    /// For each order.
    pub fixed: i64,
    /// Counts for orders that start from here on [ticks].
    pub from: Option<Time>,
    /// Counts for orders that start before [ticks].
    pub until: Option<Time>,
    /// Of those with one number an order takes one only: the first by priority of which enough is there.
    pub alternates: Option<u32>,
    /// Among alternates, smaller ones first.
    pub priority: i64,
}

impl Consumed {
    /// Whether it counts for an order that starts then.
    pub fn counts(&self, start: Time) -> bool {
        self.from.is_none_or(|from| start >= from) && self.until.is_none_or(|until| start < until)
    }
}

/// A step of a routing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// On what it can be done, at least one; the one that may start last is taken, of equal ones the first.
    pub alternatives: Vec<Alternative>,
    /// Time after it in which nothing is needed but waiting [ticks].
    pub delay: Time,
    /// Where the quantity is shared by several machines.
    pub split: Option<Split>,
}

/// One way to do a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alternative {
    /// On which machines; none: it needs none.
    pub machine: Option<u32>,
    /// Work whatever the quantity [ticks].
    pub fixed: Time,
    /// Work by the quantity: ticks for each so many units.
    pub unit: Ratio,
}

impl Alternative {
    /// Work on so many units [ticks].
    pub const fn work(&self, quantity: i64) -> Time {
        self.fixed + self.unit.up(quantity)
    }
}

/// How a quantity may be shared by machines that work side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// Parts at most.
    pub most: u32,
    /// Units of a part at least.
    pub least: i64,
}

/// Somebody wants something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Its name.
    pub name: String,
    /// What, from where.
    pub buffer: u32,
    /// How much.
    pub quantity: i64,
    /// When [ticks].
    pub due: Time,
    /// Smaller ones are planned first.
    pub priority: i64,
    /// Whether it is delivered all at once or not at all.
    pub is_whole: bool,
}

/// What is planned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Whether now and the capacities are kept, and demands then come late; else they are on time and the plan tells what is overloaded.
    pub is_constrained: bool,
    /// Length of a bucket [ticks].
    pub bucket: Time,
    /// Number of buckets; their end is the horizon.
    pub buckets: u32,
    /// Items at locations.
    pub buffers: Vec<Buffer>,
    /// Groups of machines.
    pub machines: Vec<Machine>,
    /// Ways of replenishment.
    pub ways: Vec<Way>,
    /// Demands.
    pub demands: Vec<Demand>,
}

/// A consistent model within its limits. It is made by [`Model::new`] only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    parts: Parts,
    order: Vec<u32>,
    places: Vec<u32>,
    ways_of: Vec<Vec<u32>>,
    capacity: Vec<Vec<Time>>,
}

impl std::ops::Deref for Model {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl Model {
    /// Makes a model of its parts.
    ///
    /// # Errors
    /// The first place where the parts contradict each other, go in a circle or exceed a limit.
    pub fn new(parts: Parts) -> Result<Self, ModelError> {
        consistent::checked(&parts)?;
        let order = consistent::topological(&parts)?;
        let mut ways_of = vec![Vec::new(); parts.buffers.len()];
        for (number, way) in (0_u32..).zip(&parts.ways) {
            way.outputs().iter().for_each(|o| ways_of[o.buffer as usize].push(number));
        }
        for ways in &mut ways_of {
            ways.sort_by_key(|w| (parts.ways[*w as usize].priority, parts.ways[*w as usize].cost, *w));
        }
        let capacity = parts.machines.iter().map(|m| capacity(m, parts.bucket, parts.buckets)).collect();
        let mut places = vec![0; parts.buffers.len()];
        (0..).zip(&order).for_each(|(place, buffer)| places[*buffer as usize] = place);
        Ok(Self { parts, order, places, ways_of, capacity })
    }

    /// The buffers so that each comes before all that its orders may take from.
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    /// The place of a buffer in that order.
    pub fn place(&self, buffer: u32) -> u32 {
        self.places[buffer as usize]
    }

    /// The ways that add to a buffer, in the order they are tried.
    pub fn ways_of(&self, buffer: u32) -> &[u32] {
        &self.ways_of[buffer as usize]
    }

    /// What a group of machines can do in each bucket [ticks].
    pub fn capacity(&self, machine: u32) -> &[Time] {
        &self.capacity[machine as usize]
    }

    /// The end of the last bucket [ticks].
    pub fn horizon(&self) -> Time {
        self.bucket * Time::from(self.buckets)
    }
}

/// What machines can do in each bucket [ticks].
fn capacity(machine: &Machine, bucket: Time, buckets: u32) -> Vec<Time> {
    let mut all = Vec::with_capacity(buckets as usize);
    for number in 0..buckets {
        if machine.capacity.is_empty() {
            all.push(Time::from(machine.count) * bucket);
        } else {
            let step = machine.capacity.partition_point(|s| s.0 <= number);
            all.push(step.checked_sub(1).map_or(0, |s| machine.capacity[s].1));
        }
    }
    if machine.capacity.is_empty() {
        for &(from, to) in &machine.closed {
            for number in (from / bucket)..=((to - 1) / bucket).min(Time::from(buckets) - 1) {
                let closed = to.min((number + 1) * bucket) - from.max(number * bucket);
                all[number as usize] -= closed * Time::from(machine.count);
            }
        }
    }
    all
}
