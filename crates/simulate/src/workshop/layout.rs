//! What never changes during a run, looked up once: channels by role, routes by order, words.
//!
//! Enters: a plant. Leaves: places and numbers. Absent: anything that moves.

use super::physics::Spec;
use measure::{Instant, Span};
use plant::{ChannelId, MachineState, Order, OrderId, Plant, Role};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The fixed side of a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Fixed {
    /// The physics of its kind; `None` for kinds that the workshop cannot run: they stay off.
    pub spec: Option<&'static Spec>,
    /// Stated warm-up.
    pub warm_up: Span,
    /// Planned services.
    pub services: Vec<(String, Span)>,
    ports: [Option<ChannelId>; Role::ALL.len()],
}

/// One operation of one order at the machine it is planned for.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Place of the machine.
    pub machine: usize,
    /// Planned seconds a piece.
    pub cycle_s: f64,
    /// Planned set-up [s].
    pub set_up_s: f64,
    /// Number of the set-up family.
    pub family: u32,
}

/// An order with its planned machines.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its name as a word.
    pub name: Arc<str>,
    /// Pieces it starts with.
    pub quantity: u32,
    /// Not started before.
    pub release: Instant,
    /// Promised for.
    pub due: Instant,
    /// Its operations.
    pub steps: Vec<Step>,
}

/// All that never changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Machines by place.
    pub machines: Vec<Fixed>,
    /// Orders by place.
    pub jobs: Vec<Job>,
    /// Orders by release.
    pub releases: Vec<OrderId>,
    /// State words by [`MachineState::index`].
    pub states: Vec<Arc<str>>,
    /// The empty word.
    pub none: Arc<str>,
    /// Place of the machine that makes compressed air.
    pub compressor: Option<usize>,
    /// Planned seconds of each machine so far.
    load_s: Vec<f64>,
    /// Numbers of the set-up families.
    families: BTreeMap<String, u32>,
}

impl Fixed {
    /// The channel of a role.
    pub fn port(&self, role: Role) -> Option<ChannelId> {
        self.ports[role as usize]
    }
    /// Whether it makes pieces.
    pub fn makes(&self) -> bool {
        self.spec.is_some_and(|s| !s.compresses)
    }
}

impl Layout {
    /// Of a plant. Each operation is planned for the machine with the least work so far, in order of release.
    pub fn new(plant: &Plant) -> Self {
        let machines: Vec<Fixed> = plant
            .machines
            .iter()
            .map(|m| Fixed {
                spec: Spec::of(&m.kind),
                warm_up: m.warm_up,
                services: m.services.clone(),
                ports: Role::ALL.map(|(role, _)| plant.role(m.id, role).map(|c| c.id)),
            })
            .collect();
        let mut releases: Vec<OrderId> = plant.orders.iter().map(|o| o.id).collect();
        releases.sort_by_key(|o| (plant.order(*o).release, *o));
        let mut planner = Planner { plant, load_s: vec![0.0; machines.len()], families: BTreeMap::new() };
        let mut jobs: Vec<(OrderId, Job)> = releases.iter().map(|o| (*o, planner.job(plant.order(*o)))).collect();
        jobs.sort_by_key(|(id, _)| *id);
        let Planner { load_s, families, .. } = planner;
        let compressor = machines.iter().position(|m| m.spec.is_some_and(|s| s.compresses));
        Self {
            machines,
            jobs: jobs.into_iter().map(|(_, job)| job).collect(),
            releases,
            states: MachineState::ALL.iter().map(|(_, word)| Arc::from(*word)).collect(),
            none: Arc::from(""),
            compressor,
            load_s,
            families,
        }
    }
    /// Takes in an order that the plant did not have before; it is handed out at its release, behind those that were already.
    pub fn admit(&mut self, plant: &Plant, order: OrderId, released: usize) {
        let (load_s, families) = (std::mem::take(&mut self.load_s), std::mem::take(&mut self.families));
        let mut planner = Planner { plant, load_s, families };
        self.jobs.push(planner.job(plant.order(order)));
        (self.load_s, self.families) = (planner.load_s, planner.families);
        let at = |other: &OrderId| self.jobs.get(other.index()).map(|job| job.release);
        let release = plant.order(order).release;
        let later = self.releases.iter().skip(released).position(|other| at(other).is_some_and(|at| at > release));
        let place = later.map_or(self.releases.len(), |behind| released + behind);
        self.releases.insert(place, order);
    }
    /// Has a step of an order done at another machine.
    pub fn reroute(&mut self, order: OrderId, place: usize, machine: usize) {
        if let Some(step) = self.jobs.get_mut(order.index()).and_then(|job| job.steps.get_mut(place)) {
            step.machine = machine;
        }
    }
    /// The step of an order at a place of its route.
    pub fn step(&self, order: OrderId, place: usize) -> Option<&Step> {
        self.jobs.get(order.index())?.steps.get(place)
    }
}

/// Plans orders onto machines as an ERP does: by planned hours, blind to what happens later.
struct Planner<'a> {
    plant: &'a Plant,
    load_s: Vec<f64>,
    families: BTreeMap<String, u32>,
}

impl<'a> Planner<'a> {
    fn job(&mut self, order: &'a Order) -> Job {
        let route = &self.plant.product(order.product).route;
        let steps = route.iter().filter_map(|operation| self.step(operation, order.quantity)).collect();
        Job { name: Arc::from(order.name.as_str()), quantity: order.quantity, release: order.release, due: order.due, steps }
    }

    fn step(&mut self, operation: &'a plant::Operation, quantity: u32) -> Option<Step> {
        // a unit may have machines that the workshop has not, such as a bench where people work
        let loads = operation.machines.iter().filter_map(|m| Some((m.index(), *self.load_s.get(m.index())?)));
        let (machine, _) = loads.min_by(|(a, load), (b, other)| load.total_cmp(other).then(a.cmp(b)))?;
        self.load_s[machine] += operation.cycle.seconds() * f64::from(quantity);
        let next = self.families.len() as u32;
        let family = *self.families.entry(operation.family.clone()).or_insert(next);
        Some(Step { machine, cycle_s: operation.cycle.seconds(), set_up_s: operation.set_up.seconds(), family })
    }
}
