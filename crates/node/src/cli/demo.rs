//! `socium demo`: a virtual workshop behind real servers and a unit that runs it, in one process, on loopback.

use super::Failure;
use super::run::again_and_again;
use crate::clock::Clock;
use crate::rounds::with_rounds;
use crate::town::{self, Town};
use crate::{config, runtime};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What can be typed.
#[derive(clap::Args)]
pub struct Words {
    /// Folder for the demo's data; a demo begins anew each time.
    #[arg(long, default_value = "socium-data/demo")]
    dir: PathBuf,
    /// Port of the pages on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 8_750)]
    port: u16,
    /// How many times faster than real time the workshop runs.
    #[arg(long, default_value_t = 150.0)]
    speed: f64,
    /// Seed of the workshop's luck.
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

/// Written into the folder, so that only a demo's own folder is ever emptied.
const MARK: &str = "made-by-socium-demo";

/// Runs the demo until it is asked to end.
pub async fn main(words: Words) -> Result<(), Failure> {
    if !(1.0..=1_000.0).contains(&words.speed) {
        return Err(Failure::new(format!("--speed {}: allowed is 1 to 1000", words.speed)));
    }
    empty(&words.dir)?;
    let (plant, world, origin) = town::world(words.seed);
    let clock = Clock::virtual_from(origin, words.speed);
    println!("Starting a workshop of {} machines behind OPC UA, MQTT Sparkplug B and Modbus TCP …", plant.machines.len());
    let town = Town::open(&plant, world, clock.clone()).await?;
    let path = words.dir.join("unit.toml");
    let text = town.unit_toml(&plant, words.port, Path::new("store"));
    let text = with_rounds(&text, clock.now()).map_err(|e| Failure::new(e.to_string()))?;
    std::fs::write(&path, text).map_err(|e| Failure::new(format!("{}: {e}", path.display())))?;
    let config = config::read(&path).map_err(|faults| Failure::new(faults.to_string()))?;
    let ran = again_and_again(config, clock, &path, |running| {
        tokio::spawn(town.orders().follow(running.view.clone(), running.published.clone()));
        greet(running, &path, words.speed);
    });
    let ran = ran.await;
    town.close().await;
    ran
}

fn greet(running: &runtime::Running, path: &Path, speed: f64) {
    println!();
    println!("  Open      {}", running.way_in());
    println!("            (this address signs you in once and asks for a password)");
    println!("  Workshop  runs {speed} times as fast as real time; findings and decisions appear within a minute");
    println!("  Settings  {}", path.display());
    println!("  End       Ctrl-C");
    println!();
    // a closed terminal does not matter here
    let _ = std::io::stdout().flush();
}

/// Empties a folder that an earlier demo or replay made; any other is left alone.
pub fn empty(dir: &Path) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::new(format!("{}: {e}", dir.display()));
    let mark = dir.join(MARK);
    if mark.exists() {
        std::fs::remove_dir_all(dir).map_err(failed)?;
    } else if dir.exists() && std::fs::read_dir(dir).map_err(failed)?.next().is_some() {
        let sentence = format!("{} is not empty and not a demo's folder; name another with --dir", dir.display());
        return Err(Failure::new(sentence));
    }
    std::fs::create_dir_all(dir).map_err(failed)?;
    std::fs::write(&mark, "").map_err(failed)
}
