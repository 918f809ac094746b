//! What binds operations to others while they are timed: blocking, longest waits, distances, machines that shall not stand, permutations.
//!
//! Enters: starts and ends so far. Leaves: floors raised, or by how much something is broken. Absent: resources, what it costs.

use super::super::model::{Link, Point};
use super::super::rich::ready;
use super::super::shop::{NONE, narrow};
use super::{Case, Decoder};

impl Decoder {
    /// When an operation leaves its machine for the next there, as far as those after it are placed.
    pub(super) fn leaves(&self, on: Case<'_>, operation: u32, next: u32) -> i32 {
        let end = self.ends[operation as usize];
        if !on.rich.blocks(operation) {
            return end;
        }
        let place = on.graph.nodes[next as usize].place;
        let is_placed = |a: &u32| *a != next && on.graph.nodes[*a as usize].place < place;
        let after = on.shop.after.list(operation).iter().copied().filter(is_placed);
        after.map(|a| self.starts[a as usize]).max().map_or(end, |start| end.max(start))
    }

    /// Raises the floors of those that stand where something blocks the machine until `v` starts.
    pub(super) fn push_out(&mut self, on: Case<'_>, v: u32) -> bool {
        let mut is_raised = false;
        for &before in on.shop.before.list(v) {
            let Some((next, free)) = self.blocked(on, before, v) else { continue };
            let is_placed = on.graph.nodes[next as usize].place < on.graph.nodes[v as usize].place;
            is_raised |= is_placed && self.starts[next as usize] < free && self.raise(on, next, free);
        }
        is_raised
    }

    /// Who comes next on the machine that `before` blocks until `then` starts, and when the machine is set up for it.
    pub(super) fn blocked(&self, on: Case<'_>, before: u32, then: u32) -> Option<(u32, i32)> {
        let next = on.graph.nodes[before as usize].ms;
        if !on.rich.blocks(before) || on.is_out(before) || next == on.graph.none() || next == then {
            return None;
        }
        let set_up = on.shop.set_up(on.graph.machine[before as usize], before, next);
        Some((next, self.starts[then as usize].saturating_add(set_up)))
    }

    /// When an operation may start by those placed that it keeps a distance after but is not ordered by.
    pub(super) fn kept_off(&self, on: Case<'_>, v: u32) -> i32 {
        let places = on.rich.loose_before.range(v).filter(|place| on.is_placed(on.rich.loose_before.at(*place), v));
        places.filter_map(|place| self.distance(on, place, v)).max().unwrap_or(0)
    }

    /// From when on `then` keeps its distance to the one at a place of [`Rich::loose_before`]; none where that one is left out.
    pub(super) fn distance(&self, on: Case<'_>, place: usize, then: u32) -> Option<i32> {
        let before = on.rich.loose_before.at(place);
        let times = (self.starts[before as usize], self.ends[before as usize]);
        let (link, duration) = (on.rich.loose[place], on.graph.nodes[then as usize].dur);
        let own = match link {
            // what rests now and then begins earlier to be complete at an instant
            Link::Lag(from, Point::End, least) if on.shop.is_resumable(then) => {
                let instant = from.of(times.0, times.1) + narrow(least);
                on.shop.begin_before(on.graph.machine[then as usize], instant, duration)
            }
            _ => ready(link, times, duration),
        };
        (!on.is_out(before)).then_some(own)
    }

    /// Raises the floors of those placed that come too early after `v`, which they are not ordered by.
    pub(super) fn keep_off(&mut self, on: Case<'_>, v: u32) -> bool {
        let mut is_raised = false;
        for &place in on.rich.loose_after.list(v) {
            let then = on.rich.then(place);
            let from = self.distance(on, place as usize, then).unwrap_or(0);
            let is_early = on.is_placed(then, v) && !on.is_out(then) && self.starts[then as usize] < from;
            is_raised |= is_early && self.raise(on, then, from);
        }
        is_raised
    }

    /// Raises the floors of those before `v` that it would keep waiting too long.
    pub(super) fn hold_back(&mut self, on: Case<'_>, v: u32) -> bool {
        let mut is_raised = false;
        for &place in on.rich.waited_for.list(v) {
            let then = on.rich.waiting(place);
            let over = self.too_long(on, place as usize, then, self.starts[then as usize]);
            let is_long = on.is_placed(then, v) && !on.is_out(then) && over > 0;
            is_raised |= is_long && self.raise(on, v, self.starts[v as usize].saturating_add(over));
        }
        for place in on.rich.waits.range(v) {
            let (before, over) = (on.rich.waits.at(place), self.too_long(on, place, v, self.starts[v as usize]));
            is_raised |= over > 0
                && !on.is_out(before)
                && on.is_placed(before, v)
                && self.raise(on, before, self.starts[before as usize].saturating_add(over));
        }
        is_raised
    }

    /// By how much the wait at a place is longer than its limit, for one that starts so.
    pub(super) fn too_long(&self, on: Case<'_>, place: usize, then: u32, start: i32) -> i32 {
        let (before, (most, link)) = (on.rich.waits.at(place) as usize, on.rich.most[place]);
        let end = (self.ends[then as usize] - self.starts[then as usize]).saturating_add(start);
        let (from, to) = link.points();
        to.of(start, end).saturating_sub(from.of(self.starts[before], self.ends[before])).saturating_sub(most)
    }

