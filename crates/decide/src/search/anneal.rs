//! Simulated annealing on any objective, with exact evaluation.
//!
//! Enters: a graph, an objective, chance. Leaves: the graph after one more trial, and the best selection on the way. Absent: where to
//! begin again (`pool`).
//!
//! A job that costs something is drawn, one of the longest ways to its end is followed back, and operations of a block on it are
//! exchanged or moved to another machine (van Laarhoven, Aarts, Lenstra, Operations Research 40, 1992; the critical ways of each job:
//! Singer & Pinedo, IIE Transactions 30, 1998; Mati, Dauzère-Pérès, Lahlou, EJOR 212, 2011).

use super::construct::Selection;
use super::cooling::Cooling;
use super::cost::Cost;
use super::graph::{Graph, Move};
use super::shop::Shop;
use super::timing::Timing;
use measure::Chance;

/// One run of annealing.
#[derive(Clone, Debug)]
pub(super) struct Anneal {
    /// Where it is.
    pub graph: Graph,
    /// The objective there.
    pub value: i64,
    /// The best of the run.
    pub best_value: i64,
    /// Its selection.
    pub best: Selection,
    /// Trials evaluated so far.
    pub evaluated: u64,
    timing: Timing,
    path: Vec<u32>,
    costly: Vec<u32>,
    cooling: Cooling,
}

impl Anneal {
    /// A round from a selection, longer and more or less cold the more rounds went before.
    pub fn new(shop: &Shop, cost: &Cost, from: &Selection, before: u32, chance: &mut Chance) -> Self {
        let graph = Graph::new(shop, &from.mode, &from.order);
        let mut timing = Timing::default();
        let value = if cost.is_regular { cost.of_heads(shop, &graph) } else { timing.run(shop, cost, &graph) };
        Self {
            graph,
            value,
            best_value: value,
            best: from.clone(),
            evaluated: 0,
            timing,
            path: Vec::new(),
            costly: Vec::new(),
            cooling: Cooling::new(shop.count, value as f64 / cost.jobs.len().max(1) as f64, before, chance),
        }
    }

    /// Whether the round is over.
    pub const fn is_over(&self) -> bool {
        self.cooling.is_over()
    }

    /// One trial.
    pub fn step(&mut self, shop: &Shop, cost: &Cost, chance: &mut Chance) {
        self.cooling.step();
        let Some(to) = self.propose(shop, cost, chance) else { return };
        let back = self.graph.inverse(to.operation);
        if to == back || !self.graph.apply(shop, to, false) {
            return;
        }
        self.evaluated += 1;
        let value = if cost.is_regular { cost.of_heads(shop, &self.graph) } else { self.timing.run(shop, cost, &self.graph) };
        let worse = (value - self.value) as f64;
        if self.cooling.takes(worse, chance) {
            self.value = value;
            if value < self.best_value {
                self.best_value = value;
                self.best.take(&self.graph);
            }
        } else {
            self.graph.apply(shop, back, false);
        }
    }

    fn propose(&mut self, shop: &Shop, cost: &Cost, chance: &mut Chance) -> Option<Move> {
        let from = self.drawn(shop, cost, chance);
        if !cost.is_regular && chance.below(2) == 0 {
            return self.near(shop, from, chance);
        }
        self.way_to(shop, from, chance);
        let at = chance.below(self.path.len() as u64) as usize;
        let v = self.path[at];
        if shop.is_flexible && shop.modes_of(v).len() > 1 && chance.below(2) == 0 {
            return Some(self.elsewhere(shop, v, chance));
        }
        // the path runs backwards: find a pair on one machine from here on
        let pair = (at..self.path.len() - 1).chain(0..at).find(|i| {
            let (then, before) = (self.path[*i], self.path[*i + 1]);
            self.graph.nodes[then as usize].mp == before
        })?;
        let (mut u, mut v) = (self.path[pair + 1], self.path[pair]);
        let none = self.graph.none();
        let forward = chance.below(2) == 0;
        while chance.below(3) == 0 {
            if forward {
                let next = self.graph.nodes[v as usize].ms;
                v = if next == none { v } else { next };
            } else {
                let last = self.graph.nodes[u as usize].mp;
                u = if last == none { u } else { last };
            }
        }
        Some(if forward { self.behind(u, v) } else { self.before(u, v) })
    }

