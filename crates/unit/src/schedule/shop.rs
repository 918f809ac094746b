//! The shop as it stands now: a scheduling model of the open orders, in seconds from now.
//!
//! Enters: a view, the schedule before. Leaves: model, what its operations stand for, what runs already. Absent: the search.
//!
//! | model | from |
//! | --- | --- |
//! | duration | pieces left x planned cycle x how much slower the machine runs lately (profile), more for the share that is scrapped |
//! | duration of a load | as configured, however many lots are in it; lots that left the infeed of such a machine lie in it |
//! | mode | where the lot stands, for what comes next of it; else any machine that can |
//! | set-up | of the operation, where the family before is another; the machine's present family counts |
//! | available | the end of what runs, shifts observed; of a machine that is down, its usual repair time before (profile, else half an hour) |
//! | closed | time outside of shifts, two weeks ahead; set-ups may lie in it |
//! | due, release | of the order |
//! | published | what people were told of starts within the next day |

use super::{Caveat, Schedule, Task};
use crate::desk::View;
use decide::search::model::{HORIZON_MAX, Job, Machine, Mode, Model, Operation, Parts, Published, SetUps, Stability, Time};
use measure::{Instant, Span};
use plant::{MachineId, MachineState, Order, OrderId, OrderProgress};
use std::collections::HashMap;

/// Orders planned at most, the earliest due.
const ORDERS_MAX: usize = 2_000;
/// How far ahead shifts are looked up; after that the shop counts as open.
const AHEAD: Span = Span::from_days(14);
/// Penalty for a second of one order's tardiness; a second of flow and of makespan costs 1.
const TARDINESS: i64 = 100;
/// Penalty for an operation on another machine than published, as seconds of its start.
const OTHER_MACHINE: i64 = 300;
/// How far ahead a start that people were told of is kept where that costs little: what comes later nobody has prepared yet.
pub(super) const STABLE: Span = Span::from_hours(24);
/// Repair time of a machine whose usual one is not known.
const REPAIR: Span = Span::from_minutes(30);
/// Longest time for which a machine is believed to be down.
const DOWN_MAX: Span = Span::from_days(14);
/// How much slower or faster than planned a machine is believed to run.
const PACE: (f64, f64) = (0.5, 4.0);

/// What an operation of the model stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub order: OrderId,
    /// Place in the route.
    pub operation: usize,
}

/// A shop, and what it stands for.
pub(super) struct Done {
    /// `None` where nothing is left to plan.
    pub model: Option<Model>,
    /// By operation of the model.
    pub pieces: Vec<Piece>,
    pub running: Vec<Task>,
    pub dues: Vec<(OrderId, Instant)>,
    pub caveats: Vec<Caveat>,
    /// By operation of the model: machine and start that people were told of.
    pub told: Vec<Option<Published>>,
    /// All modes of operations that are planned where their lot stands.
    pub ways: HashMap<usize, Vec<Mode>>,
    /// The order that is asked for, as operations of this shop.
    pub guest: Option<Guest>,
}

/// An order that is asked for beside those there are.
pub(crate) struct Visit<'v> {
    /// Its route.
    pub route: &'v [plant::Operation],
    /// Good pieces wanted.
    pub quantity: u32,
    /// Orders that are left out, as if they were not known.
    pub hidden: &'v dyn Fn(&Order) -> bool,
}

/// The operations of an order that is asked for, in the numbers of the shop; their job is 0.
pub(crate) struct Guest {
    pub operations: Vec<Operation>,
    /// Set-up family of each.
    pub families: Vec<u32>,
}

/// The shop of a view.
///
/// # Errors
/// A limit of the model is exceeded.
pub(super) fn of(view: &View, before: Option<&Schedule>, visit: Option<&Visit<'_>>) -> Result<Done, String> {
    let mut shop = Shop::new(view);
    let is_open = |order: &&Order| progress(view, order.id).finished.is_none() && !visit.is_some_and(|v| (v.hidden)(order));
    let mut open: Vec<&Order> = view.plant.orders.iter().filter(is_open).collect();
    open.sort_by_key(|order| (order.due, order.id));
    if open.len() > ORDERS_MAX {
        shop.caveats.push(Caveat::TooMany { orders: open.len() - ORDERS_MAX });
        open.truncate(ORDERS_MAX);
    }
    // what runs comes first: it takes machines
    let rest: Vec<(usize, Time)> = open.iter().map(|order| shop.run(order)).collect();
    for (order, (next, release)) in open.iter().zip(rest) {
        shop.add(order, (next, release), before);
    }
    if let Some(visit) = visit {
        shop.invite(visit);
    }
    shop.finish()
}

fn progress(view: &View, order: OrderId) -> OrderProgress {
    view.image.orders.get(order.index()).cloned().unwrap_or_default()
}

