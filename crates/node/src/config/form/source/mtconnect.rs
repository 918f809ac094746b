//! The written form of the settings of an MTConnect client; their meaning is in [`crate::config::protocol`].

use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of an MTConnect client.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MtConnectForm {
    /// How often the agent is asked for what happened since. Absent: `1 s`.
    pub poll_every: Option<String>,
    /// Most observations asked for at once; more follow at once. Absent: 1000.
    #[schemars(extend("minimum" = 1, "maximum" = 100_000))]
    pub count_max: Option<u32>,
    /// Largest document taken; a larger one is refused [KiB]. Absent: 8192.
    #[schemars(extend("minimum" = 1, "maximum" = 262_144))]
    pub document_kib_max: Option<u32>,
    /// Longest wait for an answer. Absent: `5 s`.
    pub answer_within: Option<String>,
    /// File of the certificates (PEM) that sign the agent's, relative to this file, for `https`. Absent: the system's.
    pub certificates: Option<String>,
}
