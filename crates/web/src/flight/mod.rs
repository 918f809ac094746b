//! Arrow Flight SQL: the door of BI tools. They ask the same read-only SQL as `POST /api/v1/sql`, over gRPC, and get Arrow.
//!
//! Enters: calls of the Flight protocol with a name and password or a token. Leaves: columns, rows as the reader takes them, lists
//! of tables, refusals in the sentences of the HTTP API. Absent: writing of any kind, transactions, statements kept here: a
//! prepared statement is its own text.
//!
//! ```text
//! admit (who, within which limits) -> service (which call) -> rows | lists
//! ```

mod admit;
mod lists;
mod rows;
mod service;

use crate::session::Limits;
use crate::take::BODY_BYTES_MAX;
use crate::windows::Windows;
use arrow_flight::flight_service_server::FlightServiceServer;
use axum::Router;
use axum::middleware::from_fn_with_state;
use service::Desk;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tonic::service::Routes;

/// Answers under way at one time.
const ANSWERS_MAX: usize = 64;

/// Limits of tokens: a tool that is used day and night signs in once a day.
pub const TOKENS: Limits =
    Limits { idle: Duration::from_secs(3_600), age: Duration::from_secs(24 * 3_600), sessions: 1_024, of_person: 64 };

/// All calls with what they pass first; `loopback` says that only this computer is listened to.
pub fn router(windows: Arc<Windows>, loopback: bool) -> Router {
    let desk = Desk { windows: Arc::clone(&windows), room: Arc::new(Semaphore::new(ANSWERS_MAX)) };
    let service = FlightServiceServer::new(desk).max_decoding_message_size(BODY_BYTES_MAX);
    Routes::new(service).into_axum_router().layer(from_fn_with_state(admit::Guard { windows, loopback }, admit::admit))
}
