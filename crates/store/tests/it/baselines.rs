//! Frozen baselines: in the commit of the readings they were learned from, back at the next start, bounded, and told where they are damaged.

use crate::fixture::{POWER, at, batch, channel, open, plant, tight};
use crate::restart::{reopen, reopen_as};
use plant::{About, Frozen, MachineId, Plant, RecordKind, Role, Window};
use sqlx::Connection;
use std::path::Path;
use std::sync::Arc;
use store::{Beside, Store};

fn frozen(machine: u32, about: About, version: u32, values: Option<&[f64]>) -> Frozen {
    let (from, to) = (at(i64::from(version)), at(i64::from(version) + 60));
    let channels = vec![channel(machine, POWER)];
    let values = values.map(Arc::from);
    Frozen { machine: MachineId(machine), about, version, at: to, learned: Window { from, to }, channels, values }
}

async fn keep(store: &Store, baselines: Vec<Frozen>) {
    let beside = Beside { baselines, ..Beside::default() };
    store.commit_beside(Vec::new(), vec![batch(0, &[(POWER, 1, 5.0)])], &[], &beside).await.expect("stored");
}

async fn run(dir: &Path, statement: &'static str) -> u64 {
    sqlx::any::install_default_drivers();
    let address = format!("sqlite://{}", dir.join("records.sqlite").display());
    let mut database = sqlx::AnyConnection::connect(&address).await.expect("a connection");
    let rows = sqlx::query(statement).execute(&mut database).await.expect("a statement").rows_affected();
    database.close().await.expect("closed");
    rows
}

async fn count(dir: &Path, what: &'static str) -> i64 {
    sqlx::any::install_default_drivers();
    let address = format!("sqlite://{}", dir.join("records.sqlite").display());
    let mut database = sqlx::AnyConnection::connect(&address).await.expect("a connection");
    let (count,): (i64,) = sqlx::query_as(what).fetch_one(&mut database).await.expect("a count");
    database.close().await.expect("closed");
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_version_of_each_comes_back_and_four_are_kept() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, found) = open(dir.path()).await;
    assert!(found.baselines.is_empty() && found.unused.is_empty());
    let rows = [9e3, f64::NAN, -0.0, 1.0 / 3.0];
    let behaviour = |version| frozen(0, About::Behaviour(None), version, Some(&rows));
    for version in 1..=9 {
        keep(&store, vec![behaviour(version), frozen(1, About::Stops, version, None)]).await;
    }
    // the same version once more, as after a commit that was told failed
    keep(&store, vec![behaviour(9), frozen(2, About::Stuck(Role::Power), 1, Some(&[3.0]))]).await;
    drop(store);
    let (store, found) = reopen(dir.path()).await;
    let newest = [behaviour(9), frozen(1, About::Stops, 9, None), frozen(2, About::Stuck(Role::Power), 1, Some(&[3.0]))];
    assert_eq!(found.baselines, newest);
    assert!(found.unused.is_empty());
    store.close().await.expect("closed");
    assert_eq!(count(dir.path(), "SELECT COUNT(*) FROM baselines WHERE machine = 'mill-1'").await, 4);
    assert_eq!(count(dir.path(), "SELECT MIN(version) FROM baselines WHERE machine = 'mill-1'").await, 6);
}

