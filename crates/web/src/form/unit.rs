//! The unit at a glance: the loop as figures, and the newest records in brief.

use super::common::{Effect, Estimate, When, channel_names, machine_name};
use super::data::AccountForm;
use super::kpi::Kpis;
use super::machine::{MachineBrief, machines_of_line, power_w};
use super::words::{ActionWord, CommandState, DecisionState, Metric, RecordKind};
use plant::{DecisionState as State, Plant, Record};
use serde::Serialize;
use unit::desk::{Gain, Scope, View};
use utoipa::ToSchema;

/// Newest records shown with the unit.
const LATEST_MAX: usize = 20;

/// How many records of each kind were made since the unit was set up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Counts {
    /// Findings.
    pub finding: u64,
    /// Forecasts.
    pub forecast: u64,
    /// Decisions.
    pub decision: u64,
    /// Commands.
    pub command: u64,
    /// Outcomes.
    pub outcome: u64,
    /// Revisions.
    pub revision: u64,
}

/// A line at a glance.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LineBrief {
    /// Its name.
    pub name: String,
    /// Its KPIs since the start of the shift.
    pub kpis: Option<Kpis>,
    /// Names of its machines.
    pub machines: Vec<String>,
}

/// What decisions of one metric brought so far.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Gain)]
pub struct GainForm {
    /// What changed.
    pub metric: Metric,
    /// UCUM code of its unit.
    pub unit: &'static str,
    /// Outcomes measured.
    pub outcomes: u64,
    /// Sum of the expected effects.
    pub expected: f64,
    /// Sum of the measured effects.
    pub measured: Estimate,
}

/// A record at a glance.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RecordBrief {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: RecordKind,
    /// When it was made.
    pub at: When,
    /// The machine concerned.
    pub machine: String,
    /// A code: the cause, what is predicted, the action, the channel written, the metric measured, why figures were revised.
    pub what: String,
    /// A code: `open` or `ended`, the service or order predicted, the state, the kind of the decision measured, whether a revision is done; may be
    /// empty.
    pub detail: String,
    /// The figure that says most, where there is one.
    pub value: Option<f64>,
    /// UCUM code of the figure.
    pub unit: Option<String>,
}

/// The unit at a glance.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Unit {
    /// Name of the site.
    pub site: String,
    /// The instant shown, by the unit's clock.
    pub at: When,
    /// How many times faster than real time the unit's clock runs.
    pub clock_speed: f64,
    /// ISO 4217 code of the prices.
    pub currency: String,
    /// Price of energy [currency/kW.h].
    pub energy_price: f64,
    /// Emissions of energy [kg CO2/kW.h].
    pub carbon_per_kwh: f64,
    /// The account of all readings.
    pub accounting: AccountForm,
    /// Readings accepted per second of real time, over the last seconds.
    pub readings_per_second: f64,
    /// Electrical power of all machines now [W]; null where no machine reports one.
    pub power_w: Option<f64>,
    /// Records made so far.
    pub counts: Counts,
    /// Findings that are open.
    pub findings_open: u64,
    /// Decisions that wait for a person.
    pub decisions_pending: u64,
    /// KPIs since the start of the shift.
    pub kpis: Option<Kpis>,
    /// Lines.
    pub lines: Vec<LineBrief>,
    /// Machines.
    pub machines: Vec<MachineBrief>,
    /// What the decisions brought so far.
    pub gains: Vec<GainForm>,
    /// The newest records of any kind, newest first.
    pub latest: Vec<RecordBrief>,
}

/// An event of the live stream `/api/v1/live` that says that records were missed because the reader was slow.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Missed {
    /// How many records.
    pub missed: u64,
}

impl From<&Gain> for GainForm {
    fn from(g: &Gain) -> Self {
        Self {
            metric: g.metric.into(),
            unit: g.metric.unit(),
            outcomes: g.outcomes,
            expected: g.expected,
            measured: Effect::from(g.measured).value,
        }
    }
}

