//! The instruments: every 10 s while a machine runs and every minute otherwise, with noise, a dead band and a resolution.

use super::luck::{Draw, bell};
use super::physics::{air, heat};
use super::run::Workshop;
use measure::{Instant, Span};
use plant::{MachineState, Role};

/// A kind of instrument: what it reads, its noise and dead band as shares of the value, its resolution in the unit.
pub struct Gauge {
    /// What it reads.
    pub role: Role,
    noise: f64,
    band: f64,
    resolution: f64,
}

/// All kinds of instruments.
pub const GAUGES: [Gauge; 5] = [
    Gauge { role: Role::Power, noise: 0.008, band: 0.02, resolution: 1.0 },
    Gauge { role: Role::Vibration, noise: 0.04, band: 0.12, resolution: 0.01 },
    Gauge { role: Role::Temperature, noise: 0.001, band: 0.004, resolution: 0.1 },
    Gauge { role: Role::AirFlow, noise: 0.01, band: 0.04, resolution: 0.01 },
    Gauge { role: Role::AirPressure, noise: 0.004, band: 0.015, resolution: 0.01 },
];

/// Interval of reading while running.
const FAST: Span = Span::from_seconds(10);
/// Interval of reading otherwise, and longest silence of an instrument.
const SLOW: Span = Span::from_seconds(60);
/// Vibration of a machine that stands, from its neighbours [mm/s].
const VIBRATION_STILL: f64 = 0.2;
/// Time constant with which a shut network loses its pressure [s].
const BLEED_S: f64 = 1_200.0;

impl Workshop {
    /// When instruments are next read in a state.
    pub(super) fn next_tick(&self, state: MachineState) -> Instant {
        use MachineState::{Producing, SetUp, WarmingUp};
        let every = if matches!(state, Producing | SetUp | WarmingUp) { FAST } else { SLOW };
        self.now.floor(every) + every
    }

    /// Reads the instruments of a machine and tells what left its dead band or was silent for a minute.
    pub(super) fn read_instruments(&mut self, machine: usize) {
        self.machines[machine].tick = self.next_tick(self.machines[machine].state);
        let mut luck = self.luck.of(Draw::Noise, &[machine as u64, self.now.micros() as u64]);
        for (place, gauge) in GAUGES.iter().enumerate() {
            if self.layout.machines[machine].port(gauge.role).is_none() {
                continue;
            }
            let noise = gauge.noise * bell(&mut luck);
            let value = self.true_value(machine, gauge.role) * (1.0 + noise);
            let told = self.machines[machine].told.gauges[place];
            let value = self.told_instead(machine, gauge.role, value, told.map(|(_, last)| last));
            let value = (value / gauge.resolution).round() * gauge.resolution;
            let news = told.is_none_or(|(at, last)| self.now - at >= SLOW || (value - last).abs() > gauge.band * last.abs());
            if news {
                self.tell_gauge(machine, place, value);
            }
        }
        let told = self.machines[machine].told.energy;
        if told.is_none_or(|(at, _)| self.now - at >= SLOW) {
            self.tell_energy(machine);
        }
    }

    /// Tells the power at once, as meters do when it jumps.
    pub(super) fn tell_power(&mut self, machine: usize) {
        let (power, told) = (self.machines[machine].meter.power, self.machines[machine].told.gauges[0]);
        let value = self.told_instead(machine, Role::Power, power, told.map(|(_, last)| last)).round();
        if told.is_none_or(|(at, _)| at < self.now) {
            self.tell_gauge(machine, 0, value);
        }
    }

    fn tell_gauge(&mut self, machine: usize, place: usize, value: f64) {
        self.machines[machine].told.gauges[place] = Some((self.now, value));
        self.tell(machine, GAUGES[place].role, value);
    }

    fn true_value(&self, machine: usize, role: Role) -> f64 {
        let here = &self.machines[machine];
        match role {
            Role::Power => here.meter.power,
            Role::Vibration if here.state == MachineState::Producing => {
                here.bearing.map_or(0.0, |b| b.vibration(here.pace)) * self.strain(machine).sqrt()
            }
            Role::Vibration => VIBRATION_STILL,
            Role::Temperature => self.temperature(machine),
            Role::AirFlow => self.network.flow(),
            Role::AirPressure if !self.network.open => {
                air::pressure(0.0, false) * (-(self.now - here.since).seconds() / BLEED_S).exp()
            }
            Role::AirPressure => air::pressure(self.network.flow(), here.state == MachineState::Down),
            _ => 0.0,
        }
    }

    fn temperature(&self, machine: usize) -> f64 {
        let here = &self.machines[machine];
        match (here.state, here.activity) {
            (MachineState::Standby, _) => heat::cooled(here.heat.1, self.now - here.heat.0),
            (MachineState::WarmingUp, Some((_, ends))) => {
                let length = (ends - here.since).seconds().max(1.0);
                heat::WORK - (heat::WORK - here.heat.1) * ((ends - self.now).seconds() / length).clamp(0.0, 1.0)
            }
            _ => heat::WORK,
        }
    }
}
