//! Construction: a shop run in virtual time, in which each machine that becomes free takes the waiting operation of best priority.
//!
//! Enters: a [`Shop`], a [`Rule`], chance. Leaves: a mode of each operation and the order in which they start. Absent: improvement.
//!
//! A machine of batches takes with the best of its queue whatever of the same family and duration waits there and fits. It does not wait for
//! a batch to become fuller: where it is short of time its queue fills the next one.
//!
//! Priority rules: Panwalkar & Iskander, Operations Research 25 (1977); apparent tardiness cost: Vepsalainen & Morton, Management
//! Science 33 (1987), with set-ups: Lee, Bhaskaran, Pinedo, IIE Transactions 29 (1997). The time is events times the length of the queues.

use super::graph::Graph;
use super::rich::Rich;
use super::shop::{NONE, Shop};
use measure::Chance;
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeSet, BinaryHeap};

/// By what a machine chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Most work remaining in the job.
    WorkRemaining,
    /// Shortest time including set-up.
    Shortest,
    /// Shortest share of what remains.
    Share,
    /// First come, first served.
    First,
    /// Earliest due date of the operation (due date less what remains).
    Due,
    /// Apparent tardiness cost.
    Apparent,
}

/// Rules for makespan and flow.
pub(super) const PLAIN: &[Rule] = &[Rule::WorkRemaining, Rule::Share, Rule::First, Rule::Shortest];
/// Rules for due dates.
pub(super) const DUE: &[Rule] = &[Rule::Apparent, Rule::Due, Rule::WorkRemaining, Rule::Shortest];

/// What the due-date rules look at.
#[derive(Debug, Default)]
pub(super) struct Dates {
    /// Due date of each job; far away where there is none.
    pub due: Vec<i64>,
    /// Penalty for a tick of tardiness of each job.
    pub weight: Vec<i64>,
    /// Machine and start published of each operation; empty where leaving them costs nothing.
    pub published: Vec<Option<(u32, i64)>>,
}

/// How a rule is applied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Looks {
    /// How far chance bends the priorities, 0 to 1.
    pub noise: f64,
    /// Mean durations of slack over which what a job costs fades.
    pub slack: f64,
    /// Mean durations of set-up over which the worth of an operation fades.
    pub set_up: f64,
    /// How much longer than it works a job is believed to take for what remains.
    pub waiting: f64,
    /// Whether what was published goes first, as it was published.
    pub keeps: bool,
    /// Whether every second batch, by chance, is offered to join the one before: that one then waits for it.
    pub joins: bool,
}

impl Looks {
    /// As the rules were published, but for set-ups, which fade with the mean duration; bent by so much noise.
    pub const fn plain(noise: f64) -> Self {
        Self { noise, slack: 3.0, set_up: 1.0, waiting: 1.0, keeps: false, joins: noise > 0.0 }
    }
}

/// A mode of each operation and the order in which they start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    /// Mode of each operation.
    pub mode: Vec<u32>,
    /// A topological order.
    pub order: Vec<u32>,
}

impl Selection {
    /// Becomes what a graph of the same shop selects, in the memory that it has.
    pub(super) fn take(&mut self, graph: &Graph) {
        self.mode.copy_from_slice(&graph.mode);
        self.order.copy_from_slice(&graph.order);
    }
}

/// One after another: as long as an operation of what waits for each other is ready, it goes on with that. Nobody then waits longer than by
/// machines that are closed or resources that are short.
pub(super) fn alone(shop: &Shop, rich: &Rich) -> Selection {
    let count = shop.count as u32;
    let may = rich.choices.drawn(shop, None);
    let shortest = |o: u32| {
        let at = shop.modes_at[o as usize] as usize;
        let ways = (0..).zip(shop.modes_of(o)).filter(|(way, _)| may.get(at + way).is_none_or(|may| *may));
        ways.min_by_key(|(way, m)| (rich.variants[at + way].is_out, m.1)).map_or(0, |(way, _)| way as u32)
    };
    let group = groups(shop, rich);
    let [before, after] = shop.guide();
    let mut waits: Vec<usize> = (0..count).map(|o| before.list(o).len()).collect();
    let mut ready: BTreeSet<(u32, u32)> =
        (0..count).filter(|o| waits[*o as usize] == 0).map(|o| (group[o as usize], o)).collect();
    let mut order = Vec::with_capacity(shop.count);
    let mut now = 0;
    while let Some(&next) = ready.range((now, 0)..).next().filter(|n| n.0 == now).or_else(|| ready.first()) {
        ready.remove(&next);
        now = next.0;
        order.push(next.1);
        for &then in after.list(next.1) {
            waits[then as usize] -= 1;
            if waits[then as usize] == 0 {
                ready.insert((group[then as usize], then));
            }
        }
    }
    permuted(shop, Selection { mode: (0..count).map(shortest).collect(), order })
}

