//! Putting a product together: what goes, what does not and why, price, date, ordering.

use crate::client::Window;
use serde_json::{Value, json};

#[tokio::test]
async fn what_does_not_go_is_told_with_the_rule_and_what_was_chosen() {
    let window = Window::open().await;
    let viewer = window.caller("viewer").await;
    let families = viewer.get("/api/v1/families").await.json();
    assert_eq!(
        families[0]["groups"][0],
        json!({"name": "Material", "options": ["Steel", "Brass"], "least": 1, "most": 1, "under": null})
    );
    let look = |body: Value| {
        let viewer = &viewer;
        async move { viewer.post("/api/v1/families/Plate/look", &body.to_string()).await.json() }
    };
    let found = look(json!({"with": ["Brass"], "quantity": 4})).await;
    let hardened = &found["options"][2];
    assert_eq!(hardened["stand"], "ruled_out");
    let because = json!([{"kind": "rule", "text": "Brass cannot be hardened"}, {"kind": "chosen", "text": "Brass"}]);
    assert_eq!(hardened["because"], because);
    // the other option of the group can still be taken instead
    assert_eq!((&found["options"][0]["stand"], &found["options"][0]["taken"]), (&json!("open"), &json!(false)));
    assert_eq!(found["made"]["price"], json!({"minor": 5_000, "currency": "EUR"}));
    assert_eq!(found["made"]["steps"][0]["instructions"], json!(["Mill Brass"]));
    let found = look(json!({"with": ["Brass", "Hardened"]})).await;
    assert_eq!((found["conflict"].as_array().map(Vec::len), &found["made"]), (Some(3), &Value::Null));
    assert!(found["unmade"].as_str().is_some_and(|why| why.contains("Brass cannot be hardened")), "{found}");
}

#[tokio::test]
async fn what_cannot_be_used_names_place_found_and_allowed() {
    let window = Window::open().await;
    let planner = window.caller("planner").await;
    for (body, place, allowed) in [
        (json!({"with": ["Gold"]}), "body.with", "Steel, Brass, Hardened"),
        (json!({"values": [{"name": "Length", "value": 3}]}), "body.values", ""),
        (json!({"quantity": 101}), "body.quantity", "1 to 100"),
        (json!({"quantity": 0}), "body.quantity", "1 to 100"),
        (json!({"sure": 100}), "body.sure", "50 to 99 %"),
        (json!({"with": vec!["Steel"; 101]}), "body.with", "100 at most"),
    ] {
        let answer = planner.post("/api/v1/families/Plate/promise", &body.to_string()).await;
        let error = &answer.json()["error"];
        assert_eq!((answer.status, &error["place"], &error["allowed"]), (400, &json!(place), &json!(allowed)), "{error}");
    }
    assert_eq!(planner.post("/api/v1/families/Gate/look", "{}").await.status, 404);
    assert_eq!(planner.get("/api/v1/orders/nothing").await.status, 404);
}

#[tokio::test]
async fn an_order_is_taken_at_the_date_that_was_shown_or_not_at_all() {
    let window = Window::open().await;
    let planner = window.caller("planner").await;
    let promise = planner.post("/api/v1/families/Plate/promise", r#"{"sure":80}"#).await.json();
    assert_eq!((&promise["sure"], &promise["operations"]), (&json!(80.0), &json!(12)));
    let order = |key: &str, due: &str| json!({"key": key, "due": due, "configuration": {"with": ["Steel"]}}).to_string();
    let path = "/api/v1/families/Plate/orders";
    let taken = planner.post(path, &order("sent-before", "2126-03-02T06:00:00Z")).await.json();
    assert_eq!(taken, json!({"name": "C-0001", "due": "2126-03-02T06:00:00Z", "is_repeated": true}));
    assert_eq!(planner.post(path, &order("too-early", "2026-03-02T06:00:00Z")).await.status, 409);
    assert_eq!(planner.post(path, &order("short", "2126-03-02T06:00:00Z")).await.json()["error"]["place"], "body.key");
}
