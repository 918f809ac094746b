//! What planning keeps comes back as it was, by name.

use super::form::{moves_from_json, moves_to_json, past_from_json, past_to_json};
use measure::{Instant, Span};
use plant::{MachineId, OrderId};
use unit::sales::{Made, Past};
use unit::schedule::Move;

#[test]
fn past_and_moves_come_back_and_what_is_no_more_is_left_out() {
    let start = Instant::EPOCH + Span::from_days(20_000);
    let mut plant = simulate::workshop::plant(start, 1, 1);
    let made = |order: u32, finished| Made {
        order: OrderId(order),
        at: start,
        date: start + Span::from_hours(3),
        finished,
        factor: Some(1.25),
    };
    let promises = [made(0, Some(start + Span::from_hours(2))), Made { factor: None, ..made(1, None) }];
    let past = Past::recalled(&promises, &[(MachineId(2), vec![0.9, 1.5]), (MachineId(3), vec![1.0])]);
    let json = past_to_json(&plant, &past).expect("a form");
    let moves = vec![Move { order: OrderId(1), operation: 1, machine: MachineId(5), from: start }];
    let moved = moves_to_json(&plant, &moves).expect("a form");
    let back = past_from_json(&plant, &json).expect("it can be read");
    assert_eq!(back.made().copied().collect::<Vec<_>>(), promises);
    let ratios: Vec<(MachineId, Vec<f64>)> = back.ratios().map(|(machine, ratios)| (machine, ratios.collect())).collect();
    assert_eq!(ratios, [(MachineId(2), vec![0.9, 1.5]), (MachineId(3), vec![1.0])]);
    assert_eq!(moves_from_json(&plant, &moved).expect("it can be read"), moves);
    plant.orders[1].name = "another".to_owned();
    assert_eq!(past_from_json(&plant, &json).expect("it can be read").made().count(), 1);
    assert_eq!(moves_from_json(&plant, &moved).expect("it can be read"), []);
    assert!(past_from_json(&plant, "{\"version\":\"9\"}").is_err());
}
