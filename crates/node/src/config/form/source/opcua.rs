//! The written form of the settings of an OPC UA client; their meaning is in [`crate::config::protocol`].

use super::super::super::words;
use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of an OPC UA client.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpcUaForm {
    /// How often the server shall sample a value. Absent: as often as it can.
    pub sample_every: Option<String>,
    /// How often the server shall send what it sampled. Absent: `500 ms`.
    pub publish_every: Option<String>,
    /// Samples of one value that the server keeps between two sendings. Absent: 1000.
    #[schemars(extend("minimum" = 1, "maximum" = 10_000))]
    pub queue: Option<u32>,
    /// Smallest change that the server shall report, in percent of a value's range (`EURange`). Absent: every change.
    #[schemars(extend("minimum" = 0, "maximum" = 100))]
    pub dead_band_percent: Option<f64>,
    /// Longest wait for an answer. Absent: `5 s`.
    pub answer_within: Option<String>,
    /// How the connection is protected; `best` takes the strongest the server has and never `none`. Absent: `none`.
    #[schemars(extend("enum" = words::securities()))]
    pub security: Option<String>,
    /// Whether a protected connection is also encrypted. Absent: `sign_and_encrypt`.
    #[schemars(extend("enum" = words::security_modes()))]
    pub mode: Option<String>,
    /// Folder of our own certificate (made at first use) and of those servers that we trust, relative to this file. Absent:
    /// `certificates`.
    pub certificates: Option<String>,
    /// SHA-1 thumbprint of the one certificate that the server may show. Absent: every one in the folder `trusted` of `certificates`.
    pub server_thumbprint: Option<String>,
    /// File of the certificate to sign in with, in place of `user`, `.der` or `.pem`, relative to this file.
    pub user_certificate: Option<String>,
    /// File of its private key, `.pem`.
    pub user_key: Option<String>,
}
