//! A session at a broker. Enters: packets, write requests, time. Leaves: STATE, requests for births, commands, arrivals,
//! acknowledgements. Absent: how the connection is made (`source`), what payloads mean (`wire`).
//!
//! ```text
//! SUBSCRIBE own STATE and the groups -> SUBACK -> STATE online -> requests for births      (4.2.3.1, 5.3)
//! publish -> in order -> delivery -> settled -> PUBACK, in the order in which the publishes came
//! STATE offline of our own id by another -> STATE online again                             (5.3)
//! stop -> STATE offline -> DISCONNECT                                                      (5.14)
//! ```
//!
//! A publish of QoS 1 is acknowledged after its arrival is settled; at most [`IN_FLIGHT_MAX`] are open at once. The session is clean,
//! as Sparkplug 3.0 demands of a host: what a lost connection held back comes again with the rebirth.

use super::config::Config;
use super::rebirth::Rebirths;
use super::sink;
use super::source::{News, Peer};
use super::wire::{Decoder, Message, NodeName, Order, Read, Ready, State, filters, millis, read, rebirth, state_topic};
use crate::echo::Writes;
use crate::line::IN_FLIGHT_MAX;
use crate::{Line, Settled, WriteRequest};
use collect::Delivery;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{Packet, Publish, SubAck, SubscribeFilter, SubscribeReasonCode};
use rumqttc::{AsyncClient, PublishOptions};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

/// Longest parting: STATE offline must be acknowledged and DISCONNECT sent.
const PARTING_MAX: Duration = Duration::from_secs(2);

/// Tells a publish that its arrival was handed in: what is sent is the settling of the arrival.
type HandedIn = oneshot::Sender<oneshot::Receiver<Settled>>;

/// What a session holds beside the connection.
pub(super) struct Session<'a> {
    line: &'a Line,
    config: &'a Config,
    decoder: &'a mut Decoder,
    order: Order<HandedIn>,
    /// When the wait for a missing message of an edge node is over.
    overdue: HashMap<NodeName, Instant>,
    writes: Writes,
    settling: FuturesOrdered<BoxFuture<'static, (bool, Publish)>>,
    rebirths: Rebirths,
    online: State,
    /// When the broker must have accepted the subscriptions; `None` = it has, and STATE online is out.
    accept_by: Option<Instant>,
}

/// Why a session ends: a reason, or `None` when the node stops.
type Ended = Option<String>;

