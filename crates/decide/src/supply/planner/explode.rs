//! Through the bill of material: what is taken from stock, what is ordered, and what the orders take in turn.
//!
//! Enters: a buffer, a quantity, an instant. Leaves: orders and pegs in the state, or why it cannot be. Absent: when a demand is delivered.
//!
//! An instant is kept or the whole is given up: whoever asks then asks for less or later. Ways are tried by priority and cost; an order is no larger than
//! the way's maximum, so that what one way cannot give in one order may come in several, or from the next way.

use super::state::State;
use crate::supply::model::{Alternative, Consumed, Kind, QUANTITY_MAX, Ratio, Step, TIME_MAX, Time, Way};
use crate::supply::plan::{Cause, Order, Part, Purpose, Taker};

/// How often an order is moved before the end of its way's effective time.
const MOVES_MAX: usize = 4;

/// What full buckets moved on the way from a demand down to an order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moved {
    /// The one that moved the most.
    by: Option<Cause>,
    most: Time,
    all: Time,
}

impl Moved {
    fn and(self, other: Self) -> Self {
        let larger = if other.most > self.most { other } else { self };
        Self { all: self.all + other.all, ..larger }
    }

    /// Why something would have to start so much too early: a full bucket, where without any it would not.
    fn why(self, early: Time, else_by: Cause) -> Cause {
        self.by.filter(|_| self.all >= early).unwrap_or(else_by)
    }
}

/// When an order is carried out.
struct Timed {
    start: Time,
    end: Time,
    steps: Vec<Vec<Part>>,
    moved: Moved,
}

