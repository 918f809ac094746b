//! A worker's place at a machine: what is next there, and the worker's reports.

use super::Look;
use crate::form::hand::ReadingAnswer;
use crate::form::station::{NewReport, Station, StationBrief};
use crate::hand::{Report, Work, WorkKind};
use crate::reply::{Refusal, Reply};
use crate::session::Seat;
use crate::take::{Body, instant, text_within};
use axum::extract::{Path, State};
use axum::{Extension, Json};
use plant::{MachineId, OrderId, Plant};

/// Characters of a tablet's id, and of a cause.
const TABLET_CHARS: std::ops::RangeInclusive<usize> = 8..=64;
const CAUSE_CHARS: std::ops::RangeInclusive<usize> = 1..=64;
/// Pieces in one report.
const QUANTITY: std::ops::RangeInclusive<u32> = 1..=100_000;
/// Highest number of a report: what a browser counts exactly.
const NUMBER_MAX: u64 = 1 << 53;

/// Every machine with what a worker can report there.
#[utoipa::path(get, path = "/api/v1/stations", tag = "readings", responses((status = 200, body = Vec<StationBrief>)))]
pub async fn stations(State(windows): Look) -> Json<Vec<StationBrief>> {
    let view = windows.view();
    let brief = |machine: &plant::Machine| StationBrief::of(&view, machine.id, &windows.house.work_of(machine.id));
    Json(view.plant.machines.iter().map(brief).collect())
}

fn machine_of(plant: &Plant, name: &str) -> Reply<MachineId> {
    plant.machine_named(name).map(|machine| machine.id).ok_or_else(|| Refusal::unknown("machine", name))
}

/// A worker's place at a machine: what runs, what is next with its instructions, and what can be reported.
#[utoipa::path(get, path = "/api/v1/stations/{name}", tag = "readings", responses((status = 200, body = Station)))]
pub async fn station(State(windows): Look, Path(name): Path<String>) -> Reply<Json<Station>> {
    let view = windows.view();
    let machine = machine_of(&view.plant, &name)?;
    let takes = windows.house.work_of(machine);
    Ok(Json(Station::of(&view, windows.house.now(), machine, &takes, windows.house.schedule().as_deref())))
}

/// Report work at a machine. A tablet numbers its reports upwards and sends them in that order; whatever is sent again is told
/// and not taken twice, also after a restart of the unit.
#[utoipa::path(
    post, path = "/api/v1/stations/{name}/reports", tag = "readings", request_body = NewReport,
    responses((status = 200, body = ReadingAnswer))
)]
pub async fn report(
    State(windows): Look,
    Extension(seat): Extension<Seat>,
    Path(name): Path<String>,
    Body(sent): Body<NewReport>,
) -> Reply<Json<ReadingAnswer>> {
    let plant = windows.view().plant.clone();
    let machine = machine_of(&plant, &name)?;
    text_within("body.tablet", &sent.tablet, TABLET_CHARS)?;
    if !sent.tablet.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(Refusal::invalid("body.tablet", sent.tablet, "letters, digits and `-`"));
    }
    if !(1..=NUMBER_MAX).contains(&sent.number) {
        return Err(Refusal::invalid("body.number", sent.number.to_string(), format!("1 to {NUMBER_MAX}")));
    }
    let at = instant("body.at", &sent.at)?;
    let work = work_of(&plant, &sent)?;
    let report = Report { tablet: sent.tablet, number: sent.number, who: seat.name, machine, at, work };
    Ok(Json(windows.house.report(report).await?.into()))
}

fn work_of(plant: &Plant, sent: &NewReport) -> Reply<Work> {
    let kind = WorkKind::ALL.iter().find(|(_, word)| *word == sent.what).map(|(kind, _)| *kind);
    let words = || WorkKind::ALL.map(|(_, word)| word).join(", ");
    let kind = kind.ok_or_else(|| Refusal::invalid("body.what", sent.what.chars().take(80).collect::<String>(), words()))?;
    Ok(match kind {
        WorkKind::Start => Work::Start(order_of(plant, sent)?),
        WorkKind::Stop => Work::Stop,
        WorkKind::Done => Work::Done(order_of(plant, sent)?),
        WorkKind::Good => Work::Good(quantity_of(sent)?),
        WorkKind::Scrap => Work::Scrap(quantity_of(sent)?),
        WorkKind::Problem => {
            let cause = sent.cause.as_deref().unwrap_or_default();
            text_within("body.cause", cause, CAUSE_CHARS)?;
            Work::Problem(cause.to_owned())
        }
    })
}

fn order_of(plant: &Plant, sent: &NewReport) -> Reply<OrderId> {
    let name = sent.order.as_deref().ok_or_else(|| Refusal::invalid("body.order", "nothing", "the name of an order"))?;
    plant.order_named(name).map(|order| order.id).ok_or_else(|| Refusal::unknown("order", name))
}

fn quantity_of(sent: &NewReport) -> Reply<u32> {
    let allowed = || format!("{} to {} pieces", QUANTITY.start(), QUANTITY.end());
    let quantity = sent.quantity.ok_or_else(|| Refusal::invalid("body.quantity", "nothing", allowed()))?;
    if QUANTITY.contains(&quantity) {
        Ok(quantity)
    } else {
        Err(Refusal::invalid("body.quantity", quantity.to_string(), allowed()))
    }
}
