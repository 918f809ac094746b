//! A folder of scheduling instances: `bounds.json` with one row an instance, and the files it names.
//!
//! Enters: the folder. Leaves: instances with their best known bounds. Absent: what is done with them.

use crate::cli::Failure;
use crate::plan::text::{self, Format};
use decide::search::read::Task;
use serde_json::Value;
use std::path::Path;

/// One row of `bounds.json`.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// Its problem: `jsp`, `fjsp`, `fjsp_sdst`, `fajsp`, `jsp_tardiness`, `jit_jsp_sdst`.
    pub problem: String,
    /// Its family.
    pub family: String,
    /// Best known objective, in the units of its text.
    pub best_known: Option<f64>,
    path: String,
}

/// The rows of a folder; of one family, or problem, where one is named.
///
/// # Errors
/// `bounds.json` is not there or has a row without name, problem, family or path.
pub fn rows(folder: &Path, family: Option<&str>) -> Result<Vec<Instance>, Failure> {
    let path = folder.join("bounds.json");
    let failed = |what: String| Failure::new(format!("{}: {what}", path.display()));
    let text = std::fs::read_to_string(&path).map_err(|e| failed(e.to_string()))?;
    let rows: Vec<Value> = serde_json::from_str(&text).map_err(|e| failed(e.to_string()))?;
    let mut instances = Vec::with_capacity(rows.len());
    for (number, row) in rows.iter().enumerate() {
        let word = |key: &str| {
            let found = row[key].as_str().map(str::to_owned);
            found.ok_or_else(|| failed(format!("row {number}, `{key}`: found {}, allowed a word", row[key])))
        };
        let instance = Instance {
            name: word("name")?,
            problem: word("problem")?,
            family: word("family")?,
            best_known: row["ub"].as_f64(),
            path: word("path")?,
        };
        if family.is_none_or(|f| f == instance.family || f == instance.problem || f == instance.name) {
            instances.push(instance);
        }
    }
    if instances.is_empty() {
        return Err(failed(format!("found no row of `{}`", family.unwrap_or("any family"))));
    }
    Ok(instances)
}

/// Of each family every k-th by name, so that at least `least` of it, or all, are there.
pub fn sampled(mut instances: Vec<Instance>, least: usize) -> Vec<Instance> {
    let family = |i: &Instance| (i.problem.clone(), i.family.clone());
    instances.sort_by_cached_key(|i| (family(i), i.name.clone()));
    let families = instances.chunk_by(|a, b| family(a) == family(b));
    families.flat_map(|of| of.iter().step_by((of.len() / least.max(1)).max(1)).cloned()).collect()
}

impl Instance {
    /// Reads its file.
    ///
    /// # Errors
    /// The file cannot be read, is not of its problem's format, or the problem is none we know.
    pub fn task(&self, folder: &Path) -> Result<Task, Failure> {
        let format = match self.problem.as_str() {
            "jsp" => Format::Jsp,
            "fjsp" | "fjsp_sdst" => Format::Fjsp,
            "fajsp" => Format::Fajsp,
            "jsp_tardiness" => Format::JspTardiness,
            "jit_jsp_sdst" => Format::Jit,
            other => {
                let allowed = "jsp, fjsp, fjsp_sdst, fajsp, jsp_tardiness, jit_jsp_sdst";
                return Err(Failure::new(format!("{}: found problem `{other}`, allowed {allowed}", self.name)));
            }
        };
        Ok(text::read(&folder.join(&self.path), Some(format))?.task)
    }
}
