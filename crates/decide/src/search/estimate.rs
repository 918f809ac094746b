//! What a move would make of the longest way through the operations it moves, from heads and tails as they are.
//!
//! Enters: a graph and a move. Leaves: a lower bound of the longest way through the operations moved, exact where the moved stretch is
//! not reached through itself. Absent: making the move.
//!
//! Sources: Taillard, ORSA J. Computing 6 (1994) and Balas & Vazacopoulos, Management Science 44 (1998) within a machine;
//! Mastrolilli & Gambardella, J. Scheduling 3 (2000) between machines.

use super::graph::{Graph, Node};
use super::shop::Shop;

/// Room for the stretch that a move shifts.
#[derive(Clone, Debug, Default)]
pub(super) struct Estimator {
    stretch: Vec<(u32, i32)>,
}

impl Estimator {
    /// `u` goes right behind `v`, which comes later on the same machine.
    pub fn behind(&mut self, shop: &Shop, graph: &Graph, u: u32, v: u32) -> i32 {
        let moved = graph.nodes[u as usize];
        let machine = graph.machine[u as usize];
        self.stretch.clear();
        let mut end = self.free(shop, graph, machine, &moved);
        let (mut last, mut w) = (moved.mp, moved.ms);
        loop {
            let node = &graph.nodes[w as usize];
            let head = graph.ready(shop, w).max(end + shop.set_up(machine, last, w));
            self.stretch.push((w, head));
            end = head + node.dur;
            last = w;
            if w == v {
                break;
            }
            w = node.ms;
        }
        let next = graph.nodes[v as usize].ms;
        let head = graph.ready(shop, u).max(end + shop.set_up(machine, v, u));
        let tail = graph.following(shop, u).max(graph.nodes[next as usize].rest() + shop.set_up(machine, u, next));
        let mut rest = moved.dur + tail;
        let mut longest = head + rest;
        let mut after = u;
        for &(w, head) in self.stretch.iter().rev() {
            rest = graph.nodes[w as usize].dur + graph.following(shop, w).max(rest + shop.set_up(machine, w, after));
            longest = longest.max(head + rest);
            after = w;
        }
        longest
    }

    /// `v` goes right before `u`, which comes earlier on the same machine.
    pub fn before(&mut self, shop: &Shop, graph: &Graph, u: u32, v: u32) -> i32 {
        let moved = graph.nodes[v as usize];
        let machine = graph.machine[v as usize];
        self.stretch.clear();
        let next = moved.ms;
        let mut rest = graph.nodes[next as usize].rest();
        let (mut after, mut w) = (next, moved.mp);
        loop {
            let node = &graph.nodes[w as usize];
            let tail = graph.following(shop, w).max(rest + shop.set_up(machine, w, after));
            rest = node.dur + tail;
            self.stretch.push((w, rest));
            after = w;
            if w == u {
                break;
            }
            w = node.mp;
        }
        let first = &graph.nodes[u as usize];
        let free = self.free(shop, graph, machine, first);
        let head = graph.ready(shop, v).max(free + shop.set_up(machine, first.mp, v));
        let tail = graph.following(shop, v).max(rest + shop.set_up(machine, v, u));
        let mut longest = head + moved.dur + tail;
        let mut end = head + moved.dur;
        let mut last = v;
        for &(w, rest) in self.stretch.iter().rev() {
            let head = graph.ready(shop, w).max(end + shop.set_up(machine, last, w));
            longest = longest.max(head + rest);
            end = head + graph.nodes[w as usize].dur;
            last = w;
        }
        longest
    }

    /// When the machine is free for the one that comes where `node` is.
    fn free(&self, shop: &Shop, graph: &Graph, machine: u32, node: &Node) -> i32 {
        if node.mp == graph.none() { shop.available[machine as usize] } else { graph.nodes[node.mp as usize].end() }
    }

    /// `v` goes between `x` and `y` on a machine it is not on, for `dur`.
    pub fn between(&self, shop: &Shop, graph: &Graph, v: &Insertion, x: u32, y: u32) -> i32 {
        let free = if x == graph.none() { shop.available[v.machine as usize] } else { graph.nodes[x as usize].end() };
        let head = v.ready.max(free + shop.set_up(v.machine, x, v.operation));
        let tail = v.following.max(graph.nodes[y as usize].rest() + shop.set_up(v.machine, v.operation, y));
        head + v.dur + tail
    }
}

/// An operation on its way to another machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Insertion {
    /// Which.
    pub operation: u32,
    /// In which mode.
    pub mode: u32,
    /// On which machine.
    pub machine: u32,
    /// For how long.
    pub dur: i32,
    /// When its precedences let it start.
    pub ready: i32,
    /// The longest way from its end by the precedences.
    pub following: i32,
}
