//! The written form of a supply problem and of its plan. `docs/supply.schema.json` is made from it.
//!
//! Enters: JSON. Leaves: a model ([`meaning`]); a plan as JSON ([`answer`], [`schedule`]). Absent: how it is planned (`decide::supply`). Times are
//! whole ticks from now on, of a length the writer chooses; quantities are whole units that the writer chooses.

mod answer;
mod meaning;
mod schedule;
mod words;

pub use answer::SupplyPlanForm;
use decide::supply::model::Time;
pub use schedule::ScheduleForm;
use schemars::JsonSchema;
use serde::Deserialize;

/// A file with a supply problem.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupplyFileForm {
    /// The problem.
    pub supply: SupplyForm,
}

/// A supply problem: items at locations, ways to replenish them, machines with capacity by the bucket, demands. An item at a location is there where it is
/// listed in `buffers` or a way gives it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupplyForm {
    /// Whether now and the capacities are kept, and demands then come late. Else demands are on time and the plan tells what is overloaded and should
    /// have begun before now. Absent: true.
    #[serde(default = "yes")]
    pub constrained: bool,
    /// Length of a bucket (a day, a week) in ticks.
    pub bucket: Time,
    /// Number of buckets; nothing is planned beyond the last.
    pub buckets: u32,
    /// Items at locations that have stock, receipts or a policy.
    #[serde(default)]
    pub buffers: Vec<BufferForm>,
    /// Machines.
    #[serde(default)]
    pub machines: Vec<MachineForm>,
    /// Items that are bought.
    #[serde(default)]
    pub purchases: Vec<PurchaseForm>,
    /// Items that are moved between locations.
    #[serde(default)]
    pub distributions: Vec<DistributionForm>,
    /// Items that are made: bills of material and routings. Several for one item are alternatives.
    #[serde(default)]
    pub productions: Vec<ProductionForm>,
    /// Who wants what.
    pub demands: Vec<DemandForm>,
}

fn yes() -> bool {
    true
}

fn one() -> i64 {
    1
}

fn single() -> u32 {
    1
}

fn half() -> i64 {
    50
}

fn largest() -> i64 {
    decide::supply::model::QUANTITY_MAX
}

/// The location where none is told.
fn main_location() -> String {
    "main".to_owned()
}

/// An item at a location. At most one of `safety_stock`, `min_max` and `ddmrp`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BufferForm {
    /// Which item.
    pub item: String,
    /// Where. Absent: `main`.
    #[serde(default = "main_location")]
    pub location: String,
    /// How much is there now.
    #[serde(default)]
    pub on_hand: i64,
    /// Scheduled receipts, pairs: when, how much.
    #[serde(default)]
    pub receipts: Vec<(Time, i64)>,
    /// So much is kept, touched only where a demand would be late otherwise, and filled up again.
    pub safety_stock: Option<i64>,
    /// Reorder point and order-up-to level.
    pub min_max: Option<MinMaxForm>,
    /// The buffer profile of demand driven MRP; the item at the location is then a decoupling point.
    pub ddmrp: Option<ProfileForm>,
}

/// A reorder point: where on hand and on order, less what is taken, falls to `min` or below, `max` is ordered up to.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MinMaxForm {
    /// The reorder point.
    pub min: i64,
    /// The order-up-to level.
    pub max: i64,
}

/// A buffer profile of demand driven MRP. One of `usage`, `past` and `planned_buckets` gives the average use.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileForm {
    /// The average use is told.
    pub usage: Option<UsageForm>,
    /// What was used in each of the last buckets.
    pub past: Option<Vec<i64>>,
    /// The average of what the plan takes in the first so many buckets.
    pub planned_buckets: Option<u32>,
    /// Lead time factor in percent.
    pub lead_time_factor: i64,
    /// Variability factor in percent.
    pub variability_factor: i64,
    /// Minimum order quantity.
    #[serde(default)]
    pub minimum: i64,
    /// Desired or imposed order cycle in ticks.
    #[serde(default)]
    pub cycle: Time,
    /// Decoupled lead time in ticks. Absent: the longest sum of lead times down to the next decoupling points.
    pub lead_time: Option<Time>,
    /// How far ahead spikes are looked for. Absent: the decoupled lead time.
    pub spike_horizon: Option<Time>,
    /// Demand of one bucket above so many percent of the red zone is a spike. Absent: 50.
    #[serde(default = "half")]
    pub spike_threshold: i64,
}

/// An average use.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageForm {
    /// So much.
    pub quantity: i64,
    /// In so many ticks.
    pub ticks: Time,
}

/// Machines that can stand in for each other.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineForm {
    /// Their name.
    pub name: String,
    /// How many. Absent: 1.
    #[serde(default = "single")]
    pub count: u32,
    /// Pairs: from a bucket on (numbered from 0) so many ticks of work of all together in each bucket; ascending, 0 before the first. Absent: their
    /// number times what is not closed.
    #[serde(default)]
    pub capacity: Vec<(u32, Time)>,
    /// Intervals, from and to, in which none of them runs; ascending and apart.
    #[serde(default)]
    pub closed: Vec<(Time, Time)>,
}

