//! What really became of plans: how long operations lasted beside their plan, and orders beside their promise.
//!
//! Enters: views in their order, promises as they are made. Leaves: spreads of durations for `decide::promise`, and a factor for dates.
//! Absent: the promise itself, storage (`node` keeps it over a start). What ran while the unit did not look tells no duration.
//!
//! Durations are counted in worked time, from the view in which an operation runs first to the one in which it is done: as exact as views
//! are apart. A machine without three of them is taken to be log-normal about its plan.
//!
//! Whatever the samples leave out (who dispatches, queues in front of machines that were not planned, batches) shows in how promises were
//! kept: the worked time that passed until an order was done over the worked time that the samples gave it at nine in ten. Of so many such
//! ratios the one of rank ⌈p (n + 1)⌉ is not exceeded by the next with probability p at least, where they are exchangeable (split conformal
//! prediction: Vovk, Gammerman & Shafer, Algorithmic Learning in a Random World, 2005; Lei et al., JASA 113, 2018). With fewer than it takes
//! to tell nine in ten with some certainty the samples' own date stands.
//!
//! They are not quite exchangeable (a workshop fills and empties), so the share that is aimed at follows how corrected promises were kept: after
//! each that is judged α becomes α + γ (0.1 − missed), which holds the long-run share whatever the world does (adaptive conformal
//! inference: Gibbs & Candès, NeurIPS 34, 2021).

use super::promise::{Asked, JUDGED_AT};
use crate::desk::View;
use crate::schedule::shop::duration;
use decide::promise::Spread;
use measure::{Instant, Span};
use plant::{Calendar, MachineId, MachineState, OrderId};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Durations of one machine that are remembered.
const RATIOS_MAX: usize = 200;
/// Promises that are remembered.
const PROMISES_MAX: usize = 200;
/// Fewest promises that are known to be kept or not before they correct later ones.
const PROMISES_MIN: usize = 19;
/// A promise is judged once so many times its worked time have passed: earlier only those would be known that were kept.
const JUDGED_AFTER: f64 = 1.5;
/// Spread of a machine of which too little is known: standard deviation of the logarithm.
const UNKNOWN_SIGMA: f64 = 0.25;
/// Durations from which a history is drawn.
const HISTORY_MIN: usize = 3;
/// Share of a load's time below which its order was not seen from the beginning.
const LOAD_MIN: f64 = 0.5;
/// Bounds of a ratio of durations.
const RATIO: (f64, f64) = (0.05, 20.0);
/// Bounds of the correction of a date.
const FACTOR: (f64, f64) = (0.2, 10.0);
/// The share of promises at nine in ten that may be missed, and within what the share that is aimed at may move.
const MISSED: f64 = 0.1;
const AIMED: (f64, f64) = (0.02, 0.4);
/// How fast it moves (γ).
const ADAPTS: f64 = 0.02;
/// How far ahead worked time is looked for.
const AHEAD: Span = Span::from_days(60);

/// An operation that runs.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Begun {
    place: usize,
    machine: MachineId,
    at: Instant,
    planned_s: f64,
}

/// A promise as it was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Made {
    /// The order.
    pub order: OrderId,
    /// When.
    pub at: Instant,
    /// The date of the samples at nine in ten, before any correction.
    pub date: Instant,
    /// When the order was done.
    pub finished: Option<Instant>,
    /// By what dates at nine in ten were multiplied when it was made; none where they were not corrected yet.
    pub factor: Option<f64>,
}

/// What really became of plans.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    begun: HashMap<OrderId, Begun>,
    ratios: BTreeMap<MachineId, VecDeque<f64>>,
    made: VecDeque<Made>,
}

