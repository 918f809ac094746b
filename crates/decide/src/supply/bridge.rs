//! From a supply plan to detailed scheduling: its manufacture orders as jobs on single machines with finite capacity.
//!
//! Enters: a proven supply plan. Leaves: [`Parts`] of a scheduling problem, and what its jobs, operations and machines stand for. Absent: the schedule.
//!
//! An order is a job, a part of a step an operation whose modes are the single machines of its alternatives, a delay an operation on a machine of its own
//! (decision 0183), a way from one location to another a job of one such operation. An order waits for those that give to it. What it takes from
//! stock, scheduled receipts and purchases is a stock that it uses up, as much and as early as the supply plan has it. Orders that a delivery takes from
//! are due when it is. Machines are closed when their calendar says so; where there is none but a capacity is told, a machine is open for its share of it from the
//! start of each bucket. What closes interrupts the work, as it does in the supply plan.

use super::Certified;
use super::model::{Alternative, Kind, Model, Time};
use super::plan::{Order, Source, Taker};
use crate::search::model::{Job, Machine, Mode, Operation, Parts, Resource, Use};
use std::collections::{BTreeMap, BTreeSet};

/// What an operation stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// A part of a step of an order: which step, which part.
    Part(u32, u32),
    /// The delay after a step.
    Delay(u32),
    /// The way from one location to another, or an order without steps.
    Whole,
}

/// A scheduling problem made from a supply plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bridge {
    /// The problem; [`crate::search::model::Model::new`] says whether it is within the limits there.
    pub parts: Parts,
    /// The supply order of each job.
    pub orders: Vec<u32>,
    /// What each operation stands for.
    pub stands: Vec<Stands>,
    /// The group and the number in it of each machine; those behind them are of what needs none.
    pub machines: Vec<(u32, u32)>,
}

/// The scheduling problem of a supply plan; none where nothing is made or moved.
pub fn bridge(model: &Model, certified: &Certified) -> Option<Bridge> {
    let mut made = Making { model, bridge: Bridge::default(), groups: Vec::new(), jobs: BTreeMap::new() };
    made.machines();
    let plan = &certified.plan;
    for (number, order) in (0_u32..).zip(&plan.orders) {
        if !matches!(model.ways[order.way as usize].kind, Kind::Purchase { .. }) {
            made.job(number, order);
        }
    }
    if made.jobs.is_empty() {
        return None;
    }
    made.links(certified);
    made.stocks(certified);
    let Making { mut bridge, .. } = made;
    bridge.parts.makespan = i64::from(bridge.parts.jobs.iter().all(|j| j.due.is_none()));
    Some(bridge)
}

/// The operations with which a job begins and ends.
struct Ends {
    first: Vec<u32>,
    last: Vec<u32>,
}

struct Making<'m> {
    model: &'m Model,
    bridge: Bridge,
    /// The first machine of each group.
    groups: Vec<u32>,
    jobs: BTreeMap<u32, Ends>,
}

