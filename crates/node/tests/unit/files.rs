//! A file that grows while the unit is killed again and again: every row is stored once, in order, and nothing is read twice.

use super::process::{Unit, until};
use super::site::{SITE, values};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const KILLS: usize = 10;
/// Rows stored in each life, at least.
const LOAD: u64 = 2_000;

const UNIT: &str = r#"[web]
listen = "127.0.0.1:0"
[store]
dir = "store"
[limits]
late_max = "3650 d"
[[source]]
name = "exports"
protocol = "file"
address = "exports"
file = { poll_every = "20 ms", settle = "1 min", time = { columns = ["t"], formats = ["unix_ms"] } }
[[machine_type]]
name = "pressing"
source = "exports"
channel = [{ name = "pieces", kind = "counter", unit = "1" }, { name = "force", kind = "gauge", unit = "kN" }]
[[machine]]
name = "press-1"
type = "pressing"
"#;

/// Appends rows, cut anywhere, until it is told to stop; the number of rows written whole.
fn write_rows(path: &Path, stop: &AtomicBool) -> u64 {
    let mut file = OpenOptions::new().append(true).create(true).open(path).expect("a file");
    file.write_all(b"t;pieces;force\n").expect("written");
    let mut rows = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        let mut text = String::new();
        for _ in 0..97 {
            writeln!(text, "{};{rows};{}", 1_772_431_200_000 + rows, rows % 250).expect("a text grows");
            rows += 1;
        }
        let cut = text.len() * (rows as usize % 10) / 10;
        for part in [&text[..cut], &text[cut..]] {
            file.write_all(part.as_bytes()).expect("written");
            std::thread::sleep(Duration::from_millis(3));
        }
    }
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_a_growing_file_are_stored_once_over_ten_kills() {
    let folder = tempfile::tempdir().expect("a folder");
    let unit_toml = folder.path().join("unit.toml");
    std::fs::write(&unit_toml, SITE.to_owned() + UNIT).expect("written");
    std::fs::create_dir(folder.path().join("exports")).expect("a folder");
    let stop = Arc::new(AtomicBool::new(false));
    let (path, asked): (PathBuf, _) = (folder.path().join("exports/press-1.csv"), Arc::clone(&stop));
    let writer = tokio::task::spawn_blocking(move || write_rows(&path, &asked));
    let mut acknowledged = 0;
    for round in 0..KILLS {
        let unit = Unit::start(&unit_toml);
        let account = until("rows of the file", || Some(unit.account()).filter(|a| a.stored >= LOAD)).await;
        assert_eq!(account.refused, 0, "round {round}: nothing comes twice, nothing is broken");
        tokio::time::sleep(Duration::from_millis(round as u64 * 13 % 60)).await;
        acknowledged += unit.account().stored;
        unit.kill();
    }
    stop.store(true, Ordering::Relaxed);
    let rows = writer.await.expect("the writer ended");
    let unit = Unit::start(&unit_toml);
    let mut before = 0;
    until("the rest of the file", || {
        let stored = unit.account().stored;
        (std::mem::replace(&mut before, stored) == stored && stored > 0)
            .then(|| std::thread::sleep(Duration::from_millis(500)))?;
        (unit.account().stored == stored).then_some(())
    })
    .await;
    assert_eq!(unit.account().refused, 0);
    unit.end();
    let config = node::config::read(&unit_toml).expect("a good configuration");
    let limits = config.store.limits;
    let (store, recovered) = store::Store::open(&config.store.dir, &config.plant, limits).await.expect("the store opens");
    let wanted: Vec<f64> = (0..rows).map(|row| row as f64).collect();
    assert_eq!(values(&recovered, &config, "pieces"), wanted, "every row once, in order");
    println!(
        "{KILLS} kills: {rows} rows written, {acknowledged} readings acknowledged before the last start, every row stored once"
    );
    store.close().await.expect("the store closes");
}
