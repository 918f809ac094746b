//! Which edge nodes are asked for a rebirth, and when. Enters: wishes, births, the time. Leaves: edge nodes to be asked now. Absent:
//! MQTT, why a rebirth is wished.
//!
//! A wish stands until the edge node is born: it is asked at once, again after 5 s, and then ever more seldom up to once a minute,
//! since requests travel unacknowledged (QoS 0) and a node may be away. Nobody is asked twice within 5 s.

use super::wire::{NODES_MAX, NodeName};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Least time between two requests to one edge node.
const REST: Duration = Duration::from_secs(5);
/// Longest time between two requests that were not answered.
const REST_MAX: Duration = Duration::from_secs(60);

/// The edge nodes that were asked, and those that shall be.
#[derive(Debug, Default)]
pub(super) struct Rebirths(HashMap<NodeName, Asked>);

#[derive(Clone, Copy, Debug)]
struct Asked {
    /// When it was asked last, and how often without an answer.
    last: Option<(Instant, u32)>,
    /// When it shall be asked; `None` = it was born.
    due: Option<Instant>,
}

impl Rebirths {
    /// A rebirth of the edge node is wished.
    pub(super) fn wish(&mut self, node: NodeName, now: Instant) {
        if self.0.len() >= NODES_MAX && !self.0.contains_key(&node) {
            self.0.retain(|_, asked| asked.due.is_some());
        }
        if self.0.len() >= NODES_MAX && !self.0.contains_key(&node) {
            return;
        }
        let asked = self.0.entry(node).or_insert(Asked { last: None, due: None });
        let rested = asked.last.map_or(now, |(at, _)| at + REST);
        asked.due = Some(asked.due.map_or(rested.max(now), |due| due.min(rested.max(now))));
    }
    /// The edge node was born: the wish is fulfilled.
    pub(super) fn born(&mut self, node: &NodeName) {
        if let Some(asked) = self.0.get_mut(node) {
            asked.due = None;
            asked.last = asked.last.map(|(at, _)| (at, 0));
        }
    }
    /// The edge nodes to be asked now.
    pub(super) fn due(&mut self, now: Instant) -> Vec<NodeName> {
        let mut nodes = Vec::new();
        for (node, asked) in &mut self.0 {
            if asked.due.is_some_and(|due| due <= now) {
                let times = asked.last.map_or(0, |(_, times)| times);
                asked.last = Some((now, times.saturating_add(1)));
                asked.due = Some(now + REST.saturating_mul(1 << times.min(8)).min(REST_MAX));
                nodes.push(node.clone());
            }
        }
        nodes.sort();
        nodes
    }
    /// Waits until an edge node is to be asked; for ever where there is none.
    pub(super) async fn wait(&self) {
        match self.0.values().filter_map(|asked| asked.due).min() {
            Some(due) => sleep_until(due).await,
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> NodeName {
        ("plant".to_owned(), "line".to_owned())
    }

    #[test]
    fn a_wish_is_repeated_ever_more_seldom_until_a_birth() {
        let (mut rebirths, start) = (Rebirths::default(), Instant::now());
        rebirths.wish(node(), start);
        let asked: Vec<u64> = (0..200).filter(|s| !rebirths.due(start + Duration::from_secs(*s)).is_empty()).collect();
        assert_eq!(asked, [0, 5, 15, 35, 75, 135, 195]);
        rebirths.born(&node());
        assert_eq!(rebirths.due(start + Duration::from_secs(900)), [] as [NodeName; 0]);
    }

    #[test]
    fn nobody_is_asked_twice_within_five_seconds() {
        let (mut rebirths, start) = (Rebirths::default(), Instant::now());
        rebirths.wish(node(), start);
        assert_eq!(rebirths.due(start), [node()]);
        rebirths.born(&node());
        rebirths.wish(node(), start + Duration::from_secs(1));
        assert_eq!(rebirths.due(start + Duration::from_secs(4)), [] as [NodeName; 0]);
        assert_eq!(rebirths.due(start + Duration::from_secs(5)), [node()]);
    }
}
