//! `socium run`: the unit that a unit.toml describes, until it is asked to end.

use super::{Failure, asked_to_end};
use crate::clock::Clock;
use crate::{config, runtime};
use std::path::PathBuf;

/// What can be typed.
#[derive(clap::Args)]
pub struct Words {
    /// The configuration of the unit.
    #[arg(long, default_value = "unit.toml")]
    config: PathBuf,
}

/// Runs the unit.
pub async fn main(words: Words) -> Result<(), Failure> {
    let config = config::read(&words.config).map_err(|faults| Failure::new(faults.to_string()))?;
    let clock = clock_of(&config);
    let running = runtime::start(config, clock).await.map_err(|e| Failure::new(e.to_string()))?;
    println!("The unit runs. Open  {}", running.way_in());
    asked_to_end().await;
    println!("Ending: sources first, then the journal.");
    running.end().await;
    Ok(())
}

/// The clock that a configuration asks for.
pub fn clock_of(config: &config::Config) -> Clock {
    let real = Clock::real();
    match config.clock.origin {
        None if config.clock.speed == 1.0 => real,
        origin => Clock::virtual_from(origin.unwrap_or_else(|| real.now()), config.clock.speed),
    }
}
