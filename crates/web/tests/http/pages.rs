//! Files, headers, compression, and what is not done here.

use crate::client::{Window, raw};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let window = Window::open().await;
    let caller = window.caller("viewer").await;
    let wanted = [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ];
    // a page, a form, a refusal, an unknown path, a wrong method, a wrong name
    let mut answers = Vec::new();
    for line in ["GET /", "GET /api/v1/unit", "GET /api/v1/users", "GET /nothing.js", "PATCH /api/v1/unit", "GET /health"] {
        answers.push(caller.send(line, "").await);
    }
    answers.push(caller.bare("GET /", &[("host", "evil.example")], "").await);
    for answer in answers {
        for (name, value) in wanted {
            assert_eq!(answer.header(name), Some(value), "{answer:?}");
        }
        let policy = answer.header("content-security-policy").expect("a policy");
        for rule in
            ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]
        {
            assert!(policy.contains(rule), "{policy} has no {rule}");
        }
        let scripts = policy.split(';').find(|r| r.trim().starts_with("script-src")).expect("scripts");
        assert!(!scripts.contains("unsafe"), "{scripts}");
        assert_eq!(answer.header("strict-transport-security"), None, "without TLS there is no HSTS");
    }
    assert_eq!(caller.get("/api/v1/unit").await.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn no_path_leads_out_of_the_built_pages() {
    let window = Window::open().await;
    let paths = [
        "/../Cargo.toml",
        "/../../Cargo.toml",
        "/assets/../../Cargo.toml",
        "/..%2fCargo.toml",
        "/%2e%2e/%2e%2e/Cargo.toml",
        "/..%5cCargo.toml",
        "/....//Cargo.toml",
        "//etc/passwd",
        "/etc/passwd%00.html",
        "/assets/%252e%252e/Cargo.toml",
        "/.git/config",
        "/package.json",
    ];
    for path in paths {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let answer = raw(window.address, request.as_bytes()).await;
        let text = answer.text();
        assert!(!text.contains("[package]") && !text.contains("root:") && !text.contains("[core]"), "{path}: {text}");
        assert!(!text.contains("devDependencies"), "{path}: {text}");
        let first_page = text.to_lowercase().starts_with("<!doctype html>");
        assert!(answer.status == 404 || first_page, "{path}: {} {text}", answer.status);
    }
}

#[tokio::test]
async fn the_first_page_is_html_whether_or_not_the_ui_is_built() {
    let window = Window::open().await;
    let answer = window.nobody().get("/").await;
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    if answer.status == 503 {
        assert!(answer.text().contains("cargo xtask demo"), "{}", answer.text());
    } else {
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-cache")));
    }
}

#[tokio::test]
async fn what_is_not_done_here_says_so() {
    let window = Window::open().await;
    let caller = window.caller("admin").await;
    for line in ["PATCH /api/v1/unit", "DELETE /api/v1/users", "POST /health", "POST /", "PUT /api/v1/unit"] {
        assert_eq!(caller.send(line, "").await.refusal(), (405, "method".to_owned()), "{line}");
    }
    let head = caller.send("HEAD /api/v1/unit", "").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[tokio::test]
async fn who_takes_gzip_gets_gzip() {
    let window = Window::open().await;
    let caller = window.caller("viewer").await;
    let host = window.address.to_string();
    let headers = [("host", host.as_str()), ("cookie", caller.cookie.as_str()), ("accept-encoding", "gzip")];
    let answer = caller.bare("GET /api/v1/machines/mill-1", &headers, "").await;
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert_eq!(answer.body[..2], [0x1f, 0x8b]);
    let plain = caller.get("/api/v1/machines/mill-1").await;
    assert!(answer.body.len() * 3 < plain.body.len(), "{} {}", answer.body.len(), plain.body.len());
}

#[tokio::test]
async fn connections_are_bounded_and_room_comes_back() {
    let window = Window::open().await;
    let mut open = Vec::new();
    for _ in 0..1_024 {
        open.push(tokio::net::TcpStream::connect(window.address).await.expect("the window is open"));
    }
    let mut beyond = tokio::net::TcpStream::connect(window.address).await.expect("the operating system takes it");
    let read = tokio::time::timeout(std::time::Duration::from_secs(5), beyond.read(&mut [0; 1])).await.expect("closed at once");
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
    drop(open);
    let mut answer = None;
    for _ in 0..50 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let mut stream = tokio::net::TcpStream::connect(window.address).await.expect("the window is open");
        let sent = stream.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
        let mut bytes = Vec::new();
        if sent.is_ok() && stream.read_to_end(&mut bytes).await.is_ok() && !bytes.is_empty() {
            answer = Some(crate::client::parse(&bytes).status);
            break;
        }
    }
    assert_eq!(answer, Some(200), "room does not come back");
}
