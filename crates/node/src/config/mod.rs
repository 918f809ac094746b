//! Configuration: one `unit.toml` becomes a [`Config`], or every fault in it is told with its line.
//!
//! Enters: the text of `unit.toml`. Leaves: the plant, its sources, and the node's settings; [`Faults`] that name file, line,
//! key, what was found and what is allowed. Absent: any default for a bad value, any secret (files hold them), the
//! environment, running anything.
//!
//! ```text
//! text -> document (TOML with places) -> shape (against the schema) -> form -> meaning -> Config
//! ```

pub mod document;
pub mod fault;
pub mod form;
mod meaning;
mod protocol;
pub mod reference;
mod render;
mod roles;
pub mod text;
pub mod words;

mod shape;
#[cfg(test)]
pub mod tests;

pub use fault::{Fault, Faults};
pub use render::{Wiring, render_workshop};

use document::Document;
use measure::{Instant, Span};
use plant::{Plant, SourceId};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use unit::sales::Offering;
use unit::{CauseModel, CauseModelError};

/// All that `unit.toml` says.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Everything there is.
    pub plant: Plant,
    /// The sources that speak over a wire; files and hands are not among them.
    pub ports: Vec<Port>,
    /// Where each channel is read from, by [`ChannelId`].
    pub addresses: Vec<Route>,
    /// Where pages and API are served.
    pub web: Web,
    /// Where data are kept.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// Limits at the door.
    pub limits: Limits,
    /// Product families that customers configure.
    pub families: Vec<Arc<Offering>>,
    /// File with lines for the cause model.
    pub causes: Option<PathBuf>,
}

/// A source that speaks over a wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Port {
    /// The source.
    pub source: SourceId,
    /// Its address as it was typed.
    pub address: String,
    /// What its driver needs, but for the password.
    pub wire: drivers::Config,
    /// File that holds the password in its first line.
    pub password_file: Option<PathBuf>,
    /// Files that its settings name.
    pub files: protocol::Files,
}

/// Where a channel is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The source.
    pub source: SourceId,
    /// The place at the source; `None` for files and hands.
    pub address: Option<String>,
}

/// Where pages and API are served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web {
    /// Address and port.
    pub listen: SocketAddr,
    /// Certificate and key; always there beyond loopback.
    pub tls: Option<web::TlsPaths>,
    /// Address and port of Flight SQL; `None` is not served.
    pub flight_sql: Option<SocketAddr>,
}

/// Where data are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Folder.
    pub dir: PathBuf,
    /// Its limits.
    pub limits: store::StoreLimits,
    /// Real time between two sealings of the journal into history.
    pub seal_every: Duration,
    /// Readings younger than this stay in the journal, so that late ones land in the same file.
    pub seal_behind: Span,
}

/// The clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    /// Times real time [1].
    pub speed: f64,
    /// Virtual instant of the start; `None` is now.
    pub origin: Option<Instant>,
}

/// Limits at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// What the collector lets through.
    pub door: collect::Limits,
}

impl Config {
    /// What the drivers need, with passwords read from their files.
    ///
    /// # Errors
    /// Every password file that cannot be read or is empty.
    pub fn connections(&self) -> Result<Vec<(SourceId, drivers::Config)>, Faults> {
        let mut faults = Vec::new();
        let mut all = Vec::new();
        for port in &self.ports {
            let mut wire = port.wire.clone();
            if let (Some(credentials), Some(file)) = (credentials(&mut wire), &port.password_file) {
                match password(file) {
                    Ok(password) => credentials.password = password,
                    Err(fault) => faults.extend(fault.list),
                }
            }
            if let Err(list) = port.files.fill(&mut wire) {
                faults.extend(list);
            }
            all.push((port.source, wire));
        }
        if faults.is_empty() { Ok(all) } else { Err(Faults::gather(faults)) }
    }
}

impl Config {
    /// The user's own lines for the cause model, read from their file.
    ///
    /// # Errors
    /// The file cannot be read, or the first wrong line in it.
    pub fn causes(&self) -> Result<Option<CauseModel>, Faults> {
        let Some(file) = &self.causes else { return Ok(None) };
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|error| {
            Faults::of_file(&name, error.to_string(), "a file with lines such as `press overload load_jump 2.5` (docs/causes.md)")
        })?;
        text.parse().map(Some).map_err(|wrong: CauseModelError| {
            let mut faults = Faults::of_file(&name, wrong.found, wrong.allowed);
            faults.list.iter_mut().for_each(|fault| fault.line = wrong.line);
            faults
        })
    }
    fn certificate(&self) -> Result<(), Faults> {
        let Some(tls) = &self.web.tls else { return Ok(()) };
        let allowed = "`tls_certificate` and `tls_key` of [web]: a certificate in PEM and the private key that belongs to it";
        tls.check().map_err(|error| match error {
            web::WebError::Tls { path, reason } => Faults::of_file(&path.display().to_string(), reason, allowed),
            other => Faults::of_file(&tls.certificate.display().to_string(), other.to_string(), allowed),
        })
    }
    /// Reads every file that is named, as a start would.
    ///
    /// # Errors
    /// Every fault in one of them.
    pub fn read_files(&self) -> Result<(), Faults> {
        let faults = [self.connections().err(), self.causes().err(), self.certificate().err()];
        let faults: Vec<Fault> = faults.into_iter().flatten().flat_map(|faults| faults.list).collect();
        if faults.is_empty() { Ok(()) } else { Err(Faults::gather(faults)) }
    }
}

/// Where a driver keeps name and password, where its protocol can be signed in to.
pub const fn credentials(wire: &mut drivers::Config) -> Option<&mut drivers::Credentials> {
    match wire {
        drivers::Config::Mqtt(config) => config.credentials.as_mut(),
        drivers::Config::OpcUa(config) => config.credentials.as_mut(),
        drivers::Config::Http(config) => config.credentials.as_mut(),
        drivers::Config::Sparkplug(config) => config.credentials.as_mut(),
        drivers::Config::Modbus(_) | drivers::Config::File(_) | drivers::Config::MtConnect(_) => None,
    }
}

fn password(file: &Path) -> Result<String, Faults> {
    let name = file.display().to_string();
    let allowed = "a file with a password in its first line, which this user can read";
    let text = std::fs::read_to_string(file).map_err(|error| Faults::of_file(&name, error.to_string(), allowed))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() { Err(Faults::of_file(&name, "an empty first line", allowed)) } else { Ok(line.to_owned()) }
}

/// A commented start for one's own plant, with one example machine a protocol.
pub const fn init() -> &'static str {
    include_str!("start.toml")
}

/// Reads a file.
///
/// # Errors
/// The file cannot be read, or every fault in it.
pub fn read(path: &Path) -> Result<Config, Faults> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Faults::of_file(&file, error.to_string(), "a TOML file that can be read; `socium init` writes a start")
    })?;
    parse(&file, &text, path.parent().unwrap_or(Path::new("")))
}

/// Reads a text; `folder` is what paths in it are relative to.
///
/// # Errors
/// Every fault in it.
pub fn parse(file: &str, text: &str, folder: &Path) -> Result<Config, Faults> {
    of_document(&Document::parse(file, text)?, folder)
}

/// Reads a document.
///
/// # Errors
/// Every fault in it.
pub fn of_document(document: &Document<'_>, folder: &Path) -> Result<Config, Faults> {
    let form: form::UnitForm = document.read(&reference::unit_schema())?;
    meaning::config(document, &form, folder)
}
