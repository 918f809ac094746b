//! What was recognised and what is predicted.

use super::Look;
use crate::form::ask::Findings;
use crate::form::finding::{Finding, Forecast, NewConfirmation};
use crate::reply::{Refusal, Reply};
use crate::routes::records::id_of;
use crate::session::Seat;
use crate::take::{Ask, Body, bounded, text_within};
use axum::extract::{Path, State};
use axum::{Extension, Json};
use measure::Instant;
use plant::{Cause, Confirmation, Record, RecordKind, UserRole};

/// Characters of a person's words.
const NOTE_CHARS_MAX: usize = 1_000;
/// Findings given at most.
const LIMIT: (u32, u32) = (100, 500);

/// Findings: open ones first, then the newest.
#[utoipa::path(get, path = "/api/v1/findings", tag = "records", params(Findings), responses((status = 200, body = [Finding])))]
pub async fn findings(State(windows): Look, Ask(ask): Ask<Findings>) -> Reply<Json<Vec<Finding>>> {
    let view = windows.view();
    let limit = bounded("query.limit", ask.limit, LIMIT.0, LIMIT.1)?;
    let mut found: Vec<plant::Finding> = view.findings.clone();
    if ask.open != Some(true) {
        let older = windows.house.records(RecordKind::Finding, Instant::MAX, limit).await?;
        let older = older.into_iter().filter_map(|r| if let Record::Finding(f) = r { Some(f) } else { None });
        let unseen: Vec<_> = older.filter(|f| view.findings.iter().all(|v| v.id != f.id)).collect();
        found.extend(unseen);
    }
    found.retain(|f| ask.open.is_none_or(|open| f.ended.is_none() == open));
    found.sort_by_key(|f| (f.ended.is_some(), std::cmp::Reverse((f.at, f.id))));
    Ok(Json(found.iter().take(limit).map(|f| Finding::of(&view, f)).collect()))
}

/// Say what was found when somebody looked: that was it, or that was not it. It changes how causes are ranked from now on.
#[utoipa::path(
    post, path = "/api/v1/findings/{id}/confirmation", tag = "records", params(("id" = String, Path, description = "finding-N")),
    request_body = NewConfirmation, responses((status = 200, body = Finding))
)]
pub async fn confirm(
    State(windows): Look,
    Path(id): Path<String>,
    Extension(seat): Extension<Seat>,
    Body(sent): Body<NewConfirmation>,
) -> Reply<Json<Finding>> {
    let finding = id_of(RecordKind::Finding, &id)?;
    let allowed = || Cause::ALL.iter().map(Cause::word).collect::<Vec<_>>().join(", ");
    let cause = |word: &String| Cause::from_word(word).ok_or_else(|| Refusal::invalid("body.cause", word.clone(), allowed()));
    let cause = sent.cause.as_ref().map(cause).transpose()?;
    let note = sent.note.trim();
    text_within("body.note", note, 0..=NOTE_CHARS_MAX)?;
    if sent.relearn && seat.role < UserRole::Engineer {
        return Err(Refusal::role_too_low("body.relearn", seat.role, UserRole::Engineer));
    }
    let (by, role, at) = (seat.name, seat.role, windows.house.now());
    let confirmation = Confirmation { by, role, at, right: sent.right, cause, note: note.to_owned(), relearn: sent.relearn };
    match windows.house.confirm(finding, confirmation).await? {
        Record::Finding(finding) => Ok(Json(Finding::of(&windows.view(), &finding))),
        _ => Err(Refusal::busy()),
    }
}

/// Forecasts in force.
#[utoipa::path(get, path = "/api/v1/forecasts", tag = "records", responses((status = 200, body = [Forecast])))]
pub async fn forecasts(State(windows): Look) -> Json<Vec<Forecast>> {
    let view = windows.view();
    let outlook = windows.house.outlook();
    let of_unit = outlook.prospects.iter().filter_map(|p| p.forecast.as_ref());
    Json(view.forecasts.iter().chain(of_unit).map(|f| Forecast::of(&view.plant, f)).collect())
}
