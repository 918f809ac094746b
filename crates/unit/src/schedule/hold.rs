//! What keeps a task from starting earlier, as people ask when a plan has changed.
//!
//! Enters: the tasks of a schedule, the model that it was made of. Leaves: for each task what ends in the instant in which it begins. Absent: what
//! would happen without it.

use super::{Scheduling, Step, Task};
use decide::search::model::Time;
use measure::{Instant, Span};
use plant::{MachineId, OrderId};
use std::collections::HashMap;

/// Instants that are no further apart are one: plans count whole seconds from an instant that is none.
const JUST: Span = Span::from_seconds(1);

/// What a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// A planner holds it where it is.
    Planner,
    /// The operation before it of its order.
    Before,
    /// Another order that the machine is busy with.
    Machine {
        /// Which.
        order: OrderId,
    },
    /// The begin of a shift.
    Shift,
    /// A machine that is down or being serviced.
    Repair,
    /// The release of its order.
    Release,
}

impl Hold {
    /// Its word in forms.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Planner => "planner",
            Self::Before => "before",
            Self::Machine { .. } => "machine",
            Self::Shift => "shift",
            Self::Repair => "repair",
            Self::Release => "release",
        }
    }
}

impl Scheduling {
    /// What each task waits for, of tasks in the order of their starts; none for what runs, and where nothing ends as it begins.
    pub(super) fn holds(&self, tasks: &[Task]) -> Vec<Option<Hold>> {
        let place: HashMap<Step, usize> =
            self.pieces.iter().enumerate().map(|(place, piece)| ((piece.order, piece.operation), place)).collect();
        let ends: HashMap<Step, Instant> = tasks.iter().map(|task| ((task.order, task.operation), task.to)).collect();
        // the newest on each machine, and the one before those that began with it
        let mut newest: HashMap<MachineId, (&Task, Option<&Task>)> = HashMap::new();
        let mut holds = Vec::with_capacity(tasks.len());
        for task in tasks {
            let before = match newest.get(&task.machine) {
                Some((last, before)) if last.from == task.from => *before,
                Some((last, _)) => Some(*last),
                None => None,
            };
            newest.insert(task.machine, (task, before));
            let step = (task.order, task.operation);
            let own = task.operation.checked_sub(1).and_then(|operation| ends.get(&(task.order, operation)).copied());
            holds.push(if task.is_running { None } else { self.hold(task, place.get(&step).copied(), own, before) });
        }
        holds
    }

    fn hold(&self, task: &Task, place: Option<usize>, own: Option<Instant>, before: Option<&Task>) -> Option<Hold> {
        let is_just = |one: Instant, other: Instant| one - other <= JUST && other - one <= JUST;
        if self.pins.iter().any(|pin| (pin.order, pin.operation) == (task.order, task.operation)) {
            return Some(Hold::Planner);
        }
        if let Some(last) = before.filter(|last| is_just(last.to, task.set_up)) {
            return Some(Hold::Machine { order: last.order });
        }
        if own.is_some_and(|end| is_just(end, task.from)) {
            return Some(Hold::Before);
        }
        let model = self.model.as_ref()?;
        let machine = &model.machines[task.machine.index()];
        let begins = |tick: Time| is_just(self.instant(tick), task.from) || is_just(self.instant(tick), task.set_up);
        if machine.closed.iter().any(|(_, to)| begins(*to)) {
            return Some(Hold::Shift);
        }
        if machine.available > 0 && begins(machine.available) {
            return Some(Hold::Repair);
        }
        let release = model.jobs[model.operations[place?].job as usize].release;
        (release > 0 && begins(release)).then_some(Hold::Release)
    }
}
