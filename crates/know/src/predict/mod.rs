//! Predictors: each looks at what is remembered of one machine and says what it expects.
//!
//! Enters: a [`Sight`]. Leaves: [`Foresight`]s. Absent: ids, what was said before.

mod alarms;
pub mod degradation;
mod order_done;
mod scrap;

use crate::detect::Sight;
use measure::{Estimate, Span};
use plant::{Because, Code, ForecastKind, OrderId};

/// Something expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Foresight {
    /// Tells apart several of one kind and service of one machine, say by their horizon.
    pub slot: u8,
    /// What is predicted.
    pub kind: ForecastKind,
    /// The order concerned.
    pub order: Option<OrderId>,
    /// Service word that would remedy it.
    pub service: Option<Code>,
    /// The figure, in the unit of the kind.
    pub value: Estimate,
    /// How far ahead it looks.
    pub horizon: Span,
    /// What it rests on.
    pub because: Vec<Because>,
}

/// A predictor.
#[derive(Clone, Copy)]
pub struct Predictor {
    /// Its code in records.
    pub name: &'static str,
    /// How often it looks.
    pub cadence: Span,
    /// Looks; an empty list withdraws what was said.
    pub foresee: fn(&Sight<'_>) -> Vec<Foresight>,
}

/// All predictors, by name.
pub const ALL: &[Predictor] = &[alarms::PREDICTOR, degradation::PREDICTOR, order_done::PREDICTOR, scrap::PREDICTOR];
