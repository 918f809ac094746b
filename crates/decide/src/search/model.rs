//! The scheduling model: the flexible job shop with release and due dates, any precedence graph, sequence-dependent set-ups and
//! machine calendars, in the scheduling literature's names (Brucker, Scheduling Algorithms, 2007; Pinedo, Scheduling, 2016).
//!
//! Enters: jobs, operations with alternative modes, precedences, machines. Leaves: a [`Model`] that is known to be consistent
//! and within its limits, or a [`ModelError`] with place, what was found and what is allowed. Absent: text formats (`read`),
//! how it is solved. All times are whole ticks of a length that the caller chooses; nothing is rounded here.

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

/// One job. It completes when the last of its operations completes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Job {
    /// No operation of it starts before [ticks].
    pub release: Time,
    /// When it should be complete [ticks]; without one it is never early or late.
    pub due: Option<Time>,
    /// Penalty for each tick it is late.
    pub tardiness: i64,
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

/// One operation; it is not interrupted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Whose.
    pub job: u32,
    /// Not before [ticks], beside the release of its job.
    pub earliest: Time,
    /// Its alternatives, at least one.
    pub modes: Vec<Mode>,
    /// What a plan already published says of it; moving it then costs what [`Stability`] says.
    pub published: Option<Published>,
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

/// Sequence-dependent set-ups of one machine, by the families of [`Model::families`]. A set-up may be done before the job is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetUps {
    /// `between[from * families + to]` [ticks].
    pub between: Vec<Time>,
    /// From the state the machine is in at the beginning to each family [ticks].
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
}

/// What a plan is asked to do. The objective is `makespan` times the makespan plus the penalties of all
/// jobs and of deviating from what was published; less is better.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Machines.
    pub machines: Vec<Machine>,
    /// Jobs.
    pub jobs: Vec<Job>,
    /// Operations; those of a job need not stand together.
    pub operations: Vec<Operation>,
    /// Pairs: the first is complete before the second starts.
    pub precedences: Vec<(u32, u32)>,
    /// The set-up family of each operation; empty where no machine has set-ups.
    pub families: Vec<u32>,
    /// Number of families.
    pub families_count: usize,
    /// Penalty for each tick of makespan.
    pub makespan: i64,
    /// Penalties for deviating from what was published.
    pub stability: Stability,
}

/// A consistent model within its limits. It is made by [`Model::new`] only, so whoever holds one need not look again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    parts: Parts,
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
        sizes(&parts)?;
        operations(&parts)?;
        jobs(&parts)?;
        machines(&parts)?;
        let order = topological(&parts)?;
        let horizon = horizon(&parts)?;
        Ok(Self { parts, order, horizon })
    }

    /// The operations so that each comes after all before it.
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

fn within(place: impl Fn() -> String, found: i64, low: i64, high: i64) -> Result<(), ModelError> {
    if (low..=high).contains(&found) {
        return Ok(());
    }
    Err(ModelError::at(place(), found.to_string(), format!("{low} to {high}")))
}

fn count(what: &str, found: usize, low: usize, high: usize) -> Result<(), ModelError> {
    if (low..=high).contains(&found) {
        return Ok(());
    }
    Err(ModelError::at(format!("number of {what}"), found.to_string(), format!("{low} to {high}")))
}

fn sizes(parts: &Parts) -> Result<(), ModelError> {
    count("operations", parts.operations.len(), 1, OPERATIONS_MAX)?;
    count("jobs", parts.jobs.len(), 1, JOBS_MAX)?;
    count("machines", parts.machines.len(), 1, MACHINES_MAX)?;
    count("modes", parts.operations.iter().map(|o| o.modes.len()).sum(), 1, MODES_MAX)?;
    count("precedences", parts.precedences.len(), 0, PRECEDENCES_MAX)?;
    count("closed intervals", parts.machines.iter().map(|m| m.closed.len()).sum(), 0, CLOSED_MAX)?;
    let with_set_ups = parts.machines.iter().filter(|m| m.set_ups.is_some()).count();
    if with_set_ups > 0 || !parts.families.is_empty() {
        count("set-up families of operations", parts.families.len(), parts.operations.len(), parts.operations.len())?;
        count("families", parts.families_count, 1, OPERATIONS_MAX)?;
    }
    let entries = parts.families_count.saturating_mul(parts.families_count + 1).saturating_mul(with_set_ups);
    count("set-ups", entries, 0, SET_UPS_MAX)
}

fn operations(parts: &Parts) -> Result<(), ModelError> {
    for (number, operation) in parts.operations.iter().enumerate() {
        let job = i64::from(operation.job);
        within(|| format!("job of operation {number}"), job, 0, parts.jobs.len() as i64 - 1)?;
        within(|| format!("earliest start of operation {number}"), operation.earliest, 0, HORIZON_MAX)?;
        if let Some(published) = operation.published {
            let machine = i64::from(published.machine);
            within(|| format!("published machine of operation {number}"), machine, 0, parts.machines.len() as i64 - 1)?;
            within(|| format!("published start of operation {number}"), published.start, 0, HORIZON_MAX)?;
        }
        if operation.modes.is_empty() {
            return Err(ModelError::at(format!("modes of operation {number}"), "none", "at least one"));
        }
        for mode in &operation.modes {
            let machine = i64::from(mode.machine);
            within(|| format!("machine of operation {number}"), machine, 0, parts.machines.len() as i64 - 1)?;
            // Two operations of no length at one instant would leave their order, and so their set-up, open.
            let least = i64::from(parts.machines[mode.machine as usize].set_ups.is_some());
            within(|| format!("duration of operation {number}"), mode.duration, least, HORIZON_MAX)?;
        }
    }
    for (number, family) in parts.families.iter().enumerate() {
        within(|| format!("family of operation {number}"), i64::from(*family), 0, parts.families_count as i64 - 1)?;
    }
    Ok(())
}