/// Products come and go with the configuration: what was frozen longest ago goes.
#[tokio::test(flavor = "multi_thread")]
async fn a_machine_has_a_bounded_number_of_baselines() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    keep(&store, vec![frozen(1, About::Deviation, 1, Some(&[1.0]))]).await;
    store.close().await.expect("closed");
    drop(store);
    let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
        INSERT INTO baselines SELECT 'mill-1', '[\"behaviour\",null,\"P-' || i || '\"]', 1, i, i, i, '[]', '{\"v\":\"anew\"}' FROM n";
    assert_eq!(run(dir.path(), fill).await, 200);
    let (store, found) = reopen(dir.path()).await;
    assert_eq!(found.unused.len(), 200, "their products are no more");
    keep(&store, vec![frozen(0, About::Stops, 1, Some(&[0.0, 200.0]))]).await;
    store.close().await.expect("closed");
    assert_eq!(count(dir.path(), "SELECT COUNT(*) FROM baselines WHERE machine = 'mill-1'").await, 128);
    assert_eq!(count(dir.path(), "SELECT COUNT(*) FROM baselines WHERE machine = 'mill-1' AND about LIKE '%stops%'").await, 1);
    assert_eq!(count(dir.path(), "SELECT MIN(at) FROM baselines WHERE machine = 'mill-1'").await, 74);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_damaged_or_of_another_plant_is_told_and_the_rest_is_there() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let kept = [
        frozen(0, About::Stops, 1, Some(&[1.0, 200.0])),
        frozen(0, About::Deviation, 2, Some(&[14.0, 0.1, 0.2])),
        frozen(1, About::Check("temperature"), 1, Some(&[1.0])),
        frozen(2, About::Check("temperature"), 1, Some(&[1.0])),
    ];
    keep(&store, kept.to_vec()).await;
    store.close().await.expect("closed");
    drop(store);
    let damage = "UPDATE baselines SET body = replace(body, 'AAAA', 'AABA') WHERE about LIKE '%stops%'";
    assert_eq!(run(dir.path(), damage).await, 1);
    // the oven is another machine now, and mill-2 tells its power in another unit
    let mut other: Plant = plant();
    other.machines[2].name = "oven-9".to_owned();
    other.channels[4].unit = "kW".parse().expect("a unit");
    let other = plant::Parts { machines: other.machines, channels: other.channels, ..parts(plant()) }.build().expect("a plant");
    let (_store, found) = reopen_as(dir.path(), &other, tight()).await;
    assert_eq!(found.baselines, kept[1..2]);
    let told: Vec<(u32, &str)> = found.unused.iter().map(|u| (u.machine.0, u.reason.as_str())).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].0 == 0 && told[0].1.starts_with("its body is damaged: its checksum is"), "{told:?}");
    assert_eq!(told[1], (1, "it was learned from channel `power` in `W`, which is in `kW` now"));
}

fn parts(plant: Plant) -> plant::Parts {
    plant::Parts {
        site: plant.site,
        calendar: plant.calendar,
        prices: plant.prices,
        lines: plant.lines,
        machines: Vec::new(),
        channels: Vec::new(),
        sources: plant.sources,
        teams: plant.teams,
        products: plant.products,
        orders: plant.orders,
        policies: plant.policies,
    }
}

/// A database that a demo of `9a333f3` wrote (schema version 3), without its empty pages.
const SCHEMA_3: &[u8] = include_bytes!("../golden/records.schema3.sqlite");

#[tokio::test(flavor = "multi_thread")]
async fn a_real_database_of_schema_3_is_brought_up_and_keeps_its_rows() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("records.sqlite"), SCHEMA_3).expect("written");
    let version = "SELECT CAST(value AS BIGINT) FROM meta WHERE key = 'schema_version'";
    assert_eq!(count(dir.path(), version).await, 3);
    let records = count(dir.path(), "SELECT COUNT(*) FROM record_versions").await;
    assert_eq!(records, 22);
    let (store, found) = open(dir.path()).await;
    assert!(found.baselines.is_empty());
    assert!(found.next[RecordKind::Forecast as usize] > 1, "numbers go on: {:?}", found.next);
    let behaviour = frozen(0, About::Behaviour(None), 1, Some(&[1.0; 8]));
    keep(&store, vec![behaviour.clone()]).await;
    store.close().await.expect("closed");
    drop(store);
    assert_eq!(count(dir.path(), version).await, 4);
    assert_eq!(count(dir.path(), "SELECT COUNT(*) FROM record_versions").await, records);
    assert_eq!(reopen(dir.path()).await.1.baselines, [behaviour]);
}
