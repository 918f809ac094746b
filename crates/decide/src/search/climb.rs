//! Tabu search on the makespan.
//!
//! Enters: a graph. Leaves: the graph after one more move, and the best selection on the way. Absent: where to begin again (`pool`).
//!
//! A move of a critical operation within its block to or from the ends (N7: Zhang, Li, Guan, Rao, Computers & Operations Research
//! 34, 2007, which contains N5 and N6 of Nowicki & Smutnicki 1996 and Balas & Vazacopoulos 1998) and, where operations have a choice,
//! its insertion on another machine (Mastrolilli & Gambardella 2000). The best estimate that is not tabu is taken; tenures are drawn
//! (Taillard 1994; Peng, Lü, Cheng, Computers & Operations Research 53, 2015).

use super::construct::Selection;
use super::estimate::{Estimator, Insertion};
use super::graph::{Graph, Move};
use super::shop::Shop;
use super::tabu::Tabu;
use measure::Chance;

/// Longest distance of a move within a block, where operations have a choice of machines and where they have none: long blocks of large job
/// shops cost more than far moves bring (dmu41 to dmu80 and ta41, 1 s: 5.6 % above the best known with 8, 6.3 % with 24, 6.2 % with 4).
const REACH: [usize; 2] = [24, 8];
/// Most operations of a critical path that are offered to other machines in one iteration.
const OFFERS: usize = 400;

/// Exchanges before a run begins again.
const SHAKES: u32 = 4;

/// A candidate: what it would give, what it is.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    estimate: i32,
    to: Move,
    /// The other end of the stretch shifted; the operation itself for another machine.
    far: u32,
    is_forward: bool,
}

/// One run of tabu search.
#[derive(Clone, Debug)]
pub(super) struct Climb {
    /// Where it is.
    pub graph: Graph,
    /// The makespan there.
    pub value: i32,
    /// The best makespan of the run.
    pub best_value: i32,
    /// Its selection.
    pub best: Selection,
    /// Iterations since it was found.
    pub stale: u32,
    /// Moves evaluated so far.
    pub evaluated: u64,
    tabu: Tabu,
    estimator: Estimator,
    path: Vec<u32>,
    chosen: Chooser,
    sinks: Vec<u32>,
}

#[derive(Clone, Debug, Default)]
struct Chooser {
    best: Option<Candidate>,
    ties: u64,
    any: Option<Candidate>,
    any_ties: u64,
}

impl Chooser {
    fn offer(&mut self, candidate: Candidate, is_tabu: bool, chance: &mut Chance) {
        if is_tabu {
            self.any_ties += 1;
            if chance.below(self.any_ties) == 0 {
                self.any = Some(candidate);
            }
            return;
        }
        match &self.best {
            Some(best) if candidate.estimate > best.estimate => {}
            Some(best) if candidate.estimate == best.estimate => {
                self.ties += 1;
                if chance.below(self.ties) == 0 {
                    self.best = Some(candidate);
                }
            }
            _ => {
                self.ties = 1;
                self.best = Some(candidate);
            }
        }
    }
}

impl Climb {
    /// A run from a selection.
    pub fn new(shop: &Shop, from: &Selection) -> Self {
        let graph = Graph::new(shop, &from.mode, &from.order);
        let value = graph.makespan(shop);
        Self {
            graph,
            value,
            best_value: value,
            best: from.clone(),
            stale: 0,
            evaluated: 0,
            tabu: Tabu::new(),
            estimator: Estimator::default(),
            path: Vec::new(),
            chosen: Chooser::default(),
            sinks: Vec::new(),
        }
    }

    /// A few exchanges beside the critical ways, before it begins where others began: where blocks do not tell all (set-ups, releases,
    /// precedence graphs) it would find the same again.
    pub fn shake(&mut self, shop: &Shop, chance: &mut Chance) {
        if shop.is_plain {
            return;
        }
        for _ in 0..SHAKES {
            let u = chance.below(shop.count as u64) as u32;
            let v = self.graph.nodes[u as usize].ms;
            if v != self.graph.none() {
                let to = Move { operation: u, mode: self.graph.mode[u as usize], after: v };
                // one that would close a cycle changes nothing
                self.graph.apply(shop, to, true);
            }
        }
        self.value = self.graph.makespan(shop);
        self.best_value = self.value;
        self.best = Selection { mode: self.graph.mode.clone(), order: self.graph.order.clone() };
    }

    /// One move.
    pub fn step(&mut self, shop: &Shop, chance: &mut Chance) {
        self.tabu.now += 1;
        self.stale += 1;
        self.critical_path(shop, chance);
        self.chosen = Chooser::default();
        self.blocks(shop, chance);
        if shop.is_flexible {
            self.offers(shop, chance);
        }
        let Some(candidate) = self.chosen.best.or(self.chosen.any) else { return };
        self.take(shop, candidate, chance);
    }

