//! From runs to wide rows: the readings of each machine go straight into column builders through an array from place to slot.
//!
//! Two values of one channel at one source time stand in two rows; nothing is dropped. `received` is the latest receive time of
//! the row's values. Rows come by machine name and source time.
//!
//! Enters: a gathered table. Leaves: record batches of [`BATCH_ROWS`]. Absent: files.

use super::gather::{Gathered, NOWHERE, Run, Table};
use super::manifest::Column;
use super::wide::{BATCH_ROWS, ZONE, schema, word};
use crate::StoreError;
use datafusion::arrow::array::{
    ArrayRef, DictionaryArray, Float64Array, Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt8Array,
};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::SchemaRef;
use plant::Batch;
use std::collections::HashMap;
use std::sync::Arc;

/// A value on its way into a row.
#[derive(Clone, Copy)]
struct Cell {
    at: i64,
    received: i64,
    /// Place of its column in the book.
    place: u32,
    value: f64,
    quality: u8,
}

/// Where to go on in a run.
enum Cursor {
    /// Its times go forwards: piece and row.
    Forwards(usize, usize),
    /// They do not: its values in the order of their times, and the next of them.
    Sorted(Vec<Cell>, usize),
}

/// The rows of a table, day by day.
pub(crate) struct Emitter<'a> {
    gathered: &'a Gathered,
    table: &'a Table,
    words: &'a [Arc<str>],
    cursors: Vec<Cursor>,
}

impl<'a> Emitter<'a> {
    /// At the first day of a table.
    ///
    /// # Errors
    /// An entry breaks off.
    pub(crate) fn new(gathered: &'a Gathered, table: &'a Table, words: &'a [Arc<str>]) -> Result<Self, StoreError> {
        let cursors = table.runs.iter().map(|run| Cursor::of(run, gathered)).collect::<Result<_, _>>()?;
        Ok(Self { gathered, table, words, cursors })
    }

    /// Hands on the rows before an instant [µs] that have not been handed on yet, with the columns given (place in the book,
    /// column).
    ///
    /// # Errors
    /// What `take` says; or Arrow refuses the columns, a fault of this program.
    pub(crate) fn until(
        &mut self,
        end: i64,
        columns: &[(usize, Column)],
        take: &mut impl FnMut(RecordBatch) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut rows = Rows::new(columns, self.words);
        let mut batch = Batch::default();
        for (cursor, run) in self.cursors.iter_mut().zip(&self.table.runs) {
            rows.machine(&run.name);
            match cursor {
                Cursor::Sorted(cells, next) => {
                    while let Some(cell) = cells.get(*next).filter(|c| c.at < end) {
                        rows.push(cell, take)?;
                        *next += 1;
                    }
                    if *next == cells.len() {
                        *cells = Vec::new();
                        *next = 0;
                    }
                }
                Cursor::Forwards(piece, row) => {
                    while let Some(part) = run.pieces.get(*piece).filter(|part| part.first_at < end) {
                        self.gathered.read(part, &mut batch)?;
                        let places = &self.gathered.places[part.segment as usize];
                        *row += forwards(&batch, *row, end, places, |cell| rows.push(cell, take))?;
                        if *row < batch.len() {
                            break;
                        }
                        (*piece, *row) = (*piece + 1, 0);
                    }
                }
            }
        }
        rows.flush(take)
    }
}

impl Cursor {
    fn of(run: &Run, gathered: &Gathered) -> Result<Self, StoreError> {
        if run.in_order {
            return Ok(Self::Forwards(0, 0));
        }
        let (mut cells, mut batch) = (Vec::new(), Batch::default());
        for piece in &run.pieces {
            gathered.read(piece, &mut batch)?;
            let places = &gathered.places[piece.segment as usize];
            cells.extend((0..batch.len()).filter_map(|row| cell(&batch, row, places)));
        }
        cells.sort_by_key(|c| c.at);
        Ok(Self::Sorted(cells, 0))
    }
}

