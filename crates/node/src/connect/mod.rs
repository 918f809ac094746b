//! Connecting a new source: looked around at, watched for a while, proposed, agreed to, written into `unit.toml`.
//!
//! Enters: what a person typed, the unit's file. Leaves: a proposal; after a yes the new file, checked. Absent: terminal and
//! pages, which are `cli` and `web`; what is proposed, which is `survey`'s.
//!
//! ```text
//! place -> draft -> drivers::browse -> watch (the real driver, for a minute) -> survey::propose -> a person
//!                                                          unit.toml <- write <- survey::compact <- yes
//! ```

pub mod advice;
pub mod draft;
pub mod known;
pub mod list;
pub mod look;
pub mod place;
#[cfg(test)]
mod tests;
pub mod watch;
pub mod write;

use crate::config::{self, Config, Faults};
use draft::Source;
use plant::SourceId;
use std::path::{Path, PathBuf};
use survey::{Layout, Machine, Proposal, Seen, compact, propose};
use write::WriteError;

/// The unit's file as it stands, and the source that is being connected.
#[derive(Debug)]
pub struct Connection {
    /// The unit's file.
    pub path: PathBuf,
    /// The source as it will be written.
    pub source: Source,
    text: String,
    config: Option<Config>,
    known: Option<SourceId>,
}

/// What came of a yes.
#[derive(Debug)]
pub struct Written {
    /// Machines that are new.
    pub machines: usize,
    /// Channels that are new.
    pub channels: usize,
    /// Where the old file is kept.
    pub before: Option<PathBuf>,
}

impl Connection {
    /// Reads the unit's file; one that is not there begins with [`START`].
    ///
    /// # Errors
    /// The file is there and has faults: they come first.
    pub fn open(path: &Path, mut source: Source) -> Result<Self, Faults> {
        let config = if path.exists() { Some(config::read(path)?) } else { None };
        let text = match &config {
            Some(_) => std::fs::read_to_string(path)
                .map_err(|e| Faults::of_file(&path.display().to_string(), e.to_string(), "a file that can be read"))?,
            None => START.to_owned(),
        };
        let known = config.as_ref().and_then(|c| known::source_at(c, &source.protocol, &source.address));
        let names: Vec<&str> = config.iter().flat_map(|c| &c.plant.sources).map(|s| s.name.as_str()).collect();
        source.name = match (known, &config) {
            (Some(id), Some(config)) => config.plant.sources[id.index()].name.clone(),
            _ => survey::name::free(&source.name, '-', |n| names.contains(&n)),
        };
        if source.secret.is_some() && known.is_none() {
            source.password_file = Some(format!("{}.password", survey::name::clean(&source.name, '-')));
        }
        Ok(Self { path: path.to_owned(), source, text, config, known })
    }

    /// The folder that paths in the file are relative to.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// Whether the source is configured already; then only what is new is added.
    pub const fn is_known(&self) -> bool {
        self.known.is_some()
    }

    /// What should be read, and as what.
    pub fn propose(&self, seen: &[Seen]) -> Proposal {
        propose(seen, &known::known(self.config.as_ref(), self.known, &self.source.name))
    }

    /// The shortest way to write it.
    pub fn layout(&self, machines: &[Machine]) -> Layout {
        compact(machines, &known::types(self.config.as_ref(), &self.text))
    }

    /// The file as it would be.
    ///
    /// # Errors
    /// The file cannot be added to, or the result would have faults.
    pub fn text_with(&self, machines: &[Machine]) -> Result<String, WriteError> {
        let text = write::with(&self.text, &self.source, self.is_known(), &self.layout(machines))?;
        write::checked(&self.path, &text)?;
        Ok(text)
    }

    /// Writes it.
    ///
    /// # Errors
    /// As [`Self::text_with`], the file changed since it was read, or the disk.
    pub fn write(&self, machines: &[Machine]) -> Result<Written, WriteError> {
        let text = self.text_with(machines)?;
        let now = std::fs::read_to_string(&self.path).unwrap_or_default();
        if self.config.is_some() && now != self.text {
            return Err(WriteError::Text(format!("{} was changed meanwhile; connect again", self.path.display())));
        }
        if let Some((file, secret)) = self.source.password_file.as_ref().zip(self.source.secret.as_ref()) {
            write::keep_secret(&self.folder().join(file), secret)?;
        }
        let before = write::replace(&self.path, &text)?;
        let read = |m: &&Machine| m.channels.iter().any(|c| c.is_chosen);
        Ok(Written {
            machines: machines.iter().filter(read).filter(|m| !m.is_known).count(),
            channels: machines.iter().flat_map(|m| &m.channels).filter(|c| c.is_chosen).count(),
            before,
        })
    }
}

/// What a unit's file begins with that is not there yet.
pub const START: &str =
    "# The configuration of one production unit, begun by `socium connect`. Every key is explained in docs/configuration.md.

[site]
name = \"My site\"          # change me
time_zone = \"UTC\"         # IANA name, such as Europe/Berlin or Asia/Shanghai
currency = \"EUR\"          # ISO 4217 code of all prices
energy_price = 0.25       # price of electrical energy [currency per kW.h]
carbon = 0.4              # emissions of electrical energy [kg CO2 per kW.h]
";
