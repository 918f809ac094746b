//! Repository rules as a test: the allowed edges, the absences, and the style figures.
//!
//! Enters: the checkout. Leaves: a list of breaches (an error) and figures (for orientation). Absent: judgement of beauty.

mod absences;
mod edges;
mod figures;
mod files;

use crate::run::{Failure, root};
use files::SourceFile;

/// A broken rule at a place.
pub struct Breach {
    /// File, with line where there is one.
    pub place: String,
    /// What was found and what is allowed.
    pub sentence: String,
}

/// Checks everything and prints the figures.
pub fn run() -> Result<(), Failure> {
    eprintln!("==> tidy: edges, absences, style");
    let files =
        files::all(&root()).map_err(|e| Failure::new(format!("the checkout cannot be read: {e}"), "Check its permissions."))?;
    let mut breaches = edges::check(&root());
    breaches.extend(files.iter().flat_map(absences::check));
    figures::print(&files);
    if breaches.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = breaches.iter().map(|b| format!("{}: {}", b.place, b.sentence)).collect();
    Err(Failure::new(
        format!("tidy found {} breaches:\n{}", list.len(), list.join("\n")),
        "ARCHITECTURE.md says why each rule is there.",
    ))
}

fn breach(file: &SourceFile, line: usize, sentence: impl Into<String>) -> Breach {
    Breach { place: format!("{}:{line}", file.path), sentence: sentence.into() }
}
