//! Every route does what it promises.

use crate::client::{Caller, Window};
use serde_json::Value;

/// The answer's body at a JSON pointer.
async fn at(caller: &Caller, path: &str, pointer: &str) -> Value {
    let answer = caller.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json().pointer(pointer).unwrap_or_else(|| panic!("{path} has no {pointer}")).clone()
}

/// Path, where in the answer, what is there.
const SEEN: &[(&str, &str, &str)] = &[
    ("unit", "/site", "\"Musterteile Werk 1\""),
    ("unit", "/accounting", r#"{"accepted":3000046,"stored":2999988,"refused":46,"in_flight":12}"#),
    ("unit", "/counts", r#"{"finding":7,"forecast":6,"decision":15,"command":8,"outcome":4,"revision":1}"#),
    ("unit", "/findings_open", "5"),
    ("unit", "/decisions_pending", "4"),
    ("unit", "/lines/1/machines", r#"["mill-3","lathe-2","inspection-1","packer-1"]"#),
    ("unit", "/machines/6/name", "\"compressor-1\""),
    ("unit", "/machines/6/line", "null"),
    ("unit", "/gains/0/metric", "\"energy_saved\""),
    ("unit", "/gains/0/measured", r#"{"value":2.9,"low":2.5,"high":3.3,"confidence":0.9}"#),
    ("unit", "/latest/0/id", "\"outcome-1\""),
    ("unit", "/latest/19/kind", "\"finding\""),
    ("machines", "/9/kind", "\"packing\""),
    ("machines/lathe-2", "/findings/0/cause", "\"bearing_wear\""),
    ("machines/lathe-2", "/forecasts/0/kind", "\"remaining_life\""),
    ("machines/lathe-2", "/decisions/0/state", "\"pending\""),
    ("machines/lathe-2", "/profile/failure", "\"forecast-1\""),
    ("machines/lathe-2", "/baselines/0/version", "2"),
    ("machines/lathe-2", "/baselines/1/learning", r#"{"have":290.0,"of":720.0,"counted":"minutes"}"#),
    ("machines/lathe-2", "/baselines/2/of", "\"producing\""),
    (
        "machines/mill-3",
        "/baselines/0/unused",
        r#""it was learned from channel `heat`, which is not in the configuration any more""#,
    ),
    ("machines/lathe-2", "/channels/2/range", "[0.0,60.0]"),
    ("machines/lathe-2", "/channels/7/quality", "\"uncertain\""),
    ("machines/lathe-2", "/channels/9/value", "null"),
    ("machines/lathe-2", "/channels/11/writable", "true"),
    ("machines/mill-1/channels/power/series?points=7", "/points/6/count", "12"),
    ("machines/mill-1/channels/power/series?points=7", "/words", "[]"),
    ("machines/mill-1/channels/state/series?points=7", "/points", "[]"),
    ("machines/mill-1/buckets?channels=power&functions=mean,delta,time_weighted_mean&width_s=3600", "/0/unit", "\"kW\""),
    ("machines/mill-1/buckets?channels=power,good&functions=count&width_s=3600", "/1/values/count/7", "12.0"),
    ("last?machine=mill-1&channel=power", "/0/channel", "\"power\""),
    ("last?type=packing", "/0/machine", "\"packer-1\""),
    ("kpis", "/0/scope", "\"unit\""),
    ("kpis?scope=line", "/1/name", "\"line-b\""),
    ("kpis?scope=machine", "/9/name", "\"packer-1\""),
    ("kpis?scope=order", "/5/name", "\"A-1045\""),
    ("kpis?scope=team", "/2/name", "\"night\""),
    ("losses", "/0/losses/5/loss", "\"start_up\""),
    ("losses?scope=machine", "/9/stops/2/cause", "\"E-104 coolant low\""),
    ("energy", "/machines/0/excess/1/waste", "\"draw\""),
    ("energy", "/machines/0/unjudged_kwh", "0.5"),
    ("kpis?scope=shift", "/0/scope", "\"shift\""),
    ("kpis?scope=shift", "/0/revised", "[]"),
    ("kpis?scope=shift", "/1/revised/0/before", "0.612"),
    ("kpis?scope=shift", "/1/revised/1/revision", "\"revision-1\""),
    ("revisions", "/0/revised/2/name", "\"mill-1\""),
    ("revisions?limit=1", "/0/because/0/readings/channel", "\"good\""),
    ("records/revision-1/walk", "/record/body/late", "1240"),
    ("records/revision-1/walk", "/because/1/readings/channel", "\"state\""),
    ("outlook", "/0/kind", "\"energy_use\""),
    ("outlook", "/0/unit", "\"kW.h\""),
    ("outlook", "/0/forecast/machine", "null"),
    ("outlook", "/0/forecast/course/step_s", "900.0"),
    ("outlook", "/0/fared/steps", "48"),
    ("outlook", "/0/version", "1"),
    ("outlook", "/0/contests/0/swapped", "false"),
    ("outlook", "/0/came/95", "null"),
    ("outlook", "/1/days_needed", "18"),
    ("outlook", "/1/forecast", "null"),
    ("outlook/models", "/0/kind", "\"remaining_life\""),
    ("outlook/models", "/0/part", "\"tool\""),
    ("outlook/models", "/0/version", "2"),
    ("outlook/models", "/0/fared/count", "212"),
    ("outlook/models", "/0/contests/0/swapped", "true"),
    ("forecasts", "/6/kind", "\"energy_use\""),
    ("findings?open=true&limit=2", "/1/ended", "null"),
    ("findings?open=false", "/1/cause", "\"error_pattern\""),
    ("records/finding-1/walk", "/record/body/similar/0/finding", "\"finding-5\""),
    ("records/finding-1/walk", "/record/body/similar/0/cause", "\"idle_energy\""),
    ("records/finding-1/walk", "/record/body/similar/0/note", "\"the loader had left the door open\""),
    ("records/finding-1/walk", "/record/body/similar/0/decision", "\"decision-14\""),
    ("records/finding-1/walk", "/record/body/similar/0/action/do", "\"speed\""),
    ("records/finding-2/walk", "/record/body/similar", "[]"),
    ("forecasts", "/4/order", "\"A-1043\""),
    ("decisions?state=done", "/3/id", "\"decision-15\""),
    ("decisions?limit=1", "/0/state", "\"pending\""),
    ("decisions/decision-9", "/verdict/by", "\"mei\""),
    ("decisions/decision-12", "/commands/0/detail", "\"BadNotWritable\""),
    ("decisions/decision-12", "/commands/1/state", "\"timed_out\""),
    ("decisions/decision-1", "/outcome/measured/value/value", "2.9"),
    ("decisions/decision-3", "/approver", "\"engineer\""),
    ("decisions/decision-3", "/action", r#"{"do":"service","value":"bearing"}"#),
    ("decisions/decision-4", "/action", r#"{"do":"speed","value":92.0}"#),
    ("decisions/decision-5", "/action", r#"{"do":"run","value":"A-1046"}"#),
    ("decisions/decision-6", "/action", r#"{"do":"standby","value":null}"#),
    ("decisions/decision-6", "/rejected/0/action", "null"),
    ("records/outcome-1/walk", "/record/body/id", "\"outcome-1\""),
    ("records/outcome-1/walk", "/because/0/record/id", "\"decision-1\""),
    ("records/outcome-1/walk", "/because/0/because/0/record/id", "\"forecast-4\""),
    ("records/outcome-1/walk", "/because/0/because/0/because/0/readings/unit", "\"mm/s\""),
    ("records/forecast-5/walk", "/because/1/order/name", "\"A-1043\""),
    ("energy", "/machines/6/waste/1/cause", "\"air_leak\""),
    ("orders", "/0/state", "\"done\""),
    ("orders", "/3/expected_done/confidence", "0.9"),
    ("data", "/sources/1/refused", r#"{"duplicate":41}"#),
    ("data", "/sources/2/last_error", "\"no answer in 5 s\""),
    ("data", "/refused/4/reason", "\"not_finite\""),
    ("data", "/store/history_files", "42"),
    ("data", "/stale/0/machine", "\"inspection-1\""),
    ("audit", "/0/what", "\"sign_in\""),
    ("users", "/4/role", "\"admin\""),
    ("session", "/name", "\"admin\""),
    ("openapi.json", "/openapi", "\"3.1.0\""),
];

#[tokio::test]
async fn what_can_be_seen() {
    let window = Window::open().await;
    let caller = window.caller("admin").await;
    for (path, pointer, wanted) in SEEN {
        let wanted: Value = serde_json::from_str(wanted).expect("JSON");
        assert_eq!(at(&caller, &format!("/api/v1/{path}"), pointer).await, wanted, "{path} {pointer}");
    }
    assert_eq!(at(&caller, "/health", "/status").await, "ok");
    assert!(caller.get("/metrics").await.text().contains("socium_readings_accepted_total 1000000"));
}

#[tokio::test]
async fn a_timeline_is_cut_to_the_hours_asked_for_and_has_no_gap() {
    let window = Window::open().await;
    let caller = window.caller("viewer").await;
    let instant = |v: &Value| v.as_str().and_then(|t| t.parse::<measure::Instant>().ok()).expect("an instant");
    let stretches = at(&caller, "/api/v1/machines/mill-1/timeline?hours=3", "").await;
    let stretches = stretches.as_array().expect("a list");
    let (first, last) = (&stretches[0], &stretches[stretches.len() - 1]);
    assert_eq!((instant(&last["to"]) - instant(&first["from"])).hours(), 3.0);
    assert!(stretches.windows(2).all(|pair| pair[0]["to"] == pair[1]["from"] && pair[0]["state"] != pair[1]["state"]));
}

#[tokio::test]
async fn what_a_person_found_is_carried_to_the_house() {
    let window = Window::open().await;
    let caller = window.caller("operator").await;
    let path = "/api/v1/findings/finding-1/confirmation";
    let answer = caller.post(path, r#"{"right":false,"cause":"tool_wear","note":" the insert was chipped "}"#).await;
    let finding = answer.json();
    assert_eq!((answer.status, &finding["id"]), (200, &Value::from("finding-1")), "{finding}");
    let told = &finding["confirmation"];
    assert_eq!((&told["by"], &told["right"], &told["cause"]), (&"operator".into(), &false.into(), &"tool_wear".into()));
    assert_eq!(told["note"], "the insert was chipped");
    let wrong = caller.post(path, r#"{"right":false,"cause":"gremlins"}"#).await;
    assert_eq!(wrong.refusal(), (400, "invalid".to_owned()));
    assert_eq!((&wrong.json()["error"]["place"], &wrong.json()["error"]["found"]), (&"body.cause".into(), &"gremlins".into()));
    let gone = caller.post("/api/v1/findings/finding-999/confirmation", r#"{"right":true}"#).await;
    assert_eq!(gone.refusal().0, 404);
}

#[tokio::test]
async fn a_verdict_is_carried_to_the_house_and_can_be_given_once() {
    let window = Window::open().await;
    let caller = window.caller("operator").await;
    let path = "/api/v1/decisions/decision-4/verdict";
    let answer = caller.post(path, r#"{"approved":true,"reason":"go on"}"#).await;
    let decision = answer.json();
    assert_eq!((answer.status, &decision["state"]), (200, &Value::from("running")), "{decision}");
    assert_eq!(decision["verdict"]["by"], "operator");
    assert_eq!(decision["verdict"]["reason"], "go on");
    assert_eq!(decision["commands"][0]["state"], "sent");
    let again = caller.post(path, r#"{"approved":false,"reason":"changed my mind"}"#).await;
    assert_eq!(again.refusal(), (409, "conflict".to_owned()));
    assert_eq!(again.json()["error"]["found"], "running");
    let no = caller.post("/api/v1/decisions/decision-6/verdict", r#"{"approved":false,"reason":" later "}"#).await;
    assert_eq!((no.json()["state"].clone(), no.json()["verdict"]["reason"].clone()), ("rejected".into(), "later".into()));
}

#[tokio::test]
async fn a_person_is_added_and_signs_in() {
    let window = Window::open().await;
    let admin = window.caller("admin").await;
    let person = r#"{"name":"li.wei","role":"planner","password":"twelve chars"}"#;
    let added = admin.post("/api/v1/users", person).await;
    assert_eq!((added.status, added.json()["role"].clone()), (201, "planner".into()));
    assert_eq!(admin.post("/api/v1/users", person).await.refusal(), (409, "conflict".to_owned()));
    assert_eq!(window.sign_in("li.wei", "twelve chars").await.json()["role"], "planner");
}

#[tokio::test]
async fn sql_answers_with_a_table_or_says_why_not() {
    let window = Window::open().await;
    let caller = window.caller("engineer").await;
    let table = caller.post("/api/v1/sql", r#"{"query":"select * from milling"}"#).await.json();
    assert_eq!((&table["columns"][0], &table["rows"][1][0]), (&"machine".into(), &"mill-2".into()));
    let refused = caller.post("/api/v1/sql", r#"{"query":"drop table milling"}"#).await;
    assert_eq!(refused.json()["error"]["message"], "only SELECT is allowed");
    let host = caller.address.to_string();
    let headers = |accept| {
        [
            ("host", host.as_str()),
            ("cookie", caller.cookie.as_str()),
            ("x-csrf-token", caller.csrf.as_str()),
            ("content-type", "application/json"),
            ("accept", accept),
        ]
    };
    let body = r#"{"query":"select * from milling"}"#;
    let csv = caller.bare("POST /api/v1/sql", &headers("text/csv"), body).await;
    assert_eq!((csv.header("content-type"), csv.text().as_str()), (Some("text/csv"), "machine,energy\n"));
    let picture = caller.bare("POST /api/v1/sql", &headers("image/png"), body).await;
    assert_eq!(picture.refusal(), (406, "not_acceptable".to_owned()));
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let window = Window::open().await;
    let caller = window.caller("viewer").await;
    let table = [
        ("machines/mill-9", "machine `mill-9` is not known here"),
        ("machines/mill-9/timeline", "machine `mill-9` is not known here"),
        ("machines/mill-1/channels/colour/series", "channel `mill-1/colour` is not known here"),
        ("decisions/decision-99", "record `decision-99` is not known here"),
        ("decisions/finding-1", "decision `finding-1` is not known here"),
        ("records/finding-99/walk", "record `finding-99` is not known here"),
        ("records/nonsense/walk", "record `nonsense` is not known here"),
        ("nothing", "path `/api/v1/nothing` is not known here"),
    ];
    for (path, message) in table {
        let answer = caller.get(&format!("/api/v1/{path}")).await;
        assert_eq!(answer.refusal(), (404, "unknown".to_owned()), "{path}");
        assert_eq!(answer.json()["error"]["message"], message);
    }
}

#[tokio::test]
async fn what_is_no_longer_in_view_comes_from_the_store() {
    let window = Window::open().await;
    let caller = window.caller("viewer").await;
    let one = at(&caller, "/api/v1/decisions/decision-901", "").await;
    assert_eq!((&one["commands"][0]["id"], &one["outcome"]["id"]), (&"command-901".into(), &"outcome-901".into()));
    let done = at(&caller, "/api/v1/decisions?state=done", "").await;
    let last = done.as_array().and_then(|list| list.last()).expect("a decision");
    assert_eq!((&last["id"], &last["outcome"]["id"]), (&"decision-901".into(), &"outcome-901".into()));
    assert_eq!(done[0]["outcome"]["id"], "outcome-1", "those in view keep theirs");
    let before = one["at"].as_str().expect("an instant");
    assert_eq!(at(&caller, &format!("/api/v1/decisions?before={before}"), "").await, serde_json::json!([]));
}

#[tokio::test]
async fn a_walk_is_bounded_in_depth_and_size_and_says_where_it_was_cut() {
    let window = Window::open().await;
    let caller = window.caller("viewer").await;
    let unknown = at(&caller, "/api/v1/records/outcome-901/walk", "/because/0/because/0/cut").await;
    assert_eq!(unknown, serde_json::json!({"id": "finding-9999", "reason": "unknown"}));
    // finding-922 rests on 921, and so on down to 911: eight are walked
    let deep = at(&caller, "/api/v1/records/finding-922/walk", &"/because/0".repeat(8)).await;
    assert_eq!(deep, serde_json::json!({"cut": {"id": "finding-914", "reason": "depth"}}));
    let wide = at(&caller, "/api/v1/records/finding-930/walk", "/because").await;
    let reasons: Vec<_> = wide.as_array().expect("a list").iter().map(|step| step["cut"]["reason"].clone()).collect();
    let (walked, cut) = (reasons.iter().filter(|r| r.is_null()).count(), reasons.iter().filter(|r| *r == "size").count());
    assert_eq!((walked, cut), (199, 101));
}
