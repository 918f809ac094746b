//! What the unit foretells of itself when orders of customers come in at work.

use crate::stage::{clock, plant};
use measure::Money;
use plant::{CustomOrder, Mode, ProductId};
use unit::outlook::Subject;
use unit::outlook::series::Series;

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
