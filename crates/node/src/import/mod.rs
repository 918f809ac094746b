//! Orders and routings from a table (CSV, CSV.gz, Excel, Parquet), such as an ERP exports, into a unit.toml.
//!
//! ```text
//! file ─> columns (which column means what: told, or proposed by its name) ─> rows (every fault with row and column) ─> text ─> yes
//! ```
//!
//! Enters: a file, the configuration's text, what people said of the columns. Leaves: a proposal to be shown, then the new text; all
//! rows or none. Absent: the terminal (`cli::import`), how files are read (`drivers::file::table`).

pub mod columns;
pub mod rows;
#[cfg(test)]
mod tests;
pub mod text;

use columns::{Field, Mapping};
use drivers::file::table::{Row, Table};
use rows::{Line, Wanted};

/// Rows taken at most.
pub const ROWS_MAX: usize = 100_000;
/// Faults told at most.
pub const FAULTS_MAX: usize = 50;

/// What is wrong in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line of a CSV or row of a sheet, from 1.
    pub row: u64,
    /// The column's name in the file; empty for the whole row.
    pub column: String,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let column = if self.column.is_empty() { String::new() } else { format!(", column `{}`", self.column) };
        write!(f, "row {}{column}: found `{}`, allowed is {}", self.row, self.found, self.allowed)
    }
}

/// Reads all rows by a mapping.
///
/// # Errors
/// Every fault, up to [`FAULTS_MAX`] and one line that tells how many more there are.
pub fn read(mut table: Table, mapping: &Mapping, wanted: &Wanted<'_>) -> Result<Vec<Line>, Vec<String>> {
    let (mut all, mut faults): (Vec<Row>, Vec<Fault>) = (Vec::new(), Vec::new());
    while let Some(row) = table.next_row() {
        match row {
            Ok(row) if row.cells.iter().all(|cell| cell.trim().is_empty()) => {}
            Ok(row) if all.len() < ROWS_MAX => all.push(row),
            Ok(row) => {
                let (found, allowed) = ("one more row".to_owned(), format!("at most {ROWS_MAX} rows"));
                faults.push(Fault { row: row.line, column: String::new(), found, allowed });
                break;
            }
            Err(bad) => {
                faults.push(Fault { row: bad.line, column: String::new(), found: bad.found, allowed: bad.allowed });
                if bad.ends {
                    break;
                }
            }
        }
    }
    let lines = rows::lines(&all, mapping, wanted, &mut faults);
    if lines.is_empty() && faults.is_empty() {
        let allowed = "at least one row below the header".to_owned();
        faults.push(Fault { row: 1, column: String::new(), found: "no row".to_owned(), allowed });
    }
    if faults.is_empty() {
        return Ok(lines);
    }
    let more = faults.len().saturating_sub(FAULTS_MAX);
    let mut told: Vec<String> = faults.iter().take(FAULTS_MAX).map(ToString::to_string).collect();
    told.extend((more > 0).then(|| format!("and {more} more")));
    Err(told)
}

/// Whether a mapping is of orders or of routings: what its fields must be.
pub fn fields(mapping: &Mapping) -> &'static [Field] {
    if mapping.is_routing { columns::ROUTING } else { columns::ORDERS }
}
