//! `socium bench latency`: from a reading on the MQTT socket to the command it causes on the socket, with fsync in the path.
//!
//! Enters: how many times. Leaves: p50 and p99 beside the journal's own fsync times of the same run. Absent: shortcuts; broker,
//! driver, loop, journal and decision are those of `socium run`.
//!
//! ```text
//! device --DDATA infeed="B-1 A-2"--> broker -> driver -> absorb -> step (dispatch: A-2) -> fsync -> driver -> broker --DCMD--> device
//! ```
//!
//! The device holds set-up family `a`; the oldest order that waits is of family `b`, the next of `a`, so that naming the next order
//! saves a set-up each time. Between two rounds the unit's clock is driven on, so that rests and horizons have passed.

use super::Row;
use crate::cli::Failure;
use crate::clock::Clock;
use crate::runtime::{Ask, Running};
use crate::{config, runtime};
use collect::RawValue;
use drivers::broker;
use drivers::sparkplug::wire::{Edge, Message, REBIRTH, commands, report, topic};
use measure::statistics::quantile;
use measure::{Instant, Span};
use plant::{CommandState, CommandValue, DecisionState};
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{Packet, Publish};
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, PublishOptions};
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant as Stopwatch};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use unit::desk::View;

/// The unit of the bench.
const UNIT: &str = include_str!("latency.toml");
/// Monday of the virtual year.
const ORIGIN: &str = "2026-03-02T00:00:00Z";
/// How far the clock is driven between two rounds.
const BETWEEN: Span = Span::from_hours(4);
/// Longest wait for one command before the bench gives up.
const WAIT: Duration = Duration::from_secs(10);
/// Rounds before counting begins.
const WARM_UP: u32 = 50;
/// The device's metrics: name, alias, value at birth.
const METRICS: [(&str, u64, &str); 4] = [("state", 1, "starved"), ("order", 2, "A-1"), ("infeed", 3, ""), ("set_order", 4, "")];
/// What p50 must stay under, in times of the journal's own fsync.
const FSYNCS_MAX: f64 = 2.0;
/// What p99 must stay under [ms].
const P99_MAX_MS: f64 = 20.0;

