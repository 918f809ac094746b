//! A solver by lazy clause generation for shops: what follows from choices, what was wrong where they contradict each other, other choices.
//!
//! Enters: variables, constraints, steps. Leaves: values that keep all, "there are none", or neither within the steps. Absent: operations and
//! machines (`build` makes constraints of them); a clock.
//!
//! A variable is an interval of whole numbers; a yes or no is one from 0 to 1. Its least and, of its negative, the least are its two bounds,
//! so that everything said is "a bound is at least so much" ([`Is`]). Every step on the trail can be explained, and conflicts become clauses
//! over such words (Ohrimenko, Stuckey, Codish, Constraints 14, 2009; explained lazily and as weak as suffices).

use super::choose::Choice;
use super::clause::{Clause, Watch};
use super::rule::Rule;

/// A word: the bound is at least so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Is {
    /// Twice the variable, and one more where its negative is meant.
    pub bound: u32,
    /// At least.
    pub least: i32,
}

impl Is {
    /// The opposite.
    pub const fn not(self) -> Self {
        Self { bound: self.bound ^ 1, least: 1 - self.least }
    }

    /// Of a variable: at least.
    pub const fn at_least(variable: u32, least: i32) -> Self {
        Self { bound: 2 * variable, least }
    }

    /// Of a variable: at most.
    pub const fn at_most(variable: u32, most: i32) -> Self {
        Self { bound: 2 * variable + 1, least: -most }
    }
}

/// Why a bound moved.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reason {
    /// It was chosen.
    Choice,
    /// All others of a clause are false.
    Clause(u32),
    /// By an arc whose condition holds.
    Arc(u32),
    /// An arc's condition cannot hold: its origin was at least so much already.
    Not(u32, i32),
    /// These words of [`Solver::reasons`].
    Words(u32, u32),
}

/// One bound moved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub bound: u32,
    /// What it was.
    pub before: i32,
    /// What it became.
    pub now: i32,
    /// The step before of the same bound.
    pub last: u32,
    pub level: u32,
    pub reason: Reason,
}

/// Where the condition holds, one bound is at least another and a gap.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arc {
    pub from: u32,
    pub to: u32,
    pub gap: i32,
    pub when: Is,
}

/// No step.
pub(super) const NONE: u32 = u32::MAX;
/// Conflicts between two restarts, times Luby's sequence.
const RESTART: u64 = 256;

/// What a solver has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nothing keeps all constraints.
    None,
    /// The values do.
    Found,
    /// Neither within the steps.
    Open,
}

/// The solver.
#[derive(Debug, Default)]
pub(super) struct Solver {
    /// The least of each bound.
    pub values: Vec<i32>,
    /// The latest step of each bound; none of what holds always.
    pub last: Vec<u32>,
    pub trail: Vec<Step>,
    /// Where on the trail, and in the reasons, each level begins.
    pub levels: Vec<(u32, u32)>,
    pub reasons: Vec<Is>,
    head: usize,
    pub clauses: Vec<Clause>,
    /// How many clauses there are when some are forgotten.
    pub clauses_next: usize,
    pub watches: Vec<Vec<Watch>>,
    pub arcs: Vec<Arc>,
    arcs_from: Vec<Vec<u32>>,
    arcs_when: Vec<Vec<u32>>,
    pub rules: Vec<Rule>,
    wakes: Vec<Vec<u32>>,
    waiting: Vec<u32>,
    waiting_last: Vec<u32>,
    is_waiting: Vec<bool>,
    pub choice: Choice,
    /// Variables that a solution has to fix, beside those of yes and no.
    pub fixed: Vec<u32>,
    /// Words that hold and contradict each other.
    pub conflict: Vec<Is>,
    /// For the analysis of conflicts: how much of each bound is needed, since which step.
    pub need: Vec<(i32, u32)>,
    pub conflicts: u64,
    restart_at: u64,
    restarts: u64,
    /// Whether nothing keeps all constraints.
    pub is_over: bool,
}

impl Solver {
    /// A variable from one number to another.
    pub fn variable(&mut self, least: i32, most: i32) -> u32 {
        let variable = self.values.len() as u32 / 2;
        self.values.extend([least, -most]);
        self.last.extend([NONE; 2]);
        self.need.extend([(i32::MIN, NONE); 2]);
        for lists in [&mut self.arcs_from, &mut self.arcs_when, &mut self.wakes] {
            lists.extend([Vec::new(), Vec::new()]);
        }
        self.watches.extend([Vec::new(), Vec::new()]);
        self.choice.none();
        self.is_over |= least > most;
        variable
    }

