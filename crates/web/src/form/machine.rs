//! Machines: what they do, their channels and charts, what is known, found and decided about them.

use super::baseline::Baseline;
use super::common::{Estimate, When, machine_name, order_name};
use super::decision::Decision;
use super::energy::EnergyAccount;
use super::finding::{Finding, Forecast};
use super::kpi::Kpis;
use super::words::{ChannelKind, ChannelRole, MachineState, Quality};
use crate::house::Point;
use plant::{MachineId, MachineProfile, Role};
use serde::Serialize;
use std::collections::BTreeMap;
use unit::desk::{self, Scope, View};
use utoipa::ToSchema;

/// A number or a word.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Figure {
    /// A number in the channel's unit.
    Number(f64),
    /// A word.
    Word(String),
}

/// A machine at a glance.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MachineBrief {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// The line it stands in; null for shared equipment.
    pub line: Option<String>,
    /// What it is doing.
    pub state: MachineState,
    /// Since when.
    pub since: Option<When>,
    /// Order it works on.
    pub order: Option<String>,
    /// Orders that wait at it, oldest first.
    pub infeed: Vec<String>,
    /// OEE since the start of the shift [1].
    pub oee: Option<f64>,
    /// Availability since the start of the shift [1].
    pub availability: Option<f64>,
    /// Electrical power now [W].
    pub power_w: Option<f64>,
    /// Good pieces since the start of the shift.
    pub good: f64,
    /// Scrapped pieces since the start of the shift.
    pub scrap: f64,
    /// Findings that are open.
    pub findings_open: u32,
    /// Last reading of any of its channels.
    pub heard: Option<When>,
}

/// A channel with its newest value.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Channel {
    /// Name within the machine.
    pub name: String,
    /// What it means.
    pub role: ChannelRole,
    /// How its values follow each other.
    pub kind: ChannelKind,
    /// UCUM code.
    pub unit: String,
    /// The newest value.
    pub value: Option<Figure>,
    /// Its source time.
    pub at: Option<When>,
    /// How far it can be trusted.
    pub quality: Option<Quality>,
    /// Whether it may be written by decisions.
    pub writable: bool,
    /// Lowest and highest number accepted.
    pub range: Option<[f64; 2]>,
}

/// Learned power draw in one state.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct StatePower {
    /// Mean [W].
    pub mean_w: f64,
    /// Standard deviation of one-minute means [W].
    pub deviation_w: f64,
    /// Minutes observed.
    pub minutes: f64,
}

/// What was learned of a machine; null where too little was seen.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Profile {
    /// Power by machine state.
    pub power: BTreeMap<String, StatePower>,
    /// Length left of the idle spell it is in [s].
    pub idle_left_s: Option<Estimate>,
    /// Warm-up from standby [s].
    pub warm_up_s: Option<Estimate>,
    /// Repair after a failure [s].
    pub repair_s: Option<Estimate>,
    /// Operating time between failures [s].
    pub between_failures_s: Option<Estimate>,
    /// Set-up time [s].
    pub set_up_s: Option<Estimate>,
    /// Time per piece relative to plan [1].
    pub cycle_ratio: Option<Estimate>,
    /// Share of pieces scrapped lately [1].
    pub scrap_share: Option<Estimate>,
    /// Share of pieces scrapped when in good order [1].
    pub scrap_base: Option<Estimate>,
    /// Share of shift time producing lately [1].
    pub busy_share: Option<f64>,
    /// Id of the forecast of failure in force.
    pub failure: Option<String>,
}

/// A machine with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Machine {
    /// At a glance.
    #[serde(flatten)]
    pub brief: MachineBrief,
    /// KPIs since the start of the shift.
    pub kpis: Option<Kpis>,
    /// Its channels.
    pub channels: Vec<Channel>,
    /// Findings about it, open ones first.
    pub findings: Vec<Finding>,
    /// Forecasts about it.
    pub forecasts: Vec<Forecast>,
    /// Decisions about it, pending ones first.
    pub decisions: Vec<Decision>,
    /// Where its energy went in the last 24 h.
    pub energy: Option<EnergyAccount>,
    /// What was learned of it.
    pub profile: Option<Profile>,
    /// What is usual of it in which respect, frozen or being learned.
    pub baselines: Vec<Baseline>,
}

/// A stretch of time in one state.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Stretch {
    /// The state.
    pub state: MachineState,
    /// Start.
    pub from: When,
    /// End; of the last one, the instant of asking.
    pub to: When,
}

/// One bucket of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct SeriesPoint {
    /// Start of the bucket.
    pub at: When,
    /// Mean.
    pub mean: f64,
    /// Lowest number.
    pub low: f64,
    /// Highest number.
    pub high: f64,
    /// Readings in the bucket.
    pub count: u64,
}

/// A word at an instant.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SeriesWord {
    /// When.
    pub at: When,
    /// The word.
    pub word: String,
}

/// A channel's history: `points` for number channels, `words` for word channels (the last word of each bucket).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Series {
    /// UCUM code.
    pub unit: String,
    /// How values follow each other.
    pub kind: ChannelKind,
    /// Buckets with at least one reading.
    pub points: Vec<SeriesPoint>,
    /// Words.
    pub words: Vec<SeriesWord>,
}

/// Power of a machine now [W], whatever unit its meter speaks.
pub fn power_w(view: &View, machine: MachineId) -> Option<f64> {
    let channel = view.plant.role(machine, Role::Power)?;
    let watt: measure::Unit = "W".parse().ok()?;
    channel.unit.convert(view.image.number(channel.id)?, &watt).ok()
}

