//! The shop as it stands now: a scheduling model of the open orders, in seconds from now.
//!
//! Enters: a view, the schedule before. Leaves: model, what its operations stand for, what runs already. Absent: the search.
//!
//! | model | from |
//! | --- | --- |
//! | duration | pieces left x planned cycle x how much slower the machine runs lately (profile), more for the share that is scrapped |
//! | set-up | of the operation, where the family before is another; the machine's present family counts |
//! | available | the end of what runs; of a machine that is down, its usual repair time (profile, else half an hour) |
//! | closed | time outside of shifts, two weeks ahead |
//! | due, release | of the order |

use super::{Caveat, Schedule, Task};
use crate::desk::View;
use decide::search::model::{Job, Machine, Mode, Model, Operation, Parts, Published, SetUps, Stability, Time};
use measure::{Instant, Span};
use plant::{MachineId, MachineState, Order, OrderId, OrderProgress};

/// Orders planned at most, the earliest due.
const ORDERS_MAX: usize = 2_000;
/// How far ahead shifts are looked up; after that the shop counts as open.
const AHEAD: Span = Span::from_days(14);
/// Penalty for a second of one order's tardiness; a second of flow and of makespan costs 1.
const TARDINESS: i64 = 100;
/// Penalty for an operation on another machine than published, as seconds of its start.
const OTHER_MACHINE: i64 = 300;
/// Repair time of a machine whose usual one is not known.
const REPAIR: Span = Span::from_minutes(30);
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
}

/// The shop of a view.
///
/// # Errors
/// A limit of the model is exceeded.
pub(super) fn of(view: &View, before: Option<&Schedule>) -> Result<Done, String> {
    let mut shop = Shop::new(view);
    let mut open: Vec<&Order> = view.plant.orders.iter().filter(|order| progress(view, order.id).finished.is_none()).collect();
    open.sort_by_key(|order| (order.due, order.id));
    if open.len() > ORDERS_MAX {
        shop.caveats.push(Caveat::TooMany { orders: open.len() - ORDERS_MAX });
        open.truncate(ORDERS_MAX);
    }
    // what runs comes first: it takes machines
    let mut rest: Vec<(usize, Time)> = open.iter().map(|order| shop.run(order)).collect();
    for (order, (next, release)) in open.iter().zip(rest.drain(..)) {
        shop.add(order, (next, release), before);
    }
    shop.observe_shifts();
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
    pieces: Vec<Piece>,
    running: Vec<Task>,
    dues: Vec<(OrderId, Instant)>,
    caveats: Vec<Caveat>,
}

impl<'v> Shop<'v> {
    fn new(view: &'v View) -> Self {
        let machines: Vec<Machine> = view.plant.machines.iter().map(|m| idle(view, m.id)).collect();
        let family = |m: &plant::Machine| {
            let image = view.image.machines.get(m.id.index())?;
            let order = view.plant.orders.get(image.order?.index())?;
            let route = &view.plant.product(order.product).route;
            route.iter().find(|operation| operation.machines.contains(&m.id)).map(|operation| operation.family.as_str())
        };
        let present = view.plant.machines.iter().map(family).collect();
        let stability = Stability { tick: 1, machine: OTHER_MACHINE };
        let parts = Parts { machines, makespan: 1, stability, ..Parts::default() };
        Self {
            view,
            parts,
            families: Vec::new(),
            present,
            pieces: Vec::new(),
            running: Vec::new(),
            dues: Vec::new(),
            caveats: Vec::new(),
        }
    }

    /// Takes in what runs of an order; the place of the operation to plan next, and from when.
    fn run(&mut self, order: &Order) -> (usize, Time) {
        let progress = progress(self.view, order.id);
        let release = (order.release - self.view.at).seconds().max(0.0).ceil() as Time;
        let operation = self.view.plant.product(order.product).route.get(progress.next);
        let (Some(machine), Some(operation)) = (progress.running_at, operation) else { return (progress.next, release) };
        let left = order.quantity.saturating_sub(progress.good).max(1);
        let until = self.duration(machine, operation.cycle, left);
        let free = &mut self.parts.machines[machine.index()].available;
        *free = (*free).max(until);
        let at = self.view.at;
        let to = at + Span::from_seconds(until);
        let (order, operation) = (order.id, progress.next);
        self.running.push(Task { order, operation, machine, set_up: at, from: at, to, is_running: true });
        (progress.next + 1, release.max(until))
    }

