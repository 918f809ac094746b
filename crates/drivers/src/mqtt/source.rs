//! The task of one MQTT source: a session at the user's broker, or our own broker listening. Enters: publishes and write
//! requests. Leaves: arrivals, acknowledgements, health. Absent: what payloads mean (`wire`), packets (`packet`).
//!
//! A publish of QoS 1 is acknowledged after its arrival is settled; all that one read of the socket brought is one delivery
//! and one write of acknowledgements. The session at the user's broker is kept, so that what is published while we are away
//! comes afterwards.

use super::config::{Config, Place};
use super::listen;
use super::load::Load;
use super::packet::write::{self, Message, PropertyBytes};
use super::packet::{self, Ack, AckKind, Packet, Version, id, topic_name};
use super::sink;
use super::wire::{Command, Decoder};
use crate::echo::Writes;
use crate::encryption::{self, Wire};
use crate::line::IN_FLIGHT_MAX;
use crate::{Line, WriteRequest};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;
use measure::{Instant, Span};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Longest silence towards the broker.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long the broker shall keep the session without us [s].
const SESSION_S: u32 = 3_600;
/// Messages the broker may send before it hears of them again.
const RECEIVE_MAX: u16 = 2_048;
/// Largest packet read [bytes].
const PACKET_MAX: usize = 16 << 20;
/// Bytes taken in one read.
const READ_BYTES: usize = 64 << 10;
/// Topic filters in one SUBSCRIBE.
const FILTERS_MAX: usize = 100;

/// A connection on which the broker has said yes.
struct Peer {
    reader: ReadHalf<Box<dyn Wire>>,
    writer: WriteHalf<Box<dyn Wire>>,
    /// Bytes read and not yet used.
    rest: Vec<u8>,
}

/// Acknowledgements of one delivery, once it is settled.
type Settling = BoxFuture<'static, (bool, Vec<u8>)>;

/// What a session holds beside the connection.
struct Session<'a> {
    line: &'a Line,
    config: &'a Config,
    decoder: &'a mut Decoder,
    writes: Writes,
    settling: FuturesOrdered<Settling>,
    next_id: u16,
    load: Load,
    last: Instant,
}

