//! The HTTP driver with a client of another make: influxdb-client of PyPI, as it writes to InfluxDB 2.

use crate::bench::{Bench, Process, free_port, python};
use crate::certificates::Certificates;
use collect::RawValue;
use drivers::http::{Config, Target};
use plant::{ChannelId, MachineId, RefusalReason};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_against_influxdb_client() {
    let port = free_port();
    written(Config::at(&format!("127.0.0.1:{port}")).expect("an address"), &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn https_against_influxdb_client() {
    let Some(certificates) = Certificates::make() else { return };
    let port = free_port();
    let mut config = Config::at(&format!("https://127.0.0.1:{port}")).expect("an address");
    (config.certificates, config.key) = (certificates.bytes("own.pem"), certificates.bytes("own.key"));
    written(config, &[certificates.path("ca.pem").to_str().expect("a path")]).await;
}

/// All that the client can do with a listener; `trusted` is the file of the authority where it is encrypted.
async fn written(mut config: Config, trusted: &[&str]) {
    if !python("influxdb_client") {
        return;
    }
    let (port, trusted) = (config.listen.port(), trusted.iter().map(|file| (*file).to_owned()).collect::<Vec<_>>());
    config.credentials = Some(drivers::Credentials { name: "works".to_owned(), password: "s3cret".to_owned() });
    let [power, state] = [0, 1].map(ChannelId);
    let target = |channel: ChannelId| Target { channel, machine: MachineId(0), is_word: channel == state };
    config.channels = vec![
        (target(power), "machines,machine=mill 1/power".parse().expect("an address")),
        (target(state), "machines,machine=mill 1/state".parse().expect("an address")),
    ];
    let mut bench = Bench::start(drivers::Config::Http(config));
    bench.until(|h| h.connected).await;
    let writer = tokio::task::spawn_blocking(move || {
        let trusted: Vec<&str> = trusted.iter().map(String::as_str).collect();
        let mut writer = Process::script_with("influx_writer.py", port, &trusted);
        let answers = [writer.ask("write", "answer"), writer.ask("token", "answer")];
        writer.tell("batch");
        answers
    });

    let first = bench.reading(power).await;
    assert_eq!((first.value, first.at.expect("a time").to_string().as_str()), (RawValue::Number(12.5), "2023-11-14T22:13:20Z"));
    assert_eq!(bench.reading(power).await.value, RawValue::Number(13.0));
    assert_eq!(bench.reading(state).await.value, RawValue::Text("RUN \"fast\"".to_owned()));
    let refused = bench.refused().await;
    assert_eq!((refused.reason, refused.found.as_str()), (RefusalReason::UnknownChannel, "`wrong=true`"));
    for i in 0..5_000 {
        assert_eq!(bench.reading(power).await.value, RawValue::Number(f64::from(i) / 10.0));
    }
    let answers = writer.await.expect("the writer ends");
    assert_eq!(answers, ["answer 204", "answer 401"]);
}
