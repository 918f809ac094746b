//! The MTConnect driver with an agent that shares no code with it (`mtconnect_agent.py`; its buffer holds 64 observations).

use crate::bench::{Bench, Process, free_port, python};
use crate::certificates::Certificates;
use crate::channels;
use collect::RawValue;
use drivers::{Config, mtconnect};
use plant::{ChannelId, CommandValue, Quality, RefusalReason};
use std::time::Duration;

const LOAD: ChannelId = ChannelId(0);
const EXECUTION: ChannelId = ChannelId(1);
const COUNT: ChannelId = ChannelId(2);
const SYSTEM: ChannelId = ChannelId(3);

fn config(port: u16) -> mtconnect::Config {
    let mut config = mtconnect::Config::at(&format!("http://127.0.0.1:{port}")).expect("an address");
    config.poll = Duration::from_millis(50);
    config.count = 10;
    config.channels = channels(&["mill-1/Xload", "e1", "mill-1/count", "000-mill/system", "mill-1/variables", "gone"]);
    config.numbers = [LOAD, COUNT].into();
    config.events = [SYSTEM].into();
    config
}

/// An agent and a driver connected to it, and the agent's port; nothing where Python is not there, which is said.
async fn connected(change: impl FnOnce(&mut mtconnect::Config)) -> Option<(Process, Bench, u16)> {
    if !python("http.server") {
        return None;
    }
    let port = free_port();
    let agent = Process::script("mtconnect_agent.py", port);
    let mut config = config(port);
    change(&mut config);
    let mut bench = Bench::start(Config::MtConnect(config));
    bench.until(|health| health.connected).await;
    Some((agent, bench, port))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_over_https_is_read_where_its_certificate_is_trusted() {
    let (true, Some(certificates)) = (python("http.server"), Certificates::make()) else { return };
    let port = free_port();
    let [own, key] = ["own.pem", "own.key"].map(|name| certificates.path(name).display().to_string());
    let mut agent = Process::script_with("mtconnect_agent.py", port, &["64", &own, &key]);
    let secure = mtconnect::Config { secure: true, host: "localhost".to_owned(), ..config(port) };
    let mut stranger = Bench::start(Config::MtConnect(secure.clone()));
    told(&mut stranger, "encryption: invalid peer certificate").await;
    stranger.stop().await;
    let mut bench = Bench::start(Config::MtConnect(mtconnect::Config { certificates: certificates.bytes("ca.pem"), ..secure }));
    bench.until(|health| health.connected).await;
    agent.tell("set x1 41.5");
    assert_eq!(bench.reading(LOAD).await.value, RawValue::Number(41.5));
    bench.stop().await;
}

fn word(text: &str) -> RawValue {
    RawValue::Text(text.to_owned())
}

async fn told(bench: &mut Bench, text: &str) {
    bench.until(|health| health.last_error.as_ref().is_some_and(|(_, error)| error.contains(text))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mtconnect_against_an_agent() {
    let Some((mut agent, mut bench, _)) = connected(|_| {}).await else { return };
    let refused = [bench.refused().await, bench.refused().await];
    assert_eq!((refused[0].place.as_str(), refused[0].reason), ("mill-1/variables", RefusalReason::WrongType));
    assert_eq!((refused[1].place.as_str(), refused[1].found.as_str()), ("gone", "no such data item"));

    agent.tell("set x1 41.5");
    let reading = bench.reading(LOAD).await;
    assert_eq!((&reading.value, reading.quality), (&RawValue::Number(41.5), Quality::Good));
    assert!(reading.at.is_some(), "the time of the observation");
    agent.tell("set e1 ACTIVE");
    assert_eq!(bench.reading(EXECUTION).await.value, word("ACTIVE"));
    agent.tell("set c1 7");
    assert_eq!(bench.reading(COUNT).await.value, RawValue::Number(7.0), "an EVENT on a channel of numbers");
    for (level, code, expected) in [("Fault", "E203", "fault:E203"), ("Warning", "W1", "warning:W1"), ("Normal", "-", "normal")] {
        agent.tell(&format!("fault s1 {level} {code}"));
        assert_eq!(bench.reading(SYSTEM).await.value, word(expected));
    }
    agent.tell("set x1 UNAVAILABLE");
    let reading = bench.reading(LOAD).await;
    assert_eq!((&reading.value, reading.quality), (&RawValue::Number(41.5), Quality::Bad));
    agent.tell("set x1 much");
    let refused = bench.refused().await;
    assert_eq!(
        (refused.place.as_str(), refused.found.as_str(), refused.reason),
        ("mill-1/Xload", "`much`", RefusalReason::WrongType)
    );

    agent.tell("burst x1 60");
    for value in 1..=60 {
        assert_eq!(bench.reading(LOAD).await.value, RawValue::Number(f64::from(value)), "in pieces of ten, all, in order");
    }
    let refusal = bench.write(LOAD, CommandValue::Number(1.0)).await.expect_err("there are no writes");
    assert_eq!(refusal, "mill-1/Xload takes no writes (MTConnect reads only), found 1");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mtconnect_tells_what_it_missed_and_begins_anew() {
    let slow = |config: &mut mtconnect::Config| config.poll = Duration::from_secs(1);
    let Some((mut agent, mut bench, port)) = connected(slow).await else { return };
    agent.tell("set e1 READY");
    assert_eq!(bench.reading(EXECUTION).await.value, word("READY"));
    bench.forget();

    // right after a poll: the next is a second away, and the buffer of 64 is overrun
    agent.tell("set e1 STOPPED");
    agent.tell("burst x1 100");
    assert_eq!(bench.reading(EXECUTION).await.value, word("STOPPED"), "gone from the buffer, but still current");
    let first = bench.reading(LOAD).await.value;
    assert_eq!(first, RawValue::Number(37.0), "the oldest that is left");
    for value in 38..=100 {
        assert_eq!(bench.reading(LOAD).await.value, RawValue::Number(f64::from(value)));
    }
    told(&mut bench, "36 observations left the agent's buffer before they were read").await;

    agent.tell("restart");
    told(&mut bench, "the agent began anew; it is asked for all it has").await;
    agent.tell("set e1 ACTIVE");
    unavailable_until(&mut bench, "STOPPED", "ACTIVE").await;

    agent.tell("mute");
    bench.until(|health| !health.connected).await;
    let error = bench.health().last_error.expect("told").1;
    assert!(error.ends_with("sample: a document `html`"), "{error}");
    agent.tell("speak");
    bench.until(|health| health.connected).await;
    drop(agent);
    bench.until(|health| !health.connected).await;
    bench.forget();
    let mut agent = Process::script("mtconnect_agent.py", port);
    bench.until(|health| health.connected).await;
    agent.tell("set e1 READY");
    unavailable_until(&mut bench, "ACTIVE", "READY").await;
    bench.stop().await;
}

/// An agent that began anew says UNAVAILABLE of everything, until there is a value.
async fn unavailable_until(bench: &mut Bench, before: &str, after: &str) {
    loop {
        let reading = bench.reading(EXECUTION).await;
        if reading.value == word(after) {
            return;
        }
        assert_eq!((&reading.value, reading.quality), (&word(before), Quality::Bad));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mtconnect_asks_again_for_what_was_not_taken() {
    let Some((mut agent, mut bench, _)) = connected(|_| {}).await else { return };
    agent.tell("set c1 1");
    bench.reading(COUNT).await;
    bench.settle = false;
    agent.tell("set c1 2");
    assert_eq!(bench.reading(COUNT).await.value, RawValue::Number(2.0));
    bench.drop_unsettled();
    bench.until(|health| !health.connected).await;
    bench.settle = true;
    assert_eq!(bench.reading(COUNT).await.value, RawValue::Number(2.0), "again");
    bench.stop().await;
}
