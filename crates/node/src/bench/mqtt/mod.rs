//! MQTT at line speed: messages of QoS 1, acknowledged after fsync by `socium run`, and acknowledged by mosquitto without
//! persistence and without a subscriber (the conservative peer: it hands nothing on), in turns, from one generator.
//!
//! Enters: clients, rounds, seconds a round. Leaves: rows with rates, ratios, CPU a message, RSS. Absent: messages that were sent
//! and not acknowledged; what was acknowledged is compared with the unit's own accounts of what is stored.

mod load;
mod server;

use super::Row;
use crate::cli::Failure;
use load::Load;
use server::Server;
use std::time::Duration;

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Clients, each a machine with ten channels.
    pub clients: usize,
    /// Rounds; in each both servers are measured once, in turns.
    pub rounds: usize,
    /// Length of a measurement [s].
    pub seconds: u64,
}

/// What a server did in its measurements.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    messages: u64,
    seconds: f64,
    cpu_seconds: f64,
    rss_bytes: u64,
}

impl Tally {
    fn rate(&self) -> f64 {
        self.messages as f64 / self.seconds
    }
    /// CPU of the server for one message [µs].
    fn cpu_micros(&self) -> f64 {
        self.cpu_seconds * 1e6 / self.messages as f64
    }
}

/// Windows measured, with the ratio that must be reached.
const WINDOWS: [(u16, f64); 2] = [(32, 3.0), (1, 0.8)];

/// Measures.
///
/// # Errors
/// A server does not start, a client is refused, or the unit's accounts do not agree with what was acknowledged.
pub fn rows(wanted: Wanted) -> Result<Vec<Row>, Failure> {
    let folder = std::env::temp_dir().join(format!("socium-bench-mqtt-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|e| Failure::new(format!("{}: {e}", folder.display())))?;
    let measured = measured(wanted, &folder);
    // what cannot be deleted is the system's to clean
    let _ = std::fs::remove_dir_all(&folder);
    measured
}

fn measured(wanted: Wanted, folder: &std::path::Path) -> Result<Vec<Row>, Failure> {
    let (unit, peer) = (Server::socium(folder, wanted.clients)?, Server::mosquitto(folder)?);
    let mut rows = Vec::new();
    let mut acknowledged = 0;
    for (window, must) in WINDOWS {
        let (mut ours, mut theirs) = (Tally::default(), Tally::default());
        for _ in 0..wanted.rounds {
            measure(&unit, (wanted, window), &mut ours)?;
            measure(&peer, (wanted, window), &mut theirs)?;
        }
        acknowledged += ours.messages;
        rows.extend(figures((&ours, &theirs), (wanted, window, must)));
    }
    let stored = unit.stored(acknowledged)?;
    let context = format!("{acknowledged} messages acknowledged, {stored} stored by the unit's accounts");
    rows.push(
        Row::new("MQTT: acknowledged and not stored", acknowledged.saturating_sub(stored) as f64, "1")
            .at_most(0.0)
            .under(context),
    );
    Ok(rows)
}

fn measure(server: &Server, (wanted, window): (Wanted, u16), tally: &mut Tally) -> Result<(), Failure> {
    let load = Load { address: server.address, clients: wanted.clients, window, time: Duration::from_secs(wanted.seconds) };
    let before = server.process.cpu_seconds()?;
    let done = load.run()?;
    tally.messages += done.acknowledged;
    tally.seconds += done.seconds;
    tally.cpu_seconds += server.process.cpu_seconds()? - before;
    tally.rss_bytes = tally.rss_bytes.max(server.process.rss_bytes()?);
    Ok(())
}

fn figures((ours, theirs): (&Tally, &Tally), (wanted, window, must): (Wanted, u16, f64)) -> Vec<Row> {
    let name = |what: &str| format!("MQTT QoS 1, window {window}: {what}");
    let context = format!(
        "{} clients, {} rounds of {} s in turns; the unit after fsync, mosquitto without persistence or subscriber",
        wanted.clients, wanted.rounds, wanted.seconds
    );
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    vec![
        Row::new(name("rate against mosquitto"), ours.rate() / theirs.rate(), "1").at_least(must).under(&context),
        Row::new(name("rate"), ours.rate(), "/s").beside("mosquitto", theirs.rate()).under(&context),
        Row::new(name("CPU a message"), ours.cpu_micros(), "us")
            .beside("mosquitto", theirs.cpu_micros())
            .under("user and system"),
        Row::new(name("RSS"), mib(ours.rss_bytes), "MiBy").beside("mosquitto", mib(theirs.rss_bytes)).under("after a round"),
    ]
}
