//! The scheduling model: the flexible job shop with release and due dates, any precedence graph, sequence-dependent set-ups, machine
//! calendars, renewable resources, precedences of every kind, limited waits, blocking, transfer batches, batching machines, optional operations, choices
//! of combined modes, permutations and prices over time, in the scheduling literature's names (Brucker, Scheduling Algorithms, 2007; Pinedo, Scheduling, 2016).
//!
//! Enters: jobs, operations with alternative modes, precedences, machines, resources. Leaves: a [`Model`] that is known to be consistent
//! and within its limits, or a [`ModelError`] with place, what was found and what is allowed. Absent: text formats (`read`),
//! how it is solved. All times are whole ticks of a length that the caller chooses; nothing is rounded here.

mod beyond;
mod check;
mod choice;
mod link;
pub(super) mod lot;
mod objective;

pub(super) use check::topological;
pub use choice::{ALTERNATIVES_MAX, Alternative, Choice};
pub use link::{Lag, Link, Linked, Point};
pub use lot::{LOTS_MAX, Lot};
pub use objective::{Criterion, LEVELS_MAX};

use std::ops::{Add, Sub};
use thiserror::Error;

/// Whole ticks. What a tick is, the caller knows.
pub type Time = i64;

/// Most operations of a model.
pub const OPERATIONS_MAX: usize = 200_000;
/// Most jobs of a model.
pub const JOBS_MAX: usize = 200_000;
/// Most machines of a model.
pub const MACHINES_MAX: usize = 20_000;
/// Most modes of all operations together.
pub const MODES_MAX: usize = 4_000_000;
/// Most precedences.
pub const PRECEDENCES_MAX: usize = 2_000_000;
/// Most entries of all set-up matrices together.
pub const SET_UPS_MAX: usize = 64_000_000;
/// Most closed intervals of all machines together.
pub const CLOSED_MAX: usize = 200_000;
/// Most renewable resources.
pub const RESOURCES_MAX: usize = 20_000;
/// Most uses of resources by all modes together.
pub const USES_MAX: usize = 4_000_000;
/// Most steps of capacity and price of all resources together.
pub const STEPS_MAX: usize = 200_000;
/// Latest instant a plan may reach [ticks]: everything one after another has to end before it.
pub const HORIZON_MAX: Time = 1 << 30;
/// Largest sum of penalties a tick; with [`HORIZON_MAX`] it keeps every objective within 64 bits.
pub const PENALTY_MAX: i64 = 1 << 31;

/// What a model does not allow.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{place}: found {found}, allowed {allowed}")]
pub struct ModelError {
    /// Where.
    pub place: String,
    /// What was found there.
    pub found: String,
    /// What is allowed there.
    pub allowed: String,
}

impl ModelError {
    /// An error at a place.
    pub(crate) fn at(place: impl Into<String>, found: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self { place: place.into(), found: found.into(), allowed: allowed.into() }
    }
}

/// A number that has to lie in a range.
pub(crate) fn within(place: impl Fn() -> String, found: i64, low: i64, high: i64) -> Result<(), ModelError> {
    if (low..=high).contains(&found) {
        return Ok(());
    }
    Err(ModelError::at(place(), found.to_string(), format!("{low} to {high}")))
}

/// One job. It completes when the last of its operations completes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Job {
    /// No operation of it starts before [ticks].
    pub release: Time,
    /// When it should be complete [ticks]; without one it is never early or late.
    pub due: Option<Time>,
    /// When it must be complete [ticks].
    pub deadline: Option<Time>,
    /// Penalty for each tick it is late.
    pub tardiness: i64,
    /// Penalty for being late at all.
    pub late: i64,
    /// Penalty for each tick it is early.
    pub earliness: i64,
    /// Penalty for each tick between its first start and its completion.
    pub flow: i64,
}

/// One way to carry out an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// On which machine.
    pub machine: u32,
    /// For how long [ticks].
    pub duration: Time,
}

/// One operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operation {
    /// Whose.
    pub job: u32,
    /// Not before [ticks], beside the release of its job.
    pub earliest: Time,
    /// Not later than [ticks]; with the same earliest its start is fixed.
    pub latest: Option<Time>,
    /// What leaving it out costs, where it may be left out. What comes after it then waits for what comes before it.
    pub optional: Option<i64>,
    /// Whether it blocks: after its end it stays on its machine until all that come directly after it have started (no buffer between machines).
    pub is_blocking: bool,
    /// Whether it is interrupted where its machine closes, and goes on when that opens; it then has its resources while it works. Without it
    /// it has to fit between closed intervals.
    pub is_resumable: bool,
    /// In what portions it passes its pieces on to those directly after it; none: all at its end.
    pub lot: Option<Lot>,
    /// Its alternatives, at least one.
    pub modes: Vec<Mode>,
    /// What a plan already published says of it; moving it then costs what [`Stability`] says.
    pub published: Option<Published>,
}

