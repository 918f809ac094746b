//! Keeps the schedule of open orders up to date: made anew when an order, a machine or its state changed, beside the loop on a thread
//! of its own and within a budget of time; and tries changes that people propose.
//!
//! Enters: the view, moves. Leaves: the newest schedule, what a move would cost. Absent: the model (`unit::schedule`), the search
//! (`decide::search`), who may propose (`web`).

use super::kept::Kept;
use measure::Instant as Moment;
use plant::{Calendar, OrderId};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex as Plain, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;
use unit::desk::View;
use unit::sales::{Asked, Past, Promising};
use unit::schedule::{Hindrance, Move, Schedule, Scheduling};
use web::house::{HouseError, Tried};

/// How often it is looked whether something changed.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Rest between two schedules.
const REST: Duration = Duration::from_secs(5);
/// A schedule is made anew after this long even though nothing changed: what runs takes longer or shorter than thought.
const OLD: Duration = Duration::from_secs(60);
/// How often it is put on the disk how plans and promises were kept.
const SAVE_EVERY: Duration = Duration::from_secs(10);
/// How long a schedule is searched for.
const BUDGET: Duration = Duration::from_millis(400);
/// Iterations between two looks at the clock: one of a plan of 5,000 operations with loads takes a millisecond or two.
const STEP: u64 = 8;
/// Iterations of a silent promise: of the plan, and for a place. Its probability [per mille].
const SILENT: (u64, u64) = (300, 100);
const SILENT_SURE: u32 = 900;
/// The same situation gives the same search.
const SEED: u64 = 1;
/// Changes of people that are kept at a time.
const PINS_MAX: usize = 200;

/// What is known of how plans and promises were kept.
#[derive(Clone, Default)]
pub struct Known(Arc<Plain<Past>>);

