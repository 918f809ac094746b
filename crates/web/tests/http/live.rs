//! The live stream over a real socket.

use crate::client::{Caller, Window};
use crate::house::records::Records;
use ::plant::Record;
use serde_json::Value;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(10);

struct Stream {
    socket: TcpStream,
    text: String,
}

impl Stream {
    async fn open(caller: &Caller) -> Self {
        let mut socket = TcpStream::connect(caller.address).await.expect("the window is open");
        let request = format!("GET /api/v1/live HTTP/1.1\r\nhost: localhost\r\ncookie: {}\r\n\r\n", caller.cookie);
        socket.write_all(request.as_bytes()).await.expect("sent");
        let mut stream = Self { socket, text: String::new() };
        stream.until(|text| text.contains("\r\n\r\n")).await;
        stream
    }
    /// Reads on until something is there; false where the stream ended first.
    async fn until(&mut self, there: impl Fn(&str) -> bool) -> bool {
        let mut bytes = [0; 16_384];
        while !there(&self.text) {
            let read = tokio::time::timeout(PATIENCE, self.socket.read(&mut bytes)).await.expect("in time").unwrap_or(0);
            if read == 0 || self.text.ends_with("\r\n0\r\n\r\n") {
                return false;
            }
            self.text.push_str(&String::from_utf8_lossy(&bytes[..read]));
            if self.text.ends_with("\r\n0\r\n\r\n") {
                return there(&self.text);
            }
        }
        true
    }
    /// The data of the events of a name that came whole.
    fn events(&self, name: &str) -> Vec<Value> {
        let head = format!("event: {name}\ndata: ");
        let parts = self.text.split(&head).skip(1);
        parts.filter_map(|part| serde_json::from_str(part.split('\n').next()?).ok()).collect()
    }
}

#[tokio::test]
async fn the_unit_and_records_are_delivered() {
    let window = Window::open().await;
    let caller = window.caller("viewer").await;
    let mut stream = Stream::open(&caller).await;
    assert!(stream.text.starts_with("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream"), "{}", stream.text);
    assert!(stream.until(|text| text.contains("event: unit")).await);
    let now = crate::house::now();
    let finding = Records::around(&crate::house::plant::plant(now), now).findings.remove(1);
    window.fake.tell(Record::Finding(finding));
    window.fake.beat();
    let second = |text: &str| text.matches("event: unit").count() >= 3 && text.contains("event: record");
    assert!(stream.until(second).await);
    let units = stream.events("unit");
    assert_eq!(units[0]["site"], "Musterteile Werk 1");
    let accepted = |unit: &Value| unit["accounting"]["accepted"].as_u64().expect("a count");
    assert_eq!(accepted(&units[units.len() - 1]) - accepted(&units[0]), 3 * 137, "the newest view is shown");
    let record = &stream.events("record")[0];
    assert_eq!((&record["id"], &record["what"], &record["detail"]), (&"finding-2".into(), &"air_leak".into(), &"open".into()));
    assert_eq!((&record["machine"], &record["unit"]), (&"compressor-1".into(), &"W".into()));
}

#[tokio::test]
async fn a_slow_reader_is_told_how_many_records_it_missed() {
    let window = Window::open().await;
    let caller = window.caller("viewer").await;
    let mut stream = Stream::open(&caller).await;
    assert!(stream.until(|text| text.contains("event: unit")).await);
    let now = crate::house::now();
    let finding = Records::around(&crate::house::plant::plant(now), now).findings.remove(0);
    // no await between: the stream cannot take them while they come
    for _ in 0..100 {
        window.fake.tell(Record::Finding(finding.clone()));
    }
    assert!(stream.until(|text| text.matches("event: record").count() >= 64).await);
    let missed: u64 = stream.events("missed").iter().map(|m| m["missed"].as_u64().expect("a count")).sum();
    assert_eq!(missed + stream.text.matches("event: record").count() as u64, 100);
}

#[tokio::test]
async fn the_stream_ends_with_the_session() {
    let window = Window::open().await;
    let caller = window.caller("viewer").await;
    let mut stream = Stream::open(&caller).await;
    assert!(stream.until(|text| text.contains("event: unit")).await);
    assert_eq!(caller.send("DELETE /api/v1/session", "").await.status, 204);
    assert!(!stream.until(|_| false).await, "ended");
}

#[tokio::test]
async fn the_stream_ends_when_the_window_closes() {
    let mut window = Window::open().await;
    let caller = window.caller("viewer").await;
    let mut stream = Stream::open(&caller).await;
    assert!(stream.until(|text| text.contains("event: unit")).await);
    tokio::time::timeout(Duration::from_secs(4), window.close()).await.expect("at once, not only when patience ends");
    assert!(!stream.until(|_| false).await, "ended");
    assert!(TcpStream::connect(window.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn the_number_of_streams_is_bounded_and_room_comes_back() {
    let window = Window::open().await;
    let caller = window.caller("viewer").await;
    let mut streams = Vec::new();
    for _ in 0..64 {
        streams.push(Stream::open(&caller).await);
    }
    assert_eq!(caller.get("/api/v1/live").await.refusal(), (503, "busy".to_owned()));
    drop(streams);
    let mut tries = 0;
    while !Stream::open(&caller).await.text.starts_with("HTTP/1.1 200") {
        tries += 1;
        assert!(tries < 50, "room does not come back");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
