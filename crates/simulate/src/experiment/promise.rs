//! Promises in the virtual workshop: every order is promised a date when it is released, and the world shows whether it is kept.
//!
//! Enters: seed, days, mode, the share that shall be kept. Leaves: each promise beside what really happened. Absent: opinions.
//!
//! An order is known from its release on: what is released later is hidden from the plan and from the promise. The past of the unit is
//! learned on the way, as in a unit that runs for real, so that the first promises rest on less than the last. Each promise becomes the due date of
//! its order, and the workshop follows the schedules that are published, made anew with each order and every 20 minutes.

use super::arm::{Mode, STEP, drive_watched, prepared};
use measure::{Instant, Span};
use plant::{Order, OrderId};
use std::sync::Arc;
use unit::Unit;
use unit::desk::View;
use unit::sales::{Asked, Past, Promised, Promising};
use unit::schedule::{Schedule, Scheduling};

/// How often it is looked what became of plans.
const LOOK: Span = Span::from_minutes(2);
/// How old a plan becomes before it is made anew even though no order came.
const REPLAN: Span = Span::from_minutes(20);
/// Iterations of the search for a plan, and for a better place of an order.
const ITERATIONS: (u64, u64) = (400, 100);

/// A promise and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The order.
    pub order: OrderId,
    /// What was promised.
    pub promised: Promised,
    /// When it was really done.
    pub done: Option<Instant>,
}

/// The promises of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Promises {
    /// Those whose date lies within the run.
    pub told: Vec<Kept>,
    /// Orders that could not be promised, and why.
    pub failed: Vec<String>,
}

impl Kept {
    /// Whether it was on time.
    pub fn is_kept(&self) -> bool {
        self.done.is_some_and(|done| done <= self.promised.due)
    }
}

impl Promises {
    /// The share kept, of those that were corrected by past promises or of all; none where there is none.
    pub fn share(&self, only_corrected: bool) -> Option<f64> {
        let counted: Vec<&Kept> = self.told.iter().filter(|kept| !only_corrected || kept.promised.basis.promises > 0).collect();
        let kept = counted.iter().filter(|kept| kept.is_kept()).count();
        (!counted.is_empty()).then(|| kept as f64 / counted.len() as f64)
    }
}

/// Runs a workshop and promises each order that is released.
pub fn promises(seed: u64, days: u32, mode: Mode, sure: u32) -> Promises {
    let (plant, world, start) = prepared(seed, days, mode);
    let mut desk =
        Desk { sure, before: None, past: Past::default(), looked: start, planned: start, told: Vec::new(), failed: Vec::new() };
    let end = Span::from_days(i64::from(days));
    let arm = drive_watched(seed, plant, world, (start, end), STEP, &mut |now, unit| desk.look(now, unit));
    let told = desk.told.into_iter().filter(|(_, promised)| promised.due <= arm.truth.at);
    let done = |order: OrderId| arm.truth.orders.get(order.index()).and_then(|o| o.finished);
    Promises { told: told.map(|(order, promised)| Kept { order, promised, done: done(order) }).collect(), failed: desk.failed }
}

/// Who promises.
struct Desk {
    sure: u32,
    before: Option<Arc<Schedule>>,
    past: Past,
    looked: Instant,
    planned: Instant,
    told: Vec<(OrderId, Promised)>,
    failed: Vec<String>,
}

impl Desk {
    /// A promised date is the due date from then on, as for an order that a customer placed at it.
    fn accept(&self, view: &mut View) {
        let orders = &mut Arc::make_mut(&mut view.plant).orders;
        for (order, promised) in &self.told {
            orders.get_mut(order.index()).into_iter().for_each(|order| order.due = promised.due);
        }
    }

    /// Looks at the unit; a schedule where a new one is published.
    fn look(&mut self, now: Instant, unit: &mut Unit) -> Option<Arc<Schedule>> {
        if now - self.looked < LOOK {
            return None;
        }
        let mut view = unit.view(now);
        self.past.look(&view);
        self.accept(&mut view);
        let plant = Arc::clone(&view.plant);
        let since = std::mem::replace(&mut self.looked, now);
        for order in plant.orders.iter().filter(|o| o.release > since && o.release <= now) {
            let id = order.id;
            let hidden = move |other: &Order| other.release > now || other.id == id;
            let route = &plant.product(order.product).route;
            let asked = Asked { route, quantity: order.quantity, hidden: &hidden, moves: &[] };
            let made = Promising::of(&view, self.before.clone(), (&asked, self.sure), &self.past, ITERATIONS.0);
            match made.and_then(|promising| promising.worked_out(ITERATIONS.1)) {
                Ok(promised) => {
                    self.past.promised(&plant.calendar, id, now, promised.raw);
                    self.told.push((id, promised));
                }
                Err(cause) => self.failed.push(format!("{}: {cause}", order.name)),
            }
        }
        let is_news = now - self.planned >= REPLAN || plant.orders.iter().any(|o| o.release > since && o.release <= now);
        if is_news && let Ok(scheduling) = Scheduling::of_known(&view, self.before.clone(), &move |o| o.release > now) {
            let mut search = scheduling.search(1);
            if let Some(search) = &mut search {
                search.step(ITERATIONS.0);
            }
            let best = search.as_ref().and_then(|s| Some((s.best().ok()?, s)));
            self.before = Some(Arc::new(scheduling.read(best.as_ref().map(|(certified, search)| (certified, *search)))));
            self.planned = now;
            return self.before.clone();
        }
        None
    }
}
