//! The other side of the wire: what an edge node says. Enters: metrics, the time. Leaves: messages in the order in which they
//! must be sent. Absent: MQTT, what the metrics mean. Tests, benches and the virtual workshop speak through it.

use super::{Message, NodeName, bd_seq_metric, payload, topic};
use measure::Instant;
use srad_types::payload::Metric;

/// An edge node's counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    node: NodeName,
    seq: u64,
    bd_seq: u64,
}

impl Edge {
    /// An edge node that has not connected yet.
    pub fn new(group: &str, node: &str) -> Self {
        Self { node: (group.to_owned(), node.to_owned()), seq: 0, bd_seq: 0 }
    }
    /// Its group id and node id.
    pub const fn node(&self) -> &NodeName {
        &self.node
    }
    /// Begins a session: the will to leave with the broker (NDEATH).
    pub fn begin(&mut self, now: Instant) -> Message {
        self.bd_seq = (self.bd_seq + 1) % 256;
        self.death(now)
    }
    /// NDEATH of this session, for a parting in good order.
    pub fn death(&self, now: Instant) -> Message {
        let payload = payload(None, now, vec![bd_seq_metric(self.bd_seq)]);
        Message { topic: topic(&self.node, "NDEATH", None), payload }
    }
    /// NBIRTH with the node's own metrics; the sequence begins anew, and a birth of every device must follow.
    pub fn birth(&mut self, metrics: Vec<Metric>, now: Instant) -> Message {
        self.seq = 0;
        let metrics = std::iter::once(bd_seq_metric(self.bd_seq)).chain(metrics).collect();
        Message { topic: topic(&self.node, "NBIRTH", None), payload: payload(Some(0), now, metrics) }
    }
    /// DBIRTH of a device with all its metrics.
    pub fn device_birth(&mut self, device: &str, metrics: Vec<Metric>, now: Instant) -> Message {
        self.next("DBIRTH", Some(device), metrics, now)
    }
    /// DDEATH of a device.
    pub fn device_death(&mut self, device: &str, now: Instant) -> Message {
        self.next("DDEATH", Some(device), Vec::new(), now)
    }
    /// NDATA of the node itself.
    pub fn node_data(&mut self, metrics: Vec<Metric>, now: Instant) -> Message {
        self.next("NDATA", None, metrics, now)
    }
    /// DDATA of a device.
    pub fn data(&mut self, device: &str, metrics: Vec<Metric>, now: Instant) -> Message {
        self.next("DDATA", Some(device), metrics, now)
    }
    /// Leaves a number of the sequence out, as if a message had been lost.
    pub fn lose(&mut self) {
        self.seq = (self.seq + 1) % 256;
    }

    fn next(&mut self, verb: &str, device: Option<&str>, metrics: Vec<Metric>, now: Instant) -> Message {
        self.seq = (self.seq + 1) % 256;
        Message { topic: topic(&self.node, verb, device), payload: payload(Some(self.seq), now, metrics) }
    }
}
