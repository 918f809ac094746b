//! Where a value stands in a device and how it is read, as people write it. Enters: text. Leaves: an [`Address`].
//!
//! ```text
//! unit/table/address/type                       1/holding/100/f32
//! unit/table/address/type/factor                1/holding/100/i16/0.1        the number times a factor
//! unit/table/address/type/factor+offset         1/holding/100/i16/0.1-273.15 and then an offset added
//! unit/table/address/type/code=word,code=word   3/input/0/u16/0=off,1=standby
//! ...@period                                    1/input/7/u16@100ms          read at a period of its own
//! ```

use crate::AddressError;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

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
    /// One bit of a register, 0 the lowest.
    BitOf(u8),
    /// Some bits of a register as an unsigned number: the lowest and the highest, 0 to 15.
    Bits(u8, u8),
    /// One byte of a register, unsigned; whether the high one.
    U8(bool),
    /// One byte of a register, signed; whether the high one.
    I8(bool),
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
    /// Signed, four registers.
    I64,
    /// IEEE 754 double, four registers.
    F64,
    /// Four decimal digits, one register.
    Bcd16,
    /// Eight decimal digits, two registers.
    Bcd32,
    /// UTF-8 text, two bytes a register, high byte first, ended by a zero byte or the last register.
    Text(u16),
    /// A log of the last events: [`LOG_SLOTS`] slots, see [`super::wire`].
    Log,
}

/// In which order the bytes of a number stand; `ABCD` is the number, `A` its highest byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// `AB CD`, as the standard has it.
    #[default]
    Big,
    /// `CD AB`: the low register first.
    LowFirst,
    /// `BA DC`: the bytes of each register swapped.
    Swapped,
    /// `DC BA`: both.
    Little,
}

/// What a raw number means.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// The number times a factor, and then an offset added.
    Scale {
        /// The factor.
        factor: f64,
        /// The offset.
        offset: f64,
    },
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
    /// In which order the bytes stand.
    pub order: Order,
    /// What the raw number means.
    pub meaning: Meaning,
    /// How often it is read; `None` is as often as the source's registers are.
    pub every: Option<Duration>,
}

/// Slots of an event log.
pub const LOG_SLOTS: u16 = 8;
/// Registers of one slot of an event log: four for the time, the rest for the word.
pub const LOG_SLOT_REGISTERS: u16 = 15;
/// Registers of an event log: the count of events so far, then the slots.
pub const LOG_REGISTERS: u16 = 1 + LOG_SLOTS * LOG_SLOT_REGISTERS;
/// Most registers of one value (a read brings at most 125, a write 123).
const REGISTERS_MAX: u16 = 123;
/// Shortest period of a register's own.
const PERIOD_MIN: Duration = Duration::from_millis(10);

const REGISTER: &str = "unit/table/address/type, then /factor, /factor+offset or /code=word,code=word, then @period; tables are input, \
     holding, coil, discrete; types are bit, bit0 to bit15, bits0-3 and such, u8-high, u8-low, i8-high, i8-low, u16, i16, u32, i32, f32, \
     u64, i64, f64, bcd16, bcd32 (with -low where the low register comes first, -swap where the bytes of a register are swapped, \
     -little where both), text1 to text123 and log; such as 1/holding/100/u32/0.1 or 3/input/0/u16/0=off,1=standby@200ms";

impl Meaning {
    /// The number as it is.
    pub const PLAIN: Self = Self::Scale { factor: 1.0, offset: 0.0 };
}

impl Table {
    /// All tables with their words.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Input, "input"), (Self::Holding, "holding"), (Self::Coil, "coil"), (Self::Discrete, "discrete")];
    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(t, _)| *t == self).map_or("", |(_, w)| w)
    }
    /// By its word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, w)| *w == word).map(|(t, _)| *t)
    }
    /// Whether it holds bits rather than registers.
    pub const fn is_bits(self) -> bool {
        matches!(self, Self::Coil | Self::Discrete)
    }
}

