//! Unsealed batches sorted into tables by machine type and, within a table, by machine. No reading is copied: batches belong to
//! one machine and come mostly in the order of their times, so that a run only notes where they stand in the journal's entries, and
//! only a machine whose times go backwards is sorted, later.
//!
//! Enters: entries with what their numbers mean. Leaves: tables that know their days, columns and runs. Absent: rows (`rows`).

use super::manifest::Book;
use crate::StoreError;
use crate::form::{Catalogue, Spot};
use crate::live::Hot;
use measure::{Instant, Span};
use plant::{Batch, ChannelId, Quality};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// No column: the catalogue does not know the channel.
pub(super) const NOWHERE: u32 = u32::MAX;
/// Not looked up yet.
const UNSEEN: u32 = u32::MAX - 1;
/// In [`Day::used`]: a value is there.
const THERE: u8 = 1;
/// In [`Day::used`]: one is not good.
const DOUBTED: u8 = 2;

/// A batch in the run of its machine: where it stands, and its source times.
#[derive(Clone, Copy)]
pub(super) struct Piece {
    /// The segment, also for the places of its channels.
    pub segment: u32,
    entry: u32,
    spot: Spot,
    /// Of its first and last reading [µs].
    pub first_at: i64,
    last_at: i64,
}

/// The readings of one machine in the order of their commits, or of their times where that alone puts all of them in order.
pub(super) struct Run {
    /// Name of the machine.
    pub name: Arc<str>,
    /// The batches.
    pub pieces: Vec<Piece>,
    /// Whether source times never go backwards.
    pub in_order: bool,
    /// Whether they never do within a batch.
    is_ascending: bool,
    last_at: i64,
    known: Known,
}

/// What was noted of the newest batch of a machine. Machines send the same channels again and again: then only times are new.
#[derive(Default)]
struct Known {
    segment: u32,
    channels: Vec<ChannelId>,
    day: usize,
}

/// A day (UTC) of a table.
pub(crate) struct Day {
    /// Its start.
    pub start: Instant,
    /// Readings in it.
    pub readings: u64,
    /// Earliest and latest source time [µs].
    pub bounds: (i64, i64),
    /// By place in the book: whether there is a value, and one that is not good.
    used: Vec<u8>,
}

/// The readings of one machine type.
#[derive(Default)]
pub(crate) struct Table {
    /// Runs by name of the machine.
    pub(super) runs: Vec<Run>,
    /// Days with readings; in order once gathered.
    pub days: Vec<Day>,
}

/// All tables of some segments.
pub(crate) struct Gathered {
    /// By machine type.
    pub tables: BTreeMap<String, Table>,
    /// By segment, then by channel number: place of the column in the book.
    pub(super) places: Vec<Vec<u32>>,
    segments: Arc<[Hot]>,
}

/// Sorts batches into tables; `only` restricts to one type.
///
/// # Errors
/// An entry breaks off.
pub(crate) fn gather(segments: &Arc<[Hot]>, book: &mut Book, only: Option<&str>) -> Result<Gathered, StoreError> {
    let mut sorter = Sorter { only, tables: Vec::new(), runs: HashMap::new() };
    let mut places = Vec::with_capacity(segments.len());
    for (segment, hot) in (0_u32..).zip(segments.iter()) {
        let catalogue = &hot.catalogue;
        let mut of_channel = vec![UNSEEN; catalogue.channels.len()];
        let mut of_machine = vec![None; catalogue.machines.len()];
        hot.each(|entry, spot, batch| {
            let Some(seen) = of_machine.get_mut(batch.machine.index()).filter(|_| !batch.is_empty()) else { return Ok(()) };
            let run = *seen.get_or_insert_with(|| sorter.run(catalogue, batch.machine.index()));
            let Some((table, run)) = run.and_then(|(table, run)| Some((sorter.tables.get_mut(table)?, run))) else {
                return Ok(());
            };
            let (machine_type, Table { runs, days }) = table;
            let Some(run) = runs.get_mut(run) else { return Ok(()) };
            let mut look_up = |channel: usize| {
                let place = of_channel.get_mut(channel)?;
                if *place == UNSEEN {
                    *place = book.place(machine_type, &catalogue.channels[channel]) as u32;
                }
                Some(*place as usize)
            };
            run.note(days, (segment, entry, spot), batch, &mut look_up);
            Ok(())
        })?;
        of_channel.iter_mut().filter(|place| **place == UNSEEN).for_each(|place| *place = NOWHERE);
        places.push(of_channel);
    }
    let named = sorter.tables.into_iter().map(|(machine_type, table)| (machine_type.to_owned(), table));
    let mut tables: BTreeMap<String, Table> = named.collect();
    for table in tables.values_mut() {
        table.runs.sort_by(|a, b| a.name.cmp(&b.name));
        table.runs.iter_mut().for_each(Run::straighten);
        table.days.sort_by_key(|d| d.start);
        for (place, used) in table.days.iter().flat_map(|d| d.used.iter().enumerate()) {
            if used & DOUBTED != 0 {
                book.mark_quality(place);
            }
        }
    }
    Ok(Gathered { tables, places, segments: Arc::clone(segments) })
}

