//! One file as a stream in the order of time. Enters: a table and what its columns mean. Leaves: what happens, oldest first.
//!
//! Rows need not be in order: so much of the file as the window says is held and given out oldest first. What lies further
//! back than that comes late, with its own time, and the door judges it.

use super::rows::{Brought, Mapper};
use drivers::file::table::Table;
use measure::Instant;
use plant::{Plant, SourceId};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Values of a file held at once, where nothing else is said.
pub const WINDOW: usize = 1 << 20;

/// Something that happens: when, in which order at that instant, and what.
#[derive(Debug)]
pub struct Pending {
    /// When; [`Instant::MIN`] where the file tells no time.
    pub at: Instant,
    order: (u8, u64),
    /// What.
    pub what: Brought,
}

impl Pending {
    const fn key(&self) -> (Instant, (u8, u64)) {
        (self.at, self.order)
    }
}
impl PartialEq for Pending {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl Eq for Pending {}
impl PartialOrd for Pending {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Pending {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// One file in the order of time.
pub struct Stream {
    table: Table,
    mapper: Mapper,
    held: BinaryHeap<Reverse<Pending>>,
    /// The newest time met, for what has none of its own.
    newest: Instant,
    window: usize,
    made: u64,
    /// Rows read so far.
    pub rows: u64,
    has_ended: bool,
}

impl Stream {
    /// A stream that has read nothing yet and holds so many values at most.
    pub fn new(table: Table, mapper: Mapper, window: usize) -> Self {
        Self { table, mapper, held: BinaryHeap::new(), newest: Instant::MIN, window, made: 0, rows: 0, has_ended: false }
    }
    /// The source it stands for.
    pub const fn source(&self) -> SourceId {
        self.mapper.source
    }
    /// When the next thing happens and its order at that instant; `None` at the end.
    pub fn next_key(&mut self, plant: &Plant) -> Option<(Instant, u8)> {
        self.fill(plant);
        self.held.peek().map(|Reverse(p)| (p.at, p.order.0))
    }
    /// The earliest time among what is held.
    pub fn first_time(&mut self, plant: &Plant) -> Option<Instant> {
        self.fill(plant);
        self.held.iter().map(|Reverse(p)| p.at).filter(|at| *at > Instant::MIN).min()
    }
    /// The next thing that happens.
    pub fn take(&mut self) -> Option<Pending> {
        self.held.pop().map(|Reverse(p)| p)
    }

    fn fill(&mut self, plant: &Plant) {
        while self.held.len() < self.window && !self.has_ended {
            let Some(row) = self.table.next_row() else {
                self.has_ended = true;
                return;
            };
            self.rows += 1;
            for (at, what) in self.mapper.read(plant, row) {
                let at = at.unwrap_or(self.newest);
                self.newest = self.newest.max(at);
                self.made += 1;
                self.held.push(Reverse(Pending { at, order: (what.rank(), self.made), what }));
            }
        }
    }
}
