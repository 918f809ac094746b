//! Product families: every answer against all configurations counted out, explanations and recipes as tables.

mod recipe;
mod table;

use super::{Because, Choice, Condition, Configuration, Family, FamilyParts, Group, Of, Offer, Parameter, Rule, Standing, Term};
use measure::Chance;
use proptest::prelude::*;
use std::ops::Not;

const MANY: u64 = 1_000_000;

fn condition(chance: &mut Chance, parts: &FamilyParts, depth: u32) -> Condition {
    let option = chance.below(parts.options.len() as u64) as u32;
    let several = |chance: &mut Chance| (0..1 + chance.below(3)).map(|_| condition(chance, parts, depth - 1)).collect();
    match if depth == 0 { chance.below(3) } else { chance.below(6) } {
        0 | 1 => Condition::Chosen(option),
        2 => {
            let term = |chance: &mut Chance| {
                let parameters = parts.parameters.len() as u64;
                let of = match chance.below(parameters + 1) {
                    p if p < parameters => Of::Parameter(p as u32),
                    _ => Of::Option(chance.below(parts.options.len() as u64) as u32),
                };
                Term { times: chance.below(7) as i64 - 3, of }
            };
            let terms = (0..1 + chance.below(3)).map(|_| term(chance)).collect();
            let least = (chance.below(2) == 0).then(|| chance.below(20) as i64 - 10);
            let most = (chance.below(2) == 0).then(|| least.unwrap_or(-5) + chance.below(15) as i64);
            Condition::Sum { terms, least, most }
        }
        3 => Condition::All(several(chance)),
        4 => Condition::Any(several(chance)),
        _ => condition(chance, parts, depth - 1).not(),
    }
}

fn random_parts(chance: &mut Chance) -> FamilyParts {
    let mut parts = FamilyParts::default();
    for number in 0..1 + chance.below(3) as u32 {
        let count = 1 + chance.below(3) as u32;
        let under = (number > 0 && chance.below(2) == 0).then(|| chance.below(parts.options.len() as u64) as u32);
        let most = chance.below(u64::from(count) + 1) as u32;
        parts.groups.push(Group::of("group", under, chance.below(u64::from(most) + 1) as u32, most));
        let offer = |chance: &mut Chance| Offer { name: "o".to_owned(), group: number, is_usual: chance.below(2) == 0 };
        parts.options.extend((0..count).map(|_| offer(chance)));
    }
    for _ in 0..chance.below(3) {
        let (low, step) = (chance.below(9) as i64 - 4, 1 + chance.below(3) as i64);
        let high = low + step * chance.below(5) as i64;
        let usual = low + step * chance.below(((high - low) / step + 1) as u64) as i64;
        let under = (chance.below(3) == 0).then(|| chance.below(parts.options.len() as u64) as u32);
        parts.parameters.push(Parameter { name: "p".to_owned(), unit: "mm".to_owned(), low, high, step, usual, under });
    }
    for _ in 0..chance.below(6) {
        let (when, then) = (condition(chance, &parts, 2), condition(chance, &parts, 2));
        parts.rules.push(Rule::requires("rule", when, then));
    }
    parts
}

/// What a place of the parts demands, counted out without the code under test but for the conditions of rules.
fn keeps(parts: &FamilyParts, because: Because, choices: &[Choice], of: &Configuration) -> bool {
    match because {
        Because::Group(group) => {
            let of_group = parts.options.iter().zip(&of.options).filter(|(o, _)| o.group == group);
            let chosen = of_group.filter(|(_, chosen)| **chosen).count() as u32;
            let group = &parts.groups[group as usize];
            match group.under {
                Some(under) if !of.options[under as usize] => chosen == 0,
                _ => (group.least..=group.most).contains(&chosen),
            }
        }
        Because::Parameter(p) => {
            let parameter = &parts.parameters[p as usize];
            parameter.under.is_none_or(|u| of.options[u as usize]) || of.parameters[p as usize] == parameter.low
        }
        Because::Rule(rule) => {
            let rule = &parts.rules[rule as usize];
            !holds(&rule.when, of) || holds(&rule.then, of)
        }
        Because::Choice(choice) => match choices[choice as usize] {
            Choice::With(option) => of.options[option as usize],
            Choice::Without(option) => !of.options[option as usize],
            Choice::Set { parameter, value } => of.parameters[parameter as usize] == value,
        },
        Because::Asked => unreachable!("it is never told"),
    }
}

fn holds(condition: &Condition, of: &Configuration) -> bool {
    match condition {
        Condition::Chosen(option) => of.options[*option as usize],
        Condition::Sum { terms, least, most } => {
            let value = |t: &Term| match t.of {
                Of::Option(option) => t.times * i64::from(of.options[option as usize]),
                Of::Parameter(parameter) => t.times * of.parameters[parameter as usize],
            };
            let sum: i64 = terms.iter().map(value).sum();
            least.unwrap_or(i64::MIN) <= sum && sum <= most.unwrap_or(i64::MAX)
        }
        Condition::All(parts) => !parts.iter().any(|p| !holds(p, of)),
        Condition::Any(parts) => parts.iter().any(|p| holds(p, of)),
        Condition::Not(part) => !holds(part, of),
    }
}

/// Every way to choose, rules apart.
fn everything(parts: &FamilyParts) -> Vec<Configuration> {
    let bits = 0_u32..1 << parts.options.len();
    let mut all: Vec<Configuration> = bits
        .map(|bits| Configuration {
            options: (0..parts.options.len()).map(|o| bits >> o & 1 == 1).collect(),
            parameters: Vec::new(),
        })
        .collect();
    for parameter in &parts.parameters {
        let values = || (0..).map(|k| parameter.low + k * parameter.step).take_while(|v| *v <= parameter.high);
        let longer = |of: Configuration| {
            values().map(move |v| Configuration { parameters: [&of.parameters[..], &[v]].concat(), ..of.clone() })
        };
        all = all.into_iter().flat_map(longer).collect();
    }
    all
}