    /// A yes or no.
    pub fn choice(&mut self) -> Is {
        let variable = self.variable(0, 1);
        self.choice.add(variable);
        Is::at_least(variable, 1)
    }

    /// Whether a word holds.
    pub fn holds(&self, is: Is) -> bool {
        self.values[is.bound as usize] >= is.least
    }

    /// Whether a word cannot hold.
    pub fn fails(&self, is: Is) -> bool {
        self.holds(is.not())
    }

    /// The most that a bound can be.
    pub fn most(&self, bound: u32) -> i32 {
        -self.values[bound as usize ^ 1]
    }

    /// Before the search: where a word holds, `to` is at least `from` and a gap.
    pub fn arc(&mut self, from: u32, to: u32, gap: i32, when: Is) {
        if self.fails(when) {
            return;
        }
        for (from, to) in [(from, to), (to ^ 1, from ^ 1)] {
            let number = self.arcs.len() as u32;
            self.arcs.push(Arc { from, to, gap, when });
            self.arcs_from[from as usize].push(number);
            self.arcs_when[when.bound as usize].push(number);
        }
        self.is_over |= !self.along(self.arcs.len() as u32 - 1) || !self.along(self.arcs.len() as u32 - 2);
    }

    /// Before the search: a rule, which is looked at whenever one of the bounds moves.
    pub fn rule(&mut self, rule: Rule, bounds: impl Iterator<Item = u32>) {
        let number = self.rules.len() as u32;
        self.rules.push(rule);
        bounds.for_each(|b| self.wakes[b as usize].push(number));
        self.waiting.push(number);
        self.is_waiting.push(true);
    }

    /// Has a rule looked at again.
    pub fn wake(&mut self, rule: u32) {
        if !std::mem::replace(&mut self.is_waiting[rule as usize], true) {
            let is_dear = matches!(self.rules[rule as usize], Rule::Late(_));
            if is_dear { &mut self.waiting_last } else { &mut self.waiting }.push(rule);
        }
    }

    /// For ever: a word holds. Only where nothing is chosen.
    pub fn always(&mut self, is: Is) {
        self.is_over |= !self.set(is, Reason::Choice);
    }

    /// Where nothing is chosen: a sum is no more than so much from now on.
    pub fn limit(&mut self, rule: u32, most: i64) {
        if let Rule::Sum(sum) = &mut self.rules[rule as usize] {
            sum.most = most;
        }
        self.wake(rule);
    }

    /// Moves a bound, if it is not there. False where the opposite holds; the conflict is told then.
    pub fn set(&mut self, is: Is, reason: Reason) -> bool {
        let before = self.values[is.bound as usize];
        if before >= is.least {
            return true;
        }
        let most = self.most(is.bound);
        if is.least > most {
            self.conflict.clear();
            self.explain(reason, Is { least: most + 1, ..is });
            self.conflict.push(Is { bound: is.bound ^ 1, least: -most });
            return false;
        }
        let level = self.levels.len() as u32;
        let last = std::mem::replace(&mut self.last[is.bound as usize], self.trail.len() as u32);
        self.values[is.bound as usize] = is.least;
        self.trail.push(Step { bound: is.bound, before, now: is.least, last, level, reason });
        true
    }

    /// Keeps words as a reason.
    pub fn words(&mut self, words: &[Is]) -> Reason {
        let begin = self.reasons.len() as u32;
        self.reasons.extend_from_slice(words);
        Reason::Words(begin, words.len() as u32)
    }

    /// Adds to the conflict why a word holds.
    pub fn explain(&mut self, reason: Reason, is: Is) {
        match reason {
            Reason::Choice => {}
            Reason::Clause(clause) => {
                self.conflict.extend(self.clauses[clause as usize].words[1..].iter().map(|w| w.not()));
            }
            Reason::Arc(arc) => {
                let Arc { from, gap, when, .. } = self.arcs[arc as usize];
                self.conflict.extend([Is { bound: from, least: is.least - gap }, when]);
            }
            Reason::Not(arc, least) => {
                let Arc { from, to, gap, .. } = self.arcs[arc as usize];
                self.conflict.extend([Is { bound: from, least }, Is { bound: to, least: least + gap }.not()]);
            }
            Reason::Words(begin, count) => {
                let words = begin as usize..(begin + count) as usize;
                self.conflict.extend_from_slice(&self.reasons[words]);
            }
        }
    }

