//! MQTT against real peers: our broker with mosquitto's clients and paho, our client with mosquitto's broker, encryption and
//! names on both sides.

use crate::bench::{Bench, free_port, python};
use crate::broker::Mosquitto;
use crate::certificates::Certificates;
use collect::RawValue;
use drivers::broker::{self, Broker, Limits, Settings, Users};
use drivers::mqtt::packet::Version;
use drivers::mqtt::packet::write::{self, Message};
use drivers::{Config, Credentials, mqtt};
use plant::{ChannelId, CommandValue, RefusalReason};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(30);

/// Whether mosquitto's clients are there; says so where they are not.
fn clients() -> bool {
    let there = Path::new("/usr/bin/mosquitto_pub").exists();
    if !there {
        println!("left out: mosquitto_pub is not installed; `apt-get install mosquitto-clients` brings it");
    }
    there
}

fn publish(words: &[&str]) -> Output {
    Command::new("mosquitto_pub").args(words).output().expect("mosquitto_pub is there")
}

/// A subscriber that ends after `count` messages.
fn listen(port: u16, count: u32, words: &[&str]) -> Child {
    let (port, count) = (port.to_string(), count.to_string());
    let mut command = Command::new("mosquitto_sub");
    command.args(["-p", &port, "-C", &count, "-W", "20", "-F", "%t %p q%q r%r"]).args(words);
    let child = command.stdout(Stdio::piped()).spawn().expect("mosquitto_sub is there");
    std::thread::sleep(Duration::from_millis(500));
    child
}

