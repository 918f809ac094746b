//! How the workshop follows a published schedule, as people do who have it on the wall and an ERP system that hands orders down by it.
//!
//! Enters: the tasks of a schedule. Leaves: lots at the machines that it names, in its order. Absent: how it was made.
//!
//! Nothing stands idle for it: what is next on a machine is the first of the schedule among the lots that wait there; what it does not name
//! waits behind, oldest first, and where there is no schedule that is the whole rule. A machine that was told an order takes that one.

use super::machine::Lot;
use super::run::Workshop;
use measure::Instant;
use plant::{OrderId, Plant};
use std::sync::Arc;
use unit::schedule::Task;

impl Workshop {
    /// Takes a published schedule to hand, instead of the one before. Tasks that are no longer possible are passed over.
    pub fn follow(&mut self, plant: &Plant, tasks: &[Task], now: Instant) {
        self.run(plant, now);
        let waiting = || tasks.iter().filter(|task| !task.is_running && can(plant, task));
        self.board = waiting().zip(0..).map(|(task, place)| ((task.order, task.operation), place)).collect();
        waiting().for_each(|task| self.reroute(task));
        self.stirred.extend(0..self.machines.len());
        self.flush();
    }

    /// Place of a lot in the published schedule; what it does not name comes last.
    pub(super) fn turn(&self, lot: &Lot) -> usize {
        self.board.get(&(lot.order, lot.step)).copied().unwrap_or(usize::MAX)
    }

    /// Has a step of an order done at the machine of the schedule, as long as it is not begun and there is room.
    fn reroute(&mut self, task: &Task) {
        let (order, place, to) = (task.order, task.operation, task.machine.index());
        let Some(from) = self.layout.step(order, place).map(|step| step.machine) else { return };
        if from == to || self.is_begun(from, order, place) {
            return;
        }
        let waits = self.machines[from].infeed.iter().position(|lot| (lot.order, lot.step) == (order, place));
        let room = self.layout.machines.get(to).and_then(|machine| machine.spec).map_or(0, |spec| spec.infeed);
        if waits.is_some() && self.machines[to].infeed.len() >= room {
            return;
        }
        if let Some(lot) = waits.and_then(|waits| self.machines[from].infeed.remove(waits)) {
            self.machines[to].infeed.push_back(lot);
            (self.machines[from].dirty, self.machines[to].dirty) = (true, true);
            self.stirred.extend(self.blocked_before(from));
        }
        Arc::make_mut(&mut self.layout).reroute(order, place, to);
    }

    fn is_begun(&self, machine: usize, order: OrderId, place: usize) -> bool {
        let here = &self.machines[machine];
        here.lots.iter().chain(&here.outlet).any(|lot| lot.order == order && lot.step >= place)
    }
}

/// Whether the machine of a task does its operation.
fn can(plant: &Plant, task: &Task) -> bool {
    let order = plant.orders.get(task.order.index());
    let operation = order.and_then(|order| plant.product(order.product).route.get(task.operation));
    operation.is_some_and(|operation| operation.machines.contains(&task.machine))
}