/// Hands on the rows of a batch from one on while they are before an instant; gives how many those are.
fn forwards(
    batch: &Batch,
    from: usize,
    end: i64,
    places: &[u32],
    mut each: impl FnMut(&Cell) -> Result<(), StoreError>,
) -> Result<usize, StoreError> {
    let mut row = from;
    while row < batch.len() && batch.at[row].micros() < end {
        if let Some(cell) = cell(batch, row, places) {
            each(&cell)?;
        }
        row += 1;
    }
    Ok(row - from)
}

fn cell(batch: &Batch, row: usize, places: &[u32]) -> Option<Cell> {
    let place = places.get(batch.channels[row].index()).copied().filter(|place| *place != NOWHERE)?;
    let (at, received) = (batch.at[row].micros(), batch.received.micros());
    Some(Cell { at, received, place, value: batch.values[row], quality: batch.qualities[row].code() })
}

/// The values of one column in the present batch; where nothing is, `there` says so.
struct Builder {
    values: Vec<f64>,
    there: Vec<bool>,
    quality: Option<Vec<u8>>,
    lexicon: Option<Lexicon>,
}

/// The words of a column so far: number of the word to its key.
#[derive(Default)]
struct Lexicon {
    keys: HashMap<u64, i32>,
    words: Vec<String>,
    newest: Option<(u64, i32)>,
}

struct Rows<'a> {
    schema: SchemaRef,
    words: &'a [Arc<str>],
    /// Place in the book to slot.
    slots: Vec<u32>,
    at: Vec<i64>,
    received: Vec<i64>,
    machines: Vec<i32>,
    names: Vec<&'a str>,
    columns: Vec<Builder>,
    /// First row of the present machine and source time; `None` where a new machine begins.
    group: Option<usize>,
}

impl<'a> Rows<'a> {
    fn new(columns: &[(usize, Column)], words: &'a [Arc<str>]) -> Self {
        let mut slots = vec![NOWHERE; columns.iter().map(|(place, _)| place + 1).max().unwrap_or(0)];
        (0_u32..).zip(columns).for_each(|(slot, (place, _))| slots[*place] = slot);
        let builder = |(_, column): &(usize, Column)| Builder {
            values: Vec::new(),
            there: Vec::new(),
            quality: column.quality.then(Vec::new),
            lexicon: column.word.then(Lexicon::default),
        };
        Self {
            schema: schema(columns.iter().map(|(_, c)| c)),
            words,
            slots,
            at: Vec::with_capacity(BATCH_ROWS),
            received: Vec::with_capacity(BATCH_ROWS),
            machines: Vec::with_capacity(BATCH_ROWS),
            names: Vec::new(),
            columns: columns.iter().map(builder).collect(),
            group: None,
        }
    }

    /// What follows belongs to this machine.
    fn machine(&mut self, name: &'a str) {
        self.names.push(name);
        self.group = None;
    }

    fn push(&mut self, cell: &Cell, take: &mut impl FnMut(RecordBatch) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let slot = self.slots.get(cell.place as usize).copied().filter(|slot| *slot != NOWHERE);
        // a fault of this program: sealing must not go on and delete the journal
        let slot = slot.ok_or_else(|| StoreError::form("wide rows", "a value without a column"))?;
        let slot = slot as usize;
        let row = match self.group {
            Some(first) if self.at[first] == cell.at => {
                let free = (first..self.at.len()).find(|row| !self.columns[slot].is_there(*row));
                free.unwrap_or_else(|| self.open(cell))
            }
            _ => {
                if self.at.len() >= BATCH_ROWS {
                    self.flush(take)?;
                }
                self.group = Some(self.at.len());
                self.open(cell)
            }
        };
        self.received[row] = self.received[row].max(cell.received);
        self.columns[slot].put(row, cell);
        Ok(())
    }

    fn open(&mut self, cell: &Cell) -> usize {
        self.at.push(cell.at);
        self.received.push(cell.received);
        self.machines.push(self.names.len() as i32 - 1);
        self.at.len() - 1
    }