impl Past {
    /// What an earlier run knew: promises in the order in which they were made, ratios real / planned of durations by machine. Of more than
    /// are remembered the newest are taken; what is no ratio is left out.
    pub fn recalled(made: &[Made], ratios: &[(MachineId, Vec<f64>)]) -> Self {
        let newest = |count: usize, most: usize| count.saturating_sub(most);
        let made = made.iter().skip(newest(made.len(), PROMISES_MAX)).copied().collect();
        let kept = |ratios: &Vec<f64>| -> VecDeque<f64> {
            let good: Vec<f64> = ratios.iter().copied().filter(|ratio| ratio.is_finite()).collect();
            good.iter().skip(newest(good.len(), RATIOS_MAX)).map(|ratio| ratio.clamp(RATIO.0, RATIO.1)).collect()
        };
        Self { begun: HashMap::new(), ratios: ratios.iter().map(|(machine, ratios)| (*machine, kept(ratios))).collect(), made }
    }

    /// The promises that are remembered, oldest first.
    pub fn made(&self) -> impl Iterator<Item = &Made> {
        self.made.iter()
    }

    /// Ratios real / planned of durations, oldest first, by machine.
    pub fn ratios(&self) -> impl Iterator<Item = (MachineId, impl Iterator<Item = f64>)> {
        self.ratios.iter().map(|(machine, ratios)| (*machine, ratios.iter().copied()))
    }

    /// Takes in what can be seen now.
    pub fn look(&mut self, view: &View) {
        let open: Vec<OrderId> = self.made.iter().filter(|made| made.finished.is_none()).map(|made| made.order).collect();
        for order in open {
            let done = view.image.orders.get(order.index()).and_then(|progress| progress.finished);
            done.into_iter().for_each(|at| self.finish(order, at));
        }
        for (order, progress) in view.plant.orders.iter().zip(&view.image.orders) {
            if let Some(begun) = self.begun.get(&order.id).copied()
                && progress.next != begun.place
            {
                self.begun.remove(&order.id);
                // one that was not seen while it ran tells nothing
                if progress.next == begun.place + 1 {
                    self.ended(view, begun);
                }
            }
            let operation = view.plant.product(order.product).route.get(progress.next);
            if let Some((machine, operation)) = progress.running_at.zip(operation)
                && operation.machines.contains(&machine)
            {
                let planned_s = duration(view, machine, operation.cycle, order.quantity) as f64;
                let fresh = Begun { place: progress.next, machine, at: view.at, planned_s };
                let begun = self.begun.entry(order.id).or_insert(fresh);
                // set-ups stand in the plan by themselves
                let is_set_up = view.image.machines.get(machine.index()).is_some_and(|m| m.state == MachineState::SetUp);
                if is_set_up {
                    begun.at = view.at;
                }
            }
        }
    }

    fn ended(&mut self, view: &View, begun: Begun) {
        let real_s = open(&view.plant.calendar, begun.at, view.at).seconds();
        // of the orders in a load one is told to run: the others are seen in the machine when they leave it
        if view.plant.machine(begun.machine).load.is_some() && real_s < LOAD_MIN * begun.planned_s {
            return;
        }
        let ratios = self.ratios.entry(begun.machine).or_default();
        ratios.push_back((real_s / begun.planned_s).clamp(RATIO.0, RATIO.1));
        while ratios.len() > RATIOS_MAX {
            ratios.pop_front();
        }
    }

    /// Remembers what the samples gave an order, so that it can be judged later.
    pub fn promised(&mut self, calendar: &Calendar, order: OrderId, at: Instant, date: Instant) {
        let factor = Some(self.factor(calendar, at, JUDGED_AT)).filter(|(_, promises)| *promises > 0).map(|(factor, _)| factor);
        self.made.push_back(Made { order, at, date, finished: None, factor });
        while self.made.len() > PROMISES_MAX {
            self.made.pop_front();
        }
    }

    /// An order was done.
    pub(super) fn finish(&mut self, order: OrderId, at: Instant) {
        self.made.iter_mut().filter(|made| made.order == order).for_each(|made| made.finished = made.finished.or(Some(at)));
    }

    /// Whether an order was promised something.
    pub fn knows(&self, order: OrderId) -> bool {
        self.made.iter().any(|made| made.order == order)
    }

