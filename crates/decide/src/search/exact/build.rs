//! A model as constraints: what every plan keeps that costs less than so much.
//!
//! Enters: a model, an objective. Leaves: variables and constraints in a solver. Absent: plans.
//!
//! The disjunctive model (Manne, Operations Research 8, 1960): a word for each order of two operations that share a machine, one for each mode;
//! beside it each machine as a whole. Calendars, resources, limits of waits and penalties that are not known here are left out.

use super::late::{Late, Piece};
use super::machine::{Machine, Task};
use super::rule::{Lasts, Rule, Sum};
use super::solver::{Is, Solver};
use crate::search::model::{Link, Mode, Model, Time};

/// Latest instant; sums of two stay within 32 bits.
const LATEST: Time = 1 << 28;

/// A model in a solver.
pub(super) struct Build<'m> {
    model: &'m Model,
    pub solver: Solver,
    pub starts: Vec<u32>,
    /// Variable, and what is to be added.
    pub ends: Vec<(u32, i32)>,
    pub modes: Vec<Vec<Is>>,
    pub orders: Vec<(u32, u32, Is)>,
    pub total: Option<u32>,
    horizon: Time,
    yes: Is,
    /// Whether one comes after another by precedences.
    reaches: Vec<Vec<bool>>,
    /// The words of the orders.
    before: Vec<Vec<Option<Is>>>,
    /// Least time between two on each machine: from the end of one to the start of the other, whatever comes between.
    between: Vec<Vec<Vec<Time>>>,
}

/// Within 32 bits: what is later than the latest instant is never.
fn narrow(time: Time) -> i32 {
    time.clamp(-2 * LATEST, 2 * LATEST) as i32
}

impl<'m> Build<'m> {
    /// None where it is too long, or nothing that costs is known here.
    pub fn new(model: &'m Model, below: i64) -> Option<Self> {
        let by_makespan = if model.makespan > 0 { (below - 1).div_euclid(model.makespan) } else { Time::MAX };
        let horizon = model.horizon().min(by_makespan);
        if model.horizon() > LATEST {
            return None;
        }
        let mut solver = Solver::default();
        let one = solver.variable(1, 1);
        let mut build = Self {
            model,
            solver,
            horizon,
            yes: Is::at_least(one, 1),
            reaches: reaches(model),
            before: vec![vec![None; model.operations.len()]; model.operations.len()],
            starts: Vec::new(),
            ends: Vec::new(),
            modes: Vec::new(),
            orders: Vec::new(),
            total: None,
            between: (0..model.machines.len() as u32).map(|m| between(model, m)).collect(),
        };
        build.operations();
        for (before, then, _) in model.links().filter(|l| l.2 == Link::Whole) {
            build.gap(before as usize, then as usize, 0, build.yes);
        }
        for a in 0..model.operations.len() {
            for b in a + 1..model.operations.len() {
                build.pair(a, b);
            }
        }
        build.machines();
        build.set_ups();
        build.costs(below)?;
        Some(build)
    }

    /// Where a word holds, one starts so long after another ends at the least.
    fn gap(&mut self, before: usize, then: usize, least: Time, when: Is) {
        let (end, after) = self.ends[before];
        self.solver.arc(2 * end, 2 * self.starts[then], narrow(least) + after, when);
    }