impl State<'_> {
    /// All of a quantity by an instant, from stock and orders. Where it fails the caller goes back to its mark.
    pub fn supply(&mut self, buffer: u32, quantity: i64, at: Time, taker: Taker, moved: Moved) -> bool {
        let mut rest = quantity - self.take(buffer, quantity, at, taker);
        while rest > 0 {
            if self.order(buffer, rest, at, Purpose::Taker(taker), moved).is_none() {
                return false;
            }
            rest -= self.take(buffer, rest, at, taker);
        }
        true
    }

    /// One order by the first way that can, for as much of a quantity as it can; returns what it gives.
    pub fn order(&mut self, buffer: u32, wanted: i64, at: Time, purpose: Purpose, moved: Moved) -> Option<i64> {
        let model = self.model;
        if model.ways_of(buffer).is_empty() {
            self.because(Cause::Material(buffer));
        }
        for &way in model.ways_of(buffer) {
            if !self.spends() {
                self.because(Cause::Effort);
                return None;
            }
            let mark = self.mark();
            if let Some(given) = self.by_way(way, buffer, wanted, at, (purpose, moved)) {
                return Some(given);
            }
            self.back(mark);
        }
        None
    }

    fn by_way(&mut self, number: u32, buffer: u32, wanted: i64, at: Time, why: (Purpose, Moved)) -> Option<i64> {
        let (model, (purpose, moved)) = (self.model, why);
        let way = &model.ways[number as usize];
        let outputs = way.outputs();
        let main = outputs.iter().find(|o| o.buffer == buffer)?;
        let size = way.sizes.fit(main.ratio.least(wanted));
        if outputs.iter().any(|o| o.ratio.down(size) > QUANTITY_MAX) {
            self.because(Cause::TooLarge(number));
            return None;
        }
        let timed = match self.timed(number, size, at, moved) {
            Ok(timed) => timed,
            Err(cause) => {
                self.because(cause);
                return None;
            }
        };
        let Timed { start, end, steps, moved } = timed;
        let order = self.add(Order { way: number, size, start, end, steps, alternates: Vec::new(), purpose });
        if !self.fed(order, way, moved) {
            return None;
        }
        outputs.iter().for_each(|o| self.gives(order, o.buffer, end, o.ratio.down(size)));
        Some(main.ratio.down(size))
    }

    /// All that an order takes.
    fn fed(&mut self, order: u32, way: &Way, moved: Moved) -> bool {
        let Order { size, start, .. } = self.plan.orders[order as usize];
        match &way.kind {
            Kind::Purchase { .. } => true,
            Kind::Distribution { from, .. } => self.supply(*from, size, start, Taker::Order(order), moved),
            Kind::Production { consumes, .. } => {
                let counting = |c: &&Consumed| c.counts(start);
                for of in consumes.iter().filter(counting).filter(|c| c.alternates.is_none()) {
                    if !self.entry(order, of, moved) {
                        return false;
                    }
                }
                let mut groups: Vec<u32> = consumes.iter().filter(counting).filter_map(|c| c.alternates).collect();
                groups.sort_unstable();
                groups.dedup();
                groups.into_iter().all(|group| self.alternate(order, consumes, group, moved))
            }
        }
    }

    /// One of a group of alternates: the first of which all is there.
    fn alternate(&mut self, order: u32, consumes: &[Consumed], group: u32, moved: Moved) -> bool {
        let start = self.plan.orders[order as usize].start;
        let mut of_group: Vec<_> =
            (0_u32..).zip(consumes).filter(|c| c.1.alternates == Some(group) && c.1.counts(start)).collect();
        of_group.sort_by_key(|c| c.1.priority);
        for (number, of) in of_group {
            let mark = self.mark();
            if self.entry(order, of, moved) {
                let chosen = &mut self.plan.orders[order as usize].alternates;
                chosen.push(number);
                chosen.sort_unstable();
                return true;
            }
            self.back(mark);
        }
        false
    }

    fn entry(&mut self, order: u32, of: &Consumed, moved: Moved) -> bool {
        let Order { size, start, way, .. } = self.plan.orders[order as usize];
        let needed = of.fixed + of.ratio.up(size);
        if needed > QUANTITY_MAX {
            self.because(Cause::TooLarge(way));
            return false;
        }
        self.supply(of.buffer, needed, start, Taker::Order(order), moved)
    }

    /// When an order can be carried out that ends by an instant; its work is booked.
    fn timed(&mut self, number: u32, size: i64, at: Time, moved: Moved) -> Result<Timed, Cause> {
        let way = &self.model.ways[number as usize];
        let mut by = at;
        for _ in 0..MOVES_MAX {
            let mark = self.mark();
            let timed = self.backward(number, size, by, moved)?;
            if way.from.is_some_and(|from| timed.start < from) {
                return Err(Cause::NotEffective(number));
            }
            let Some(until) = way.until.filter(|until| timed.start >= *until) else {
                let early = self.limit.map_or(0, |limit| limit - timed.start);
                return if early > 0 { Err(timed.moved.why(early, Cause::LeadTime(number, early))) } else { Ok(timed) };
            };
            self.back(mark);
            by -= timed.start - (until - 1);
        }
        Err(Cause::NotEffective(number))
    }

    fn backward(&mut self, number: u32, size: i64, by: Time, moved: Moved) -> Result<Timed, Cause> {
        let model = self.model;
        let steps = match &model.ways[number as usize].kind {
            Kind::Purchase { lead_time, .. } | Kind::Distribution { lead_time, .. } => {
                return Ok(Timed { start: by - lead_time, end: by, steps: Vec::new(), moved });
            }
            Kind::Production { steps, .. } => steps,
        };
        let mut timed = Timed { start: by, end: by, steps: Vec::with_capacity(steps.len()), moved };
        for (place, step) in steps.iter().enumerate().rev() {
            let (parts, moved) = self.step(number, step, size, (timed.start - step.delay, timed.moved))?;
            if place + 1 == steps.len() {
                timed.end = parts.iter().map(|p| p.end).max().unwrap_or(by) + step.delay;
            }
            timed.moved = timed.moved.and(moved);
            timed.start = parts.iter().map(|p| p.start).min().unwrap_or(by);
            timed.steps.push(parts);
        }
        timed.steps.reverse();
        Ok(timed)
    }

    /// The parts of a step, each where it may start last, and what moved the one that is moved the most; `by` is when they are done, and what
    /// was moved after it.
    fn step(&mut self, way: u32, step: &Step, size: i64, by: (Time, Moved)) -> Result<(Vec<Part>, Moved), Cause> {
        let places =
            |a: &Alternative| a.machine.map_or(step.split.map_or(1, |s| s.most), |m| self.model.machines[m as usize].count);
        let mut left: Vec<u32> = step.alternatives.iter().map(places).collect();
        let count = step.split.map_or(1, |split| {
            let machines = left.iter().map(|l| i64::from(*l)).sum::<i64>();
            (size / split.least).min(i64::from(split.most)).min(machines).max(1)
        });
        let (mut parts, mut moved) = (Vec::with_capacity(count as usize), Moved::default());
        for part in 0..count {
            let quantity = size / count + i64::from(part < size % count);
            let (mut best, mut failed): (Option<(Part, Moved)>, _) = (None, None);
            for (number, alternative) in step.alternatives.iter().enumerate().filter(|a| left[a.0] > 0) {
                match self.tried(way, alternative, quantity, by) {
                    Ok((part, moved)) => {
                        if best.as_ref().is_none_or(|(b, _)| part.start > b.start) {
                            best = Some((Part { alternative: number as u32, ..part }, moved));
                        }
                    }
                    Err(cause) => failed = failed.or(Some(cause)),
                }
            }
            let (part, by_it) = best.ok_or(failed.unwrap_or(Cause::Effort))?;
            left[part.alternative as usize] -= 1;
            self.load(step.alternatives[part.alternative as usize].machine, &part);
            if by_it.most > moved.most {
                moved = by_it;
            }
            parts.push(part);
        }
        Ok((parts, moved))
    }

    fn tried(&self, way: u32, on: &Alternative, quantity: i64, by: (Time, Moved)) -> Result<(Part, Moved), Cause> {
        let work = work(*on, quantity).ok_or(Cause::TooLarge(way))?;
        let (at, after) = by;
        let full = |bucket: Option<u32>| on.machine.zip(bucket).map(|(machine, bucket)| Cause::Capacity(machine, bucket));
        match self.pour(on.machine, work, at) {
            Ok(poured) => {
                let ticks = at - work - poured.start;
                let moved = Moved { by: full(poured.full), most: ticks, all: ticks };
                let (start, end) = (poured.start, poured.end);
                Ok((Part { alternative: 0, quantity, start, end, portions: poured.portions }, moved))
            }
            Err(none) => {
                let limit = self.limit.unwrap_or(0);
                let (early, open) = (limit - (at - work), at - limit);
                // it found no room in all its time; where more was lost before, that is why
                let own = full(none.0).filter(|_| early <= 0 && after.most <= open);
                Err(own.unwrap_or_else(|| after.why(early, Cause::LeadTime(way, early))))
            }
        }
    }
}

/// Work within the largest duration [ticks].
fn work(on: Alternative, quantity: i64) -> Option<Time> {
    let Ratio { quantity: ticks, per } = on.unit;
    let unit = i128::from(quantity) * i128::from(ticks) / i128::from(per);
    (unit + i128::from(on.fixed) < i128::from(TIME_MAX)).then(|| on.work(quantity))
}
