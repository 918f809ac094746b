//! The drivers against real peers: an OPC UA server (asyncua), a Modbus TCP server (pymodbus), a client of InfluxDB
//! (influxdb-client), an MTConnect agent in Python, an MQTT broker (mosquitto) with an edge node made of our wire and one of
//! another make (pysparkplug). A peer that is not installed is named on the output, and
//! its test is left out.

#[path = "peers/bench.rs"]
mod bench;
#[path = "peers/broker.rs"]
mod broker;
#[path = "peers/certificates.rs"]
mod certificates;
#[path = "peers/influx.rs"]
mod influx;
#[path = "peers/mqtt.rs"]
mod mqtt;
#[path = "peers/mtconnect.rs"]
mod mtconnect;
#[path = "peers/modbus.rs"]
mod on_modbus;
#[path = "peers/opcua.rs"]
mod on_opcua;
#[path = "peers/opcua_own.rs"]
mod on_opcua_own;
#[path = "peers/pysparkplug.rs"]
mod pysparkplug;
#[path = "peers/tap.rs"]
mod tap;
#[path = "peers/tck.rs"]
mod tck;

use bench::{Bench, free_port};
use broker::{EdgeNode, Mosquitto};
use collect::RawValue;
use drivers::sparkplug::wire::{REBIRTH, report};
use drivers::{Config, sparkplug};
use measure::Instant;
use plant::{ChannelId, CommandValue, RefusalReason};
use std::time::Duration;

fn channels<A: std::str::FromStr<Err = drivers::AddressError>>(addresses: &[&str]) -> Vec<(ChannelId, A)> {
    addresses.iter().zip(0..).map(|(text, id)| (ChannelId(id), text.parse().unwrap_or_else(|e| panic!("{e}")))).collect()
}

fn word(text: &str) -> RawValue {
    RawValue::Text(text.to_owned())
}