fn jobs(parts: &Parts) -> Result<(), ModelError> {
    within(|| "penalty of the makespan".to_owned(), parts.makespan, 0, PENALTY_MAX)?;
    let mut penalties = parts.makespan;
    for (number, job) in parts.jobs.iter().enumerate() {
        within(|| format!("release of job {number}"), job.release, 0, HORIZON_MAX)?;
        within(|| format!("due date of job {number}"), job.due.unwrap_or(0), -HORIZON_MAX, HORIZON_MAX)?;
        for (word, penalty) in [("tardiness", job.tardiness), ("earliness", job.earliness), ("flow", job.flow)] {
            within(|| format!("{word} penalty of job {number}"), penalty, 0, PENALTY_MAX)?;
            penalties += penalty;
        }
    }
    let published = parts.operations.iter().filter(|o| o.published.is_some()).count() as i64;
    for (word, penalty) in [("tick", parts.stability.tick), ("machine", parts.stability.machine)] {
        within(|| format!("stability penalty for a {word}"), penalty, 0, PENALTY_MAX)?;
        penalties = penalties.saturating_add(penalty.saturating_mul(published));
    }
    within(|| "sum of all penalties a tick".to_owned(), penalties, 0, PENALTY_MAX)
}

fn machines(parts: &Parts) -> Result<(), ModelError> {
    for (number, machine) in parts.machines.iter().enumerate() {
        within(|| format!("machine {number} available from"), machine.available, 0, HORIZON_MAX)?;
        let mut open = 0;
        for &(from, to) in &machine.closed {
            within(|| format!("closed interval of machine {number} from"), from, open, HORIZON_MAX)?;
            within(|| format!("closed interval of machine {number} to"), to, from + 1, HORIZON_MAX)?;
            open = to + 1;
        }
        let Some(set_ups) = &machine.set_ups else { continue };
        let families = parts.families_count;
        for (word, list, wanted) in [("", &set_ups.between, families * families), ("initial ", &set_ups.initial, families)] {
            if list.len() != wanted {
                let place = format!("number of {word}set-ups of machine {number}");
                return Err(ModelError::at(place, list.len().to_string(), wanted.to_string()));
            }
            for &length in list {
                within(|| format!("{word}set-up of machine {number}"), length, 0, HORIZON_MAX)?;
            }
        }
    }
    Ok(())
}

/// Kahn's ordering; ties by operation number.
fn topological(parts: &Parts) -> Result<Vec<u32>, ModelError> {
    let count = parts.operations.len();
    let mut waits = vec![0_u32; count];
    let mut after: Vec<Vec<u32>> = vec![Vec::new(); count];
    for &(before, then) in &parts.precedences {
        for end in [before, then] {
            within(|| format!("precedence {before} before {then}"), i64::from(end), 0, count as i64 - 1)?;
        }
        after[before as usize].push(then);
        waits[then as usize] += 1;
    }
    let mut order: Vec<u32> = (0..count as u32).filter(|o| waits[*o as usize] == 0).collect();
    let mut next = 0;
    while next < order.len() {
        for then in std::mem::take(&mut after[order[next] as usize]) {
            waits[then as usize] -= 1;
            if waits[then as usize] == 0 {
                order.push(then);
            }
        }
        next += 1;
    }
    match waits.iter().position(|w| *w > 0) {
        Some(operation) => Err(ModelError::at(format!("precedences of operation {operation}"), "a cycle", "no cycle")),
        None => Ok(order),
    }
}

/// Everything one after another, after the last release and every closed interval that it might have to wait for.
fn horizon(parts: &Parts) -> Result<Time, ModelError> {
    let releases = parts.jobs.iter().map(|j| j.release).chain(parts.operations.iter().map(|o| o.earliest));
    let closed = parts.machines.iter().map(|m| m.closed.last().map_or(m.available, |c| c.1.max(m.available)));
    let begin = releases.chain(closed).max().unwrap_or(0);
    let longest = |o: &Operation| o.modes.iter().map(|m| m.duration).max().unwrap_or(0);
    let works: Time = parts.operations.iter().map(longest).fold(0, Time::saturating_add);
    let set_up = parts.machines.iter().filter_map(|m| m.set_ups.as_ref());
    let longest_set_up = set_up.flat_map(|s| s.between.iter().chain(&s.initial)).copied().max().unwrap_or(0);
    let horizon = longest_set_up.saturating_mul(parts.operations.len() as Time).saturating_add(works).saturating_add(begin);
    within(|| "everything one after another (releases, durations, set-ups)".to_owned(), horizon, 0, HORIZON_MAX)?;
    Ok(horizon)
}
