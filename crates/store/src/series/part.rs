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
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, Encoding, ZstdLevel};
use datafusion::parquet::file::metadata::{KeyValue, SortingColumn};
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use datafusion::parquet::schema::types::ColumnPath;
use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Rows in a row group.
const GROUP_ROWS: usize = 131_072;
/// Rows in a page, so that one machine is read without many others.
const PAGE_ROWS: usize = 8_192;
/// Level of Zstandard: higher ones cost CPU and gain little on what is packed already (`decisions/0080`).
const ZSTD_LEVEL: i32 = 1;

/// A file being written. Dropped before [`Self::finish`], nothing stays.
pub(super) struct Part {
    path: PathBuf,
    temporary: PathBuf,
    writer: Option<ArrowWriter<File>>,
    rows: u64,
    new_dir: bool,
}

impl Part {
    /// Begins a file whose rows look like these first ones; they are not written yet.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn create(path: &Path, site: &str, first: &RecordBatch) -> Result<Self, StoreError> {
        let dir = path.parent().unwrap_or(path);
        let new_dir = !dir.exists();
        std::fs::create_dir_all(dir).map_err(|e| StoreError::disk("cannot make", dir, &e))?;
        let temporary = path.with_extension("tmp");
        let file = File::create(&temporary).map_err(|e| StoreError::disk("cannot write", &temporary, &e))?;
        let mut part = Self { path: path.to_owned(), temporary, writer: None, rows: 0, new_dir };
        let writer = ArrowWriter::try_new(file, first.schema(), Some(properties(site, first)));
        part.writer = Some(writer.map_err(|e| part.refused(&e))?);
        Ok(part)
    }

    /// Adds rows.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        let written = self.writer.as_mut().map_or(Ok(()), |w| w.write(batch));
        written.map_err(|e| self.refused(&e))?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Makes the file whole and durable; gives its rows and its size [bytes].
    ///
    /// # Errors
    /// The disk refuses; nothing stays then.
    pub(super) fn finish(mut self) -> Result<(u64, u64), StoreError> {
        let Some(writer) = self.writer.take() else { return Ok((0, 0)) };
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

fn properties(site: &str, first: &RecordBatch) -> WriterProperties {
    let sorting = [MACHINE, AT].map(|place| SortingColumn { column_idx: place as i32, descending: false, nulls_first: false });
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL).unwrap_or_default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_key_value_metadata(Some(vec![KeyValue::new("socium.site".to_owned(), site.to_owned())]))
        .set_sorting_columns(Some(sorting.to_vec()))
        .set_created_by(concat!("socium ", env!("CARGO_PKG_VERSION")).to_owned());
    for (place, field) in first.schema().fields().iter().enumerate() {
        builder = encoded(builder, ColumnPath::new(vec![field.name().clone()]), place, first);
    }
    builder.build()
}

/// How a column is encoded and for which parts of it statistics are kept.
fn encoded(builder: WriterPropertiesBuilder, path: ColumnPath, place: usize, first: &RecordBatch) -> WriterPropertiesBuilder {
    match first.column(place).data_type() {
        _ if place == AT || place == RECEIVED => builder
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED)
            .set_column_statistics_enabled(path, if place == AT { EnabledStatistics::Page } else { EnabledStatistics::Chunk }),
        DataType::Float64 => builder
            .set_column_dictionary_enabled(path.clone(), has_steps(first.column(place).as_ref()))
            .set_column_encoding(path.clone(), Encoding::BYTE_STREAM_SPLIT)
            .set_column_statistics_enabled(path, EnabledStatistics::Chunk),
        _ if place == MACHINE => builder.set_column_statistics_enabled(path, EnabledStatistics::Page),
        _ => builder.set_column_statistics_enabled(path, EnabledStatistics::Chunk),
    }
}

/// Whether numbers come back often enough for a dictionary: at most half of them are new.
fn has_steps(values: &dyn Array) -> bool {
    let values = values.as_primitive::<Float64Type>();
    let distinct: HashSet<u64> = values.iter().flatten().map(f64::to_bits).collect();
    distinct.len() <= (values.len() - values.null_count()) / 2
}
