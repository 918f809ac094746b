//! What stands in the workshop: a small parts maker as a [`Plant`].
//!
//! Enters: start, days, seed. Leaves: the plant with its orders, and which source brings which channel. Absent: behaviour.
//!
//! ```text
//!  line-1: mill-1 mill-2 mill-3 --+                 +--> oven-1 --+
//!                                 +--> washer-1 ----+             +--> inspection-1 --> packer-1
//!  line-2: lathe-1 lathe-2 -------+                 +-------------+
//!  compressor-1 feeds the air network of all
//! ```

mod catalogue;
mod channels;
mod demand;
mod equipment;

use measure::{Instant, Span};
use plant::{
    Calendar, DecisionKind, Line, LineId, Mode, Parts, Plant, Policy, Prices, Shift, Source, SourceId, Team, TeamId, UserRole,
    Zone,
};

pub use channels::{SPEED, wiring};

/// The three sources by their place: machining, shared equipment, meters and the older stations.
pub const SOURCES: [&str; 3] = ["opcua", "sparkplug", "modbus"];

/// The workshop as a plant with orders for `days` days from `start` on; the same arguments give the same plant.
pub fn plant(start: Instant, days: u32, seed: u64) -> Plant {
    let calendar = calendar();
    let machines = equipment::machines();
    let products = catalogue::products(&machines);
    let orders = demand::orders(&demand::Demand { start, days, seed, calendar: &calendar, products: &products });
    let channels = channels::channels(&machines);
    let parts = Parts {
        site: "parts-workshop".to_owned(),
        calendar,
        prices: Prices { currency: catalogue::currency(), energy_per_kwh: 0.85, carbon_per_kwh: 0.57 },
        lines: vec![line(0, "line-1"), line(1, "line-2")],
        machines,
        channels,
        sources: SOURCES.iter().zip(0..).map(|(word, id)| source(id, word)).collect(),
        teams: vec![team(0, "team-early"), team(1, "team-late")],
        products,
        orders,
        policies: policies(),
    };
    parts.build().expect("names and roles of the workshop are written here, and a test builds it")
}

fn line(id: u16, name: &str) -> Line {
    Line { id: LineId(id), name: name.to_owned() }
}

fn team(id: u16, name: &str) -> Team {
    Team { id: TeamId(id), name: name.to_owned(), workers: 6 }
}

fn source(id: u16, word: &str) -> Source {
    Source { id: SourceId(id), name: word.to_owned(), protocol: word.to_owned() }
}

/// Two shifts a day from Monday to Saturday, Chinese standard time.
fn calendar() -> Calendar {
    let shift = |name: &str, team: u16, start: i64| Shift {
        name: name.to_owned(),
        team: TeamId(team),
        days: (0..6).collect(),
        start: Span::from_hours(start),
        length: Span::from_hours(8),
    };
    let zone = Zone { name: "Asia/Shanghai".to_owned(), offsets: vec![(Instant::MIN, Span::from_hours(8))] };
    Calendar { zone, shifts: vec![shift("early", 0, 6), shift("late", 1, 14)] }
}

fn policies() -> Vec<Policy> {
    let policy = |kind, mode, approver, minutes| Policy { kind, mode, approver, patience: Span::from_minutes(minutes) };
    vec![
        policy(DecisionKind::Standby, Mode::Automatic, UserRole::Operator, 30),
        policy(DecisionKind::Maintain, Mode::Ask, UserRole::Engineer, 240),
        policy(DecisionKind::Speed, Mode::Automatic, UserRole::Operator, 30),
        policy(DecisionKind::Dispatch, Mode::Automatic, UserRole::Planner, 30),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use plant::{Machine, Order, Role};

    const START: Instant = Instant::from_seconds(1_772_380_800);

    fn workshop() -> Plant {
        plant(START, 5, 7)
    }

    #[test]
    fn the_same_arguments_give_the_same_plant() {
        assert_eq!(START.to_string(), "2026-03-01T16:00:00Z", "Monday, midnight in Shanghai");
        assert_eq!(workshop(), plant(START, 5, 7));
        assert_ne!(workshop().orders, plant(START, 5, 8).orders);
    }

    #[test]
    fn the_equipment_of_the_issue_stands_there() {
        let plant = workshop();
        let of = |kind: &str| plant.machines.iter().filter(|m| m.kind == kind).count();
        assert!(plant.machines.len() >= 10);
        let counts = ["milling", "turning", "furnace", "compressor", "washing", "inspection", "packing"].map(of);
        assert_eq!(counts, [3, 2, 1, 1, 1, 1, 1]);
        assert_eq!(plant.products.len(), 6);
        assert!(plant.machines.iter().all(|m| crate::workshop::physics::Spec::of(&m.kind).is_some()));
    }

    #[test]
    fn every_channel_has_a_source_and_ids_are_places() {
        let plant = workshop();
        let wiring = wiring(&plant);
        assert_eq!(wiring.len(), plant.channels.len());
        assert!(plant.channels.iter().zip(0..).all(|(c, place)| c.id.0 == place));
        assert!(plant.machines.iter().zip(0..).all(|(m, place)| m.id.0 == place));
        assert!(plant.orders.iter().zip(0..).all(|(o, place)| o.id.0 == place));
        for machine in &plant.machines {
            let energy = plant.role(machine.id, Role::Energy).expect("a meter");
            assert_eq!(plant.sources[wiring[energy.id.index()].index()].name, "modbus", "{}", machine.name);
        }
    }

    #[test]
    fn routes_follow_the_flow_of_the_machines() {
        let plant = workshop();
        for product in &plant.products {
            for pair in product.route.windows(2) {
                for from in &pair[0].machines {
                    let feeds = &plant.machine(*from).feeds;
                    assert!(pair[1].machines.iter().all(|to| feeds.contains(to)), "{}", product.name);
                }
            }
        }
    }

    fn net_load(plant: &Plant, kind: &str) -> f64 {
        let of_kind = |m: &&Machine| m.kind == kind;
        let machines = plant.machines.iter().filter(of_kind).count() as f64;
        let work = |order: &Order| {
            let route = &plant.product(order.product).route;
            let here = route.iter().filter(|o| o.machines.iter().any(|m| of_kind(&plant.machine(*m))));
            here.map(|o| o.cycle.seconds() * f64::from(order.quantity)).sum::<f64>()
        };
        let released = plant.orders.iter().filter(|o| o.release >= START);
        let worked = plant.calendar.worked(START, START + Span::from_days(5)).seconds();
        released.map(work).sum::<f64>() / (machines * worked)
    }

    #[test]
    fn the_load_of_the_machining_is_that_of_a_busy_workshop() {
        let plant = workshop();
        for kind in ["milling", "turning"] {
            let load = net_load(&plant, kind);
            assert!((0.74..0.87).contains(&load), "{kind} {load}");
        }
        for kind in ["washing", "inspection", "packing", "furnace"] {
            let load = net_load(&plant, kind);
            assert!((0.45..0.85).contains(&load), "{kind} {load}");
        }
    }

    #[test]
    fn orders_are_released_in_order_and_due_later() {
        let plant = workshop();
        assert!(plant.orders.is_sorted_by_key(|o| o.release));
        assert!(plant.orders.iter().all(|o| o.due > o.release && o.quantity > 0 && !o.name.contains(' ')));
        assert!(plant.orders.iter().any(|o| o.release < START), "the yard is not empty at the start");
    }
}
