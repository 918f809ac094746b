//! The JSON of problems and plans: what it means, what it refuses, its schema.

use super::form::{ModelForm, PlanForm};
use super::run::{Wanted, search};
use crate::config::reference;
use crate::config::tests::golden::compare;

const WORKSHOP: &str = r#"{
  "machines": [{"name": "saw"}, {"name": "mill", "closed": [[10, 20]]}],
  "jobs": [
    {"name": "A", "due": 12, "operations": [
      {"modes": [{"machine": "saw", "duration": 4}]},
      {"name": "finish", "modes": [{"machine": "mill", "duration": 5}, {"machine": "saw", "duration": 9}]}
    ]},
    {"name": "B", "operations": [{"modes": [{"machine": "saw", "duration": 3}]}]}
  ]
}"#;

#[test]
fn a_problem_in_json_becomes_a_proven_plan() {
    let form: ModelForm = serde_json::from_str(WORKSHOP).expect("the form");
    let model = form.model().expect("a model");
    let wanted = Wanted { cpu_s: &[0.01], iterations: None, threads: 2, seed: 1, from: None };
    let found = search(&model, wanted).expect("a plan");
    let plan = PlanForm::new(&model, Some(&form), &found.best, found.bound, (1, 1.0));
    assert!(plan.objective.abs() < f64::EPSILON, "A can be on time: {plan:?}");
    let finish = plan.operations.iter().find(|o| o.operation == "finish").expect("it is planned");
    assert!(finish.end <= 12.0, "{finish:?}");
    assert_eq!(plan.operations.len(), 3);
}

#[test]
fn the_same_seed_and_iterations_are_the_same_plan_on_any_number_of_threads() {
    let route = |job: usize| {
        (0..4).map(|o| format!("{} {} ", (job * 3 + o * (job % 2 + 1)) % 4, 1 + (job * 7 + o * 5) % 9)).collect::<String>()
    };
    let text = format!("10 4\n{}", (0..10).map(|job| format!("{}\n", route(job))).collect::<String>());
    let model = decide::search::read::jsp::read(&text).expect("a job shop").model;
    let on = |threads| {
        let wanted = Wanted { cpu_s: &[f64::INFINITY], iterations: Some(30_000), threads, seed: 7, from: None };
        search(&model, wanted).expect("a plan").best
    };
    let alone = on(1);
    for threads in [2, 3, 8] {
        assert_eq!(alone, on(threads), "{threads} threads");
    }
}

#[test]
fn errors_name_the_place_in_the_json() {
    let cases = [
        (
            r#"{"name": "saw"}, {"name": "mill", "closed""#,
            r#"{"name": "saw"}, {"name": "saw", "closed""#,
            "machines: found `saw` twice",
        ),
        (
            r#""machine": "mill", "duration": 5"#,
            r#""machine": "lathe", "duration": 5"#,
            "jobs[0].operations[1].modes[0].machine: found `lathe`",
        ),
        ("[[10, 20]]", "[[20, 10]]", "closed interval of machine 1 to: found 10"),
    ];
    for (good, bad, wanted) in cases {
        let text = WORKSHOP.replace(good, bad);
        assert_ne!(text, WORKSHOP);
        let form: ModelForm = serde_json::from_str(&text).expect("the form");
        let error = form.model().expect_err("a fault").to_string();
        assert!(error.starts_with(wanted), "{error}");
    }
}

#[test]
fn golden_plan_schema() {
    let both = serde_json::json!({
        "problem": reference::schema_of::<ModelForm>(),
        "plan": reference::schema_of::<PlanForm>(),
    });
    compare("docs/plan.schema.json", &reference::schema_text(&both));
}
