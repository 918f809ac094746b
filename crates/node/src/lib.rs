//! The front door: configuration, wiring, runtime, and the commands of the one binary `socium`.
//!
//! Enters: command line, `unit.toml`, signals. Leaves: a running unit. Absent: how a unit decides (it is reached through
//! `unit`), what a protocol says (`drivers`), what a page shows (`web`).
//!
//! Start at [`cli`], then [`runtime`].

pub mod bench;
pub mod cli;
pub mod clock;
pub mod config;
pub mod connect;
pub mod import;
pub mod plan;
pub mod print;
pub mod replay;
pub mod rounds;
pub mod runtime;
pub mod town;
pub mod workshop;