/// Tables while they are gathered.
struct Sorter<'a, 'o> {
    only: Option<&'o str>,
    tables: Vec<(&'a str, Table)>,
    /// Place of table and run by type and name.
    runs: HashMap<(&'a str, &'a str), (usize, usize)>,
}

impl<'a> Sorter<'a, '_> {
    /// Places of the table and the run of a machine; `None` where its type is not wanted.
    fn run(&mut self, catalogue: &'a Catalogue, machine: usize) -> Option<(usize, usize)> {
        let (name, kind) = catalogue.machines.get(machine)?;
        if self.only.is_some_and(|only| only != kind) {
            return None;
        }
        Some(*self.runs.entry((kind, name)).or_insert_with(|| {
            let table = self.tables.iter().position(|(known, _)| known == kind).unwrap_or_else(|| {
                self.tables.push((kind, Table::default()));
                self.tables.len() - 1
            });
            let runs = &mut self.tables[table].1.runs;
            runs.push(Run::new(name));
            (table, runs.len() - 1)
        }))
    }
}

impl Gathered {
    /// What it takes besides the segments [bytes].
    pub(crate) fn bytes(&self) -> usize {
        let pieces = self.tables.values().flat_map(|table| &table.runs).map(|run| run.pieces.len()).sum::<usize>();
        pieces * size_of::<Piece>() + self.places.iter().map(|places| size_of_val(places.as_slice())).sum::<usize>()
    }
    /// Reads a piece.
    ///
    /// # Errors
    /// It is not where it was.
    pub(super) fn read(&self, piece: &Piece, batch: &mut Batch) -> Result<(), StoreError> {
        let segment = self.segments.get(piece.segment as usize);
        segment.map_or(Ok(()), |hot| hot.read(piece.entry, piece.spot, batch))
    }
}

impl Run {
    fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            pieces: Vec::new(),
            in_order: true,
            is_ascending: true,
            last_at: i64::MIN,
            known: Known::default(),
        }
    }

    /// Batches that overtook one another on their way are put in the order of their times; where that puts all readings in order, no
    /// reading needs to be sorted.
    fn straighten(&mut self) {
        if self.in_order {
            return;
        }
        let mut sorted = self.pieces.clone();
        sorted.sort_by_key(|piece| piece.first_at);
        if self.is_ascending && sorted.is_sorted_by(|before, after| before.last_at < after.first_at) {
            (self.pieces, self.in_order) = (sorted, true);
        }
    }

    /// Notes the place, the order, the days and the columns of a batch that is not empty.
    fn note(
        &mut self,
        days: &mut Vec<Day>,
        (segment, entry, spot): (u32, u32, Spot),
        batch: &Batch,
        look_up: &mut impl FnMut(usize) -> Option<usize>,
    ) {
        let (first_at, last_at) = (batch.at[0].micros(), batch.at[batch.len() - 1].micros());
        self.pieces.push(Piece { segment, entry, spot, first_at, last_at });
        self.is_ascending &= batch.at.is_sorted();
        self.in_order &= self.is_ascending && first_at >= self.last_at;
        self.last_at = last_at;
        let known = &mut self.known;
        let is_known = known.segment == segment && known.channels == batch.channels;
        if is_known
            && self.is_ascending
            && batch.qualities.iter().all(|q| *q == Quality::Good)
            && let Some(day) = days.get_mut(known.day).filter(|day| day.holds(first_at) && day.holds(last_at))
        {
            day.readings += batch.len() as u64;
            day.bounds = (day.bounds.0.min(first_at), day.bounds.1.max(last_at));
            return;
        }
        let (day, are_placed) = note_each(days, batch, look_up);
        if !is_known {
            *known = Known { segment, channels: if are_placed { batch.channels.clone() } else { Vec::new() }, day };
        }
        // the columns of a day are known once a batch lay in it as a whole
        known.day = if days.get(day).is_some_and(|day| day.holds(first_at)) { day } else { usize::MAX };
    }
}

/// Notes the days and the columns of a batch reading by reading; the day of the last one, and whether all have a column.
fn note_each(days: &mut Vec<Day>, batch: &Batch, look_up: &mut impl FnMut(usize) -> Option<usize>) -> (usize, bool) {
    let (mut day, mut are_placed) = (usize::MAX, true);
    for ((channel, at), quality) in batch.channels.iter().zip(&batch.at).zip(&batch.qualities) {
        let at = at.micros();
        let Some(place) = look_up(channel.index()) else {
            are_placed = false;
            continue;
        };
        if days.get(day).is_none_or(|day| !day.holds(at)) {
            day = day_of(days, at);
        }
        let day = &mut days[day];
        day.readings += 1;
        day.bounds = (day.bounds.0.min(at), day.bounds.1.max(at));
        if day.used.len() <= place {
            day.used.resize(place + 1, 0);
        }
        day.used[place] |= if *quality == Quality::Good { THERE } else { THERE | DOUBTED };
    }
    (day, are_placed)
}

fn day_of(days: &mut Vec<Day>, at: i64) -> usize {
    let start = Instant::from_micros(at).floor(Span::from_days(1));
    days.iter().rposition(|d| d.start == start).unwrap_or_else(|| {
        days.push(Day { start, readings: 0, bounds: (i64::MAX, i64::MIN), used: Vec::new() });
        days.len() - 1
    })
}

impl Day {
    /// The first instant after it [µs].
    pub(super) fn end(&self) -> i64 {
        (self.start + Span::from_days(1)).micros()
    }
    fn holds(&self, at: i64) -> bool {
        (self.start.micros()..self.end()).contains(&at)
    }
    /// The columns that have a value in it, by place in the book, with a quality column where one is not good.
    pub(crate) fn columns(&self, book: &Book) -> Vec<(usize, super::Column)> {
        let used = self.used.iter().enumerate().filter(|(_, used)| **used != 0);
        let column =
            |(place, used): (usize, &u8)| (place, super::Column { quality: used & DOUBTED != 0, ..book.columns[place].clone() });
        used.map(column).collect()
    }
}
