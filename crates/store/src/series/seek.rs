//! One machine's part of a sealed file, read without the rest: row groups and pages are found by the bounds of machine and time
//! that the file keeps, and footers stay in memory.
//!
//! Enters: a file, a machine, a window, names of columns. Leaves: record batches with the range of rows that are wanted. Absent:
//! what the values mean (`ask`).

use super::wide::{AT, BATCH_ROWS, MACHINE};
use crate::StoreError;
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Int32Type, TimestampMicrosecondType};
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use datafusion::parquet::file::page_index::column_index::ColumnIndexMetaData;
use datafusion::parquet::file::statistics::Statistics;
use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Footers kept in memory at most.
const FOOTERS_MAX: usize = 512;

/// What is looked for.
pub(super) struct Wanted<'a> {
    /// Name of the machine.
    pub machine: &'a str,
    /// First instant [µs].
    pub from: i64,
    /// First instant after [µs].
    pub to: i64,
    /// Columns beside machine and time; those that the file lacks are left out.
    pub columns: &'a [String],
}

/// Footers of files read lately. A file of history never changes under its name.
#[derive(Default)]
pub(crate) struct Footers(Mutex<HashMap<PathBuf, ArrowReaderMetadata>>);

impl Footers {
    fn of(&self, path: &Path, file: &File) -> Result<ArrowReaderMetadata, ParquetError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(footer) = known.get(path) {
            return Ok(footer.clone());
        }
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
        let footer = ArrowReaderMetadata::load(file, options)?;
        if known.len() >= FOOTERS_MAX {
            known.clear();
        }
        known.insert(path.to_owned(), footer.clone());
        Ok(footer)
    }
}

/// Hands on the wanted rows of a file, in the order of their times.
///
/// # Errors
/// The file cannot be read.
pub(super) fn seek(
    footers: &Footers,
    path: &Path,
    wanted: &Wanted<'_>,
    each: &mut dyn FnMut(&RecordBatch, Range<usize>),
) -> Result<(), StoreError> {
    let file = File::open(path).map_err(|e| StoreError::disk("cannot read", path, &e))?;
    read(footers, path, file, wanted, each).map_err(|e| StoreError::form(path.display().to_string(), &e))
}

fn read(
    footers: &Footers,
    path: &Path,
    file: File,
    wanted: &Wanted<'_>,
    each: &mut dyn FnMut(&RecordBatch, Range<usize>),
) -> Result<(), ParquetError> {
    let footer = footers.of(path, &file)?;
    let (groups, ranges) = places(footer.metadata(), wanted);
    if groups.is_empty() {
        return Ok(());
    }
    let rows = groups.iter().map(|g| footer.metadata().row_group(*g).num_rows() as usize).sum();
    let schema = footer.schema().clone();
    let is_wanted = |name: &String| wanted.columns.contains(name);
    let leaves = schema.fields().iter().enumerate().filter(|(place, f)| [AT, MACHINE].contains(place) || is_wanted(f.name()));
    let leaves: Vec<usize> = leaves.map(|(place, _)| place).collect();
    let mask = ProjectionMask::leaves(footer.parquet_schema(), leaves);
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, footer)
        .with_batch_size(BATCH_ROWS)
        .with_projection(mask)
        .with_row_groups(groups)
        .with_row_selection(RowSelection::from_consecutive_ranges(ranges.into_iter(), rows))
        .build()?;
    for batch in reader {
        let batch = batch?;
        let rows = matching(&batch, wanted);
        if !rows.is_empty() {
            each(&batch, rows);
        }
    }
    Ok(())
}

