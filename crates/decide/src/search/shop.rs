//! The model laid out for the search: flat arrays of 32-bit numbers.
//!
//! Enters: a [`Model`]. Leaves: a [`Shop`]. Absent: anything that changes while searching. [`Model`] keeps all times below 2³⁰, so that
//! sums of two fit 32 bits.

use super::model::{Link, Linked, Machine, Model, SetUps, begin_before, pieces, topological};
use super::rich::{Rich, Variant};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// No operation, no machine.
pub(super) const NONE: u32 = u32::MAX;

/// What does not change while searching.
#[derive(Debug)]
pub(super) struct Shop {
    /// Number of operations.
    pub count: usize,
    /// Machine and duration of each mode, operation by operation. A mode on a machine of batches stands here twice: beginning a batch and
    /// joining one; leaving an operation out is a mode on a machine of its own.
    pub modes: Vec<(u32, i32)>,
    /// Where the modes of each operation begin in `modes`.
    pub modes_at: Vec<u32>,
    /// The one before and the one after, where there is one only.
    pub chain: Vec<(u32, u32)>,
    /// Operations directly before each one.
    pub before: Lists,
    /// Operations directly after each one.
    pub after: Lists,
    /// Before and after as constructions see them, where some keep a distance to others without being ordered: as if they were.
    guide: Option<[Lists; 2]>,
    /// Not before.
    pub release: Vec<i32>,
    /// Whose.
    pub job: Vec<u32>,
    /// Operations after which none comes.
    pub sinks: Vec<u32>,
    /// Each after all before it.
    pub order: Vec<u32>,
    /// The length of the longest chain of shortest modes after each operation, without it.
    pub remaining: Vec<i32>,
    /// Only chains, no set-ups, releases or calendars: heads need two predecessors and nothing else.
    pub is_plain: bool,
    /// Some operation has a choice.
    pub is_flexible: bool,
    /// Number of machines; with one for what is left out, where that is allowed.
    pub machines: usize,
    /// Set-up family of each operation.
    family: Vec<u32>,
    set_ups: Vec<Option<Matrix>>,
    /// When each machine is free.
    pub available: Vec<i32>,
    /// When each machine is closed.
    pub closed: Vec<Vec<(i32, i32)>>,
    /// Whether each operation goes on after closed intervals; empty where none does.
    resumable: Vec<bool>,
    /// Whether there are set-ups.
    pub has_set_ups: bool,
    /// What the model has beyond machines and precedences.
    pub rich: Option<Rich>,
}

/// Lists of numbers, one after another.
#[derive(Debug)]
pub(super) struct Lists {
    at: Vec<u32>,
    of: Vec<u32>,
}

impl Lists {
    /// Lists from pairs of key and entry; the entries of a list keep their order.
    pub fn of(count: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut at = vec![0_u32; count + 1];
        for (key, _) in pairs.clone() {
            at[key as usize + 1] += 1;
        }
        for place in 0..count {
            at[place + 1] += at[place];
        }
        let mut next = at.clone();
        let mut of = vec![0; at[count] as usize];
        for (key, value) in pairs {
            of[next[key as usize] as usize] = value;
            next[key as usize] += 1;
        }
        Self { at, of }
    }

    /// The places of the entries of a list.
    pub fn range(&self, key: u32) -> std::ops::Range<usize> {
        self.at[key as usize] as usize..self.at[key as usize + 1] as usize
    }

    /// The entry at a place.
    pub fn at(&self, place: usize) -> u32 {
        self.of[place]
    }

    /// The list that the entry at a place is of.
    pub fn key(&self, place: u32) -> u32 {
        self.at.partition_point(|at| *at <= place) as u32 - 1
    }

    /// One of the lists.
    pub fn list(&self, key: u32) -> &[u32] {
        &self.of[self.range(key)]
    }
}