    /// Raises the floor of the one before on a machine that shall not stand, where it stands before `v`.
    pub(super) fn close_gap(&mut self, on: Case<'_>, v: u32) -> bool {
        let idle = self.idle(on, v, self.starts[v as usize]);
        let mp = on.graph.nodes[v as usize].mp;
        idle > 0 && self.raise(on, mp, self.starts[mp as usize].saturating_add(idle))
    }

    /// How long a machine that shall not stand does so before an operation that starts so.
    pub(super) fn idle(&self, on: Case<'_>, v: u32, start: i32) -> i32 {
        let (machine, node) = (on.graph.machine[v as usize], &on.graph.nodes[v as usize]);
        if !on.rich.is_without_idle[machine as usize] || node.mp == on.graph.none() {
            return 0;
        }
        let free = self.ends[node.mp as usize] + on.shop.set_up(machine, node.mp, v);
        start - on.shop.begin(v, machine, free, node.dur)
    }

    /// Raises a floor, and with it the floors of those that would wait too long for it. False where that leads beyond the horizon.
    pub(super) fn raise(&mut self, on: Case<'_>, operation: u32, to: i32) -> bool {
        let mut is_raised = false;
        let mut raises = std::mem::take(&mut self.raises);
        raises.clear();
        raises.push((operation, to));
        while let Some((operation, to)) = raises.pop() {
            let first = self.first[operation as usize] as usize;
            if to > on.rich.horizon || self.floor[first] >= to {
                continue;
            }
            is_raised = true;
            self.floor[first] = to;
            for place in on.rich.waits.range(operation) {
                let (before, over) = (on.rich.waits.at(place), self.too_long(on, place, operation, to));
                if over > 0 && !on.is_out(before) && on.graph.nodes[before as usize].place <= self.reached {
                    raises.push((before, self.starts[before as usize].saturating_add(over)));
                }
            }
            let (mp, idle) = (on.graph.nodes[operation as usize].mp, self.idle(on, operation, to));
            if idle > 0 {
                raises.push((mp, self.starts[mp as usize].saturating_add(idle)));
            }
        }
        self.raises = raises;
        is_raised
    }

    /// By how much the next on its machine starts before an operation that blocks has left.
    pub(super) fn overlap(&self, on: Case<'_>, operation: u32) -> i64 {
        if !on.rich.blocks(operation) {
            return 0;
        }
        let over = |then: &u32| self.blocked(on, operation, *then).map(|(next, free)| free - self.starts[next as usize]);
        i64::from(on.shop.after.list(operation).iter().filter_map(over).max().unwrap_or(0).max(0))
    }

    /// By how much it breaks what binds an operation to others: longest waits, idle time, distances.
    pub(super) fn unbound(&self, on: Case<'_>, v: u32) -> i64 {
        let start = self.starts[v as usize];
        let waits = on.rich.waits.range(v).filter(|place| !on.is_out(on.rich.waits.at(*place)));
        let too_long = waits.map(|place| self.too_long(on, place, v, start));
        let distances = on.rich.loose_before.range(v).filter_map(|place| self.distance(on, place, v));
        let broken = too_long.chain([self.idle(on, v, start)]).chain(distances.map(|from| from - start));
        broken.map(|ticks| i64::from(ticks.max(0))).sum()
    }

    /// How many operations come before one on a machine of a permutation that they come after on another one.
    pub(super) fn out_of_sequence(&mut self, on: Case<'_>) -> i64 {
        let mut broken = 0;
        for machines in &on.rich.permutations {
            let neighbours = machines.windows(2).map(|pair| self.out_of_pair(on, [pair[0], pair[1]]));
            // where all jobs pass all machines, those beside each other tell of all
            let (wrong, is_whole) =
                neighbours.collect::<Vec<_>>().into_iter().fold((0, true), |sum, one| (sum.0 + one.0, sum.1 && one.1));
            let apart =
                machines.iter().enumerate().flat_map(|(at, one)| machines.iter().skip(at + 2).map(move |other| [*one, *other]));
            broken += wrong + if is_whole { 0 } else { apart.map(|pair| self.out_of_pair(on, pair).0).sum() };
        }
        broken
    }

    /// How many come first on the second of two machines and not on the first; whether all jobs pass both.
    fn out_of_pair(&mut self, on: Case<'_>, [one, other]: [u32; 2]) -> (i64, bool) {
        self.rank.clear();
        self.rank.resize(on.cost.jobs.len(), NONE);
        let mut first = 0;
        for v in on.graph.on(one) {
            self.rank[on.shop.job[v as usize] as usize] = first;
            first += 1;
        }
        let (mut broken, mut both, mut last) = (0, 0, 0);
        let mut is_whole = true;
        for v in on.graph.on(other) {
            match self.rank[on.shop.job[v as usize] as usize] {
                NONE => is_whole = false,
                rank => {
                    broken += i64::from(rank < last);
                    (last, both) = (rank, both + 1);
                }
            }
        }
        (broken, is_whole && both == first)
    }
}
