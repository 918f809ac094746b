//! What an OPC UA client needs to know. Enters: text and numbers of a configuration. Leaves: a [`Config`].

use super::address::Address;
use crate::{AddressError, Credentials};
use plant::ChannelId;
use std::path::PathBuf;
use std::time::Duration;

/// An OPC UA server and what is read from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Endpoint, `opc.tcp://host:port/path`.
    pub endpoint: String,
    /// How the connection is protected.
    pub security: Security,
    /// Whether messages are also encrypted; of no effect with [`Security::None`].
    pub mode: Mode,
    /// Folder of our own certificate and of the servers' that are trusted, see [`super::trust`]. `None` allows neither
    /// protection nor certificates.
    pub certificates: Option<PathBuf>,
    /// SHA-1 thumbprint of the one certificate that the server may show, 40 hex digits; `None` takes every one in the folder
    /// `trusted`.
    pub server_thumbprint: Option<String>,
    /// Name to sign in with; `None` signs in without a name.
    pub credentials: Option<Credentials>,
    /// Certificate to sign in with, in place of a name.
    pub user_certificate: Option<KeyPair>,
    /// How often the server samples a value; zero is as often as it can.
    pub sampling: Duration,
    /// How often the server sends what it sampled.
    pub publishing: Duration,
    /// Samples of one value that the server keeps between two sendings, 1 to 10,000.
    pub queue: u32,
    /// Smallest change that the server reports, in percent of a node's range (EURange, Part 8, 7.2); zero reports every one.
    pub dead_band_percent: f64,
    /// Longest wait for an answer.
    pub timeout: Duration,
    /// Channels and where they are found.
    pub channels: Vec<(ChannelId, Address)>,
}

/// How a connection is protected (security policies of Part 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Security {
    /// Not at all.
    #[default]
    None,
    /// Basic256Sha256.
    Basic256Sha256,
    /// Aes128_Sha256_RsaOaep.
    Aes128Sha256RsaOaep,
    /// Aes256_Sha256_RsaPss.
    Aes256Sha256RsaPss,
    /// The one of the three above that the server ranks highest; never none.
    Best,
}

/// What protection does to a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// It is signed.
    Sign,
    /// It is signed and encrypted.
    #[default]
    SignAndEncrypt,
}

/// A certificate and its private key, in files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPair {
    /// The certificate, `.der` or `.pem`.
    pub certificate: PathBuf,
    /// Its private key, `.pem`.
    pub key: PathBuf,
}

const ENDPOINT: &str = "opc.tcp://host:port, such as opc.tcp://127.0.0.1:4840";
const THUMBPRINT: &str = "the 40 hex digits of the certificate's SHA-1 thumbprint";

impl Config {
    /// A server by its endpoint; everything else as usual: no protection, every change, sent each 500 ms, 1,000 samples kept,
    /// 5 s to answer.
    ///
    /// # Errors
    /// The text is no `opc.tcp://host:port`.
    pub fn at(endpoint: &str) -> Result<Self, AddressError> {
        let what = "OPC UA endpoint";
        let rest = endpoint.strip_prefix("opc.tcp://").ok_or_else(|| AddressError {
            what,
            found: endpoint.to_owned(),
            trouble: "it does not start with opc.tcp://".to_owned(),
            allowed: ENDPOINT,
        })?;
        let place = rest.split('/').next().unwrap_or(rest);
        crate::address::host_and_port(place, what, ENDPOINT).map_err(|e| AddressError { found: endpoint.to_owned(), ..e })?;
        Ok(Self {
            endpoint: endpoint.to_owned(),
            security: Security::None,
            mode: Mode::SignAndEncrypt,
            certificates: None,
            server_thumbprint: None,
            credentials: None,
            user_certificate: None,
            sampling: Duration::ZERO,
            publishing: Duration::from_millis(500),
            queue: 1_000,
            dead_band_percent: 0.0,
            timeout: Duration::from_secs(5),
            channels: Vec::new(),
        })
    }
}

impl Security {
    /// All, with their words.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::None, "none"),
        (Self::Basic256Sha256, "basic256sha256"),
        (Self::Aes128Sha256RsaOaep, "aes128-sha256-rsaoaep"),
        (Self::Aes256Sha256RsaPss, "aes256-sha256-rsapss"),
        (Self::Best, "best"),
    ];
    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(s, _)| *s == self).map_or("", |(_, w)| w)
    }
    /// By its word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, w)| *w == word).map(|(s, _)| *s)
    }
}

impl Mode {
    /// Both, with their words.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Sign, "sign"), (Self::SignAndEncrypt, "sign_and_encrypt")];
    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(m, _)| *m == self).map_or("", |(_, w)| w)
    }
    /// By its word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, w)| *w == word).map(|(m, _)| *m)
    }
}

/// A thumbprint as people write it, with or without colons and blanks, in lower-case digits.
///
/// # Errors
/// It has not 40 hex digits.
pub fn thumbprint(text: &str) -> Result<String, AddressError> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ')).map(|c| c.to_ascii_lowercase()).collect();
    let wrong = |trouble: String| AddressError { what: "thumbprint", found: text.to_owned(), trouble, allowed: THUMBPRINT };
    match digits.chars().find(|c| !c.is_ascii_hexdigit()) {
        Some(other) => Err(wrong(format!("`{other}` is no hex digit"))),
        None if digits.len() != 40 => Err(wrong(format!("it has {} digits", digits.len()))),
        None => Ok(digits),
    }
}
