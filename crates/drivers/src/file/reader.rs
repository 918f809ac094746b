//! The next rows of one file. Enters: a file, how far it was read, how long it is unchanged. Leaves: chunks of rows, each with the
//! position after it. Absent: what rows mean, waiting; every call here blocks and runs beside the task.

use super::config::{Config, LAST_LINE_SETTLES};
use super::folder::Found;
use super::position::{HEAD_BYTES, Position};
use super::table::{BadRow, Format, Place, ROW_BYTES_MAX, Row, Table};
use super::wire::Plan;
use crc32fast::Hasher;
use plant::RefusalReason;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;
use std::time::Duration;

/// Rows of one chunk: one delivery, one commit.
const CHUNK_ROWS: usize = 4_096;
/// Cells of one chunk, about.
const CHUNK_CELLS: usize = 1 << 16;
/// Bytes read at once while a line break is looked for.
const BLOCK_BYTES: u64 = 1 << 16;

/// A file being read.
pub(super) struct Reader {
    table: Table,
    config: Arc<Config>,
    found: Found,
    format: Format,
    /// What its columns mean.
    pub plan: Arc<Plan>,
    /// How far it was read.
    pub position: Position,
    /// Whether rows that were taken before are no longer the same, so that all are read again.
    pub is_rewritten: bool,
    /// Bytes of a CSV that are read in this pass.
    limit: u64,
    /// Whether the last line counts though no line break ends it.
    takes_last: bool,
    has_ended: bool,
}

/// What can be had of a file now.
pub(super) enum Opened {
    /// Rows.
    Rows(Box<Reader>),
    /// Nothing new yet.
    Nothing,
    /// It cannot be read: what was found, what is allowed, why.
    Unreadable(String, String, RefusalReason),
}

/// Rows and the position after them.
pub(super) struct Chunk {
    pub rows: Vec<Result<Row, BadRow>>,
    pub position: Position,
}

/// Whether a file may hold something new, by its stamp alone.
pub(super) fn is_due(found: &Found, position: Option<&Position>, quiet: Duration, settle: Duration) -> bool {
    let is_settled = quiet >= settle;
    let Some(position) = position else {
        return found.stamp.size > 0 && (is_settled || Format::of(&found.path) == Format::Csv);
    };
    let has_changed = found.stamp.size != position.stamp.size || found.stamp.changed != position.stamp.changed;
    match Format::of(&found.path) {
        // the header was refused
        Format::Csv if position.done && position.offset == 0 => has_changed && is_settled,
        Format::Csv => has_changed || found.stamp.size > position.offset,
        _ => is_settled && (has_changed || !position.done),
    }
}

/// Opens a file where it was left.
///
/// # Errors
/// The disk refuses; it is tried again. What is wrong with the file itself is [`Opened::Unreadable`].
pub(super) fn open(config: Arc<Config>, found: Found, position: Option<Position>, quiet: Duration) -> Result<Opened, String> {
    if found.stamp.size > config.bytes_max {
        let (size, most) = (format!("{} bytes", found.stamp.size), format!("at most {} bytes", config.bytes_max));
        return Ok(Opened::Unreadable(size, most, RefusalReason::TooLarge));
    }
    File::open(&found.path).map_err(|error| error.to_string())?;
    match Format::of(&found.path) {
        Format::Csv => open_text(config, found, position, quiet),
        format => open_whole(config, found, position.filter(|p| p.lines > 0), format),
    }
}

fn unreadable(found: String) -> Opened {
    let allowed = "a CSV, CSV.gz, Excel (.xlsx) or Parquet file with the columns named in unit.toml";
    Opened::Unreadable(found, allowed.to_owned(), RefusalReason::Malformed)
}

