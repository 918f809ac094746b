//! Planning from files, for `socium plan` and `socium bench plan`.
//!
//! Enters: a file or folder, a CPU budget. Leaves: a proven plan. Absent: how it is searched (`decide::search`).

pub mod form;
pub mod run;
pub mod supply;
#[cfg(test)]
mod tests;
pub mod text;