impl Making<'_> {
    fn machines(&mut self) {
        for (group, of) in (0_u32..).zip(&self.model.machines) {
            self.groups.push(self.bridge.machines.len() as u32);
            for number in 0..of.count {
                self.bridge.machines.push((group, number));
                let is_told = of.closed.is_empty() && !of.capacity.is_empty();
                let closed = if is_told { self.nights(group, number) } else { of.closed.clone() };
                self.bridge.parts.machines.push(Machine { closed, ..Machine::default() });
            }
        }
    }

    /// When a machine of a group is closed, by its share of the capacity: the first ones have a tick more where it does not come out even.
    fn nights(&self, group: u32, number: u32) -> Vec<(Time, Time)> {
        let (length, count) = (self.model.bucket, Time::from(self.model.machines[group as usize].count));
        let mut closed: Vec<(Time, Time)> = Vec::new();
        for (bucket, all) in (0..).zip(self.model.capacity(group)) {
            let share = all / count + Time::from(Time::from(number) < all % count);
            let (from, to) = (bucket * length + share.min(length), (bucket + 1) * length);
            match closed.last_mut() {
                Some(last) if last.1 == from && from < to => last.1 = to,
                _ if from < to => closed.push((from, to)),
                _ => {}
            }
        }
        closed
    }

    /// An operation of the last job; where it has no modes it runs on a machine of its own.
    fn operation(&mut self, stands: Stands, mut modes: Vec<Mode>, alone: Option<Time>) -> u32 {
        let parts = &mut self.bridge.parts;
        if let Some(duration) = alone {
            modes.push(Mode { machine: parts.machines.len() as u32, duration });
            parts.machines.push(Machine::default());
        }
        let job = parts.jobs.len() as u32 - 1;
        let is_resumable = matches!(stands, Stands::Part(..));
        parts.operations.push(Operation { job, modes, is_resumable, ..Operation::default() });
        self.bridge.stands.push(stands);
        parts.operations.len() as u32 - 1
    }

    fn job(&mut self, number: u32, order: &Order) {
        self.bridge.parts.jobs.push(Job::default());
        self.bridge.orders.push(number);
        let mut ends = Ends { first: Vec::new(), last: Vec::new() };
        match &self.model.ways[order.way as usize].kind {
            Kind::Production { steps, .. } if !steps.is_empty() => {
                for (place, (step, parts)) in (0_u32..).zip(steps.iter().zip(&order.steps)) {
                    let mut of_step = Vec::with_capacity(parts.len());
                    for (part, of) in (0_u32..).zip(parts) {
                        let (modes, alone) = self.modes(&step.alternatives, of.quantity);
                        of_step.push(self.operation(Stands::Part(place, part), modes, alone));
                    }
                    self.after(&ends.last, &of_step);
                    if place == 0 {
                        ends.first.clone_from(&of_step);
                    }
                    ends.last = of_step;
                    if step.delay > 0 {
                        let delay = self.operation(Stands::Delay(place), Vec::new(), Some(step.delay));
                        self.after(&ends.last, &[delay]);
                        ends.last = vec![delay];
                    }
                }
            }
            _ => {
                let whole = self.operation(Stands::Whole, Vec::new(), Some(order.end - order.start));
                ends = Ends { first: vec![whole], last: vec![whole] };
            }
        }
        self.jobs.insert(number, ends);
    }

    /// The single machines of alternatives, and the time on no machine where one of them needs none.
    fn modes(&self, alternatives: &[Alternative], quantity: i64) -> (Vec<Mode>, Option<Time>) {
        let mut modes: Vec<Mode> = Vec::new();
        for on in alternatives {
            let Some(group) = on.machine else { continue };
            let (first, count) = (self.groups[group as usize], self.model.machines[group as usize].count);
            let all = (first..first + count).map(|machine| Mode { machine, duration: on.work(quantity) });
            modes.extend(all);
        }
        (modes, alternatives.iter().filter(|a| a.machine.is_none()).map(|a| a.work(quantity)).min())
    }

    fn after(&mut self, before: &[u32], then: &[u32]) {
        for first in before {
            self.bridge.parts.precedences.extend(then.iter().map(|second| (*first, *second)));
        }
    }

    /// Orders wait for those that give to them; what a delivery takes from is due then.
    fn links(&mut self, certified: &Certified) {
        let job_of: BTreeMap<u32, usize> = self.bridge.orders.iter().enumerate().map(|(job, order)| (*order, job)).collect();
        let mut pairs = BTreeSet::new();
        for peg in &certified.plan.pegs {
            let Source::Order(from) = peg.source else { continue };
            let Some(&job) = job_of.get(&from) else { continue };
            match peg.taker {
                Taker::Order(to) => {
                    pairs.insert((from, to));
                }
                Taker::Delivery(delivery) => {
                    let of = &certified.plan.deliveries[delivery as usize];
                    let due = self.model.demands[of.demand as usize].due.max(of.time);
                    let job = &mut self.bridge.parts.jobs[job];
                    job.due = Some(job.due.map_or(due, |known| known.min(due)));
                    job.tardiness = 1;
                }
            }
        }
        for (from, to) in pairs {
            let before = self.jobs.get(&from).map(|e| e.last.clone()).unwrap_or_default();
            let then = self.jobs.get(&to).map(|e| e.first.clone()).unwrap_or_default();
            self.after(&before, &then);
        }
    }

    /// What is taken of stock, scheduled receipts and purchases.
    fn stocks(&mut self, certified: &Certified) {
        let (model, plan) = (self.model, &certified.plan);
        let mut arrivals: BTreeMap<u32, BTreeMap<Time, i64>> = BTreeMap::new();
        let mut needs: BTreeMap<(u32, u32), i64> = BTreeMap::new();
        for peg in &plan.pegs {
            let Taker::Order(order) = peg.taker else { continue };
            let there = match peg.source {
                Source::OnHand => 0,
                Source::Receipt(number) => model.buffers[peg.buffer as usize].receipts[number as usize].0,
                Source::Order(number) if self.jobs.contains_key(&number) => continue,
                Source::Order(number) => plan.orders[number as usize].end.max(0),
            };
            *arrivals.entry(peg.buffer).or_default().entry(there).or_insert(0) += peg.quantity;
            *needs.entry((order, peg.buffer)).or_insert(0) += peg.quantity;
        }
        let mut resources = BTreeMap::new();
        for (buffer, arrivals) in arrivals {
            let mut stock = Resource { is_stock: true, ..Resource::default() };
            let mut all = 0;
            for (time, quantity) in arrivals {
                all += quantity;
                if time == 0 {
                    stock.capacity = all;
                } else {
                    stock.steps.push((time, all));
                }
            }
            resources.insert(buffer, self.bridge.parts.resources.len() as u32);
            self.bridge.parts.resources.push(stock);
        }
        for ((order, buffer), amount) in needs {
            self.uses(order, &plan.orders[order as usize], resources[&buffer], amount);
        }
    }

    /// An amount that an order takes, shared by the parts of its first step as its quantity is.
    fn uses(&mut self, number: u32, order: &Order, resource: u32, amount: i64) {
        let Some(ends) = self.jobs.get(&number) else { return };
        let whole = [order.size];
        let of_parts: Vec<i64> = order.steps.first().map_or(whole.to_vec(), |parts| parts.iter().map(|p| p.quantity).collect());
        let (mut before, mut used) = (0_i128, 0_i64);
        for (&operation, quantity) in ends.first.iter().zip(of_parts) {
            before += i128::from(quantity);
            let until = (i128::from(amount) * before / i128::from(order.size)) as i64;
            let modes = self.bridge.parts.operations[operation as usize].modes.len() as u32;
            if until > used {
                let amount = until - used;
                self.bridge.parts.uses.extend((0..modes).map(|mode| Use { operation, mode, resource, amount }));
            }
            used = until;
        }
    }
}
