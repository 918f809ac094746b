//! How lots move: into a machine from its infeed, out of it into the next one's, or out of the house.

use super::machine::Lot;
use super::run::Workshop;
use plant::{MachineState, OrderId};

impl Workshop {
    /// Moves the finished lot on if there is room for it.
    pub(super) fn unload(&mut self, machine: usize) {
        let Some(lot) = self.machines[machine].outlet.take() else { return };
        self.machines[machine].dirty = true;
        let next = if lot.good == 0 { None } else { self.layout.step(lot.order, lot.step + 1).map(|s| s.machine) };
        let Some(place) = next else {
            let order = &mut self.orders[lot.order.index()];
            (order.finished, order.delivered) = (Some(self.now), lot.good);
            return;
        };
        let room = self.layout.machines[place].spec.map_or(0, |s| s.infeed);
        if self.machines[place].infeed.len() >= room {
            self.machines[machine].outlet = Some(lot);
            return;
        }
        let moved = Lot { step: lot.step + 1, waiting: lot.good, good: 0, worked: 0, ..lot };
        self.machines[place].infeed.push_back(moved);
        self.machines[place].dirty = true;
        self.stirred.push_back(place);
    }

    /// Place in the infeed of the lot that runs next: the one told, else the first of the published plan, else the oldest.
    pub(super) fn next_lot(&self, machine: usize) -> Option<usize> {
        let machine = &self.machines[machine];
        let told = machine.chosen.and_then(|order| machine.infeed.iter().position(|l| l.order == order));
        told.or_else(|| (0..machine.infeed.len()).min_by_key(|place| (self.turn(&machine.infeed[*place]), *place)))
    }

    /// Takes the next lot onto the machine, and lets the longest-blocked upstream machine deliver into the room it leaves.
    pub(super) fn take_lot(&mut self, machine: usize) -> Option<OrderId> {
        let place = self.next_lot(machine)?;
        let here = &mut self.machines[machine];
        let lot = here.infeed.remove(place)?;
        let order = lot.order;
        if here.chosen.is_some_and(|c| c == order || !here.infeed.iter().any(|l| l.order == c)) {
            here.chosen = None;
        }
        here.lots.push_back(lot);
        here.dirty = true;
        self.stirred.extend(self.blocked_before(machine));
        Some(order)
    }

    pub(super) fn blocked_before(&self, machine: usize) -> Option<usize> {
        let wants = |lot: &Lot| self.layout.step(lot.order, lot.step + 1).is_some_and(|s| s.machine == machine);
        let places = self.machines.iter().enumerate();
        let blocked = places.filter(|(_, m)| m.activity.is_none() && m.outlet.as_ref().is_some_and(wants));
        let longest = blocked.min_by_key(|(place, m)| (m.state != MachineState::Blocked, m.since, *place));
        longest.map(|(place, _)| place)
    }
}
