//! Names the next order at a machine where two or more wait.
//!
//! Enters: the orders that wait, their routes, due dates and progress, the set-up family in the machine, what the published schedule has
//! next there. Leaves: `Run` with the set-up time it saves [min] against first in, first out. Absent: the schedule of other machines.
//!
//! The schedule's turn comes first. Where it names none of those that wait a rule chooses: apparent tardiness cost with set-ups (ATCS; Lee,
//! Bhaskaran and Pinedo, IIE Transactions 29, 1997):
//! I_j = w_j/p_j · exp(−max(d_j − p_j − t, 0)/(k₁ p̄)) · exp(−s_lj/(k₂ s̄)), all weights 1, with their look-ahead parameters
//! k₁ = 4.5 + R for R ≤ 0.5, else 6 − 2R, and k₂ = τ/(2√η), R due-date range, τ tightness, η = s̄/p̄. The due date of an
//! operation is that of its order less the planned work that follows it.

use super::{figure, instead, nothing, readings};
use crate::clock::Shifts;
use crate::{Proposal, Situation};
use measure::{Estimate, Span};
use plant::{
    Action, Because, Code, DecisionKind, DecisionState, Effect, MachineId, MachineImage, MachineState, Metric, Operation,
    OrderId, Rejected, Role,
};

/// The `from` of its decisions.
pub const NAME: &str = "dispatch";

/// The next order is named when the running one has no more than this left.
const AHEAD: Span = Span::from_minutes(20);
/// Orders weighed at most, oldest first.
const QUEUE_MAX: usize = 12;
/// Longest horizon.
const HORIZON_MAX: Span = Span::from_hours(24);
/// Work waits between operations: planned work that follows counts this many times.
const FLOW_FACTOR: f64 = 3.0;

/// A waiting order as the rule sees it.
struct Job<'a> {
    order: OrderId,
    operation: &'a Operation,
    /// Processing time [s].
    work_s: f64,
    /// Time from now to the operation's due date [s]; negative when late.
    due_s: f64,
}

/// The next orders worth naming.
pub fn choose(situation: &Situation<'_>) -> Vec<Proposal> {
    let machines = situation.plant.machines.iter().map(|m| m.id);
    machines.filter_map(|machine| next(situation, machine)).collect()
}

fn next(situation: &Situation<'_>, machine: MachineId) -> Option<Proposal> {
    let image = situation.machine(machine)?;
    if image.infeed.len() < 2 || situation.writable(machine, Role::SetOrder).is_none() || is_named(situation, machine, image) {
        return None;
    }
    let left_s = left_s(situation, machine, image)?;
    if left_s > AHEAD.seconds() {
        return None;
    }
    let jobs: Vec<Job<'_>> = image.infeed.iter().take(QUEUE_MAX).filter_map(|o| job(situation, machine, *o)).collect();
    let family = image.order.and_then(|o| situation.operation(o, machine)).map(|o| o.family.as_str());
    let scheduled = planned(situation, machine, &jobs);
    let chosen = scheduled.or_else(|| pick(&jobs, family))?;
    // First in, first out is what the machine does by itself.
    if chosen == 0 || jobs.first().map(|j| j.order) != image.infeed.first().copied() {
        return None;
    }
    proposal(situation, machine, &Queue { jobs, family, chosen, is_scheduled: scheduled.is_some(), left_s })
}

/// Whether a decision stands here whose order still waits: the next order is named already.
fn is_named(situation: &Situation<'_>, machine: MachineId, image: &MachineImage) -> bool {
    situation.open(machine).any(|d| match d.action {
        Action::Run(order) => d.state != DecisionState::Running || image.infeed.contains(&order),
        _ => false,
    })
}

/// Work left on the running order [s]; `None` where the machine will not start another one soon.
fn left_s(situation: &Situation<'_>, machine: MachineId, image: &MachineImage) -> Option<f64> {
    match image.state {
        MachineState::Producing | MachineState::SetUp => {
            let order = image.order?;
            let operation = situation.operation(order, machine)?;
            let done = situation.image.orders.get(order.index()).map_or(0, |p| p.good);
            let pieces = situation.plant.orders.get(order.index())?.quantity.saturating_sub(done);
            Some(f64::from(pieces) * operation.cycle.seconds() * pace(situation, machine))
        }
        MachineState::Starved | MachineState::Blocked => Some(0.0),
        _ => None,
    }
}

