//! The wide data set of `socium bench ingest` and `socium bench query`: machines with ten channels each at 1 Hz, as a workshop's
//! sensors would send them.
//!
//! Enters: a seed and a number of machines. Leaves: one [`Row`] a machine and second, the same on every machine and in every run;
//! names, units and steps of the channels. Absent: sockets, files, how a row is sent or stored.
//!
//! ```text
//! state ──> load (cycle profile, lag, noise) ──> power ──> energy
//!   │                        ├──> temperature (lag of half an hour), vibration (wear, noise in proportion)
//!   └──> good (a piece a cycle), air flow          pressure (compressor between two points), speed (set by hand)
//! ```
//! Values are rounded to the step of their sensor. Noise is that of the instrument: nothing is constant that would not be in a plant.

use measure::{Chance, Instant, Span};

/// Channels of a machine.
pub const WIDTH: usize = 10;
/// Places in [`CHANNELS`] and [`Row::values`].
pub const STATE: usize = 0;
/// Good pieces.
pub const GOOD: usize = 1;
/// Electrical energy.
pub const ENERGY: usize = 2;
/// Electrical power.
pub const POWER: usize = 3;
/// Process temperature.
pub const TEMPERATURE: usize = 4;
/// Pressure of the air supply.
pub const PRESSURE: usize = 5;
/// Vibration velocity.
pub const VIBRATION: usize = 6;
/// Air taken.
pub const AIR_FLOW: usize = 7;
/// Share of the drive's rated load.
pub const LOAD: usize = 8;
/// Speed factor in force.
pub const SPEED: usize = 9;

/// A channel of the data set.
#[derive(Clone, Copy, Debug)]
pub struct ChannelOf {
    /// Name within the machine.
    pub name: &'static str,
    /// Kind as `unit.toml` writes it.
    pub kind: &'static str,
    /// Role as `unit.toml` writes it.
    pub role: &'static str,
    /// UCUM unit.
    pub unit: &'static str,
    /// Digits after the point that its sensor gives.
    pub decimals: u8,
}

const fn channel(name: &'static str, kind: &'static str, role: &'static str, unit: &'static str, decimals: u8) -> ChannelOf {
    ChannelOf { name, kind, role, unit, decimals }
}

/// The channels of every machine: a state word, two counters, seven gauges.
pub const CHANNELS: [ChannelOf; WIDTH] = [
    channel("state", "state", "state", "1", 0),
    channel("good", "counter", "good", "1", 0),
    channel("energy", "counter", "energy", "kW.h", 2),
    channel("power", "gauge", "power", "kW", 2),
    channel("temperature", "gauge", "temperature", "Cel", 1),
    channel("pressure", "gauge", "air_pressure", "bar", 2),
    channel("vibration", "gauge", "vibration", "mm/s", 2),
    channel("air_flow", "gauge", "air_flow", "m3/h", 1),
    channel("load", "gauge", "load", "%", 1),
    channel("speed", "gauge", "speed", "%", 0),
];

/// Words of the channel `state`; its value is the place here.
pub const STATES: [&str; 5] = ["producing", "starved", "set_up", "standby", "down"];
/// Mean stay in each state [s], and the share of changes that lead to it.
const STAYS: [(f64, f64); 5] = [(900.0, 0.50), (120.0, 0.30), (600.0, 0.10), (1_200.0, 0.06), (900.0, 0.04)];
/// Share of the cycle's power profile: up to this part of the cycle the drive has this load [%].
const PROFILE: [(f64, f64); 5] = [(0.15, 12.0), (0.55, 78.0), (0.65, 20.0), (0.92, 45.0), (1.0, 8.0)];

/// All channels of one machine at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Number of the machine, from 0.
    pub machine: usize,
    /// Source time: the machine's own second, with the jitter of its sampling task [whole ms].
    pub at: Instant,
    /// When it has come over the network.
    pub received: Instant,
    /// Values by [`CHANNELS`], rounded to the step of their sensor.
    pub values: [f64; WIDTH],
}

/// The data set: all machines at their present second.
pub struct DataSet {
    machines: Vec<Machine>,
    second: i64,
    start: Instant,
}

