//! `socium bench kills`: a unit under full load is killed again and again; everything it has acknowledged must be there.
//!
//! Enters: how often. Leaves: readings acknowledged and lost, and how long a start took per GB of journal. Absent: mercy; the unit seals
//! every five seconds, so that kills meet that too.
//!
//! ```text
//! start -> two connections send bodies of one second of all machines -> kill -9 at a random moment -> start -> … -> count by SQL
//! ```

use super::Folder;
use super::load::{Load, post};
use super::server::{Kind, Server};
use crate::bench::Row;
use crate::bench::process::folder_bytes;
use crate::cli::Failure;
use measure::Chance;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Machines, of ten channels each; one body holds a second of all.
const MACHINES: usize = 1_000;
/// Connections that send at the same time.
const CONNECTIONS: usize = 2;
/// Journals below this size say little of the time a start takes for them [bytes].
const JOURNAL_BYTES_MIN: f64 = 5e7;
/// Seconds asked for in one query.
const ASKED: usize = 1_000;

/// Measures.
///
/// # Errors
/// The unit does not start, or its history cannot be read.
pub fn rows(times: u32) -> Result<Vec<Row>, Failure> {
    let folder = Folder::new("kills")?;
    let place = folder.0.join("unit");
    let mut chance = Chance::seeded(7);
    let mut load = Load::in_whole_seconds(MACHINES, 40_000);
    let mut acknowledged = Vec::new();
    let (mut slowest_per_gb, mut slowest, mut of): (f64, f64, (f64, f64)) = (0.0, 0.0, (0.0, 0.0));
    Server::start(Kind::Socium, &place, MACHINES)?.process.end()?;
    let (mut server, empty) = again(&place)?;
    let progress = indicatif::ProgressBar::new(u64::from(times));
    for _ in 0..times {
        let bodies = load.bodies(400);
        let patience = Duration::from_secs_f64(chance.between(0.3, 2.5));
        acknowledged.extend(until_killed(server, &bodies, patience));
        let bytes = folder_bytes(&place.join("data/journal")) as f64;
        let took;
        (server, took) = again(&place)?;
        slowest = slowest.max(took);
        if bytes > JOURNAL_BYTES_MIN {
            let per_gb = (took - empty).max(0.0) / (bytes / 1e9);
            if per_gb > slowest_per_gb {
                (slowest_per_gb, of) = (per_gb, (took, bytes / 1e6));
            }
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    server.process.end()?;
    let found = found(&place, &acknowledged)?;
    let sent = acknowledged.len() * MACHINES * 10;
    let lost = sent as f64 - found as f64 * 10.0;
    let context = format!("{times} kills at full load; {sent} readings acknowledged");
    Ok(vec![
        Row::new("acknowledged readings lost", lost, "1").at_most(0.0).under(&context),
        Row::new("slowest start", slowest, "s").under(&context),
        Row::new("slowest start per GB of journal", slowest_per_gb, "s").at_most(2.0).aim(0.5).under(format!(
            "{:.2} s with {:.0} MB, beyond {empty:.2} s without a journal; journals above 50 MB count",
            of.0, of.1
        )),
    ])
}

/// The unit where it last ran, and how long its start took [s].
fn again(place: &Path) -> Result<(Server, f64), Failure> {
    let file = place.join("unit.toml");
    let config = crate::config::read(&file).map_err(|faults| Failure::new(faults.to_string()))?;
    let listens = config.ports.first().and_then(|port| port.address.parse().ok());
    let address = listens.ok_or_else(|| Failure::new("the bench's unit has no source"))?;
    let began = Instant::now();
    let server = Server::restart(Kind::Socium, place, (address, config.web.listen))?;
    Ok((server, began.elapsed().as_secs_f64()))
}

/// Sends until the unit is killed; the seconds it has acknowledged.
fn until_killed(server: Server, bodies: &[String], patience: Duration) -> Vec<i64> {
    let (address, path) = (server.address, server.path.clone());
    let next = Mutex::new(bodies.iter());
    let send = || -> Vec<i64> {
        let mut acknowledged = Vec::new();
        let Ok(mut socket) = TcpStream::connect(address) else { return acknowledged };
        while let Some(body) = next.lock().ok().and_then(|mut n| n.next()) {
            if post(&mut socket, (address, &path), body).is_err() {
                break;
            }
            acknowledged.push(second_of(body));
        }
        acknowledged
    };
    std::thread::scope(|scope| {
        let hands: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(send)).collect();
        std::thread::sleep(patience);
        server.process.kill();
        // a panic in a sender is a bug; it is passed on
        hands.into_iter().flat_map(|h| h.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// The second of a body, which all its lines share.
fn second_of(body: &str) -> i64 {
    let time = body.lines().next().and_then(|line| line.rsplit(' ').next()?.parse::<i64>().ok());
    time.unwrap_or(0) / 1_000
}

/// How many rows history and journal hold of the seconds acknowledged.
fn found(place: &Path, seconds: &[i64]) -> Result<usize, Failure> {
    let program = std::env::current_exe().map_err(|e| Failure::new(format!("this program: {e}")))?;
    let mut found = 0;
    for part in seconds.chunks(ASKED) {
        let list: Vec<String> = part.iter().map(ToString::to_string).collect();
        let second = "cast(at as bigint) / 1000000";
        let query = format!("select count(*) as n from milling where {second} in ({})", list.join(","));
        let output = Command::new(&program).args(["sql", "--config"]).arg(place.join("unit.toml")).arg(&query).output();
        let output = output.map_err(|e| Failure::new(format!("socium sql: {e}")))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let number = text.split_whitespace().filter_map(|w| w.parse::<usize>().ok()).next();
        let failed = || Failure::new(format!("socium sql: {text} {}", String::from_utf8_lossy(&output.stderr)));
        found += number.ok_or_else(failed)?;
    }
    Ok(found)
}
