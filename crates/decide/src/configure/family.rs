//! Product families: groups of options, parameters, rules.
//!
//! Enters: parts. Leaves: a [`Family`] that is known to be consistent, within its limits and not void, or an error with place, what was
//! found and what is allowed. Absent: what is made of a configuration (`recipe`).

use super::condition::{Known, within};
use super::explain::Because;
use super::solve::{Solver, Verdict};
use super::{
    CONDITIONS_MAX, Condition, GROUPS_MAX, ModelError, OPTIONS_MAX, Of, PARAMETERS_MAX, REVISIONS_MAX, RULES_MAX, TEXT_MAX, Term,
    VALUE_MAX,
};
use std::ops::Not;

/// Options of which so many are chosen (a group with cardinality).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// As people know it.
    pub name: String,
    /// The option that has to be chosen for the group to be asked for; without it nothing of the group is chosen. None: always asked for.
    pub under: Option<u32>,
    /// Fewest that are chosen.
    pub least: u32,
    /// Most that are chosen.
    pub most: u32,
}

/// An option that is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// As people know it.
    pub name: String,
    /// Its group.
    pub group: u32,
    /// Whether it is taken where nothing else is said.
    pub is_usual: bool,
}

/// A number that is chosen: `low`, `low + step`, … up to `high`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// As people know it.
    pub name: String,
    /// Unit, for people (UCUM).
    pub unit: String,
    /// Least value [`unit`].
    pub low: i64,
    /// Largest value [`unit`].
    pub high: i64,
    /// From a value to the next [`unit`].
    pub step: i64,
    /// Taken where nothing else is said [`unit`].
    pub usual: i64,
    /// The option that has to be chosen for the number to be asked for; without it the value is `low`. None: always asked for.
    pub under: Option<u32>,
}

/// What has to hold in every configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Why, in words for the customer.
    pub text: String,
    /// It applies where this holds.
    pub when: Condition,
    /// Then this holds.
    pub then: Condition,
}

/// The parts of a family. Numbers of groups, options and parameters are their places here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FamilyParts {
    /// Groups.
    pub groups: Vec<Group>,
    /// Options.
    pub options: Vec<Offer>,
    /// Parameters.
    pub parameters: Vec<Parameter>,
    /// Rules.
    pub rules: Vec<Rule>,
}

/// What a customer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// With an option.
    With(u32),
    /// Without an option.
    Without(u32),
    /// A parameter has a value [its unit].
    Set {
        /// Which.
        parameter: u32,
        /// The value.
        value: i64,
    },
}

/// A complete choice that keeps every rule of its family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// Whether each option is chosen.
    pub options: Vec<bool>,
    /// The value of each parameter [its unit].
    pub parameters: Vec<i64>,
}

/// A consistent family within its limits, of which there is at least one configuration. It is made by [`Family::new`] only.
#[derive(Clone, Debug)]
pub struct Family {
    parts: FamilyParts,
    /// All that has to hold, and where it comes from.
    pub(super) constraints: Vec<(Because, Condition)>,
}

impl std::ops::Deref for Family {
    type Target = FamilyParts;
    fn deref(&self) -> &FamilyParts {
        &self.parts
    }
}

impl Group {
    /// Exactly one of its options is chosen.
    pub fn one(name: &str, under: Option<u32>) -> Self {
        Self { name: name.to_owned(), under, least: 1, most: 1 }
    }
    /// So many of its options are chosen.
    pub fn of(name: &str, under: Option<u32>, least: u32, most: u32) -> Self {
        Self { name: name.to_owned(), under, least, most }
    }
}

impl Offer {
    /// An option that is not usual.
    pub fn new(name: &str, group: u32) -> Self {
        Self { name: name.to_owned(), group, is_usual: false }
    }
    /// An option that is usual.
    pub fn usual(name: &str, group: u32) -> Self {
        Self { is_usual: true, ..Self::new(name, group) }
    }
}

impl Rule {
    /// Where the first holds, the second has to hold.
    pub fn requires(text: &str, when: Condition, then: Condition) -> Self {
        Self { text: text.to_owned(), when, then }
    }
    /// The two do not go together.
    pub fn excludes(text: &str, one: Condition, other: Condition) -> Self {
        Self::requires(text, one, other.not())
    }
    /// It always has to hold.
    pub fn always(text: &str, then: Condition) -> Self {
        Self::requires(text, Condition::always(), then)
    }
}

