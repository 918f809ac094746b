//! From a configuration to material, route and price.
//!
//! Enters: a recipe, a configuration. Leaves: [`Made`]; the route is in the scheduler's own words. Absent: when it is made (`promise`).

use super::ModelError;
use super::family::Configuration;
use super::recipe::{Price, Recipe, Step};
use crate::search::model::{HORIZON_MAX, Mode, Operation, Use};
use measure::Money;

/// How much of a material is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaterialNeed {
    /// Which of the recipe's items.
    pub item: u32,
    /// How much [the item's unit], above 0.
    pub amount: i64,
}

/// The operations of one order, in the words of [`crate::search::model`]; numbers are places here, the job is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// Which step of the recipe each operation is.
    pub steps: Vec<u32>,
    /// Operations with the modes that are possible, in the order of the step's ways.
    pub operations: Vec<Operation>,
    /// Which way of its step each mode is, beside `operations`.
    pub ways: Vec<Vec<u32>>,
    /// Pairs: the first is complete before the second starts.
    pub precedences: Vec<(u32, u32)>,
    /// Resources that modes use.
    pub uses: Vec<Use>,
    /// The set-up family of each operation.
    pub families: Vec<u32>,
}

/// A line of the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceLine {
    /// Which of the recipe's charges.
    pub charge: u32,
    /// How much [minor units].
    pub minor: i64,
}

/// What becomes of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Materials, in the order of the recipe.
    pub materials: Vec<MaterialNeed>,
    /// The route.
    pub route: Route,
    /// Lines of the price, in the order of the recipe.
    pub lines: Vec<PriceLine>,
    /// Their sum.
    pub price: Money,
}

impl Recipe {
    /// Works out material, route and price.
    ///
    /// # Errors
    /// A choice that is no configuration of the family; an amount that is not whole where it is not to be rounded, or out of range (below 0,
    /// beyond 64 bits, a duration beyond [`HORIZON_MAX`]); a step that is needed and has no way; a price below 0.
    pub fn make(&self, of: &Configuration) -> Result<Made, ModelError> {
        let broken = self.family.broken(of)?;
        if !broken.is_empty() {
            let found = format!("one that breaks {}", self.family.told(&broken, &[]));
            return Err(ModelError::at("configuration", found, "one that keeps all rules of the family"));
        }
        let at = At { recipe: self, options: of.options.len(), values: &of.values() };
        let lines = at.lines()?;
        let minor: i128 = lines.iter().map(|l| i128::from(l.minor)).sum();
        let fits = i64::try_from(minor).ok().filter(|m| *m >= 0);
        let minor = fits.ok_or_else(|| ModelError::at("price", minor.to_string(), format!("0 to {}", i64::MAX)))?;
        Ok(Made { materials: at.materials()?, route: at.route()?, lines, price: Money { minor, currency: self.currency } })
    }
}

/// A recipe at the values of a configuration.
struct At<'a> {
    recipe: &'a Recipe,
    options: usize,
    values: &'a [i64],
}

impl At<'_> {
    fn holds(&self, condition: &super::Condition) -> bool {
        condition.holds(self.options, self.values)
    }

    fn materials(&self) -> Result<Vec<MaterialNeed>, ModelError> {
        let mut needs = Vec::new();
        for (number, item) in (0..).zip(&self.recipe.items).filter(|(_, i)| self.holds(&i.when)) {
            let place = format!("amount of `{}`", item.material);
            let amount = item.amount.of(&place, self.options, self.values, 0, i64::MAX)?;
            if amount > 0 {
                needs.push(MaterialNeed { item: number, amount });
            }
        }
        Ok(needs)
    }

    fn lines(&self) -> Result<Vec<PriceLine>, ModelError> {
        let mut lines: Vec<PriceLine> = Vec::new();
        let mut sum = 0_i128;
        for (number, charge) in (0..).zip(&self.recipe.charges).filter(|(_, c)| self.holds(&c.when)) {
            let place = format!("charge `{}`", charge.name);
            let minor = match &charge.price {
                Price::Amount(amount) => amount.of(&place, self.options, self.values, -i64::MAX, i64::MAX)?,
                Price::PerMille(share) => {
                    let thousandfold = sum * i128::from(*share);
                    let nearest = (thousandfold.abs() + 500) / 1000 * thousandfold.signum();
                    let allowed = || format!("{} to {}", -i64::MAX, i64::MAX);
                    i64::try_from(nearest).map_err(|_| ModelError::at(place, nearest.to_string(), allowed()))?
                }
            };
            sum += i128::from(minor);
            lines.push(PriceLine { charge: number, minor });
        }
        Ok(lines)
    }

    fn route(&self) -> Result<Route, ModelError> {
        let mut route = Route::default();
        // for each step the operations that have to be complete before what comes after it: itself, or those before it
        let mut ends: Vec<Vec<u32>> = Vec::with_capacity(self.recipe.steps.len());
        for (number, step) in (0..).zip(&self.recipe.steps) {
            let mut before: Vec<u32> = step.after.iter().flat_map(|s| ends[*s as usize].iter().copied()).collect();
            before.sort_unstable();
            before.dedup();
            if !self.holds(&step.when) {
                ends.push(before);
                continue;
            }
            let operation = route.operations.len() as u32;
            route.precedences.extend(before.into_iter().map(|b| (b, operation)));
            route.steps.push(number);
            self.operation(step, operation, &mut route)?;
            let family = step.families.iter().find(|(condition, _)| self.holds(condition)).map_or(0, |f| f.1);
            route.families.push(family);
            ends.push(vec![operation]);
        }
        Ok(route)
    }

    fn operation(&self, step: &Step, operation: u32, route: &mut Route) -> Result<(), ModelError> {
        let (mut modes, mut ways) = (Vec::new(), Vec::new());
        for (number, way) in (0..).zip(&step.ways).filter(|(_, w)| self.holds(&w.when)) {
            let place = format!("duration of way {number} of step `{}`", step.name);
            let duration = way.duration.of(&place, self.options, self.values, 0, HORIZON_MAX)?;
            let mode = modes.len() as u32;
            for (resource, amount) in &way.uses {
                let place = format!("resource {resource} of way {number} of step `{}`", step.name);
                let amount = amount.of(&place, self.options, self.values, 0, i64::MAX)?;
                if amount > 0 {
                    route.uses.push(Use { operation, mode, resource: *resource, amount });
                }
            }
            modes.push(Mode { machine: way.machine, duration });
            ways.push(number);
        }
        if modes.is_empty() {
            return Err(ModelError::at(format!("ways of step `{}`", step.name), "none that is possible", "at least one"));
        }
        route.operations.push(Operation { modes, ..Operation::default() });
        route.ways.push(ways);
        Ok(())
    }
}
