//! Learning from a conflict: the first word that would have had to be otherwise.
//!
//! Enters: words that contradict each other. Leaves: a clause that says so one level earlier, and the step that follows from it. Absent: choices.
//!
//! Of each bound at most one word is needed, the strongest. From the end of the trail each needed step is put in place by its reason until one
//! of the last level is left (first unique implication point: Marques-Silva & Sakallah, IEEE Trans. Computers 48, 1999).

use super::clause::Clause;
use super::solver::{Is, NONE, Reason, Solver};

/// Nothing is needed of a bound.
const NOTHING: (i32, u32) = (i32::MIN, NONE);

impl Solver {
    /// Learns, goes back and takes the step that follows. False where there is nothing to go back to.
    pub fn learn(&mut self) -> bool {
        let words = std::mem::take(&mut self.conflict);
        let level = words.iter().filter_map(|w| self.since(*w)).map(|s| self.trail[s as usize].level).max();
        // what follows from no choice
        let Some(level) = level.filter(|level| *level > 0) else { return false };
        if (level as usize) < self.levels.len() {
            self.back(level as usize);
        }
        let mut bounds = Vec::new();
        let mut open = 0;
        for word in words {
            self.needs(word, level, &mut open, &mut bounds);
        }
        let top = loop {
            let Some(step) = self.trail.last().copied() else { return false };
            let (least, since) = self.need[step.bound as usize];
            if since as usize == self.trail.len() - 1 && least != NOTHING.0 {
                if open == 1 {
                    break Is { bound: step.bound, least };
                }
                open -= 1;
                self.need[step.bound as usize] = NOTHING;
                self.conflict.clear();
                self.explain(step.reason, Is { bound: step.bound, least });
                self.undo();
                for word in std::mem::take(&mut self.conflict) {
                    self.needs(word, level, &mut open, &mut bounds);
                }
            } else {
                self.undo();
            }
        };
        self.conclude(top, &bounds)
    }

    /// The step that made a word hold; none where it holds always.
    fn since(&self, is: Is) -> Option<u32> {
        let mut since = None;
        let mut at = self.last[is.bound as usize];
        while let Some(step) = self.trail.get(at as usize).filter(|step| step.now >= is.least) {
            since = Some(at);
            if step.before < is.least {
                break;
            }
            at = step.last;
        }
        since.filter(|s| self.trail[*s as usize].before < is.least)
    }

    fn needs(&mut self, is: Is, level: u32, open: &mut u32, bounds: &mut Vec<u32>) {
        let Some(since) = self.since(is) else { return };
        let (least, before) = self.need[is.bound as usize];
        if least >= is.least {
            return;
        }
        let is_top = |step: u32| self.trail.get(step as usize).is_some_and(|s| s.level == level);
        *open += u32::from(is_top(since));
        *open -= u32::from(is_top(before));
        self.need[is.bound as usize] = (is.least, since);
        bounds.push(is.bound);
        self.choice.took_part(is.bound);
    }

    /// Keeps the clause and takes the step.
    fn conclude(&mut self, top: Is, bounds: &[u32]) -> bool {
        let mut words = vec![top.not()];
        let mut levels = Vec::new();
        let mut rest: Vec<(u32, i32, u32)> = Vec::new();
        for &bound in bounds {
            let (least, since) = self.need[bound as usize];
            if bound != top.bound && least != NOTHING.0 && !rest.iter().any(|r| r.0 == bound) {
                rest.push((bound, least, since));
            }
        }
        let mut deepest = 0;
        for &(bound, least, since) in &rest {
            let step = self.trail[since as usize];
            if self.is_said(step.reason, Is { bound, least }, since) {
                continue;
            }
            words.push(Is { bound, least }.not());
            if step.level > deepest {
                deepest = step.level;
                let last = words.len() - 1;
                words.swap(1, last);
            }
            levels.push(step.level);
        }
        bounds.iter().for_each(|b| self.need[*b as usize] = NOTHING);
        self.choice.decay();
        levels.sort_unstable();
        levels.dedup();
        self.back(deepest as usize);
        let first = words[0];
        let reason = if words.len() > 1 {
            Reason::Clause(self.keep(Clause { words, spread: levels.len() as u32 + 1 }))
        } else {
            Reason::Choice
        };
        self.conflict.clear();
        self.set(first, reason)
    }

    /// Whether needed words that held before say a word already; only those before, so that no two say each other.
    fn is_said(&mut self, reason: Reason, is: Is, since: u32) -> bool {
        if matches!(reason, Reason::Choice) {
            return false;
        }
        self.conflict.clear();
        self.explain(reason, is);
        let words = std::mem::take(&mut self.conflict);
        let says = |(least, before): (i32, u32), word: &Is| least >= word.least && before < since;
        let is_said = words.iter().all(|w| says(self.need[w.bound as usize], w) || self.since(*w).is_none());
        self.conflict = words;
        is_said
    }
}
