//! The written form of the settings of an HTTP listener; their meaning is in [`crate::config::protocol`].

use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of an HTTP listener. Address `127.0.0.1:8086`, or encrypted `https://0.0.0.0:8086`; beyond loopback with a name and encryption.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpForm {
    /// When a client is told that its readings are taken: `journal`, once they are on the disk, or `memory`, as soon as they are
    /// in memory, where a power cut loses what is on its way. Absent: `journal`.
    #[schemars(extend("enum" = ["journal", "memory"]))]
    pub acknowledge: Option<String>,
    /// Largest body taken, unpacked; a larger one is refused [MiB]. Absent: 32.
    #[schemars(extend("minimum" = 1, "maximum" = 256))]
    pub body_mib_max: Option<u32>,
    /// Most connections at once; further ones wait. One address has half of them at most. Absent: 256.
    #[schemars(extend("minimum" = 1, "maximum" = 10_000))]
    pub connections_max: Option<u32>,
    /// File of the unit's certificate chain (PEM), relative to this file, for `https`.
    pub certificates: Option<String>,
    /// File of the key (PEM) of the unit's certificate, for `https`.
    pub key: Option<String>,
}
