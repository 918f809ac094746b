//! What a restart finds.

use crate::fixture::{ALARM, GOOD, POWER, STATE, at, batch, batches, of_machines, open, plant, tight, with_channels, words};
use plant::{ChannelKind, RecordKind, Role};
use std::io::Write;
use store::{Store, StoreError, StoreLimits};

#[tokio::test(flavor = "multi_thread")]
async fn appended_words_and_readings_are_there_in_their_order() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, found) = open(dir.path()).await;
    assert!(found.words.is_empty() && found.backlog.is_empty() && found.next == [1; RecordKind::COUNT]);
    let sent: Vec<_> = (0..200).map(|i| batch(i % 3, &[(POWER, i.into(), 0.1 * f64::from(i)), (STATE, i.into(), 1.0)])).collect();
    store.append(words(0, &["running", "down"]), vec![sent[0].clone()]).await.expect("stored");
    for one in &sent[1..] {
        store.append(Vec::new(), vec![one.clone()]).await.expect("stored");
    }
    drop(store);
    let (_store, found) = reopen(dir.path()).await;
    assert_eq!(found.words.iter().map(AsRef::as_ref).collect::<Vec<_>>(), ["running", "down"]);
    assert_eq!(batches(&found), sent);
    assert_eq!(found.torn_bytes, 0);
}

/// The journal's thread ends a moment after the last handle; until then the directory is taken.
pub async fn reopen(dir: &std::path::Path) -> (Store, store::Recovered) {
    reopen_as(dir, &plant(), tight()).await
}

pub async fn reopen_as(dir: &std::path::Path, plant: &plant::Plant, limits: StoreLimits) -> (Store, store::Recovered) {
    for _ in 0..200 {
        match Store::open(dir, plant, limits).await {
            Err(StoreError::InUse { .. }) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            other => return other.expect("the store opens"),
        }
    }
    panic!("the directory stays taken");
}

/// The first file of the journal whose name ends so.
fn in_journal(dir: &std::path::Path, suffix: &str) -> std::path::PathBuf {
    let files = std::fs::read_dir(dir.join("journal")).expect("a journal").map(|entry| entry.expect("an entry").path());
    let mut found: Vec<_> = files.filter(|path| path.extension().is_some_and(|e| e == suffix)).collect();
    found.sort();
    found.remove(0)
}

