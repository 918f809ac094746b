//! Readings of an earlier run that are not yet sealed, for whoever has to remember them.
//!
//! Enters: what is in memory after the start. Leaves: batches, read one by one into the same memory. Absent: readings that there
//! was no memory for, the oldest.

use crate::StoreError;
use crate::form::{Catalogue, Remap};
use crate::live::{Hot, Live};
use plant::{Batch, Plant};
use std::fmt;
use std::sync::Arc;

/// Readings not yet sealed, in the order of their commits, by the ids of the present plant. What the present plant does not know
/// stays stored and is left out here.
#[derive(Clone, Default)]
pub struct Backlog(Vec<(Arc<Hot>, Arc<Remap>)>);

impl Backlog {
    pub(crate) fn of(live: &Live, plant: &Plant) -> Self {
        let mut known: Option<(Arc<Catalogue>, Arc<Remap>)> = None;
        let segments = live.segments.iter().filter_map(|segment| segment.in_memory());
        let of = |hot: Hot| {
            let same = known.take().filter(|(of, _)| Arc::ptr_eq(of, &hot.catalogue));
            let new = || (Arc::clone(&hot.catalogue), Arc::new(Remap::new(&hot.catalogue, plant)));
            let (_, remap) = known.insert(same.unwrap_or_else(new));
            let remap = Arc::clone(remap);
            (Arc::new(hot), remap)
        };
        Self(segments.map(of).collect())
    }

    /// Hands on each batch.
    ///
    /// # Errors
    /// An entry breaks off.
    pub fn each(&self, mut take: impl FnMut(&Batch)) -> Result<(), StoreError> {
        self.0.iter().try_for_each(|(hot, remap)| {
            hot.each(|_, _, batch| {
                remap.apply(batch).iter().for_each(|batch| take(batch));
                Ok(())
            })
        })
    }

    /// All batches.
    ///
    /// # Errors
    /// An entry breaks off.
    pub fn batches(&self) -> Result<Vec<Batch>, StoreError> {
        let mut batches = Vec::new();
        self.each(|batch| batches.push(batch.clone()))?;
        Ok(batches)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|(hot, _)| hot.entries.is_empty())
    }
}

impl fmt::Debug for Backlog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "backlog of {} segments", self.0.len())
    }
}
