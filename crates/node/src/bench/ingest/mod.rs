//! `socium bench ingest`: line protocol over HTTP into a running unit, into VictoriaMetrics and into InfluxDB 1.x, in turns within one
//! run; `socium bench footprint`: memory of the unit and of VictoriaMetrics at a steady second.
//!
//! Enters: numbers of machines and seconds. Leaves: CPU time per point, bytes per point, memory, each beside the peers'. Absent: wall
//! time, which says more of the machine than of the program.
//!
//! ```text
//! data set -> bodies of 1,000 lines x 10 fields -> round 1: socium, VictoriaMetrics, InfluxDB; round 2: … -> rest -> figures
//! ```
//! Every server answers each request before the next one goes to it; the unit answers after the disk has confirmed. The rest lets each
//! server do what it puts off (sealing, merging), which counts.

pub mod kills;
mod load;
mod server;

use super::Row;
use super::process::folder_bytes;
use crate::cli::Failure;
use load::Load;
use server::{Kind, Server};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Machines, of ten channels each.
    pub machines: usize,
    /// Seconds of their lives.
    pub seconds: usize,
    /// Rounds in which the servers take turns.
    pub rounds: usize,
}

/// Time for what the servers put off.
const REST: Duration = Duration::from_secs(20);

/// What one server took.
struct Taken {
    kind: Kind,
    cpu_micros: f64,
    rss_bytes: u64,
    bytes: f64,
}

/// A folder of this bench, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("socium-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|e| Failure::new(format!("{}: {e}", folder.display())))?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "the bench's folder could not be removed");
        }
    }
}

/// Measures ingest beside the peers, then what a hundred times the series cost.
pub fn rows(settings: Settings, series_max: usize) -> Result<Vec<Row>, Failure> {
    let folder = Folder::new("ingest")?;
    let taken = run(&folder.0.join("few"), settings, &[Kind::Socium, Kind::SociumRoles, Kind::Victoria, Kind::Influx])?;
    let mut rows = compared(&taken, settings);
    if series_max > 0 {
        let machines = series_max / 10;
        let seconds = (settings.machines * settings.seconds / machines).max(4);
        let many = Settings { machines, seconds, rounds: seconds.min(4) };
        let of_many = run(&folder.0.join("many"), many, &[Kind::Socium])?;
        if let (Some(few), Some(many)) = (taken.first(), of_many.first()) {
            let context = format!(
                "{} points of {series_max} series against those of {} series",
                machines * seconds * 10,
                settings.machines * 10
            );
            let row =
                Row::new("CPU per point at many series against few", many.cpu_micros / few.cpu_micros, "1").at_most(2.0).aim(1.3);
            rows.push(row.under(&context));
            rows.push(Row::new("memory at many series", many.rss_bytes as f64 / 1e6, "MBy").under(&context));
        }
    }
    Ok(rows)
}

fn compared(taken: &[Taken], settings: Settings) -> Vec<Row> {
    let of = |kind: Kind| taken.iter().find(|t| t.kind == kind);
    let Some(ours) = of(Kind::Socium) else { return Vec::new() };
    let points = settings.machines * settings.seconds * 10;
    let context =
        format!("{points} points of {} machines x 10 channels, 1,000 lines a request, answered after fsync", settings.machines);
    let mut rows = vec![Row::new("ingest, CPU per point", ours.cpu_micros, "us").under(&context)];
    if let Some(roles) = of(Kind::SociumRoles) {
        let context = "the same, every channel with a role: KPIs, baselines and detectors take part";
        rows.push(Row::new("ingest with the whole loop, CPU per point", roles.cpu_micros, "us").under(context));
    }
    for (kind, must, aim) in [(Kind::Victoria, 5.0, 10.0), (Kind::Influx, 8.0, 20.0)] {
        let Some(peer) = of(kind) else { continue };
        let times = peer.cpu_micros / ours.cpu_micros;
        let row = Row::new(format!("ingest, times cheaper than {}", kind.name()), times, "1").at_least(must).aim(aim);
        let beside = format!("{context}; CPU per point of {} {:.3} us", kind.name(), peer.cpu_micros);
        rows.push(row.under(beside));
        let row = Row::new(format!("memory after ingest beside {}", kind.name()), ours.rss_bytes as f64 / 1e6, "MBy");
        rows.push(row.beside(kind.name(), peer.rss_bytes as f64 / 1e6).under(&context));
        let row = Row::new(format!("bytes on the disk per point beside {}", kind.name()), ours.bytes / points as f64, "By");
        rows.push(row.beside(kind.name(), peer.bytes / points as f64).under("journal included, whose rest is sealed later"));
    }
    rows
}

fn run(folder: &Path, settings: Settings, kinds: &[Kind]) -> Result<Vec<Taken>, Failure> {
    let mut load = Load::new(settings.machines, settings.seconds);
    let mut servers = Vec::new();
    for kind in kinds {
        servers.push(Server::start(*kind, &folder.join(kind.folder()), settings.machines)?);
    }
    let before: Vec<f64> = servers.iter().map(|s| s.process.cpu_seconds()).collect::<Result<_, _>>()?;
    let progress = indicatif::ProgressBar::new((settings.rounds * servers.len()) as u64);
    for round in 0..settings.rounds {
        let seconds = settings.seconds * (round + 1) / settings.rounds - settings.seconds * round / settings.rounds;
        let bodies = load.bodies(seconds);
        for server in &servers {
            load::send(server, &bodies)?;
            progress.inc(1);
        }
    }
    progress.finish_and_clear();
    std::thread::sleep(REST);
    let points = (settings.machines * settings.seconds * 10) as u64;
    let mut taken = Vec::new();
    for (server, before) in servers.into_iter().zip(before) {
        server.check(points)?;
        let cpu_micros = (server.process.cpu_seconds()? - before) * 1e6 / points as f64;
        let (kind, rss_bytes, data) = (server.kind, server.process.rss_bytes()?, server.data.clone());
        server.process.end()?;
        taken.push(Taken { kind, cpu_micros, rss_bytes, bytes: folder_bytes(&data) as f64 });
    }
    Ok(taken)
}

/// Measures memory at one body a second.
pub fn footprint(machines: usize, seconds: usize) -> Result<Vec<Row>, Failure> {
    let folder = Folder::new("footprint")?;
    let mut load = Load::new(machines, seconds);
    let servers = [Kind::Socium, Kind::Victoria].map(|kind| Server::start(kind, &folder.0.join(kind.folder()), machines));
    let servers = servers.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut most = vec![0_u64; servers.len()];
    let progress = indicatif::ProgressBar::new(seconds as u64);
    for _ in 0..seconds {
        let began = std::time::Instant::now();
        let bodies = load.bodies(1);
        for (server, most) in servers.iter().zip(&mut most) {
            load::send(server, &bodies)?;
            *most = server.process.rss_bytes()?.max(*most);
        }
        progress.inc(1);
        std::thread::sleep(Duration::from_secs(1).saturating_sub(began.elapsed()));
    }
    progress.finish_and_clear();
    let context = format!("{} series at 1 Hz for {seconds} s, the most seen", machines * 10);
    let row = Row::new("memory", most[0] as f64 / 1e6, "MBy").at_most(most[1] as f64 / 1e6).aim(80.0);
    Ok(vec![row.beside(Kind::Victoria.name(), most[1] as f64 / 1e6).under(context)])
}
