//! The Modbus driver against pymodbus: values of every type and order, writes, exceptions, a restart, a unit that falls silent, and
//! frames of a serial line over TCP.

use crate::bench::{Bench, Process, free_port, python};
use crate::{channels, word};
use collect::RawValue;
use drivers::Config as Driver;
use drivers::modbus::{Config, Framing};
use plant::{ChannelId, CommandValue, RefusalReason};
use std::time::Duration;

const SERVER: &str = "modbus_server.py";

fn config(port: u16, addresses: &[&str]) -> Config {
    let mut config = Config::at(&format!("127.0.0.1:{port}")).expect("an address");
    config.poll = Duration::from_millis(50);
    config.channels = channels(addresses);
    config
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn modbus_against_pymodbus() {
    if !python("pymodbus") {
        return;
    }
    let port = free_port();
    let mut server = Process::script(SERVER, port);
    let mut bench = Bench::start(Driver::Modbus(config(
        port,
        &[
            "1/input/0/u16/4=producing,5=blocked",
            "1/input/2/u32/0.1",
            "1/input/4/text2",
            "1/holding/0/u16",
            "1/holding/5/u16",
            "1/input/500/u16",
            "1/holding/2/f32",
            "1/coil/3/bit",
            "1/holding/7/bits4-6",
        ],
    )));
    let [state, energy, name, speed, stubborn, _, level, lamp, field] = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(ChannelId);

    assert_eq!(bench.reading(state).await.value, word("producing"));
    assert_eq!(bench.reading(energy).await.value, RawValue::Number(0.1));
    assert_eq!(bench.reading(name).await.value, word("O1"));
    assert_eq!(bench.reading(speed).await.value, RawValue::Number(100.0));
    let refused = bench.refused().await;
    assert_eq!((refused.place.as_str(), refused.found.as_str()), ("1/input/500/u16", "Illegal data address"));
    assert_eq!(bench.health().last_error.expect("told").1, "unit 1 input 500: Illegal data address");

    server.tell("set 0 5");
    assert_eq!(bench.reading(state).await.value, word("blocked"));
    server.tell("set 0 77");
    let refused = bench.refused().await;
    assert_eq!((refused.reason, refused.found.as_str()), (RefusalReason::UnknownState, "code 77"));

    assert_eq!(bench.write(speed, CommandValue::Number(95.0)).await, Ok(()));
    assert_eq!(bench.reading(speed).await.value, RawValue::Number(95.0));
    assert_eq!(bench.write(level, CommandValue::Number(-1.5)).await, Ok(()));
    assert_eq!(bench.write(lamp, CommandValue::Number(1.0)).await, Ok(()));
    assert_eq!(bench.reading(field).await.value, RawValue::Number(0.0));
    assert_eq!(bench.write(field, CommandValue::Number(5.0)).await, Ok(()));
    assert_eq!(bench.reading(field).await.value, RawValue::Number(5.0));
    let refusal = bench.write(stubborn, CommandValue::Number(1.0)).await.expect_err("it is busy");
    assert_eq!(refusal, "the device refused it: Server device busy");
    let refusal = bench.write(state, CommandValue::Word("blocked".to_owned())).await.expect_err("it is read only");
    assert!(refusal.ends_with("takes no writes (coil and holding do), found `blocked`"), "{refusal}");

    drop(server);
    bench.until(|h| !h.connected).await;
    bench.forget();
    let _server = Process::script(SERVER, port);
    bench.until(|h| h.connected).await;
    assert_eq!(bench.reading(state).await.value, word("producing"));
    bench.stop().await;
}

/// The addresses of unit 2 that hold one number in all orders, and that number.
fn everything() -> Vec<(String, f64)> {
    let mut all = vec![("2/holding/48/bcd32".to_owned(), 123_456.0)];
    let kinds = [(0, "f64", 4, -123_456.5), (16, "f32", 2, -123_456.5), (24, "i32", 2, -123_456.0), (32, "i64", 4, -123_456.0)];
    for (first, kind, registers, number) in kinds {
        let orders = ["", "-low", "-swap", "-little"];
        all.extend((0..).zip(orders).map(|(i, order)| (format!("2/holding/{}/{kind}{order}", first + i * registers), number)));
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_unit_of_a_modbus_gateway_stalls_no_other() {
    if !python("pymodbus") {
        return;
    }
    let port = free_port();
    let mut server = Process::script_with(SERVER, port, &["rtu"]);
    let all = everything();
    let mut addresses: Vec<&str> = vec!["1/input/0/u16", "1/input/1/u16@20ms"];
    addresses.extend(all.iter().map(|(address, _)| address.as_str()));
    let mut config = config(port, &addresses);
    (config.framing, config.timeout) = (Framing::RtuOverTcp, Duration::from_millis(400));
    config.heartbeat = Duration::from_millis(100);
    let mut bench = Bench::start(Driver::Modbus(config));
    for (place, (address, number)) in (2..).zip(&all) {
        assert_eq!(bench.reading(ChannelId(place)).await.value, RawValue::Number(*number), "{address}");
    }

    server.tell("sleep");
    bench.until(|h| h.last_error.as_ref().is_some_and(|(_, e)| e.contains("unit 2: no answer within 400ms"))).await;
    let refused = bench.refused().await;
    assert!(refused.place.starts_with("2/holding/") && refused.found == "no answer within 400ms", "{refused:?}");
    bench.forget();
    for _ in 0..30 {
        bench.reading(ChannelId(0)).await;
    }
    assert!(bench.health().connected, "unit 1 goes on");
    server.tell("wake");
    bench.until(|h| h.last_error.as_ref().is_some_and(|(_, e)| e == "unit 2 answers again")).await;
    assert_eq!(bench.reading(ChannelId(2)).await.value, RawValue::Number(123_456.0));
    bench.stop().await;
}
