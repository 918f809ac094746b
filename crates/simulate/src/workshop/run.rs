//! The workshop and its clock hand: which event comes next, and what it sets off.

use super::fault::Faults;
use super::layout::Layout;
use super::luck::{Draw, Luck};
use super::machine::{Lot, Machine, Part};
use super::network::Network;
use super::physics::bearing::Bearing;
use super::physics::tool::{LIFE_S, Tool};
use super::sample::Sample;
use super::shift::Attendance;
use super::truth::OrderTruth;
use measure::Instant;
use plant::{MachineState, OrderId, Plant};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// A workshop at one instant. A clone goes on exactly as the original would.
#[derive(Clone, Debug, PartialEq)]
pub struct Workshop {
    pub(super) layout: Arc<Layout>,
    pub(super) luck: Luck,
    pub(super) start: Instant,
    pub(super) now: Instant,
    pub(super) attendance: Attendance,
    pub(super) machines: Vec<Machine>,
    pub(super) orders: Vec<OrderTruth>,
    pub(super) network: Network,
    pub(super) faults: Faults,
    pub(super) samples: Vec<Sample>,
    /// Orders released so far, in the order of release.
    pub(super) released: usize,
    /// Machines to be looked at, in the order in which they were met.
    pub(super) stirred: VecDeque<usize>,
    /// Place of the steps of orders in the published plan.
    pub(super) board: BTreeMap<(OrderId, usize), usize>,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Shift,
    Hour,
    Release,
    Ends(usize),
    Tick(usize),
}

impl Workshop {
    /// A workshop that stands ready at `start`; the seed draws its wear, its luck and its leaks.
    pub fn new(plant: &Plant, seed: u64, start: Instant) -> Self {
        let layout = Arc::new(Layout::new(plant));
        let luck = Luck::new(seed);
        let machines = (0..layout.machines.len()).map(|m| fresh(&layout, luck, m, start)).collect();
        let mut workshop = Self {
            luck,
            start,
            now: start,
            attendance: Attendance::at(&plant.calendar, start),
            machines,
            orders: vec![OrderTruth::default(); layout.jobs.len()],
            network: Network::new(luck, start),
            faults: Faults::default(),
            samples: Vec::new(),
            released: 0,
            board: BTreeMap::new(),
            stirred: (0..layout.machines.len()).collect(),
            layout,
        };
        workshop.release();
        workshop.flush();
        workshop
    }

    /// Takes in the orders that a plant has beyond those known here, as an ERP system hands them down.
    pub fn admit(&mut self, plant: &Plant) {
        for order in plant.orders.iter().skip(self.orders.len()) {
            Arc::make_mut(&mut self.layout).admit(plant, order.id, self.released);
            self.orders.push(OrderTruth::default());
        }
    }

    /// The instant reached.
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Goes on to `to` and adds what devices told since the last call, in order of time. An earlier `to` changes nothing.
    pub fn advance(&mut self, plant: &Plant, to: Instant, out: &mut Vec<Sample>) {
        self.run(plant, to);
        out.append(&mut self.samples);
    }

    pub(super) fn run(&mut self, plant: &Plant, to: Instant) {
        while let Some((at, event)) = self.next_event(to) {
            self.now = self.now.max(at);
            match event {
                Event::Shift => self.change_shift(plant),
                Event::Hour => self.hour(),
                Event::Release => self.release(),
                Event::Ends(machine) => self.end(machine),
                Event::Tick(machine) => self.read_instruments(machine),
            }
            if !matches!(event, Event::Tick(_)) {
                self.flush();
            }
        }
        self.now = self.now.max(to);
    }

    /// The earliest event not after `to`; at one instant in the order shift, hour, release, machines by place.
    fn next_event(&self, to: Instant) -> Option<(Instant, Event)> {
        let mut next = (self.attendance.edge, Event::Shift);
        if self.network.hour < next.0 {
            next = (self.network.hour, Event::Hour);
        }
        let release = self.layout.releases.get(self.released).map(|o| self.layout.jobs[o.index()].release);
        if let Some(at) = release.filter(|at| *at < next.0) {
            next = (at, Event::Release);
        }
        for (place, machine) in self.machines.iter().enumerate() {
            let ends = machine.ends();
            if ends < next.0 {
                next = (ends, Event::Ends(place));
            }
            if machine.tick < next.0 {
                next = (machine.tick, Event::Tick(place));
            }
        }
        (next.0 <= to).then_some(next)
    }

