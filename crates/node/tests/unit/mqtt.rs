//! `kill -9` of a listening unit under MQTT load: every message it acknowledged is in the store, in every life.

use super::process::{Unit, batches};
use drivers::mqtt::packet::write::{self, Message};
use drivers::mqtt::packet::{AckKind, Packet, Version, frame, read};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const KILLS: u64 = 8;
const CLIENTS: u64 = 4;
const WINDOW: usize = 50;
/// Messages acknowledged in a life before its kill, at least.
const LOAD: u64 = 2_000;

fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port")
}

fn unit_toml(mqtt: SocketAddr) -> String {
    let machines: String = (0..CLIENTS).map(|i| format!("[[machine]]\nname = \"m-{i}\"\ntype = \"counter\"\n")).collect();
    format!(
        "[site]\nname = \"kill\"\ntime_zone = \"UTC\"\ncurrency = \"EUR\"\nenergy_price = 0.2\ncarbon = 0.4\n[web]\n\
         listen = \"{}\"\n[store]\ndir = \"data\"\n[[source]]\nname = \"mqtt\"\nprotocol = \"mqtt\"\naddress = \
         \"listen://{mqtt}\"\n[[machine_type]]\nname = \"counter\"\nsource = \"mqtt\"\n[[machine_type.channel]]\nname = \"n\"\n\
         kind = \"gauge\"\nunit = \"1\"\naddress = \"plant/{{machine}}/n\"\n{machines}",
        free_port()
    )
}

/// A client that publishes `next`, `next` + 1, ... until its connection dies; those acknowledged.
fn speak(address: SocketAddr, client: u64, next: &AtomicU64, total: &AtomicU64) -> BTreeSet<u64> {
    let mut acknowledged = BTreeSet::new();
    let Ok(mut socket) = TcpStream::connect(address) else { return acknowledged };
    let (mut out, name, version) = (Vec::new(), format!("client-{client}"), Version::V5);
    let connect = write::Connect { version, clean: true, keep_alive_s: 0, client: &name, credentials: None, properties: &[] };
    write::connect(&mut out, &connect);
    let topic = format!("plant/m-{client}/n");
    let mut sent = vec![0_u64; usize::from(u16::MAX) + 1];
    let (mut id, mut under_way, mut rest, mut buffer) = (0_u16, 0, Vec::new(), [0; 4_096]);
    loop {
        while under_way < WINDOW {
            id = id.checked_add(1).unwrap_or(1);
            let number = next.fetch_add(1, Ordering::Relaxed);
            sent[usize::from(id)] = number;
            let payload = number.to_string();
            let payload = payload.as_bytes();
            let message = Message { dup: false, qos: 1, retain: false, topic: &topic, id, properties: (&[], &[]), payload };
            write::publish(&mut out, version, &message);
            under_way += 1;
        }
        if socket.write_all(&out).is_err() {
            return acknowledged;
        }
        out.clear();
        match socket.read(&mut buffer) {
            Ok(count @ 1..) => rest.extend_from_slice(&buffer[..count]),
            _ => return acknowledged,
        }
        let mut used = 0;
        while let Some((head, end)) = frame(&rest[used..], 4_096).expect("a frame") {
            let Some(bytes) = rest.get(used..used + end) else { break };
            match read(version, bytes[0], &bytes[head..]).expect("a packet") {
                Packet::Ack(ack) if ack.kind == AckKind::PubAck => {
                    assert_eq!(ack.reason, 0, "stored");
                    acknowledged.insert(sent[usize::from(ack.id)]);
                    total.fetch_add(1, Ordering::Relaxed);
                    under_way -= 1;
                }
                Packet::ConnAck { code, .. } => assert_eq!(code, 0),
                other => panic!("{other:?}"),
            }
            used += end;
        }
        rest.drain(..used);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_message_survives_kills_under_load() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = free_port();
    let file = folder.path().join("unit.toml");
    std::fs::write(&file, unit_toml(address)).expect("written");
    let next: Arc<Vec<AtomicU64>> = Arc::new((0..CLIENTS).map(|_| AtomicU64::new(0)).collect());
    let mut acknowledged: Vec<BTreeSet<u64>> = vec![BTreeSet::new(); CLIENTS as usize];
    for life in 0..KILLS {
        let unit = Unit::start(&file);
        let total = Arc::new(AtomicU64::new(0));
        let speakers: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (next, total) = (Arc::clone(&next), Arc::clone(&total));
                std::thread::spawn(move || speak(address, client, &next[client as usize], &total))
            })
            .collect();
        super::process::until("a load", || (total.load(Ordering::Relaxed) >= LOAD).then_some(())).await;
        tokio::time::sleep(Duration::from_millis(life * 13 % 40)).await;
        unit.kill();
        for (client, speaker) in speakers.into_iter().enumerate() {
            acknowledged[client].extend(speaker.join().expect("the client lived"));
        }
    }
    let config = node::config::read(&file).unwrap_or_else(|faults| panic!("{faults}"));
    let plant = Arc::new(config.plant.clone());
    let (store, recovered) = store::Store::open(&config.store.dir, &plant, config.store.limits).await.expect("the store opens");
    let mut found: Vec<BTreeSet<u64>> = vec![BTreeSet::new(); CLIENTS as usize];
    for batch in &batches(&recovered) {
        found[batch.machine.index()].extend(batch.values.iter().map(|value| *value as u64));
    }
    for (client, (wanted, found)) in acknowledged.iter().zip(&found).enumerate() {
        let missing: Vec<_> = wanted.difference(found).take(5).collect();
        assert!(missing.is_empty(), "client {client}: {} acknowledged, {} found, missing {missing:?}", wanted.len(), found.len());
    }
    let count: usize = acknowledged.iter().map(BTreeSet::len).sum();
    assert!(count as u64 >= KILLS * LOAD);
    println!("{KILLS} kills: {count} messages acknowledged, all of them found");
    store.close().await.expect("the store closes");
}
