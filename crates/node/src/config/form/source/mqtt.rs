//! The written form of the settings of MQTT; their meaning is in [`crate::config::protocol`].

use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of an MQTT source. Address `mqtt://host:1883` or `mqtts://host:8883`: a client of your broker.
/// Address `listen://127.0.0.1:1883` or `listens://0.0.0.0:8883`: the unit is the broker, and devices connect to it; beyond
/// loopback with names and encryption.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MqttForm {
    /// Version spoken to your broker. Absent: `5`. The unit as a broker speaks both.
    #[schemars(extend("enum" = ["5", "3.1.1"]))]
    pub version: Option<String>,
    /// Client id at your broker; the number of the source is added. Absent: `socium`.
    pub client_id: Option<String>,
    /// Group of a shared subscription at your broker: the units of a group share the messages. Absent: no sharing.
    pub group: Option<String>,
    /// Topic filters to listen to, such as `plant/#`; what comes and is of no channel is refused and told. Absent: at your broker
    /// the channels' topics and nothing else, for the unit as a broker all that begin with the first level of a channel's topic.
    pub topics: Option<Vec<String>>,
    /// File of certificates (PEM), relative to this file: for `mqtts` those that sign your broker's (absent: the system's), for
    /// `listens` the unit's own.
    pub certificates: Option<String>,
    /// File of the key (PEM) of the unit's own certificate, for `listens`.
    pub key: Option<String>,
    /// File of those who may connect to the unit, one `name:password` a line; readable by its owner alone.
    pub users_file: Option<String>,
    /// Largest payload taken; a larger one is refused [KiB]. Absent: 256.
    #[schemars(extend("minimum" = 1, "maximum" = 16_384))]
    pub payload_kib_max: Option<u32>,
    /// Longest wait for a device to report the value it was told to take. Absent: `5 s`.
    pub echo_within: Option<String>,
    /// Longest wait for your broker. Absent: `5 s`.
    pub answer_within: Option<String>,
}