    fn take(&mut self, shop: &Shop, candidate: Candidate, chance: &mut Chance) {
        let operation = candidate.to.operation;
        let was_on = self.graph.machine[operation as usize];
        let next = self.graph.nodes[operation as usize].ms;
        let prev = self.graph.nodes[operation as usize].mp;
        if !self.graph.apply(shop, candidate.to, true) {
            self.tabu.forbid((operation, candidate.far), 50);
            return;
        }
        self.value = self.graph.makespan(shop);
        if was_on == self.graph.machine[operation as usize] && candidate.far != operation {
            let tenure = self.tenure(shop, chance);
            let none = self.graph.none();
            let mut w = if candidate.is_forward { next } else { prev };
            while w != none && w != operation {
                let undone = if candidate.is_forward { (operation, w) } else { (w, operation) };
                self.tabu.forbid(undone, tenure);
                if w == candidate.far {
                    break;
                }
                w = if candidate.is_forward { self.graph.nodes[w as usize].ms } else { self.graph.nodes[w as usize].mp };
            }
        } else {
            let tenure = self.tenure(shop, chance);
            self.tabu.forbid((operation, shop.count as u32 + 1 + was_on), tenure);
        }
        if self.value < self.best_value {
            self.best_value = self.value;
            self.best.take(&self.graph);
            self.stale = 0;
        }
    }

    fn tenure(&self, shop: &Shop, chance: &mut Chance) -> u32 {
        let least = 10 + (shop.sinks.len() / shop.machines.max(1)) as u32;
        least + chance.below(u64::from(least)) as u32
    }

    /// One of the longest ways, from its first operation to its last.
    fn critical_path(&mut self, shop: &Shop, chance: &mut Chance) {
        self.path.clear();
        self.sinks.clear();
        self.sinks.extend(shop.sinks.iter().filter(|s| self.graph.nodes[**s as usize].end() == self.value));
        if self.sinks.is_empty() {
            return;
        }
        let mut at = self.sinks[chance.below(self.sinks.len() as u64) as usize];
        let none = self.graph.none();
        while at != none {
            self.path.push(at);
            at = self.graph.critical_before(shop, at, chance);
        }
        self.path.reverse();
    }

    /// Moves within the blocks of the path.
    fn blocks(&mut self, shop: &Shop, chance: &mut Chance) {
        let path = std::mem::take(&mut self.path);
        let mut from = 0;
        while from < path.len() {
            let mut to = from;
            while to + 1 < path.len() && self.graph.nodes[path[to] as usize].ms == path[to + 1] {
                to += 1;
            }
            if to > from {
                let (is_first, is_last) = (from == 0 && shop.is_plain, to + 1 == path.len() && shop.is_plain);
                self.block(shop, &path[from..=to], (is_first, is_last), chance);
            }
            from = to + 1;
        }
        self.path = path;
    }

    fn block(&mut self, shop: &Shop, block: &[u32], at: (bool, bool), chance: &mut Chance) {
        let last = block.len() - 1;
        let reach = REACH[usize::from(!shop.is_flexible)];
        if !at.1 {
            for u in last.saturating_sub(reach)..last {
                self.try_behind(shop, block[u], block[last], chance);
            }
        }
        if !at.0 {
            for v in 1..=last.min(reach) {
                // the swap of a block of two is offered already
                if last != 1 || at.1 {
                    self.try_before(shop, block[0], block[v], chance);
                }
            }
        }
        if !at.0 {
            for v in 1..last.min(reach) {
                self.try_behind(shop, block[0], block[v], chance);
            }
        }
        if !at.1 {
            for u in last.saturating_sub(reach).max(1)..last {
                self.try_before(shop, block[u], block[last], chance);
            }
        }
    }

    fn try_behind(&mut self, shop: &Shop, u: u32, v: u32, chance: &mut Chance) {
        let (a, b) = (&self.graph.nodes[u as usize], &self.graph.nodes[v as usize]);
        // no way from a successor of u to v: v starts before such a successor could end
        let is_safe = if shop.is_plain {
            let js = &self.graph.nodes[self.graph.nodes[u as usize].js as usize];
            a.js == self.graph.none() || b.head < js.end() || js.rest() <= b.rest()
        } else {
            shop.after.list(u).iter().all(|s| b.head < self.graph.nodes[*s as usize].end())
        };
        if !is_safe {
            return;
        }
        self.evaluated += 1;
        let estimate = self.estimator.behind(shop, &self.graph, u, v);
        let mut is_tabu = false;
        let mut w = self.graph.nodes[u as usize].ms;
        loop {
            is_tabu |= self.tabu.is_tabu((w, u));
            if w == v || is_tabu {
                break;
            }
            w = self.graph.nodes[w as usize].ms;
        }
        let to = Move { operation: u, mode: self.graph.mode[u as usize], after: v };
        let candidate = Candidate { estimate, to, far: v, is_forward: true };
        self.chosen.offer(candidate, is_tabu && estimate >= self.best_value, chance);
    }

