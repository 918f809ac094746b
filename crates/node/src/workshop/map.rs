//! Where every channel of the workshop is found: node ids, metrics, registers, made from the plant alone. Enters: a plant.
//! Leaves: addresses as a `unit.toml` writes them. Absent: servers.
//!
//! The register map: the unit id of a machine is its place plus 1. What is read stands in input registers, what is written in
//! holding registers, each in the order of the channels from 0 on. Numbers are `f32`, counters `u32` (energy in steps of
//! 1 W.h), states codes by [`MachineState::index`], names text of 8 registers, events a log.

use drivers::modbus::{Address, DataType, Meaning, Order, Table};
use plant::{Channel, ChannelId, ChannelKind, MachineState, Plant, Role, SourceId};
use simulate::workshop::{SOURCES, wiring};
use std::collections::HashMap;

/// Where one channel is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelAddress {
    /// The channel.
    pub channel: ChannelId,
    /// The source that brings it.
    pub source: SourceId,
    /// Its address as the source's protocol writes it.
    pub address: String,
}

/// Sparkplug group of the workshop.
pub const GROUP: &str = "workshop";
/// Sparkplug edge node of the workshop.
pub const NODE: &str = "gateway";
/// Registers of a name.
const NAME: DataType = DataType::Text(8);

/// The address of every channel, by the channel's place.
pub fn addresses(plant: &Plant) -> Vec<ChannelAddress> {
    let registers: HashMap<ChannelId, Address> = register_map(plant).into_iter().collect();
    let sources = wiring(plant);
    let address = |channel: &Channel, source: SourceId| {
        let machine = &plant.machine(channel.machine).name;
        match SOURCES.get(source.index()) {
            Some(&"opcua") => format!("ns=2;s={}", node_name(plant, channel)),
            Some(&"sparkplug") => format!("{GROUP}/{NODE}/{machine}/{}", channel.name),
            _ => registers.get(&channel.id).map(ToString::to_string).unwrap_or_default(),
        }
    };
    let row = |(channel, source): (&Channel, &SourceId)| ChannelAddress {
        channel: channel.id,
        source: *source,
        address: address(channel, *source),
    };
    plant.channels.iter().zip(&sources).map(row).collect()
}

/// The name of a channel's OPC UA node in the workshop's name space.
pub fn node_name(plant: &Plant, channel: &Channel) -> String {
    format!("{}.{}", plant.machine(channel.machine).name, channel.name)
}

/// Where the channels of the Modbus server stand.
pub fn register_map(plant: &Plant) -> Vec<(ChannelId, Address)> {
    let mut next: HashMap<(u8, Table), u16> = HashMap::new();
    let mut map = Vec::new();
    for (channel, source) in plant.channels.iter().zip(wiring(plant)) {
        if SOURCES.get(source.index()) != Some(&"modbus") {
            continue;
        }
        let Ok(unit) = u8::try_from(channel.machine.index() + 1) else { continue };
        let (kind, meaning) = form(channel);
        let table = if channel.writable.is_some() { Table::Holding } else { Table::Input };
        let at = next.entry((unit, table)).or_default();
        map.push((channel.id, Address { unit, table, at: *at, kind, order: Order::Big, meaning, every: None }));
        *at += kind.registers();
    }
    map
}

/// How registers make the value of a channel.
fn form(channel: &Channel) -> (DataType, Meaning) {
    let plain = Meaning::PLAIN;
    match (channel.kind, channel.role) {
        (ChannelKind::Event, _) => (DataType::Log, plain),
        (ChannelKind::State, Role::State) => (DataType::U16, Meaning::Words(states(channel))),
        (ChannelKind::State, _) => match channel.writable.as_ref().filter(|envelope| !envelope.words.is_empty()) {
            Some(envelope) => {
                let words = std::iter::once(String::new()).chain(envelope.words.iter().cloned());
                (DataType::U16, Meaning::Words((0..).zip(words).collect()))
            }
            None => (NAME, plain),
        },
        (ChannelKind::Counter, Role::Energy) => (DataType::U32, Meaning::Scale { factor: 0.001, offset: 0.0 }),
        (ChannelKind::Counter, Role::Good | Role::Scrap) => (DataType::U32, plain),
        (ChannelKind::Counter | ChannelKind::Gauge, _) => (DataType::F32, plain),
    }
}

fn states(channel: &Channel) -> Vec<(u16, String)> {
    let code = |state: MachineState| u16::try_from(state.index()).unwrap_or(0);
    channel.states.iter().map(|(word, state)| (code(*state), word.clone())).collect()
}
