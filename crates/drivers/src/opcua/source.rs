//! The task of one OPC UA server: a session with one subscription, driven here; lost, it is made anew. Enters: notifications
//! and write requests. Leaves: arrivals and health. Absent: what values mean (`wire`).
//!
//! The session is driven only while there is room at the door, so a slow unit slows the connection and the server's own
//! queues fill; a queue that overflowed is told as trouble.

use super::config::{Address, Config};
use super::sink::{self, Writes};
use super::wire::{Decoder, Notification};
use crate::line::InFlight;
use crate::{Line, WriteRequest};
use collect::{Delivery, Source};
use futures::{Stream, StreamExt};
use opcua::client::{
    ClientBuilder, IdentityToken, MonitoredItemMap, OnSubscriptionNotificationCore, Session, SessionActivity, SessionPollResult,
    SubscriptionActivity,
};
use opcua::types::{
    AttributeId, DataChangeFilter, DataChangeNotification, DataChangeTrigger, DeadbandType, EndpointDescription, Error,
    ExtensionObject, MessageSecurityMode, MonitoredItemCreateRequest, MonitoringMode, MonitoringParameters, NotificationMessage,
    ReadValueId, StatusCode, TimestampsToReturn, UserTokenPolicy,
};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Monitored items made with one request.
const ITEMS_MAX: usize = 1_000;
/// Publishing rounds without news after which the server tells that it lives.
const KEEP_ALIVE_ROUNDS: u32 = 10;
/// Publishing rounds without a request after which the server forgets the subscription.
const LIFETIME_ROUNDS: u32 = 120;

type Events = Pin<Box<dyn Stream<Item = Result<SessionPollResult, StatusCode>> + Send>>;

/// A session, its events (to be polled for anything to happen), and what its subscription brought.
struct Peer {
    session: Arc<Session>,
    events: Events,
    notifications: mpsc::UnboundedReceiver<Notification>,
}

/// Takes what the subscription brings. The channel is drained before the session is driven on, so it holds what one step
/// of the session brings and no more.
struct Listener(mpsc::UnboundedSender<Notification>);

impl OnSubscriptionNotificationCore for Listener {
    fn on_subscription_notification(&mut self, message: NotificationMessage, _items: MonitoredItemMap<'_>) {
        for data in message.notification_data.into_iter().flatten() {
            let Some(change) = data.into_inner_as::<DataChangeNotification>() else { continue };
            let values = change.monitored_items.into_iter().flatten().map(|item| (item.client_handle, item.value));
            drop(self.0.send(values.collect()));
        }
    }
}

/// Serves the line until it stops.
pub async fn run(line: Line, config: Config, mut writes: mpsc::Receiver<WriteRequest>) {
    let mut decoder = Decoder::new(line.source, &config);
    let mut attempt = 0;
    loop {
        decoder.forget();
        let opened = tokio::select! {
            () = line.stop.cancelled() => return,
            opened = timeout(config.timeout * 3, open(&line, &config, &decoder)) => opened,
        };
        let ended = match opened {
            Err(_) => format!("{} did not answer within {:?}", config.endpoint, config.timeout * 3),
            Ok(Err(error)) => error,
            Ok(Ok((peer, first))) => {
                attempt = 0;
                line.connected();
                match serve(&line, &config, &mut decoder, (peer, first, &mut writes)).await {
                    Some(error) => error,
                    None => return,
                }
            }
        };
        line.lost(ended);
        if !line.pause(attempt, &mut writes).await {
            return;
        }
        attempt += 1;
    }
}