/// A resource beside the machines. Renewable: operators of a skill, tools of a kind, electric power; who uses it has it while running. A stock:
/// material; who uses it takes it for good when it starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// How much there is from the beginning.
    pub capacity: i64,
    /// From an instant on [ticks] so much; ascending (shifts, a power limit by the hour). Of a stock: all that came until then.
    pub steps: Vec<(Time, i64)>,
    /// Whether what is used is used up.
    pub is_stock: bool,
    /// From an instant on [ticks] so much for each unit and tick of an operation that uses it; ascending, nothing before the first (an energy
    /// tariff, wages).
    pub prices: Vec<(Time, i64)>,
    /// Where it has set-ups: free from [ticks]; the first set-up begins then.
    pub available: Time,
    /// Where it has set-ups (a tool that is fitted, an operator who changes over), from the family of who used it last; there is one of it then.
    pub set_ups: Option<SetUps>,
}

/// What an operation in a mode needs beside its machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// Which operation.
    pub operation: u32,
    /// In which of its modes.
    pub mode: u32,
    /// Of which resource.
    pub resource: u32,
    /// How much, at least 1.
    pub amount: i64,
}

/// A limit of the wait between an operation and one that a precedence puts after it. It is between the same two instants as the precedence:
/// from the end of the first to the start of the second, where no [`Lag`] says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The first.
    pub before: u32,
    /// The second.
    pub then: u32,
    /// Longest time between the two [ticks]; 0 is "no wait".
    pub most: Time,
}

impl Operation {
    /// The duration of its shortest mode.
    pub fn shortest(&self) -> Time {
        self.modes.iter().map(|m| m.duration).min().unwrap_or(0)
    }

    /// How much of so long a piece of work has to fit between closed intervals: all of it, or what is at least done before it is interrupted.
    pub fn unbroken(&self, duration: Time) -> Time {
        if self.is_resumable { duration.min(1) } else { duration }
    }

    /// The duration of its longest mode.
    pub fn longest(&self) -> Time {
        self.modes.iter().map(|m| m.duration).max().unwrap_or(0)
    }
}

/// What was published of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// On which machine.
    pub machine: u32,
    /// From when [ticks].
    pub start: Time,
}

/// What it costs to deviate from what was published (nervousness).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stability {
    /// For each tick that an operation starts earlier or later.
    pub tick: i64,
    /// For each operation on another machine.
    pub machine: i64,
}

/// Sequence-dependent set-ups of one machine or resource, by the families of [`Model::families`]. A set-up may be done before the job is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetUps {
    /// `between[from * families + to]` [ticks].
    pub between: Vec<Time>,
    /// From the state at the beginning to each family [ticks].
    pub initial: Vec<Time>,
}

/// One machine; it works on one operation at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Free from [ticks]; an initial set-up begins then.
    pub available: Time,
    /// Intervals `[from, to)` in which no operation runs (nights, maintenance, breakdowns), ascending and apart.
    pub closed: Vec<(Time, Time)>,
    /// Its set-ups, where it has any.
    pub set_ups: Option<SetUps>,
    /// Where it works on batches (an oven): the largest sum of sizes. Those of a batch have the same family and duration, start together
    /// and end together.
    pub batch: Option<i64>,
    /// Whether it never stands between its first operation and its last, but for set-ups and while it is closed.
    pub is_without_idle: bool,
    /// What it uses while it stands between two operations, where that has a price.
    pub idle: Option<Idle>,
}

/// What a machine costs that stands, set-ups and closed intervals included, between two operations: it waits switched on, or is switched off and on
/// again where the time is long enough and that is cheaper (machine states: Shrouf et al., J. of Cleaner Production 67, 2014).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idle {
    /// Which resource it uses; only its price counts, not how much there is.
    pub resource: u32,
    /// How much a tick.
    pub amount: i64,
    /// From which time on it may be switched off [ticks], and what that costs; none: it never is.
    pub off: Option<(Time, i64)>,
}

/// What a plan is asked to do. The objective is the sum of the penalties of the whole (makespan, largest tardiness, set-ups), of all jobs, of what
/// is left out and of deviating from what was published, and of what the resources cost; less is better. Where there are levels, each has a
/// sum of its own, and an earlier one comes before all later ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Machines.
    pub machines: Vec<Machine>,
    /// Jobs.
    pub jobs: Vec<Job>,
    /// Operations; those of a job need not stand together.
    pub operations: Vec<Operation>,
    /// Pairs: the first is complete before the second starts, or what it passed on is there in time.
    pub precedences: Vec<(u32, u32)>,
    /// What some precedences mean instead; each beside a precedence.
    pub lags: Vec<Lag>,
    /// Limits of waits; each beside a precedence.
    pub waits: Vec<Wait>,
    /// Of each, one of some combinations of modes is carried out.
    pub choices: Vec<Choice>,
    /// Machines that jobs pass in one sequence (permutation schedules): who comes first on one of a list does so on all of it.
    pub permutations: Vec<Vec<u32>>,
    /// Renewable resources.
    pub resources: Vec<Resource>,
    /// Who needs them.
    pub uses: Vec<Use>,
    /// The size of each operation in a batch; empty: 1 each.
    pub sizes: Vec<i64>,
    /// The set-up family of each operation; empty where no machine has set-ups.
    pub families: Vec<u32>,
    /// Number of families.
    pub families_count: usize,
    /// Penalty for each tick of makespan.
    pub makespan: i64,
    /// Penalty for each tick by which the latest of all jobs is late.
    pub tardiest: i64,
    /// Penalty for each tick of set-up.
    pub set_up: i64,
    /// Penalties for deviating from what was published.
    pub stability: Stability,
    /// Criteria in the order in which they count (lexicographic); those of a level are summed, those not named belong to the last. Empty: one
    /// sum of all.
    pub levels: Vec<Vec<Criterion>>,
}