impl Family {
    /// Makes a family of its parts.
    ///
    /// # Errors
    /// The first place where the parts contradict each other or exceed a limit; a family of which no configuration exists, with a smallest
    /// set of its rules that contradict each other.
    pub fn new(parts: FamilyParts) -> Result<Self, ModelError> {
        checked(&parts)?;
        let constraints = constraints(&parts);
        let family = Self { parts, constraints };
        let mut solver = Solver::new(&family, &[], REVISIONS_MAX);
        let all: Vec<u32> = solver.all();
        match solver.solve(&all) {
            Verdict::Solution(_) => Ok(family),
            Verdict::Refuted(core) => {
                let because: Vec<Because> =
                    solver.smallest(&[], core).into_iter().map(|c| family.constraints[c as usize].0).collect();
                Err(ModelError::at(
                    "rules of the family",
                    family.told(&because, &[]),
                    "at least one configuration that keeps them all",
                ))
            }
            Verdict::Unfinished => Err(ModelError::at(
                "rules of the family",
                format!("no configuration after {REVISIONS_MAX} revisions"),
                "rules of which one configuration is found within them",
            )),
        }
    }

    pub(super) fn known(&self) -> Known {
        Known { options: self.options.len(), parameters: self.parameters.len() }
    }

    /// Which groups, parameters and rules a complete choice breaks; none where it is a configuration. It is evaluated directly, without
    /// search.
    ///
    /// # Errors
    /// Another number of options or parameters than the family has, or a value out of a parameter's range or between its steps.
    pub fn broken(&self, of: &Configuration) -> Result<Vec<Because>, ModelError> {
        let count = |word: &str, found: usize, allowed: usize| {
            within(|| format!("number of {word}"), found as i64, allowed as i64, allowed as i64)
        };
        count("options", of.options.len(), self.options.len())?;
        count("parameters", of.parameters.len(), self.parameters.len())?;
        for (number, value) in of.parameters.iter().enumerate() {
            self.settable(number as u32, *value)?;
        }
        let values = of.values();
        let broken = self.constraints.iter().filter(|(_, c)| !c.holds(self.options.len(), &values));
        Ok(broken.map(|(because, _)| *because).collect())
    }

    /// Whether a parameter may have a value, rules apart.
    pub(super) fn settable(&self, parameter: u32, value: i64) -> Result<(), ModelError> {
        let place = || "choice".to_owned();
        self.known().checked(&place, Of::Parameter(parameter))?;
        let of = &self.parameters[parameter as usize];
        if (of.low..=of.high).contains(&value) && (value - of.low) % of.step == 0 {
            return Ok(());
        }
        let allowed = format!("{} to {} {} in steps of {}", of.low, of.high, of.unit, of.step);
        Err(ModelError::at(format!("parameter `{}`", of.name), value.to_string(), allowed))
    }
}

impl Configuration {
    /// Options first, then parameters.
    pub(super) fn values(&self) -> Vec<i64> {
        self.options.iter().map(|o| i64::from(*o)).chain(self.parameters.iter().copied()).collect()
    }
}

/// A text of people within its limit.
pub(super) fn text(place: impl Fn() -> String, text: &str) -> Result<(), ModelError> {
    within(|| format!("{}, bytes", place()), text.len() as i64, 1, TEXT_MAX as i64)
}

/// So many of something at most.
pub(super) fn at_most(what: &str, found: usize, most: usize) -> Result<(), ModelError> {
    within(|| format!("number of {what}"), found as i64, 0, most as i64)
}

