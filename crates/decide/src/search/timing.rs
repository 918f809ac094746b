//! When to start, given the selection, where starting later may cost less (earliness, flow).
//!
//! Enters: a graph with its heads. Leaves: a start of each operation. Absent: changes of the selection.
//!
//! From the earliest starts blocks move right as long as that costs less: an operation that would rather start later, with all that
//! it pushes, until something is reached or a cost bends (idle-time insertion: Davis & Kanet, Naval Research Logistics 40, 1993; the
//! cost is convex and every step starts from below, so the order of the blocks hardly matters).

use super::cost::Cost;
use super::graph::Graph;
use super::shop::Shop;

/// Room for the work.
#[derive(Clone, Debug, Default)]
pub(super) struct Timing {
    /// Start of each operation, after [`Timing::run`].
    pub starts: Vec<i32>,
    block: Vec<u32>,
    in_block: Vec<bool>,
    complete: Vec<i32>,
    wants: Vec<u32>,
}

impl Timing {
    /// Times a graph; tells the objective.
    pub fn run(&mut self, shop: &Shop, cost: &Cost, graph: &Graph) -> i64 {
        self.starts.clear();
        self.starts.extend(graph.nodes[..shop.count].iter().map(|n| n.head));
        self.in_block.resize(shop.count, false);
        self.complete.clear();
        let ends = |o: &u32| graph.nodes[*o as usize].end();
        self.complete.extend(cost.sinks.iter().map(|sinks| sinks.iter().map(ends).max().unwrap_or(0)));
        self.wants.clear();
        for (job, of) in cost.jobs.iter().enumerate() {
            if of.earliness > of.flow {
                self.wants.extend(&cost.sinks[job]);
            }
            if let ([one], true) = (&cost.sources[job][..], of.flow > 0) {
                self.wants.push(*one);
            }
        }
        self.wants.sort_unstable_by_key(|o| std::cmp::Reverse(graph.nodes[*o as usize].place));
        self.wants.dedup();
        for place in 0..self.wants.len() {
            while self.push(shop, cost, graph, self.wants[place]) {}
        }
        cost.of_starts(shop, graph, &self.starts)
    }

    /// Moves an operation and what it pushes to the right, where that costs less. False where it does not.
    fn push(&mut self, shop: &Shop, cost: &Cost, graph: &Graph, operation: u32) -> bool {
        self.block.clear();
        self.block.push(operation);
        self.in_block[operation as usize] = true;
        let mut room = i32::MAX;
        let mut slope = 0;
        let mut next = 0;
        while next < self.block.len() {
            let v = self.block[next];
            next += 1;
            let (own, until) = self.slope(shop, cost, graph, v);
            slope += own;
            room = room.min(until);
            let end = self.starts[v as usize] + graph.nodes[v as usize].dur;
            let ms = graph.nodes[v as usize].ms;
            if ms != graph.none() {
                let free = end + shop.set_up(graph.machine[v as usize], v, ms);
                self.reach(ms, free, &mut room);
            }
            for &after in shop.after.list(v) {
                self.reach(after, end, &mut room);
            }
        }
        for v in &self.block {
            self.in_block[*v as usize] = false;
        }
        // what is in the block does not limit it
        if slope >= 0 || room == i32::MAX || room <= 0 {
            return false;
        }
        for &v in &self.block {
            self.starts[v as usize] += room;
            let job = shop.job[v as usize] as usize;
            if cost.sinks[job].contains(&v) {
                let end = self.starts[v as usize] + graph.nodes[v as usize].dur;
                self.complete[job] = self.complete[job].max(end);
            }
        }
        true
    }

    /// A successor that may start at `free` at the earliest: it is pushed along, or it limits how far.
    fn reach(&mut self, successor: u32, free: i32, room: &mut i32) {
        let at = successor as usize;
        if self.in_block[at] {
            return;
        }
        if self.starts[at] <= free {
            self.in_block[at] = true;
            self.block.push(successor);
        } else {
            *room = (*room).min(self.starts[at] - free);
        }
    }

    /// What a tick to the right costs by an operation itself, and for how many ticks.
    fn slope(&self, shop: &Shop, cost: &Cost, graph: &Graph, v: u32) -> (i64, i32) {
        let job = shop.job[v as usize] as usize;
        let of = &cost.jobs[job];
        let dur = graph.nodes[v as usize].dur;
        let end = self.starts[v as usize] + dur;
        let (mut slope, mut until) = (0, i32::MAX);
        if cost.sinks[job].contains(&v) {
            if end < self.complete[job] {
                until = self.complete[job] - end;
            } else {
                slope += of.flow;
                if i64::from(end) < of.due {
                    slope -= of.earliness;
                    until = i32::try_from(of.due - i64::from(end)).unwrap_or(i32::MAX);
                } else {
                    slope += of.tardiness + of.late;
                }
                // another job may end last, or be the latest, then
                slope += cost.makespan + cost.tardiest;
            }
        }
        if of.flow > 0 && cost.sources[job] == [v] {
            slope -= of.flow;
        }
        let closed = &shop.closed[graph.machine[v as usize] as usize];
        if let Some((from, _)) = closed.iter().find(|c| c.0 >= end) {
            until = until.min(from - end);
        }
        (slope, until)
    }
}
