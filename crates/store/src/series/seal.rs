//! Sealing: readings of closed journal segments become Parquet files. Each is written under another name, flushed, renamed; it
//! counts only once the records database lists it, so a kill at any moment loses nothing and doubles nothing.

use super::manifest::{Book, Column, Manifest, PartFile};
use super::wide::{Hot, Table, gather, schema};
use crate::StoreError;
use crate::journal::segment::sync_dir;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::metadata::{KeyValue, SortingColumn};
use datafusion::parquet::file::properties::WriterProperties;
use measure::Instant;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Rows in a row group.
const GROUP_ROWS: usize = 131_072;

/// Segments to be sealed together.
pub(crate) struct Chunk {
    /// Their readings.
    pub hot: Vec<Hot>,
    /// The highest of their numbers.
    pub segment: u64,
    /// The lexicon.
    pub words: Vec<Arc<str>>,
    /// Name of the site, written into each file.
    pub site: String,
    /// Columns so far.
    pub manifest: Arc<Manifest>,
}

/// Writes a chunk's files below `history`: the files, and the columns that are new or changed.
///
/// # Errors
/// The disk refuses.
pub(crate) fn write_chunk(history: &Path, chunk: &Chunk) -> Result<(Vec<PartFile>, Vec<Column>), StoreError> {
    let mut book = Book::new(&chunk.manifest);
    let mut files = Vec::new();
    for (machine_type, mut table) in gather(&chunk.hot, &mut book, None) {
        for (day, range) in table.days() {
            let columns = used_columns(&table, range.clone(), &book);
            let rows = table.rows(range.clone(), &columns, &chunk.words)?;
            let (year, month, date, ..) = day.civil();
            let path = format!("{machine_type}/date={year:04}-{month:02}-{date:02}/part-{:08}.parquet", chunk.segment);
            let schema = schema(columns.iter().map(|(_, c)| c));
            let bytes = write_file(&history.join(&path), &chunk.site, &schema, &rows)?;
            let (first_at, last_at) = bounds(&rows);
            files.push(PartFile {
                path,
                machine_type: machine_type.clone(),
                first_at,
                last_at,
                rows: rows.iter().map(|r| r.num_rows() as u64).sum(),
                readings: range.len() as u64,
                bytes,
            });
        }
    }
    Ok((files, book.changed()))
}

/// The columns that have a value in a range, with a quality column where one is not good.
fn used_columns(table: &Table, range: std::ops::Range<usize>, book: &Book) -> Vec<(usize, Column)> {
    let mut used: Vec<Option<bool>> = vec![None; book.columns.len()];
    for cell in &table.cells[range] {
        let slot = used[cell.column as usize].get_or_insert(false);
        *slot |= cell.quality != 0;
    }
    let columns = used.into_iter().enumerate();
    columns.filter_map(|(place, used)| used.map(|quality| (place, Column { quality, ..book.columns[place].clone() }))).collect()
}

/// Earliest and latest source time of rows [µs].
pub(super) fn bounds(rows: &[RecordBatch]) -> (i64, i64) {
    use datafusion::arrow::array::{Array, TimestampMicrosecondArray};
    let mut bounds = (i64::MAX, i64::MIN);
    for batch in rows {
        let Some(times) = batch.column(0).as_any().downcast_ref::<TimestampMicrosecondArray>() else { continue };
        for at in times.values().iter().take(times.len()) {
            bounds = (bounds.0.min(*at), bounds.1.max(*at));
        }
    }
    bounds
}

/// Writes one Parquet file so that it is whole or not there; gives its size [bytes].
pub(super) fn write_file(path: &Path, site: &str, schema: &SchemaRef, rows: &[RecordBatch]) -> Result<u64, StoreError> {
    let dir = path.parent().unwrap_or(path);
    let new_dir = !dir.exists();
    std::fs::create_dir_all(dir).map_err(|e| StoreError::disk("cannot make", dir, &e))?;
    let temporary = path.with_extension("tmp");
    let written = write_temporary(&temporary, site, schema, rows);
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    let bytes = written?;
    std::fs::rename(&temporary, path).map_err(|e| StoreError::disk("cannot rename", path, &e))?;
    sync_dir(dir)?;
    if new_dir {
        dir.ancestors().skip(1).take(2).try_for_each(sync_dir)?;
    }
    Ok(bytes)
}

fn write_temporary(path: &Path, site: &str, schema: &SchemaRef, rows: &[RecordBatch]) -> Result<u64, StoreError> {
    let wrong =
        |e: &dyn std::fmt::Display| StoreError::Disk { what: "cannot write", path: path.to_owned(), cause: e.to_string() };
    let file = File::create(path).map_err(|e| wrong(&e))?;
    let sorting = [2, 0].map(|column_idx| SortingColumn { column_idx, descending: false, nulls_first: false });
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_key_value_metadata(Some(vec![KeyValue::new("socium.site".to_owned(), site.to_owned())]))
        .set_sorting_columns(Some(sorting.to_vec()))
        .set_created_by(concat!("socium ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let mut writer = ArrowWriter::try_new(file, Arc::clone(schema), Some(properties)).map_err(|e| wrong(&e))?;
    for batch in rows {
        writer.write(batch).map_err(|e| wrong(&e))?;
    }
    let file = writer.into_inner().map_err(|e| wrong(&e))?;
    file.sync_all().map_err(|e| wrong(&e))?;
    Ok(file.metadata().map_err(|e| wrong(&e))?.len())
}

/// The first instant that history of a number of days before `now` still holds.
pub(super) fn kept_from(now: Instant, days: u32) -> i64 {
    (now - measure::Span::from_days(i64::from(days))).floor(measure::Span::from_days(1)).micros()
}
