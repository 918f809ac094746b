//! What late readings changed in figures of closed periods.

use super::Look;
use crate::form::ask::Newest;
use crate::form::revision::Revision;
use crate::reply::Reply;
use crate::take::{Ask, bounded};
use axum::Json;
use axum::extract::State;
use measure::Instant;
use plant::{Record, RecordKind};

/// Revisions given where no number is asked for, and at most.
const LIMIT: (u32, u32) = (100, 500);

/// Revisions, the newest first.
#[utoipa::path(get, path = "/api/v1/revisions", tag = "records", params(Newest), responses((status = 200, body = [Revision])))]
pub async fn revisions(State(windows): Look, Ask(ask): Ask<Newest>) -> Reply<Json<Vec<Revision>>> {
    let limit = bounded("query.limit", ask.limit, LIMIT.0, LIMIT.1)?;
    let view = windows.view();
    let found = windows.house.records(RecordKind::Revision, Instant::MAX, limit).await?;
    let found = found.iter().filter_map(|r| if let Record::Revision(r) = r { Some(Revision::of(&view.plant, r)) } else { None });
    Ok(Json(found.collect()))
}