/// A shop being made.
struct Shop<'v> {
    view: &'v View,
    parts: Parts,
    /// Name and set-up time of each family.
    families: Vec<(&'v str, Time)>,
    /// Family in which each machine is now.
    present: Vec<Option<&'v str>>,
    /// Time outside of shifts, ascending and apart, and the longest time between.
    closed: Vec<(Time, Time)>,
    longest: Time,
    /// Machines whose shifts are not observed.
    is_exempt: Vec<bool>,
    pieces: Vec<Piece>,
    told: Vec<Option<Published>>,
    running: Vec<Task>,
    dues: Vec<(OrderId, Instant)>,
    caveats: Vec<Caveat>,
    ways: HashMap<usize, Vec<Mode>>,
    guest: Option<Guest>,
}

impl<'v> Shop<'v> {
    fn new(view: &'v View) -> Self {
        let machines: Vec<Machine> = view.plant.machines.iter().map(|m| idle(view, m.id)).collect();
        let present = view.plant.machines.iter().map(|m| family(view, m.id)).collect();
        let tick = |instant: Instant| (instant - view.at).seconds() as Time;
        let windows = view.plant.calendar.closed(view.at, view.at + AHEAD);
        let closed: Vec<(Time, Time)> = windows.iter().map(|window| (tick(window.from), tick(window.to))).collect();
        let ends = closed.iter().map(|(_, to)| *to).chain([0]);
        let starts = closed.iter().map(|(from, _)| *from);
        // between the end of one and the start of the next; the first opening begins now
        let mut edges: Vec<Time> = ends.collect();
        edges.sort_unstable();
        let openings = edges.iter().zip(starts).map(|(end, start)| start - end);
        let longest = if closed.is_empty() { HORIZON_MAX } else { openings.max().unwrap_or(0) };
        let stability = Stability { tick: 1, machine: OTHER_MACHINE };
        let parts = Parts { machines, makespan: 1, stability, ..Parts::default() };
        Self {
            view,
            parts,
            families: Vec::new(),
            present,
            closed,
            longest,
            is_exempt: vec![false; view.plant.machines.len()],
            pieces: Vec::new(),
            told: Vec::new(),
            running: Vec::new(),
            dues: Vec::new(),
            caveats: Vec::new(),
            ways: HashMap::new(),
            guest: None,
        }
    }

    /// Makes room for an order that is asked for: its set-up families, and machines open for it where it lasts longer than any shift.
    fn invite(&mut self, visit: &Visit<'v>) {
        let (mut operations, mut families) = (Vec::new(), Vec::new());
        for operation in visit.route {
            let (modes, _) = self.modes(visit.quantity, operation);
            operations.push(Operation { modes, ..Operation::default() });
            families.push(self.family(&operation.family, operation.set_up));
        }
        self.guest = Some(Guest { operations, families });
    }

    /// Takes in what runs of an order; the place of the operation to plan next, and from when.
    fn run(&mut self, order: &Order) -> (usize, Time) {
        let progress = progress(self.view, order.id);
        let release = (order.release - self.view.at).seconds().max(0.0).ceil() as Time;
        let operation = self.view.plant.product(order.product).route.get(progress.next);
        // a machine keeps the name of its last order until it gets another one
        let runs = |machine: &MachineId, operation: &plant::Operation| {
            let is_its = self.view.image.machines.get(machine.index()).is_some_and(|image| image.order == Some(order.id));
            is_its && operation.machines.contains(machine) && progress.good < order.quantity
        };
        let running = progress.running_at.zip(operation).filter(|(machine, operation)| runs(machine, operation));
        let lies = || {
            let machine = operation?
                .machines
                .iter()
                .find(|m| self.view.plant.machines[m.index()].load.is_some() && lies_in(self.view, order.id, **m))?;
            Some((*machine, operation?))
        };
        let Some((machine, operation)) = running.or_else(lies) else { return (progress.next, release) };
        if let Some(load) = self.view.plant.machines[machine.index()].load {
            let until = self.through(0, left_of(self.view, machine, load.length));
            let available = &mut self.parts.machines[machine.index()].available;
            *available = until.max(*available);
            return self.runs(order.id, progress.next, machine, release, until);
        }
        let duration = self.duration(machine, operation.cycle, order.quantity - progress.good);
        let until = self.through(self.parts.machines[machine.index()].available, duration);
        self.parts.machines[machine.index()].available = until;
        self.runs(order.id, progress.next, machine, release, until)
    }

    /// Notes what runs until then; the place of the operation to plan next, and from when.
    fn runs(&mut self, order: OrderId, operation: usize, machine: MachineId, release: Time, until: Time) -> (usize, Time) {
        let (at, to) = (self.view.at, self.view.at + Span::from_seconds(until));
        self.running.push(Task { order, operation, machine, set_up: at, from: at, to, is_running: true });
        (operation + 1, release.max(until))
    }

