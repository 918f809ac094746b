//! The written form of the settings of a Modbus TCP client; their meaning is in [`crate::config::protocol`].

use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of a Modbus TCP client.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModbusForm {
    /// How often all registers are read. Absent: `1 s`.
    pub poll_every: Option<String>,
    /// After how long an unchanged value is reported again. Absent: `1 min`.
    pub repeat_every: Option<String>,
    /// Longest wait for an answer. Absent: `2 s`.
    pub answer_within: Option<String>,
}
