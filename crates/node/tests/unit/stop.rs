//! SIGTERM at load: the unit ends by itself within seconds, and all it took in is stored.

use super::device::{Device, Wish};
use super::process::{Unit, batches, until};
use super::site::{Site, values};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Longest time to end.
const WITHIN: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_unit_at_load_ends_when_asked_and_has_stored_what_it_took() {
    let site = Site::open(0).await;
    let wish = Arc::new(Wish::default());
    let device = tokio::spawn(Device::connect(site.broker.address, 0).await.work(Arc::clone(&wish)));
    let unit = Unit::start(&site.path("unit.toml"));
    let account = until("a load", || {
        let account = unit.account();
        wish.more(account.accepted, 0);
        (account.stored > 2_000).then_some(account)
    })
    .await;
    wish.more(account.accepted + 20_000, 0);
    let (status, took, log) = unit.end();
    assert_eq!(status.code(), Some(0), "{log:?}");
    assert!(took < WITHIN, "it took {took:?}");
    wish.stop.store(true, Ordering::Relaxed);
    device.await.expect("the device worked to the end");
    let (status, _, log) = Unit::start(&site.path("unit.toml")).end();
    assert_eq!((status.code(), log.iter().any(|l| l.contains("torn"))), (Some(0), false), "{log:?}");
    let (store, recovered, config) = site.store().await;
    assert_eq!(recovered.torn_bytes, 0, "the journal was closed, not torn");
    let counts = values(&recovered, &config, "pieces");
    let found = batches(&recovered).iter().map(|b| b.len() as u64).sum::<u64>();
    assert!(found >= account.stored, "{} were stored, {found} are there", account.stored);
    assert!(counts.windows(2).all(|pair| pair[0] + 1.0 == pair[1]), "every count once, none missing");
    store.close().await.expect("the store closes");
    println!("SIGTERM at load: ended in {} ms; {} seen stored before, {found} found", took.as_millis(), account.stored);
    site.close().await;
}
