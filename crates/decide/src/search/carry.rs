//! A plan carried out: what its operations really last moves the others.
//!
//! Enters: a model, a plan of it, how long each operation lasts. Leaves: starts and ends. Absent: chance, changes of the plan's modes and orders.
//!
//! Modes, the order on each machine and batches are the plan's; every operation starts as soon as what comes before it, its machine, its
//! set-up and its resources let it (semi-active; resources are given in the order of planned starts, as far as precedences are). It starts where the planned duration fits
//! before the machine closes, or at once where it may be resumed; what lasts longer than planned is interrupted by the closed time and goes on after
//! it. What started before now started as planned. Limits of waits and of idle time are not enforced: in the workshop they can be broken by
//! what lasts longer.

use super::model::{Link, Model, ModelError, Point, Time, begin_before, pieces};
use super::plan::Plan;
use super::profile::Profile;
use super::replan::open;
use super::rich::{FOR_GOOD, Store};
use super::shop::{Lists, narrow};
use std::collections::BTreeSet;

/// A plan to be carried out any number of times.
#[derive(Debug)]
pub struct Carrier<'m> {
    model: &'m Model,
    plan: &'m Plan,
    /// Closed intervals of each machine, those of breakdowns among them.
    closed: &'m [Vec<(Time, Time)>],
    now: Time,
    /// Operations by planned start; those of a batch together.
    groups: Vec<Vec<u32>>,
    before: Lists,
    /// What each of its entries means.
    links: Vec<Vec<Link>>,
    /// Of each operation: those it keeps a distance after but is not ordered by; where they are carried out later they count as planned.
    loose: Vec<Vec<(u32, Link)>>,
    /// What is carried out so far.
    is_done: Vec<bool>,
    /// Resource and amount that each operation uses in its mode; of a batch, what all of it use, at the first.
    uses: Vec<Vec<(u32, i64)>>,
    stores: Vec<Store>,
    profiles: Vec<Profile>,
    last: Vec<Option<u32>>,
    /// Start of each operation [ticks], after [`Carrier::run`].
    pub starts: Vec<Time>,
    /// End of each operation [ticks], after [`Carrier::run`].
    pub ends: Vec<Time>,
}

impl<'m> Carrier<'m> {
    /// Of a plan that runs since before `now` [ticks]; `closed` are the closed intervals of each machine, disjoint and ascending.
    ///
    /// # Errors
    /// A plan of another model; an operation that blocks its machine: who is moved by whom is not known there by planned starts alone; a
    /// resource with set-ups.
    pub fn new(model: &'m Model, plan: &'m Plan, closed: &'m [Vec<(Time, Time)>], now: Time) -> Result<Self, ModelError> {
        super::replan::of_model(model, plan)?;
        if closed.len() != model.machines.len() {
            let (found, allowed) = (closed.len().to_string(), model.machines.len().to_string());
            return Err(ModelError::at("machines with closed intervals", found, allowed));
        }
        if let Some(blocking) = model.operations.iter().position(|o| o.is_blocking) {
            let allowed = "operations that leave their machine at their end, for a plan that is carried out";
            return Err(ModelError::at(format!("operation {blocking}"), "blocking", allowed));
        }
        if let Some(resource) = model.resources.iter().position(|r| r.set_ups.is_some()) {
            let allowed = "resources without set-ups, for a plan that is carried out";
            return Err(ModelError::at(format!("resource {resource}"), "set-ups", allowed));
        }
        let count = model.operations.len();
        let before = Lists::of(count, model.links().map(|l| (l.1, l.0)));
        let mut links: Vec<Vec<Link>> = vec![Vec::new(); count];
        model.links().for_each(|(_, then, link)| links[then as usize].push(link));
        let mut loose: Vec<Vec<(u32, Link)>> = vec![Vec::new(); count];
        model.loose().for_each(|(before, then, link)| loose[then as usize].push((before, link)));
        let mut uses = vec![Vec::new(); count];
        for of in model.uses.iter().filter(|u| plan.operations[u.operation as usize].mode == u.mode) {
            uses[of.operation as usize].push((of.resource, of.amount));
        }
        let groups = groups(model, plan, &before);
        for group in &groups {
            // a batch has together what its operations use
            for &joined in &group[1..] {
                for (resource, amount) in std::mem::take(&mut uses[joined as usize]) {
                    match uses[group[0] as usize].iter_mut().find(|u| u.0 == resource) {
                        Some(own) => own.1 += amount,
                        None => uses[group[0] as usize].push((resource, amount)),
                    }
                }
            }
        }
        Ok(Self {
            groups,
            before,
            links,
            loose,
            is_done: vec![false; count],
            uses,
            stores: model.resources.iter().map(Store::new).collect(),
            profiles: vec![Profile::default(); model.resources.len()],
            last: vec![None; model.machines.len()],
            starts: vec![0; count],
            ends: vec![0; count],
            model,
            plan,
            closed,
            now,
        })
    }

