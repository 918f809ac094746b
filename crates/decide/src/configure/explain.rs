//! Why something does not go, in the fewest words.
//!
//! Enters: conditions that cannot hold together. Leaves: some of them that cannot either, of which none can be spared, and their words.
//! Absent: the search (`solve`).
//!
//! QuickXplain (Junker, AAAI 2004): the set is halved, and the halves are thinned each with the other in the background. What stands
//! first is kept rather than what stands later.

use super::family::{Choice, Family};
use super::solve::{Solver, Verdict};

/// What something rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// How many of a group are chosen, and under what.
    Group(u32),
    /// A parameter is at its lowest where it is not asked for.
    Parameter(u32),
    /// A rule of the family.
    Rule(u32),
    /// A choice of the customer, by its place.
    Choice(u32),
    /// What is asked just now; it is never told.
    Asked,
}

impl Solver {
    /// A part of refuted conditions that is refuted with the background, of which none can be spared. Where the budget ends before, some
    /// may be.
    pub(super) fn smallest(&mut self, background: &[u32], refuted: Vec<u32>) -> Vec<u32> {
        let of: Vec<u32> = refuted.into_iter().filter(|c| !background.contains(c)).collect();
        if of.is_empty() || matches!(self.solve(background), Verdict::Refuted(_)) {
            return Vec::new();
        }
        let mut smallest = self.thinned(&mut background.to_vec(), false, &of);
        smallest.sort_unstable();
        smallest
    }

    fn thinned(&mut self, background: &mut Vec<u32>, has_more: bool, of: &[u32]) -> Vec<u32> {
        if has_more && matches!(self.solve(background), Verdict::Refuted(_)) {
            return Vec::new();
        }
        if of.len() <= 1 {
            return of.to_vec();
        }
        let (first, second) = of.split_at(of.len() / 2);
        let length = background.len();
        background.extend(first);
        let from_second = self.thinned(background, true, second);
        background.truncate(length);
        background.extend(&from_second);
        let mut kept = self.thinned(background, !from_second.is_empty(), first);
        background.truncate(length);
        kept.extend(from_second);
        kept
    }
}

impl Family {
    /// What something rests on, in words: `group "motor" (1 to 1); rule "…"; choice with "wood"`.
    pub fn told(&self, because: &[Because], choices: &[Choice]) -> String {
        let told: Vec<String> = because.iter().map(|b| self.told_one(*b, choices)).collect();
        told.join("; ")
    }

    fn told_one(&self, because: Because, choices: &[Choice]) -> String {
        let option = |o: u32| self.options.get(o as usize).map_or("?", |o| &o.name);
        let of_group = |g: &super::Group| match g.under {
            Some(under) => format!("group \"{}\" ({} to {} under \"{}\")", g.name, g.least, g.most, option(under)),
            None => format!("group \"{}\" ({} to {})", g.name, g.least, g.most),
        };
        let of_choice = |c: &Choice| match *c {
            Choice::With(o) => format!("choice with \"{}\"", option(o)),
            Choice::Without(o) => format!("choice without \"{}\"", option(o)),
            Choice::Set { parameter, value } => {
                let unit = self.parameters.get(parameter as usize).map_or("", |p| &p.unit);
                format!("choice {} = {value} {unit}", self.parameters.get(parameter as usize).map_or("?", |p| &p.name))
            }
        };
        let told = match because {
            Because::Group(g) => self.groups.get(g as usize).map(of_group),
            Because::Parameter(p) => self.parameters.get(p as usize).map(|p| {
                let under = p.under.map_or("", option);
                format!("\"{}\" is {} {} without \"{under}\"", p.name, p.low, p.unit)
            }),
            Because::Rule(r) => self.rules.get(r as usize).map(|r| format!("rule \"{}\"", r.text)),
            Because::Choice(c) => choices.get(c as usize).map(of_choice),
            Because::Asked => Some("what is asked".to_owned()),
        };
        told.unwrap_or_else(|| "unknown".to_owned())
    }
}
