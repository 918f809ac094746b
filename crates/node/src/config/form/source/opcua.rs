//! The written form of the settings of an OPC UA client; their meaning is in [`crate::config::protocol`].

use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of an OPC UA client.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpcUaForm {
    /// How often the server shall sample a value. Absent: `500 ms`.
    pub sample_every: Option<String>,
    /// How often the server shall send what it sampled. Absent: `500 ms`.
    pub publish_every: Option<String>,
    /// Samples of one value that the server keeps between two sendings. Absent: 100.
    #[schemars(extend("minimum" = 1, "maximum" = 10_000))]
    pub queue: Option<u32>,
    /// Longest wait for an answer. Absent: `5 s`.
    pub answer_within: Option<String>,
}
