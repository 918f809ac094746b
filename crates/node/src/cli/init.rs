//! `socium init`: a commented unit.toml to start from.

use super::Failure;
use crate::config;
use std::io::Write as _;

/// What can be typed.
#[derive(clap::Args)]
pub struct Words {
    /// Write it here instead of to the terminal; an existing file is left alone.
    #[arg(long)]
    to: Option<std::path::PathBuf>,
}

/// Writes the start.
pub fn main(words: &Words) -> Result<(), Failure> {
    let text = config::init();
    let Some(path) = &words.to else {
        print!("{text}");
        return Ok(());
    };
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    let written = file.and_then(|mut f| f.write_all(text.as_bytes()));
    written.map_err(|e| Failure::new(format!("{}: {e}; name a file that is not there yet", path.display())))?;
    println!("{} is written; fill it in, then run `socium check --config {}`.", path.display(), path.display());
    Ok(())
}
