//! The words that configuration allows, gathered from the nouns of the plant for the schema.

use plant::{ChannelKind, DecisionKind, MachineState, Mode, Role, UserRole};
use serde_json::{Value, json};

/// Protocol words of sources.
pub const PROTOCOLS: [&str; 8] = ["opcua", "mqtt", "sparkplug", "modbus", "mtconnect", "http", "file", "hand"];

/// Days of the week, Monday first.
pub const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Words of channel roles.
pub fn roles() -> Vec<&'static str> {
    Role::ALL.iter().map(|(_, word)| *word).collect()
}
/// Words of channel kinds.
pub fn kinds() -> Vec<&'static str> {
    ChannelKind::ALL.iter().map(|(_, word)| *word).collect()
}
/// Words of machine states.
pub fn states() -> Vec<&'static str> {
    MachineState::ALL.iter().map(|(_, word)| *word).collect()
}
/// Words of decision kinds.
pub fn decisions() -> Vec<&'static str> {
    DecisionKind::ALL.iter().map(DecisionKind::word).collect()
}
/// Words of modes.
pub fn modes() -> Vec<&'static str> {
    Mode::ALL.iter().map(|(_, word)| *word).collect()
}
/// Words of user roles, least first.
pub fn user_roles() -> Vec<&'static str> {
    UserRole::ALL.iter().map(|(_, word)| *word).collect()
}
/// Words of OPC UA security.
pub fn securities() -> Vec<&'static str> {
    drivers::opcua::Security::ALL.iter().map(|(_, word)| *word).collect()
}
/// Words of OPC UA security modes.
pub fn security_modes() -> Vec<&'static str> {
    drivers::opcua::Mode::ALL.iter().map(|(_, word)| *word).collect()
}
/// Words of Modbus framings.
pub fn framings() -> Vec<&'static str> {
    drivers::modbus::Framing::ALL.iter().map(|(_, word)| *word).collect()
}
/// Words of Modbus write functions.
pub fn write_functions() -> Vec<&'static str> {
    drivers::modbus::WriteWith::ALL.iter().map(|(_, word)| *word).collect()
}
/// Schema of one machine state.
pub fn state_schema() -> Value {
    json!({ "type": "string", "enum": states() })
}
/// Schema of one day of the week.
pub fn day_schema() -> Value {
    json!({ "type": "string", "enum": DAYS })
}
