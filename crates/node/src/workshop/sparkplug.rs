//! The Sparkplug B edge node of the workshop: one device a machine. Enters: samples, commands through the broker. Leaves:
//! births, data, deaths. An accepted command is echoed as the metric's new value; a refused one as its old value with the
//! property `refused`. Data go as QoS 0, as the standard has it (5.7); what is lost with a connection is in the next birth.
//!
//! Events have no value in a birth: what happened once is told once. Metrics go by name, without aliases, so that a host that
//! comes late understands the data that overtake its request for a birth.

use super::map::{GROUP, NODE};
use super::world::World;
use collect::RawValue;
use drivers::sparkplug::wire::{self, Message, REBIRTH, commands, millis, refusal, report, topic};
use measure::Instant;
use plant::{Channel, ChannelId, ChannelKind, CommandValue, MachineId};
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{LastWill, Packet, Publish};
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, PublishOptions};
use simulate::workshop::{Sample, SampleValue};
use srad_types::payload::{DataType, Metric};
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Messages waiting for the broker.
const WAITING_MAX: usize = 4_096;
/// Pause before the broker is tried again.
const PAUSE: Duration = Duration::from_millis(500);
/// Most packets from the broker that wait here.
const NEWS_MAX: usize = 256;

/// The edge node: what it last told, and its counters.
struct Edge {
    world: Arc<World>,
    latest: HashMap<ChannelId, (Instant, RawValue)>,
    wire: wire::Edge,
    /// Whether the births of this session are out; before, nothing else may be said.
    born: bool,
}

/// What the broker's connection told.
enum News {
    Packet(Box<Packet>),
    Lost(String),
}

/// Starts the edge node.
pub fn serve(
    tasks: &mut JoinSet<()>,
    world: Arc<World>,
    (broker, feed): (SocketAddr, mpsc::Receiver<Vec<Sample>>),
    stop: CancellationToken,
) {
    let edge = Edge { world, latest: HashMap::new(), wire: wire::Edge::new(GROUP, NODE), born: false };
    tasks.spawn(run(edge, broker, feed, stop));
}

async fn run(mut edge: Edge, broker: SocketAddr, mut feed: mpsc::Receiver<Vec<Sample>>, stop: CancellationToken) {
    while let Ok(samples) = feed.try_recv() {
        samples.iter().for_each(|sample| edge.keep(sample));
    }
    while !stop.is_cancelled() {
        let (client, events) = edge.connect(broker);
        let mut driver = JoinSet::new();
        let (tell, mut news) = mpsc::channel(NEWS_MAX);
        driver.spawn(drive(events, tell));
        let ended = loop {
            let published = tokio::select! {
                () = stop.cancelled() => {
                    edge.part(&client).await;
                    return;
                }
                samples = feed.recv() => match samples {
                    Some(samples) => edge.tell(&client, samples),
                    None => return,
                },
                packet = news.recv() => match packet {
                    Some(News::Packet(packet)) => edge.hear(&client, *packet),
                    Some(News::Lost(error)) => break error,
                    None => break "the connection was closed".to_owned(),
                },
            };
            if let Err(error) = published {
                break error;
            }
        };
        tracing::warn!(ended, "the workshop's edge node lost the broker");
        edge.wait(&mut feed, &stop).await;
    }
}

/// Polls the connection until it is lost.
async fn drive(mut events: EventLoop, tell: mpsc::Sender<News>) {
    loop {
        let news = match events.poll().await {
            Ok(Event::Incoming(packet)) => News::Packet(Box::new(packet)),
            Ok(_) => continue,
            Err(error) => {
                let _ = tell.send(News::Lost(error.to_string())).await;
                return;
            }
        };
        if tell.send(news).await.is_err() {
            return;
        }
    }
}

type Published = Result<(), String>;

impl Edge {
    fn connect(&mut self, broker: SocketAddr) -> (AsyncClient, EventLoop) {
        self.born = false;
        let will = self.wire.begin(self.world.now());
        let mut options = MqttOptions::new(format!("{GROUP}-{NODE}"), (broker.ip().to_string(), broker.port()));
        let will = LastWill::new(will.topic, will.payload, QoS::AtLeastOnce, false, None);
        options.set_network_options(drivers::sparkplug::at_once());
        options.set_keep_alive(10).set_clean_start(true).set_last_will(will);
        AsyncClient::builder(options).capacity(WAITING_MAX).build()
    }

