//! Starts for models that have more than machines and precedences: resources, limited waits, batches, operations left out, prices.
//!
//! Enters: a graph (who comes before whom on each machine, and an order of all). Leaves: a start of each operation, and its value. Absent:
//! changes of the graph.
//!
//! Serial schedule generation (Kolisch, EJOR 90, 1996): in the order of the graph every operation starts as early as its predecessors, its
//! machine and its resources let it. Where that leaves a wait too long, a batch without one that joins it, or two on a machine because the first
//! blocks it longer than was known, one of them is told to start later and all is done again. Then, where starting later may cost less, operations move right, the last first.

use super::cost::{Cost, Value};
use super::graph::Graph;
use super::model::Criterion;
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
            let ready = before.max(on.shop.release[at]).max(self.floor[at]).max(self.kept_off(on, v));
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
            is_raised |= may.wait && (self.hold_back(on, v) | self.close_gap(on, v) | self.keep_off(on, v));
        }
        is_raised
    }

    /// From when on `then` finds what it needs of the one at a place of [`Shop::before`].
    fn passed(&self, on: Case<'_>, place: usize, then: u32) -> i32 {
        let before = on.shop.before.at(place);
        let (start, end) = (self.starts[before as usize], self.ends[before as usize]);
        let is_whole = on.is_out(before) || on.is_out(then);
        if is_whole { end } else { ready(on.rich.link_before(place), (start, end), on.graph.nodes[then as usize].dur) }
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
            let matrix = on.rich.stores[resource as usize].set_ups.as_ref()?;
            let last = self.last[resource as usize];
            let free = if last == NONE { 0 } else { self.ends[last as usize] };
            Some(free + on.shop.changeover(matrix, last, v))
        };
        on.uses(v).iter().filter_map(of).max().unwrap_or(0)
    }

    /// It is the last for which what it uses was set up.
    fn change_over(&mut self, on: Case<'_>, v: u32) {
        for &(resource, _) in on.uses(v) {
            if let Some(matrix) = &on.rich.stores[resource as usize].set_ups {
                let last = std::mem::replace(&mut self.last[resource as usize], v);
                self.changed += i64::from(on.shop.changeover(matrix, last, v));
            }
        }
    }

    /// When an operation leaves its machine for the next there, as far as those after it are placed.
    fn leaves(&self, on: Case<'_>, operation: u32, next: u32) -> i32 {
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
    fn push_out(&mut self, on: Case<'_>, v: u32) -> bool {
        let mut is_raised = false;
        for &before in on.shop.before.list(v) {
            let Some((next, free)) = self.blocked(on, before, v) else { continue };
            let is_placed = on.graph.nodes[next as usize].place < on.graph.nodes[v as usize].place;
            is_raised |= is_placed && self.starts[next as usize] < free && self.raise(on, next, free);
        }
        is_raised
    }

    /// Who comes next on the machine that `before` blocks until `then` starts, and when the machine is set up for it.
    fn blocked(&self, on: Case<'_>, before: u32, then: u32) -> Option<(u32, i32)> {
        let next = on.graph.nodes[before as usize].ms;
        if !on.rich.blocks(before) || on.is_out(before) || next == on.graph.none() || next == then {
            return None;
        }
        let set_up = on.shop.set_up(on.graph.machine[before as usize], before, next);
        Some((next, self.starts[then as usize].saturating_add(set_up)))
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
            let (profile, is_stock) = (&mut self.profiles[resource as usize], on.rich.stores[resource as usize].is_stock);
            if is_stock {
                profile.add(start, start.saturating_add(FOR_GOOD), sign * amount);
                continue;
            }
            for (from, to) in on.pieces(v, start) {
                profile.add(from, to, sign * amount);
            }
        }
    }

    /// Whether its resources are free from a start on.
    fn fits(&self, on: Case<'_>, v: u32, start: i32) -> bool {
        self.short(on, v, start).is_none()
    }

    /// Where its resources are not free from a start on: before when it can start at no instant.
    fn short(&self, on: Case<'_>, v: u32, start: i32) -> Option<i32> {
        let of = |&(resource, amount): &(u32, i64)| {
            let (profile, store) = (&self.profiles[resource as usize], &on.rich.stores[resource as usize]);
            let room = store.capacity - amount;
            if store.is_stock {
                return profile.short(start, start.saturating_add(FOR_GOOD), room);
            }
            on.pieces(v, start).find_map(|(from, to)| profile.short(from, to, room))
        };
        on.uses(v).iter().find_map(of)
    }

    /// The first start from `from` at which machine and resources are free.
    fn earliest(&self, on: Case<'_>, v: u32, from: i32) -> i32 {
        let (machine, dur) = (on.graph.machine[v as usize], on.graph.nodes[v as usize].dur);
        let mut start = on.shop.begin(v, machine, from, dur);
        // what works at some instant of a shortage goes on working there, however much later it starts, until it starts after it
        while let Some(free) = self.short(on, v, start) {
            // after the last step there is enough for everything
            let next = on.shop.begin(v, machine, free, dur);
            if next <= start {
                break;
            }
            start = next;
        }
        start
    }

    /// When an operation may start by those placed that it keeps a distance after but is not ordered by.
    fn kept_off(&self, on: Case<'_>, v: u32) -> i32 {
        let places = on.rich.loose_before.range(v).filter(|place| on.is_placed(on.rich.loose_before.at(*place), v));
        places.filter_map(|place| self.distance(on, place, v)).max().unwrap_or(0)
    }

    /// From when on `then` keeps its distance to the one at a place of [`Rich::loose_before`]; none where that one is left out.
    fn distance(&self, on: Case<'_>, place: usize, then: u32) -> Option<i32> {
        let before = on.rich.loose_before.at(place);
        let times = (self.starts[before as usize], self.ends[before as usize]);
        (!on.is_out(before)).then(|| ready(on.rich.loose[place], times, on.graph.nodes[then as usize].dur))
    }

    /// Raises the floors of those placed that come too early after `v`, which they are not ordered by.
    fn keep_off(&mut self, on: Case<'_>, v: u32) -> bool {
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
    fn hold_back(&mut self, on: Case<'_>, v: u32) -> bool {
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
    fn too_long(&self, on: Case<'_>, place: usize, then: u32, start: i32) -> i32 {
        let (before, (most, link)) = (on.rich.waits.at(place) as usize, on.rich.most[place]);
        let end = (self.ends[then as usize] - self.starts[then as usize]).saturating_add(start);
        let (from, to) = link.points();
        to.of(start, end).saturating_sub(from.of(self.starts[before], self.ends[before])).saturating_sub(most)
    }

    /// Raises the floor of the one before on a machine that shall not stand, where it stands before `v`.
    fn close_gap(&mut self, on: Case<'_>, v: u32) -> bool {
        let idle = self.idle(on, v, self.starts[v as usize]);
        let mp = on.graph.nodes[v as usize].mp;
        idle > 0 && self.raise(on, mp, self.starts[mp as usize].saturating_add(idle))
    }

    /// How long a machine that shall not stand does so before an operation that starts so.
    fn idle(&self, on: Case<'_>, v: u32, start: i32) -> i32 {
        let (machine, node) = (on.graph.machine[v as usize], &on.graph.nodes[v as usize]);
        if !on.rich.is_without_idle[machine as usize] || node.mp == on.graph.none() {
            return 0;
        }
        let free = self.ends[node.mp as usize] + on.shop.set_up(machine, node.mp, v);
        start - on.shop.begin(v, machine, free, node.dur)
    }

    /// Raises a floor, and with it the floors of those that would wait too long for it. False where that leads beyond the horizon.
    fn raise(&mut self, on: Case<'_>, operation: u32, to: i32) -> bool {
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

    /// Moves an operation right to where it costs least.
    fn slide(&mut self, on: Case<'_>, v: u32) {
        let (node, start) = (&on.graph.nodes[v as usize], self.starts[v as usize]);
        // those of a batch move together or not at all
        let is_batch = on.rich.batch[on.graph.machine[v as usize] as usize] > 0
            && self.held[self.first[v as usize] as usize] > on.rich.size[v as usize];
        if on.is_out(v) {
            // nothing that comes before is limited by it, only by what comes after it
            let after = on.shop.after.list(v).iter().map(|a| self.starts[*a as usize]);
            let start = after.min().unwrap_or(on.rich.horizon);
            (self.starts[v as usize], self.ends[v as usize]) = (start, start);
            return;
        }
        if is_batch || self.is_held(on, v) {
            return;
        }
        let last = self.last_start(on, v);
        if last <= start {
            return;
        }
        self.gather(on, v, last);
        self.occupy(on, v, -1);
        let tries = std::mem::take(&mut self.tries);
        let (mut best, mut least) = (start, self.own(on, v));
        for &at in &tries {
            if on.shop.open(on.graph.machine[v as usize], at, node.dur) == at && self.fits(on, v, at) {
                (self.starts[v as usize], self.ends[v as usize]) = (at, at + node.dur);
                let own = self.own(on, v);
                if own < least {
                    (best, least) = (at, own);
                }
            }
        }
        self.tries = tries;
        self.put(on, v, best);
        self.longest = self.longest.max(self.ends[v as usize]);
        self.tardiest = self.tardiest.max(self.late(on, on.shop.job[v as usize]).unwrap_or(0));
    }

    /// Whether others would have to move with it: on a machine without idle time, with a resource that is set up for the next. What is
    /// interrupted stays too: it would last otherwise elsewhere.
    fn is_held(&self, on: Case<'_>, v: u32) -> bool {
        on.rich.is_without_idle[on.graph.machine[v as usize] as usize]
            || on.shop.is_resumable(v)
            || on.uses(v).iter().any(|u| on.rich.stores[u.0 as usize].set_ups.is_some())
    }

    /// What is left out takes no time when all before it is complete.
    fn close_up(&mut self, on: Case<'_>) {
        for &v in on.graph.order.iter().filter(|v| on.is_out(**v)) {
            let end = on.shop.before.list(v).iter().map(|b| self.ends[*b as usize]).max().unwrap_or(0);
            (self.starts[v as usize], self.ends[v as usize]) = (end, end);
        }
    }

    /// The last start that pushes nothing.
    fn last_start(&self, on: Case<'_>, v: u32) -> i32 {
        let node = &on.graph.nodes[v as usize];
        let mut last = on.rich.horizon.max(self.starts[v as usize]);
        for place in on.shop.after.range(v) {
            let after = on.shop.after.at(place);
            let lag = match on.is_out(after) {
                true => node.dur,
                false => ready(on.rich.link_after(place), (0, node.dur), on.graph.nodes[after as usize].dur),
            };
            last = last.min(self.starts[after as usize] - lag);
        }
        if node.ms != on.graph.none() {
            let set_up = on.shop.set_up(on.graph.machine[v as usize], v, node.ms);
            last = last.min(self.starts[node.ms as usize] - set_up - node.dur);
        }
        for &before in on.shop.before.list(v) {
            if let Some((next, free)) = self.blocked(on, before, v) {
                last = last.min(self.starts[next as usize] - (free - self.starts[v as usize]));
            }
        }
        for place in on.rich.waits.range(v).filter(|place| !on.is_out(on.rich.waits.at(*place))) {
            last = last.min(self.starts[v as usize].saturating_sub(self.too_long(on, place, v, self.starts[v as usize])));
        }
        for &place in on.rich.loose_after.list(v) {
            let then = on.rich.then(place);
            let room = self.starts[then as usize] - self.distance(on, place as usize, then).unwrap_or(0);
            last = if on.is_out(then) { last } else { last.min(self.starts[v as usize] + room) };
        }
        last
    }

    /// Where it may be worth to start: at the last, at its due date, where it was published, where prices change.
    fn gather(&mut self, on: Case<'_>, v: u32, last: i32) {
        let (start, dur) = (self.starts[v as usize], on.graph.nodes[v as usize].dur);
        self.tries.clear();
        self.tries.push(last);
        let due = on.cost.jobs[on.shop.job[v as usize] as usize].due - i64::from(dur);
        let published = on.cost.published_start(v);
        for at in [Some(due), published].into_iter().flatten() {
            self.tries.extend(i32::try_from(at).ok().filter(|at| (start..last).contains(at)));
        }
        // from when on its machine may be switched off before it, or no longer after it
        let node = &on.graph.nodes[v as usize];
        if let Some(off) = on.rich.may_be_off(on.graph.machine[v as usize]) {
            let after = (node.mp != on.graph.none()).then(|| self.ends[node.mp as usize].saturating_add(off));
            let before = (node.ms != on.graph.none()).then(|| self.starts[node.ms as usize] - dur - off);
            self.tries.extend(after.into_iter().chain(before).filter(|at| (start..last).contains(at)));
        }
        for &(resource, _) in on.uses(v) {
            let store = &on.rich.stores[resource as usize];
            let begins = store.price_steps(start, last);
            let ends = store.price_steps(start.saturating_add(dur), last.saturating_add(dur)).map(|t| t - dur);
            self.tries.extend(begins.take(TRIES / 2));
            self.tries.extend(ends.take(TRIES / 2));
        }
        self.tries.sort_unstable();
        self.tries.dedup();
    }

    /// What an operation and its job cost with the starts as they are.
    fn own(&self, on: Case<'_>, v: u32) -> Value {
        let mut value = self.of_job(on, on.shop.job[v as usize]).0;
        value += self.of_operation(on, v);
        value += on.cost.value_of(Criterion::Resources, self.beside(on, v));
        let longest = i64::from(self.longest.max(self.ends[v as usize]));
        let late = if on.cost.tardiest > 0 { self.late(on, on.shop.job[v as usize]) } else { None };
        value += on.cost.whole_value(longest, self.tardiest.max(late.unwrap_or(0)));
        value
    }

    /// What it costs that its machine stands before and after an operation.
    fn beside(&self, on: Case<'_>, v: u32) -> i64 {
        let (node, machine) = (&on.graph.nodes[v as usize], on.graph.machine[v as usize]);
        let gap = |one: u32, other: u32| match one.max(other) == on.graph.none() {
            true => 0,
            false => on.rich.standing(machine, self.ends[one as usize], self.starts[other as usize]),
        };
        gap(node.mp, v) + gap(v, node.ms)
    }

    /// What it costs that machines stand.
    fn standing(&self, on: Case<'_>) -> i64 {
        let gap = |machine: u32, v: u32| match on.graph.nodes[v as usize].ms {
            next if next == on.graph.none() => 0,
            next => on.rich.standing(machine, self.ends[v as usize], self.starts[next as usize]),
        };
        on.rich.idle_machines().flat_map(|m| on.graph.on(m).map(move |v| gap(m, v))).sum()
    }

    /// What a job costs, and when it is complete; none where all of it is left out.
    fn of_job(&self, on: Case<'_>, job: u32) -> (Value, Option<i32>) {
        let mut span: Option<(i32, i32)> = None;
        for &o in on.rich.of_job.list(job) {
            if !on.is_out(o) {
                let (start, end) = (self.starts[o as usize], self.ends[o as usize]);
                span = Some(span.map_or((start, end), |(s, e)| (s.min(start), e.max(end))));
            }
        }
        let Some((start, end)) = span else { return (Value::default(), None) };
        let broken = i64::from(end.saturating_sub(on.rich.deadline[job as usize]).max(0));
        let mut value = on.cost.job_value(job as usize, i64::from(start), i64::from(end));
        value.broken = broken;
        (value, Some(end))
    }

    /// By how much a job is late; below zero where it is early.
    fn late(&self, on: Case<'_>, job: u32) -> Option<i64> {
        let ends = on.rich.of_job.list(job).iter().filter(|o| !on.is_out(**o)).map(|o| self.ends[*o as usize]);
        ends.max().map(|end| i64::from(end) - on.cost.jobs[job as usize].due)
    }

    /// What an operation costs by itself.
    fn of_operation(&self, on: Case<'_>, v: u32) -> Value {
        let at = v as usize;
        let start = self.starts[at];
        if on.is_out(v) {
            return on.cost.value_of(Criterion::LeftOut, on.rich.out[at]);
        }
        let mut value = Value::broken(i64::from(start.saturating_sub(on.rich.latest[at]).max(0)));
        for &(resource, amount) in on.uses(v) {
            let store = &on.rich.stores[resource as usize];
            let price = amount * on.pieces(v, start).map(|(from, to)| store.price(from, to)).sum::<i64>();
            value += on.cost.value_of(Criterion::Resources, price);
        }
        if on.cost.has_published() {
            let deviation = on.cost.of_published(v, on.graph.machine[at], i64::from(start));
            value += on.cost.value_of(Criterion::Deviation, deviation);
        }
        value
    }

    /// By how much the next on its machine starts before an operation that blocks has left.
    fn overlap(&self, on: Case<'_>, operation: u32) -> i64 {
        if !on.rich.blocks(operation) {
            return 0;
        }
        let over = |then: &u32| self.blocked(on, operation, *then).map(|(next, free)| free - self.starts[next as usize]);
        i64::from(on.shop.after.list(operation).iter().filter_map(over).max().unwrap_or(0).max(0))
    }

    fn value(&mut self, on: Case<'_>) -> Value {
        let mut value = Value::default();
        let (mut longest, mut tardiest) = (0, 0);
        for job in 0..on.cost.jobs.len() as u32 {
            let (own, end) = self.of_job(on, job);
            value += own;
            let end = end.unwrap_or(0);
            longest = longest.max(end);
            tardiest = tardiest.max(i64::from(end) - on.cost.jobs[job as usize].due);
        }
        for v in 0..on.shop.count as u32 {
            value += self.of_operation(on, v);
            value.broken += self.overlap(on, v);
            for place in on.rich.waits.range(v) {
                let before = on.rich.waits.at(place);
                if !on.is_out(v) && !on.is_out(before) {
                    value.broken += i64::from(self.too_long(on, place, v, self.starts[v as usize]).max(0));
                }
            }
            value.broken += i64::from(self.idle(on, v, self.starts[v as usize]).max(0));
            for place in on.rich.loose_before.range(v).filter(|_| !on.is_out(v)) {
                let from = self.distance(on, place, v).unwrap_or(0);
                value.broken += i64::from((from - self.starts[v as usize]).max(0));
            }
        }
        value.broken += on.rich.choices.broken(&on.graph.mode) + self.out_of_sequence(on);
        value += on.cost.whole_value(i64::from(longest), tardiest);
        value += on.cost.value_of(Criterion::Resources, self.standing(on));
        if on.cost.set_up > 0 {
            let ticks = on.graph.set_ups(on.shop, |v| self.first[v as usize] == v) + self.changed;
            value += on.cost.value_of(Criterion::SetUp, on.cost.set_up * ticks);
        }
        value
    }

    /// How many operations come before one on a machine of a permutation that they come after on the machine before it.
    fn out_of_sequence(&mut self, on: Case<'_>) -> i64 {
        let mut broken = 0;
        for machines in &on.rich.permutations {
            for pair in machines.windows(2) {
                self.rank.clear();
                self.rank.resize(on.cost.jobs.len(), NONE);
                for (place, v) in (0..).zip(on.graph.on(pair[0])) {
                    self.rank[on.shop.job[v as usize] as usize] = place;
                }
                let ranks = on.graph.on(pair[1]).map(|v| self.rank[on.shop.job[v as usize] as usize]);
                let ranks: Vec<u32> = ranks.filter(|r| *r != NONE).collect();
                broken += ranks.windows(2).filter(|r| r[0] > r[1]).count() as i64;
            }
        }
        broken
    }
}
