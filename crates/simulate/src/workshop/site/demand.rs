//! The orders: drawn from the seed so that machining is loaded as in a busy workshop.
//!
//! Enters: the days, the calendar, the products. Leaves: orders by release. Absent: which machine takes which order.

use super::catalogue::QUANTITY;
use crate::workshop::luck::{Draw, Luck};
use measure::{Instant, Span};
use plant::{Calendar, Order, OrderId, Product, ProductId};

/// Net load of the first machines by planned cycle times [1]; set-ups, failures and waiting come on top.
const LOAD: f64 = 0.79;
/// Work that waits in the yard at the start, as a share of a day's [1].
const YARD: f64 = 0.70;
/// Hours from release to the due date: shortest and longest [h].
const LEAD_H: (f64, f64) = (22.0, 60.0);

/// For what orders are drawn.
pub struct Demand<'a> {
    /// First instant of the first day.
    pub start: Instant,
    /// Days of 24 h.
    pub days: u32,
    /// Seed of the draws.
    pub seed: u64,
    /// When people work.
    pub calendar: &'a Calendar,
    /// What is made.
    pub products: &'a [Product],
}

struct Draft {
    release: Instant,
    product: ProductId,
    quantity: u32,
    due: Instant,
}

/// Orders by release; ids are places.
pub fn orders(demand: &Demand<'_>) -> Vec<Order> {
    let mut drafts = Vec::new();
    for (group, (products, machines)) in groups(demand.products).into_iter().enumerate() {
        let day_s = LOAD * machines as f64 * Span::from_hours(16).seconds();
        let mut window = Window { group, day: 0, from: demand.start - Span::from_hours(10), to: demand.start };
        fill(demand, &products, &window, YARD * day_s, &mut drafts);
        for day in 0..i64::from(demand.days) {
            let from = demand.start + Span::from_days(day);
            window = Window { group, day: day + 1, from, to: from + Span::from_days(1) };
            let worked = demand.calendar.worked(from, window.to).seconds();
            fill(demand, &products, &window, LOAD * machines as f64 * worked, &mut drafts);
        }
    }
    drafts.sort_by_key(|d| (d.release, d.product, d.quantity, d.due));
    drafts.into_iter().zip(0..).map(|(draft, place)| order(&draft, place)).collect()
}

fn order(draft: &Draft, place: u32) -> Order {
    Order {
        id: OrderId(place),
        name: format!("WO-{}", 1_001 + place),
        product: draft.product,
        quantity: draft.quantity,
        release: draft.release,
        due: draft.due,
    }
}

/// Products that share their first machines, with the number of those.
fn groups(products: &[Product]) -> Vec<(Vec<&Product>, usize)> {
    let mut groups: Vec<(Vec<&Product>, usize)> = Vec::new();
    for product in products {
        let Some(first) = product.route.first() else { continue };
        match groups.iter_mut().find(|(of, _)| of[0].route[0].machines == first.machines) {
            Some((of, _)) => of.push(product),
            None => groups.push((vec![product], first.machines.len())),
        }
    }
    groups
}

/// Where orders of one group are released.
struct Window {
    group: usize,
    day: i64,
    from: Instant,
    to: Instant,
}

/// Draws orders until they fill `work_s` seconds of planned cycles. Draws are named by group, day and place.
fn fill(demand: &Demand<'_>, products: &[&Product], window: &Window, work_s: f64, drafts: &mut Vec<Draft>) {
    let luck = Luck::new(demand.seed);
    let mut filled_s = 0.0;
    let mut place = 0;
    while filled_s < work_s && !products.is_empty() {
        let mut draw = luck.of(Draw::Demand, &[window.group as u64, window.day as u64, place]);
        let product = products[draw.below(products.len() as u64) as usize];
        let quantity = QUANTITY.0 + draw.below(QUANTITY.1 - QUANTITY.0 + 1);
        let open = (window.to - window.from).seconds();
        let release = (window.from + Span::from_seconds_f64(draw.unit() * open)).floor(Span::from_minutes(1));
        let due = release + Span::from_seconds_f64(3_600.0 * draw.between(LEAD_H.0, LEAD_H.1));
        let due = due.floor(Span::from_minutes(30));
        filled_s += product.route[0].cycle.seconds() * quantity as f64;
        drafts.push(Draft { release, product: product.id, quantity: quantity as u32, due });
        place += 1;
    }
}
