//! What a machine does next, looked at whenever something happened to it.
//!
//! ```text
//!  busy? stay -> move the finished lot on -> service asked for? -> still blocked? -> work that fits into the shift?
//!        -> in standby? warm up -> other family? set up -> start piece or batch
//! ```

use super::fault::FaultKind;
use super::luck::{Draw, bell};
use super::machine::{Activity, Machine, Part};
use super::physics::heat;
use super::physics::tool::{COUNT_LIMIT, LIFE_S};
use super::run::Workshop;
use measure::{Instant, Span};
use plant::MachineState;

/// A set-up is begun only with this much of the shift left.
const SET_UP_LEFT: Span = Span::from_minutes(10);
/// Longest cycle relative to plan; a piece is begun only if this much still fits into the shift [1].
const CYCLE_RATIO_MAX: f64 = 1.10;

/// What could be begun now.
enum Work {
    /// A piece of the lot on the machine.
    Piece,
    /// The next lot of the infeed.
    Lot,
    /// A furnace load.
    Batch,
    /// Taking a lot out of the furnace.
    Unload,
}

impl Workshop {
    /// Lets a machine begin what it can begin now.
    pub(super) fn proceed(&mut self, machine: usize) {
        if self.layout.machines[machine].spec.is_none() {
            return;
        }
        if self.layout.compressor == Some(machine) {
            return self.proceed_compressor(machine);
        }
        if self.machines[machine].activity.is_some() {
            return;
        }
        self.unload(machine);
        if self.start_service(machine) {
            return;
        }
        if self.machines[machine].outlet.is_some() {
            return self.rest(machine, MachineState::Blocked);
        }
        let Some(work) = self.work_for(machine) else { return self.rest(machine, MachineState::Starved) };
        if matches!(self.machines[machine].state, MachineState::Standby | MachineState::Off) {
            return self.warm_up(machine);
        }
        match work {
            Work::Piece => self.start_piece(machine),
            Work::Lot => self.start_lot(machine),
            Work::Batch => self.start_batch(machine),
            Work::Unload => self.begin(machine, MachineState::Producing, Activity::Unload, self.unload_s(machine)),
        }
    }

    /// Idle in a ready state; a machine in standby stays there.
    pub(super) fn rest(&mut self, machine: usize, state: MachineState) {
        if !matches!(self.machines[machine].state, MachineState::Standby | MachineState::Off) {
            self.enter(machine, state);
        }
    }

    /// Whether a machine could work now if it were ready.
    pub(super) fn has_work(&self, machine: usize) -> bool {
        self.machines[machine].outlet.is_none() && self.work_for(machine).is_some()
    }

    fn work_for(&self, machine: usize) -> Option<Work> {
        let until = self.attendance.until?;
        let here = &self.machines[machine];
        if let Some(furnace) = self.layout.machines[machine].spec.and_then(|s| s.furnace.as_ref()) {
            if !here.lots.is_empty() {
                return here.baked.then_some(Work::Unload);
            }
            let load = here.infeed.len().min(furnace.lots);
            let needs_s = furnace.batch_s + furnace.unload_s * load as f64;
            return (load > 0 && self.now + Span::from_seconds_f64(needs_s) <= until).then_some(Work::Batch);
        }
        if let Some(lot) = here.lots.front() {
            let step = self.layout.step(lot.order, lot.step)?;
            return self.fits(here, step.cycle_s, until).then_some(Work::Piece);
        }
        let lot = &here.infeed[self.next_lot(machine)?];
        let step = self.layout.step(lot.order, lot.step)?;
        let fits =
            if self.needs_set_up(here, step) { self.now + SET_UP_LEFT <= until } else { self.fits(here, step.cycle_s, until) };
        fits.then_some(Work::Lot)
    }

    fn fits(&self, machine: &Machine, cycle_s: f64, until: Instant) -> bool {
        self.now + Span::from_seconds_f64(cycle_s / machine.speed * CYCLE_RATIO_MAX) <= until
    }

    fn needs_set_up(&self, machine: &Machine, step: &super::layout::Step) -> bool {
        step.set_up_s > 0.0 && machine.family.is_some_and(|f| f != step.family)
    }

    /// Begins an activity of some seconds in a state.
    pub(super) fn begin(&mut self, machine: usize, state: MachineState, activity: Activity, seconds: f64) {
        self.machines[machine].activity = Some((activity, self.now + Span::from_seconds_f64(seconds)));
        self.enter(machine, state);
    }

    /// Changes the state and the power that goes with it.
    pub(super) fn enter(&mut self, machine: usize, state: MachineState) {
        let worked = self.attendance.until.is_some();
        let tick = self.next_tick(state);
        let here = &mut self.machines[machine];
        here.settle(self.now, worked);
        if here.state != state {
            if here.state == MachineState::Standby {
                here.heat = (self.now, heat::cooled(here.heat.1, self.now - here.heat.0));
            } else if state == MachineState::Standby {
                here.heat = (self.now, heat::WORK);
            }
            (here.state, here.since, here.dirty) = (state, self.now, true);
            here.tick = here.tick.min(tick);
            self.network.touched = true;
        }
        self.machines[machine].meter.power = self.power_of(machine);
    }

