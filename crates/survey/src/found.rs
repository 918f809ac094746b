//! One readable value of a source, as the source itself describes it: the words between a driver that looks around and
//! the survey. Enters, leaves: nothing, these are words. Absent: what the value means to the unit.

use measure::Span;

/// One readable value of a source, as the source itself describes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Its address as it is written in `unit.toml`.
    pub address: String,
    /// Names from the outermost folder to the value itself; never empty.
    pub path: Vec<String>,
    /// How many leading names of `path` name the device, where the source says so.
    pub device: Option<usize>,
    /// What the source says about it in words.
    pub description: Option<String>,
    /// The unit as the source names it: a sign, a word, or a code such as `UNECE:CEL`.
    pub unit: Option<String>,
    /// What the outside standard calls it, such as MTConnect `Execution` or SunSpec `W`.
    pub term: Option<String>,
    /// What its values are.
    pub data: Data,
    /// The data type as the source names it, such as `UInt32`.
    pub type_name: Option<String>,
    /// Lowest and highest value as the source states them.
    pub range: Option<(f64, f64)>,
    /// Words for codes, where values are codes with words.
    pub words: Vec<(i64, String)>,
    /// Whether this user may write it.
    pub writable: bool,
    /// The value now.
    pub value: Option<Value>,
    /// How old the value was when it was read, where the source gives a time.
    pub age: Option<Span>,
}

/// What values are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Data {
    /// Numbers with fractions.
    Real,
    /// Whole numbers.
    Whole,
    /// Yes or no.
    Flag,
    /// Texts.
    Text,
    /// The source does not say.
    #[default]
    Unknown,
}

/// A value as it was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// A text.
    Text(String),
}
