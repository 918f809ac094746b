//! A mosquitto of our own, and an edge node made of the product's wire.

use collect::RawValue;
use drivers::sparkplug::wire::{Edge, Message, commands, refusal, report, state_topic, topic};
use measure::Instant;
use plant::CommandValue;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{LastWill, Packet, Publish};
use rumqttc::{AsyncClient, Event, MqttOptions, PublishOptions};
use srad_types::payload::Metric;
use std::collections::HashMap;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(30);
const MOSQUITTO: &str = "/usr/sbin/mosquitto";

pub struct Mosquitto {
    pub port: u16,
    child: Child,
    _config: tempfile::NamedTempFile,
}

impl Mosquitto {
    /// Starts a broker; `None`, with a word on the output, where it is not installed.
    pub fn start(port: u16) -> Option<Self> {
        Self::with(port, "allow_anonymous true\n")
    }
    /// The same, with further settings of its listener.
    pub fn with(port: u16, settings: &str) -> Option<Self> {
        if !Path::new(MOSQUITTO).exists() {
            println!("left out: {MOSQUITTO} is not installed; `apt install mosquitto` brings it");
            return None;
        }
        let config = tempfile::NamedTempFile::new().expect("a file");
        let text = format!("max_queued_messages 0\npersistence false\nlistener {port} 127.0.0.1\n{settings}");
        std::fs::write(config.path(), text).expect("written");
        let child = Command::new(MOSQUITTO).arg("-c").arg(config.path()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut wait = 0;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            wait += 1;
            assert!(wait < 200, "mosquitto does not listen on {port}");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(Self { port, child, _config: config })
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Edge node `line` of group `plant` with the metric `speed` and the device `oven`: metrics `state` (alias 1), `power` (2) and
/// `deaf` (3).
pub struct EdgeNode {
    client: AsyncClient,
    heard: mpsc::Receiver<Publish>,
    wire: Edge,
    _driver: JoinSet<()>,
}

impl EdgeNode {
    pub async fn connect(port: u16) -> Self {
        let mut wire = Edge::new("plant", "line");
        let will = wire.begin(now());
        let mut options = MqttOptions::new("edge-under-test", ("127.0.0.1", port));
        options.set_last_will(LastWill::new(will.topic, will.payload, QoS::AtLeastOnce, false, None));
        let (client, mut events) = AsyncClient::builder(options).capacity(1_000).build();
        for filter in [topic(wire.node(), "NCMD", None), topic(wire.node(), "DCMD", Some("+")), state_topic("+")] {
            client.subscribe(filter, QoS::AtLeastOnce).await.expect("asked");
        }
        let (tell, heard) = mpsc::channel(1_000);
        let (ready, mut subscribed) = mpsc::channel(8);
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            while let Ok(event) = events.poll().await {
                match event {
                    Event::Incoming(Packet::Publish(publish)) => tell.send(publish).await.expect("the test lives"),
                    Event::Incoming(Packet::SubAck(_)) => drop(ready.send(()).await),
                    _ => {}
                }
            }
        });
        for _ in 0..3 {
            timeout(PATIENCE, subscribed.recv()).await.expect("in time").expect("subscribed");
        }
        Self { client, heard, wire, _driver: driver }
    }
    /// NBIRTH and DBIRTH.
    pub async fn bear(&mut self) {
        let metrics = vec![
            report(Some("state"), Some(1), &RawValue::Text("ready".to_owned()), now()),
            report(Some("power"), Some(2), &RawValue::Number(40.0), now()),
            report(Some("deaf"), Some(3), &RawValue::Number(0.0), now()),
        ];
        let speed = report(Some("speed"), None, &RawValue::Number(7.0), now());
        let births = [self.wire.birth(vec![speed], now()), self.wire.device_birth("oven", metrics, now())];
        for birth in births {
            self.send(birth).await;
        }
    }
    pub async fn data(&mut self, metrics: Vec<Metric>) {
        let message = self.wire.data("oven", metrics, now());
        self.send(message).await;
    }
    /// Two DDATA, the later one first.
    pub async fn swapped(&mut self, earlier: Vec<Metric>, later: Vec<Metric>) {
        let earlier = self.wire.data("oven", earlier, now());
        let later = self.wire.data("oven", later, now());
        self.send(later).await;
        self.send(earlier).await;
    }
    /// Says something of a host application in its place.
    pub async fn claim(&self, host: &str, payload: &str) {
        let options = PublishOptions::new(QoS::AtLeastOnce).retained();
        self.client.publish(state_topic(host), payload.to_owned(), options).await.expect("queued");
    }
    /// Bytes as the payload of a DDATA.
    pub async fn send_raw(&self, payload: Vec<u8>) {
        self.send(Message { topic: topic(self.wire.node(), "DDATA", Some("oven")), payload }).await;
    }
    /// Loses a message on the way.
    pub fn lose(&mut self) {
        self.wire.lose();
    }
    /// NDEATH.
    pub async fn part(&self) {
        self.send(self.wire.death(now())).await;
    }
    /// The next STATE heard; what else comes is dropped.
    pub async fn state(&mut self) -> String {
        loop {
            let publish = self.next().await;
            if publish.topic.starts_with(b"spBv1.0/STATE/") {
                return String::from_utf8_lossy(&publish.payload).into_owned();
            }
        }
    }
    /// The next command: metric and value.
    pub async fn command(&mut self) -> (String, CommandValue) {
        loop {
            let publish = self.next().await;
            if !publish.topic.starts_with(b"spBv1.0/STATE/") {
                return commands(&publish.payload, &aliases()).expect("a payload").remove(0);
            }
        }
    }
    /// The next command of a device, echoed or refused; requests for a rebirth are passed over.
    pub async fn obey(&mut self, accept: bool) -> (String, CommandValue) {
        let (name, value) = loop {
            let (name, value) = self.command().await;
            if !name.starts_with("Node Control/") {
                break (name, value);
            }
        };
        let raw = match &value {
            CommandValue::Word(word) => RawValue::Text(word.clone()),
            CommandValue::Number(number) => RawValue::Number(*number),
        };
        if name == "speed" {
            let message = self.wire.node_data(vec![report(Some("speed"), None, &raw, now())], now());
            self.send(message).await;
            return (name, value);
        }
        let alias = aliases().into_iter().find(|(_, known)| *known == name).map(|(alias, _)| alias);
        let told = if accept {
            report(None, alias, &raw, now())
        } else {
            refusal(report(None, alias, &RawValue::Number(40.0), now()), "the oven is hot")
        };
        self.data(vec![told]).await;
        (name, value)
    }
    /// Drops what was heard so far.
    pub fn drain(&mut self) {
        while self.heard.try_recv().is_ok() {}
    }

    async fn next(&mut self) -> Publish {
        timeout(PATIENCE, self.heard.recv()).await.expect("in time").expect("connected")
    }
    async fn send(&self, message: Message) {
        let options = PublishOptions::new(QoS::AtLeastOnce);
        self.client.publish(message.topic, message.payload, options).await.expect("queued");
    }
}

/// Aliases of the births.
fn aliases() -> HashMap<u64, String> {
    [(1, "state"), (2, "power"), (3, "deaf")].map(|(alias, name)| (alias, name.to_owned())).into()
}

fn now() -> Instant {
    Instant::from_seconds(50)
}
