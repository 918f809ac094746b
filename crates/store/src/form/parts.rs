//! Parts that several record forms share: numbers, estimates, evidence, effects, what a record rests on.
//!
//! Instants and spans are microseconds. Machines, channels and orders stand by their names.

use measure::{Estimate, Instant, Span};
use plant::{Because, ChannelId, Code, Effect, Evidence, MachineId, Metric, OrderId, Plant, ProductId, Window};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a stored form does not fit the present plant or version.
pub(crate) type Misfit = String;

/// A number that survives JSON exactly: what JSON cannot hold (infinite, not a number) or would round is written as text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Num(pub f64);

impl Serialize for Num {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let exact = self.0.is_finite()
            && serde_json::to_string(&self.0)
                .ok()
                .and_then(|text| serde_json::from_str::<f64>(&text).ok())
                .is_some_and(|back| back.to_bits() == self.0.to_bits());
        if exact { serializer.serialize_f64(self.0) } else { serializer.serialize_str(&self.0.to_string()) }
    }
}

impl<'de> Deserialize<'de> for Num {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(f64),
            Text(String),
        }
        match Either::deserialize(deserializer)? {
            Either::Number(value) => Ok(Self(value)),
            Either::Text(text) => text.parse().map(Self).map_err(serde::de::Error::custom),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct EstimateV1 {
    value: Num,
    low: Num,
    high: Num,
    confidence: Num,
}

#[derive(Serialize, Deserialize)]
pub(super) struct EvidenceV1 {
    name: String,
    value: EstimateV1,
    unit: String,
    normal: Option<Num>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct EffectV1 {
    metric: String,
    value: EstimateV1,
}

#[derive(Serialize, Deserialize)]
pub(super) struct WindowV1 {
    from: i64,
    to: i64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ChannelV1 {
    pub machine: String,
    pub channel: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum BecauseV1 {
    Record(String),
    Readings {
        #[serde(flatten)]
        channel: ChannelV1,
        #[serde(flatten)]
        window: WindowV1,
    },
    Order(String),
}

impl EstimateV1 {
    pub(super) const fn of(e: &Estimate) -> Self {
        Self { value: Num(e.value), low: Num(e.low), high: Num(e.high), confidence: Num(e.confidence) }
    }
    pub(super) const fn read(&self) -> Estimate {
        Estimate { value: self.value.0, low: self.low.0, high: self.high.0, confidence: self.confidence.0 }
    }
}

impl EvidenceV1 {
    pub(super) fn of(e: &Evidence) -> Self {
        Self { name: e.name.to_string(), value: EstimateV1::of(&e.value), unit: e.unit.to_string(), normal: e.normal.map(Num) }
    }
    pub(super) fn read(&self) -> Evidence {
        Evidence { name: code(&self.name), value: self.value.read(), unit: code(&self.unit), normal: self.normal.map(|n| n.0) }
    }
}

impl EffectV1 {
    pub(super) fn of(e: &Effect) -> Self {
        Self { metric: e.metric.word().to_owned(), value: EstimateV1::of(&e.value) }
    }
    pub(super) fn read(&self) -> Result<Effect, Misfit> {
        Ok(Effect { metric: word("metric", &self.metric, Metric::from_word)?, value: self.value.read() })
    }
}

impl WindowV1 {
    pub(super) const fn of(w: Window) -> Self {
        Self { from: w.from.micros(), to: w.to.micros() }
    }
    pub(super) const fn read(&self) -> Window {
        Window { from: Instant::from_micros(self.from), to: Instant::from_micros(self.to) }
    }
}

impl ChannelV1 {
    pub(super) fn of(plant: &Plant, id: ChannelId) -> Result<Self, Misfit> {
        let channel = plant.channels.get(id.index()).ok_or_else(|| format!("channel number {} is not in the plant", id.0))?;
        Ok(Self { machine: machine_name(plant, channel.machine)?, channel: channel.name.clone() })
    }
    pub(super) fn read(&self, plant: &Plant) -> Result<ChannelId, Misfit> {
        let machine = machine_id(plant, &self.machine)?;
        plant.named(machine, &self.channel).map(|c| c.id).ok_or_else(|| {
            format!("it names channel `{}/{}`, which is not in the configuration any more", self.machine, self.channel)
        })
    }
}

impl BecauseV1 {
    pub(super) fn of(plant: &Plant, because: &Because) -> Result<Self, Misfit> {
        Ok(match because {
            Because::Record(id) => Self::Record(id.to_string()),
            Because::Readings { channel, window } => {
                Self::Readings { channel: ChannelV1::of(plant, *channel)?, window: WindowV1::of(*window) }
            }
            Because::Order(id) => Self::Order(order_name(plant, *id)?),
        })
    }
    fn read(&self, plant: &Plant) -> Result<Because, Misfit> {
        Ok(match self {
            Self::Record(id) => Because::Record(id.parse()?),
            Self::Readings { channel, window } => Because::Readings { channel: channel.read(plant)?, window: window.read() },
            Self::Order(name) => Because::Order(order_id(plant, name)?),
        })
    }
    pub(super) fn all(plant: &Plant, list: &[Because]) -> Result<Vec<Self>, Misfit> {
        list.iter().map(|b| Self::of(plant, b)).collect()
    }
    /// What the present plant does not know any more is left out: the record itself still stands.
    pub(super) fn read_all(plant: &Plant, list: &[Self]) -> Vec<Because> {
        list.iter().filter_map(|b| b.read(plant).ok()).collect()
    }
}

/// A code read back.
pub(super) fn code(text: &str) -> Code {
    Code::Owned(text.to_owned())
}

/// A word of a closed list read back.
pub(super) fn word<T>(what: &str, text: &str, from: impl Fn(&str) -> Option<T>) -> Result<T, Misfit> {
    from(text).ok_or_else(|| format!("`{text}` is no {what} known to this version"))
}

pub(super) fn machine_name(plant: &Plant, id: MachineId) -> Result<String, Misfit> {
    plant.machines.get(id.index()).map(|m| m.name.clone()).ok_or_else(|| format!("machine number {} is not in the plant", id.0))
}

pub(super) fn machine_id(plant: &Plant, name: &str) -> Result<MachineId, Misfit> {
    plant
        .machine_named(name)
        .map(|m| m.id)
        .ok_or_else(|| format!("it names machine `{name}`, which is not in the configuration any more"))
}

pub(super) fn order_name(plant: &Plant, id: OrderId) -> Result<String, Misfit> {
    plant.orders.get(id.index()).map(|o| o.name.clone()).ok_or_else(|| format!("order number {} is not in the plant", id.0))
}

pub(super) fn order_id(plant: &Plant, name: &str) -> Result<OrderId, Misfit> {
    plant
        .order_named(name)
        .map(|o| o.id)
        .ok_or_else(|| format!("it names order `{name}`, which is not in the configuration any more"))
}

pub(super) const fn at(micros: i64) -> Instant {
    Instant::from_micros(micros)
}

pub(super) const fn span(micros: i64) -> Span {
    Span::from_micros(micros)
}

pub(super) fn product_name(plant: &Plant, id: ProductId) -> Result<String, Misfit> {
    plant.products.get(id.index()).map(|p| p.name.clone()).ok_or_else(|| format!("product number {} is not in the plant", id.0))
}

pub(super) fn product_id(plant: &Plant, name: &str) -> Result<ProductId, Misfit> {
    let found = plant.products.iter().find(|p| p.name == name);
    found.map(|p| p.id).ok_or_else(|| format!("it names product `{name}`, which is not in the configuration any more"))
}
