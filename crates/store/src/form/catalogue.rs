//! The catalogue: which names the small integers in a journal segment stand for. Each segment says which one is its own, so that it
//! can be read after the configuration has changed.

use plant::{Batch, ChannelId, MachineId, Plant, SourceId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Names by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Catalogue {
    /// Name and type of each machine.
    pub machines: Vec<(String, String)>,
    /// Channels.
    pub channels: Vec<NamedChannel>,
    /// Name of each source.
    pub sources: Vec<String>,
}

/// A channel as the catalogue knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedChannel {
    /// Number of its machine.
    pub machine: u32,
    /// Name within the machine.
    pub name: String,
    /// Whether its values are words.
    pub word: bool,
    /// UCUM code.
    pub unit: String,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "v")]
enum CatalogueForm {
    #[serde(rename = "1")]
    V1(CatalogueV1),
}

#[derive(Serialize, Deserialize)]
struct CatalogueV1 {
    /// Name, type.
    machines: Vec<(String, String)>,
    /// Machine, name, whether words, UCUM code.
    channels: Vec<(u32, String, bool, String)>,
    sources: Vec<String>,
}

impl Catalogue {
    /// The names of a plant.
    pub(crate) fn of(plant: &Plant) -> Self {
        let channels = plant.channels.iter().map(|c| NamedChannel {
            machine: c.machine.0,
            name: c.name.clone(),
            word: c.kind.is_word(),
            unit: c.unit.code().to_owned(),
        });
        Self {
            machines: plant.machines.iter().map(|m| (m.name.clone(), m.kind.clone())).collect(),
            channels: channels.collect(),
            sources: plant.sources.iter().map(|s| s.name.clone()).collect(),
        }
    }
    /// Its stored form.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let channels = self.channels.iter().map(|c| (c.machine, c.name.clone(), c.word, c.unit.clone())).collect();
        let form = CatalogueV1 { machines: self.machines.clone(), channels, sources: self.sources.clone() };
        serde_json::to_vec(&CatalogueForm::V1(form)).expect("strings, numbers and lists always have a JSON form")
    }
    /// From its stored form.
    ///
    /// # Errors
    /// It is another form, or one of a newer version.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let CatalogueForm::V1(form) = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        let channels = form.channels.into_iter().map(|(machine, name, word, unit)| NamedChannel { machine, name, word, unit });
        Ok(Self { machines: form.machines, channels: channels.collect(), sources: form.sources })
    }
}

/// What tells catalogues apart: FNV-1a of 64 bits over the stored form (Fowler, Noll and Vo; RFC 9923).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Print(pub u64);

impl Print {
    /// Of a stored form.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)))
    }
}

impl std::fmt::Display for Print {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The way from the numbers of a catalogue to those of the present plant.
pub(crate) struct Remap {
    same: bool,
    machines: Vec<Option<MachineId>>,
    channels: Vec<Option<ChannelId>>,
    sources: Vec<SourceId>,
}

impl Remap {
    pub(crate) fn new(catalogue: &Catalogue, plant: &Plant) -> Self {
        let machines: Vec<_> = catalogue.machines.iter().map(|(name, _)| plant.machine_named(name).map(|m| m.id)).collect();
        let channels = catalogue.channels.iter().map(|c| {
            let machine = machines.get(c.machine as usize).copied().flatten()?;
            plant.named(machine, &c.name).filter(|now| now.kind.is_word() == c.word).map(|now| now.id)
        });
        Self {
            same: *catalogue == Catalogue::of(plant),
            channels: channels.collect(),
            sources: catalogue.sources.iter().map(|s| plant.source_named(s).unwrap_or_default()).collect(),
            machines,
        }
    }
    /// The batch by the numbers of the present plant, without what it does not know; `None` if nothing is left.
    pub(crate) fn apply<'a>(&self, batch: &'a Batch) -> Option<Cow<'a, Batch>> {
        if self.same {
            return Some(Cow::Borrowed(batch));
        }
        let machine = self.machines.get(batch.machine.index()).copied().flatten()?;
        let from = self.sources.get(batch.from.index()).copied().unwrap_or_default();
        let mut now = Batch::new(from, machine, batch.received);
        for mut reading in batch.iter() {
            if let Some(channel) = self.channels.get(reading.channel.index()).copied().flatten() {
                reading.channel = channel;
                now.push(reading);
            }
        }
        (!now.is_empty()).then_some(Cow::Owned(now))
    }
}
