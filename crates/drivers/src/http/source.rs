//! The listener: takes requests, hands what they bring in at the door, and answers once it is settled. Enters: HTTP/1.1 on a
//! socket, encrypted or not. Leaves: arrivals, answers, health. Absent: what bodies mean (`wire`).
//!
//! ```text
//! POST /api/v2/write, /write (line protocol), /telegraf (JSON)     GET /ping, /health
//! 204 taken · 400 some readings were refused, the others are taken · 401 · 404 · 405 · 413 · 503 not taken, send again
//! ```
//! Limits: connections at once, half of them of one address, bytes of one body, time to send a request; memory of all comes from the
//! unit's budget and is held until what a body brought is settled. A full door slows the clients; so does a full budget, which then
//! asks them to send again.

use super::body::{self, Body};
use super::config::{Acknowledge, Config};
use super::places::Places;
use super::sink;
use super::wire::{Decoder, Form, Message, Precision};
use crate::encryption::{Wire, listening};
use crate::{Credentials, Line, Settled, WriteRequest};
use base64::Engine;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// Longest wait for the head of a request, and for its body.
pub(super) const REQUEST_WITHIN: Duration = Duration::from_secs(30);
/// Memory of bodies kept for the next ones: how many, and the largest [bytes].
const SPARE: (usize, usize) = (4, 1 << 20);
/// When a client is asked to try again [s].
const RETRY_AFTER_S: u16 = 2;

/// What all connections share.
pub(super) struct Shared {
    pub line: Line,
    pub config: Config,
    decoder: Decoder,
    /// Memory of bodies that are read, for the next ones.
    spare: Mutex<Vec<Vec<u8>>>,
}

impl Shared {
    /// Memory of a body that is read, empty.
    pub(super) fn memory(&self) -> Vec<u8> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }
    fn give_back(&self, mut body: Vec<u8>) {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARE.0 && body.capacity() <= SPARE.1 {
            body.clear();
            spare.push(body);
        }
    }
}

/// An answer: its status and what it says; no words where all is well.
pub(super) struct Answer(pub StatusCode, pub String);

/// Serves the line until it stops.
pub async fn run(line: Line, config: Config, mut requests: mpsc::Receiver<WriteRequest>) {
    let decoder = Decoder::new(line.source, &config);
    let shared = Arc::new(Shared { line, config, decoder, spare: Mutex::default() });
    let mut attempt = 0;
    loop {
        match open(&shared.config).await {
            Ok((listener, encryption)) => {
                shared.line.connected();
                return accept(&shared, (&listener, encryption.as_ref()), &mut requests).await;
            }
            Err(error) => shared.line.lost(error),
        }
        if !shared.line.pause(attempt, &mut requests).await {
            return;
        }
        attempt += 1;
    }
}

async fn open(config: &Config) -> Result<(TcpListener, Option<TlsAcceptor>), String> {
    let encryption = config.secure.then(|| listening(&config.certificates, &config.key)).transpose()?;
    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.map_err(|error| format!("{} cannot be listened on: {error}", config.listen))?;
    Ok((listener, encryption.map(TlsAcceptor::from)))
}