fn checked(parts: &FamilyParts) -> Result<(), ModelError> {
    at_most("groups", parts.groups.len(), GROUPS_MAX)?;
    at_most("options", parts.options.len(), OPTIONS_MAX)?;
    at_most("parameters", parts.parameters.len(), PARAMETERS_MAX)?;
    at_most("rules", parts.rules.len(), RULES_MAX)?;
    let known = Known { options: parts.options.len(), parameters: parts.parameters.len() };
    let mut size = vec![0_i64; parts.groups.len()];
    for (number, option) in parts.options.iter().enumerate() {
        text(|| format!("name of option {number}"), &option.name)?;
        within(|| format!("group of option `{}`", option.name), i64::from(option.group), 0, parts.groups.len() as i64 - 1)?;
        size[option.group as usize] += 1;
    }
    for (number, group) in parts.groups.iter().enumerate() {
        text(|| format!("name of group {number}"), &group.name)?;
        let place = |what: &'static str| move || format!("group `{}`, {what}", group.name);
        within(place("most"), i64::from(group.most), 0, size[number])?;
        within(place("least"), i64::from(group.least), 0, i64::from(group.most))?;
        if let Some(under) = group.under {
            known.checked(&place("under"), Of::Option(under))?;
        }
    }
    for (number, parameter) in parts.parameters.iter().enumerate() {
        text(|| format!("name of parameter {number}"), &parameter.name)?;
        let place = |what: &'static str| move || format!("parameter `{}`, {what}", parameter.name);
        within(place("low"), parameter.low, -VALUE_MAX, VALUE_MAX)?;
        within(place("high"), parameter.high, parameter.low, VALUE_MAX)?;
        within(place("step"), parameter.step, 1, 2 * VALUE_MAX)?;
        within(place("usual"), parameter.usual, parameter.low, parameter.high)?;
        for (what, value) in [("high", parameter.high), ("usual", parameter.usual)] {
            let beyond = (value - parameter.low) % parameter.step;
            if beyond != 0 {
                let allowed = format!("whole steps of {} from {}", parameter.step, parameter.low);
                return Err(ModelError::at(place(what)(), value.to_string(), allowed));
            }
        }
        if let Some(under) = parameter.under {
            known.checked(&place("under"), Of::Option(under))?;
        }
    }
    acyclic(parts)?;
    let mut left = CONDITIONS_MAX;
    for (number, rule) in parts.rules.iter().enumerate() {
        text(|| format!("text of rule {number}"), &rule.text)?;
        for condition in [&rule.when, &rule.then] {
            condition.checked(&|| format!("rule `{}`", rule.text), known, &mut left)?;
        }
    }
    Ok(())
}

/// No group stands under an option of its own, also by way of others.
fn acyclic(parts: &FamilyParts) -> Result<(), ModelError> {
    for group in &parts.groups {
        let mut above = group.under;
        for _ in 0..parts.groups.len() {
            above = above.and_then(|o| parts.groups[parts.options[o as usize].group as usize].under);
        }
        if above.is_some() {
            let place = format!("group `{}`, under", group.name);
            return Err(ModelError::at(place, "an option of its own, by way of those above", "groups that end at the top"));
        }
    }
    Ok(())
}

/// Everything that has to hold: cardinalities, what stands under what, rules.
fn constraints(parts: &FamilyParts) -> Vec<(Because, Condition)> {
    let mut of: Vec<Vec<Term>> = vec![Vec::new(); parts.groups.len()];
    for (number, option) in (0..).zip(&parts.options) {
        of[option.group as usize].push(Term { times: 1, of: Of::Option(number) });
    }
    let under = |option: Option<u32>, with: Condition, without: Condition| match option {
        None => with,
        Some(option) => Condition::All(vec![
            Condition::Any(vec![Condition::Chosen(option).not(), with]),
            Condition::Any(vec![Condition::Chosen(option), without]),
        ]),
    };
    let sum = |terms: &[Term], least: u32, most: u32| Condition::Sum {
        terms: terms.to_vec(),
        least: Some(i64::from(least)),
        most: Some(i64::from(most)),
    };
    let mut constraints = Vec::new();
    for ((number, group), terms) in (0..).zip(&parts.groups).zip(&of).filter(|(_, terms)| !terms.is_empty()) {
        let condition = under(group.under, sum(terms, group.least, group.most), sum(terms, 0, 0));
        constraints.push((Because::Group(number), condition));
    }
    for (number, parameter) in (0..).zip(&parts.parameters).filter(|(_, p)| p.under.is_some()) {
        let lowest = Condition::between(number, None, Some(parameter.low));
        constraints.push((Because::Parameter(number), under(parameter.under, Condition::always(), lowest)));
    }
    for (number, rule) in (0..).zip(&parts.rules) {
        constraints.push((Because::Rule(number), Condition::Any(vec![rule.when.clone().not(), rule.then.clone()])));
    }
    constraints
}
