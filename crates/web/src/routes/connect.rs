//! Connecting a source: begin, how it stands, enough, yes. Everything that changes something is written into the audit trail.

use super::Look;
use crate::connecting::Standing;
use crate::form::connect::{Connectable, NewSurvey, Survey, SurveyWritten, SurveyYes};
use crate::reply::{Refusal, Reply};
use crate::session::Seat;
use crate::take::{Body, text_within};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};

/// Longest address and longest name [characters].
const URL_CHARS_MAX: usize = 500;
const NAME_CHARS_MAX: usize = 64;

/// What can be connected to.
#[utoipa::path(get, path = "/api/v1/connect", tag = "connect", responses((status = 200, body = [Connectable])))]
pub async fn examples(State(windows): Look) -> Json<Vec<Connectable>> {
    Json(windows.house.examples().into_iter().map(Into::into).collect())
}

/// Begin to connect a source: it is looked around at, then watched.
#[utoipa::path(post, path = "/api/v1/connect", tag = "connect", request_body = NewSurvey, responses((status = 202, body = Survey)))]
pub async fn begin(
    State(windows): Look,
    Extension(seat): Extension<Seat>,
    Body(sent): Body<NewSurvey>,
) -> Reply<(StatusCode, Json<Survey>)> {
    text_within("body.url", sent.url.trim(), 1..=URL_CHARS_MAX)?;
    text_within("body.name", sent.name.trim(), 0..=NAME_CHARS_MAX)?;
    let url = sent.url.trim().to_owned();
    let standing = windows.house.begin(sent.wish()?).await?;
    windows.note(&seat.name, "source_looked_at", &standing.source, &url).await?;
    Ok((StatusCode::ACCEPTED, Json(standing.into())))
}

fn number(id: &str) -> Reply<u64> {
    id.parse().map_err(|_| Refusal::unknown("survey", id))
}

/// How a survey stands; with the proposal when it is ready.
#[utoipa::path(
    get, path = "/api/v1/connect/{id}", tag = "connect", params(("id" = String, Path, description = "number of the survey")),
    responses((status = 200, body = Survey))
)]
pub async fn standing(State(windows): Look, Path(id): Path<String>) -> Reply<Json<Survey>> {
    Ok(Json(windows.house.standing(number(&id)?)?.into()))
}

/// End looking or watching, and go on with what there is.
#[utoipa::path(
    post, path = "/api/v1/connect/{id}/enough", tag = "connect", params(("id" = String, Path, description = "number of the survey")),
    responses((status = 200, body = Survey))
)]
pub async fn enough(State(windows): Look, Path(id): Path<String>) -> Reply<Json<Survey>> {
    Ok(Json(windows.house.enough(number(&id)?)?.into()))
}

/// Forget a survey.
#[utoipa::path(
    delete, path = "/api/v1/connect/{id}", tag = "connect", params(("id" = String, Path, description = "number of the survey")),
    responses((status = 204))
)]
pub async fn forget(State(windows): Look, Path(id): Path<String>) -> Reply<StatusCode> {
    windows.house.forget(number(&id)?)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Say yes: what was proposed and corrected is written into the unit's file.
#[utoipa::path(
    post, path = "/api/v1/connect/{id}/yes", tag = "connect", params(("id" = String, Path, description = "number of the survey")),
    request_body = SurveyYes, responses((status = 200, body = SurveyWritten))
)]
pub async fn yes(
    State(windows): Look,
    Path(id): Path<String>,
    Extension(seat): Extension<Seat>,
    Body(sent): Body<SurveyYes>,
) -> Reply<Json<SurveyWritten>> {
    let number = number(&id)?;
    let standing: Standing = windows.house.standing(number)?;
    let outcome = standing.result.ok_or_else(|| Refusal::conflict("there is no proposal yet"))?;
    let machines = sent.corrected(&outcome)?;
    let counted = machines.iter().flat_map(|m| &m.channels).filter(|c| c.is_chosen).count();
    if counted == 0 {
        return Err(Refusal::conflict("no value is chosen; nothing would be written"));
    }
    let detail = format!("{}: {counted} channels of {} machines", standing.address, machines.len());
    windows.note(&seat.name, "source_agreed", &standing.source, &detail).await?;
    match windows.house.yes(number, machines).await {
        Ok(written) => {
            let detail = format!("{}: {} new machines, {} new channels", written.file, written.machines, written.channels);
            windows.note(&seat.name, "configuration_written", &standing.source, &detail).await?;
            Ok(Json(written.into()))
        }
        Err(error) => {
            windows.note("unit", "configuration_refused", &standing.source, &error.to_string()).await?;
            Err(error.into())
        }
    }
}

/// Start the unit anew, so that it takes its file in. Sessions end.
#[utoipa::path(post, path = "/api/v1/unit/restart", tag = "connect", responses((status = 202)))]
pub async fn restart(State(windows): Look, Extension(seat): Extension<Seat>) -> Reply<StatusCode> {
    windows.note(&seat.name, "restart", "unit", "").await?;
    windows.house.restart().await?;
    Ok(StatusCode::ACCEPTED)
}