/// A time in 32 bits.
pub(super) fn narrow(time: i64) -> i32 {
    i32::try_from(time).unwrap_or(i32::MAX / 2)
}

impl Shop {
    /// Lays a model out.
    pub fn new(model: &Model) -> Self {
        let count = model.operations.len();
        let (modes, modes_at, variants) = modes(model);
        let with_out = model.operations.iter().any(|o| o.optional.is_some());
        let before = Lists::of(count, model.links().map(|l| (l.1, l.0)));
        let after = Lists::of(count, model.links().map(|l| (l.0, l.1)));
        let only = |list: &[u32]| if let [one] = list { *one } else { NONE };
        let operations = 0..count as u32;
        let chain: Vec<(u32, u32)> = operations.clone().map(|o| (only(before.list(o)), only(after.list(o)))).collect();
        let is_chain = operations.clone().all(|o| before.list(o).len() < 2 && after.list(o).len() < 2);
        let release: Vec<i32> =
            model.operations.iter().map(|o| narrow(o.earliest.max(model.jobs[o.job as usize].release))).collect();
        let out = std::iter::repeat_n(Machine::default(), usize::from(with_out));
        let machines: Vec<Machine> = model.machines.iter().cloned().chain(out).collect();
        let set_ups: Vec<Option<Matrix>> = machines.iter().map(|m| m.set_ups.as_ref().map(Matrix::new)).collect();
        let has_set_ups = set_ups.iter().any(Option::is_some);
        let closed: Vec<Vec<(i32, i32)>> =
            machines.iter().map(|m| m.closed.iter().map(|c| (narrow(c.0), narrow(c.1))).collect()).collect();
        let available: Vec<i32> = machines.iter().map(|m| narrow(m.available)).collect();
        let is_free = !has_set_ups && closed.iter().all(Vec::is_empty) && available.iter().all(|a| *a == 0);
        let is_flexible = modes_at.windows(2).any(|w| w[1] - w[0] > 1);
        let operation_of = |mode: usize| modes_at.partition_point(|at| *at as usize <= mode) as u32 - 1;
        let rich = Rich::is_needed(model).then(|| Rich::new(model, variants, operation_of, [&before, &after]));
        let any = model.operations.iter().any(|o| o.is_resumable);
        let resumable = if any { model.operations.iter().map(|o| o.is_resumable).collect() } else { Vec::new() };
        let sinks = operations.filter(|o| after.list(*o).is_empty()).collect();
        let mut shop = Self {
            is_plain: is_chain && is_free && rich.is_none() && release.iter().all(|r| *r == 0),
            job: model.operations.iter().map(|o| o.job).collect(),
            order: model.order().to_vec(),
            machines: machines.len(),
            family: model.families.clone(),
            remaining: vec![0; count],
            ..Self {
                count,
                modes,
                modes_at,
                chain,
                before,
                after,
                guide: guide(model),
                release,
                sinks,
                is_flexible,
                set_ups,
                available,
                closed,
                resumable,
                has_set_ups,
                rich,
                is_plain: false,
                job: Vec::new(),
                order: Vec::new(),
                remaining: Vec::new(),
                machines: 0,
                family: Vec::new(),
            }
        };
        for place in (0..count).rev() {
            let operation = shop.order[place];
            let rest = shop.after.list(operation).iter().map(|a| shop.remaining[*a as usize] + shop.shortest(*a)).max();
            shop.remaining[operation as usize] = rest.unwrap_or(0);
        }
        shop
    }

    /// Operations before and after each one as constructions see them.
    pub fn guide(&self) -> [&Lists; 2] {
        self.guide.as_ref().map_or([&self.before, &self.after], |[before, after]| [before, after])
    }

    /// The modes of an operation.
    pub fn modes_of(&self, operation: u32) -> &[(u32, i32)] {
        let o = operation as usize;
        &self.modes[self.modes_at[o] as usize..self.modes_at[o + 1] as usize]
    }

