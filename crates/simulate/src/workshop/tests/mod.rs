//! What the workshop promises, one file a promise; the helpers here stage it.

mod baseline;
mod behaviour;
mod flow;
mod invariants;
mod luck;
mod refusals;
mod replay;

use super::{Sample, SampleValue, Truth, Workshop, WriteRefused, plant};
use measure::{Instant, Span};
use plant::{Channel, CommandValue, MachineId, MachineState, Plant, Role};

/// Monday, midnight in Shanghai; work starts six hours later.
pub const START: Instant = Instant::from_seconds(1_772_380_800);

/// A workshop on its stage: the plant, the model, all that was told.
#[derive(Clone)]
pub struct Stage {
    pub plant: Plant,
    pub workshop: Workshop,
    pub told: Vec<Sample>,
}

impl Stage {
    pub fn new(seed: u64, days: u32) -> Self {
        let plant = plant(START, days, seed);
        let workshop = Workshop::new(&plant, seed, START);
        Self { plant, workshop, told: Vec::new() }
    }
    /// Goes on to an hour since the start.
    pub fn reach(&mut self, hour: f64) {
        self.workshop.advance(&self.plant, at_hour(hour), &mut self.told);
    }
    pub fn machine(&self, name: &str) -> MachineId {
        self.plant.machine_named(name).expect("a machine of the workshop").id
    }
    pub fn channel(&self, machine: &str, role: Role) -> &Channel {
        self.plant.role(self.machine(machine), role).expect("a channel of the workshop")
    }
    pub fn state(&self, machine: &str) -> MachineState {
        self.workshop.truth().machines[self.machine(machine).index()].state
    }
    pub fn word(&mut self, machine: &str, role: Role, word: &str) -> Result<(), WriteRefused> {
        self.write(machine, role, &CommandValue::Word(word.to_owned()))
    }
    pub fn number(&mut self, machine: &str, role: Role, number: f64) -> Result<(), WriteRefused> {
        self.write(machine, role, &CommandValue::Number(number))
    }
    fn write(&mut self, machine: &str, role: Role, value: &CommandValue) -> Result<(), WriteRefused> {
        let channel = self.channel(machine, role).id;
        let now = self.workshop.now();
        self.workshop.write(&self.plant, channel, value, now)
    }
    pub fn truth(&self) -> Truth {
        self.workshop.truth()
    }
    /// Numbers told on a channel, with their hour.
    pub fn numbers(&self, machine: &str, role: Role) -> Vec<(f64, f64)> {
        let channel = self.channel(machine, role).id;
        let of_channel = self.told.iter().filter(|s| s.channel == channel);
        of_channel.filter_map(|s| if let SampleValue::Number(n) = s.value { Some((hour_of(s.at), n)) } else { None }).collect()
    }
    /// Words told on a channel, with their hour.
    pub fn words(&self, machine: &str, role: Role) -> Vec<(f64, String)> {
        let channel = self.channel(machine, role).id;
        let of_channel = self.told.iter().filter(|s| s.channel == channel);
        let word = |s: &Sample| if let SampleValue::Word(w) = &s.value { Some((hour_of(s.at), w.to_string())) } else { None };
        of_channel.filter_map(word).collect()
    }
}

pub fn at_hour(hour: f64) -> Instant {
    START + Span::from_seconds_f64(hour * 3_600.0)
}

pub fn hour_of(at: Instant) -> f64 {
    (at - START).hours()
}
