//! Netting, lead times, lot sizes, alternates, co-products, dates: worked by hand.

use super::*;
use crate::supply::plan::{Cause, Source, Taker};

/// Two levels. A (5 ticks to make, lots of 25, 10 on hand) is made of 2 B each (10 ticks to buy, at least 100, lots of 50, 30 on hand, 20
/// come at 20). Wanted: 30 A at 50, 20 A at 60.
///
/// ```text
///                     now   20   45   50   55   60
/// A wanted                            30        20
/// A on hand            10              5        10
/// A order, end                        25        25
/// A order, start                 25        25
/// B taken                        50        50
/// B receipts                20            100
/// B on hand            30   50    0        50
/// B order, start                100
/// ```
#[test]
fn a_two_level_bill_with_lot_sizes() {
    let mut parts = empty(true, 5, 20);
    parts.buffers = vec![buffer("A", 10), Buffer { receipts: vec![(20, 20)], ..buffer("B", 30) }];
    let lots = |minimum, multiple| Sizes { minimum, multiple, ..Sizes::default() };
    parts.ways = vec![made(0, vec![consumed(1, 2)], vec![step(None, 5, 0)], lots(1, 25)), bought(1, 10, lots(100, 50))];
    parts.demands = vec![demand(0, 20, 60), demand(0, 30, 50)];
    let answer = planned(parts);
    let orders: Vec<_> = answer.plan.orders.iter().map(told).collect();
    assert_eq!(orders, [(0, 25, 45, 50), (0, 25, 55, 60), (1, 100, 45, 55)]);
    assert_eq!(answer.certificate.stocks()[0], [(50, 5), (60, 10)]);
    assert_eq!(answer.certificate.stocks()[1], [(20, 50), (45, 0), (55, 50)]);
    assert_eq!(delivered(&answer), [(1, 30, 50), (0, 20, 60)]);
    assert!(answer.plan.troubles.is_empty());
    // the second order of A takes from the purchase, and the purchase is for it
    let peg = answer.plan.pegs.iter().find(|p| p.source == Source::Order(2)).expect("a peg");
    assert_eq!((peg.taker, peg.quantity), (Taker::Order(1), 50));
}

#[test]
fn what_cannot_be_there_in_time_is_late_and_told_why() {
    let mut parts = empty(true, 5, 20);
    parts.buffers = vec![buffer("A", 3), buffer("B", 8)];
    parts.ways = vec![made(0, vec![consumed(1, 1)], vec![step(None, 2, 1)], Sizes::default()), bought(1, 10, Sizes::default())];
    parts.demands = vec![demand(0, 20, 8)];
    // at 8: 3 on hand, 6 made from 0 to 8, and of the other 2 B in an order beside it 2; the rest begins when B comes at 10 and takes 11
    let answer = planned(parts.clone());
    assert_eq!(delivered(&answer), [(0, 9, 8), (0, 2, 8), (0, 9, 21)]);
    assert_eq!(causes(&answer, 0), [Cause::LeadTime(1, 1)]);
    // without limits all is on time, and begins before now
    parts.is_constrained = false;
    let answer = planned(parts);
    assert_eq!(delivered(&answer), [(0, 20, 8)]);
    assert_eq!(answer.plan.orders.iter().map(|o| o.start).min(), Some(-21));
}

#[test]
fn what_nothing_gives_is_missing() {
    let mut parts = empty(true, 5, 20);
    parts.buffers = vec![buffer("A", 3)];
    parts.demands = vec![demand(0, 5, 8), Demand { is_whole: true, ..demand(0, 4, 8) }];
    let answer = planned(parts);
    assert_eq!(delivered(&answer), [(0, 3, 8)]);
    let mut missing: Vec<_> = answer.plan.troubles.iter().map(|t| (t.missing, t.causes.clone())).collect();
    missing.sort_unstable_by_key(|t| t.0);
    assert_eq!(missing, [(2, vec![Cause::Material(0)]), (4, vec![Cause::Material(0)])]);
}

