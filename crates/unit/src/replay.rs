//! The replay of one machine with all it needs, so that it can be worked on anywhere: in `node` beside the loop, in `simulate` in
//! place.
//!
//! Enters: readings in order. Leaves: itself, finished. Absent: where the readings are kept.

use know::Rework;
use plant::{Batch, ChannelId, Lexicon, MachineId, Plant, Reading, Window};
use std::sync::Arc;

/// A replay under way. Whoever carries it out gives it every stored reading of [`Self::channels`] in [`Self::window`], in the order
/// of their source times; then asks [`Self::is_finished`], and begins again while it is not.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    plant: Arc<Plant>,
    lexicon: Arc<Lexicon>,
    rework: Rework,
}

impl Replay {
    pub(crate) const fn new(plant: Arc<Plant>, lexicon: Arc<Lexicon>, rework: Rework) -> Self {
        Self { plant, lexicon, rework }
    }
    /// The machine.
    pub const fn machine(&self) -> MachineId {
        self.rework.machine()
    }
    /// The channels whose readings it wants.
    pub fn channels(&self) -> Vec<ChannelId> {
        self.rework.channels()
    }
    /// The source times of the readings it wants, from inclusive, to exclusive.
    pub fn window(&self) -> Window {
        self.rework.window()
    }
    /// Takes the next readings; words by the numbers of the unit's lexicon.
    pub fn take(&mut self, readings: &[Reading]) {
        readings.iter().for_each(|reading| self.rework.take(&self.plant, *reading, &self.lexicon));
    }
    /// All readings of the window were taken: whether that is enough. If not, the window begins earlier now, and the readings are
    /// to be given from there on.
    pub fn is_finished(&mut self) -> bool {
        !self.rework.widen()
    }
    /// The whole of it, from batches that are in memory.
    #[must_use]
    pub fn played<'a, I: Iterator<Item = &'a Batch>>(mut self, batches: impl Fn() -> I) -> Self {
        let channels = self.channels();
        loop {
            let Window { from, to } = self.window();
            let rows = batches().filter(|b| b.machine == self.machine()).flat_map(Batch::iter);
            let wanted = rows.filter(|r| r.at >= from && r.at < to && channels.contains(&r.channel));
            let mut readings: Vec<Reading> = wanted.collect();
            readings.sort_by_key(|r| r.at);
            self.take(&readings);
            if self.is_finished() {
                return self;
            }
        }
    }
    /// Takes what came meanwhile.
    pub(crate) fn later(&mut self, batch: &Batch, lexicon: &Lexicon) {
        batch.iter().for_each(|reading| self.rework.take(&self.plant, reading, lexicon));
    }
    pub(crate) fn done(self) -> Rework {
        self.rework
    }
}