/// Row groups that may hold wanted rows, and the ranges of rows in them, counted over these groups.
fn places(footer: &ParquetMetaData, wanted: &Wanted<'_>) -> (Vec<usize>, Vec<Range<usize>>) {
    let (mut groups, mut ranges, mut before) = (Vec::new(), Vec::new(), 0);
    for (number, group) in footer.row_groups().iter().enumerate() {
        let machines = match group.column(MACHINE).statistics() {
            Some(Statistics::ByteArray(s)) => s.min_opt().zip(s.max_opt()),
            _ => None,
        };
        let times = match group.column(AT).statistics() {
            Some(Statistics::Int64(s)) => s.min_opt().zip(s.max_opt()),
            _ => None,
        };
        let name = wanted.machine.as_bytes();
        if machines.is_some_and(|(low, high)| name < low.data() || name > high.data())
            || times.is_some_and(|(low, high)| *high < wanted.from || *low >= wanted.to)
        {
            continue;
        }
        let rows = group.num_rows() as usize;
        let by_machine = pages(footer, number, MACHINE, rows, |index, page| match index {
            ColumnIndexMetaData::BYTE_ARRAY(i) => {
                i.min_value(page).is_none_or(|low| low <= name) && i.max_value(page).is_none_or(|high| name <= high)
            }
            _ => true,
        });
        let by_time = pages(footer, number, AT, rows, |index, page| match index {
            ColumnIndexMetaData::INT64(i) => {
                i.min_value(page).is_none_or(|low| *low < wanted.to) && i.max_value(page).is_none_or(|high| *high >= wanted.from)
            }
            _ => true,
        });
        for range in common(&by_machine, &by_time) {
            ranges.push(before + range.start..before + range.end);
        }
        groups.push(number);
        before += rows;
    }
    (groups, ranges)
}

/// Ranges of rows of a row group whose pages of a column may hold what is wanted; all of it where the file has no page index.
fn pages(
    footer: &ParquetMetaData,
    group: usize,
    column: usize,
    rows: usize,
    holds: impl Fn(&ColumnIndexMetaData, usize) -> bool,
) -> Vec<Range<usize>> {
    let index = footer.column_index().and_then(|groups| groups.get(group)).and_then(|columns| columns.get(column));
    let offsets = footer.offset_index().and_then(|groups| groups.get(group)).and_then(|columns| columns.get(column));
    let Some((index, offsets)) = index.zip(offsets) else { return std::iter::once(0..rows).collect() };
    let firsts: Vec<usize> = offsets.page_locations().iter().map(|p| p.first_row_index as usize).collect();
    let end = |page: usize| firsts.get(page + 1).copied().unwrap_or(rows);
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for page in (0..firsts.len()).filter(|page| holds(index, *page)) {
        match ranges.last_mut() {
            Some(open) if open.end == firsts[page] => open.end = end(page),
            _ => ranges.push(firsts[page]..end(page)),
        }
    }
    ranges
}

/// What two ascending lists of ranges have in common.
fn common(a: &[Range<usize>], b: &[Range<usize>]) -> Vec<Range<usize>> {
    let pairs = a.iter().flat_map(|x| b.iter().map(move |y| x.start.max(y.start)..x.end.min(y.end)));
    pairs.filter(|range| !range.is_empty()).collect()
}

/// The rows of a batch that are of the machine and in the window: one range, for a file is sorted by machine and time.
fn matching(batch: &RecordBatch, wanted: &Wanted<'_>) -> Range<usize> {
    let (Some(names), Some(times)) = (batch.column_by_name("machine"), batch.column_by_name("at")) else { return 0..0 };
    let names = names.as_dictionary::<Int32Type>();
    let known = names.values().as_string::<i32>();
    let Some(key) = (0..known.len()).find(|key| known.value(*key) == wanted.machine) else { return 0..0 };
    let keys = names.keys().values();
    let Some(first) = keys.iter().position(|k| *k == key as i32) else { return 0..0 };
    let run = keys[first..].iter().take_while(|k| **k == key as i32).count();
    let at = &times.as_primitive::<TimestampMicrosecondType>().values()[first..first + run];
    first + at.partition_point(|t| *t < wanted.from)..first + at.partition_point(|t| *t < wanted.to)
}

#[cfg(test)]
mod tests {
    use super::common;

    #[test]
    fn only_what_both_hold_is_read() {
        let (one, next, middle) = (0..10, 10..20, 5..25);
        assert_eq!(common(&[one.clone(), 20..30], std::slice::from_ref(&middle)), [5..10, 20..25]);
        assert!(common(std::slice::from_ref(&one), std::slice::from_ref(&next)).is_empty());
    }
}
