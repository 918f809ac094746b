//! Findings and forecasts.

use super::common::{Because, Estimate, Evidence, When, channel_names, machine_name, order_name};
use super::words::{Cause, ForecastKind};
use plant::Plant;
use serde::Serialize;
use utoipa::ToSchema;

/// Something recognised and diagnosed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Finding {
    /// Its id, `finding-N`.
    pub id: String,
    /// When it was made.
    pub at: When,
    /// The detector that made it.
    pub from: String,
    /// The machine concerned.
    pub machine: String,
    /// The channel that shows it best.
    pub channel: Option<String>,
    /// Likely cause.
    pub cause: Cause,
    /// Probability that the cause is right [1].
    pub probability: f64,
    /// The proof.
    pub evidence: Vec<Evidence>,
    /// What it costs per hour while it lasts.
    pub loss: Option<Evidence>,
    /// Since when the condition holds.
    pub since: When,
    /// When the condition was seen to have ended.
    pub ended: Option<When>,
    /// What it rests on.
    pub because: Vec<Because>,
}

/// Something predicted.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Forecast {
    /// Its id, `forecast-N`.
    pub id: String,
    /// When it was made.
    pub at: When,
    /// The predictor that made it.
    pub from: String,
    /// The machine concerned.
    pub machine: String,
    /// The order concerned.
    pub order: Option<String>,
    /// What is predicted.
    pub kind: ForecastKind,
    /// Service word that would remedy it: `tool`, `bearing`, `leak`.
    pub service: Option<String>,
    /// The figure.
    pub value: Estimate,
    /// UCUM code of the figure.
    pub unit: &'static str,
    /// How far ahead it looks [s].
    pub horizon_s: f64,
    /// What it rests on.
    pub because: Vec<Because>,
}

impl Finding {
    /// A finding with its names.
    pub fn of(plant: &Plant, f: &plant::Finding) -> Self {
        Self {
            id: f.id.to_string(),
            at: When(f.at),
            from: f.from.to_string(),
            machine: machine_name(plant, f.machine),
            channel: f.channel.map(|c| channel_names(plant, c).1),
            cause: f.cause.into(),
            probability: f.probability,
            evidence: f.evidence.iter().map(Evidence::from).collect(),
            loss: f.loss.as_ref().map(Evidence::from),
            since: When(f.since),
            ended: f.ended.map(When),
            because: Because::all(plant, &f.because),
        }
    }
}

impl Forecast {
    /// A forecast with its names.
    pub fn of(plant: &Plant, f: &plant::Forecast) -> Self {
        Self {
            id: f.id.to_string(),
            at: When(f.at),
            from: f.from.to_string(),
            machine: machine_name(plant, f.machine),
            order: f.order.map(|o| order_name(plant, o)),
            kind: f.kind.into(),
            service: f.service.as_ref().map(ToString::to_string),
            value: f.value.into(),
            unit: f.kind.unit(),
            horizon_s: f.horizon.seconds(),
            because: Because::all(plant, &f.because),
        }
    }
}
