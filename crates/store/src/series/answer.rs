//! The answer to a query as bytes, piece by piece: JSON, CSV, an Arrow stream or a Parquet file.
//!
//! Enters: record batches. Leaves: pieces that make up one document. Absent: the query (`sql`), HTTP.
//!
//! Rows beyond the limit are told of: JSON says `"cut":true`, every other form breaks off with an error.

use super::json;
use crate::{SqlFormat, StoreError};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::csv;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::ipc::writer::StreamWriter;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use std::fmt::Display;

/// Rows of a row group of a Parquet answer, which is held in memory until it is whole.
const GROUP_ROWS: usize = 64 << 10;

/// Writes an answer in one form.
pub(crate) struct Answer {
    form: Form,
    rows: usize,
    rows_max: usize,
}

enum Form {
    Json { began: bool },
    Csv { head: bool },
    Arrow(Box<StreamWriter<Vec<u8>>>),
    Parquet(Box<ArrowWriter<Vec<u8>>>),
}

fn unwritable(cause: impl Display) -> StoreError {
    StoreError::Query(format!("the answer cannot be written in this form: {cause}"))
}

impl Answer {
    /// An answer with these columns; gives its first bytes.
    ///
    /// # Errors
    /// The form cannot hold a type of the columns.
    pub(crate) fn begin(format: SqlFormat, schema: &SchemaRef, rows_max: usize) -> Result<(Self, Vec<u8>), StoreError> {
        let mut first = Vec::new();
        let form = match format {
            SqlFormat::Json => {
                let columns: Vec<&String> = schema.fields().iter().map(|f| f.name()).collect();
                first.extend(b"{\"columns\":");
                serde_json::to_writer(&mut first, &columns).map_err(unwritable)?;
                first.extend(b",\"rows\":[");
                Form::Json { began: false }
            }
            SqlFormat::Csv => {
                let empty = RecordBatch::new_empty(schema.clone());
                csv::WriterBuilder::new().build(&mut first).write(&empty).map_err(unwritable)?;
                Form::Csv { head: !first.is_empty() }
            }
            SqlFormat::Arrow => {
                let mut writer = StreamWriter::try_new(Vec::new(), schema).map_err(unwritable)?;
                first.append(writer.get_mut());
                Form::Arrow(Box::new(writer))
            }
            SqlFormat::Parquet => {
                let packed = Compression::ZSTD(ZstdLevel::default());
                let properties =
                    WriterProperties::builder().set_compression(packed).set_max_row_group_row_count(Some(GROUP_ROWS)).build();
                let mut writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties)).map_err(unwritable)?;
                first.append(writer.inner_mut());
                Form::Parquet(Box::new(writer))
            }
        };
        Ok((Self { form, rows: 0, rows_max }, first))
    }

    /// The bytes of more rows, and whether the limit is reached.
    ///
    /// # Errors
    /// The form cannot hold them; or there are too many and the form cannot say so.
    pub(crate) fn rows(&mut self, batch: &RecordBatch) -> Result<(Vec<u8>, bool), StoreError> {
        let left = self.rows_max - self.rows;
        let cut = batch.num_rows() > left;
        if cut && !matches!(self.form, Form::Json { .. }) {
            let allowed = self.rows_max;
            return Err(StoreError::Query(format!("the answer has more than {allowed} rows; narrow the query or add a LIMIT")));
        }
        let batch = batch.slice(0, batch.num_rows().min(left));
        self.rows += batch.num_rows();
        let mut bytes = Vec::new();
        match &mut self.form {
            Form::Json { began } => json_rows(&batch, began, &mut bytes)?,
            Form::Csv { head } => {
                let mut writer = csv::WriterBuilder::new().with_header(!*head).build(&mut bytes);
                writer.write(&batch).map_err(unwritable)?;
                *head = true;
            }
            Form::Arrow(writer) => {
                writer.write(&batch).map_err(unwritable)?;
                bytes.append(writer.get_mut());
            }
            Form::Parquet(writer) => {
                writer.write(&batch).map_err(unwritable)?;
                bytes.append(writer.inner_mut());
            }
        }
        Ok((bytes, cut))
    }

    /// The last bytes.
    ///
    /// # Errors
    /// The form cannot be ended.
    pub(crate) fn end(self, cut: bool) -> Result<Vec<u8>, StoreError> {
        match self.form {
            Form::Json { .. } => Ok(format!("],\"cut\":{cut}}}").into_bytes()),
            Form::Csv { .. } => Ok(Vec::new()),
            Form::Arrow(mut writer) => {
                writer.finish().map_err(unwritable)?;
                Ok(std::mem::take(writer.get_mut()))
            }
            Form::Parquet(writer) => writer.into_inner().map_err(unwritable),
        }
    }
}

fn json_rows(batch: &RecordBatch, began: &mut bool, bytes: &mut Vec<u8>) -> Result<(), StoreError> {
    for row in json::rows(batch).map_err(unwritable)? {
        if std::mem::replace(began, true) {
            bytes.push(b',');
        }
        serde_json::to_writer(&mut *bytes, &row).map_err(unwritable)?;
    }
    Ok(())
}