/// The unit starts with all it has acknowledged, whichever byte of what names its channels is damaged.
#[tokio::test(flavor = "multi_thread")]
async fn damaged_names_are_written_again() {
    for suffix in ["names", "seg"] {
        let dir = tempfile::tempdir().expect("a directory");
        let (store, _) = open(dir.path()).await;
        let sent = batch(1, &[(POWER, 1, 5.0), (GOOD, 1, 7.0)]);
        store.append(Vec::new(), vec![sent.clone()]).await.expect("stored");
        drop(store);
        while Store::look(dir.path(), &plant()).await.is_err() {}
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let path = in_journal(dir.path(), suffix);
        let mut bytes = std::fs::read(&path).expect("read");
        // of a segment: a byte of the print in its first entry, behind the file's header, the frame's head and the kind
        bytes[8 + 12 + 3] ^= 1;
        std::fs::write(&path, bytes).expect("damaged");
        let (store, found) = reopen(dir.path()).await;
        assert_eq!(batches(&found), [sent], "{suffix}");
        store.seal(&plant(), at(100)).await.expect("sealed");
        let rows = crate::fixture::rows(&store, "select machine, power, good from milling").await;
        assert_eq!(rows, r#"["mill-2",5.0,7.0]"#, "{suffix}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_end_is_cut_and_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    store.append(Vec::new(), vec![batch(0, &[(POWER, 1, 5.0)])]).await.expect("stored");
    drop(store);
    let segment = in_journal(dir.path(), "seg");
    while Store::look(dir.path(), &plant()).await.is_err() {}
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let mut file = std::fs::OpenOptions::new().append(true).open(segment).expect("a file");
    file.write_all(b"SFRM torn by a kill").expect("written");
    let (store, found) = reopen(dir.path()).await;
    assert_eq!((found.torn_bytes, batches(&found).len()), (19, 1));
    store.append(Vec::new(), vec![batch(0, &[(POWER, 2, 6.0)])]).await.expect("stored");
    drop(store);
    let (_store, found) = reopen(dir.path()).await;
    assert_eq!((found.torn_bytes, batches(&found).len()), (0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_is_told_who_has_the_directory_and_may_look() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    store.append(Vec::new(), vec![batch(0, &[(POWER, 1, 5.0)])]).await.expect("stored");
    let refused = Store::open(dir.path(), &plant(), tight()).await.err().expect("a refusal").to_string();
    let allowed = format!("is in use by another process (process {}); stop it first", std::process::id());
    assert!(refused.contains(&allowed), "{refused}");
    let look = Store::look(dir.path(), &plant()).await.expect("a look");
    assert_eq!(crate::fixture::rows(&look, "select machine, power from milling").await, r#"["mill-1",5.0]"#);
    assert_eq!(look.append(Vec::new(), Vec::new()).await, Err(StoreError::Closed));
    assert_eq!(look.seal(&plant(), at(100)).await.err(), Some(StoreError::Closed));
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_keep_their_names_when_the_configuration_changes() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    store.append(words(0, &["running"]), vec![batch(0, &[(POWER, 1, 5.0)]), batch(1, &[(POWER, 1, 7.0)])]).await.expect("stored");
    drop(store);
    let fewer = of_machines(&[("oven-1", "oven"), ("mill-2", "milling")]);
    let (store, found) = reopen_as(dir.path(), &fewer, tight()).await;
    assert_eq!(batches(&found).len(), 1, "mill-1 is not configured any more");
    assert_eq!(batches(&found)[0].machine, plant::MachineId(1));
    assert_eq!(fewer.channel(batches(&found)[0].channels[0]).name, "power");
    store.seal(&fewer, at(100)).await.expect("sealed");
    assert_eq!(
        crate::fixture::rows(&store, "select machine, power from milling order by machine").await,
        "[\"mill-1\",5.0]\n[\"mill-2\",7.0]"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_becomes_words_gets_a_second_column() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    store.append(Vec::new(), vec![batch(0, &[(GOOD, 1, 5.0)])]).await.expect("stored");
    store.seal(&plant(), at(100)).await.expect("sealed");
    drop(store);
    let channels = [("power", ChannelKind::Gauge, Role::Power), ("good", ChannelKind::State, Role::Other)];
    let changed = with_channels(&[("mill-1", "milling")], &channels);
    let (store, _) = reopen_as(dir.path(), &changed, tight()).await;
    let mut now = batch(0, &[(POWER, 2, 0.0)]);
    now.channels[0] = plant::ChannelId(1);
    store.append(words(0, &["plenty"]), vec![now]).await.expect("stored");
    let both = "select good, good__word from milling order by at";
    assert_eq!(crate::fixture::rows(&store, both).await, "[5.0,null]\n[null,\"plenty\"]", "one sealed, one hot");
    store.seal(&changed, at(100)).await.expect("sealed");
    assert_eq!(crate::fixture::rows(&store, both).await, "[5.0,null]\n[null,\"plenty\"]", "both sealed");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_outlive_the_segments_that_brought_them() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    store.append(words(0, &["running", "down"]), vec![batch(0, &[(STATE, 1, 1.0)])]).await.expect("stored");
    store.seal(&plant(), at(100)).await.expect("sealed");
    store.append(words(2, &["E17"]), vec![batch(0, &[(ALARM, 2, 2.0)])]).await.expect("stored");
    drop(store);
    let (_store, found) = reopen(dir.path()).await;
    assert_eq!(found.words.iter().map(AsRef::as_ref).collect::<Vec<_>>(), ["running", "down", "E17"]);
    assert_eq!(batches(&found).len(), 1, "the sealed one is history");
}
