//! The OPC UA driver against asyncua: values, writes, calls, a restart; protection and sign-in by name and by certificate.

use crate::bench::{Bench, Process, free_port, python};
use crate::{channels, word};
use collect::RawValue;
use drivers::opcua::browse::{Browser, Cursor, Extent};
use drivers::opcua::{Config, KeyPair, Mode, Security};
use drivers::{Config as Driver, Credentials};
use plant::{ChannelId, CommandValue, Quality, RefusalReason};
use std::path::Path;
use std::time::Duration;

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

/// Structures, arrays, enumerations, methods, and what a browse tells of a variable.
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
    bench.stop().await;

    let mut browser = Browser::open(&config(port, &[])).await.expect("it is there");
    let page = browser.all(Extent::default()).await.expect("walked");
    browser.close().await;
    assert_eq!(page.refused, []);
    let power = page.found.iter().find(|f| f.address == "ns=2;s=power").expect("found");
    assert_eq!((power.path.join("/").as_str(), power.data_type.as_str()), ("mill/power", "Double"));
    assert_eq!((power.unit.as_deref(), power.unit_code, power.range), (Some("kW"), Some(4_937_556), Some((0.0, 90.0))));
    assert_eq!((power.description.as_str(), power.readable, power.writable), ("Active power", true, false));
    assert_eq!((&power.value, power.at.is_some(), power.is_array), (&Some(RawValue::Number(41.5)), true, false));
    let found = |address: &str| page.found.iter().find(|f| f.address == address).expect("found");
    assert!(found("ns=2;s=speed").writable && found("ns=2;s=rows").is_array);
    assert_eq!((found("ns=2;s=mode").data_type.as_str(), found("ns=2;s=axis").data_type.as_str()), ("Mode", "Position"));
}

/// Ten thousand variables, walked in steps, stopped in the middle and gone on with over another connection.
async fn browse_a_hall(server: &mut Process, port: u16) {
    server.tell("many 100 99");
    let config = config(port, &[]);
    let extent = Extent { references_at_once: 7, ..Extent::default() };
    let (mut cursor, mut found) = (Cursor::start(), Vec::new());
    let mut browser = Browser::open(&config).await.expect("it is there");
    while found.len() < 2_000 {
        found.extend(browser.step(extent, &mut cursor).await.expect("a step").found);
    }
    browser.close().await;
    assert!(cursor.waiting() > 0, "stopped in the middle");
    let mut browser = Browser::open(&config).await.expect("it is there");
    loop {
        let page = browser.step(extent, &mut cursor).await.expect("a step");
        found.extend(page.found);
        if page.done {
            break;
        }
    }
    let hall: Vec<&str> = found.iter().filter(|f| f.path[0] == "hall").map(|f| f.address.as_str()).collect();
    let distinct: std::collections::HashSet<&&str> = hall.iter().collect();
    assert_eq!((hall.len(), distinct.len(), cursor.left_out), (9_900, 9_900, 0), "each once");
    let few = browser.all(Extent { nodes_max: 50, ..extent }).await.expect("walked");
    assert!(few.found.len() < 50, "{}", few.found.len());
    browser.close().await;
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
    assert!(refusal.starts_with("Could not open cert file "), "{refusal}");

    look_into(&mut server, port).await;
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