fn sparkplug_config(port: u16) -> sparkplug::Config {
    let mut config = sparkplug::Config::at(&format!("127.0.0.1:{port}")).expect("an address");
    config.payload_max = 4_096;
    config.echo = Duration::from_millis(700);
    config.reorder = Duration::from_millis(300);
    config.channels = channels(&["plant/line/oven/state", "plant/line/oven/power", "plant/line/oven/deaf"]);
    config
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sparkplug_against_mosquitto() {
    let Some(broker) = Mosquitto::start(free_port()) else { return };
    let port = broker.port;
    let mut bench = Bench::start(Config::Sparkplug(sparkplug_config(port)));
    bench.until(|h| h.connected).await;
    let [state, power, deaf] = [0, 1, 2].map(ChannelId);
    let mut edge = EdgeNode::connect(port).await;
    assert!(edge.state().await.contains("\"online\":true"), "the host says STATE, retained");
    edge.bear().await;
    assert_eq!(bench.reading(state).await.value, word("ready"));
    assert_eq!(bench.reading(power).await.value, RawValue::Number(40.0));

    edge.data(vec![report(None, Some(2), &RawValue::Number(41.5), Instant::from_seconds(77))]).await;
    let reading = bench.reading(power).await;
    assert_eq!((reading.value, reading.at), (RawValue::Number(41.5), Some(Instant::from_seconds(77))), "by alias");

    let (answer, command) = tokio::join!(bench.write(state, CommandValue::Word("standby".to_owned())), edge.obey(true));
    assert_eq!((answer, command), (Ok(()), ("state".to_owned(), CommandValue::Word("standby".to_owned()))));
    let (answer, _) = tokio::join!(bench.write(power, CommandValue::Number(7.0)), edge.obey(false));
    assert_eq!(answer, Err("the device refused it: the oven is hot".to_owned()));
    let answer = bench.write(deaf, CommandValue::Number(1.0)).await;
    assert_eq!(answer, Err("the device did not report the value within 700ms".to_owned()));
    edge.drain();

    edge.send_raw(vec![0x12, 0x05, 0x0A]).await;
    let refused = bench.refused().await;
    assert_eq!((refused.reason, refused.place.as_str()), (RefusalReason::Malformed, "spBv1.0/plant/DDATA/line/oven"));
    assert_eq!(refused.found, "failed to decode Protobuf message: Payload.metrics: buffer underflow");
    edge.send_raw(vec![0; 5_000]).await;
    let refused = bench.refused().await;
    assert_eq!((refused.reason, refused.found.as_str()), (RefusalReason::TooLarge, "5000 bytes"));

    edge.drain();
    edge.lose();
    edge.data(vec![report(None, Some(2), &RawValue::Number(43.0), Instant::from_seconds(79))]).await;
    assert_eq!(edge.command().await, (REBIRTH.to_owned(), CommandValue::Number(1.0)), "a gap asks for a rebirth");
    edge.bear().await;

    edge.part().await;
    bench.until(|h| h.last_error.as_ref().is_some_and(|(_, e)| e == "edge node plant/line is offline")).await;
    let answer = bench.write(state, CommandValue::Word("ready".to_owned())).await;
    assert_eq!(answer, Err("plant/line/oven/state is offline: no birth was seen".to_owned()));

    drop(broker);
    bench.until(|h| !h.connected).await;
    let _broker = Mosquitto::start(port).expect("it was there before");
    bench.until(|h| h.connected).await;
    let mut edge = EdgeNode::connect(port).await;
    assert!(edge.state().await.contains("\"online\":true"), "it says so again");
    bench.forget();
    edge.bear().await;
    assert_eq!(bench.reading(state).await.value, word("ready"));
    bench.stop().await;
}

/// Publishes of QoS 1 are acknowledged after they are settled: unsettled ones fill the window of 64 and nothing more comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_unit_slows_the_broker_and_loses_nothing() {
    let Some(broker) = Mosquitto::start(free_port()) else { return };
    let mut bench = Bench::start(Config::Sparkplug(sparkplug_config(broker.port)));
    bench.until(|h| h.connected).await;
    let mut edge = EdgeNode::connect(broker.port).await;
    edge.bear().await;
    bench.reading(ChannelId(1)).await;
    bench.forget();
    bench.settle = false;
    for i in 0..500 {
        let value = RawValue::Number(f64::from(i));
        edge.data(vec![report(None, Some(2), &value, Instant::from_seconds(100 + i64::from(i)))]).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    bench.sweep();
    let unsettled = bench.unsettled();
    assert!((1..=64).contains(&unsettled), "{unsettled} unsettled");
    bench.settle_all();
    bench.settle = true;
    let mut seen = bench.take_readings();
    while seen.len() < 500 {
        seen.push(bench.reading(ChannelId(1)).await);
    }
    let numbers: Vec<_> = seen.into_iter().map(|r| r.value).collect();
    assert_eq!(numbers, (0..500).map(|i| RawValue::Number(f64::from(i))).collect::<Vec<_>>(), "all, in order");
    bench.stop().await;
}

/// How fast a unit takes messages of QoS 1 through mosquitto, each settled at once. A figure, not a gate: run with
/// `cargo test --release -p drivers --test peers -- --ignored --nocapture`.
#[ignore = "prints a figure"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_a_second() {
    const MESSAGES: u32 = 20_000;
    let Some(broker) = Mosquitto::start(free_port()) else { return };
    let mut bench = Bench::start(Config::Sparkplug(sparkplug_config(broker.port)));
    bench.until(|h| h.connected).await;
    let mut edge = EdgeNode::connect(broker.port).await;
    edge.bear().await;
    bench.reading(ChannelId(1)).await;
    let began = std::time::Instant::now();
    let sending = async {
        for i in 0..MESSAGES {
            edge.data(vec![report(None, Some(2), &RawValue::Number(f64::from(i)), Instant::from_seconds(i.into()))]).await;
        }
    };
    let taking = async {
        for _ in 0..MESSAGES {
            bench.reading(ChannelId(1)).await;
        }
    };
    tokio::join!(sending, taking);
    println!("{:.0} messages/s of QoS 1 through mosquitto and the driver", f64::from(MESSAGES) / began.elapsed().as_secs_f64());
    bench.stop().await;
}