    /// Starts, ends and modes.
    fn operations(&mut self) {
        // else an end that is later than need be does no harm
        let is_early = self.model.jobs.iter().any(|j| j.earliness > 0 || j.flow > 0);
        for (number, of) in self.model.operations.iter().enumerate() {
            let job = &self.model.jobs[of.job as usize];
            let release = of.earliest.max(job.release);
            let (short, long) = (of.shortest(), of.longest());
            let last = self.horizon.min(job.deadline.unwrap_or(Time::MAX));
            let latest = (last - short).min(of.latest.unwrap_or(Time::MAX));
            let start = self.solver.variable(narrow(release), narrow(latest));
            let modes: Vec<Is> = match of.modes.len() {
                1 => vec![self.yes],
                count => (0..count).map(|_| self.solver.choice()).collect(),
            };
            self.starts.push(start);
            if modes.len() > 1 {
                self.solver.either(&modes);
            }
            if short == long {
                self.ends.push((start, narrow(short)));
            } else {
                let end = self.solver.variable(narrow(release + short), narrow(last));
                self.ends.push((end, 0));
                self.solver.arc(2 * start, 2 * end, narrow(short), self.yes);
                let mut lasts: Vec<(Is, i32)> = modes.iter().copied().zip(of.modes.iter().map(|m| narrow(m.duration))).collect();
                lasts.sort_by_key(|m| m.1);
                for &(mode, duration) in &lasts {
                    self.solver.arc(2 * start, 2 * end, duration, mode);
                    if is_early {
                        self.solver.arc(2 * end, 2 * start, -duration, mode);
                    }
                }
                let bounds: Vec<u32> = lasts.iter().map(|m| m.0.not().bound).chain([2 * start, 2 * end + 1]).collect();
                self.solver.rule(Rule::Lasts(Lasts { start, end, modes: lasts }), bounds.into_iter());
            }
            for (mode, is) in of.modes.iter().zip(&modes) {
                let from = self.first_on(number, mode);
                if from > release {
                    self.solver.either(&[is.not(), Is::at_least(start, narrow(from))]);
                }
            }
            self.modes.push(modes);
        }
    }

    /// From when on a machine can have an operation: when it is there and set up, by way of others or not.
    fn first_on(&self, operation: usize, mode: &Mode) -> Time {
        let machine = &self.model.machines[mode.machine as usize];
        if machine.batch.is_some() {
            return 0;
        }
        let between = &self.between[mode.machine as usize];
        let direct = self.model.set_up(mode.machine, None, operation as u32);
        let by = self.model.operations.iter().enumerate().flat_map(|(other, of)| {
            let here = of.modes.iter().filter(move |m| m.machine == mode.machine && other != operation);
            here.map(move |m| self.model.set_up(m.machine, None, other as u32) + m.duration + between[other][operation])
        });
        machine.available + by.min().map_or(direct, |by| by.min(direct))
    }

    /// Two operations that may share a machine: one is before the other there.
    fn pair(&mut self, a: usize, b: usize) {
        let mut shared = Vec::new();
        for (i, mode) in self.model.operations[a].modes.iter().enumerate() {
            for (j, other) in self.model.operations[b].modes.iter().enumerate() {
                if mode.machine == other.machine && self.model.machines[mode.machine as usize].batch.is_none() {
                    shared.push((self.modes[a][i], self.modes[b][j], mode.machine as usize));
                }
            }
        }
        if shared.is_empty() {
            return;
        }
        let is_alone = self.modes[a].len() == 1 && self.modes[b].len() == 1;
        let order = match (self.reaches[a][b], self.reaches[b][a]) {
            (true, _) => (self.yes, self.yes.not()),
            (_, true) => (self.yes.not(), self.yes),
            _ if is_alone => {
                let first = self.solver.choice();
                (first, first.not())
            }
            _ => (self.solver.choice(), self.solver.choice()),
        };
        // an order known by the precedences holds on different machines too, where no set-up lies between
        let is_known = self.reaches[a][b] || self.reaches[b][a];
        let may_part = shared.len() < self.modes[a].len() * self.modes[b].len();
        for (one, other, when) in [(a, b, order.0), (b, a, order.1)] {
            if self.solver.fails(when) {
                continue;
            }
            self.orders.push((one as u32, other as u32, when));
            self.before[one][other] = Some(when);
            let always = shared.iter().map(|s| self.between[s.2][one][other]).min().unwrap_or(0);
            let least = if is_known && may_part { 0 } else { always };
            self.gap(one, other, least, when);
            for &(mode_a, mode_b, machine) in &shared {
                let gap = self.between[machine][one][other];
                if gap > least {
                    let here = self.solver.choice();
                    self.solver.either(&[when.not(), mode_a.not(), mode_b.not(), here]);
                    self.gap(one, other, gap, here);
                }
            }
        }
        for (mode_a, mode_b, _) in shared {
            self.solver.either(&[order.0, order.1, mode_a.not(), mode_b.not()]);
        }
    }

