//! What late readings changed in figures of closed periods.

use super::common::{Because, When, machine_name};
use super::words::RevisionState;
use plant::{Plant, Scope};
use serde::Serialize;
use unit::desk::View;
use utoipa::ToSchema;

/// A figure of a closed period, before and after.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Revised {
    /// `unit`, `line`, `machine`, `order` or `team`.
    pub scope: &'static str,
    /// Name of the thing.
    pub name: String,
    /// Start of the closed period.
    pub from: When,
    /// Its end.
    pub to: When,
    /// Which figure, a code such as `oee` or `energy_kwh`.
    pub figure: String,
    /// UCUM code of the figure.
    pub unit: String,
    /// As it was told before; null where it was not defined, or not at hand because the unit had just started.
    pub before: Option<f64>,
    /// As it is; null while pending, and where it is not defined.
    pub after: Option<f64>,
}

/// What late readings of one machine changed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Revision {
    /// Its id, `revision-N`.
    pub id: String,
    /// When the first of the late readings came.
    pub at: When,
    /// Why, the code `late_readings`.
    pub from: String,
    /// The machine they belong to.
    pub machine: String,
    /// How many they are.
    pub late: u64,
    /// Whether the figures are worked out.
    pub state: RevisionState,
    /// When they were.
    pub done: Option<When>,
    /// The figures that changed; while pending those that may.
    pub revised: Vec<Revised>,
    /// The late readings.
    pub because: Vec<Because>,
}

/// A figure that is no longer what it was when its period ended.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = RevisedMark)]
pub struct Mark {
    /// Which figure, a code such as `oee`.
    pub figure: String,
    /// UCUM code of the figure.
    pub unit: String,
    /// As it was told first.
    pub before: Option<f64>,
    /// As it is since `at`.
    pub after: Option<f64>,
    /// When it was revised last.
    pub at: When,
    /// Id of the revision that did.
    pub revision: String,
}

impl Revision {
    /// A revision with its names.
    pub fn of(plant: &Plant, r: &plant::Revision) -> Self {
        let revised = |x: &plant::Revised| Revised {
            scope: x.scope.word(),
            name: x.scope.name(plant).to_owned(),
            from: When(x.window.from),
            to: When(x.window.to),
            figure: x.figure.to_string(),
            unit: x.unit.to_string(),
            before: x.before,
            after: x.after,
        };
        Self {
            id: r.id.to_string(),
            at: When(r.at),
            from: r.from.to_string(),
            machine: machine_name(plant, r.machine),
            late: r.late,
            state: r.state.into(),
            done: r.done.map(When),
            revised: r.revised.iter().map(revised).collect(),
            because: Because::all(plant, &r.because),
        }
    }
}

impl Mark {
    /// The marks of a scope in a closed period, from the revisions in view.
    pub fn all(view: &View, scope: Scope, window: plant::Window) -> Vec<Self> {
        let mut marks: Vec<Self> = Vec::new();
        for revision in &view.revisions {
            let Some(done) = revision.done else { continue };
            for r in revision.revised.iter().filter(|r| (r.scope, r.window) == (scope, window)) {
                match marks.iter_mut().find(|m| m.figure == *r.figure) {
                    // the newest come first
                    Some(mark) => mark.before = r.before,
                    None => marks.push(Self {
                        figure: r.figure.to_string(),
                        unit: r.unit.to_string(),
                        before: r.before,
                        after: r.after,
                        at: When(done),
                        revision: revision.id.to_string(),
                    }),
                }
            }
        }
        marks
    }
}