    /// Carries it out: operation `o` works for `lasts[o]` [ticks].
    pub fn run(&mut self, lasts: &[Time]) {
        for (profile, store) in self.profiles.iter_mut().zip(&self.stores) {
            profile.reset(&store.lacking);
        }
        self.last.fill(None);
        self.is_done.fill(false);
        let groups = std::mem::take(&mut self.groups);
        for group in &groups {
            self.start(group, lasts);
        }
        self.groups = groups;
    }

    /// When each job is complete [ticks]; none where all of it is left out.
    pub fn complete(&self) -> Vec<Option<Time>> {
        let mut complete = vec![None; self.model.jobs.len()];
        for (number, of) in self.model.operations.iter().enumerate() {
            if (self.plan.operations[number].mode as usize) < of.modes.len() {
                let own = &mut complete[of.job as usize];
                *own = (*own).max(Some(self.ends[number]));
            }
        }
        complete
    }

    fn is_out(&self, operation: u32) -> bool {
        self.plan.operations[operation as usize].mode as usize >= self.model.operations[operation as usize].modes.len()
    }

    /// When everything that comes before is there, whole or as far as its precedence asks for.
    fn ready(&self, operation: u32, machine: usize, length: Time) -> Time {
        let passed = |(b, link): (&u32, &Link)| {
            let (start, end) = (self.starts[*b as usize], self.ends[*b as usize]);
            match self.is_out(*b) || self.is_out(operation) {
                true if link.is_lag() => 0,
                true => end,
                false => link.ready((start, end), length),
            }
        };
        let apart = |(b, link): &(u32, Link)| {
            let of = &self.model.operations[*b as usize];
            let planned = self.plan.operations[*b as usize];
            let mode = of.modes.get(planned.mode as usize)?;
            let as_planned = (planned.start, self.model.end(*b, mode, planned.start));
            let done = (self.starts[*b as usize], self.ends[*b as usize]);
            let times = if self.is_done[*b as usize] { done } else { as_planned };
            Some(match *link {
                Link::Lag(from, Point::End, least) if self.model.operations[operation as usize].is_resumable => {
                    begin_before(&self.closed[machine], from.of(times.0, times.1) + least, length)
                }
                link => link.ready(times, length),
            })
        };
        let ordered = self.before.list(operation).iter().zip(&self.links[operation as usize]).map(passed);
        let loose = self.loose[operation as usize].iter().filter(|_| !self.is_out(operation)).filter_map(apart);
        ordered.chain(loose).max().unwrap_or(0).max(0)
    }

    /// Starts the operations of a batch, or one.
    fn start(&mut self, group: &[u32], lasts: &[Time]) {
        let lead = group[0];
        let own = &self.model.operations[lead as usize];
        let Some(mode) = own.modes.get(self.plan.operations[lead as usize].mode as usize) else {
            let ready = self.ready(lead, 0, 0);
            (self.starts[lead as usize], self.ends[lead as usize]) = (ready, ready);
            return;
        };
        let planned = self.plan.operations[lead as usize].start;
        let on = mode.machine as usize;
        let length = group.iter().map(|o| lasts[*o as usize]).max().unwrap_or(0);
        let start = if planned < self.now {
            planned
        } else {
            let of = |o: &u32| {
                let of = &self.model.operations[*o as usize];
                self.ready(*o, on, length).max(of.earliest).max(self.model.jobs[of.job as usize].release)
            };
            let ready = group.iter().map(of).max().unwrap_or(0).max(self.now);
            let free = self.last[on].map_or(self.model.machines[on].available, |l| self.ends[l as usize]);
            let from = ready.max(free + self.model.set_up(mode.machine, self.last[on], lead));
            self.earliest(lead, on, from, (own.unbroken(mode.duration), length))
        };
        let end = worked(&self.closed[on], start, length);
        self.last[on] = Some(lead);
        for &operation in group {
            self.is_done[operation as usize] = true;
            (self.starts[operation as usize], self.ends[operation as usize]) = (start, end);
            for &(resource, amount) in &self.uses[operation as usize] {
                for (from, to) in self.held(resource, operation, on, (start, length)) {
                    self.profiles[resource as usize].add(from, to, amount);
                }
            }
        }
    }

