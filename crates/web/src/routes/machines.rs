//! Machines, their timelines and charts.

use super::Look;
use super::history::window;
use crate::form::ask::{Hours, Range};
use crate::form::machine::{Machine, MachineBrief, Series, Stretch};
use crate::reply::{Refusal, Reply};
use crate::take::{Ask, bounded};
use axum::Json;
use axum::extract::{Path, State};
use measure::Span;
use unit::desk::View;

/// Timelines reach back this far, as the view holds them [h].
const HOURS_MAX: u32 = 24;
/// Points of a chart.
const POINTS: (u32, u32) = (300, 2_000);

pub(super) fn named<'a>(view: &'a View, name: &str) -> Reply<&'a plant::Machine> {
    view.plant.machine_named(name).ok_or_else(|| Refusal::unknown("machine", name))
}

/// All machines at a glance.
#[utoipa::path(get, path = "/api/v1/machines", tag = "machines", responses((status = 200, body = [MachineBrief])))]
pub async fn machines(State(windows): Look) -> Json<Vec<MachineBrief>> {
    let view = windows.view();
    Json(view.plant.machines.iter().map(|m| MachineBrief::of(&view, m)).collect())
}

/// One machine with all that is known of it.
#[utoipa::path(
    get, path = "/api/v1/machines/{name}", tag = "machines", params(("name" = String, Path, description = "Name of the machine")),
    responses((status = 200, body = Machine))
)]
pub async fn machine(State(windows): Look, Path(name): Path<String>) -> Reply<Json<Machine>> {
    let view = windows.view();
    Ok(Json(Machine::of(&view, named(&view, &name)?)))
}

/// States of a machine over the last hours.
#[utoipa::path(
    get, path = "/api/v1/machines/{name}/timeline", tag = "machines",
    params(("name" = String, Path, description = "Name of the machine"), Hours), responses((status = 200, body = [Stretch]))
)]
pub async fn timeline(State(windows): Look, Path(name): Path<String>, Ask(ask): Ask<Hours>) -> Reply<Json<Vec<Stretch>>> {
    let view = windows.view();
    let machine = named(&view, &name)?;
    let hours = bounded("query.hours", ask.hours, HOURS_MAX, HOURS_MAX)?;
    let from = view.at - Span::from_hours(hours as i64);
    let stretches = view.timelines.get(machine.id.index()).into_iter().flatten();
    Ok(Json(stretches.filter_map(|s| Stretch::since(s, from)).collect()))
}

/// History of a channel in equal buckets.
#[utoipa::path(
    get, path = "/api/v1/machines/{name}/channels/{channel}/series", tag = "machines",
    params(
        ("name" = String, Path, description = "Name of the machine"),
        ("channel" = String, Path, description = "Name of the channel"),
        Range
    ),
    responses((status = 200, body = Series))
)]
pub async fn series(
    State(windows): Look,
    Path((name, channel)): Path<(String, String)>,
    Ask(ask): Ask<Range>,
) -> Reply<Json<Series>> {
    let view = windows.view();
    let machine = named(&view, &name)?;
    let unknown = || Refusal::unknown("channel", &format!("{name}/{channel}"));
    let channel = view.plant.named(machine.id, &channel).ok_or_else(unknown)?;
    let window = window(view.at, ask.from.as_deref(), ask.to.as_deref())?;
    let points = bounded("query.points", ask.points, POINTS.0, POINTS.1)?;
    let buckets = windows.house.series(channel.id, window.from, window.to, points).await?;
    Ok(Json(Series::of(&view, channel, &buckets)))
}