impl Known {
    /// All of it, as it is now.
    pub fn past(&self) -> Past {
        self.lock().clone()
    }
    /// A promise was made.
    pub fn promised(&self, calendar: &Calendar, order: OrderId, at: Moment, raw: Moment) {
        self.lock().promised(calendar, order, at, raw);
    }
    /// A panic under the lock leaves figures of the past that are still figures of the past.
    fn lock(&self) -> MutexGuard<'_, Past> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keeper of the schedule.
#[derive(Clone)]
pub struct Planner {
    view: watch::Receiver<Arc<View>>,
    told: watch::Sender<Option<Arc<Schedule>>>,
    /// Changes of people; held while a schedule is made and told, so that none is told that does not know of them.
    pins: Arc<Mutex<Vec<Move>>>,
    /// How plans and promises were kept.
    known: Known,
    /// Where both outlive the process.
    kept: Kept,
}

impl Planner {
    /// Starts keeping the schedule of what a view shows, with what an earlier run kept.
    pub async fn keep(view: watch::Receiver<Arc<View>>, kept: Kept, stop: CancellationToken) -> Self {
        let plant = Arc::clone(&view.borrow().plant);
        let (past, pins) = kept.recalled(&plant).await;
        let (pins, known) = (Arc::new(Mutex::new(pins)), Known(Arc::new(Plain::new(past))));
        let planner = Self { view, told: watch::Sender::new(None), pins, known, kept };
        let keeper = planner.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = keeper.run() => {}
            }
        });
        planner
    }

    /// The newest schedule; `None` until there is one.
    pub fn newest(&self) -> Option<Arc<Schedule>> {
        self.told.borrow().clone()
    }

    /// Schedules as they are published.
    pub fn published(&self) -> watch::Receiver<Option<Arc<Schedule>>> {
        self.told.subscribe()
    }

    /// What is known of how plans and promises were kept.
    pub const fn known(&self) -> &Known {
        &self.known
    }

    async fn run(&self) {
        let mut made: Option<(u64, Instant)> = None;
        let mut silent = Silent::default();
        let (mut saved, mut kept) = (Instant::now(), Past::default());
        loop {
            let now = Arc::clone(&self.view.borrow());
            self.known.lock().look(&now);
            if saved.elapsed() >= SAVE_EVERY {
                saved = Instant::now();
                let past = self.known.past();
                if past != kept && self.kept.keep_past(&now.plant, &past).await {
                    kept = past;
                }
            }
            if let Some(order) = silent.next(&now, &self.known) {
                self.promise_silently(Arc::clone(&now), order).await;
            }
            let state = state_of(&now);
            let is_due = made.is_none_or(|(of, at)| (of != state && at.elapsed() >= REST) || at.elapsed() >= OLD);
            if is_due && !now.plant.orders.is_empty() {
                self.renew(now).await;
                made = Some((state, Instant::now()));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn promise_silently(&self, view: Arc<View>, order: OrderId) {
        let plant = Arc::clone(&view.plant);
        let (before, past) = (self.newest(), self.known.past());
        match tokio::task::spawn_blocking(move || silently(&view, before, order, &past)).await {
            Ok(Ok((at, raw))) => self.known.promised(&plant.calendar, order, at, raw),
            Ok(Err(cause)) => tracing::debug!(%cause, "an order could not be promised for comparison"),
            Err(cause) => tracing::error!(%cause, "promising broke off"),
        }
    }

    async fn renew(&self, now: Arc<View>) {
        let mut pins = self.pins.lock().await;
        let (before, wanted) = (self.newest(), pins.clone());
        let made = tokio::task::spawn_blocking(move || make(&now, before, &wanted)).await;
        match made.unwrap_or_else(|cause| Err(format!("scheduling broke off: {cause}"))) {
            Ok((schedule, is_final)) => self.tell(schedule, &mut pins, is_final).await,
            Err(cause) => tracing::warn!(%cause, "no schedule could be made"),
        }
    }

    /// Publishes a schedule with the moves in it; what ended leaves the disk where that is final.
    async fn tell(&self, schedule: Schedule, pins: &mut Vec<Move>, is_final: bool) {
        let lapsed = pins.len().saturating_sub(schedule.pins.len());
        if lapsed > 0 {
            tracing::info!(lapsed, "changes of the schedule ended: begun, done, or no longer possible");
        }
        if is_final && *pins != schedule.pins {
            let plant = Arc::clone(&self.view.borrow().plant);
            if let Err(cause) = self.kept.keep_moves(&plant, &schedule.pins).await {
                // those that ended are tried at the next start and end then
                tracing::warn!(%cause, "changes of the schedule that ended are still on the disk");
            }
        }
        pins.clone_from(&schedule.pins);
        self.told.send_replace(Some(Arc::new(schedule)));
    }

    /// Tries a move on a copy; kept and told where it is wanted and a plan keeps it.
    ///
    /// # Errors
    /// There is no schedule yet, or too many changes are kept.
    pub async fn try_move(&self, wanted: Move, keep: bool) -> Result<Tried, HouseError> {
        let planner = self.clone();
        // a client that goes away leaves no move that is on the disk and in no plan
        tokio::spawn(async move { planner.tried(wanted, keep).await }).await.map_err(|_| HouseError::Busy)?
    }

    async fn tried(&self, wanted: Move, keep: bool) -> Result<Tried, HouseError> {
        let mut pins = self.pins.lock().await;
        let published = self.newest().ok_or_else(|| HouseError::Conflict("there is no schedule yet".to_owned()))?;
        let mut others = pins.clone();
        others.retain(|pin| (pin.order, pin.operation) != (wanted.order, wanted.operation));
        if keep && others.len() >= PINS_MAX {
            return Err(HouseError::Conflict(format!("{PINS_MAX} changes of the schedule are kept, which is the most")));
        }
        let (view, before) = (Arc::clone(&self.view.borrow()), Arc::clone(&published));
        let plant = Arc::clone(&view.plant);
        let tried = tokio::task::spawn_blocking(move || attempt(&view, &before, (&others, &wanted))).await;
        let (cost, after) = tried.map_err(|_| HouseError::Busy)?.map_err(HouseError::Conflict)?;
        let Attempt { moved, rules, after, schedule } = after;
        let schedule = schedule.filter(|_| keep);
        let is_kept = schedule.is_some();
        if let Some(schedule) = schedule {
            // on the disk before anything follows it
            self.kept.keep_moves(&plant, &schedule.pins).await.map_err(|e| HouseError::Store(e.to_string()))?;
            pins.clone_from(&schedule.pins);
            self.tell(schedule, &mut pins, true).await;
        }
        Ok(Tried { before: cost, after, moved, rules, is_kept })
    }
}

/// Orders that were released while the unit looked are promised in silence: how such promises are kept corrects those to customers.
#[derive(Default)]
struct Silent {
    seen: Option<HashSet<OrderId>>,
}

impl Silent {
    /// The next order that was released; those released before the first look are not among them.
    fn next(&mut self, view: &View, known: &Known) -> Option<OrderId> {
        let released = || view.plant.orders.iter().filter(|order| order.release <= view.at).map(|order| order.id);
        let seen = self.seen.get_or_insert_with(|| released().collect());
        let next = released().find(|order| !seen.contains(order))?;
        seen.insert(next);
        let is_begun = view.image.orders.get(next.index()).is_some_and(|progress| progress.started.is_some());
        (!is_begun && !known.lock().knows(next)).then_some(next)
    }
}

/// What an order would have been promised if it came now.
fn silently(view: &View, before: Option<Arc<Schedule>>, order: OrderId, past: &Past) -> Result<(Moment, Moment), String> {
    let order = view.plant.order(order);
    let moves = before.as_ref().map(|schedule| schedule.pins.clone()).unwrap_or_default();
    let asked = Asked {
        route: &view.plant.product(order.product).route,
        quantity: order.quantity,
        hidden: &|other| other.id == order.id,
        moves: &moves,
    };
    let promised = Promising::of(view, before, (&asked, SILENT_SURE), past, SILENT.0)?.worked_out(SILENT.1)?;
    Ok((promised.at, promised.raw))
}

/// What a schedule depends on: which operation of each order is next, where it runs, and what machines can do.
fn state_of(view: &View) -> u64 {
    let mut state = DefaultHasher::new();
    view.plant.orders.len().hash(&mut state);
    view.image.orders.iter().for_each(|o| (o.next, o.running_at, o.finished.is_some()).hash(&mut state));
    view.image.machines.iter().for_each(|m| (m.state == plant::MachineState::Down).hash(&mut state));
    state.finish()
}

/// The best schedule found within the budget, with the changes of people that still can be, and whether it is final that those left out are over.
fn make(view: &View, before: Option<Arc<Schedule>>, pins: &[Move]) -> Result<(Schedule, bool), String> {
    let plain = Scheduling::of(view, before)?;
    match searched(&plain.clone().holding(pins))? {
        Ok(schedule) => Ok((schedule, true)),
        // together they can no longer be, or not found in time: the schedule goes on without them, and the next start tries them again
        Err(_) => {
            let schedule = searched(&plain)?.map_err(|_| "the check refused a schedule without changes of people")?;
            Ok((schedule, false))
        }
    }
}

/// What came of trying a move.
struct Attempt {
    after: Result<unit::schedule::Cost, Hindrance>,
    moved: usize,
    rules: Vec<&'static str>,
    schedule: Option<Schedule>,
}

type Attempted = (unit::schedule::Cost, Attempt);

/// The published schedule's cost, and what comes of a move beside the others that are kept.
fn attempt(view: &View, published: &Arc<Schedule>, (others, wanted): (&[Move], &Move)) -> Result<Attempted, String> {
    let cost = published.cost(view);
    let none = |hindrance| Attempt { after: Err(hindrance), moved: 0, rules: Vec::new(), schedule: None };
    let scheduling = Scheduling::of(view, Some(Arc::clone(published)))?.holding(others);
    let pinned = match scheduling.pinned(wanted) {
        Ok(pinned) => pinned,
        Err(hindrance) => return Ok((cost, none(hindrance))),
    };
    Ok(match searched(&pinned)? {
        Err(nearest) => {
            let nearest = nearest.and_then(|plan| pinned.start_of(wanted, &plan)).unwrap_or(view.at);
            (cost, none(Hindrance::NoPlan { nearest }))
        }
        Ok(schedule) => {
            let moved = schedule.moved_from(published, Some(wanted));
            (cost, Attempt { after: Ok(schedule.cost(view)), moved, rules: schedule.rules.clone(), schedule: Some(schedule) })
        }
    })
}

/// A schedule that the check accepts, found within the budget; or the nearest plan where none keeps every limit.
fn searched(scheduling: &Scheduling) -> Result<Result<Schedule, Option<decide::search::plan::Plan>>, String> {
    let Some(mut search) = scheduling.search(SEED) else { return Ok(Ok(scheduling.read(None))) };
    let began = Instant::now();
    while !search.is_over() && began.elapsed() < BUDGET {
        search.step(STEP);
    }
    if search.broken() > 0 {
        return Ok(Err(search.nearest().ok().map(|nearest| nearest.certified.plan)));
    }
    let certified = search.best().map_err(|violation| format!("the check refused a schedule: {violation}"))?;
    Ok(Ok(scheduling.read(Some((&certified, &search)))))
}
