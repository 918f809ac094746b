//! What is decided so far, and how to take it back.
//!
//! Enters: lots that come into buffers, what is taken from them, work on machines. Leaves: what is free at an instant; the state as it was at a
//! mark. Absent: what is ordered and why.
//!
//! Every unit in a buffer belongs to a lot: on hand, a scheduled receipt, an order. Whoever takes at an instant takes from the latest lots
//! that are there by then. Since what is there early serves late takers and not the other way round, this leaves the most to others,
//! and as much can be taken as the projected stock would allow.

use crate::supply::model::{Model, Policy, Time};
use crate::supply::plan::{Cause, Delivery, Order, Part, Peg, Plan, Source, Taker, Trouble};
use std::collections::BTreeSet;

/// Most orders of a plan.
pub const ORDERS_MAX: usize = 200_000;
/// Orders that one trial of a demand may weigh.
const TRIAL_EFFORT: u32 = 20_000;
/// Orders that the whole plan may weigh.
const EFFORT: u64 = 10_000_000;
/// Causes kept of a trial.
const CAUSES_MAX: usize = 8;

/// What came into a buffer.
struct Lot {
    buffer: u32,
    time: Time,
    source: Source,
    left: i64,
    is_reserve: bool,
}

enum Done {
    Came,
    Taken(u32, i64),
    Loaded(u32, u32, Time),
}

/// A point to go back to.
#[derive(Clone, Copy)]
pub struct Mark {
    done: usize,
    orders: usize,
    deliveries: usize,
    pegs: usize,
}

/// A plan in the making.
pub struct State<'m> {
    pub model: &'m Model,
    pub plan: Plan,
    /// Pegs of each buffer.
    pub taken: Vec<Vec<u32>>,
    /// Nothing starts before [ticks].
    pub limit: Option<Time>,
    /// Whether safety stock may be taken.
    pub uses_reserve: bool,
    /// Why the trial failed, the last first.
    pub causes: Vec<Cause>,
    lots: Vec<Lot>,
    free: Vec<BTreeSet<(Time, u32)>>,
    load: Vec<Vec<Time>>,
    done: Vec<Done>,
    trial: u32,
    effort: u64,
}

impl<'m> State<'m> {
    /// The state before anything is planned.
    pub fn new(model: &'m Model) -> Self {
        let mut state = Self {
            model,
            plan: Plan::default(),
            taken: vec![Vec::new(); model.buffers.len()],
            limit: model.is_constrained.then_some(0),
            uses_reserve: false,
            causes: Vec::new(),
            lots: Vec::new(),
            free: vec![BTreeSet::new(); model.buffers.len()],
            load: model.machines.iter().map(|_| vec![0; model.buckets as usize]).collect(),
            done: Vec::new(),
            trial: 0,
            effort: EFFORT,
        };
        for (number, buffer) in (0..).zip(&model.buffers) {
            let mut reserve = if let Policy::SafetyStock(safety) = buffer.policy { safety } else { 0 };
            let mut receipts: Vec<_> = (0..).zip(&buffer.receipts).map(|(r, of)| (of.0, Source::Receipt(r), of.1)).collect();
            receipts.push((Time::MIN, Source::OnHand, buffer.on_hand));
            receipts.sort_unstable_by_key(|r| (r.0, r.1));
            for (time, source, quantity) in receipts {
                let kept = quantity.min(reserve);
                reserve -= kept;
                state.came(Lot { buffer: number, time, source, left: kept, is_reserve: true });
                state.came(Lot { buffer: number, time, source, left: quantity - kept, is_reserve: false });
            }
        }
        state.done.clear();
        state
    }

    /// Begins a trial: so much effort, no causes.
    pub fn begin(&mut self) {
        self.trial = TRIAL_EFFORT;
        self.causes.clear();
    }

    /// Whether one more order may be weighed.
    pub fn spends(&mut self) -> bool {
        if self.trial == 0 || self.effort == 0 || self.plan.orders.len() >= ORDERS_MAX {
            return false;
        }
        self.trial -= 1;
        self.effort -= 1;
        true
    }

    /// Keeps why something failed.
    pub fn because(&mut self, cause: Cause) {
        self.causes.retain(|c| std::mem::discriminant(c) != std::mem::discriminant(&cause) || !same(c, &cause));
        self.causes.insert(0, cause);
        self.causes.truncate(CAUSES_MAX);
    }

    /// Where the state stands.
    pub fn mark(&self) -> Mark {
        let Plan { orders, deliveries, pegs, .. } = &self.plan;
        Mark { done: self.done.len(), orders: orders.len(), deliveries: deliveries.len(), pegs: pegs.len() }
    }

