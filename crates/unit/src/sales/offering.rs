//! A product family as it is offered: what can be chosen, and what is made of a choice.
//!
//! Enters: a recipe and the texts of its steps, choices. Leaves: a [`Configured`]: what was chosen in words, material, route with
//! instructions, price. Absent: dates.

use decide::configure::{Choice, Configuration, Family, ModelError, Recipe};
use measure::{Money, Span};
use plant::{Chosen, MachineId, Material, Operation};
use thiserror::Error;

/// Revisions of conditions for one question of a customer: some tenths of a second at most.
const REVISIONS: u64 = 300_000;

/// What is told of a step beyond its recipe; `{name}` stands for what was chosen in a group or of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Set-up when the machine was set up for another family.
    pub set_up: Span,
    /// Set-up family.
    pub family: String,
    /// Work instructions, line by line.
    pub instructions: Vec<String>,
}

/// A family that is offered.
#[derive(Clone, Debug)]
pub struct Offering {
    name: String,
    quantity_max: u32,
    recipe: Recipe,
    told: Vec<Told>,
}

impl PartialEq for Offering {
    fn eq(&self, other: &Self) -> bool {
        let same = (&self.name, self.quantity_max, &self.told) == (&other.name, other.quantity_max, &other.told);
        same && **self.family() == **other.family() && *self.recipe == *other.recipe
    }
}

/// What a configuration becomes; all but the price lines' sum is for one piece.
#[derive(Clone, Debug, PartialEq)]
pub struct Configured {
    /// All options and values.
    pub configuration: Configuration,
    /// What was chosen, group by group and number by number, as far as they are asked for.
    pub chosen: Vec<Chosen>,
    /// Material of one piece.
    pub materials: Vec<Material>,
    /// Steps in their order.
    pub steps: Vec<Operation>,
    /// Lines of the price of one piece [minor units].
    pub lines: Vec<(String, i64)>,
    /// Price of one piece.
    pub price: Money,
}

/// Why nothing can be made of choices.
#[derive(Clone, Debug, Error)]
pub enum Unmade {
    /// They contradict the family's rules or each other; the words of what cannot be spared for that.
    #[error("these do not go together: {0}")]
    Conflict(String),
    /// It was not found out within the budget.
    #[error("it was not found out in time whether this can be made; say more")]
    Unfinished,
    /// A choice of what there is not, or an amount out of range.
    #[error(transparent)]
    Wrong(#[from] ModelError),
}

impl Offering {
    /// Offers a family; `told` beside the steps of the recipe.
    pub const fn new(name: String, quantity_max: u32, recipe: Recipe, told: Vec<Told>) -> Self {
        Self { name, quantity_max, recipe, told }
    }
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Most pieces of one order.
    pub const fn quantity_max(&self) -> u32 {
        self.quantity_max
    }
    /// What can be chosen.
    pub const fn family(&self) -> &Family {
        self.recipe.family()
    }
    /// What is made of it.
    pub const fn recipe(&self) -> &Recipe {
        &self.recipe
    }
    /// What is possible after some choices.
    ///
    /// # Errors
    /// A choice of what the family does not have.
    pub fn look(&self, choices: &[Choice]) -> Result<decide::configure::Look, ModelError> {
        self.family().look(choices, REVISIONS)
    }

    /// What the choices become, with what is usual for all else.
    ///
    /// # Errors
    /// The choices do not go together, or nothing can be made of them.
    pub fn configured(&self, choices: &[Choice]) -> Result<Configured, Unmade> {
        let family = self.family();
        let Some(configuration) = family.complete(choices, REVISIONS)? else {
            let look = self.look(choices)?;
            return Err(if look.conflict.is_empty() {
                Unmade::Unfinished
            } else {
                Unmade::Conflict(family.told(&look.conflict, choices))
            });
        };
        let made = self.recipe.make(&configuration)?;
        let chosen = self.chosen(&configuration);
        let item = |need: &decide::configure::MaterialNeed| {
            let item = &self.recipe.items[need.item as usize];
            Material { name: item.material.clone(), unit: item.unit.clone(), amount: need.amount }
        };
        let steps = made.route.steps.iter().zip(&made.route.operations);
        Ok(Configured {
            materials: made.materials.iter().map(item).collect(),
            steps: steps.map(|(step, operation)| self.step(*step as usize, &operation.modes, &chosen)).collect(),
            lines: made.lines.iter().map(|l| (self.recipe.charges[l.charge as usize].name.clone(), l.minor)).collect(),
            price: made.price,
            configuration,
            chosen,
        })
    }

    /// A step of the route: all its machines take as long as the first.
    fn step(&self, number: usize, modes: &[decide::search::model::Mode], chosen: &[Chosen]) -> Operation {
        let told = &self.told[number];
        Operation {
            name: self.recipe.steps[number].name.clone(),
            machines: modes.iter().map(|mode| MachineId(mode.machine)).collect(),
            cycle: Span::from_millis(modes.first().map_or(1, |mode| mode.duration).max(1)),
            set_up: told.set_up,
            family: filled(&told.family, chosen),
            instructions: told.instructions.iter().map(|line| filled(line, chosen)).collect(),
        }
    }

    fn chosen(&self, of: &Configuration) -> Vec<Chosen> {
        let family = self.family();
        let is_asked = |under: Option<u32>| under.is_none_or(|option| of.options[option as usize]);
        let groups = (0..).zip(&family.groups).filter(|(_, group)| is_asked(group.under)).map(|(number, group)| {
            let here = family.options.iter().zip(&of.options).filter(|(o, is_chosen)| o.group == number && **is_chosen);
            let names: Vec<&str> = here.map(|(o, _)| o.name.as_str()).collect();
            Chosen { what: group.name.clone(), value: names.join(", ") }
        });
        let parameters = family.parameters.iter().zip(&of.parameters).filter(|(p, _)| is_asked(p.under));
        let parameters = parameters
            .map(|(p, value)| Chosen { what: p.name.clone(), value: format!("{value} {}", p.unit).trim_end().to_owned() });
        groups.chain(parameters).collect()
    }
}

/// A text with the chosen values in the place of their names in braces; what is not asked for becomes a dash.
fn filled(text: &str, chosen: &[Chosen]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        let value = chosen.iter().find(|c| c.what == name).map_or("", |c| c.value.as_str());
        filled.push_str(if value.is_empty() { "–" } else { value });
        rest = behind;
    }
    filled.push_str(rest);
    filled
}
