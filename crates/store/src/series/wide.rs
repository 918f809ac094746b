//! From batches to wide rows: one row per machine and source time, one column per channel name.
//!
//! Two values of one channel at one source time stand in two rows; nothing is dropped. `received` is the latest receive time of
//! the row's values.

use super::manifest::{Book, Column};
use crate::StoreError;
use crate::form::Catalogue;
use datafusion::arrow::array::{
    ArrayRef, Float64Builder, RecordBatch, StringDictionaryBuilder, TimestampMicrosecondBuilder, UInt8Builder,
};
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef, TimeUnit};
use measure::{Instant, Span};
use plant::{Batch, Quality};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Rows in one record batch.
const BATCH_ROWS: usize = 8_192;
/// Zone of all times.
pub(crate) const ZONE: &str = "+00:00";

/// A value on its way into a row.
#[derive(Clone, Copy)]
pub(crate) struct Cell {
    machine: u32,
    at: i64,
    received: i64,
    /// Place of its column in the book.
    pub column: u32,
    value: f64,
    pub quality: u8,
}

/// The readings of one machine type.
#[derive(Default)]
pub(crate) struct Table {
    machines: Vec<String>,
    by_name: HashMap<String, u32>,
    /// Values, in the order in which they were committed.
    pub cells: Vec<Cell>,
}

/// A segment's readings with what its numbers mean.
pub(crate) type Hot = (Arc<Catalogue>, Vec<Arc<Batch>>);

/// Sorts readings into tables by machine type; `only` restricts to one type.
pub(crate) fn gather(segments: &[Hot], book: &mut Book, only: Option<&str>) -> BTreeMap<String, Table> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for (catalogue, batches) in segments {
        let mut places: Vec<Option<usize>> = vec![None; catalogue.channels.len()];
        for batch in batches {
            let Some((name, machine_type)) = catalogue.machines.get(batch.machine.index()) else { continue };
            if only.is_some_and(|only| only != machine_type) {
                continue;
            }
            if !tables.contains_key(machine_type) {
                tables.insert(machine_type.clone(), Table::default());
            }
            let Some(table) = tables.get_mut(machine_type) else { continue };
            let machine = table.machine(name);
            for reading in batch.iter() {
                let Some(channel) = catalogue.channels.get(reading.channel.index()) else { continue };
                let place = *places[reading.channel.index()].get_or_insert_with(|| book.place(machine_type, channel));
                if reading.quality != Quality::Good {
                    book.mark_quality(place);
                }
                let (at, received) = (reading.at.micros(), batch.received.micros());
                let (value, quality) = (reading.value, reading.quality.code());
                table.cells.push(Cell { machine, at, received, column: place as u32, value, quality });
            }
        }
    }
    tables
}

impl Table {
    fn machine(&mut self, name: &str) -> u32 {
        if let Some(known) = self.by_name.get(name) {
            return *known;
        }
        let number = self.machines.len() as u32;
        self.machines.push(name.to_owned());
        self.by_name.insert(name.to_owned(), number);
        number
    }

    /// The values by day (UTC), each day sorted by machine name and source time.
    pub(crate) fn days(&mut self) -> Vec<(Instant, std::ops::Range<usize>)> {
        let day = |cell: &Cell| Instant::from_micros(cell.at).floor(Span::from_days(1));
        let mut order: Vec<u32> = (0..self.machines.len() as u32).collect();
        order.sort_by_key(|m| &self.machines[*m as usize]);
        let mut ranks = vec![0_u32; order.len()];
        (0_u32..).zip(&order).for_each(|(rank, machine)| ranks[*machine as usize] = rank);
        self.cells.sort_by_key(|c| (day(c), ranks[c.machine as usize], c.at));
        let mut days: Vec<(Instant, std::ops::Range<usize>)> = Vec::new();
        for (place, cell) in self.cells.iter().enumerate() {
            match days.last_mut() {
                Some((open, range)) if *open == day(cell) => range.end = place + 1,
                _ => days.push((day(cell), place..place + 1)),
            }
        }
        days
    }

