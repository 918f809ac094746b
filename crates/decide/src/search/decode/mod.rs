//! Starts for models that have more than machines and precedences: resources, limited waits, batches, operations left out, prices.
//!
//! Enters: a graph (who comes before whom on each machine, and an order of all). Leaves: a start of each operation, and its value. Absent:
//! changes of the graph.
//!
//! Serial schedule generation (Kolisch, EJOR 90, 1996): in the order of the graph every operation starts as early as its predecessors, its
//! machine and its resources let it. Where that leaves a wait too long, a batch without one that joins it, or two on a machine because the first
//! blocks it longer than was known, one of them is told to start later and all is done again. Then, where starting later may cost less, operations move right, the last first.

mod bound;
mod slide;
mod value;

use super::cost::{Cost, Value};
use super::graph::Graph;
use super::profile::Profile;
use super::rich::{FOR_GOOD, Rich, Variant, ready};
use super::shop::{NONE, Shop};

/// Most times all is done again; what is too long a wait then counts as broken.
const PASSES: usize = 60;
/// After so many nobody waits for one that joins.
const JOINING: usize = 20;
/// After so many what blocks a machine pushes nothing more: where it goes round in a circle it would without end.
const BLOCKING: usize = 16;
/// Most instants at which an operation that moves right is tried.
const TRIES: usize = 48;

/// What is timed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case<'a> {
    /// The shop.
    pub shop: &'a Shop,
    /// What it has beyond machines and precedences.
    pub rich: &'a Rich,
    /// The objective.
    pub cost: &'a Cost,
    /// Who comes before whom.
    pub graph: &'a Graph,
}

impl<'a> Case<'a> {
    fn at(&self, v: u32) -> usize {
        self.shop.modes_at[v as usize] as usize + self.graph.mode[v as usize] as usize
    }
    fn variant(&self, v: u32) -> Variant {
        self.rich.variants[self.at(v)]
    }
    fn is_out(&self, v: u32) -> bool {
        self.variant(v).is_out
    }
    /// Whether an operation is timed before another one.
    fn is_placed(&self, operation: u32, before: u32) -> bool {
        self.graph.nodes[operation as usize].place < self.graph.nodes[before as usize].place
    }
    fn uses(&self, v: u32) -> &'a [(u32, i64)] {
        &self.rich.uses[self.at(v)]
    }
    /// For how long an operation has a resource at one go; none where it rests now and then.
    fn held(&self, v: u32, resource: u32) -> Option<i32> {
        if self.rich.stores[resource as usize].is_stock {
            return Some(FOR_GOOD);
        }
        (!self.shop.is_resumable(v)).then(|| self.graph.nodes[v as usize].dur)
    }
    /// From when to when an operation works that starts so.
    fn pieces(&self, v: u32, start: i32) -> impl Iterator<Item = (i32, i32)> + use<'a> {
        let (machine, dur) = (self.graph.machine[v as usize], self.graph.nodes[v as usize].dur);
        self.shop.pieces(machine, start, dur)
    }
}

/// What may still be told to start later.
#[derive(Clone, Copy, Debug)]
struct May {
    /// The first of a batch, for one that joins.
    join: bool,
    /// What stands on a machine too early behind one that blocks it.
    push: bool,
    /// What comes before a wait too long.
    wait: bool,
}

/// Room for the work.
#[derive(Clone, Debug, Default)]
pub(super) struct Decoder {
    /// Start and end of each operation, after [`Decoder::run`].
    pub starts: Vec<i32>,
    pub ends: Vec<i32>,
    /// Not before.
    floor: Vec<i32>,
    /// First of the batch of each operation, and what the batch holds so far (at the first).
    first: Vec<u32>,
    held: Vec<i64>,
    profiles: Vec<Profile>,
    /// Who used each resource last.
    last: Vec<u32>,
    /// All set-ups of resources together.
    changed: i64,
    /// The place in the order up to which all are timed.
    reached: u32,
    /// Floors that are still to be raised.
    raises: Vec<(u32, i32)>,
    tries: Vec<i32>,
    /// Place of each job in a permutation.
    rank: Vec<u32>,
    /// When all is complete, and by how much the latest job is late.
    longest: i32,
    tardiest: i64,
}

