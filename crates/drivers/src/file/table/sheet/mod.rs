//! Excel workbooks (.xlsx, ECMA-376). Enters: a file. Leaves: the rows of one sheet as text; dates as `2026-03-02`, times as
//! `06:00:00.000`, both as `2026-03-02T06:00:00.000`, in the file's own time. Absent: formulas (their last results are read),
//! styles beyond dates, other sheets, charts.
//!
//! Files: `archive` (the ZIP around it), `xml` (parts as events), `book` (sheets, texts, styles).

mod archive;
mod book;
mod xml;

use super::{BadRow, COLUMNS_MAX, Row, Style};
use crate::file::time::excel_civil;
use archive::Archive;
use book::{Book, Kind};
use std::fs::File;
use xml::{Piece, Tag, Xml};

/// Days between the starts of the two ways to count them.
const DAYS_1904: f64 = 1_462.0;

/// Rows of a sheet.
pub(super) struct SheetRows {
    xml: Xml,
    book: Book,
    line: u64,
    has_ended: bool,
}

/// A cell being read.
#[derive(Default)]
struct Open {
    column: usize,
    kind: Kind,
    type_word: String,
    text: String,
}

/// Opens a workbook and reads the header of its sheet.
///
/// # Errors
/// It is no workbook or has no such sheet, in words.
pub(super) fn open(file: File, style: &Style) -> Result<(Vec<String>, SheetRows), String> {
    let archive = Archive::open(file)?;
    let book = Book::read(&archive)?;
    let found = match &style.sheet {
        Some(name) => book.sheets.iter().find(|(n, _)| n == name),
        None => book.sheets.first(),
    };
    let Some((_, part)) = found else {
        let names: Vec<String> = book.sheets.iter().map(|(n, _)| format!("`{n}`")).collect();
        let wanted = style.sheet.as_deref().unwrap_or_default();
        return Err(format!("no sheet `{wanted}`; its sheets are {}", names.join(", ")));
    };
    let xml = Xml::new(archive.part(part)?);
    let mut rows = SheetRows { xml, book, line: 0, has_ended: false };
    if let Some(names) = &style.names {
        while rows.line < style.above && rows.row().map_err(|bad| bad.found)?.is_some() {}
        return Ok((names.clone(), rows));
    }
    while let Some(row) = rows.row().map_err(|bad| bad.found)? {
        if row.line > style.above {
            let used = row.cells.iter().rposition(|c| !c.is_empty()).map_or(0, |last| last + 1);
            return Ok((row.cells.into_iter().take(used).collect(), rows));
        }
    }
    Ok((Vec::new(), rows))
}

impl SheetRows {
    pub(super) fn next_row(&mut self, width: usize) -> Option<Result<Row, BadRow>> {
        let mut row = match self.row() {
            Ok(row) => row?,
            Err(bad) => return Some(Err(bad)),
        };
        if let Some(beyond) = row.cells.iter().skip(width).position(|c| !c.is_empty()) {
            let found = format!("`{}` in column {}", row.cells[width + beyond], width + beyond + 1);
            let allowed = format!("{width} values, one a column of the header");
            return Some(Err(BadRow { line: row.line, found, allowed, ends: false }));
        }
        row.cells.resize(width, String::new());
        Some(Ok(row))
    }

    /// The next row with anything in it.
    fn row(&mut self) -> Result<Option<Row>, BadRow> {
        if self.has_ended {
            return Ok(None);
        }
        let row = self.read();
        self.has_ended = !matches!(row, Ok(Some(_)));
        row.map_err(|found| {
            let allowed = "a sheet that can be read to its end".to_owned();
            BadRow { line: self.line.max(1), found, allowed, ends: true }
        })
    }

