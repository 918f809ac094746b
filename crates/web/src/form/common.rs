//! Parts that many forms share: instants, estimates, effects, reasons, and the names of things by their ids.

use super::words::Metric;
use measure::Instant;
use plant::{ChannelId, MachineId, OrderId, Plant, RecordId};
use serde::{Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// An instant, RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When(pub Instant);

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
impl PartialSchema for When {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("An instant, RFC 3339 in UTC."))
            .build()
            .into()
    }
}
impl ToSchema for When {}

impl When {
    /// The instant, or nothing where it is the epoch, which inside means that nothing was heard yet.
    pub fn heard(at: Instant) -> Option<Self> {
        (at > Instant::EPOCH).then_some(Self(at))
    }
}

/// A value with the interval that holds the truth with the stated confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Estimate {
    /// The best single figure.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Probability that the truth lies between the ends [1].
    pub confidence: f64,
}

/// An effect, expected or measured; above zero is better.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Effect {
    /// What changes.
    pub metric: Metric,
    /// UCUM code of its unit.
    pub unit: &'static str,
    /// By how much.
    pub value: Estimate,
}

/// One number that proves something.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Evidence {
    /// What is measured, a code.
    pub name: String,
    /// The figure with its uncertainty.
    pub value: Estimate,
    /// UCUM code of the figure.
    pub unit: String,
    /// What it is compared with.
    pub normal: Option<f64>,
}

/// Part of time, from inclusive, to exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Window {
    /// Start.
    pub from: When,
    /// End.
    pub to: When,
}

/// Readings of one channel in a window.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Readings {
    /// The machine.
    pub machine: String,
    /// The channel.
    pub channel: String,
    /// Start of the source times.
    pub from: When,
    /// End of the source times.
    pub to: When,
    /// UCUM code of the channel.
    pub unit: String,
}

/// What a record rests on: another record by its id, readings, or an order by its name.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// Id of another record.
    Record(String),
    /// Readings of one channel.
    Readings(Readings),
    /// Name of an order.
    Order(String),
}

/// JSON knows no infinity: an open end is told as the largest number there is, what is no number as zero.
fn finite(number: f64) -> f64 {
    if number.is_nan() { 0.0 } else { number.clamp(f64::MIN, f64::MAX) }
}

impl From<measure::Estimate> for Estimate {
    fn from(e: measure::Estimate) -> Self {
        Self { value: finite(e.value), low: finite(e.low), high: finite(e.high), confidence: finite(e.confidence) }
    }
}

impl From<plant::Effect> for Effect {
    fn from(effect: plant::Effect) -> Self {
        Self { metric: effect.metric.into(), unit: effect.metric.unit(), value: effect.value.into() }
    }
}

impl From<&plant::Evidence> for Evidence {
    fn from(e: &plant::Evidence) -> Self {
        Self { name: e.name.to_string(), value: e.value.into(), unit: e.unit.to_string(), normal: e.normal }
    }
}

impl From<plant::Window> for Window {
    fn from(w: plant::Window) -> Self {
        Self { from: When(w.from), to: When(w.to) }
    }
}

impl Readings {
    /// Readings named by ids.
    pub fn of(plant: &Plant, channel: ChannelId, window: plant::Window) -> Self {
        let (machine, name) = channel_names(plant, channel);
        let unit = plant.channels.get(channel.index()).map_or_else(String::new, |c| c.unit.code().to_owned());
        Self { machine, channel: name, from: When(window.from), to: When(window.to), unit }
    }
}

impl Because {
    /// A reason with its names.
    pub fn of(plant: &Plant, because: &plant::Because) -> Self {
        match because {
            plant::Because::Record(id) => Self::Record(id.to_string()),
            plant::Because::Readings { channel, window } => Self::Readings(Readings::of(plant, *channel, *window)),
            plant::Because::Order(order) => Self::Order(order_name(plant, *order)),
        }
    }
    /// All reasons of a record.
    pub fn all(plant: &Plant, because: &[plant::Because]) -> Vec<Self> {
        because.iter().map(|b| Self::of(plant, b)).collect()
    }
}

// Records outlive configurations: an id in an old record may name a thing that is no longer there. It is then shown by its number.

/// Name of a machine.
pub fn machine_name(plant: &Plant, id: MachineId) -> String {
    plant.machines.get(id.index()).map_or_else(|| format!("machine#{}", id.0), |m| m.name.clone())
}

/// Name of an order.
pub fn order_name(plant: &Plant, id: OrderId) -> String {
    plant.orders.get(id.index()).map_or_else(|| format!("order#{}", id.0), |o| o.name.clone())
}

/// Names of a channel's machine and of the channel.
pub fn channel_names(plant: &Plant, id: ChannelId) -> (String, String) {
    match plant.channels.get(id.index()) {
        Some(channel) => (machine_name(plant, channel.machine), channel.name.clone()),
        None => (String::new(), format!("channel#{}", id.0)),
    }
}

/// The decision that a record rests on, where it rests on one.
pub fn decision_behind(because: &[plant::Because]) -> Option<RecordId> {
    because.iter().find_map(|b| match b {
        plant::Because::Record(id) if id.kind == plant::RecordKind::Decision => Some(*id),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_interval_is_still_numbers() {
        let open = measure::Estimate { value: f64::NAN, low: f64::NEG_INFINITY, high: f64::INFINITY, confidence: 0.9 };
        let json = serde_json::to_value(Estimate::from(open)).expect("JSON");
        assert!(["value", "low", "high"].iter().all(|end| json[*end].is_f64()), "{json}");
    }

    #[test]
    fn nothing_heard_is_null() {
        assert_eq!(When::heard(Instant::EPOCH), None);
        let six = Instant::from_civil(2026, 3, 2, 6, 0, 0).expect("a date");
        assert_eq!(serde_json::to_string(&When::heard(six)).expect("JSON"), "\"2026-03-02T06:00:00Z\"");
    }
}
