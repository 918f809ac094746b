//! What was recognised and what is predicted.

use super::Look;
use crate::form::ask::Findings;
use crate::form::finding::{Finding, Forecast};
use crate::reply::Reply;
use crate::take::{Ask, bounded};
use axum::Json;
use axum::extract::State;
use measure::Instant;
use plant::{Record, RecordKind};

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
    Ok(Json(found.iter().take(limit).map(|f| Finding::of(&view.plant, f)).collect()))
}

/// Forecasts in force.
#[utoipa::path(get, path = "/api/v1/forecasts", tag = "records", responses((status = 200, body = [Forecast])))]
pub async fn forecasts(State(windows): Look) -> Json<Vec<Forecast>> {
    let view = windows.view();
    Json(view.forecasts.iter().map(|f| Forecast::of(&view.plant, f)).collect())
}