    /// Each machine as a whole.
    fn machines(&mut self) {
        for (number, _) in self.model.machines.iter().enumerate().filter(|(_, m)| m.batch.is_none()) {
            let mut tasks = Vec::new();
            for (operation, of) in self.model.operations.iter().enumerate() {
                let (start, (end, after)) = (self.starts[operation], self.ends[operation]);
                for (mode, is) in of.modes.iter().zip(&self.modes[operation]).filter(|(m, _)| m.machine as usize == number) {
                    let (start, end) = ((2 * start, 0), (2 * end + 1, -after));
                    tasks.push(Task { start, end, duration: narrow(mode.duration), here: *is });
                }
            }
            if tasks.len() > 2 {
                let bounds: Vec<u32> = tasks.iter().flat_map(|t| [t.start.0, t.end.0, t.here.bound]).collect();
                self.solver.rule(Rule::Machine(Machine { tasks }), bounds.into_iter());
            }
        }
    }

    /// Set-ups that are longer than the ways by way of others: none of those is between, or the whole set-up is.
    fn set_ups(&mut self) {
        for machine in (0..self.model.machines.len()).filter(|m| self.model.machines[*m].set_ups.is_some()) {
            let here =
                |o: usize| self.model.operations[o].modes.iter().enumerate().filter(move |(_, m)| m.machine as usize == machine);
            let on: Vec<(usize, Is, Time)> = (0..self.model.operations.len())
                .flat_map(|o| here(o).map(move |(mode, m)| (o, mode, m.duration)))
                .map(|(o, mode, duration)| (o, self.modes[o][mode], duration))
                .collect();
            for &(one, one_here, _) in &on {
                self.first_set_up(machine, one, one_here, &on);
                for &(other, other_here, _) in &on {
                    self.set_up(machine, (one, one_here), (other, other_here), &on);
                }
            }
        }
    }

    fn set_up(&mut self, machine: usize, one: (usize, Is), other: (usize, Is), on: &[(usize, Is, Time)]) {
        let whole = self.model.set_up(machine as u32, Some(one.0 as u32), other.0 as u32);
        let between = &self.between[machine];
        let Some(order) = self.before[one.0][other.0].filter(|_| whole > between[one.0][other.0]) else { return };
        let mut words = vec![order.not(), one.1.not(), other.1.not()];
        for &(by, by_here, duration) in on {
            let is_shorter = self.between[machine][one.0][by] + duration + self.between[machine][by][other.0] < whole;
            let orders = (self.before[one.0][by], self.before[by][other.0]);
            if let ((Some(after), Some(before)), true) = (orders, is_shorter && by != one.0 && by != other.0) {
                let is_between = self.solver.choice();
                words.push(is_between);
                for word in [after, before, by_here] {
                    self.solver.either(&[is_between.not(), word]);
                }
            }
        }
        let is_next = self.solver.choice();
        words.push(is_next);
        self.solver.either(&words);
        self.gap(one.0, other.0, whole, is_next);
    }

    /// The same for the first on a machine.
    fn first_set_up(&mut self, machine: usize, one: usize, here: Is, on: &[(usize, Is, Time)]) {
        let whole = self.model.machines[machine].available + self.model.set_up(machine as u32, None, one as u32);
        let from = Is::at_least(self.starts[one], narrow(whole));
        if self.solver.holds(from) {
            return;
        }
        let mut words = vec![here.not(), from];
        for &(by, by_here, _) in on {
            let Some(before) = self.before[by][one] else { continue };
            if by_here == self.yes {
                words.push(before);
                continue;
            }
            let is_before = self.solver.choice();
            words.push(is_before);
            self.solver.either(&[is_before.not(), before]);
            self.solver.either(&[is_before.not(), by_here]);
        }
        self.solver.either(&words);
    }

