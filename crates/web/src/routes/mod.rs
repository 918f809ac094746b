//! The routes, one file per resource. Each handler asks the house, makes forms, and nothing else.

pub mod audit;
pub mod connect;
pub mod data;
pub mod decisions;
pub mod energy;
pub mod families;
pub mod findings;
pub mod hand;
pub mod health;
pub mod history;
pub mod kpis;
pub mod live;
pub mod machines;
pub mod orders;
pub mod outlook;
pub mod pages;
pub mod records;
pub mod revisions;
pub mod schedule;
pub mod session;
pub mod sql;
pub mod station;
pub mod unit;
pub mod users;

use crate::reply::Refusal;
use crate::take::BODY_BYTES_MAX;
use crate::windows::Windows;
use crate::{access, guard};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use std::sync::Arc;
use tower_http::compression::CompressionLayer;

/// What handlers get.
pub type Look = State<Arc<Windows>>;

/// All routes with what they pass first.
pub fn router(windows: Arc<Windows>) -> Router {
    Router::new()
        .route("/api/v1/session", post(session::sign_in))
        .route("/api/v1/session", get(session::who))
        .route("/api/v1/session", delete(session::sign_out))
        .route("/api/v1/session/one-time", post(session::sign_in_once))
        .route("/api/v1/session/password", put(session::set_password))
        .route("/api/v1/unit", get(unit::unit))
        .route("/api/v1/live", get(live::live))
        .route("/api/v1/machines", get(machines::machines))
        .route("/api/v1/machines/{name}", get(machines::machine))
        .route("/api/v1/machines/{name}/timeline", get(machines::timeline))
        .route("/api/v1/machines/{name}/channels/{channel}/series", get(machines::series))
        .route("/api/v1/machines/{name}/buckets", get(history::buckets))
        .route("/api/v1/last", get(history::last))
        .route("/api/v1/kpis", get(kpis::kpis))
        .route("/api/v1/losses", get(kpis::losses))
        .route("/api/v1/findings", get(findings::findings))
        .route("/api/v1/findings/{id}/confirmation", post(findings::confirm))
        .route("/api/v1/forecasts", get(findings::forecasts))
        .route("/api/v1/decisions", get(decisions::decisions))
        .route("/api/v1/decisions/{id}", get(decisions::decision))
        .route("/api/v1/decisions/{id}/verdict", post(decisions::verdict))
        .route("/api/v1/records/{id}/walk", get(records::walk))
        .route("/api/v1/revisions", get(revisions::revisions))
        .route("/api/v1/energy", get(energy::energy))
        .route("/api/v1/families", get(families::families))
        .route("/api/v1/families/{name}/look", post(families::look))
        .route("/api/v1/families/{name}/promise", post(families::promise))
        .route("/api/v1/families/{name}/orders", post(families::order))
        .route("/api/v1/orders", get(orders::orders))
        .route("/api/v1/orders/{name}", get(families::detail))
        .route("/api/v1/outlook", get(outlook::outlook))
        .route("/api/v1/outlook/models", get(outlook::models))
        .route("/api/v1/schedule", get(schedule::schedule))
        .route("/api/v1/schedule/changes", post(schedule::change))
        .route("/api/v1/data", get(data::data))
        .route("/api/v1/connect", get(connect::examples).post(connect::begin))
        .route("/api/v1/connect/{id}", get(connect::standing).delete(connect::forget))
        .route("/api/v1/connect/{id}/enough", post(connect::enough))
        .route("/api/v1/connect/{id}/yes", post(connect::yes))
        .route("/api/v1/hand", get(hand::rounds))
        .route("/api/v1/readings", post(hand::enter))
        .route("/api/v1/stations", get(station::stations))
        .route("/api/v1/stations/{name}", get(station::station))
        .route("/api/v1/stations/{name}/reports", post(station::report))
        .route("/api/v1/unit/restart", post(connect::restart))
        .route("/api/v1/audit", get(audit::audit))
        .route("/api/v1/users", get(users::users).post(users::add))
        .route("/api/v1/sql", post(sql::sql))
        .route("/api/v1/openapi.json", get(health::openapi))
        .route("/health", get(health::health))
        .route("/metrics", get(health::metrics))
        .route_layer(from_fn_with_state(Arc::clone(&windows), guard::access))
        .method_not_allowed_fallback(not_done_here)
        .fallback(elsewhere)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(Arc::clone(&windows), guard::door))
        .layer(from_fn_with_state(Arc::clone(&windows), guard::headers))
        .with_state(windows)
}

async fn not_done_here() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method", "this is not done here")
}

async fn elsewhere(request: Request) -> Response {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") {
        return Refusal::unknown("path", path).at("path", path, format!("see {}/openapi.json", access::BASE)).into_response();
    }
    pages::page(request.method(), path, request.headers())
}
