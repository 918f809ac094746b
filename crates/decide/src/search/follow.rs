//! Moves that bring others with them: operations chosen together, jobs that pass machines in one sequence.
//!
//! Enters: a graph, a move. Leaves: the graph after the move and all that it brings, or as it was. Absent: which move is good.

use super::decode::Decoder;
use super::graph::{Graph, Move};
use super::rich::Rich;
use super::shop::Shop;
use measure::Chance;

/// Most operations that one move brings with it.
const MOST: usize = 2000;

/// What is still to be done.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// An operation comes into a mode.
    Mode(u32, u32),
    /// An operation comes to where its job is on the machine of another one.
    Align(u32, u32),
}

/// Moves made, and how they are undone.
#[derive(Clone, Debug, Default)]
pub(super) struct Follow {
    backs: Vec<Move>,
    next: Vec<Next>,
}

impl Follow {
    /// Makes a move and all that it brings. False, and nothing changed but the order, where that is not possible.
    pub fn apply(&mut self, on: (&Shop, &Rich), graph: &mut Graph, decoder: &Decoder, first: Move, chance: &mut Chance) -> bool {
        self.backs.clear();
        self.next.clear();
        let is_done = self.one(on, graph, first, chance) && self.rest(on, graph, decoder, chance);
        if !is_done {
            self.undo(on.0, graph);
        }
        is_done
    }

    /// Undoes all moves; the order has to be put back.
    pub fn undo(&mut self, shop: &Shop, graph: &mut Graph) {
        while let Some(back) = self.backs.pop() {
            graph.apply(shop, back, false);
        }
    }

    fn rest(&mut self, on: (&Shop, &Rich), graph: &mut Graph, decoder: &Decoder, chance: &mut Chance) -> bool {
        while let Some(next) = self.next.pop() {
            let to = match next {
                Next::Mode(operation, mode) if graph.mode[operation as usize] == mode => continue,
                Next::Mode(operation, mode) => {
                    // each operation is chosen once
                    if self.backs.len() == MOST || self.is_moved(operation) {
                        return false;
                    }
                    let machine = on.0.modes_of(operation)[mode as usize].0;
                    let after = match leader(on, graph, operation, machine) {
                        Some(leader) => behind(on.0, on.1, graph, operation, machine, leader),
                        None => by_start(graph, decoder, operation, machine),
                    };
                    Move { operation, mode, after }
                }
                Next::Align(operation, leader) => {
                    let (machine, mode) = (graph.machine[operation as usize], graph.mode[operation as usize]);
                    Move { operation, mode, after: behind(on.0, on.1, graph, operation, machine, leader) }
                }
            };
            if to != graph.inverse(to.operation) && !self.one(on, graph, to, chance) {
                return false;
            }
        }
        true
    }

    fn is_moved(&self, operation: u32) -> bool {
        self.backs.iter().any(|b| b.operation == operation)
    }

    /// Makes one move; what it brings is to be done next.
    fn one(&mut self, (shop, rich): (&Shop, &Rich), graph: &mut Graph, to: Move, chance: &mut Chance) -> bool {
        let back = graph.inverse(to.operation);
        if !graph.apply(shop, to, false) {
            return false;
        }
        self.backs.push(back);
        if back.mode != to.mode {
            for &choice in rich.choices.by_operation.list(to.operation) {
                if !rich.choices.is_kept(choice, &graph.mode) && !self.choose(rich, graph, choice, chance) {
                    return false;
                }
            }
        }
        let is_first = self.backs.len() == 1;
        let with = rich.permuted_with(graph.machine[to.operation as usize]);
        if is_first && !with.is_empty() {
            let job = shop.job[to.operation as usize];
            let others = rich.of_job.list(job).iter().copied().filter(|o| *o != to.operation);
            let others = others.filter(|o| with.contains(&graph.machine[*o as usize]));
            self.next.extend(others.map(|o| Next::Align(o, to.operation)));
        }
        true
    }

    /// An alternative that goes with what was moved is chosen by chance.
    fn choose(&mut self, rich: &Rich, graph: &Graph, choice: u32, chance: &mut Chance) -> bool {
        let is_in = |e: &super::choices::Entry| e.may[graph.mode[e.operation as usize] as usize];
        let goes = |a: &&Vec<super::choices::Entry>| a.iter().all(|e| is_in(e) || !self.is_moved(e.operation));
        let alternatives: Vec<&Vec<super::choices::Entry>> = rich.choices.of[choice as usize].iter().filter(goes).collect();
        if alternatives.is_empty() {
            return false;
        }
        for entry in alternatives[chance.below(alternatives.len() as u64) as usize].iter().filter(|e| !is_in(e)) {
            let modes: Vec<u32> = (0..).zip(&entry.may).filter(|m| *m.1).map(|m| m.0).collect();
            self.next.push(Next::Mode(entry.operation, modes[chance.below(modes.len() as u64) as usize]));
        }
        true
    }
}

/// An operation of the same job on another machine that is passed in one sequence with a machine.
fn leader((shop, rich): (&Shop, &Rich), graph: &Graph, operation: u32, machine: u32) -> Option<u32> {
    let with = rich.permuted_with(machine);
    let is_there = |o: &u32| *o != operation && with.contains(&graph.machine[*o as usize]);
    if with.is_empty() { None } else { rich.of_job.list(shop.job[operation as usize]).iter().copied().find(is_there) }
}

/// Behind whom an operation comes on a machine so that jobs pass it as they pass the leader's.
fn behind(shop: &Shop, rich: &Rich, graph: &Graph, operation: u32, machine: u32, leader: u32) -> u32 {
    let none = graph.none();
    let mut before = graph.nodes[leader as usize].mp;
    while before != none {
        let of_job = rich.of_job.list(shop.job[before as usize]);
        if let Some(there) = of_job.iter().find(|o| graph.machine[**o as usize] == machine && **o != operation) {
            return *there;
        }
        before = graph.nodes[before as usize].mp;
    }
    none
}

/// Behind whom an operation comes on a machine so that it starts about when it did.
fn by_start(graph: &Graph, decoder: &Decoder, operation: u32, machine: u32) -> u32 {
    let limit = decoder.starts[operation as usize];
    let before = graph.on(machine).take_while(|o| decoder.starts[*o as usize] < limit);
    before.filter(|o| *o != operation).last().unwrap_or(graph.none())
}