impl Decoder {
    /// Times a graph; tells what it is worth.
    pub fn run(&mut self, on: Case<'_>) -> Value {
        self.starts.resize(on.shop.count, 0);
        self.ends.resize(on.shop.count, 0);
        self.first.resize(on.shop.count, 0);
        self.held.resize(on.shop.count, 0);
        self.floor.clear();
        self.floor.resize(on.shop.count, 0);
        self.profiles.resize(on.rich.stores.len(), Profile::default());
        for pass in 0..PASSES {
            let may_wait = pass + 1 < PASSES;
            let may = May { join: may_wait && pass < JOINING, push: may_wait && pass < BLOCKING, wait: may_wait };
            if !self.walk(on, may) {
                break;
            }
        }
        if on.rich.has_prices || !on.cost.is_regular || on.cost.has_published() {
            let ends = on.graph.order.iter().filter(|v| !on.is_out(**v)).map(|v| self.ends[*v as usize]);
            self.longest = ends.max().unwrap_or(0);
            let late = (0..on.cost.jobs.len() as u32).filter_map(|job| self.late(on, job));
            self.tardiest = late.max().unwrap_or(0);
            for &v in on.graph.order.iter().rev() {
                self.slide(on, v);
            }
            self.close_up(on);
        }
        self.value(on)
    }

    /// Starts all as early as their floors let them. True where a floor was raised, so that it has to be done again.
    fn walk(&mut self, on: Case<'_>, may: May) -> bool {
        for (profile, store) in self.profiles.iter_mut().zip(&on.rich.stores) {
            profile.reset(&store.lacking);
        }
        self.last.clear();
        self.last.resize(on.rich.stores.len(), NONE);
        self.changed = 0;
        let mut is_raised = false;
        for &v in &on.graph.order {
            let at = v as usize;
            self.reached = on.graph.nodes[at].place;
            let before = on.shop.before.range(v).map(|place| self.passed(on, place, v)).max().unwrap_or(0).max(0);
            self.first[at] = v;
            self.held[at] = on.rich.size[at];
            if on.is_out(v) {
                (self.starts[at], self.ends[at]) = (before, before);
                continue;
            }
            let ready = before.max(on.shop.release[at]).max(self.floor[at]);
            let ready = if on.rich.is_bound { ready.max(self.kept_off(on, v)) } else { ready };
            let joined = if on.variant(v).joins { self.batch_before(on, v) } else { None };
            if let Some(first) = joined {
                let start = self.starts[first as usize];
                if ready.max(self.changed_over(on, v)) <= start && self.fits(on, v, start) {
                    self.join(on, v, first);
                    is_raised |= may.push && self.push_out(on, v);
                    continue;
                }
                if may.join {
                    is_raised |= self.raise(on, first, ready.max(start + i32::from(ready <= start)));
                }
            }
            let mp = on.graph.nodes[at].mp;
            let machine = on.graph.machine[at];
            let free = if mp == on.graph.none() { on.shop.available[machine as usize] } else { self.leaves(on, mp, v) };
            let from = ready.max(free + on.shop.set_up(machine, mp, v)).max(self.changed_over(on, v));
            let start = self.earliest(on, v, from);
            self.put(on, v, start);
            self.change_over(on, v);
            is_raised |= may.push && self.push_out(on, v);
            if may.wait && on.rich.is_bound {
                is_raised |= self.hold_back(on, v) | self.close_gap(on, v) | self.keep_off(on, v);
            }
        }
        is_raised
    }

    /// From when on `then` finds what it needs of the one at a place of [`Shop::before`].
    fn passed(&self, on: Case<'_>, place: usize, then: u32) -> i32 {
        let before = on.shop.before.at(place);
        let (start, end) = (self.starts[before as usize], self.ends[before as usize]);
        if !on.rich.has_links() {
            return end;
        }
        let link = on.rich.link_before(place);
        match on.is_out(before) || on.is_out(then) {
            true if link.is_lag() => 0,
            true => end,
            false => ready(link, (start, end), on.graph.nodes[then as usize].dur),
        }
    }

