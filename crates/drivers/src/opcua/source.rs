//! The task of one OPC UA server: a session with its subscriptions, driven here. Enters: notifications and write requests. Leaves:
//! arrivals and health. Absent: what values mean (`wire`).
//!
//! ```text
//! open -> serve <-> lost, taken up again by the session itself: the same subscriptions, messages lost on the way asked for again
//!           |
//!           +--> the server began anew: its subscriptions are taken over where it still has them, else made anew
//!           +--> lost for longer than the server keeps a session, or refused: opened afresh, endpoints and all
//! ```
//!
//! The session is driven only while there is room at the door, so a slow unit slows the connection and the server's own
//! queues fill; a queue that overflowed is told as trouble.

use super::config::Config;
use super::limits::Limits;
use super::session::{self, Events, close, driven, is_of_the_line, loss};
use super::sink::{self, Writes};
use super::subscribe::{self, KEEP_ALIVE_ROUNDS, News, Subscribed};
use super::types;
use super::wire::{Arguments, Decoder, Notification};
use crate::line::InFlight;
use crate::{Line, WriteRequest};
use collect::{Delivery, Source};
use futures::StreamExt;
use opcua::client::{Session, SessionActivity, SessionConnectMode, SessionPollResult, SubscriptionActivity};
use opcua::types::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant as Moment, timeout};

/// A session, its events (to be polled for anything to happen), and what its subscriptions bring.
struct Peer {
    session: Arc<Session>,
    events: Events,
    limits: Limits,
    subscriptions: Vec<Subscribed>,
    tell: mpsc::UnboundedSender<News>,
    heard: mpsc::UnboundedReceiver<News>,
}

/// What the task holds while a session lives.
struct Serving<'s> {
    line: &'s Line,
    config: &'s Config,
    decoder: &'s mut Decoder,
    peer: Peer,
    in_flight: InFlight,
    /// Since when the connection is lost; `None` while it holds.
    lost: Option<Moment>,
    /// When the server was last heard to publish.
    published: Moment,
}

/// Why serving ends.
enum End {
    /// The node stops.
    Stop,
    /// The session is of no more use.
    Lost(String),
}

