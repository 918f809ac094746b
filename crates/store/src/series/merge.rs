//! Keeping history in few files: small files of a day are joined into one by merging rows that are sorted already, and days
//! beyond the limit are given up.
//!
//! ```text
//! part 7: mill-1 06:00..06:15, mill-2 06:00..06:15, …  ┐   mill-1 of 7, then of 8; mill-2 of 7, then of 8; …
//! part 8: mill-1 06:15..06:30, mill-2 06:15..06:30, …  ┘   only a machine whose times overlap is sorted
//! ```
//! Enters: the list of files. Leaves: one file. Absent: when (`store::sealing`). In memory are one batch a file, the rows of
//! one machine, and the row group being written.

use super::manifest::{Column, Manifest, PartFile};
use super::part::Part;
use super::wide::{self, AT, BATCH_ROWS, MACHINE};
use super::{files, seal};
use crate::StoreError;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt8Array, UInt32Array, new_null_array};
use datafusion::arrow::compute::{cast, concat_batches, take_record_batch};
use datafusion::arrow::datatypes::{DataType, Int32Type, SchemaRef, TimestampMicrosecondType};
use datafusion::arrow::record_batch::RecordBatchReader;
use datafusion::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use measure::Instant;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

/// Files that are joined when there are this many of a size.
const JOIN_FROM: usize = 12;
/// Sizes up to which files are joined with their like: a reading is written at most once more for each [bytes].
const SIZES: [u64; 3] = [1 << 20, 8 << 20, 64 << 20];
/// Most bytes of one join.
const JOIN_BYTES_MAX: u64 = 1 << 30;

/// The small files of one day and type that are worth joining, the first such group, oldest first.
pub(crate) fn join_candidates(manifest: &Manifest) -> Option<Vec<PartFile>> {
    let mut days: BTreeMap<&str, Vec<&PartFile>> = BTreeMap::new();
    for file in &manifest.files {
        days.entry(file.path.rsplit_once('/').map_or("", |(dir, _)| dir)).or_default().push(file);
    }
    let worth = |files: &Vec<&PartFile>| SIZES.iter().find_map(|size| of_size(files, *size));
    days.values().find_map(worth)
}

fn of_size(files: &[&PartFile], size: u64) -> Option<Vec<PartFile>> {
    let mut bytes = 0;
    let small = files.iter().filter(|f| f.bytes < size).take_while(|f| {
        bytes += f.bytes;
        bytes <= JOIN_BYTES_MAX
    });
    let mut group: Vec<PartFile> = small.map(|f| (*f).clone()).collect();
    group.sort_by_key(|f| files::number(Path::new(&f.path)));
    (group.len() >= JOIN_FROM).then_some(group)
}

/// Writes one file with the rows of all, by machine and source time.
///
/// # Errors
/// A file cannot be read or the disk refuses; nothing has changed then.
pub(crate) fn write_joined(
    history: &Path,
    manifest: &Manifest,
    (site, parts): (&str, &[PartFile]),
) -> Result<PartFile, StoreError> {
    let first = parts.first().ok_or_else(|| StoreError::form("a join", "no files"))?;
    let mut all = merged(history, manifest, parts)?;
    let highest = parts.iter().filter_map(|p| files::number(Path::new(&p.path))).max().unwrap_or(0);
    let dir = first.path.rsplit_once('/').map_or("", |(dir, _)| dir);
    let path = format!("{dir}/part-{highest:08}j.parquet");
    let mut out = Part::create(&history.join(&path), site)?;
    while let Some(rows) = all.next_machine()? {
        rows.into_iter().try_for_each(|batch| out.write(batch))?;
    }
    let (rows, bytes) = out.finish()?;
    Ok(PartFile {
        path,
        machine_type: first.machine_type.clone(),
        first_at: parts.iter().map(|p| p.first_at).min().unwrap_or(i64::MAX),
        last_at: parts.iter().map(|p| p.last_at).max().unwrap_or(i64::MIN),
        rows,
        readings: parts.iter().map(|p| p.readings).sum(),
        bytes,
    })
}

fn unread(path: impl std::fmt::Display, cause: &dyn std::fmt::Display) -> StoreError {
    StoreError::form(format!("history file {path}"), &cause.to_string())
}

fn open(path: &Path) -> Result<ParquetRecordBatchReader, StoreError> {
    let file = File::open(path).map_err(|e| StoreError::disk("cannot read", path, &e))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).and_then(|b| b.with_batch_size(BATCH_ROWS).build());
    reader.map_err(|e| unread(path.display(), &e))
}

/// Files of one machine type being read as one.
pub(super) struct Merged {
    /// The columns that any of the files has, in the order of the book.
    pub columns: Vec<Column>,
    schema: SchemaRef,
    streams: Vec<Stream>,
}