/// The cheap alternate is taken while there is enough of it, then the dear one is bought; an entry that ends is taken until then.
#[test]
fn alternates_and_dates_of_a_bill() {
    let mut parts = empty(true, 5, 20);
    parts.buffers = vec![buffer("A", 0), buffer("cheap", 10), buffer("dear", 0), buffer("old", 100), buffer("new", 100)];
    let alternate = |buffer, priority| Consumed { alternates: Some(7), priority, ..consumed(buffer, 1) };
    let old = Consumed { until: Some(40), ..consumed(3, 1) };
    let new = Consumed { from: Some(40), fixed: 2, ratio: Ratio { quantity: 1, per: 3 }, ..consumed(4, 1) };
    let bill = vec![alternate(2, 2), alternate(1, 1), old, new];
    parts.ways = vec![made(0, bill, vec![step(None, 1, 0)], Sizes::default()), bought(2, 3, Sizes::default())];
    parts.demands = vec![demand(0, 8, 20), demand(0, 8, 50)];
    let answer = planned(parts);
    assert_eq!(answer.plan.orders.iter().map(told).collect::<Vec<_>>(), [(0, 8, 19, 20), (0, 8, 49, 50), (1, 8, 46, 49)]);
    assert_eq!([&answer.plan.orders[0].alternates[..], &answer.plan.orders[1].alternates[..]], [[1], [0]]);
    // 8 of the old at 19; at 49 2 and 8 / 3 of the new, rounded up
    let left = |buffer: usize| answer.certificate.stocks()[buffer].last().map(|l| l.1);
    assert_eq!((left(1), left(3), left(4)), (Some(2), Some(92), Some(95)));
}

/// Of 10 begun 8 come good, and 3 of something else that serves its own demand.
#[test]
fn yield_and_co_products() {
    let mut parts = empty(true, 5, 20);
    parts.buffers = vec![buffer("A", 0), buffer("slag", 0)];
    let mut way = made(0, Vec::new(), vec![step(None, 1, 0)], Sizes { multiple: 5, ..Sizes::default() });
    if let Kind::Production { produces, .. } = &mut way.kind {
        *produces = vec![
            Produced { buffer: 0, ratio: Ratio { quantity: 8, per: 10 } },
            Produced { buffer: 1, ratio: Ratio { quantity: 3, per: 10 } },
        ];
    }
    parts.ways = vec![way];
    parts.demands = vec![demand(0, 21, 10), demand(1, 8, 15)];
    let answer = planned(parts);
    // 21 / 0.8 = 26.25: 30 are begun, 24 and 9 come
    assert_eq!(answer.plan.orders.iter().map(told).collect::<Vec<_>>(), [(0, 30, 9, 10)]);
    assert_eq!(answer.certificate.stocks().to_vec(), [vec![(10, 3)], vec![(10, 9), (15, 1)]]);
}

/// The first supplier's contract ends at 20, the second is dearer and slower; orders of the second are at most 30.
#[test]
fn ways_by_priority_date_cost_and_size() {
    let mut parts = empty(true, 5, 20);
    parts.buffers = vec![buffer("A", 0)];
    let first = Way { until: Some(20), cost: 2, ..bought(0, 5, Sizes::default()) };
    let second =
        Way { from: Some(30), priority: 1, cost: 3, order_cost: 7, ..bought(0, 10, Sizes { maximum: 30, ..Sizes::default() }) };
    parts.ways = vec![second, first];
    parts.demands = vec![demand(0, 10, 15), demand(0, 20, 60), Demand { priority: -1, ..demand(0, 70, 22) }];
    let mut answer = planned(parts.clone());
    // the one due at 60 is bought as late as the contract allows, and lies in stock
    let orders: Vec<_> = answer.plan.orders.iter().map(told).collect();
    assert_eq!(orders, [(1, 70, 17, 22), (1, 10, 10, 15), (1, 20, 19, 24)]);
    assert_eq!(answer.certificate.cost(), Some(200));
    // without the first all wait for the second
    parts.ways.truncate(1);
    answer = planned(parts);
    let orders: Vec<_> = answer.plan.orders.iter().map(told).collect();
    assert_eq!(orders, [(0, 30, 30, 40), (0, 30, 30, 40), (0, 10, 30, 40), (0, 10, 30, 40), (0, 20, 50, 60)]);
    assert_eq!(causes(&answer, 2), [Cause::NotEffective(0)]);
    assert_eq!(answer.certificate.cost(), Some(300 + 5 * 7));
}

/// From supplier to factory to centre to shop.
#[test]
fn a_chain_of_locations() {
    let mut parts = empty(true, 7, 10);
    parts.buffers = vec![buffer("A", 0), Buffer { location: "centre".to_owned(), ..buffer("A", 4) }, buffer("B", 0)];
    let moved = Kind::Distribution { from: 0, to: 1, lead_time: 3 };
    parts.ways = vec![
        Way { name: "truck".to_owned(), kind: moved, sizes: Sizes { multiple: 10, ..Sizes::default() }, ..Way::default() },
        made(0, vec![consumed(2, 1)], vec![Step { delay: 2, ..step(None, 1, 1) }], Sizes::default()),
        bought(2, 14, Sizes::default()),
    ];
    parts.demands = vec![demand(1, 12, 60)];
    let answer = planned(parts);
    // 8 are missing: a truck with 10 leaves at 57; they are made in 11, harden for 2
    assert_eq!(answer.plan.orders.iter().map(told).collect::<Vec<_>>(), [(0, 10, 57, 60), (1, 10, 44, 57), (2, 10, 30, 44)]);
}
