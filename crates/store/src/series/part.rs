//! One Parquet file of history: written under another name, flushed, renamed, so that it is whole or not there.
//!
//! The types of columns are the same in every file ([`super::wide`]); how they are encoded is chosen for each file by its first
//! rows (`decisions/0080`): numbers of a sensor with steps by dictionary, others by BYTE_STREAM_SPLIT, times by
//! DELTA_BINARY_PACKED, all under Zstandard.
//!
//! Enters: record batches by machine and source time. Leaves: a file and its size. Absent: which rows.

use super::wide::{AT, MACHINE, RECEIVED};
use crate::StoreError;
use crate::journal::segment::sync_dir;
use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, Encoding, ZstdLevel};
use datafusion::parquet::file::metadata::{KeyValue, SortingColumn};
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use datafusion::parquet::schema::types::ColumnPath;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Rows in a row group.
const GROUP_ROWS: usize = 131_072;
/// Rows in a page, so that one machine is read without many others.
const PAGE_ROWS: usize = 2_048;
/// Rows by which the encodings are chosen.
const SAMPLE_ROWS: usize = 8_192;
/// Level of Zstandard: higher ones cost CPU and gain little on what is packed already (`decisions/0080`).
const ZSTD_LEVEL: i32 = 1;

/// A file being written. Dropped before [`Self::finish`], nothing stays.
pub(super) struct Part {
    path: PathBuf,
    temporary: PathBuf,
    site: String,
    out: Out,
    rows: u64,
    new_dir: bool,
}

/// Where the rows go.
enum Out {
    /// The first ones wait until the encodings can be chosen.
    Waiting(File, Vec<RecordBatch>),
    Writing(Box<ArrowWriter<File>>),
    Ended,
}

impl Part {
    /// Begins a file.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn create(path: &Path, site: &str) -> Result<Self, StoreError> {
        let dir = path.parent().unwrap_or(path);
        let new_dir = !dir.exists();
        std::fs::create_dir_all(dir).map_err(|e| StoreError::disk("cannot make", dir, &e))?;
        let temporary = path.with_extension("tmp");
        let file = File::create(&temporary).map_err(|e| StoreError::disk("cannot write", &temporary, &e))?;
        let out = Out::Waiting(file, Vec::new());
        Ok(Self { path: path.to_owned(), temporary, site: site.to_owned(), out, rows: 0, new_dir })
    }

    /// Adds rows; all have the same columns.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn write(&mut self, batch: RecordBatch) -> Result<(), StoreError> {
        self.rows += batch.num_rows() as u64;
        match &mut self.out {
            Out::Waiting(_, first) => {
                first.push(batch);
                if self.rows >= SAMPLE_ROWS as u64 { self.begin() } else { Ok(()) }
            }
            Out::Writing(writer) => writer.write(&batch).map_err(|e| self.refused(&e)),
            Out::Ended => Ok(()),
        }
    }

    /// Chooses the encodings and writes the rows that waited.
    fn begin(&mut self) -> Result<(), StoreError> {
        let (file, first) = match std::mem::replace(&mut self.out, Out::Ended) {
            Out::Waiting(file, first) => (file, first),
            other => {
                self.out = other;
                return Ok(());
            }
        };
        let Some(schema) = first.first().map(RecordBatch::schema) else { return Ok(()) };
        let writer = ArrowWriter::try_new(file, schema, Some(properties(&self.site, &first)));
        let mut writer = Box::new(writer.map_err(|e| self.refused(&e))?);
        first.iter().try_for_each(|batch| writer.write(batch)).map_err(|e| self.refused(&e))?;
        self.out = Out::Writing(writer);
        Ok(())
    }

    /// Makes the file whole and durable; gives its rows and its size [bytes]. Without rows there is no file.
    ///
    /// # Errors
    /// The disk refuses; nothing stays then.
    pub(super) fn finish(mut self) -> Result<(u64, u64), StoreError> {
        self.begin()?;
        let Out::Writing(writer) = std::mem::replace(&mut self.out, Out::Ended) else { return Ok((0, 0)) };
        let file = writer.into_inner().map_err(|e| self.refused(&e))?;
        file.sync_all().map_err(|e| self.refused(&e))?;
        let bytes = file.metadata().map_err(|e| self.refused(&e))?.len();
        std::fs::rename(&self.temporary, &self.path).map_err(|e| StoreError::disk("cannot rename", &self.path, &e))?;
        let dir = self.path.parent().unwrap_or(&self.path);
        sync_dir(dir)?;
        if self.new_dir {
            dir.ancestors().skip(1).take(2).try_for_each(sync_dir)?;
        }
        Ok((self.rows, bytes))
    }

    fn refused(&self, cause: &dyn std::fmt::Display) -> StoreError {
        StoreError::Disk { what: "cannot write", path: self.temporary.clone(), cause: cause.to_string() }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // after a rename there is nothing of that name
        let _ = std::fs::remove_file(&self.temporary);
    }
}

fn properties(site: &str, first: &[RecordBatch]) -> WriterProperties {
    let sorting = [MACHINE, AT].map(|place| SortingColumn { column_idx: place as i32, descending: false, nulls_first: false });
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL).unwrap_or_default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_key_value_metadata(Some(vec![KeyValue::new("socium.site".to_owned(), site.to_owned())]))
        .set_sorting_columns(Some(sorting.to_vec()))
        .set_created_by(concat!("socium ", env!("CARGO_PKG_VERSION")).to_owned());
    let schema = first.first().map(RecordBatch::schema);
    for (place, field) in schema.iter().flat_map(|schema| schema.fields()).enumerate() {
        builder = encoded(builder, ColumnPath::new(vec![field.name().clone()]), (place, field.data_type()), first);
    }
    builder.build()
}

/// How a column is encoded and for which parts of it statistics are kept.
fn encoded(
    builder: WriterPropertiesBuilder,
    path: ColumnPath,
    (place, kind): (usize, &DataType),
    first: &[RecordBatch],
) -> WriterPropertiesBuilder {
    match kind {
        _ if place == AT || place == RECEIVED => builder
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED)
            .set_column_statistics_enabled(path, if place == AT { EnabledStatistics::Page } else { EnabledStatistics::Chunk }),
        DataType::Float64 => builder
            .set_column_dictionary_enabled(path.clone(), has_steps(first, place))
            .set_column_encoding(path.clone(), Encoding::BYTE_STREAM_SPLIT)
            .set_column_statistics_enabled(path, EnabledStatistics::Chunk),
        _ if place == MACHINE => builder.set_column_statistics_enabled(path, EnabledStatistics::Page),
        _ => builder.set_column_statistics_enabled(path, EnabledStatistics::Chunk),
    }
}

/// Whether numbers come back often enough for a dictionary: at most half of them are new.
fn has_steps(first: &[RecordBatch], place: usize) -> bool {
    let values = first.iter().flat_map(|batch| batch.column(place).as_primitive::<Float64Type>().iter().flatten());
    let mut seen: Vec<u64> = values.map(f64::to_bits).collect();
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    seen.len() <= count / 2
}
