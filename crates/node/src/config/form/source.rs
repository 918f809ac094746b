//! The written form of sources: one connection to one device, broker or file.

use super::super::words;
use schemars::JsonSchema;
use serde::Deserialize;

/// A connection that brings readings. Secrets are named by file, never written here. How a channel's `address` is written
/// depends on the protocol. `opcua`: a node id such as `ns=2;s=mill-1.state`. `sparkplug`: group/node/device/metric such as
/// `plant/line-1/oven/state`, with `-` as device for a metric of the node itself; the member `speed` of a template instance
/// `pump` is the metric `pump/speed`. `modbus`: unit/table/register/type, then a
/// factor or words for codes, such as `1/holding/100/u32/0.1` or `3/input/0/u16/0=off,1=standby`; tables are input, holding,
/// coil, discrete; types are bit, u16, i16, u32, i32, f32, u64 (with `-low` where the low register comes first), text1 to
/// text123. `file` and `hand`: none.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceForm {
    /// Name, unique among the sources.
    pub name: String,
    /// How it speaks.
    #[schemars(extend("enum" = words::PROTOCOLS))]
    pub protocol: String,
    /// Where it is: `opc.tcp://host:4840` for opcua, `host:port` for sparkplug and modbus; none for file and hand.
    pub address: Option<String>,
    /// Name to sign in with. Absent: without a name.
    pub user: Option<String>,
    /// File that holds the password in its first line, relative to this file; readable by its owner alone.
    pub password_file: Option<String>,
    /// Settings for protocol `opcua`.
    pub opcua: Option<OpcUaForm>,
    /// Settings for protocol `sparkplug`.
    pub sparkplug: Option<SparkplugForm>,
    /// Settings for protocol `modbus`.
    pub modbus: Option<ModbusForm>,
}

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