    /// Starts an operation, and takes its resources.
    fn put(&mut self, on: Case<'_>, v: u32, start: i32) {
        self.starts[v as usize] = start;
        self.ends[v as usize] = on.shop.finish(v, on.graph.machine[v as usize], start, on.graph.nodes[v as usize].dur);
        self.occupy(on, v, 1);
    }

    /// When all that it uses is set up for it.
    fn changed_over(&self, on: Case<'_>, v: u32) -> i32 {
        let of = |&(resource, _): &(u32, i64)| {
            let store = &on.rich.stores[resource as usize];
            let matrix = store.set_ups.as_ref()?;
            let last = self.last[resource as usize];
            let free = if last == NONE { store.available } else { self.ends[last as usize] };
            Some(free + on.shop.changeover(matrix, last, v))
        };
        if on.rich.changes_over { on.uses(v).iter().filter_map(of).max().unwrap_or(0) } else { 0 }
    }

    /// It is the last for which what it uses was set up.
    fn change_over(&mut self, on: Case<'_>, v: u32) {
        for &(resource, _) in on.uses(v).iter().filter(|_| on.rich.changes_over) {
            if let Some(matrix) = &on.rich.stores[resource as usize].set_ups {
                let last = std::mem::replace(&mut self.last[resource as usize], v);
                self.changed += i64::from(on.shop.changeover(matrix, last, v));
            }
        }
    }

    /// The first of the batch that stands before an operation, where it would have room for it.
    fn batch_before(&self, on: Case<'_>, v: u32) -> Option<u32> {
        let mp = on.graph.nodes[v as usize].mp;
        if mp == on.graph.none()
            || !on.shop.is_same_family(mp, v)
            || on.graph.nodes[mp as usize].dur != on.graph.nodes[v as usize].dur
        {
            return None;
        }
        let first = self.first[mp as usize];
        let room = on.rich.batch[on.graph.machine[v as usize] as usize] - self.held[first as usize];
        (on.rich.size[v as usize] <= room).then_some(first)
    }

    fn join(&mut self, on: Case<'_>, v: u32, first: u32) {
        self.first[v as usize] = first;
        self.held[first as usize] += on.rich.size[v as usize];
        self.put(on, v, self.starts[first as usize]);
        self.change_over(on, v);
    }

    /// Takes its resources, or gives them back.
    fn occupy(&mut self, on: Case<'_>, v: u32, sign: i64) {
        let start = self.starts[v as usize];
        for &(resource, amount) in on.uses(v) {
            let profile = &mut self.profiles[resource as usize];
            match on.held(v, resource) {
                Some(held) => profile.add(start, start.saturating_add(held), sign * amount),
                None => on.pieces(v, start).for_each(|(from, to)| profile.add(from, to, sign * amount)),
            }
        }
    }

    /// Whether its resources are free from a start on.
    fn fits(&self, on: Case<'_>, v: u32, start: i32) -> bool {
        on.uses(v).iter().all(|of| self.free(on, v, *of, start) == start)
    }

    /// A start from `from` on before which one of its resources is not free, and where it is that start.
    fn free(&self, on: Case<'_>, v: u32, (resource, amount): (u32, i64), from: i32) -> i32 {
        let profile = &self.profiles[resource as usize];
        let room = on.rich.stores[resource as usize].capacity - amount;
        let found = match on.held(v, resource) {
            Some(held) => profile.earliest(from, held, room),
            // what works at some instant of a shortage does so however much later it starts, until it starts after it
            None => on.pieces(v, from).find_map(|(from, to)| profile.short(from, to, room)),
        };
        // after the last step there is enough for everything
        found.map_or(from, |found| found.max(from))
    }

    /// The first start from `from` at which machine and resources are free.
    fn earliest(&self, on: Case<'_>, v: u32, from: i32) -> i32 {
        let (machine, dur) = (on.graph.machine[v as usize], on.graph.nodes[v as usize].dur);
        let mut start = on.shop.begin(v, machine, from, dur);
        loop {
            let free = on.uses(v).iter().fold(start, |start, of| self.free(on, v, *of, start));
            if free == start {
                return start;
            }
            start = on.shop.begin(v, machine, free, dur);
        }
    }
}
