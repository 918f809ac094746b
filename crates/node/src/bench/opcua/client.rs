//! Our client of `socium bench opcua`, a process of its own: the driver, and a door that is emptied.
//!
//! Enters: the server's port on loopback, how many nodes. Leaves: `ready` on standard output when every node was heard, then `count N` for each line on
//! standard input. It ends with its standard input.

use super::{PUBLISHING_MS, QUEUE};
use crate::cli::Failure;
use crate::clock::Clock;
use drivers::{Arrival, Config, Settled, opcua};
use measure::Budget;
use plant::{ChannelId, SourceId};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Receives until standard input ends.
pub async fn receive(port: u16, nodes: u32) -> Result<(), Failure> {
    let mut config = opcua::Config::at(&format!("opc.tcp://127.0.0.1:{port}/")).map_err(|e| Failure::new(e.to_string()))?;
    (config.publishing, config.queue) = (Duration::from_millis(PUBLISHING_MS), QUEUE);
    for number in 0..nodes {
        let address = format!("ns=2;s=v{number}").parse().map_err(|e: drivers::AddressError| Failure::new(e.to_string()))?;
        config.channels.push((ChannelId(number), address));
    }
    let (door, arrivals) = mpsc::channel(64);
    let (clock, stop) = (Clock::real(), CancellationToken::new());
    let common = drivers::Common { clock: clock.lent(), door, memory: Budget::default() };
    let running = drivers::start(SourceId(0), Config::OpcUa(config), common, stop.clone());
    let count = Arc::new(AtomicU64::new(0));
    let emptying = tokio::spawn(empty(arrivals, Arc::clone(&count)));
    while count.load(Ordering::Relaxed) < u64::from(nodes) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("ready");
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(_)) = lines.next_line().await {
        println!("count {}", count.load(Ordering::Relaxed));
    }
    stop.cancel();
    // both end with the driver
    let _ = tokio::join!(running.task, emptying);
    Ok(())
}

/// Takes what comes in at the door, and says that it was taken.
async fn empty(mut arrivals: mpsc::Receiver<Arrival>, count: Arc<AtomicU64>) {
    while let Some(arrival) = arrivals.recv().await {
        count.fetch_add((arrival.delivery.len() - arrival.delivery.refused.len()) as u64, Ordering::Relaxed);
        // the driver may have ended meanwhile
        let _ = arrival.done.send(Settled::TAKEN);
    }
}
