//! The walk back: from a record, by what it rests on, to the readings.

use super::Look;
use super::decisions::full;
use crate::form::common::{Readings, When, channel_names, machine_name, order_name};
use crate::form::decision::{Command, Outcome};
use crate::form::finding::{Finding, Forecast};
use crate::form::order::Order;
use crate::form::revision::Revision;
use crate::form::walk::{Body, Cut, RecordForm, Step, Walk};
use crate::house::HouseError;
use crate::reply::{Refusal, Reply};
use crate::windows::Windows;
use axum::Json;
use axum::extract::{Path, State};
use futures::FutureExt;
use futures::future::BoxFuture;
use plant::{Because, Record, RecordId, RecordKind};
use unit::desk::View;

/// Records in a row.
const DEPTH_MAX: usize = 8;
/// Records in one answer.
const RECORDS_MAX: usize = 200;

/// A record and what it rests on, down to the readings.
#[utoipa::path(
    get, path = "/api/v1/records/{id}/walk", tag = "records",
    params(("id" = String, Path, description = "finding-N, forecast-N, decision-N, command-N, outcome-N or revision-N")),
    responses((status = 200, body = Walk))
)]
pub async fn walk(State(windows): Look, Path(id): Path<String>) -> Reply<Json<Walk>> {
    let known = id.parse::<RecordId>().map_err(|_| Refusal::unknown("record", &id))?;
    let record = find(&windows, known).await?;
    let mut steps = Steps { windows: &windows, left: RECORDS_MAX };
    Ok(Json(steps.walk(record, DEPTH_MAX).await?))
}

/// A record's id of a given kind.
pub fn id_of(kind: RecordKind, text: &str) -> Reply<RecordId> {
    let id = text.parse::<RecordId>().ok().filter(|id| id.kind == kind);
    id.ok_or_else(|| Refusal::unknown(kind.word(), text))
}

/// A record as in view, or from the store.
async fn find(windows: &Windows, id: RecordId) -> Result<Record, HouseError> {
    match in_view(&windows.view(), id) {
        Some(record) => Ok(record),
        None => windows.house.record(id).await,
    }
}

fn in_view(view: &View, id: RecordId) -> Option<Record> {
    let finding = view.findings.iter().find(|r| r.id == id).cloned().map(Record::Finding);
    finding
        .or_else(|| view.forecasts.iter().find(|r| r.id == id).cloned().map(Record::Forecast))
        .or_else(|| view.decisions.iter().find(|r| r.id == id).cloned().map(Record::Decision))
        .or_else(|| view.commands.iter().find(|r| r.id == id).cloned().map(Record::Command))
        .or_else(|| view.outcomes.iter().find(|r| r.id == id).cloned().map(Record::Outcome))
        .or_else(|| view.revisions.iter().find(|r| r.id == id).cloned().map(Record::Revision))
}

struct Steps<'a> {
    windows: &'a Windows,
    left: usize,
}

impl<'a> Steps<'a> {
    fn walk<'b>(&'b mut self, record: Record, depth: usize) -> BoxFuture<'b, Reply<Walk>>
    where
        'a: 'b,
    {
        async move {
            self.left = self.left.saturating_sub(1);
            let mut because = Vec::new();
            for reason in record.because() {
                because.push(self.step(reason, depth).await?);
            }
            Ok(Walk { record: form(self.windows, &record).await?, because })
        }
        .boxed()
    }
    async fn step(&mut self, because: &Because, depth: usize) -> Reply<Step> {
        let view = self.windows.view();
        match because {
            Because::Readings { channel, window } => {
                Ok(Step::Readings { readings: Readings::of(&view.plant, *channel, *window) })
            }
            Because::Order(id) => Ok(match view.plant.orders.get(id.index()) {
                Some(order) => Step::Order { order: Box::new(Order::of(&view, None, order)) },
                None => cut(order_name(&view.plant, *id), "unknown"),
            }),
            Because::Record(id) if depth <= 1 => Ok(cut(id.to_string(), "depth")),
            Because::Record(id) if self.left == 0 => Ok(cut(id.to_string(), "size")),
            Because::Record(id) => match find(self.windows, *id).await {
                Ok(record) => Ok(Step::Walk(Box::new(self.walk(record, depth - 1).await?))),
                Err(HouseError::Unknown { .. }) => Ok(cut(id.to_string(), "unknown")),
                Err(other) => Err(other.into()),
            },
        }
    }
}

fn cut(id: String, reason: &'static str) -> Step {
    Step::Cut { cut: Cut { id, reason } }
}

async fn form(windows: &Windows, record: &Record) -> Reply<RecordForm> {
    let view = windows.view();
    let plant = &view.plant;
    let (from, machine, body) = match record {
        Record::Finding(f) => (&f.from, machine_name(plant, f.machine), Body::Finding(Finding::of(&view, f))),
        Record::Forecast(f) => {
            (&f.from, f.machine.map(|m| machine_name(plant, m)).unwrap_or_default(), Body::Forecast(Forecast::of(plant, f)))
        }
        Record::Decision(d) => (&d.from, machine_name(plant, d.machine), Body::Decision(Box::new(full(windows, d).await?))),
        Record::Command(c) => (&c.from, channel_names(plant, c.channel).0, Body::Command(Command::of(plant, c))),
        Record::Outcome(o) => (&o.from, machine_name(plant, o.machine), Body::Outcome(Outcome::of(plant, o))),
        Record::Revision(r) => (&r.from, machine_name(plant, r.machine), Body::Revision(Revision::of(plant, r))),
    };
    let id = record.id();
    Ok(RecordForm { kind: id.kind.into(), id: id.to_string(), at: When(record.at()), from: from.to_string(), machine, body })
}
