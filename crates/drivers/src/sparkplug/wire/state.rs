//! STATE: whether a host application is online (6.4.27). Enters: an instant, a payload. Leaves: the JSON text of a birth or death
//! certificate, and what a payload says. Absent: MQTT, when it is said.

use serde_json::{Value, json};

/// What a STATE message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Whether the host application is online.
    pub online: bool,
    /// Of the will in the CONNECT that began the session, or of the parting [ms since 1970, UTC].
    pub timestamp: u64,
}

impl State {
    /// Its payload: JSON in UTF-8 with exactly the keys `online` and `timestamp`.
    pub fn payload(self) -> String {
        json!({ "online": self.online, "timestamp": self.timestamp }).to_string()
    }
    /// What a payload says; `None` for anything but a STATE of Sparkplug 3.0.
    pub fn read(payload: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(payload).ok()?;
        Some(Self { online: value.get("online")?.as_bool()?, timestamp: value.get("timestamp")?.as_u64()? })
    }
}
