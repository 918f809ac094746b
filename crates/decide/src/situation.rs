//! The situation: everything a chooser may look at, frozen for one step. Enters: borrowed words of the other rooms. Leaves:
//! look-ups by machine. Absent: how any of it came to be known.

use measure::{Estimate, Instant, Span};
use plant::{
    Cause, Channel, Decision, DecisionKind, DecisionState, Finding, Forecast, ForecastKind, Image, MachineId, MachineImage,
    MachineProfile, MachineState, Operation, OrderId, Outcome, Plant, Role,
};

/// Minutes a state must have been watched before its learned power is trusted.
const MINUTES_MIN: f64 = 3.0;

/// Everything that deciding rests on at one instant.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Now.
    pub now: Instant,
    /// Everything there is.
    pub plant: &'a Plant,
    /// Everything known.
    pub image: &'a Image,
    /// What was learned, by machine.
    pub profiles: &'a [MachineProfile],
    /// Open findings.
    pub findings: &'a [Finding],
    /// Forecasts in force.
    pub forecasts: &'a [Forecast],
    /// Decisions in any state: at least all open ones (pending, approved, running); those closed lately keep a refused or
    /// rejected proposal from coming back at once.
    pub decisions: &'a [Decision],
    /// The latest outcomes, newest last.
    pub outcomes: &'a [Outcome],
    /// What the published schedule has machines do, in the order of starts; empty where none is followed.
    pub turns: &'a [Turn],
}

/// An order at a machine, as a published schedule has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Where.
    pub machine: MachineId,
    /// Which order.
    pub order: OrderId,
}

impl<'a> Situation<'a> {
    /// What is known of a machine.
    pub fn machine(&self, machine: MachineId) -> Option<&'a MachineImage> {
        self.image.machines.get(machine.index())
    }
    /// What was learned of a machine.
    pub fn profile(&self, machine: MachineId) -> Option<&'a MachineProfile> {
        let by_place = self.profiles.get(machine.index()).filter(|p| p.machine == machine);
        by_place.or_else(|| self.profiles.iter().find(|p| p.machine == machine))
    }
    /// Learned power of a machine in a state [W] with the 90 % interval of a minute's mean; `None` below three minutes.
    pub fn power(&self, machine: MachineId, state: MachineState) -> Option<Estimate> {
        let learned = self.profile(machine)?.power[state.index()];
        (learned.minutes >= MINUTES_MIN && learned.mean.is_finite())
            .then(|| Estimate::normal(learned.mean, learned.deviation.max(0.01 * learned.mean)))
    }
    /// The writable channel of a machine with a role.
    pub fn writable(&self, machine: MachineId, role: Role) -> Option<&'a Channel> {
        self.plant.role(machine, role).filter(|c| c.writable.is_some())
    }
    /// Whether a decision of a kind is open at a machine.
    pub fn is_open(&self, machine: MachineId, kind: DecisionKind) -> bool {
        self.open(machine).any(|d| d.kind == kind)
    }
    /// Open decisions at a machine.
    pub fn open(&self, machine: MachineId) -> impl Iterator<Item = &'a Decision> {
        self.decisions.iter().filter(move |d| d.machine == machine && is_open(&d.state))
    }
    /// The open finding of a cause at a machine.
    pub fn finding(&self, machine: MachineId, cause: Cause) -> Option<&'a Finding> {
        self.findings.iter().find(|f| f.machine == machine && f.cause == cause && f.ended.is_none())
    }
    /// The newest forecast of a kind at a machine.
    pub fn forecast(&self, machine: MachineId, kind: ForecastKind) -> Option<&'a Forecast> {
        self.forecasts.iter().filter(|f| f.machine == Some(machine) && f.kind == kind).max_by_key(|f| (f.at, f.id))
    }
    /// The newest number of a machine's channel with a role.
    pub fn number(&self, machine: MachineId, role: Role) -> Option<f64> {
        self.plant.role(machine, role).and_then(|c| self.image.number(c.id)).filter(|v| v.is_finite())
    }
    /// The operation that an order needs next at a machine: that at its place in the route, else the first one the machine
    /// can do.
    pub fn operation(&self, order: OrderId, machine: MachineId) -> Option<&'a Operation> {
        let route = &self.plant.product(self.plant.orders.get(order.index())?.product).route;
        let next = self.image.orders.get(order.index()).map_or(0, |p| p.next);
        let here = |o: &&Operation| o.machines.contains(&machine);
        route.get(next).filter(here).or_else(|| route.iter().find(here))
    }
    /// How long a machine has been in its state; zero where the image is older than that.
    pub fn lasted(&self, machine: MachineId) -> Span {
        self.machine(machine).map_or(Span::ZERO, |m| (self.now - m.since).max(Span::ZERO))
    }
}

/// Whether a decision in this state still stands at a machine.
pub const fn is_open(state: &DecisionState) -> bool {
    matches!(state, DecisionState::Pending | DecisionState::Approved | DecisionState::Running)
}
