//! Subscriptions and their monitored items: made in pieces that the server takes, taken over by a new session, and their missing
//! messages asked for again. Enters: a session, the decoder's items. Leaves: [`News`], refusals of nodes. Absent: what values mean.
//!
//! Messages of a subscription are numbered (Part 4, 7.26). A number that is passed over is a message that was lost on the way, and
//! the server keeps it until it is acknowledged: it is asked for again before what came after it is handed on.

use super::config::Config;
use super::limits::Limits;
use super::wire::{Decoder, Notification};
use crate::Line;
use collect::Delivery;
use opcua::client::{MonitoredItemMap, OnSubscriptionNotificationCore, Session};
use opcua::types::{
    AttributeId, DataChangeFilter, DataChangeNotification, DataChangeTrigger, DeadbandType, Error, ExtensionObject,
    MonitoredItemCreateRequest, MonitoredItemCreateResult, MonitoringMode, MonitoringParameters, NodeId, NotificationMessage,
    ReadValueId, StatusChangeNotification, StatusCode, TimestampsToReturn,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::mpsc;

/// How long a silent subscription lives at the server.
const LIFETIME: Duration = Duration::from_secs(60);
/// Publishing rounds without news after which the server tells that it lives.
pub(super) const KEEP_ALIVE_ROUNDS: u32 = 10;
/// Most values in one message.
const VALUES_MAX: u32 = 20_000;
/// Most lost messages asked for again at once; a server keeps no more.
const AGAIN_MAX: u32 = 1_000;

/// One message of a subscription.
#[derive(Debug)]
pub(super) struct News {
    /// The subscription.
    pub subscription: u32,
    /// Number of the message; of a keep-alive, the number that the next message will have.
    pub number: u32,
    /// Its values; none in a keep-alive.
    pub values: Vec<Notification>,
    /// Why the server ended the subscription, where it did.
    pub ended: Option<StatusCode>,
}

/// A subscription, and the number that its next message must have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subscribed {
    pub id: u32,
    next: Option<u32>,
}

/// Takes what a subscription brings. The channel is drained before the session is driven on, so it holds what one step of the
/// session brings and no more.
struct Listener {
    tell: mpsc::UnboundedSender<News>,
    id: Arc<AtomicU32>,
}

impl OnSubscriptionNotificationCore for Listener {
    fn on_subscription_notification(&mut self, message: NotificationMessage, _items: MonitoredItemMap<'_>) {
        let subscription = self.id.load(Relaxed);
        drop(self.tell.send(news(subscription, message)));
    }
}

fn news(subscription: u32, message: NotificationMessage) -> News {
    let mut news = News { subscription, number: message.sequence_number, values: Vec::new(), ended: None };
    for data in message.notification_data.into_iter().flatten() {
        if let Some(ended) = data.inner_as::<StatusChangeNotification>() {
            news.ended = Some(ended.status);
        } else if let Some(change) = data.into_inner_as::<DataChangeNotification>() {
            news.values.extend(change.monitored_items);
        }
    }
    news
}

/// The number after one, which is never 0 (Part 4, 7.8).
const fn after(number: u32) -> u32 {
    if number == u32::MAX { 1 } else { number + 1 }
}

impl Subscribed {
    const fn new(id: u32) -> Self {
        Self { id, next: None }
    }
    /// The numbers that were passed over before this message, and whether the message is new.
    pub fn passed_over(&mut self, news: &News) -> (Vec<u32>, bool) {
        let expected = self.next.unwrap_or(news.number);
        let ahead = news.number.wrapping_sub(expected);
        if ahead > u32::MAX / 2 {
            return (Vec::new(), false);
        }
        self.next = Some(if news.values.is_empty() && news.ended.is_none() { news.number } else { after(news.number) });
        let mut missing = Vec::new();
        let mut number = expected;
        while number != news.number && missing.len() < AGAIN_MAX as usize {
            missing.push(number);
            number = after(number);
        }
        (missing, true)
    }
}

/// Asks for a message again.
///
/// # Errors
/// The server has it no more, or the connection failed.
pub(super) async fn again(session: &Session, subscription: u32, number: u32) -> Result<News, Error> {
    session.republish(subscription, number).await.map(|message| news(subscription, message))
}