    /// Its shortest duration.
    pub fn shortest(&self, operation: u32) -> i32 {
        self.modes_of(operation).iter().map(|m| m.1).min().unwrap_or(0)
    }

    /// The mode in plans of a mode counted here.
    pub fn plan_mode(&self, operation: u32, mode: u32) -> u32 {
        self.rich.as_ref().map_or(mode, |r| r.variants[(self.modes_at[operation as usize] + mode) as usize].mode)
    }

    /// The first mode counted here that is a mode of plans.
    pub fn mode_of_plan(&self, operation: u32, mode: u32) -> Option<u32> {
        (0..self.modes_of(operation).len() as u32).find(|m| self.plan_mode(operation, *m) == mode)
    }

    /// Whether a mode counted here joins the batch of the one before.
    pub fn joins(&self, operation: u32, mode: u32) -> bool {
        self.rich.as_ref().is_some_and(|r| r.variants[(self.modes_at[operation as usize] + mode) as usize].joins)
    }

    /// What a batch of a machine holds at most; 0 where it has no batches.
    pub fn room(&self, machine: u32) -> i64 {
        self.rich.as_ref().map_or(0, |r| r.batch[machine as usize])
    }

    /// How much of the room in a batch an operation takes.
    pub fn size(&self, operation: u32) -> i64 {
        self.rich.as_ref().map_or(1, |r| r.size[operation as usize])
    }

    /// How much of the time of a machine an operation takes that lasts so long there, where its batches are full.
    pub fn share(&self, operation: u32, machine: u32, duration: i32) -> i64 {
        match self.room(machine) {
            0 => i64::from(duration),
            room => i64::from(duration) * self.size(operation) / room,
        }
    }

    /// The mode that joins a batch beside one that begins one; the same mode where the machine has no batches.
    pub fn joining(&self, operation: u32, mode: u32) -> u32 {
        let has_next = mode as usize + 1 < self.modes_of(operation).len();
        mode + u32::from(has_next && self.joins(operation, mode + 1))
    }

    /// Whether two operations are of one set-up family.
    pub fn is_same_family(&self, one: u32, other: u32) -> bool {
        self.family.is_empty() || self.family[one as usize] == self.family[other as usize]
    }

    /// The set-up between two on a machine; either may be [`NONE`].
    pub fn set_up(&self, machine: u32, from: u32, to: u32) -> i32 {
        if !self.has_set_ups || to as usize >= self.count {
            return 0;
        }
        self.set_ups[machine as usize].as_ref().map_or(0, |matrix| self.changeover(matrix, from, to))
    }

    /// The set-up of a matrix between two operations; the first may be [`NONE`].
    pub fn changeover(&self, matrix: &Matrix, from: u32, to: u32) -> i32 {
        let to = self.family[to as usize] as usize;
        match self.family.get(from as usize) {
            Some(from) => matrix.between[*from as usize * matrix.initial.len() + to],
            None => matrix.initial[to],
        }
    }

    /// All operations, the one of the least key first (of the same key the least number), but each after all before it.
    pub fn ordered(&self, key: impl Fn(u32) -> i64) -> Vec<u32> {
        let mut waits: Vec<usize> = (0..self.count as u32).map(|o| self.before.list(o).len()).collect();
        let keyed = |o: u32| Reverse((key(o), o));
        let mut ready: BinaryHeap<_> = (0..self.count as u32).filter(|o| waits[*o as usize] == 0).map(keyed).collect();
        let mut order = Vec::with_capacity(self.count);
        while let Some(Reverse((_, operation))) = ready.pop() {
            order.push(operation);
            for &after in self.after.list(operation) {
                waits[after as usize] -= 1;
                if waits[after as usize] == 0 {
                    ready.push(keyed(after));
                }
            }
        }
        order
    }