    /// Takes back everything since a mark.
    pub fn back(&mut self, mark: Mark) {
        while self.done.len() > mark.done {
            match self.done.pop() {
                Some(Done::Came) => {
                    let gone = self.lots.pop().map(|lot| (lot.buffer, (lot.time, self.lots.len() as u32)));
                    gone.map(|(buffer, key)| self.free[buffer as usize].remove(&key));
                }
                Some(Done::Taken(number, quantity)) => {
                    let lot = &mut self.lots[number as usize];
                    lot.left += quantity;
                    self.free[lot.buffer as usize].insert((lot.time, number));
                }
                Some(Done::Loaded(machine, bucket, work)) => self.load[machine as usize][bucket as usize] -= work,
                None => {}
            }
        }
        self.plan.orders.truncate(mark.orders);
        self.plan.deliveries.truncate(mark.deliveries);
        for peg in self.plan.pegs.drain(mark.pegs..) {
            self.taken[peg.buffer as usize].pop();
        }
    }

    fn came(&mut self, lot: Lot) {
        if lot.left > 0 {
            self.free[lot.buffer as usize].insert((lot.time, self.lots.len() as u32));
            self.lots.push(lot);
            self.done.push(Done::Came);
        }
    }

    /// What an order gives.
    pub fn gives(&mut self, order: u32, buffer: u32, time: Time, quantity: i64) {
        self.came(Lot { buffer, time, source: Source::Order(order), left: quantity, is_reserve: false });
    }

    /// Takes as much of a quantity as there is by an instant; returns how much.
    pub fn take(&mut self, buffer: u32, quantity: i64, at: Time, taker: Taker) -> i64 {
        let mut rest = quantity;
        for of_reserve in [false, true] {
            if of_reserve && !self.uses_reserve {
                break;
            }
            while rest > 0 {
                let there = self.free[buffer as usize].range(..=(at, u32::MAX)).rev();
                let Some(&(time, number)) = there.into_iter().find(|l| self.lots[l.1 as usize].is_reserve == of_reserve) else {
                    break;
                };
                let lot = &mut self.lots[number as usize];
                let taken = rest.min(lot.left);
                lot.left -= taken;
                rest -= taken;
                if lot.left == 0 {
                    self.free[buffer as usize].remove(&(time, number));
                }
                let source = lot.source;
                self.done.push(Done::Taken(number, taken));
                self.taken[buffer as usize].push(self.plan.pegs.len() as u32);
                self.plan.pegs.push(Peg { buffer, source, taker, quantity: taken });
            }
        }
        quantity - rest
    }

    /// What is missing of the safety stock of a buffer.
    pub fn reserve_gap(&self, buffer: u32, safety: i64) -> i64 {
        let lots = self.free[buffer as usize].iter().map(|l| &self.lots[l.1 as usize]);
        safety - lots.filter(|l| l.is_reserve).map(|l| l.left).sum::<i64>()
    }

    /// Room of machines in a bucket [ticks].
    pub fn room(&self, machine: u32, bucket: u32) -> Time {
        self.model.capacity(machine)[bucket as usize] - self.load[machine as usize][bucket as usize]
    }

    /// Books the work of a part.
    pub fn load(&mut self, machine: Option<u32>, part: &Part) {
        let Some(machine) = machine else { return };
        for portion in &part.portions {
            if let Ok(bucket) = u32::try_from(portion.bucket) {
                self.load[machine as usize][bucket as usize] += portion.work;
                self.done.push(Done::Loaded(machine, bucket, portion.work));
            }
        }
    }

    /// Adds an order, without what it takes and gives.
    pub fn add(&mut self, order: Order) -> u32 {
        self.plan.orders.push(order);
        self.plan.orders.len() as u32 - 1
    }

    /// Adds a delivery, without what it takes.
    pub fn deliver(&mut self, delivery: Delivery) -> Taker {
        self.plan.deliveries.push(delivery);
        Taker::Delivery(self.plan.deliveries.len() as u32 - 1)
    }

    /// Tells of trouble.
    pub fn tell(&mut self, trouble: Trouble) {
        self.plan.troubles.push(trouble);
    }
}

/// Whether two causes are about the same.
fn same(a: &Cause, b: &Cause) -> bool {
    match (a, b) {
        (Cause::LeadTime(a, _), Cause::LeadTime(b, _)) => a == b,
        (Cause::Capacity(a, _), Cause::Capacity(b, _)) => a == b,
        _ => a == b,
    }
}
