//! The air network and its compressor: demand of the producing machines, leaks that grow, power drawn for both.
//!
//! With the compressor down an old reserve takes over, so air never stops; it draws more and holds less pressure. With the
//! compressor in standby the network is shut, and its leaks rest. A repair of leaks goes on under pressure.

use super::fault::FaultKind;
use super::luck::{Draw, Luck};
use super::machine::Part;
use super::physics::{Spec, air};
use super::run::Workshop;
use measure::{Instant, Span};
use plant::MachineState;

/// The network at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Flow through leaks under pressure [m3/min].
    pub leak: f64,
    /// Flow to producing machines [m3/min].
    pub demand: f64,
    /// Whether the network is under pressure.
    pub open: bool,
    /// Leak repairs done.
    pub repairs: u64,
    /// Air lost through leaks so far [m3].
    pub lost_m3: f64,
    /// Energy spent on it so far [W.s].
    pub lost_joules: f64,
    /// When wear and leaks are next looked at.
    pub hour: Instant,
    /// Whether a machine changed its state since the last balance.
    pub touched: bool,
    hours: u64,
    until: Instant,
    running_s: f64,
}

/// Leaks at the start, lowest and highest [m3/min].
const LEAK_AT_START: (f64, f64) = (0.35, 1.0);

impl Network {
    /// The network at the start.
    pub fn new(luck: Luck, start: Instant) -> Self {
        let leak = luck.of(Draw::Leak, &[u64::MAX]).between(LEAK_AT_START.0, LEAK_AT_START.1);
        Self {
            leak,
            demand: 0.0,
            open: true,
            repairs: 0,
            lost_m3: 0.0,
            lost_joules: 0.0,
            hour: start + Span::from_hours(1),
            touched: true,
            hours: 0,
            until: start,
            running_s: 0.0,
        }
    }

    /// Flow out of the compressor [m3/min].
    pub fn flow(&self) -> f64 {
        if self.open { self.demand + self.leak } else { 0.0 }
    }

    /// Power of the compressor in a state [W].
    pub fn power(&self, spec: &Spec, state: MachineState) -> f64 {
        match state {
            MachineState::Standby | MachineState::Off | MachineState::WarmingUp => spec.power_in(state),
            _ => air::power(self.flow(), state == MachineState::Down),
        }
    }

    /// The network with its losses booked up to `now`.
    pub fn settled(mut self, now: Instant) -> Self {
        self.settle(now);
        self
    }

    /// Books what leaked up to `now`.
    fn settle(&mut self, now: Instant) {
        let seconds = (now - self.until).seconds();
        if self.open && seconds > 0.0 {
            self.lost_m3 += self.leak * seconds / 60.0;
            self.lost_joules += (air::power(self.leak, false) - air::power(0.0, false)) * seconds;
        }
        self.until = now;
    }
}

impl Workshop {
    /// What the compressor does next: it serves producing machines, else stands ready and feeds the leaks.
    pub(super) fn proceed_compressor(&mut self, machine: usize) {
        if self.machines[machine].activity.is_some() || self.start_service(machine) {
            return;
        }
        let wanted = self.network.demand > 0.0;
        let asleep = matches!(self.machines[machine].state, MachineState::Standby | MachineState::Off);
        match (wanted, asleep) {
            (true, true) => self.warm_up(machine),
            (true, false) => self.enter(machine, MachineState::Producing),
            (false, true) => {}
            (false, false) => self.enter(machine, MachineState::Starved),
        }
    }

    /// Brings demand, flow and the compressor's power in line with what the machines do.
    pub(super) fn balance(&mut self) {
        let Some(place) = self.layout.compressor.filter(|_| self.network.touched) else { return };
        self.network.touched = false;
        let air = |(fixed, machine): (&super::layout::Fixed, &super::machine::Machine)| {
            if machine.state == MachineState::Producing { fixed.spec.map_or(0.0, |s| s.air) } else { 0.0 }
        };
        let demand = self.layout.machines.iter().zip(&self.machines).map(air).sum();
        self.network.settle(self.now);
        self.network.demand = demand;
        self.proceed_compressor(place);
        self.network.open = !matches!(self.machines[place].state, MachineState::Standby | MachineState::Off);
        let state = self.machines[place].state;
        self.enter(place, state);
        self.network.touched = false;
    }

    /// Sets the leaks.
    pub(super) fn set_leak(&mut self, leak: f64) {
        self.network.settle(self.now);
        self.network.leak = leak;
        self.network.touched = true;
    }

    /// An hour has passed: leaks grow, now and then a new one opens, and the compressor has worn.
    pub(super) fn hour(&mut self) {
        let mut luck = self.luck.of(Draw::Leak, &[self.network.hours]);
        let opens = luck.happens(air::LEAK_STEP_PER_H);
        let step = luck.between(air::LEAK_STEP.0, air::LEAK_STEP.1);
        self.network.hours += 1;
        self.network.hour += Span::from_hours(1);
        let grown = self.network.leak * (1.0 + air::LEAK_GROWTH_PER_H) + if opens { step } else { 0.0 };
        self.set_leak(grown.min(0.5 * air::CAPACITY));
        self.look_after();
        self.wear_compressor();
    }

    fn wear_compressor(&mut self) {
        let Some(place) = self.layout.compressor else { return };
        let worked = self.attendance.until.is_some();
        self.machines[place].settle(self.now, worked);
        let faster = self.wears(place, FaultKind::BearingWear);
        let here = &mut self.machines[place];
        let running_s = here.meter.seconds_by[MachineState::Producing.index()];
        let seconds = running_s - std::mem::replace(&mut self.network.running_s, running_s);
        let Some(bearing) = &mut here.bearing else { return };
        bearing.wear += faster * bearing.wear_of(seconds, 1.0);
        if bearing.wear >= bearing.fails_at && here.state == MachineState::Producing {
            self.fail(place, Part::Bearing);
        }
    }
}
