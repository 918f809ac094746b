//! A draft of a configuration around one source, so that looking and watching go the very way the unit will go. Enters: a
//! source as it will be written, addresses. Leaves: what its driver needs. Absent: the unit's own file.

use crate::config::{self, Faults};
use std::fmt::Write as _;
use std::path::Path;
use survey::Data;
use survey::pattern::escaped;

/// A password that was typed; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A source as it will be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Protocol word.
    pub protocol: String,
    /// Address.
    pub address: String,
    /// Name to sign in with.
    pub user: Option<String>,
    /// File of the password.
    pub password_file: Option<String>,
    /// The password where it was typed; a file of its own keeps it after a yes.
    pub secret: Option<Secret>,
    /// Further settings: lines of TOML that stand in the source's table.
    pub settings: String,
}

/// A text in quotes, as TOML writes it.
pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

impl Source {
    fn table(&self) -> String {
        let mut text = format!(
            "[[source]]\nname = {}\nprotocol = {}\naddress = {}\n",
            quoted(&self.name),
            quoted(&self.protocol),
            quoted(&self.address)
        );
        let file = self.password_file.as_ref().filter(|_| self.secret.is_none());
        for (key, value) in [("user", self.user.as_ref()), ("password_file", file)] {
            if let Some(value) = value {
                let _ = writeln!(text, "{key} = {}", quoted(value));
            }
        }
        text.push_str(&self.settings);
        text
    }

    /// What the driver of this source needs to read some addresses; the channel of an address is its place.
    ///
    /// # Errors
    /// The source's settings, an address that its protocol does not take, a password file that cannot be read.
    pub fn driver(&self, folder: &Path, addresses: &[(String, Data)]) -> Result<drivers::Config, Faults> {
        let mut text =
            "[site]\nname = \"draft\"\ntime_zone = \"UTC\"\ncurrency = \"EUR\"\nenergy_price = 0\ncarbon = 0\n".to_owned();
        text.push_str(&self.table());
        text.push_str("[[source]]\nname = \"draft of a hand\"\nprotocol = \"hand\"\n");
        text.push_str("[[machine_type]]\nname = \"draft\"\n[[machine]]\nname = \"draft\"\ntype = \"draft\"\n");
        for (place, (address, data)) in addresses.iter().enumerate() {
            let kind = match data {
                Data::Text | Data::Flag => "kind = \"state\"",
                _ => "kind = \"gauge\"\nunit = \"1\"",
            };
            let (source, address) = (quoted(&self.name), quoted(&escaped(address)));
            let _ = writeln!(text, "[[machine.channel]]\nname = \"c{place}\"\n{kind}\nsource = {source}\naddress = {address}");
        }
        text.push_str("[[machine.channel]]\nname = \"last\"\nkind = \"gauge\"\nunit = \"1\"\nsource = \"draft of a hand\"\n");
        let config = config::parse("draft", &text, folder)?;
        let mut connections = config.connections()?;
        let wire = connections.pop().map(|(_, wire)| wire);
        let mut wire = wire.ok_or_else(|| Faults::of_file("draft", "no source", "a source that speaks over a wire"))?;
        if let (Some(credentials), Some(Secret(password))) = (config::credentials(&mut wire), &self.secret) {
            credentials.password.clone_from(password);
        }
        Ok(wire)
    }
}
