//! Rules of more than two bounds.
//!
//! Enters: bounds. Leaves: what follows from them with the words that it follows from, or a conflict. Absent: what a bound stands for.

use super::late::Late;
use super::machine::Machine;
use super::solver::{Is, Solver};

/// A rule.
#[derive(Debug, Default)]
pub(super) enum Rule {
    /// None; it stands in while another is followed.
    #[default]
    Nothing,
    /// A duration that depends on a mode.
    Lasts(Lasts),
    /// A sum with a limit.
    Sum(Sum),
    /// One machine, one operation at a time.
    Machine(Machine),
    /// One machine, what it makes late.
    Late(Box<Late>),
}

/// One variable is at least another and the shortest of the modes that are left.
#[derive(Debug)]
pub(super) struct Lasts {
    pub start: u32,
    pub end: u32,
    /// Modes and how long they take, ascending.
    pub modes: Vec<(Is, i32)>,
}

/// The sum of bounds, each times a weight, is no more than so much.
#[derive(Debug)]
pub(super) struct Sum {
    /// Bound, weight (at least 1), what the bound is at the least whatever is chosen.
    pub terms: Vec<(u32, i64, i32)>,
    pub most: i64,
}

impl Rule {
    /// What follows. False at a conflict.
    pub fn follow(&mut self, solver: &mut Solver) -> bool {
        match self {
            Self::Nothing => true,
            Self::Lasts(lasts) => lasts.follow(solver),
            Self::Sum(sum) => sum.follow(solver),
            Self::Machine(machine) => machine.follow(solver),
            Self::Late(late) => late.follow(solver),
        }
    }
}

impl Lasts {
    fn follow(&self, solver: &mut Solver) -> bool {
        let out = self.modes.iter().take_while(|m| solver.fails(m.0)).count();
        let Some(&(_, shortest)) = self.modes.get(out).filter(|_| out > 0) else { return true };
        let mut words: Vec<Is> = self.modes[..out].iter().map(|m| m.0.not()).collect();
        for (from, to) in [(2 * self.start, 2 * self.end), (2 * self.end + 1, 2 * self.start + 1)] {
            let least = solver.values[from as usize];
            if solver.values[to as usize] < least + shortest {
                words.push(Is { bound: from, least });
                let reason = solver.words(&words);
                if !solver.set(Is { bound: to, least: least + shortest }, reason) {
                    return false;
                }
                words.pop();
            }
        }
        true
    }
}

impl Sum {
    fn follow(&self, solver: &mut Solver) -> bool {
        let sum: i64 = self.terms.iter().map(|(bound, weight, _)| weight * i64::from(solver.values[*bound as usize])).sum();
        let left = self.most - sum;
        if left < 0 {
            solver.conflict = self.words(solver, None, -left - 1);
            return false;
        }
        for &(bound, weight, _) in &self.terms {
            let most = i64::from(solver.values[bound as usize]) + left / weight;
            if most < i64::from(solver.most(bound)) {
                let over = weight - 1 - left % weight;
                let words = self.words(solver, Some(bound), over);
                let reason = solver.words(&words);
                if !solver.set(Is { bound: bound ^ 1, least: -(most as i32) }, reason) {
                    return false;
                }
            }
        }
        true
    }

    /// What the terms are at the least, except one, and weaker in all by so much as is left over.
    fn words(&self, solver: &Solver, except: Option<u32>, mut over: i64) -> Vec<Is> {
        let mut words = Vec::with_capacity(self.terms.len());
        for &(bound, weight, always) in self.terms.iter().filter(|t| Some(t.0) != except) {
            let least = solver.values[bound as usize];
            let less = (over / weight).min(i64::from(least) - i64::from(always));
            over -= less * weight;
            if least - less as i32 > always {
                words.push(Is { bound, least: least - less as i32 });
            }
        }
        words
    }
}
