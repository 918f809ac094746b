//! The production schedule.

use super::Look;
use crate::form::schedule::Schedule;
use axum::Json;
use axum::extract::State;

/// The newest production schedule of the open orders; null until there is one.
#[utoipa::path(get, path = "/api/v1/schedule", tag = "unit", responses((status = 200, body = Option<Schedule>)))]
pub async fn schedule(State(windows): Look) -> Json<Option<Schedule>> {
    let view = windows.view();
    Json(windows.house.schedule().map(|schedule| Schedule::of(&view, &schedule)))
}