impl MachineBrief {
    /// A machine as the view shows it.
    pub fn of(view: &View, machine: &plant::Machine) -> Self {
        let plant = &view.plant;
        let image = view.image.machines.get(machine.id.index()).cloned().unwrap_or_default();
        let kpis = view.kpis_of(Scope::Machine(machine.id));
        let open = view.findings.iter().filter(|f| f.machine == machine.id && f.ended.is_none()).count();
        Self {
            name: machine.name.clone(),
            kind: machine.kind.clone(),
            line: machine.line.map(|l| plant.line(l).name.clone()),
            state: image.state.into(),
            since: When::heard(image.since),
            order: image.order.map(|o| order_name(plant, o)),
            infeed: image.infeed.iter().map(|o| order_name(plant, *o)).collect(),
            oee: kpis.and_then(|k| k.oee),
            availability: kpis.and_then(|k| k.availability),
            power_w: power_w(view, machine.id),
            good: kpis.map_or(0.0, |k| k.good),
            scrap: kpis.map_or(0.0, |k| k.scrap),
            findings_open: u32::try_from(open).unwrap_or(u32::MAX),
            heard: When::heard(image.heard),
        }
    }
}

impl Channel {
    /// A channel as the view shows it.
    pub fn of(view: &View, channel: &plant::Channel) -> Self {
        let latest = view.image.latest.get(channel.id.index()).copied().flatten();
        let value = latest.and_then(|l| match channel.kind.is_word() {
            true => view.image.words.word(l.value).map(|w| Figure::Word(w.to_string())),
            false => Some(Figure::Number(l.value)),
        });
        Self {
            name: channel.name.clone(),
            role: channel.role.into(),
            kind: channel.kind.into(),
            unit: channel.unit.code().to_owned(),
            value,
            at: latest.map(|l| When(l.at)),
            quality: latest.map(|l| l.quality.into()),
            writable: channel.writable.is_some(),
            range: channel.range.map(|(low, high)| [low, high]),
        }
    }
}

impl From<&MachineProfile> for Profile {
    fn from(p: &MachineProfile) -> Self {
        let power = plant::MachineState::ALL.iter().map(|(state, word)| (*word, p.power[state.index()]));
        let seen = power
            .filter(|(_, p)| p.minutes > 0.0)
            .map(|(word, p)| (word.to_owned(), StatePower { mean_w: p.mean, deviation_w: p.deviation, minutes: p.minutes }));
        Self {
            power: seen.collect(),
            idle_left_s: p.idle_left_s.map(Estimate::from),
            warm_up_s: p.warm_up_s.map(Estimate::from),
            repair_s: p.repair_s.map(Estimate::from),
            between_failures_s: p.between_failures_s.map(Estimate::from),
            set_up_s: p.set_up_s.map(Estimate::from),
            cycle_ratio: p.cycle_ratio.map(Estimate::from),
            scrap_share: p.scrap_share.map(Estimate::from),
            scrap_base: p.scrap_base.map(Estimate::from),
            busy_share: p.busy_share,
            failure: p.failure.map(|id| id.to_string()),
        }
    }
}

impl Machine {
    /// A machine with all that the view shows of it.
    pub fn of(view: &View, machine: &plant::Machine) -> Self {
        let plant = &view.plant;
        let id = machine.id;
        let decisions = view.decisions.iter().filter(|d| d.machine == id);
        Self {
            brief: MachineBrief::of(view, machine),
            kpis: view.kpis_of(Scope::Machine(id)).map(Kpis::from),
            channels: plant.channels_of(id).map(|c| Channel::of(view, c)).collect(),
            findings: view.findings.iter().filter(|f| f.machine == id).map(|f| Finding::of(view, f)).collect(),
            forecasts: view.forecasts.iter().filter(|f| f.machine == Some(id)).map(|f| Forecast::of(plant, f)).collect(),
            decisions: decisions.map(|d| Decision::of(plant, d, &view.commands, &view.outcomes)).collect(),
            energy: EnergyAccount::in_view(view, id),
            profile: view.profiles.iter().find(|p| p.machine == id).map(Profile::from),
            baselines: Baseline::of_machine(view, id),
        }
    }
}

impl Stretch {
    /// The part of a stretch that is not before an instant, if any.
    pub fn since(stretch: &desk::Stretch, from: measure::Instant) -> Option<Self> {
        let start = stretch.window.from.max(from);
        (stretch.window.to > start).then(|| Self { state: stretch.state.into(), from: When(start), to: When(stretch.window.to) })
    }
}

impl Series {
    /// Buckets of a channel with their words.
    pub fn of(view: &View, channel: &plant::Channel, points: &[Point]) -> Self {
        let is_word = channel.kind.is_word();
        let word = |p: &Point| Some(SeriesWord { at: When(p.at), word: view.image.words.word(p.mean)?.to_string() });
        let point = |p: &Point| SeriesPoint { at: When(p.at), mean: p.mean, low: p.low, high: p.high, count: p.count };
        Self {
            unit: channel.unit.code().to_owned(),
            kind: channel.kind.into(),
            points: if is_word { Vec::new() } else { points.iter().map(point).collect() },
            words: if is_word { points.iter().filter_map(word).collect() } else { Vec::new() },
        }
    }
}

/// Names of the machines of a line.
pub fn machines_of_line(view: &View, line: plant::LineId) -> Vec<String> {
    let of_it = view.plant.machines.iter().filter(|m| m.line == Some(line));
    of_it.map(|m| machine_name(&view.plant, m.id)).collect()
}
