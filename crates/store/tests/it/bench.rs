//! Speed: how long an acknowledgement takes beside a bare flush of the same disk. Run with
//! `cargo test -p store --release --test it -- --ignored bench --nocapture`.

use crate::fixture::{GOOD, POWER, batch, decision, plant};
use plant::DecisionState;
use std::io::Write;
use std::time::{Duration, Instant};
use store::{Store, StoreLimits};

fn spread(mut micros: Vec<u128>) -> (u128, u128) {
    micros.sort_unstable();
    (micros[micros.len() / 2], micros[micros.len() * 99 / 100])
}

fn bare_flush(dir: &std::path::Path, count: usize) -> (u128, u128) {
    let mut file = std::fs::File::create(dir.join("bare")).expect("a file");
    let times = (0..count).map(|_| {
        let began = Instant::now();
        file.write_all(&[7; 300]).and_then(|()| file.sync_data()).expect("flushed");
        began.elapsed().as_micros()
    });
    spread(times.collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures the disk; run it alone"]
async fn bench_of_acknowledgements() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let (store, _) = Store::open(dir.path(), &plant(), StoreLimits::default()).await.expect("the store opens");
    let bare = bare_flush(dir.path(), 2_000);
    let mut light = Vec::new();
    for i in 0..3_000 {
        let began = Instant::now();
        store.append(Vec::new(), vec![batch(0, &[(POWER, i, 1.0), (GOOD, i, 2.0)])]).await.expect("stored");
        light.push(began.elapsed().as_micros());
    }
    let mut both = Vec::new();
    for i in 0..1_000 {
        let records = [decision(i + 1, DecisionState::Pending)];
        let began = Instant::now();
        store.commit(Vec::new(), vec![batch(0, &[(POWER, 0, 1.0)])], &records).await.expect("stored");
        both.push(began.elapsed().as_micros());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let flush = spread(store.fsyncs_micros().into_iter().map(u128::from).collect());
    println!(
        "p50, p99 [us]: bare flush {bare:?}, flush of the journal {flush:?}, append {:?}, commit with a record {:?}",
        spread(light),
        spread(both)
    );
    let began = Instant::now();
    let tasks = (0..64).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            for i in 0..500 {
                let rows: Vec<_> = (0..50).map(|k| (POWER, i * 50 + k, 1.0)).collect();
                store.append(Vec::new(), vec![batch(0, &rows)]).await.expect("stored");
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("64 callers: {:.0} appends/s, {:.0} readings/s", 32_000.0 / seconds, 1_600_000.0 / seconds);
    ask("unsealed", &store).await;
    let began = Instant::now();
    let report = store.seal(&plant(), crate::fixture::at(1_000_000)).await.expect("sealed");
    let seconds = began.elapsed().as_secs_f64();
    let bytes = store.figures().history_bytes as f64 / report.readings as f64;
    println!("sealing: {:.0} readings/s, {bytes:.2} bytes a reading", report.readings as f64 / seconds);
    ask("sealed", &store).await;
}

/// How long questions over all 1.6 million readings take.
async fn ask(state: &str, store: &Store) {
    let began = Instant::now();
    let channel = crate::fixture::channel(0, POWER);
    let (from, to) = (crate::fixture::at(0), crate::fixture::at(25_000));
    let buckets = store.series(&plant(), channel, from, to, 500).await.expect("a series");
    let series = began.elapsed().as_millis();
    let began = Instant::now();
    let rows = crate::fixture::rows(store, "select machine, count(power), avg(power) from milling group by machine").await;
    println!(
        "{state}: series of {} buckets {series} ms, mean by machine {} ms, {rows}",
        buckets.len(),
        began.elapsed().as_millis()
    );
}
