//! Files as rows of text: CSV, CSV.gz, Excel, Parquet. Enters: a path and how the file is written. Leaves: the header, then
//! one row after the other, each with its place. Absent: what a column means. Memory is bounded by one batch and the longest
//! row; of a workbook, by its texts.
//!
//! Files: `text` (CSV, plain and packed), `sheet` (Excel), `parquet`.

mod parquet;
mod sheet;
mod text;

pub use text::Encoding;

use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Longest row [bytes].
pub const ROW_BYTES_MAX: usize = 1 << 20;
/// Longest cell, the limit of Excel too [bytes].
pub const CELL_BYTES_MAX: usize = 32_767;
/// Most columns, the limit of Excel too.
pub const COLUMNS_MAX: usize = 16_384;

/// One row as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Line in a CSV, row in a sheet or in a Parquet file, from 1.
    pub line: u64,
    /// Its cells by column; a null is empty.
    pub cells: Vec<String>,
}

/// Why a row could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Line in a CSV, row in a sheet or in a Parquet file, from 1.
    pub line: u64,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
    /// Whether the file cannot be read any further.
    pub ends: bool,
}

/// How a file is written, where its name does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// The sign between the values of a CSV; `None` is the one of `,` `;` and tabulator that the header has most of.
    pub delimiter: Option<u8>,
    /// How a CSV's letters are written.
    pub encoding: Encoding,
    /// Lines above the header.
    pub above: u64,
    /// The columns' names where the file has no header.
    pub names: Option<Vec<String>>,
    /// The sheet of a workbook; `None` is the first.
    pub sheet: Option<String>,
}

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text in columns, which may grow at its end.
    Csv,
    /// The same, packed.
    CsvGz,
    /// An Excel workbook (Office Open XML).
    Excel,
    /// Parquet.
    Parquet,
}

/// A place in a CSV that is not packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Bytes before it.
    pub offset: u64,
    /// Lines before it.
    pub lines: u64,
}

/// A file being read.
pub struct Table {
    /// Names of its columns.
    pub columns: Vec<String>,
    rows: Rows,
}

enum Rows {
    Csv(Box<text::CsvRows>),
    Sheet(Box<sheet::SheetRows>),
    Parquet(Box<parquet::ParquetRows>),
    Ended,
}

impl Format {
    /// By the ending of a file's name; what ends otherwise is a CSV.
    pub fn of(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let endings = [(".parquet", Self::Parquet), (".xlsx", Self::Excel), (".xlsm", Self::Excel), (".gz", Self::CsvGz)];
        endings.iter().find(|(ending, _)| name.ends_with(ending)).map_or(Self::Csv, |(_, format)| *format)
    }
}

impl Table {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// The file cannot be opened or has no header, in words.
    pub fn open(path: &Path, style: &Style) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        match Format::of(path) {
            Format::Parquet => Self::parquet(file),
            Format::Excel => {
                let (columns, rows) = sheet::open(file, style)?;
                Self::of(columns, Rows::Sheet(Box::new(rows)))
            }
            Format::CsvGz => Self::csv(Box::new(MultiGzDecoder::new(BufReader::new(file))), style),
            Format::Csv => Self::csv(Box::new(file), style),
        }
    }

    /// Opens a CSV that is not packed, and reads it up to the byte `limit` from a place where a row begins; from the first row
    /// where there is none.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_at(path: &Path, style: &Style, from: Option<Place>, limit: u64) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let (columns, rows) = text::CsvRows::open(Box::new(file.take(limit)), style)?;
        let rows = match from {
            Some(place) if place.offset > rows.place().offset => {
                let file = File::open(path).map_err(|error| error.to_string())?;
                text::CsvRows::resume(file, place, limit, rows.delimiter(), style.encoding)?
            }
            _ => rows,
        };
        Self::of(columns, Rows::Csv(Box::new(rows)))
    }

    fn csv(plain: Box<dyn Read + Send>, style: &Style) -> Result<Self, String> {
        let (columns, rows) = text::CsvRows::open(plain, style)?;
        Self::of(columns, Rows::Csv(Box::new(rows)))
    }

    fn parquet(file: File) -> Result<Self, String> {
        let (columns, rows) = parquet::ParquetRows::open(file)?;
        Self::of(columns, Rows::Parquet(Box::new(rows)))
    }

    fn of(columns: Vec<String>, rows: Rows) -> Result<Self, String> {
        if columns.iter().all(String::is_empty) {
            return Err("no header with the names of the columns".to_owned());
        }
        if columns.len() > COLUMNS_MAX {
            return Err(format!("{} columns; at most {COLUMNS_MAX} are read", columns.len()));
        }
        Ok(Self { columns, rows })
    }

    /// The next row; `None` at the end.
    pub fn next_row(&mut self) -> Option<Result<Row, BadRow>> {
        let width = self.columns.len();
        let row = match &mut self.rows {
            Rows::Csv(rows) => rows.next_row(width),
            Rows::Sheet(rows) => rows.next_row(width),
            Rows::Parquet(rows) => rows.next_row(),
            Rows::Ended => None,
        };
        let row = row.map(|row| row.and_then(|row| self.fits(row)));
        if matches!(&row, None | Some(Err(BadRow { ends: true, .. }))) && !matches!(self.rows, Rows::Csv(_)) {
            self.rows = Rows::Ended;
        }
        row
    }

    /// Where the next row of a CSV begins; `None` for other files.
    pub fn place(&self) -> Option<Place> {
        if let Rows::Csv(rows) = &self.rows { Some(rows.place()) } else { None }
    }

    fn fits(&self, row: Row) -> Result<Row, BadRow> {
        let long = row.cells.iter().position(|c| c.len() > CELL_BYTES_MAX);
        let Some(column) = long else { return Ok(row) };
        let found = format!("{} bytes in column `{}`", row.cells[column].len(), self.columns[column]);
        Err(BadRow { line: row.line, found, allowed: format!("at most {CELL_BYTES_MAX} bytes a value"), ends: false })
    }
}
