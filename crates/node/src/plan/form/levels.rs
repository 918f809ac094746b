//! The levels of an objective as they are written.
//!
//! Enters: criteria by name, the parts of a model. Leaves: its levels, or the criterion that costs nothing. Absent: comparing plans.

use super::{CriterionForm, ModelForm};
use decide::search::model::{Criterion, ModelError, Parts};

impl CriterionForm {
    const ALL: [Self; 9] = [
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

    /// What is meant.
    const fn criterion(self) -> Criterion {
        match self {
            Self::Makespan => Criterion::Makespan,
            Self::Tardiest => Criterion::Tardiest,
            Self::SetUp => Criterion::SetUp,
            Self::Tardiness => Criterion::Tardiness,
            Self::Earliness => Criterion::Earliness,
            Self::Flow => Criterion::Flow,
            Self::Deviation => Criterion::Deviation,
            Self::LeftOut => Criterion::LeftOut,
            Self::Resources => Criterion::Resources,
        }
    }

    /// How a criterion is written.
    pub(super) fn of(criterion: Criterion) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.criterion() == criterion)
    }
}

impl ModelForm {
    /// The levels that are meant, for parts that are complete but for them.
    pub(super) fn levels(&self, parts: &Parts) -> Result<Vec<Vec<Criterion>>, ModelError> {
        for (level, criteria) in self.levels.iter().enumerate() {
            for (place, form) in criteria.iter().enumerate() {
                if !costs(parts, form.criterion()) {
                    let found = format!("`{}`, which costs nothing", form.criterion().word());
                    let allowed = "a criterion to which the problem gives a penalty".to_owned();
                    return Err(ModelError { place: format!("levels[{level}][{place}]"), found, allowed });
                }
            }
        }
        Ok(self.levels.iter().map(|level| level.iter().map(|form| form.criterion()).collect()).collect())
    }
}

/// Whether a criterion has a penalty anywhere.
fn costs(parts: &Parts, criterion: Criterion) -> bool {
    match criterion {
        Criterion::Makespan => parts.makespan > 0,
        Criterion::Tardiest => parts.tardiest > 0,
        Criterion::SetUp => parts.set_up > 0,
        Criterion::Tardiness => parts.jobs.iter().any(|j| j.tardiness > 0 || j.late > 0),
        Criterion::Earliness => parts.jobs.iter().any(|j| j.earliness > 0),
        Criterion::Flow => parts.jobs.iter().any(|j| j.flow > 0),
        Criterion::Deviation => parts.stability.tick > 0 || parts.stability.machine > 0,
        Criterion::LeftOut => parts.operations.iter().any(|o| o.optional.is_some_and(|penalty| penalty > 0)),
        Criterion::Resources => parts.resources.iter().any(|r| r.prices.iter().any(|p| p.1 > 0)),
    }
}
