//! What happens when an activity is over: pieces are counted, parts wear, fail and are replaced.

use super::fault::FaultKind;
use super::luck::{Draw, bell};
use super::machine::{Activity, Part};
use super::physics::{air, heat, quality};
use super::run::{Workshop, new_bearing, new_tool};
use plant::{MachineState, Role};
use std::sync::Arc;

/// Repair after a breakage of the tool: median [s] and spread of the logarithm.
const REPAIR_TOOL: (f64, f64) = (60.0 * 60.0, 0.2);
/// Repair after a failure of the bearing: median [s] and spread of the logarithm.
const REPAIR_BEARING: (f64, f64) = (4.0 * 3_600.0, 0.25);
/// Pieces spoilt until the machine runs well again after a breakage of the tool.
const SPOILT_AFTER_BREAKAGE: u32 = 2;

impl Workshop {
    /// The activity of a machine is over.
    pub(super) fn end(&mut self, machine: usize) {
        let Some((activity, _)) = self.machines[machine].activity.take() else { return };
        self.stirred.push_back(machine);
        match activity {
            Activity::WarmUp => {
                self.machines[machine].heat = (self.now, heat::WORK);
                self.enter(machine, MachineState::Starved);
            }
            Activity::SetUp => {}
            Activity::Piece { seconds, fails } => self.end_piece(machine, seconds, fails),
            Activity::Batch => self.machines[machine].baked = true,
            Activity::Unload => self.end_unload(machine),
            Activity::Service(part) | Activity::Repair(part) => {
                self.renew(machine, part);
                self.enter(machine, MachineState::Starved);
            }
        }
    }

    fn end_piece(&mut self, machine: usize, seconds: f64, fails: Option<Part>) {
        self.wear(machine, seconds);
        let spoilt = fails.is_some() || self.machines[machine].spoil > 0;
        if fails.is_none() && spoilt {
            self.machines[machine].spoil -= 1;
        }
        let misfed = std::mem::take(&mut self.machines[machine].misfed);
        self.count_piece(machine, spoilt || misfed);
        if fails.is_none() {
            self.tell(machine, Role::CycleTime, (seconds * 10.0).round() / 10.0);
            self.tell_cutting(machine);
        }
        if self.machines[machine].lots.front().is_some_and(|l| l.waiting == 0) {
            self.finish_lot(machine);
        }
        if let Some(part) = fails {
            self.fail(machine, part);
        }
    }

    /// Wear, coolant and planned time of a piece of some seconds.
    fn wear(&mut self, machine: usize, seconds: f64) {
        let Some(spec) = self.layout.machines[machine].spec else { return };
        let faster = [FaultKind::ToolWear, FaultKind::BearingWear].map(|kind| self.wears(machine, kind));
        let here = &mut self.machines[machine];
        let speed = here.pace;
        if let Some(tool) = &mut here.tool {
            tool.wear += faster[0] * tool.wear_of(seconds, speed);
            tool.cut_s += seconds;
        }
        if let Some(bearing) = &mut here.bearing {
            bearing.wear += faster[1] * bearing.wear_of(seconds, speed);
        }
        here.tally.coolant += spec.coolant * seconds / 3_600.0;
        let step = here.lots.front().and_then(|l| self.layout.step(l.order, l.step));
        let planned = step.map_or(0.0, |s| s.cycle_s);
        here.tally.planned_s += planned;
        here.tally.material += spec.material * planned;
    }

    /// Counts one piece of the lot on the machine as good or scrap.
    fn count_piece(&mut self, machine: usize, spoilt: bool) {
        let Some(spec) = self.layout.machines[machine].spec else { return };
        let here = &mut self.machines[machine];
        let (speed, wear) = (here.pace, here.tool.map_or(0.0, |t| t.wear));
        let Some(lot) = here.lots.front_mut() else { return };
        let name = [u64::from(lot.order.0), lot.step as u64, u64::from(lot.worked)];
        let mut luck = self.luck.of(Draw::Quality, &name);
        let (draw, caught, found) = (luck.unit(), luck.unit(), luck.unit());
        let inspects = spec.kind == "inspection";
        let shown = inspects && found * f64::from(lot.waiting) < f64::from(lot.hidden);
        let bad = draw < quality::scrap(spec.scrap, wear, speed);
        lot.waiting = lot.waiting.saturating_sub(1);
        lot.worked += 1;
        if spec.cuts {
            let deviation = quality::deviation(wear, speed);
            lot.deviation += (deviation - lot.deviation) / f64::from(lot.worked);
        }
        let scrapped = spoilt || shown || (bad && (!spec.cuts || caught < quality::CAUGHT));
        if scrapped {
            lot.hidden = lot.hidden.saturating_sub(u32::from(shown)).min(lot.waiting + lot.good);
            self.orders[lot.order.index()].scrap += 1;
            here.tally.scrap += 1;
        } else {
            lot.good += 1;
            lot.hidden += u32::from(bad && spec.cuts);
            here.tally.good += 1;
        }
        here.dirty = true;
    }

