//! Mass customisation: what a customer may choose, why a choice does not go, and what is made of it.
//!
//! Enters: a product [`Family`] (groups of options, parameters, rules) and [`Choice`]s. Leaves: for every option whether it is open, forced
//! or ruled out and why ([`Look`]), a complete [`Configuration`], and from it material, route and price ([`Recipe`]). Absent: when it will
//! be ready (`promise`), stored forms, people, the clock.
//!
//! ```text
//! Family + choices ─▶ look (what is possible, why not) ─▶ complete ─▶ Configuration ─▶ Recipe::make ─▶ materials, route, price
//! ```
//!
//! The families are feature models: Kang et al., Feature-Oriented Domain Analysis (FODA), CMU/SEI-90-TR-21, 1990; groups with cardinality:
//! Czarnecki, Helsen & Eisenecker, Software Process: Improvement and Practice 10, 2005. What is told is exact: an option is open where a
//! complete configuration has it, found by search, not only where nothing speaks against it at first sight. Reasons are irreducible: none
//! of what is named can be spared (QuickXplain: Junker, AAAI 2004). All arithmetic is in whole numbers; where a quotient is rounded, the
//! recipe says how.
//!
//! ```
//! use decide::configure::{Choice, Condition, Family, FamilyParts, Group, Offer, Rule, Standing};
//! let family = Family::new(FamilyParts {
//!     groups: vec![Group::one("frame", None), Group::one("motor", None)],
//!     options: vec![Offer::new("steel", 0), Offer::new("wood", 0), Offer::new("strong", 1), Offer::new("weak", 1)],
//!     rules: vec![Rule::excludes("wood does not carry the strong motor", Condition::Chosen(1), Condition::Chosen(2))],
//!     ..FamilyParts::default()
//! })
//! .expect("a family that can be made");
//! let look = family.look(&[Choice::With(1)], 10_000).expect("the choice exists");
//! assert!(matches!(&look.options[2], Standing::RuledOut(because) if because.len() == 2));
//! assert!(matches!(&look.options[3], Standing::Forced(_)));
//! ```

mod condition;
mod explain;
mod family;
mod look;
mod make;
mod recipe;
mod solve;
#[cfg(test)]
mod tests;

pub use crate::search::model::ModelError;
pub use condition::{Condition, Of, Term};
pub use explain::Because;
pub use family::{Choice, Configuration, Family, FamilyParts, Group, Offer, Parameter, Rule};
pub use look::{Look, Range, Standing};
pub use make::{Made, MaterialNeed, PriceLine, Route};
pub use recipe::{Amount, Charge, Item, Monomial, Price, Recipe, RecipeParts, Rounding, Step, Way};

/// Most options of a family.
pub const OPTIONS_MAX: usize = 1_000;
/// Most groups of a family.
pub const GROUPS_MAX: usize = 1_000;
/// Most parameters of a family.
pub const PARAMETERS_MAX: usize = 200;
/// Most rules of a family.
pub const RULES_MAX: usize = 5_000;
/// Most choices in one look.
pub const CHOICES_MAX: usize = 2 * OPTIONS_MAX;
/// Most parts of all conditions of a family or of a recipe together.
pub const CONDITIONS_MAX: usize = 100_000;
/// Most levels of a condition.
pub const DEPTH_MAX: usize = 16;
/// Most terms of one sum.
pub const TERMS_MAX: usize = 1_000;
/// Largest value of a parameter and bound of a sum, above and below zero.
pub const VALUE_MAX: i64 = 1_000_000_000;
/// Largest factor of a term; with [`VALUE_MAX`] and [`TERMS_MAX`] it keeps every sum within 64 bits.
pub const FACTOR_MAX: i64 = 1_000_000;
/// Longest name or text [bytes].
pub const TEXT_MAX: usize = 1_000;
/// Most materials, steps or price lines of a recipe, each.
pub const LINES_MAX: usize = 5_000;
/// Most ways to carry out all steps of a recipe, and most uses of resources, each.
pub const WAYS_MAX: usize = 20_000;
/// Revisions of rules after which a family is refused because no configuration of it was found.
pub const REVISIONS_MAX: u64 = 20_000_000;
