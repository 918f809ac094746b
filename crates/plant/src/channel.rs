//! A channel: one named value of a machine, with its unit, its kind, its role for the rooms, and what may be written.

use crate::{ChannelId, MachineId, MachineState};
use measure::{Span, Unit};

/// How values of a channel follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChannelKind {
    /// A word that holds until the next one (machine state, running order).
    State,
    /// A number that only rises, but for resets to a lower one (pieces, energy).
    Counter,
    /// A number that moves both ways (power, temperature).
    Gauge,
    /// A word that happens at an instant (error, maintenance done).
    Event,
}

/// What a channel means to the rooms. A machine has at most one channel of each role but `Other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Machine state (kind state; words mapped by [`Channel::states`]).
    State,
    /// Name of the order being worked on, empty where none (kind state).
    Order,
    /// Names of the orders that wait at the machine, oldest first, parted by one space (kind state).
    Infeed,
    /// Name of the product being worked on (kind state), for sources that know no orders.
    Product,
    /// Team or worker at the machine (kind state).
    Worker,
    /// Order whose operation here was finished (kind event).
    OrderDone,
    /// Good pieces (kind counter, unit 1).
    Good,
    /// Scrapped pieces (kind counter, unit 1).
    Scrap,
    /// Electrical power (kind gauge).
    Power,
    /// Electrical energy taken (kind counter).
    Energy,
    /// Electrical energy generated at the site, say by solar panels (kind counter).
    Generated,
    /// Time of the last cycle (kind gauge).
    CycleTime,
    /// Vibration velocity of the main bearing or spindle (kind gauge, mm/s): rises with wear.
    Vibration,
    /// Share of the drive's rated load while producing (kind gauge, %): rises with a blunt tool.
    Load,
    /// Deviation of the last inspected piece from nominal as a share of its tolerance (kind gauge, 1).
    Deviation,
    /// Process temperature (kind gauge).
    Temperature,
    /// Air flow (kind gauge).
    AirFlow,
    /// Air pressure (kind gauge).
    AirPressure,
    /// Coolant taken (kind counter).
    Coolant,
    /// Material taken (kind counter).
    Material,
    /// Speed factor in force, 100 = nominal (kind gauge, %).
    Speed,
    /// Alarm or error (kind event).
    Alarm,
    /// Maintenance or replacement done (kind event).
    Serviced,
    /// Writable: the state the machine shall go to, one of the words `standby`, `ready`.
    SetState,
    /// Writable: name of the order to run next.
    SetOrder,
    /// Writable: speed factor [%].
    SetSpeed,
    /// Writable: the service to do as soon as the running piece is finished, one of the words `tool`, `bearing`, `leak`.
    SetService,
    /// Anything else; kept, charted, not understood.
    Other,
}

/// What may be written to a channel, when, and how fast.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// Lowest and highest number allowed; `None` for words.
    pub range: Option<(f64, f64)>,
    /// Words allowed; empty means that any word of 1 to 64 characters is.
    pub words: Vec<String>,
    /// Largest change of a number in one write.
    pub step_max: Option<f64>,
    /// Least time between two writes.
    pub rest: Span,
    /// States of the machine in which a write is allowed (the interlock); empty means all but `Down`.
    pub states: Vec<MachineState>,
}

/// One named value of a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// Index in the plant's channels.
    pub id: ChannelId,
    /// The machine it belongs to.
    pub machine: MachineId,
    /// Name within the machine, `[a-z0-9_]+`.
    pub name: String,
    /// UCUM unit.
    pub unit: Unit,
    /// How values follow each other.
    pub kind: ChannelKind,
    /// What it means.
    pub role: Role,
    /// Lowest and highest number accepted; a reading beyond is refused.
    pub range: Option<(f64, f64)>,
    /// For role [`Role::State`]: which word means which state; words are compared without case.
    pub states: Vec<(String, MachineState)>,
    /// `Some` where the channel may be written.
    pub writable: Option<Envelope>,
}

impl ChannelKind {
    /// All kinds with their words in configuration and forms.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::State, "state"), (Self::Counter, "counter"), (Self::Gauge, "gauge"), (Self::Event, "event")];
    /// The word used in configuration and forms.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(k, _)| *k == self).map_or("", |(_, w)| w)
    }
    /// From the word used in configuration and forms.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, w)| *w == word).map(|(k, _)| *k)
    }
    /// Whether values are words, interned in the lexicon, rather than numbers.
    pub const fn is_word(self) -> bool {
        matches!(self, Self::State | Self::Event)
    }
}

impl Role {
    /// All roles with their words in configuration and forms.
    pub const ALL: [(Self, &'static str); 28] = [
        (Self::State, "state"),
        (Self::Order, "order"),
        (Self::Infeed, "infeed"),
        (Self::Product, "product"),
        (Self::Worker, "worker"),
        (Self::OrderDone, "order_done"),
        (Self::Good, "good"),
        (Self::Scrap, "scrap"),
        (Self::Power, "power"),
        (Self::Energy, "energy"),
        (Self::Generated, "generated"),
        (Self::CycleTime, "cycle_time"),
        (Self::Vibration, "vibration"),
        (Self::Load, "load"),
        (Self::Deviation, "deviation"),
        (Self::Temperature, "temperature"),
        (Self::AirFlow, "air_flow"),
        (Self::AirPressure, "air_pressure"),
        (Self::Coolant, "coolant"),
        (Self::Material, "material"),
        (Self::Speed, "speed"),
        (Self::Alarm, "alarm"),
        (Self::Serviced, "serviced"),
        (Self::SetState, "set_state"),
        (Self::SetOrder, "set_order"),
        (Self::SetSpeed, "set_speed"),
        (Self::SetService, "set_service"),
        (Self::Other, "other"),
    ];
    /// The word used in configuration and forms.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(r, _)| *r == self).map_or("", |(_, w)| w)
    }
    /// From the word used in configuration and forms.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, w)| *w == word).map(|(r, _)| *r)
    }
}
