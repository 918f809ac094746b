//! `socium check`: every fault of a unit.toml and of the files that it names, or what it describes.

use super::{Failure, Place};
use crate::config;

/// What can be typed.
#[derive(clap::Args)]
pub struct Words {
    #[command(flatten)]
    place: Place,
}

/// Checks the file.
pub fn main(words: &Words) -> Result<(), Failure> {
    let config = config::read(&words.place.config).map_err(|faults| Failure::new(faults.to_string()))?;
    config.read_files().map_err(|faults| Failure::new(faults.to_string()))?;
    let plant = &config.plant;
    println!(
        "{} is good: site `{}`, {} lines, {} machines, {} channels, {} sources, {} products, {} orders.",
        words.place.config.display(),
        plant.site,
        plant.lines.len(),
        plant.machines.len(),
        plant.channels.len(),
        plant.sources.len(),
        plant.products.len(),
        plant.orders.len()
    );
    Ok(())
}