    /// Adds the operations of an order that are not begun.
    fn add(&mut self, order: &Order, (next, release): (usize, Time), before: Option<&Schedule>) {
        self.dues.push((order.id, order.due));
        let route = &self.view.plant.product(order.product).route;
        if next >= route.len() {
            return;
        }
        let job = self.parts.jobs.len() as u32;
        let due = Some((order.due - self.view.at).seconds().floor() as Time);
        self.parts.jobs.push(Job { release, due, tardiness: TARDINESS, flow: 1, ..Job::default() });
        for (place, operation) in route.iter().enumerate().skip(next) {
            let modes = operation
                .machines
                .iter()
                .map(|machine| Mode { machine: machine.0, duration: self.duration(*machine, operation.cycle, order.quantity) });
            let modes = modes.collect();
            let published = before.and_then(|before| self.published(before, order.id, place));
            let number = self.parts.operations.len() as u32;
            if place > next {
                self.parts.precedences.push((number - 1, number));
            }
            let family = self.family(&operation.family, operation.set_up);
            self.parts.families.push(family);
            self.parts.operations.push(Operation { job, modes, published, ..Operation::default() });
            self.pieces.push(Piece { order: order.id, operation: place });
        }
    }

    /// What the schedule before said of an operation that has not begun, as ticks from now.
    fn published(&self, before: &Schedule, order: OrderId, operation: usize) -> Option<Published> {
        let task = before.tasks.iter().find(|t| (t.order, t.operation) == (order, operation))?;
        let start = (task.from - self.view.at).seconds().max(0.0) as Time;
        Some(Published { machine: task.machine.0, start })
    }

    /// How long a machine needs for pieces [s].
    fn duration(&self, machine: MachineId, cycle: Span, pieces: u32) -> Time {
        let profile = self.view.profiles.iter().find(|p| p.machine == machine);
        let pace = profile.and_then(|p| p.cycle_ratio).map_or(1.0, |ratio| ratio.value.clamp(PACE.0, PACE.1));
        let scrap = profile.and_then(|p| p.scrap_share).map_or(0.0, |share| share.value.clamp(0.0, 0.5));
        ((f64::from(pieces) * cycle.seconds() * pace / (1.0 - scrap)).ceil() as Time).max(1)
    }

    fn family(&mut self, name: &'v str, set_up: Span) -> u32 {
        let entry = (name, set_up.seconds().ceil() as Time);
        let known = self.families.iter().position(|family| *family == entry);
        known.unwrap_or_else(|| {
            self.families.push(entry);
            self.families.len() - 1
        }) as u32
    }

    /// Closes machines outside of shifts, unless an operation would fit into none.
    fn observe_shifts(&mut self) {
        let (at, end) = (self.view.at, self.view.at + AHEAD);
        let spans = self.view.plant.calendar.spans(at, end);
        if spans.is_empty() {
            return;
        }
        let tick = |instant: Instant| (instant - at).seconds() as Time;
        let mut open: Vec<(Time, Time)> = Vec::new();
        for (from, to) in spans.iter().map(|span| (tick(span.from.max(at)), tick(span.to.min(end)))) {
            match open.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => open.push((from, to)),
            }
        }
        let longest = open.iter().map(|(from, to)| to - from).max().unwrap_or(0);
        let mut closed = Vec::new();
        let mut since = 0;
        for (from, to) in open {
            if from > since {
                closed.push((since, from));
            }
            since = to;
        }
        let mut is_exempt = vec![false; self.parts.machines.len()];
        for (operation, piece) in self.parts.operations.iter().zip(&self.pieces) {
            if operation.modes.iter().any(|mode| mode.duration > longest) {
                operation.modes.iter().for_each(|mode| is_exempt[mode.machine as usize] = true);
                self.caveats.push(Caveat::LongerThanShifts { order: piece.order, operation: piece.operation });
            }
        }
        for (machine, _) in self.parts.machines.iter_mut().zip(is_exempt).filter(|(_, is_exempt)| !is_exempt) {
            machine.closed.clone_from(&closed);
        }
    }

    fn finish(mut self) -> Result<Done, String> {
        let Self { pieces, running, dues, caveats, families, present, .. } = self;
        let model = if self.parts.operations.is_empty() {
            None
        } else {
            let between = |from: &(&str, Time), to: &(&str, Time)| if from.0 == to.0 { 0 } else { to.1 };
            let matrix: Vec<Time> = families.iter().flat_map(|from| families.iter().map(move |to| between(from, to))).collect();
            for (machine, present) in self.parts.machines.iter_mut().zip(present) {
                let initial = families.iter().map(|to| if present == Some(to.0) { 0 } else { to.1 }).collect();
                machine.set_ups = Some(SetUps { between: matrix.clone(), initial });
            }
            self.parts.families_count = families.len();
            Some(Model::new(self.parts).map_err(|e| e.to_string())?)
        };
        Ok(Done { model, pieces, running, dues, caveats })
    }
}

/// A machine on which nothing runs: one that is down is free after its usual repair.
fn idle(view: &View, machine: MachineId) -> Machine {
    let state = view.image.machines.get(machine.index()).map(|image| (image.state, image.since));
    let available = match state {
        Some((MachineState::Down, since)) => {
            let usual = view.profiles.iter().find(|p| p.machine == machine).and_then(|p| p.repair_s);
            let whole = usual.map_or(REPAIR.seconds(), |s| s.value);
            // one that takes longer than usual takes a while longer
            let left = whole - (view.at - since).seconds();
            left.max(whole / 4.0).ceil() as Time
        }
        _ => 0,
    };
    Machine { available, ..Machine::default() }
}
