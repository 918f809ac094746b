//! The written form of sources: one connection to one device, broker or file. Each protocol's settings are a file here.

mod file;
mod http;
mod modbus;
mod mqtt;
mod mtconnect;
mod opcua;
mod sparkplug;

pub use file::{FileForm, FileLongForm, FileTimeForm};
pub use http::HttpForm;
pub use modbus::ModbusForm;
pub use mqtt::MqttForm;
pub use mtconnect::MtConnectForm;
pub use opcua::OpcUaForm;
pub use sparkplug::SparkplugForm;

use super::super::words;
use schemars::JsonSchema;
use serde::Deserialize;

/// A connection that brings readings. Secrets are named by file, never written here. How a channel's `address` is written
/// depends on the protocol. `opcua`: a node id such as `ns=2;s=mill-1.state`, with a way into its value such as
/// `ns=2;s=axis#/position/2`, or a method such as `call:ns=2;s=mill-1/ns=2;s=start`. `sparkplug`: group/node/device/metric such as
/// `plant/line-1/oven/state`, with `-` as device for a metric of the node itself; the member `speed` of a template instance
/// `pump` is the metric `pump/speed`. `modbus`: unit/table/register/type, then a
/// factor or words for codes, such as `1/holding/100/u32/0.1` or `3/input/0/u16/0=off,1=standby`; tables are input, holding,
/// coil, discrete; types are bit, bit0 to bit15, bits0-3 and such, u8-high, i8-low and such, u16,
/// i16, u32, i32, f32, u64, i64, f64, bcd16, bcd32 (with `-low`, `-swap`, `-little` for other orders of bytes), text1 to
/// text123. `http`: measurement,tag=value/field of InfluxDB line protocol such as `machines,machine=mill-1/power`. `mqtt`: a topic such
/// as `plant/mill-1/power` for a plain value; after `#` a path into a JSON document, after `@` the path to its time, after `>` the topic
/// of commands, such as `plant/mill-1/state#/data/power@/ts > plant/mill-1/power/set`; paths are JSON pointers or plain JSONPath, `*`
/// stands for every element of an array; `+` in a topic stands for any one level. `file`: a column such
/// as `temperature`, or `machine/column` where a column names the machine, in a table of one value a row the name in place of the
/// column; absent, these are the channel's and the machine's own names. `mtconnect`: the id of
/// a data item such as `x2f`, or device/name such as `mill-1/Xload`. `hand`: none.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceForm {
    /// Name, unique among the sources.
    pub name: String,
    /// How it speaks.
    #[schemars(extend("enum" = words::PROTOCOLS))]
    pub protocol: String,
    /// Where it is: `opc.tcp://host:4840` for opcua, `host:port` for sparkplug and modbus, `127.0.0.1:8086` to listen on for http,
    /// `mqtt://host:1883`, `mqtts://host:8883`, `listen://127.0.0.1:1883` or `listens://0.0.0.0:8883` for mqtt; `http://host:5000` for
    /// mtconnect (with `/device` for one device of the agent); a file or a
    /// folder relative to this file for file; none for hand. A file source without one is driven by `socium replay` alone.
    pub address: Option<String>,
    /// Name to sign in with. Absent: without a name.
    pub user: Option<String>,
    /// File that holds the password in its first line, relative to this file; readable by its owner alone.
    pub password_file: Option<String>,
    /// Settings for protocol `http`.
    pub http: Option<HttpForm>,
    /// Settings for protocol `mqtt`.
    pub mqtt: Option<MqttForm>,
    /// Settings for protocol `opcua`.
    pub opcua: Option<OpcUaForm>,
    /// Settings for protocol `sparkplug`.
    pub sparkplug: Option<SparkplugForm>,
    /// Settings for protocol `modbus`.
    pub modbus: Option<ModbusForm>,
    /// Settings for protocol `file`.
    pub file: Option<FileForm>,
    /// Settings for protocol `mtconnect`.
    pub mtconnect: Option<MtConnectForm>,
}
