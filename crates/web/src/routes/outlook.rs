//! What the unit foretells of itself.

use super::Look;
use crate::form::outlook::{ModelReport, Prospect};
use axum::Json;
use axum::extract::State;

/// Energy use and generation of the day, demand of each product for the week: each with its course, what came, how forecasts fared, and the model.
#[utoipa::path(get, path = "/api/v1/outlook", tag = "unit", responses((status = 200, body = [Prospect])))]
pub async fn outlook(State(windows): Look) -> Json<Vec<Prospect>> {
    let view = windows.view();
    Json(windows.house.outlook().prospects.iter().map(|p| Prospect::of(&view.plant, p)).collect())
}

/// Which models foretell how long parts last and what will be scrapped, by kind of machine, and the contests that they were measured in.
#[utoipa::path(get, path = "/api/v1/outlook/models", tag = "unit", responses((status = 200, body = [ModelReport])))]
pub async fn models(State(windows): Look) -> Json<Vec<ModelReport>> {
    Json(windows.house.outlook().reports.iter().map(ModelReport::from).collect())
}
