//! The stored form of frozen baselines: machines, channels and products by their names, channels with their unit, so that what was learned
//! from other channels is told from what is there now. They travel with the versions of records, in the same commit as the readings they
//! were learned from, then stand in a table of their own.
//!
//! Enters: baselines, rows of the table. Leaves: the same, or why one cannot be used. Absent: what the values mean (`know`).
//!
//! Values are the bits of 64-bit numbers, little end first, in Base64, with a checksum: a number comes back to the last bit, also one that
//! is none (a channel that was not heard).

use super::parts::{Misfit, at, machine_id, machine_name};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plant::{About, ChannelId, Frozen, Plant, Unused, Window};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What travels in the journal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Travels {
    baseline_v1: BaselineV1,
}

/// A row of the table; `about`, `channels` and `body` are JSON. Instants in microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BaselineV1 {
    pub machine: String,
    pub about: String,
    pub version: u32,
    pub at: i64,
    pub learned_from: i64,
    pub learned_to: i64,
    pub channels: String,
    pub body: String,
}

/// Kind, then the state, check or role, and the product.
#[derive(Serialize, Deserialize)]
struct AboutV1(String, Option<String>, Option<String>);

#[derive(Serialize, Deserialize)]
#[serde(tag = "v")]
enum Body {
    /// Frozen.
    #[serde(rename = "1")]
    V1 { values: String, crc32: u32 },
    /// Learned anew.
    #[serde(rename = "anew")]
    Anew,
}

/// A baseline as JSON, for the journal.
///
/// # Errors
/// It names what the plant does not have.
pub(crate) fn baseline_to_json(plant: &Plant, frozen: &Frozen) -> Result<String, Misfit> {
    let text = |e: serde_json::Error| e.to_string();
    let product = frozen.about.product().map(|id| super::parts::product_name(plant, id)).transpose()?;
    let about = AboutV1(frozen.about.kind().to_owned(), frozen.about.of().map(str::to_owned), product);
    let channel = |id: &ChannelId| plant.channels.get(id.index()).map(|c| (c.name.as_str(), c.unit.code()));
    let channels: Option<Vec<(&str, &str)>> = frozen.channels.iter().map(channel).collect();
    let baseline_v1 = BaselineV1 {
        machine: machine_name(plant, frozen.machine)?,
        about: serde_json::to_string(&about).map_err(text)?,
        version: frozen.version,
        at: frozen.at.micros(),
        learned_from: frozen.learned.from.micros(),
        learned_to: frozen.learned.to.micros(),
        channels: serde_json::to_string(&channels.ok_or("a channel of it is not in the plant")?).map_err(text)?,
        body: serde_json::to_string(&Body::of(frozen.values.as_deref())).map_err(text)?,
    };
    serde_json::to_string(&Travels { baseline_v1 }).map_err(text)
}

/// The row of a baseline; `None` where the JSON is something else.
pub(crate) fn baseline_from_json(json: &str) -> Option<BaselineV1> {
    // a look at the first key spares reading records twice
    json.starts_with("{\"baseline_v1\"").then(|| serde_json::from_str::<Travels>(json).ok())?.map(|form| form.baseline_v1)
}

impl Body {
    fn of(values: Option<&[f64]>) -> Self {
        let Some(values) = values else { return Self::Anew };
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_bits().to_le_bytes()).collect();
        Self::V1 { values: STANDARD.encode(&bytes), crc32: crc32fast::hash(&bytes) }
    }
    fn read(text: &str) -> Result<Option<Arc<[f64]>>, Misfit> {
        let body = serde_json::from_str(text).map_err(|e| format!("its body is damaged or of a newer version: {e}"))?;
        let Self::V1 { values, crc32 } = body else { return Ok(None) };
        let bytes = STANDARD.decode(values).map_err(|e| format!("its body is damaged: {e}"))?;
        let found = crc32fast::hash(&bytes);
        if found != crc32 || !bytes.len().is_multiple_of(size_of::<f64>()) {
            return Err(format!("its body is damaged: its checksum is {found:08x}, it should be {crc32:08x}"));
        }
        let (numbers, _) = bytes.as_chunks();
        Ok(Some(numbers.iter().map(|number| f64::from_bits(u64::from_le_bytes(*number))).collect()))
    }
}

impl BaselineV1 {
    /// The baseline; or that it is not used, and why; `None` where its machine is not in the configuration any more.
    pub(crate) fn read(&self, plant: &Plant) -> Option<Result<Frozen, Unused>> {
        let machine = machine_id(plant, &self.machine).ok()?;
        let about = serde_json::from_str::<AboutV1>(&self.about);
        let AboutV1(kind, of, product) = about.unwrap_or_else(|_| AboutV1(self.about.clone(), None, None));
        let unused = |reason| Unused { machine, kind, of, product, version: self.version, reason };
        Some(self.sound(plant, machine).map_err(unused))
    }
    fn sound(&self, plant: &Plant, machine: plant::MachineId) -> Result<Frozen, Misfit> {
        let AboutV1(kind, of, product) =
            serde_json::from_str(&self.about).map_err(|e| format!("what it is about cannot be read: {e}"))?;
        let product = product.map(|name| super::parts::product_id(plant, &name)).transpose()?;
        let about = About::from_words(&kind, of.as_deref(), product);
        let about = about.ok_or_else(|| format!("`{}` is nothing that this version knows of a machine", self.about))?;
        let names: Vec<(String, String)> =
            serde_json::from_str(&self.channels).map_err(|e| format!("its channels cannot be read: {e}"))?;
        let channels = names.iter().map(|(name, unit)| {
            let now = plant.named(machine, name);
            let now =
                now.ok_or_else(|| format!("it was learned from channel `{name}`, which is not in the configuration any more"))?;
            match now.unit.code() == unit {
                true => Ok(now.id),
                false => Err(format!("it was learned from channel `{name}` in `{unit}`, which is in `{}` now", now.unit.code())),
            }
        });
        Ok(Frozen {
            machine,
            about,
            version: self.version,
            at: at(self.at),
            learned: Window { from: at(self.learned_from), to: at(self.learned_to) },
            channels: channels.collect::<Result<_, Misfit>>()?,
            values: Body::read(&self.body)?,
        })
    }
}

#[cfg(test)]
mod tests;
