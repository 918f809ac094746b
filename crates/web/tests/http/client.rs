//! A plain HTTP/1.1 caller that says exactly what it is told, so that attacks can be written down byte by byte, and a window
//! opened for one test.

use crate::house::Fake;
use serde_json::Value;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use web::{Bound, Flight, Limits, Listen, OneTime};

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e} in {} {}", self.status, self.text()))
    }
    /// Status and code of a refusal; the code of an answer that is none is empty.
    pub fn refusal(&self) -> (u16, String) {
        let json: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        (self.status, json["error"]["code"].as_str().unwrap_or_default().to_owned())
    }
}

/// Sends bytes and reads the answer to its end.
pub async fn raw(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.expect("the window is open");
    // an early answer may close the way in before all is sent
    let _ = stream.write_all(request).await;
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    parse(&bytes)
}

pub fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or_else(|| panic!("no head in {bytes:?}"));
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|s| s.parse().ok()).expect("a status");
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: Vec<_> = lines.filter_map(header).collect();
    let body = bytes[end + 4..].to_vec();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    Answer { status, headers, body: if chunked { joined(&body) } else { body } }
}

/// The chunks of a chunked body, put together.
pub fn joined(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = bytes.windows(2).position(|w| w == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).expect("a size"), 16).expect("a size");
        let chunk = &bytes[end + 2..];
        if size == 0 || chunk.len() < size + 2 {
            break;
        }
        body.extend_from_slice(&chunk[..size]);
        bytes = &chunk[size + 2..];
    }
    body
}

/// An open window and one who looks through it.
pub struct Window {
    pub fake: Arc<Fake>,
    pub address: SocketAddr,
    /// Where Flight SQL is served.
    pub flight: SocketAddr,
    /// The one-time token.
    pub token: String,
    close: Option<oneshot::Sender<()>>,
    bound: Option<Bound>,
}

/// One who is signed in.
#[derive(Clone)]
pub struct Caller {
    pub address: SocketAddr,
    pub cookie: String,
    pub csrf: String,
}

impl Window {
    pub async fn open() -> Self {
        Self::with(Limits::default()).await
    }
    /// With these limits of sessions and of tokens.
    pub async fn with(sessions: Limits) -> Self {
        let fake = Fake::new();
        let (one_time, token) = OneTime::fresh().expect("random bytes");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let flight = Some(Flight { address, tokens: sessions });
        let listen = Listen { sessions, flight, ..Listen::loopback(address, one_time) };
        let (close, closed) = oneshot::channel::<()>();
        let stop = async {
            let _ = closed.await;
        };
        let bound = web::serve(Arc::<Fake>::clone(&fake), listen, stop).await.expect("a free port");
        let flight = bound.flight().expect("it is served");
        Self { fake, address: bound.address(), flight, token, close: Some(close), bound: Some(bound) }
    }
    /// Closes the window and waits for that.
    pub async fn close(&mut self) {
        self.close.take().map(|close| close.send(()));
        if let Some(bound) = self.bound.take() {
            bound.closed().await.expect("no fault");
        }
    }
    /// Nobody in particular.
    pub fn nobody(&self) -> Caller {
        Caller { address: self.address, cookie: String::new(), csrf: String::new() }
    }
    /// Signs in one of the people of the made-up house.
    pub async fn caller(&self, role: &str) -> Caller {
        let answer = self.sign_in(role, &format!("{role}-password")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        self.nobody().seated(&answer)
    }
    pub async fn sign_in(&self, name: &str, password: &str) -> Answer {
        let body = serde_json::json!({ "name": name, "password": password });
        self.nobody().post("/api/v1/session", &body.to_string()).await
    }
}

impl Caller {
    /// This caller with the session that an answer opened.
    pub fn seated(&self, answer: &Answer) -> Self {
        let cookie = answer.header("set-cookie").and_then(|c| c.split(';').next()).expect("a cookie").to_owned();
        let csrf = answer.json()["csrf"].as_str().expect("a token").to_owned();
        Self { address: self.address, cookie, csrf }
    }
    /// Sends a request with these headers and nothing but what HTTP needs.
    pub async fn bare(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = format!("{line} HTTP/1.1\r\nconnection: close\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            request.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        raw(self.address, format!("{request}\r\n{body}").as_bytes()).await
    }
    /// Sends what a page of the UI would send.
    pub async fn send(&self, line: &str, body: &str) -> Answer {
        let host = self.address.to_string();
        let headers = [
            ("host", host.as_str()),
            ("cookie", self.cookie.as_str()),
            ("x-csrf-token", self.csrf.as_str()),
            ("content-type", "application/json"),
        ];
        let used = if self.cookie.is_empty() { vec![headers[0], headers[3]] } else { headers.to_vec() };
        self.bare(line, &used, body).await
    }
    pub async fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path}"), "").await
    }
    pub async fn post(&self, path: &str, body: &str) -> Answer {
        self.send(&format!("POST {path}"), body).await
    }
    pub async fn put(&self, path: &str, body: &str) -> Answer {
        self.send(&format!("PUT {path}"), body).await
    }
}
