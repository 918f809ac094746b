//! One budget of memory for all who hold much of it. Enters: who wants how many bytes. Leaves: shares that are given back when they
//! are dropped. Absent: the memory itself, and what a taker does when it is told no.
//!
//! ```text
//! bodies   requests at the doors          no room: the client waits, then is asked to send again
//!                                         (both: the unsealed are given up first)
//! unsealed readings of the journal        no room: the oldest are given up; they are read from the disk where they are asked for
//! sealing  readings on their way          always has room: it is what empties the journal; an eighth is kept for it
//! queries  whatever a question needs      no room: the question is refused; a quarter is kept for bodies
//! ```

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Who takes memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taker {
    /// Bodies of requests until what they brought is settled.
    Bodies,
    /// Unsealed readings that are kept in memory besides the journal.
    Unsealed,
    /// Readings on their way from the journal to history.
    Sealing,
    /// Questions.
    Queries,
}

impl Taker {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Bodies, Self::Unsealed, Self::Sealing, Self::Queries];

    /// Its name in figures.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bodies => "bodies",
            Self::Unsealed => "unsealed",
            Self::Sealing => "sealing",
            Self::Queries => "queries",
        }
    }

    /// The most that it may have, in parts of 32 of the budget.
    const fn parts(self) -> u64 {
        match self {
            Self::Bodies => 16,
            Self::Unsealed => 1,
            Self::Sealing => 4,
            Self::Queries => 20,
        }
    }
}

/// Kept for bodies [parts of 32].
const KEPT_FOR_BODIES: u64 = 8;

/// Asked to give up this many bytes, if there are any to give.
type Relief = Box<dyn Fn(u64) + Send + Sync>;

/// Memory shared by all who hold much of it. Clones are handles to the same budget.
#[derive(Clone)]
pub struct Budget(Arc<Pool>);

struct Pool {
    max: u64,
    /// By [`Taker::ALL`].
    taken: Mutex<[u64; Taker::ALL.len()]>,
    relief: OnceLock<Relief>,
}

/// Bytes of a budget in use; given back on drop.
#[derive(Debug)]
pub struct Share {
    budget: Budget,
    taker: Taker,
    bytes: u64,
}

impl Budget {
    /// A budget of so many bytes, all of it free.
    pub fn new(max: u64) -> Self {
        Self(Arc::new(Pool { max, taken: Mutex::default(), relief: OnceLock::new() }))
    }

    /// Who gives up memory when others need it: called with the bytes that are wanting, never while the budget itself is locked. The
    /// first call counts.
    pub fn relieved_by(&self, relief: impl Fn(u64) + Send + Sync + 'static) {
        // a second one would belong to a second cellar, which has a budget of its own
        let _ = self.0.relief.set(Box::new(relief));
    }

    /// All of it [bytes].
    pub fn max(&self) -> u64 {
        self.0.max
    }
    /// The most that one taker may have [bytes].
    pub fn most(&self, taker: Taker) -> u64 {
        self.0.max / 32 * taker.parts()
    }
    /// What one taker has [bytes].
    pub fn taken(&self, taker: Taker) -> u64 {
        self.lock()[taker as usize]
    }
    /// What all have together [bytes].
    pub fn taken_sum(&self) -> u64 {
        self.lock().iter().sum()
    }

    /// A share, after others have given up what they can if it must be; `None` where there is no room.
    pub fn take(&self, taker: Taker, bytes: u64) -> Option<Share> {
        let mut share = self.must(taker, 0);
        share.grow(bytes).then_some(share)
    }

    /// A share that is granted whatever there is, for those who cannot do without and bound themselves.
    pub fn must(&self, taker: Taker, bytes: u64) -> Share {
        let mut share = Share { budget: self.clone(), taker, bytes: 0 };
        share.must_grow(bytes);
        share
    }