    fn change_shift(&mut self, plant: &Plant) {
        let worked = self.attendance.until.is_some();
        for machine in &mut self.machines {
            machine.settle(self.now, worked);
        }
        self.attendance = Attendance::at(&plant.calendar, self.now);
        self.stirred.extend(0..self.machines.len());
    }

    /// Hands out the orders whose release has come.
    fn release(&mut self) {
        while let Some(order) = self.layout.releases.get(self.released).copied() {
            let job = &self.layout.jobs[order.index()];
            if job.release > self.now {
                break;
            }
            self.released += 1;
            let Some(first) = job.steps.first() else { continue };
            let lot = Lot { order, step: 0, waiting: job.quantity, good: 0, hidden: 0, worked: 0, deviation: 0.0 };
            self.orders[order.index()].released = job.quantity;
            let place = first.machine;
            self.machines[place].infeed.push_back(lot);
            self.machines[place].dirty = true;
            self.stirred.push_back(place);
        }
    }

    /// Looks at every machine that something happened to, then balances the air and tells what changed.
    pub(super) fn flush(&mut self) {
        while let Some(machine) = self.stirred.pop_front() {
            self.proceed(machine);
        }
        self.balance();
        while let Some(machine) = self.stirred.pop_front() {
            self.proceed(machine);
        }
        for machine in 0..self.machines.len() {
            if self.machines[machine].dirty {
                self.tell_changes(machine);
            }
        }
    }

    /// A number that two workshops share exactly if they are in the same state and have told the same (FNV-1a).
    pub fn digest(&self) -> u64 {
        let mut hash = 0xCBF2_9CE4_8422_2325_u64;
        let mut add = |number: u64| {
            for byte in number.to_le_bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
            }
        };
        add(self.now.micros() as u64);
        add(self.network.leak.to_bits());
        for machine in &self.machines {
            let tally = &machine.tally;
            for number in [tally.good, tally.scrap, machine.state.index() as u64, machine.pieces(), machine.fitted[0]] {
                add(number);
            }
            for number in [machine.meter.joules, machine.speed, tally.material] {
                add(number.to_bits());
            }
            add(machine.ends().micros() as u64);
            add(machine.tool.map_or(0, |t| t.wear.to_bits()));
            add(machine.bearing.map_or(0, |b| b.wear.to_bits()));
        }
        hash
    }
}

/// Highest bearing wear at the start; the compressor was overhauled lately.
const BEARING_AT_START: f64 = 0.93;
const BEARING_AT_START_COMPRESSOR: f64 = 0.2;
/// Lowest and highest tool wear at the start.
const TOOL_AT_START: (f64, f64) = (0.05, 0.95);

/// A machine as the start finds it.
fn fresh(layout: &Layout, luck: Luck, place: usize, start: Instant) -> Machine {
    let Some(spec) = layout.machines[place].spec else { return Machine::new(MachineState::Off, start) };
    let mut machine = Machine::new(MachineState::Starved, start);
    let mut draw = luck.of(Draw::Start, &[place as u64]);
    let (tool_wear, bearing_wear) = (draw.between(TOOL_AT_START.0, TOOL_AT_START.1), draw.unit());
    if spec.cuts {
        let mut tool = new_tool(luck, place, 0);
        tool.wear = tool_wear;
        tool.cut_s = tool_wear * LIFE_S * tool.make;
        machine.tool = Some(tool);
    }
    if spec.bears {
        let mut bearing = new_bearing(luck, place, 0);
        bearing.wear = bearing_wear * if spec.compresses { BEARING_AT_START_COMPRESSOR } else { BEARING_AT_START };
        machine.bearing = Some(bearing);
    }
    machine.meter.power = spec.power.idle;
    machine
}

/// The n-th tool of a machine.
pub(super) fn new_tool(luck: Luck, machine: usize, number: u64) -> Tool {
    Tool::new(luck.of(Draw::Tool, &[machine as u64, number]))
}

/// The n-th bearing of a machine.
pub(super) fn new_bearing(luck: Luck, machine: usize, number: u64) -> Bearing {
    Bearing::new(luck.of(Draw::Bearing, &[machine as u64, number]))
}

impl Workshop {
    /// The number of the part now in a machine: names its luck.
    pub(super) fn part_number(&self, machine: usize, part: Part) -> u64 {
        match part {
            Part::Tool => self.machines[machine].fitted[0],
            Part::Bearing => self.machines[machine].fitted[1],
            Part::Leak => self.network.repairs,
        }
    }
}
