//! Parquet. Enters: a file. Leaves: rows as text, a batch at a time.

use super::{BadRow, Row};
use arrow::array::{ArrayRef, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use std::fs::File;

/// Rows held at once.
const BATCH_ROWS: usize = 4_096;

/// Rows of a Parquet file.
pub(super) struct ParquetRows {
    reader: ParquetRecordBatchReader,
    batch: Option<RecordBatch>,
    /// Next row of the batch, and rows before the batch.
    at: usize,
    before: u64,
}

impl ParquetRows {
    /// Opens a file; the names of its columns.
    ///
    /// # Errors
    /// It is no Parquet file, in words.
    pub(super) fn open(file: File) -> Result<(Vec<String>, Self), String> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| error.to_string())?;
        let columns = builder.schema().fields().iter().map(|f| f.name().clone()).collect();
        let reader = builder.with_batch_size(BATCH_ROWS).build().map_err(|error| error.to_string())?;
        Ok((columns, Self { reader, batch: None, at: 0, before: 0 }))
    }

    pub(super) fn next_row(&mut self) -> Option<Result<Row, BadRow>> {
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
