//! Recipes: what is made of the configurations of a family.
//!
//! Enters: a family; materials, steps and charges with the conditions under which they apply and amounts that depend on what was chosen.
//! Leaves: a [`Recipe`] that is known to be consistent, or an error with place, what was found and what is allowed. Absent: the working out
//! for one configuration (`make`).

use super::condition::{Condition, Known, Of, within};
use super::family::{Family, at_most, text};
use super::{CONDITIONS_MAX, LINES_MAX, ModelError, TERMS_MAX, VALUE_MAX, WAYS_MAX};
use crate::search::model::{MACHINES_MAX, OPERATIONS_MAX, RESOURCES_MAX};
use measure::Currency;

/// Most options and parameters multiplied with each other.
const FACTORS_MAX: usize = 3;

/// How a quotient becomes a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Not at all: a remainder is an error.
    Exact,
    /// Up: material that is cut from whole units.
    Up,
    /// Down.
    Down,
    /// To the nearest, halves away from zero: commercial rounding.
    Nearest,
}

/// A factor times options and parameters multiplied with each other (an area: length times width).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monomial {
    /// The factor.
    pub times: i64,
    /// What is multiplied, three at most; nothing: the factor alone.
    pub of: Vec<Of>,
}

/// A whole number that depends on what was chosen: (`base` + sum of `terms`) / `per`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// What does not depend.
    pub base: i64,
    /// What does.
    pub terms: Vec<Monomial>,
    /// The divisor, at least 1.
    pub per: i64,
    /// What becomes of a remainder.
    pub rounding: Rounding,
}

/// A material that is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Which material.
    pub material: String,
    /// Unit of the amount (UCUM).
    pub unit: String,
    /// It is needed where this holds.
    pub when: Condition,
    /// How much [`unit`], not below 0.
    pub amount: Amount,
}

/// One way to carry out a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// On which machine of the shop.
    pub machine: u32,
    /// It is possible where this holds.
    pub when: Condition,
    /// For how long [ticks].
    pub duration: Amount,
    /// Resources of the shop, and how much of each; 0: none.
    pub uses: Vec<(u32, Amount)>,
}

/// A step of the route: it becomes an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// As people know it.
    pub name: String,
    /// It is needed where this holds.
    pub when: Condition,
    /// Steps with lower numbers that are complete before; where one is not needed, those before it count.
    pub after: Vec<u32>,
    /// Its alternatives.
    pub ways: Vec<Way>,
    /// Set-up families of the shop: the first whose condition holds counts; none: family 0.
    pub families: Vec<(Condition, u32)>,
}

/// How a charge is worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Price {
    /// An amount [minor units of the currency].
    Amount(Amount),
    /// A share of all charges before [per mille]; below 0: a discount. Rounded to the nearest minor unit, halves away from zero.
    PerMille(i64),
}

/// A line of the price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// As customers read it.
    pub name: String,
    /// It is charged where this holds.
    pub when: Condition,
    /// How much.
    pub price: Price,
}

/// The parts of a recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipeParts {
    /// Materials.
    pub items: Vec<Item>,
    /// Steps of the route.
    pub steps: Vec<Step>,
    /// Lines of the price, in their order.
    pub charges: Vec<Charge>,
    /// Currency of all charges.
    pub currency: Currency,
    /// Number of machines of the shop.
    pub machines: usize,
    /// Number of resources of the shop.
    pub resources: usize,
}

/// A consistent recipe of a family. It is made by [`Recipe::new`] only.
#[derive(Clone, Debug)]
pub struct Recipe {
    pub(super) family: Family,
    parts: RecipeParts,
}

impl std::ops::Deref for Recipe {
    type Target = RecipeParts;
    fn deref(&self) -> &RecipeParts {
        &self.parts
    }
}

impl Amount {
    /// Always the same.
    pub const fn fixed(base: i64) -> Self {
        Self { base, terms: Vec::new(), per: 1, rounding: Rounding::Exact }
    }

    /// A base and a factor for each unit of something.
    pub fn each(base: i64, times: i64, of: Of) -> Self {
        Self { base, terms: vec![Monomial { times, of: vec![of] }], per: 1, rounding: Rounding::Exact }
    }

    /// Divided by a number.
    pub fn per(self, per: i64, rounding: Rounding) -> Self {
        Self { per, rounding, ..self }
    }

    fn checked(&self, place: &dyn Fn() -> String, known: Known) -> Result<(), ModelError> {
        within(|| format!("{}, number of terms", place()), self.terms.len() as i64, 0, TERMS_MAX as i64)?;
        within(|| format!("{}, base", place()), self.base, -VALUE_MAX * VALUE_MAX, VALUE_MAX * VALUE_MAX)?;
        within(|| format!("{}, divisor", place()), self.per, 1, VALUE_MAX * VALUE_MAX)?;
        for term in &self.terms {
            within(|| format!("{}, factor", place()), term.times, -VALUE_MAX, VALUE_MAX)?;
            within(|| format!("{}, number of factors", place()), term.of.len() as i64, 0, FACTORS_MAX as i64)?;
            term.of.iter().try_for_each(|of| known.checked(place, *of))?;
        }
        Ok(())
    }

