//! What a customer sees: what is possible after some choices, what is not and why.
//!
//! Enters: a family, choices, a budget. Leaves: a [`Look`]; a complete [`Configuration`]. Absent: price and date.
//!
//! Every solution found is a witness for all of its values, and the next is led to values not seen yet; only what no solution has is asked
//! for by itself.

use super::condition::Of;
use super::explain::Because;
use super::family::{Choice, Configuration, Family};
use super::solve::{Solver, Verdict};
use super::{CHOICES_MAX, ModelError, family};

/// How an option stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There are configurations with it and without it.
    Open,
    /// The customer said so: with it (true) or without it.
    Said(bool),
    /// Every configuration has it, because of these.
    Forced(Vec<Because>),
    /// No configuration has it, because of these.
    RuledOut(Vec<Because>),
    /// The budget was used up before this was known.
    Unknown,
}

/// Which values a parameter may still have. The ends are exact; between them a rule may forbid some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// Least value of any configuration [the parameter's unit].
    pub low: i64,
    /// Largest value of any configuration [the parameter's unit].
    pub high: i64,
    /// Why it is not lower; empty where it is the parameter's own lowest.
    pub not_lower: Vec<Because>,
    /// Why it is not higher; empty where it is the parameter's own highest.
    pub not_higher: Vec<Because>,
}

/// What is possible after some choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Where the choices do not go together: groups, rules and choices that contradict each other; none of them can be spared for that.
    /// Empty where they do.
    pub conflict: Vec<Because>,
    /// The choices that are kept, by their place: all, or where they do not go together the earlier rather than the later ones. What follows
    /// rests on them.
    pub kept: Vec<u32>,
    /// Each option.
    pub options: Vec<Standing>,
    /// Each parameter.
    pub parameters: Vec<Range>,
    /// Whether nothing is left open: every option and every parameter is decided.
    pub is_complete: bool,
    /// Whether the budget was enough. Where not, some options are [`Standing::Unknown`], ranges may be too wide and reasons too long.
    pub is_finished: bool,
}

impl Family {
    /// What is possible after some choices; earlier ones weigh more where they do not go together. The work is bounded by so many
    /// revisions of conditions (about a tenth of a microsecond to a microsecond each).
    ///
    /// # Errors
    /// A choice of something that the family does not have, or of a value out of range or between its steps; too many choices.
    pub fn look(&self, choices: &[Choice], revisions: u64) -> Result<Look, ModelError> {
        self.checked(choices)?;
        let mut asker = Asker::new(self, choices, revisions);
        let conflict = asker.keep();
        let kept = asker.kept.iter().filter_map(|c| match asker.solver.origin(*c) {
            Because::Choice(choice) => Some(choice),
            _ => None,
        });
        let kept: Vec<u32> = kept.collect();
        let mut options: Vec<Standing> = (0..self.options.len()).map(|option| asker.standing(option)).collect();
        for choice in &kept {
            match choices[*choice as usize] {
                Choice::With(option) => options[option as usize] = Standing::Said(true),
                Choice::Without(option) => options[option as usize] = Standing::Said(false),
                Choice::Set { .. } => {}
            }
        }
        let parameters: Vec<Range> = (0..self.parameters.len()).map(|parameter| asker.range(parameter)).collect();
        let is_decided = |s: &Standing| !matches!(s, Standing::Open | Standing::Unknown);
        Ok(Look {
            is_complete: options.iter().all(is_decided) && parameters.iter().all(|p| p.low == p.high),
            is_finished: !asker.solver.is_spent(),
            conflict,
            kept,
            options,
            parameters,
        })
    }

    /// The configuration with these choices and for all else what is usual, as far as that goes, the first option first; none where the
    /// choices do not go together or the budget ends before that is known ([`Family::look`] says why).
    ///
    /// # Errors
    /// As [`Family::look`].
    pub fn complete(&self, choices: &[Choice], revisions: u64) -> Result<Option<Configuration>, ModelError> {
        self.checked(choices)?;
        let mut solver = Solver::new(self, choices, revisions);
        let mut fixed = solver.all();
        let Verdict::Solution(mut values) = solver.solve(&fixed) else { return Ok(None) };
        let usual = self.options.iter().map(|o| i64::from(o.is_usual)).chain(self.parameters.iter().map(|p| p.usual));
        for (place, usual) in usual.enumerate() {
            let asked = solver.ask(place, usual, usual);
            fixed.push(asked);
            if values[place] != usual {
                match solver.solve(&fixed) {
                    Verdict::Solution(better) => values = better,
                    Verdict::Refuted(_) => {
                        // what is usual does not go: what goes stays
                        solver.unask();
                        solver.ask(place, values[place], values[place]);
                    }
                    Verdict::Unfinished => return Ok(None),
                }
            }
        }
        let (options, parameters) = values.split_at(self.options.len());
        let of = Configuration { options: options.iter().map(|o| *o == 1).collect(), parameters: parameters.to_vec() };
        // nothing leaves without the direct evaluation
        Ok(self.broken(&of)?.is_empty().then_some(of))
    }

