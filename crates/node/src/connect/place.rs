//! Where a source is, as a person types it. Enters: a URL or a path. Leaves: the protocol, and the address as `unit.toml` has
//! it. Absent: connections.

use thiserror::Error;

/// A source by its protocol and address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Protocol word, as in `[[source]]`.
    pub protocol: &'static str,
    /// Address as `[[source]]` has it.
    pub address: String,
}

/// Why a text is no place.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PlaceError {
    /// No known beginning.
    #[error("`{0}`: it is not told how to speak to it; allowed is {1}")]
    Scheme(String, String),
    /// The protocol does not take the rest.
    #[error("{0}")]
    Address(String),
    /// The protocol is known and not part of this build.
    #[error("`{0}`: protocol `{1}` is not part of this build")]
    Absent(String, String),
}

/// How an address stands in `unit.toml`.
#[derive(Clone, Copy)]
enum Kept {
    /// With its scheme.
    Whole,
    /// Host and port, with this port where none is typed.
    HostPort(u16),
}

/// Scheme, protocol, what is kept, and an example.
const SCHEMES: &[(&str, &str, Kept, &str)] = &[
    ("opc.tcp", "opcua", Kept::Whole, "opc.tcp://192.168.0.10:4840"),
    ("sparkplug", "sparkplug", Kept::HostPort(1_883), "sparkplug://192.168.0.20:1883"),
    ("mqtt", "mqtt", Kept::HostPort(1_883), "mqtt://192.168.0.20:1883"),
    ("mqtts", "mqtt", Kept::Whole, "mqtts://192.168.0.20:8883"),
    ("modbus", "modbus", Kept::HostPort(502), "modbus://192.168.0.30:502"),
    ("mtconnect", "mtconnect", Kept::HostPort(5_000), "mtconnect://192.168.0.40:5000"),
    ("http", "mtconnect", Kept::Whole, "http://192.168.0.40:5000"),
    ("https", "mtconnect", Kept::Whole, "https://agent.example:443"),
];

/// What can be connected to in this build: protocol and an example of what to type.
pub fn examples() -> Vec<(&'static str, &'static str)> {
    let mut met: Vec<(&'static str, &'static str)> = Vec::new();
    for (_, protocol, _, example) in SCHEMES {
        if drivers::ALL.iter().any(|p| p.word == *protocol) && met.iter().all(|(p, _)| p != protocol) {
            met.push((protocol, example));
        }
    }
    met
}

/// Reads what a person typed.
///
/// # Errors
/// No scheme, a scheme of no protocol, or an address that the protocol does not take.
pub fn read(text: &str) -> Result<Place, PlaceError> {
    let text = text.trim();
    let Some((scheme, rest)) = text.split_once("://") else { return Err(unknown(text)) };
    let scheme = scheme.to_lowercase();
    let (_, word, kept, _) = SCHEMES.iter().find(|(s, ..)| *s == scheme).ok_or_else(|| unknown(text))?;
    let spoken = drivers::ALL.iter().find(|p| p.word == *word);
    let protocol = spoken.ok_or_else(|| PlaceError::Absent(text.to_owned(), (*word).to_owned()))?;
    let candidates = match kept {
        Kept::Whole => vec![format!("{scheme}://{rest}")],
        // a protocol may write its address with or without the scheme
        Kept::HostPort(port) => {
            let place = with_port(rest, *port);
            vec![place.clone(), format!("{scheme}://{place}")]
        }
    };
    let mut refused = None;
    for address in candidates {
        match (protocol.check_source)(&address) {
            Ok(()) => return Ok(Place { protocol: protocol.word, address }),
            Err(error) => refused = refused.or(Some(error.to_string())),
        }
    }
    Err(PlaceError::Address(refused.unwrap_or_default()))
}

fn unknown(text: &str) -> PlaceError {
    let examples: Vec<&str> = examples().iter().map(|(_, example)| *example).collect();
    PlaceError::Scheme(text.to_owned(), examples.join(", "))
}

fn with_port(rest: &str, port: u16) -> String {
    let place = rest.trim_end_matches('/');
    let has_port = place.rsplit_once(':').is_some_and(|(_, p)| !p.is_empty() && p.chars().all(|c| c.is_ascii_digit()));
    if has_port { place.to_owned() } else { format!("{}:{port}", place.trim_end_matches(':')) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_and_ports_filled_in() {
        let table = [
            ("opc.tcp://10.0.0.1:4840", "opcua", "opc.tcp://10.0.0.1:4840"),
            ("OPC.TCP://10.0.0.1:4840/x", "opcua", "opc.tcp://10.0.0.1:4840/x"),
            ("modbus://10.0.0.1", "modbus", "10.0.0.1:502"),
            ("modbus://10.0.0.1:1502/", "modbus", "10.0.0.1:1502"),
            ("sparkplug://broker", "sparkplug", "broker:1883"),
        ];
        for (text, protocol, address) in table {
            assert_eq!(read(text), Ok(Place { protocol, address: address.to_owned() }), "{text}");
        }
    }

    #[test]
    fn what_is_no_place_is_told_with_examples() {
        for text in ["", "10.0.0.1:502", "ftp://x", "modbus://:99999"] {
            let error = read(text).expect_err(text).to_string();
            assert!(error.contains("modbus") || error.contains("port"), "{text}: {error}");
        }
        assert!(examples().iter().any(|(p, e)| *p == "opcua" && e.starts_with("opc.tcp://")));
    }
}
