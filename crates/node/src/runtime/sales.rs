//! Sales' side of the house: promises from the live schedule, and accepted orders, which are kept before anything else hears of them.
//!
//! ```text
//! want -> configured -> promise (own thread, one at a time) -> kept in the store -> order_accepted (audit) -> loop takes it in -> schedule
//! ```
//!
//! Enters: what customers want. Leaves: dates, orders. Absent: HTTP, how a configuration is judged (`unit::sales`).
//!
//! A key that was accepted is remembered with its order, across a restart too: a repeated sending is told and not doubled.

use super::ring::Ask;
use super::scheduling::Planner;
use async_trait::async_trait;
use plant::{CustomOrder, Material};
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};
use store::Store;
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot, watch};
use unit::desk::View;
use unit::sales::{Asked, Configured, Offering, Promised, Promising};
use web::house::HouseError;
use web::sales::{Acceptance, Ordered, Sales, Want};

/// Most orders that customers put together; beyond it they are refused.
const ORDERS_MAX: u32 = 10_000;
/// Longest wait for a turn to work out a promise, and for the loop.
const TURN_WITHIN: Duration = Duration::from_secs(10);
/// Promises worked out at one time.
const AT_ONCE: usize = 1;
/// Iterations that go into the running plan first, and in search of a better place than the gaps.
const ITERATIONS: (u64, u64) = (300, 100);
/// Steps of a promise between two looks at the clock, and how long one may take.
const STEPS: u64 = 20;
const PROMISE_WITHIN: Duration = Duration::from_secs(5);

/// The desk at which orders are taken.
pub struct SalesDesk {
    offerings: Vec<Arc<Offering>>,
    store: Store,
    view: watch::Receiver<Arc<View>>,
    schedule: Planner,
    asks: mpsc::Sender<Ask>,
    turns: Semaphore,
    /// The number of the next order; held while one is accepted.
    next: Mutex<u32>,
}

impl SalesDesk {
    /// A desk for the families that are offered; `next` is the number of the next order.
    pub fn new(
        offerings: Vec<Arc<Offering>>,
        (store, view): (Store, watch::Receiver<Arc<View>>),
        schedule: Planner,
        asks: mpsc::Sender<Ask>,
        next: u32,
    ) -> Self {
        Self { offerings, store, view, schedule, asks, turns: Semaphore::new(AT_ONCE), next: Mutex::new(next) }
    }

    async fn promised(&self, want: &Want, made: &Arc<Configured>) -> Result<Promised, HouseError> {
        let turn = tokio::time::timeout(TURN_WITHIN, self.turns.acquire()).await;
        let _turn = turn.map_err(|_| HouseError::Busy)?.map_err(|_| HouseError::Busy)?;
        let (view, before, past) = (Arc::clone(&self.view.borrow()), self.schedule.newest(), self.schedule.known().past());
        let moves = before.as_ref().map(|schedule| schedule.pins.clone()).unwrap_or_default();
        let (made, quantity, sure) = (Arc::clone(made), want.quantity, want.sure);
        let work = move || {
            let route: Vec<plant::Operation> = made.steps.clone();
            let asked = Asked { route: &route, quantity, hidden: &|_| false, moves: &moves };
            let promising = Promising::of(&view, before, (&asked, sure), &past, ITERATIONS.0)?;
            let mut run = promising.run(ITERATIONS.1)?;
            let began = Stopwatch::now();
            while !run.step(STEPS).map_err(|e| e.to_string())? {
                if began.elapsed() > PROMISE_WITHIN {
                    return Err("a date could not be worked out in time: there are very many open orders".to_owned());
                }
            }
            promising.promised(&run).ok_or_else(|| "no date can be told with this probability".to_owned())
        };
        let done = tokio::task::spawn_blocking(work).await.map_err(|_| HouseError::Busy)?;
        done.map_err(HouseError::Conflict)
    }

    /// The order of a key that was accepted before.
    fn before(&self, key: &str) -> Option<Ordered> {
        let view = self.view.borrow();
        let accepted = view.plant.accepted.iter().find(|accepted| accepted.custom.key == key)?;
        Some(Ordered { name: accepted.custom.name(), due: accepted.custom.due, is_repeated: true })
    }
}