    fn behind(&self, u: u32, v: u32) -> Move {
        Move { operation: u, mode: self.graph.mode[u as usize], after: v }
    }

    fn before(&self, u: u32, v: u32) -> Move {
        Move { operation: v, mode: self.graph.mode[v as usize], after: self.graph.nodes[u as usize].mp }
    }

    /// The last operation of a job that costs something.
    fn drawn(&mut self, shop: &Shop, cost: &Cost, chance: &mut Chance) -> u32 {
        self.costly.clear();
        if cost.is_regular {
            for (job, of) in cost.jobs.iter().enumerate().filter(|(_, of)| of.tardiness > 0) {
                let late = |o: &&u32| i64::from(self.graph.nodes[**o as usize].end()) > of.due;
                self.costly.extend(cost.sinks[job].iter().filter(late));
            }
        }
        if cost.makespan > 0 && chance.below(2) == 0 {
            let last = shop.sinks.iter().max_by_key(|o| self.graph.nodes[**o as usize].end());
            return last.copied().unwrap_or(0);
        }
        if self.costly.is_empty() {
            return shop.sinks[chance.below(shop.sinks.len() as u64) as usize];
        }
        self.costly[chance.below(self.costly.len() as u64) as usize]
    }

    /// Some operation of the drawn one's job changes places with a neighbour.
    fn near(&self, shop: &Shop, from: u32, chance: &mut Chance) -> Option<Move> {
        let mut v = from;
        while chance.below(6) != 0 {
            match shop.before.list(v) {
                [] => break,
                list => v = list[chance.below(list.len() as u64) as usize],
            }
        }
        if shop.is_flexible && shop.modes_of(v).len() > 1 && chance.below(3) == 0 {
            return Some(self.elsewhere(shop, v, chance));
        }
        let node = &self.graph.nodes[v as usize];
        let none = self.graph.none();
        let mut other = if chance.below(2) == 0 { node.ms } else { node.mp };
        if other == none {
            return None;
        }
        let forward = other == node.ms;
        while chance.below(3) == 0 {
            let next = if forward { self.graph.nodes[other as usize].ms } else { self.graph.nodes[other as usize].mp };
            other = if next == none { other } else { next };
        }
        Some(if forward { self.behind(v, other) } else { self.before(other, v) })
    }

    /// Another mode, about where it starts now.
    fn elsewhere(&self, shop: &Shop, v: u32, chance: &mut Chance) -> Move {
        let modes = shop.modes_of(v).len() as u64;
        let mode = ((u64::from(self.graph.mode[v as usize]) + 1 + chance.below(modes - 1)) % modes) as u32;
        let machine = shop.modes_of(v)[mode as usize].0 as usize;
        let none = self.graph.none();
        let limit = self.graph.nodes[v as usize].head;
        let (mut x, mut y) = (none, self.graph.first[machine]);
        while y != none && (y == v || self.graph.nodes[y as usize].end() <= limit) {
            x = if y == v { x } else { y };
            y = self.graph.nodes[y as usize].ms;
        }
        while y != none && chance.below(2) == 0 {
            x = if y == v { x } else { y };
            y = self.graph.nodes[y as usize].ms;
        }
        Move { operation: v, mode, after: x }
    }

    /// One of the longest ways to an operation, backwards.
    fn way_to(&mut self, shop: &Shop, to: u32, chance: &mut Chance) {
        self.path.clear();
        let none = self.graph.none();
        let mut at = to;
        while at != none {
            self.path.push(at);
            at = self.graph.critical_before(shop, at, chance);
        }
    }
}
