//! What the unit foretells of itself, and how that fared.

use super::common::{When, Window};
use super::finding::Forecast;
use super::words::ForecastKind;
use plant::Plant;
use serde::Serialize;
use unit::outlook::Proposal;
use utoipa::ToSchema;

/// How forecasts of a series fared lately.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Fared {
    /// Steps foretold that came, in all.
    pub steps: u64,
    /// Mean absolute error, in the unit of the forecast.
    pub error: f64,
    /// The same over the mean of what came [1]; null where nothing came at all.
    pub relative_error: Option<f64>,
    /// Mean of what was foretold too much, in the unit of the forecast.
    pub bias: f64,
    /// Share of what came that the 90 % interval held [1].
    pub coverage: f64,
    /// Error over that of the value a season before (a day for energy, a week for demand) [1]; below 1 the forecast is the better one.
    pub against_baseline: f64,
}

/// A contest of a newly learned model with the one in use, on later data that neither had seen.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Contest {
    /// When.
    pub at: When,
    /// The version that was in use.
    pub version: u32,
    /// What the challenger was learned from.
    pub learned: Window,
    /// What both were measured on.
    pub on: Window,
    /// Days compared; of lives of parts, failures.
    pub blocks: u32,
    /// Mean loss of the version in use, in the unit of the forecast.
    pub in_use: f64,
    /// Mean loss of the challenger.
    pub challenger: f64,
    /// How likely the challenger is the better one [1].
    pub probability: f64,
    /// Whether it took over, under the next version.
    pub swapped: bool,
}

/// One series that the unit foretells of itself.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Prospect {
    /// What is foretold.
    pub kind: ForecastKind,
    /// The product, of demand.
    pub product: Option<String>,
    /// UCUM code of its figures.
    pub unit: &'static str,
    /// The forecast of the day (of demand: the week) that has begun; null until enough is known.
    pub forecast: Option<Forecast>,
    /// The forecast of the day after, told a day ahead, of energy; null until enough is known.
    pub ahead: Option<Forecast>,
    /// What came in its steps; null where nothing has yet.
    pub came: Vec<Option<f64>>,
    /// How forecasts fared lately; null until a step came.
    pub fared: Option<Fared>,
    /// How forecasts told a day ahead fared lately; null until a step came.
    pub fared_ahead: Option<Fared>,
    /// What speaks for learning anew: `risen`, `missing` or `worse`; null where nothing does.
    pub proposal: Option<&'static str>,
    /// The version of the model in use, of energy; 1 is the plain one that is not learned.
    pub version: Option<u32>,
    /// What that was learned from; null for the plain one.
    pub learned: Option<Window>,
    /// Contests, oldest first.
    pub contests: Vec<Contest>,
    /// Days known where they are not enough yet.
    pub days_known: Option<u32>,
    /// Days needed then.
    pub days_needed: Option<u32>,
}

/// Which model foretells something at the machines of a kind.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ModelReport {
    /// What is foretold.
    pub kind: ForecastKind,
    /// Kind of the machines.
    pub machine_type: String,
    /// Service word that replaces the part whose life it is: `tool` or `bearing`; null where it is of no part.
    pub part: Option<&'static str>,
    /// UCUM code of losses.
    pub unit: &'static str,
    /// The version in use; 1 is the plain one that is not learned.
    pub version: u32,
    /// What that was learned from; null for the plain one.
    pub learned: Option<Window>,
    /// Contests, oldest first.
    pub contests: Vec<Contest>,
    /// How what was foretold fared lately; null until something of it came since the start.
    pub fared: Option<ModelFared>,
}

/// How what was foretold at the machines of a kind fared lately.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ModelFared {
    /// Forecasts that came, since the start.
    pub count: u64,
    /// Mean absolute error, in the unit of the losses.
    pub error: f64,
    /// That of the plain way, in the same unit.
    pub plain_error: f64,
    /// Share of what came that the 90 % interval held [1].
    pub coverage: f64,
}

impl From<&unit::outlook::lessons::Report> for ModelReport {
    fn from(report: &unit::outlook::lessons::Report) -> Self {
        let topic = report.of.topic;
        Self {
            kind: topic.forecast().into(),
            machine_type: report.of.kind.clone(),
            part: topic.part().map(|part| part.service()),
            unit: topic.forecast().unit(),
            version: report.standing.version,
            learned: report.standing.learned.map(Window::from),
            contests: report.contests.iter().map(Contest::from).collect(),
            fared: report.fared.map(|s| ModelFared { count: s.count, error: s.off, plain_error: s.plain_off, coverage: s.held }),
        }
    }
}

impl From<&plant::Contest> for Contest {
    fn from(c: &plant::Contest) -> Self {
        Self {
            at: When(c.at),
            version: c.version,
            learned: c.learned.into(),
            on: c.on.into(),
            blocks: c.blocks,
            in_use: c.in_use,
            challenger: c.challenger,
            probability: c.probability,
            swapped: c.swapped,
        }
    }
}

impl Prospect {
    /// A prospect with its names.
    pub fn of(plant: &Plant, p: &unit::outlook::Prospect) -> Self {
        let fared = |live: unit::outlook::Live| Fared {
            steps: live.count,
            error: live.error,
            relative_error: (p.usual > 0.0).then(|| live.error / p.usual),
            bias: live.bias,
            coverage: live.coverage,
            against_baseline: if live.against_baseline.is_finite() { live.against_baseline } else { 0.0 },
        };
        let product = p.subject.product();
        let days = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            kind: p.subject.kind().into(),
            product: product.and_then(|id| plant.products.get(id.index())).map(|product| product.name.clone()),
            unit: p.subject.kind().unit(),
            forecast: p.forecast.as_ref().map(|f| Forecast::of(plant, f)),
            ahead: p.ahead.as_ref().map(|f| Forecast::of(plant, f)),
            came: p.came.iter().map(|x| x.is_finite().then_some(*x)).collect(),
            fared: p.live.map(fared),
            fared_ahead: p.live_ahead.map(fared),
            proposal: p.proposal.map(|proposal| match proposal {
                Proposal::Risen(..) => "risen",
                Proposal::Missing(_) => "missing",
                Proposal::Worse(_) => "worse",
            }),
            version: product.is_none().then_some(p.standing.version),
            learned: p.standing.learned.map(Window::from),
            contests: p.contests.iter().map(Contest::from).collect(),
            days_known: p.lacks.map(|(found, _)| days(found)),
            days_needed: p.lacks.map(|(_, needed)| days(needed)),
        }
    }
}