/// Opens a session and subscribes; the delivery holds the nodes that the server would not monitor.
async fn open(line: &Line, config: &Config, decoder: &Decoder) -> Result<(Peer, Delivery), String> {
    let mut client = ClientBuilder::new()
        .application_name("Socium")
        .application_uri("urn:socium")
        .pki_dir(std::env::temp_dir().join("socium-pki"))
        .session_retry_limit(0)
        .request_timeout(config.timeout)
        .keep_alive_interval(config.timeout)
        .max_failed_keep_alive_count(2)
        .session_name(format!("socium-{}", line.source.0))
        .client()
        .map_err(|errors| errors.join("; "))?;
    let (policy, identity) = match &config.credentials {
        None => (UserTokenPolicy::anonymous(), IdentityToken::Anonymous),
        Some(c) => (UserTokenPolicy::default(), IdentityToken::new_user_name(c.name.clone(), c.password.clone())),
    };
    let endpoint: EndpointDescription = (config.endpoint.as_str(), "None", MessageSecurityMode::None, policy).into();
    let (session, event_loop) = match &config.credentials {
        None => client.connect_to_endpoint_directly(endpoint, identity),
        // the server's own user-name policy is needed, so its endpoints are asked for
        Some(_) => client.connect_to_matching_endpoint(endpoint, identity).await,
    }
    .map_err(|e| format!("{}: {e}", config.endpoint))?;
    let mut events: Events = Box::pin(event_loop.enter());
    loop {
        match events.next().await {
            Some(Ok(SessionPollResult::Reconnected(_))) => break,
            event => loss(event.as_ref()).map_or(Ok(()), |lost| Err(format!("{}: {lost}", config.endpoint)))?,
        }
    }
    let (heard, notifications) = mpsc::unbounded_channel();
    let first = {
        let subscribing = subscribe(&session, config, decoder, (line, heard));
        tokio::pin!(subscribing);
        loop {
            tokio::select! {
                first = &mut subscribing => break first.map_err(|e| format!("{}: no subscription: {e}", config.endpoint))?,
                event = events.next() => loss(event.as_ref()).map_or(Ok(()), Err)?,
            }
        }
    };
    Ok((Peer { session, events, notifications }, first))
}

/// What an event of the session says of the connection: `Some` when it is lost.
fn loss(event: Option<&Result<SessionPollResult, StatusCode>>) -> Option<String> {
    match event {
        None => Some("the session was closed".to_owned()),
        Some(Err(status)) => Some(format!("cannot connect: {status}")),
        Some(Ok(SessionPollResult::ConnectionLost(status))) => Some(format!("connection lost: {status}")),
        Some(Ok(SessionPollResult::ReconnectFailed(status))) => Some(format!("cannot connect: {status}")),
        Some(Ok(SessionPollResult::Subscription(SubscriptionActivity::FatalFailure(status)))) => {
            Some(format!("publishing failed: {status}"))
        }
        Some(Ok(_)) => None,
    }
}

/// Makes the subscription and its monitored items. The delivery holds a refusal for each node that is not monitored.
async fn subscribe(
    session: &Session,
    config: &Config,
    decoder: &Decoder,
    (line, heard): (&Line, mpsc::UnboundedSender<Notification>),
) -> Result<Delivery, Error> {
    let listener = Listener(heard);
    let rounds = (LIFETIME_ROUNDS, KEEP_ALIVE_ROUNDS);
    let subscription = session.create_subscription(config.publishing, rounds.0, rounds.1, 0, 0, true, listener).await?;
    let items: Vec<MonitoredItemCreateRequest> = config.channels.iter().zip(1..).map(|((_, a), i)| item(config, a, i)).collect();
    let mut delivery = Delivery::new(line.source, line.now());
    for some in items.chunks(ITEMS_MAX) {
        let mut made = session.create_monitored_items(subscription, TimestampsToReturn::Both, some.to_vec()).await?;
        let unfiltered: Vec<_> = some.iter().zip(&made).filter(|(_, m)| dislikes_filter(m.result.status_code)).collect();
        if !unfiltered.is_empty() {
            let plain = unfiltered.into_iter().map(|(item, _)| without_filter(item.clone())).collect();
            made.retain(|m| !dislikes_filter(m.result.status_code));
            made.extend(session.create_monitored_items(subscription, TimestampsToReturn::Both, plain).await?);
        }
        for item in made.iter().filter(|item| !item.result.status_code.is_good()) {
            let refused = decoder.unmonitored(item.requested_parameters.client_handle, item.result.status_code, line.now());
            line.trouble(format!("{}: {}", refused.place, refused.found));
            delivery.refused.push(refused);
        }
    }
    Ok(delivery)
}

