//! A Sparkplug edge node with a press that counts as fast as the broker takes it, and mills with orders in front of them. Enters:
//! the broker, how much is wanted. Leaves: messages of QoS 1. Absent: physics.

use super::process::PATIENCE;
use collect::RawValue;
use drivers::sparkplug::wire::{Edge, Message, REBIRTH, commands, report, topic};
use measure::{Instant, Span};
use node::clock::Clock;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::Packet;
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, PublishOptions};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// Alias of the press's counter.
pub const PIECES: u64 = 1;
/// Messages sent ahead of what the unit has taken in, so that no queue of the broker runs over.
const AHEAD_MAX: u64 = 5_000;

/// An edge node at the broker.
pub struct Device {
    pub edge: Edge,
    client: AsyncClient,
    asked: mpsc::UnboundedReceiver<()>,
    mills: usize,
    waiting: usize,
    count: u64,
    base: Instant,
}

/// What a test wants of a device at work.
#[derive(Debug, Default)]
pub struct Wish {
    /// Mills that have orders in front of them.
    pub waiting: AtomicUsize,
    /// The count up to which the device may go.
    pub until: AtomicU64,
    /// The newest count sent.
    pub sent: AtomicU64,
    /// To end.
    pub stop: AtomicBool,
}

impl Wish {
    /// Allows some more counts.
    pub fn more(&self, taken: u64, base: u64) {
        self.until.store(base + taken + AHEAD_MAX, Ordering::Relaxed);
    }
}

fn word(text: impl Into<String>) -> RawValue {
    RawValue::Text(text.into())
}

impl Device {
    /// Connects and listens; is born when the unit asks for it.
    pub async fn connect(broker: SocketAddr, mills: usize) -> Self {
        let now = Clock::real().now();
        let mut edge = Edge::new("bench", "edge");
        // the death message is for a will that this device does not leave
        let _ = edge.begin(now);
        let options = MqttOptions::new("test-device", (broker.ip().to_string(), broker.port()));
        let (client, events) = AsyncClient::builder(options).capacity(64).build();
        let (born, asked) = mpsc::unbounded_channel();
        let (heard, mut hears) = mpsc::unbounded_channel();
        tokio::spawn(listen(events, born, heard));
        for filter in [topic(edge.node(), "DCMD", Some("+")), topic(edge.node(), "NCMD", None)] {
            client.try_subscribe(filter, QoS::AtLeastOnce).expect("room for a request");
            tokio::time::timeout(PATIENCE, hears.recv()).await.expect("in time").expect("the broker lets it listen");
        }
        Self { edge, client, asked, mills, waiting: 0, count: 0, base: now - Span::from_hours(6) }
    }

    /// Waits until the unit asks for the births, and brings them.
    pub async fn be_born(&mut self) {
        tokio::time::timeout(PATIENCE, self.asked.recv()).await.expect("asked in time").expect("connected");
        self.births().await;
    }

    /// Brings the births of the edge node and all its devices.
    pub async fn births(&mut self) {
        let now = Clock::real().now();
        let node = self.edge.birth(vec![report(Some(REBIRTH), None, &RawValue::Flag(false), now)], now);
        self.publish(node).await;
        self.count += 1;
        let at = self.base + Span::from_millis(self.count as i64);
        let press = vec![
            report(Some("pieces"), Some(PIECES), &RawValue::Number(self.count as f64), at),
            report(Some("force"), Some(2), &RawValue::Number(100.0), now),
            report(Some("state"), Some(3), &word("producing"), now),
        ];
        let press = self.edge.device_birth("press-1", press, now);
        self.publish(press).await;
        for mill in 0..self.mills {
            let alias = 10 * (mill as u64 + 1);
            let infeed = if mill < self.waiting { format!("B-{mill} A-{mill}") } else { String::new() };
            let metrics = [("state", word("starved")), ("order", word(format!("C-{mill}"))), ("infeed", word(infeed))];
            let metrics = metrics.into_iter().chain([("set_order", word(""))]).enumerate();
            let metrics = metrics.map(|(i, (name, value))| report(Some(name), Some(alias + i as u64), &value, now)).collect();
            let birth = self.edge.device_birth(&format!("mill-{mill}"), metrics, now);
            self.publish(birth).await;
        }
    }

    /// The next count of the press.
    pub async fn count(&mut self) {
        self.count += 1;
        let at = self.base + Span::from_millis(self.count as i64);
        self.tell("press-1", PIECES, RawValue::Number(self.count as f64), at).await;
    }

    /// One value.
    pub async fn tell(&mut self, device: &str, alias: u64, value: RawValue, at: Instant) {
        let data = self.edge.data(device, vec![report(None, Some(alias), &value, at)], Clock::real().now());
        self.publish(data).await;
    }

    pub async fn publish(&self, message: Message) {
        let options = PublishOptions::new(QoS::AtLeastOnce);
        self.client.publish(message.topic, message.payload, options).await.expect("the connection stands");
    }

    /// Counts until it is told to stop, answers every wish for a rebirth.
    pub async fn work(mut self, wish: Arc<Wish>) {
        while !wish.stop.load(Ordering::Relaxed) {
            let mut is_asked = false;
            while self.asked.try_recv().is_ok() {
                is_asked = true;
            }
            let waiting = wish.waiting.load(Ordering::Relaxed);
            let more = std::mem::replace(&mut self.waiting, waiting)..waiting;
            if is_asked {
                self.births().await;
            } else {
                for mill in more {
                    let alias = 10 * (mill as u64 + 1) + 2;
                    self.tell(&format!("mill-{mill}"), alias, word(format!("B-{mill} A-{mill}")), Clock::real().now()).await;
                }
            }
            if self.count < wish.until.load(Ordering::Relaxed) {
                self.count().await;
            } else {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            wish.sent.store(self.count, Ordering::Relaxed);
        }
    }
}

/// Passes on that the broker lets it listen, and the host's wishes for a rebirth.
async fn listen(mut events: EventLoop, births: mpsc::UnboundedSender<()>, heard: mpsc::UnboundedSender<()>) {
    while let Ok(event) = events.poll().await {
        match event {
            Event::Incoming(Packet::SubAck(_)) => {
                // nobody waits for it after the connection
                let _ = heard.send(());
            }
            Event::Incoming(Packet::Publish(publish)) => {
                let named = commands(&publish.payload, &HashMap::new()).unwrap_or_default();
                if named.iter().any(|(name, _)| name == REBIRTH) && births.send(()).is_err() {
                    return;
                }
            }
            _ => {}
        }
    }
}
