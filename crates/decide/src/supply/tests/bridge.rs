//! From a supply plan to an exact schedule.

use super::*;
use crate::check::plan::certify;
use crate::search::Search;
use crate::search::model::{Mode, Model as Shop};
use crate::supply::bridge::{Bridge, Stands, bridge};
use crate::supply::model::Split;
use proptest::prelude::*;

/// 10 tables due at 60, of 40 legs and 10 tops; legs are turned in two parts, tops are bought, the tables harden for 5.
fn tables() -> Parts {
    let mut parts = empty(true, 20, 10);
    parts.buffers = vec![buffer("table", 0), buffer("leg", 0), buffer("top", 4)];
    parts.machines = vec![machine("lathe", 2, 40), machine("bench", 1, 20)];
    let turned = Step { split: Some(Split { most: 2, least: 5 }), ..step(Some(0), 0, 1) };
    let glued = Step { delay: 5, ..step(Some(1), 1, 1) };
    parts.ways = vec![
        made(0, vec![consumed(1, 4), consumed(2, 1)], vec![glued], Sizes::default()),
        made(1, Vec::new(), vec![turned], Sizes::default()),
        bought(2, 12, Sizes::default()),
    ];
    parts.demands = vec![demand(0, 10, 60)];
    parts
}

fn bridged(parts: Parts) -> Option<(Certified, Bridge)> {
    let model = Model::new(parts).expect("a model");
    let certified = plan(&model).expect("the check accepts every plan");
    bridge(&model, &certified).map(|b| (certified, b))
}

#[test]
fn orders_become_jobs_on_single_machines() {
    let (_, bridge) = bridged(tables()).expect("two orders are made");
    let Bridge { parts, orders, stands, machines } = &bridge;
    assert_eq!((orders.len(), &machines[..]), (2, &[(0, 0), (0, 1), (1, 0)][..]));
    assert_eq!(stands[..], [Stands::Part(0, 0), Stands::Delay(0), Stands::Part(0, 0), Stands::Part(0, 1)]);
    let lathes = |duration| (0..2).map(|machine| Mode { machine, duration }).collect::<Vec<_>>();
    assert_eq!((&parts.operations[2].modes, &parts.operations[3].modes), (&lathes(20), &lathes(20)));
    // gluing before hardening, both parts of the legs before gluing
    assert_eq!(parts.precedences, [(0, 1), (2, 0), (3, 0)]);
    assert_eq!((parts.jobs[0].due, parts.jobs[1].due), (Some(60), None));
    // 4 tops are there, 6 come when they are needed
    let tops = &parts.resources[0];
    assert_eq!((tops.capacity, tops.is_stock, tops.steps.iter().map(|s| s.1).collect::<Vec<_>>()), (4, true, vec![10]));
    let shop = Shop::new(parts.clone()).expect("within the limits");
    let mut search = Search::new(&shop, 1);
    search.step(2_000);
    let best = search.best().expect("the check accepts every plan");
    assert_eq!(best.certificate.tardiness(), 0);
    // nothing is made: nothing is scheduled
    let mut stocked = tables();
    stocked.buffers[0].on_hand = 10;
    assert!(bridged(stocked).is_none());
}

/// 2 lathes share 7 ticks of each bucket of 20, and have none in bucket 1: what is longer than a day is interrupted by the night.
#[test]
fn told_capacities_become_nights() {
    let mut parts = empty(true, 20, 4);
    parts.buffers = vec![buffer("A", 0)];
    parts.machines = vec![Machine { capacity: vec![(0, 7), (1, 0), (2, 50)], ..machine("lathe", 2, 0) }];
    parts.ways = vec![made(0, Vec::new(), vec![step(Some(0), 0, 1)], Sizes::default())];
    parts.demands = vec![demand(0, 9, 60)];
    let (_, bridge) = bridged(parts.clone()).expect("an order is made");
    let closed: Vec<_> = bridge.parts.machines.iter().map(|m| m.closed.clone()).collect();
    assert_eq!(closed, [[(4, 40)], [(3, 40)]]);
    assert!(bridge.parts.operations[0].is_resumable);
    let shop = Shop::new(bridge.parts).expect("within the limits");
    let mut search = Search::new(&shop, 1);
    search.step(100);
    assert_eq!(search.best().expect("the check accepts every plan").certificate.tardiness(), 0);
    // a calendar comes before what is told
    parts.machines[0].closed = vec![(10, 15)];
    let (_, bridge) = bridged(parts).expect("an order is made");
    assert_eq!(bridge.parts.machines[1].closed, [(10, 15)]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Every supply plan becomes a consistent scheduling problem, of which a checked schedule is found.
    #[test]
    fn every_plan_can_be_scheduled(seed in any::<u64>()) {
        let model = random::model(seed);
        let certified = plan(&model).expect("the check accepts every plan");
        if let Some(of) = bridge(&model, &certified) {
            let told = format!("{of:?}");
            let shop = Shop::new(of.parts);
            prop_assert!(shop.is_ok(), "{:?} {told}", shop.err());
            let shop = shop.expect("it is");
            let mut search = Search::new(&shop, 1);
            search.step(20);
            let nearest = search.nearest().expect("the check accepts every plan");
            prop_assert!(nearest.broken.is_empty());
            prop_assert!(certify(&shop, &nearest.certified.plan).is_ok());
        }
    }
}
