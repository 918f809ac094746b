//! Who may do what, as one table of every route and every role.

use crate::client::{Caller, Window};

const ROLES: [&str; 6] = ["", "viewer", "operator", "planner", "engineer", "admin"];

/// Route, body, and the status for nobody, viewer, operator, planner, engineer, admin.
const MATRIX: &[(&str, &str, &str, [u16; 6])] = &[
    ("GET /api/v1/audit", "", "", [401, 403, 403, 403, 200, 200]),
    ("GET /api/v1/connect", "", "", [401, 403, 403, 403, 200, 200]),
    ("POST /api/v1/connect", "", "{}", [401, 403, 403, 403, 400, 400]),
    ("DELETE /api/v1/connect/{id}", "9", "", [401, 403, 403, 403, 404, 404]),
    ("GET /api/v1/connect/{id}", "1", "", [401, 403, 403, 403, 200, 200]),
    ("POST /api/v1/connect/{id}/enough", "1", "", [401, 403, 403, 403, 200, 200]),
    ("POST /api/v1/connect/{id}/yes", "9", "{}", [401, 403, 403, 403, 404, 404]),
    ("GET /api/v1/data", "", "", [401, 200, 200, 200, 200, 200]),
    ("GET /api/v1/decisions", "", "", [401, 200, 200, 200, 200, 200]),
    ("GET /api/v1/decisions/{id}", "decision-1", "", [401, 200, 200, 200, 200, 200]),
    // decision-1 is done, so whoever may judge meets the conflict
    ("POST /api/v1/decisions/{id}/verdict", "decision-1", r#"{"approved":true,"reason":""}"#, [401, 403, 409, 409, 409, 409]),
    ("GET /api/v1/energy", "", "", [401, 200, 200, 200, 200, 200]),
    ("GET /api/v1/families", "", "", [401, 200, 200, 200, 200, 200]),
    ("POST /api/v1/families/{name}/look", "Plate", "{}", [401, 200, 200, 200, 200, 200]),
    ("POST /api/v1/families/{name}/orders", "Plate", "{}", [401, 403, 403, 400, 400, 400]),
    ("POST /api/v1/families/{name}/promise", "Plate", "{}", [401, 200, 200, 200, 200, 200]),
    ("GET /api/v1/findings", "", "", [401, 200, 200, 200, 200, 200]),
    ("GET /api/v1/forecasts", "", "", [401, 200, 200, 200, 200, 200]),
    ("GET /api/v1/hand", "", "", [401, 403, 200, 200, 200, 200]),
    ("GET /api/v1/kpis", "", "", [401, 200, 200, 200, 200, 200]),
    ("GET /api/v1/last", "", "", [401, 200, 200, 200, 200, 200]),
    ("GET /api/v1/machines", "", "", [401, 200, 200, 200, 200, 200]),
    ("GET /api/v1/machines/{name}", "mill-1", "", [401, 200, 200, 200, 200, 200]),
    // no channel is named, so whoever may ask is told so
    ("GET /api/v1/machines/{name}/buckets", "mill-1", "", [401, 400, 400, 400, 400, 400]),
    ("GET /api/v1/machines/{name}/channels/{channel}/series", "mill-1 power", "", [401, 200, 200, 200, 200, 200]),
    ("GET /api/v1/machines/{name}/timeline", "mill-1", "", [401, 200, 200, 200, 200, 200]),
    ("GET /api/v1/openapi.json", "", "", [200, 200, 200, 200, 200, 200]),
    ("POST /api/v1/findings/{id}/confirmation", "finding-1", r#"{"right":true}"#, [401, 403, 200, 200, 200, 200]),
    ("GET /api/v1/orders", "", "", [401, 200, 200, 200, 200, 200]),
    ("GET /api/v1/orders/{name}", "A-1045", "", [401, 200, 200, 200, 200, 200]),
    ("GET /api/v1/outlook", "", "", [401, 200, 200, 200, 200, 200]),
    ("GET /api/v1/outlook/models", "", "", [401, 200, 200, 200, 200, 200]),
    ("GET /api/v1/schedule", "", "", [401, 200, 200, 200, 200, 200]),
    ("POST /api/v1/schedule/changes", "", "{}", [401, 403, 403, 400, 400, 400]),
    ("GET /api/v1/losses", "", "", [401, 200, 200, 200, 200, 200]),
    ("POST /api/v1/readings", "", "{}", [401, 403, 400, 400, 400, 400]),
    ("GET /api/v1/records/{id}/walk", "finding-1", "", [401, 200, 200, 200, 200, 200]),
    ("GET /api/v1/revisions", "", "", [401, 200, 200, 200, 200, 200]),
    ("GET /api/v1/session", "", "", [401, 200, 200, 200, 200, 200]),
    ("POST /api/v1/session", "", "{}", [400, 400, 400, 400, 400, 400]),
    ("POST /api/v1/session/one-time", "", "{}", [400, 400, 400, 400, 400, 400]),
    ("PUT /api/v1/session/password", "", "{}", [401, 400, 400, 400, 400, 400]),
    ("POST /api/v1/sql", "", r#"{"query":"select 1"}"#, [401, 403, 403, 403, 200, 200]),
    ("GET /api/v1/stations", "", "", [401, 403, 200, 200, 200, 200]),
    ("GET /api/v1/stations/{name}", "mill-1", "", [401, 403, 200, 200, 200, 200]),
    ("POST /api/v1/stations/{name}/reports", "washer-1", "{}", [401, 403, 400, 400, 400, 400]),
    ("GET /api/v1/unit", "", "", [401, 200, 200, 200, 200, 200]),
    ("POST /api/v1/unit/restart", "", "", [401, 403, 403, 403, 202, 202]),
    ("GET /api/v1/users", "", "", [401, 403, 403, 403, 403, 200]),
    ("POST /api/v1/users", "", "{}", [401, 403, 403, 403, 403, 400]),
    ("GET /health", "", "", [200, 200, 200, 200, 200, 200]),
    ("GET /metrics", "", "", [200, 200, 200, 200, 200, 200]),
    // the last, because it ends the sessions
    ("DELETE /api/v1/session", "", "", [401, 204, 204, 204, 204, 204]),
];

/// A route with its names filled in.
fn filled(route: &str, names: &str) -> String {
    let mut names = names.split(' ');
    let part = |part: &str| if part.starts_with('{') { names.next().expect("a name").to_owned() } else { part.to_owned() };
    route.split('/').map(part).collect::<Vec<_>>().join("/")
}

async fn callers(window: &Window) -> Vec<Caller> {
    let mut all = vec![window.nobody()];
    for role in &ROLES[1..] {
        all.push(window.caller(role).await);
    }
    all
}

#[tokio::test]
async fn every_route_and_every_role() {
    let window = Window::open().await;
    let callers = callers(&window).await;
    for (route, names, body, wanted) in MATRIX {
        for ((caller, role), status) in callers.iter().zip(ROLES).zip(wanted) {
            let answer = caller.send(&filled(route, names), body).await;
            assert_eq!(answer.status, *status, "{route} as `{role}`: {}", answer.text());
        }
    }
}

#[test]
fn the_matrix_names_every_route_but_the_live_stream() {
    let mut tested: Vec<&str> = MATRIX.iter().map(|row| row.0).collect();
    tested.push("GET /api/v1/live");
    let mut routes: Vec<String> = web::ROUTES.iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    tested.sort_unstable();
    routes.sort_unstable();
    assert_eq!(tested, routes);
}

#[test]
fn the_description_names_every_route() {
    let api = serde_json::to_value(web::api::openapi()).expect("JSON");
    let paths = api["paths"].as_object().expect("paths");
    let described = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("methods").keys();
        methods.map(move |method| format!("{} {path}", method.to_uppercase())).collect::<Vec<_>>()
    });
    let mut described: Vec<String> = described.collect();
    let mut routes: Vec<String> = web::ROUTES.iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    described.sort_unstable();
    routes.sort_unstable();
    assert_eq!(described, routes);
}

#[tokio::test]
async fn a_verdict_needs_the_role_that_the_policy_names() {
    let window = Window::open().await;
    let callers = callers(&window).await;
    // decision that waits, least role by its policy; a 400 says that the role was high enough and the reason was missing
    let table = [
        ("decision-3", "engineer", [401, 403, 403, 403, 400, 400]),
        ("decision-4", "operator", [401, 403, 400, 400, 400, 400]),
        ("decision-5", "planner", [401, 403, 403, 400, 400, 400]),
        ("decision-6", "operator", [401, 403, 400, 400, 400, 400]),
    ];
    for (decision, least, wanted) in table {
        for ((caller, role), status) in callers.iter().zip(ROLES).zip(wanted) {
            let path = format!("/api/v1/decisions/{decision}/verdict");
            let answer = caller.post(&path, r#"{"approved":false,"reason":""}"#).await;
            assert_eq!(answer.status, status, "{decision} as `{role}`: {}", answer.text());
            if status == 403 && role != "viewer" {
                let message = format!("this needs the role {least} or higher");
                assert_eq!(answer.json()["error"]["message"], message);
            }
        }
    }
}
