//! The data that comes in.

use super::Look;
use crate::form::data::Data;
use axum::Json;
use axum::extract::State;

/// The accounting of readings, sources, refusals, the cellar, and channels that fell silent.
#[utoipa::path(get, path = "/api/v1/data", tag = "data", responses((status = 200, body = Data)))]
pub async fn data(State(windows): Look) -> Json<Data> {
    Json(Data::of(&windows.view(), &windows.house.sources(), windows.house.store_figures()))
}