struct Machine {
    chance: Chance,
    phase_ms: i64,
    state: usize,
    left_s: f64,
    cycle_s: f64,
    in_cycle_s: f64,
    rated_kw: f64,
    good: f64,
    energy_kwh: f64,
    load: f64,
    warmth: f64,
    pressure: f64,
    filling: bool,
    bearing: f64,
    speed: f64,
}

impl DataSet {
    /// Machines at `start`, each in a life of its own.
    pub fn new(seed: u64, machines: usize, start: Instant) -> Self {
        let trunk = Chance::seeded(seed);
        Self { machines: (0..machines as u64).map(|m| Machine::new(trunk.branch(&[m]))).collect(), second: 0, start }
    }
    /// The next second: one row of every machine, in the order of their numbers.
    pub fn second(&mut self, mut each: impl FnMut(&Row)) {
        let second = self.start + Span::from_seconds(self.second);
        for (number, machine) in self.machines.iter_mut().enumerate() {
            each(&machine.row(number, second));
        }
        self.second += 1;
    }
}

/// Name of a machine by its number.
pub fn machine_name(machine: usize) -> String {
    format!("mill-{:05}", machine + 1)
}

/// The machines as `unit.toml` writes them: the type `milling`, whose channels a source brings at addresses of a pattern.
pub fn configuration(machines: usize, source: &str, address: &str) -> String {
    use std::fmt::Write;
    let mut text = format!("[[machine_type]]\nname = \"milling\"\nsource = \"{source}\"\naddress = \"{address}\"\n");
    for c in &CHANNELS {
        let unit = if c.kind == "state" { String::new() } else { format!("unit = \"{}\"\n", c.unit) };
        // a String takes any text
        let _ = write!(text, "[[machine_type.channel]]\nname = \"{}\"\nrole = \"{}\"\n{unit}", c.name, c.role);
        if c.kind == "state" {
            let words: Vec<String> = STATES.iter().map(|s| format!("{s} = \"{s}\"")).collect();
            let _ = writeln!(text, "states = {{ {} }}", words.join(", "));
        }
    }
    for machine in 0..machines {
        let _ = write!(text, "[[machine]]\nname = \"{}\"\ntype = \"milling\"\n", machine_name(machine));
    }
    text
}

impl Machine {
    fn new(mut chance: Chance) -> Self {
        let cycle_s = chance.between(25.0, 95.0);
        Self {
            phase_ms: chance.below(1_000) as i64,
            state: 0,
            left_s: chance.exponential(STAYS[0].0),
            in_cycle_s: chance.between(0.0, cycle_s),
            cycle_s,
            rated_kw: chance.between(8.0, 30.0),
            good: chance.below(20_000) as f64,
            energy_kwh: chance.between(1_000.0, 90_000.0),
            load: 30.0,
            warmth: chance.between(10.0, 30.0),
            pressure: chance.between(6.0, 6.6),
            filling: chance.happens(0.5),
            bearing: chance.between(1.4, 2.8),
            speed: 100.0,
            chance,
        }
    }

    fn row(&mut self, machine: usize, second: Instant) -> Row {
        self.live();
        let jitter_ms = if self.chance.happens(0.1) { 1 + self.chance.below(4) as i64 } else { 0 };
        let at = second + Span::from_millis(self.phase_ms + jitter_ms);
        let delay_s = 0.002 + self.chance.exponential(0.003);
        Row { machine, at, received: at + Span::from_micros((delay_s * 1e6) as i64), values: self.values() }
    }

    /// One second of its life.
    fn live(&mut self) {
        self.left_s -= 1.0;
        if self.left_s <= 0.0 {
            self.change_state();
        }
        let mut wanted = [0.0, 6.0, 9.0, 2.0, 0.0][self.state];
        if self.state == 0 {
            self.in_cycle_s += self.speed / 100.0;
            if self.in_cycle_s >= self.cycle_s {
                self.in_cycle_s -= self.cycle_s;
                self.good += 1.0;
            }
            let part = self.in_cycle_s / self.cycle_s;
            wanted = PROFILE.iter().find(|(end, _)| part < *end).map_or(8.0, |(_, load)| *load) * self.speed / 100.0;
        }
        self.load += 0.4 * (wanted - self.load);
        self.warmth += (0.45 * self.load - self.warmth) / 1_800.0;
        self.pressure += if self.filling { 0.02 } else { -0.004 };
        if !(6.0..6.6).contains(&self.pressure) {
            self.filling = self.pressure < 6.0;
        }
        self.bearing *= 1.0 + 2e-8 * self.load;
        if self.chance.happens(1.0 / 7_200.0) {
            self.speed = [80.0, 90.0, 95.0, 100.0, 100.0, 110.0][self.chance.below(6) as usize];
        }
    }

