//! A baseline that was frozen outlives `kill -9`: its version is the same, although all readings it was learned from are sealed, and what
//! comes after the start is judged against it. Where the configuration has other channels it is told as not used.
//!
//! The unit looks for what was frozen once a minute of its own clock, so that this takes a minute or two.

use super::process::{Person, Unit, until, write_lines};
use super::site::SITE;
use measure::{Instant, Span};
use node::clock::Clock;
use serde_json::Value;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};

const REST: &str = r#"
[web]
listen = "127.0.0.1:0"
[store]
dir = "data"
seal_every = "1 s"
seal_behind = "0 s"
[[source]]
name = "http"
protocol = "http"
address = "DOOR"
[[machine_type]]
name = "pressing"
source = "http"
address = "cell,machine={machine}/{channel}"
channel = [
  { name = "state", role = "state", states = { producing = "producing" } },
  { name = "CHANNEL", role = "deviation", unit = "1" },
]
[[machine]]
name = "press-1"
type = "pressing"
"#;

/// Longest wait for what is looked for once a minute.
const MINUTES: Duration = Duration::from_secs(150);

fn write_config(file: &Path, door: SocketAddr, channel: &str) {
    let rest = REST.replace("DOOR", &door.to_string()).replace("CHANNEL", channel);
    std::fs::write(file, format!("{SITE}{rest}")).expect("written");
}

/// Deviations of pieces around a level, one each eight seconds from an instant on; they are on the disk then.
fn press(door: SocketAddr, (from, pieces): (Instant, i64), level: f64) {
    let line = |piece: i64| {
        let (at, wavers) = (from + Span::from_seconds(8 * piece), 0.01 * (piece * piece % 7) as f64);
        format!("cell,machine=press-1 state=\"producing\",deviation={} {}", level + wavers, at.micros() / 1_000_000)
    };
    write_lines(door, &(0..pieces).map(line).collect::<Vec<_>>());
}

async fn within_minutes<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Stopwatch::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < MINUTES, "{what}: not within {MINUTES:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The baseline of the deviation, as the page of the machine shows it.
fn baseline(unit: &Unit, person: &Person) -> Option<Value> {
    let machine = unit.get("/api/v1/machines/press-1", person);
    machine["baselines"].as_array()?.iter().find(|b| b["about"] == "deviation").cloned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_frozen_outlives_a_kill_and_what_comes_later_is_judged_by_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
    let file = folder.path().join("unit.toml");
    write_config(&file, door, "deviation");
    let unit = Unit::start(&file);
    let person = unit.sign_in();
    until("the source listens", || TcpStream::connect(door).ok()).await;
    let now = Clock::real().now();
    press(door, (now - Span::from_hours(2), 200), 0.1);
    let is_frozen = |b: &Value| b["frozen"].is_string();
    let before = within_minutes("frozen", || baseline(&unit, &person).filter(is_frozen)).await;
    assert_eq!(
        (&before["version"], &before["learned_from"]),
        (&1.into(), &(now - Span::from_hours(2)).floor(Span::from_seconds(1)).to_string().into())
    );
    sealed_and_killed(unit, &file).await;

    let unit = Unit::start(&file);
    let person = unit.sign_in();
    let after = until("what was frozen is there", || baseline(&unit, &person)).await;
    assert_eq!(after, before);
    // the press has been wrong since before anything was learned in this life
    press(door, (now - Span::from_hours(1), 300), 0.9);
    let found = within_minutes("the drift", || {
        let findings = unit.get("/api/v1/machines/press-1", &person)["findings"].as_array()?.clone();
        findings.into_iter().find(|f| f["cause"] == "quality_drift")
    })
    .await;
    let usual = found["evidence"].as_array().and_then(|all| all.iter().find_map(|e| e["normal"].as_f64())).expect("a figure");
    assert!((0.1..0.2).contains(&usual), "it is compared with what was usual before the kill: {found}");
    unit.kill();

    write_config(&file, door, "offset");
    let unit = Unit::start(&file);
    let person = unit.sign_in();
    let told = until("what is not used is told", || baseline(&unit, &person)).await;
    assert_eq!(told["unused"], "it was learned from channel `deviation`, which is not in the configuration any more");
    let (_, _, log) = unit.end();
    assert!(log.iter().any(|l| l.contains("a baseline of an earlier run is not used") && l.contains("press-1")), "{log:?}");
}

/// Nothing of what was learned from is in the journal any more when the unit is killed.
async fn sealed_and_killed(unit: Unit, file: &Path) {
    let config = node::config::read(file).unwrap_or_else(|faults| panic!("{faults}"));
    let history = config.store.dir.join("history");
    until("a seal", || std::fs::read_dir(&history).ok()?.next()).await.expect("a folder");
    // a moment for the seal under way
    tokio::time::sleep(Duration::from_secs(3)).await;
    unit.kill();
    let plant = Arc::new(config.plant.clone());
    let (store, recovered) = store::Store::open(&config.store.dir, &plant, config.store.limits).await.expect("the store opens");
    assert!(recovered.backlog.is_empty(), "{:?}", recovered.backlog);
    assert!(!recovered.baselines.is_empty() && recovered.unused.is_empty());
    store.close().await.expect("the store closes");
    drop(store);
    let lock = std::fs::File::open(config.store.dir.join("lock")).expect("the lock is a file");
    until("the store is let go", || lock.try_lock().ok()).await;
}
