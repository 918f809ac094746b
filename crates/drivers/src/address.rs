//! Addresses as people write them. Enters: text. Leaves: a typed address or an error that says what is allowed.

use thiserror::Error;

/// Why a text is no address.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{found}` is no {what}: {trouble}; allowed is {allowed}")]
pub struct AddressError {
    /// What it should be, such as `OPC UA node id`.
    pub what: &'static str,
    /// The text as it was found.
    pub found: String,
    /// What is wrong with it.
    pub trouble: String,
    /// What is allowed, with an example.
    pub allowed: &'static str,
}

/// Splits `host:port`.
///
/// # Errors
/// No host, or a port that is not 1 to 65535.
pub(crate) fn host_and_port(found: &str, what: &'static str, allowed: &'static str) -> Result<(String, u16), AddressError> {
    let error = |trouble: &str| AddressError { what, found: found.to_owned(), trouble: trouble.to_owned(), allowed };
    let (host, port) = found.rsplit_once(':').ok_or_else(|| error("it has no port"))?;
    if host.is_empty() || host.contains(['/', ' ']) {
        return Err(error("its host is not a name or an address"));
    }
    let port = port.parse().ok().filter(|p| *p > 0).ok_or_else(|| error("its port is not a number from 1 to 65535"))?;
    Ok((host.trim_matches(['[', ']']).to_owned(), port))
}
