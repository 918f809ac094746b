//! A change that a person proposes to the schedule: one operation pinned to a machine and an instant, the rest planned around it.
//!
//! ```text
//! Move ─> hindrance? (why not, in plain terms) ─> Scheduling::pinned ─> search ─> certified Schedule ─> Cost before and after
//! ```
//!
//! Enters: a [`Scheduling`], moves. Leaves: why a move cannot be, or a scheduling that keeps it; what a schedule costs. Absent: how long
//! is searched, who may propose (`node`, `web`).

use super::{Piece, Schedule, Scheduling};
use crate::desk::View;
use decide::search::model::{Model, Published, Time};
use measure::{Instant, Span};
use plant::{MachineId, MachineState, OrderId};
use std::fmt;

/// What starts within this time from now stays as it is: material and people are on their way.
pub const FROZEN: Span = Span::from_minutes(10);

/// An operation on a machine from an instant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// The order.
    pub order: OrderId,
    /// Place of the operation in the route.
    pub operation: usize,
    /// Where.
    pub machine: MachineId,
    /// From when.
    pub from: Instant,
}

/// Why a move cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// The operation is not among those still to be planned: it runs, is done, or its order is not open.
    NotPlanned,
    /// It is planned to start, or would start, within the frozen zone.
    Frozen {
        /// The end of the zone.
        until: Instant,
    },
    /// The machine cannot do it.
    MachineCannot {
        /// Those that can.
        machines: Vec<MachineId>,
    },
    /// It would start before its order is released, what comes before is complete at the earliest, or the machine is free.
    TooEarly {
        /// The earliest start.
        earliest: Instant,
    },
    /// It would run outside of shifts.
    Closed {
        /// From when it is closed.
        from: Instant,
        /// Until when.
        to: Instant,
    },
    /// No plan was found that keeps it and the changes made before.
    NoPlan {
        /// When the nearest plan starts it.
        nearest: Instant,
    },
}

impl Hindrance {
    /// Its word in forms.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::NotPlanned => "not_planned",
            Self::Frozen { .. } => "frozen",
            Self::MachineCannot { .. } => "machine_cannot",
            Self::TooEarly { .. } => "too_early",
            Self::Closed { .. } => "closed",
            Self::NoPlan { .. } => "no_plan",
        }
    }
    /// All words.
    pub const WORDS: [&'static str; 6] = ["not_planned", "frozen", "machine_cannot", "too_early", "closed", "no_plan"];
}

impl fmt::Display for Hindrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPlanned => f.write_str("it runs, is done, or is not among the orders planned"),
            Self::Frozen { until } => write!(f, "what starts before {until} stays as it is"),
            Self::MachineCannot { machines } => write!(f, "this machine cannot do it; {} others can", machines.len()),
            Self::TooEarly { earliest } => write!(f, "it can start at {earliest} at the earliest"),
            Self::Closed { from, to } => write!(f, "the shop is closed from {from} to {to}"),
            Self::NoPlan { nearest } => write!(f, "no plan keeps it; the nearest starts it at {nearest}"),
        }
    }
}

/// What a schedule costs, in the terms that people weigh.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Orders late.
    pub late: usize,
    /// Lateness of all orders together.
    pub tardiness: Span,
    /// Set-ups together.
    pub set_up: Span,
    /// End of the last task, from the start of the schedule.
    pub makespan: Span,
    /// Energy that the work takes at the power learned of each machine [kWh]; machines of which none is known count nothing.
    pub energy_kwh: f64,
}

impl Schedule {
    /// What it costs.
    pub fn cost(&self, view: &View) -> Cost {
        let power = |machine: MachineId| {
            let profile = view.profiles.iter().find(|p| p.machine == machine);
            profile.map_or(0.0, |p| p.power[MachineState::Producing.index()].mean)
        };
        let late: Vec<Span> = self.promises.iter().map(|p| p.done - p.due).filter(|by| *by > Span::ZERO).collect();
        Cost {
            late: late.len(),
            tardiness: late.into_iter().sum(),
            set_up: self.tasks.iter().map(|task| task.from - task.set_up).sum(),
            makespan: self.tasks.iter().map(|task| task.to - self.at).max().unwrap_or(Span::ZERO),
            energy_kwh: self.tasks.iter().map(|task| power(task.machine) * (task.to - task.from).seconds()).sum::<f64>() / 3.6e6,
        }
    }

