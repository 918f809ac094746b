//! The files of a set as tables of text.
//!
//! Enters: names and cells. Leaves: columns of numbers, by name. Absent: files, formats.

use std::collections::BTreeMap;

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Names of its columns.
    pub names: Vec<String>,
    /// Cells, column by column, all of one length.
    pub columns: Vec<Vec<String>>,
}

impl Table {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }
    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// A column of words.
    ///
    /// # Errors
    /// The column is not there.
    pub fn words(&self, name: &str) -> Result<&[String], String> {
        let place = self.names.iter().position(|n| n == name);
        place
            .map(|p| self.columns[p].as_slice())
            .ok_or_else(|| format!("no column `{name}`; there are {}", self.names.join(", ")))
    }
    /// A column of numbers; NaN where a cell is none.
    ///
    /// # Errors
    /// The column is not there.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, String> {
        Ok(self.words(name)?.iter().map(|c| c.trim().parse().unwrap_or(f64::NAN)).collect())
    }
    /// All columns but those named, as rows of numbers.
    pub fn rows_without(&self, names: &[&str]) -> (Vec<String>, Vec<f64>) {
        let kept: Vec<usize> = (0..self.names.len()).filter(|i| !names.contains(&self.names[*i].as_str())).collect();
        let cell = |row: usize, i: usize| self.columns[i][row].trim().parse().unwrap_or(f64::NAN);
        let values = (0..self.len()).flat_map(|row| kept.iter().map(move |i| cell(row, *i))).collect();
        (kept.iter().map(|i| self.names[*i].clone()).collect(), values)
    }
}

/// The tables of a set by their path within its folder, without endings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Folder {
    /// The tables.
    pub tables: BTreeMap<String, Table>,
}

impl Folder {
    /// A table.
    ///
    /// # Errors
    /// It is not there.
    pub fn table(&self, path: &str) -> Result<&Table, String> {
        self.tables.get(path).ok_or_else(|| format!("no file `{path}`"))
    }
    /// The tables whose path begins so, by path.
    pub fn under<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (&'a str, &'a Table)> {
        self.tables.iter().filter(move |(p, _)| p.starts_with(path)).map(|(p, t)| (p.as_str(), t))
    }
}