impl<'a> Session<'a> {
    pub(super) fn new((line, config, decoder): (&'a Line, &'a Config, &'a mut Decoder), stamp: u64) -> Self {
        Self {
            line,
            config,
            decoder,
            order: Order::default(),
            overdue: HashMap::new(),
            writes: Writes::default(),
            settling: FuturesOrdered::new(),
            rebirths: Rebirths::default(),
            online: State { online: true, timestamp: stamp },
            accept_by: Some(Instant::now() + config.timeout),
        }
    }

    /// Whether STATE online was said.
    pub(super) const fn was_online(&self) -> bool {
        self.accept_by.is_none()
    }

    /// Listens until the connection is lost (the reason) or the node stops (`None`).
    pub(super) async fn serve(&mut self, mut peer: Peer, requests: &mut mpsc::Receiver<WriteRequest>) -> Ended {
        if let Err(error) = self.subscribe(&peer.client).await {
            return Some(error);
        }
        let ended = loop {
            if let Err(ended) = self.turn(&mut peer, requests).await {
                break ended;
            }
        };
        match &ended {
            None => self.part(peer).await,
            Some(_) => drop(self.hand_in_held().await),
        }
        ended
    }

    /// Waits for one thing to happen, and does what it asks for.
    async fn turn(&mut self, peer: &mut Peer, requests: &mut mpsc::Receiver<WriteRequest>) -> Result<(), Ended> {
        let client = &peer.client;
        tokio::select! {
            () = self.line.stop.cancelled() => Err(None),
            Some((taken, publish)) = self.settling.next() => {
                if !taken {
                    return Err(Some("the unit could not take a message; asked for again".to_owned()));
                }
                client.try_ack(&publish).map_err(|error| Some(format!("acknowledgement: {error}")))
            }
            () = self.writes.wait() => {
                self.writes.expire(self.config.echo);
                Ok(())
            }
            () = self.rebirths.wait() => self.ask_rebirths(client).await.map_err(Some),
            node = first_overdue(&self.overdue) => self.give_up(&node).await,
            () = until(self.accept_by) => {
                Err(Some(format!("the broker did not accept the subscriptions within {:?}", self.config.timeout)))
            }
            Some(request) = requests.recv(), if self.writes.has_room() => {
                let now = self.line.now();
                let Some(command) = sink::begin(&mut self.writes, request, (self.config, self.decoder, now)) else { return Ok(()) };
                let sent = client.publish(command.topic, command.payload, PublishOptions::new(QoS::AtMostOnce));
                sent.await.map_err(|error| Some(format!("command: {error}")))
            }
            news = peer.news.recv(), if self.settling.len() < IN_FLIGHT_MAX => match news {
                None => Err(Some("the connection was closed".to_owned())),
                Some(News::Lost(error)) => Err(Some(error)),
                Some(News::Packet(packet)) => self.hear(client, *packet).await,
            }
        }
    }

    /// Asks for the messages of the groups and for the own STATE, in one packet.
    async fn subscribe(&mut self, client: &AsyncClient) -> Result<(), String> {
        let groups: BTreeSet<&str> = self.config.channels.iter().map(|(_, address)| address.group.as_str()).collect();
        let own = state_topic(&self.config.host_id);
        let filters = groups.into_iter().flat_map(filters).chain([own]);
        let wanted = filters.map(|filter| SubscribeFilter::new(filter, QoS::AtLeastOnce));
        client.subscribe_many(wanted).await.map_err(|e| e.to_string())
    }

    /// The broker accepted the subscriptions: STATE online is the first word, then the births are asked for.
    async fn begin(&mut self, client: &AsyncClient, ack: &SubAck) -> Result<(), Ended> {
        if let Some(refused) = ack.return_codes.iter().find(|code| !matches!(code, SubscribeReasonCode::Success(_))) {
            return Err(Some(format!("the broker refused a subscription: {refused:?}")));
        }
        self.accept_by = None;
        self.say(client, self.online).await.map_err(Some)?;
        self.line.connected();
        let now = Instant::now();
        for (_, address) in &self.config.channels {
            self.rebirths.wish((address.group.clone(), address.node.clone()), now);
        }
        self.ask_rebirths(client).await.map_err(Some)
    }

    async fn say(&mut self, client: &AsyncClient, state: State) -> Result<(), String> {
        let retained = PublishOptions::new(QoS::AtLeastOnce).retained();
        let sent = client.publish(state_topic(&self.config.host_id), state.payload(), retained);
        sent.await.map_err(|e| e.to_string())
    }

    async fn ask_rebirths(&mut self, client: &AsyncClient) -> Result<(), String> {
        for node in self.rebirths.due(Instant::now()) {
            let command = rebirth(&node, self.line.now());
            let sent = client.publish(command.topic, command.payload, PublishOptions::new(QoS::AtMostOnce));
            sent.await.map_err(|e| e.to_string())?;
        }
        Ok(())
    }

    /// Takes one packet in.
    async fn hear(&mut self, client: &AsyncClient, packet: Packet) -> Result<(), Ended> {
        self.line.heard();
        match packet {
            Packet::SubAck(ack) if self.accept_by.is_some() => self.begin(client, &ack).await,
            Packet::Publish(publish) if publish.topic == state_topic(&self.config.host_id).as_bytes() => {
                self.hear_state(client, &publish).await
            }
            Packet::Publish(publish) => self.hear_message(publish).await,
            _ => Ok(()),
        }
    }

    /// STATE of our own id: another's word, an old one of ours, or the echo of the last. A host that is online says so again where
    /// it is called offline (5.3).
    async fn hear_state(&mut self, client: &AsyncClient, publish: &Publish) -> Result<(), Ended> {
        let told = State::read(&publish.payload);
        if let Some(other) = told.filter(|state| state.online && state.timestamp != self.online.timestamp && !publish.retain) {
            let (id, at) = (&self.config.host_id, other.timestamp);
            self.line.trouble(format!("another host application says it is `{id}` (online since {at} ms); give each its own id"));
        }
        if self.was_online() && !told.is_some_and(|state| state.online) {
            self.say(client, self.online).await.map_err(Some)?;
        }
        client.try_ack(publish).map_err(|e| Some(e.to_string()))
    }

    async fn hear_message(&mut self, publish: Publish) -> Result<(), Ended> {
        let received = self.line.now();
        let topic = String::from_utf8_lossy(&publish.topic).into_owned();
        let message = Message { topic, payload: publish.payload.to_vec() };
        let (handed_in, settling) = oneshot::channel::<oneshot::Receiver<Settled>>();
        self.settling.push_back(Box::pin(async move {
            let taken = match settling.await {
                Ok(settled) => settled.await.is_ok_and(|s| s.is_taken),
                Err(_) => false,
            };
            (taken, publish)
        }));
        match read(&message, self.config.payload_max, (self.line.source, received)) {
            Read::Message(incoming) => {
                let node = incoming.topic.node.clone();
                let ready = self.order.push(incoming, handed_in);
                self.take(&node, ready).await
            }
            Read::Refused(refused) => {
                let delivery = Delivery { refused: vec![*refused], ..Delivery::new(self.line.source, received) };
                self.deliver(delivery, handed_in).await
            }
            Read::Foreign => self.deliver(Delivery::new(self.line.source, received), handed_in).await,
        }
    }

    /// Hands in what is ready of an edge node, and keeps the reorder time-out of what is not.
    async fn take(&mut self, node: &NodeName, ready: Ready<HandedIn>) -> Result<(), Ended> {
        if let Some(gap) = ready.gap {
            let (group, name) = node;
            let (wanted, found) = (gap.wanted, gap.found);
            let told =
                format!("edge node {group}/{name}: sequence number {found} where {wanted} was due; a rebirth is requested");
            self.line.trouble(told);
            self.rebirths.wish(node.clone(), Instant::now());
        }
        if self.order.waits(node) {
            let overdue = Instant::now() + self.config.reorder;
            self.overdue.entry(node.clone()).or_insert(overdue);
        } else {
            self.overdue.remove(node);
        }
        for (incoming, handed_in) in ready.messages {
            let delivery = self.decoder.take(&incoming, self.line.now());
            self.note(&delivery);
            self.deliver(delivery, handed_in).await?;
        }
        Ok(())
    }

    /// What a message says beside readings.
    fn note(&mut self, delivery: &Delivery) {
        let notes = self.decoder.take_notes();
        sink::hear(&mut self.writes, delivery, &notes);
        for trouble in notes.troubles {
            self.line.trouble(trouble);
        }
        let now = Instant::now();
        for node in &notes.born {
            self.rebirths.born(node);
        }
        for node in notes.rebirths {
            self.rebirths.wish(node, now);
        }
    }

    async fn deliver(&mut self, delivery: Delivery, handed_in: HandedIn) -> Result<(), Ended> {
        let settled = self.line.deliver(delivery).await.ok_or(None)?;
        // the session may be ending: then nobody acknowledges any more
        drop(handed_in.send(settled));
        Ok(())
    }

    /// The missing message did not come in time.
    async fn give_up(&mut self, node: &NodeName) -> Result<(), Ended> {
        self.overdue.remove(node);
        match self.order.give_up(node) {
            Some(ready) => self.take(node, ready).await,
            None => Ok(()),
        }
    }

    /// Hands in what was still held back when the connection was lost.
    async fn hand_in_held(&mut self) -> Result<(), Ended> {
        for (incoming, handed_in) in self.order.forget() {
            let delivery = self.decoder.take(&incoming, self.line.now());
            self.note(&delivery);
            self.deliver(delivery, handed_in).await?;
        }
        Ok(())
    }

    /// Says STATE offline, with the time of the parting, and goes.
    async fn part(&mut self, mut peer: Peer) {
        let parting = async {
            let offline = State { online: false, timestamp: millis(self.line.now()) };
            self.say(&peer.client, offline).await?;
            peer.client.disconnect().await.map_err(|e| e.to_string())?;
            // the connection ends once the broker has acknowledged and DISCONNECT is out
            while let Some(News::Packet(_)) = peer.news.recv().await {}
            Ok::<(), String>(())
        };
        if !matches!(timeout(PARTING_MAX, parting).await, Ok(Ok(()))) {
            tracing::warn!(source = self.line.source.0, "the broker did not take leave in time; it will say our will");
        }
    }
}

/// Waits until a moment; for ever where there is none.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Waits until the wait for a missing message is over; for ever where there is none.
async fn first_overdue(overdue: &HashMap<NodeName, Instant>) -> NodeName {
    match overdue.iter().min_by_key(|(_, at)| **at) {
        Some((node, at)) => {
            sleep_until(*at).await;
            node.clone()
        }
        None => std::future::pending().await,
    }
}
