//! Supply planning: worked tables, what binds, what is refused, properties on random models.

mod bridge;
mod capacity;
mod faults;
mod mrp;
mod random;
mod stock;

use super::model::{Alternative, Buffer, Consumed, Demand, Kind, Machine, Model, Parts, Produced, Ratio, Sizes, Step, Time, Way};
use super::plan::{Cause, Order, Whose};
use super::{Certified, plan};

/// A problem without anything but its buckets.
fn empty(is_constrained: bool, bucket: Time, buckets: u32) -> Parts {
    Parts { is_constrained, bucket, buckets, ..Parts::default() }
}

fn buffer(item: &str, on_hand: i64) -> Buffer {
    Buffer { item: item.to_owned(), location: "plant".to_owned(), on_hand, ..Buffer::default() }
}

fn bought(to: u32, lead_time: Time, sizes: Sizes) -> Way {
    Way { name: format!("buy {to}"), kind: Kind::Purchase { to, lead_time }, sizes, ..Way::default() }
}

fn consumed(buffer: u32, quantity: i64) -> Consumed {
    Consumed { buffer, ratio: Ratio { quantity, per: 1 }, ..Consumed::default() }
}

fn made(to: u32, consumes: Vec<Consumed>, steps: Vec<Step>, sizes: Sizes) -> Way {
    let produces = vec![Produced { buffer: to, ratio: Ratio::default() }];
    Way { name: format!("make {to}"), kind: Kind::Production { produces, consumes, steps }, sizes, ..Way::default() }
}

/// A step on machines, or on none, of a fixed work and some for each unit.
fn step(machine: Option<u32>, fixed: Time, unit: Time) -> Step {
    let alternative = Alternative { machine, fixed, unit: Ratio { quantity: unit, per: 1 } };
    Step { alternatives: vec![alternative], ..Step::default() }
}

fn machine(name: &str, count: u32, ticks: Time) -> Machine {
    Machine { name: name.to_owned(), count, capacity: vec![(0, ticks)], closed: Vec::new() }
}

fn demand(buffer: u32, quantity: i64, due: Time) -> Demand {
    Demand { name: format!("{quantity} at {due}"), buffer, quantity, due, ..Demand::default() }
}

fn planned(parts: Parts) -> Certified {
    plan(&Model::new(parts).expect("a model")).expect("the check accepts every plan")
}

/// Way, size, start and end of an order.
fn told(order: &Order) -> (u32, i64, Time, Time) {
    (order.way, order.size, order.start, order.end)
}

fn delivered(of: &Certified) -> Vec<(u32, i64, Time)> {
    of.plan.deliveries.iter().map(|d| (d.demand, d.quantity, d.time)).collect()
}

fn causes(of: &Certified, demand: u32) -> Vec<Cause> {
    let mut own = of.plan.troubles.iter().filter(|t| t.whose == Whose::Demand(demand));
    own.next().map(|t| t.causes.clone()).unwrap_or_default()
}