impl Order {
    /// All, with what is written behind the type.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Big, ""), (Self::LowFirst, "-low"), (Self::Swapped, "-swap"), (Self::Little, "-little")];
    /// Whether the low register comes first.
    pub const fn low_first(self) -> bool {
        matches!(self, Self::LowFirst | Self::Little)
    }
    /// Whether the bytes of a register are swapped.
    pub const fn swapped(self) -> bool {
        matches!(self, Self::Swapped | Self::Little)
    }
}

/// Types that have one word each.
const PLAIN: [(&str, DataType); 16] = [
    ("bit", DataType::Bit),
    ("u8-high", DataType::U8(true)),
    ("u8-low", DataType::U8(false)),
    ("i8-high", DataType::I8(true)),
    ("i8-low", DataType::I8(false)),
    ("u16", DataType::U16),
    ("i16", DataType::I16),
    ("u32", DataType::U32),
    ("i32", DataType::I32),
    ("f32", DataType::F32),
    ("u64", DataType::U64),
    ("i64", DataType::I64),
    ("f64", DataType::F64),
    ("bcd16", DataType::Bcd16),
    ("bcd32", DataType::Bcd32),
    ("log", DataType::Log),
];

impl DataType {
    /// Registers (or bits) it takes.
    pub const fn registers(self) -> u16 {
        match self {
            Self::Bit | Self::BitOf(_) | Self::Bits(..) | Self::U8(_) | Self::I8(_) | Self::U16 | Self::I16 | Self::Bcd16 => 1,
            Self::U32 | Self::I32 | Self::F32 | Self::Bcd32 => 2,
            Self::U64 | Self::I64 | Self::F64 => 4,
            Self::Text(registers) => registers,
            Self::Log => LOG_REGISTERS,
        }
    }
    /// The bits of its register that are its own, where these are not all.
    pub const fn mask(self) -> Option<u16> {
        match self {
            Self::BitOf(bit) => Some(1 << bit),
            Self::Bits(low, high) => Some(((1_u32 << (high + 1)) - (1_u32 << low)) as u16),
            Self::U8(true) | Self::I8(true) => Some(0xFF00),
            Self::U8(false) | Self::I8(false) => Some(0x00FF),
            _ => None,
        }
    }
    fn read(word: &str) -> Option<Self> {
        let bit = |n: &str| n.parse().ok().filter(|bit: &u8| *bit < 16);
        let plain = PLAIN.iter().find(|(w, _)| *w == word).map(|(_, kind)| *kind);
        let text = || word.strip_prefix("text")?.parse().ok().filter(|n| (1..=REGISTERS_MAX).contains(n)).map(Self::Text);
        let bits = || {
            let (low, high) = word.strip_prefix("bits")?.split_once('-')?;
            Some((bit(low)?, bit(high)?)).filter(|(low, high)| low < high).map(|(low, high)| Self::Bits(low, high))
        };
        plain.or_else(text).or_else(bits).or_else(|| bit(word.strip_prefix("bit")?).map(Self::BitOf))
    }
    /// Whether the order of bytes says something of it.
    const fn has_order(self) -> bool {
        !matches!(self, Self::Bit | Self::Log)
    }
    /// Whether it is a whole number, which words may stand for.
    const fn is_whole(self) -> bool {
        !matches!(self, Self::F32 | Self::F64 | Self::Text(_) | Self::Log)
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(registers) => write!(f, "text{registers}"),
            Self::BitOf(bit) => write!(f, "bit{bit}"),
            Self::Bits(low, high) => write!(f, "bits{low}-{high}"),
            plain => f.write_str(PLAIN.iter().find(|(_, kind)| kind == plain).map_or("", |(word, _)| word)),
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
    let (text, every) = match text.rsplit_once('@') {
        Some((rest, written)) => {
            (rest, Some(period(written).ok_or_else(|| format!("period `{written}` is not such as 200ms or 5s"))?))
        }
        None => (text, None),
    };
    let parts: Vec<&str> = text.splitn(5, '/').collect();
    let [unit, table, at, kind, ..] = parts[..] else { return Err("it has fewer than four parts".to_owned()) };
    let unit = unit.parse().map_err(|_| format!("unit `{unit}` is not a number from 0 to 255"))?;
    let table = Table::by_word(table).ok_or_else(|| format!("`{table}` is not a table"))?;
    let at: u16 = at.parse().map_err(|_| format!("address `{at}` is not a number from 0 to 65535"))?;
    let (kind, order) = typed(kind).ok_or_else(|| format!("`{kind}` is not a type"))?;
    if table.is_bits() != (kind == DataType::Bit) {
        return Err(format!("type `{kind}` does not fit table `{}`", table.word()));
    }
    if order != Order::Big && !kind.has_order() {
        return Err(format!("type `{kind}` has no order of bytes"));
    }
    if u32::from(at) + u32::from(kind.registers()) > 0x1_0000 {
        return Err(format!("it ends beyond address 65535: it takes {} registers from {at}", kind.registers()));
    }
    let meaning = parts.get(4).map_or(Ok(Meaning::PLAIN), |text| read_meaning(text, kind))?;
    Ok(Address { unit, table, at, kind, order, meaning, every })
}

/// A type and the order behind it.
fn typed(word: &str) -> Option<(DataType, Order)> {
    let ordered = |(order, suffix): &(Order, &str)| Some((DataType::read(word.strip_suffix(suffix)?)?, *order));
    Order::ALL.iter().find_map(ordered)
}

fn period(text: &str) -> Option<Duration> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..at].parse().ok()?;
    let period = match text[at..].trim() {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "min" => Duration::from_secs(number.checked_mul(60)?),
        _ => return None,
    };
    (PERIOD_MIN..=Duration::from_secs(86_400)).contains(&period).then_some(period)
}

