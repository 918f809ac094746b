//! What customers may order of this unit: families that are configured, and dates that are promised by the live schedule.
//!
//! ```text
//! choices ─> Offering (decide::configure) ─> Configured: material, route, price, instructions
//!                                               │
//! View + Schedule + Past ─> Promising (decide::promise: trial insertion, sampled durations) ─> Promised: a date, and how sure it is
//! ```
//!
//! Enters: an [`Offering`] from configuration, choices, a view, the newest schedule, what is known of the [`Past`]. Leaves: a
//! [`Configured`] and a [`Promised`]. Absent: who accepts and where it is kept (`node`), forms, the clock.

mod offering;
mod past;
mod promise;
mod show;
#[cfg(test)]
mod tests;

pub use decide::configure::{
    Amount, Because, CHOICES_MAX, Charge, Choice, Condition, Configuration, Family, FamilyParts, Group, Item, Look, ModelError,
    Monomial, Of, Offer, Parameter, Price, Range, Recipe, RecipeParts, Rounding, Rule, Standing, Step, Term, Way,
};
pub use offering::{Configured, Offering, Told, Unmade};
pub use past::{Made, Past};
pub use promise::{Asked, Basis, Promised, Promising};
pub use show::{CHOSEN_MAX, Reason, Shown, Stand, Values};
