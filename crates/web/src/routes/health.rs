//! For probes and programs: health, metrics, the description of the API.

use super::Look;
use crate::api;
use crate::form::person::Health;
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

/// Whether the windows are open.
#[utoipa::path(get, path = "/health", tag = "operation", responses((status = 200, body = Health)))]
pub async fn health() -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// Metrics in Prometheus text; without a session only for callers on this computer.
#[utoipa::path(
    get, path = "/metrics", tag = "operation",
    responses((status = 200, body = String, content_type = "text/plain", description = "Prometheus text"))
)]
pub async fn metrics(State(windows): Look) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], windows.house.metrics()).into_response()
}

/// The description of the API, OpenAPI 3.1.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "operation", responses((status = 200, body = Object, description = "OpenAPI 3.1"))
)]
pub async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(api::openapi())
}
