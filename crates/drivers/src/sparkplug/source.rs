//! The task of one broker: connects with a will, serves a session, and connects again after a loss. Enters: publishes and write
//! requests. Leaves: arrivals, health. Absent: what a session says (`session`), what payloads mean (`wire`).

use super::config::Config;
use super::session::Session;
use super::wire::{Decoder, State, millis, state_topic};
use crate::line::IN_FLIGHT_MAX;
use crate::{Line, WriteRequest};
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{LastWill, Packet};
use rumqttc::{AckMode, AsyncClient, Event, IncomingPacketSizeLimit, MqttOptions, NetworkOptions};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Requests waiting in the client: acknowledgements are at most [`IN_FLIGHT_MAX`], the rest are few.
const REQUESTS_MAX: usize = 1_024;
/// Largest packet read at all; the broker keeps back what is larger.
const PACKET_MAX: u32 = 16 << 20;

/// What the broker's connection told.
pub(super) enum News {
    Packet(Box<Packet>),
    Lost(String),
}

/// A connection to a broker.
pub(super) struct Peer {
    pub(super) client: AsyncClient,
    pub(super) news: mpsc::Receiver<News>,
    /// Timestamp of the will, and so of every STATE online of this connection (4.2.3.1.2) [ms since 1970].
    pub(super) stamp: u64,
    /// Polls the connection; aborted on drop.
    _driver: JoinSet<()>,
}

/// Serves the line until it stops.
pub async fn run(line: Line, config: Config, mut requests: mpsc::Receiver<WriteRequest>) {
    let mut decoder = Decoder::new(line.source, &config);
    let place = format!("{}:{}", config.host, config.port);
    let mut attempt = 0;
    loop {
        let opened = tokio::select! {
            () = line.stop.cancelled() => return,
            opened = timeout(config.timeout, open(&line, &config)) => opened,
        };
        let ended = match opened {
            Err(_) => format!("{place} did not answer within {:?}", config.timeout),
            Ok(Err(error)) => format!("{place}: {error}"),
            Ok(Ok(peer)) => {
                let mut session = Session::new((&line, &config, &mut decoder), peer.stamp);
                let ended = session.serve(peer, &mut requests).await;
                if session.was_online() {
                    attempt = 0;
                }
                match ended {
                    Some(error) => format!("{place}: {error}"),
                    None => return,
                }
            }
        };
        line.lost(ended);
        // what is known is stale from now on; the answer does not matter, nothing waits for it
        let _ = line.deliver(decoder.lose(line.now())).await;
        if !line.pause(attempt, &mut requests).await {
            return;
        }
        attempt += 1;
    }
}

fn options(line: &Line, config: &Config, will: State) -> MqttOptions {
    let id = format!("{}-{}", config.host_id, line.source.0);
    let mut options = MqttOptions::new(id, (config.host.clone(), config.port));
    options
        .set_network_options(at_once())
        .set_keep_alive(15)
        .set_clean_start(true)
        .set_session_expiry_interval(Some(0))
        .set_ack_mode(AckMode::Manual)
        .set_receive_maximum(Some(IN_FLIGHT_MAX as u16))
        .set_incoming_packet_size_limit(IncomingPacketSizeLimit::Bytes(PACKET_MAX))
        .set_last_will(LastWill::new(state_topic(&config.host_id), will.payload(), QoS::AtLeastOnce, true, None));
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

/// Connects, and waits until the broker has accepted.
async fn open(line: &Line, config: &Config) -> Result<Peer, String> {
    let stamp = millis(line.now());
    let options = options(line, config, State { online: false, timestamp: stamp });
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
    Ok(Peer { client, news, stamp, _driver: driver })
}
