//! Keeps the schedule of open orders up to date: made anew when an order, a machine or its state changed, beside the loop on a thread
//! of its own and within a budget of time.
//!
//! Enters: the view. Leaves: the newest schedule. Absent: the model (`unit::schedule`), the search (`decide::search`).

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use unit::desk::View;
use unit::schedule::{Schedule, Scheduling};

/// How often it is looked whether something changed.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Rest between two schedules.
const REST: Duration = Duration::from_secs(5);
/// A schedule is made anew after this long even though nothing changed: what runs takes longer or shorter than thought.
const OLD: Duration = Duration::from_secs(60);
/// How long a schedule is searched for.
const BUDGET: Duration = Duration::from_millis(400);
/// Iterations between two looks at the clock.
const STEP: u64 = 500;
/// The same situation gives the same search.
const SEED: u64 = 1;

/// The newest schedule; `None` until there is one.
pub type Newest = watch::Receiver<Option<Arc<Schedule>>>;

/// Starts keeping the schedule of what a view shows.
pub fn keep(view: watch::Receiver<Arc<View>>, stop: CancellationToken) -> Newest {
    let (told, newest) = watch::channel(None);
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = run(&view, &told) => {}
        }
    });
    newest
}

async fn run(view: &watch::Receiver<Arc<View>>, told: &watch::Sender<Option<Arc<Schedule>>>) {
    let mut made: Option<(u64, Instant)> = None;
    loop {
        let now = Arc::clone(&view.borrow());
        let state = state_of(&now);
        let is_due = made.is_none_or(|(of, at)| (of != state && at.elapsed() >= REST) || at.elapsed() >= OLD);
        if is_due && !now.plant.orders.is_empty() {
            let before = told.borrow().clone();
            match tokio::task::spawn_blocking(move || make(&now, before)).await {
                Ok(Ok(schedule)) => drop(told.send_replace(Some(Arc::new(schedule)))),
                Ok(Err(cause)) => tracing::warn!(%cause, "no schedule could be made"),
                Err(cause) => tracing::error!(%cause, "scheduling broke off"),
            }
            made = Some((state, Instant::now()));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What a schedule depends on: which operation of each order is next, where it runs, and what machines can do.
fn state_of(view: &View) -> u64 {
    let mut state = DefaultHasher::new();
    view.image.orders.iter().for_each(|o| (o.next, o.running_at, o.finished.is_some()).hash(&mut state));
    view.image.machines.iter().for_each(|m| (m.state == plant::MachineState::Down).hash(&mut state));
    state.finish()
}

/// The best schedule found within the budget.
fn make(view: &View, before: Option<Arc<Schedule>>) -> Result<Schedule, String> {
    let scheduling = Scheduling::of(view, before)?;
    let Some(mut search) = scheduling.search(SEED) else { return Ok(scheduling.read(None)) };
    let began = Instant::now();
    while !search.is_over() && began.elapsed() < BUDGET {
        search.step(STEP);
    }
    let certified = search.best().map_err(|violation| format!("the check refused a schedule: {violation}"))?;
    Ok(scheduling.read(Some((&certified, &search))))
}
