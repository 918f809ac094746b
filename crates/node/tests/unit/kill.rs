//! `kill -9` at load, many times in a row: what was acknowledged is there, and so is every approval that waited.

use super::device::{Device, Wish};
use super::process::{Unit, batches, until};
use super::site::{Site, values};
use measure::Instant;
use node::clock::Clock;
use plant::{DecisionState, Record, RecordId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant as Stopwatch};

const KILLS: usize = 20;
/// Readings acknowledged before a kill, at least.
const LOAD: u64 = 1_000;

/// What was known just before a kill.
struct Killed {
    at: Instant,
    acknowledged: u64,
    took: Duration,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_acknowledged_survives_twenty_kills_at_load() {
    let start = Stopwatch::now();
    let site = Site::open(KILLS).await;
    let wish = Arc::new(Wish::default());
    let device = tokio::spawn(Device::connect(site.broker.address, KILLS).await.work(Arc::clone(&wish)));
    let (mut kills, mut pending) = (Vec::new(), BTreeSet::new());
    for round in 0..KILLS {
        kills.push(live_and_die(&site, &wish, round, &mut pending).await);
    }
    wish.stop.store(true, Ordering::Relaxed);
    device.await.expect("the device worked to the end");
    let found = check(&site, &kills, &pending).await;
    let acknowledged: u64 = kills.iter().map(|k| k.acknowledged).sum();
    let slowest = kills.iter().map(|k| k.took).max().unwrap_or_default();
    println!(
        "{KILLS} kills in {:.1} s: {acknowledged} readings acknowledged, {found} found; {} approvals waited, all there; \
         a start took {} to {} ms",
        start.elapsed().as_secs_f64(),
        pending.len(),
        kills.iter().map(|k| k.took).min().unwrap_or_default().as_millis(),
        slowest.as_millis(),
    );
    site.close().await;
}

/// One life: all approvals of before are there; under load a further one comes; then SIGKILL.
async fn live_and_die(site: &Site, wish: &Wish, round: usize, pending: &mut BTreeSet<String>) -> Killed {
    let unit = Unit::start(&site.path("unit.toml"));
    let person = unit.sign_in();
    let there: BTreeSet<String> = unit.pending(&person).into_iter().map(|(id, _)| id).collect();
    assert!(there.is_superset(pending), "round {round}: {pending:?} waited before the kill, after it {there:?}");
    let base = wish.sent.load(Ordering::Relaxed);
    wish.more(0, base);
    wish.waiting.store(round + 1, Ordering::Relaxed);
    let machine = format!("mill-{round}");
    until("a load, and a decision that waits", || {
        let account = unit.account();
        wish.more(account.accepted, base);
        (account.stored >= LOAD && unit.pending(&person).iter().any(|(_, m)| *m == machine)).then_some(())
    })
    .await;
    // kills fall on different places of the loop's turn
    tokio::time::sleep(Duration::from_millis((round as u64 * 37) % 100)).await;
    pending.extend(unit.pending(&person).into_iter().map(|(id, _)| id));
    let acknowledged = unit.account().stored;
    let (at, took) = (Clock::real().now(), unit.took);
    unit.kill();
    Killed { at, acknowledged, took }
}

/// The store after the last kill holds everything; the number of readings found.
async fn check(site: &Site, kills: &[Killed], pending: &BTreeSet<String>) -> u64 {
    let (store, recovered, config) = site.store().await;
    let mut due = 0;
    for (round, kill) in kills.iter().enumerate() {
        due += kill.acknowledged;
        let by_then = batches(&recovered).iter().filter(|b| b.received <= kill.at).map(|b| b.len() as u64).sum::<u64>();
        assert!(by_then >= due, "kill {round}: {due} readings were acknowledged, {by_then} are there");
    }
    let counts = values(&recovered, &config, "pieces");
    assert!(counts.windows(2).all(|pair| pair[0] < pair[1]), "every count once, in the order it was sent");
    // while the unit is dead the counts go by; within a life none is missing
    let holes = counts.windows(2).filter(|pair| pair[1] - pair[0] != 1.0).count();
    assert!(holes < kills.len(), "{holes} holes, {} lives", kills.len());
    let asked = store.sql("SELECT count(pieces), count(DISTINCT pieces) FROM pressing", 1).await.expect("a question");
    let number = serde_json::Value::from(counts.len());
    assert_eq!(asked.rows, [[number.clone(), number]], "SQL sees the same");
    let open: BTreeSet<String> = recovered.open_decisions.iter().map(|d| d.id.to_string()).collect();
    assert!(open.is_superset(pending), "{pending:?} waited, {open:?} are open");
    assert!(pending.len() >= kills.len(), "an approval of each life: {pending:?}");
    for id in pending {
        let id: RecordId = id.parse().expect("an id");
        let record = store.record(id).await.expect("the record can be read");
        assert!(matches!(record, Some(Record::Decision(d)) if d.state == DecisionState::Pending), "{id}");
    }
    store.close().await.expect("the store closes");
    batches(&recovered).iter().map(|b| b.len() as u64).sum()
}
