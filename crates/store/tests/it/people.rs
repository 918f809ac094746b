//! People, the audit trail, values by key.

use crate::fixture::{at, open, plant};
use crate::restart::reopen;
use measure::{Money, Span};
use plant::{Chosen, CustomOrder, MachineId, Material, Operation, UserRole};
use sqlx::Connection;
use store::{Store, UserRow};

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_trail_rises_without_gaps_and_is_never_changed() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let adding = (0..20).map(|i| {
        let store = store.clone();
        tokio::spawn(async move { store.audit_add(at(i), "ann", "verdict", "decision-1", "yes").await })
    });
    let mut numbers = Vec::new();
    for one in adding.collect::<Vec<_>>() {
        numbers.push(one.await.expect("no panic").expect("added"));
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    let newest = store.audit(None, 2).await.expect("the trail");
    assert_eq!(newest.iter().map(|r| r.number).collect::<Vec<_>>(), [20, 19]);
    assert_eq!(store.audit(Some(3), 9).await.expect("the trail").len(), 2);
    store.close().await.expect("closed");
    sqlx::any::install_default_drivers();
    let address = format!("sqlite://{}", dir.path().join("records.sqlite").display());
    let mut intruder = sqlx::AnyConnection::connect(&address).await.expect("a connection");
    for (statement, sentence) in [
        ("UPDATE audit SET who = 'bob'", "the audit trail is never changed"),
        ("DELETE FROM audit", "nothing is deleted from the audit trail"),
    ] {
        let said = sqlx::query(statement).execute(&mut intruder).await.expect_err(statement).to_string();
        assert!(said.contains(sentence), "{said}");
    }
    intruder.close().await.expect("closed");
    drop(store);
    let (store, _) = reopen(dir.path()).await;
    let trail = store.audit(None, 100).await.expect("the trail");
    assert!(trail.len() == 20 && trail.iter().all(|r| r.who == "ann"));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_and_values_are_kept() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let ann = UserRow { name: "ann".to_owned(), role: UserRole::Operator, password_hash: "$argon2id$x".to_owned() };
    store.put_user(ann.clone()).await.expect("added");
    store.put_user(UserRow { role: UserRole::Admin, ..ann.clone() }).await.expect("changed");
    store.set_meta("schema_version", "mine").await.expect("set");
    drop(store);
    let (store, _) = reopen(dir.path()).await;
    assert_eq!(store.user("ann").await.expect("a look"), Some(UserRow { role: UserRole::Admin, ..ann }));
    assert_eq!(store.user("bob").await.expect("a look"), None);
    assert_eq!(store.users().await.expect("a look").len(), 1);
    assert_eq!(store.meta("schema_version").await.expect("a look").as_deref(), Some("mine"), "not the store's own key");
}