    /// What is known of the costs is less than `below`.
    fn costs(&mut self, below: i64) -> Option<()> {
        let mut terms = Vec::new();
        let mut tardy = Vec::new();
        let tardiest = self.solver.variable(0, narrow(self.horizon + LATEST));
        for (job, (first, last)) in self.model.jobs.iter().zip(bounds(self.model, &self.reaches)) {
            tardy.push(None);
            if let Some(due) = job.due.filter(|_| job.tardiness > 0 || job.late > 0 || self.model.tardiest > 0) {
                let ticks = self.solver.variable(0, narrow((self.horizon - due).max(0)));
                for &o in &last {
                    let (end, after) = self.ends[o];
                    self.solver.arc(2 * end, 2 * ticks, after - narrow(due), self.yes);
                }
                self.solver.arc(2 * ticks, 2 * tardiest, 0, self.yes);
                terms.push((2 * ticks, job.tardiness, 0));
                tardy.last_mut().into_iter().for_each(|own| *own = Some(ticks));
                if job.late > 0 {
                    let late = self.solver.choice();
                    self.solver.either(&[Is::at_most(ticks, 0), late]);
                    terms.push((late.bound, job.late, 0));
                }
            }
            let [last] = last[..] else { continue };
            let (end, after) = self.ends[last];
            if let Some(due) = job.due.filter(|_| job.earliness > 0) {
                let ticks = self.solver.variable(0, narrow(due.max(0)));
                self.solver.arc(2 * end + 1, 2 * ticks, narrow(due) - after, self.yes);
                terms.push((2 * ticks, job.earliness, 0));
                self.solver.fixed.push(end);
            }
            let [first] = first[..] else { continue };
            if job.flow > 0 {
                let ticks = self.flow(first, last);
                terms.push((2 * ticks, job.flow, self.solver.values[2 * ticks as usize]));
            }
        }
        terms.push((2 * tardiest, self.model.tardiest, 0));
        terms.retain(|t| t.1 > 0);
        if terms.is_empty() {
            // without a cost that it knows, every plan may cost less
            return (self.model.makespan > 0).then_some(());
        }
        if self.model.makespan > 0 {
            let makespan = self.solver.variable(0, narrow(self.horizon.max(0)));
            for &(end, after) in &self.ends {
                self.solver.arc(2 * end, 2 * makespan, after, self.yes);
            }
            terms.push((2 * makespan, self.model.makespan, 0));
        }
        let total = self.sum(terms, below - 1);
        self.total = Some(total);
        self.late(total, &tardy);
        Some(())
    }

    /// What each machine makes late; of each job the variable of its tardiness, where it has one.
    fn late(&mut self, total: u32, tardy: &[Option<u32>]) {
        let Some(Rule::Sum(sum)) = self.solver.rules.get(total as usize) else { return };
        let terms: Vec<u32> = sum.terms.iter().map(|t| t.0).collect();
        let tails = self.tails();
        for number in (0..self.model.machines.len()).filter(|m| self.model.machines[*m].batch.is_none()) {
            let (mut pieces, mut here) = (Vec::new(), Vec::new());
            let mut counted = vec![false; self.model.jobs.len()];
            for &operation in self.model.order().iter().rev() {
                let of = &self.model.operations[operation as usize];
                if of.modes.iter().any(|m| m.machine as usize != number) {
                    continue;
                }
                let ticks = tardy[of.job as usize].filter(|_| !std::mem::replace(&mut counted[of.job as usize], true));
                let start = 2 * self.starts[operation as usize];
                here.push(operation as usize);
                pieces.push(Piece {
                    start,
                    head: self.solver.values[start as usize],
                    duration: narrow(of.shortest()),
                    after: narrow(tails[operation as usize] - self.model.jobs[of.job as usize].due.unwrap_or(0)),
                    term: ticks.and_then(|ticks| terms.iter().position(|t| *t == 2 * ticks)),
                });
            }
            if pieces.len() > 1 && pieces.iter().any(|p| p.term.is_some()) {
                let before: Vec<Vec<Option<Is>>> =
                    here.iter().map(|a| here.iter().map(|b| self.before[*a][*b]).collect()).collect();
                let orders = before.iter().flatten().flatten().map(|is| is.bound);
                let bounds: Vec<u32> = pieces.iter().map(|p| p.start).chain(terms.iter().copied()).chain(orders).collect();
                self.solver.rule(Rule::Late(Box::new(Late::new(total, terms.len(), pieces, before))), bounds.into_iter());
            }
        }
    }

