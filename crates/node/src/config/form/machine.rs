//! The written form of machines, their types and their channels.

use super::super::words;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A type of machines: ten mills need their channels written once.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineTypeForm {
    /// Name of small letters, digits and `_`, such as `milling`.
    pub name: String,
    /// Warm-up from standby to ready as the maker states it, such as `8 min`. Absent: none.
    pub warm_up: Option<String>,
    /// Planned services as the maker states them: service word and length, such as `{ tool = "15 min", bearing = "3 h" }`.
    #[serde(default)]
    pub services: BTreeMap<String, String>,
    /// Where it works on several lots together, such as a furnace: most lots, and how long that takes however many pieces are in it, such as
    /// `{ lots = 4, length = "100 min" }`.
    pub load: Option<LoadForm>,
    /// The source of its channels, where neither machine nor channel names another.
    pub source: Option<String>,
    /// Pattern of the addresses of its channels, where neither machine nor channel gives one. `{machine}`, `{type}`,
    /// `{line}`, `{channel}` and the machine's own `with` words are filled in.
    pub address: Option<String>,
    /// Channels that every machine of the type has.
    #[serde(default)]
    pub channel: Vec<ChannelForm>,
}

/// Lots that a machine works on together.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadForm {
    /// Most lots, 1 to 10,000.
    pub lots: u32,
    /// How long it takes, such as `100 min`.
    pub length: String,
}

/// A machine (ISA-95 work unit).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineForm {
    /// Name of small letters, digits and `-`, unique among the machines.
    pub name: String,
    /// Name of its `[[machine_type]]`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The line it stands in. Absent: shared by all lines.
    pub line: Option<String>,
    /// Machines its pieces go to.
    #[serde(default)]
    pub feeds: Vec<String>,
    /// Warm-up where it differs from the type's.
    pub warm_up: Option<String>,
    /// Planned services where they differ from the type's; replaces the type's table.
    pub services: Option<BTreeMap<String, String>>,
    /// The source of its channels, where the channel names no other. Absent: the type's.
    pub source: Option<String>,
    /// Pattern of the addresses of its channels, where the channel gives none. Absent: the type's.
    pub address: Option<String>,
    /// Words for the patterns, such as `{ meter = "7" }` for `{meter}`.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// Names of channels of the type that this machine does not have.
    #[serde(default)]
    pub without: Vec<String>,
    /// Channels of its own; one with the name of a channel of the type replaces it whole.
    #[serde(default)]
    pub channel: Vec<ChannelForm>,
}

/// A channel: one named value of a machine.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct ChannelForm {
    /// Name within the machine, of small letters, digits and `_`.
    pub name: String,
    /// What it means to the unit; a machine has at most one channel of each role but `other`. Absent: `other`, which is kept
    /// and charted, not understood.
    #[schemars(extend("enum" = words::roles()))]
    pub role: Option<String>,
    /// How values follow each other. Absent: as the role demands; required for role `other`.
    #[schemars(extend("enum" = words::kinds()))]
    pub kind: Option<String>,
    /// UCUM unit, such as `W`, `kW.h`, `mm/s`, `Cel`, `%`, `1`. Required for counters and gauges.
    pub unit: Option<String>,
    /// Lowest and highest number accepted; a reading beyond is refused. Absent: any finite number.
    pub range: Option<[f64; 2]>,
    /// For role `state`: which word of the machine means which state, such as `{ RUN = "producing" }`; compared without case.
    #[serde(default)]
    #[schemars(extend("additionalProperties" = words::state_schema()))]
    pub states: BTreeMap<String, String>,
    /// The source that brings it. Absent: the machine's, else the type's.
    pub source: Option<String>,
    /// Where the source finds it: node id, topic or register, see [`[[source]]`](#source); patterns as in the type's
    /// `address`. Absent: the machine's, else the type's.
    pub address: Option<String>,
    /// What may be written to it. Absent: nothing.
    pub write: Option<EnvelopeForm>,
}

/// The safety envelope of a channel: what may be written, when, and how fast.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeForm {
    /// Lowest and highest number that may be written. Required for numbers, not allowed for words.
    pub range: Option<[f64; 2]>,
    /// Words that may be written. Absent: any word of 1 to 64 characters.
    #[serde(default)]
    pub words: Vec<String>,
    /// Largest change of a number in one write. Absent: the whole range.
    #[schemars(extend("minimum" = 0))]
    pub step_max: Option<f64>,
    /// Least time between two writes, such as `30 s`. Absent: none.
    pub rest: Option<String>,
    /// States of the machine in which a write is allowed. Absent: all but `down`.
    #[serde(default)]
    #[schemars(extend("items" = words::state_schema()))]
    pub states: Vec<String>,
}
