//! The forms of configuring and ordering.

use super::common::When;
use measure::Money;
use plant::CustomOrder;
use serde::{Deserialize, Serialize};
use unit::sales::{Configured, Offering, Promised, Reason, Shown, Stand, Values};
use utoipa::ToSchema;

/// A group of options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FamilyGroup {
    /// Its name.
    pub name: String,
    /// The options.
    pub options: Vec<String>,
    /// Fewest that are chosen.
    pub least: u32,
    /// Most that are chosen.
    pub most: u32,
    /// The option that has to be chosen for it to be asked for.
    pub under: Option<String>,
}

/// A whole number that is chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FamilyNumber {
    /// Its name.
    pub name: String,
    /// UCUM unit.
    pub unit: String,
    /// Least value.
    pub low: i64,
    /// Largest value.
    pub high: i64,
    /// From a value to the next.
    pub step: i64,
    /// The option that has to be chosen for it to be asked for.
    pub under: Option<String>,
}

/// A product family that can be configured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProductFamily {
    /// Its name.
    pub name: String,
    /// Most pieces of one order.
    pub quantity_max: u32,
    /// Groups of options.
    pub groups: Vec<FamilyGroup>,
    /// Numbers.
    pub numbers: Vec<FamilyNumber>,
}

/// A value of a number.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewValue {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: i64,
}

/// What a customer chose; earlier choices weigh more where some do not go together.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConfiguration {
    /// Options that are chosen.
    #[serde(default)]
    pub with: Vec<String>,
    /// Options that are left out.
    #[serde(default)]
    pub without: Vec<String>,
    /// Values of numbers.
    #[serde(default)]
    pub values: Vec<NewValue>,
    /// Pieces; 1 where left out.
    pub quantity: Option<u32>,
    /// With what probability the date shall be kept [%], 50 to 99; 90 where left out.
    pub sure: Option<u32>,
}

/// An order for a configuration.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Chosen by the sender, 8 to 64 characters: a repeated sending is the same order.
    pub key: String,
    /// The date that was shown, RFC 3339: the order is taken only if it can still be promised.
    pub due: String,
    /// What was chosen.
    pub configuration: NewConfiguration,
}

/// Why something does not go, or comes with something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChoiceReason {
    /// `rule`: the seller's own words; `chosen`, `left_out`: what the customer said; `group`: how many of it are chosen; `number`: it is asked
    /// for only with another option.
    pub kind: &'static str,
    /// The words, or the name.
    pub text: String,
}

/// How an option stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OptionStand {
    /// Its name.
    pub name: String,
    /// `open`, `chosen`, `left_out`, `forced`, `ruled_out` or `unknown`.
    pub stand: &'static str,
    /// Why it is forced or ruled out.
    pub because: Vec<ChoiceReason>,
    /// Whether the configuration shown has it.
    pub taken: bool,
}

/// Which values a number may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NumberStand {
    /// Its name.
    pub name: String,
    /// Least value.
    pub low: i64,
    /// Largest value.
    pub high: i64,
    /// Why not lower.
    pub not_lower: Vec<ChoiceReason>,
    /// Why not higher.
    pub not_higher: Vec<ChoiceReason>,
    /// Its value in the configuration shown.
    pub value: Option<i64>,
    /// Whether it is asked for.
    pub asked: bool,
}

/// Money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PriceTag {
    /// Minor units, such as cents.
    pub minor: i64,
    /// ISO 4217 code.
    pub currency: String,
}

/// A line of the price of one piece.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PriceLine {
    /// Its name.
    pub name: String,
    /// Minor units.
    pub minor: i64,
}

/// Something that was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChosenThing {
    /// The group or the number.
    pub what: String,
    /// The options, or the value with its unit.
    pub value: String,
}

/// How much of a material is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MaterialNeed {
    /// Which.
    pub name: String,
    /// UCUM unit.
    pub unit: String,
    /// For all pieces.
    pub amount: i64,
}

/// A step of the route.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RouteStep {
    /// Its name.
    pub name: String,
    /// Machines that can do it.
    pub machines: Vec<String>,
    /// Planned seconds a piece.
    pub cycle_s: f64,
    /// Planned set-up [s].
    pub set_up_s: f64,
    /// Work instructions, line by line.
    pub instructions: Vec<String>,
}

