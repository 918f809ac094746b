//! The written form of the settings of a Modbus TCP client; their meaning is in [`crate::config::protocol`].

use super::super::super::words;
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
    /// How requests are framed: as Modbus TCP, or as on a serial line. Absent: `tcp`.
    #[schemars(extend("enum" = words::framings()))]
    pub framing: Option<String>,
    /// Most registers that the device lets read at once. Absent: 125.
    #[schemars(extend("minimum" = 1, "maximum" = 125))]
    pub registers_max: Option<u16>,
    /// Most bits that the device lets read at once. Absent: 2000.
    #[schemars(extend("minimum" = 1, "maximum" = 2_000))]
    pub bits_max: Option<u16>,
    /// Registers nobody wants that are read all the same, so that those beside them share a request. Absent: 0.
    #[schemars(extend("minimum" = 0, "maximum" = 120))]
    pub gap_max: Option<u16>,
    /// Registers that must not be read, such as `holding/100-119` or, of unit 3 alone, `3/input/0-9`.
    pub forbidden: Option<Vec<String>>,
    /// Which function writes registers: 6 for one and 16 for several, 6 alone, or 16 alone. Absent: `either`.
    #[schemars(extend("enum" = words::write_functions()))]
    pub write_with: Option<String>,
}
