//! What the broker holds at most. Enters: nothing. Leaves: numbers, as constants and as data that tests make small.

use std::time::Duration;

/// What one broker holds at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Clients connected at once.
    pub connections: usize,
    /// Sessions, connected or waiting for their client.
    pub sessions: usize,
    /// Largest packet [bytes].
    pub packet_bytes: usize,
    /// Messages kept for one client that reads slowly or is away.
    pub queue: usize,
    /// Payloads kept for one such client [bytes].
    pub queue_bytes: usize,
    /// Retained messages.
    pub retained: usize,
    /// Payloads of retained messages [bytes].
    pub retained_bytes: usize,
    /// Subscriptions of one session.
    pub subscriptions: usize,
    /// Messages from one client that are not yet acknowledged to it.
    pub receive: u16,
    /// Messages to one client that it has not yet acknowledged.
    pub send: u16,
    /// Longest life of a session without its client.
    pub session_expiry: Duration,
    /// Longest time from the connection to its CONNECT.
    pub handshake: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            sessions: 20_000,
            packet_bytes: 1 << 20,
            queue: 100_000,
            queue_bytes: 32 << 20,
            retained: 10_000,
            retained_bytes: 64 << 20,
            subscriptions: 1_000,
            receive: 4_096,
            send: 256,
            session_expiry: Duration::from_secs(3_600),
            handshake: Duration::from_secs(10),
        }
    }
}

/// Most bytes waiting for one socket before messages queue in the session instead, and before nothing more is read from it.
pub const OUT_BYTES_MAX: usize = 256 << 10;
/// Most bytes taken from one socket in one go.
pub const READ_BYTES_MAX: usize = 64 << 10;
/// Most topics whose way is remembered; beyond it all are looked up anew.
pub const TOPICS_MAX: usize = 65_536;
/// Most topic aliases a client may set.
pub const ALIASES_MAX: u16 = 64;
/// Most messages taken in and not yet settled; beyond it no socket is read.
pub const UNSETTLED_MAX: usize = 262_144;
/// Most readings that wait for room at the unit's door; beyond it no socket is read.
pub const WAITING_MAX: usize = 32_768;