    /// Adds the operations of an order that are not begun.
    fn add(&mut self, order: &Order, (next, release): (usize, Time), before: Option<&Schedule>) {
        self.dues.push((order.id, order.due));
        let route = &self.view.plant.product(order.product).route;
        if next >= route.len() {
            return;
        }
        let job = self.parts.jobs.len() as u32;
        let due = Some(((order.due - self.view.at).seconds().floor() as Time).clamp(-HORIZON_MAX, HORIZON_MAX));
        self.parts.jobs.push(Job { release, due, tardiness: TARDINESS, flow: 1, ..Job::default() });
        for (place, operation) in route.iter().enumerate().skip(next) {
            let (mut modes, is_longer) = self.modes(order.quantity, operation);
            // a lot that stands before a machine is done there, unless a person moves it
            let stands = (place == next).then(|| progress(self.view, order.id).waiting_at).flatten();
            if let Some(there) = modes.iter().find(|mode| stands == Some(MachineId(mode.machine))).copied() {
                self.ways.insert(self.parts.operations.len(), std::mem::replace(&mut modes, vec![there]));
            }
            if is_longer {
                self.caveats.push(Caveat::LongerThanShifts { order: order.id, operation: place });
            }
            let told = before.and_then(|before| self.told(before, order.id, place));
            let published = told.filter(|told| told.start <= STABLE.seconds() as Time);
            let number = self.parts.operations.len() as u32;
            if place > next {
                self.parts.precedences.push((number - 1, number));
            }
            let family = self.family(&operation.family, operation.set_up);
            self.parts.families.push(family);
            self.parts.operations.push(Operation { job, modes, published, ..Operation::default() });
            self.pieces.push(Piece { order: order.id, operation: place });
            self.told.push(told);
        }
    }

    /// The machines that can do an operation within a shift; where none can, all of them, and their shifts are not observed (true).
    fn modes(&mut self, quantity: u32, operation: &plant::Operation) -> (Vec<Mode>, bool) {
        let mode =
            |machine: &MachineId| Mode { machine: machine.0, duration: self.duration(*machine, operation.cycle, quantity) };
        let modes: Vec<Mode> = operation.machines.iter().map(mode).collect();
        let fitting: Vec<Mode> = modes.iter().filter(|mode| mode.duration <= self.longest).copied().collect();
        if !fitting.is_empty() {
            return (fitting, false);
        }
        modes.iter().for_each(|mode| self.is_exempt[mode.machine as usize] = true);
        (modes, true)
    }

    /// When work that may be interrupted by the end of a shift is done.
    fn through(&self, start: Time, duration: Time) -> Time {
        let (mut at, mut left) = (start, duration);
        for (from, to) in &self.closed {
            let open = (*from - at).max(0);
            if left <= open {
                break;
            }
            if *to > at {
                left -= open;
                at = *to;
            }
        }
        at + left
    }

    /// What the schedule before said of an operation that has not begun, as ticks from now.
    fn told(&self, before: &Schedule, order: OrderId, operation: usize) -> Option<Published> {
        let told = before.told.get(&(order, operation))?;
        let start = ((told.from - self.view.at).seconds().max(0.0) as Time).min(HORIZON_MAX);
        Some(Published { machine: told.machine.0, start })
    }

    fn duration(&self, machine: MachineId, cycle: Span, pieces: u32) -> Time {
        duration(self.view, machine, cycle, pieces)
    }

    fn family(&mut self, name: &'v str, set_up: Span) -> u32 {
        let entry = (name, set_up.seconds().ceil() as Time);
        let known = self.families.iter().position(|family| *family == entry);
        known.unwrap_or_else(|| {
            self.families.push(entry);
            self.families.len() - 1
        }) as u32
    }

    /// An idle shop that is visited gets one second of the guest's own first work: a model has an operation at least.
    fn busy(&mut self) {
        if !self.parts.operations.is_empty() {
            return;
        }
        let first =
            self.guest.as_ref().and_then(|guest| Some((*guest.operations.first()?.modes.first()?, *guest.families.first()?)));
        if let Some((mode, family)) = first {
            self.parts.jobs.push(Job::default());
            let modes = vec![Mode { duration: 1, ..mode }];
            self.parts.operations.push(Operation { modes, ..Operation::default() });
            self.parts.families.push(family);
        }
    }

