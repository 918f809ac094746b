//! What the unit foretells of itself when orders of customers come in at work, and a day ahead.

use crate::stage::{clock, plant};
use measure::{Instant, Money, Span};
use plant::{CustomOrder, Mode, ProductId};
use unit::outlook::learn::{Model, Standing};
use unit::outlook::series::{SLOT, SLOTS, Series};
use unit::outlook::{ForecastError, Lead, Subject, foretell};

fn custom(number: u32, quantity: u32) -> CustomOrder {
    CustomOrder {
        number,
        key: format!("key-{number}"),
        by: "ann".to_owned(),
        at: clock("30:00"),
        family: "Plate".to_owned(),
        chosen: Vec::new(),
        quantity,
        price: Money { minor: 100, currency: "EUR".parse().expect("a currency") },
        due: clock("96:00"),
        sure: 900,
        materials: Vec::new(),
        steps: plant(Mode::Automatic).products[0].route.clone(),
    }
}

#[test]
fn a_product_ordered_once_by_a_customer_takes_no_place_among_those_foretold() {
    let mut plant = plant(Mode::Automatic);
    let (now, midnight) = (clock("50:00"), clock("48:00"));
    let zone = plant.calendar.zone.clone();
    let before = Subject::all(&plant, now);
    assert_eq!(before, [Subject::EnergyUse, Subject::Demand(ProductId(0))]);
    for number in 1..=300 {
        plant.accept(custom(number, 7)).expect("a new order");
    }
    assert_eq!(Subject::all(&plant, now), before, "as before");
    let offered = Series::of_orders(&plant.orders, ProductId(0), &zone, midnight).expect("orders");
    assert_eq!(offered.values, [120.0, 0.0], "pieces of other products are not counted");
    let own = Series::of_orders(&plant.orders, ProductId(1), &zone, midnight).expect("orders");
    assert_eq!(own.values, [0.0, 7.0], "on the day it came in");
}

#[test]
fn a_course_told_ahead_begins_a_day_later_and_rests_on_the_same_days() {
    let plant = plant(Mode::Automatic);
    let values: Vec<f64> = (0..10 * SLOTS).map(|i| 10.0 + (i / SLOTS % 3) as f64).collect();
    let whole = Series { from: Instant::EPOCH, step: SLOT, values };
    let standing = Standing::after(&[]);
    let of = |lead| foretell(Subject::EnergyUse, &plant, &whole, (&Model::Plain, &standing), lead).expect("ten days");
    let (begun, ahead) = (of(Lead::Begun), of(Lead::Ahead));
    let day = |n: i64| Instant::EPOCH + Span::from_days(n);
    assert_eq!((begun.course.from, ahead.course.from), (day(10), day(11)));
    assert_eq!((begun.course.steps.len(), ahead.course.steps.len(), begun.because), (SLOTS, SLOTS, ahead.because));
    let two = Series { values: whole.values[..2 * SLOTS].to_vec(), ..whole.clone() };
    let short = foretell(Subject::EnergyUse, &plant, &two, (&Model::Plain, &standing), Lead::Ahead);
    assert_eq!(short, Err(ForecastError::Short { what: "whole days", found: 2, needed: 3 }));
}
