//! Where each order is, from what machines say of the order they run, of their infeed, and of operations done.

use measure::Instant;
use plant::{Channel, Image, MachineId, OrderId, Plant, Reading, Role};
use std::collections::HashMap;

/// The orders of the plant by name; words are looked up once each.
#[derive(Clone, Debug)]
pub struct Progress {
    by_name: HashMap<String, OrderId>,
}

/// A reading with what it changes.
pub struct Change<'a> {
    /// The channel read.
    pub channel: &'a Channel,
    /// The reading.
    pub reading: Reading,
    /// The value the channel had.
    pub before: Option<f64>,
    /// The word read, empty for numbers.
    pub word: &'a str,
}

impl Progress {
    /// For the orders of a plant.
    pub fn new(plant: &Plant) -> Self {
        Self { by_name: plant.orders.iter().map(|o| (o.name.clone(), o.id)).collect() }
    }

    /// Takes in an order that the plant did not have before.
    pub fn admit(&mut self, plant: &Plant, order: OrderId) {
        self.by_name.insert(plant.order(order).name.clone(), order);
    }

    /// One change of a channel that is not the state.
    pub fn apply(&self, plant: &Plant, image: &mut Image, change: &Change<'_>) {
        let machine = change.channel.machine;
        match change.channel.role {
            Role::Order => self.runs(image, machine, self.by_name.get(change.word).copied(), change.reading.at),
            Role::Infeed => self.waits(image, machine, change.word),
            Role::OrderDone => {
                if let Some(order) = self.by_name.get(change.word) {
                    operation_done(plant, image, machine, *order, change.reading.at);
                }
            }
            role @ (Role::Good | Role::Scrap) => {
                let value = change.reading.value;
                let made = change.before.map_or(0.0, |b| if value >= b { value - b } else { value });
                let order = image.machines[machine.index()].order;
                if let Some(progress) = order.and_then(|o| image.orders.get_mut(o.index())) {
                    let count = if role == Role::Good { &mut progress.good } else { &mut progress.scrap };
                    *count = count.saturating_add(made as u32);
                }
            }
            _ => {}
        }
    }

    fn runs(&self, image: &mut Image, machine: MachineId, order: Option<OrderId>, at: Instant) {
        let before = std::mem::replace(&mut image.machines[machine.index()].order, order);
        if let Some(left) = before.filter(|b| Some(*b) != order) {
            let progress = &mut image.orders[left.index()];
            if progress.running_at == Some(machine) {
                progress.running_at = None;
            }
        }
        if let Some(order) = order.filter(|o| Some(*o) != before) {
            let progress = &mut image.orders[order.index()];
            progress.started = progress.started.or(Some(at));
            progress.running_at = Some(machine);
            progress.good = 0;
        }
    }

    fn waits(&self, image: &mut Image, machine: MachineId, names: &str) {
        let waiting: Vec<OrderId> = names.split_whitespace().filter_map(|n| self.by_name.get(n).copied()).collect();
        for left in std::mem::take(&mut image.machines[machine.index()].infeed) {
            let progress = &mut image.orders[left.index()];
            if progress.waiting_at == Some(machine) && !waiting.contains(&left) {
                progress.waiting_at = None;
            }
        }
        for order in &waiting {
            image.orders[order.index()].waiting_at = Some(machine);
        }
        image.machines[machine.index()].infeed = waiting;
    }
}

fn operation_done(plant: &Plant, image: &mut Image, machine: MachineId, order: OrderId, at: Instant) {
    let route = &plant.product(plant.order(order).product).route;
    let progress = &mut image.orders[order.index()];
    let done = route.iter().enumerate().skip(progress.next).find(|(_, operation)| operation.machines.contains(&machine));
    if let Some((place, _)) = done {
        progress.next = place + 1;
        if progress.next == route.len() {
            progress.finished = Some(at);
            (progress.running_at, progress.waiting_at) = (None, None);
        }
    }
}