/// A monitored item that also reports the same value at a new time: the same event twice is two events.
fn item(config: &Config, address: &Address, handle: u32) -> MonitoredItemCreateRequest {
    let trigger = DataChangeTrigger::StatusValueTimestamp;
    let filter = DataChangeFilter { trigger, deadband_type: DeadbandType::None as u32, deadband_value: 0.0 };
    let parameters = MonitoringParameters {
        client_handle: handle,
        sampling_interval: config.sampling.as_secs_f64() * 1e3,
        filter: ExtensionObject::from_message(filter),
        queue_size: config.queue.clamp(1, 10_000),
        discard_oldest: true,
    };
    let node = ReadValueId { node_id: address.0.clone(), attribute_id: AttributeId::Value as u32, ..ReadValueId::default() };
    MonitoredItemCreateRequest::new(node, MonitoringMode::Reporting, parameters)
}

fn dislikes_filter(status: StatusCode) -> bool {
    status == StatusCode::BadMonitoredItemFilterUnsupported
        || status == StatusCode::BadMonitoredItemFilterInvalid
        || status == StatusCode::BadFilterNotAllowed
}

fn without_filter(mut item: MonitoredItemCreateRequest) -> MonitoredItemCreateRequest {
    item.requested_parameters.filter = ExtensionObject::null();
    item
}

/// Drives the session until it is lost (the reason) or the node stops (`None`).
async fn serve(
    line: &Line,
    config: &Config,
    decoder: &mut Decoder,
    (mut peer, first, requests): (Peer, Delivery, &mut mpsc::Receiver<WriteRequest>),
) -> Option<String> {
    let mut in_flight = InFlight::default();
    let mut writes = Writes::default();
    in_flight.push(line.deliver(first).await?).await;
    loop {
        tokio::select! {
            biased;
            () = line.stop.cancelled() => {
                close(&mut peer, config.timeout).await;
                return None;
            }
            Some(notification) = peer.notifications.recv() => {
                watch_overflow(line, &notification);
                let delivery = decoder.decode(notification, line.now());
                // what could not be taken is counted as refused; OPC UA has no way to ask for it again
                in_flight.push(line.deliver(delivery).await?).await;
            }
            Some(request) = requests.recv(), if writes.len() < sink::WRITES_MAX => {
                sink::begin(&mut writes, &peer.session, (config, decoder.types()), request);
            }
            Some(()) = writes.next(), if !writes.is_empty() => {}
            event = peer.events.next() => match event {
                Some(Ok(SessionPollResult::Subscription(SubscriptionActivity::Publish)))
                | Some(Ok(SessionPollResult::SessionActivity(SessionActivity::KeepAliveSucceeded))) => line.heard(),
                event => if let Some(lost) = loss(event.as_ref()) {
                    return Some(format!("{}: {lost}", config.endpoint));
                }
            }
        }
    }
}

/// Tells when the server's queue of a node was too short for what came.
fn watch_overflow(line: &Line, notification: &Notification) {
    let lost = notification.iter().filter(|(_, value)| value.status.is_some_and(|status| status.overflow())).count();
    if lost > 0 {
        line.trouble(format!("the server's queues of {lost} nodes overflowed: values between two sendings are lost there"));
    }
}

/// Closes the session in good order.
async fn close(peer: &mut Peer, wait: Duration) {
    let session = Arc::clone(&peer.session);
    let closing = session.disconnect();
    tokio::pin!(closing);
    let both = async {
        loop {
            tokio::select! {
                _ = &mut closing => return,
                event = peer.events.next() => if event.is_none() { return },
            }
        }
    };
    let _ = timeout(wait, both).await;
}
