//! The windows over real sockets: every route, every way to refuse, and the golden description of the API.

#[path = "http/golden.rs"]
mod golden;
