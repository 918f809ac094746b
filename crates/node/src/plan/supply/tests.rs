//! The JSON of supply problems and plans: what it means, what it refuses, its schema, the example.

use super::form::{SupplyFileForm, SupplyPlanForm};
use super::{planned, problem, read};
use crate::config::reference;
use crate::config::tests::golden::compare;
use crate::plan::run::Wanted;
use crate::plan::text::Format;
use std::path::Path;

const EXAMPLE: &str = include_str!("../../../../../examples/supply/bicycles.json");

fn wanted() -> Wanted<'static> {
    Wanted { cpu_s: &[f64::INFINITY], iterations: Some(500), threads: 1, seed: 1, from: None }
}

fn plan(text: &str) -> SupplyPlanForm {
    planned(&problem(text).expect("a model"), Some(wanted())).expect("the check accepts every plan")
}

#[test]
fn the_example_is_planned_and_scheduled() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/supply/bicycles.json"));
    let model = read(path, None).expect("it is read").expect("a supply problem");
    let plan = planned(&model, Some(wanted())).expect("the check accepts every plan");
    assert_eq!((plan.missing(), plan.unfilled.len()), (Vec::new(), 0));
    let of = |name: &str| plan.demands.iter().find(|d| d.demand == name).expect("it is told");
    // 12 on hand, 4 of them safety stock
    assert_eq!((&of("shop 1").deliveries[..], of("shop 1").why.len()), (&[(100, 6)][..], 0));
    assert_eq!(of("export").deliveries.len(), 1, "all at once");
    // every order is for a demand or for stock
    assert!(plan.orders.iter().all(|o| o.for_stock || !o.demands.is_empty()), "{:?}", plan.orders);
    assert!(plan.loads.iter().all(|l| l.overload == 0 && l.work > 0), "{:?}", plan.loads);
    let wheel = plan.zones.first().expect("one decoupling point");
    assert_eq!((wheel.item.as_str(), wheel.lead_time, wheel.on_order), ("wheel", 96, 40));
    let schedule = plan.schedule.expect("it was wanted");
    assert!(schedule.operations.iter().any(|o| o.step == "delay after weld" && o.machine.is_none()), "{schedule:?}");
    // work that a night interrupts ends when it is done, and what comes after it begins then
    for of in plan.orders.iter().filter(|o| o.by == "frames") {
        let at = |step: &str| schedule.operations.iter().find(|o| o.order == of.order && o.step == step).expect("it is there");
        let (weld, delay) = (at("weld"), at("delay after weld"));
        assert!(weld.end <= delay.start && weld.end - weld.start > (of.size + 1) / 2, "{weld:?} {delay:?}");
    }
    let last = schedule.operations.iter().map(|o| o.end).max();
    assert_eq!(last, Some(schedule.makespan));
    // an unconstrained plan has everything in time, and tells what that asks for
    let free = self::plan(&EXAMPLE.replace(r#""constrained": true"#, r#""constrained": false"#));
    assert!(free.demands.iter().all(|d| d.late == 0 && d.missing == 0), "{:?}", free.demands);
    assert_eq!(read(path, Some(Format::Supply)).expect("it is read"), Some(model));
    assert_eq!(read(path, Some(Format::Fjsp)).expect("another format"), None);
}

#[test]
fn why_something_is_late_is_told_in_words() {
    let text = r#"{"supply": {"bucket": 10, "buckets": 10,
        "machines": [{"name": "press", "capacity": [[0, 5]]}],
        "purchases": [{"supplier": "ACME", "item": "sheet", "lead_time": 12}],
        "productions": [{"name": "pressing", "produces": [{"item": "lid"}], "consumes": [{"item": "sheet"}],
            "steps": [{"machines": [{"machine": "press", "unit": 1}]}]}],
        "demands": [{"name": "A", "item": "lid", "quantity": 4, "due": 10},
            {"name": "B", "item": "lid", "quantity": 5, "due": 20}, {"name": "C", "item": "sheet", "quantity": 400, "due": -3}]}}"#;
    let plan = plan(text);
    let told: Vec<_> = plan.demands.iter().map(|d| (d.late, d.deliveries.clone(), d.why.first().map(String::as_str))).collect();
    // A waits for its sheets until 12 and takes 4 of 5 ticks of bucket 1, then B takes 1 and those of bucket 2
    let lead = Some("lead time: purchase of `sheet` at `main` from `ACME` would have to start 1 earlier than it can");
    assert_eq!(told[0], (6, vec![(16, 4)], lead));
    assert_eq!((told[1].0, &told[1].1[..]), (4, &[(20, 1), (24, 4)][..]));
    assert_eq!(told[1].2, Some("capacity: `press` has too little room in bucket 1 (10 to 20) and before"));
    assert_eq!((told[2].0, &told[2].1[..]), (15, &[(12, 400)][..]));
}

#[test]
fn errors_name_the_place_in_the_json() {
    for (good, bad, wanted) in [
        (r#""bucket": 24"#, r#""bucket": 0"#, "supply.bucket: found 0, allowed 1 to"),
        (
            r#""item": "frame"},"#,
            r#""item": "fame"},"#,
            "supply.productions[1].consumes[0].item: found `fame` at `factory`, allowed an item",
        ),
        (
            r#""machine": "assembly""#,
            r#""machine": "hall""#,
            "supply.productions[1].steps[0].machines[0].machine: found `hall`, allowed one of",
        ),
        (
            r#""minimum": 5, "maximum": 40"#,
            r#""minimum": 50, "maximum": 40"#,
            "supply.productions[0].orders.maximum: found 40, allowed 50 to",
        ),
        (r#""multiple": 5,"#, r#""multiple": 0,"#, "supply.distributions[0].orders.multiple: found 0, allowed 1 to"),
        (
            r#""safety_stock": 4"#,
            r#""safety_stock": 4, "min_max": {"min": 1, "max": 2}"#,
            "supply.buffers[0]: found several policies",
        ),
        (
            r#""planned_buckets": 20, "#,
            "",
            "supply.buffers[3].ddmrp: found no average use, allowed one of usage, past, planned_buckets",
        ),
        (r#""name": "assembly", "count": 2"#, r#""name": "saws", "count": 2"#, "supply.machines: found `saws` twice"),
        (r#""quantity": 8, "due": 20"#, r#""quantity": 0, "due": 20"#, "supply.demands[3].quantity: found 0, allowed 1 to"),
        (
            r#"{"item": "tube", "quantity": 5, "fixed": 2}"#,
            r#"{"item": "bicycle"}"#,
            "supply.ways of replenishment go in a circle: found each is made or moved from the next:",
        ),
        (r#""buckets": 40"#, r#""buckets": 40, "colour": 1"#, "unknown field `colour`, expected one of"),
    ] {
        let text = EXAMPLE.replacen(good, bad, 1);
        assert_ne!(text, EXAMPLE, "{good}");
        let error = problem(&text).expect_err("a fault");
        assert!(error.starts_with(wanted), "{error}");
    }
}

#[test]
fn golden_supply_schema() {
    let both = serde_json::json!({
        "problem": reference::schema_of::<SupplyFileForm>(),
        "plan": reference::schema_of::<SupplyPlanForm>(),
    });
    compare("docs/supply.schema.json", &reference::schema_text(&both));
}
