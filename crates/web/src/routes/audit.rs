//! The audit trail.

use super::Look;
use crate::form::ask::Audit;
use crate::form::person::AuditForm;
use crate::reply::Reply;
use crate::take::{Ask, bounded};
use axum::Json;
use axum::extract::State;

/// Lines given at most.
const LIMIT: (u32, u32) = (100, 500);

/// The audit trail, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "people", params(Audit), responses((status = 200, body = [AuditForm])))]
pub async fn audit(State(windows): Look, Ask(ask): Ask<Audit>) -> Reply<Json<Vec<AuditForm>>> {
    let limit = bounded("query.limit", ask.limit, LIMIT.0, LIMIT.1)?;
    let lines = windows.house.audit(ask.before, limit).await?;
    Ok(Json(lines.into_iter().map(AuditForm::from).collect()))
}
