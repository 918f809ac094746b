//! The disjunctive graph of a complete selection (Roy & Sussmann 1964; Balas 1969): every operation between its neighbours on its
//! machine and in its job, with head (earliest start) and tail (longest way from its end to the end of all).
//!
//! Enters: a [`Shop`], a selection, moves. Leaves: heads and tails that are exact after every move. Absent: which move is good.
//!
//! A move takes an operation out and puts it in elsewhere. The topological order is kept: only the operations between the old and
//! the new place are reordered, and a cycle shows while doing so (Pearce & Kelly, ACM JEA 11, 2006). Heads and tails are recomputed
//! only where a predecessor or successor changed, in topological order, from a bit set of places.

use super::shop::{NONE, Shop};
use measure::Chance;

/// One operation in the graph. The node behind the last one stands for "none": it starts, lasts and remains zero.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Node {
    /// The one before on the machine.
    pub mp: u32,
    /// The one after on the machine.
    pub ms: u32,
    /// The one before in a chain.
    pub jp: u32,
    /// The one after in a chain.
    pub js: u32,
    /// Duration in its mode.
    pub dur: i32,
    /// Earliest start.
    pub head: i32,
    /// Longest way from its end to the end of all.
    pub tail: i32,
    /// Place in the topological order.
    pub place: u32,
}

impl Node {
    /// Its earliest end.
    pub const fn end(&self) -> i32 {
        self.head + self.dur
    }
    /// The longest way from its start to the end of all.
    pub const fn rest(&self) -> i32 {
        self.dur + self.tail
    }
}

/// Where an operation goes: behind `after` (or to the front) on the machine of `mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Move {
    /// Which.
    pub operation: u32,
    /// In which mode, counted in [`Shop::modes`] from the operation's first.
    pub mode: u32,
    /// Behind whom; the number of operations for "to the front".
    pub after: u32,
}

/// A complete selection with its heads and tails.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    /// Operations; the last is "none".
    pub nodes: Vec<Node>,
    /// Machine of each operation.
    pub machine: Vec<u32>,
    /// Mode of each operation.
    pub mode: Vec<u32>,
    /// First on each machine.
    pub first: Vec<u32>,
    /// Topological order.
    pub order: Vec<u32>,
    dirty: Vec<u64>,
    marked: Vec<bool>,
    kept: Vec<u32>,
    moved: Vec<u32>,
}

impl Graph {
    /// A graph from a mode of each operation and an order that respects the precedences: on each machine in that order.
    pub fn new(shop: &Shop, mode: &[u32], order: &[u32]) -> Self {
        let count = shop.count;
        let none = count as u32;
        let or_none = |o: u32| if o == NONE { none } else { o };
        let mut nodes = vec![Node { mp: none, ms: none, jp: none, js: none, ..Node::default() }; count + 1];
        let mut machine = vec![0; count];
        for operation in 0..count {
            let (on, dur) = shop.modes_of(operation as u32)[mode[operation] as usize];
            machine[operation] = on;
            let (jp, js) = shop.chain[operation];
            nodes[operation] = Node { dur, jp: or_none(jp), js: or_none(js), ..nodes[operation] };
        }
        nodes[count].place = NONE;
        let words = count.div_ceil(64) + 1;
        let mut graph = Self {
            nodes,
            machine,
            mode: mode.to_vec(),
            first: vec![none; shop.machines],
            order: order.to_vec(),
            dirty: vec![0; words],
            marked: vec![false; count + 1],
            kept: Vec::new(),
            moved: Vec::new(),
        };
        let mut last = vec![none; shop.machines];
        for (place, &operation) in order.iter().enumerate() {
            let on = graph.machine[operation as usize] as usize;
            graph.nodes[operation as usize].place = place as u32;
            graph.link(last[on], operation, on);
            last[on] = operation;
        }
        graph.recompute(shop);
        graph
    }

    /// The number that stands for "none".
    pub const fn none(&self) -> u32 {
        (self.nodes.len() - 1) as u32
    }

