//! The JSON of problems and plans: what it means, what it refuses, its schema.

use super::form::{CriterionForm, ModelForm, PlanForm};
use super::run::{Wanted, search, share_s};
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
    let plan = PlanForm::new(&model, Some(&form), &found, (1, 1.0));
    assert!(plan.objective.abs() < f64::EPSILON, "A can be on time: {plan:?}");
    let finish = plan.operations.iter().find(|o| o.operation == "finish").expect("it is planned");
    assert!(finish.end <= 12.0, "{finish:?}");
    assert_eq!(plan.operations.len(), 3);
}

const BEYOND: &str = r#"{
  "machines": [{"name": "mixer"}, {"name": "oven", "batch": 2}],
  "resources": [
    {"name": "operator", "capacity": 1},
    {"name": "power", "capacity": 9, "steps": [[50, 5]], "prices": [[0, 3], [10, 1], [30, 3]]}
  ],
  "makespan": 0,
  "jobs": [
    {"name": "A", "deadline": 40, "operations": [
      {"modes": [{"machine": "mixer", "duration": 4, "uses": {"operator": 1}}]},
      {"wait": 0, "modes": [{"machine": "oven", "duration": 8, "uses": {"power": 2}}]}
    ]},
    {"name": "B", "deadline": 40, "operations": [
      {"earliest": 5, "latest": 5, "modes": [{"machine": "mixer", "duration": 4, "uses": {"operator": 1}}]},
      {"wait": 6, "size": 1, "modes": [{"machine": "oven", "duration": 8, "uses": {"power": 2}}]},
      {"name": "polish", "optional": 7, "modes": [{"machine": "mixer", "duration": 2, "uses": {"power": 4}}]}
    ]}
  ]
}"#;

const BOUND: &str = r#"{
  "machines": [{"name": "press 1"}, {"name": "press 2", "no_idle": true}, {"name": "lathe", "closed": [[4, 10]]}, {"name": "centre"}],
  "families": ["red", "blue"],
  "resources": [{"name": "die", "capacity": 1, "set_ups": {"between": [[0, 3], [3, 0]], "initial": [0, 3]}}],
  "permutations": [["press 1", "press 2"]],
  "choices": [[
    [{"job": "C", "operation": 0}, {"job": "C", "operation": 1}, {"job": "C", "operation": 2, "out": true}],
    [{"job": "C", "operation": 0, "out": true}, {"job": "C", "operation": 1, "out": true}, {"job": "C", "operation": 2, "modes": [0]}]
  ]],
  "jobs": [
    {"name": "A", "operations": [
      {"family": "red", "modes": [{"machine": "press 1", "duration": 2, "uses": {"die": 1}}]},
      {"family": "red", "after": [{"operation": 0, "from": "start", "least": 1}], "modes": [{"machine": "press 2", "duration": 6}]}
    ]},
    {"name": "B", "operations": [
      {"family": "red", "modes": [{"machine": "press 1", "duration": 3, "uses": {"die": 1}}]},
      {"family": "red", "modes": [{"machine": "press 2", "duration": 2}]}
    ]},
    {"name": "C", "operations": [
      {"family": "blue", "optional": 0, "resumable": true, "modes": [{"machine": "lathe", "duration": 5}]},
      {"family": "blue", "optional": 0, "modes": [{"machine": "press 1", "duration": 20}]},
      {"family": "blue", "after": [], "optional": 0, "modes": [{"machine": "centre", "duration": 9}]}
    ]}
  ]
}"#;

