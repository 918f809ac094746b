//! Places for connections, so that one client that opens many leaves room for the others. Enters: the address of a client. Leaves: a
//! [`Place`], given back when it is dropped. Absent: sockets.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Places of one listener: one address holds half of them at most.
pub(super) struct Places {
    free: Arc<Semaphore>,
    share: usize,
    held: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A place that is held.
pub(super) struct Place {
    holder: IpAddr,
    held: Arc<Mutex<HashMap<IpAddr, usize>>>,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn new(count: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(count)), share: count.div_ceil(2), held: Arc::default() }
    }
    /// Waits until a place is free.
    pub(super) async fn free(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.free).acquire_owned().await.expect("the semaphore of places is never closed")
    }
    /// Gives a free place to a client.
    ///
    /// # Errors
    /// It holds its share already; the sentence says so.
    pub(super) fn take(&self, permit: OwnedSemaphorePermit, holder: IpAddr) -> Result<Place, String> {
        let mut held = lock(&self.held);
        let count = held.entry(holder).or_default();
        if *count >= self.share {
            return Err(format!("{holder} holds {count} connections already, its share; one more was closed"));
        }
        *count += 1;
        Ok(Place { holder, held: Arc::clone(&self.held), _permit: permit })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = lock(&self.held);
        if let Some(count) = held.get_mut(&self.holder) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.holder);
            }
        }
    }
}

/// Counts stay right when a holder panics: each step leaves them whole.
fn lock(held: &Mutex<HashMap<IpAddr, usize>>) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_address_leaves_half_of_the_places_to_others() {
        let places = Places::new(4);
        let [greedy, other] = [[10, 0, 0, 1], [10, 0, 0, 2]].map(IpAddr::from);
        let mut held = Vec::new();
        for _ in 0..2 {
            held.push(places.take(places.free().await, greedy).expect("within its share"));
        }
        let refused = places.take(places.free().await, greedy).err();
        assert_eq!(refused.as_deref(), Some("10.0.0.1 holds 2 connections already, its share; one more was closed"));
        for _ in 0..2 {
            held.push(places.take(places.free().await, other).expect("there is room for others"));
        }
        drop(held);
        assert!(lock(&places.held).is_empty() && places.free.available_permits() == 4);
        places.take(places.free().await, greedy).expect("what was given back can be had again");
    }
}