/// What is made of a configuration.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MadeOf {
    /// What was chosen, with what is usual for all else.
    pub chosen: Vec<ChosenThing>,
    /// Material of all pieces.
    pub materials: Vec<MaterialNeed>,
    /// The route.
    pub steps: Vec<RouteStep>,
    /// Lines of the price of one piece.
    pub lines: Vec<PriceLine>,
    /// Price of one piece.
    pub piece: PriceTag,
    /// Price of all pieces.
    pub price: PriceTag,
}

/// What a customer sees after some choices.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ConfigurationLook {
    /// Why the choices do not go together; empty where they do.
    pub conflict: Vec<ChoiceReason>,
    /// Each option.
    pub options: Vec<OptionStand>,
    /// Each number.
    pub numbers: Vec<NumberStand>,
    /// What is made of it; null where that is not known.
    pub made: Option<MadeOf>,
    /// Why nothing is made of it.
    pub unmade: Option<String>,
}

/// When it would be ready.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DatePromise {
    /// The instant from which it counts.
    pub at: When,
    /// Kept with the probability `sure`.
    pub due: When,
    /// With what probability [%].
    pub sure: f64,
    /// As likely before as after.
    pub likely: When,
    /// Done by the plan.
    pub planned: When,
    /// Other orders that become late more often by it.
    pub delayed: u32,
    /// Past operations of these machines that it rests on.
    pub operations: u32,
    /// Past promises by which it was corrected; 0 where there are too few.
    pub promises: u32,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderAnswer {
    /// Its name.
    pub name: String,
    /// Promised for.
    pub due: When,
    /// Whether it was there already: a repeated sending.
    pub is_repeated: bool,
}

/// What a customer ordered.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct OrderDetail {
    /// Name of the order.
    pub name: String,
    /// The family.
    pub family: String,
    /// Who ordered.
    pub by: String,
    /// When.
    pub at: When,
    /// Pieces.
    pub quantity: u32,
    /// Promised for.
    pub due: When,
    /// With what probability [%].
    pub sure: f64,
    /// Price of all pieces.
    pub price: PriceTag,
    /// What was chosen.
    pub chosen: Vec<ChosenThing>,
    /// Material of all pieces.
    pub materials: Vec<MaterialNeed>,
    /// The route with work instructions.
    pub steps: Vec<RouteStep>,
}

impl ProductFamily {
    /// A family as it is offered.
    pub fn of(offering: &Offering) -> Self {
        let family = offering.family();
        let option = |o: Option<u32>| o.and_then(|o| family.options.get(o as usize)).map(|o| o.name.clone());
        let group = |(number, g): (u32, &unit::sales::Group)| FamilyGroup {
            name: g.name.clone(),
            options: family.options.iter().filter(|o| o.group == number).map(|o| o.name.clone()).collect(),
            least: g.least,
            most: g.most,
            under: option(g.under),
        };
        let number = |p: &unit::sales::Parameter| FamilyNumber {
            name: p.name.clone(),
            unit: p.unit.clone(),
            low: p.low,
            high: p.high,
            step: p.step,
            under: option(p.under),
        };
        Self {
            name: offering.name().to_owned(),
            quantity_max: offering.quantity_max(),
            groups: (0..).zip(&family.groups).map(group).collect(),
            numbers: family.parameters.iter().map(number).collect(),
        }
    }
}

fn reasons(of: &[Reason]) -> Vec<ChoiceReason> {
    let one = |reason: &Reason| {
        let (kind, text) = match reason {
            Reason::Rule(text) => ("rule", text),
            Reason::Chosen(text) => ("chosen", text),
            Reason::LeftOut(text) => ("left_out", text),
            Reason::Group(text) => ("group", text),
            Reason::Number(text) => ("number", text),
        };
        ChoiceReason { kind, text: text.clone() }
    };
    of.iter().map(one).collect()
}