    /// The number for values (options first, then parameters), within two bounds.
    pub(super) fn of(&self, place: &str, options: usize, values: &[i64], low: i64, high: i64) -> Result<i64, ModelError> {
        // a term is below 10^37; what leaves 128 bits is an error, not a wrap
        let mut sum = i128::from(self.base);
        let mut beyond = false;
        for term in &self.terms {
            let mut factors = term.of.iter().map(|of| i128::from(values[of.place(options)]));
            let product = factors.try_fold(i128::from(term.times), i128::checked_mul);
            match product.and_then(|p| sum.checked_add(p)) {
                Some(next) => sum = next,
                None => beyond = true,
            }
        }
        let per = i128::from(self.per);
        let (quotient, rest) = (sum.div_euclid(per), sum.rem_euclid(per));
        let up = match self.rounding {
            Rounding::Exact if rest != 0 => {
                return Err(ModelError::at(place, format!("{sum} / {per}"), "a whole number, or a rounding that is told"));
            }
            Rounding::Exact | Rounding::Down => false,
            Rounding::Up => rest > 0,
            Rounding::Nearest => 2 * rest > per || (2 * rest == per && sum > 0),
        };
        let found = quotient + i128::from(up);
        let fits = i64::try_from(found).ok().filter(|f| !beyond && (low..=high).contains(f));
        fits.ok_or_else(|| {
            let found = if beyond { "beyond 128 bits".to_owned() } else { found.to_string() };
            ModelError::at(place, found, format!("{low} to {high}"))
        })
    }
}

impl Recipe {
    /// Makes a recipe of its parts.
    ///
    /// # Errors
    /// The first place where the parts speak of what there is not, or exceed a limit.
    pub fn new(family: Family, parts: RecipeParts) -> Result<Self, ModelError> {
        at_most("materials", parts.items.len(), LINES_MAX)?;
        at_most("steps", parts.steps.len(), LINES_MAX)?;
        at_most("charges", parts.charges.len(), LINES_MAX)?;
        at_most("machines", parts.machines, MACHINES_MAX)?;
        at_most("resources", parts.resources, RESOURCES_MAX)?;
        at_most("ways", parts.steps.iter().map(|s| s.ways.len()).sum(), WAYS_MAX)?;
        at_most("uses", parts.steps.iter().flat_map(|s| &s.ways).map(|w| w.uses.len()).sum(), WAYS_MAX)?;
        at_most("families", parts.steps.iter().map(|s| s.families.len()).sum(), WAYS_MAX)?;
        at_most("steps before others", parts.steps.iter().map(|s| s.after.len()).sum(), WAYS_MAX)?;
        let (known, mut left) = (family.known(), CONDITIONS_MAX);
        for (number, item) in parts.items.iter().enumerate() {
            text(|| format!("name of material {number}"), &item.material)?;
            let place = || format!("material `{}`", item.material);
            item.when.checked(&place, known, &mut left)?;
            item.amount.checked(&place, known)?;
        }
        for (number, charge) in parts.charges.iter().enumerate() {
            text(|| format!("name of charge {number}"), &charge.name)?;
            let place = || format!("charge `{}`", charge.name);
            charge.when.checked(&place, known, &mut left)?;
            match &charge.price {
                Price::Amount(amount) => amount.checked(&place, known)?,
                Price::PerMille(share) => within(|| format!("{}, per mille", place()), *share, -1_000, 1_000_000)?,
            }
        }
        for (number, step) in parts.steps.iter().enumerate() {
            step_checked(number, step, &parts, known, &mut left)?;
        }
        Ok(Self { family, parts })
    }

    /// The family.
    pub const fn family(&self) -> &Family {
        &self.family
    }
}

fn step_checked(number: usize, step: &Step, parts: &RecipeParts, known: Known, left: &mut usize) -> Result<(), ModelError> {
    text(|| format!("name of step {number}"), &step.name)?;
    let place = || format!("step `{}`", step.name);
    step.when.checked(&place, known, left)?;
    for before in &step.after {
        within(|| format!("{}, after", place()), i64::from(*before), 0, number as i64 - 1)?;
    }
    within(|| format!("{}, number of ways", place()), step.ways.len() as i64, 1, WAYS_MAX as i64)?;
    for (number, way) in step.ways.iter().enumerate() {
        let place = || format!("way {number} of step `{}`", step.name);
        within(|| format!("{}, machine", place()), i64::from(way.machine), 0, parts.machines as i64 - 1)?;
        way.when.checked(&place, known, left)?;
        way.duration.checked(&place, known)?;
        for (resource, amount) in &way.uses {
            within(|| format!("{}, resource", place()), i64::from(*resource), 0, parts.resources as i64 - 1)?;
            amount.checked(&place, known)?;
        }
    }
    for (condition, family) in &step.families {
        condition.checked(&place, known, left)?;
        within(|| format!("{}, set-up family", place()), i64::from(*family), 0, OPERATIONS_MAX as i64 - 1)?;
    }
    Ok(())
}