fn all_reasons(parts: &FamilyParts, choices: usize) -> Vec<Because> {
    let groups = (0..parts.groups.len() as u32).map(Because::Group);
    let parameters = (0..parts.parameters.len() as u32).map(Because::Parameter);
    let rules = (0..parts.rules.len() as u32).map(Because::Rule);
    groups.chain(parameters).chain(rules).chain((0..choices as u32).map(Because::Choice)).collect()
}

/// A case with all that is counted out of it.
struct Counted<'a> {
    parts: &'a FamilyParts,
    choices: &'a [Choice],
    everything: Vec<Configuration>,
}

impl Counted<'_> {
    fn of<'s>(&'s self, because: &'s [Because]) -> impl Iterator<Item = &'s Configuration> {
        self.everything.iter().filter(move |c| because.iter().all(|b| keeps(self.parts, *b, self.choices, c)))
    }

    /// The reasons rule out what is asked, and none can be spared.
    fn is_smallest(&self, because: &[Because], asked: impl Fn(&Configuration) -> bool) -> bool {
        let is_out = |b: &[Because]| !self.of(b).any(&asked);
        let without = |at: usize| [&because[..at], &because[at + 1..]].concat();
        is_out(because) && (0..because.len()).all(|at| !is_out(&without(at)))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn answers_are_those_of_counting_out(seed in any::<u64>()) {
        let mut chance = Chance::seeded(seed);
        let parts = random_parts(&mut chance);
        let nothing = Counted { parts: &parts, choices: &[], everything: everything(&parts) };
        let rules = all_reasons(&parts, 0);
        let Ok(family) = Family::new(parts.clone()) else {
            prop_assert!(nothing.of(&rules).next().is_none());
            return Ok(());
        };
        prop_assert!(nothing.of(&rules).next().is_some());
        let choice = |chance: &mut Chance| {
            let option = chance.below(parts.options.len() as u64) as u32;
            match chance.below(3) {
                0 => Choice::With(option),
                1 => Choice::Without(option),
                _ => match chance.below(parts.parameters.len() as u64 + 1) as u32 {
                    p if (p as usize) < parts.parameters.len() => {
                        let of = &parts.parameters[p as usize];
                        let steps = (of.high - of.low) / of.step + 1;
                        Choice::Set { parameter: p, value: of.low + of.step * chance.below(steps as u64) as i64 }
                    }
                    _ => Choice::With(option),
                },
            }
        };
        let choices: Vec<Choice> = (0..chance.below(5)).map(|_| choice(&mut chance)).collect();
        let counted = Counted { choices: &choices, ..nothing };
        let look = family.look(&choices, MANY).expect("choices of the family");
        prop_assert!(look.is_finished);
        let all = all_reasons(&parts, choices.len());
        let fits = counted.of(&all).next().is_some();
        prop_assert_eq!(look.conflict.is_empty(), fits);
        if !fits {
            prop_assert!(counted.is_smallest(&look.conflict, |_| true), "{:?}", look.conflict);
        }
        // what is kept is kept first come, first served
        let mut kept = rules;
        for choice in 0..choices.len() as u32 {
            kept.push(Because::Choice(choice));
            if counted.of(&kept).next().is_none() {
                kept.pop();
            }
            prop_assert_eq!(kept.last() == Some(&Because::Choice(choice)), look.kept.contains(&choice));
        }
        let possible: Vec<&Configuration> = counted.of(&kept).collect();
        for (option, standing) in look.options.iter().enumerate() {
            let has = |with: bool| possible.iter().any(|c| c.options[option] == with);
            match standing {
                Standing::Open => prop_assert!(has(true) && has(false)),
                Standing::Said(with) => prop_assert!(has(*with) && !has(!*with)),
                Standing::Forced(why) => prop_assert!(!has(false) && counted.is_smallest(why, |c| !c.options[option]), "{why:?}"),
                Standing::RuledOut(why) => prop_assert!(!has(true) && counted.is_smallest(why, |c| c.options[option]), "{why:?}"),
                Standing::Unknown => prop_assert!(false, "the budget was enough"),
            }
        }
        for (number, range) in look.parameters.iter().enumerate() {
            let values = || possible.iter().map(|c| c.parameters[number]);
            prop_assert_eq!(Some((range.low, range.high)), values().min().zip(values().max()));
            let below = counted.is_smallest(&range.not_lower, |c| c.parameters[number] < range.low);
            let above = counted.is_smallest(&range.not_higher, |c| c.parameters[number] > range.high);
            prop_assert!(below && above, "{range:?}");
        }
        let complete = family.complete(&choices, MANY).expect("choices of the family");
        prop_assert_eq!(complete.is_some(), fits);
        if let Some(of) = complete {
            prop_assert!(counted.of(&all).any(|c| *c == of));
            // nothing that is usual could be had more, the first option first
            let usual = |c: &Configuration| {
                let options = parts.options.iter().zip(&c.options).map(|(o, c)| o.is_usual == *c);
                options.collect::<Vec<bool>>()
            };
            prop_assert_eq!(counted.of(&all).map(usual).max(), Some(usual(&of)));
        }
        let broken = |c: &Configuration| family.broken(c).expect("of the family").is_empty();
        let rules = all_reasons(&parts, 0);
        let kept_by_all = |c: &Configuration| rules.iter().all(|b| keeps(&parts, *b, &[], c));
        prop_assert!(counted.everything.iter().all(|c| broken(c) == kept_by_all(c)));
    }
}
