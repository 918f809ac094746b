//! From runs to wide rows: the readings of each machine go straight into column builders through an array from place to slot.
//!
//! Two values of one channel at one source time stand in two rows; nothing is dropped. `received` is the latest receive time of
//! the row's values. Rows come by machine name and source time.
//!
//! Enters: a gathered table. Leaves: record batches of [`BATCH_ROWS`], made as they are asked for. Absent: files.

use super::gather::{Gathered, NOWHERE, Run};
use super::manifest::Column;
use super::room::Room;
use super::wide::{BATCH_ROWS, ZONE, schema, word};
use crate::StoreError;
use datafusion::arrow::array::{
    ArrayRef, DictionaryArray, Float64Array, Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt8Array,
};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::SchemaRef;
use measure::Budget;
use plant::Batch;
use std::collections::{HashMap, VecDeque};
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
    Sorted(Vec<Cell>, usize, Option<Room>),
}

/// The rows of a table, span by span: [`Emitter::begin`] says which, [`Emitter::next`] gives them.
pub(crate) struct Emitter {
    gathered: Arc<Gathered>,
    machine_type: String,
    words: Arc<[Arc<str>]>,
    /// Where the memory to sort in comes from; `None` where whoever asks has taken it already.
    budget: Option<Budget>,
    /// By run, as far as rows were asked for.
    cursors: Vec<Cursor>,
    /// The run that gives the next rows.
    run: usize,
    /// End of the span [µs].
    end: i64,
    rows: Rows,
    /// The piece that was read last.
    batch: Batch,
}

impl Emitter {
    /// Before the first row of a machine type.
    pub(crate) fn new(gathered: &Arc<Gathered>, machine_type: &str, words: &Arc<[Arc<str>]>, budget: Option<Budget>) -> Self {
        Self {
            gathered: Arc::clone(gathered),
            machine_type: machine_type.to_owned(),
            words: Arc::clone(words),
            budget,
            cursors: Vec::new(),
            run: 0,
            end: i64::MIN,
            rows: Rows::new(&[]),
            batch: Batch::default(),
        }
    }

    /// What follows are the rows before an instant [µs] that have not been given yet, with these columns (place in the book,
    /// column).
    pub(crate) fn begin(&mut self, end: i64, columns: &[(usize, Column)]) {
        (self.run, self.end, self.rows) = (0, end, Rows::new(columns));
    }

    /// The next rows; `None` at the end of the span.
    ///
    /// # Errors
    /// An entry breaks off, or there is no room to sort; or Arrow refuses the columns, a fault of this program.
    pub(crate) fn next(&mut self) -> Result<Option<RecordBatch>, StoreError> {
        while self.rows.ready.is_empty() && self.step()? {}
        if self.rows.ready.is_empty() {
            self.rows.flush(&self.words)?;
        }
        Ok(self.rows.ready.pop_front())
    }

    /// Makes rows of some readings more; whether there were any left.
    fn step(&mut self) -> Result<bool, StoreError> {
        let Self { gathered, words, batch, rows, end, .. } = self;
        let table = gathered.tables.get(&self.machine_type);
        let Some(run) = table.and_then(|table| table.runs.get(self.run)) else { return Ok(false) };
        if self.cursors.len() == self.run {
            self.cursors.push(Cursor::of(run, gathered, self.budget.as_ref())?);
        }
        rows.machine(&run.name);
        let is_over = match &mut self.cursors[self.run] {
            Cursor::Sorted(cells, next, room) => {
                let due = cells[*next..].iter().take(BATCH_ROWS).take_while(|cell| cell.at < *end);
                let taken = due.map(|cell| rows.push(cell, words).map(|()| 1)).sum::<Result<usize, _>>()?;
                *next += taken;
                if *next == cells.len() {
                    (*cells, *next, *room) = (Vec::new(), 0, None);
                }
                taken == 0
            }
            Cursor::Forwards(piece, row) => match run.pieces.get(*piece).filter(|part| part.first_at < *end) {
                None => true,
                Some(part) => {
                    gathered.read(part, batch)?;
                    let places = &gathered.places[part.segment as usize];
                    *row += forwards(batch, *row, *end, places, |cell| rows.push(cell, words))?;
                    let is_over = *row < batch.len();
                    if !is_over {
                        (*piece, *row) = (*piece + 1, 0);
                    }
                    is_over
                }
            },
        };
        self.run += usize::from(is_over);
        Ok(true)
    }
}

