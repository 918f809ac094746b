//! People, the audit trail, values by key.

use crate::fixture::{at, open};
use crate::restart::reopen;
use plant::UserRole;
use sqlx::Connection;
use store::UserRow;

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
    let said = store::Store::open(dir.path(), &crate::fixture::plant(), crate::fixture::tight()).await.err();
    let said = said.expect("a refusal").to_string();
    assert!(said.contains("schema version 99, this program knows up to 1; use a newer socium"), "{said}");
}
