//! What is refused: models that contradict themselves, and plans that were tampered with.

use super::*;
use crate::supply::check::certify;
use crate::supply::model::Split;
use crate::supply::plan::{Plan, Portion};

fn refused(change: impl Fn(&mut Parts)) -> String {
    let mut parts = shop();
    change(&mut parts);
    Model::new(parts).expect_err("a fault").to_string()
}

/// Everything that a plan is checked for is in it.
fn shop() -> Parts {
    let mut parts = empty(true, 20, 10);
    parts.buffers = vec![buffer("A", 5), Buffer { receipts: vec![(10, 5)], ..buffer("B", 5) }, buffer("C", 0)];
    parts.machines = vec![machine("lathe", 2, 40)];
    let split = Step { split: Some(Split { most: 2, least: 4 }), delay: 1, ..step(Some(0), 1, 1) };
    let alternate = |buffer| Consumed { alternates: Some(0), ..consumed(buffer, 1) };
    let lots = Sizes { multiple: 2, ..Sizes::default() };
    parts.ways = vec![
        Way { until: Some(150), ..made(0, vec![alternate(1), alternate(2)], vec![split, step(Some(0), 2, 0)], lots) },
        bought(2, 8, Sizes::default()),
    ];
    parts.demands = vec![demand(0, 15, 100), Demand { is_whole: true, ..demand(0, 40, 190) }];
    parts
}

#[test]
fn a_model_is_refused_at_its_place() {
    for (change, wanted) in [
        (Box::new(|p: &mut Parts| p.bucket = 0) as Box<dyn Fn(&mut Parts)>, "bucket: found 0, allowed 1 to 1073741824"),
        (Box::new(|p| p.demands[0].due = 201), "demands[0].due: found 201, allowed -1073741824 to 200"),
        (Box::new(|p| p.ways[1].sizes.multiple = 0), "ways[1].multiple: found 0, allowed 1 to 1073741824"),
        (
            Box::new(|p| p.ways[1].sizes = Sizes { minimum: 11, multiple: 10, maximum: 19 }),
            "ways[1].multiple: found minimum 11, multiple 10, maximum 19, allowed a multiple between minimum and maximum",
        ),
        (Box::new(|p| p.machines[0].closed = vec![(4, 9), (8, 10)]), "machines[0].closed[1] from: found 8, allowed 9 to"),
        (
            Box::new(|p| p.ways.push(made(2, vec![consumed(0, 1)], Vec::new(), Sizes::default()))),
            "ways of replenishment go in a circle: found each is made or moved from the next: C at plant, A at plant, and again",
        ),
    ] {
        let found = refused(change);
        assert!(found.starts_with(wanted), "{found}");
    }
    assert_eq!(Model::new(shop()).map(|_| ()), Ok(()));
}

#[test]
fn a_tampered_plan_is_refused_by_its_rule() {
    let model = Model::new(shop()).expect("a model");
    let plan = plan(&model).expect("a plan").plan;
    assert_eq!(certify(&model, &plan).map(|_| ()), Ok(()));
    assert!(plan.orders[0].steps[0].len() == 2 && plan.orders.len() > 2, "{plan:?}");
    for (change, rule) in [
        (Box::new(|p: &mut Plan| p.orders[0].way = 9) as Box<dyn Fn(&mut Plan)>, "all_known"),
        (Box::new(|p| p.orders[0].size += 1), "sizes_kept"),
        (Box::new(|p| p.orders[0].start = 150), "dates_kept"),
        (Box::new(|p| p.orders[0].start = -1), "not_before_now"),
        (Box::new(|p| p.orders.iter_mut().filter(|o| o.way == 1).for_each(|o| o.end -= 1)), "lead_times_kept"),
        (Box::new(|p| p.orders[0].end -= 1), "routings_kept"),
        (Box::new(|p| p.orders[0].steps[0][0].quantity -= 1), "routings_kept"),
        (Box::new(|p| p.orders[0].steps[0][0].alternative = 1), "routings_kept"),
        (Box::new(|p| p.orders[0].steps[0][0].portions[0].work -= 1), "work_booked"),
        (Box::new(|p| p.orders[0].steps[0][0].portions.push(Portion { bucket: 3, work: 1 })), "work_booked"),
        (Box::new(|p| p.orders[0].alternates.clear()), "bills_kept"),
        (Box::new(|p| p.pegs[1].quantity -= 1), "bills_kept"),
        (Box::new(|p| p.pegs.push(p.pegs[0])), "taken_once"),
        (Box::new(|p| p.deliveries[0].time -= 1), "taken_once"),
        (Box::new(|p| p.deliveries[0].quantity -= 1), "demands_met"),
        (Box::new(|p| p.deliveries.truncate(1)), "all_known"),
    ] {
        let mut tampered = plan.clone();
        change(&mut tampered);
        let refused = certify(&model, &tampered).map(|_| ());
        assert_ne!(tampered, plan, "{rule}: nothing was changed");
        assert_eq!(refused.expect_err(rule).rule, rule);
    }
}
