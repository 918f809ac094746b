//! What each protocol's settings mean: from a source as it was typed to what its driver needs. One file a protocol.
//!
//! Enters: a [`SourceForm`] whose address is there, and the places of its channels. Leaves: a [`drivers::Config`], or faults.
//! Absent: anything that all sources share (`meaning/sources`).

mod file;
mod files;
mod http;
mod modbus;
mod mqtt;
mod mtconnect;
mod opcua;
mod sparkplug;

pub use files::Files;

use super::fault::Trail;
use super::form::SourceForm;
use super::meaning::{Judge, Place};
use std::path::Path;

/// The settings of one protocol.
pub struct Settings {
    /// Its word, as in [`drivers::ALL`]; the settings' key has the same.
    pub word: &'static str,
    /// Whether its sources can be signed in to.
    pub signs_in: bool,
    /// Whether the source has a table of its settings.
    pub typed: fn(&SourceForm) -> bool,
    /// What the driver needs; `None` when a fault was told.
    pub wire: fn(&mut Judge<'_>, &Typed<'_>) -> Option<drivers::Config>,
}

/// A source as it was typed.
pub struct Typed<'t> {
    /// Where it stands in the file.
    pub trail: &'t Trail,
    /// The source.
    pub form: &'t SourceForm,
    /// Its address.
    pub address: &'t str,
    /// Where its channels are.
    pub places: &'t [Place<'t>],
    /// What paths in the file are relative to.
    pub folder: &'t Path,
    /// The site's zone, by its IANA name.
    pub zone: &'t str,
}

impl Typed<'_> {
    /// Name to sign in with; the password is still in its file.
    pub fn credentials(&self) -> Option<drivers::Credentials> {
        self.form.user.clone().map(|name| drivers::Credentials { name, password: String::new() })
    }
}

/// All protocols that speak over a wire, by word.
pub const ALL: &[Settings] = &[
    file::SETTINGS,
    http::SETTINGS,
    modbus::SETTINGS,
    mqtt::SETTINGS,
    mtconnect::SETTINGS,
    opcua::SETTINGS,
    sparkplug::SETTINGS,
];

/// The settings of the protocol with this word.
pub fn named(word: &str) -> Option<&'static Settings> {
    ALL.iter().find(|s| s.word == word)
}
