//! The written form of the settings of a Sparkplug B host application; their meaning is in [`crate::config::protocol`].

use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of a Sparkplug B host application.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SparkplugForm {
    /// Id of this host application, unique at the broker; edge nodes that wait for a primary host are given it. Absent: `socium`.
    pub host_id: Option<String>,
    /// Largest payload taken; a larger one is refused [KiB]. Absent: 256.
    #[schemars(extend("minimum" = 1, "maximum" = 262_144))]
    pub payload_kib_max: Option<u32>,
    /// How long a message that overtook others waits for them before a rebirth is asked for. Absent: `2 s`.
    pub reorder_within: Option<String>,
    /// Longest wait for a device to report the value it was told to take. Absent: `5 s`.
    pub echo_within: Option<String>,
    /// Longest wait for the broker. Absent: `5 s`.
    pub answer_within: Option<String>,
}
