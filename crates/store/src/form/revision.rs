//! The stored form of what late readings changed: part of [`super::record`], things by their names.

use super::parts::{Misfit, Num, WindowV1, at, code, machine_id, machine_name, order_id, order_name, word};
use measure::Instant;
use plant::{Because, Code, LineId, Plant, RecordId, Revised, Revision, RevisionState, Scope, TeamId};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct RevisionV1 {
    pub machine: String,
    late: u64,
    revised: Vec<RevisedV1>,
    pub state: String,
    done: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct RevisedV1 {
    of: ScopeV1,
    #[serde(flatten)]
    window: WindowV1,
    figure: String,
    unit: String,
    before: Option<Num>,
    after: Option<Num>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ScopeV1 {
    Unit,
    Line(String),
    Machine(String),
    Order(String),
    Team(String),
}

impl RevisionV1 {
    pub(super) fn of(plant: &Plant, r: &Revision) -> Result<Self, Misfit> {
        Ok(Self {
            machine: machine_name(plant, r.machine)?,
            late: r.late,
            revised: r.revised.iter().map(|x| RevisedV1::of(plant, x)).collect::<Result<_, _>>()?,
            state: r.state.word().to_owned(),
            done: r.done.map(Instant::micros),
        })
    }
    /// Figures of what the present plant does not know any more are left out.
    pub(super) fn read(
        &self,
        plant: &Plant,
        (id, at_first, from, because): (RecordId, Instant, Code, Vec<Because>),
    ) -> Result<Revision, Misfit> {
        Ok(Revision {
            id,
            at: at_first,
            from,
            because,
            machine: machine_id(plant, &self.machine)?,
            late: self.late,
            revised: self.revised.iter().filter_map(|x| x.read(plant).ok()).collect(),
            state: word("state of a revision", &self.state, RevisionState::from_word)?,
            done: self.done.map(at),
        })
    }
}

impl RevisedV1 {
    fn of(plant: &Plant, r: &Revised) -> Result<Self, Misfit> {
        Ok(Self {
            of: ScopeV1::of(plant, r.scope)?,
            window: WindowV1::of(r.window),
            figure: r.figure.to_string(),
            unit: r.unit.to_string(),
            before: r.before.map(Num),
            after: r.after.map(Num),
        })
    }
    fn read(&self, plant: &Plant) -> Result<Revised, Misfit> {
        Ok(Revised {
            scope: self.of.read(plant)?,
            window: self.window.read(),
            figure: code(&self.figure),
            unit: code(&self.unit),
            before: self.before.map(|n| n.0),
            after: self.after.map(|n| n.0),
        })
    }
}

impl ScopeV1 {
    fn of(plant: &Plant, scope: Scope) -> Result<Self, Misfit> {
        let line = |id: LineId| plant.lines.get(id.index()).map(|l| l.name.clone());
        let team = |id: TeamId| plant.teams.get(id.index()).map(|t| t.name.clone());
        let gone = |what: &str, number: u16| format!("{what} number {number} is not in the plant");
        Ok(match scope {
            Scope::Unit => Self::Unit,
            Scope::Line(id) => Self::Line(line(id).ok_or_else(|| gone("line", id.0))?),
            Scope::Machine(id) => Self::Machine(machine_name(plant, id)?),
            Scope::Order(id) => Self::Order(order_name(plant, id)?),
            Scope::Team(id) => Self::Team(team(id).ok_or_else(|| gone("team", id.0))?),
        })
    }
    fn read(&self, plant: &Plant) -> Result<Scope, Misfit> {
        let gone = |what: &str, name: &str| format!("it names {what} `{name}`, which is not in the configuration any more");
        Ok(match self {
            Self::Unit => Scope::Unit,
            Self::Line(name) => {
                let found = plant.lines.iter().find(|l| l.name == *name);
                Scope::Line(found.ok_or_else(|| gone("line", name))?.id)
            }
            Self::Machine(name) => Scope::Machine(machine_id(plant, name)?),
            Self::Order(name) => Scope::Order(order_id(plant, name)?),
            Self::Team(name) => {
                let found = plant.teams.iter().find(|t| t.name == *name);
                Scope::Team(found.ok_or_else(|| gone("team", name))?.id)
            }
        })
    }
}