impl Cursor {
    fn of(run: &Run, gathered: &Gathered, budget: Option<&Budget>) -> Result<Self, StoreError> {
        if run.in_order {
            return Ok(Self::Forwards(0, 0));
        }
        let mut room = budget.map(Room::new);
        let (mut cells, mut batch) = (Vec::new(), Batch::default());
        for piece in &run.pieces {
            gathered.read(piece, &mut batch)?;
            let wanted = cells.len() + batch.len();
            if wanted > cells.capacity() {
                let wanted = wanted.max(2 * cells.capacity());
                // sorting takes half as much again
                room.iter_mut().try_for_each(|room| room.hold(wanted * size_of::<Cell>() / 2 * 3))?;
                cells.reserve_exact(wanted - cells.len());
            }
            let places = &gathered.places[piece.segment as usize];
            cells.extend((0..batch.len()).filter_map(|row| cell(&batch, row, places)));
        }
        cells.sort_by_key(|c| c.at);
        Ok(Self::Sorted(cells, 0, room))
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

/// Of a column before its first value in a batch.
const NO_GROUP: (usize, usize) = (usize::MAX, 0);

/// The values of one column in the present batch; where nothing is, `there` says so.
struct Builder {
    /// The group of its newest value, and the values in it: each stands in a row of its own.
    group: (usize, usize),
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

struct Rows {
    schema: SchemaRef,
    /// Place in the book to slot.
    slots: Vec<u32>,
    at: Vec<i64>,
    received: Vec<i64>,
    machines: Vec<i32>,
    names: Vec<Arc<str>>,
    columns: Vec<Builder>,
    /// First row of the present machine and source time; `None` where a new machine begins.
    group: Option<usize>,
    /// Full batches.
    ready: VecDeque<RecordBatch>,
}

impl Rows {
    fn new(columns: &[(usize, Column)]) -> Self {
        let mut slots = vec![NOWHERE; columns.iter().map(|(place, _)| place + 1).max().unwrap_or(0)];
        (0_u32..).zip(columns).for_each(|(slot, (place, _))| slots[*place] = slot);
        let builder = |(_, column): &(usize, Column)| Builder {
            group: NO_GROUP,
            values: Vec::new(),
            there: Vec::new(),
            quality: column.quality.then(Vec::new),
            lexicon: column.word.then(Lexicon::default),
        };
        Self {
            schema: schema(columns.iter().map(|(_, c)| c)),
            slots,
            at: Vec::with_capacity(BATCH_ROWS),
            received: Vec::with_capacity(BATCH_ROWS),
            machines: Vec::with_capacity(BATCH_ROWS),
            names: Vec::new(),
            columns: columns.iter().map(builder).collect(),
            group: None,
            ready: VecDeque::new(),
        }
    }

    /// What follows belongs to this machine.
    fn machine(&mut self, name: &Arc<str>) {
        if self.names.last().is_none_or(|last| !Arc::ptr_eq(last, name)) {
            self.names.push(Arc::clone(name));
            self.group = None;
        }
    }

    fn push(&mut self, cell: &Cell, words: &[Arc<str>]) -> Result<(), StoreError> {
        let slot = self.slots.get(cell.place as usize).copied().filter(|slot| *slot != NOWHERE);
        // a fault of this program: sealing must not go on and delete the journal
        let slot = slot.ok_or_else(|| StoreError::form("wide rows", "a value without a column"))?;
        let slot = slot as usize;
        let first = match self.group {
            Some(first) if self.at[first] == cell.at && self.at.len() < 2 * BATCH_ROWS => first,
            _ => {
                if self.at.len() >= BATCH_ROWS {
                    self.flush(words)?;
                }
                *self.group.insert(self.at.len())
            }
        };
        let row = self.columns[slot].next_in(first);
        if row == self.at.len() {
            self.open(cell);
        }
        self.received[row] = self.received[row].max(cell.received);
        self.columns[slot].put(row, cell);
        Ok(())
    }

    fn open(&mut self, cell: &Cell) {
        self.at.push(cell.at);
        self.received.push(cell.received);
        self.machines.push(self.names.len() as i32 - 1);
    }

    /// Makes a batch of the rows so far.
    fn flush(&mut self, words: &[Arc<str>]) -> Result<(), StoreError> {
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
            column.finish(rows, words, &mut arrays)?;
        }
        self.group = None;
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(|e| StoreError::form("wide rows", &e))?;
        self.ready.push_back(batch);
        Ok(())
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
    /// The row for one more value of the group that begins at a row.
    fn next_in(&mut self, first: usize) -> usize {
        if self.group.0 != first {
            self.group = (first, 0);
        }
        self.group.1 += 1;
        first + self.group.1 - 1
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
        self.group = NO_GROUP;
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
                // each batch has its own words
                let words = std::mem::take(lexicon).words;
                dictionary(keys, StringArray::from_iter_values(&words))?
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
