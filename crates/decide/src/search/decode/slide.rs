//! Operations move right where starting later costs less.
//!
//! Enters: starts and ends as early as can be. Leaves: later ones that push nothing. Absent: what binds them so that they stay.

use super::super::cost::Value;
use super::super::model::Criterion;
use super::super::rich::ready;
use super::{Case, Decoder, TRIES};

impl Decoder {
    /// Moves an operation right to where it costs least.
    pub(super) fn slide(&mut self, on: Case<'_>, v: u32) {
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
    pub(super) fn is_held(&self, on: Case<'_>, v: u32) -> bool {
        on.rich.is_without_idle[on.graph.machine[v as usize] as usize]
            || on.shop.is_resumable(v)
            || on.uses(v).iter().any(|u| on.rich.stores[u.0 as usize].set_ups.is_some())
    }

    /// What is left out takes no time when all before it is complete.
    pub(super) fn close_up(&mut self, on: Case<'_>) {
        for &v in on.graph.order.iter().filter(|v| on.is_out(**v)) {
            let end = on.shop.before.list(v).iter().map(|b| self.ends[*b as usize]).max().unwrap_or(0);
            (self.starts[v as usize], self.ends[v as usize]) = (end, end);
        }
    }

    /// The last start that pushes nothing.
    pub(super) fn last_start(&self, on: Case<'_>, v: u32) -> i32 {
        let node = &on.graph.nodes[v as usize];
        let mut last = on.rich.horizon.max(self.starts[v as usize]);
        for place in on.shop.after.range(v) {
            let after = on.shop.after.at(place);
            let link = on.rich.link_after(place);
            let lag = match on.is_out(after) {
                true if link.is_lag() => continue,
                true => node.dur,
                false => ready(link, (0, node.dur), on.graph.nodes[after as usize].dur),
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
    pub(super) fn gather(&mut self, on: Case<'_>, v: u32, last: i32) {
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
    pub(super) fn own(&self, on: Case<'_>, v: u32) -> Value {
        let mut value = self.of_job(on, on.shop.job[v as usize]).0;
        value += self.of_operation(on, v);
        value += on.cost.value_of(Criterion::Resources, self.beside(on, v));
        let longest = i64::from(self.longest.max(self.ends[v as usize]));
        let late = if on.cost.tardiest > 0 { self.late(on, on.shop.job[v as usize]) } else { None };
        value += on.cost.whole_value(longest, self.tardiest.max(late.unwrap_or(0)));
        value
    }

    /// What it costs that its machine stands before and after an operation.
    pub(super) fn beside(&self, on: Case<'_>, v: u32) -> i64 {
        let (node, machine) = (&on.graph.nodes[v as usize], on.graph.machine[v as usize]);
        let gap = |one: u32, other: u32| match one.max(other) == on.graph.none() {
            true => 0,
            false => on.rich.standing(machine, self.ends[one as usize], self.starts[other as usize]),
        };
        gap(node.mp, v) + gap(v, node.ms)
    }
}