/// Opens files of one machine type, oldest first.
///
/// # Errors
/// One cannot be read.
pub(super) fn merged(history: &Path, manifest: &Manifest, parts: &[PartFile]) -> Result<Merged, StoreError> {
    let mut readers = Vec::new();
    for part in parts {
        readers.push(open(&history.join(&part.path))?);
    }
    let has = |name: &str| readers.iter().any(|r| r.schema().column_with_name(name).is_some());
    let of_type = |c: &&Column| parts.first().is_some_and(|p| p.machine_type == c.machine_type);
    let columns = manifest.columns.iter().filter(of_type).filter(|c| has(&c.name));
    let columns: Vec<Column> = columns.map(|c| Column { quality: has(&c.quality_name()), ..c.clone() }).collect();
    let schema = wide::schema(columns.iter());
    let mut streams = Vec::new();
    for (reader, part) in readers.into_iter().zip(parts) {
        streams.push(Stream::start(reader, &part.path, &schema)?);
    }
    Ok(Merged { columns, schema, streams })
}

/// One file being read: a batch and how far it has been handed on.
struct Stream {
    reader: ParquetRecordBatchReader,
    place: String,
    schema: SchemaRef,
    batch: Option<RecordBatch>,
    row: usize,
}

impl Stream {
    fn start(reader: ParquetRecordBatchReader, place: &str, schema: &SchemaRef) -> Result<Self, StoreError> {
        let mut stream = Self { reader, place: place.to_owned(), schema: schema.clone(), batch: None, row: 0 };
        stream.advance()?;
        Ok(stream)
    }
    fn advance(&mut self) -> Result<(), StoreError> {
        let read = self.reader.next().transpose().map_err(|e| unread(&self.place, &e))?;
        self.batch = read.map(|batch| widened(&batch, &self.schema)).transpose().map_err(|e| unread(&self.place, &e))?;
        self.row = 0;
        Ok(())
    }
    /// Name of the machine of the next row.
    fn machine(&self) -> Option<&str> {
        let batch = self.batch.as_ref()?;
        let names = batch.column(MACHINE).as_dictionary::<Int32Type>();
        let key = names.keys().value(self.row);
        Some(names.values().as_string::<i32>().value(key as usize))
    }
    /// Takes the rows of the machine of the next row.
    fn take(&mut self, machine: &str, rows: &mut Vec<RecordBatch>) -> Result<(), StoreError> {
        while self.machine() == Some(machine) {
            let Some(batch) = &self.batch else { break };
            let keys = batch.column(MACHINE).as_dictionary::<Int32Type>().keys().values();
            let run = keys[self.row..].iter().take_while(|key| **key == keys[self.row]).count();
            rows.push(batch.slice(self.row, run));
            self.row += run;
            if self.row == batch.num_rows() {
                self.advance()?;
            }
        }
        Ok(())
    }
}

/// A batch with the columns of the joined file. A value of a file without a column of qualities is good.
fn widened(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, datafusion::arrow::error::ArrowError> {
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let found = batch.column_by_name(field.name());
        arrays.push(match found {
            Some(array) if array.data_type() == field.data_type() => array.clone(),
            Some(array) => cast(array, field.data_type())?,
            None if *field.data_type() == DataType::UInt8 => match arrays.last() {
                Some(values) => std::sync::Arc::new(UInt8Array::new(vec![0; values.len()].into(), values.logical_nulls())),
                None => new_null_array(field.data_type(), batch.num_rows()),
            },
            None => new_null_array(field.data_type(), batch.num_rows()),
        });
    }
    RecordBatch::try_new(schema.clone(), arrays)
}

impl Merged {
    /// The rows of the next machine by name, in the order of their source times; those of one time in the order of their files.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(super) fn next_machine(&mut self) -> Result<Option<Vec<RecordBatch>>, StoreError> {
        let next = self.streams.iter().filter_map(Stream::machine).min().map(ToOwned::to_owned);
        let Some(machine) = next else { return Ok(None) };
        let mut rows = Vec::new();
        for stream in &mut self.streams {
            stream.take(&machine, &mut rows)?;
        }
        let ends = rows.iter().map(|batch| {
            let at = batch.column(AT).as_primitive::<TimestampMicrosecondType>();
            (at.value(0), at.value(at.len() - 1))
        });
        if ends.collect::<Vec<_>>().is_sorted_by(|before, after| before.1 <= after.0) {
            return Ok(Some(rows));
        }
        let wrong = |e| StoreError::form("a join", &e);
        let all = concat_batches(&self.schema, &rows).map_err(wrong)?;
        let at = all.column(AT).as_primitive::<TimestampMicrosecondType>().values();
        let mut order: Vec<u32> = (0..at.len() as u32).collect();
        order.sort_by_key(|row| at[*row as usize]);
        Ok(Some(vec![take_record_batch(&all, &UInt32Array::from(order)).map_err(wrong)?]))
    }
}

/// Files to be given up: those whose newest reading is more than `days` days before `now`, and the oldest ones beyond `bytes_max`
/// bytes of history. Neither where it is 0.
pub(crate) fn expired(manifest: &Manifest, now: Instant, (days, bytes_max): (u32, u64)) -> Vec<PartFile> {
    let from = seal::kept_from(now, days);
    let mut newest_first: Vec<&PartFile> = manifest.files.iter().collect();
    newest_first.sort_by_key(|f| std::cmp::Reverse(f.last_at));
    let mut bytes = 0;
    let gone = newest_first.into_iter().filter(|f| {
        bytes += f.bytes;
        (days > 0 && f.last_at < from) || (bytes_max > 0 && bytes > bytes_max)
    });
    gone.cloned().collect()
}
