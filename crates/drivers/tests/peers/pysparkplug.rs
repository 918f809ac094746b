//! The Sparkplug driver with an edge node of another make: pysparkplug 0.6 over MQTT 3.1.1, names without aliases, data types in every
//! message. What it does not keep of the specification: its NDEATH at a parting has the bdSeq of the next session.

use crate::bench::{Bench, Process, free_port, python};
use crate::broker::Mosquitto;
use crate::channels;
use collect::RawValue;
use drivers::{Ask, Config, Pages, sparkplug};
use plant::{ChannelId, CommandValue, Quality};
use std::time::Duration;
use survey::{Data, Value};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sparkplug_against_pysparkplug() {
    if !python("pysparkplug") {
        return;
    }
    let Some(broker) = Mosquitto::start(free_port()) else { return };
    let mut config = sparkplug::Config::at(&format!("127.0.0.1:{}", broker.port)).expect("an address");
    config.echo = Duration::from_secs(5);
    config.channels = channels(&[
        "works/press/head/force",
        "works/press/head/mode",
        "works/press/head/strokes",
        "works/press/head/armed",
        "works/press/head/cold",
        "works/press/-/load",
    ]);
    let [force, mode, strokes, armed, cold, load] = [0, 1, 2, 3, 4, 5].map(ChannelId);
    let mut edge = Process::script("sparkplug_edge.py", broker.port);
    let mut bench = Bench::start(Config::Sparkplug(config));
    bench.until(|health| health.connected).await;
    assert_eq!(bench.reading(force).await.value, RawValue::Number(12.5), "it is born anew when it is asked");
    assert_eq!(bench.reading(mode).await.value, RawValue::Text("auto".to_owned()));
    assert_eq!(bench.reading(strokes).await.value, RawValue::Number(-1_099_511_627_776.0));
    assert_eq!(bench.reading(armed).await.value, RawValue::Flag(true));
    assert_eq!(bench.reading(load).await.value, RawValue::Number(0.5));

    edge.tell("data force 13.25");
    let reading = bench.reading(force).await;
    assert_eq!((&reading.value, reading.quality), (&RawValue::Number(13.25), Quality::Good));
    assert!(reading.at.is_some(), "the source time is carried");
    edge.tell("data cold -7");
    assert_eq!(bench.reading(cold).await.value, RawValue::Number(-7.0), "null at birth: the first value");
    edge.tell("data load 0.75");
    assert_eq!(bench.reading(load).await.value, RawValue::Number(0.75));

    assert_eq!(bench.write(mode, CommandValue::Word("manual".to_owned())).await, Ok(()));
    assert_eq!(bench.reading(mode).await.value, RawValue::Text("manual".to_owned()));
    assert_eq!(bench.write(strokes, CommandValue::Number(-3.0)).await, Ok(()));
    assert_eq!(bench.write(armed, CommandValue::Number(0.0)).await, Ok(()));
    let refusal = bench.write(cold, CommandValue::Number(40_000.0)).await.expect_err("an Int16");
    assert_eq!(refusal, "works/press/head/cold cannot hold 4e4, allowed is -3.2768e4 to 3.2767e4 (Int16)");

    bench.forget();
    edge.tell("leave");
    let stale = bench.reading(force).await;
    assert_eq!((&stale.value, stale.quality), (&RawValue::Number(13.25), Quality::Uncertain), "DDEATH");
    let refusal = bench.write(mode, CommandValue::Word("auto".to_owned())).await.expect_err("the device is gone");
    assert_eq!(refusal, "works/press/head/mode is offline: no birth was seen");
    bench.forget();
    drop(edge);
    let stale = bench.reading(load).await;
    assert_eq!((&stale.value, stale.quality), (&RawValue::Number(0.75), Quality::Uncertain), "its will: NDEATH");
    bench.until(|h| h.last_error.as_ref().is_some_and(|(_, e)| e == "edge node works/press is offline")).await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browse_finds_the_metrics_of_an_edge_node_that_speaks() {
    if !python("pysparkplug") {
        return;
    }
    let Some(broker) = Mosquitto::start(free_port()) else { return };
    let config = Config::Sparkplug(sparkplug::Config::at(&format!("127.0.0.1:{}", broker.port)).expect("an address"));
    let mut edge = Process::script("sparkplug_edge.py", broker.port);
    let look = |from: Option<String>, found_max: usize| {
        let ask = Ask { from, found_max, listen: Duration::from_secs(3), ..Ask::default() };
        let (pages, mut heard) = Pages::channel();
        let reading = async move {
            let mut told = (Vec::new(), None);
            while let Some(page) = heard.recv().await {
                told.0.extend(page.found);
                told.1 = page.cursor;
            }
            told
        };
        let config = config.clone();
        async move {
            let (ended, told) = tokio::join!(drivers::browse(config, ask, pages), reading);
            ended.expect("it listens");
            told
        }
    };
    let speak = async |edge: &mut Process| {
        tokio::time::sleep(Duration::from_millis(500)).await;
        edge.tell("data force 14.5");
    };
    let (_, (found, cursor)) = tokio::join!(speak(&mut edge), look(None, 3));
    let addresses: Vec<&str> = found.iter().map(|f| f.address.as_str()).collect();
    assert_eq!(addresses, ["works/press/-/load", "works/press/head/armed", "works/press/head/cold"]);
    assert_eq!(cursor.as_deref(), Some("works/press/head/cold"));
    let (_, (found, cursor)) = tokio::join!(speak(&mut edge), look(cursor, 100));
    let addresses: Vec<&str> = found.iter().map(|f| f.address.as_str()).collect();
    assert_eq!(addresses, ["works/press/head/force", "works/press/head/mode", "works/press/head/strokes"]);
    assert_eq!(cursor, None);
    assert_eq!((found[0].data, &found[0].value), (Data::Real, &Some(Value::Number(14.5))));
    assert_eq!((found[2].type_name.as_deref(), found[2].device), (Some("Int64"), Some(3)));
}
