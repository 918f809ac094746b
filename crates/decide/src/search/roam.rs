//! Annealing for models that have more than machines and precedences: every trial is timed anew.
//!
//! Enters: a graph, an objective, chance. Leaves: the graph after one more trial, and the best selection on the way. Absent: how a graph becomes
//! starts (`decode`), where to begin again (`pool`).
//!
//! A trial takes an operation on the way to one that costs something, or any, and exchanges it with a neighbour on its machine, changes its
//! mode (both with all that has to go along: `follow`), or puts it earlier in the order in which resources are given out (moves of Kolisch & Hartmann, EJOR 174, 2006). Where the objective has
//! levels, the first at which two plans differ decides whether a trial is taken; what is kept as the best is compared level by level.

use super::construct::Selection;
use super::cooling::Cooling;
use super::cost::{Cost, Value};
use super::decode::{Case, Decoder};
use super::follow::Follow;
use super::graph::{Graph, Move};
use super::model::LEVELS_MAX;
use super::rich::Rich;
use super::shop::Shop;
use measure::Chance;

/// Farthest that an operation is put earlier in the order.
const REACH: u64 = 40;
/// Longest way that is followed back.
const WAY: usize = 24;

/// One round.
#[derive(Clone, Debug)]
pub(super) struct Roam {
    /// The best value of the round.
    pub best_value: Value,
    /// Its selection.
    pub best: Selection,
    /// Trials evaluated so far.
    pub evaluated: u64,
    graph: Graph,
    value: Value,
    decoder: Decoder,
    cooling: Cooling,
    /// The order before the trial.
    order: Vec<u32>,
    /// Starts and ends before the trial.
    starts: Vec<i32>,
    ends: Vec<i32>,
    follow: Follow,
    /// What a broken tick is worth while annealing.
    weight: f64,
    /// What a unit of cost of each level is worth in units of the first, so that one temperature cools them all.
    worth: [f64; LEVELS_MAX],
}

enum Trial {
    Move(Move),
    /// An operation goes before a place in the order.
    Earlier(u32, usize),
}

impl Roam {
    /// A round from a selection after `before` others.
    pub fn new(shop: &Shop, rich: &Rich, cost: &Cost, from: &Selection, before: u32, chance: &mut Chance) -> Self {
        let graph = Graph::new(shop, &from.mode, &from.order);
        let mut decoder = Decoder::default();
        let value = decoder.run(Case { shop, rich, cost, graph: &graph });
        let jobs = cost.jobs.len().max(1) as f64;
        let ticks: i64 = cost.jobs.iter().map(|j| j.tardiness + j.earliness + j.flow).sum();
        let weight = 4.0 * (ticks as f64 / jobs + cost.makespan as f64) + 1.0;
        let mean = (value.costs[0] as f64 + weight * value.broken as f64) / jobs;
        // where the first level costs nothing the others still need a temperature
        let job = if rich.levels > 1 { mean.max(1.0) } else { mean };
        let mut worth = value.costs.map(|cost| job * jobs / (cost as f64).max(1.0));
        worth[0] = 1.0;
        Self {
            best_value: value,
            best: from.clone(),
            evaluated: 0,
            order: graph.order.clone(),
            starts: decoder.starts.clone(),
            ends: decoder.ends.clone(),
            follow: Follow::default(),
            graph,
            value,
            decoder,
            cooling: Cooling::new(shop.count, job, before, chance),
            weight,
            worth,
        }
    }

    /// Whether the round is over.
    pub const fn is_over(&self) -> bool {
        self.cooling.is_over()
    }

    /// One trial.
    pub fn step(&mut self, shop: &Shop, rich: &Rich, cost: &Cost, chance: &mut Chance) {
        self.cooling.step();
        let v = self.drawn(shop, rich, cost, chance);
        let Some(trial) = self.propose(shop, v, chance) else { return };
        self.order.copy_from_slice(&self.graph.order);
        let back = self.graph.inverse(v);
        let is_done = match trial {
            Trial::Move(to) => to != back && self.follow.apply((shop, rich), &mut self.graph, &self.decoder, to, chance),
            Trial::Earlier(v, place) => self.graph.advance(shop, v, place),
        };
        if !is_done {
            self.graph.restore(&self.order);
            return;
        }
        self.evaluated += 1;
        self.swap_times();
        let value = self.decoder.run(Case { shop, rich, cost, graph: &self.graph });
        if self.cooling.takes(self.worse(value), chance) {
            self.value = value;
            if value < self.best_value {
                self.best_value = value;
                self.best.take(&self.graph);
            }
            return;
        }
        if let Trial::Move(_) = trial {
            self.follow.undo(shop, &mut self.graph);
        }
        self.graph.restore(&self.order);
        self.swap_times();
    }