fn read_meaning(text: &str, kind: DataType) -> Result<Meaning, String> {
    if matches!(kind, DataType::Text(_) | DataType::Log) {
        return Err(format!("type `{kind}` takes neither factor nor words"));
    }
    if !text.contains('=') {
        return scale(text);
    }
    if !kind.is_whole() {
        return Err(format!("type `{kind}` takes no words; whole numbers do"));
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

/// `factor`, `factor+offset` or `factor-offset`; a sign behind an `e` belongs to the number.
fn scale(text: &str) -> Result<Meaning, String> {
    let sign = text.char_indices().skip(1).find(|(at, c)| matches!(c, '+' | '-') && !text[..*at].ends_with(['e', 'E']));
    let (factor, offset) = sign.map_or((text, "0"), |(at, _)| text.split_at(at));
    let number = |n: &str| n.parse().ok().filter(|f: &f64| f.is_finite());
    let factor = number(factor).filter(|f| *f != 0.0).ok_or_else(|| format!("factor `{factor}` is not a number other than 0"))?;
    let offset = number(offset).ok_or_else(|| format!("offset `{offset}` is not a number"))?;
    Ok(Meaning::Scale { factor, offset })
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = Order::ALL.iter().find(|(order, _)| *order == self.order).map_or("", |(_, suffix)| suffix);
        write!(f, "{}/{}/{}/{}{order}", self.unit, self.table.word(), self.at, self.kind)?;
        match &self.meaning {
            Meaning::Scale { factor, offset } if *factor == 1.0 && *offset == 0.0 => {}
            Meaning::Scale { factor, offset } if *offset == 0.0 => write!(f, "/{factor}")?,
            Meaning::Scale { factor, offset } => write!(f, "/{factor}{offset:+}")?,
            Meaning::Words(words) => {
                let pairs: Vec<String> = words.iter().map(|(code, word)| format!("{code}={word}")).collect();
                write!(f, "/{}", pairs.join(","))?;
            }
        }
        match self.every.map(|every| every.as_millis()) {
            Some(ms) if ms % 60_000 == 0 => write!(f, "@{}min", ms / 60_000),
            Some(ms) if ms % 1_000 == 0 => write!(f, "@{}s", ms / 1_000),
            Some(ms) => write!(f, "@{ms}ms"),
            None => Ok(()),
        }
    }
}
