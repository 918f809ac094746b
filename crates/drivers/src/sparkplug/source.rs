//! The task of one broker: connects, says STATE, listens to the configured groups, asks for births, and connects again after
//! a loss. Enters: publishes and write requests. Leaves: arrivals, acknowledgements, health. Absent: what payloads mean
//! (`wire`).
//!
//! A publish of QoS 1 is acknowledged after its arrival is settled, in order; at most [`IN_FLIGHT_MAX`] are open at once. The
//! session is clean, as Sparkplug 3.0 demands of a host (5.4): what a lost connection held back comes again with the rebirth.

use super::config::Config;
use super::sink::Writes;
use super::wire::{Decoder, Message, NodeName, filters, rebirth, state_topic};
use crate::line::IN_FLIGHT_MAX;
use crate::{Line, WriteRequest};
use collect::Source;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{LastWill, Packet, Publish};
use rumqttc::{AckMode, AsyncClient, Event, IncomingPacketSizeLimit, MqttOptions, NetworkOptions, PublishOptions};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// Requests waiting in the client: acknowledgements are at most [`IN_FLIGHT_MAX`], the rest are few.
const REQUESTS_MAX: usize = 1_024;
/// Largest packet read at all; the broker keeps back what is larger.
const PACKET_MAX: u32 = 16 << 20;
/// Least time between two requests for the rebirth of one edge node.
const REBIRTH_REST: Duration = Duration::from_secs(5);

/// What the broker's connection told.
enum News {
    Packet(Box<Packet>),
    Lost(String),
}

/// A connection to a broker.
struct Peer {
    client: AsyncClient,
    news: mpsc::Receiver<News>,
    /// Polls the connection; aborted on drop.
    _driver: JoinSet<()>,
}

/// What a session holds beside the connection.
struct Session<'a> {
    line: &'a Line,
    config: &'a Config,
    decoder: &'a mut Decoder,
    writes: Writes,
    settling: FuturesOrdered<BoxFuture<'static, (bool, Publish)>>,
    asked: HashMap<NodeName, Instant>,
}

/// Serves the line until it stops.
pub async fn run(line: Line, config: Config, mut requests: mpsc::Receiver<WriteRequest>) {
    let mut decoder = Decoder::new(line.source, &config);
    let mut attempt = 0;
    loop {
        decoder.forget();
        let opened = tokio::select! {
            () = line.stop.cancelled() => return,
            opened = timeout(config.timeout, open(&line, &config)) => opened,
        };
        let place = format!("{}:{}", config.host, config.port);
        let ended = match opened {
            Err(_) => format!("{place} did not answer within {:?}", config.timeout),
            Ok(Err(error)) => format!("{place}: {error}"),
            Ok(Ok(peer)) => {
                attempt = 0;
                line.connected();
                let mut session = Session {
                    line: &line,
                    config: &config,
                    decoder: &mut decoder,
                    writes: Writes::default(),
                    settling: FuturesOrdered::new(),
                    asked: HashMap::new(),
                };
                match session.serve(peer, &mut requests).await {
                    Some(error) => format!("{place}: {error}"),
                    None => return,
                }
            }
        };
        line.lost(ended);
        if !line.pause(attempt, &mut requests).await {
            return;
        }
        attempt += 1;
    }
}

fn options(line: &Line, config: &Config, state: &str) -> MqttOptions {
    let id = format!("{}-{}", config.host_id, line.source.0);
    let mut options = MqttOptions::new(id, (config.host.clone(), config.port));
    options
        .set_network_options(at_once())
        .set_keep_alive(15)
        .set_clean_start(true)
        .set_ack_mode(AckMode::Manual)
        .set_receive_maximum(Some(IN_FLIGHT_MAX as u16))
        .set_incoming_packet_size_limit(IncomingPacketSizeLimit::Bytes(PACKET_MAX))
        .set_last_will(LastWill::new(state_topic(&config.host_id), state.to_owned(), QoS::AtLeastOnce, true, None));
    if let Some(c) = &config.credentials {
        options.set_credentials(c.name.clone(), c.password.clone());
    }
    options
}

/// Small packets leave at once; waiting to fill them (Nagle) would cost 40 ms a hop.
pub fn at_once() -> NetworkOptions {
    let mut options = NetworkOptions::new();
    options.set_tcp_nodelay(true);
    options
}

fn state(line: &Line, online: bool) -> String {
    format!("{{\"online\":{online},\"timestamp\":{}}}", super::wire::millis(line.now()))
}

/// Connects, and waits until the broker has accepted.
async fn open(line: &Line, config: &Config) -> Result<Peer, String> {
    let options = options(line, config, &state(line, false));
    let (client, mut events) = AsyncClient::builder(options).capacity(REQUESTS_MAX).try_build().map_err(|e| e.to_string())?;
    let (tell, mut news) = mpsc::channel(IN_FLIGHT_MAX);
    let mut driver = JoinSet::new();
    driver.spawn(async move {
        loop {
            let told = match events.poll().await {
                Ok(Event::Incoming(packet)) => tell.send(News::Packet(Box::new(packet))).await,
                Ok(_) => continue,
                Err(error) => {
                    let _ = tell.send(News::Lost(error.to_string())).await;
                    return;
                }
            };
            if told.is_err() {
                return;
            }
        }
    });
    loop {
        match news.recv().await {
            Some(News::Packet(packet)) if matches!(*packet, Packet::ConnAck(_)) => break,
            Some(News::Packet(_)) => {}
            Some(News::Lost(error)) => return Err(error),
            None => return Err("the connection was closed".to_owned()),
        }
    }
    Ok(Peer { client, news, _driver: driver })
}

