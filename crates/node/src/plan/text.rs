//! Files to tasks: our JSON and the literature's text formats.
//!
//! Enters: a path and, where the file does not tell, its format. Leaves: a [`Task`], or an error with the file's name. Absent: what the
//! formats mean (`decide::search::read`, [`super::form`]).

use super::form::ModelForm;
use crate::cli::Failure;
use decide::search::read::{self, ReadError, Task};
use std::path::Path;

/// Largest file [byte].
const FILE_MAX: u64 = 512 << 20;

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Ours: `docs/plan.schema.json`.
    Json,
    /// Ours: `docs/supply.schema.json`; without a format, JSON with `supply` at its top.
    Supply,
    /// Job shop (OR-Library).
    Jsp,
    /// Flexible job shop (Brandimarte), also with set-ups.
    Fjsp,
    /// Flexible job shop with any precedence graph (Birgin).
    Fajsp,
    /// Job shop with due dates.
    JspTardiness,
    /// Folder of tables: just in time, with set-ups.
    Jit,
}

/// A task with the names of its parts, where the file gives any.
#[derive(Debug)]
pub struct Named {
    /// The task.
    pub task: Task,
    /// The JSON it came from, for the names.
    pub form: Option<ModelForm>,
}

/// Reads a file or, for [`Format::Jit`], a folder. Without a format the ending and the text decide.
///
/// # Errors
/// The file cannot be read, or is not of the format.
pub fn read(path: &Path, format: Option<Format>) -> Result<Named, Failure> {
    let failed = |what: String| Failure::new(format!("{}: {what}", path.display()));
    let is_json = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
    let format = format.or(if path.is_dir() { Some(Format::Jit) } else { None }).or(is_json.then_some(Format::Json));
    let plain = |task: Result<Task, ReadError>| task.map(|task| Named { task, form: None }).map_err(|e| failed(e.to_string()));
    match format {
        Some(Format::Jit) => plain(Ok(tables(path)?)),
        Some(Format::Json) => {
            let form: ModelForm = serde_json::from_str(&contents(path)?).map_err(|e| failed(e.to_string()))?;
            let model = form.model().map_err(|e| failed(e.to_string()))?;
            Ok(Named { task: Task { model, ticks: 1, scale: 1.0 }, form: Some(form) })
        }
        Some(Format::Supply) => Err(failed("is a supply problem, which `socium plan` takes".to_owned())),
        Some(format) => plain(parsed(format, &contents(path)?)),
        None => guessed(&contents(path)?).map(|task| Named { task, form: None }).map_err(failed),
    }
}

fn parsed(format: Format, text: &str) -> Result<Task, ReadError> {
    match format {
        Format::Fjsp => read::fjsp::read(text),
        Format::Fajsp => read::fajsp::read(text),
        Format::JspTardiness => read::tardiness::read(text),
        Format::Jsp | Format::Json | Format::Supply | Format::Jit => read::jsp::read(text),
    }
}

/// The first format that the text is of.
fn guessed(text: &str) -> Result<Task, String> {
    let order = [("jsp-tardiness", Format::JspTardiness), ("jsp", Format::Jsp), ("fjsp", Format::Fjsp), ("fajsp", Format::Fajsp)];
    let mut refusals = Vec::new();
    for (word, format) in order {
        match parsed(format, text) {
            Ok(task) => return Ok(task),
            Err(error) => refusals.push(format!("as {word}: {error}")),
        }
    }
    Err(format!("is of no format known; --format names one\n{}", refusals.join("\n")))
}

/// The tables of a just-in-time folder.
///
/// # Errors
/// A table cannot be read or is not of the format.
fn tables(folder: &Path) -> Result<Task, Failure> {
    let table = |name: &str| contents(&folder.join(name));
    let (jobs, operations) = (table("jobs.csv")?, table("operations.csv")?);
    let (set_ups, initial) = (table("setup.csv")?, table("initial_setup.csv")?);
    let tables = read::jit::Tables { jobs: &jobs, operations: &operations, set_ups: &set_ups, initial: &initial };
    read::jit::read(&tables).map_err(|e| Failure::new(format!("{}: {e}", folder.display())))
}

/// The text of a file.
///
/// # Errors
/// It cannot be read or is too long.
pub fn contents(path: &Path) -> Result<String, Failure> {
    let failed = |what: String| Failure::new(format!("{}: {what}", path.display()));
    let length = std::fs::metadata(path).map_err(|e| failed(e.to_string()))?.len();
    if length > FILE_MAX {
        return Err(failed(format!("found {length} bytes, allowed {FILE_MAX}")));
    }
    std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))
}