/// The same, but jobs pass the machines of each permutation as they pass the first of them that each comes to.
fn permuted(shop: &Shop, selection: Selection) -> Selection {
    let Some(rich) = shop.rich.as_ref().filter(|r| !r.permutations.is_empty()) else { return selection };
    let machine = |o: u32| shop.modes_of(o)[selection.mode[o as usize] as usize].0;
    let mut place: Vec<i64> = vec![0; shop.count];
    (0..).zip(&selection.order).for_each(|(at, o)| place[*o as usize] = at);
    for machines in &rich.permutations {
        let on: Vec<u32> = selection.order.iter().copied().filter(|o| machines.contains(&machine(*o))).collect();
        let mut rank = std::collections::HashMap::new();
        for (at, &operation) in on.iter().enumerate() {
            rank.entry(shop.job[operation as usize]).or_insert(at);
        }
        for &one in machines {
            let mut there: Vec<u32> = on.iter().copied().filter(|o| machine(*o) == one).collect();
            let places: Vec<i64> = there.iter().map(|o| place[*o as usize]).collect();
            there.sort_by_key(|o| rank[&shop.job[*o as usize]]);
            there.iter().zip(places).for_each(|(o, at)| place[*o as usize] = at);
        }
    }
    let order = shop.ordered(|o| place[o as usize]);
    Selection { order, ..selection }
}

/// For each operation a number that it shares with all that limited waits and blocking bind it to.
fn groups(shop: &Shop, rich: &Rich) -> Vec<u32> {
    let mut group: Vec<u32> = (0..shop.count as u32).collect();
    // those before have their number already, and one after takes the least of all before it
    for &v in &shop.order {
        let blocking = shop.before.list(v).iter().filter(|b| rich.blocks(**b));
        let least = rich.waits.list(v).iter().chain(blocking).map(|b| group[*b as usize]).min();
        group[v as usize] = least.unwrap_or(v);
    }
    group
}

/// Of what waits: whether it was not published, and what the rule says of it; less is better.
type Key = (bool, f64);

fn less(one: Key, other: Key) -> Ordering {
    one.0.cmp(&other.0).then(one.1.total_cmp(&other.1))
}

struct Floor<'a> {
    shop: &'a Shop,
    rule: Rule,
    looks: Looks,
    dates: &'a Dates,
    mean: f64,
    chance: &'a mut Chance,
    /// Whether each mode may be taken; empty where all may.
    may: Vec<bool>,
    events: BinaryHeap<Reverse<(i32, u32, u32)>>,
    /// Waiting at each machine: operation, mode, its draw, since when.
    queues: Vec<Vec<(u32, u32, f64, i32)>>,
    busy: Vec<i32>,
    /// When each machine of batches that is closed is looked at again.
    opens: Vec<i32>,
    load: Vec<i64>,
    last: Vec<u32>,
    waits: Vec<u32>,
    ready: Vec<i32>,
    mode: Vec<u32>,
    order: Vec<u32>,
}