    /// Keeps what the machines tell while there is no broker; the next birth brings it.
    async fn wait(&mut self, feed: &mut mpsc::Receiver<Vec<Sample>>, stop: &CancellationToken) {
        let pause = tokio::time::sleep(PAUSE);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = &mut pause => return,
                Some(samples) = feed.recv() => samples.iter().for_each(|sample| self.keep(sample)),
            }
        }
    }

    fn keep(&mut self, sample: &Sample) {
        self.latest.insert(sample.channel, (sample.at, raw(&sample.value)));
    }

    /// One DDATA a machine.
    fn tell(&mut self, client: &AsyncClient, samples: Vec<Sample>) -> Published {
        let mut machines: BTreeMap<MachineId, Vec<Metric>> = BTreeMap::new();
        for sample in samples {
            let channel = self.world.plant.channel(sample.channel);
            let metric = report(Some(&channel.name), None, &raw(&sample.value), sample.at);
            machines.entry(channel.machine).or_default().push(metric);
            self.keep(&sample);
        }
        if !self.born {
            return Ok(());
        }
        machines.into_iter().try_for_each(|(machine, metrics)| self.data(client, machine, metrics))
    }

    fn data(&mut self, client: &AsyncClient, machine: MachineId, metrics: Vec<Metric>) -> Published {
        let now = self.world.now();
        publish(client, self.wire.data(&self.world.plant.machine(machine).name, metrics, now))
    }

    /// Births of the node and of every device.
    fn bear(&mut self, client: &AsyncClient) -> Published {
        let now = self.world.now();
        self.born = true;
        publish(client, self.wire.birth(vec![report(Some(REBIRTH), None, &RawValue::Flag(false), now)], now))?;
        let mut machines: BTreeMap<MachineId, Vec<Metric>> = BTreeMap::new();
        for channel in self.world.channels(1) {
            machines.entry(channel.machine).or_default().push(self.birth(channel));
        }
        let plant = Arc::clone(&self.world.plant);
        machines.into_iter().try_for_each(|(machine, metrics)| {
            publish(client, self.wire.device_birth(&plant.machine(machine).name, metrics, now))
        })
    }

    /// A metric as it is born: name, alias, type, and the value where there is one.
    fn birth(&self, channel: &Channel) -> Metric {
        let told = self.latest.get(&channel.id).filter(|_| channel.kind != ChannelKind::Event);
        if let Some((at, value)) = told {
            return report(Some(&channel.name), None, value, *at);
        }
        let datatype = if channel.kind.is_word() { DataType::String } else { DataType::Double };
        Metric {
            name: Some(channel.name.clone()),
            timestamp: Some(millis(self.world.now())),
            datatype: Some(datatype as u32),
            is_null: Some(true),
            ..Metric::new()
        }
    }

    /// What the broker brought: the connection, or a command.
    fn hear(&mut self, client: &AsyncClient, packet: Packet) -> Published {
        match packet {
            Packet::ConnAck(_) => {
                for filter in [topic(self.wire.node(), "NCMD", None), topic(self.wire.node(), "DCMD", Some("+"))] {
                    client.try_subscribe(filter, QoS::AtLeastOnce).map_err(|e| e.to_string())?;
                }
                self.bear(client)
            }
            Packet::Publish(publish) => self.command(client, &publish),
            _ => Ok(()),
        }
    }

    fn command(&mut self, client: &AsyncClient, publish: &Publish) -> Published {
        let topic = String::from_utf8_lossy(&publish.topic).into_owned();
        let commands = match commands(&publish.payload, &HashMap::new()) {
            Ok(commands) => commands,
            Err(error) => {
                tracing::warn!(topic, error, "a command cannot be read");
                return Ok(());
            }
        };
        let device = topic.strip_prefix(&format!("spBv1.0/{GROUP}/DCMD/{NODE}/"));
        for (name, value) in commands {
            match device {
                None if name == REBIRTH => self.bear(client)?,
                None => tracing::warn!(topic, name, "an unknown command"),
                Some(device) => self.obey(client, device, (name, value))?,
            }
        }
        Ok(())
    }

    /// Hands a command to its machine and tells what became of it.
    fn obey(&mut self, client: &AsyncClient, device: &str, (name, value): (String, CommandValue)) -> Published {
        let plant = Arc::clone(&self.world.plant);
        let channel = plant.machine_named(device).and_then(|machine| plant.named(machine.id, &name));
        let Some(channel) = channel.filter(|c| self.world.channels(1).any(|own| own.id == c.id)) else {
            tracing::warn!(device, name, "a command for a metric that is not here");
            return Ok(());
        };
        let now = self.world.now();
        let metric = match self.world.write(channel.id, &value) {
            Ok(()) => {
                let value = match value {
                    CommandValue::Number(number) => RawValue::Number(number),
                    CommandValue::Word(word) => RawValue::Text(word),
                };
                self.latest.insert(channel.id, (now, value.clone()));
                report(Some(&channel.name), None, &value, now)
            }
            Err(reason) => {
                let empty = if channel.kind.is_word() { RawValue::Text(String::new()) } else { RawValue::Number(0.0) };
                let (_, old) = self.latest.get(&channel.id).cloned().unwrap_or((now, empty));
                refusal(report(Some(&channel.name), None, &old, now), &reason.to_string())
            }
        };
        self.data(client, channel.machine, vec![metric])
    }

    /// Says that it goes.
    async fn part(&self, client: &AsyncClient) {
        let parting = async {
            let _ = publish(client, self.wire.death(self.world.now()));
            let _ = client.disconnect().await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let _ = tokio::time::timeout(PAUSE, parting).await;
    }
}

/// Sends a message as the standard has it: QoS 0, not retained.
fn publish(client: &AsyncClient, message: Message) -> Published {
    let options = PublishOptions::new(QoS::AtMostOnce);
    client.try_publish(message.topic, message.payload, options).map_err(|e| e.to_string())
}

fn raw(value: &SampleValue) -> RawValue {
    match value {
        SampleValue::Number(number) => RawValue::Number(*number),
        SampleValue::Word(word) => RawValue::Text(word.to_string()),
    }
}