#[tokio::test(flavor = "multi_thread")]
async fn contests_are_kept_by_subject_in_their_order_also_from_beside_a_running_unit() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let window = |from, to| plant::Window { from: at(from), to: at(to) };
    let contest = |subject: &str, n: u32| plant::Contest {
        at: at(100 + i64::from(n)),
        subject: subject.to_owned(),
        version: n,
        learned: window(0, 50),
        on: window(50, 64),
        in_use: 0.5,
        challenger: 0.25,
        blocks: 14,
        probability: 0.97,
        swapped: n == 2,
        lessons: 70 * n,
    };
    store.put_contest(&contest("energy_use", 1)).await.expect("added");
    let beside = Store::look(dir.path(), &plant()).await.expect("a look");
    beside.put_contest(&contest("energy_use", 2)).await.expect("added from beside");
    beside.put_contest(&contest("generation", 1)).await.expect("added from beside");
    let told = store.contests("energy_use").await.expect("a look");
    assert_eq!(told, [contest("energy_use", 1), contest("energy_use", 2)]);
    assert_eq!(store.contests("demand/x").await.expect("a look"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_is_left_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    store.close().await.expect("closed");
    drop(store);
    sqlx::any::install_default_drivers();
    let address = format!("sqlite://{}", dir.path().join("records.sqlite").display());
    let mut newer = sqlx::AnyConnection::connect(&address).await.expect("a connection");
    sqlx::query("UPDATE meta SET value = '99' WHERE key = 'schema_version'").execute(&mut newer).await.expect("updated");
    newer.close().await.expect("closed");
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let said = Store::open(dir.path(), &plant(), crate::fixture::tight()).await.err();
    let said = said.expect("a refusal").to_string();
    assert!(said.contains("schema version 99, this program knows up to 6; use a newer socium"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_an_older_version_is_brought_up_step_by_step_and_keeps_its_rows() {
    sqlx::any::install_default_drivers();
    for (version, without) in [
        ("1", &["DROP TABLE custom_orders", "DROP TABLE contests", "DROP TABLE baselines"][..]),
        ("2", &["DROP TABLE contests", "DROP TABLE baselines"][..]),
        ("3", &["DROP TABLE baselines", "ALTER TABLE contests DROP COLUMN lessons"][..]),
        ("4", &["ALTER TABLE baselines DROP COLUMN used_at", "ALTER TABLE contests DROP COLUMN lessons"][..]),
        ("5", &["ALTER TABLE contests DROP COLUMN lessons"][..]),
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        let (store, _) = open(dir.path()).await;
        store.set_meta("mine", "kept").await.expect("set");
        store.close().await.expect("closed");
        drop(store);
        let address = format!("sqlite://{}", dir.path().join("records.sqlite").display());
        let mut older = sqlx::AnyConnection::connect(&address).await.expect("a connection");
        for drop in without {
            sqlx::query(*drop).execute(&mut older).await.expect("dropped");
        }
        let set = "UPDATE meta SET value = $1 WHERE key = 'schema_version'";
        sqlx::query(set).bind(version).execute(&mut older).await.expect("updated");
        older.close().await.expect("closed");
        let (store, _) = open(dir.path()).await;
        assert_eq!(store.meta("mine").await.expect("a look").as_deref(), Some("kept"), "from version {version}");
        store.add_custom(&custom(1, "key-one")).await.expect("kept");
        assert_eq!(store.contests("energy_use").await.expect("a look"), [], "from version {version}");
    }
}

fn custom(number: u32, key: &str) -> CustomOrder {
    let operation = Operation {
        name: "mill".to_owned(),
        machines: vec![MachineId(0)],
        cycle: Span::from_millis(95_200),
        set_up: Span::from_minutes(5),
        family: "bar-20".to_owned(),
        instructions: vec!["Cut 120 mm.".to_owned(), "Deburr.".to_owned()],
    };
    CustomOrder {
        number,
        key: key.to_owned(),
        by: "ann".to_owned(),
        at: at(1),
        family: "Plate".to_owned(),
        chosen: vec![Chosen { what: "Material".to_owned(), value: "Steel \"C45\"".to_owned() }],
        quantity: 12,
        price: Money { minor: 12_345, currency: "EUR".parse().expect("a currency") },
        due: at(9_000),
        sure: 900,
        materials: vec![Material { name: "Bar".to_owned(), unit: "mm".to_owned(), amount: 1_440 }],
        steps: vec![operation],
    }
}

/// Golden: the stored form of version 1.
const CUSTOM: &str = "{\"version\":\"1\",\"number\":1,\"key\":\"key-one\",\"by\":\"ann\",";

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_customers_outlive_a_restart_and_a_key_is_taken_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let plant = plant();
    assert_eq!(Store::customs(dir.path(), &plant).await.expect("no store yet").0, Vec::new());
    let (store, _) = open(dir.path()).await;
    let orders = [custom(1, "key-one"), custom(2, "key-two")];
    for order in &orders {
        store.add_custom(order).await.expect("kept");
    }
    for again in [custom(3, "key-one"), custom(2, "key-new")] {
        assert!(store.add_custom(&again).await.is_err(), "key and number are there once");
    }
    store.close().await.expect("closed");
    drop(store);
    let (kept, lost) = Store::customs(dir.path(), &plant).await.expect("a store");
    assert_eq!((kept.as_slice(), lost.len()), (orders.as_slice(), 0));
    sqlx::any::install_default_drivers();
    let address = format!("sqlite://{}", dir.path().join("records.sqlite").display());
    let mut look = sqlx::AnyConnection::connect(&address).await.expect("a connection");
    let (body,): (String,) =
        sqlx::query_as("SELECT body FROM custom_orders WHERE number = 1").fetch_one(&mut look).await.expect("a row");
    assert!(body.starts_with(CUSTOM), "{body}");
    look.close().await.expect("closed");
    // a plant without its machine
    let mut bare = plant.clone();
    bare.machines.clear();
    let (kept, lost) = Store::customs(dir.path(), &bare).await.expect("a store");
    assert_eq!((kept.len(), lost.len()), (0, 2));
    assert!(lost[0].to_string().contains("its step `mill`"), "{}", lost[0]);
}
