//! DuckDB as a peer.
//!
//! Enters: SQL. Leaves: rows and CPU seconds. Absent: what is asked.

use super::python::{Python, advice};
use crate::cli::Failure;
use serde_json::{Value, json};

const SCRIPT: &str = include_str!("duckdb.py");

/// A DuckDB that waits for questions.
pub struct DuckDb(Python);

impl DuckDb {
    /// Starts it with a number of threads.
    ///
    /// # Errors
    /// There is no Python with `duckdb`.
    pub fn start(threads: usize) -> Result<Self, Failure> {
        let mut peer = Self(Python::start("DuckDB", "duckdb", SCRIPT, threads)?);
        peer.ask("select 1", 1).map_err(|e| Failure::new(format!("DuckDB does not answer ({e}); {}", advice("duckdb"))))?;
        Ok(peer)
    }

    /// Asks a question a number of times: CPU time of one answer [s], and its rows.
    ///
    /// # Errors
    /// DuckDB ended, or said what is no answer.
    pub fn ask(&mut self, sql: &str, times: u32) -> Result<(f64, Vec<Vec<Value>>), Failure> {
        let answer = self.0.ask(&json!({ "sql": sql, "times": times }), &format!(" at `{sql}`"))?;
        let rows = answer["rows"].as_array().into_iter().flatten().map(|row| row.as_array().cloned().unwrap_or_default());
        let spent = answer["cpu_s"].as_f64().ok_or_else(|| self.0.failed(&format!("`{answer}` has no CPU time")))?;
        Ok((spent, rows.collect()))
    }
}
