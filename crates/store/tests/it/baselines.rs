//! Frozen baselines: in the commit of the readings they were learned from, back at the next start, bounded, and told where they are damaged.

use crate::fixture::{POWER, at, batch, channel, open, plant, tight};
use crate::restart::{reopen, reopen_as};
use plant::{About, Frozen, Given, MachineId, Plant, Product, ProductId, RecordKind, Role, Used, Window};
use sqlx::Connection;
use std::path::Path;
use std::sync::Arc;
use store::{Beside, Store};

fn frozen(machine: u32, about: About, version: u32, values: Option<&[f64]>) -> Frozen {
    let (from, to) = (at(i64::from(version)), at(i64::from(version) + 60));
    let channels = vec![channel(machine, POWER)];
    let values = values.map(Arc::from);
    Frozen { machine: MachineId(machine), about, version, at: to, used: to, learned: Window { from, to }, channels, values }
}

/// The plant with a series product.
fn series_plant() -> Plant {
    let mut plant = plant();
    plant.products.push(Product { id: ProductId(0), name: "P-1".to_owned(), route: Vec::new(), value: None });
    plant
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

/// Products come and go, with the configuration and with orders that customers put together: those that were not made for longest go, however
/// long ago they were learned, and what was learned of no product stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_machine_has_a_bounded_number_of_baselines_and_keeps_those_of_use() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = reopen_as(dir.path(), &series_plant(), tight()).await;
    // learned on the first day
    let (series, rare) = (About::Behaviour(Some(ProductId(0))), About::Behaviour(None));
    let first = [frozen(0, series, 3, Some(&[1.0])), frozen(0, About::Stops, 1, Some(&[0.0, 200.0])), frozen(0, rare, 1, None)];
    keep(&store, first.to_vec()).await;
    store.close().await.expect("closed");
    drop(store);
    let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
        INSERT INTO baselines SELECT 'mill-1', '[\"behaviour\",null,\"C-' || i || '\"]', 1, 1772500000000000 + i * 1000000000, i, i, '[]', '{\"v\":\"anew\"}',
            1772500000000000 + i * 1000000000 FROM n";
    assert_eq!(run(dir.path(), fill).await, 200);
    let (store, found) = reopen_as(dir.path(), &series_plant(), tight()).await;
    assert!(found.baselines.len() == 3 && found.unused.is_empty(), "the other products are no more: {found:?}");
    // the series product is still made
    let used = vec![Used { machine: MachineId(0), at: at(900_000), abouts: vec![series] }];
    store.commit_beside(Vec::new(), Vec::new(), &[], &Beside { used, ..Beside::default() }).await.expect("stored");
    keep(&store, vec![frozen(0, About::Deviation, 1, Some(&[1.0]))]).await;
    store.close().await.expect("closed");
    drop(store);
    let live = "SELECT COUNT(*) FROM baselines WHERE machine = 'mill-1' AND body <> ''";
    assert_eq!(count(dir.path(), live).await, 128);
    assert_eq!(count(dir.path(), "SELECT COUNT(*) FROM baselines WHERE machine = 'mill-1'").await, 204);
    // beside three of no product and the series product there is room for 124
    let oldest = "SELECT MIN(at) FROM baselines WHERE machine = 'mill-1' AND body <> '' AND about LIKE '%C-%'";
    assert_eq!(count(dir.path(), oldest).await, 1_772_500_000_000_000 + 77 * 1_000_000_000);
    let found = reopen_as(dir.path(), &series_plant(), tight()).await.1;
    let mut abouts: Vec<&str> = found.baselines.iter().map(|f| f.about.kind()).collect();
    abouts.sort_unstable();
    assert_eq!(abouts, ["behaviour", "behaviour", "deviation", "stops"]);
    let series = found.baselines.iter().find(|f| f.about == series).expect("it is of use");
    assert_eq!((series.version, series.used), (3, at(900_000)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_of_what_had_to_go_is_told() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = reopen_as(dir.path(), &series_plant(), tight()).await;
    let series = About::Behaviour(Some(ProductId(0)));
    keep(&store, vec![frozen(0, series, 3, Some(&[1.0])), frozen(0, series, 4, Some(&[1.0]))]).await;
    store.close().await.expect("closed");
    drop(store);
    let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
        INSERT INTO baselines SELECT 'mill-1', '[\"behaviour\",null,\"C-' || i || '\"]', 1, 9, 9, 9, '[]', '{\"v\":\"anew\"}',
            1773000000000000 FROM n";
    assert_eq!(run(dir.path(), fill).await, 200);
    let (store, _) = reopen_as(dir.path(), &series_plant(), tight()).await;
    keep(&store, vec![frozen(0, About::Stops, 1, Some(&[0.0, 200.0]))]).await;
    store.close().await.expect("closed");
    drop(store);
    let (store, found) = reopen_as(dir.path(), &series_plant(), tight()).await;
    assert_eq!(found.given, [Given { machine: MachineId(0), about: series, version: 4 }]);
    assert!(found.unused.is_empty() && found.baselines.len() == 1, "{found:?}");
    keep(&store, vec![Frozen { used: at(2_000_000), at: at(2_000_000), ..frozen(0, series, 5, Some(&[2.0])) }]).await;
    store.close().await.expect("closed");
    drop(store);
    let (_store, found) = reopen_as(dir.path(), &series_plant(), tight()).await;
    assert!(found.given.is_empty() && found.baselines.iter().any(|f| f.about == series && f.version == 5), "{found:?}");
}

/// What has no form must not hold up the readings beside it.
#[tokio::test(flavor = "multi_thread")]
async fn a_baseline_without_a_form_is_left_out_and_all_else_is_stored() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let sound = frozen(0, About::Stops, 1, Some(&[0.0, 200.0]));
    let baselines = vec![frozen(0, About::Behaviour(Some(ProductId(999))), 1, Some(&[1.0])), sound.clone()];
    let used = vec![Used { machine: MachineId(99), at: at(9), abouts: Vec::new() }];
    let beside = Beside { baselines, used, ..Beside::default() };
    store.commit_beside(Vec::new(), vec![batch(0, &[(POWER, 1, 5.0)])], &[], &beside).await.expect("the readings are stored");
    drop(store);
    let (_store, found) = reopen(dir.path()).await;
    assert_eq!(found.baselines, [sound]);
    assert!(!found.backlog.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_no_baseline_can_have_is_told_and_another_takes_its_place() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let stops = |version| frozen(0, About::Stops, version, Some(&[1.0, 200.0]));
    keep(&store, vec![stops(1), stops(2), stops(3)]).await;
    store.close().await.expect("closed");
    drop(store);
    assert_eq!(run(dir.path(), "UPDATE baselines SET version = 4294967295 WHERE version = 3").await, 1);
    let (store, found) = reopen(dir.path()).await;
    assert!(found.baselines.is_empty(), "version 2 is over: {found:?}");
    let told: Vec<(u32, &str)> = found.unused.iter().map(|u| (u.version, u.reason.as_str())).collect();
    assert_eq!(told, [(3, "its version is 4294967295; allowed are 1 to 1000000")]);
    keep(&store, vec![stops(4)]).await;
    store.close().await.expect("closed");
    drop(store);
    let (_store, found) = reopen(dir.path()).await;
    assert_eq!((&found.baselines[..], found.unused.len()), (&[stops(4)][..], 0));
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
    assert_eq!(count(dir.path(), version).await, 6);
    assert_eq!(count(dir.path(), "SELECT COUNT(*) FROM record_versions").await, records);
    assert_eq!(reopen(dir.path()).await.1.baselines, [behaviour]);
}