/// Measures.
pub async fn rows(times: u32) -> Result<Vec<Row>, Failure> {
    let stop = CancellationToken::new();
    let folder = std::env::temp_dir().join(format!("socium-latency-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|e| Failure::new(format!("{}: {e}", folder.display())))?;
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let broker =
        broker::start(broker::Settings::open(free), stop.child_token()).await.map_err(|e| Failure::new(e.to_string()))?;
    let text = UNIT.replace("BROKER", &broker.address.to_string());
    let config = config::parse("latency.toml", &text, &folder).map_err(|faults| Failure::new(faults.to_string()))?;
    let clock = Clock::driven_from(ORIGIN.parse().unwrap_or_default());
    let running = runtime::start(config, clock.clone()).await.map_err(|e| Failure::new(e.to_string()))?;
    let measured = measure(times, &running, &clock, broker.address).await;
    let fsyncs: Vec<f64> = running.store.fsyncs_micros().into_iter().map(|m| f64::from(m) / 1_000.0).collect();
    running.end().await;
    stop.cancel();
    remove(&folder);
    Ok(told(&measured?, &fsyncs))
}

fn remove(folder: &Path) {
    if let Err(error) = std::fs::remove_dir_all(folder) {
        tracing::warn!(%error, folder = %folder.display(), "the bench's folder could not be removed");
    }
}

fn told(latencies_ms: &[f64], fsyncs_ms: &[f64]) -> Vec<Row> {
    let at = |values: &[f64], share| quantile(values, share).unwrap_or(f64::NAN);
    let (p50, p99) = (at(latencies_ms, 0.5), at(latencies_ms, 0.99));
    let (f50, f99) = (at(fsyncs_ms, 0.5), at(fsyncs_ms, 0.99));
    let context = format!("{} readings, one at a time; MQTT broker, driver, loop, journal in one process", latencies_ms.len());
    vec![
        Row::new("reading to command p50", p50, "ms").beside("fsync p50", f50).under(&context),
        Row::new("reading to command p50 in fsync times", p50 / f50, "1").at_most(FSYNCS_MAX).under(&context),
        Row::new("reading to command p99", p99, "ms").at_most(P99_MAX_MS).beside("fsync p99", f99).under(&context),
        Row::new("journal fsync p50", f50, "ms").under(format!("{} fsyncs of the same run", fsyncs_ms.len())),
        Row::new("journal fsync p99", f99, "ms").under(format!("{} fsyncs of the same run", fsyncs_ms.len())),
    ]
}

async fn measure(times: u32, running: &Running, clock: &Clock, broker: SocketAddr) -> Result<Vec<f64>, Failure> {
    let mut device = Device::connect(broker, clock.now()).await?;
    let progress = indicatif::ProgressBar::new(u64::from(times));
    let mut latencies = Vec::with_capacity(times as usize);
    for round in 0..times + WARM_UP {
        let start = Stopwatch::now();
        device.tell("infeed", "B-1 A-2", clock.now())?;
        let named = device.commanded().await?;
        let took = start.elapsed();
        if named != "A-2" {
            return Err(Failure::new(format!("round {round}: the unit named `{named}`, not A-2")));
        }
        if round >= WARM_UP {
            latencies.push(took.as_secs_f64() * 1_000.0);
            progress.inc(1);
        }
        device.tell("set_order", "A-2", clock.now())?;
        until(running, |view| view.commands.first().is_some_and(|c| c.state == CommandState::Acknowledged)).await?;
        clock.drive_to(clock.now() + Span::from_seconds(1));
        device.tell("infeed", "", clock.now())?;
        until(running, |view| view.image.machines[0].infeed.is_empty()).await?;
        clock.drive_to(clock.now() + BETWEEN);
        until(running, |view| view.decisions.first().is_none_or(|d| d.state == DecisionState::Done)).await?;
    }
    progress.finish_and_clear();
    Ok(latencies)
}

/// Lets the loop turn until what it shows is as wanted.
async fn until(running: &Running, is_so: impl Fn(&View) -> bool) -> Result<(), Failure> {
    let ended = || Failure::new("the unit ended");
    let start = Stopwatch::now();
    while start.elapsed() < WAIT {
        let (answer, answered) = oneshot::channel();
        running.asks.send(Ask::Settle(answer)).await.map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?;
        if is_so(&running.view.borrow()) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Err(Failure::new(format!("the unit did not get as far as it should within {} s", WAIT.as_secs())))
}

/// A machine on the broker.
struct Device {
    edge: Edge,
    client: AsyncClient,
    orders: mpsc::UnboundedReceiver<String>,
}

impl Device {
    /// Connects, is born, and waits until the unit has asked for nothing more.
    async fn connect(broker: SocketAddr, now: Instant) -> Result<Self, Failure> {
        let failed = |e: String| Failure::new(format!("the bench's device: {e}"));
        let mut edge = Edge::new("bench", "edge");
        // the death message is for a will that this device does not leave
        let _ = edge.begin(now);
        let mut options = MqttOptions::new("bench-device", (broker.ip().to_string(), broker.port()));
        options.set_network_options(drivers::sparkplug::at_once());
        let (client, events) = AsyncClient::builder(options).capacity(64).build();
        let (sender, orders) = mpsc::unbounded_channel();
        let (born, asked) = mpsc::unbounded_channel();
        tokio::spawn(listen(events, sender, born));
        for filter in [topic(edge.node(), "DCMD", Some("+")), topic(edge.node(), "NCMD", None)] {
            client.try_subscribe(filter, QoS::AtLeastOnce).map_err(|e| failed(e.to_string()))?;
        }
        let mut device = Self { edge, client, orders };
        device.be_born(asked, now).await?;
        Ok(device)
    }

    /// Births are repeated as often as the host asks, until it has been quiet for a while.
    async fn be_born(&mut self, mut asked: mpsc::UnboundedReceiver<()>, now: Instant) -> Result<(), Failure> {
        loop {
            let word = |text: &str| RawValue::Text(text.to_owned());
            let node = self.edge.birth(vec![report(Some(REBIRTH), None, &RawValue::Flag(false), now)], now);
            self.publish(node)?;
            let metrics =
                METRICS.iter().map(|(name, alias, value)| report(Some(name), Some(*alias), &word(value), now)).collect();
            let birth = self.edge.device_birth("mill-1", metrics, now);
            self.publish(birth)?;
            if tokio::time::timeout(Duration::from_secs(2), asked.recv()).await.is_err() {
                return Ok(());
            }
        }
    }

    fn tell(&mut self, metric: &str, word: &str, now: Instant) -> Result<(), Failure> {
        let alias = METRICS.iter().find(|(name, ..)| *name == metric).map(|(_, alias, _)| *alias);
        let data = self.edge.data("mill-1", vec![report(None, alias, &RawValue::Text(word.to_owned()), now)], now);
        self.publish(data)
    }

    fn publish(&self, message: Message) -> Result<(), Failure> {
        let sent = self.client.try_publish(message.topic, message.payload, PublishOptions::new(QoS::AtLeastOnce));
        sent.map_err(|e| Failure::new(format!("the bench's device: {e}")))
    }

    async fn commanded(&mut self) -> Result<String, Failure> {
        let silent = || Failure::new(format!("no command within {} s", WAIT.as_secs()));
        tokio::time::timeout(WAIT, self.orders.recv()).await.map_err(|_| silent())?.ok_or_else(silent)
    }
}

/// Passes on what the host commands: orders, and wishes for a rebirth.
async fn listen(mut events: EventLoop, orders: mpsc::UnboundedSender<String>, births: mpsc::UnboundedSender<()>) {
    while let Ok(event) = events.poll().await {
        if let Event::Incoming(Packet::Publish(publish)) = event {
            pass_on(&publish, &orders, &births);
        }
    }
}

/// The names of the aliases that the device gave at its birth.
fn names() -> HashMap<u64, String> {
    METRICS.iter().map(|(name, alias, _)| (*alias, (*name).to_owned())).collect()
}

fn pass_on(publish: &Publish, orders: &mpsc::UnboundedSender<String>, births: &mpsc::UnboundedSender<()>) {
    for (name, value) in commands(&publish.payload, &names()).unwrap_or_default() {
        // the bench may have ended
        let _ = match value {
            CommandValue::Word(order) if name == "set_order" => orders.send(order).is_ok(),
            _ if name == REBIRTH => births.send(()).is_ok(),
            _ => false,
        };
    }
}
