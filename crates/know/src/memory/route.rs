//! Which channel means what to this room, and how its numbers become the units used inside.
//!
//! Enters: a plant. Leaves: one small entry a channel. Absent: values.

use super::gauges;
use measure::Unit;
use plant::{Channel, MachineId, Plant, Role};

/// What a channel is to this room; what is not listed is charted elsewhere and not understood here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Not used.
    None,
    /// Machine state word.
    State,
    /// Order word.
    Order,
    /// Product word.
    Product,
    /// Worker or team word.
    Worker,
    /// Good pieces, counter.
    Good,
    /// Scrapped pieces, counter.
    Scrap,
    /// Power [W].
    Power,
    /// Energy, counter [kW.h].
    Energy,
    /// Time of the last cycle [s].
    CycleTime,
    /// Vibration velocity [mm/s], or the channel's own unit where that is no velocity.
    Vibration,
    /// Drive load [%].
    Load,
    /// Speed factor [%].
    Speed,
    /// Deviation from nominal as a share of the tolerance [1].
    Deviation,
    /// Air flow [m3/h], or the channel's own unit where that is no flow.
    AirFlow,
    /// Alarm word.
    Alarm,
    /// Service word.
    Serviced,
}

impl Signal {
    /// Whether the log of the machine is made of it.
    pub const fn is_logged(self) -> bool {
        self.is_word() || matches!(self, Self::Good | Self::Scrap | Self::Power | Self::Energy)
    }
    /// Whether it is a word that holds until the next one.
    pub const fn is_word(self) -> bool {
        matches!(self, Self::State | Self::Order | Self::Product | Self::Worker)
    }
}

/// Where a reading of a channel goes.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// What it is.
    pub signal: Signal,
    /// The machine.
    pub machine: MachineId,
    /// Inside = value × factor + offset.
    pub factor: f64,
    /// See `factor`.
    pub offset: f64,
    /// Whether the channel's unit converts to the one used inside, so that absolute limits hold.
    pub absolute: bool,
    /// Place among the instruments that are compared with each other.
    pub gauge: Option<u8>,
}

const fn signal_of(role: Role) -> (Signal, &'static str) {
    match role {
        Role::State => (Signal::State, ""),
        Role::Order => (Signal::Order, ""),
        Role::Product => (Signal::Product, ""),
        Role::Worker => (Signal::Worker, ""),
        Role::Good => (Signal::Good, "1"),
        Role::Scrap => (Signal::Scrap, "1"),
        Role::Power => (Signal::Power, "W"),
        Role::Energy => (Signal::Energy, "kW.h"),
        Role::CycleTime => (Signal::CycleTime, "s"),
        Role::Vibration => (Signal::Vibration, "mm/s"),
        Role::Load => (Signal::Load, "%"),
        Role::Speed => (Signal::Speed, "%"),
        Role::Deviation => (Signal::Deviation, "1"),
        Role::AirFlow => (Signal::AirFlow, "m3/h"),
        Role::Alarm => (Signal::Alarm, ""),
        Role::Serviced => (Signal::Serviced, ""),
        _ => (Signal::None, ""),
    }
}

impl Route {
    /// The route of one channel.
    pub fn of(channel: &Channel) -> Self {
        let (signal, inside) = signal_of(channel.role);
        let plain = Self {
            signal,
            machine: channel.machine,
            factor: 1.0,
            offset: 0.0,
            absolute: false,
            gauge: gauges::place(channel.role),
        };
        let Ok(inside) = inside.parse::<Unit>() else {
            return plain;
        };
        match (channel.unit.convert(0.0, &inside), channel.unit.convert(1.0, &inside)) {
            (Ok(zero), Ok(one)) => Self { factor: one - zero, offset: zero, absolute: true, ..plain },
            _ => plain,
        }
    }
    /// The routes of all channels, by channel id.
    pub fn table(plant: &Plant) -> Vec<Self> {
        plant.channels.iter().map(Self::of).collect()
    }
}
