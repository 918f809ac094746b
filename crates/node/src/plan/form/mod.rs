//! The written form of a scheduling problem and of its plan. `docs/plan.schema.json` is made from it.
//!
//! Enters: JSON. Leaves: a model ([`meaning`]); a plan as JSON ([`answer`]). Absent: other formats. Times are whole ticks of a length the writer
//! chooses.

mod answer;
mod levels;
mod meaning;
mod words;

pub use answer::PlanForm;
use decide::search::model::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A scheduling problem: jobs of operations on machines.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelForm {
    /// Machines; each works on one operation at a time.
    pub machines: Vec<MachineForm>,
    /// Jobs.
    pub jobs: Vec<JobForm>,
    /// Families that set-ups go between. Absent: no set-ups.
    #[serde(default)]
    pub families: Vec<String>,
    /// Penalty for each tick of makespan. Absent: 1 where no job has a penalty or `levels` names it, else 0.
    pub makespan: Option<i64>,
    /// Penalty for each tick by which the latest of all jobs is late.
    #[serde(default)]
    pub tardiest: i64,
    /// Penalty for each tick of set-up.
    #[serde(default)]
    pub set_up: i64,
    /// Resources beside the machines: operators of a skill, tools of a kind, electric power, material.
    #[serde(default)]
    pub resources: Vec<ResourceForm>,
    /// Of each, at least one alternative is carried out whole: alternative routings, a job that stays in one factory, "exactly one of", "if this then
    /// that".
    #[serde(default)]
    pub choices: Vec<Vec<Vec<ChosenForm>>>,
    /// Names of machines that jobs pass in one sequence (permutation schedules).
    #[serde(default)]
    pub permutations: Vec<Vec<String>>,
    /// Penalties for deviating from what was published.
    pub stability: Option<StabilityForm>,
    /// Criteria in the order in which they count: a plan that costs less at an earlier level is better whatever it costs at later ones. Those of a
    /// level are summed, those not named belong to the last. At most 4 levels. Absent: one sum of all.
    #[serde(default)]
    pub levels: Vec<Vec<CriterionForm>>,
}

/// A part of the objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CriterionForm {
    /// Penalties for the makespan.
    Makespan,
    /// Penalties for the largest tardiness.
    Tardiest,
    /// Penalties for set-ups.
    SetUp,
    /// Penalties for late jobs, by the tick and for being late at all.
    Tardiness,
    /// Penalties for early jobs.
    Earliness,
    /// Penalties for the time from first start to completion.
    Flow,
    /// Penalties for deviating from what was published.
    Deviation,
    /// Penalties for operations left out.
    LeftOut,
    /// What the resources in use cost.
    Resources,
}

/// A resource beside the machines. Who uses it has it while running; of a stock, for good.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceForm {
    /// Its name.
    pub name: String,
    /// How much there is.
    pub capacity: i64,
    /// Whether what is used is used up, as material is.
    #[serde(default)]
    pub stock: bool,
    /// Pairs: from an instant on so much, of a stock all that came until then; ascending.
    #[serde(default)]
    pub steps: Vec<(Time, i64)>,
    /// Pairs: from an instant on so much a tick for each unit in use; ascending, nothing before the first.
    #[serde(default)]
    pub prices: Vec<(Time, i64)>,
    /// Its set-ups from the family of who used it last (a tool, an operator who changes over); its capacity is 1 then. Absent: none.
    pub set_ups: Option<SetUpsForm>,
}

/// What an alternative of a choice says of an operation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChosenForm {
    /// The name of its job.
    pub job: String,
    /// Its number in the job, from 0.
    pub operation: u32,
    /// Numbers, from 0, of the modes it may be in. Absent: any.
    pub modes: Option<Vec<u32>>,
    /// Whether it is left out; it is `optional` then.
    #[serde(default)]
    pub out: bool,
}

/// What deviating from a published plan costs.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StabilityForm {
    /// For each tick that an operation starts earlier or later.
    #[serde(default)]
    pub tick: i64,
    /// For each operation on another machine.
    #[serde(default)]
    pub machine: i64,
}

/// A machine.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineForm {
    /// Its name.
    pub name: String,
    /// Free from.
    #[serde(default)]
    pub available: Time,
    /// Intervals, from and to, in which no operation runs; ascending and apart.
    #[serde(default)]
    pub closed: Vec<(Time, Time)>,
    /// Its set-ups; absent: none.
    pub set_ups: Option<SetUpsForm>,
    /// The largest batch, where it works on batches (an oven). Those of a batch have the same family and duration, and run together.
    pub batch: Option<i64>,
    /// Whether it never stands between its first operation and its last, but for set-ups and while it is closed.
    #[serde(default)]
    pub no_idle: bool,
    /// What it uses while it stands between two operations. Absent: nothing that costs.
    pub idle: Option<IdleForm>,
}

