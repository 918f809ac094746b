//! The wizard and hand entry over HTTP: progress, corrections, yes, readings, repeated readings, refusals, audit.

use crate::client::Window;

#[tokio::test]
async fn a_source_is_connected_after_corrections_and_a_yes() {
    let window = Window::open().await;
    let caller = window.caller("engineer").await;
    let begun = caller.post("/api/v1/connect", r#"{"url":"opc.tcp://10.0.0.7:4840","password":"geheim","user":"u"}"#).await;
    assert_eq!((begun.status, begun.json()["phase"].as_str()), (202, Some("looking")), "{}", begun.text());
    let survey = caller.get("/api/v1/connect/1").await.json();
    assert_eq!(survey["machines"][0]["name"], "press-7");
    assert_eq!(survey["machines"][0]["type"], "pressing");
    assert_eq!(survey["machines"][0]["channels"][1]["role"], "power");
    assert_eq!(survey["machines"][0]["channels"][1]["now"], "41.5");
    assert_eq!(survey["machines"][0]["channels"][2]["is_doubtful"], true);
    let yes = r#"{"machines":[{"place":0,"name":"press-a"}],"channels":[{"place":2,"unit":"1","kind":"counter"}],"without":[0]}"#;
    let written = caller.post("/api/v1/connect/1/yes", yes).await;
    assert_eq!((written.status, written.json()["channels"].as_u64()), (200, Some(2)), "{}", written.text());
    let all = window.fake.audited();
    let lines: Vec<&str> = all.iter().map(|l| l.1.as_str()).filter(|w| *w != "sign_in").collect();
    assert_eq!(lines, ["source_looked_at", "source_agreed", "configuration_written"]);
    assert!(all.iter().all(|l| !format!("{l:?}").contains("geheim")), "no password in the audit trail");
}

#[tokio::test]
async fn what_cannot_be_used_is_told_with_its_place() {
    let window = Window::open().await;
    let caller = window.caller("admin").await;
    let table = [
        ("/api/v1/connect", r#"{"url":"10.0.0.7"}"#, 400, "it is not told how to speak to it"),
        ("/api/v1/connect", r#"{"url":""}"#, 400, "body.url"),
        ("/api/v1/connect", r#"{"url":"opc.tcp://x:1","watch_seconds":9000}"#, 400, "0 to 600"),
        ("/api/v1/connect/1/yes", r#"{"channels":[{"place":99}]}"#, 400, "body.channels[0].place"),
        ("/api/v1/connect/1/yes", r#"{"channels":[{"place":0,"role":"king"}]}"#, 400, "body.channels[0].role"),
        ("/api/v1/connect/1/yes", r#"{"channels":[{"place":1,"unit":"furlong"}]}"#, 400, "furlong"),
        ("/api/v1/connect/1/yes", r#"{"without":[0,1,2]}"#, 409, "nothing would be written"),
        ("/api/v1/connect/7/yes", "{}", 404, "survey"),
        ("/api/v1/connect/x/enough", "{}", 404, "survey"),
        ("/api/v1/readings", r#"{"client_id":"short","channel":"washer-1/power","value":1}"#, 400, "body.client_id"),
        ("/api/v1/readings", r#"{"client_id":"long-enough","channel":"washer-1/zork","value":1}"#, 404, "zork"),
        ("/api/v1/readings", r#"{"client_id":"long-enough","channel":"mill-1/power","value":1}"#, 409, "not read by hand"),
        ("/api/v1/readings", r#"{"client_id":"long-enough","channel":"washer-1/power","value":"much"}"#, 400, "a number"),
        ("/api/v1/readings", r#"{"client_id":"long-enough","channel":"washer-1/power","value":1,"at":"noon"}"#, 400, "body.at"),
    ];
    for (path, body, status, words) in table {
        let answer = caller.post(path, body).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.text());
        assert!(answer.text().contains(words), "{path} {body}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_reading_by_hand_is_stored_once_or_refused_with_a_sentence() {
    let window = Window::open().await;
    let caller = window.caller("operator").await;
    let round = caller.get("/api/v1/hand").await.json();
    assert_eq!(round["channels"][0]["id"], "washer-1/power");
    assert_eq!(round["entries"][0]["who"], "mei");
    let reading = r#"{"client_id":"tablet-3-00017","channel":"washer-1/power","value":8.25}"#;
    let first = caller.post("/api/v1/readings", reading).await.json();
    assert_eq!((first["is_stored"].as_bool(), first["is_repeated"].as_bool()), (Some(true), Some(false)));
    let again = caller.post("/api/v1/readings", reading).await.json();
    assert_eq!((again["is_stored"].as_bool(), again["is_repeated"].as_bool()), (Some(true), Some(true)));
    let far = caller.post("/api/v1/readings", &reading.replace("8.25", "8250").replace("17", "18")).await.json();
    assert_eq!((far["is_stored"].as_bool(), far["allowed"].as_str()), (Some(false), Some("0 to 60 kW")));
    assert_eq!(far["reason"], "out_of_range");
}