    /// Electrical power of a machine as it stands [W].
    fn power_of(&self, machine: usize) -> f64 {
        let Some(spec) = self.layout.machines[machine].spec else { return 0.0 };
        let here = &self.machines[machine];
        if spec.compresses {
            return self.network.power(spec, here.state);
        }
        if here.state != MachineState::Producing || spec.furnace.is_some() {
            return spec.power_in(here.state);
        }
        spec.power_producing(here.pace, here.tool.map_or(1.0, |t| t.force()) * self.strain(machine))
    }

    /// Begins the service asked for, if somebody is there to do it.
    pub(super) fn start_service(&mut self, machine: usize) -> bool {
        let counted_out = |m: &Machine| m.tool.is_some_and(|t| t.cut_s >= COUNT_LIMIT * LIFE_S);
        let here = &mut self.machines[machine];
        if here.service.is_none() && counted_out(here) {
            here.service = Some(Part::Tool);
        }
        if self.attendance.until.is_none() {
            return false;
        }
        let Some(part) = here.service.take() else { return false };
        let number = self.part_number(machine, part);
        let mut luck = self.luck.of(Draw::Service, &[machine as u64, part as u64, number]);
        let services = &self.layout.machines[machine].services;
        let planned = services.iter().find(|(word, _)| word == part.word()).map_or(Span::ZERO, |(_, length)| *length);
        let seconds = planned.seconds() * luck.between(0.9, 1.2);
        self.machines[machine].tally.services[part as usize] += 1;
        self.begin(machine, MachineState::Service, Activity::Service(part), seconds);
        true
    }

    /// Begins the way from standby to ready.
    pub(super) fn warm_up(&mut self, machine: usize) {
        let hour = (self.now - self.start).hours() as u64;
        let mut luck = self.luck.of(Draw::WarmUp, &[machine as u64, hour]);
        let stated = self.layout.machines[machine].warm_up;
        let here = &self.machines[machine];
        let furnace = self.layout.machines[machine].spec.is_some_and(|s| s.furnace.is_some());
        let nominal = if furnace { heat::heat_up(stated, heat::cooled(here.heat.1, self.now - here.heat.0)) } else { stated };
        let seconds = nominal.seconds() * luck.between(0.9, 1.1);
        self.begin(machine, MachineState::WarmingUp, Activity::WarmUp, seconds);
    }

    /// Takes the next lot, after a set-up where its family differs.
    fn start_lot(&mut self, machine: usize) {
        let Some(order) = self.take_lot(machine) else { return };
        let place = self.machines[machine].lots.back().map_or(0, |l| l.step);
        let Some(step) = self.layout.step(order, place) else { return };
        let (family, planned) = (step.family, step.set_up_s);
        let needs = self.needs_set_up(&self.machines[machine], step);
        self.machines[machine].family = Some(family);
        if !needs {
            return self.start_piece(machine);
        }
        let mut luck = self.luck.of(Draw::SetUp, &[machine as u64, u64::from(order.0)]);
        let seconds = planned * (1.0 + 0.08 * bell(&mut luck));
        self.machines[machine].tally.set_ups += 1;
        self.begin(machine, MachineState::SetUp, Activity::SetUp, seconds);
    }

    /// Begins the next piece of the lot on the machine, and sees whether a part will fail during it.
    fn start_piece(&mut self, machine: usize) {
        self.machines[machine].pace = self.machines[machine].speed;
        let here = &self.machines[machine];
        let Some(lot) = here.lots.front() else { return };
        let Some(step) = self.layout.step(lot.order, lot.step) else { return };
        let mut luck = self.luck.of(Draw::Cycle, &[u64::from(lot.order.0), lot.step as u64, u64::from(lot.worked)]);
        let name = [u64::from(lot.order.0), lot.step as u64, u64::from(lot.worked)];
        let (stop_s, misfed) = self.misfed(machine, &name);
        let faster = [FaultKind::ToolWear, FaultKind::BearingWear].map(|kind| self.wears(machine, kind));
        let seconds = step.cycle_s / here.pace * (1.02 + 0.03 * bell(&mut luck)) + stop_s;
        let reach = |left: f64, wear: f64| if wear > 0.0 && left <= wear { (left / wear).max(0.0) } else { f64::INFINITY };
        let tool = here.tool.map_or(f64::INFINITY, |t| reach(t.breaks_at - t.wear, faster[0] * t.wear_of(seconds, here.pace)));
        let bearing =
            here.bearing.map_or(f64::INFINITY, |b| reach(b.fails_at - b.wear, faster[1] * b.wear_of(seconds, here.pace)));
        let share = tool.min(bearing);
        let fails = share.is_finite().then_some(if tool <= bearing { Part::Tool } else { Part::Bearing });
        let seconds = seconds * share.min(1.0);
        self.machines[machine].misfed = misfed;
        self.begin(machine, MachineState::Producing, Activity::Piece { seconds, fails }, seconds);
    }

    /// Loads the furnace and heats the batch.
    fn start_batch(&mut self, machine: usize) {
        let Some(furnace) = self.layout.machines[machine].spec.and_then(|s| s.furnace.as_ref()) else { return };
        while self.machines[machine].lots.len() < furnace.lots && self.take_lot(machine).is_some() {}
        self.begin(machine, MachineState::Producing, Activity::Batch, furnace.batch_s);
    }

    fn unload_s(&self, machine: usize) -> f64 {
        self.layout.machines[machine].spec.and_then(|s| s.furnace.as_ref()).map_or(0.0, |f| f.unload_s)
    }
}
