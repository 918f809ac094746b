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
use plant::{About, ChannelId, Frozen, Given, MachineId, Plant, Unused, Used, Window};
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
    /// Empty where only the version is kept; never so in the journal.
    pub body: String,
}

/// A row as the table has it.
#[derive(Clone, Debug)]
pub(crate) struct BaselineRow {
    pub row: BaselineV1,
    /// When the baseline was last of use [µs].
    pub used_at: i64,
    /// The version found, where no baseline can have it.
    pub damaged: Option<i64>,
}

/// What a row tells.
#[derive(Debug, PartialEq)]
pub(crate) enum Recalled {
    /// A baseline.
    Frozen(Frozen),
    /// One that is not used, and why.
    Unused(Unused),
    /// Only the version is kept.
    Given(Given),
    /// Its machine or product is not in the configuration any more, as the sentence says.
    Elsewhere(Misfit),
}

/// What travels in the journal when baselines were of use.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UsedTravels {
    used_v1: UsedV1,
}

/// Baselines of a machine that were of use at an instant [µs]; `abouts` are as in the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UsedV1 {
    pub machine: String,
    pub at: i64,
    pub abouts: Vec<String>,
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
    let channel = |id: &ChannelId| plant.channels.get(id.index()).map(|c| (c.name.as_str(), c.unit.code()));
    let channels: Option<Vec<(&str, &str)>> = frozen.channels.iter().map(channel).collect();
    let baseline_v1 = BaselineV1 {
        machine: machine_name(plant, frozen.machine)?,
        about: about_text(plant, frozen.about)?,
        version: frozen.version,
        at: frozen.at.micros(),
        learned_from: frozen.learned.from.micros(),
        learned_to: frozen.learned.to.micros(),
        channels: serde_json::to_string(&channels.ok_or("a channel of it is not in the plant")?).map_err(text)?,
        body: serde_json::to_string(&Body::of(frozen.values.as_deref())).map_err(text)?,
    };
    serde_json::to_string(&Travels { baseline_v1 }).map_err(text)
}

fn about_text(plant: &Plant, about: About) -> Result<String, Misfit> {
    let product = about.product().map(|id| super::parts::product_name(plant, id)).transpose()?;
    let form = AboutV1(about.kind().to_owned(), about.of().map(str::to_owned), product);
    serde_json::to_string(&form).map_err(|e| e.to_string())
}

/// Baselines that were of use as JSON, for the journal.
///
/// # Errors
/// They name what the plant does not have.
pub(crate) fn used_to_json(plant: &Plant, used: &Used) -> Result<String, Misfit> {
    let abouts = used.abouts.iter().map(|about| about_text(plant, *about)).collect::<Result<_, Misfit>>()?;
    let used_v1 = UsedV1 { machine: machine_name(plant, used.machine)?, at: used.at.micros(), abouts };
    serde_json::to_string(&UsedTravels { used_v1 }).map_err(|e| e.to_string())
}

/// Baselines that were of use; `None` where the JSON is something else.
pub(crate) fn used_from_json(json: &str) -> Option<UsedV1> {
    json.starts_with("{\"used_v1\"").then(|| serde_json::from_str::<UsedTravels>(json).ok())?.map(|form| form.used_v1)
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

impl BaselineRow {
    /// What the row tells, for a plant.
    pub(crate) fn read(&self, plant: &Plant) -> Recalled {
        let row = &self.row;
        let machine = match machine_id(plant, &row.machine) {
            Ok(machine) => machine,
            Err(misfit) => return Recalled::Elsewhere(misfit),
        };
        let (words, unread) = match serde_json::from_str::<AboutV1>(&row.about) {
            Ok(words) => (words, None),
            Err(e) => (AboutV1(row.about.clone(), None, None), Some(format!("what it is about cannot be read: {e}"))),
        };
        let product = match words.2.as_deref().map(|name| super::parts::product_id(plant, name)).transpose() {
            Ok(product) => product,
            Err(misfit) => return Recalled::Elsewhere(misfit),
        };
        let about = About::from_words(&words.0, words.1.as_deref(), product);
        let unknown = || format!("`{}` is nothing that this version knows of a machine", row.about);
        let about = unread.map_or_else(|| about.ok_or_else(unknown), Err);
        match about.and_then(|about| self.sound(plant, machine, about)) {
            Ok(recalled) => recalled,
            Err(reason) => {
                let AboutV1(kind, of, product) = words;
                Recalled::Unused(Unused { machine, kind, of, product, version: row.version, reason })
            }
        }
    }
    fn sound(&self, plant: &Plant, machine: MachineId, about: About) -> Result<Recalled, Misfit> {
        let row = &self.row;
        if let Some(found) = self.damaged {
            return Err(format!("its version is {found}; allowed are 1 to {}", Frozen::VERSION_MAX));
        }
        if row.body.is_empty() {
            return Ok(Recalled::Given(Given { machine, about, version: row.version }));
        }
        let names: Vec<(String, String)> =
            serde_json::from_str(&row.channels).map_err(|e| format!("its channels cannot be read: {e}"))?;
        let channels = names.iter().map(|(name, unit)| {
            let now = plant.named(machine, name);
            let now =
                now.ok_or_else(|| format!("it was learned from channel `{name}`, which is not in the configuration any more"))?;
            match now.unit.code() == unit {
                true => Ok(now.id),
                false => Err(format!("it was learned from channel `{name}` in `{unit}`, which is in `{}` now", now.unit.code())),
            }
        });
        Ok(Recalled::Frozen(Frozen {
            machine,
            about,
            version: row.version,
            at: at(row.at),
            used: at(self.used_at.max(row.at)),
            learned: Window { from: at(row.learned_from), to: at(row.learned_to) },
            channels: channels.collect::<Result<_, Misfit>>()?,
            values: Body::read(&row.body)?,
        }))
    }
}

#[cfg(test)]
mod tests;