    /// The spread of each machine.
    pub(super) fn spreads(&self, machines: usize) -> Vec<Spread> {
        let of = |machine: u32| match self.ratios.get(&MachineId(machine)) {
            Some(ratios) if ratios.len() >= HISTORY_MIN => Spread::History(ratios.iter().copied().collect()),
            _ => Spread::LogNormal { median: 1.0, sigma: UNKNOWN_SIGMA },
        };
        (0..machines as u32).map(of).collect()
    }

    /// How many past operations there are of the machines of a route.
    pub(super) fn operations(&self, asked: &Asked<'_>) -> usize {
        let mut machines: Vec<MachineId> = asked.route.iter().flat_map(|o| o.machines.iter().copied()).collect();
        machines.sort_unstable();
        machines.dedup();
        machines.iter().filter_map(|m| self.ratios.get(m)).map(VecDeque::len).sum()
    }

    /// By how much the worked time of the samples is to be multiplied so that a share [per mille] is kept, and by how many promises that
    /// is known.
    pub fn factor(&self, calendar: &Calendar, now: Instant, sure: u32) -> (f64, usize) {
        let judged: Vec<(f64, Option<f64>)> =
            self.made.iter().filter_map(|made| Some((made.ratio(calendar, now)?, made.factor))).collect();
        if judged.len() < PROMISES_MIN {
            return (1.0, 0);
        }
        let (sure, aimed) = (f64::from(sure) / 1_000.0, aimed(&judged));
        // at nine in ten what is aimed at, and in proportion towards never and always
        let missed =
            if sure < 1.0 - MISSED { 1.0 - sure * (1.0 - aimed) / (1.0 - MISSED) } else { (1.0 - sure) * aimed / MISSED };
        let mut ratios: Vec<f64> = judged.iter().map(|(ratio, _)| *ratio).collect();
        ratios.sort_by(f64::total_cmp);
        // the float's last digit must not raise a whole rank
        let rank = ((1.0 - missed) * (ratios.len() + 1) as f64 - 1e-9).ceil().max(1.0) as usize;
        (ratios[rank.min(ratios.len()) - 1].clamp(FACTOR.0, FACTOR.1), ratios.len())
    }
}

/// The share of promises at nine in ten that is aimed to be missed, from ratios and the factors by which they were corrected.
fn aimed(judged: &[(f64, Option<f64>)]) -> f64 {
    let corrected = judged.iter().filter_map(|(ratio, factor)| Some(*ratio > (*factor)?));
    corrected
        .fold(MISSED, |aimed, is_missed| (aimed + ADAPTS * (MISSED - f64::from(u8::from(is_missed)))).clamp(AIMED.0, AIMED.1))
}

impl Made {
    /// The worked time that it took over the one that was given; none while it is too early to judge.
    fn ratio(&self, calendar: &Calendar, now: Instant) -> Option<f64> {
        let given = open(calendar, self.at, self.date).seconds().max(1.0);
        let is_due = open(calendar, self.at, now).seconds() >= JUDGED_AFTER * given;
        is_due.then(|| open(calendar, self.at, self.finished.unwrap_or(now)).seconds() / given)
    }
}

/// Worked time; all of it where there are no shifts.
pub(super) fn open(calendar: &Calendar, from: Instant, to: Instant) -> Span {
    if calendar.shifts.is_empty() { (to - from).max(Span::ZERO) } else { calendar.worked(from, to) }
}

/// When so much worked time will have passed.
pub(super) fn after(calendar: &Calendar, from: Instant, work: Span) -> Instant {
    if calendar.shifts.is_empty() {
        return from + work;
    }
    let (mut reached, mut left) = (from, work);
    for span in calendar.spans(from, from + AHEAD) {
        let start = span.from.max(reached);
        let here = span.to - start;
        if left <= here {
            return start + left;
        }
        if here > Span::ZERO {
            left -= here;
            reached = span.to;
        }
    }
    from + AHEAD + left
}
