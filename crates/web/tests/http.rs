//! The windows over real sockets: every route, every role, every way to refuse, and the golden description of the API.

#[path = "http/audit.rs"]
mod audit;
#[path = "http/bad_input.rs"]
mod bad_input;
#[path = "http/client.rs"]
mod client;
#[path = "http/connect.rs"]
mod connect;
#[path = "http/families.rs"]
mod families;
#[path = "http/flight.rs"]
mod flight;
#[path = "http/forgery.rs"]
mod forgery;
#[path = "http/golden.rs"]
mod golden;
mod house;
#[path = "http/live.rs"]
mod live;
#[path = "http/pages.rs"]
mod pages;
#[path = "http/roles.rs"]
mod roles;
#[path = "http/routes.rs"]
mod routes;
#[path = "http/sessions.rs"]
mod sessions;
#[path = "http/station.rs"]
mod station;
#[path = "http/tls.rs"]
mod tls;
