//! Operations whose modes are chosen together, laid out for the search.
//!
//! Enters: the choices of a model, modes. Leaves: which choices modes carry out, sets of modes that carry out all of them. Absent: moves
//! (`follow` makes them).

use super::model::Model;
use super::rich::Variant;
use super::shop::{Lists, Shop};
use measure::Chance;

/// Alternatives tried for all choices together before one is left as it is.
const TRIES: usize = 100_000;

/// An operation of an alternative.
#[derive(Debug)]
pub(super) struct Entry {
    /// Which.
    pub operation: u32,
    /// Whether it may be in each of its modes, as [`super::shop::Shop::modes`] counts them.
    pub may: Vec<bool>,
}

/// All choices.
#[derive(Debug)]
pub(super) struct Choices {
    /// The alternatives of each.
    pub of: Vec<Vec<Vec<Entry>>>,
    /// The choices that name each operation.
    pub by_operation: Lists,
}

impl Choices {
    /// Of a model, for the variants of its modes.
    pub fn new(model: &Model, variants: &[Variant], operation_of: impl Fn(usize) -> u32) -> Self {
        let count = model.operations.len();
        let named = model.choices.iter().flat_map(|c| &c.alternatives).flatten();
        let mut own: Vec<Vec<u32>> = if model.choices.is_empty() { Vec::new() } else { vec![Vec::new(); count] };
        if named.count() > 0 {
            for (at, variant) in variants.iter().enumerate() {
                own[operation_of(at) as usize].push(variant.mode);
            }
        }
        let entry = |(operation, modes): &(u32, Vec<u32>)| Entry {
            operation: *operation,
            may: own[*operation as usize].iter().map(|m| modes.contains(m)).collect(),
        };
        let of: Vec<Vec<Vec<Entry>>> =
            model.choices.iter().map(|c| c.alternatives.iter().map(|a| a.iter().map(entry).collect()).collect()).collect();
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for (number, alternatives) in (0..).zip(&of) {
            pairs.extend(alternatives.iter().flatten().map(|e: &Entry| (e.operation, number)));
        }
        pairs.sort_unstable();
        pairs.dedup();
        Self { by_operation: Lists::of(count, pairs.iter().copied()), of }
    }

    /// Whether modes carry out a choice.
    pub fn is_kept(&self, choice: u32, mode: &[u32]) -> bool {
        self.of[choice as usize].iter().any(|a| a.iter().all(|e| e.may[mode[e.operation as usize] as usize]))
    }

    /// How many choices modes do not carry out.
    pub fn broken(&self, mode: &[u32]) -> i64 {
        (0..self.of.len() as u32).filter(|c| !self.is_kept(*c, mode)).count() as i64
    }

    /// For each mode of [`Shop::modes`] whether it may be taken, so that all choices are carried out whichever of those is taken; empty
    /// where there are no choices. The alternatives of least work on machines that have little so far, or by chance. Where no alternative of a
    /// choice goes with those before it, earlier ones are changed, as long as that does not take too many tries; then it is left out of account.
    pub fn drawn(&self, shop: &Shop, chance: Option<&mut Chance>) -> Vec<bool> {
        if self.of.is_empty() {
            return Vec::new();
        }
        let mut drawing =
            Drawing { shop, choices: self, may: vec![true; shop.modes.len()], load: vec![0; shop.machines], tries: TRIES };
        drawing.all(chance);
        drawing.may
    }
}

/// A set of modes on its way.
struct Drawing<'a> {
    shop: &'a Shop,
    choices: &'a Choices,
    may: Vec<bool>,
    load: Vec<i64>,
    tries: usize,
}

/// What an alternative changed: modes that may no longer be taken, load that came.
#[derive(Default)]
struct Taken {
    modes: Vec<usize>,
    load: Vec<(usize, i64)>,
}

impl Drawing<'_> {
    /// One choice after another; back to the one before where nothing goes.
    fn all(&mut self, mut chance: Option<&mut Chance>) {
        let mut lists: Vec<Vec<usize>> = Vec::with_capacity(self.choices.of.len());
        let mut stack: Vec<(usize, Taken)> = Vec::with_capacity(self.choices.of.len());
        let mut from = 0;
        while stack.len() < self.choices.of.len() {
            let number = stack.len();
            if from == 0 {
                lists.truncate(number);
                lists.push(self.ordered(number, chance.as_deref_mut()));
            }
            let list = std::mem::take(&mut lists[number]);
            let found = (from..list.len()).find_map(|place| Some((place, self.take(number, list[place])?)));
            lists[number] = list;
            from = 0;
            match (found, stack.pop()) {
                (Some(found), before) => {
                    stack.extend(before);
                    stack.push(found);
                }
                (None, Some((place, taken))) if self.tries > 0 => {
                    self.undo(taken);
                    from = place.saturating_add(1);
                }
                (None, before) => {
                    stack.extend(before);
                    stack.push((usize::MAX, Taken::default()));
                }
            }
        }
    }

    /// The alternatives of a choice in the order in which they are tried.
    fn ordered(&self, choice: usize, chance: Option<&mut Chance>) -> Vec<usize> {
        let alternatives = &self.choices.of[choice];
        let mut list: Vec<usize> = (0..alternatives.len()).collect();
        match chance {
            Some(chance) => list.sort_by_cached_key(|_| chance.bits()),
            None => {
                list.sort_by_cached_key(|a| alternatives[*a].iter().map(|e| self.lightest(e).map_or(0, |m| m.1)).sum::<i64>())
            }
        }
        list
    }

    /// The mode an operation may still be in whose machine would have least to do with it, and how much that is.
    fn lightest(&self, entry: &Entry) -> Option<(usize, i64)> {
        let at = self.shop.modes_at[entry.operation as usize] as usize;
        let may = (0..entry.may.len()).filter(|m| entry.may[*m] && self.may[at + m]);
        let load = |m: usize| {
            let (machine, duration) = self.shop.modes[at + m];
            // two jobs on one machine come one after another, so its load counts as much as the own work
            self.load[machine as usize] + i64::from(duration)
        };
        may.map(|m| (at + m, load(m))).min_by_key(|m| m.1)
    }

    /// Takes an alternative, where it goes with what is taken.
    fn take(&mut self, choice: usize, alternative: usize) -> Option<Taken> {
        self.tries = self.tries.saturating_sub(1);
        let mut taken = Taken::default();
        let choices = self.choices;
        for entry in &choices.of[choice][alternative] {
            let at = self.shop.modes_at[entry.operation as usize] as usize;
            let Some((mode, _)) = self.lightest(entry) else {
                self.undo(taken);
                return None;
            };
            for (m, _) in entry.may.iter().enumerate().filter(|m| !m.1) {
                if std::mem::replace(&mut self.may[at + m], false) {
                    taken.modes.push(at + m);
                }
            }
            let (machine, duration) = self.shop.modes[mode];
            self.load[machine as usize] += i64::from(duration);
            taken.load.push((machine as usize, i64::from(duration)));
        }
        Some(taken)
    }

    fn undo(&mut self, taken: Taken) {
        taken.modes.into_iter().for_each(|m| self.may[m] = true);
        taken.load.into_iter().for_each(|(machine, load)| self.load[machine] -= load);
    }
}