fn pace(situation: &Situation<'_>, machine: MachineId) -> f64 {
    situation.profile(machine).and_then(|p| p.cycle_ratio).map_or(1.0, |r| r.value).clamp(0.5, 2.0)
}

fn job<'a>(situation: &Situation<'a>, machine: MachineId, order: OrderId) -> Option<Job<'a>> {
    let entry = situation.plant.orders.get(order.index())?;
    let operation = situation.operation(order, machine)?;
    let route = &situation.plant.product(entry.product).route;
    let place = route.iter().position(|o| std::ptr::eq(o, operation))?;
    let quantity = f64::from(entry.quantity);
    let after_s: f64 = route[place + 1..].iter().map(|o| quantity * o.cycle.seconds() + o.set_up.seconds()).sum();
    Some(Job {
        order,
        operation,
        work_s: (quantity * operation.cycle.seconds() * pace(situation, machine)).max(1.0),
        due_s: (entry.due - situation.now).seconds() - FLOW_FACTOR * after_s,
    })
}

/// Set-up before an operation when the machine holds a family [s].
fn set_up_s(family: Option<&str>, operation: &Operation) -> f64 {
    if family == Some(operation.family.as_str()) { 0.0 } else { operation.set_up.seconds() }
}

/// Place of the job that the published schedule has first here; none where it names none of them.
fn planned(situation: &Situation<'_>, machine: MachineId, jobs: &[Job<'_>]) -> Option<usize> {
    let turns = situation.turns.iter().filter(|turn| turn.machine == machine);
    turns.filter_map(|turn| jobs.iter().position(|job| job.order == turn.order)).next()
}

/// Place of the job with the highest index; the oldest one among equals.
fn pick(jobs: &[Job<'_>], family: Option<&str>) -> Option<usize> {
    let n = jobs.len() as f64;
    let mean = |f: &dyn Fn(&Job<'_>) -> f64| jobs.iter().map(f).sum::<f64>() / n;
    let (work, set_up) = (mean(&|j| j.work_s), mean(&|j| j.operation.set_up.seconds()).max(1.0));
    let makespan = n * (work + set_up);
    let due = |f: fn(f64, f64) -> f64, start: f64| jobs.iter().map(|j| j.due_s).fold(start, f);
    let range = ((due(f64::max, f64::MIN) - due(f64::min, f64::MAX)) / makespan).clamp(0.0, 3.0);
    let tightness = (1.0 - mean(&|j| j.due_s) / makespan).clamp(0.2, 1.0);
    let k1 = if range <= 0.5 { 4.5 + range } else { (6.0 - 2.0 * range).max(0.5) };
    let k2 = tightness / (2.0 * (set_up / work).sqrt());
    let index = |j: &Job<'_>| {
        let slack = (j.due_s - j.work_s).max(0.0);
        // The logarithm of the index: products of small exponentials would all become zero.
        -j.work_s.ln() - slack / (k1 * work) - set_up_s(family, j.operation) / (k2 * set_up)
    };
    (0..jobs.len()).rev().max_by(|a, b| index(&jobs[*a]).total_cmp(&index(&jobs[*b])))
}

struct Queue<'a> {
    jobs: Vec<Job<'a>>,
    family: Option<&'a str>,
    chosen: usize,
    /// Whether the published schedule chose it, not the rule.
    is_scheduled: bool,
    left_s: f64,
}