#[test]
fn what_binds_operations_is_meant_as_written() {
    let planned = |text: &str| {
        let form: ModelForm = serde_json::from_str(text).expect("the form");
        let model = form.model().expect("a model");
        let wanted = Wanted { cpu_s: &[f64::INFINITY], iterations: Some(20_000), threads: 1, seed: 1, from: None };
        PlanForm::new(&model, Some(&form), &search(&model, wanted).expect("a plan"), (1, 1.0))
    };
    let plan = planned(BOUND);
    let times = |plan: &PlanForm, job: &str, name: &str| {
        let of = plan.operations.iter().find(|o| (&*o.job, &*o.operation) == (job, name)).expect("it is planned");
        of.machine.is_some().then_some((of.start, of.end))
    };
    // A begins on the second press a tick after the first; B follows without a gap; C goes to the centre
    assert_eq!((times(&plan, "A", "2"), times(&plan, "B", "2")), (Some((1.0, 7.0)), Some((7.0, 9.0))), "{plan:?}");
    assert_eq!((times(&plan, "C", "1"), times(&plan, "C", "2"), times(&plan, "C", "3")), (None, None, Some((0.0, 9.0))));
    assert!((plan.makespan - 9.0).abs() < f64::EPSILON && plan.broken.is_empty(), "{plan:?}");
    let rules = ["lag_kept", "no_idle", "sequence_kept", "choice_kept", "resource_set_up"];
    assert!(rules.iter().all(|rule| plan.rules.iter().any(|r| r == rule)), "{:?}", plan.rules);
    // without the press in the first routing and with a slow centre C is turned, with a rest while the lathe is closed
    let turned = BOUND
        .replace(r#""duration": 20"#, r#""duration": 1"#)
        .replace(r#""centre", "duration": 9"#, r#""centre", "duration": 90"#);
    assert_eq!(times(&planned(&turned), "C", "1"), Some((0.0, 11.0)));
}

#[test]
fn faults_in_what_binds_operations_are_named_by_place() {
    for (good, bad, error) in [
        (
            r#""job": "C", "operation": 2, "out": true"#,
            r#""job": "C", "operation": 7"#,
            "choices[0][0][2].operation: found 7, allowed below 3",
        ),
        (
            r#"[{"job": "C", "operation": 0},"#,
            r#"[{"job": "D", "operation": 0},"#,
            "choices[0][0][0].job: found `D`, allowed one of A, B, C",
        ),
        (
            r#"{"job": "C", "operation": 0},"#,
            r#"{"job": "A", "operation": 0, "out": true},"#,
            "choices[0][0][0].out: found true, allowed false: it is not optional",
        ),
        (r#"["press 1", "press 2"]"#, r#"["press 1", "press 9"]"#, "permutations[0]: found `press 9`"),
        (r#""between": [[0, 3], [3, 0]]"#, r#""between": [[0, 3]]"#, "resources[0].set_ups.between: found 1 rows"),
        (r#""capacity": 1"#, r#""capacity": 4"#, "resource 0 with set-ups: found a capacity of 4"),
    ] {
        let form: ModelForm = serde_json::from_str(&BOUND.replacen(good, bad, 1)).expect("the form");
        let told = form.model().expect_err(error).to_string();
        assert!(told.starts_with(error), "{told}");
    }
    let odd = BOUND.replacen(r#"{"operation": 0, "from": "start", "least": 1}"#, r#"{"operation": 0, "form": "start"}"#, 1);
    let told = serde_json::from_str::<ModelForm>(&odd).expect_err("an unknown word").to_string();
    assert!(told.contains("a number from 0 of an operation, or an object with `operation`"), "{told}");
}

#[test]
fn resources_waits_batches_options_and_prices_are_meant_as_written() {
    let form: ModelForm = serde_json::from_str(BEYOND).expect("the form");
    let model = form.model().expect("a model");
    let wanted = Wanted { cpu_s: &[f64::INFINITY], iterations: Some(20_000), threads: 1, seed: 1, from: None };
    let found = search(&model, wanted).expect("a plan");
    let plan = PlanForm::new(&model, Some(&form), &found, (1, 1.0));
    let of =
        |job: &str, name: &str| plan.operations.iter().find(|o| (&*o.job, &*o.operation) == (job, name)).expect("it is planned");
    // both in one batch while power is cheap; polishing costs more than leaving it out
    let (oven_a, oven_b) = (of("A", "2"), of("B", "2"));
    assert_eq!(oven_a.start.to_bits(), oven_b.start.to_bits(), "{plan:?}");
    assert_eq!((oven_a.start - of("A", "1").end, of("B", "1").start), (0.0, 5.0));
    assert_eq!((of("B", "polish").machine.clone(), plan.left_out, plan.resources), (None, 7.0, 32.0));
    for (good, bad, wanted) in [
        (
            r#"{"power": 4}"#,
            r#"{"steam": 4}"#,
            "jobs[1].operations[2].modes[0].uses: found `steam`, allowed one of operator, power",
        ),
        (r#"{"power": 4}"#, r#"{"power": 6}"#, "amount of resource 1 for operation 4: found 6, allowed 1 to 5"),
    ] {
        let text = BEYOND.replace(good, bad);
        let form: ModelForm = serde_json::from_str(&text).expect("the form");
        let refused = form.model().expect_err("a fault").to_string();
        assert!(refused.starts_with(wanted), "{refused}");
    }
}

#[test]
fn what_cannot_be_kept_is_told_in_words_with_the_nearest_plan() {
    let text = BEYOND.replace(r#""name": "A", "deadline": 40"#, r#""name": "A", "deadline": 11"#);
    let form: ModelForm = serde_json::from_str(&text).expect("the form");
    let model = form.model().expect("a model");
    let wanted = Wanted { cpu_s: &[f64::INFINITY], iterations: Some(5_000), threads: 1, seed: 1, from: None };
    let found = search(&model, wanted).expect("the nearest plan");
    let plan = PlanForm::new(&model, Some(&form), &found, (1, 1.0));
    assert_eq!(plan.broken, ["job `A` is complete by 11: 1 too late"]);
    assert_eq!(plan.conflict, ["job `A` is complete by 11"]);
}

#[test]
fn what_needs_no_machine_keeps_nothing_waiting_but_its_job() {
    // two lots are painted one after the other and dry at once; the first is polished when it is dry
    let job = |name: &str| {
        format!(
            r#"{{"name": "{name}", "operations": [{{"modes": [{{"machine": "booth", "duration": 2}}]}},
            {{"name": "dry", "modes": [{{"duration": 10}}]}}, {{"modes": [{{"machine": "booth", "duration": 1}}]}}]}}"#
        )
    };
    let text = format!(r#"{{"machines": [{{"name": "booth"}}], "jobs": [{}, {}]}}"#, job("A"), job("B"));
    let form: ModelForm = serde_json::from_str(&text).expect("the form");
    let model = form.model().expect("a model");
    let wanted = Wanted { cpu_s: &[f64::INFINITY], iterations: Some(200), threads: 1, seed: 1, from: None };
    let found = search(&model, wanted).expect("a plan");
    let plan = PlanForm::new(&model, Some(&form), &found, (1, 1.0));
    assert!((plan.makespan - 15.0).abs() < f64::EPSILON, "{plan:?}");
    let dry: Vec<_> = plan.operations.iter().filter(|o| o.operation == "dry").collect();
    assert_eq!(
        dry.iter().map(|o| (o.machine.clone(), o.start, o.end)).collect::<Vec<_>>(),
        [(None, 2.0, 12.0), (None, 4.0, 14.0)]
    );
}

#[test]
fn what_blocks_holds_its_machine_and_is_told_where_it_cannot() {
    let job = r#"{"name": "J", "operations": [
        {"blocking": true, "modes": [{"machine": "saw", "duration": 2}]}, {"modes": [{"machine": "mill", "duration": 5}]}]}"#;
    let jobs = ["A", "B", "C"].map(|name| job.replace('J', name)).join(", ");
    let text = format!(r#"{{"machines": [{{"name": "saw"}}, {{"name": "mill"}}], "jobs": [{jobs}]}}"#);
    let planned = |text: &str| {
        let form: ModelForm = serde_json::from_str(text).expect("the form");
        let model = form.model().expect("a model");
        let wanted = Wanted { cpu_s: &[f64::INFINITY], iterations: Some(2_000), threads: 1, seed: 1, from: None };
        PlanForm::new(&model, Some(&form), &search(&model, wanted).expect("a plan"), (1, 1.0))
    };
    let plan = planned(&text);
    let mut starts = [Vec::new(), Vec::new()];
    plan.operations.iter().for_each(|o| starts[usize::from(o.operation == "2")].push(o.start));
    // the saw is free when the one before goes to the mill
    assert!((plan.makespan - 17.0).abs() < f64::EPSILON && starts[0][2] >= starts[1][1], "{plan:?}");
    let both = r#"{"name": "D", "operations": [{"blocking": true, "modes": [{"machine": "saw", "duration": 2}]},
        {"after": [], "blocking": true, "modes": [{"machine": "saw", "duration": 3}]},
        {"after": [0, 1], "modes": [{"machine": "mill", "duration": 1}]}]}"#;
    let broken = planned(&text.replace(&jobs, both)).broken;
    let told = "of job `D` stays on its machine until what comes after it has started:";
    assert!(broken.len() == 1 && broken[0].contains(told) && broken[0].ends_with("too early"), "{broken:?}");
}

#[test]
fn transfer_batches_let_the_next_begin_sooner() {
    let text = WORKSHOP.replace(
        r#"{"modes": [{"machine": "saw", "duration": 4}]}"#,
        r#"{"lot": {"quantity": 4, "transfer": 1}, "modes": [{"machine": "saw", "duration": 4}]}"#,
    );
    let form: ModelForm = serde_json::from_str(&text).expect("the form");
    let model = form.model().expect("a model");
    let wanted = Wanted { cpu_s: &[f64::INFINITY], iterations: Some(2_000), threads: 1, seed: 1, from: None };
    let plan = PlanForm::new(&model, Some(&form), &search(&model, wanted).expect("a plan"), (1, 1.0));
    assert!(plan.rules.iter().any(|rule| rule == "lots_passed"), "{plan:?}");
    let text = text.replace(r#""transfer": 1"#, r#""transfer": 5"#);
    let form: ModelForm = serde_json::from_str(&text).expect("the form");
    let refused = form.model().expect_err("a batch larger than all").to_string();
    assert_eq!(refused, "transfer batch of operation 0: found 5, allowed 1 to 4: at most 1000 sub-lots");
}

#[test]
fn levels_are_told_one_by_one() {
    let text = WORKSHOP.replace(r#""jobs": ["#, r#""levels": [["tardiness"], ["makespan"]], "jobs": ["#);
    let form: ModelForm = serde_json::from_str(&text).expect("the form");
    let model = form.model().expect("a model");
    let wanted = Wanted { cpu_s: &[f64::INFINITY], iterations: Some(2_000), threads: 1, seed: 1, from: None };
    let plan = PlanForm::new(&model, Some(&form), &search(&model, wanted).expect("a plan"), (1, 1.0));
    let levels: Vec<_> = plan.levels.iter().map(|l| (l.criteria[0], l.cost, l.bound)).collect();
    // A is on time in any case; both are done by 9, A's mill being free
    assert_eq!(levels, [(CriterionForm::Tardiness, 0.0, 0.0), (CriterionForm::Makespan, 9.0, 9.0)]);
    let text = text.replace(r#"["tardiness"]"#, r#"["tardiness", "flow"]"#);
    let form: ModelForm = serde_json::from_str(&text).expect("the form");
    let refused = form.model().expect_err("nothing costs by flow").to_string();
    assert!(refused.starts_with("levels[0][1]: found `flow`, which costs nothing, allowed a criterion"), "{refused}");
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

#[test]
fn a_proof_has_most_of_the_time_once_the_search_is_stale() {
    // searched, when it last became better, what the proof may have taken
    let table = [
        // half of the time at first
        (0.4, 0.3, 0.4),
        // then a fifth
        (4.0, 3.0, 2.0),
        (4.0, 2.0, 2.0),
        // and ten times what goes beyond twice as long
        (4.0, 1.5, 12.0),
        (0.75, 0.0, 3.25),
    ];
    for (searched, found, share) in table {
        assert!(
            (share_s(searched, found) - share).abs() < 1e-9,
            "{searched} s, better at {found} s: {}",
            share_s(searched, found)
        );
    }
}
