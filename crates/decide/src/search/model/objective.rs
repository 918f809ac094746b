//! What an objective is made of, and in which order its criteria count.
//!
//! Enters: the levels of a model. Leaves: the level of each criterion, and models of one level alone. Absent: what a plan costs.

use super::{Model, ModelError, Parts, Resource, Stability};

/// Most levels of an objective.
pub const LEVELS_MAX: usize = 4;

/// A part of an objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
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

impl Criterion {
    /// All of them, each at the place of its number.
    pub const ALL: [Self; 9] = [
        Self::Makespan,
        Self::Tardiest,
        Self::SetUp,
        Self::Tardiness,
        Self::Earliness,
        Self::Flow,
        Self::Deviation,
        Self::LeftOut,
        Self::Resources,
    ];

    /// Its name in problems and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Makespan => "makespan",
            Self::Tardiest => "tardiest",
            Self::SetUp => "set_up",
            Self::Tardiness => "tardiness",
            Self::Earliness => "earliness",
            Self::Flow => "flow",
            Self::Deviation => "deviation",
            Self::LeftOut => "left_out",
            Self::Resources => "resources",
        }
    }
}

impl Model {
    /// How many levels the objective has, at least 1.
    pub fn levels_count(&self) -> usize {
        self.levels.len().max(1)
    }

    /// The level of a criterion, from 0. What [`Parts::levels`] does not name belongs to the last.
    pub fn level(&self, criterion: Criterion) -> usize {
        self.levels.iter().position(|level| level.contains(&criterion)).unwrap_or(self.levels_count() - 1)
    }

    /// The same with the penalties of one level and no others.
    pub fn of_level(&self, level: usize) -> Self {
        let is_out = |criterion| self.level(criterion) != level;
        let mut parts = Parts { levels: Vec::new(), ..self.parts.clone() };
        for (penalty, criterion) in [
            (&mut parts.makespan, Criterion::Makespan),
            (&mut parts.tardiest, Criterion::Tardiest),
            (&mut parts.set_up, Criterion::SetUp),
        ] {
            *penalty *= i64::from(!is_out(criterion));
        }
        for job in &mut parts.jobs {
            for (penalty, criterion) in [
                (&mut job.tardiness, Criterion::Tardiness),
                (&mut job.late, Criterion::Tardiness),
                (&mut job.earliness, Criterion::Earliness),
                (&mut job.flow, Criterion::Flow),
            ] {
                *penalty *= i64::from(!is_out(criterion));
            }
        }
        if is_out(Criterion::Deviation) {
            parts.stability = Stability::default();
        }
        if is_out(Criterion::LeftOut) {
            parts.operations.iter_mut().filter_map(|o| o.optional.as_mut()).for_each(|penalty| *penalty = 0);
        }
        if is_out(Criterion::Resources) {
            parts.resources.iter_mut().for_each(|r: &mut Resource| r.prices.clear());
        }
        Self { parts, links: self.links.clone(), loose: self.loose.clone(), order: self.order.clone(), horizon: self.horizon }
    }
}

/// Few levels, none empty, no criterion twice.
pub(super) fn checked(levels: &[Vec<Criterion>]) -> Result<(), ModelError> {
    if levels.len() > LEVELS_MAX {
        return Err(ModelError::at("number of levels of the objective", levels.len().to_string(), format!("0 to {LEVELS_MAX}")));
    }
    for (number, level) in levels.iter().enumerate() {
        if level.is_empty() {
            return Err(ModelError::at(format!("level {number} of the objective"), "no criterion", "at least one"));
        }
    }
    let mut known = Vec::new();
    for criterion in levels.iter().flatten() {
        if known.contains(criterion) {
            let found = format!("`{}` twice", criterion.word());
            return Err(ModelError::at("levels of the objective", found, "each criterion once"));
        }
        known.push(*criterion);
    }
    Ok(())
}