fn open_text(config: Arc<Config>, found: Found, position: Option<Position>, quiet: Duration) -> Result<Opened, String> {
    let mut kept = position.filter(|p| p.offset > 0);
    let mut is_rewritten = false;
    if let Some(p) = kept
        && (p.offset > found.stamp.size || head_sum(&found, p.offset)? != p.sum)
    {
        (kept, is_rewritten) = (None, p.stamp.is_same_file(&found.stamp));
    }
    let takes_last = quiet >= config.settle * LAST_LINE_SETTLES;
    let limit = if takes_last { found.stamp.size } else { last_break(&found)? };
    let from = kept.map(|p| Place { offset: p.offset, lines: p.lines });
    if limit <= from.map_or(0, |p| p.offset) {
        return Ok(Opened::Nothing);
    }
    let opened = Table::open_at(&found.path, &config.style, from, limit);
    let opened = opened.and_then(|table| Plan::of(&config, &table.columns).map(|plan| (table, plan)));
    let (table, plan) = match opened {
        Ok(opened) => opened,
        // its head may still be written
        Err(_) if quiet < config.settle => return Ok(Opened::Nothing),
        Err(error) => return Ok(unreadable(error)),
    };
    let position = Position { stamp: found.stamp, done: false, ..kept.unwrap_or_default() };
    let plan = Arc::new(plan);
    let format = Format::Csv;
    let reader = Reader { table, config, found, format, plan, position, is_rewritten, limit, takes_last, has_ended: false };
    Ok(Opened::Rows(Box::new(reader)))
}

fn open_whole(config: Arc<Config>, found: Found, kept: Option<Position>, format: Format) -> Result<Opened, String> {
    let fresh = || Table::open(&found.path, &config.style);
    let opened = fresh().and_then(|table| Plan::of(&config, &table.columns).map(|plan| (table, plan)));
    let (mut table, plan) = match opened {
        Ok(opened) => opened,
        Err(error) => return Ok(unreadable(error)),
    };
    let mut position = Position { stamp: found.stamp, ..Position::default() };
    let mut is_rewritten = false;
    if let Some(kept) = kept {
        let mut sum = Hasher::new();
        let taken = (0..kept.lines).map_while(|_| table.next_row()).map(|row| add(&mut sum, &row)).count() as u64;
        if taken == kept.lines && sum.finalize() == kept.sum {
            (position.lines, position.sum) = (kept.lines, kept.sum);
        } else {
            is_rewritten = true;
            table = fresh()?;
        }
    }
    let plan = Arc::new(plan);
    let (limit, takes_last) = (found.stamp.size, true);
    let reader = Reader { table, config, found, format, plan, position, is_rewritten, limit, takes_last, has_ended: false };
    Ok(Opened::Rows(Box::new(reader)))
}

impl Reader {
    /// The next rows; `None` when there are none for now.
    ///
    /// # Errors
    /// The disk refuses; the file is opened again where it was left.
    pub(super) fn chunk(&mut self) -> Result<Option<Chunk>, String> {
        if self.has_ended {
            return Ok(None);
        }
        let rows = if self.format == Format::Csv { self.text_rows()? } else { self.whole_rows() };
        self.position.done = self.has_ended && self.format != Format::Csv;
        let is_news = !rows.is_empty() || self.format != Format::Csv;
        Ok(is_news.then_some(Chunk { rows, position: self.position }))
    }

    fn is_full(&self, rows: usize) -> bool {
        rows >= CHUNK_ROWS || rows * self.table.columns.len() >= CHUNK_CELLS
    }

    fn whole_rows(&mut self) -> Vec<Result<Row, BadRow>> {
        let mut rows = Vec::new();
        let mut sum = Hasher::new_with_initial(self.position.sum);
        while !self.is_full(rows.len()) {
            let Some(row) = self.table.next_row() else {
                self.has_ended = true;
                break;
            };
            add(&mut sum, &row);
            self.position.lines += 1;
            rows.push(row);
        }
        self.position.sum = sum.finalize();
        rows
    }