/// Serves the line until it stops.
pub async fn run(line: Line, config: Config, mut requests: mpsc::Receiver<WriteRequest>) {
    let (host, port) = match &config.place {
        Place::Listen(address) => return listen::run(&line, &config, *address, &mut requests).await,
        Place::Broker(host, port) => (host.clone(), *port),
    };
    let mut decoder = Decoder::new(line.source, &config);
    let mut attempt = 0;
    loop {
        let opened = tokio::select! {
            () = line.stop.cancelled() => return,
            opened = timeout(config.timeout, open(&line, &config, (&host, port))) => opened,
        };
        let ended = match opened {
            Err(_) => format!("{host}:{port} did not answer within {:?}", config.timeout),
            Ok(Err(error)) => format!("{host}:{port}: {error}"),
            Ok(Ok(peer)) => {
                attempt = 0;
                line.connected();
                let mut session = Session {
                    line: &line,
                    config: &config,
                    decoder: &mut decoder,
                    writes: Writes::default(),
                    settling: FuturesOrdered::new(),
                    next_id: 0,
                    load: Load::new(line.source),
                    last: Instant::EPOCH,
                };
                match session.serve(peer, &mut requests).await {
                    Some(error) => format!("{host}:{port}: {error}"),
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

/// Connects, signs in, and waits until the broker has said yes.
async fn open(line: &Line, config: &Config, (host, port): (&str, u16)) -> Result<Peer, String> {
    let socket = TcpStream::connect((host, port)).await.map_err(|e| e.to_string())?;
    socket.set_nodelay(true).map_err(|e| e.to_string())?;
    let wire: Box<dyn Wire> = if config.secure {
        encryption::connect(socket, host, &encryption::trusting(&config.certificates)?).await?
    } else {
        Box::new(socket)
    };
    let (reader, mut writer) = tokio::io::split(wire);
    let properties = PropertyBytes::default()
        .long(id::SESSION_EXPIRY, SESSION_S)
        .short(id::RECEIVE_MAX, RECEIVE_MAX)
        .long(id::PACKET_MAX, PACKET_MAX as u32);
    let client = format!("{}-{}", config.client_id, line.source.0);
    let connect = write::Connect {
        version: config.version,
        clean: false,
        keep_alive_s: KEEP_ALIVE.as_secs() as u16,
        client: &client,
        credentials: config.credentials.as_ref().map(|c| (c.name.as_str(), c.password.as_bytes())),
        properties: &properties.0,
    };
    let mut bytes = Vec::new();
    write::connect(&mut bytes, &connect);
    writer.write_all(&bytes).await.map_err(|e| e.to_string())?;
    let mut peer = Peer { reader, writer, rest: Vec::new() };
    loop {
        peer.fill().await?;
        let Some((head, end)) = packet::frame(&peer.rest, PACKET_MAX).map_err(|e| e.to_string())? else { continue };
        if end > peer.rest.len() {
            continue;
        }
        let said = packet::read(config.version, peer.rest[0], &peer.rest[head..end]).map_err(|e| e.to_string())?;
        let Packet::ConnAck { code, properties, .. } = said else { return Err("its first packet is no CONNACK".to_owned()) };
        if code != 0 {
            return Err(no(config.version, code, properties.text(id::REASON)));
        }
        peer.rest.drain(..end);
        return Ok(peer);
    }
}

/// A broker's no in words.
fn no(version: Version, code: u8, reason: Option<&str>) -> String {
    let words = match (version, code) {
        (Version::V4, 1) | (_, 0x84) => "it does not speak this version of MQTT",
        (Version::V4, 2) | (_, 0x85) => "it does not like the client id",
        (Version::V4, 3) | (_, 0x88) => "it is not available",
        (Version::V4, 4) | (_, 0x86) => "name or password are wrong",
        (Version::V4, 5) | (_, 0x87) => "the name may not connect",
        _ => "it refused the connection",
    };
    reason.map_or_else(|| format!("{words} (code {code})"), |reason| format!("{words} (code {code}: {reason})"))
}

impl Peer {
    /// Reads what there is.
    async fn fill(&mut self) -> Result<(), String> {
        self.rest.reserve(READ_BYTES);
        match self.reader.read_buf(&mut self.rest).await {
            Ok(0) => Err("the connection was closed".to_owned()),
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Session<'_> {
    /// Listens until the connection is lost (the reason) or the node stops (`None`).
    async fn serve(&mut self, mut peer: Peer, requests: &mut mpsc::Receiver<WriteRequest>) -> Option<String> {
        if let Err(error) = self.subscribe(&mut peer).await {
            return Some(error);
        }
        let mut ping = tokio::time::interval(KEEP_ALIVE / 2);
        let (mut heard, mut is_new) = (true, !peer.rest.is_empty());
        loop {
            let bytes = tokio::select! {
                () = self.line.stop.cancelled() => {
                    self.part(&mut peer).await;
                    return None;
                }
                Some((taken, acks)) = self.settling.next() => {
                    if !taken {
                        return Some("the unit could not take a message; asked for again".to_owned());
                    }
                    acks
                }
                () = self.writes.wait() => {
                    self.writes.expire(self.config.echo);
                    continue;
                }
                Some(request) = requests.recv(), if self.writes.has_room() => match sink::begin(&mut self.writes, request, self.config) {
                    Some(command) => self.command(&command),
                    None => continue,
                },
                _ = ping.tick() => {
                    if !std::mem::take(&mut heard) {
                        return Some(format!("nothing was heard for {:?}", KEEP_ALIVE / 2));
                    }
                    let mut bytes = Vec::new();
                    write::ping_req(&mut bytes);
                    bytes
                }
                filled = next(&mut peer, &mut is_new), if self.settling.len() < IN_FLIGHT_MAX => {
                    if let Err(error) = filled {
                        return Some(error);
                    }
                    heard = true;
                    match self.hear(&mut peer).await {
                        Ok(()) => continue,
                        Err(ended) => return ended,
                    }
                }
            };
            match timeout(self.config.timeout, peer.writer.write_all(&bytes)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Some(error.to_string()),
                Err(_) => return Some("it takes nothing more".to_owned()),
            }
        }
    }

    async fn subscribe(&mut self, peer: &mut Peer) -> Result<(), String> {
        let own = self.config.channels.iter().map(|(_, address)| address.topic.as_str());
        let wanted: BTreeSet<&str> =
            if self.config.filters.is_empty() { own.collect() } else { self.config.filters.iter().map(String::as_str).collect() };
        let share = self.config.group.as_ref().map(|group| format!("$share/{group}/")).unwrap_or_default();
        let filters: Vec<String> = wanted.into_iter().map(|filter| format!("{share}{filter}")).collect();
        let mut bytes = Vec::new();
        for part in filters.chunks(FILTERS_MAX) {
            let part: Vec<(&str, u8)> = part.iter().map(|filter| (filter.as_str(), 1)).collect();
            let id = self.fresh_id();
            write::subscribe(&mut bytes, self.config.version, id, &part);
        }
        peer.writer.write_all(&bytes).await.map_err(|e| e.to_string())
    }

    /// Takes in all whole packets that were read; `Err(None)` when the node stops.
    async fn hear(&mut self, peer: &mut Peer) -> Result<(), Option<String>> {
        self.line.heard();
        self.last = self.line.now().max(self.last + Span::from_micros(1));
        self.load.begin(self.last);
        let (mut acks, mut used) = (Vec::new(), 0);
        while let Some((head, end)) = packet::frame(&peer.rest[used..], PACKET_MAX).map_err(|e| Some(e.to_string()))? {
            let Some(bytes) = peer.rest.get(used..used + end) else { break };
            let said = packet::read(self.config.version, bytes[0], &bytes[head..]).map_err(|e| Some(e.to_string()))?;
            used += end;
            self.take(&said, &mut acks)?;
        }
        peer.rest.drain(..used);
        sink::hear(&mut self.writes, &self.load.take_echoes());
        let delivery = self.load.take();
        if acks.is_empty() && delivery.is_empty() {
            return Ok(());
        }
        let settled = self.line.deliver(delivery).await.ok_or(None)?;
        self.settling.push_back(Box::pin(async move { (settled.await.is_ok_and(|settled| settled.is_taken), acks) }));
        Ok(())
    }

    fn take(&mut self, said: &Packet<'_>, acks: &mut Vec<u8>) -> Result<(), Option<String>> {
        match said {
            Packet::Publish(publish) => {
                let topic = topic_name(publish.topic).map_err(|e| Some(e.to_string()))?;
                self.last += Span::from_micros(1);
                self.decoder.add((topic, publish.payload), self.last, &mut self.load);
                match publish.qos {
                    0 => {}
                    1 => write::ack(acks, self.config.version, AckKind::PubAck, (publish.id, 0)),
                    _ => return Err(Some("it sends with QoS 2 though QoS 1 was asked for".to_owned())),
                }
            }
            Packet::SubAck { codes, .. } => {
                for code in codes.iter().filter(|code| **code >= 0x80) {
                    self.line.trouble(format!("the broker refused a subscription (code {code})"));
                }
            }
            Packet::Ack(Ack { kind: AckKind::PubAck, reason, .. }) if *reason >= 0x80 => {
                self.line.trouble(format!("the broker refused a command (code {reason})"));
            }
            Packet::Disconnect { reason, .. } => return Err(Some(format!("the broker ended it (code {reason})"))),
            _ => {}
        }
        Ok(())
    }

    fn command(&mut self, command: &Command) -> Vec<u8> {
        let (id, mut bytes) = (self.fresh_id(), Vec::new());
        let Command { topic, payload } = command;
        let message = Message { dup: false, qos: 1, retain: false, topic, id, properties: (&[], &[]), payload };
        write::publish(&mut bytes, self.config.version, &message);
        bytes
    }

    fn fresh_id(&mut self) -> u16 {
        self.next_id = self.next_id.checked_add(1).unwrap_or(1);
        self.next_id
    }

    /// Acknowledges what is settled by now, and goes.
    async fn part(&mut self, peer: &mut Peer) {
        let parting = async {
            while let Some((true, acks)) = self.settling.next().await {
                peer.writer.write_all(&acks).await?;
            }
            let mut bytes = Vec::new();
            write::disconnect(&mut bytes, self.config.version, 0);
            peer.writer.write_all(&bytes).await?;
            peer.writer.shutdown().await
        };
        // the broker keeps the session either way
        let _ = timeout(Duration::from_secs(1), parting).await;
    }
}

/// Waits for bytes, unless some were left of the CONNACK.
async fn next(peer: &mut Peer, is_new: &mut bool) -> Result<(), String> {
    if std::mem::take(is_new) { Ok(()) } else { peer.fill().await }
}