    fn read(&mut self) -> Result<Option<Row>, String> {
        let mut cells: Vec<String> = Vec::new();
        let mut cell = Open::default();
        let (mut next_column, mut in_value, mut spoken) = (0, false, false);
        loop {
            match self.xml.next()? {
                Piece::Open(tag, is_closed) => match tag.name.as_str() {
                    "row" => {
                        self.line = tag.get("r").and_then(|r| r.parse().ok()).unwrap_or(self.line + 1);
                        (cells, next_column) = (Vec::new(), 0);
                    }
                    "c" => {
                        cell = self.open(&tag, next_column)?;
                        next_column = cell.column + 1;
                    }
                    "v" | "t" => in_value = !is_closed,
                    "rPh" => spoken = !is_closed,
                    _ => {}
                },
                Piece::Text(text) if in_value && !spoken => cell.text.push_str(&text),
                Piece::Text(_) => {}
                Piece::Close(name) => match name.as_str() {
                    "v" | "t" => in_value = false,
                    "rPh" => spoken = false,
                    "c" => {
                        let text = self.text_of(&std::mem::take(&mut cell.text), &cell);
                        if !text.is_empty() {
                            cells.resize(cells.len().max(cell.column + 1), String::new());
                            cells[cell.column] = text;
                        }
                    }
                    "row" if cells.iter().any(|c| !c.is_empty()) => return Ok(Some(Row { line: self.line, cells })),
                    "sheetData" => return Ok(None),
                    _ => {}
                },
                Piece::End => return Ok(None),
            }
        }
    }

    fn open(&self, tag: &Tag, next: usize) -> Result<Open, String> {
        let column = tag.get("r").map_or(Some(next), column_of).filter(|c| *c < COLUMNS_MAX);
        let column = column.ok_or_else(|| format!("the cell `{}`", tag.get("r").unwrap_or_default()))?;
        let style: Option<usize> = tag.get("s").and_then(|s| s.parse().ok());
        let kind = style.and_then(|s| self.book.kinds.get(s).copied()).unwrap_or_default();
        Ok(Open { column, kind, type_word: tag.get("t").unwrap_or("n").to_owned(), text: String::new() })
    }

    /// What a cell shows, as text.
    fn text_of(&self, value: &str, cell: &Open) -> String {
        let value = value.trim();
        match cell.type_word.as_str() {
            "s" => {
                let text = value.parse::<usize>().ok().and_then(|n| self.book.texts.get(n));
                text.map_or_else(|| format!("text {value}, which the workbook does not have"), |text| text.trim().to_owned())
            }
            "b" => if value == "1" { "true" } else { "false" }.to_owned(),
            "n" if cell.kind != Kind::Number => self.time_of(value, cell.kind),
            _ => value.to_owned(),
        }
    }

    fn time_of(&self, value: &str, kind: Kind) -> String {
        let Ok(serial) = value.parse::<f64>() else { return value.to_owned() };
        if kind == Kind::Time && (0.0..1.0).contains(&serial) {
            // a time of day alone: the day it is counted from is left out
            let civil = excel_civil(serial + 61.0);
            return civil.map_or_else(|| value.to_owned(), |c| c.strftime("%H:%M:%S%.3f").to_string());
        }
        let Some(civil) = excel_civil(if self.book.is_1904 { serial + DAYS_1904 } else { serial }) else {
            return value.to_owned();
        };
        let pattern = if kind == Kind::Day && serial.fract() == 0.0 { "%Y-%m-%d" } else { "%Y-%m-%dT%H:%M:%S%.3f" };
        civil.strftime(pattern).to_string()
    }
}

/// The column of a cell's name, from 0: `A1` is 0, `AB7` is 27.
fn column_of(name: &str) -> Option<usize> {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic);
    let number = letters.take(4).fold(0, |n, letter| n * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    number.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_tell_dates_from_numbers() {
        for (code, kind) in [
            ("General", Kind::Number),
            ("0.00", Kind::Number),
            ("#,##0 \"days\"", Kind::Number),
            ("[Red]0", Kind::Number),
            ("[h]:mm:ss", Kind::Number),
            ("yyyy\\-mm\\-dd", Kind::Day),
            ("[$-804]yyyy\"年\"m\"月\"d\"日\"", Kind::Day),
            ("dd.mm.yyyy hh:mm", Kind::Time),
            ("yyyy-mm-dd h:mm:ss", Kind::Time),
            ("h:mm AM/PM", Kind::Time),
            ("mmm", Kind::Day),
        ] {
            assert_eq!(book::kind_of(code), kind, "{code}");
        }
    }

    #[test]
    fn names_of_cells_tell_columns() {
        let table = [("A1", Some(0)), ("Z9", Some(25)), ("AB7", Some(27)), ("XFD1048576", Some(16_383)), ("7", None), ("", None)];
        for (name, column) in table {
            assert_eq!(column_of(name), column, "{name}");
        }
    }
}
