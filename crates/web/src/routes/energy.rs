//! Where the energy went.

use super::Look;
use crate::form::energy::Energy;
use axum::Json;
use axum::extract::State;

/// Where the energy of the last 24 h went: by machine, by state, by piece; waste by its cause.
#[utoipa::path(get, path = "/api/v1/energy", tag = "unit", responses((status = 200, body = Energy)))]
pub async fn energy(State(windows): Look) -> Json<Energy> {
    Json(Energy::of(&windows.view()))
}
