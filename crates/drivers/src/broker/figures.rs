//! What the broker counts, readable from any thread. Enters: events. Leaves: numbers.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters of one broker, from its start.
#[derive(Debug, Default)]
pub struct Figures {
    connected: AtomicU64,
    received: AtomicU64,
    lost: AtomicU64,
    sent_away: AtomicU64,
    not_retained: AtomicU64,
}

impl Figures {
    /// Clients connected now.
    pub fn connected(&self) -> u64 {
        self.connected.load(Relaxed)
    }
    /// Messages received.
    pub fn received(&self) -> u64 {
        self.received.load(Relaxed)
    }
    /// Messages that a client did not get: its queue was full, or it takes no packets of that size.
    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }
    /// Clients sent away: wrong credentials, broken rules, limits.
    pub fn sent_away(&self) -> u64 {
        self.sent_away.load(Relaxed)
    }
    /// Messages that were not retained because a limit was reached.
    pub fn not_retained(&self) -> u64 {
        self.not_retained.load(Relaxed)
    }
    pub(super) fn met(&self) {
        self.connected.fetch_add(1, Relaxed);
    }
    pub(super) fn parted(&self) {
        self.connected.fetch_sub(1, Relaxed);
    }
    pub(super) fn receive(&self, count: u64) {
        self.received.fetch_add(count, Relaxed);
    }
    pub(super) fn lose(&self, count: u64) {
        if count > 0 && self.lost.fetch_add(count, Relaxed) == 0 {
            tracing::warn!(
                "a message did not reach a client that reads slowly or takes only small packets; further ones are counted"
            );
        }
    }
    pub(super) fn send_away(&self) {
        self.sent_away.fetch_add(1, Relaxed);
    }
    pub(super) fn not_retain(&self, topic: &str) {
        self.not_retained.fetch_add(1, Relaxed);
        tracing::warn!(topic, "not retained: the limit of retained messages is reached");
    }
}
