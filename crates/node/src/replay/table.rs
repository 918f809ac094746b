//! Files as rows of text: CSV, CSV.gz, Parquet. Enters: a path. Leaves: the header, then one row after the other, each with
//! its place. Absent: what a column means. Memory is bounded by one batch and the longest row.

use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Longest row [bytes].
pub const ROW_BYTES_MAX: usize = 1 << 20;
/// Rows of a Parquet file held at once.
const BATCH_ROWS: usize = 4_096;

/// One row as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Line in a CSV, row in a Parquet file, from 1.
    pub line: u64,
    /// Its cells by column; a null is empty.
    pub cells: Vec<String>,
}

/// Why a row could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Line in a CSV, row in a Parquet file, from 1.
    pub line: u64,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
    /// Whether the file cannot be read any further.
    pub ends: bool,
}

/// A file being read.
pub struct Table {
    /// Names of its columns.
    pub columns: Vec<String>,
    rows: Rows,
}

enum Rows {
    Csv(Box<CsvRows>),
    Parquet(Box<ParquetRows>),
    Ended,
}

struct CsvRows {
    reader: csv::Reader<Box<dyn Read + Send>>,
    since: Arc<AtomicUsize>,
    record: csv::ByteRecord,
    /// The line of the last row, for faults that have no place of their own.
    line: u64,
}

struct ParquetRows {
    reader: ParquetRecordBatchReader,
    batch: Option<RecordBatch>,
    /// Next row of the batch, and rows before the batch.
    at: usize,
    before: u64,
}

/// Lets a row grow no longer than [`ROW_BYTES_MAX`] (a quote left open would otherwise swallow the file).
struct Bounded {
    inner: Box<dyn Read + Send>,
    since: Arc<AtomicUsize>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let since = self.since.fetch_add(count, Ordering::Relaxed) + count;
        if count > 0 && since > ROW_BYTES_MAX + buffer.len() {
            return Err(io::Error::other(format!("a row longer than {ROW_BYTES_MAX} bytes; is a quote left open?")));
        }
        Ok(count)
    }
}

impl Table {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// The file cannot be opened or has no header, in words.
    pub fn open(path: &Path, delimiter: u8) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if name.ends_with(".parquet") {
            return Self::parquet(file);
        }
        let plain: Box<dyn Read + Send> = match name.strip_suffix(".gz") {
            Some(_) => Box::new(MultiGzDecoder::new(BufReader::new(file))),
            None => Box::new(file),
        };
        Self::csv(plain, delimiter)
    }

    fn csv(plain: Box<dyn Read + Send>, delimiter: u8) -> Result<Self, String> {
        let since = Arc::new(AtomicUsize::new(0));
        let bounded: Box<dyn Read + Send> = Box::new(Bounded { inner: plain, since: Arc::clone(&since) });
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(bounded);
        let header = reader.headers().map_err(|error| format!("a header that cannot be read: {error}"))?;
        let columns: Vec<String> = header.iter().map(|c| c.trim().trim_start_matches('\u{feff}').to_owned()).collect();
        if columns.iter().all(String::is_empty) {
            return Err("no header with the names of the columns".to_owned());
        }
        let rows = Rows::Csv(Box::new(CsvRows { reader, since, record: csv::ByteRecord::new(), line: 1 }));
        Ok(Self { columns, rows })
    }

    fn parquet(file: File) -> Result<Self, String> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| error.to_string())?;
        let columns = builder.schema().fields().iter().map(|f| f.name().clone()).collect();
        let reader = builder.with_batch_size(BATCH_ROWS).build().map_err(|error| error.to_string())?;
        Ok(Self { columns, rows: Rows::Parquet(Box::new(ParquetRows { reader, batch: None, at: 0, before: 0 })) })
    }

    /// The next row; `None` at the end.
    pub fn next_row(&mut self) -> Option<Result<Row, BadRow>> {
        let width = self.columns.len();
        let row = match &mut self.rows {
            Rows::Csv(rows) => rows.next_row(width),
            Rows::Parquet(rows) => rows.next_row(),
            Rows::Ended => None,
        };
        if matches!(&row, None | Some(Err(BadRow { ends: true, .. }))) {
            self.rows = Rows::Ended;
        }
        row
    }
}

impl CsvRows {
    fn next_row(&mut self, width: usize) -> Option<Result<Row, BadRow>> {
        self.since.store(0, Ordering::Relaxed);
        match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => return None,
            Ok(true) => {}
            Err(error) => return Some(Err(self.unreadable(&error))),
        }
        self.line = self.record.position().map_or(self.line + 1, csv::Position::line);
        if self.record.len() != width {
            let (found, allowed) = (format!("{} values", self.record.len()), format!("{width} values, one a column"));
            return Some(Err(BadRow { line: self.line, found, allowed, ends: false }));
        }
        let cell = |c: &[u8]| std::str::from_utf8(c).map(|t| t.trim().to_owned());
        Some(match self.record.iter().map(cell).collect::<Result<Vec<String>, _>>() {
            Ok(cells) => Ok(Row { line: self.line, cells }),
            Err(_) => {
                let (found, allowed) = ("bytes that are no UTF-8".to_owned(), "UTF-8 text".to_owned());
                Err(BadRow { line: self.line, found, allowed, ends: false })
            }
        })
    }
    fn unreadable(&self, error: &csv::Error) -> BadRow {
        let line = self.line + 1;
        BadRow { line, found: error.to_string(), allowed: "a file that can be read to its end".to_owned(), ends: true }
    }
}

impl ParquetRows {
    fn next_row(&mut self) -> Option<Result<Row, BadRow>> {
        while self.batch.as_ref().is_none_or(|b| self.at >= b.num_rows()) {
            self.before += self.batch.as_ref().map_or(0, |b| b.num_rows() as u64);
            self.at = 0;
            match self.reader.next()? {
                Ok(batch) => self.batch = Some(batch),
                Err(error) => return Some(Err(self.unreadable(&error.to_string()))),
            }
        }
        let batch = self.batch.as_ref()?;
        let options = FormatOptions::default().with_null("");
        let cell = |column: &ArrayRef| ArrayFormatter::try_new(column, &options).map(|f| f.value(self.at).to_string());
        let cells: Result<Vec<String>, _> = batch.columns().iter().map(cell).collect();
        let row = cells.map(|cells| Row { line: self.before + self.at as u64 + 1, cells });
        let row = row.map_err(|error| self.unreadable(&error.to_string()));
        self.at += 1;
        Some(row)
    }
    fn unreadable(&self, error: &str) -> BadRow {
        let line = self.before + self.at as u64 + 1;
        BadRow { line, found: error.to_owned(), allowed: "a file that can be read to its end".to_owned(), ends: true }
    }
}