/// Runs the shop once.
pub(super) fn dispatch(shop: &Shop, rule: Rule, looks: Looks, dates: &Dates, chance: &mut Chance) -> Selection {
    let count = shop.count;
    let total: i64 = (0..count as u32).map(|o| i64::from(shop.shortest(o))).sum();
    let drawn = |rich: &Rich| rich.choices.drawn(shop, if looks.noise > 0.0 { Some(&mut *chance) } else { None });
    let may = shop.rich.as_ref().map(drawn).unwrap_or_default();
    let mut floor = Floor {
        shop,
        may,
        rule,
        looks,
        dates,
        mean: (total as f64 / count as f64).max(1.0),
        chance,
        events: BinaryHeap::with_capacity(count * 2),
        queues: vec![Vec::new(); shop.machines],
        busy: shop.available.clone(),
        opens: vec![0; shop.machines],
        load: vec![0; shop.machines],
        last: vec![NONE; shop.machines],
        waits: (0..count as u32).map(|o| shop.guide()[0].list(o).len() as u32).collect(),
        ready: shop.release.clone(),
        mode: vec![0; count],
        order: Vec::with_capacity(count),
    };
    floor.run();
    permuted(shop, Selection { mode: floor.mode, order: floor.order })
}

impl Floor<'_> {
    fn run(&mut self) {
        for operation in 0..self.shop.count as u32 {
            if self.waits[operation as usize] == 0 {
                self.events.push(Reverse((self.ready[operation as usize], 0, operation)));
            }
        }
        for (machine, &from) in self.busy.iter().enumerate().filter(|(_, from)| **from > 0) {
            self.events.push(Reverse((from, 1, machine as u32)));
        }
        let mut touched: Vec<u32> = Vec::new();
        while let Some(Reverse((now, kind, id))) = self.events.pop() {
            touched.push(if kind == 0 { self.arrive(id, now) } else { id });
            if self.events.peek().is_some_and(|e| e.0.0 == now) {
                continue;
            }
            while let Some(machine) = touched.pop() {
                if self.busy[machine as usize] <= now {
                    self.start(machine, now);
                }
            }
        }
    }

    /// An operation is ready: it queues where it would be done first.
    fn arrive(&mut self, operation: u32, now: i32) -> u32 {
        let ends = |m: &(u32, i32)| {
            let at = m.0 as usize;
            let set_up = self.shop.set_up(m.0, self.last[at], operation);
            i64::from(now.max(self.busy[at])) + self.load[at] + i64::from(set_up + m.1)
        };
        let noise = self.looks.noise;
        let told = self.published(operation);
        let shop = self.shop;
        let first = shop.modes_at[operation as usize] as usize;
        let may = |mode: u32| self.may.get(first + mode as usize).is_none_or(|may| *may);
        let modes = (0..).zip(shop.modes_of(operation)).filter(|(mode, _)| !shop.joins(operation, *mode) && may(*mode));
        let bent = modes.map(|(mode, m)| {
            let bend = if noise > 0.0 { 1.0 + 0.1 * noise * self.chance.unit() } else { 1.0 };
            (told.is_some_and(|told| told.0 != m.0), ends(m) as f64 * bend, mode as usize)
        });
        let mode = bent.min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))).map_or(0, |(.., mode)| mode);
        let (machine, dur) = self.shop.modes_of(operation)[mode];
        self.load[machine as usize] += self.shop.share(operation, machine, dur);
        let draw = 1.0 + noise * (self.chance.unit() - 0.5);
        self.queues[machine as usize].push((operation, mode as u32, draw, now));
        machine
    }

    /// A free machine takes the best of its queue, and what fits into a batch with it.
    fn start(&mut self, machine: u32, now: i32) {
        let queue = &self.queues[machine as usize];
        let keyed = queue.iter().enumerate().map(|(place, waiting)| (place, self.key(machine, *waiting, now)));
        let Some((place, _)) = keyed.min_by(|a, b| less(a.1, b.1)) else { return };
        let (operation, mode, ..) = queue[place];
        let at = machine as usize;
        let dur = self.shop.modes_of(operation)[mode as usize].1;
        let free = self.busy[at] + self.shop.set_up(machine, self.last[at], operation);
        let start = self.shop.begin(operation, machine, now.max(free), dur);
        let room = self.shop.room(machine);
        if room > 0 && start > now.max(free) {
            // until it opens more may come to lie with it
            if self.opens[at] != start {
                self.opens[at] = start;
                self.events.push(Reverse((start, 1, machine)));
            }
            return;
        }
        let end = self.shop.finish(operation, machine, start, dur);
        self.queues[at].swap_remove(place);
        let may_join = room > 0 && self.looks.joins && self.chance.below(2) == 0;
        self.take(operation, if may_join { self.shop.joining(operation, mode) } else { mode }, (machine, end));
        let mut room = room - self.shop.size(operation);
        while let Some(place) = self.beside(machine, operation, (dur, room), now) {
            let (joined, mode, ..) = self.queues[at].swap_remove(place);
            room -= self.shop.size(joined);
            self.take(joined, self.shop.joining(joined, mode), (machine, end));
        }
        self.busy[at] = end;
        self.last[at] = operation;
        self.events.push(Reverse((end, 1, machine)));
    }

    /// The best of a machine's queue that fits into the batch of an operation that lasts so long, where there is so much room left.
    fn beside(&self, machine: u32, operation: u32, (dur, room): (i32, i64), now: i32) -> Option<usize> {
        let fits = |&(other, mode, ..): &(u32, u32, f64, i32)| {
            self.shop.size(other) <= room
                && self.shop.is_same_family(other, operation)
                && self.shop.modes_of(other)[mode as usize].1 == dur
        };
        let fitting = self.queues[machine as usize].iter().enumerate().filter(|(_, waiting)| room > 0 && fits(waiting));
        let keyed = fitting.map(|(place, waiting)| (place, self.key(machine, *waiting, now)));
        keyed.min_by(|a, b| less(a.1, b.1)).map(|(place, _)| place)
    }

    /// An operation is done on a machine until an instant.
    fn take(&mut self, operation: u32, mode: u32, (machine, end): (u32, i32)) {
        let dur = self.shop.modes_of(operation)[mode as usize].1;
        self.load[machine as usize] -= self.shop.share(operation, machine, dur);
        self.mode[operation as usize] = mode;
        self.order.push(operation);
        for &after in self.shop.guide()[1].list(operation) {
            let then = after as usize;
            self.ready[then] = self.ready[then].max(end);
            self.waits[then] -= 1;
            if self.waits[then] == 0 {
                self.events.push(Reverse((self.ready[then], 0, after)));
            }
        }
    }

    /// Machine and start published of an operation, where what was published goes first.
    fn published(&self, operation: u32) -> Option<(u32, i64)> {
        if self.looks.keeps { self.dates.published.get(operation as usize).copied().flatten() } else { None }
    }

    /// Less is better.
    fn key(&self, machine: u32, waiting: (u32, u32, f64, i32), now: i32) -> Key {
        let (operation, mode, draw, since) = waiting;
        let dur = f64::from(self.shop.modes_of(operation)[mode as usize].1);
        let set_up = f64::from(self.shop.set_up(machine, self.last[machine as usize], operation));
        let remaining = f64::from(self.shop.remaining[operation as usize]);
        let job = self.shop.job[operation as usize] as usize;
        let looks = &self.looks;
        if let Some((_, start)) = self.published(operation) {
            return (false, start as f64);
        }
        let by_rule = match self.rule {
            Rule::WorkRemaining => -(remaining + dur - set_up) * draw,
            Rule::Shortest => (dur + set_up) * draw,
            Rule::Share => (dur + set_up) / (remaining + dur).max(1.0) * draw,
            Rule::First => (f64::from(since) + set_up) * draw,
            Rule::Due => self.dates.due[job] as f64 - remaining + set_up + self.mean * (draw - 1.0) * 4.0,
            Rule::Apparent => {
                let rest = remaining * looks.waiting + dur;
                let slack = (self.dates.due[job] as f64 - rest - f64::from(now)).max(0.0);
                let weight = self.dates.weight[job].max(1) as f64;
                let fades = slack / (looks.slack * self.mean) + set_up / (looks.set_up * self.mean);
                // the logarithm: products of small exponentials would all become zero
                fades - (weight / dur.max(1.0)).ln() - draw.ln()
            }
        };
        (true, by_rule)
    }
}
