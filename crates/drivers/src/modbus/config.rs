//! What a Modbus TCP client needs to know. Enters: text and numbers of a configuration. Leaves: a [`Config`].
//!
//! Source: MODBUS Application Protocol Specification V1.1b3; addresses count from 0 as on the wire.

use crate::AddressError;
use plant::ChannelId;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A Modbus TCP device or gateway and the registers read from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Host name or address.
    pub host: String,
    /// Port, 502 by the standard.
    pub port: u16,
    /// How often all registers are read.
    pub poll: Duration,
    /// After how long an unchanged value is reported again.
    pub heartbeat: Duration,
    /// Longest wait for an answer.
    pub timeout: Duration,
    /// Channels and where they are found.
    pub channels: Vec<(ChannelId, Address)>,
}

/// One of the four tables of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// Input registers, read only.
    Input,
    /// Holding registers.
    Holding,
    /// Coils.
    Coil,
    /// Discrete inputs, read only.
    Discrete,
}

/// How registers make a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataType {
    /// One coil or discrete input.
    Bit,
    /// Unsigned, one register.
    U16,
    /// Signed, one register.
    I16,
    /// Unsigned, two registers.
    U32,
    /// Signed, two registers.
    I32,
    /// IEEE 754 single, two registers.
    F32,
    /// Unsigned, four registers.
    U64,
    /// UTF-8 text, two bytes a register, high byte first, ended by a zero byte or the last register.
    Text(u16),
    /// A log of the last events: [`LOG_SLOTS`] slots, see [`super::wire`].
    Log,
}

/// Which register of a number comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WordOrder {
    /// The high one, as the standard has it.
    #[default]
    HighFirst,
    /// The low one.
    LowFirst,
}

/// What a raw number means.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// The number times a factor.
    Scale(f64),
    /// One of these words.
    Words(Vec<(u16, String)>),
}

/// Where a value stands in a device and how it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Address {
    /// Unit id (device behind a gateway), 0 to 255.
    pub unit: u8,
    /// Table.
    pub table: Table,
    /// First register or bit, from 0.
    pub at: u16,
    /// How registers make the value.
    pub kind: DataType,
    /// Which register comes first.
    pub order: WordOrder,
    /// What the raw number means.
    pub meaning: Meaning,
}

/// Slots of an event log.
pub const LOG_SLOTS: u16 = 8;
/// Registers of one slot of an event log: four for the time, the rest for the word.
pub const LOG_SLOT_REGISTERS: u16 = 15;
/// Registers of an event log: the count of events so far, then the slots.
pub const LOG_REGISTERS: u16 = 1 + LOG_SLOTS * LOG_SLOT_REGISTERS;
/// Most registers of one value (a read brings at most 125, a write 123).
const REGISTERS_MAX: u16 = 123;

const DEVICE: &str = "host:port, such as 192.168.0.7:502";
const REGISTER: &str = "unit/table/address/type, then /factor or /code=word,code=word; tables are input, holding, coil, discrete; types are \
     bit, u16, i16, u32, i32, f32, u64 (with -low where the low register comes first), text1 to text123 and log; such as \
     1/holding/100/u32/0.1 or 3/input/0/u16/0=off,1=standby";

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
            poll: Duration::from_secs(1),
            heartbeat: Duration::from_secs(60),
            timeout: Duration::from_secs(2),
            channels: Vec::new(),
        })
    }
}

impl Table {
    /// All tables with their words.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Input, "input"), (Self::Holding, "holding"), (Self::Coil, "coil"), (Self::Discrete, "discrete")];
    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(t, _)| *t == self).map_or("", |(_, w)| w)
    }
    /// Whether it holds bits rather than registers.
    pub const fn is_bits(self) -> bool {
        matches!(self, Self::Coil | Self::Discrete)
    }
}