/// Serves the line until it stops.
pub async fn run(line: Line, config: Config, mut writes: mpsc::Receiver<WriteRequest>) {
    let mut decoder = Decoder::new(line.source, &config);
    let mut attempt = 0;
    loop {
        decoder.forget();
        let opened = tokio::select! {
            () = line.stop.cancelled() => return,
            opened = open(&line, &config, &mut decoder) => opened,
        };
        let ended = match opened {
            Err(error) => error,
            Ok((peer, first)) => {
                attempt = 0;
                line.connected();
                let (in_flight, published) = (InFlight::default(), Moment::now());
                let serving =
                    Serving { line: &line, config: &config, decoder: &mut decoder, peer, in_flight, lost: None, published };
                match serving.serve(first, &mut writes).await {
                    End::Lost(error) => error,
                    End::Stop => return,
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
async fn open(line: &Line, config: &Config, decoder: &mut Decoder) -> Result<(Peer, Delivery), String> {
    let wait = config.timeout * 3;
    let late = || format!("{} did not answer within {wait:?}", config.endpoint);
    let opening = session::open(config, format!("socium-{}", line.source.0));
    let (session, mut events) = timeout(wait, opening).await.map_err(|_| late())?.map_err(|e| e.said)?;
    let (tell, heard) = mpsc::unbounded_channel();
    // the time allowed grows with the work: each request has its own
    let requests = u32::try_from(decoder.items().len() / 50 + 10).unwrap_or(u32::MAX);
    let preparing = async {
        let limits = Limits::of(&session).await?;
        types::learn(&session, limits, decoder).await?;
        let (subscriptions, first) = subscribe::subscribe(&session, (config, limits), decoder, (line, &tell)).await?;
        Ok((limits, subscriptions, first))
    };
    let prepared: Result<_, opcua::types::Error> =
        timeout(config.timeout.saturating_mul(requests), driven(&mut events, preparing)).await.map_err(|_| late())??;
    let (limits, subscriptions, first) = prepared.map_err(|e| format!("{}: no subscription: {e}", config.endpoint))?;
    Ok((Peer { session, events, limits, subscriptions, tell, heard }, first))
}

impl Serving<'_> {
    /// Drives the session until it is of no more use or the node stops.
    async fn serve(mut self, first: Delivery, requests: &mut mpsc::Receiver<WriteRequest>) -> End {
        let mut writes = Writes::default();
        let mut arguments = Arguments::default();
        if let Some(end) = self.hand_in(first).await {
            return end;
        }
        loop {
            let silent = self.published + self.silence_max();
            tokio::select! {
                biased;
                () = self.line.stop.cancelled() => {
                    close(&self.peer.session, &mut self.peer.events, self.config.timeout).await;
                    return End::Stop;
                }
                Some(news) = self.peer.heard.recv() => if let Some(end) = self.take(news).await { return end },
                Some(request) = requests.recv(), if writes.len() < sink::WRITES_MAX => match self.lost {
                    Some(_) => drop(request.answer.send(Err(self.line.refusal()))),
                    None => {
                        let known = (self.config, &*self.decoder, &arguments);
                        sink::begin(&mut writes, &self.peer.session, known, (self.peer.limits, request));
                    }
                },
                Some(learned) = writes.next(), if !writes.is_empty() => if let Some(sink::Learned { method, takes, request }) = learned {
                    arguments.insert(method, takes);
                    sink::begin(&mut writes, &self.peer.session, (self.config, &*self.decoder, &arguments), (self.peer.limits, request));
                },
                event = self.peer.events.next() => if let Some(end) = self.follow(event).await { return end },
                () = tokio::time::sleep_until(silent), if self.lost.is_none() && !self.peer.subscriptions.is_empty() => {
                    return End::Lost(format!("{}: the server published nothing for {:?}", self.config.endpoint, self.silence_max()));
                }
            }
        }
    }

    /// Longest silence of a subscription that is believed: its keep-alive and twice the wait for an answer.
    fn silence_max(&self) -> Duration {
        self.config.publishing * KEEP_ALIVE_ROUNDS + self.config.timeout * 2 + Duration::from_secs(5)
    }

    /// What an event of the session asks for.
    async fn follow(&mut self, event: Option<Result<SessionPollResult, StatusCode>>) -> Option<End> {
        match event {
            Some(Ok(SessionPollResult::Subscription(SubscriptionActivity::Publish))) => {
                self.published = Moment::now();
                self.line.heard();
                None
            }
            Some(Ok(SessionPollResult::SessionActivity(SessionActivity::KeepAliveSucceeded))) => {
                self.line.heard();
                None
            }
            Some(Ok(SessionPollResult::Subscription(SubscriptionActivity::PublishFailed(StatusCode::BadNoSubscription)))) => {
                self.begin_anew("the server has forgotten the subscription").await
            }
            Some(Ok(SessionPollResult::Reconnected(mode))) => self.take_up(&mode).await,
            Some(Ok(SessionPollResult::ReconnectFailed(status))) if !is_of_the_line(status) => {
                Some(End::Lost(format!("{}: cannot connect: {status}", self.config.endpoint)))
            }
            None | Some(Err(_)) => loss(event.as_ref()).map(|lost| End::Lost(format!("{}: {lost}", self.config.endpoint))),
            event => {
                let lost = loss(event.as_ref())?;
                let since = *self.lost.get_or_insert_with(Moment::now);
                let error = format!("{}: {lost}", self.config.endpoint);
                if since.elapsed() > Duration::from_millis(u64::from(session::SESSION_TIMEOUT_MS)) {
                    return Some(End::Lost(error));
                }
                self.line.lost(error);
                None
            }
        }
    }

    /// The connection is there again.
    async fn take_up(&mut self, mode: &SessionConnectMode) -> Option<End> {
        self.lost = None;
        self.published = Moment::now();
        self.line.connected();
        let taken = match mode {
            SessionConnectMode::ReactivatedSession(_) => true,
            SessionConnectMode::NewSession(_) => {
                let taking = subscribe::take_over(&self.peer.session, &self.peer.subscriptions);
                match driven(&mut self.peer.events, taking).await {
                    Ok(taken) => taken,
                    Err(lost) => return Some(End::Lost(format!("{}: {lost}", self.config.endpoint))),
                }
            }
        };
        if taken {
            self.peer.session.trigger_publish_now();
            return None;
        }
        self.begin_anew("the server began anew and has no subscription of ours").await
    }

    /// Makes the subscriptions anew; what the server sampled meanwhile is not to be had.
    async fn begin_anew(&mut self, why: &str) -> Option<End> {
        let Peer { session, events, subscriptions, limits, tell, .. } = &mut self.peer;
        self.line.trouble(format!("{}: {why}; values from the loss until now are not to be had", self.config.endpoint));
        self.decoder.forget();
        let beginning = async {
            subscribe::drop_all(session, subscriptions).await;
            *limits = Limits::of(session).await?;
            types::learn(session, *limits, self.decoder).await?;
            subscribe::subscribe(session, (self.config, *limits), self.decoder, (self.line, tell)).await
        };
        let began = driven(events, beginning).await;
        self.published = Moment::now();
        match began {
            Ok(Ok((made, delivery))) => {
                *subscriptions = made;
                self.hand_in(delivery).await
            }
            Ok(Err(error)) => Some(End::Lost(format!("{}: no subscription: {error}", self.config.endpoint))),
            Err(lost) => Some(End::Lost(format!("{}: {lost}", self.config.endpoint))),
        }
    }

    /// One message of a subscription, after those that were lost before it.
    async fn take(&mut self, news: News) -> Option<End> {
        let Some(subscription) = self.peer.subscriptions.iter_mut().find(|s| s.id == news.subscription) else {
            // of a subscription that was given up; its values are values all the same
            return self.hand_in_all(news.values).await;
        };
        let (missing, new) = subscription.passed_over(&news);
        if let Some(end) = self.recover(news.subscription, &missing).await {
            return Some(end);
        }
        if !new {
            return None;
        }
        if let Some(status) = news.ended {
            return self.begin_anew(&format!("the server ended the subscription: {status}")).await;
        }
        self.hand_in_all(news.values).await
    }

    /// Asks for messages that were lost on the way.
    async fn recover(&mut self, subscription: u32, missing: &[u32]) -> Option<End> {
        let mut gone = 0;
        for number in missing {
            let asking = subscribe::again(&self.peer.session, subscription, *number);
            match driven(&mut self.peer.events, asking).await {
                Ok(Ok(news)) => {
                    if let Some(end) = self.hand_in_all(news.values).await {
                        return Some(end);
                    }
                }
                Ok(Err(_)) => gone += 1,
                Err(lost) => return Some(End::Lost(format!("{}: {lost}", self.config.endpoint))),
            }
        }
        if gone > 0 {
            self.line.trouble(format!("{gone} messages were lost on the way, and the server has them no more"));
        }
        None
    }

    async fn hand_in_all(&mut self, values: Vec<Notification>) -> Option<End> {
        for notification in values {
            watch_overflow(self.line, &notification);
            let delivery = self.decoder.decode(notification, self.line.now());
            if let Some(end) = self.hand_in(delivery).await {
                return Some(end);
            }
        }
        None
    }

    async fn hand_in(&mut self, delivery: Delivery) -> Option<End> {
        let Some(settled) = self.line.deliver(delivery).await else { return Some(End::Stop) };
        // what could not be taken is counted as refused; OPC UA has no way to ask for it again
        self.in_flight.push(settled).await;
        None
    }
}

/// Tells when the server's queue of a node was too short for what came.
fn watch_overflow(line: &Line, notification: &Notification) {
    let lost = notification.iter().filter(|item| item.value.status.is_some_and(|status| status.overflow())).count();
    if lost > 0 {
        line.trouble(format!("the server's queues of {lost} nodes overflowed: values between two sendings are lost there"));
    }
}
