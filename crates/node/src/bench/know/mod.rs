//! `socium bench know`: public sets of sensor data by their published protocols, beside the published best and the peers that are
//! installed; what the stack of detectors costs; and, where asked for, faults put into the virtual workshop and what can be learned there.
//!
//! Enters: a folder with one folder a set. Leaves: rows. Absent: protocols (`know::trial`); formats (`files`).

mod columns;
mod faults;
mod files;
mod lessons;
mod pace;
mod peer;

use super::Row;
use crate::cli::Failure;
use peer::Peers;
use std::path::Path;
use unit::trial::{self, Figure};

/// Rows of one set, or of all that are there.
///
/// # Errors
/// The folder cannot be read, the set is not known, or a table is not what its protocol needs.
pub fn rows(data: &Path, set: Option<&str>) -> Result<Vec<Row>, Failure> {
    let known = || trial::ALL.iter().map(|t| t.set).collect::<Vec<_>>().join(", ");
    if set == Some(faults::NAME) {
        return Ok(faults::rows());
    }
    if set == Some(lessons::NAME) {
        return Ok(lessons::rows());
    }
    if let Some(set) = set.filter(|s| *s != pace::NAME && !trial::ALL.iter().any(|t| t.set == *s)) {
        let named = [pace::NAME, faults::NAME, lessons::NAME].join(", ");
        return Err(Failure::new(format!("--set {set}: allowed are {named}, {}", known())));
    }
    let mut rows = Vec::new();
    let mut found = 0;
    let mut peers = None;
    for trial in trial::ALL.iter().filter(|t| set.is_none_or(|s| s == t.set)) {
        let root = data.join(trial.set);
        if !root.is_dir() {
            continue;
        }
        found += 1;
        let figures = (trial.run)(&files::read(&root)?).map_err(|e| Failure::new(format!("{}: {e}", root.display())))?;
        rows.extend(figures.into_iter().map(|f| row(trial.set, f)));
        rows.extend(peers.get_or_insert_with(Peers::start).rows(trial.set, &root)?);
    }
    if found == 0 && set != Some(pace::NAME) {
        return Err(Failure::new(format!(
            "{}: no folder of a set; looked for {}",
            data.display(),
            set.map_or_else(known, str::to_owned)
        )));
    }
    if set.is_none_or(|s| s == pace::NAME) {
        rows.extend(pace::rows()?);
    }
    Ok(rows)
}

fn row(set: &str, figure: Figure) -> Row {
    let mut row = Row::new(format!("{set}: {}", figure.name), figure.value, figure.unit).under(figure.context);
    row = match figure.must {
        Some(must) if figure.less => row.at_most(must),
        Some(must) => row.at_least(must),
        None => row,
    };
    if let Some(aim) = figure.aim {
        row = row.aim(aim);
    }
    match figure.best {
        Some((whose, value)) => row.beside(whose, value),
        None => row,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_that_is_not_known_is_refused_with_those_that_are() {
        let refused = rows(Path::new("."), Some("skap")).expect_err("there is no such set").to_string();
        assert!(refused.contains("--set skap") && refused.contains("skab"), "{refused}");
        let empty = tempfile::tempdir().expect("a folder");
        let refused = rows(empty.path(), None).expect_err("no set is there").to_string();
        assert!(refused.contains("no folder of a set"), "{refused}");
    }
}