    fn change_state(&mut self) {
        let mut draw = self.chance.unit();
        let next = STAYS.iter().position(|(_, share)| {
            draw -= share;
            draw < 0.0
        });
        self.state = next.unwrap_or(0);
        self.left_s = self.chance.exponential(STAYS[self.state].0);
    }

    /// What the sensors show.
    fn values(&mut self) -> [f64; WIDTH] {
        let producing = self.state == 0;
        let load = (self.load * (1.0 + 0.015 * self.chance.normal())).max(0.0);
        let idle_kw = [1.6, 1.6, 1.6, 0.3, 0.1][self.state] * self.rated_kw / 15.0;
        let power = (idle_kw + self.rated_kw * self.load / 100.0) * (1.0 + 0.01 * self.chance.normal());
        self.energy_kwh += power / 3_600.0;
        let air = if producing { 14.0 } else { 1.8 };
        let mut values = [0.0; WIDTH];
        values[STATE] = self.state as f64;
        values[GOOD] = self.good;
        values[ENERGY] = self.energy_kwh;
        values[POWER] = power;
        values[TEMPERATURE] = 24.0 + self.warmth + 0.08 * self.chance.normal();
        values[PRESSURE] = self.pressure + 0.008 * self.chance.normal();
        values[VIBRATION] = self.bearing * (0.25 + self.load / 100.0) * (1.0 + 0.04 * self.chance.normal());
        values[AIR_FLOW] = air * (1.0 + 0.02 * self.chance.normal());
        values[LOAD] = load;
        values[SPEED] = self.speed;
        for (value, channel) in values.iter_mut().zip(&CHANNELS) {
            let steps = 10_f64.powi(i32::from(channel.decimals));
            *value = if channel.kind == "counter" { (*value * steps).floor() } else { (*value * steps).round() } / steps;
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn rows(seed: u64, seconds: usize) -> Vec<Row> {
        let mut data = DataSet::new(seed, 20, Instant::from_seconds(1_772_431_200));
        let mut rows = Vec::new();
        (0..seconds).for_each(|_| data.second(|row| rows.push(*row)));
        rows
    }

    #[test]
    fn it_is_the_same_every_time_and_differs_by_seed() {
        assert_eq!(rows(1, 50), rows(1, 50));
        assert_ne!(rows(1, 50), rows(2, 50));
    }

    #[test]
    fn it_moves_as_a_workshop_does() {
        let rows = rows(7, 4_000);
        let of = |machine: usize| rows.iter().filter(move |r| r.machine == machine);
        for machine in 0..20 {
            for counter in [GOOD, ENERGY] {
                let values: Vec<f64> = of(machine).map(|r| r.values[counter]).collect();
                assert!(values.is_sorted() && values[0] < values[3_999], "{counter} of {machine}");
            }
            let times: Vec<Instant> = of(machine).map(|r| r.at).collect();
            assert!(times.is_sorted() && of(machine).all(|r| r.received > r.at && r.at.micros() % 1_000 == 0));
            for (gauge, least) in [(POWER, 200), (TEMPERATURE, 8), (PRESSURE, 50), (VIBRATION, 80), (AIR_FLOW, 10), (LOAD, 200)] {
                let steps = |r: &Row| (r.values[gauge] * 100.0).round() as i64;
                let distinct: BTreeSet<i64> = of(machine).map(steps).collect();
                assert!(distinct.len() >= least, "{} of {machine}: {} values", CHANNELS[gauge].name, distinct.len());
            }
        }
        assert!(rows.iter().all(|r| r.values.iter().all(|v| *v >= 0.0 && v.is_finite())));
        let states: BTreeSet<i64> = rows.iter().map(|r| r.values[STATE] as i64).collect();
        assert_eq!(states.len(), STATES.len());
    }
}