    fn link(&mut self, before: u32, then: u32, machine: usize) {
        if before == self.none() {
            self.first[machine] = then;
        } else {
            self.nodes[before as usize].ms = then;
        }
        if then != self.none() {
            self.nodes[then as usize].mp = before;
        }
    }

    /// The operations on a machine, one after another.
    pub fn on(&self, machine: u32) -> impl Iterator<Item = u32> + '_ {
        let none = self.none();
        let some = move |v: u32| (v != none).then_some(v);
        std::iter::successors(some(self.first[machine as usize]), move |v| some(self.nodes[*v as usize].ms))
    }

    /// All heads and tails anew.
    pub fn recompute(&mut self, shop: &Shop) {
        for place in 0..self.order.len() {
            let operation = self.order[place];
            self.nodes[operation as usize].head = self.head(shop, operation);
        }
        for place in (0..self.order.len()).rev() {
            let operation = self.order[place];
            self.nodes[operation as usize].tail = self.tail(shop, operation);
        }
    }

    /// The head that an operation has by its predecessors.
    fn head(&self, shop: &Shop, operation: u32) -> i32 {
        let node = &self.nodes[operation as usize];
        let by_machine = self.nodes[node.mp as usize].end();
        if shop.is_plain {
            return by_machine.max(self.nodes[node.jp as usize].end());
        }
        let machine = self.machine[operation as usize];
        let free = if node.mp == self.none() { shop.available[machine as usize] } else { by_machine };
        let ready = self.ready(shop, operation);
        shop.open(machine, ready.max(free + shop.set_up(machine, node.mp, operation)), node.dur)
    }

    /// When release and precedences let an operation start.
    pub fn ready(&self, shop: &Shop, operation: u32) -> i32 {
        let node = &self.nodes[operation as usize];
        if shop.is_plain {
            return self.nodes[node.jp as usize].end();
        }
        let before = shop.before.list(operation).iter().map(|b| self.nodes[*b as usize].end());
        before.max().unwrap_or(0).max(shop.release[operation as usize])
    }

    /// The longest way from an operation's end to the end of all by the precedences.
    pub fn following(&self, shop: &Shop, operation: u32) -> i32 {
        let node = &self.nodes[operation as usize];
        if shop.is_plain {
            return self.nodes[node.js as usize].rest();
        }
        shop.after.list(operation).iter().map(|a| self.nodes[*a as usize].rest()).max().unwrap_or(0)
    }

    fn tail(&self, shop: &Shop, operation: u32) -> i32 {
        let node = &self.nodes[operation as usize];
        let by_machine = self.nodes[node.ms as usize].rest();
        if shop.is_plain {
            return by_machine.max(self.nodes[node.js as usize].rest());
        }
        let set_up = shop.set_up(self.machine[operation as usize], operation, node.ms);
        self.following(shop, operation).max(by_machine + set_up)
    }

    /// All set-ups together, of the operations that are set up for.
    pub fn set_ups(&self, shop: &Shop, is_set_up: impl Fn(u32) -> bool) -> i64 {
        let own = |v: u32| i64::from(shop.set_up(self.machine[v as usize], self.nodes[v as usize].mp, v));
        (0..shop.count as u32).filter(|v| is_set_up(*v)).map(own).sum()
    }

    /// The makespan.
    pub fn makespan(&self, shop: &Shop) -> i32 {
        shop.sinks.iter().map(|s| self.nodes[*s as usize].end()).max().unwrap_or(0)
    }

    /// The one before on a longest way to an operation; ties by chance.
    pub fn critical_before(&self, shop: &Shop, at: u32, chance: &mut Chance) -> u32 {
        let node = &self.nodes[at as usize];
        let none = self.none();
        let by_machine = if node.mp == none {
            i32::MIN
        } else {
            self.nodes[node.mp as usize].end() + shop.set_up(self.machine[at as usize], node.mp, at)
        };
        let mut job = none;
        let mut by_job = i32::MIN;
        if shop.is_plain {
            job = node.jp;
            by_job = if job == none { i32::MIN } else { self.nodes[job as usize].end() };
        } else {
            for &b in shop.before.list(at) {
                if self.nodes[b as usize].end() > by_job {
                    (job, by_job) = (b, self.nodes[b as usize].end());
                }
            }
            if by_job.max(by_machine) < shop.release[at as usize] {
                return none;
            }
        }
        match by_job.cmp(&by_machine) {
            std::cmp::Ordering::Less => node.mp,
            std::cmp::Ordering::Greater => job,
            std::cmp::Ordering::Equal if by_job == i32::MIN => none,
            std::cmp::Ordering::Equal if chance.below(2) == 0 => node.mp,
            std::cmp::Ordering::Equal => job,
        }
    }

    /// The move that undoes one that is still to be made.
    pub fn inverse(&self, operation: u32) -> Move {
        Move { operation, mode: self.mode[operation as usize], after: self.nodes[operation as usize].mp }
    }

    /// Makes a move and brings order, heads and, where wanted, tails up to date. False, and nothing changed, where it would close a cycle.
    pub fn apply(&mut self, shop: &Shop, to: Move, with_tails: bool) -> bool {
        let v = to.operation as usize;
        let back = self.inverse(to.operation);
        let old_next = self.nodes[v].ms;
        let next = self.relink(shop, to);
        if !self.reorder(shop, to.operation, to.after, next) {
            self.relink(shop, back);
            return false;
        }
        self.mark(old_next);
        self.mark(next);
        self.mark(to.operation);
        self.mark_after(shop, to.operation);
        self.sweep_heads(shop);
        if with_tails {
            self.mark(back.after);
            self.mark(to.after);
            self.mark(to.operation);
            self.mark_before(shop, to.operation);
            self.sweep_tails(shop);
        }
        true
    }

    /// Puts an operation, with what it depends on, before a place in the topological order; nobody's neighbours on machines change. False,
    /// and nothing changed, where the one at that place has to come before.
    pub fn advance(&mut self, shop: &Shop, operation: u32, to: usize) -> bool {
        let at = self.nodes[operation as usize].place as usize;
        to < at && self.shift_front(shop, operation, to, at)
    }

    /// Puts back a topological order that was one for the selection as it is.
    pub fn restore(&mut self, order: &[u32]) {
        self.order.copy_from_slice(order);
        for (place, operation) in (0..).zip(order) {
            self.nodes[*operation as usize].place = place;
        }
    }

    /// Takes an operation out and puts it in; tells who follows it now.
    fn relink(&mut self, shop: &Shop, to: Move) -> u32 {
        let v = to.operation as usize;
        let (before, then) = (self.nodes[v].mp, self.nodes[v].ms);
        self.link(before, then, self.machine[v] as usize);
        let (machine, dur) = shop.modes_of(to.operation)[to.mode as usize];
        self.machine[v] = machine;
        self.mode[v] = to.mode;
        self.nodes[v].dur = dur;
        let next = if to.after == self.none() { self.first[machine as usize] } else { self.nodes[to.after as usize].ms };
        self.link(to.after, to.operation, machine as usize);
        self.nodes[v].ms = next;
        if next != self.none() {
            self.nodes[next as usize].mp = to.operation;
        }
        next
    }

    /// Brings the topological order up to date after `v` was put between `x` and `y`. False where that closes a cycle.
    fn reorder(&mut self, shop: &Shop, v: u32, x: u32, y: u32) -> bool {
        let none = self.none();
        let at = self.nodes[v as usize].place as usize;
        if x != none && self.nodes[x as usize].place as usize > at {
            return self.shift_back(shop, v, at, self.nodes[x as usize].place as usize);
        }
        if y != none && (self.nodes[y as usize].place as usize) < at {
            return self.shift_front(shop, v, self.nodes[y as usize].place as usize, at);
        }
        true
    }

    /// Puts `v` and what depends on it behind place `to`, where its new predecessor is.
    fn shift_back(&mut self, shop: &Shop, v: u32, from: usize, to: usize) -> bool {
        self.kept.clear();
        self.moved.clear();
        self.moved.push(v);
        self.marked[v as usize] = true;
        for place in from + 1..=to {
            let w = self.order[place];
            let node = &self.nodes[w as usize];
            let by_job = if shop.is_plain {
                self.marked[node.jp as usize]
            } else {
                shop.before.list(w).iter().any(|b| self.marked[*b as usize])
            };
            if by_job || self.marked[node.mp as usize] {
                self.marked[w as usize] = true;
                self.moved.push(w);
            } else {
                self.kept.push(w);
            }
        }
        let is_cycle = self.marked[self.order[to] as usize];
        for w in &self.moved {
            self.marked[*w as usize] = false;
        }
        if is_cycle {
            return false;
        }
        for (place, w) in (from..).zip(self.kept.iter().chain(&self.moved)) {
            self.order[place] = *w;
            self.nodes[*w as usize].place = place as u32;
        }
        true
    }

    /// Puts `v` and what it depends on before place `from`, where its new successor is.
    fn shift_front(&mut self, shop: &Shop, v: u32, from: usize, to: usize) -> bool {
        self.kept.clear();
        self.moved.clear();
        self.moved.push(v);
        self.marked[v as usize] = true;
        for place in (from..to).rev() {
            let w = self.order[place];
            let node = &self.nodes[w as usize];
            let by_job = if shop.is_plain {
                self.marked[node.js as usize]
            } else {
                shop.after.list(w).iter().any(|a| self.marked[*a as usize])
            };
            if by_job || self.marked[node.ms as usize] {
                self.marked[w as usize] = true;
                self.moved.push(w);
            } else {
                self.kept.push(w);
            }
        }
        let is_cycle = self.marked[self.order[from] as usize];
        for w in &self.moved {
            self.marked[*w as usize] = false;
        }
        if is_cycle {
            return false;
        }
        for (place, w) in (from..).zip(self.moved.iter().rev().chain(self.kept.iter().rev())) {
            self.order[place] = *w;
            self.nodes[*w as usize].place = place as u32;
        }
        true
    }

    fn mark(&mut self, operation: u32) {
        let place = self.nodes[operation as usize].place;
        if place != NONE {
            self.dirty[place as usize / 64] |= 1 << (place % 64);
        }
    }

    fn mark_after(&mut self, shop: &Shop, operation: u32) {
        if shop.is_plain {
            self.mark(self.nodes[operation as usize].js);
        } else {
            for &a in shop.after.list(operation) {
                self.mark(a);
            }
        }
    }

    fn mark_before(&mut self, shop: &Shop, operation: u32) {
        if shop.is_plain {
            self.mark(self.nodes[operation as usize].jp);
        } else {
            for &b in shop.before.list(operation) {
                self.mark(b);
            }
        }
    }

    fn sweep_heads(&mut self, shop: &Shop) {
        let mut word = 0;
        while word < self.dirty.len() {
            let bits = self.dirty[word];
            if bits == 0 {
                word += 1;
                continue;
            }
            self.dirty[word] = bits & (bits - 1);
            let operation = self.order[word * 64 + bits.trailing_zeros() as usize];
            let head = self.head(shop, operation);
            if head != self.nodes[operation as usize].head {
                self.nodes[operation as usize].head = head;
                self.mark(self.nodes[operation as usize].ms);
                self.mark_after(shop, operation);
            }
        }
    }

    fn sweep_tails(&mut self, shop: &Shop) {
        let mut word = self.dirty.len();
        while word > 0 {
            let bits = self.dirty[word - 1];
            if bits == 0 {
                word -= 1;
                continue;
            }
            let high = 63 - bits.leading_zeros();
            self.dirty[word - 1] = bits & !(1 << high);
            let operation = self.order[(word - 1) * 64 + high as usize];
            let tail = self.tail(shop, operation);
            if tail != self.nodes[operation as usize].tail {
                self.nodes[operation as usize].tail = tail;
                self.mark(self.nodes[operation as usize].mp);
                self.mark_before(shop, operation);
            }
        }
    }
}