    /// What follows by an arc. False at a conflict.
    fn along(&mut self, number: u32) -> bool {
        let Arc { from, to, gap, when } = self.arcs[number as usize];
        let least = self.values[from as usize];
        if self.values[to as usize] >= least + gap {
            return true;
        }
        if self.holds(when) {
            return self.set(Is { bound: to, least: least + gap }, Reason::Arc(number));
        }
        least + gap <= self.most(to) || self.set(when.not(), Reason::Not(number, least))
    }

    /// What follows from all steps. False at a conflict.
    pub fn propagate(&mut self) -> bool {
        loop {
            while let Some(&Step { bound, before, now, .. }) = self.trail.get(self.head) {
                self.head += 1;
                if !self.clauses_of(bound, before, now) || !self.arcs_of(bound, now) {
                    return self.abandon();
                }
                for place in 0..self.wakes[bound as usize].len() {
                    self.wake(self.wakes[bound as usize][place]);
                }
            }
            // the dearest when nothing else is left
            let Some(rule) = self.waiting.pop().or_else(|| self.waiting_last.pop()) else { return true };
            self.is_waiting[rule as usize] = false;
            if !self.follow(rule) {
                // what was not yet looked at is looked at again
                self.wake(rule);
                return self.abandon();
            }
        }
    }

    fn abandon(&mut self) -> bool {
        self.head = self.trail.len();
        false
    }

    fn arcs_of(&mut self, bound: u32, now: i32) -> bool {
        for place in 0..self.arcs_from[bound as usize].len() {
            if !self.along(self.arcs_from[bound as usize][place]) {
                return false;
            }
        }
        for place in 0..self.arcs_when[bound as usize].len() {
            let number = self.arcs_when[bound as usize][place];
            if self.arcs[number as usize].when.least <= now && !self.along(number) {
                return false;
            }
        }
        true
    }

    fn follow(&mut self, number: u32) -> bool {
        let mut rule = std::mem::take(&mut self.rules[number as usize]);
        let went = rule.follow(self);
        self.rules[number as usize] = rule;
        went
    }

    /// Takes the last step back.
    pub fn undo(&mut self) {
        let Some(Step { bound, before, now, last, .. }) = self.trail.pop() else { return };
        self.values[bound as usize] = before;
        self.last[bound as usize] = last;
        self.choice.again(bound, now);
    }

    /// Takes all back that came after a level.
    pub fn back(&mut self, level: usize) {
        let Some(&(steps, reasons)) = self.levels.get(level) else { return };
        while self.trail.len() > steps as usize {
            self.undo();
        }
        self.reasons.truncate(reasons as usize);
        self.levels.truncate(level);
        self.head = self.head.min(self.trail.len());
    }

    /// Forgets how what holds always came about.
    fn settle(&mut self) {
        for step in self.trail.drain(..) {
            self.last[step.bound as usize] = NONE;
        }
        self.reasons.clear();
        self.head = 0;
    }

    /// Searches for so many steps; a step is a choice or a conflict. It may be taken up again.
    pub fn search(&mut self, steps: u64) -> Answer {
        for _ in 0..steps {
            if self.is_over {
                return Answer::None;
            }
            if !self.propagate() {
                self.conflicts += 1;
                self.is_over |= !self.learn();
                continue;
            }
            if self.levels.is_empty() {
                self.settle();
                self.reduce();
            } else if self.conflicts >= self.restart_at {
                self.restarts += 1;
                self.restart_at = self.conflicts + RESTART * luby(self.restarts);
                self.back(0);
                continue;
            }
            let Some(is) = self.choose() else { return Answer::Found };
            self.levels.push((self.trail.len() as u32, self.reasons.len() as u32));
            self.set(is, Reason::Choice);
        }
        Answer::Open
    }

    fn choose(&mut self) -> Option<Is> {
        if let Some(is) = self.choice.next(&self.values) {
            return Some(is);
        }
        let is_open = |v: &&u32| self.values[2 * **v as usize] < -self.values[2 * **v as usize + 1];
        let middle = |v: u32| (self.values[2 * v as usize] - self.values[2 * v as usize + 1]).div_euclid(2);
        self.fixed.iter().find(is_open).map(|v| Is::at_most(*v, middle(*v)))
    }
}

/// Luby, Sinclair, Zuckerman, Information Processing Letters 47, 1993: 1 1 2 1 1 2 4 …
fn luby(mut number: u64) -> u64 {
    loop {
        let bits = u64::BITS - number.leading_zeros();
        if number + 1 == 1 << bits {
            return 1 << (bits - 1);
        }
        number -= (1 << (bits - 1)) - 1;
    }
}