    /// Adds to what a taker has, or tells how many bytes the unsealed would have to give up; 0 where that would not help.
    fn add(&self, taker: Taker, bytes: u64) -> Result<(), u64> {
        let mut taken = self.lock();
        let wanted = taken[taker as usize].saturating_add(bytes);
        if taker != Taker::Sealing {
            // sealing has what is kept for it; of the rest a part is kept for bodies, so that questions never stop what comes in
            let of = |taker: Taker| taken[taker as usize];
            let kept =
                if taker == Taker::Bodies { 0 } else { (self.0.max / 32 * KEPT_FOR_BODIES).saturating_sub(of(Taker::Bodies)) };
            let open = self.0.max - self.most(Taker::Sealing) - kept;
            let sum = of(Taker::Bodies) + of(Taker::Unsealed) + of(Taker::Queries);
            let wanting = sum.saturating_add(bytes).saturating_sub(open);
            if wanted > self.most(taker) || wanting > of(Taker::Unsealed) {
                return Err(0);
            }
            if wanting > 0 {
                return Err(wanting);
            }
        }
        taken[taker as usize] = wanted;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, [u64; Taker::ALL.len()]> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Budget {
    /// Of nothing.
    fn default() -> Self {
        Self::new(0)
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Budget({} of {} bytes)", self.taken_sum(), self.max())
    }
}

impl Share {
    /// Takes more, as [`Budget::take`]; `false` where there is no room, and nothing has changed then.
    pub fn grow(&mut self, bytes: u64) -> bool {
        let granted = self.budget.add(self.taker, bytes).or_else(|wanting| match self.budget.0.relief.get() {
            Some(relief) if wanting > 0 => {
                relief(wanting);
                self.budget.add(self.taker, bytes)
            }
            _ => Err(wanting),
        });
        if granted.is_ok() {
            self.bytes += bytes;
        }
        granted.is_ok()
    }
    /// Takes more whatever there is, as [`Budget::must`].
    pub fn must_grow(&mut self, bytes: u64) {
        self.budget.lock()[self.taker as usize] += bytes;
        self.bytes += bytes;
    }
    /// Takes or gives back, so that it is of a size, whatever there is, as [`Budget::must`].
    pub fn resize(&mut self, bytes: u64) {
        self.shrink(self.bytes.saturating_sub(bytes));
        self.must_grow(bytes - self.bytes);
    }
    /// Gives some back; no more than it has.
    pub fn shrink(&mut self, bytes: u64) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.budget.lock()[self.taker as usize] -= bytes;
    }
    /// Its size [bytes].
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn what_is_dropped_is_free_again() {
        let budget = Budget::new(3_200);
        let first = budget.take(Taker::Queries, 2_000).expect("five eighths are for questions");
        assert_eq!((first.bytes(), budget.taken(Taker::Queries)), (2_000, 2_000));
        assert!(budget.take(Taker::Queries, 1).is_none(), "and no more");
        assert!(budget.take(Taker::Bodies, 801).is_none(), "an eighth is kept for sealing");
        assert!(budget.take(Taker::Bodies, 800).is_some(), "a quarter for bodies");
        drop(first);
        assert_eq!(budget.taken_sum(), 0);
        assert!(budget.take(Taker::Bodies, 1_600).is_some());
    }

    #[test]
    fn sealing_always_has_room() {
        let budget = Budget::new(3_200);
        let _queries = budget.take(Taker::Queries, 2_000);
        let _bodies = budget.take(Taker::Bodies, 800);
        assert_eq!(budget.take(Taker::Sealing, 10_000).map(|share| share.bytes()), Some(10_000));
        assert_eq!(budget.taken_sum(), 2_800, "and gives it back");
    }

    #[test]
    fn the_unsealed_make_room_for_questions() {
        let budget = Budget::new(3_200);
        let kept = Arc::new(Mutex::new(vec![budget.must(Taker::Unsealed, 300), budget.must(Taker::Unsealed, 300)]));
        let asked = Arc::new(AtomicU64::new(0));
        let (held, heard) = (Arc::clone(&kept), Arc::clone(&asked));
        budget.relieved_by(move |wanting| {
            heard.fetch_add(wanting, Ordering::Relaxed);
            held.lock().expect("no panic").pop();
        });
        let question = budget.take(Taker::Queries, 1_600).expect("room is made");
        assert_eq!((asked.load(Ordering::Relaxed), budget.taken(Taker::Unsealed)), (200, 300));
        assert!(budget.take(Taker::Queries, 401).is_none());
        drop(question);
        assert!(budget.take(Taker::Queries, 2_001).is_none());
        assert_eq!(asked.load(Ordering::Relaxed), 200, "nobody is asked where it would not help");
    }

    proptest! {
        /// Whatever is taken, grown, shrunk and dropped: the sum is that of the shares, and what may be refused stays below its limits.
        #[test]
        fn accounts_are_exact(steps in prop::collection::vec((0_usize..4, 0_u64..2_000, 0_usize..4), 1..60)) {
            let budget = Budget::new(6_400);
            let mut shares: Vec<Share> = Vec::new();
            for (step, bytes, place) in steps {
                let count = shares.len().max(1);
                let taker = [Taker::Bodies, Taker::Queries][place % 2];
                match (step, shares.get_mut(place % count)) {
                    (0, _) => shares.extend(budget.take(taker, bytes)),
                    (1, Some(share)) => { share.grow(bytes); }
                    (2, Some(share)) => share.shrink(bytes),
                    (_, Some(_)) => drop(shares.swap_remove(place % count)),
                    (_, None) => {}
                }
                for taker in [Taker::Bodies, Taker::Queries] {
                    let sum: u64 = shares.iter().filter(|s| s.taker == taker).map(Share::bytes).sum();
                    prop_assert_eq!(sum, budget.taken(taker));
                    prop_assert!(sum <= budget.most(taker));
                }
                prop_assert!(budget.taken_sum() <= budget.max() - budget.most(Taker::Sealing));
            }
        }
    }
}