/// A consistent model within its limits. It is made by [`Model::new`] only, so whoever holds one need not look again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    parts: Parts,
    links: Vec<Linked>,
    loose: Vec<Linked>,
    order: Vec<u32>,
    horizon: Time,
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
    /// The first place where the parts contradict each other or exceed a limit.
    pub fn new(parts: Parts) -> Result<Self, ModelError> {
        check::checked(&parts)?;
        let (links, loose) = link::links(&parts);
        let (order, horizon) = (topological(parts.operations.len(), &links)?, check::horizon(&parts)?);
        Ok(Self { parts, links, loose, order, horizon })
    }

    /// The precedences by which the second never starts before the first.
    pub fn links(&self) -> impl Iterator<Item = Linked> + Clone {
        self.links.iter().copied()
    }

    /// The other precedences: least times that hold where both are carried out, and put neither before the other. They may go round in a circle.
    pub fn loose(&self) -> impl Iterator<Item = Linked> + Clone {
        self.loose.iter().copied()
    }

    /// When an operation is complete that starts so in a mode [ticks]: one that is resumed goes on after closed intervals.
    pub fn end(&self, operation: u32, mode: &Mode, start: Time) -> Time {
        self.pieces(operation, mode, start).last().map_or(start, |piece| piece.1)
    }

    /// From when to when an operation works that starts so in a mode [ticks].
    pub fn pieces(&self, operation: u32, mode: &Mode, start: Time) -> impl Iterator<Item = (Time, Time)> + use<'_> {
        let is_resumable = self.operations[operation as usize].is_resumable;
        pieces(if is_resumable { &self.machines[mode.machine as usize].closed } else { &[] }, start, mode.duration)
    }

    /// The operations so that each comes after all that never start after it.
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    /// By when everything done one after another would be complete [ticks].
    pub const fn horizon(&self) -> Time {
        self.horizon
    }

    /// The parts, to be changed and made a model again.
    pub fn into_parts(self) -> Parts {
        self.parts
    }

    /// The size of an operation in a batch.
    pub fn size(&self, operation: u32) -> i64 {
        self.sizes.get(operation as usize).copied().unwrap_or(1)
    }

    /// The set-up between two operations on a machine [ticks]; `from` is none for the first on the machine.
    pub fn set_up(&self, machine: u32, from: Option<u32>, to: u32) -> Time {
        let Some(set_ups) = &self.machines[machine as usize].set_ups else { return 0 };
        let family = |operation: u32| self.families[operation as usize] as usize;
        match from {
            Some(from) => set_ups.between[family(from) * self.families_count + family(to)],
            None => set_ups.initial[family(to)],
        }
    }
}

/// From when to when so much work goes on that begins at an instant and rests in closed intervals, ascending and apart.
pub(super) fn pieces<T>(closed: &[(T, T)], start: T, length: T) -> impl Iterator<Item = (T, T)> + use<'_, T>
where
    T: Copy + Default + Ord + Add<Output = T> + Sub<Output = T>,
{
    let mut closed = closed[closed.partition_point(|c| c.1 <= start)..].iter().copied().peekable();
    let mut from = closed.next_if(|c| c.0 <= start).map_or(start, |c| c.1);
    let mut left = length;
    std::iter::from_fn(move || {
        if left == T::default() {
            return None;
        }
        let rest = closed.next();
        let until = rest.map_or(from + left, |c| c.0.min(from + left));
        let piece = (from, until);
        left = left - (until - from);
        from = rest.map_or(until, |c| c.1);
        Some(piece)
    })
}

/// When so much work has to begin that rests in closed intervals, ascending and apart, to be complete at an instant; where it would rest then, to
/// be complete after one more tick of work.
pub(super) fn begin_before<T>(closed: &[(T, T)], end: T, length: T) -> T
where
    T: Copy + Default + Ord + From<bool> + Add<Output = T> + Sub<Output = T>,
{
    let mut next = closed.partition_point(|c| c.0 < end);
    let mut at = match next.checked_sub(1).map(|last| closed[last]) {
        Some((_, to)) if end <= to => to + T::from(true),
        _ => end,
    };
    let mut left = length;
    while let Some(last) = next.checked_sub(1) {
        let (from, to) = closed[last];
        if at - to >= left {
            break;
        }
        left = left - (at - to);
        (at, next) = (from, last);
    }
    at - left
}