async fn accept(
    shared: &Arc<Shared>,
    (listener, encryption): (&TcpListener, Option<&TlsAcceptor>),
    requests: &mut mpsc::Receiver<WriteRequest>,
) {
    let places = Places::new(shared.config.connections_max);
    loop {
        let place = tokio::select! {
            () = shared.line.stop.cancelled() => return,
            Some(request) = requests.recv() => { sink::refuse(request); continue; }
            place = places.free() => place,
        };
        let (stream, place) = tokio::select! {
            () = shared.line.stop.cancelled() => return,
            Some(request) = requests.recv() => { sink::refuse(request); continue; }
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => match places.take(place, peer.ip()) {
                    Ok(place) => (stream, place),
                    Err(error) => { shared.line.trouble(error); continue; }
                },
                Err(error) => {
                    shared.line.trouble(format!("a connection could not be accepted: {error}"));
                    // out of file handles, most likely; others may close soon
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let (shared, encryption) = (Arc::clone(shared), encryption.cloned());
        tokio::spawn(async move {
            // small answers leave at once; on failure they only come later
            let _ = stream.set_nodelay(true);
            match encryption {
                None => serve(&shared, stream).await,
                Some(encryption) => match timeout(REQUEST_WITHIN, encryption.accept(stream)).await {
                    Ok(Ok(stream)) => serve(&shared, stream).await,
                    Ok(Err(error)) => shared.line.trouble(format!("a client could not agree on encryption: {error}")),
                    Err(_) => tracing::debug!(source = shared.line.source.0, "a client began no encryption"),
                },
            }
            drop(place);
        });
    }
}

async fn serve(shared: &Arc<Shared>, stream: impl Wire) {
    let service = service_fn(|request| async move { Ok::<_, Infallible>(respond(shared, request).await) });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_WITHIN)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let stopped = tokio::select! {
        ended = &mut connection => {
            if let Err(error) = ended {
                tracing::debug!(source = shared.line.source.0, %error, "a client's connection ended");
            }
            false
        }
        () = shared.line.stop.cancelled() => true,
    };
    if stopped {
        connection.as_mut().graceful_shutdown();
        // a client that does not take its answer in time is left
        let _ = timeout(Duration::from_secs(2), connection).await;
    }
}

async fn respond(shared: &Shared, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let answer = match answer(shared, request).await {
        Ok(answer) | Err(answer) => answer,
    };
    if matches!(answer.0, StatusCode::UNAUTHORIZED | StatusCode::PAYLOAD_TOO_LARGE) {
        shared.line.trouble(answer.1.clone());
    }
    response(answer)
}

fn response(Answer(status, words): Answer) -> Response<Full<Bytes>> {
    let mut builder = Response::builder().status(status).header("X-Influxdb-Version", "v2-socium");
    builder = match status {
        StatusCode::SERVICE_UNAVAILABLE => builder.header(RETRY_AFTER, RETRY_AFTER_S),
        StatusCode::METHOD_NOT_ALLOWED => builder.header(ALLOW, "POST"),
        StatusCode::UNAUTHORIZED => builder.header(WWW_AUTHENTICATE, "Token"),
        _ => builder,
    };
    let body = if words.is_empty() {
        Bytes::new()
    } else {
        builder = builder.header(CONTENT_TYPE, "application/json");
        let code = match status {
            StatusCode::OK => "pass",
            StatusCode::UNAUTHORIZED => "unauthorized",
            StatusCode::PAYLOAD_TOO_LARGE => "request too large",
            StatusCode::SERVICE_UNAVAILABLE => "unavailable",
            StatusCode::NOT_FOUND => "not found",
            StatusCode::METHOD_NOT_ALLOWED => "method not allowed",
            _ => "invalid",
        };
        let key = if status == StatusCode::OK { "status" } else { "code" };
        Bytes::from(serde_json::json!({ key: code, "name": "socium", "message": words }).to_string())
    };
    builder.body(Full::new(body)).unwrap_or_default()
}

async fn answer(shared: &Shared, request: Request<Incoming>) -> Result<Answer, Answer> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let form = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/ping") => return Ok(Answer(StatusCode::NO_CONTENT, String::new())),
        (&Method::GET, "/health") => return Ok(Answer(StatusCode::OK, "ready to take readings".to_owned())),
        (&Method::POST, "/api/v2/write" | "/write") => Form::Lines(precision(&query)?),
        (&Method::POST, "/telegraf") => Form::Json,
        (method, "/api/v2/write" | "/write" | "/telegraf") => {
            return Err(Answer(StatusCode::METHOD_NOT_ALLOWED, format!("{method} is not taken here; allowed is POST")));
        }
        (_, path) => {
            let words = format!("there is nothing at `{path}`; readings go to /api/v2/write, /write or /telegraf");
            return Err(Answer(StatusCode::NOT_FOUND, words));
        }
    };
    if let Some(wanted) = &shared.config.credentials
        && !is_signed_in(wanted, request.headers(), &query)
    {
        let words = "the token, or the name and password, is not the one of this source in unit.toml".to_owned();
        return Err(Answer(StatusCode::UNAUTHORIZED, words));
    }
    let Body { bytes, mut room } = body::read(shared, request).await?;
    let message = Message { form, body: bytes };
    let delivery = shared.decoder.read(&message, shared.line.now());
    shared.give_back(message.body);
    room.resize(delivery.bytes() as u64);
    let readings = delivery.len();
    shared.line.heard();
    let unavailable = || Answer(StatusCode::SERVICE_UNAVAILABLE, "the unit is ending; send again".to_owned());
    let settled = shared.line.deliver_in(delivery, Some(room)).await.ok_or_else(unavailable)?;
    let settled = match shared.config.acknowledge {
        Acknowledge::Journal => settled.await.map_err(|_| unavailable())?,
        Acknowledge::Memory => Settled::TAKEN,
    };
    Ok(told(&settled, readings))
}

fn told(settled: &Settled, readings: usize) -> Answer {
    match &settled.first {
        _ if !settled.is_taken => {
            Answer(StatusCode::SERVICE_UNAVAILABLE, "the journal could not take the readings; send them again".to_owned())
        }
        Some(first) => {
            let Settled { refused, .. } = settled;
            let words = format!(
                "partial write: {refused} of {readings} readings were refused, the others are taken; the first at {}: found {}, allowed is {} ({})",
                first.place,
                first.found,
                first.allowed,
                first.reason.word()
            );
            Answer(StatusCode::BAD_REQUEST, words)
        }
        None => Answer(StatusCode::NO_CONTENT, String::new()),
    }
}

fn precision(query: &str) -> Result<Precision, Answer> {
    let Some(word) = parameter(query, "precision") else { return Ok(Precision::default()) };
    Precision::from_word(word)
        .ok_or_else(|| Answer(StatusCode::BAD_REQUEST, format!("precision `{word}`; allowed are ns, us, ms and s")))
}

fn parameter<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}

/// Whether a request carries the token, or the name and password: as InfluxDB 2 (`Token`, `Bearer`) or 1 (`Basic`, `u` and `p`) clients
/// send them.
fn is_signed_in(wanted: &Credentials, headers: &HeaderMap, query: &str) -> bool {
    let is_token = |token: &str| is_same(token.as_bytes(), wanted.password.as_bytes());
    let is_pair = |name: &str, password: &str| is_same(name.as_bytes(), wanted.name.as_bytes()) & is_token(password);
    let header = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or_default();
    match header.split_once(' ') {
        Some(("Token" | "Bearer", token)) => match token.split_once(':') {
            Some((name, password)) => is_pair(name, password) | is_token(token),
            None => is_token(token),
        },
        Some(("Basic", packed)) => {
            let pair = base64::engine::general_purpose::STANDARD.decode(packed).ok().and_then(|p| String::from_utf8(p).ok());
            pair.is_some_and(|p| p.split_once(':').is_some_and(|(name, password)| is_pair(name, password)))
        }
        _ => match (parameter(query, "u"), parameter(query, "p")) {
            (Some(name), Some(password)) => is_pair(name, password),
            _ => false,
        },
    }
}

/// Whether two texts are the same, in a time that tells only their lengths.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (x, y)| differ | (x ^ y)) == 0
}