    fn finish(mut self) -> Result<Done, String> {
        self.busy();
        let Self { pieces, told, running, dues, caveats, families, present, closed, is_exempt, ways, guest, .. } = self;
        for (machine, _) in self.parts.machines.iter_mut().zip(is_exempt).filter(|(_, is_exempt)| !is_exempt) {
            machine.closed.clone_from(&closed);
        }
        let model = if self.parts.operations.is_empty() {
            None
        } else {
            let between = |from: &(&str, Time), to: &(&str, Time)| if from.0 == to.0 { 0 } else { to.1 };
            let matrix: Vec<Time> = families.iter().flat_map(|from| families.iter().map(move |to| between(from, to))).collect();
            let mut has_set_ups = vec![false; self.parts.machines.len()];
            let visiting = guest.iter().flat_map(|guest| guest.operations.iter().zip(&guest.families));
            for (operation, family) in self.parts.operations.iter().zip(&self.parts.families).chain(visiting) {
                let lasts = families[*family as usize].1 > 0;
                operation.modes.iter().for_each(|mode| has_set_ups[mode.machine as usize] |= lasts);
            }
            let machines = self.parts.machines.iter_mut().zip(present).zip(has_set_ups);
            for ((machine, present), _) in machines.filter(|(_, has_set_ups)| *has_set_ups) {
                let initial = families.iter().map(|to| if present == Some(to.0) { 0 } else { to.1 }).collect();
                machine.set_ups = Some(SetUps { between: matrix.clone(), initial });
            }
            self.parts.families_count = families.len();
            Some(Model::new(self.parts).map_err(|e| e.to_string())?)
        };
        Ok(Done { model, pieces, told, running, dues, caveats, ways, guest })
    }
}

/// Whether an order lies in the load of a machine that tells one of its orders only: on its way, before no machine, on no other.
fn lies_in(view: &View, order: OrderId, machine: MachineId) -> bool {
    let progress = progress(view, order);
    let here = view.image.machines.get(machine.index());
    let is_elsewhere = || view.image.machines.iter().zip(0..).any(|(image, m)| m != machine.0 && image.order == Some(order));
    progress.next > 0
        && progress.waiting_at.is_none()
        && here
            .is_some_and(|here| here.state == MachineState::Producing && view.plant.role(machine, plant::Role::Infeed).is_some())
        && !is_elsewhere()
}

/// What is left of the load of a machine [s].
fn left_of(view: &View, machine: MachineId, length: Span) -> Time {
    let since = view.image.machines.get(machine.index()).map_or(view.at, |image| image.since);
    let (whole, gone) = (length.seconds(), (view.at - since).seconds());
    // loads that follow each other at once are one time of work: in the middle of one, as far as is known
    (if gone < whole { whole - gone } else { whole / 2.0 }).ceil() as Time
}

/// How long a machine needs for pieces, as far as is known of it [s].
pub(crate) fn duration(view: &View, machine: MachineId, cycle: Span, pieces: u32) -> Time {
    if let Some(load) = view.plant.machines.get(machine.index()).and_then(|m| m.load) {
        return (load.length.seconds().ceil() as Time).max(1);
    }
    let profile = view.profiles.iter().find(|p| p.machine == machine);
    let pace = profile.and_then(|p| p.cycle_ratio).map_or(1.0, |ratio| ratio.value.clamp(PACE.0, PACE.1));
    let scrap = profile.and_then(|p| p.scrap_share).map_or(0.0, |share| share.value.clamp(0.0, 0.5));
    ((f64::from(pieces) * cycle.seconds() * pace / (1.0 - scrap)).ceil() as Time).max(1)
}

/// The family in which a machine is: of what runs on it, else of what it did last for the order that it is set up for.
fn family(view: &View, machine: MachineId) -> Option<&str> {
    let order = view.plant.orders.get(view.image.machines.get(machine.index())?.order?.index())?;
    let route = &view.plant.product(order.product).route;
    let is_its = |operation: &&plant::Operation| operation.machines.contains(&machine);
    let progress = view.image.orders.get(order.id.index())?;
    let running = route.get(progress.next).filter(|operation| progress.running_at == Some(machine) && is_its(operation));
    let last = || route[..progress.next.min(route.len())].iter().rev().find(is_its);
    running.or_else(last).or_else(|| route.iter().find(is_its)).map(|operation| operation.family.as_str())
}

/// A machine on which nothing runs: one that is down or in service is free after its usual repair.
fn idle(view: &View, machine: MachineId) -> Machine {
    let state = view.image.machines.get(machine.index()).map(|image| (image.state, image.since));
    let available = match state {
        Some((MachineState::Down | MachineState::Service, since)) => {
            let usual = view.profiles.iter().find(|p| p.machine == machine).and_then(|p| p.repair_s);
            let whole = usual.map_or(REPAIR.seconds(), |s| s.value).clamp(0.0, DOWN_MAX.seconds());
            // one that takes longer than usual takes a while longer
            let left = whole - (view.at - since).seconds();
            left.max(whole / 4.0).ceil() as Time
        }
        _ => 0,
    };
    let batch = view.plant.machines.get(machine.index()).and_then(|m| m.load).map(|load| i64::from(load.lots));
    Machine { available, batch, ..Machine::default() }
}
