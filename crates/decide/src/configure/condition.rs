//! Conditions over options and parameters.
//!
//! Enters: which options are chosen, the values of parameters. Leaves: whether a condition holds. Absent: search (`solve` narrows by them).

use super::{DEPTH_MAX, FACTOR_MAX, ModelError, TERMS_MAX, VALUE_MAX};
use std::ops::Not;

/// What counts in a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// An option: 1 where it is chosen, else 0.
    Option(u32),
    /// The value of a parameter [its unit].
    Parameter(u32),
}

/// A factor times an option or a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The factor.
    pub times: i64,
    /// What is multiplied.
    pub of: Of,
}

/// What a rule speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// An option is chosen.
    Chosen(u32),
    /// A sum lies within bounds, both included.
    Sum {
        /// What is added.
        terms: Vec<Term>,
        /// Not below; none: however small.
        least: Option<i64>,
        /// Not above; none: however large.
        most: Option<i64>,
    },
    /// All hold; without any, always.
    All(Vec<Condition>),
    /// At least one holds; without any, never.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
}

impl Condition {
    /// What always holds.
    pub const fn always() -> Self {
        Self::All(Vec::new())
    }

    /// A parameter lies within bounds, both included [its unit].
    pub fn between(parameter: u32, least: Option<i64>, most: Option<i64>) -> Self {
        Self::Sum { terms: vec![Term { times: 1, of: Of::Parameter(parameter) }], least, most }
    }

    /// Whether it holds for values: of the options first, then of the parameters.
    pub(super) fn holds(&self, options: usize, values: &[i64]) -> bool {
        match self {
            Self::Chosen(option) => values[*option as usize] == 1,
            Self::Sum { terms, least, most } => {
                let sum: i64 = terms.iter().map(|t| t.times * values[t.of.place(options)]).sum();
                least.is_none_or(|l| sum >= l) && most.is_none_or(|m| sum <= m)
            }
            Self::All(parts) => parts.iter().all(|p| p.holds(options, values)),
            Self::Any(parts) => parts.iter().any(|p| p.holds(options, values)),
            Self::Not(part) => !part.holds(options, values),
        }
    }

    /// Looks whether all of it exists and is within its limits; takes its parts off `left`.
    pub(super) fn checked(&self, place: &dyn Fn() -> String, known: Known, left: &mut usize) -> Result<(), ModelError> {
        self.descend(place, known, left, DEPTH_MAX)
    }

    fn descend(&self, place: &dyn Fn() -> String, known: Known, left: &mut usize, depth: usize) -> Result<(), ModelError> {
        let Some(deeper) = depth.checked_sub(1) else {
            return Err(ModelError::at(place(), "deeper", format!("{DEPTH_MAX} levels")));
        };
        let parts = if let Self::Sum { terms, .. } = self { 1 + terms.len() } else { 1 };
        *left = left.checked_sub(parts).ok_or_else(|| {
            ModelError::at(place(), "more parts", format!("{} parts of all conditions together", super::CONDITIONS_MAX))
        })?;
        match self {
            Self::Chosen(option) => known.checked(place, Of::Option(*option)),
            Self::Sum { terms, least, most } => {
                within(|| format!("{}, number of terms", place()), terms.len() as i64, 1, TERMS_MAX as i64)?;
                for term in terms {
                    known.checked(place, term.of)?;
                    within(|| format!("{}, factor", place()), term.times, -FACTOR_MAX, FACTOR_MAX)?;
                }
                let sum_max = VALUE_MAX * FACTOR_MAX;
                for bound in [least, most].into_iter().flatten() {
                    within(|| format!("{}, bound", place()), *bound, -sum_max, sum_max)?;
                }
                Ok(())
            }
            Self::All(parts) | Self::Any(parts) => parts.iter().try_for_each(|p| p.descend(place, known, left, deeper)),
            Self::Not(part) => part.descend(place, known, left, deeper),
        }
    }
}

impl Not for Condition {
    type Output = Self;
    /// The contrary.
    fn not(self) -> Self {
        Self::Not(Box::new(self))
    }
}

impl Of {
    /// Its place among the values: options first, then parameters.
    pub(super) const fn place(self, options: usize) -> usize {
        match self {
            Self::Option(option) => option as usize,
            Self::Parameter(parameter) => options + parameter as usize,
        }
    }
}

/// How many options and parameters there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub options: usize,
    pub parameters: usize,
}

impl Known {
    /// Whether an option or a parameter exists.
    pub fn checked(self, place: &dyn Fn() -> String, of: Of) -> Result<(), ModelError> {
        let (word, number, count) = match of {
            Of::Option(option) => ("option", option, self.options),
            Of::Parameter(parameter) => ("parameter", parameter, self.parameters),
        };
        within(|| format!("{}, {word}", place()), i64::from(number), 0, count as i64 - 1)
    }
}

/// Whether a number lies in a range, both ends included.
pub(super) fn within(place: impl Fn() -> String, found: i64, low: i64, high: i64) -> Result<(), ModelError> {
    if (low..=high).contains(&found) {
        return Ok(());
    }
    let allowed = if low > high { "none: there is none".to_owned() } else { format!("{low} to {high}") };
    Err(ModelError::at(place(), found.to_string(), allowed))
}