impl RecordBrief {
    /// A record in brief.
    pub fn of(plant: &Plant, record: &Record) -> Self {
        let (machine, what, detail, figure) = match record {
            Record::Finding(f) => {
                let open = if f.ended.is_none() { "open" } else { "ended" };
                let figure = f.loss.as_ref().map(|l| (l.value.value, l.unit.to_string()));
                (machine_name(plant, f.machine), f.cause.word().to_owned(), open.to_owned(), figure)
            }
            Record::Forecast(f) => {
                let figure = Some((f.value.value, f.kind.unit().to_owned()));
                let order = f.order.map(|o| super::common::order_name(plant, o));
                let product = f.product.and_then(|p| plant.products.get(p.index())).map(|p| p.name.clone());
                let detail = order.or_else(|| f.service.as_ref().map(ToString::to_string)).or(product).unwrap_or_default();
                (f.machine.map(|m| machine_name(plant, m)).unwrap_or_default(), f.kind.word().to_owned(), detail, figure)
            }
            Record::Decision(d) => {
                let what = ActionWord::from(&d.action).to_string();
                let state = DecisionState::from(&d.state).to_string();
                let figure = Some((d.expected.value.value, d.expected.metric.unit().to_owned()));
                (machine_name(plant, d.machine), what, state, figure)
            }
            Record::Command(c) => {
                let (machine, channel) = channel_names(plant, c.channel);
                (machine, channel, CommandState::from(&c.state).to_string(), None)
            }
            Record::Outcome(o) => {
                let figure = Some((o.measured.value.value, o.measured.metric.unit().to_owned()));
                (machine_name(plant, o.machine), o.measured.metric.word().to_owned(), o.kind.word().to_owned(), figure)
            }
            Record::Revision(r) => (
                machine_name(plant, r.machine),
                r.from.to_string(),
                r.state.word().to_owned(),
                Some((r.late as f64, "1".to_owned())),
            ),
        };
        let (value, unit) = figure.unzip();
        let id = record.id();
        Self { id: id.to_string(), kind: id.kind.into(), at: When(record.at()), machine, what, detail, value, unit }
    }
}

fn latest(view: &View) -> Vec<RecordBrief> {
    let newest = |list: &mut Vec<Record>| {
        list.sort_by_key(|r| std::cmp::Reverse((r.at(), r.id())));
        list.truncate(LATEST_MAX);
    };
    let mut all: Vec<Record> = Vec::new();
    all.extend(view.findings.iter().cloned().map(Record::Finding));
    all.extend(view.forecasts.iter().cloned().map(Record::Forecast));
    newest(&mut all);
    all.extend(view.decisions.iter().cloned().map(Record::Decision));
    newest(&mut all);
    all.extend(view.commands.iter().cloned().map(Record::Command));
    all.extend(view.outcomes.iter().cloned().map(Record::Outcome));
    all.extend(view.revisions.iter().cloned().map(Record::Revision));
    newest(&mut all);
    all.iter().map(|r| RecordBrief::of(&view.plant, r)).collect()
}

impl Unit {
    /// The unit as the view shows it; `readings_per_second` is counted by who watches the views go by.
    pub fn of(view: &View, clock_speed: f64, readings_per_second: f64) -> Self {
        let plant = &view.plant;
        let powers: Vec<f64> = plant.machines.iter().filter_map(|m| power_w(view, m.id)).collect();
        let [finding, forecast, decision, command, outcome, revision] = view.counts;
        let lines = plant.lines.iter().map(|l| LineBrief {
            name: l.name.clone(),
            kpis: view.kpis_of(Scope::Line(l.id)).map(Kpis::from),
            machines: machines_of_line(view, l.id),
        });
        Self {
            site: plant.site.clone(),
            at: When(view.at),
            clock_speed,
            currency: plant.prices.currency.to_string(),
            energy_price: plant.prices.energy_per_kwh,
            carbon_per_kwh: plant.prices.carbon_per_kwh,
            accounting: (&view.accounting.total()).into(),
            readings_per_second,
            power_w: (!powers.is_empty()).then(|| powers.iter().sum()),
            counts: Counts { finding, forecast, decision, command, outcome, revision },
            findings_open: view.findings.iter().filter(|f| f.ended.is_none()).count() as u64,
            decisions_pending: view.decisions.iter().filter(|d| d.state == State::Pending).count() as u64,
            kpis: view.kpis_of(Scope::Unit).map(Kpis::from),
            lines: lines.collect(),
            machines: plant.machines.iter().map(|m| MachineBrief::of(view, m)).collect(),
            gains: view.gains.iter().map(GainForm::from).collect(),
            latest: latest(view),
        }
    }
}