/// When, in what sizes and at what cost a way is used.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrdersForm {
    /// Smaller ones are tried first.
    #[serde(default)]
    pub priority: i64,
    /// Cost of each unit; among ways of one priority the cheaper is tried first.
    #[serde(default)]
    pub cost: i64,
    /// Cost of each order.
    #[serde(default)]
    pub order_cost: i64,
    /// Orders start from here on.
    pub from: Option<Time>,
    /// Orders start before.
    pub until: Option<Time>,
    /// Smallest size. Absent: 1.
    #[serde(default = "one")]
    pub minimum: i64,
    /// Sizes are whole multiples. Absent: 1.
    #[serde(default = "one")]
    pub multiple: i64,
    /// Largest size. What is more comes in several orders.
    #[serde(default = "largest")]
    pub maximum: i64,
}

impl Default for OrdersForm {
    fn default() -> Self {
        Self { priority: 0, cost: 0, order_cost: 0, from: None, until: None, minimum: 1, multiple: 1, maximum: largest() }
    }
}

/// An item that is bought.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PurchaseForm {
    /// From whom.
    pub supplier: String,
    /// What.
    pub item: String,
    /// To where. Absent: `main`.
    #[serde(default = "main_location")]
    pub location: String,
    /// From order to receipt.
    pub lead_time: Time,
    /// Its orders.
    #[serde(default)]
    pub orders: OrdersForm,
}

/// An item that is moved.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DistributionForm {
    /// Its name. Absent: made of the locations.
    pub name: Option<String>,
    /// What.
    pub item: String,
    /// From where.
    pub from: String,
    /// To where.
    pub to: String,
    /// On the way.
    pub lead_time: Time,
    /// Its orders.
    #[serde(default)]
    pub orders: OrdersForm,
}

/// A way to make something. The size of an order is in units begun.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductionForm {
    /// Its name.
    pub name: String,
    /// Where. Absent: `main`.
    #[serde(default = "main_location")]
    pub location: String,
    /// Product and co-products; all are there at the end.
    pub produces: Vec<ProducedForm>,
    /// Bill of material; all of it is taken at the start.
    #[serde(default)]
    pub consumes: Vec<ConsumedForm>,
    /// Routing, one step after the other.
    #[serde(default)]
    pub steps: Vec<StepForm>,
    /// Its orders.
    #[serde(default)]
    pub orders: OrdersForm,
}

/// What comes of an order, rounded down; a yield of 95 % is 95 for each 100.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProducedForm {
    /// What.
    pub item: String,
    /// How much. Absent: 1.
    #[serde(default = "one")]
    pub quantity: i64,
    /// For each so many units begun. Absent: 1.
    #[serde(default = "one")]
    pub per: i64,
}

/// What an order takes, rounded up.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsumedForm {
    /// What.
    pub item: String,
    /// How much. Absent: 1.
    #[serde(default = "one")]
    pub quantity: i64,
    /// For each so many units begun. Absent: 1.
    #[serde(default = "one")]
    pub per: i64,
    /// And so much for each order.
    #[serde(default)]
    pub fixed: i64,
    /// Counts for orders that start from here on.
    pub from: Option<Time>,
    /// Counts for orders that start before.
    pub until: Option<Time>,
    /// Of those with one word here an order takes one only: the first by priority of which enough can be there.
    pub alternates: Option<String>,
    /// Among alternates, smaller ones first.
    #[serde(default)]
    pub priority: i64,
}

/// A step of a routing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepForm {
    /// Its name. Absent: its number, from 1.
    pub name: Option<String>,
    /// On what it can be done; the one that may start last is taken, of equal ones the first.
    pub machines: Vec<AlternativeForm>,
    /// Time after it in which nothing is needed but waiting.
    #[serde(default)]
    pub delay: Time,
    /// Where the quantity is shared by machines side by side; it then is, by as many as can be.
    pub split: Option<SplitForm>,
}

/// One way to do a step.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlternativeForm {
    /// On which machines. Absent: none is needed.
    pub machine: Option<String>,
    /// Work whatever the quantity, in ticks.
    #[serde(default)]
    pub fixed: Time,
    /// Work by the quantity in ticks, rounded up.
    #[serde(default)]
    pub unit: Time,
    /// For each so many units. Absent: 1.
    #[serde(default = "one")]
    pub per: i64,
}

/// How a quantity is shared.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitForm {
    /// Parts at most.
    pub most: u32,
    /// Units of a part at least. Absent: 1.
    #[serde(default = "one")]
    pub least: i64,
}

/// Somebody wants something.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DemandForm {
    /// Its name.
    pub name: String,
    /// What.
    pub item: String,
    /// From where. Absent: `main`.
    #[serde(default = "main_location")]
    pub location: String,
    /// How much.
    pub quantity: i64,
    /// When; before now: past due.
    pub due: Time,
    /// Smaller ones are planned first, of equal ones the one due first.
    #[serde(default)]
    pub priority: i64,
    /// Whether it is delivered all at once or not at all.
    #[serde(default)]
    pub whole: bool,
}