/// Takes the subscriptions of an earlier session over; `false` where the server would not give one of them.
pub(super) async fn take_over(session: &Session, subscriptions: &[Subscribed]) -> bool {
    let ids: Vec<u32> = subscriptions.iter().map(|s| s.id).collect();
    let taken = session.transfer_subscriptions(&ids, false).await;
    taken.is_ok_and(|results| results.len() == ids.len() && results.iter().all(|r| r.status_code.is_good()))
}

/// Forgets subscriptions, at the server too where it still has them.
pub(super) async fn drop_all(session: &Session, subscriptions: &[Subscribed]) {
    for subscription in subscriptions {
        if let Err(error) = session.delete_subscription(subscription.id).await {
            tracing::debug!(%error, subscription = subscription.id, "a subscription was not deleted");
        }
    }
}

/// Makes the subscriptions and their monitored items. The delivery holds a refusal for each channel whose node is not monitored.
pub(super) async fn subscribe(
    session: &Session,
    (config, limits): (&Config, Limits),
    decoder: &Decoder,
    (line, tell): (&Line, &mpsc::UnboundedSender<News>),
) -> Result<(Vec<Subscribed>, Delivery), Error> {
    let items: Vec<MonitoredItemCreateRequest> =
        decoder.items().iter().zip(1..).map(|(i, handle)| item(config, &i.node, handle)).collect();
    let mut delivery = Delivery::new(line.source, line.now());
    let mut subscriptions = Vec::new();
    let rounds = (LIFETIME.as_secs_f64() / config.publishing.as_secs_f64().max(1e-3)).ceil() as u32;
    let mut refuse = |handle: u32, status: StatusCode| {
        let refused = decoder.unmonitored(handle, status, line.now());
        if let Some(first) = refused.first() {
            line.trouble(format!("{}: {}", first.place, first.found));
        }
        delivery.refused.extend(refused);
    };
    let mut rest = items.as_slice();
    while !rest.is_empty() {
        let made = match create((session, config), tell, rounds).await {
            Err(error) if error.status() == StatusCode::BadTooManySubscriptions && !subscriptions.is_empty() => {
                Err(error.status())
            }
            made => Ok(made?),
        };
        let (done, full) = match made {
            Ok(made) => {
                subscriptions.push(Subscribed::new(made));
                let mine = &rest[..rest.len().min(limits.items_of_subscription)];
                let (results, full) = monitor(session, limits, made, mine).await?;
                for (item, result) in results.iter().filter(|(_, r)| !r.status_code.is_good()) {
                    refuse(item.requested_parameters.client_handle, result.status_code);
                }
                (results.len(), full)
            }
            Err(full) => (0, Some(full)),
        };
        rest = &rest[done..];
        // a fresh subscription that takes nothing: the server takes no more at all
        if let (0, Some(full)) = (done, full) {
            rest.iter().for_each(|item| refuse(item.requested_parameters.client_handle, full));
            break;
        }
    }
    Ok((subscriptions, delivery))
}

/// A subscription without items.
async fn create((session, config): (&Session, &Config), tell: &mpsc::UnboundedSender<News>, rounds: u32) -> Result<u32, Error> {
    let id = Arc::new(AtomicU32::new(0));
    let listener = Listener { tell: tell.clone(), id: Arc::clone(&id) };
    let lifetime = rounds.max(3 * KEEP_ALIVE_ROUNDS);
    let made = session.create_subscription(config.publishing, lifetime, KEEP_ALIVE_ROUNDS, VALUES_MAX, 0, true, listener).await?;
    id.store(made, Relaxed);
    Ok(made)
}

type Results = Vec<(MonitoredItemCreateRequest, MonitoredItemCreateResult)>;

