//! Sealing: readings of closed journal segments become Parquet files. A file counts only once the records database lists it, so a
//! kill at any moment loses nothing and doubles nothing; after a refusal of the disk no file of the chunk stays.
//!
//! Enters: segments. Leaves: files by machine type and day. Absent: which segments are due (`store::sealing`).

use super::gather::{Day, Gathered, Table, gather};
use super::manifest::{Book, Column, Manifest, PartFile};
use super::part::Part;
use super::rows::Emitter;
use crate::StoreError;
use crate::live::Hot;
use measure::{Instant, Span};
use std::path::Path;
use std::sync::Arc;

/// Segments to be sealed together.
pub(crate) struct Chunk {
    /// Their readings.
    pub hot: Arc<[Hot]>,
    /// The highest of their numbers.
    pub segment: u64,
    /// The lexicon.
    pub words: Arc<[Arc<str>]>,
    /// Name of the site, written into each file.
    pub site: String,
    /// Columns so far.
    pub manifest: Arc<Manifest>,
}

/// Writes a chunk's files below `history`: the files, and the columns that are new or changed.
///
/// # Errors
/// The disk refuses; none of the files is there then.
pub(crate) fn write_chunk(history: &Path, chunk: &Chunk) -> Result<(Vec<PartFile>, Vec<Column>), StoreError> {
    let mut book = Book::new(&chunk.manifest);
    let gathered = Arc::new(gather(&chunk.hot, &mut book, None)?);
    let mut files = Vec::new();
    for (machine_type, table) in &gathered.tables {
        let written = write_table(history, chunk, &book, (&gathered, machine_type, table), &mut files);
        if let Err(cause) = written {
            files.iter().for_each(|f| drop(std::fs::remove_file(history.join(&f.path))));
            return Err(cause);
        }
    }
    Ok((files, book.changed()))
}

fn write_table(
    history: &Path,
    chunk: &Chunk,
    book: &Book,
    (gathered, machine_type, table): (&Arc<Gathered>, &str, &Table),
    files: &mut Vec<PartFile>,
) -> Result<(), StoreError> {
    let mut emitter = Emitter::new(gathered, machine_type, &chunk.words, None);
    for day in &table.days {
        let path = day_path(machine_type, day.start, &format!("part-{:08}.parquet", chunk.segment));
        let (rows, bytes) = write_day(&history.join(&path), &chunk.site, &mut emitter, (day, book))?;
        let (first_at, last_at) = day.bounds;
        files.push(PartFile {
            path,
            machine_type: machine_type.to_owned(),
            first_at,
            last_at,
            rows,
            readings: day.readings,
            bytes,
        });
    }
    Ok(())
}

fn write_day(path: &Path, site: &str, emitter: &mut Emitter, (day, book): (&Day, &Book)) -> Result<(u64, u64), StoreError> {
    let mut part = Part::create(path, site)?;
    emitter.begin(day.end(), &day.columns(book));
    while let Some(batch) = emitter.next()? {
        part.write(batch)?;
    }
    part.finish()
}

/// Path of a file below `history/` by machine type and day.
pub(super) fn day_path(machine_type: &str, day: Instant, name: &str) -> String {
    let (year, month, date, ..) = day.civil();
    format!("{machine_type}/date={year:04}-{month:02}-{date:02}/{name}")
}

/// The first instant that history of a number of days before `now` still holds.
pub(super) fn kept_from(now: Instant, days: u32) -> i64 {
    (now - Span::from_days(i64::from(days))).floor(Span::from_days(1)).micros()
}