    /// How many tasks of the next day, but the one moved on purpose, are on another machine or start at least five minutes earlier or later
    /// than in another schedule.
    pub fn moved_from(&self, other: &Self, but: Option<&Move>) -> usize {
        let was = |task: &super::Task| other.tasks.iter().find(|o| (o.order, o.operation) == (task.order, task.operation));
        let is_moved = |task: &&super::Task| {
            was(task).filter(|was| was.from.min(task.from) <= self.at + super::shop::STABLE).is_some_and(|was| {
                let by = task.from - was.from;
                was.machine != task.machine || by >= super::MOVED_MIN || by <= Span::ZERO - super::MOVED_MIN
            })
        };
        let is_meant = |task: &super::Task| but.is_some_and(|b| (b.order, b.operation) == (task.order, task.operation));
        self.tasks.iter().filter(|task| !task.is_running && !is_meant(task)).filter(is_moved).count()
    }
}

impl Scheduling {
    /// It with a move kept: the operation is fixed, all others are planned around it.
    ///
    /// # Errors
    /// Why the move cannot be, as far as it can be told before planning.
    pub fn pinned(self, wanted: &Move) -> Result<Self, Hindrance> {
        let piece = Piece { order: wanted.order, operation: wanted.operation };
        let until = self.at + FROZEN;
        let place = self.pieces.iter().position(|p| *p == piece).ok_or(Hindrance::NotPlanned)?;
        let planned = self.was[place].map(|was| self.instant(was.start));
        if planned.is_some_and(|from| from < until) || wanted.from < until {
            return Err(Hindrance::Frozen { until });
        }
        self.held(wanted)
    }

    /// It with a move kept that was agreed on before: the frozen zone, which it may have reached meanwhile, is not asked about.
    ///
    /// # Errors
    /// As [`Self::pinned`].
    pub fn held(mut self, wanted: &Move) -> Result<Self, Hindrance> {
        let piece = Piece { order: wanted.order, operation: wanted.operation };
        let place = self.pieces.iter().position(|p| *p == piece).ok_or(Hindrance::NotPlanned)?;
        let model = self.model.as_ref().ok_or(Hindrance::NotPlanned)?;
        let start = self.hindered(model, place, wanted)?;
        let Some(model) = self.model.take() else { return Err(Hindrance::NotPlanned) };
        let mut parts = model.into_parts();
        let operation = &mut parts.operations[place];
        if let Some(ways) = self.ways.get(&place) {
            operation.modes.clone_from(ways);
        }
        operation.modes.retain(|mode| mode.machine == wanted.machine.0);
        (operation.earliest, operation.latest) = (start, Some(start));
        operation.published = Some(Published { machine: wanted.machine.0, start });
        self.was[place] = operation.published;
        // a fixed start within the horizon keeps the model consistent; were it not, the move is what is too much
        self.model = Some(Model::new(parts).map_err(|_| Hindrance::NoPlan { nearest: self.at })?);
        self.pins.push(*wanted);
        Ok(self)
    }

    /// It with the moves kept that still can be.
    #[must_use]
    pub fn holding(self, moves: &[Move]) -> Self {
        moves.iter().fold(self, |scheduling, wanted| scheduling.clone().held(wanted).unwrap_or(scheduling))
    }

    /// The start of a move in ticks, or what hinders it whatever else is planned.
    fn hindered(&self, model: &Model, place: usize, wanted: &Move) -> Result<Time, Hindrance> {
        let operation = &model.operations[place];
        let modes = self.ways.get(&place).unwrap_or(&operation.modes);
        let Some(mode) = modes.iter().find(|mode| mode.machine == wanted.machine.0) else {
            let machines = modes.iter().map(|mode| MachineId(mode.machine)).collect();
            return Err(Hindrance::MachineCannot { machines });
        };
        let start = (wanted.from - self.at).seconds().ceil() as Time;
        let machine = &model.machines[mode.machine as usize];
        // the operations of an order stand one after another, each waiting for the one before
        let before = (0..place).filter(|o| self.pieces[*o].order == wanted.order);
        let work: Time = before.map(|o| model.operations[o].shortest()).sum();
        let release = model.jobs[operation.job as usize].release;
        let earliest = (release + work).max(machine.available);
        if start < earliest {
            return Err(Hindrance::TooEarly { earliest: self.instant(earliest) });
        }
        let is_in_the_way = |(from, to): &&(Time, Time)| start < *to && start + mode.duration > *from;
        if let Some((from, to)) = machine.closed.iter().find(is_in_the_way) {
            return Err(Hindrance::Closed { from: self.instant(*from), to: self.instant(*to) });
        }
        Ok(start)
    }

    /// When a plan starts the operation of a move.
    pub fn start_of(&self, wanted: &Move, plan: &decide::search::plan::Plan) -> Option<Instant> {
        let piece = Piece { order: wanted.order, operation: wanted.operation };
        let place = self.pieces.iter().position(|p| *p == piece)?;
        Some(self.instant(plan.operations.get(place)?.start))
    }
}
