//! What cannot be used, and the exact answer to it.

use crate::client::Window;
use serde_json::{Value, json};

fn error(code: &str, message: &str, place: &str, found: &str, allowed: &str) -> Value {
    json!({ "error": { "code": code, "message": message, "place": place, "found": found, "allowed": allowed } })
}

fn invalid(place: &str, found: &str, allowed: &str) -> Value {
    error("invalid", &format!("`{place}` cannot be used"), place, found, allowed)
}

fn malformed(place: &str, found: &str) -> Value {
    error("malformed", "the body is not JSON", place, found, "one JSON object")
}

#[tokio::test]
async fn a_bad_body_is_named_by_place_found_and_allowed() {
    let window = Window::open().await;
    let admin = window.caller("admin").await;
    let long = "x".repeat(129);
    let users = "POST /api/v1/users";
    let session = "POST /api/v1/session";
    let password = "PUT /api/v1/session/password";
    let verdict = "POST /api/v1/decisions/decision-4/verdict";
    let sql = "POST /api/v1/sql";
    let person = |name: &str, role: &str, password: &str| json!({"name": name, "role": role, "password": password}).to_string();
    let roles = "viewer, operator, planner, engineer, admin";
    let table = [
        (session, String::new(), malformed("body, line 1, column 0", "EOF while parsing a value")),
        (session, "{".to_owned(), malformed("body, line 1, column 1", "EOF while parsing an object")),
        (session, "not json".to_owned(), malformed("body, line 1, column 2", "expected ident")),
        (session, "{\n \"name\": }".to_owned(), malformed("body, line 2, column 10", "expected value")),
        (
            session,
            r#"{"name":"a","password":"b"} trailing"#.to_owned(),
            malformed("body, line 1, column 29", "trailing characters"),
        ),
        (session, "[]".to_owned(), invalid("body", "invalid length 0", "struct SignIn with 2 elements")),
        (session, "5".to_owned(), invalid("body", "integer `5`", "struct SignIn")),
        (session, r#"{"name":"a"}"#.to_owned(), invalid("body.password", "nothing", "a value")),
        (session, r#"{"name":5,"password":"b"}"#.to_owned(), invalid("body.name", "integer `5`", "a string")),
        (session, r#"{"name":null,"password":"b"}"#.to_owned(), invalid("body.name", "null", "a string")),
        (
            session,
            r#"{"name":"a","password":"b","x":1}"#.to_owned(),
            invalid("body.x", "unknown field `x`", "`name` or `password`"),
        ),
        (session, r#"{"name":"","password":"b"}"#.to_owned(), invalid("body.name", "0 characters", "1 to 64 characters")),
        (
            session,
            json!({"name": "a", "password": long}).to_string(),
            invalid("body.password", "129 characters", "1 to 128 characters"),
        ),
        (users, person("Ann", "viewer", "long enough pw"), invalid("body.name", "`A`", "a-z, 0-9, ., _, -")),
        (users, person("a b", "viewer", "long enough pw"), invalid("body.name", "` `", "a-z, 0-9, ., _, -")),
        (users, person("ann", "root", "long enough pw"), invalid("body.role", "root", roles)),
        (users, person("ann", "viewer", "short"), invalid("body.password", "5 characters", "12 to 128 characters")),
        (password, json!({"new": "short"}).to_string(), invalid("body.new", "5 characters", "12 to 128 characters")),
        (password, json!({"new": "long enough pw"}).to_string(), invalid("body.current", "nothing", "the password in force")),
        (verdict, json!({"approved": "yes", "reason": ""}).to_string(), invalid("body.approved", "a string", "a boolean")),
        (
            verdict,
            json!({"approved": false, "reason": "  "}).to_string(),
            invalid("body.reason", "0 characters", "1 to 500 characters"),
        ),
        (
            verdict,
            json!({"approved": true, "reason": "é".repeat(501)}).to_string(),
            invalid("body.reason", "501 characters", "0 to 500 characters"),
        ),
        (sql, json!({"query": ""}).to_string(), invalid("body.query", "0 characters", "1 to 65536 characters")),
    ];
    for (line, body, wanted) in table {
        let answer = admin.send(line, &body).await;
        assert_eq!((answer.status, answer.json()), (400, wanted), "{line} {body}");
    }
    assert_eq!(admin.get("/api/v1/session").await.status, 200, "still answering");
}

#[tokio::test]
async fn a_bad_question_is_named_by_place_found_and_allowed() {
    let window = Window::open().await;
    let caller = window.caller("admin").await;
    let series = "machines/mill-1/channels/power/series";
    let (rfc, range) = ("RFC 3339 such as 2026-03-02T06:00:00Z", "before 2026-03-02T05:00:00Z");
    let states = "pending, approved, rejected, advised, lapsed, running, done, rolled_back, refused";
    let table = [
        (format!("{series}?points=0"), invalid("query.points", "0", "1 to 2000")),
        (format!("{series}?points=2001"), invalid("query.points", "2001", "1 to 2000")),
        (format!("{series}?points=-1"), invalid("query.points", "-1", "a whole number")),
        (format!("{series}?from=yesterday"), invalid("query.from", "yesterday", rfc)),
        (
            format!("{series}?from=2026-03-02T06:00:00Z&to=2026-03-02T05:00:00Z"),
            invalid("query.from", "2026-03-02T06:00:00Z", range),
        ),
        ("machines/mill-1/buckets?channels=power&width_s=0".to_owned(), invalid("query.width_s", "0", "1 to 31536000")),
        (
            "machines/mill-1/buckets?channels=power&functions=median".to_owned(),
            invalid("query.functions", "median", "mean, min, max, first, last, count, delta, time_weighted_mean"),
        ),
        ("machines/mill-1/timeline?hours=25".to_owned(), invalid("query.hours", "25", "1 to 24")),
        ("losses?scope=order".to_owned(), invalid("query.scope", "order", "unit, line, machine")),
        ("kpis?scope=galaxy".to_owned(), invalid("query.scope", "galaxy", "unit, line, machine, order, team, shift")),
        ("findings?open=perhaps".to_owned(), invalid("query.open", "perhaps", "true or false")),
        ("findings?limit=501".to_owned(), invalid("query.limit", "501", "1 to 500")),
        ("findings?colour=red".to_owned(), invalid("query.colour", "unknown field `colour`", "`open` or `limit`")),
        ("decisions?state=maybe".to_owned(), invalid("query.state", "maybe", states)),
        ("decisions?before=soon".to_owned(), invalid("query.before", "soon", rfc)),
        ("audit?before=first".to_owned(), invalid("query.before", "first", "a whole number")),
    ];
    for (path, wanted) in table {
        let answer = caller.get(&format!("/api/v1/{path}")).await;
        assert_eq!((answer.status, answer.json()), (400, wanted), "{path}");
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_told_or_not_told_its_size() {
    let window = Window::open().await;
    let caller = window.caller("engineer").await;
    let wanted = error("too_large", "the body is larger than 65536 bytes", "body", "more", "at most 65536 bytes");
    let body = format!(r#"{{"query":"{}"}}"#, "x".repeat(70_000));
    let told = caller.post("/api/v1/sql", &body).await;
    assert_eq!((told.status, told.json()), (413, wanted.clone()));
    let chunk = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let request = format!(
        "POST /api/v1/sql HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncookie: {}\r\nx-csrf-token: {}\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n{chunk}",
        window.address, caller.cookie, caller.csrf
    );
    let untold = crate::client::raw(window.address, request.as_bytes()).await;
    assert_eq!((untold.status, untold.json()), (413, wanted));
    let just = format!(r#"{{"query":"select '{}'"}}"#, "x".repeat(16_000));
    assert_eq!(caller.post("/api/v1/sql", &just).await.status, 200);
}
