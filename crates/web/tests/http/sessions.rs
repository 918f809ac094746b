//! Signing in and out: one-time token, passwords, expiry, guessing.

use crate::client::{Caller, Window};
use std::time::Duration;
use web::Limits;

#[tokio::test]
async fn the_cookie_cannot_be_read_by_scripts_nor_sent_by_foreign_pages() {
    let window = Window::open().await;
    let answer = window.sign_in("viewer", "viewer-password").await;
    let cookie = answer.header("set-cookie").expect("a cookie");
    let (pair, attributes) = cookie.split_once("; ").expect("attributes");
    assert_eq!(attributes, "HttpOnly; SameSite=Strict; Path=/; Max-Age=604800");
    assert!(pair.strip_prefix("socium_session=").is_some_and(|token| token.len() == 64), "{pair}");
    let session = answer.json();
    assert_eq!((&session["role"], &session["must_set_password"]), (&"viewer".into(), &false.into()));
    assert!(!answer.text().contains(&pair[15..]), "the token is in the cookie only");
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_password_get_the_same_answer() {
    let window = Window::open().await;
    let (unknown, wrong) = (window.sign_in("nobody", "some password").await, window.sign_in("admin", "some password").await);
    assert_eq!(unknown.refusal(), (401, "wrong_sign_in".to_owned()));
    assert_eq!((unknown.status, &unknown.body), (wrong.status, &wrong.body));
    let plain = |answer: &crate::client::Answer| answer.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(plain(&unknown), plain(&wrong));
}

#[tokio::test]
async fn who_guesses_must_wait_and_is_told_how_long() {
    let window = Window::open().await;
    for _ in 0..5 {
        assert_eq!(window.sign_in("admin", "a wrong guess").await.status, 401);
    }
    let answer = window.sign_in("admin", "admin-password").await;
    assert_eq!(answer.refusal(), (429, "too_many".to_owned()));
    assert!(matches!(answer.header("retry-after"), Some("4" | "5")), "{answer:?}");
    assert_eq!(window.sign_in("viewer", "viewer-password").await.status, 200, "another name is not slowed");
}

#[tokio::test]
async fn guesses_at_once_gain_nothing() {
    let window = Window::open().await;
    let guesses = (0..12).map(|i| {
        let caller = window.nobody();
        tokio::spawn(async move {
            let body = format!(r#"{{"name":"admin","password":"guess number {i}"}}"#);
            caller.post("/api/v1/session", &body).await.status
        })
    });
    let mut judged = 0;
    for guess in guesses.collect::<Vec<_>>() {
        judged += usize::from(guess.await.expect("an answer") == 401);
    }
    assert_eq!(judged, 5);
}

#[tokio::test]
async fn forged_and_ended_sessions_are_nobody() {
    let window = Window::open().await;
    let caller = window.caller("viewer").await;
    let forged = |cookie: &str| Caller { cookie: cookie.to_owned(), ..caller.clone() };
    let last = caller.cookie.chars().last().map(|c| if c == '0' { '1' } else { '0' }).expect("a character");
    let changed = format!("{}{last}", &caller.cookie[..caller.cookie.len() - 1]);
    for cookie in ["socium_session=", "socium_session=deadbeef", changed.as_str(), "other=1", "socium_session"] {
        assert_eq!(forged(cookie).get("/api/v1/unit").await.refusal(), (401, "not_signed_in".to_owned()), "{cookie}");
    }
    let among = forged(&format!("theme=dark; {}; lang=zh", caller.cookie));
    assert_eq!(among.get("/api/v1/unit").await.status, 200);
    let out = caller.send("DELETE /api/v1/session", "").await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").is_some_and(|c| c.starts_with("socium_session=;") && c.contains("Max-Age=0")));
    assert_eq!(caller.get("/api/v1/unit").await.status, 401);
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used() {
    let idle = Duration::from_millis(400);
    let window = Window::with(Limits { idle, ..Limits::default() }).await;
    let caller = window.caller("viewer").await;
    assert_eq!(caller.get("/api/v1/session").await.status, 200);
    tokio::time::sleep(idle * 2).await;
    assert_eq!(caller.get("/api/v1/session").await.status, 401);
}

#[tokio::test]
async fn the_one_time_token_lets_in_once_and_asks_for_a_password() {
    let window = Window::open().await;
    let body = format!(r#"{{"token":"{}"}}"#, window.token);
    let wrong = window.nobody().post("/api/v1/session/one-time", r#"{"token":"guessed"}"#).await;
    assert_eq!(wrong.refusal(), (401, "wrong_token".to_owned()));
    let opened = window.nobody().post("/api/v1/session/one-time", &body).await;
    let session = opened.json();
    assert_eq!((&session["name"], &session["role"]), (&"admin".into(), &"admin".into()));
    assert_eq!(session["must_set_password"], true);
    let again = window.nobody().post("/api/v1/session/one-time", &body).await;
    assert_eq!(again.refusal(), (401, "wrong_token".to_owned()));

    let admin = window.nobody().seated(&opened);
    assert_eq!(admin.put("/api/v1/session/password", r#"{"new":"my own long password"}"#).await.status, 204);
    assert_eq!(admin.get("/api/v1/session").await.json()["must_set_password"], false);
    assert_eq!(window.sign_in("admin", "my own long password").await.status, 200);
    assert_eq!(window.sign_in("admin", "admin-password").await.status, 401);
    let without = admin.put("/api/v1/session/password", r#"{"new":"another long password"}"#).await;
    assert_eq!(without.json()["error"]["place"], "body.current");
}

#[tokio::test]
async fn a_new_password_needs_the_current_one_and_ends_the_other_sessions() {
    let window = Window::open().await;
    let (here, elsewhere) = (window.caller("planner").await, window.caller("planner").await);
    let wrong = here.put("/api/v1/session/password", r#"{"current":"not it at all","new":"a fresh password"}"#).await;
    assert_eq!(wrong.refusal(), (403, "wrong_password".to_owned()));
    let body = r#"{"current":"planner-password","new":"a fresh password"}"#;
    assert_eq!(here.put("/api/v1/session/password", body).await.status, 204);
    assert_eq!(here.get("/api/v1/session").await.status, 200);
    assert_eq!(elsewhere.get("/api/v1/session").await.status, 401);
    assert_eq!(window.sign_in("planner", "a fresh password").await.status, 200);
}

#[tokio::test]
async fn signing_in_anew_ends_the_session_the_browser_had() {
    let window = Window::open().await;
    let before = window.caller("viewer").await;
    let body = r#"{"name":"operator","password":"operator-password"}"#;
    let after = before.seated(&before.post("/api/v1/session", body).await);
    assert_eq!(before.get("/api/v1/session").await.status, 401);
    assert_eq!(after.get("/api/v1/session").await.json()["name"], "operator");
}
