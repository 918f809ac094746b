//! Writes to an OPC UA server and calls of its methods: each answered with the status the server gave. Enters: write requests.
//! Leaves: their answers.

use super::config::Config;
use super::limits::Limits;
use super::types;
use super::wire::{Arguments, Decoder, Encoder, Outgoing};
use crate::WriteRequest;
use act::Sink;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use opcua::client::Session;
use opcua::types::{CallMethodResult, Error, NodeId, StatusCode};
use std::sync::Arc;
use tokio::time::timeout;

/// Most writes under way at once.
pub(super) const WRITES_MAX: usize = 16;

/// Writes under way; each answers its request itself, or hands it back where the arguments of its method had to be asked for.
pub(super) type Writes = FuturesUnordered<BoxFuture<'static, Option<Learned>>>;

/// What was learned of a method, and the request that waited for it.
pub(super) struct Learned {
    pub method: NodeId,
    pub takes: Vec<opcua::types::VariantScalarTypeId>,
    pub request: WriteRequest,
}

/// Sends a write or a call, or answers at once where it cannot be encoded.
pub(super) fn begin(
    writes: &mut Writes,
    session: &Arc<Session>,
    (config, decoder, arguments): (&Config, &Decoder, &Arguments),
    (limits, request): (Limits, WriteRequest),
) {
    let encoder = Encoder::new(config, decoder, arguments);
    let (session, wait) = (Arc::clone(session), config.timeout);
    if let Some(method) = encoder.method(request.channel).filter(|method| !arguments.contains_key(method)) {
        let method = method.clone();
        writes.push(Box::pin(async move {
            match timeout(wait, types::arguments(&session, limits, &method)).await {
                Ok(Ok(takes)) => return Some(Learned { method, takes, request }),
                Ok(Err(error)) => drop(request.answer.send(Err(format!("the method's arguments are not known: {error}")))),
                Err(_) => drop(request.answer.send(Err(format!("no answer within {wait:?}")))),
            }
            None
        }));
        return;
    }
    let WriteRequest { channel, value, answer } = request;
    let outgoing = match encoder.encode(channel, &value) {
        Ok(outgoing) => outgoing,
        Err(refusal) => return drop(answer.send(Err(refusal.to_string()))),
    };
    writes.push(Box::pin(async move {
        let result = timeout(wait, send(&session, outgoing)).await;
        drop(answer.send(result.unwrap_or_else(|_| Err(format!("no answer within {wait:?}")))));
        None
    }));
}

async fn send(session: &Session, outgoing: Outgoing) -> Result<(), String> {
    let told = |e: Error| e.to_string();
    match outgoing {
        Outgoing::Write(write) => match session.write(&[*write]).await.map_err(told)?.first() {
            Some(status) if status.is_good() => Ok(()),
            Some(status) => Err(format!("the server refused it: {status}")),
            None => Err("the server answered without a status".to_owned()),
        },
        Outgoing::Call(call) => called(&session.call_one(*call).await.map_err(told)?),
    }
}

/// What a call came to; where an argument was refused, its status says more than the call's.
fn called(result: &CallMethodResult) -> Result<(), String> {
    if result.status_code.is_good() {
        return Ok(());
    }
    let argument: Option<&StatusCode> = result.input_argument_results.iter().flatten().find(|status| status.is_bad());
    let argument = argument.map(|status| format!(" (its argument: {status})")).unwrap_or_default();
    Err(format!("the server refused the call: {}{argument}", result.status_code))
}
