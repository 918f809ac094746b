//! History for charts, and the newest value of everything.

use super::Look;
use super::machines::named;
use crate::form::ask::{Buckets, Last};
use crate::form::history::{ChannelBuckets, Function, LastValue};
use crate::reply::{Refusal, Reply};
use crate::take::{Ask, bounded, instant, word};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use measure::Span;
use plant::Window;
use unit::desk::View;

/// Channels in one answer.
const CHANNELS_MAX: usize = 20;
/// Buckets of the window where no width is asked for.
const BUCKETS: i64 = 300;
/// Longest bucket [s].
const WIDTH_MAX_S: u32 = 31_536_000;
/// Window where none is asked for.
pub(super) const CHART: Span = Span::from_hours(8);

/// History of several number channels of a machine in equal buckets, by several functions. Bad readings do not count.
#[utoipa::path(
    get, path = "/api/v1/machines/{name}/buckets", tag = "machines",
    params(("name" = String, Path, description = "Name of the machine"), Buckets),
    responses((status = 200, body = [ChannelBuckets]))
)]
pub async fn buckets(State(windows): Look, Path(name): Path<String>, Ask(ask): Ask<Buckets>) -> Reply<Json<Vec<ChannelBuckets>>> {
    let view = windows.view();
    let machine = named(&view, &name)?;
    let mut channels = Vec::new();
    for wanted in ask.channels.split(',').map(str::trim) {
        let unknown = || Refusal::unknown("channel", &format!("{name}/{wanted}"));
        channels.push(view.plant.named(machine.id, wanted).ok_or_else(unknown)?);
    }
    if channels.len() > CHANNELS_MAX {
        return Err(Refusal::invalid(
            "query.channels",
            format!("{} names", channels.len()),
            format!("1 to {CHANNELS_MAX} names"),
        ));
    }
    let asked = ask.functions.as_deref().unwrap_or("mean").split(',').map(str::trim);
    let functions = asked.map(|f| word("query.functions", f, &Function::ALL)).collect::<Reply<Vec<_>>>()?;
    let window = window(view.at, ask.from.as_deref(), ask.to.as_deref())?;
    let usual = ((window.to - window.from).micros() / BUCKETS).max(1);
    let width = match ask.width_s {
        Some(seconds) => Span::from_seconds(bounded("query.width_s", Some(seconds), seconds, WIDTH_MAX_S)? as i64),
        None => Span::from_micros(usual),
    };
    let weighted = functions.contains(&Function::TimeWeightedMean);
    let ids = channels.iter().map(|c| c.id).collect();
    let found = windows.house.buckets(ids, window, width, weighted).await?;
    Ok(Json(channels.iter().zip(&found).map(|(channel, points)| ChannelBuckets::of(channel, points, &functions)).collect()))
}

/// A window out of what was asked.
pub(super) fn window(now: measure::Instant, from: Option<&str>, to: Option<&str>) -> Reply<Window> {
    let to = to.map_or(Ok(now), |t| instant("query.to", t))?;
    let from = from.map_or(Ok(to - CHART), |t| instant("query.from", t))?;
    if from >= to {
        return Err(Refusal::invalid("query.from", from.to_string(), format!("before {to}")));
    }
    Ok(Window { from, to })
}

/// The newest value of every channel that was heard, from memory.
#[utoipa::path(get, path = "/api/v1/last", tag = "machines", params(Last), responses((status = 200, body = [LastValue<'static>])))]
pub async fn last(State(windows): Look, Ask(ask): Ask<Last>) -> Reply<Response> {
    let view = windows.view();
    if let Some(name) = &ask.machine {
        named(&view, name)?;
    }
    let text = newest(&view, &ask).map_err(|e| crate::house::HouseError::Store(e.to_string()))?;
    Ok(([(CONTENT_TYPE, "application/json")], text).into_response())
}

/// The newest values that are asked for, as JSON text: they borrow from the view and are written while it is held.
///
/// # Errors
/// None that a value could cause.
pub fn newest(view: &View, ask: &Last) -> serde_json::Result<Vec<u8>> {
    let machines = view.plant.machines.iter().filter(|m| {
        ask.machine.as_ref().is_none_or(|name| *name == m.name) && ask.kind.as_ref().is_none_or(|kind| *kind == m.kind)
    });
    let mut values = Vec::new();
    for machine in machines {
        let channels = view.plant.channels_of(machine.id);
        for channel in channels.filter(|c| ask.channel.as_ref().is_none_or(|name| *name == c.name)) {
            if let Some(latest) = view.image.latest.get(channel.id.index()).copied().flatten() {
                values.push(LastValue::of(machine, channel, latest, &view.image.words));
            }
        }
    }
    serde_json::to_vec(&values)
}
