//! Everything that changes something is written down, and no secret is.

use crate::client::Window;

#[tokio::test]
async fn every_change_is_in_the_trail() {
    let window = Window::open().await;
    window.sign_in("hunter2-typed-into-name", "whatever it was").await;
    window.sign_in("admin", "wrong password").await;
    let admin = window.caller("admin").await;
    admin.post("/api/v1/users", r#"{"name":"ann","role":"viewer","password":"a secret password"}"#).await;
    admin.post("/api/v1/decisions/decision-6/verdict", r#"{"approved":false,"reason":"guests today"}"#).await;
    admin.post("/api/v1/sql", r#"{"query":"select machine from milling"}"#).await;
    admin.put("/api/v1/session/password", r#"{"current":"admin-password","new":"a fresh password"}"#).await;
    admin.send("DELETE /api/v1/session", "").await;
    let body = format!(r#"{{"token":"{}"}}"#, window.token);
    window.nobody().post("/api/v1/session/one-time", &body).await;

    let audited = window.fake.audited();
    let rows: Vec<_> = audited.iter().map(|(a, b, c, d)| [a.as_str(), b, c, d]).collect();
    let wanted = [
        ["unknown", "sign_in_failed", "127.0.0.1", "password"],
        ["admin", "sign_in_failed", "127.0.0.1", "password"],
        ["admin", "sign_in", "127.0.0.1", "password"],
        ["admin", "user_added", "ann", "viewer"],
        ["admin", "verdict", "decision-6", "rejected: guests today"],
        ["admin", "sql", "history", "select machine from milling"],
        ["admin", "password_changed", "admin", ""],
        ["admin", "sign_out", "", ""],
        ["admin", "sign_in", "127.0.0.1", "one-time token"],
    ];
    assert_eq!(rows, wanted);
    let all = format!("{audited:?}");
    let secrets = ["hunter2", "whatever", "wrong password", "a secret password", "admin-password", "a fresh password"];
    for secret in secrets.iter().chain([&window.token.as_str()]) {
        assert!(!all.contains(secret), "{secret} is in the trail");
    }
}

#[tokio::test]
async fn the_trail_is_read_page_by_page() {
    let window = Window::open().await;
    let caller = window.caller("engineer").await;
    for i in 0..5 {
        caller.post("/api/v1/sql", &format!(r#"{{"query":"select {i}"}}"#)).await;
    }
    let page = caller.get("/api/v1/audit?limit=2").await.json();
    assert_eq!((&page[0]["detail"], &page[1]["detail"]), (&"select 4".into(), &"select 3".into()));
    let next = caller.get(&format!("/api/v1/audit?limit=2&before={}", page[1]["number"])).await.json();
    assert_eq!((&next[0]["detail"], &next[1]["detail"]), (&"select 2".into(), &"select 1".into()));
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_done() {
    let window = Window::open().await;
    let caller = window.caller("engineer").await;
    window.fake.break_audit();
    let table = [
        ("/api/v1/decisions/decision-4/verdict", r#"{"approved":true,"reason":""}"#),
        ("/api/v1/sql", r#"{"query":"select 1"}"#),
        ("/api/v1/session", r#"{"name":"viewer","password":"viewer-password"}"#),
    ];
    for (path, body) in table {
        let answer = caller.post(path, body).await;
        assert_eq!(answer.refusal(), (503, "store_failed".to_owned()), "{path}");
        assert!(!answer.text().contains("/var/lib"), "the reason is for the log: {}", answer.text());
        assert_eq!(answer.header("set-cookie"), None);
    }
    assert_eq!(caller.get("/api/v1/decisions/decision-4").await.json()["state"], "pending");
}