async fn say_state(line: &Line, config: &Config, (client, online): (&AsyncClient, bool)) -> Result<(), String> {
    let retained = PublishOptions::new(QoS::AtLeastOnce).retained();
    let sent = client.publish(state_topic(&config.host_id), state(line, online), retained);
    sent.await.map_err(|e| e.to_string())
}

impl Session<'_> {
    /// Listens until the connection is lost (the reason) or the node stops (`None`).
    async fn serve(&mut self, mut peer: Peer, requests: &mut mpsc::Receiver<WriteRequest>) -> Option<String> {
        if let Err(error) = self.begin(&peer.client).await {
            return Some(error);
        }
        loop {
            tokio::select! {
                () = self.line.stop.cancelled() => {
                    self.end(&peer).await;
                    return None;
                }
                Some((taken, publish)) = self.settling.next() => {
                    if !taken {
                        return Some("the unit could not take a message; asked for again".to_owned());
                    }
                    if let Err(error) = peer.client.try_ack(&publish) {
                        return Some(format!("acknowledgement: {error}"));
                    }
                }
                () = self.writes.wait() => self.writes.expire(self.config.echo),
                Some(request) = requests.recv(), if self.writes.has_room() => {
                    let now = self.line.now();
                    if let Some(command) = self.writes.begin(request, (self.config, self.decoder, now)) {
                        let sent = peer.client.publish(command.topic, command.payload, PublishOptions::new(QoS::AtLeastOnce));
                        if let Err(error) = sent.await {
                            return Some(format!("command: {error}"));
                        }
                    }
                }
                news = peer.news.recv(), if self.settling.len() < IN_FLIGHT_MAX => match news {
                    None => return Some("the connection was closed".to_owned()),
                    Some(News::Lost(error)) => return Some(error),
                    Some(News::Packet(packet)) => {
                        if let Err(ended) = self.hear(&peer.client, *packet).await {
                            return ended;
                        }
                    }
                }
            }
        }
    }

    /// Subscribes, says STATE, asks for the births.
    async fn begin(&mut self, client: &AsyncClient) -> Result<(), String> {
        let groups: BTreeSet<&str> = self.config.channels.iter().map(|(_, address)| address.group.as_str()).collect();
        let own = state_topic(&self.config.host_id);
        for filter in groups.into_iter().flat_map(filters).chain([own]) {
            client.subscribe(filter, QoS::AtLeastOnce).await.map_err(|e| e.to_string())?;
        }
        say_state(self.line, self.config, (client, true)).await?;
        let nodes: BTreeSet<NodeName> =
            self.config.channels.iter().map(|(_, address)| (address.group.clone(), address.node.clone())).collect();
        for node in nodes {
            self.ask_rebirth(client, node).await?;
        }
        Ok(())
    }

    async fn ask_rebirth(&mut self, client: &AsyncClient, node: NodeName) -> Result<(), String> {
        let now = Instant::now();
        if self.asked.get(&node).is_some_and(|asked| now.duration_since(*asked) < REBIRTH_REST) {
            return Ok(());
        }
        let command = rebirth(&node, self.line.now());
        self.asked.insert(node, now);
        let sent = client.publish(command.topic, command.payload, PublishOptions::new(QoS::AtMostOnce));
        sent.await.map_err(|e| e.to_string())
    }

    /// Takes one packet in; `Err(None)` when the node stops.
    async fn hear(&mut self, client: &AsyncClient, packet: Packet) -> Result<(), Option<String>> {
        self.line.heard();
        let Packet::Publish(publish) = packet else { return Ok(()) };
        let topic = String::from_utf8_lossy(&publish.topic).into_owned();
        if topic == state_topic(&self.config.host_id) {
            // another's word, or an old one of ours: a host that is online says so again (5.15)
            if !publish.payload.windows(4).any(|part| part == b"true") {
                say_state(self.line, self.config, (client, true)).await.map_err(Some)?;
            }
            return client.try_ack(&publish).map_err(|e| Some(e.to_string()));
        }
        let message = Message { topic, payload: publish.payload.to_vec() };
        let delivery = self.decoder.decode(message, self.line.now());
        let notes = self.decoder.take_notes();
        self.writes.hear(&delivery, &notes.refusals);
        for trouble in notes.troubles {
            self.line.trouble(trouble);
        }
        for node in notes.rebirths {
            self.ask_rebirth(client, node).await.map_err(Some)?;
        }
        let settled = self.line.deliver(delivery).await.ok_or(None)?;
        self.settling.push_back(Box::pin(async move { (settled.await.unwrap_or(false), publish) }));
        Ok(())
    }

    /// Says STATE offline and goes.
    async fn end(&mut self, peer: &Peer) {
        let parting = async {
            let _ = say_state(self.line, self.config, (&peer.client, false)).await;
            let _ = peer.client.disconnect().await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        let _ = timeout(Duration::from_secs(1), parting).await;
    }
}
