//! DuckDB as a peer: a Python child that is asked over its pipes and ended with the bench.
//!
//! Enters: SQL. Leaves: rows and CPU seconds. Absent: what is asked.

use crate::cli::Failure;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const SCRIPT: &str = include_str!("duckdb.py");

/// A DuckDB that waits for questions.
pub struct DuckDb {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl DuckDb {
    /// Starts it with a number of threads. The Python is `SOCIUM_TEST_PYTHON`, else that of `cargo xtask setup`, else `python3`.
    ///
    /// # Errors
    /// There is no Python with `duckdb`.
    pub fn start(threads: usize) -> Result<Self, Failure> {
        let advice = "`pip install duckdb`, or name a Python that has it in SOCIUM_TEST_PYTHON";
        let mut child = Command::new(python())
            .args(["-c", SCRIPT, &threads.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| Failure::new(format!("{}: {e}; {advice}", python().display())))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (asks, answers) = pipes.ok_or_else(|| Failure::new("DuckDB's pipes did not open"))?;
        let mut peer = Self { child, asks, answers: BufReader::new(answers) };
        peer.ask("select 1", 1).map_err(|e| Failure::new(format!("DuckDB does not answer ({e}); {advice}")))?;
        Ok(peer)
    }

    /// Asks a question a number of times: CPU time of one answer [s], and its rows.
    ///
    /// # Errors
    /// DuckDB ended, or said what is no answer.
    pub fn ask(&mut self, sql: &str, times: u32) -> Result<(f64, Vec<Vec<Value>>), Failure> {
        let failed = |what: String| Failure::new(format!("DuckDB: {what}"));
        let ask = serde_json::json!({ "sql": sql, "times": times });
        writeln!(self.asks, "{ask}").map_err(|e| failed(e.to_string()))?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|e| failed(e.to_string()))?;
        let answer: Value = serde_json::from_str(&line).map_err(|_| failed(format!("it ended at `{sql}`")))?;
        let rows = answer["rows"].as_array().into_iter().flatten().map(|row| row.as_array().cloned().unwrap_or_default());
        let spent = answer["cpu_s"].as_f64().ok_or_else(|| failed(format!("`{}` has no CPU time", line.trim())))?;
        Ok((spent, rows.collect()))
    }
}

impl Drop for DuckDb {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The Python of the peers.
pub(super) fn python() -> PathBuf {
    let named = std::env::var_os("SOCIUM_TEST_PYTHON").map(PathBuf::from);
    let cached = std::env::home_dir().map(|home| home.join(".cache/socium/peers/bin/python"));
    named.or(cached.filter(|p| p.exists())).unwrap_or_else(|| PathBuf::from("python3"))
}
