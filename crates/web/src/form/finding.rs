//! Findings and forecasts.

use super::common::{Because, Effect, Estimate, Evidence, When, channel_names, machine_name, order_name};
use super::decision::Action;
use super::words::{Cause, ForecastKind};
use plant::Plant;
use serde::{Deserialize, Serialize};
use unit::desk::{Similar, View};
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
    /// Whether they agreed to the machine's new ways: what is usual is learned anew since then.
    pub relearn: bool,
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
    /// Agree to the machine's new ways: what is usual of it is learned anew. Needs the role engineer; may be absent.
    #[serde(default)]
    pub relearn: bool,
}

/// A past case like a finding: what it was then, what was done, and what that brought.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SimilarCase {
    /// Its finding, `finding-N`.
    pub finding: String,
    /// Since when the condition held then.
    pub since: When,
    /// The machine.
    pub machine: String,
    /// How alike, 0 to 1 [1].
    pub likeness: f64,
    /// The cause that a person confirmed.
    pub cause: Cause,
    /// Who looked: sign-in name.
    pub by: String,
    /// Their words.
    pub note: String,
    /// The decision carried out about it, `decision-N`; null where none is known of.
    pub decision: Option<String>,
    /// What was done by it.
    pub action: Option<Action>,
    /// What that brought, once it is measured.
    pub measured: Option<Effect>,
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
    /// Up to three confirmed past cases at machines of the same type that are most alike, the likest first.
    pub similar: Vec<SimilarCase>,
}

/// One step of a forecast, in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct CourseStep {
    /// What is expected in the mean.
    pub mean: f64,
    /// Lower end of the 90 % interval.
    pub low: f64,
    /// Upper end of the 90 % interval.
    pub high: f64,
    /// Quantiles at 5, 10, 25, 50, 75, 90 and 95 %.
    pub quantiles: [f64; 7],
}

/// A forecast step by step.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Course {
    /// Start of the first step.
    pub from: When,
    /// Length of each step [s].
    pub step_s: f64,
    /// Version of the model, where models are contested.
    pub version: Option<u32>,
    /// The steps.
    pub steps: Vec<CourseStep>,
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
    /// The machine concerned; null where it is the whole unit.
    pub machine: Option<String>,
    /// The order concerned.
    pub order: Option<String>,
    /// The product concerned.
    pub product: Option<String>,
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
    /// Step by step, where it is foretold so; the figure is the sum then.
    pub course: Option<Course>,
    /// What it rests on.
    pub because: Vec<Because>,
}

impl Finding {
    /// A finding with its names and similar past cases.
    pub fn of(view: &View, f: &plant::Finding) -> Self {
        let plant = &view.plant;
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
            similar: view.similar(f).iter().map(|s| SimilarCase::of(plant, s)).collect(),
        }
    }
}

impl SimilarCase {
    fn of(plant: &Plant, similar: &Similar<'_>) -> Self {
        let case = similar.case;
        Self {
            finding: case.finding.to_string(),
            since: When(case.since),
            machine: machine_name(plant, case.machine),
            likeness: similar.likeness,
            cause: case.cause.into(),
            by: case.by.clone(),
            note: case.note.clone(),
            decision: similar.done.map(|d| d.id.to_string()),
            action: similar.done.map(|d| Action::of(plant, &d.action)),
            measured: similar.outcome.map(|o| o.measured.into()),
        }
    }
}

impl From<&plant::Course> for Course {
    fn from(course: &plant::Course) -> Self {
        let finite = |x: f64| if x.is_nan() { 0.0 } else { x.clamp(f64::MIN, f64::MAX) };
        let step = |s: &plant::CourseStep| {
            let quantiles = s.quantiles.map(finite);
            CourseStep { mean: finite(s.mean), low: quantiles[0], high: quantiles[6], quantiles }
        };
        let steps = course.steps.iter().map(step).collect();
        Self { from: When(course.from), step_s: course.step.seconds(), version: course.version, steps }
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
        Self { by, at: When(c.at), right: c.right, cause: c.cause.map(Into::into), note, relearn: c.relearn }
    }
}

impl Forecast {
    /// A forecast with its names.
    pub fn of(plant: &Plant, f: &plant::Forecast) -> Self {
        Self {
            id: f.id.to_string(),
            at: When(f.at),
            from: f.from.to_string(),
            machine: f.machine.map(|m| machine_name(plant, m)),
            order: f.order.map(|o| order_name(plant, o)),
            product: f.product.and_then(|p| plant.products.get(p.index())).map(|p| p.name.clone()),
            kind: f.kind.into(),
            service: f.service.as_ref().map(ToString::to_string),
            value: f.value.into(),
            unit: f.kind.unit(),
            horizon_s: f.horizon.seconds(),
            course: f.course.as_ref().map(Course::from),
            because: Because::all(plant, &f.because),
        }
    }
}