impl ConfigurationLook {
    /// What is possible, and what is made of it.
    pub fn of(
        plant: &plant::Plant,
        offering: &Offering,
        shown: &Shown,
        (made, quantity): (Result<&Configured, String>, u32),
    ) -> Self {
        let family = offering.family();
        let configuration = made.as_ref().ok().map(|made| &made.configuration);
        let option = |(number, (offer, stand)): (usize, (&unit::sales::Offer, &Stand))| {
            let (word, because) = match stand {
                Stand::Open => ("open", Vec::new()),
                Stand::Said(true) => ("chosen", Vec::new()),
                Stand::Said(false) => ("left_out", Vec::new()),
                Stand::Forced(because) => ("forced", reasons(because)),
                Stand::RuledOut(because) => ("ruled_out", reasons(because)),
                Stand::Unknown => ("unknown", Vec::new()),
            };
            let taken = configuration.is_some_and(|c| c.options[number]);
            OptionStand { name: offer.name.clone(), stand: word, because, taken }
        };
        let number = |(number, (parameter, values)): (usize, (&unit::sales::Parameter, &Values))| NumberStand {
            name: parameter.name.clone(),
            low: values.low,
            high: values.high,
            not_lower: reasons(&values.not_lower),
            not_higher: reasons(&values.not_higher),
            value: configuration.map(|c| c.parameters[number]),
            asked: configuration.is_some_and(|c| parameter.under.is_none_or(|under| c.options[under as usize])),
        };
        Self {
            conflict: reasons(&shown.conflict),
            options: family.options.iter().zip(&shown.options).enumerate().map(option).collect(),
            numbers: family.parameters.iter().zip(&shown.numbers).enumerate().map(number).collect(),
            unmade: made.as_ref().err().cloned(),
            made: made.ok().map(|made| MadeOf::of(plant, made, quantity)),
        }
    }
}

impl MadeOf {
    fn of(plant: &plant::Plant, made: &Configured, quantity: u32) -> Self {
        let all = |amount: i64| amount.saturating_mul(i64::from(quantity));
        Self {
            chosen: chosen(&made.chosen),
            materials: materials(&made.materials, &all),
            steps: made.steps.iter().map(|step| RouteStep::of(plant, step)).collect(),
            lines: made.lines.iter().map(|(name, minor)| PriceLine { name: name.clone(), minor: *minor }).collect(),
            piece: PriceTag::of(made.price),
            price: PriceTag::of(Money { minor: all(made.price.minor), ..made.price }),
        }
    }
}

fn chosen(of: &[plant::Chosen]) -> Vec<ChosenThing> {
    of.iter().map(|c| ChosenThing { what: c.what.clone(), value: c.value.clone() }).collect()
}

fn materials(of: &[plant::Material], all: &dyn Fn(i64) -> i64) -> Vec<MaterialNeed> {
    let need = |m: &plant::Material| MaterialNeed { name: m.name.clone(), unit: m.unit.clone(), amount: all(m.amount) };
    of.iter().map(need).collect()
}

impl RouteStep {
    fn of(plant: &plant::Plant, operation: &plant::Operation) -> Self {
        Self {
            name: operation.name.clone(),
            machines: operation.machines.iter().map(|m| super::common::machine_name(plant, *m)).collect(),
            cycle_s: operation.cycle.seconds(),
            set_up_s: operation.set_up.seconds(),
            instructions: operation.instructions.clone(),
        }
    }
}

impl PriceTag {
    fn of(money: Money) -> Self {
        Self { minor: money.minor, currency: money.currency.to_string() }
    }
}

/// Per mille as per cent.
fn percent(per_mille: u32) -> f64 {
    f64::from(per_mille) / 10.0
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl From<&Promised> for DatePromise {
    fn from(of: &Promised) -> Self {
        Self {
            at: When(of.at),
            due: When(of.due),
            sure: percent(of.sure),
            likely: When(of.likely),
            planned: When(of.planned),
            delayed: count(of.delayed),
            operations: count(of.basis.operations),
            promises: count(of.basis.promises),
        }
    }
}

impl OrderDetail {
    /// What was ordered.
    pub fn of(plant: &plant::Plant, order: &CustomOrder) -> Self {
        Self {
            name: order.name(),
            family: order.family.clone(),
            by: order.by.clone(),
            at: When(order.at),
            quantity: order.quantity,
            due: When(order.due),
            sure: percent(order.sure),
            price: PriceTag::of(order.price),
            chosen: chosen(&order.chosen),
            materials: materials(&order.materials, &|amount| amount),
            steps: order.steps.iter().map(|step| RouteStep::of(plant, step)).collect(),
        }
    }
}
