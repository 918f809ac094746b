//! The embedded MQTT broker, 3.1.1 and 5 on one port. Enters: an address, who may come. Leaves: a broker at work, and for a
//! listening source its readings at the unit's door. Absent: the disk (sessions and retained messages live in memory), clusters,
//! bridges, WebSocket.
//!
//! ```text
//!  sockets <-> [socket: one thread] <-> hub: sessions, filters, retained      subscribers
//!                      |                 |
//!                      |                 +-> intake -> one Delivery a round -> Door -> journal
//!                      +<-- acknowledgements, one write a connection <-- done -------------+
//! ```
//!
//! Start at [`start`], then `hub` (what a packet does), `intake` (the way to the unit), `socket` (the thread). What a limit
//! refuses is counted in [`Figures`] and told to the client where its version has words for it.

mod connection;
mod figures;
pub mod filter;
mod hub;
mod intake;
mod limits;
mod orders;
mod retained;
mod session;
mod socket;
#[cfg(test)]
mod tests;
mod users;

pub use figures::Figures;
pub use intake::Intake;
pub use limits::Limits;
pub use orders::Counter;
pub use users::Users;

use hub::Hub;
use rustls::ServerConfig;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What a broker is started with.
#[derive(Debug)]
pub struct Settings {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Who may come; `None` = everybody, on loopback only.
    pub users: Option<Users>,
    /// Encryption; needed beyond loopback.
    pub tls: Option<Arc<ServerConfig>>,
    /// What it holds at most.
    pub limits: Limits,
    /// The way to the unit, for a listening source.
    pub intake: Option<Intake>,
}

/// A broker at work.
#[derive(Debug)]
pub struct Broker {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it counts.
    pub figures: Arc<Figures>,
    /// Where the unit publishes itself.
    pub counter: Counter,
    /// Its task; ends after `stop`.
    pub task: JoinHandle<()>,
}

impl Settings {
    /// A broker for everybody at an address on loopback.
    pub fn open(listen: SocketAddr) -> Self {
        Self { listen, users: None, tls: None, limits: Limits::default(), intake: None }
    }
}

/// Starts a broker.
///
/// # Errors
/// Beyond loopback, names or encryption are missing; or the address cannot be listened on.
pub async fn start(settings: Settings, stop: CancellationToken) -> io::Result<Broker> {
    let Settings { listen, users, tls, limits, intake } = settings;
    if !listen.ip().is_loopback() && (users.is_none() || tls.is_none()) {
        let sentence = format!(
            "the embedded broker listens beyond loopback only with names and encryption, found {listen} without; allowed \
             without is 127.0.0.1 or [::1]"
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, sentence));
    }
    let told = |e: io::Error| io::Error::new(e.kind(), format!("MQTT broker on {listen}: {e}"));
    let listener = mio::net::TcpListener::bind(listen).map_err(told)?;
    let address = listener.local_addr()?;
    let figures = Arc::new(Figures::default());
    let (orders, counter) = orders::pair();
    let (ready, started) = tokio::sync::oneshot::channel();
    let counted = Arc::clone(&figures);
    // the hub is one thread's own: it is made there
    std::thread::Builder::new().name("socium-mqtt".to_owned()).spawn(move || {
        let hub = Hub::new(limits, users, intake, counted);
        match socket::Server::new(listener, (hub, orders), tls, limits.connections) {
            Ok(server) => {
                let (end, ended) = tokio::sync::oneshot::channel();
                if ready.send(Ok((server.waker(), ended))).is_ok() {
                    server.run();
                }
                // the broker may have been dropped
                let _ = end.send(());
            }
            Err(error) => drop(ready.send(Err(error))),
        }
    })?;
    let (waker, ended) = started.await.map_err(|_| io::Error::other("the MQTT broker's thread ended"))?.map_err(told)?;
    let counter = counter(waker);
    let task = tokio::spawn(watch(counter.clone(), ended, stop));
    Ok(Broker { address, figures, counter, task })
}

/// Carries the wish to stop to the thread, and waits for its end.
async fn watch(counter: Counter, mut ended: tokio::sync::oneshot::Receiver<()>, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => counter.stop(),
        _ = &mut ended => {
            tracing::error!("the MQTT broker ended by itself");
            return;
        }
    }
    // its end, or a panic that the thread has told already
    let _ = ended.await;
}
