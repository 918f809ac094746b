//! The body of a request in memory. Enters: a request. Leaves: its body, unpacked, with its share of the budget. Absent: what it means.
//!
//! A body takes memory as it comes and as it is unpacked, so that one that does not say its length, or packs well, has no more than it needs. Where
//! there is none the client waits; then it is asked to send again.

use super::source::{Answer, REQUEST_WITHIN, Shared};
use flate2::read::MultiGzDecoder;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::CONTENT_ENCODING;
use hyper::{Request, StatusCode};
use measure::{Share, Taker};
use std::io::Read;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Longest wait for memory, and how often it is looked for.
const ROOM_WITHIN: (Duration, Duration) = (Duration::from_secs(2), Duration::from_millis(20));
/// Memory is taken in pieces of this size at least [bytes].
const STEP: usize = 256 << 10;

/// A body, unpacked.
pub(super) struct Body {
    pub bytes: Vec<u8>,
    pub room: Share,
}

/// Reads the body of a request.
pub(super) async fn read(shared: &Shared, request: Request<Incoming>) -> Result<Body, Answer> {
    let broken = |words: String| Answer(StatusCode::BAD_REQUEST, words);
    let is_packed = match request.headers().get(CONTENT_ENCODING).map(|v| v.to_str().unwrap_or_default()) {
        None | Some("" | "identity") => false,
        Some("gzip") => true,
        Some(other) => return Err(broken(format!("content encoding `{other}`; allowed are gzip and identity"))),
    };
    if request.body().size_hint().lower() > shared.config.body_max as u64 {
        return Err(too_large(shared));
    }
    let gathered = timeout(REQUEST_WITHIN, gather(shared, request.into_body())).await;
    let body = gathered.map_err(|_| broken(format!("the body did not come within {REQUEST_WITHIN:?}")))??;
    if is_packed { unpack(shared, body).await } else { Ok(body) }
}

fn too_large(shared: &Shared) -> Answer {
    let words = format!("a body larger than {} bytes; send smaller batches", shared.config.body_max);
    Answer(StatusCode::PAYLOAD_TOO_LARGE, words)
}

/// All pieces of a body in one place of memory.
async fn gather(shared: &Shared, incoming: Incoming) -> Result<Body, Answer> {
    let expected = usize::try_from(incoming.size_hint().lower()).unwrap_or(usize::MAX).min(shared.config.body_max);
    let mut body = Body { bytes: shared.memory(), room: shared.line.memory().must(Taker::Bodies, 0) };
    body.expect(shared, expected).await?;
    let mut pieces = Limited::new(incoming, shared.config.body_max);
    while let Some(piece) = pieces.frame().await {
        let piece = piece.map_err(|error| {
            let is_long = error.is::<http_body_util::LengthLimitError>();
            if is_long { too_large(shared) } else { Answer(StatusCode::BAD_REQUEST, format!("the body broke off: {error}")) }
        })?;
        if let Ok(data) = piece.into_data() {
            body.expect(shared, data.len()).await?;
            body.bytes.extend_from_slice(&data);
        }
    }
    Ok(body)
}

/// What a body holds, unpacked; the packed one is let go.
async fn unpack(shared: &Shared, packed: Body) -> Result<Body, Answer> {
    let mut body = Body { bytes: Vec::new(), room: shared.line.memory().must(Taker::Bodies, 0) };
    let mut decoder = MultiGzDecoder::new(packed.bytes.as_slice());
    loop {
        body.expect(shared, STEP).await?;
        let read = decoder.by_ref().take(STEP as u64).read_to_end(&mut body.bytes);
        let read = read.map_err(|error| Answer(StatusCode::BAD_REQUEST, format!("the body is not gzip as it says: {error}")))?;
        if body.bytes.len() > shared.config.body_max {
            return Err(too_large(shared));
        }
        if read == 0 {
            return Ok(body);
        }
    }
}

impl Body {
    /// Makes room for so many bytes more.
    async fn expect(&mut self, shared: &Shared, more: usize) -> Result<(), Answer> {
        let wanted = (self.bytes.len() + more) as u64;
        let wanting = wanted.saturating_sub(self.room.bytes());
        if wanting == 0 {
            return Ok(());
        }
        let (within, every) = ROOM_WITHIN;
        let look = async {
            while !self.room.grow(wanting.max(STEP as u64)) && !self.room.grow(wanting) {
                sleep(every).await;
            }
        };
        if timeout(within, look).await.is_err() {
            let words = format!("no memory is free for a body of {wanted} bytes (`memory_mib_max` of [store]); send again");
            shared.line.trouble(words.clone());
            return Err(Answer(StatusCode::SERVICE_UNAVAILABLE, words));
        }
        self.bytes.reserve(more);
        Ok(())
    }
}