    fn text_rows(&mut self) -> Result<Vec<Result<Row, BadRow>>, String> {
        let mut rows = Vec::new();
        while !self.is_full(rows.len()) {
            let before = self.table.place().unwrap_or_default();
            let Some(row) = self.table.next_row() else {
                self.has_ended = true;
                break;
            };
            let mut after = self.table.place().unwrap_or_default();
            let breaks_off = matches!(&row, Err(BadRow { ends: true, .. }));
            let is_open = !breaks_off && after.offset >= self.limit && self.has_open_quote(before)?;
            if is_open && !self.takes_last {
                self.has_ended = true;
                break;
            }
            let row = if is_open { Err(open_quote(before.lines + 1)) } else { row };
            if breaks_off || is_open {
                after = self.next_line(before)?;
                self.table = Table::open_at(&self.found.path, &self.config.style, Some(after), self.limit)?;
            }
            (self.position.offset, self.position.lines) = (after.offset, after.lines);
            rows.push(row.map_err(|bad| BadRow { ends: false, ..bad }));
        }
        if !rows.is_empty() {
            self.position.sum = head_sum(&self.found, self.position.offset)?;
        }
        Ok(rows)
    }

    /// Whether the row from a place up to the limit would go on beyond a line break: then a quote in it is not closed.
    fn has_open_quote(&self, from: Place) -> Result<bool, String> {
        let mut bytes = Vec::new();
        each_block(&self.found, from.offset, self.limit, |block| {
            bytes.extend_from_slice(block);
            true
        })?;
        bytes.extend_from_slice(b"\nx\n");
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&*bytes);
        Ok(reader.into_byte_records().count() < 2)
    }

    /// The place after the line that begins at a place; the limit where no line break ends it.
    fn next_line(&self, from: Place) -> Result<Place, String> {
        let mut place = from;
        let mut has_begun = false;
        each_block(&self.found, from.offset, self.limit, |block| {
            for byte in block {
                place.offset += 1;
                place.lines += u64::from(*byte == b'\n');
                has_begun |= !matches!(byte, b'\r' | b'\n');
                if has_begun && *byte == b'\n' {
                    return false;
                }
            }
            true
        })?;
        Ok(place)
    }
}

fn open_quote(line: u64) -> BadRow {
    let (found, allowed) = ("a quote left open".to_owned(), "a second quote that ends the value".to_owned());
    BadRow { line, found, allowed, ends: false }
}

fn add(sum: &mut Hasher, row: &Result<Row, BadRow>) {
    match row {
        Ok(row) => row.cells.iter().for_each(|cell| {
            sum.update(cell.as_bytes());
            sum.update(b"\x1f");
        }),
        Err(bad) => sum.update(bad.found.as_bytes()),
    }
    sum.update(b"\x1e");
}

/// CRC-32 over the first bytes of a file, of those before `offset`.
fn head_sum(found: &Found, offset: u64) -> Result<u32, String> {
    let mut sum = Hasher::new();
    each_block(found, 0, offset.min(HEAD_BYTES), |block| {
        sum.update(block);
        true
    })?;
    Ok(sum.finalize())
}

/// The place after the last line break; 0 where the last [`ROW_BYTES_MAX`] bytes hold none and are not yet too many.
fn last_break(found: &Found) -> Result<u64, String> {
    let size = found.stamp.size;
    let mut end = size;
    while end > 0 && size - end <= ROW_BYTES_MAX as u64 {
        let start = end.saturating_sub(BLOCK_BYTES);
        let mut last = None;
        let mut at = start;
        each_block(found, start, end, |block| {
            last = block.iter().rposition(|b| *b == b'\n').map(|place| at + place as u64 + 1).or(last);
            at += block.len() as u64;
            true
        })?;
        if let Some(last) = last {
            return Ok(last);
        }
        end = start;
    }
    // a line longer than any row is refused as it is
    Ok(if end == 0 { 0 } else { size })
}

/// Reads bytes `from..to` block by block while `take` wants more; ends early where the file does.
fn each_block(found: &Found, from: u64, to: u64, mut take: impl FnMut(&[u8]) -> bool) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut file = File::open(&found.path).map_err(failed)?;
    file.seek(SeekFrom::Start(from)).map_err(failed)?;
    let mut rest = file.take(to.saturating_sub(from));
    let mut block = vec![0; BLOCK_BYTES.min(to.saturating_sub(from)) as usize];
    loop {
        let count = rest.read(&mut block).map_err(failed)?;
        if count == 0 || !take(&block[..count]) {
            return Ok(());
        }
    }
}
