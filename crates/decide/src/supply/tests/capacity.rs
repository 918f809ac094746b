//! Buckets: what has room, what is moved, what is overloaded, what is split.

use super::*;
use crate::supply::model::Split;
use crate::supply::plan::{Cause, PAST, Portion};

/// One machine, 10 ticks in each bucket of 20; a unit takes 1.
fn shop(is_constrained: bool) -> Parts {
    let mut parts = empty(is_constrained, 20, 6);
    parts.buffers = vec![buffer("A", 0)];
    parts.machines = vec![machine("lathe", 1, 10)];
    parts.ways = vec![made(0, Vec::new(), vec![step(Some(0), 0, 1)], Sizes::default())];
    parts
}

fn loads(of: &Certified) -> Vec<(i32, Time)> {
    of.certificate.loads()[0].iter().map(|(bucket, work)| (*bucket, *work)).collect()
}

#[test]
fn work_goes_to_an_earlier_bucket_and_else_to_a_later_one() {
    let mut parts = shop(true);
    parts.demands = vec![demand(0, 8, 60), demand(0, 8, 60), demand(0, 15, 60), demand(0, 9, 60)];
    let answer = planned(parts.clone());
    // the first fills bucket 2, the second finds too little there and goes on into bucket 1, ...
    let first: Vec<_> = answer.plan.orders.iter().take(2).map(|o| o.steps[0][0].portions.clone()).collect();
    let portion = |bucket, work| Portion { bucket, work };
    assert_eq!(first, [vec![portion(2, 8)], vec![portion(1, 6), portion(2, 2)]]);
    // until now is reached: what is left comes in the bucket after, where 10 ticks are not placed against each other
    assert_eq!(loads(&answer).iter().take(3).map(|l| l.1).collect::<Vec<_>>(), [10, 10, 10]);
    let late: Vec<_> = delivered(&answer).into_iter().filter(|d| d.2 > 60).collect();
    assert_eq!(late, [(2, 1, 61), (3, 9, 69)]);
    assert!(causes(&answer, 3).iter().any(|c| matches!(c, Cause::Capacity(0, _))), "{:?}", causes(&answer, 3));
    // without limits all is there at 60, and bucket 2 has 40 ticks of work
    parts.is_constrained = false;
    let answer = planned(parts);
    assert!(delivered(&answer).iter().all(|d| d.2 == 60));
    assert_eq!(loads(&answer), [(2, 40)]);
}

#[test]
fn an_order_longer_than_a_bucket_goes_on_over_nights() {
    let mut parts = shop(true);
    parts.machines[0].capacity = vec![(0, 10), (2, 0), (3, 10)];
    parts.demands = vec![demand(0, 25, 80)];
    let answer = planned(parts.clone());
    assert_eq!(loads(&answer), [(0, 5), (1, 10), (3, 10)]);
    assert_eq!(told(&answer.plan.orders[0]), (0, 25, 15, 80));
    parts.is_constrained = false;
    parts.demands = vec![demand(0, 25, 10)];
    let answer = planned(parts);
    assert_eq!(loads(&answer), [(PAST, 15), (0, 10)]);
}

/// The drill has room, of the lathe before it 1 tick is left until 80: the lathe is why, and not the drill after it.
#[test]
fn what_binds_is_what_moved_it_the_most() {
    let mut parts = shop(true);
    parts.machines.push(machine("drill", 1, 10));
    parts.buffers.push(buffer("B", 0));
    parts.ways.push(made(1, Vec::new(), vec![step(Some(0), 0, 1), step(Some(1), 0, 1)], Sizes::default()));
    let first = |of| Demand { priority: -1, ..of };
    parts.demands = vec![
        demand(1, 5, 60),
        first(demand(0, 10, 20)),
        first(demand(0, 10, 40)),
        first(demand(0, 10, 60)),
        first(demand(1, 9, 80)),
    ];
    let answer = planned(parts);
    assert_eq!(causes(&answer, 0), [Cause::Capacity(0, 3)]);
}

#[test]
fn the_calendar_is_the_capacity_where_none_is_told() {
    let mut parts = shop(true);
    parts.machines[0] = Machine { name: "lathes".to_owned(), count: 2, capacity: Vec::new(), closed: vec![(5, 35), (110, 500)] };
    let model = Model::new(parts).expect("a model");
    assert_eq!(model.capacity(0), [10, 10, 40, 40, 40, 20]);
}

/// 100 units, 2 ticks each, on two lathes and a slower mill of 3 ticks each, in parts of at least 20.
#[test]
fn a_quantity_is_shared_by_machines() {
    let mut parts = empty(true, 1000, 2);
    parts.buffers = vec![buffer("A", 0)];
    parts.machines = vec![machine("lathe", 2, 2000), machine("mill", 1, 1000)];
    let on = |machine, quantity| Alternative { machine: Some(machine), fixed: 4, unit: Ratio { quantity, per: 1 } };
    let shared = Step { alternatives: vec![on(0, 2), on(1, 3)], split: Some(Split { most: 3, least: 20 }), ..Step::default() };
    parts.ways = vec![made(0, Vec::new(), vec![shared], Sizes::default())];
    let asked = |quantity| {
        let answer = planned(Parts { demands: vec![demand(0, quantity, 900)], ..parts.clone() });
        let parts = &answer.plan.orders[0].steps[0];
        parts.iter().map(|p| (p.alternative, p.quantity, p.start, p.end)).collect::<Vec<_>>()
    };
    assert_eq!(asked(100), [(0, 34, 828, 900), (0, 33, 830, 900), (1, 33, 797, 900)]);
    assert_eq!(asked(45), [(0, 23, 850, 900), (0, 22, 852, 900)]);
    assert_eq!(asked(39), [(0, 39, 818, 900)]);
}

#[test]
fn the_machine_that_has_room_is_taken() {
    let mut parts = shop(true);
    parts.machines.push(machine("old lathe", 1, 10));
    let on = |machine, quantity| Alternative { machine: Some(machine), fixed: 0, unit: Ratio { quantity, per: 1 } };
    let either = Step { alternatives: vec![on(0, 1), on(1, 2)], ..Step::default() };
    parts.ways = vec![made(0, Vec::new(), vec![either], Sizes::default())];
    parts.demands = vec![demand(0, 10, 40), demand(0, 5, 40)];
    let answer = planned(parts);
    let on: Vec<_> = answer.plan.orders.iter().map(|o| (o.steps[0][0].alternative, o.start)).collect();
    assert_eq!(on, [(0, 30), (1, 30)]);
}
