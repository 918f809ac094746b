//! The pure half of Sparkplug B 3.0: births, data and deaths to readings, values to commands. Enters: MQTT topics with
//! payloads, command values. Leaves: readings, refusals, [`Notes`] on what else a message says, commands. Absent: MQTT, the
//! clock.
//!
//! ```text
//! publish -> read      topic and payload taken apart, or refused
//!         -> Order     messages of one edge node in the order of their sequence numbers; holds back what overtook
//!         -> Decoder   NBIRTH/DBIRTH  name every metric, its alias and type; values are readings
//!                      NDATA/DDATA    values by name or alias; what was never born asks for a rebirth, the values count
//!                      NDEATH/DDEATH  the node or device is gone: last values again, of uncertain quality
//! ```
//!
//! `bdSeq` and the metrics below `Node Control/` and `Device Control/` belong to the protocol and are no readings unless a
//! channel names them. Our own edge nodes answer a refused command with the metric's old value and a text property `refused`;
//! devices that do not are waited for until the echo time is over.

mod births;
mod command;
mod decoder;
mod edge;
mod order;
mod read;
mod state;
mod value;

pub use command::{Command, Encoder, commands, echoes, rebirth};
pub use decoder::{DEVICES_MAX, Decoder, NODES_MAX, Notes, is_protocol};
pub use edge::Edge;
pub use order::{Gap, HELD_MAX, Order, Ready};
pub use read::{Incoming, Read, read};
pub use state::State;

use collect::RawValue;
use measure::Instant;
use plant::RefusalReason;
use srad_types::payload::{DataType, Message as _, Metric, Payload, PropertySet, PropertyValue, metric, property_value};

/// One MQTT message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its topic.
    pub topic: String,
    /// Its payload.
    pub payload: Vec<u8>,
}

/// Group id and edge node id.
pub type NodeName = (String, String);

/// Name space of Sparkplug B.
const SPACE: &str = "spBv1.0";
/// Property that tells why a command was refused.
pub const REFUSED: &str = "refused";
/// Metric that asks an edge node for a rebirth.
pub const REBIRTH: &str = "Node Control/Rebirth";

/// Why something is not taken.
#[derive(Clone, Debug, PartialEq)]
struct Fault {
    found: String,
    allowed: String,
    reason: RefusalReason,
}

/// Milliseconds since 1970 as an instant; beyond what can be held there is none.
fn instant(millis: u64) -> Option<Instant> {
    i64::try_from(millis).ok()?.checked_mul(1_000).map(Instant::from_micros)
}

/// Milliseconds since 1970 of an instant; 0 for earlier ones.
pub fn millis(at: Instant) -> u64 {
    u64::try_from(at.millis()).unwrap_or(0)
}

fn bd_seq_metric(number: u64) -> Metric {
    Metric {
        name: Some("bdSeq".to_owned()),
        datatype: Some(DataType::Int64 as u32),
        value: Some(metric::Value::LongValue(number)),
        ..Metric::new()
    }
}

/// The topic of a message.
pub fn topic((group, node): &NodeName, verb: &str, device: Option<&str>) -> String {
    match device {
        Some(device) => format!("{SPACE}/{group}/{verb}/{node}/{device}"),
        None => format!("{SPACE}/{group}/{verb}/{node}"),
    }
}

/// The STATE topic of a host application.
pub fn state_topic(host: &str) -> String {
    format!("{SPACE}/STATE/{host}")
}

/// The filters that bring the births, data and deaths of a group.
pub fn filters(group: &str) -> [String; 6] {
    ["NBIRTH/+", "NDATA/+", "NDEATH/+", "DBIRTH/+/+", "DDATA/+/+", "DDEATH/+/+"].map(|rest| format!("{SPACE}/{group}/{rest}"))
}

/// A payload as bytes.
pub fn payload(seq: Option<u64>, at: Instant, metrics: Vec<Metric>) -> Vec<u8> {
    Payload { timestamp: Some(millis(at)), metrics, seq, uuid: None, body: None }.encode_to_vec()
}

/// A metric that reports a value; numbers go as Doubles.
pub fn report(name: Option<&str>, alias: Option<u64>, value: &RawValue, at: Instant) -> Metric {
    let (datatype, value) = match value {
        RawValue::Number(number) => (DataType::Double, metric::Value::DoubleValue(*number)),
        RawValue::Flag(flag) => (DataType::Boolean, metric::Value::BooleanValue(*flag)),
        RawValue::Text(text) => (DataType::String, metric::Value::StringValue(text.clone())),
    };
    Metric {
        name: name.map(str::to_owned),
        alias,
        timestamp: Some(millis(at)),
        datatype: Some(datatype as u32),
        value: Some(value),
        ..Metric::new()
    }
}

/// Adds to a report why a command was refused.
pub fn refusal(report: Metric, reason: &str) -> Metric {
    let value = PropertyValue {
        r#type: Some(DataType::String as u32),
        is_null: None,
        value: Some(property_value::Value::StringValue(reason.to_owned())),
    };
    Metric { properties: Some(PropertySet { keys: vec![REFUSED.to_owned()], values: vec![value] }), ..report }
}
