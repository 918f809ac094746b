//! The files that a source's settings name: certificates, keys, names with their passwords. Enters: settings, later their files. Leaves: what
//! the driver needs of them. Absent: what is in a certificate.

use crate::config::fault::{Fault, Faults};
use crate::config::form::SourceForm;
use drivers::Credentials;
use drivers::mqtt::Place;
use std::path::{Path, PathBuf};

/// The files that a source's settings name; read when the unit starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    certificates: Option<PathBuf>,
    key: Option<PathBuf>,
    users: Option<PathBuf>,
}

impl Files {
    /// Those of a source, relative to the folder of the configuration.
    pub fn of(form: &SourceForm, folder: &Path) -> Self {
        let place = |file: &Option<String>| file.as_ref().map(|file| folder.join(file));
        let mut files = Self::default();
        if let Some(form) = &form.mqtt {
            (files.certificates, files.key) = (place(&form.certificates), place(&form.key));
            files.users = place(&form.users_file);
        }
        if let Some(form) = &form.http {
            (files.certificates, files.key) = (place(&form.certificates), place(&form.key));
        }
        if let Some(form) = &form.mtconnect {
            files.certificates = place(&form.certificates);
        }
        files
    }

    /// Reads them into the driver's configuration.
    ///
    /// # Errors
    /// Every file that cannot be read or is not what it should be.
    pub fn fill(&self, wire: &mut drivers::Config) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        let certificates = bytes(self.certificates.as_ref(), "a file of certificates in PEM", &mut faults);
        let key = bytes(self.key.as_ref(), "a file with a private key in PEM", &mut faults);
        match wire {
            drivers::Config::Mqtt(config) => {
                (config.certificates, config.key) = (certificates, key);
                if let Some(file) = &self.users {
                    match read_users(&bytes(Some(file), USERS, &mut faults)) {
                        Ok(users) => config.users = users,
                        Err(found) => faults.extend(Faults::of_file(&file.display().to_string(), found, USERS).list),
                    }
                }
                // a name to sign in with is, for our broker, one who may connect
                if matches!(config.place, Place::Listen(_)) {
                    config.users.extend(config.credentials.take());
                }
            }
            drivers::Config::Http(config) => (config.certificates, config.key) = (certificates, key),
            drivers::Config::MtConnect(config) => config.certificates = certificates,
            drivers::Config::OpcUa(_) | drivers::Config::Sparkplug(_) | drivers::Config::Modbus(_) | drivers::Config::File(_) => {
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

/// The bytes of a file; none where it is not named or cannot be read, which is then a fault.
fn bytes(file: Option<&PathBuf>, allowed: &str, faults: &mut Vec<Fault>) -> Vec<u8> {
    let Some(file) = file else { return Vec::new() };
    std::fs::read(file).unwrap_or_else(|error| {
        let allowed = format!("{allowed}, which this user can read");
        faults.extend(Faults::of_file(&file.display().to_string(), error.to_string(), allowed).list);
        Vec::new()
    })
}

const USERS: &str = "a file with one name:password a line";

fn read_users(bytes: &[u8]) -> Result<Vec<Credentials>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "bytes that are no text".to_owned())?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read = |(number, line): (usize, &str)| match line.split_once(':') {
        Some((name, password)) if !name.is_empty() && !password.is_empty() => {
            Ok(Credentials { name: name.to_owned(), password: password.to_owned() })
        }
        // the line may hold a password
        _ => Err(format!("line {} without name or password", number + 1)),
    };
    let users: Vec<Credentials> = lines.map(read).collect::<Result<_, _>>()?;
    if users.is_empty() { Err("nobody".to_owned()) } else { Ok(users) }
}
