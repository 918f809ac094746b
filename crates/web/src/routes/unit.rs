//! The unit at a glance.

use super::Look;
use crate::form::unit::Unit;
use axum::Json;
use axum::extract::State;

/// The unit at a glance: the loop as figures.
#[utoipa::path(get, path = "/api/v1/unit", tag = "unit", responses((status = 200, body = Unit)))]
pub async fn unit(State(windows): Look) -> Json<Unit> {
    let rate = windows.pulse.borrow().readings_per_second;
    Json(Unit::of(&windows.view(), windows.house.clock_speed(), rate))
}
