//! `socium workshop`: only the virtual machines, behind real servers, for a unit that runs elsewhere.

use super::{Ending, Failure};
use crate::clock::Clock;
use crate::town::{self, Town};
use crate::workshop;
use plant::Plant;
use std::path::PathBuf;

/// What can be typed.
#[derive(clap::Args)]
pub struct Words {
    /// Where to write the unit.toml that connects to it.
    #[arg(long, default_value = "workshop-unit.toml")]
    to: PathBuf,
    /// Where to write the list of its registers, as makers print it in manuals: `socium connect modbus://… --list FILE` takes it.
    #[arg(long)]
    list: Option<PathBuf>,
    /// How many times faster than real time it runs.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Seed of its luck.
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

/// Runs the workshop until it is asked to end.
pub async fn main(words: Words) -> Result<(), Failure> {
    let (plant, world, origin) = town::world(words.seed);
    let clock = Clock::virtual_from(origin, words.speed);
    let town = Town::open(&plant, world, clock.clone()).await?;
    let text = town.unit_toml(&plant, 8_750, std::path::Path::new("socium-data/workshop"));
    std::fs::write(&words.to, text).map_err(|e| Failure::new(format!("{}: {e}", words.to.display())))?;
    if let Some(file) = &words.list {
        std::fs::write(file, register_list(&plant)).map_err(|e| Failure::new(format!("{}: {e}", file.display())))?;
    }
    let mut ending = Ending::listen()?;
    println!("The workshop runs; it is {origin} there. Connect a unit: socium run --config {}", words.to.display());
    ending.asked().await;
    town.close().await;
    Ok(())
}

/// The registers of the Modbus server as CSV: address, device, name, unit.
fn register_list(plant: &Plant) -> String {
    let mut text = "address,device,name,unit\n".to_owned();
    for place in workshop::addresses(plant) {
        if plant.sources[place.source.index()].protocol != "modbus" {
            continue;
        }
        let channel = plant.channel(place.channel);
        let unit = if channel.kind.is_word() { String::new() } else { channel.unit.to_string() };
        let machine = &plant.machine(channel.machine).name;
        text.push_str(&format!("\"{}\",{machine},{},{unit}\n", place.address, channel.name));
    }
    text
}