impl DataType {
    /// Registers (or bits) it takes.
    pub const fn registers(self) -> u16 {
        match self {
            Self::Bit | Self::U16 | Self::I16 => 1,
            Self::U32 | Self::I32 | Self::F32 => 2,
            Self::U64 => 4,
            Self::Text(registers) => registers,
            Self::Log => LOG_REGISTERS,
        }
    }
    fn read(word: &str) -> Option<Self> {
        let plain = [
            ("bit", Self::Bit),
            ("u16", Self::U16),
            ("i16", Self::I16),
            ("u32", Self::U32),
            ("i32", Self::I32),
            ("f32", Self::F32),
            ("u64", Self::U64),
            ("log", Self::Log),
        ];
        let text = || word.strip_prefix("text")?.parse().ok().filter(|n| (1..=REGISTERS_MAX).contains(n)).map(Self::Text);
        plain.iter().find(|(w, _)| *w == word).map(|(_, kind)| *kind).or_else(text)
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bit => f.write_str("bit"),
            Self::U16 => f.write_str("u16"),
            Self::I16 => f.write_str("i16"),
            Self::U32 => f.write_str("u32"),
            Self::I32 => f.write_str("i32"),
            Self::F32 => f.write_str("f32"),
            Self::U64 => f.write_str("u64"),
            Self::Text(registers) => write!(f, "text{registers}"),
            Self::Log => f.write_str("log"),
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        read(text).map_err(|trouble| AddressError { what: "Modbus register", found: text.to_owned(), trouble, allowed: REGISTER })
    }
}

fn read(text: &str) -> Result<Address, String> {
    let parts: Vec<&str> = text.splitn(5, '/').collect();
    let [unit, table, at, kind, ..] = parts[..] else { return Err("it has fewer than four parts".to_owned()) };
    let unit = unit.parse().map_err(|_| format!("unit `{unit}` is not a number from 0 to 255"))?;
    let table =
        Table::ALL.iter().find(|(_, w)| *w == table).map(|(t, _)| *t).ok_or_else(|| format!("`{table}` is not a table"))?;
    let at: u16 = at.parse().map_err(|_| format!("address `{at}` is not a number from 0 to 65535"))?;
    let (word, order) = match kind.strip_suffix("-low") {
        Some(word) => (word, WordOrder::LowFirst),
        None => (kind, WordOrder::HighFirst),
    };
    let kind = DataType::read(word).ok_or_else(|| format!("`{kind}` is not a type"))?;
    if table.is_bits() != (kind == DataType::Bit) {
        return Err(format!("type `{kind}` does not fit table `{}`", table.word()));
    }
    if u32::from(at) + u32::from(kind.registers()) > 0x1_0000 {
        return Err(format!("it ends beyond address 65535: it takes {} registers from {at}", kind.registers()));
    }
    let meaning = parts.get(4).map_or(Ok(Meaning::Scale(1.0)), |text| read_meaning(text, kind))?;
    Ok(Address { unit, table, at, kind, order, meaning })
}

fn read_meaning(text: &str, kind: DataType) -> Result<Meaning, String> {
    if matches!(kind, DataType::Text(_) | DataType::Log) {
        return Err(format!("type `{kind}` takes neither factor nor words"));
    }
    if !text.contains('=') {
        let factor: Option<f64> = text.parse().ok().filter(|f: &f64| f.is_finite() && *f != 0.0);
        return factor.map(Meaning::Scale).ok_or_else(|| format!("factor `{text}` is not a number other than 0"));
    }
    if !matches!(kind, DataType::U16 | DataType::Bit) {
        return Err(format!("type `{kind}` takes no words; u16 and bit do"));
    }
    let mut words: Vec<(u16, String)> = Vec::new();
    for pair in text.split(',') {
        let (code, word) = pair.split_once('=').ok_or_else(|| format!("`{pair}` is not code=word"))?;
        let code = code.trim().parse().map_err(|_| format!("code `{code}` is not a number from 0 to 65535"))?;
        if words.iter().any(|(c, w)| *c == code || w == word.trim()) {
            return Err(format!("`{pair}` names a code or a word twice"));
        }
        words.push((code, word.trim().to_owned()));
    }
    Ok(Meaning::Words(words))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let low = if self.order == WordOrder::LowFirst { "-low" } else { "" };
        write!(f, "{}/{}/{}/{}{low}", self.unit, self.table.word(), self.at, self.kind)?;
        match &self.meaning {
            Meaning::Scale(factor) if *factor == 1.0 => Ok(()),
            Meaning::Scale(factor) => write!(f, "/{factor}"),
            Meaning::Words(words) => {
                let pairs: Vec<String> = words.iter().map(|(code, word)| format!("{code}={word}")).collect();
                write!(f, "/{}", pairs.join(","))
            }
        }
    }
}
