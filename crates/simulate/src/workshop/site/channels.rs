//! The channels of each machine, what may be written to them, and which source brings them.
//!
//! Meters (power, energy) come over Modbus for all machines. The washer and the inspection station speak Modbus only:
//! registers hold numbers, so their words are codes (see [`crate::workshop::registers`]) and they tell no infeed.

use super::SOURCES;
use crate::workshop::physics::Spec;
use measure::{Span, Unit};
use plant::{Channel, ChannelId, ChannelKind, Envelope, Machine, MachineState, Plant, Role, SourceId};

/// Lowest and highest speed factor that may be written [%].
pub const SPEED: (f64, f64) = (60.0, 120.0);

/// Name, role, kind, unit, range.
type Row = (&'static str, Role, ChannelKind, &'static str, Option<(f64, f64)>);

use ChannelKind::{Counter, Event, Gauge, State};

const ALL: &[Row] = &[("state", Role::State, State, "1", None), ("alarm", Role::Alarm, Event, "1", None)];
const METER: &[Row] =
    &[("power", Role::Power, Gauge, "W", Some((0.0, 80_000.0))), ("energy", Role::Energy, Counter, "kW.h", Some((0.0, 1e9)))];
const PIECES: &[Row] = &[
    ("order", Role::Order, State, "1", None),
    ("order_done", Role::OrderDone, Event, "1", None),
    ("good", Role::Good, Counter, "1", Some((0.0, 1e9))),
    ("scrap", Role::Scrap, Counter, "1", Some((0.0, 1e9))),
    ("cycle_time", Role::CycleTime, Gauge, "s", Some((0.0, 20_000.0))),
];
const SPEEDS: &[Row] = &[("speed", Role::Speed, Gauge, "%", Some((0.0, 150.0)))];
const INFEED: &[Row] = &[("infeed", Role::Infeed, State, "1", None)];
const SERVICED: &[Row] = &[("serviced", Role::Serviced, Event, "1", None)];
const BEARING: &[Row] = &[("vibration", Role::Vibration, Gauge, "mm/s", Some((0.0, 50.0)))];
const PROBE: &[Row] = &[("deviation", Role::Deviation, Gauge, "1", Some((-10.0, 10.0)))];
const CUTTING: &[Row] = &[
    ("load", Role::Load, Gauge, "%", Some((0.0, 150.0))),
    ("coolant", Role::Coolant, Counter, "L", Some((0.0, 1e9))),
    ("material", Role::Material, Counter, "kg", Some((0.0, 1e9))),
];
const FURNACE: &[Row] = &[("temperature", Role::Temperature, Gauge, "Cel", Some((0.0, 1_200.0)))];
const WASHING: &[Row] = &[("detergent", Role::Coolant, Counter, "L", Some((0.0, 1e9)))];
const AIR: &[Row] = &[
    ("air_flow", Role::AirFlow, Gauge, "m3/min", Some((0.0, 20.0))),
    ("air_pressure", Role::AirPressure, Gauge, "bar", Some((0.0, 16.0))),
];
const WRITES: &[Row] = &[
    ("set_state", Role::SetState, State, "1", None),
    ("set_speed", Role::SetSpeed, Gauge, "%", Some(SPEED)),
    ("set_order", Role::SetOrder, State, "1", None),
    ("set_service", Role::SetService, State, "1", None),
];

/// All channels of the machines; ids are places.
pub fn channels(machines: &[Machine]) -> Vec<Channel> {
    let mut channels = Vec::new();
    for machine in machines {
        for row in rows(machine) {
            channels.push(channel(ChannelId(channels.len() as u32), machine, row));
        }
    }
    channels
}

fn rows(machine: &Machine) -> Vec<&'static Row> {
    let registers_only = matches!(machine.kind.as_str(), "washing" | "inspection");
    let Some(spec) = Spec::of(&machine.kind) else { return Vec::new() };
    let makes = !spec.compresses;
    let groups: [(bool, &'static [Row]); 13] = [
        (true, ALL),
        (true, METER),
        (makes, PIECES),
        (makes && !registers_only, INFEED),
        (makes && spec.furnace.is_none(), SPEEDS),
        (spec.bears || spec.compresses, SERVICED),
        (spec.bears, BEARING),
        (spec.cuts || spec.kind == "inspection", PROBE),
        (spec.cuts, CUTTING),
        (spec.furnace.is_some(), FURNACE),
        (spec.kind == "washing", WASHING),
        (spec.compresses, AIR),
        (true, WRITES),
    ];
    let takes = |role: Role| match role {
        Role::SetSpeed => makes && spec.furnace.is_none(),
        Role::SetOrder => makes && spec.furnace.is_none() && !registers_only,
        Role::SetService => spec.bears,
        _ => true,
    };
    groups.into_iter().filter(|(has, _)| *has).flat_map(|(_, rows)| rows).filter(|row| takes(row.1)).collect()
}

fn channel(id: ChannelId, machine: &Machine, (name, role, kind, unit, range): &Row) -> Channel {
    let states = if *role == Role::State {
        MachineState::ALL.iter().skip(1).map(|(state, word)| ((*word).to_owned(), *state)).collect()
    } else {
        Vec::new()
    };
    Channel {
        id,
        machine: machine.id,
        name: (*name).to_owned(),
        unit: unit.parse::<Unit>().expect("the units written here are UCUM codes, and a test builds them"),
        kind: *kind,
        role: *role,
        range: *range,
        states,
        writable: envelope(machine, *role),
    }
}

/// What may be written, how far at once, how often, and in which states.
fn envelope(machine: &Machine, role: Role) -> Option<Envelope> {
    use MachineState::{Blocked, Off, Producing, Service, SetUp, Standby, Starved, WarmingUp};
    let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<String>>();
    let plain = |rest, states| Envelope { range: None, words: Vec::new(), step_max: None, rest, states };
    match role {
        Role::SetState => {
            let states = vec![Off, Standby, WarmingUp, Blocked, Starved];
            Some(Envelope { words: words(&["standby", "ready"]), ..plain(Span::from_minutes(2), states) })
        }
        Role::SetSpeed => {
            let states = vec![Standby, WarmingUp, SetUp, Producing, Blocked, Starved, Service];
            let number = plain(Span::from_minutes(5), states);
            Some(Envelope { range: Some(SPEED), step_max: Some(10.0), ..number })
        }
        Role::SetOrder => Some(plain(Span::from_seconds(30), Vec::new())),
        Role::SetService => {
            let services = machine.services.iter().map(|(word, _)| word.clone()).collect();
            let states = vec![Standby, WarmingUp, SetUp, Producing, Blocked, Starved];
            Some(Envelope { words: services, ..plain(Span::from_minutes(10), states) })
        }
        _ => None,
    }
}

/// The source of each channel, by the channel's place: meters and Modbus-only stations over `modbus`, cutting machines over
/// `opcua`, the rest over `sparkplug`.
pub fn wiring(plant: &Plant) -> Vec<SourceId> {
    plant.channels.iter().map(|c| plant.source_named(source_of(plant, c.id)).unwrap_or_default()).collect()
}

/// The word of the source that brings a channel.
fn source_of(plant: &Plant, channel: ChannelId) -> &'static str {
    let channel = plant.channel(channel);
    let [opcua, sparkplug, modbus] = SOURCES;
    match (channel.role, plant.machine(channel.machine).kind.as_str()) {
        (Role::Power | Role::Energy, _) | (_, "washing" | "inspection") => modbus,
        (_, "milling" | "turning") => opcua,
        _ => sparkplug,
    }
}
