//! A record walked back, by what it rests on, to the readings.

use super::common::{Readings, When};
use super::decision::{Command, Decision, Outcome};
use super::finding::{Finding, Forecast};
use super::order::Order;
use super::revision::Revision;
use super::words::RecordKind;
use serde::Serialize;
use utoipa::ToSchema;

/// The whole record.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = RecordBody)]
pub enum Body {
    /// Something recognised.
    Finding(Finding),
    /// Something predicted.
    Forecast(Forecast),
    /// Something chosen.
    Decision(Box<Decision>),
    /// Something told to a machine.
    Command(Command),
    /// Something measured.
    Outcome(Outcome),
    /// Figures of closed periods changed by late readings.
    Revision(Revision),
}

/// A record of any kind.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Record)]
pub struct RecordForm {
    /// Its kind.
    pub kind: RecordKind,
    /// Its id.
    pub id: String,
    /// When it was made.
    pub at: When,
    /// Who made it.
    pub from: String,
    /// The machine concerned.
    pub machine: String,
    /// The whole record.
    pub body: Body,
}

/// A record and what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Walk {
    /// The record.
    pub record: RecordForm,
    /// What it rests on.
    #[schema(no_recursion)]
    pub because: Vec<Step>,
}

/// One step back.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Step {
    /// Another record, walked back in turn.
    Walk(Box<Walk>),
    /// Readings: here the walk ends.
    Readings {
        /// The readings.
        readings: Readings,
    },
    /// An order: here the walk ends.
    Order {
        /// The order.
        order: Box<Order>,
    },
    /// A record that is not shown.
    Cut {
        /// Which, and why.
        cut: Cut,
    },
}

/// A record at which a walk was cut off.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Cut {
    /// Id of the record, or name of the order.
    pub id: String,
    /// `depth`, `size` or `unknown`.
    pub reason: &'static str,
}