    fn try_before(&mut self, shop: &Shop, u: u32, v: u32, chance: &mut Chance) {
        let (a, b) = (&self.graph.nodes[u as usize], &self.graph.nodes[v as usize]);
        // no way from u to a predecessor of v
        let is_safe = if shop.is_plain {
            let jp = &self.graph.nodes[b.jp as usize];
            b.jp == self.graph.none() || jp.head < a.end() || a.rest() <= jp.rest()
        } else {
            shop.before.list(v).iter().all(|p| self.graph.nodes[*p as usize].head < a.end())
        };
        if !is_safe {
            return;
        }
        self.evaluated += 1;
        let estimate = self.estimator.before(shop, &self.graph, u, v);
        let mut is_tabu = false;
        let mut w = self.graph.nodes[v as usize].mp;
        loop {
            is_tabu |= self.tabu.is_tabu((v, w));
            if w == u || is_tabu {
                break;
            }
            w = self.graph.nodes[w as usize].mp;
        }
        let to = Move { operation: v, mode: self.graph.mode[v as usize], after: self.graph.nodes[u as usize].mp };
        let candidate = Candidate { estimate, to, far: u, is_forward: false };
        self.chosen.offer(candidate, is_tabu && estimate >= self.best_value, chance);
    }

    /// Insertions of critical operations on other machines.
    fn offers(&mut self, shop: &Shop, chance: &mut Chance) {
        let path = std::mem::take(&mut self.path);
        let skip = if path.len() > OFFERS { chance.below((path.len() - OFFERS) as u64) as usize } else { 0 };
        for &operation in path.iter().skip(skip).take(OFFERS) {
            let (ready, following) = (self.graph.ready(shop, operation), self.graph.following(shop, operation));
            let here = self.graph.machine[operation as usize];
            for (mode, &(machine, dur)) in (0..).zip(shop.modes_of(operation)).filter(|(_, m)| m.0 != here) {
                self.offer(shop, &Insertion { operation, mode, machine, dur, ready, following }, chance);
            }
        }
        self.path = path;
    }

    fn offer(&mut self, shop: &Shop, v: &Insertion, chance: &mut Chance) {
        let is_tabu = self.tabu.is_tabu((v.operation, shop.count as u32 + 1 + v.machine));
        let none = self.graph.none();
        let (mut x, mut y) = (none, self.graph.first[v.machine as usize]);
        // behind all that are over before v can be ready: anywhere earlier is dominated
        while y != none && self.graph.nodes[y as usize].end() <= v.ready {
            (x, y) = (y, self.graph.nodes[y as usize].ms);
        }
        loop {
            if x != none && !self.starts_before_successors(shop, x, v.operation) {
                break;
            }
            if y == none || self.ends_after_predecessors(shop, y, v.operation) {
                self.evaluated += 1;
                let estimate = self.estimator.between(shop, &self.graph, v, x, y);
                let to = Move { operation: v.operation, mode: v.mode, after: x };
                let candidate = Candidate { estimate, to, far: v.operation, is_forward: true };
                self.chosen.offer(candidate, is_tabu && estimate >= self.best_value, chance);
            }
            // behind one that has less to follow than v: anywhere later is dominated
            if y == none || self.graph.nodes[y as usize].rest() < v.following {
                break;
            }
            (x, y) = (y, self.graph.nodes[y as usize].ms);
        }
    }

    /// No way from a successor of `v` to `x`.
    fn starts_before_successors(&self, shop: &Shop, x: u32, v: u32) -> bool {
        let head = self.graph.nodes[x as usize].head;
        if shop.is_plain {
            let js = self.graph.nodes[v as usize].js;
            return js == self.graph.none() || head < self.graph.nodes[js as usize].end();
        }
        shop.after.list(v).iter().all(|s| head < self.graph.nodes[*s as usize].end())
    }

    /// No way from `y` to a predecessor of `v`.
    fn ends_after_predecessors(&self, shop: &Shop, y: u32, v: u32) -> bool {
        let end = self.graph.nodes[y as usize].end();
        if shop.is_plain {
            let jp = self.graph.nodes[v as usize].jp;
            return jp == self.graph.none() || self.graph.nodes[jp as usize].head < end;
        }
        shop.before.list(v).iter().all(|p| self.graph.nodes[*p as usize].head < end)
    }
}
