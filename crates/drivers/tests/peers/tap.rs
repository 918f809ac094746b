//! A tap on the line between a client and a broker: passes every byte on and keeps the MQTT 5 packets of both sides in the order in
//! which they went. Enters: connections. Leaves: what was said on each. It can cut the line.

use bytes::BytesMut;
use rumqttc::mqttbytes::v5::Packet;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A packet that passed.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Whether the client said it; else the broker.
    pub by_client: bool,
    /// When it passed [ms since 1970].
    pub at: u64,
    pub packet: Packet,
}

type Record = Arc<Mutex<Vec<Vec<Seen>>>>;

pub struct Tap {
    pub port: u16,
    record: Record,
    cut: watch::Sender<u32>,
    _tasks: JoinSet<()>,
}

impl Tap {
    /// A tap before the broker at a port.
    pub async fn before(broker: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let record = Record::default();
        let (cut, cuts) = watch::channel(0);
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, broker, Arc::clone(&record), cuts));
        Self { port, record, cut, _tasks: tasks }
    }
    /// Cuts all lines, as a failing network would.
    pub fn cut(&self) {
        self.cut.send_modify(|cuts| *cuts += 1);
    }
    /// What was said, by connection.
    pub fn record(&self) -> Vec<Vec<Seen>> {
        self.record.lock().expect("nobody panics with it").clone()
    }
}

async fn serve(listener: TcpListener, broker: u16, record: Record, cuts: watch::Receiver<u32>) {
    let mut lines = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let Ok(broker) = TcpStream::connect((Ipv4Addr::LOCALHOST, broker)).await else { continue };
        client.set_nodelay(true).expect("a socket");
        broker.set_nodelay(true).expect("a socket");
        let place = {
            let mut record = record.lock().expect("nobody panics with it");
            record.push(Vec::new());
            record.len() - 1
        };
        let (record, mut cuts) = (Arc::clone(&record), cuts.clone());
        cuts.mark_unchanged();
        lines.spawn(async move {
            let ((from_client, to_client), (from_broker, to_broker)) = (client.into_split(), broker.into_split());
            let keep = |by_client| (Arc::clone(&record), place, by_client);
            tokio::select! {
                () = pass(from_client, to_broker, keep(true)) => {}
                () = pass(from_broker, to_client, keep(false)) => {}
                _ = cuts.changed() => {}
            }
        });
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, (record, place, by_client): (Record, usize, bool)) {
    let (mut chunk, mut unread) = (vec![0; 65_536], BytesMut::new());
    while let Ok(length @ 1..) = from.read(&mut chunk).await {
        unread.extend_from_slice(&chunk[..length]);
        while let Ok(packet) = Packet::read(&mut unread, None) {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
            let seen = Seen { by_client, at: since.as_millis() as u64, packet };
            record.lock().expect("nobody panics with it")[place].push(seen);
        }
        if to.write_all(&chunk[..length]).await.is_err() {
            return;
        }
    }
}
