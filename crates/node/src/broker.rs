//! The embedded MQTT broker: the machines of one unit meet here. Enters: an address on loopback. Leaves: a broker at work.
//! Absent: what is said through it, encryption (beyond loopback, put a broker of your own in front).
//!
//! Limits: [`CONNECTIONS_MAX`] connections, [`PACKET_MAX`] bytes a packet, [`QUEUE_MAX`] messages waiting for one slow
//! client, [`RETAINED_MAX`] retained messages. Retained messages live in memory: `STATE` of a Sparkplug host needs them.

use rmqtt::context::ServerContext;
use rmqtt::net::Builder;
use rmqtt::retain::{DefaultRetainStorage, RetainStorage};
use rmqtt::server::MqttServer;
use rmqtt::types::{Retain, TopicFilter, TopicName};
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Most clients at once.
pub const CONNECTIONS_MAX: usize = 256;
/// Largest packet [bytes].
pub const PACKET_MAX: u32 = 1 << 20;
/// Most messages kept for one client that reads slowly.
pub const QUEUE_MAX: usize = 100_000;
/// Most retained messages.
pub const RETAINED_MAX: isize = 10_000;
/// Most messages under way to one client before it acknowledges.
const IN_FLIGHT_MAX: NonZeroU16 = NonZeroU16::new(256).expect("256 is not 0");

/// A broker at work.
#[derive(Debug)]
pub struct Broker {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its task; ends after `stop`.
    pub task: JoinHandle<()>,
}

/// Starts a broker. Port 0 takes a free one.
///
/// # Errors
/// The address is not on loopback (clients need no name here), or it cannot be listened on.
pub async fn start(listen: SocketAddr, stop: CancellationToken) -> io::Result<Broker> {
    if !listen.ip().is_loopback() {
        let sentence = format!("the embedded broker listens on loopback only, found {listen}; allowed is 127.0.0.1 or [::1]");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, sentence));
    }
    let failed = |e: rmqtt::Error| io::Error::other(format!("MQTT broker on {listen}: {e}"));
    let builder = Builder::new()
        .name("socium")
        .laddr(listen)
        .nodelay(true)
        .reuseaddr(Some(true))
        .max_connections(CONNECTIONS_MAX)
        .max_handshaking_limit(CONNECTIONS_MAX)
        .max_packet_size(PACKET_MAX)
        .max_inflight(IN_FLIGHT_MAX)
        .max_mqueue_len(QUEUE_MAX)
        .max_session_expiry_interval(Duration::from_secs(3_600))
        .allow_anonymous(true);
    let listener = builder.bind().map_err(failed)?.tcp().map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let context = ServerContext::new().mqtt_max_sessions(CONNECTIONS_MAX as isize).busy_check_enable(false).build().await;
    *context.extends.retain_mut().await = Box::new(Retained(DefaultRetainStorage::new()));
    let server = MqttServer::new(context).listener_by_id(listener, address.port()).build();
    let task = tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            ended = server.run() => if let Err(error) = ended {
                tracing::error!(%error, "the MQTT broker ended");
            }
        }
    });
    Ok(Broker { address, task })
}

/// Retained messages in memory. The library's own storage holds them but leaves the door shut.
struct Retained(DefaultRetainStorage);

#[async_trait::async_trait]
impl RetainStorage for Retained {
    fn enable(&self) -> bool {
        true
    }
    async fn set(&self, topic: &TopicName, retain: Retain, expiry: Option<Duration>) -> rmqtt::Result<()> {
        if self.0.count().await >= RETAINED_MAX {
            self.0.remove_expired_messages().await;
            if self.0.count().await >= RETAINED_MAX && !retain.publish.payload.is_empty() {
                tracing::warn!(%topic, "not retained: there are {RETAINED_MAX} retained messages already");
                return Ok(());
            }
        }
        self.0.set_with_timeout(topic, retain, expiry).await
    }
    async fn get(&self, filter: &TopicFilter) -> rmqtt::Result<Vec<(TopicName, Retain)>> {
        self.0.get_message(filter).await
    }
    async fn count(&self) -> isize {
        self.0.count().await
    }
    async fn max(&self) -> isize {
        RETAINED_MAX
    }
}