    /// From when to when an operation has a resource that works on a machine from an instant on for so long.
    fn held(&self, resource: u32, operation: u32, on: usize, (start, length): (Time, Time)) -> Vec<(i32, i32)> {
        let closed = &self.closed[on];
        let whole = |to: Time| vec![(narrow(start), narrow(to))];
        if self.stores[resource as usize].is_stock {
            whole(start + Time::from(FOR_GOOD))
        } else if self.model.operations[operation as usize].is_resumable {
            pieces(closed, start, length).map(|(from, to)| (narrow(from), narrow(to))).collect()
        } else {
            whole(worked(closed, start, length))
        }
    }

    /// The first start from `from` at which the machine is open for what is planned and the resources are there for what it takes.
    fn earliest(&self, lead: u32, on: usize, from: Time, (planned, length): (Time, Time)) -> Time {
        let mut start = open(&self.closed[on], from, planned);
        let short = |start: Time| {
            self.uses[lead as usize].iter().find_map(|&(resource, amount)| {
                let (profile, room) = (&self.profiles[resource as usize], self.stores[resource as usize].capacity - amount);
                let mut held = self.held(resource, lead, on, (start, length)).into_iter();
                held.find_map(|(from, to)| profile.short(from, to, room))
            })
        };
        while let Some(free) = short(start) {
            // after the last step there is enough for everything
            let next = open(&self.closed[on], start.max(Time::from(free)), planned);
            if next <= start {
                break;
            }
            start = next;
        }
        start
    }
}

/// When so much work is done that begins at an instant and rests while the machine is closed.
fn worked(closed: &[(Time, Time)], start: Time, length: Time) -> Time {
    pieces(closed, start, length).last().map_or(start, |piece| piece.1)
}

/// Operations by planned start, each after all before it; those of a batch together.
fn groups(model: &Model, plan: &Plan, before: &Lists) -> Vec<Vec<u32>> {
    let mode = |o: u32| model.operations[o as usize].modes.get(plan.operations[o as usize].mode as usize);
    // what is left out stands where all before it are complete
    let mut spans: Vec<(Time, Time)> = vec![(0, 0); model.operations.len()];
    for &operation in model.order() {
        let start = plan.operations[operation as usize].start;
        let ready = || before.list(operation).iter().map(|b| spans[*b as usize].1).max().unwrap_or(0);
        spans[operation as usize] =
            mode(operation).map_or_else(|| (ready(), ready()), |m| (start, model.end(operation, m, start)));
    }
    let mut order = model.order().to_vec();
    // the sort is stable: what takes no time stays in the order of the precedences
    order.sort_by_key(|o| spans[*o as usize]);
    let mut groups: Vec<Vec<u32>> = Vec::with_capacity(order.len());
    // the group of each machine's newest batch
    let mut newest: Vec<Option<usize>> = vec![None; model.machines.len()];
    for operation in order {
        let machine = mode(operation).map(|m| m.machine as usize).filter(|m| model.machines[*m].batch.is_some());
        let start = spans[operation as usize].0;
        match machine.and_then(|m| newest[m]).filter(|g| spans[groups[*g][0] as usize].0 == start) {
            Some(group) => groups[group].push(operation),
            None => {
                if let Some(machine) = machine {
                    newest[machine] = Some(groups.len());
                }
                groups.push(vec![operation]);
            }
        }
    }
    if model.lags.is_empty() { groups } else { sorted(model, plan, &groups) }
}

/// Groups so that each comes after all before it also where a lag lets it start with it or earlier; on each machine and else as they stood.
fn sorted(model: &Model, plan: &Plan, groups: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let mut group_of = vec![0; model.operations.len()];
    (0..).zip(groups).for_each(|(number, group)| group.iter().for_each(|o| group_of[*o as usize] = number));
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
    let mut last: Vec<Option<usize>> = vec![None; model.machines.len()];
    for (number, group) in groups.iter().enumerate() {
        let assigned = plan.operations[group[0] as usize];
        if let Some(mode) = model.operations[group[0] as usize].modes.get(assigned.mode as usize) {
            let before = last[mode.machine as usize].replace(number);
            before.into_iter().for_each(|before| after[before].push(number));
        }
    }
    for (before, then, _) in model.links() {
        after[group_of[before as usize]].push(group_of[then as usize]);
    }
    let mut waits = vec![0; groups.len()];
    after.iter().flatten().for_each(|then| waits[*then] += 1);
    let mut ready: BTreeSet<usize> = (0..groups.len()).filter(|g| waits[*g] == 0).collect();
    let mut order = Vec::with_capacity(groups.len());
    while let Some(next) = ready.pop_first() {
        order.push(next);
        for &then in &after[next] {
            waits[then] -= 1;
            if waits[then] == 0 {
                ready.insert(then);
            }
        }
    }
    // where a machine's sequence is against a precedence, that one is as planned
    order.extend((0..groups.len()).filter(|g| waits[*g] > 0));
    order.into_iter().map(|g| groups[g].clone()).collect()
}
