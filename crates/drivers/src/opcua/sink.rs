//! Writes to an OPC UA server: each answered with the status the server gave. Enters: write requests. Leaves: their answers.

use super::config::Config;
use super::wire::{Encoder, Types};
use crate::WriteRequest;
use act::Sink;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use opcua::client::Session;
use std::sync::Arc;
use tokio::time::timeout;

/// Most writes under way at once.
pub(super) const WRITES_MAX: usize = 16;

/// Writes under way; each answers its request itself.
pub(super) type Writes = FuturesUnordered<BoxFuture<'static, ()>>;

/// Sends a write, or answers at once where it cannot be encoded.
pub(super) fn begin(writes: &mut Writes, session: &Arc<Session>, (config, types): (&Config, &Types), request: WriteRequest) {
    let WriteRequest { channel, value, answer } = request;
    let write = match Encoder::new(config, types).encode(channel, &value) {
        Ok(write) => write,
        Err(refusal) => return drop(answer.send(Err(refusal.to_string()))),
    };
    let (session, wait) = (Arc::clone(session), config.timeout);
    writes.push(Box::pin(async move {
        let result = match timeout(wait, session.write(&[write])).await {
            Err(_) => Err(format!("no answer within {wait:?}")),
            Ok(Err(error)) => Err(error.to_string()),
            Ok(Ok(statuses)) => match statuses.first() {
                Some(status) if status.is_good() => Ok(()),
                Some(status) => Err(format!("the server refused it: {status}")),
                None => Err("the server answered without a status".to_owned()),
            },
        };
        drop(answer.send(result));
    }));
}
