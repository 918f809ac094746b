//! A worker's place and changes of the schedule over HTTP: what is shown, what is taken once, what is refused and where.

use crate::client::Window;

#[tokio::test]
async fn a_place_shows_what_it_takes_and_what_is_next() {
    let window = Window::open().await;
    let caller = window.caller("operator").await;
    let all = caller.get("/api/v1/stations").await.json();
    let washer = all.as_array().expect("a list").iter().find(|s| s["machine"] == "washer-1").expect("the washer");
    assert_eq!(washer["takes"], serde_json::json!(["start", "good"]));
    let place = caller.get("/api/v1/stations/washer-1").await.json();
    assert_eq!((&place["machine"], &place["takes"]), (&washer["machine"], &washer["takes"]));
    let task = &place["tasks"][0];
    assert_eq!(task["instructions"][0], "Clamp the blank against the left stop");
    assert_eq!(caller.get("/api/v1/stations/zork").await.status, 404);
}

#[tokio::test]
async fn a_report_is_taken_once_and_a_wrong_one_names_its_place() {
    let window = Window::open().await;
    let caller = window.caller("operator").await;
    let path = "/api/v1/stations/washer-1/reports";
    let good = r#"{"tablet":"tablet-0001","number":1,"at":"2026-03-02T06:00:00Z","what":"good","quantity":3}"#;
    for is_repeated in [false, true] {
        let answer = caller.post(path, good).await;
        assert_eq!((answer.status, &answer.json()["is_repeated"]), (200, &serde_json::json!(is_repeated)));
    }
    let table = [
        (r#""number":0,"what":"stop""#, 400, "body.number"),
        (r#""number":2,"what":"dance""#, 400, "body.what"),
        (r#""number":2,"what":"good""#, 400, "body.quantity"),
        (r#""number":2,"what":"good","quantity":0"#, 400, "body.quantity"),
        (r#""number":2,"what":"start""#, 400, "body.order"),
        (r#""number":2,"what":"start","order":"zork""#, 404, "zork"),
        (r#""number":2,"what":"problem""#, 400, "body.cause"),
        (r#""number":2,"what":"stop""#, 409, "not by hand"),
    ];
    for (part, status, said) in table {
        let body = format!(r#"{{"tablet":"tablet-0001","at":"2026-03-02T06:00:00Z",{part}}}"#);
        let answer = caller.post(path, &body).await;
        assert!(answer.status == status && answer.text().contains(said), "{part}: {} {}", answer.status, answer.text());
    }
}

#[tokio::test]
async fn a_part_of_the_schedule_is_smaller_and_knows_the_whole() {
    let window = Window::open().await;
    let caller = window.caller("planner").await;
    let whole = caller.get("/api/v1/schedule").await.json();
    let all = whole["tasks"].as_array().expect("tasks");
    let to = all[all.len() / 2]["from"].as_str().expect("an instant").to_owned();
    let part = caller.get(&format!("/api/v1/schedule?to={to}")).await.json();
    let shown = part["tasks"].as_array().expect("tasks");
    assert!(shown.len() < all.len() && !shown.is_empty(), "{} of {}", shown.len(), all.len());
    assert_eq!(part["tasks_all"], serde_json::json!(all.len()));
    assert_eq!(caller.get("/api/v1/schedule?to=noon").await.status, 400);
    assert_eq!(caller.get(&format!("/api/v1/schedule?from={to}&to={to}")).await.status, 400);
}

#[tokio::test]
async fn a_change_that_cannot_be_says_why_and_one_that_is_unknown_is_refused() {
    let window = Window::open().await;
    let caller = window.caller("planner").await;
    let whole = caller.get("/api/v1/schedule").await.json();
    let task = whole["tasks"].as_array().expect("tasks").iter().find(|t| t["running"] == false).expect("a planned task").clone();
    let body = |machine: &str| {
        serde_json::json!({"order": task["order"], "step": task["step"], "machine": machine, "from": "2001-01-01T00:00:00Z"})
            .to_string()
    };
    let machine = task["machine"].as_str().expect("a name");
    let tried = caller.post("/api/v1/schedule/changes", &body(machine)).await.json();
    assert_eq!(
        (&tried["hindrance"]["reason"], &tried["kept"], &tried["after"]),
        (&"frozen".into(), &false.into(), &serde_json::Value::Null)
    );
    assert_eq!(caller.post("/api/v1/schedule/changes", &body("zork")).await.status, 404);
}
