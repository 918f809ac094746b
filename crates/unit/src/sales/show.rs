//! What a customer sees while choosing: what is possible, what is not and why.
//!
//! Enters: an offering, choices. Leaves: a [`Shown`]. Absent: price and date. Where one option of a group is chosen, the others of the group
//! are looked at as if it were not, so that it can be exchanged; the same for numbers.

use super::Offering;
use decide::configure::{Because, Choice, Family, Look, ModelError, Standing};

/// Revisions of conditions for all looks of one question together.
const REVISIONS: u64 = 600_000;
/// Most choices of one question.
pub const CHOSEN_MAX: usize = 100;

/// What something rests on, in words for the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A rule of the seller, in the seller's words.
    Rule(String),
    /// The customer chose this option or number.
    Chosen(String),
    /// The customer left this option out.
    LeftOut(String),
    /// How many options of this group are chosen is limited.
    Group(String),
    /// This number is asked for only with another option.
    Number(String),
}

/// How an option stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stand {
    /// It may be chosen or not.
    Open,
    /// The customer chose it (true) or left it out.
    Said(bool),
    /// It comes with what was chosen.
    Forced(Vec<Reason>),
    /// It does not go.
    RuledOut(Vec<Reason>),
    /// That was not found out in time.
    Unknown,
}

/// Which values a number may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    /// Least [its unit].
    pub low: i64,
    /// Largest [its unit].
    pub high: i64,
    /// Why not lower.
    pub not_lower: Vec<Reason>,
    /// Why not higher.
    pub not_higher: Vec<Reason>,
}

/// What is possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Why the choices do not go together; empty where they do.
    pub conflict: Vec<Reason>,
    /// Each option.
    pub options: Vec<Stand>,
    /// Each number.
    pub numbers: Vec<Values>,
}

impl Offering {
    /// What a customer sees after some choices.
    ///
    /// # Errors
    /// A choice of what the family does not have, or more than [`CHOSEN_MAX`].
    pub fn shown(&self, choices: &[Choice]) -> Result<Shown, ModelError> {
        if choices.len() > CHOSEN_MAX {
            let (place, found) = ("choices".to_owned(), choices.len().to_string());
            return Err(ModelError { place, found, allowed: format!("{CHOSEN_MAX} at most") });
        }
        let family = self.family();
        let budget = REVISIONS / (choices.len() as u64 + 1);
        let look = family.look(choices, budget)?;
        let mut shown = Shown {
            conflict: reasons(family, &look.conflict, choices),
            options: look.options.iter().map(|s| stand(family, s, choices)).collect(),
            numbers: look.parameters.iter().map(|r| values(family, r, choices)).collect(),
        };
        for choice in choices {
            let others: Vec<Choice> = choices.iter().filter(|c| *c != choice).copied().collect();
            match *choice {
                Choice::With(option) => {
                    let group = family.options[option as usize].group;
                    if family.groups[group as usize].most == 1 {
                        self.exchange(option, &family.look(&others, budget)?, &others, &mut shown);
                    }
                }
                Choice::Set { parameter, .. } => {
                    let look = family.look(&others, budget)?;
                    let number = parameter as usize;
                    shown.numbers[number] = values(family, &look.parameters[number], &others);
                }
                Choice::Without(_) => {}
            }
        }
        Ok(shown)
    }

    /// The other options of a group as they stand without the one that is chosen.
    fn exchange(&self, chosen: u32, look: &Look, others: &[Choice], shown: &mut Shown) {
        let family = self.family();
        let group = family.options[chosen as usize].group;
        for (number, offer) in family.options.iter().enumerate().filter(|(_, o)| o.group == group) {
            if number != chosen as usize && offer.group == group {
                shown.options[number] = stand(family, &look.options[number], others);
            }
        }
    }
}

fn reasons(family: &Family, because: &[Because], choices: &[Choice]) -> Vec<Reason> {
    let option = |o: u32| family.options[o as usize].name.clone();
    let of_choice = |choice: &Choice| match *choice {
        Choice::With(o) => Reason::Chosen(option(o)),
        Choice::Without(o) => Reason::LeftOut(option(o)),
        Choice::Set { parameter, value } => {
            let of = &family.parameters[parameter as usize];
            Reason::Chosen(format!("{} {value} {}", of.name, of.unit).trim_end().to_owned())
        }
    };
    let one = |because: &Because| match *because {
        Because::Group(g) => family.groups.get(g as usize).map(|g| Reason::Group(g.name.clone())),
        Because::Parameter(p) => family.parameters.get(p as usize).map(|p| Reason::Number(p.name.clone())),
        Because::Rule(r) => family.rules.get(r as usize).map(|r| Reason::Rule(r.text.clone())),
        Because::Choice(c) => choices.get(c as usize).map(of_choice),
        Because::Asked => None,
    };
    because.iter().filter_map(one).collect()
}

fn stand(family: &Family, standing: &Standing, choices: &[Choice]) -> Stand {
    match standing {
        Standing::Open => Stand::Open,
        Standing::Said(with) => Stand::Said(*with),
        Standing::Forced(because) => Stand::Forced(reasons(family, because, choices)),
        Standing::RuledOut(because) => Stand::RuledOut(reasons(family, because, choices)),
        Standing::Unknown => Stand::Unknown,
    }
}

fn values(family: &Family, range: &decide::configure::Range, choices: &[Choice]) -> Values {
    Values {
        low: range.low,
        high: range.high,
        not_lower: reasons(family, &range.not_lower, choices),
        not_higher: reasons(family, &range.not_higher, choices),
    }
}
