//! Requests that a foreign page would make a browser send, and names that a foreign page would call us by.

use crate::client::Window;

const VERDICT: &str = "POST /api/v1/decisions/decision-4/verdict";
const YES: &str = r#"{"approved":true,"reason":""}"#;

#[tokio::test]
async fn a_change_needs_the_token_of_its_own_session() {
    let window = Window::open().await;
    let (caller, other) = (window.caller("operator").await, window.caller("operator").await);
    let host = window.address.to_string();
    let table = [(None, "nothing"), (Some("0".repeat(64)), "another token"), (Some(other.csrf.clone()), "another token")];
    for (token, found) in table {
        let mut headers = vec![("host", host.as_str()), ("cookie", caller.cookie.as_str()), ("content-type", "application/json")];
        headers.extend(token.as_deref().map(|t| ("x-csrf-token", t)));
        let answer = caller.bare(VERDICT, &headers, YES).await;
        assert_eq!(answer.refusal(), (403, "csrf".to_owned()));
        assert_eq!(
            (&answer.json()["error"]["found"], &answer.json()["error"]["place"]),
            (&found.into(), &"header x-csrf-token".into())
        );
    }
    assert_eq!(caller.send(VERDICT, YES).await.status, 200);
}

#[tokio::test]
async fn a_change_must_come_from_our_own_pages() {
    let window = Window::open().await;
    let caller = window.caller("operator").await;
    let host = window.address.to_string();
    let own = format!("http://{host}");
    // header, value, status
    let table = [
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("origin", "http://127.0.0.1:1", 403),
        ("origin", &format!("https://{host}"), 403),
        ("origin", &format!("{own}.evil.example"), 403),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("sec-fetch-site", "none", 400),
        ("sec-fetch-site", "same-origin", 400),
        ("origin", own.as_str(), 400),
    ];
    for (name, value, status) in table {
        // an empty object: what gets through meets a missing field
        let headers = [
            ("host", host.as_str()),
            ("cookie", caller.cookie.as_str()),
            ("x-csrf-token", caller.csrf.as_str()),
            ("content-type", "application/json"),
            (name, value),
        ];
        let answer = caller.bare(VERDICT, &headers, "{}").await;
        assert_eq!(answer.status, status, "{name}: {value}: {}", answer.text());
        let sign_in = caller.bare("POST /api/v1/session", &headers, "{}").await;
        assert_eq!(sign_in.status, status, "signing in, {name}: {value}");
    }
}

#[tokio::test]
async fn a_form_of_a_foreign_page_is_no_json() {
    let window = Window::open().await;
    let host = window.address.to_string();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""] {
        let headers = [("host", host.as_str()), ("content-type", kind)];
        let answer = window.nobody().bare("POST /api/v1/session", &headers, r#"{"name":"admin","password":"x"}"#).await;
        assert_eq!(answer.status, 400, "{kind}");
        assert_eq!(answer.json()["error"]["place"], "header content-type");
    }
}

#[tokio::test]
async fn on_loopback_only_the_names_of_this_computer_are_answered() {
    let window = Window::open().await;
    let port = window.address.port();
    let (localhost, v4, v6) = (format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}"));
    let evil = format!("evil.example:{port}");
    let table = [
        (vec![localhost.as_str()], 200),
        (vec!["LOCALHOST"], 200),
        (vec![&v4], 200),
        (vec![&v6], 200),
        (vec!["localhost:1"], 200),
        (vec![&evil], 403),
        (vec!["127.0.0.1.evil.example"], 403),
        (vec!["localhost.evil.example"], 403),
        (vec!["127.0.0.1@evil.example"], 403),
        (vec!["evil.example:127.0.0.1"], 403),
        (vec![""], 403),
        (vec![], 403),
        (vec![&v4, &evil], 403),
    ];
    for (hosts, status) in table {
        let headers: Vec<_> = hosts.iter().map(|h| ("host", *h)).collect();
        for path in ["/health", "/api/v1/openapi.json"] {
            let answer = window.nobody().bare(&format!("GET {path}"), &headers, "").await;
            assert_eq!(answer.status, status, "{hosts:?}");
        }
    }
    let absolute = window.nobody().bare("GET http://evil.example/health", &[("host", "localhost")], "").await;
    assert_eq!(absolute.refusal(), (403, "wrong_host".to_owned()));
}