    /// What the drive, the probe and the supply tell of a piece.
    fn tell_cutting(&mut self, machine: usize) {
        let here = &self.machines[machine];
        let Some(lot) = here.lots.front() else { return };
        let name = [u64::from(lot.order.0), lot.step as u64, u64::from(lot.worked)];
        let mut luck = self.luck.of(Draw::Deviation, &name);
        let (load_noise, scatter) = (bell(&mut luck), bell(&mut luck));
        let own = here.tool.map(|t| (t.load(here.pace), quality::deviation(t.wear, here.pace)));
        let deviation = own.map_or(lot.deviation, |(_, d)| d) + quality::SCATTER * scatter;
        let load = own.map(|(load, _)| load * self.strain(machine) * (1.0 + 0.012 * load_noise));
        let (coolant, material) = (here.tally.coolant, here.tally.material);
        self.tell_piece(machine, Role::Deviation, deviation, 1_000.0);
        if let Some(load) = load {
            self.tell_piece(machine, Role::Load, load, 10.0);
        }
        self.tell(machine, Role::Coolant, (coolant * 100.0).round() / 100.0);
        self.tell(machine, Role::Material, (material * 100.0).round() / 100.0);
    }

    /// Tells what the probe or the drive shows of a piece, to so many parts of the unit.
    fn tell_piece(&mut self, machine: usize, role: Role, value: f64, parts: f64) {
        let place = usize::from(role == Role::Load);
        let value = self.told_instead(machine, role, value, self.machines[machine].told.pieces[place]);
        let value = (value * parts).round() / parts;
        self.machines[machine].told.pieces[place] = Some(value);
        self.tell(machine, role, value);
    }

    /// The lot on the machine is done here.
    fn finish_lot(&mut self, machine: usize) {
        let Some(lot) = self.machines[machine].lots.pop_front() else { return };
        self.tell_counts(machine);
        let name = Arc::clone(&self.layout.jobs[lot.order.index()].name);
        self.tell_word(machine, Role::OrderDone, name);
        self.machines[machine].outlet = Some(lot);
        self.machines[machine].dirty = true;
    }

    /// One lot comes out of the furnace; its pieces are looked at.
    fn end_unload(&mut self, machine: usize) {
        let pieces = self.machines[machine].lots.front().map_or(0, |l| l.waiting);
        let batch_s = self.layout.machines[machine].spec.and_then(|s| s.furnace.as_ref()).map_or(0.0, |f| f.batch_s);
        for _ in 0..pieces {
            self.count_piece(machine, false);
        }
        let step = self.machines[machine].lots.front().and_then(|l| self.layout.step(l.order, l.step));
        let planned = step.map_or(0.0, |s| s.cycle_s) * f64::from(pieces);
        self.machines[machine].tally.planned_s += planned;
        self.finish_lot(machine);
        if self.machines[machine].lots.is_empty() {
            self.machines[machine].baked = false;
            self.tell(machine, Role::CycleTime, batch_s);
        }
    }

    /// A part fails: the machine is down until it is repaired.
    pub(super) fn fail(&mut self, machine: usize, part: Part) {
        let number = self.part_number(machine, part);
        let mut luck = self.luck.of(Draw::Repair, &[machine as u64, part as u64, number]);
        let (median, spread) = if part == Part::Tool { REPAIR_TOOL } else { REPAIR_BEARING };
        let seconds = luck.log_normal(median, spread).clamp(0.4 * median, 2.5 * median);
        let here = &mut self.machines[machine];
        here.tally.stops[usize::from(part == Part::Bearing)] += 1;
        here.spoil = if part == Part::Tool { SPOILT_AFTER_BREAKAGE } else { 0 };
        here.service = here.service.filter(|asked| *asked != part);
        let alarm = if part == Part::Tool { "tool_broken" } else { "bearing_failed" };
        self.tell_word(machine, Role::Alarm, Arc::from(alarm));
        self.begin(machine, MachineState::Down, Activity::Repair(part), seconds);
    }

    /// A part is new, or leaks are closed.
    pub(super) fn renew(&mut self, machine: usize, part: Part) {
        let number = self.part_number(machine, part) + 1;
        let luck = self.luck;
        let here = &mut self.machines[machine];
        match part {
            Part::Tool => (here.tool, here.fitted[0]) = (Some(new_tool(luck, machine, number)), number),
            Part::Bearing => (here.bearing, here.fitted[1]) = (Some(new_bearing(luck, machine, number)), number),
            Part::Leak => {
                self.network.repairs = number;
                self.set_leak(air::LEAK_LEFT.min(self.network.leak));
            }
        }
        self.tell_word(machine, Role::Serviced, Arc::from(part.word()));
    }
}
