//! What is kept in stock: safety stocks filled up, reorder points, decoupling points of demand driven MRP.
//!
//! Enters: the state after all demands. Leaves: orders that nobody takes from yet, and the statuses of decoupling points. Absent: how zones are worked
//! out (`zones`).
//!
//! Products come before what they are made of, so that what their orders take counts at the buffers below.

use super::explode::Moved;
use super::state::State;
use crate::supply::model::{Policy, Profile, Time};
use crate::supply::plan::{Purpose, Source, Taker, Trouble, Whose};
use crate::supply::zones;

impl State<'_> {
    /// All buffers, products first.
    pub fn stocks(&mut self) {
        let model = self.model;
        self.uses_reserve = false;
        for &buffer in model.order() {
            match &model.buffers[buffer as usize].policy {
                Policy::ToOrder => {}
                Policy::SafetyStock(safety) => self.safety(buffer, *safety),
                Policy::MinMax { least, most } => self.reorder(buffer, *least, *most),
                Policy::Ddmrp(profile) => self.decouple(buffer, profile),
            }
        }
    }

    fn safety(&mut self, buffer: u32, safety: i64) {
        let gap = self.reserve_gap(buffer, safety);
        if gap > 0 {
            self.fill(buffer, gap, 0);
        }
    }

    /// Each time the position falls to the reorder point an order is released, in the order in which stock is taken.
    fn reorder(&mut self, buffer: u32, least: i64, most: i64) {
        let of = &self.model.buffers[buffer as usize];
        let mut position = of.on_hand + of.receipts.iter().map(|r| r.1).sum::<i64>();
        let mut takes = self.stock_takes(buffer);
        takes.push((0, 0));
        takes.sort_unstable();
        for (time, quantity) in takes {
            position -= quantity;
            // what was taken at or before now is seen now
            if position <= least && time < self.model.horizon() {
                match self.release(buffer, most - position, time.max(0)) {
                    Some(given) => position += given,
                    None => return,
                }
            }
        }
    }

    fn decouple(&mut self, buffer: u32, profile: &Profile) {
        let takes: Vec<_> = self.takes(buffer, |_| true);
        let status = zones::status(self.model, buffer, profile, &takes, &self.stock_takes(buffer));
        self.plan.statuses.push(status);
        if status.recommended > 0 {
            self.release(buffer, status.recommended, 0);
        }
    }

    /// An order released at an instant, as early as it can be there; returns what it gives.
    fn release(&mut self, buffer: u32, quantity: i64, from: Time) -> Option<i64> {
        let limit = self.limit.replace(from);
        let given = self.fill(buffer, quantity, from);
        self.limit = limit;
        given
    }

    /// Fills a buffer up at an instant, or else as soon as it can; returns what comes.
    fn fill(&mut self, buffer: u32, quantity: i64, at: Time) -> Option<i64> {
        let before = self.plan.orders.len();
        if !self.fills(buffer, quantity, at) {
            let causes = self.causes.clone();
            let (time, causes) = self.first(at, causes, |s, at| s.fills(buffer, quantity, at));
            // lead times pass before it is there; that is no trouble
            if time.is_none() {
                self.tell(Trouble { whose: Whose::Buffer(buffer), missing: quantity, causes });
                return None;
            }
        }
        let for_it = self.plan.orders[before..].iter().filter(|o| o.purpose == Purpose::Stock(buffer));
        let gives = |way: u32, size| {
            let outputs = self.model.ways[way as usize].outputs();
            outputs.iter().filter(|o| o.buffer == buffer).map(|o| o.ratio.down(size)).sum::<i64>()
        };
        Some(for_it.map(|o| gives(o.way, o.size)).sum())
    }

    fn fills(&mut self, buffer: u32, quantity: i64, at: Time) -> bool {
        self.begin();
        let mark = self.mark();
        let mut rest = quantity;
        while rest > 0 {
            match self.order(buffer, rest, at, Purpose::Stock(buffer), Moved::default()) {
                Some(given) => rest -= given,
                None => {
                    self.back(mark);
                    return false;
                }
            }
        }
        true
    }

    /// What is taken from stock and scheduled receipts: when, how much. What orders of this plan give is theirs who take it.
    fn stock_takes(&self, buffer: u32) -> Vec<(Time, i64)> {
        self.takes(buffer, |source| !matches!(source, Source::Order(_)))
    }

    fn takes(&self, buffer: u32, counts: impl Fn(Source) -> bool) -> Vec<(Time, i64)> {
        let pegs = self.taken[buffer as usize].iter().map(|p| &self.plan.pegs[*p as usize]);
        let time = |taker| match taker {
            Taker::Delivery(number) => self.plan.deliveries[number as usize].time,
            Taker::Order(number) => self.plan.orders[number as usize].start,
        };
        pegs.filter(|p| counts(p.source)).map(|p| (time(p.taker), p.quantity)).collect()
    }
}