    fn checked(&self, choices: &[Choice]) -> Result<(), ModelError> {
        family::at_most("choices", choices.len(), CHOICES_MAX)?;
        choices.iter().enumerate().try_for_each(|(number, choice)| match *choice {
            Choice::With(option) | Choice::Without(option) => {
                self.known().checked(&|| format!("choice {number}"), Of::Option(option))
            }
            Choice::Set { parameter, value } => self.settable(parameter, value),
        })
    }
}

/// Asks a solver, and remembers what it has seen.
struct Asker<'f> {
    family: &'f Family,
    solver: Solver,
    /// The conditions that everything rests on.
    kept: Vec<u32>,
    /// Least and largest of each value in any solution so far; none before the first.
    seen: Option<Vec<(i64, i64)>>,
}

impl<'f> Asker<'f> {
    fn new(family: &'f Family, choices: &[Choice], revisions: u64) -> Self {
        Self { family, solver: Solver::new(family, choices, revisions), kept: Vec::new(), seen: None }
    }

    /// Settles which choices are kept; tells the conflict of all.
    fn keep(&mut self) -> Vec<Because> {
        self.kept = self.solver.all();
        let core = match self.solver.solve(&self.kept) {
            Verdict::Solution(values) => {
                self.witness(&values);
                return Vec::new();
            }
            Verdict::Refuted(core) => core,
            Verdict::Unfinished => return Vec::new(),
        };
        let conflict = self.solver.smallest(&[], core);
        let is_choice = |c: &u32| matches!(self.solver.origin(*c), Because::Choice(_));
        let (choices, mut kept): (Vec<u32>, Vec<u32>) = self.kept.iter().partition(|c| is_choice(c));
        for choice in choices {
            kept.push(choice);
            match self.solver.solve(&kept) {
                Verdict::Solution(values) => self.seen = Some(values.into_iter().map(|v| (v, v)).collect()),
                _ => {
                    kept.pop();
                }
            }
        }
        self.kept = kept;
        if self.seen.is_none()
            && let Verdict::Solution(values) = self.solver.solve(&self.kept.clone())
        {
            self.witness(&values);
        }
        self.told(&conflict)
    }

    fn told(&self, conditions: &[u32]) -> Vec<Because> {
        conditions.iter().map(|c| self.solver.origin(*c)).filter(|b| *b != Because::Asked).collect()
    }

    fn witness(&mut self, values: &[i64]) {
        let seen = self.seen.get_or_insert_with(|| values.iter().map(|v| (*v, *v)).collect());
        for (place, (seen, value)) in seen.iter_mut().zip(values).enumerate() {
            *seen = (seen.0.min(*value), seen.1.max(*value));
            // the next solution shall show what no solution has shown
            if place < self.family.options.len() && seen.0 == seen.1 {
                self.solver.prefer(place, 1 - seen.0);
            }
        }
    }

    /// Whether a value may lie between two, as far as the budget goes; where not, why.
    fn may(&mut self, place: usize, low: i64, high: i64, is_why_wanted: bool) -> Option<Result<(), Vec<Because>>> {
        let asked = self.solver.ask(place, low, high);
        let mut of = self.kept.clone();
        of.push(asked);
        let answer = match self.solver.solve(&of) {
            Verdict::Solution(values) => {
                self.witness(&values);
                Some(Ok(()))
            }
            Verdict::Refuted(core) if is_why_wanted => {
                let why = self.solver.smallest(&[asked], core);
                Some(Err(self.told(&why)))
            }
            Verdict::Refuted(_) => Some(Err(Vec::new())),
            Verdict::Unfinished => None,
        };
        self.solver.unask();
        answer
    }

    fn standing(&mut self, option: usize) -> Standing {
        let Some((low, high)) = self.seen.as_ref().map(|s| s[option]) else { return Standing::Unknown };
        if low < high {
            return Standing::Open;
        }
        match (self.may(option, 1 - low, 1 - low, true), low) {
            (None, _) => Standing::Unknown,
            (Some(Ok(())), _) => Standing::Open,
            (Some(Err(why)), 1) => Standing::Forced(why),
            (Some(Err(why)), _) => Standing::RuledOut(why),
        }
    }

    fn range(&mut self, parameter: usize) -> Range {
        let of = &self.family.parameters[parameter];
        let (own_low, own_high, step) = (of.low, of.high, of.step);
        let place = self.family.options.len() + parameter;
        let seen = |asker: &Self| asker.seen.as_ref().map_or((own_high, own_low), |s| s[place]);
        // nothing below `low` is possible; what was seen is; halve what lies between
        let mut low = own_low;
        while low < seen(self).0 {
            let middle = low + (seen(self).0 - low) / step / 2 * step;
            match self.may(place, low, middle, false) {
                Some(Ok(())) => {}
                Some(Err(_)) => low = middle + step,
                None => break,
            }
        }
        let mut high = own_high;
        while high > seen(self).1 {
            let middle = high - (high - seen(self).1) / step / 2 * step;
            match self.may(place, middle, high, false) {
                Some(Ok(())) => {}
                Some(Err(_)) => high = middle - step,
                None => break,
            }
        }
        let mut why = |is_narrowed: bool, from: i64, to: i64| match is_narrowed.then(|| self.may(place, from, to, true)) {
            Some(Some(Err(why))) => why,
            _ => Vec::new(),
        };
        Range {
            not_lower: why(low > own_low, own_low, low - step),
            not_higher: why(high < own_high, high + step, own_high),
            low,
            high,
        }
    }
}