    /// Rows of a range of [`Self::days`] with the columns given (place in the book, column).
    ///
    /// # Errors
    /// Arrow refuses the columns; a fault of this program.
    pub(crate) fn rows(
        &self,
        range: std::ops::Range<usize>,
        columns: &[(usize, Column)],
        words: &[Arc<str>],
    ) -> Result<Vec<RecordBatch>, StoreError> {
        let mut of_place = HashMap::new();
        of_place.extend(columns.iter().enumerate().map(|(slot, (place, _))| (*place as u32, slot)));
        let mut out = Vec::new();
        let mut builder = Rows::new(columns, words);
        let cells = &self.cells[range];
        for group in cells.chunk_by(|a, b| a.machine == b.machine && a.at == b.at) {
            let mut rows: Vec<(i64, Vec<Option<Cell>>)> = Vec::new();
            for cell in group {
                let Some(slot) = of_place.get(&cell.column).copied() else { continue };
                let row = match rows.iter_mut().find(|(_, row)| row[slot].is_none()) {
                    Some(row) => row,
                    None => {
                        rows.push((cell.received, vec![None; columns.len()]));
                        let last = rows.len() - 1;
                        &mut rows[last]
                    }
                };
                row.0 = row.0.max(cell.received);
                row.1[slot] = Some(*cell);
            }
            for (received, row) in rows {
                builder.push(group[0].at, received, &self.machines[group[0].machine as usize], &row);
            }
            if builder.rows >= BATCH_ROWS {
                out.push(builder.finish()?);
            }
        }
        if builder.rows > 0 {
            out.push(builder.finish()?);
        }
        Ok(out)
    }
}

/// Type of a word column.
fn words_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// Type of a time column.
pub(crate) fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(ZONE.into()))
}

/// The schema of a table with these columns.
pub(crate) fn schema<'a>(columns: impl Iterator<Item = &'a Column>) -> SchemaRef {
    let mut fields = vec![
        Field::new("at", time_type(), false),
        Field::new("received", time_type(), false),
        Field::new("machine", words_type(), false),
    ];
    for column in columns {
        let kind = if column.word { words_type() } else { DataType::Float64 };
        let unit = HashMap::from([("unit".to_owned(), column.unit.clone())]);
        fields.push(Field::new(&column.name, kind, true).with_metadata(unit));
        if column.quality {
            fields.push(Field::new(column.quality_name(), DataType::UInt8, true));
        }
    }
    Arc::new(Schema::new(fields))
}

enum Values {
    Numbers(Float64Builder),
    Words(StringDictionaryBuilder<Int32Type>),
}

struct Rows<'a> {
    schema: SchemaRef,
    words: &'a [Arc<str>],
    at: TimestampMicrosecondBuilder,
    received: TimestampMicrosecondBuilder,
    machine: StringDictionaryBuilder<Int32Type>,
    values: Vec<(Values, Option<UInt8Builder>)>,
    rows: usize,
}

impl<'a> Rows<'a> {
    fn new(columns: &[(usize, Column)], words: &'a [Arc<str>]) -> Self {
        let values = columns.iter().map(|(_, column)| {
            let values =
                if column.word { Values::Words(StringDictionaryBuilder::new()) } else { Values::Numbers(Float64Builder::new()) };
            (values, column.quality.then(UInt8Builder::new))
        });
        Self {
            schema: schema(columns.iter().map(|(_, c)| c)),
            words,
            at: TimestampMicrosecondBuilder::new(),
            received: TimestampMicrosecondBuilder::new(),
            machine: StringDictionaryBuilder::new(),
            values: values.collect(),
            rows: 0,
        }
    }

    fn push(&mut self, at: i64, received: i64, machine: &str, row: &[Option<Cell>]) {
        self.at.append_value(at);
        self.received.append_value(received);
        self.machine.append_value(machine);
        for ((values, quality), cell) in self.values.iter_mut().zip(row) {
            match values {
                Values::Numbers(numbers) => numbers.append_option(cell.map(|c| c.value)),
                Values::Words(texts) => texts.append_option(cell.map(|c| word(self.words, c.value))),
            }
            if let Some(quality) = quality {
                quality.append_option(cell.map(|c| c.quality));
            }
        }
        self.rows += 1;
    }

    fn finish(&mut self) -> Result<RecordBatch, StoreError> {
        let zone = |builder: &mut TimestampMicrosecondBuilder| Arc::new(builder.finish().with_timezone(ZONE)) as ArrayRef;
        let mut arrays = vec![zone(&mut self.at), zone(&mut self.received), Arc::new(self.machine.finish()) as ArrayRef];
        for (values, quality) in &mut self.values {
            arrays.push(match values {
                Values::Numbers(numbers) => Arc::new(numbers.finish()) as ArrayRef,
                Values::Words(texts) => Arc::new(texts.finish()) as ArrayRef,
            });
            if let Some(quality) = quality {
                arrays.push(Arc::new(quality.finish()));
            }
        }
        self.rows = 0;
        RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(|e| StoreError::form("wide rows", &e))
    }
}

/// The word of a number; a number without a word, which only damage can leave, is an empty word.
pub(crate) fn word(words: &[Arc<str>], value: f64) -> &str {
    if value >= 0.0 { words.get(value as usize).map_or("", |w| w) } else { "" }
}