/// Makes monitored items, fewer at once where the server says that it was asked too much, and without a filter where it takes
/// none. Ends where the subscription is full, and says so.
async fn monitor(
    session: &Session,
    limits: Limits,
    subscription: u32,
    items: &[MonitoredItemCreateRequest],
) -> Result<(Results, Option<StatusCode>), Error> {
    let mut results: Results = Vec::with_capacity(items.len());
    let (mut at_once, mut rest, mut full) = (limits.items, items, None);
    while !rest.is_empty() && full.is_none() {
        let (some, others) = rest.split_at(rest.len().min(at_once));
        let made = match session.create_monitored_items(subscription, TimestampsToReturn::Both, some.to_vec()).await {
            Err(error) if some.len() > 1 && (asked_too_much(error.status()) || is_full(error.status())) => {
                at_once = some.len() / 2;
                continue;
            }
            Err(error) if is_full(error.status()) => {
                full = Some(error.status());
                continue;
            }
            made => made?,
        };
        let made = some.iter().cloned().zip(made.into_iter().map(|m| m.result));
        results.extend(made.take_while(|(_, result)| !is_full(result.status_code)));
        if results.len() < items.len() - others.len() {
            full = Some(StatusCode::BadTooManyMonitoredItems);
        }
        rest = others;
    }
    let mut plain: Vec<usize> = (0..results.len()).filter(|i| dislikes_filter(results[*i].1.status_code)).collect();
    while !plain.is_empty() {
        let some: Vec<usize> = plain.drain(..plain.len().min(at_once)).collect();
        let wanted = some.iter().map(|i| without_filter(results[*i].0.clone())).collect();
        let made = session.create_monitored_items(subscription, TimestampsToReturn::Both, wanted).await?;
        for (place, made) in some.into_iter().zip(made) {
            results[place].1 = made.result;
        }
    }
    Ok((results, full))
}

fn is_full(status: StatusCode) -> bool {
    status == StatusCode::BadTooManyMonitoredItems
}

fn asked_too_much(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BadTooManyOperations
            | StatusCode::BadRequestTooLarge
            | StatusCode::BadResponseTooLarge
            | StatusCode::BadEncodingLimitsExceeded
    )
}

/// A monitored item that also reports the same value at a new time: the same event twice is two events.
fn item(config: &Config, node: &NodeId, handle: u32) -> MonitoredItemCreateRequest {
    let trigger = DataChangeTrigger::StatusValueTimestamp;
    let dead_band = config.dead_band_percent;
    let kind = if dead_band > 0.0 { DeadbandType::Percent } else { DeadbandType::None };
    let filter = DataChangeFilter { trigger, deadband_type: kind as u32, deadband_value: dead_band };
    let parameters = MonitoringParameters {
        client_handle: handle,
        sampling_interval: config.sampling.as_secs_f64() * 1e3,
        filter: ExtensionObject::from_message(filter),
        queue_size: config.queue.clamp(1, 10_000),
        discard_oldest: true,
    };
    let node = ReadValueId { node_id: node.clone(), attribute_id: AttributeId::Value as u32, ..ReadValueId::default() };
    MonitoredItemCreateRequest::new(node, MonitoringMode::Reporting, parameters)
}

fn dislikes_filter(status: StatusCode) -> bool {
    status == StatusCode::BadMonitoredItemFilterUnsupported
        || status == StatusCode::BadMonitoredItemFilterInvalid
        || status == StatusCode::BadFilterNotAllowed
        || status == StatusCode::BadDeadbandFilterInvalid
}

fn without_filter(mut item: MonitoredItemCreateRequest) -> MonitoredItemCreateRequest {
    item.requested_parameters.filter = ExtensionObject::null();
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    fn news(number: u32, values: usize) -> News {
        News { subscription: 1, number, values: vec![Vec::new(); values], ended: None }
    }

    #[test]
    fn numbers_passed_over_are_told_and_messages_come_once() {
        // number, messages of values in it, missing before it, whether it is new
        let table: [(u32, usize, &[u32], bool); 9] = [
            (7, 1, &[], true),
            (8, 1, &[], true),
            (9, 0, &[], true), // a keep-alive names the next
            (9, 1, &[], true),
            (12, 1, &[10, 11], true),
            (11, 1, &[], false),
            (15, 0, &[13, 14], true), // lost, and nothing came after
            (15, 0, &[], true),
            (15, 1, &[], true),
        ];
        let mut subscription = Subscribed::new(1);
        for (number, values, missing, fresh) in table {
            assert_eq!(subscription.passed_over(&news(number, values)), (missing.to_vec(), fresh), "message {number}");
        }
    }

    #[test]
    fn after_the_last_number_comes_one() {
        let mut subscription = Subscribed::new(1);
        assert_eq!(subscription.passed_over(&news(u32::MAX, 1)), (Vec::new(), true));
        assert_eq!(subscription.passed_over(&news(1, 1)), (Vec::new(), true));
        assert_eq!(subscription.passed_over(&news(3, 1)), (vec![2], true));
    }
}
