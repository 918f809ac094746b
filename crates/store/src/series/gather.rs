//! Unsealed batches sorted into tables by machine type and, within a table, by machine. No reading is copied: batches belong to
//! one machine and come mostly in the order of their times, so only a machine whose times go backwards is sorted, later.
//!
//! Enters: batches with what their numbers mean. Leaves: tables that know their days, columns and runs. Absent: rows (`rows`).

use super::manifest::Book;
use crate::form::Catalogue;
use measure::{Instant, Span};
use plant::{Batch, Quality};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A segment's readings with what its numbers mean.
pub(crate) type Hot = (Arc<Catalogue>, Vec<Batch>);

/// No column: the catalogue does not know the channel.
pub(super) const NOWHERE: u32 = u32::MAX;
/// Not looked up yet.
const UNSEEN: u32 = u32::MAX - 1;
/// In [`Day::used`]: a value is there.
const THERE: u8 = 1;
/// In [`Day::used`]: one is not good.
const DOUBTED: u8 = 2;

/// A batch in the run of its machine.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    /// Its readings.
    pub batch: &'a Batch,
    /// The segment, for the places of its channels.
    pub segment: u32,
}

/// The readings of one machine in the order of their commits.
pub(super) struct Run<'a> {
    /// The batches.
    pub pieces: Vec<Piece<'a>>,
    /// Whether source times never go backwards.
    pub in_order: bool,
    last_at: i64,
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
pub(crate) struct Table<'a> {
    /// Runs by name of the machine.
    pub(super) runs: BTreeMap<&'a str, Run<'a>>,
    /// Days with readings; in order once gathered.
    pub days: Vec<Day>,
}

/// All tables of some segments.
pub(crate) struct Gathered<'a> {
    /// By machine type.
    pub tables: BTreeMap<&'a str, Table<'a>>,
    /// By segment, then by channel number: place of the column in the book.
    pub(super) places: Vec<Vec<u32>>,
}

/// Sorts batches into tables; `only` restricts to one type.
pub(crate) fn gather<'a>(segments: &'a [Hot], book: &mut Book, only: Option<&str>) -> Gathered<'a> {
    let mut tables: BTreeMap<&str, Table<'_>> = BTreeMap::new();
    let mut places = Vec::with_capacity(segments.len());
    for (segment, (catalogue, batches)) in (0_u32..).zip(segments) {
        let mut of_channel = vec![UNSEEN; catalogue.channels.len()];
        for batch in batches {
            let Some((name, machine_type)) = catalogue.machines.get(batch.machine.index()) else { continue };
            if batch.is_empty() || only.is_some_and(|only| only != machine_type) {
                continue;
            }
            let table = tables.entry(machine_type).or_default();
            let run = table.runs.entry(name).or_insert(Run { pieces: Vec::new(), in_order: true, last_at: i64::MIN });
            run.pieces.push(Piece { batch, segment });
            let mut look_up = |channel: usize| {
                let place = of_channel.get_mut(channel)?;
                if *place == UNSEEN {
                    *place = book.place(machine_type, &catalogue.channels[channel]) as u32;
                }
                Some(*place as usize)
            };
            note(run, &mut table.days, batch, &mut look_up);
        }
        of_channel.iter_mut().filter(|place| **place == UNSEEN).for_each(|place| *place = NOWHERE);
        places.push(of_channel);
    }
    for table in tables.values_mut() {
        table.runs.values_mut().for_each(Run::straighten);
        table.days.sort_by_key(|d| d.start);
        for (place, used) in table.days.iter().flat_map(|d| d.used.iter().enumerate()) {
            if used & DOUBTED != 0 {
                book.mark_quality(place);
            }
        }
    }
    Gathered { tables, places }
}

impl Run<'_> {
    /// Batches that overtook one another on their way are put in the order of their times; where that puts all readings in order, no
    /// reading needs to be sorted.
    fn straighten(&mut self) {
        if self.in_order {
            return;
        }
        self.pieces.sort_by_key(|piece| piece.batch.at.first().copied());
        let times = self.pieces.iter().flat_map(|piece| &piece.batch.at);
        self.in_order = times.is_sorted();
    }
}

/// Notes the order, the days and the columns of a batch.
fn note(run: &mut Run<'_>, days: &mut Vec<Day>, batch: &Batch, look_up: &mut impl FnMut(usize) -> Option<usize>) {
    let mut day = usize::MAX;
    let (mut from, mut to) = (0, 0);
    for ((channel, at), quality) in batch.channels.iter().zip(&batch.at).zip(&batch.qualities) {
        let at = at.micros();
        run.in_order &= at >= run.last_at;
        run.last_at = at;
        let Some(place) = look_up(channel.index()) else { continue };
        if day == usize::MAX || at < from || at >= to {
            day = day_of(days, at);
            from = days[day].start.micros();
            to = from + Span::from_days(1).micros();
        }
        let day = &mut days[day];
        day.readings += 1;
        day.bounds = (day.bounds.0.min(at), day.bounds.1.max(at));
        if day.used.len() <= place {
            day.used.resize(place + 1, 0);
        }
        day.used[place] |= if *quality == Quality::Good { THERE } else { THERE | DOUBTED };
    }
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
    /// The columns that have a value in it, by place in the book, with a quality column where one is not good.
    pub(crate) fn columns(&self, book: &Book) -> Vec<(usize, super::Column)> {
        let used = self.used.iter().enumerate().filter(|(_, used)| **used != 0);
        let column =
            |(place, used): (usize, &u8)| (place, super::Column { quality: used & DOUBTED != 0, ..book.columns[place].clone() });
        used.map(column).collect()
    }
}
