//! Clauses: one of these words holds.
//!
//! Enters: clauses, bounds that moved. Leaves: the last word that can hold, or a conflict. Absent: where clauses come from.
//!
//! Two words of each clause are watched (Moskewicz et al., DAC 2001), under the bound whose rise makes them false.

use super::solver::{Is, Reason, Solver};

/// A clause.
#[derive(Debug)]
pub(super) struct Clause {
    /// The first two are watched.
    pub words: Vec<Is>,
    /// On how many levels it was false when it was learned; 0: it was not learned.
    pub spread: u32,
}

/// A watched word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    /// From here on it is false.
    least: i32,
    clause: u32,
    /// Another word of the clause.
    other: Is,
}

/// Clauses that are kept at the least; more as conflicts become more.
const KEPT: usize = 4000;
/// Clauses of so few levels are kept for ever.
const GLUE: u32 = 2;

impl Solver {
    /// Before the search: one of the words holds.
    pub fn either(&mut self, words: &[Is]) {
        if words.iter().any(|w| self.holds(*w)) {
            return;
        }
        let open: Vec<Is> = words.iter().filter(|w| !self.fails(**w)).copied().collect();
        match open[..] {
            [] => self.is_over = true,
            [one] => self.always(one),
            _ => {
                self.keep(Clause { words: open, spread: 0 });
            }
        }
    }

    /// Keeps a clause of two words or more.
    pub fn keep(&mut self, clause: Clause) -> u32 {
        let number = self.clauses.len() as u32;
        self.clauses.push(clause);
        self.watch(number, 0);
        self.watch(number, 1);
        number
    }

    fn watch(&mut self, number: u32, place: usize) {
        let words = &self.clauses[number as usize].words;
        let (Is { bound, least }, other) = (words[place].not(), words[1 - place]);
        self.watches[bound as usize].push(Watch { least, clause: number, other });
    }

    /// What follows from a rise of a bound. False at a conflict.
    pub fn clauses_of(&mut self, bound: u32, before: i32, now: i32) -> bool {
        let mut watches = std::mem::take(&mut self.watches[bound as usize]);
        let (mut kept, mut next, mut went) = (0, 0, true);
        while next < watches.len() && went {
            let watch = watches[next];
            next += 1;
            let stays = watch.least > now || watch.least <= before || self.holds(watch.other);
            if stays || !self.moved(watch.clause, Is { bound, least: watch.least }.not()) {
                watches[kept] = watch;
                kept += 1;
                if !stays {
                    let first = self.clauses[watch.clause as usize].words[0];
                    watches[kept - 1].other = first;
                    went = self.set(first, Reason::Clause(watch.clause));
                }
            }
        }
        while next < watches.len() {
            watches[kept] = watches[next];
            (kept, next) = (kept + 1, next + 1);
        }
        watches.truncate(kept);
        // what is watched from now on under the same bound
        watches.append(&mut self.watches[bound as usize]);
        self.watches[bound as usize] = watches;
        went
    }

    /// Has another word watched in place of one that is false. False where there is none, or the clause holds by its first.
    fn moved(&mut self, number: u32, fallen: Is) -> bool {
        let words = &mut self.clauses[number as usize].words;
        if words[0] == fallen {
            words.swap(0, 1);
        }
        let words = &self.clauses[number as usize].words;
        if self.holds(words[0]) {
            return false;
        }
        let Some(place) = (2..words.len()).find(|place| !self.fails(words[*place])) else { return false };
        self.clauses[number as usize].words.swap(1, place);
        self.watch(number, 1);
        true
    }

    /// Where nothing is chosen: forgets learned clauses that hold always, and half of those that tell least where there are many.
    pub fn reduce(&mut self) {
        let most = KEPT + (self.conflicts / 5) as usize;
        if self.clauses.len() < self.clauses_next.max(most) {
            return;
        }
        let mut clauses = std::mem::take(&mut self.clauses);
        let mut spreads: Vec<u32> = clauses.iter().map(|c| c.spread).filter(|s| *s > GLUE).collect();
        spreads.sort_unstable();
        let middle = spreads.get(spreads.len() / 2).copied().unwrap_or(u32::MAX);
        let mut over = spreads.len() / 2;
        clauses.retain(|clause| {
            let is_out = clause.spread > GLUE && clause.spread >= middle && over > 0;
            over -= usize::from(is_out);
            !is_out && !clause.words.iter().any(|w| self.holds(*w))
        });
        self.watches.iter_mut().for_each(Vec::clear);
        for mut clause in clauses {
            // all others were false for ever; two are left, for everything that follows has followed
            clause.words.retain(|w| !self.fails(*w));
            self.keep(clause);
        }
        self.clauses_next = self.clauses.len() + KEPT / 2;
    }
}