    const fn swap_times(&mut self) {
        std::mem::swap(&mut self.starts, &mut self.decoder.starts);
        std::mem::swap(&mut self.ends, &mut self.decoder.ends);
    }

    /// By how much another value is worse than the one here, at the first level at which they differ.
    fn worse(&self, value: Value) -> f64 {
        let broken = self.weight * (value.broken as f64 - self.value.broken as f64);
        let differs = || value.costs.iter().zip(self.value.costs).position(|(new, old)| *new != old);
        let level = if value.broken == self.value.broken { differs().unwrap_or(0) } else { 0 };
        (value.costs[level] - self.value.costs[level]) as f64 * self.worth[level] + broken
    }

    /// The operation of the trial: any, or one on the way to an operation that ends a job that costs something.
    fn drawn(&self, shop: &Shop, rich: &Rich, cost: &Cost, chance: &mut Chance) -> u32 {
        let any = chance.below(shop.count as u64) as u32;
        if chance.below(3) == 0 {
            return any;
        }
        let end = |o: &u32| self.decoder.ends[*o as usize];
        let last = |job: u32| rich.of_job.list(job).iter().copied().max_by_key(end);
        let from = if cost.makespan > 0 && chance.below(2) == 0 {
            (0..shop.count as u32).max_by_key(end)
        } else {
            // the costlier of two jobs
            let costs = |o: &u32| {
                let job = shop.job[*o as usize] as usize;
                let late = i64::from(end(o)) - cost.jobs[job].due;
                cost.jobs[job].tardiness * late.max(0) + cost.jobs[job].earliness * (-late).max(0)
            };
            let jobs = cost.jobs.len() as u64;
            let two = [last(chance.below(jobs) as u32), last(chance.below(jobs) as u32)];
            two.into_iter().flatten().max_by_key(costs)
        };
        self.back(shop, rich, from.unwrap_or(any), chance)
    }

    /// Some steps back along what an operation waits for.
    fn back(&self, shop: &Shop, rich: &Rich, from: u32, chance: &mut Chance) -> u32 {
        let mut at = from;
        for _ in 0..chance.below(WAY as u64) {
            let start = self.decoder.starts[at as usize];
            let end = |o: u32| self.decoder.ends[o as usize];
            let mp = self.graph.nodes[at as usize].mp;
            let by_machine = mp != self.graph.none() && end(mp) + shop.set_up(self.graph.machine[at as usize], mp, at) >= start;
            let by_job = shop.before.list(at).iter().copied().find(|b| end(*b) >= start);
            let blocking = if mp != self.graph.none() && rich.blocks(mp) { shop.after.list(mp) } else { &[] };
            let by_blocking = blocking.iter().copied().find(|a| *a != at && self.decoder.starts[*a as usize] >= start);
            at = match by_job.or(by_blocking) {
                Some(before) if !by_machine || chance.below(2) == 0 => before,
                _ if by_machine => mp,
                _ => break,
            };
        }
        at
    }

    fn propose(&self, shop: &Shop, v: u32, chance: &mut Chance) -> Option<Trial> {
        let kind = chance.below(4);
        if kind == 0 && shop.modes_of(v).len() > 1 {
            return Some(Trial::Move(self.elsewhere(shop, v, chance)));
        }
        let place = u64::from(self.graph.nodes[v as usize].place);
        if kind == 1 && place > 0 {
            let far = 1 + chance.below(place.min(REACH));
            return Some(Trial::Earlier(v, (place - far) as usize));
        }
        let none = self.graph.none();
        let mode = self.graph.mode[v as usize];
        let is_forward = chance.below(2) == 0;
        let step = |o: u32| if is_forward { self.graph.nodes[o as usize].ms } else { self.graph.nodes[o as usize].mp };
        let mut other = step(v);
        if other == none {
            return None;
        }
        while chance.below(3) == 0 && step(other) != none {
            other = step(other);
        }
        let after = if is_forward { other } else { self.graph.nodes[other as usize].mp };
        Some(Trial::Move(Move { operation: v, mode, after }))
    }

    /// Another mode, about where it starts now.
    fn elsewhere(&self, shop: &Shop, v: u32, chance: &mut Chance) -> Move {
        let modes = shop.modes_of(v).len() as u64;
        let mode = ((u64::from(self.graph.mode[v as usize]) + 1 + chance.below(modes - 1)) % modes) as u32;
        let none = self.graph.none();
        let limit = self.decoder.starts[v as usize];
        let (mut x, mut y) = (none, self.graph.first[shop.modes_of(v)[mode as usize].0 as usize]);
        while y != none && (y == v || self.decoder.starts[y as usize] < limit || chance.below(3) == 0) {
            x = if y == v { x } else { y };
            y = self.graph.nodes[y as usize].ms;
        }
        Move { operation: v, mode, after: x }
    }
}