    /// Hands on the rows so far.
    fn flush(&mut self, take: &mut impl FnMut(RecordBatch) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let rows = self.at.len();
        if rows == 0 {
            return Ok(());
        }
        let time = |times: &mut Vec<i64>| {
            let full = std::mem::replace(times, Vec::with_capacity(BATCH_ROWS));
            Arc::new(TimestampMicrosecondArray::from(full).with_timezone(ZONE)) as ArrayRef
        };
        let mut arrays = vec![time(&mut self.at), time(&mut self.received), self.machine_names()?];
        for column in &mut self.columns {
            column.finish(rows, self.words, &mut arrays)?;
        }
        self.group = None;
        take(RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(|e| StoreError::form("wide rows", &e))?)
    }

    /// The names of the rows' machines; those of earlier batches are forgotten.
    fn machine_names(&mut self) -> Result<ArrayRef, StoreError> {
        let first = self.machines.first().copied().unwrap_or(0);
        let mut keys = std::mem::replace(&mut self.machines, Vec::with_capacity(BATCH_ROWS));
        keys.iter_mut().for_each(|key| *key -= first);
        let names = StringArray::from_iter_values(&self.names[first as usize..]);
        self.names.drain(..self.names.len() - 1);
        dictionary(Int32Array::from(keys), names)
    }
}

impl Builder {
    fn is_there(&self, row: usize) -> bool {
        self.there.get(row).copied().unwrap_or(false)
    }

    fn put(&mut self, row: usize, cell: &Cell) {
        if self.there.len() <= row {
            let rows = (row + 1).max(BATCH_ROWS);
            self.values.resize(rows, 0.0);
            self.there.resize(rows, false);
            self.quality.iter_mut().for_each(|q| q.resize(rows, 0));
        }
        self.values[row] = cell.value;
        self.there[row] = true;
        if let Some(quality) = &mut self.quality {
            quality[row] = cell.quality;
        }
    }

    fn finish(&mut self, rows: usize, words: &[Arc<str>], arrays: &mut Vec<ArrayRef>) -> Result<(), StoreError> {
        let (mut values, mut there) = (std::mem::take(&mut self.values), std::mem::take(&mut self.there));
        values.resize(rows, 0.0);
        there.resize(rows, false);
        let nulls = (!there.iter().all(|t| *t)).then(|| NullBuffer::from(there));
        arrays.push(match &mut self.lexicon {
            None => Arc::new(Float64Array::new(values.into(), nulls.clone())),
            Some(lexicon) => {
                let is_there = |row: usize| nulls.as_ref().is_none_or(|n| n.is_valid(row));
                let keys = values.iter().enumerate().map(|(row, v)| if is_there(row) { lexicon.key(*v, words) } else { 0 });
                let keys = Int32Array::new(keys.collect::<Vec<_>>().into(), nulls.clone());
                dictionary(keys, StringArray::from_iter_values(&lexicon.words))?
            }
        });
        if let Some(quality) = &mut self.quality {
            let mut codes = std::mem::take(quality);
            codes.resize(rows, 0);
            arrays.push(Arc::new(UInt8Array::new(codes.into(), nulls)));
        }
        Ok(())
    }
}

impl Lexicon {
    fn key(&mut self, value: f64, words: &[Arc<str>]) -> i32 {
        let bits = value.to_bits();
        if let Some((_, key)) = self.newest.filter(|(newest, _)| *newest == bits) {
            return key;
        }
        let key = *self.keys.entry(bits).or_insert_with(|| {
            self.words.push(word(words, value).to_owned());
            self.words.len() as i32 - 1
        });
        self.newest = Some((bits, key));
        key
    }
}

fn dictionary(keys: Int32Array, words: StringArray) -> Result<ArrayRef, StoreError> {
    let words = DictionaryArray::try_new(keys, Arc::new(words)).map_err(|e| StoreError::form("words", &e))?;
    Ok(Arc::new(words))
}