fn heard(child: Child) -> Vec<String> {
    let output = child.wait_with_output().expect("it ends");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

async fn open(users: Option<Users>, limits: Limits) -> (Broker, CancellationToken) {
    let stop = CancellationToken::new();
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let settings = Settings { users, limits, ..Settings::open(here) };
    (broker::start(settings, stop.clone()).await.expect("a broker"), stop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_broker_with_the_clients_of_mosquitto() {
    if !clients() {
        return;
    }
    let (broker, stop) = open(None, Limits::default()).await;
    let port = broker.address.port().to_string();
    for version in ["311", "5"] {
        let sub = listen(broker.address.port(), 3, &["-V", version, "-q", "2", "-t", "a/+"]);
        for qos in ["0", "1", "2"] {
            let done = publish(&["-p", &port, "-V", version, "-q", qos, "-t", &format!("a/{qos}"), "-m", "x"]);
            assert!(done.status.success(), "{done:?}");
        }
        assert_eq!(heard(sub), ["a/0 x q0 r0", "a/1 x q1 r0", "a/2 x q2 r0"], "{version}");
        publish(&["-p", &port, "-V", version, "-q", "1", "-r", "-t", "kept", "-m", version]);
        let sub = listen(broker.address.port(), 1, &["-V", version, "-t", "kept"]);
        assert_eq!(heard(sub), [format!("kept {version} q0 r1")]);
    }
    let sub = listen(broker.address.port(), 1, &["-q", "1", "-t", "will"]);
    let mut mortal = Command::new("mosquitto_sub")
        .args(["-p", &port, "-t", "x", "--will-topic", "will", "--will-payload", "dead", "--will-qos", "1"])
        .spawn()
        .expect("it starts");
    std::thread::sleep(Duration::from_millis(500));
    mortal.kill().expect("it lived");
    mortal.wait().expect("it ended");
    assert_eq!(heard(sub), ["will dead q1 r0"]);
    let shared: Vec<_> = (0..2).map(|_| listen(broker.address.port(), 5, &["-V", "5", "-q", "1", "-t", "$share/g/s"])).collect();
    for i in 0..10 {
        publish(&["-p", &port, "-q", "1", "-t", "s", "-m", &i.to_string()]);
    }
    let mut all: Vec<String> = shared.into_iter().flat_map(heard).collect();
    all.sort();
    assert_eq!(all.len(), 10, "each message to one of the group: {all:?}");
    stop.cancel();
    broker.task.await.expect("it ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_broker_with_paho() {
    if !python("paho.mqtt") {
        return;
    }
    let (broker, stop) = open(None, Limits::default()).await;
    for version in ["4", "5"] {
        let script = format!("{}/tests/peers/mqtt_client.py", env!("CARGO_MANIFEST_DIR"));
        let output = Command::new("python3").args([&script, &broker.address.port().to_string(), version]).output();
        let output = output.expect("python3 is there");
        let said: Vec<String> = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
        let v = format!("v{version}");
        let wanted = [
            format!("{v}/0/q m0 qos 0 retained 0"),
            format!("{v}/1/q m1 qos 1 retained 0"),
            format!("{v}/2/q m2 qos 2 retained 0"),
            "many 1000".to_owned(),
            format!("{v}/kept yes qos 1 retained 1"),
            format!("{v}/will dead qos 1 retained 0"),
            "end".to_owned(),
        ];
        assert_eq!(said, wanted, "{}", String::from_utf8_lossy(&output.stderr));
    }
    stop.cancel();
    broker.task.await.expect("it ends");
}

fn source(address: &str, addresses: &[&str]) -> mqtt::Config {
    let mut config = mqtt::Config::at(address).expect("an address");
    config.channels = addresses.iter().zip(0..).map(|(a, i)| (ChannelId(i), a.parse().expect("an address"))).collect();
    config.echo = Duration::from_millis(700);
    config
}

const CHANNELS: [&str; 3] = ["plant/power>plant/power/set", "plant/state#/s@/ts", "plant/deaf>plant/deaf/set"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listening_source_with_names_and_encryption() {
    let (true, Some(certificates)) = (clients(), Certificates::make()) else { return };
    let port = free_port();
    let mut config = source(&format!("listens://127.0.0.1:{port}"), &CHANNELS);
    config.users = vec![Credentials { name: "mill".to_owned(), password: "secret".to_owned() }];
    (config.certificates, config.key) = (certificates.bytes("own.pem"), certificates.bytes("own.key"));
    let mut bench = Bench::start(Config::Mqtt(config));
    bench.until(|h| h.connected).await;
    let authority = certificates.path("ca.pem");
    let at = port.to_string();
    let way = ["-h", "localhost", "-p", &at, "--cafile", authority.to_str().expect("a path"), "-q", "1"];
    let say = |name: &str, more: &[&str]| publish(&[&way[..], &["-u", "mill", "-P", name], more].concat());
    assert!(!say("wrong", &["-t", "plant/power", "-m", "1"]).status.success());
    let done = tokio::task::spawn_blocking({
        let words: Vec<String> = way
            .iter()
            .chain(&["-u", "mill", "-P", "secret", "-t", "plant/power", "-m", "12.5"])
            .map(|w| (*w).to_owned())
            .collect();
        move || publish(&words.iter().map(String::as_str).collect::<Vec<_>>())
    });
    assert_eq!(bench.reading(ChannelId(0)).await.value, RawValue::Number(12.5));
    let done = done.await.expect("it ran");
    assert!(done.status.success(), "{done:?}");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listening_source_acknowledges_what_is_settled_and_takes_commands() {
    if !clients() {
        return;
    }
    let port = free_port();
    let mut bench = Bench::start(Config::Mqtt(source(&format!("listen://127.0.0.1:{port}"), &CHANNELS)));
    bench.until(|h| h.connected).await;
    bench.settle = false;
    let at = port.to_string();
    let mut waiting = Command::new("mosquitto_pub")
        .args(["-p", &at, "-q", "2", "-t", "plant/state", "-m", r#"{"ts":1700000000,"s":5,"more":1}"#])
        .spawn()
        .expect("it starts");
    assert_eq!(bench.reading(ChannelId(1)).await.at, Some(measure::Instant::from_seconds(1_700_000_000)));
    let refused = bench.refused().await;
    assert_eq!((refused.reason, refused.place.as_str()), (RefusalReason::UnknownChannel, "plant/state#/more"));
    std::thread::sleep(Duration::from_millis(300));
    assert!(waiting.try_wait().expect("its state is known").is_none(), "it is not acknowledged before it is settled");
    bench.settle_all();
    let began = Instant::now();
    while waiting.try_wait().expect("its state is known").is_none() {
        assert!(began.elapsed() < PATIENCE, "it is acknowledged once it is settled");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bench.settle = true;
    let answer = bench.write(ChannelId(0), CommandValue::Number(7.0)).await;
    assert_eq!(answer, Err("no client listens to plant/power/set".to_owned()));
    let sub = listen(port, 1, &["-t", "+/+/set"]);
    let answer = bench.write(ChannelId(2), CommandValue::Number(1.0)).await;
    assert_eq!(answer, Err("the device did not report the value within 700ms".to_owned()));
    assert_eq!(heard(sub), ["plant/deaf/set 1 q0 r0"]);
    let sub = listen(port, 1, &["-t", "+/+/set"]);
    let device = std::thread::spawn(move || {
        assert_eq!(heard(sub), ["plant/power/set 7 q0 r0"]);
        publish(&["-p", &at, "-q", "1", "-t", "plant/power", "-m", "7.0"]);
    });
    assert_eq!(bench.write(ChannelId(0), CommandValue::Number(7.0)).await, Ok(()), "the device told the value");
    // the device waits for its acknowledgement, which comes once the reading is taken
    assert_eq!(bench.reading(ChannelId(0)).await.value, RawValue::Number(7.0));
    device.join().expect("it obeyed");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_client_at_mosquitto_in_both_versions() {
    let Some(broker) = Mosquitto::start(free_port()).filter(|_| clients()) else { return };
    let port = broker.port.to_string();
    for (version, name) in [(Version::V4, "four"), (Version::V5, "five")] {
        let mut config = source(&format!("mqtt://127.0.0.1:{port}"), &["plant/power", "plant/+/door"]);
        (config.version, config.client_id) = (version, name.to_owned());
        config.group = Some(format!("group-{name}"));
        let mut bench = Bench::start(Config::Mqtt(config));
        bench.until(|h| h.connected).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        bench.settle = false;
        publish(&["-p", &port, "-q", "1", "-t", "plant/power", "-m", "1.5"]);
        publish(&["-p", &port, "-q", "2", "-t", "plant/hall/door", "-m", "open"]);
        assert_eq!(bench.reading(ChannelId(0)).await.value, RawValue::Number(1.5));
        assert_eq!(bench.reading(ChannelId(1)).await.value, RawValue::Text("open".to_owned()));
        bench.refuse_all();
        bench.settle = true;
        let again = bench.reading(ChannelId(0)).await;
        assert_eq!(again.value, RawValue::Number(1.5), "what could not be taken comes again");
        bench.reading(ChannelId(1)).await;
        bench.stop().await;
        // the session is kept while the unit is away
        let mut config = source(&format!("mqtt://127.0.0.1:{port}"), &["plant/power"]);
        (config.version, config.client_id) = (version, format!("{name}-alone"));
        let mut bench = Bench::start(Config::Mqtt(config.clone()));
        bench.until(|h| h.connected).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        bench.stop().await;
        publish(&["-p", &port, "-q", "1", "-t", "plant/power", "-m", "2.5"]);
        let mut bench = Bench::start(Config::Mqtt(config));
        assert_eq!(bench.reading(ChannelId(0)).await.value, RawValue::Number(2.5));
        bench.stop().await;
    }
    let mut bench = Bench::start(Config::Mqtt(source(&format!("mqtt://127.0.0.1:{port}"), &CHANNELS)));
    bench.until(|h| h.connected).await;
    let sub = listen(broker.port, 1, &["-q", "1", "-t", "+/+/set"]);
    let at = port.clone();
    let device = std::thread::spawn(move || {
        assert_eq!(heard(sub), ["plant/power/set 7.5 q1 r0"]);
        publish(&["-p", &at, "-q", "1", "-t", "plant/power", "-m", "7.5"]);
    });
    assert_eq!(bench.write(ChannelId(0), CommandValue::Number(7.5)).await, Ok(()));
    device.join().expect("it obeyed");
    drop(broker);
    bench.until(|h| !h.connected).await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_client_at_an_encrypted_mosquitto() {
    let (true, Some(certificates)) = (clients(), Certificates::make()) else { return };
    let file = certificates.path("passwords");
    let made = Command::new("mosquitto_passwd").args(["-b", "-c"]).arg(&file).args(["unit", "secret"]).status();
    assert!(made.is_ok_and(|status| status.success()), "mosquitto_passwd comes with mosquitto");
    let [own, key] = ["own.pem", "own.key"].map(|name| certificates.path(name).display().to_string());
    let settings = format!("certfile {own}\nkeyfile {key}\npassword_file {}\nallow_anonymous false\nuser root\n", file.display());
    let Some(broker) = Mosquitto::with(free_port(), &settings) else { return };
    let mut config = source(&format!("mqtts://localhost:{}", broker.port), &["plant/power"]);
    config.certificates = certificates.bytes("ca.pem");
    config.credentials = Some(Credentials { name: "unit".to_owned(), password: "wrong".to_owned() });
    let mut bench = Bench::start(Config::Mqtt(config.clone()));
    bench.until(|h| h.last_error.as_ref().is_some_and(|(_, e)| e.contains("code 135") || e.contains("code 134"))).await;
    bench.stop().await;
    config.credentials = Some(Credentials { name: "unit".to_owned(), password: "secret".to_owned() });
    let mut bench = Bench::start(Config::Mqtt(config.clone()));
    bench.until(|h| h.connected).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (port, authority) = (broker.port.to_string(), certificates.path("ca.pem"));
    let way = ["-h", "localhost", "-p", &port, "--cafile", authority.to_str().expect("a path"), "-u", "unit", "-P", "secret"];
    let done = publish(&[&way[..], &["-q", "1", "-t", "plant/power", "-m", "3"]].concat());
    assert!(done.status.success(), "{done:?}");
    assert_eq!(bench.reading(ChannelId(0)).await.value, RawValue::Number(3.0));
    bench.stop().await;
    config.certificates = Vec::new();
    let mut bench = Bench::start(Config::Mqtt(config));
    bench.until(|h| h.last_error.as_ref().is_some_and(|(_, e)| e.contains("encryption: "))).await;
    bench.stop().await;
}

/// A raw connection that has said CONNECT and heard yes.
fn raw(address: SocketAddr, client: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).expect("it listens");
    socket.set_read_timeout(Some(PATIENCE)).expect("set");
    let mut bytes = Vec::new();
    let (version, properties) = (Version::V4, &[][..]);
    write::connect(&mut bytes, &write::Connect { version, clean: true, keep_alive_s: 0, client, credentials: None, properties });
    socket.write_all(&bytes).expect("it takes");
    let mut answer = [0; 4];
    socket.read_exact(&mut answer).expect("it answers");
    assert_eq!(answer, [0x20, 2, 0, 0]);
    socket
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_and_a_vandal_harm_nobody_else() {
    let limits = Limits { queue: 100, ..Limits::default() };
    let (broker, stop) = open(None, limits).await;
    let mut slow = raw(broker.address, "slow");
    let mut bytes = Vec::new();
    write::subscribe(&mut bytes, Version::V4, 1, &[("flood", 1)]);
    slow.write_all(&bytes).expect("it takes");
    let mut speaker = raw(broker.address, "speaker");
    let payload = vec![b'x'; 100_000];
    for id in 1..=400 {
        let message =
            Message { dup: false, qos: 1, retain: false, topic: "flood", id, properties: (&[], &[]), payload: &payload };
        bytes.clear();
        write::publish(&mut bytes, Version::V4, &message);
        speaker.write_all(&bytes).expect("it takes");
        let mut answer = [0; 4];
        speaker.read_exact(&mut answer).expect("the speaker is answered though the other does not read");
        assert_eq!(answer[..2], [0x40, 2]);
    }
    assert!(broker.figures.lost() > 0, "what the slow one does not take is counted");
    let mut vandal = TcpStream::connect(broker.address).expect("it listens");
    vandal.write_all(&[0xFF; 100]).expect("it takes");
    let mut rest = Vec::new();
    let _ = vandal.read_to_end(&mut rest);
    let mut oversize = raw(broker.address, "oversize");
    oversize.write_all(&[0x30, 0xFF, 0xFF, 0xFF, 0x7F]).expect("it takes");
    assert_eq!(oversize.read(&mut [0; 8]).unwrap_or(0), 0, "its connection ends");
    let mut ping = Vec::new();
    write::ping_req(&mut ping);
    speaker.write_all(&ping).expect("it takes");
    let mut answer = [0; 2];
    speaker.read_exact(&mut answer).expect("it answers");
    assert_eq!(answer, [0xD0, 0]);
    stop.cancel();
    broker.task.await.expect("it ends");
}

#[tokio::test]
async fn beyond_loopback_names_and_encryption_are_needed() {
    let refused = broker::start(Settings::open("0.0.0.0:0".parse().expect("an address")), CancellationToken::new());
    let sentence = refused.await.expect_err("refused").to_string();
    assert!(sentence.ends_with("found 0.0.0.0:0 without; allowed without is 127.0.0.1 or [::1]"), "{sentence}");
}