fn configured(want: &Want) -> Result<Arc<Configured>, HouseError> {
    want.offering.configured(&want.choices).map(Arc::new).map_err(|unmade| HouseError::Conflict(unmade.to_string()))
}

#[async_trait]
impl Sales for SalesDesk {
    fn offerings(&self) -> Vec<Arc<Offering>> {
        self.offerings.clone()
    }

    async fn promise(&self, want: Want) -> Result<Promised, HouseError> {
        let made = configured(&want)?;
        self.promised(&want, &made).await
    }

    async fn accept(&self, acceptance: Acceptance) -> Result<Ordered, HouseError> {
        let mut next = self.next.lock().await;
        if let Some(before) = self.before(&acceptance.key) {
            return Ok(before);
        }
        if *next > ORDERS_MAX {
            return Err(HouseError::Conflict(format!("there are {ORDERS_MAX} orders of customers; allowed are no more")));
        }
        let Acceptance { want, key, by, due } = acceptance;
        let made = configured(&want)?;
        let promised = self.promised(&want, &made).await?;
        if promised.due > due {
            let sentence = format!("{due} cannot be promised any more; now it would be {}", promised.due);
            return Err(HouseError::Conflict(sentence));
        }
        let order = order(&want, &made, &promised, (*next, key, by, due))?;
        let failed = |e: &store::StoreError| HouseError::Store(e.to_string());
        self.store.add_custom(&order).await.map_err(|e| failed(&e))?;
        // it is kept: whatever fails from here on, the next start has it
        *next += 1;
        let ordered = Ordered { name: order.name(), due: order.due, is_repeated: false };
        let (at, who, detail) = (order.at, order.by.clone(), detail(&order));
        let noted = self.store.audit_add(at, &who, "order_accepted", &ordered.name, &detail).await;
        let (answer, answered) = oneshot::channel();
        let asked = self.asks.send_timeout(Ask::Accept { order: Box::new(order), answer }, TURN_WITHIN).await;
        asked.map_err(|_| HouseError::Busy)?;
        let taken = tokio::time::timeout(TURN_WITHIN, answered).await.map_err(|_| HouseError::Busy)?;
        let place = taken.map_err(|_| HouseError::Busy)??;
        let plant = Arc::clone(&self.view.borrow().plant);
        self.schedule.known().promised(&plant.calendar, place, promised.at, promised.raw);
        noted.map_err(|e| failed(&e))?;
        Ok(ordered)
    }
}

fn order(
    want: &Want,
    made: &Configured,
    promised: &Promised,
    (number, key, by, due): (u32, String, String, measure::Instant),
) -> Result<CustomOrder, HouseError> {
    let pieces = i64::from(want.quantity);
    let all = |amount: i64| amount.checked_mul(pieces).ok_or_else(|| HouseError::Invalid("the amounts leave 64 bits".to_owned()));
    let material = |m: &Material| Ok(Material { amount: all(m.amount)?, ..m.clone() });
    Ok(CustomOrder {
        number,
        key,
        by,
        at: promised.at,
        family: want.offering.name().to_owned(),
        chosen: made.chosen.clone(),
        quantity: want.quantity,
        price: measure::Money { minor: all(made.price.minor)?, ..made.price },
        due,
        sure: want.sure,
        materials: made.materials.iter().map(material).collect::<Result<_, HouseError>>()?,
        steps: made.steps.clone(),
    })
}

/// `20 x Clamping shaft, 950.00 CNY, due 2026-03-02T06:00:00Z (90 %); Material Steel C45, …`.
fn detail(order: &CustomOrder) -> String {
    let chosen: Vec<String> = order.chosen.iter().map(|c| format!("{} {}", c.what, c.value)).collect();
    let sure = f64::from(order.sure) / 10.0;
    let head = format!("{} x {}, {}, due {} ({sure} %)", order.quantity, order.family, order.price, order.due);
    format!("{head}; {}", chosen.join(", "))
}