    /// Whether an operation goes on after closed intervals.
    pub fn is_resumable(&self, operation: u32) -> bool {
        self.resumable.get(operation as usize).copied().unwrap_or(false)
    }

    /// The first instant from `from` at which an operation of such a duration may begin on a machine, as far as that is open.
    pub fn begin(&self, operation: u32, machine: u32, from: i32, duration: i32) -> i32 {
        self.open(machine, from, if self.is_resumable(operation) { duration.min(1) } else { duration })
    }

    /// When an operation of such a duration is complete that begins so on a machine.
    pub fn finish(&self, operation: u32, machine: u32, start: i32, duration: i32) -> i32 {
        if !self.is_resumable(operation) {
            return start + duration;
        }
        self.pieces(machine, start, duration).last().map_or(start, |piece| piece.1)
    }

    /// When work of such a duration has to begin on a machine to be complete at an instant ([`begin_before`]).
    pub fn begin_before(&self, machine: u32, end: i32, duration: i32) -> i32 {
        begin_before(&self.closed[machine as usize], end, duration)
    }

    /// From when to when so much work goes on between the closed intervals of a machine.
    pub fn pieces(&self, machine: u32, start: i32, duration: i32) -> impl Iterator<Item = (i32, i32)> {
        pieces(&self.closed[machine as usize], start, duration)
    }

    /// The first instant from `start` at which something of such a length fits between the closed intervals of a machine.
    pub fn open(&self, machine: u32, start: i32, length: i32) -> i32 {
        let closed = &self.closed[machine as usize];
        let mut start = start;
        let first = closed.partition_point(|c| c.1 <= start);
        for &(from, to) in &closed[first..] {
            if start + length <= from && start < to {
                break;
            }
            start = start.max(to);
        }
        start
    }
}

/// Before and after with as many of the precedences that order nothing as go round in no circle: all of them, or those whose distance is not below
/// zero; none where there are none.
fn guide(model: &Model) -> Option<[Lists; 2]> {
    model.loose().next()?;
    let of = |may: &dyn Fn(&Linked) -> bool| -> Vec<Linked> { model.links().chain(model.loose().filter(|l| may(l))).collect() };
    let all = [of(&|_| true), of(&|l| matches!(l.2, Link::Lag(_, _, 0..)))];
    let count = model.operations.len();
    let list = all.into_iter().find(|list| topological(count, list).is_ok())?;
    let pairs = || list.iter().map(|l| (l.0, l.1));
    Some([Lists::of(count, pairs().map(|(b, t)| (t, b))), Lists::of(count, pairs())])
}

/// The modes as the search sees them: machine and duration, where those of each operation begin, what else they are.
fn modes(model: &Model) -> (Vec<(u32, i32)>, Vec<u32>, Vec<Variant>) {
    let (mut modes, mut modes_at, mut variants) = (Vec::new(), vec![0], Vec::new());
    for operation in &model.operations {
        for (mode, of) in (0..).zip(&operation.modes) {
            let batches = model.machines[of.machine as usize].batch.is_some();
            for joins in if batches { &[false, true][..] } else { &[false] } {
                modes.push((of.machine, narrow(of.duration)));
                variants.push(Variant { mode, joins: *joins, is_out: false });
            }
        }
        if operation.optional.is_some() {
            modes.push((model.machines.len() as u32, 0));
            variants.push(Variant { mode: operation.modes.len() as u32, joins: false, is_out: true });
        }
        modes_at.push(modes.len() as u32);
    }
    (modes, modes_at, variants)
}

/// Set-ups by families.
#[derive(Debug)]
pub(super) struct Matrix {
    between: Vec<i32>,
    initial: Vec<i32>,
}

impl Matrix {
    /// Of the model.
    pub fn new(of: &SetUps) -> Self {
        let narrow = |list: &[i64]| list.iter().map(|s| narrow(*s)).collect();
        Self { between: narrow(&of.between), initial: narrow(&of.initial) }
    }
}
