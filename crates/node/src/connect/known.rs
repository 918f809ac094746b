//! What a configuration knows already, as the survey needs it. Enters: a [`Config`]. Leaves: machines, roles, addresses,
//! types, words. Absent: the text of the file.

use crate::config::Config;
use plant::SourceId;
use std::collections::BTreeMap;
use survey::{Known, Types};

/// The source with a protocol and an address, where it is configured already.
pub fn source_at(config: &Config, protocol: &str, address: &str) -> Option<SourceId> {
    let port = config.ports.iter().find(|port| {
        config.plant.sources.get(port.source.index()).is_some_and(|s| s.protocol == protocol) && port.address == address
    });
    port.map(|p| p.source)
}

/// What is known to the survey of a source of this name.
pub fn known(config: Option<&Config>, source: Option<SourceId>, name: &str) -> Known {
    let Some(config) = config else { return Known { source: name.to_owned(), ..Known::default() } };
    let plant = &config.plant;
    let machines = plant.machines.iter().map(|m| {
        let channels = plant.channels_of(m.id).map(|c| (c.name.clone(), c.role)).collect();
        (m.name.clone(), m.kind.clone(), channels)
    });
    let mut addresses = BTreeMap::new();
    for (channel, route) in plant.channels.iter().zip(&config.addresses) {
        if let (true, Some(address)) = (source == Some(route.source), &route.address) {
            addresses.insert(address.clone(), format!("{}/{}", plant.machine(channel.machine).name, channel.name));
        }
    }
    Known { machines: machines.collect(), addresses, source: name.to_owned() }
}

/// The types, and the words that patterns of this file use.
pub fn types(config: Option<&Config>, text: &str) -> Types {
    let mut types = Types::default();
    for machine in config.iter().flat_map(|c| &c.plant.machines) {
        *types.machines.entry(machine.kind.clone()).or_default() += 1;
    }
    let document: Option<toml::Table> = text.parse().ok();
    let tables = |key: &str| -> Vec<toml::Value> {
        document.as_ref().and_then(|d| d.get(key)).and_then(|v| v.as_array()).cloned().unwrap_or_default()
    };
    for kind in tables("machine_type") {
        if let Some(name) = kind.get("name").and_then(|n| n.as_str()) {
            types.machines.entry(name.to_owned()).or_default();
        }
    }
    for machine in tables("machine") {
        types.words.extend(machine.get("with").and_then(|w| w.as_table()).into_iter().flat_map(|w| w.keys().cloned()));
    }
    types
}
