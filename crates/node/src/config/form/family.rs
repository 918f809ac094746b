//! The written form of product families: what customers may choose, and what is made of it.

use schemars::JsonSchema;
use serde::Deserialize;

/// A product family that customers configure and order on the page Configure. Names of options and numbers are unique in a family.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FamilyForm {
    /// Name, unique among the families; at most 50 characters.
    pub name: String,
    /// Most pieces of one order. Absent: 1000.
    #[schemars(extend("minimum" = 1, "maximum" = 100_000))]
    pub quantity_max: Option<u32>,
    /// Groups of options, in the order in which they are asked for.
    #[serde(default)]
    pub group: Vec<GroupForm>,
    /// Numbers that are chosen, such as a length.
    #[serde(default)]
    pub number: Vec<NumberForm>,
    /// What has to hold in every configuration.
    #[serde(default)]
    pub rule: Vec<RuleForm>,
    /// Materials of one piece.
    #[serde(default)]
    pub material: Vec<MaterialForm>,
    /// Steps of the route, one after the other; at least one.
    #[serde(default)]
    pub step: Vec<StepForm>,
    /// Lines of the price of one piece, in their order.
    #[serde(default)]
    pub charge: Vec<ChargeForm>,
}

/// Options of which so many are chosen.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupForm {
    /// Name, as customers read it.
    pub name: String,
    /// The options.
    pub options: Vec<String>,
    /// Those of the options that are taken where nothing is said. Absent: none.
    #[serde(default)]
    pub usual: Vec<String>,
    /// Fewest that are chosen. Absent: 1.
    pub least: Option<u32>,
    /// Most that are chosen. Absent: 1.
    pub most: Option<u32>,
    /// The option that has to be chosen for the group to be asked for. Absent: always asked for.
    pub under: Option<String>,
}

/// A whole number that is chosen.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberForm {
    /// Name, as customers read it.
    pub name: String,
    /// Unit (UCUM), such as `mm`.
    pub unit: String,
    /// Least value.
    pub low: i64,
    /// Largest value.
    pub high: i64,
    /// From a value to the next. Absent: 1.
    #[schemars(extend("minimum" = 1))]
    pub step: Option<i64>,
    /// Taken where nothing is said. Absent: the least value.
    pub usual: Option<i64>,
    /// The option that has to be chosen for the number to be asked for. Absent: always asked for.
    pub under: Option<String>,
}

/// What has to hold in every configuration.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleForm {
    /// Why, in words for the customer.
    pub text: String,
    /// It applies where all of these hold: an option, `not` and an option, or a number with a bound such as `Length >= 200` or
    /// `Length <= 80`. Absent: always.
    #[serde(default)]
    pub when: Vec<String>,
    /// Then all of these hold.
    #[serde(default)]
    pub then: Vec<String>,
    /// Then at least one of these holds. Absent: no such demand.
    #[serde(default)]
    pub then_any: Vec<String>,
}

/// More for something that was chosen.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EachForm {
    /// An option, which counts once where it is chosen, or a number, which counts as often as its value.
    pub of: String,
    /// So much more each time, in the unit of the amount; below zero less.
    pub add: String,
}

/// A material of one piece.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaterialForm {
    /// Name.
    pub name: String,
    /// It is needed where all of these hold. Absent: always.
    #[serde(default)]
    pub when: Vec<String>,
    /// How much, a whole number and a unit, such as `350 g`.
    pub amount: String,
    /// More for what was chosen.
    #[serde(default)]
    pub each: Vec<EachForm>,
}

/// A step of the route.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepForm {
    /// Name such as `mill` or `harden`.
    pub name: String,
    /// Machines that can do it; at least one.
    pub machines: Vec<String>,
    /// It is needed where all of these hold. Absent: always.
    #[serde(default)]
    pub when: Vec<String>,
    /// Planned run time per piece, such as `95 s`.
    pub cycle: String,
    /// Longer for what was chosen, such as `200 ms` for each mm.
    #[serde(default)]
    pub each: Vec<EachForm>,
    /// Planned set-up time when the machine last ran another family. Absent: none.
    pub set_up: Option<String>,
    /// Set-up family; a group or a number in braces stands for what was chosen, as in `bar-{Diameter}`. Absent: the step's name.
    pub family: Option<String>,
    /// What the worker is told at the machine, line by line, with groups and numbers in braces, as in `Turn to {Length}`. Absent: nothing.
    #[serde(default)]
    pub instructions: Vec<String>,
}

/// A line of the price of one piece.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChargeForm {
    /// Name, as customers read it.
    pub name: String,
    /// It is charged where all of these hold. Absent: always.
    #[serde(default)]
    pub when: Vec<String>,
    /// An amount in the site's currency, such as `12.50 EUR`. Either this or `percent`.
    pub amount: Option<String>,
    /// More for what was chosen; only with `amount`.
    #[serde(default)]
    pub each: Vec<EachForm>,
    /// A share of the lines before, rounded to the nearest minor unit; below zero a discount.
    #[schemars(extend("minimum" = -100, "maximum" = 1000))]
    pub percent: Option<f64>,
}
