//! The order of an edge node's messages (6.4.5: one more each time, 255 is followed by 0). Enters: messages as they come. Leaves:
//! messages as they were sent; those that overtook others are held back until these come, or until [`Order::give_up`]. Absent:
//! the clock (the task keeps the reorder time-out), what messages mean.
//!
//! ```text
//! next is 7:  7        -> 7, then what is held from 8 on
//!             8 to 134 -> held: something overtook; after the time-out all of it goes, and a rebirth is asked for
//!             other    -> at once: late, or the same message again
//! ```

use super::NodeName;
use super::read::Incoming;
use std::collections::HashMap;

/// Most messages of all edge nodes held back at once; at the limit an edge node's are given up at once.
pub const HELD_MAX: usize = 32;
/// Numbers from this on are behind, not ahead.
const AHEAD_MAX: u8 = 128;

/// Messages of edge nodes, each with what belongs to it.
#[derive(Clone, Debug)]
pub struct Order<T> {
    nodes: HashMap<NodeName, Sequence<T>>,
    held: usize,
}

#[derive(Clone, Debug)]
struct Sequence<T> {
    next: u8,
    held: Vec<(u8, Box<Incoming>, T)>,
}

/// A number that did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The number that was due.
    pub wanted: u8,
    /// The number that came instead.
    pub found: u8,
}

/// What may go on now, in order; and what is missing for good.
#[derive(Clone, Debug, PartialEq)]
pub struct Ready<T> {
    /// Messages.
    pub messages: Vec<(Box<Incoming>, T)>,
    /// Where the wait was given up.
    pub gap: Option<Gap>,
}

impl<T> Default for Order<T> {
    fn default() -> Self {
        Self { nodes: HashMap::new(), held: 0 }
    }
}

impl<T> Order<T> {
    /// One more message.
    pub fn push(&mut self, incoming: Box<Incoming>, with: T) -> Ready<T> {
        let at_once = |incoming, with| Ready { messages: vec![(incoming, with)], gap: None };
        if incoming.begins() || !incoming.counts() {
            let mut ready = self.release(&incoming.topic.node).unwrap_or(Ready { messages: Vec::new(), gap: None });
            // a new sequence answers whatever was missing of the old one
            ready.gap = None;
            if incoming.begins() {
                self.begin(&incoming);
            }
            ready.messages.push((incoming, with));
            return ready;
        }
        let (Some(sequence), Some(seq)) = (self.nodes.get_mut(&incoming.topic.node), incoming.seq()) else {
            return at_once(incoming, with);
        };
        match seq.wrapping_sub(sequence.next) {
            0 => {
                sequence.next = sequence.next.wrapping_add(1);
                let mut ready = at_once(incoming, with);
                while let Some(place) = sequence.held.iter().position(|(held, ..)| *held == sequence.next) {
                    let (_, incoming, with) = sequence.held.swap_remove(place);
                    sequence.next = sequence.next.wrapping_add(1);
                    self.held -= 1;
                    ready.messages.push((incoming, with));
                }
                ready
            }
            ahead if ahead < AHEAD_MAX && !sequence.held.iter().any(|(held, ..)| *held == seq) => {
                let node = incoming.topic.node.clone();
                sequence.held.push((seq, incoming, with));
                self.held += 1;
                let full = self.held >= HELD_MAX;
                let given_up = if full { self.release(&node) } else { None };
                given_up.unwrap_or(Ready { messages: Vec::new(), gap: None })
            }
            _ => at_once(incoming, with),
        }
    }
    /// Whether messages of an edge node wait for another.
    pub fn waits(&self, node: &NodeName) -> bool {
        self.nodes.get(node).is_some_and(|sequence| !sequence.held.is_empty())
    }
    /// The wait is over: all that is held of an edge node, in order.
    pub fn give_up(&mut self, node: &NodeName) -> Option<Ready<T>> {
        self.release(node)
    }
    /// The connection is lost: all that is held of every edge node, and no sequence is known any more.
    pub fn forget(&mut self) -> Vec<(Box<Incoming>, T)> {
        let mut nodes: Vec<NodeName> = self.nodes.keys().cloned().collect();
        nodes.sort();
        let held = nodes.iter().filter_map(|node| self.release(node)).flat_map(|ready| ready.messages).collect();
        self.nodes.clear();
        held
    }

    fn begin(&mut self, birth: &Incoming) {
        let node = &birth.topic.node;
        match birth.seq() {
            Some(seq) if self.nodes.contains_key(node) || self.nodes.len() < super::NODES_MAX => {
                self.nodes.insert(node.clone(), Sequence { next: seq.wrapping_add(1), held: Vec::new() });
            }
            _ => drop(self.nodes.remove(node)),
        }
    }

    fn release(&mut self, node: &NodeName) -> Option<Ready<T>> {
        let sequence = self.nodes.get_mut(node).filter(|sequence| !sequence.held.is_empty())?;
        let wanted = sequence.next;
        sequence.held.sort_by_key(|(seq, ..)| seq.wrapping_sub(wanted));
        let held = std::mem::take(&mut sequence.held);
        let (found, last) = (held.first()?.0, held.last()?.0);
        sequence.next = last.wrapping_add(1);
        self.held -= held.len();
        let messages = held.into_iter().map(|(_, incoming, with)| (incoming, with)).collect();
        Some(Ready { messages, gap: Some(Gap { wanted, found }) })
    }
}
