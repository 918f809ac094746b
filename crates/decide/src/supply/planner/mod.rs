//! The planner: demand by demand, the most urgent first, each as near to its due date as can be; then what is kept in stock.
//!
//! Enters: a model. Leaves: a plan, not yet proven. Absent: whether it is the best; nothing that one demand got is taken back for another.
//!
//! ```text
//! demand ─▶ all when due ─▶ also from safety stock ─▶ as much as can be when due ─▶ the rest at the first instant that is found
//! ```
//!
//! Instants are searched by doubling the wait and then halving what is left between the last that failed and the first that did not. Where
//! more time does not always help (ways that end, alternates), an instant between them may have been passed over.

mod explode;
mod pour;
mod state;
mod stock;

use super::model::{Model, Time};
use super::plan::{Cause, Delivery, Plan, Trouble, Whose};
use explode::Moved;
use state::State;

/// Deliveries of a demand when due, and later.
const DELIVERIES_MAX: usize = 4;

/// Plans everything.
pub fn planned(model: &Model) -> Plan {
    let mut state = State::new(model);
    let mut order: Vec<u32> = (0..model.demands.len() as u32).collect();
    order.sort_by_key(|d| (model.demands[*d as usize].priority, model.demands[*d as usize].due, *d));
    order.into_iter().for_each(|demand| state.demand(demand));
    state.stocks();
    state.plan
}

impl State<'_> {
    fn demand(&mut self, number: u32) {
        let demand = &self.model.demands[number as usize];
        let due = if self.model.is_constrained { demand.due.max(0) } else { demand.due };
        self.uses_reserve = false;
        if self.delivers(number, demand.quantity, due) {
            if due > demand.due {
                self.tell(Trouble { whose: Whose::Demand(number), missing: 0, causes: Vec::new() });
            }
            return;
        }
        let mut causes = self.causes.clone();
        self.uses_reserve = true;
        let mut rest = demand.quantity;
        if self.delivers(number, rest, due) {
            return self.tell(Trouble { whose: Whose::Demand(number), missing: 0, causes });
        }
        for _ in 0..DELIVERIES_MAX {
            if rest == 0 || demand.is_whole {
                break;
            }
            let part = self.most(number, rest, due);
            if part == 0 || !self.delivers(number, part, due) {
                break;
            }
            rest -= part;
            if rest > 0 && self.delivers(number, rest, due) {
                rest = 0;
            }
        }
        for _ in 0..DELIVERIES_MAX {
            if rest == 0 {
                break;
            }
            let at_last = self.model.horizon();
            let part = if self.trial(|s| s.delivers(number, rest, at_last)) {
                rest
            } else if demand.is_whole {
                0
            } else {
                self.most(number, rest, at_last)
            };
            if part == 0 {
                causes = self.causes.clone();
                break;
            }
            let time;
            (time, causes) = self.first(due, causes, |s, at| s.delivers(number, part, at));
            if time.is_none() {
                break;
            }
            rest -= part;
        }
        self.uses_reserve = false;
        self.tell(Trouble { whose: Whose::Demand(number), missing: rest, causes });
    }

    /// One delivery, or nothing and the causes.
    fn delivers(&mut self, demand: u32, quantity: i64, time: Time) -> bool {
        self.begin();
        let mark = self.mark();
        let buffer = self.model.demands[demand as usize].buffer;
        let taker = self.deliver(Delivery { demand, quantity, time });
        let is_there = self.supply(buffer, quantity, time, taker, Moved::default());
        if !is_there {
            self.back(mark);
        }
        is_there
    }

    /// Whether something can be done, without doing it.
    fn trial(&mut self, tried: impl Fn(&mut Self) -> bool) -> bool {
        let mark = self.mark();
        let can = tried(self);
        self.back(mark);
        can
    }

    /// The most below a quantity that can be delivered by an instant. The causes of the last failure stay.
    fn most(&mut self, demand: u32, quantity: i64, time: Time) -> i64 {
        let (mut can, mut cannot) = (0, quantity);
        let mut causes = self.causes.clone();
        while cannot - can > 1 {
            let half = can + (cannot - can) / 2;
            if self.trial(|s| s.delivers(demand, half, time)) {
                can = half;
            } else {
                cannot = half;
                causes = self.causes.clone();
            }
        }
        self.causes = causes;
        can
    }

    /// The first instant after one that failed for some causes at which something is done, and why it was not done just before.
    fn first(&mut self, after: Time, causes: Vec<Cause>, does: impl Fn(&mut Self, Time) -> bool) -> (Option<Time>, Vec<Cause>) {
        let (mut cannot, last) = (after, self.model.horizon());
        let mut causes = causes;
        let mut wait = self.model.bucket;
        let mut can = loop {
            if cannot >= last {
                return (None, causes);
            }
            let at = (after + wait).min(last);
            if self.trial(|s| does(s, at)) {
                break at;
            }
            (cannot, causes) = (at, self.causes.clone());
            wait *= 2;
        };
        while can - cannot > 1 {
            let half = cannot + (can - cannot) / 2;
            if self.trial(|s| does(s, half)) {
                can = half;
            } else {
                (cannot, causes) = (half, self.causes.clone());
            }
        }
        // what was tried is done the same way again
        let is_done = does(self, can);
        (is_done.then_some(can), causes)
    }
}
