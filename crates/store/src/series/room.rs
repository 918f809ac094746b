//! Memory of questions, out of the unit's one budget. Enters: bytes wanted. Leaves: room, or a refusal. Absent: who else takes.

use crate::StoreError;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryLimit, MemoryPool, MemoryReservation};
use measure::{Budget, Share, Taker};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a question is told that there is no room for.
const FULL: &str = "resources exhausted: the question needs more memory than is free (`memory_mib_max` of [store]); narrow it by \
                    machine or time, or ask again later";
/// An answer that grows asks for this much at a time [bytes].
const STEP: u64 = 1 << 20;

impl StoreError {
    /// There is no room for a question.
    pub(crate) fn no_room() -> Self {
        Self::NoRoom(FULL)
    }
}

/// The budget as DataFusion asks for it.
#[derive(Debug)]
pub(crate) struct Pool {
    budget: Budget,
    share: Mutex<Share>,
}

impl Pool {
    pub(crate) fn new(budget: &Budget) -> Self {
        Self { budget: budget.clone(), share: Mutex::new(budget.must(Taker::Queries, 0)) }
    }
    fn share(&self) -> MutexGuard<'_, Share> {
        self.share.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({} bytes)", self.name(), self.reserved())
    }
}

impl MemoryPool for Pool {
    fn name(&self) -> &'static str {
        "budget"
    }
    fn grow(&self, _: &MemoryReservation, bytes: usize) {
        self.share().must_grow(bytes as u64);
    }
    fn shrink(&self, _: &MemoryReservation, bytes: usize) {
        self.share().shrink(bytes as u64);
    }
    fn try_grow(&self, _: &MemoryReservation, bytes: usize) -> Result<()> {
        let granted = self.share().grow(bytes as u64);
        granted.then_some(()).ok_or_else(|| DataFusionError::ResourcesExhausted(FULL.to_owned()))
    }
    fn reserved(&self) -> usize {
        self.share().bytes() as usize
    }
    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.budget.most(Taker::Queries) as usize)
    }
}

/// Room for an answer that grows piece by piece; given back on drop.
pub(crate) struct Room {
    share: Share,
    used: u64,
    is_short: bool,
}

impl Room {
    pub(crate) fn new(budget: &Budget) -> Self {
        Self { share: budget.must(Taker::Queries, 0), used: 0, is_short: false }
    }
    /// Whether so many bytes more have room; once they have not, nothing has any more.
    pub(crate) fn admits(&mut self, bytes: usize) -> bool {
        self.used += bytes as u64;
        if !self.is_short && self.used > self.share.bytes() {
            let wanting = self.used - self.share.bytes();
            self.is_short = !self.share.grow(wanting.max(STEP)) && !self.share.grow(wanting);
        }
        !self.is_short
    }
    /// Takes or gives back, so that it is for so many bytes.
    ///
    /// # Errors
    /// There is no room.
    pub(crate) fn hold(&mut self, bytes: usize) -> std::result::Result<(), StoreError> {
        let (held, bytes) = (self.share.bytes(), bytes as u64);
        self.used = bytes;
        self.share.shrink(held.saturating_sub(bytes));
        self.is_short |= !self.share.grow(bytes.saturating_sub(held));
        self.take(0)
    }
    /// Takes room.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn take(&mut self, bytes: usize) -> std::result::Result<(), StoreError> {
        if self.admits(bytes) { Ok(()) } else { Err(StoreError::no_room()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_grows_until_there_is_no_room() {
        let budget = Budget::new(32 << 20);
        let mut room = Room::new(&budget);
        assert!((0..20 * 16).all(|_| room.admits(1 << 16)), "20 MiB are for questions");
        assert!(!room.admits(1), "and no more");
        assert!(!room.admits(0), "nor is a gap filled later");
        assert!(room.take(1).is_err_and(|e| e.to_string().contains("`memory_mib_max`")));
        drop(room);
        assert_eq!(budget.taken_sum(), 0);
    }

    #[test]
    fn the_last_bytes_need_no_whole_step() {
        let budget = Budget::new(1 << 20);
        let mut room = Room::new(&budget);
        assert!(room.admits(600 << 10) && !room.admits(100 << 10));
    }
}