/// What a machine uses that stands between two operations, set-ups and closed intervals included.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdleForm {
    /// Which resource; only its price counts, not its capacity.
    pub resource: String,
    /// How much a tick.
    pub amount: i64,
    /// Where it may be switched off instead, if that is cheaper.
    pub off: Option<OffForm>,
}

/// Switching a machine off and on again.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OffForm {
    /// The shortest time it may be off.
    pub least: Time,
    /// What it costs.
    pub cost: i64,
}

/// Set-ups of a machine or a resource, in the order of `families`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUpsForm {
    /// A row for the family before, a column for the family after.
    pub between: Vec<Vec<Time>>,
    /// From the state at the beginning to each family. Absent: none needed.
    #[serde(default)]
    pub initial: Vec<Time>,
}

/// A job; it completes when the last of its operations does.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobForm {
    /// Its name.
    pub name: String,
    /// Nothing of it starts before.
    #[serde(default)]
    pub release: Time,
    /// When it should be complete.
    pub due: Option<Time>,
    /// When it must be complete.
    pub deadline: Option<Time>,
    /// Penalty for each tick it is late. Absent: 1 where it has a due date, else 0.
    pub tardiness: Option<i64>,
    /// Penalty for being late at all.
    #[serde(default)]
    pub late: i64,
    /// Penalty for each tick it is early.
    #[serde(default)]
    pub earliness: i64,
    /// Penalty for each tick from its first start to its completion.
    #[serde(default)]
    pub flow: i64,
    /// Its operations.
    pub operations: Vec<OperationForm>,
}

/// An operation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationForm {
    /// Its name; absent: its number in the job, from 1.
    pub name: Option<String>,
    /// Not before.
    #[serde(default)]
    pub earliest: Time,
    /// Not later; with the same `earliest` its start is fixed.
    pub latest: Option<Time>,
    /// Operations of the same job that come before, by their numbers, from 0, or with what the precedence is between. Absent: the one before in the
    /// list.
    pub after: Option<Vec<AfterForm>>,
    /// Longest wait after each of those before it, from its end to the start of this one where `after` says nothing else; 0: no wait.
    /// Absent: any.
    pub wait: Option<Time>,
    /// Whether it is interrupted where its machine closes, and goes on when that opens.
    #[serde(default)]
    pub resumable: bool,
    /// Whether it stays on its machine after its end until all that come directly after it have started (no buffer between machines).
    #[serde(default)]
    pub blocking: bool,
    /// In what portions it passes its pieces on to those directly after it. Absent: all at its end.
    pub lot: Option<LotForm>,
    /// What leaving it out costs. Absent: it may not be left out.
    pub optional: Option<i64>,
    /// Its size in a batch. Absent: 1.
    pub size: Option<i64>,
    /// Its set-up family; needed where machines have set-ups.
    pub family: Option<String>,
    /// Its alternatives, at least one.
    pub modes: Vec<ModeForm>,
    /// What a plan already published says.
    pub published: Option<PublishedForm>,
}

/// What comes before an operation.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a number from 0 of an operation, or an object with `operation`, `from`, `to`, `least`")]
pub enum AfterForm {
    /// It is complete before this one starts.
    Operation(u32),
    /// Another kind of precedence.
    Lag(LagForm),
}

/// A precedence between two instants: `to` of this operation is at least so long after `from` of the other one.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LagForm {
    /// The one before, by its number in the job, from 0.
    pub operation: u32,
    /// Which instant of the one before. Absent: its end.
    #[serde(default)]
    pub from: Option<PointForm>,
    /// Which instant of this one. Absent: its start.
    #[serde(default)]
    pub to: Option<PointForm>,
    /// Least time between the two; below zero this one may be so much earlier.
    #[serde(default)]
    pub least: Time,
}

/// An instant of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PointForm {
    /// When it starts.
    Start,
    /// When it is complete.
    End,
}

/// Pieces of an operation in transfer batches: what comes after it may begin when the first is there, and begins no batch before it is there. Both
/// work at a steady rate; the durations are those of all pieces.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LotForm {
    /// All pieces.
    pub quantity: i64,
    /// Pieces of a transfer batch; the last may have fewer. At most 1000 batches.
    pub transfer: i64,
}

/// One way to carry out an operation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModeForm {
    /// On which machine. Absent: on none (drying, cooling, transport by others, any least wait); any number of such run at once.
    pub machine: Option<String>,
    /// For how long.
    pub duration: Time,
    /// What it needs of resources while running.
    #[serde(default)]
    pub uses: BTreeMap<String, i64>,
}

/// What was published of an operation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishedForm {
    /// On which machine.
    pub machine: String,
    /// From when.
    pub start: Time,
}
