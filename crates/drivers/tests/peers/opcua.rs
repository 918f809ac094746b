//! The OPC UA driver against asyncua: values, writes, calls, a restart; protection and sign-in by name and by certificate.

use crate::bench::{Bench, Process, free_port, python};
use crate::{channels, word};
use collect::RawValue;
use drivers::browse::{Ask, Pages, Trouble};
use drivers::opcua::{Config, KeyPair, Mode, Security};
use drivers::{Config as Driver, Credentials};
use plant::{ChannelId, CommandValue, Quality, RefusalReason};
use std::path::Path;
use std::time::Duration;
use survey::{Data, Found, Value};

const SERVER: &str = "opcua_server.py";

fn config(port: u16, addresses: &[&str]) -> Config {
    let mut config = Config::at(&format!("opc.tcp://127.0.0.1:{port}/")).expect("an endpoint");
    config.publishing = Duration::from_millis(50);
    config.channels = channels(addresses);
    config
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opc_ua_against_asyncua() {
    if !python("asyncua") {
        return;
    }
    let port = free_port();
    let mut server = Process::script(SERVER, port);
    let addresses = ["ns=2;s=power", "ns=2;s=state", "ns=2;s=speed", "ns=2;s=count", "ns=2;s=event", "ns=2;s=gone"];
    let mut bench = Bench::start(Driver::OpcUa(config(port, &addresses)));
    let [power, state, speed, count, event] = [0, 1, 2, 3, 4].map(ChannelId);

    let first = bench.reading(power).await;
    assert_eq!((&first.value, first.quality), (&RawValue::Number(41.5), Quality::Good));
    assert!(first.at.is_some(), "the source time is carried");
    assert_eq!(bench.reading(state).await.value, word("producing"));
    assert_eq!(bench.reading(count).await.value, RawValue::Number(7.0));
    assert_eq!(bench.reading(event).await.value, word("none"));
    let refused = bench.refused().await;
    assert_eq!((refused.place.as_str(), refused.found.as_str()), ("ns=2;s=gone", "BadNodeIdUnknown"));

    server.tell("set power 42.5");
    assert_eq!(bench.reading(power).await.value, RawValue::Number(42.5));
    server.tell("bad power");
    assert_eq!(bench.refused().await.found, "no value, status BadSensorFailure", "asyncua sends no value with a bad status");
    server.tell("doubt power");
    assert_eq!(bench.reading(power).await.quality, Quality::Uncertain);
    for _ in 0..2 {
        server.tell("event tool_broken");
        assert_eq!(bench.reading(event).await.value, word("tool_broken"), "the same event twice is two events");
    }
    server.tell("retype count");
    let refused = bench.refused().await;
    assert_eq!((refused.reason, refused.found.as_str()), (RefusalReason::WrongType, "String `much`"));
    assert_eq!(refused.allowed, "Int32, as the node sent first");

    assert_eq!(bench.write(speed, CommandValue::Number(95.0)).await, Ok(()));
    assert_eq!(bench.reading(speed).await.value, RawValue::Number(100.0));
    assert_eq!(bench.reading(speed).await.value, RawValue::Number(95.0));
    assert_eq!(bench.write(state, CommandValue::Word("ready".to_owned())).await, Ok(()));
    let refusal = bench.write(power, CommandValue::Number(1.0)).await.expect_err("it is read only");
    assert_eq!(refusal, "the server refused it: BadUserAccessDenied");
    let refusal = bench.write(state, CommandValue::Number(1.0)).await.expect_err("it takes words");
    assert_eq!(refusal, "ns=2;s=state takes values of type String, found 1");
    let refusal = bench.write(ChannelId(99), CommandValue::Number(1.0)).await.expect_err("it is not here");
    assert_eq!(refusal, "channel number 99 has no address to write to here");

    drop(server);
    bench.until(|h| !h.connected).await;
    let refusal = bench.write(speed, CommandValue::Number(90.0)).await.expect_err("nobody is there");
    assert!(refusal.starts_with("the device is not connected: opc.tcp://127.0.0.1:"), "{refusal}");
    bench.forget();
    let _server = Process::script(SERVER, port);
    bench.until(|h| h.connected).await;
    assert_eq!(bench.reading(power).await.value, RawValue::Number(41.5), "the server began anew");
    assert_eq!(bench.write(speed, CommandValue::Number(90.0)).await, Ok(()), "and takes writes again");
    bench.stop().await;
}

/// Structures, arrays, enumerations, methods.
async fn look_into(server: &mut Process, port: u16) {
    let addresses = [
        "ns=2;s=axis#/x",
        "ns=2;s=axis#/turns/1",
        "ns=2;s=axis#/y",
        "ns=2;s=rows#/1",
        "ns=2;s=mode",
        "call:ns=2;s=mill/ns=2;s=start",
    ];
    let mut bench = Bench::start(Driver::OpcUa(config(port, &addresses)));
    let [x, turn, _, row, mode, start] = [0, 1, 2, 3, 4, 5].map(ChannelId);
    assert_eq!(bench.reading(x).await.value, RawValue::Number(3.25));
    assert_eq!(bench.reading(turn).await.value, RawValue::Number(5.0));
    assert_eq!(bench.reading(row).await.value, RawValue::Number(2.5));
    assert_eq!(bench.reading(mode).await.value, word("automatic"));
    let refused = bench.refused().await;
    assert_eq!((refused.place.as_str(), refused.allowed.as_str()), ("ns=2;s=axis#/y", "member `y`"));
    server.tell("move 7.5 1 2 3");
    assert_eq!(bench.reading(x).await.value, RawValue::Number(7.5));
    assert_eq!(bench.reading(turn).await.value, RawValue::Number(2.0));
    command(server, &mut bench, (mode, start)).await;
    bench.stop().await;
}

async fn command(server: &mut Process, bench: &mut Bench, (mode, start): (ChannelId, ChannelId)) {
    assert_eq!(bench.write(mode, CommandValue::Word("manual".to_owned())).await, Ok(()));
    assert_eq!(bench.reading(mode).await.value, word("manual"));
    let refusal = bench.write(mode, CommandValue::Word("fast".to_owned())).await.expect_err("no such word");
    assert_eq!(refusal, "ns=2;s=mode takes automatic, manual, off, found `fast`");
    assert_eq!(bench.write(start, CommandValue::Number(60.0)).await, Ok(()));
    let refusal = bench.write(start, CommandValue::Number(101.0)).await.expect_err("too fast");
    assert_eq!(refusal, "the server refused the call: BadOutOfRange");
    let refusal = bench.write(start, CommandValue::Word("now".to_owned())).await.expect_err("it takes a number");
    assert_eq!(refusal, "call:ns=2;s=mill/ns=2;s=start takes values of type Double, found `now`");
    assert_eq!(server.ask("called", "calls"), "calls [60.0, 101.0]");
}

/// What a browse tells of variables.
async fn look_around(port: u16) {
    let (all, cursor) = gather(config(port, &[]), Ask::default()).await;
    assert_eq!(cursor, None, "all was seen");
    let found = |address: &str| all.iter().find(|f| f.address == address).expect("found");
    let power = found("ns=2;s=power");
    assert_eq!(
        (power.path.join("/").as_str(), power.type_name.as_deref(), power.data),
        ("mill/power", Some("Double"), Data::Real)
    );
    assert_eq!((power.unit.as_deref(), power.range), (Some("UNECE:KWT"), Some((0.0, 90.0))));
    assert_eq!((power.description.as_deref(), power.writable), (Some("Active power"), false));
    assert_eq!((&power.value, power.age.is_some()), (&Some(Value::Number(41.5)), true));
    assert_eq!((found("ns=2;s=speed").writable, found("ns=2;s=count").data), (true, Data::Whole));
    assert_eq!(found("ns=2;s=rows#/1").value, Some(Value::Number(2.5)), "an array is told by its elements");
    let mode = found("ns=2;s=mode");
    assert_eq!((mode.type_name.as_deref(), mode.data, mode.words.len()), (Some("Mode"), Data::Text, 3));
    assert_eq!(mode.words[2], (2, "automatic".to_owned()));
    assert!(!all.iter().any(|f| f.path.iter().any(|name| name == "EURange" || name == "Server")), "no properties");
}

/// What one browse finds, and the last cursor.
async fn gather(config: Config, ask: Ask) -> (Vec<Found>, Option<String>) {
    let (pages, mut heard) = Pages::channel();
    let reading = async {
        let (mut all, mut cursor) = (Vec::new(), None);
        while let Some(page) = heard.recv().await {
            all.extend(page.found);
            cursor = page.cursor;
        }
        (all, cursor)
    };
    let (ended, gathered) = tokio::join!(drivers::browse(Driver::OpcUa(config), ask, pages), reading);
    ended.unwrap_or_else(|e| panic!("{e}"));
    gathered
}

/// Ten thousand variables, walked in pieces, each over a connection of its own.
async fn browse_a_hall(server: &mut Process, port: u16) {
    server.tell("many 100 99");
    let (mut from, mut addresses, mut pieces) = (None, Vec::new(), 0);
    loop {
        let (some, cursor) = gather(config(port, &[]), Ask { from, visits_max: 3_000, ..Ask::default() }).await;
        addresses.extend(some.into_iter().filter(|f| f.path[0] == "hall").map(|f| f.address));
        (from, pieces) = (cursor, pieces + 1);
        if from.is_none() {
            break;
        }
    }
    let distinct: std::collections::HashSet<&String> = addresses.iter().collect();
    assert_eq!((addresses.len(), distinct.len(), pieces), (9_900, 9_900, 4), "each once");
    let wrong = Ask { from: Some("mqtt 1".to_owned()), ..Ask::default() };
    let (pages, _heard) = Pages::channel();
    let refusal = drivers::browse(Driver::OpcUa(config(port, &[])), wrong, pages).await.expect_err("no cursor");
    assert_eq!(refusal.trouble, Trouble::Cursor);
}

fn secure(port: u16, folder: &Path, security: Security, mode: Mode) -> Config {
    let mut config = config(port, &["ns=2;s=power"]);
    (config.security, config.mode, config.certificates) = (security, mode, Some(folder.to_owned()));
    config.timeout = Duration::from_secs(20); // keys of 2,048 bits in an unoptimised build
    config
}

async fn first_value(config: Config) -> RawValue {
    let mut bench = Bench::start(Driver::OpcUa(config));
    let value = bench.reading(ChannelId(0)).await.value;
    bench.stop().await;
    value
}

async fn first_error(config: Config) -> String {
    let mut bench = Bench::start(Driver::OpcUa(config));
    bench.until(|h| h.last_error.is_some()).await;
    let error = bench.health().last_error.expect("waited for").1;
    bench.stop().await;
    error
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opc_ua_protected_against_asyncua() {
    if !python("asyncua") {
        return;
    }
    let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
    let (theirs, ours) = (folder.path().join("theirs"), folder.path().join("ours"));
    make_own(&ours);
    let mut server = Process::script_with(SERVER, port, &[&theirs.to_string_lossy()]);
    let wish = |security, mode| secure(port, &ours, security, mode);

    let refusal = first_error(wish(Security::Best, Mode::SignAndEncrypt)).await;
    let told = "the server's certificate `Mill 7` (thumbprint ";
    assert!(refusal.contains(told) && refusal.contains(" is not trusted; to trust it, move `"), "{refusal}");
    let rejected = std::fs::read_dir(ours.join("rejected")).expect("made").flatten().next().expect("put there").path();
    std::fs::rename(&rejected, ours.join("trusted/mill-7.der")).expect("moved");

    let expected = RawValue::Number(41.5);
    for (security, mode) in [
        (Security::Basic256Sha256, Mode::Sign),
        (Security::Basic256Sha256, Mode::SignAndEncrypt),
        (Security::Aes128Sha256RsaOaep, Mode::SignAndEncrypt),
        (Security::Best, Mode::SignAndEncrypt),
    ] {
        assert_eq!(first_value(wish(security, mode)).await, expected, "{} {}", security.word(), mode.word());
    }
    let refusal = first_error(wish(Security::Aes128Sha256RsaOaep, Mode::Sign)).await;
    assert!(
        refusal.contains("the server offers no endpoint with security aes128-sha256-rsaoaep sign (no name); it offers "),
        "{refusal}"
    );

    let named = |password: &str| {
        let credentials = Some(Credentials { name: "ada".to_owned(), password: password.to_owned() });
        Config { credentials, ..wish(Security::Basic256Sha256, Mode::SignAndEncrypt) }
    };
    assert_eq!(first_value(named("lovelace")).await, expected);
    let refusal = first_error(named("byron")).await;
    assert!(refusal.contains("does not know this user, or not this password or certificate"), "{refusal}");
    let certified = |name: &str| {
        let pair = KeyPair { certificate: theirs.join(format!("{name}.der")), key: theirs.join(format!("{name}.pem")) };
        Config { user_certificate: Some(pair), ..wish(Security::Basic256Sha256, Mode::SignAndEncrypt) }
    };
    assert_eq!(first_value(certified("user")).await, expected);
    let refusal = first_error(certified("server")).await;
    assert!(refusal.contains("does not know this user"), "{refusal}");
    let refusal = first_error(certified("nobody")).await;
    assert!(refusal.contains(": Could not open cert file "), "{refusal}");

    look_into(&mut server, port).await;
    look_around(port).await;
    browse_a_hall(&mut server, port).await;
}

/// A certificate of our own, made by another hand: an unoptimised build takes long to find primes. That the driver makes its own
/// is tested beside `trust`.
fn make_own(folder: &Path) {
    let script = format!("{}/tests/peers", env!("CARGO_MANIFEST_DIR"));
    let code = "import sys, socket; sys.path.insert(0, sys.argv[1]); import opcua_server as s; \
                s.make_pair(sys.argv[2], 'own/certificate.der', 'private/key.pem', 'Socium', f'urn:{socket.gethostname()}:socium')";
    let made = std::process::Command::new("python3").args(["-c", code, &script]).arg(folder).status().expect("python3 is there");
    assert!(made.success(), "a certificate is made");
}
