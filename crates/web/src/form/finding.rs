//! Findings and forecasts.

use super::common::{Because, Estimate, Evidence, When, channel_names, machine_name, order_name};
use super::words::{Cause, ForecastKind};
use plant::Plant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a cause is likely or not.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Reason {
    /// What was looked at, a code such as `load_high`.
    pub symptom: String,
    /// How strongly it shows, 0 to 1 [1].
    pub strength: f64,
    /// What it adds to the logarithm of the odds of the cause [1].
    pub weight: f64,
}

/// A cause that may lie behind a finding.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Suspect {
    /// The cause.
    pub cause: Cause,
    /// Its probability among the causes that were weighed [1].
    pub probability: f64,
    /// What speaks most for and against it.
    pub reasons: Vec<Reason>,
}

/// What a person found when they looked.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Confirmation {
    /// Sign-in name.
    pub by: String,
    /// When.
    pub at: When,
    /// Whether the cause that the finding named was it.
    pub right: bool,
    /// What it was instead, where they know.
    pub cause: Option<Cause>,
    /// Their words.
    pub note: String,
}

/// What a person found when they looked at a finding.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConfirmation {
    /// Whether the cause that it names was it.
    pub right: bool,
    /// What it was instead; absent where that is not known, or the cause was right.
    pub cause: Option<String>,
    /// Words about it, up to 1,000 characters; may be absent.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub note: String,
}

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
    /// The causes that were weighed, the likeliest first; empty where the detector knows the only one.
    pub causes: Vec<Suspect>,
    /// What a person found; null until one has looked.
    pub confirmation: Option<Confirmation>,
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
            causes: f.causes.iter().map(Suspect::from).collect(),
            confirmation: f.confirmation.as_ref().map(Confirmation::from),
        }
    }
}

impl From<&plant::Suspect> for Suspect {
    fn from(s: &plant::Suspect) -> Self {
        let reason = |r: &plant::Reason| Reason { symptom: r.symptom.to_string(), strength: r.strength, weight: r.weight };
        Self { cause: s.cause.into(), probability: s.probability, reasons: s.reasons.iter().map(reason).collect() }
    }
}

impl From<&plant::Confirmation> for Confirmation {
    fn from(c: &plant::Confirmation) -> Self {
        let (by, note) = (c.by.clone(), c.note.clone());
        Self { by, at: When(c.at), right: c.right, cause: c.cause.map(Into::into), note }
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