impl Queue<'_> {
    /// Set-up of the orders up to the chosen one [s], first in, first out or with one of them drawn to the front.
    fn set_ups_s(&self, first: Option<usize>) -> f64 {
        let rest = (0..=self.chosen).filter(|i| Some(*i) != first);
        let mut family = self.family;
        let mut sum = 0.0;
        for place in first.into_iter().chain(rest) {
            let operation = self.jobs[place].operation;
            sum += set_up_s(family, operation);
            family = Some(operation.family.as_str());
        }
        sum
    }
    /// Tardiness of the orders up to the chosen one [s].
    fn tardiness_s(&self, first: Option<usize>) -> f64 {
        let rest = (0..=self.chosen).filter(|i| Some(*i) != first);
        let (mut family, mut at, mut sum) = (self.family, self.left_s, 0.0);
        for place in first.into_iter().chain(rest) {
            let job = &self.jobs[place];
            at += set_up_s(family, job.operation) + job.work_s;
            sum += (at - job.due_s).max(0.0);
            family = Some(job.operation.family.as_str());
        }
        sum
    }
    /// Work on the orders up to the chosen one [s].
    fn work_s(&self) -> f64 {
        self.left_s + self.jobs[..=self.chosen].iter().map(|j| j.work_s).sum::<f64>()
    }
}

fn proposal(situation: &Situation<'_>, machine: MachineId, queue: &Queue<'_>) -> Option<Proposal> {
    let (fifo_s, chosen_s) = (queue.set_ups_s(None), queue.set_ups_s(Some(queue.chosen)));
    let (fifo_late_s, late_s) = (queue.tardiness_s(None), queue.tardiness_s(Some(queue.chosen)));
    let saved_min = (fifo_s - chosen_s) / 60.0;
    if saved_min < 0.0 || (saved_min == 0.0 && late_s >= fifo_late_s) {
        return None;
    }
    let one_min = queue.jobs.iter().map(|j| j.operation.set_up.minutes()).fold(0.0, f64::max);
    let metric = Metric::SetUpSaved;
    let action = |place: usize| Action::Run(queue.jobs[place].order);
    let is_planned = |order: OrderId| situation.turns.iter().any(|turn| turn.machine == machine && turn.order == order);
    let reason = |place: usize| match queue.is_scheduled {
        true if is_planned(queue.jobs[place].order) => "later_in_schedule",
        true => "not_in_schedule",
        false => "lower_atcs_index",
    };
    let mut rejected: Vec<Rejected> = vec![nothing(metric)];
    rejected.extend((1..queue.jobs.len()).filter(|p| *p != queue.chosen).map(|place| {
        let saved = (fifo_s - queue.set_ups_s(Some(place.min(queue.chosen)))) / 60.0;
        instead(action(place), metric, Estimate::exact(saved), reason(place))
    }));
    let mut because: Vec<Because> = queue.jobs[..=queue.chosen].iter().map(|j| Because::Order(j.order)).collect();
    let since = situation.machine(machine)?.since;
    because.extend(readings(situation, machine, Role::Infeed, since.min(situation.now - AHEAD)));
    Some(Proposal {
        from: Code::Borrowed(NAME),
        because,
        kind: DecisionKind::Dispatch,
        machine,
        action: action(queue.chosen),
        not_before: situation.now,
        valid_until: situation.now + Span::from_seconds_f64(queue.left_s.max(600.0)),
        // The order that comes after may need one set-up more or less than it would have.
        expected: Effect { metric, value: Estimate::between(saved_min - one_min, saved_min, saved_min + one_min) },
        horizon: horizon(situation, queue.work_s() + fifo_s),
        evidence: vec![
            figure("set_up_fifo", Estimate::exact(fifo_s / 60.0), "min"),
            figure("set_up_chosen", Estimate::exact(chosen_s / 60.0), "min"),
            figure("set_up_one", Estimate::exact(one_min), "min"),
            figure("tardiness_fifo", Estimate::exact(fifo_late_s / 60.0), "min"),
            figure("tardiness_chosen", Estimate::exact(late_s / 60.0), "min"),
        ],
        rejected,
    })
}

/// The span of that much work from now, over the end of a shift if need be.
fn horizon(situation: &Situation<'_>, work_s: f64) -> Span {
    let shifts = Shifts::around(&situation.plant.calendar, situation.now);
    let work = Span::from_seconds_f64(work_s * 1.1);
    let over = match (shifts.ends, shifts.next) {
        (Some(ends), Some(next)) if situation.now + work > ends => next - ends,
        (None, Some(next)) => next - situation.now,
        _ => Span::ZERO,
    };
    (work + over).min(HORIZON_MAX)
}
