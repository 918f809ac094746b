//! Read-only SQL over the history.

use super::Look;
use crate::form::person::{SqlQuery, SqlTable};
use crate::reply::Reply;
use crate::session::Seat;
use crate::take::{Body, text_within};
use axum::extract::State;
use axum::{Extension, Json};

/// Rows given at most.
const ROWS_MAX: usize = 1_000;
/// Characters of a query.
const QUERY_CHARS_MAX: usize = 16_384;
/// Characters of a query kept in the audit trail.
const NOTED_CHARS_MAX: usize = 500;

/// One read-only SQL query over the history.
#[utoipa::path(post, path = "/api/v1/sql", tag = "data", request_body = SqlQuery, responses((status = 200, body = SqlTable)))]
pub async fn sql(State(windows): Look, Extension(seat): Extension<Seat>, Body(sent): Body<SqlQuery>) -> Reply<Json<SqlTable>> {
    text_within("body.query", &sent.query, 1..=QUERY_CHARS_MAX)?;
    let noted: String = sent.query.chars().take(NOTED_CHARS_MAX).collect();
    windows.note(&seat.name, "sql", "history", &noted).await?;
    let table = windows.house.sql(sent.query, ROWS_MAX).await?;
    Ok(Json(table.into()))
}
