//! The peers of `socium bench know`: scikit-learn, LightGBM, river and stumpy in a Python child, by the same protocols on the same folders.
//!
//! Enters: the name of a set, its folder. Leaves: rows, none where the packages are not installed. Absent: our own figures.

use crate::bench::Row;
use crate::bench::python::{Python, advice};
use crate::cli::Failure;
use serde_json::json;
use std::path::Path;

const SCRIPT: &str = include_str!("peer.py");
/// Packages that the script needs.
const PACKAGES: &str = "lightgbm scikit-learn pandas river stumpy";

/// The peers, as far as they are there.
pub struct Peers(Option<Python>);

impl Peers {
    /// Starts them on one thread; where that fails the rest of the bench goes on without them, and says so.
    pub fn start() -> Self {
        let started = Python::start("scikit-learn, LightGBM, river and stumpy", PACKAGES, SCRIPT, 1).and_then(|mut python| {
            // A first answer shows that the packages are there.
            python.ask(&json!({ "set": "", "folder": "" }), &format!("; {}", advice(PACKAGES)))?;
            Ok(python)
        });
        Self(started.map_err(|e| tracing::warn!("no peers beside the public sets: {e}")).ok())
    }

    /// Rows of the peers on a set; none for a set that they do not run.
    ///
    /// # Errors
    /// They ended, or said what is no answer.
    pub fn rows(&mut self, set: &str, root: &Path) -> Result<Vec<Row>, Failure> {
        let Some(python) = &mut self.0 else { return Ok(Vec::new()) };
        let answer = python.ask(&json!({ "set": set, "folder": root }), &format!(" at {set}"))?;
        let figures = answer["figures"].as_object().ok_or_else(|| python.failed(&format!("`{answer}` has no figures")))?;
        let row = |(name, value): (&String, &serde_json::Value)| {
            let value = value.as_f64().unwrap_or(f64::NAN);
            Row::new(format!("{set}: {name}"), value, "1").under("peer, run in this call")
        };
        Ok(figures.iter().map(row).collect())
    }
}
