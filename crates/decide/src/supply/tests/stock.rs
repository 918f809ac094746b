//! Safety stocks, reorder points, decoupling points.

use super::*;
use crate::supply::model::{Policy, Profile, Usage};
use crate::supply::plan::{Cause, Purpose, Status};

#[test]
fn safety_stock_is_kept_unless_a_demand_would_be_late_and_filled_up_again() {
    let mut parts = empty(true, 5, 20);
    parts.buffers = vec![Buffer { policy: Policy::SafetyStock(10), ..buffer("A", 20) }];
    parts.ways = vec![bought(0, 10, Sizes::default())];
    parts.demands = vec![demand(0, 30, 40), demand(0, 16, 8)];
    let answer = planned(parts);
    // at 8 there are only 20, and 10 are safety stock: 6 of it are taken, bought again as soon as can be; at 40 all 30 are bought
    let orders: Vec<_> = answer.plan.orders.iter().map(|o| (o.size, o.start, o.purpose == Purpose::Stock(0))).collect();
    assert_eq!(orders, [(30, 30, false), (6, 0, true)]);
    assert_eq!(answer.certificate.stocks()[0], [(8, 4), (10, 10), (40, 10)]);
    assert_eq!(causes(&answer, 1), [Cause::LeadTime(0, 2)]);
}

/// 20 on hand, reorder point 8, up to 30, 10 ticks to buy: after 6 are taken at 5 there are 14, after 7 at 12 there are 7, so 23 are
/// ordered at 12 and come at 22.
#[test]
fn a_reorder_point_releases_when_the_position_falls_to_it() {
    let mut parts = empty(true, 5, 20);
    parts.buffers = vec![Buffer { policy: Policy::MinMax { least: 8, most: 30 }, ..buffer("A", 20) }];
    parts.ways = vec![bought(0, 10, Sizes::default())];
    parts.demands = vec![demand(0, 6, 5), demand(0, 7, 12), demand(0, 2, 30)];
    for is_constrained in [true, false] {
        let answer = planned(Parts { is_constrained, ..parts.clone() });
        assert_eq!(answer.plan.orders.iter().map(told).collect::<Vec<_>>(), [(0, 23, 12, 22)]);
        assert_eq!(answer.certificate.stocks()[0], [(5, 14), (12, 7), (22, 30), (30, 28)]);
    }
}

fn profile() -> Profile {
    Profile {
        usage: Usage::Told(Ratio { quantity: 10, per: 1 }),
        lead_time_factor: 50,
        variability_factor: 40,
        minimum: 50,
        cycle: 7,
        lead_time: None,
        spike_horizon: None,
        spike_threshold: 50,
    }
}

/// A tick is a day. A is made in 2 days of B, bought in 10, and C, which is a decoupling point: the decoupled lead time is 12 days.
///
/// ```text
/// yellow = 10 * 12 = 120
/// red    = 10 * 12 * 50 % = 60, and 40 % of it = 24: 84         top of red      84
/// green  = max(50, 10 * 7, 60) = 70                             top of yellow  204, top of green 274
/// qualified: 12 today, 8 past due, 50 on day 6 (above 50 % of 84 = 42, within 12 days); not 30 on day 3, not 90 on day 20: 70
/// position = 150 on hand + 60 on order - 70 = 140 <= 204: order 274 - 140 = 134
/// ```
#[test]
fn zones_net_flow_and_recommendation() {
    let mut parts = empty(true, 1, 40);
    let policy = Policy::Ddmrp(profile());
    parts.buffers = vec![
        Buffer { receipts: vec![(5, 60)], policy, ..buffer("A", 150) },
        buffer("B", 0),
        Buffer { policy: Policy::MinMax { least: 1, most: 9 }, ..buffer("C", 1000) },
    ];
    parts.ways = vec![
        made(0, vec![consumed(1, 1), consumed(2, 1)], vec![step(None, 2, 0)], Sizes::default()),
        bought(1, 10, Sizes::default()),
        bought(2, 30, Sizes::default()),
    ];
    parts.demands = vec![demand(0, 12, 0), demand(0, 8, -1), demand(0, 30, 3), demand(0, 50, 6), demand(0, 90, 20)];
    let answer = planned(parts.clone());
    let usage = Ratio { quantity: 10, per: 1 };
    let status = Status {
        buffer: 0,
        usage,
        lead_time: 12,
        red: 84,
        yellow: 120,
        green: 70,
        on_hand: 150,
        on_order: 60,
        qualified: 70,
        recommended: 134,
    };
    assert_eq!(answer.plan.statuses, [status]);
    assert_eq!((status.position(), status.top()), (140, 274));
    // B is bought at once, A begins when it is there
    assert_eq!(answer.plan.orders.iter().map(told).collect::<Vec<_>>(), [(0, 134, 10, 12), (1, 134, 0, 10)]);
    // with more on hand the position is above the yellow zone: nothing is ordered
    parts.buffers[0].on_hand = 215;
    let answer = planned(parts);
    assert_eq!((answer.plan.statuses[0].position(), answer.plan.orders.len()), (205, 0));
}

#[test]
fn usage_from_the_past_and_from_the_plan() {
    let mut parts = empty(true, 2, 20);
    let with = |usage| Policy::Ddmrp(Profile { usage, lead_time: Some(6), ..profile() });
    parts.buffers = vec![buffer("A", 0), Buffer { policy: with(Usage::Past(vec![3, 0, 8])), ..buffer("B", 500) }];
    parts.ways = vec![made(0, vec![consumed(1, 3)], Vec::new(), Sizes::default()), bought(1, 5, Sizes::default())];
    parts.demands = vec![demand(0, 5, 4), demand(0, 9, 8)];
    // 11 in 3 buckets of 2 ticks, for 6 ticks: 11
    assert_eq!(planned(parts.clone()).plan.statuses[0].yellow, 11);
    // the orders for A take 15 and 27 of B; of the first 4 buckets the first only
    parts.buffers[1].policy = with(Usage::Planned(4));
    let status = planned(parts).plan.statuses[0];
    assert_eq!((status.usage, status.yellow), (Ratio { quantity: 15, per: 8 }, 12));
}