    /// From the end of each operation to the end of its job at the least.
    fn tails(&self) -> Vec<Time> {
        let operations = &self.model.operations;
        let mut tails = vec![0; operations.len()];
        for &before in self.model.order().iter().rev() {
            let before = before as usize;
            for (_, then, _) in self.model.links().filter(|l| l.0 as usize == before && l.2 == Link::Whole) {
                let then = then as usize;
                if operations[then].job == operations[before].job {
                    tails[before] = tails[before].max(operations[then].shortest() + tails[then]);
                }
            }
        }
        tails
    }

    /// From the start of one to the end of another after it.
    fn flow(&mut self, first: usize, last: usize) -> u32 {
        let mut least = vec![None; self.model.operations.len()];
        least[first] = Some(self.model.operations[first].shortest());
        for &before in self.model.order() {
            for (_, then, _) in self.model.links().filter(|l| l.0 == before && l.2 == Link::Whole) {
                let by = least[before as usize].map(|l| l + self.model.operations[then as usize].shortest());
                least[then as usize] = least[then as usize].max(by);
            }
        }
        let ticks = self.solver.variable(narrow(least[last].unwrap_or(0)), narrow(self.horizon));
        let ((end, after), start) = (self.ends[last], self.starts[first]);
        self.sum([2 * end, 2 * start + 1, 2 * ticks + 1].map(|b| (b, 1, i32::MIN / 2)).to_vec(), -i64::from(after));
        self.solver.fixed.extend([end, start]);
        ticks
    }

    fn sum(&mut self, terms: Vec<(u32, i64, i32)>, most: i64) -> u32 {
        let bounds: Vec<u32> = terms.iter().map(|t| t.0).collect();
        self.solver.rule(Rule::Sum(Sum { terms, most }), bounds.into_iter());
        self.solver.rules.len() as u32 - 1
    }
}

/// The operations of each job before which none of it comes, and those after which none does.
fn bounds(model: &Model, reaches: &[Vec<bool>]) -> Vec<(Vec<usize>, Vec<usize>)> {
    let mut bounds = vec![(Vec::new(), Vec::new()); model.jobs.len()];
    for (number, of) in model.operations.iter().enumerate() {
        let own = || (0..model.operations.len()).filter(|o| model.operations[*o].job == of.job);
        let (first, last) = &mut bounds[of.job as usize];
        if !own().any(|o| reaches[o][number]) {
            first.push(number);
        }
        if !own().any(|o| reaches[number][o]) {
            last.push(number);
        }
    }
    bounds
}

/// Whether one operation comes after another by the precedences.
fn reaches(model: &Model) -> Vec<Vec<bool>> {
    let count = model.operations.len();
    let mut reaches = vec![vec![false; count]; count];
    for &before in model.order().iter().rev() {
        let before = before as usize;
        for (_, then, _) in model.links().filter(|l| l.0 as usize == before && l.2 == Link::Whole) {
            let further = reaches[then as usize].clone();
            reaches[before][then as usize] = true;
            reaches[before].iter_mut().zip(further).for_each(|(own, other)| *own |= other);
        }
    }
    reaches
}

/// The least time between each two operations on a machine: the set-up, or shorter ways by way of others (Floyd 1962).
fn between(model: &Model, machine: u32) -> Vec<Vec<Time>> {
    let count = model.operations.len();
    if model.machines[machine as usize].set_ups.is_none() {
        return vec![vec![0; count]; count];
    }
    let on: Vec<(usize, Time)> = (0..count)
        .filter_map(|o| {
            let here = model.operations[o].modes.iter().filter(|m| m.machine == machine);
            here.map(|m| m.duration).min().map(|duration| (o, duration))
        })
        .collect();
    let mut least = vec![vec![0; count]; count];
    for &(a, _) in &on {
        for &(b, _) in &on {
            least[a][b] = model.set_up(machine, Some(a as u32), b as u32);
        }
    }
    for &(by, duration) in &on {
        for &(a, _) in &on {
            for &(b, _) in &on {
                least[a][b] = least[a][b].min(least[a][by] + duration + least[by][b]);
            }
        }
    }
    least
}
