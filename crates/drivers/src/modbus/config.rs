//! What a Modbus client needs to know. Enters: text and numbers of a configuration. Leaves: a [`Config`].
//!
//! Source: MODBUS Application Protocol Specification V1.1b3; addresses count from 0 as on the wire.

use super::address::{Address, Table};
use crate::AddressError;
use plant::ChannelId;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A Modbus device or gateway and the registers read from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Host name or address.
    pub host: String,
    /// Port, 502 by the standard.
    pub port: u16,
    /// How requests and answers are framed.
    pub framing: Framing,
    /// How often registers are read that name no period of their own.
    pub poll: Duration,
    /// After how long an unchanged value is reported again.
    pub heartbeat: Duration,
    /// Longest wait for an answer.
    pub timeout: Duration,
    /// What the device takes.
    pub limits: Limits,
    /// Channels and where they are found.
    pub channels: Vec<(ChannelId, Address)>,
}

/// How requests and answers are framed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Framing {
    /// Modbus TCP.
    #[default]
    Tcp,
    /// Frames of a serial line with their checksum, as a serial gateway passes them on.
    RtuOverTcp,
}

/// What a device takes, beyond what the standard says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most registers read at once, 1 to 125.
    pub registers_max: u16,
    /// Most bits read at once, 1 to 2,000.
    pub bits_max: u16,
    /// Registers or bits that nobody wants and that are read all the same, so that those beside them share a request.
    pub gap_max: u16,
    /// What must not be read.
    pub forbidden: Vec<Forbidden>,
    /// Which function writes registers.
    pub write: WriteWith,
}

/// Registers that must not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forbidden {
    /// The unit; `None` is every one.
    pub unit: Option<u8>,
    /// The table.
    pub table: Table,
    /// First register or bit.
    pub from: u16,
    /// Last register or bit.
    pub to: u16,
}

/// Which function writes registers (V1.1b3, 6.6 and 6.12); some devices know only one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WriteWith {
    /// 6 for one register, 16 for several.
    #[default]
    Either,
    /// 6, register by register.
    Single,
    /// 16 always.
    Multiple,
}

const DEVICE: &str = "host:port, such as 192.168.0.7:502";
const RANGE: &str = "table/first-last or unit/table/first-last, such as holding/100-119 or 3/input/0-9";

impl Default for Limits {
    /// What the standard says.
    fn default() -> Self {
        Self { registers_max: 125, bits_max: 2_000, gap_max: 0, forbidden: Vec::new(), write: WriteWith::Either }
    }
}

impl Config {
    /// A device by its address; everything else as usual: read each second, unchanged values reported each minute, 2 s to
    /// answer.
    ///
    /// # Errors
    /// The text is no `host:port`.
    pub fn at(address: &str) -> Result<Self, AddressError> {
        let (host, port) = crate::address::host_and_port(address, "Modbus TCP device", DEVICE)?;
        Ok(Self {
            host,
            port,
            framing: Framing::Tcp,
            poll: Duration::from_secs(1),
            heartbeat: Duration::from_secs(60),
            timeout: Duration::from_secs(2),
            limits: Limits::default(),
            channels: Vec::new(),
        })
    }
}

impl Framing {
    /// Both, with their words.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Tcp, "tcp"), (Self::RtuOverTcp, "rtu_over_tcp")];
    /// By its word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, w)| *w == word).map(|(f, _)| *f)
    }
}

impl WriteWith {
    /// All, with their words.
    pub const ALL: [(Self, &'static str); 3] = [(Self::Either, "either"), (Self::Single, "single"), (Self::Multiple, "multiple")];
    /// By its word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, w)| *w == word).map(|(f, _)| *f)
    }
}

impl Forbidden {
    /// Whether it has a register of a range in common.
    pub fn touches(&self, (unit, table): (u8, Table), (from, to): (u32, u32)) -> bool {
        self.unit.is_none_or(|own| own == unit) && self.table == table && u32::from(self.from) <= to && from <= u32::from(self.to)
    }
}

impl FromStr for Forbidden {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let read = || -> Result<Self, String> {
            let (unit, rest) = match text.split('/').count() {
                3 => {
                    let (unit, rest) = text.split_once('/').unwrap_or_default();
                    (Some(unit.parse().map_err(|_| format!("unit `{unit}` is not a number from 0 to 255"))?), rest)
                }
                2 => (None, text),
                _ => return Err("it has not two or three parts".to_owned()),
            };
            let (table, range) = rest.split_once('/').unwrap_or_default();
            let table = Table::by_word(table).ok_or_else(|| format!("`{table}` is not a table"))?;
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            let number = |n: &str| n.trim().parse().map_err(|_| format!("`{n}` is not a number from 0 to 65535"));
            let (from, to) = (number(from)?, number(to)?);
            if from > to { Err(format!("{from} comes after {to}")) } else { Ok(Self { unit, table, from, to }) }
        };
        read().map_err(|trouble| AddressError { what: "range of registers", found: text.to_owned(), trouble, allowed: RANGE })
    }
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(unit) = self.unit {
            write!(f, "{unit}/")?;
        }
        write!(f, "{}/{}-{}", self.table.word(), self.from, self.to)
    }
}
