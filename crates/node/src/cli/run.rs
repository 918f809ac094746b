//! `socium run`: the unit that a unit.toml describes, until it is asked to end.

use super::{Ending, Failure};
use crate::clock::Clock;
use crate::{config, runtime};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Notify;

/// What can be typed.
#[derive(clap::Args)]
pub struct Words {
    /// The configuration of the unit.
    #[arg(long, default_value = "unit.toml")]
    config: PathBuf,
}

/// Runs the unit; a new start asked for in the pages reads the file anew.
pub async fn main(words: Words) -> Result<(), Failure> {
    let first = config::read(&words.config).map_err(|faults| Failure::new(faults.to_string()))?;
    let clock = clock_of(&first);
    again_and_again(first, clock, &words.config, |running| println!("The unit runs. Open  {}", running.way_in())).await
}

/// Runs the unit until the process is asked to end, starting it anew whenever that is asked for.
pub async fn again_and_again(
    first: config::Config,
    clock: Clock,
    file: &Path,
    greet: impl Fn(&runtime::Running),
) -> Result<(), Failure> {
    let restart = Arc::new(Notify::new());
    let started = async |config| {
        let frame = runtime::Frame { file: Some(file.to_owned()), restart: Some(Arc::clone(&restart)) };
        runtime::start_framed(config, clock.clone(), frame).await.map_err(|e| Failure::new(e.to_string()))
    };
    let mut running = started(first).await?;
    // who is told that the unit runs may ask it to end at once
    let mut ending = Ending::listen()?;
    loop {
        greet(&running);
        let ends = tokio::select! {
            () = ending.asked() => true,
            () = restart.notified() => false,
        };
        println!("{}: sources first, then the journal.", if ends { "Ending" } else { "Starting anew" });
        running.end().await;
        if ends {
            return Ok(());
        }
        running = started(config::read(file).map_err(|faults| Failure::new(faults.to_string()))?).await?;
    }
}

/// The clock that a configuration asks for.
pub fn clock_of(config: &config::Config) -> Clock {
    let real = Clock::real();
    match config.clock.origin {
        None if config.clock.speed == 1.0 => real,
        origin => Clock::virtual_from(origin.unwrap_or_else(|| real.now()), config.clock.speed),
    }
}
