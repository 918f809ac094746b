//! Kills: a child process stores and says what was acknowledged; it is killed without warning, twenty times in a row, in the same
//! directory. Every acknowledged reading and every pending approval must be there, none doubled.

use crate::fixture::{GOOD, POWER, at, batch, decision, plant, rows, tight};
use crate::restart::reopen;
use plant::DecisionState;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::Store;

const KILLS: u64 = 20;

/// What a child said before it was killed.
#[derive(Default)]
struct Said {
    readings: Vec<u64>,
    decisions: Vec<u64>,
}

fn run_and_kill(dir: &Path, first: u64, after: Duration, said: &mut Said) {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["kills::storing_child", "--exact", "--ignored", "--nocapture"])
        .env("STORE_DIR", dir)
        .env("STORE_FIRST", first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the child starts");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let (ready, started) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut said = Said::default();
        for line in lines.map_while(Result::ok) {
            let mut parts = line.split_whitespace();
            match (parts.next(), parts.next().and_then(|n| n.parse().ok())) {
                (Some("r"), Some(number)) => said.readings.push(number),
                (Some("d"), Some(number)) => said.decisions.push(number),
                (Some("ready"), _) => ready.send(()).expect("the parent waits"),
                _ => {}
            }
        }
        said
    });
    started.recv_timeout(Duration::from_secs(60)).expect("the child opens the store");
    std::thread::sleep(after);
    child.kill().expect("SIGKILL");
    child.wait().expect("it is gone");
    let heard = reader.join().expect("its words");
    said.readings.extend(heard.readings);
    said.decisions.extend(heard.decisions);
}

#[test]
fn twenty_kills_lose_nothing_and_double_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut said = Said::default();
    for round in 0..KILLS {
        run_and_kill(dir.path(), (round + 1) * 1_000_000, Duration::from_millis(150 + round * 37 % 250), &mut said);
    }
    assert!(said.readings.len() > 1_000 && said.decisions.len() > 20, "{} {}", said.readings.len(), said.decisions.len());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(verify(dir.path(), &said));
}

async fn verify(dir: &Path, said: &Said) {
    let (store, found) = reopen(dir).await;
    let answer = store.sql("select cast(power as bigint), good from milling where power is not null", 10_000_000).await;
    let answer = answer.expect("an answer");
    let mut there: Vec<u64> = answer.rows.iter().filter_map(|r| r[0].as_u64()).collect();
    assert!(answer.rows.iter().all(|r| r[0].as_f64() == r[1].as_f64()), "values of one batch came apart");
    there.sort_unstable();
    let all = there.len();
    there.dedup();
    assert_eq!(there.len(), all, "a reading is there twice");
    let lost: Vec<_> = said.readings.iter().filter(|n| there.binary_search(n).is_err()).collect();
    assert!(lost.is_empty(), "{} of {} acknowledged readings are lost: {lost:?}", lost.len(), said.readings.len());
    let pending: Vec<u64> = found.open_decisions.iter().map(|d| d.id.number).collect();
    let lost: Vec<_> = said.decisions.iter().filter(|n| !pending.contains(n)).collect();
    assert!(lost.is_empty(), "pending approvals are lost: {lost:?}");
    let figures = store.figures();
    let counted: u64 =
        rows(&store, "select count(power) + count(good) from milling").await.trim_matches(['[', ']']).parse().expect("a number");
    println!(
        "{} readings acknowledged, {} there ({counted} values), {} approvals pending, {} files, {} journal bytes",
        said.readings.len(),
        all,
        pending.len(),
        figures.history_files,
        figures.journal_bytes
    );
}

#[test]
#[ignore = "the child of twenty_kills_lose_nothing_and_double_nothing"]
fn storing_child() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let dir = std::env::var_os("STORE_DIR").expect("set by the parent");
        let first: u64 = std::env::var("STORE_FIRST").expect("set by the parent").parse().expect("a number");
        let (store, _) = Store::open(dir.as_ref(), &plant(), tight()).await.expect("the store opens");
        println!("\nready");
        let next = Arc::new(AtomicU64::new(first));
        let mut tasks: Vec<_> = (0..8).map(|_| tokio::spawn(append_for_ever(store.clone(), Arc::clone(&next)))).collect();
        tasks.push(tokio::spawn(keep_for_ever(store.clone(), first)));
        tasks.push(tokio::spawn(seal_for_ever(store)));
        for task in tasks {
            task.await.expect("no panic");
        }
    });
}

async fn append_for_ever(store: Store, next: Arc<AtomicU64>) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let seconds = (number % 1_000_000) as i64;
        let value = number as f64;
        if store.append(Vec::new(), vec![batch(0, &[(POWER, seconds, value), (GOOD, seconds, value)])]).await.is_ok() {
            println!("r {number}");
        }
    }
}

async fn keep_for_ever(store: Store, first: u64) {
    for number in first.. {
        if store.keep(vec![decision(number, DecisionState::Pending)]).await.is_ok() {
            println!("d {number}");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Seals all the time, so that many kills fall into it.
async fn seal_for_ever(store: Store) {
    loop {
        if let Err(cause) = store.seal(&plant(), at(1_000_000)).await {
            eprintln!("not sealed: {cause}");
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
